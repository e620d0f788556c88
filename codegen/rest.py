"""The `rest` stage: specs/rest/openapi.json → generated/weaviate_gen/rest, by openapi-python-client with our templates.

The templates reduce an operation to `request(...)` and `parse(status, headers, body)`; what openapi-python-client does
not know of an operation (its facts) they take from facts.jinja, which this stage writes beside them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import ClassName, PythonIdentifier

from codegen import bodies, openapi
from codegen.errors import CodegenError
from codegen.output import Output, header
from codegen.swagger import Json

TEMPLATES = Path(__file__).parent / "templates"
SOURCE = "specs/rest/openapi.json"
PACKAGE = "generated/weaviate_gen"
ROOT = '''"""The Weaviate server's interface as code: REST (`rest`), gRPC (`grpc`) and typed messages (`typed`)."""

SERVER_VERSION = "{version}"
'''


def generate(output: Output) -> None:
    """Write the package: its root, the operations, both views of the bodies."""
    interface = openapi.load(output.find("specs"))
    with tempfile.TemporaryDirectory() as folder:
        made = _run(interface, Path(folder))
        for path in sorted(made.rglob("*.py")):
            relative = path.relative_to(made)
            output.write(f"{PACKAGE}/rest/{relative.as_posix()}", header("rest", SOURCE) + path.read_text("utf-8"))
    output.write(f"{PACKAGE}/rest/bodies.py", bodies.render(interface))
    operation = (TEMPLATES / "operation.py.jinja").read_text("utf-8")
    output.write(f"{PACKAGE}/rest/operation.py", header("rest", "codegen/templates/operation.py.jinja") + operation)
    output.write(f"{PACKAGE}/__init__.py", header("rest", SOURCE) + ROOT.format(version=interface.version))
    output.write(f"{PACKAGE}/py.typed", header("rest", SOURCE))


def _run(interface: openapi.Interface, folder: Path) -> Path:
    """Run openapi-python-client; any warning of it is an error, since it would mean a skipped operation."""
    templates = folder / "templates"
    shutil.copytree(TEMPLATES, templates)
    facts = {"FACTS": _facts(interface), "DOCS": {_class_name(k): text for k, text in interface.descriptions.items()}}
    lines = [f"{{% set {name} = {table!r} %}}\n" for name, table in facts.items()]
    (templates / "facts.jinja").write_text("".join(lines), encoding="utf-8")
    document, config, made = folder / "openapi.json", folder / "config.json", folder / "rest"
    document.write_text(json.dumps(openapi.loosened(interface)), encoding="utf-8")
    config.write_text(json.dumps({"post_hooks": []}), encoding="utf-8")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    paths = {"path": document, "config": config, "output-path": made, "custom-template-path": templates}
    command += [f"--{option}={path}" for option, path in paths.items()]
    plain = os.environ | {"TYPER_STANDARD_TRACEBACK": "1", "TERM": "dumb"}
    result = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=plain)
    if result.returncode:
        said = " ".join((result.stdout + result.stderr).split())
        raise CodegenError(f"openapi-python-client: {said[-600:]}")
    return made


def _facts(interface: openapi.Interface) -> dict[str, dict[str, Any]]:
    facts: dict[str, dict[str, Any]] = {}  # by tag and by the name of the generated function
    for o in interface.operations:
        results = list(o.results.values())
        if len({str(schema) for schema in results}) != 1:
            raise CodegenError(f"{o.method} {o.path}: more than one kind of successful answer is not supported")
        facts.setdefault(o.tag, {})[PythonIdentifier(UntrustedString(o.name), prefix="")] = {
            "id": o.id,
            "tag": o.tag,
            "name": o.name,
            "method": o.method,
            "path": o.path,
            "description": o.description,
            "deprecated": o.deprecated,
            "parameters": [
                {"name": p.name, "location": p.location, "required": p.required, "csv": p.csv} for p in o.parameters
            ],
            "body": " | ".join(dict.fromkeys([bodies.type_of(o.body, "bodies."), _model(interface, o.body)]))
            if o.body
            else None,
            "body_schema": o.body and bodies.type_of(o.body, ""),
            "body_items": _items(interface, o.body),
            "body_required": o.body_required,
            "results": {status: schema and bodies.type_of(schema, "") for status, schema in o.results.items()},
            "errors": sorted(set(o.responses) - set(o.results)),
            "result": bodies.type_of(results[0], "bodies."),
            "result_model": _model(interface, results[0]),
            "result_shape": _shape(interface, results[0]),
        }
    return facts


def _items(interface: openapi.Interface, schema: Json | None) -> str | None:
    """What a body has many of, if it is a list."""
    model = _model(interface, schema)
    return model[5:-1].removeprefix("models.") if model.startswith("list[") else None


def _model(interface: openapi.Interface, schema: Json | None) -> str:
    """The type of a body in the view of models; only objects have a class of their own."""
    if schema is None:
        return "None"
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(openapi.SCHEMAS)
        target = interface.schemas[name]
        return f"models.{_class_name(name)}" if openapi.has_class(target) else _model(interface, target)
    if "items" in schema:
        return f"list[{_model(interface, schema['items'])}]"
    return bodies.type_of(schema, "")


def _shape(interface: openapi.Interface, schema: Json | None) -> object:
    """How the view of models is built from JSON: see `build` in templates/types.py.jinja."""
    model = _model(interface, schema)
    names = re.findall(r"models\.(\w+)", model)
    shape: object = names[0] if names else None
    for _ in range(model.count("list[")):
        shape = [shape]
    return shape


def _class_name(name: str) -> str:
    return str(ClassName(UntrustedString(name), prefix=""))
