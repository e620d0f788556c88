# Sourced by the other scripts: environment FOLDER REQUIREMENTS makes a virtual environment from a hash-pinned file, anew
# when that file, the interpreter or the checkout's place has changed. PYTHON names the interpreter (default: python3, or
# the newest python3.x that is there).

environment() {
  local folder=$1 requirements=$2 stamp
  local python
  python=$(find_python)
  stamp="$(cksum <"$requirements") $("$python" -VV) $PWD"
  [[ -f $folder/stamp && $(<"$folder/stamp") == "$stamp" ]] && return
  echo "setting up $folder ..." >&2
  rm -rf "$folder"
  "$python" -m venv "$folder" || { echo "python's venv module does not work here; install it (Debian: python3-venv)" >&2; exit 1; }
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$requirements"
  echo "$stamp" >"$folder/stamp"
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "this needs Python 3.11 or later; name one with PYTHON=..." >&2
  return 1
}
