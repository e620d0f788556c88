#!/usr/bin/env bash
# The main job, from nothing: set up, regenerate, show what came out, and call a generated operation. Needs git and Python only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/regen.sh
git status --short -- generated weaviate_hl specs
source scripts/environment.sh
environment .venv requirements/dev.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
exec .venv/bin/python examples/generated_operations.py
