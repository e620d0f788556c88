"""The examples run, without a server and without a warning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAID = {
    "generated_operations.py": "REST operations",
    "models.py": "Frankenstein by Mary Shelley, 1818: ['Letter 1']\n[{'title': 'The Last Man'}]",
    "tenants.py": "ann ['water the plants']\nbo []\nann is asleep\nas expected: ",
    "quickstart.py": "2,000 articles",
    "iterate.py": "450 objects, then 550 after 00000000-0000-0000-0000-0000000001c2; all of them: True",
}


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "examples").glob("*.py")))
def test_an_example_runs_and_says_what_it_promises(name: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "examples" / name], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert SAID[name] in ran.stdout


def test_the_first_look_of_the_readme_runs() -> None:
    code = (ROOT / "README.md").read_text().partition("```python\n")[2].partition("```")[0]
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("Glaciers as seen in 20") == 3
