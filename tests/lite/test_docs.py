"""docs/lite.md tells what lite refuses and which settings it has: as the code says, no more and no less."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from weaviate_gen.rest.api import operations

import weaviate_hl.lite
from weaviate_hl.lite import router, settings
from weaviate_hl.lite.modules import BUILT_IN

CODE = Path(weaviate_hl.lite.__file__).parent
DOCS = (Path(__file__).parents[2] / "docs" / "lite.md").read_text()


def _operations() -> Iterator[str]:
    """Operations without a handler, by their tags."""
    refused: dict[str, list[str]] = {}
    for operation in operations():
        if (operation.tag, operation.name) not in router.REST:
            refused.setdefault(operation.tag, []).append(f"`{operation.id}`")
    for tag, names in sorted(refused.items()):
        yield f"- REST, {tag}: {', '.join(sorted(names))}"


def _refusals() -> Iterator[str]:
    """What is refused by `unsupported`, but for operations, which are above."""
    for path in sorted(CODE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "unsupported":
                what = re.sub(r"\{.*?\}", "…", ast.unparse(node.args[0]).strip("f")[1:-1])
                if what not in ("… (… …)", "the rpc …"):
                    yield f"- {what}"


def refused() -> str:
    return "\n".join([*_operations(), *sorted(set(_refusals()))])


def test_the_list_of_what_is_refused_is_that_of_the_code() -> None:
    section = DOCS.partition("## What it refuses")[2].partition("\n## ")[0]
    listed = "\n".join(line for line in section.splitlines() if line.startswith("- "))
    assert listed == refused()


def test_all_settings_and_modules_are_told() -> None:
    section = DOCS.partition("## Settings")[2].partition("\n## ")[0]
    names = set(re.findall(r"`([A-Z_]{8,})`", section))
    assert names == set(settings.KNOWN)
    assert set(re.findall(r"`([a-z0-9-]+)`", section)) >= set(BUILT_IN)
