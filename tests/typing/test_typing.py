"""Both type checkers know results by their models (results.py) and refuse misuse (misuse.py, where it says so)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = [str((HERE / name).relative_to(ROOT)) for name in ("results.py", "misuse.py")]

Found = set[tuple[str, int]]


def mypy() -> Found:
    """The file and line of each error."""
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *FILES], cwd=ROOT, capture_output=True, text=True, timeout=290
    )
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    return {(name, int(line)) for name, line in re.findall(r"^(.+?):(\d+): error:", ran.stdout, re.MULTILINE)}


def basedpyright() -> Found:
    """The file and line of each error."""
    ran = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--outputjson", *FILES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=290,
    )
    told = json.loads(ran.stdout)
    assert told["summary"]["filesAnalyzed"] == len(FILES), ran.stdout
    return {
        (str(Path(one["file"]).relative_to(ROOT)), one["range"]["start"]["line"] + 1)
        for one in told["generalDiagnostics"]
        if one["severity"] == "error"
    }


@pytest.mark.timeout(300)  # with an empty cache, mypy reads the whole package
@pytest.mark.parametrize("checker", [mypy, basedpyright])
def test_types_are_known_and_misuse_is_refused(checker: Callable[[], Found]) -> None:
    wrong = {
        (name, number)
        for name in FILES
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1)
        if line.endswith("# wrong")
    }
    assert len(wrong) > 20
    assert checker() == wrong
