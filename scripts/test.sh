#!/usr/bin/env bash
# Sets up .venv/ and passes all checks and tests: style, types, import directions, generated code, tests. Needs git and Python only.
# Arguments go to pytest: scripts/test.sh tests/codegen -k swagger
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/environment.sh
environment .venv requirements/dev.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .

if (($# == 0)); then
  .venv/bin/ruff check .
  .venv/bin/ruff format --check .
  .venv/bin/mypy
  .venv/bin/basedpyright
  .venv/bin/lint-imports
  scripts/regen.sh --check
  exec .venv/bin/python -m pytest -n auto
fi
exec .venv/bin/python -m pytest "$@"
