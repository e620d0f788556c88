"""The wheel, built from this checkout and installed into an empty environment."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


def test_it_holds_exactly_two_typed_packages(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"weaviate_hl", "weaviate_gen"}
    assert {"weaviate_hl/py.typed", "weaviate_gen/py.typed"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or "test" in name]


@pytest.mark.timeout(300)
def test_it_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    python = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    code = """
import pathlib, sys
import weaviate_gen, weaviate_hl
import weaviate_gen.rest.api.objects.class_get as operation
assert pathlib.Path(weaviate_gen.__file__).is_relative_to(sys.prefix), weaviate_gen.__file__
assert operation.request("A", "1").path == "/v1/objects/A/1"
print(weaviate_hl.__version__, weaviate_gen.SERVER_VERSION)
"""
    said = subprocess.run([str(python), "-I", "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert said.stdout.split() == ["0.1.0", "1.38.11"]
