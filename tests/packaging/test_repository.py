"""What must hold for the repository's own files, whoever changes them."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "tests/README.md", *ROOT.glob("docs/**/*.md")]
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


def test_the_table_of_tests_names_every_folder() -> None:
    tests = ROOT / "tests"
    listed = re.findall(r"^\| `(\w+)` \|", (tests / "README.md").read_text("utf-8"), re.M)
    assert listed == sorted(path.name for path in tests.iterdir() if path.is_dir() and path.name[0].isalpha())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for place, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text("utf-8")):
        target = page.parent / place if place else page
        assert target.exists(), place
        if heading:
            headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.M)
            assert heading in [re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings], heading


def test_the_map_of_the_code_names_what_is_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    places = ["", "weaviate_hl", "weaviate_hl/aio", "generated/weaviate_gen", "specs"]
    for name in re.findall(r"[\w./]*\w(?:\.py|/)(?![\w*])", text):
        assert any((ROOT / place / name).exists() for place in places), name


def test_each_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in ROOT.glob("docs/decisions/*.md")]
    assert len(set(numbers)) == len(numbers) > 10
