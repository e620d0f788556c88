"""Runs the checkers of a `shared` folder and fails when a count is below the one in tests/shared_counts.json.

python scripts/shared_counts.py ../shared [--write]    (--write keeps today's counts)
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

KEPT = Path(__file__).resolve().parent.parent / "tests" / "shared_counts.json"
CHECKERS = {
    "interface": ["interface/check.py", "--package", "weaviate_hl"],
    "parity": ["parity/run.py", "compare", "--package", "weaviate_hl"],
    "parity factories": ["parity/run.py", "compare", "--package", "weaviate_hl", "--set", "factories"],
    "parity v3": ["parity/run.py", "compare", "--package", "weaviate_hl", "--set", "v3"],
}


def counts(shared: Path) -> dict[str, int]:
    """Every `N of M` that the checkers print, by checker and title; a checker that cannot start counts as 0."""
    found: dict[str, int] = {}
    for name, (script, *arguments) in CHECKERS.items():
        command = [sys.executable, str(shared / script), *arguments]
        try:
            said = subprocess.run(command, capture_output=True, text=True, timeout=600).stdout
        except subprocess.TimeoutExpired:
            said = ""
        lines = re.findall(r"^(?:(.+): )?(\d+) of \d+(?: cases agree)?$", said, re.M)
        found |= {f"{name}: {title}" if title else name: int(count) for title, count in lines} or {name: 0}
    return found


def main() -> int:
    """Compare with what is kept, or keep what is now."""
    now = counts(Path(sys.argv[1]))
    if "--write" in sys.argv:
        KEPT.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n")
        return 0
    kept: dict[str, int] = json.loads(KEPT.read_text())
    for title in sorted(now | kept):
        print(f"{title}: {now.get(title, 0)} (at least {kept.get(title, 0)})")
    return int(any(now.get(title, 0) < count for title, count in kept.items()))


if __name__ == "__main__":
    sys.exit(main())
