"""The `check`: is every generated file, and specs/ itself, what a fresh run would make?"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

from codegen import importer, pipeline, protos, swagger
from codegen.errors import CodegenError


def problems(root: Path = pipeline.ROOT) -> list[str]:
    """What is stale or edited by hand, as texts for people; empty when all is well."""
    specs = root / "specs"
    if found := list(_recorded(specs)) or list(_canonical(specs)):  # what is generated from these would only repeat it
        return found
    with pipeline.workspace(root) as output:
        pipeline.run(output, pipeline.STAGES, say=lambda _: None)
        outputs = pipeline.outputs(pipeline.STAGES)
        stray = [
            f"not generated: {path}"
            for path in sorted(p.relative_to(root).as_posix() for p in pipeline.files_of(root / "generated"))
            if not any(path == output or path.startswith(f"{output}/") for output in outputs)
        ]
        return stray + list(pipeline.differences(output, outputs))


def _recorded(specs: Path) -> Iterator[str]:
    record = specs / "server.toml"
    if not record.exists():
        raise CodegenError("specs/server.toml is missing: import a server version with scripts/regen.sh")
    text = record.read_text("utf-8")
    try:
        told = tomllib.loads(text)
        recorded: dict[str, str] = told["specs"]
        right = importer.server_toml(told["version"], told["sources"], recorded) == text
    except (tomllib.TOMLDecodeError, AttributeError, KeyError, TypeError):
        right, recorded = False, {}
    if not right:
        yield "edited by hand: specs/server.toml is not what an import writes"
        return
    kept = ("rest/", "grpc/", "providers/", "server.toml", "additions.toml", "descriptions.toml")
    for path in sorted(p.relative_to(specs).as_posix() for p in specs.rglob("*") if p.is_file()):
        if not path.startswith(kept):
            yield f"not of specs/: specs/{path}"
    files = {
        p.relative_to(specs).as_posix(): p
        for part in ("rest", "grpc")
        for p in (specs / part).rglob("*")
        if p.is_file()
    }
    for path in sorted(recorded.keys() | files.keys()):
        if path not in files:
            yield f"missing: specs/{path}"
        elif path not in recorded:
            yield f"not in specs/server.toml: specs/{path}"
        elif hashlib.sha256(files[path].read_bytes()).hexdigest() != recorded[path]:
            yield f"edited by hand: specs/{path} is not what specs/server.toml records"


def _canonical(specs: Path) -> Iterator[str]:
    text = (specs / "rest/openapi.json").read_text("utf-8")
    document = json.loads(text)
    if document["info"]["version"] != tomllib.loads((specs / "server.toml").read_text("utf-8"))["version"]:
        yield "edited by hand: specs/server.toml and specs/rest/openapi.json name two versions"
    if swagger.canonical(document) != text:
        yield "not in canonical form: specs/rest/openapi.json"
    for path, text in protos.write_protos(protos.load_protos(specs / "grpc")).items():
        if (specs / "grpc" / path).read_text("utf-8") != text:
            yield f"not in canonical form: specs/grpc/{path}"
