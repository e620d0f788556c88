"""Runs stages into a temporary folder, and swaps what they made into the repository once all of it is good."""

from __future__ import annotations

import difflib
import json
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from codegen.errors import CodegenError
from codegen.output import Output

ROOT = Path(__file__).resolve().parent.parent
OUTPUTS = tomllib.loads((Path(__file__).parent / "outputs.toml").read_text("utf-8"))["outputs"]
STAGES: tuple[str, ...] = tuple(OUTPUTS)
REPLACED = ".tools/replaced"
SPECS = ("specs/rest", "specs/grpc", "specs/server.toml")
RUFF = ("--isolated", "--no-cache", "--quiet", "--target-version", "py311", "--line-length", "120")
VERIFY = """
import importlib, pkgutil, sys
import weaviate_gen
from weaviate_gen.rest import api
for module in pkgutil.walk_packages(weaviate_gen.__path__, "weaviate_gen.", onerror=lambda name: None):
    importlib.import_module(module.name)
print(len(list(api.operations())))
"""


@contextmanager
def workspace(root: Path = ROOT) -> Iterator[Output]:
    """A temporary folder on the repository's file system, gone at the end."""
    tools = root / ".tools"
    tools.mkdir(exist_ok=True)
    _roll_back(root)  # a swap that was killed
    for left in tools.glob("new-*"):
        if time.time() - left.stat().st_mtime > 3600:  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="new-", dir=tools) as folder:
        yield Output(root, Path(folder))


def run(output: Output, stages: Sequence[str], say: Callable[[str], None] = print) -> None:
    """Run stages in their order, then format what they wrote."""
    for stage in STAGES:
        if stage in stages:
            say(f"{stage}: {', '.join(OUTPUTS[stage])}")
            import_module(f"codegen.{stage}").generate(output)
    if not any(output.new.rglob("*.py*")):
        return
    first_party = 'lint.isort.known-first-party=["weaviate_gen", "weaviate_hl"]'
    for arguments in (("check", "--select", "I,F401", "--fix", "--config", first_party), ("format",)):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, *RUFF, "."], cwd=output.new, capture_output=True, text=True
        )
        if result.returncode:
            raise CodegenError(f"ruff: {' '.join((result.stdout + result.stderr).split())[:600]}")


def verify(output: Output) -> None:
    """Import every module of the new low-level package, and see that no operation of the interface is missing."""
    from codegen import openapi

    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", VERIFY], cwd=output.new / "generated", capture_output=True, text=True
    )
    if result.returncode:
        raise CodegenError(f"the generated code does not import: {result.stderr.strip().splitlines()[-1]}")
    wanted = len(openapi.load(output.find("specs")).operations)
    if int(result.stdout) != wanted:
        raise CodegenError(f"{result.stdout.strip()} operations were generated of {wanted} in the interface")


def swap(output: Output, paths: Sequence[str]) -> None:
    """Put the new files and folders in the place of the old; either all of them change or none.

    A journal says what is being replaced, so that a run that is killed in between is rolled back by the next.
    """
    aside = output.root / REPLACED
    aside.mkdir(parents=True)
    (aside / "journal.json").write_text(json.dumps({path: (output.root / path).exists() for path in paths}))
    try:
        for path in paths:
            old, new = output.root / path, output.new / path
            if old.exists():
                (aside / path).parent.mkdir(parents=True, exist_ok=True)
                old.rename(aside / path)
            if new.exists():
                old.parent.mkdir(parents=True, exist_ok=True)
                new.rename(old)
    except BaseException as error:
        _roll_back(output.root)
        if isinstance(error, OSError):
            raise CodegenError(f"nothing was changed: {error}") from None
        raise
    (aside / "journal.json").unlink()
    shutil.rmtree(aside)


def _roll_back(root: Path) -> None:
    """Put back what an unfinished swap has set aside."""
    aside = root / REPLACED
    journal = aside / "journal.json"
    if journal.exists():
        for path, existed in json.loads(journal.read_text()).items():
            target, kept = root / path, aside / path
            if kept.exists() or not existed:
                if target.is_dir():
                    shutil.rmtree(target)
                else:
                    target.unlink(missing_ok=True)
            if kept.exists():
                kept.rename(target)
    if aside.exists():
        shutil.rmtree(aside)


def outputs(stages: Sequence[str]) -> list[str]:
    """The files and folders that these stages write."""
    return [path for stage in stages for path in OUTPUTS[stage]]


def differences(output: Output, paths: Sequence[str]) -> Iterator[str]:
    """What the repository holds otherwise than this run made it, as text for people."""
    for path in paths:
        files = {p.relative_to(base) for base in (output.root, output.new) for p in files_of(base / path)}
        for file in sorted(files):
            old, new = output.root / file, output.new / file
            if not old.exists():
                yield f"missing: {file}"
            elif not new.exists():
                yield f"not generated: {file}"
            elif old.read_bytes() != new.read_bytes():
                here, made = (p.read_text("utf-8", "replace").splitlines() for p in (old, new))
                names = f"{file} (here)", f"{file} (generated)"
                diff = list(difflib.unified_diff(here, made, *names, lineterm="", n=1))
                more = [f"... and {len(diff) - 30} lines more"] if len(diff) > 30 else []
                yield "\n".join(diff[:30] + more)


def files_of(path: Path) -> Iterator[Path]:
    """A file itself, or all files below a folder."""
    if path.is_file():
        yield path
    yield from (p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
