#!/usr/bin/env bash
# Runs tests/lowlevel on the versions of protobuf and its neighbours that users may have, each in an environment of its own.
#
#   scripts/matrix.sh                  every row; ends with a table, and with status 1 if a row failed
#   scripts/matrix.sh lowest pure      these rows only
#
# Environments stay in .tools/matrix until their requirements change; delete it to get newer releases. They are made on Python
# 3.11 where there is one, since the lowest versions have no wheels for newer ones; PYTHON names another.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/environment.sh
PYTHON=$(PYTHON="${PYTHON:-python3.11 .venv/bin/python python3 python3.12 python3.13}" find_python)
UV=$(command -v .venv/bin/uv uv | head -n 1 || true)
folder=.tools/matrix
mkdir -p "$folder"
wanted=" $* "
table=()
failed=0

make_environment() {
  local target=$1
  shift
  [[ -f $target/stamp && $(<"$target/stamp") == "$*" ]] && return
  rm -rf "$target"
  # Called from a condition, where `set -e` does not reach: what must not go on after a failure says so itself.
  if [[ -n $UV ]]; then
    "$UV" venv --quiet --python "$PYTHON" "$target" && "$UV" pip install --quiet --python "$target/bin/python" "$@" || return
  else
    "$PYTHON" -m venv "$target" && "$target/bin/python" -m pip install --quiet --disable-pip-version-check "$@" || return
  fi
  echo "$*" >"$target/stamp"
}

lowlevel() {
  PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 "$1" -W error -m pytest -q -p no:cacheprovider -c /dev/null --rootdir tests/lowlevel --confcutdir tests/lowlevel tests/lowlevel
}

coexistence() {
  "$1" tests/lowlevel/coexistence.py
}

with_module() { # PYTHON MODULE: the generated package beside one that it must not need
  "$1" -W error -c "import $2, weaviate_gen, weaviate_gen.grpc" && lowlevel "$1"
}

row() { # NAME "COMMAND [ARGUMENT]" REQUIREMENT...
  local name=$1 command=$2 target=$folder/$1 result=ok started=$SECONDS
  shift 2
  [[ $wanted == "  " || $wanted == *" $name "* ]] || return 0
  echo "$name ..." >&2
  local action=${command%% *} argument=${command#"${command%% *}"}
  if ! { make_environment "$target" "$@" && PYTHONPATH=generated "$action" "$target/bin/python" $argument; } >"$target.log" 2>&1; then
    result=FAILED
    failed=1
    tail -n 40 "$target.log" >&2
  fi
  local versions
  versions=$("$target/bin/python" - protobuf grpcio <<'PY' 2>/dev/null || echo "- -"
import sys
from importlib.metadata import version
print(*(version(name) for name in sys.argv[1:]))
PY
)
  table+=("$name $versions $((SECONDS - started))s $result")
}

# The runtime dependencies as pyproject.toml has them, and at the lowest versions it allows.
dependencies() {
  "$PYTHON" - "$1" <<'PY'
import sys, tomllib

for line in tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"]:
    print(line.replace(">=", "==") if sys.argv[1] == "lowest" else line)
PY
}
mapfile -t lowest < <(dependencies lowest)
mapfile -t newest < <(dependencies newest)
mapfile -t others < <(dependencies newest | grep -v '^httpx2')

row protobuf-4.25 lowlevel pytest grpcio 'protobuf~=4.25.0'
row protobuf-5.29 lowlevel pytest grpcio 'protobuf~=5.29.0'
row protobuf-6.33 lowlevel pytest grpcio 'protobuf~=6.33.0'
row protobuf-7 lowlevel pytest grpcio 'protobuf~=7.0'
export PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python
row pure lowlevel pytest grpcio 'protobuf~=7.0'
unset PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION
row lowest lowlevel pytest "${lowest[@]}"
row httpx2 'with_module httpx2' pytest "${newest[@]}"
row httpx 'with_module httpx' pytest "${others[@]}" httpx
row weaviate-client coexistence weaviate-client==4.23.0

echo
printf '%-16s %-10s %-10s %6s %s\n' row protobuf grpcio time result
for line in "${table[@]}"; do
  read -r name protobuf grpcio time result <<<"$line"
  printf '%-16s %-10s %-10s %6s %s\n' "$name" "$protobuf" "$grpcio" "$time" "$result"
done
exit "$failed"
