"""What must hold for the repository's own files, whoever changes them."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = [*ROOT.glob("requirements/*.txt"), *ROOT.glob("tests/**/package-lock.json")]


@pytest.mark.parametrize("file", LOCKS, ids=lambda file: file.name)
def test_a_lock_file_pins_by_hash_and_names_no_place(file: Path) -> None:
    text = file.read_text("utf-8")
    if file.suffix == ".txt":
        assert "://" not in text
        pins = re.findall(r"^[\w.\[\],-]+==[^\s\\]+.*?(?=^\S|\Z)", text, re.M | re.S)
        assert len(pins) > 10
        assert all("--hash=sha256:" in pin for pin in pins)
    else:
        assert '"resolved"' not in text
        assert '"integrity": "sha512-' in text


def test_every_dependency_has_a_minimum_and_no_maximum() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    assert all(re.fullmatch(r"[\w-]+>=[\d.]+", dependency) for dependency in wanted)


def test_scripts_are_sound_shell() -> None:
    for script in [*ROOT.glob("scripts/*.sh"), ROOT / ".ci/run"]:
        done = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), script
