#!/usr/bin/env bash
# Regenerates everything that codegen/outputs.toml lists from specs/, in a tool environment of its own.
#
#   scripts/regen.sh                       from specs/ as it stands
#   scripts/regen.sh --server v1.38.11     import that server version into specs/ first (downloads its interface files)
#   scripts/regen.sh --from FOLDER         the same from a folder laid out as a checkout of the server
#   scripts/regen.sh --check               change nothing; fail if anything is stale or edited by hand
set -euo pipefail
caller=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/environment.sh
environment .tools/codegen requirements/codegen.txt

export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$PWD
arguments=()
while (($#)); do
  case $1 in
    --from) arguments+=(--from "$(cd "$caller" && cd "${2:?--from needs a folder}" && pwd)"); shift 2 ;;
    *) arguments+=("$1"); shift ;;
  esac
done
if [[ ${arguments[0]-} == --check && ${#arguments[@]} == 1 ]]; then
  exec .tools/codegen/bin/python -m codegen check
fi
exec .tools/codegen/bin/python -m codegen regenerate "${arguments[@]}"
