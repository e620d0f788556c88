#!/usr/bin/env bash
# Pins requirements/*.in anew, with hashes and without URLs. `scripts/lock.sh --upgrade` takes the newest versions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
pin() {
  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    "${@:2}" "requirements/$1.in" -o "requirements/$1.txt"
}
pin codegen "$@"
pin dev -c requirements/codegen.txt "$@"
