#!/usr/bin/env bash
# From nothing: set up, run the quickstart, call a generated operation, and see that the generated code is up to date.
# Needs git and Python only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/environment.sh
environment .venv requirements/dev.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
.venv/bin/python examples/quickstart.py
.venv/bin/python examples/generated_operations.py
exec scripts/regen.sh --check
