"""The REST interface as the generators need it: specs/rest/openapi.json, merged with our additions, loosened in memory.

`Interface` holds the facts of every operation, which the generated modules carry; `loosened()` is the document that
openapi-python-client reads. It is more tolerant than the faithful one, because servers are newer than clients:
enumerations become strings, defaults are not sent, null reads as absent, and only answers of success are modelled. Pure
functions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codegen.errors import CodegenError
from codegen.swagger import METHODS, Json
from codegen.tables import read_toml

SCHEMAS = "#/components/schemas/"
JSON = "application/json"
OWN = {"additional_properties", "from_dict", "to_dict"}  # what a model has beside its fields
TYPING = {"Any", "Literal", "Required", "TypeAlias", "TypedDict"}
TYPED = {"properties", "additionalProperties", "allOf", "$ref", "items"}


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation, by the name it has on the wire."""

    name: str
    location: str
    required: bool
    csv: bool
    schema: Json


@dataclass(frozen=True)
class Operation:
    """The facts of one operation."""

    id: str
    tag: str
    name: str
    method: str
    path: str
    deprecated: bool
    parameters: tuple[Parameter, ...]
    body: Json | None
    body_required: bool
    responses: dict[int, Json | None]
    description: str

    @property
    def key(self) -> str:
        return f"{self.tag}.{self.name}"

    @property
    def results(self) -> dict[int, Json | None]:
        """The answers that mean success, each with its schema."""
        return {status: schema for status, schema in self.responses.items() if status < 300}


@dataclass(frozen=True)
class Interface:
    """Every operation and every schema of the server's REST interface, inline bodies hoisted to schemas with a name."""

    version: str
    operations: tuple[Operation, ...]
    schemas: dict[str, Json]
    descriptions: dict[str, str]


def load(specs: Path) -> Interface:
    """Read specs/rest/openapi.json with the tables of additions.toml and descriptions.toml merged in."""
    document: Json = json.loads((specs / "rest" / "openapi.json").read_text(encoding="utf-8"))
    additions = _table(specs / "additions.toml")
    descriptions = _table(specs / "descriptions.toml")
    schemas: dict[str, Json] = {}
    for name, schema in document["components"]["schemas"].items():
        hoisted = _hoist(schema, name, schemas, f"schema {name}") if "items" in schema else None
        schemas[name] = hoisted or schema
    operations = tuple(
        _operation(document, method, path, source, additions.get("operations", {}), descriptions, schemas)
        for path, item in document["paths"].items()
        for method, source in item.items()
    )
    if clashes := sorted(set(schemas) & TYPING):
        raise CodegenError(f"a schema called {clashes[0]} would hide the type of that name")
    for name, schema in schemas.items():
        if clashes := sorted({_snake(key) for key in schema.get("properties", ())} & OWN):
            raise CodegenError(f"{name}: a field called {clashes[0]} would hide a method of its model")
    keys = [o.key for o in operations]
    words = descriptions.get("schemas", {})
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise CodegenError(f"two operations would both be called {twice[0]}: name one in specs/additions.toml")
    return Interface(document["info"]["version"], tuple(sorted(operations, key=lambda o: o.key)), schemas, words)


def loosened(interface: Interface) -> Json:
    """The document for openapi-python-client."""
    paths: Json = {}
    for o in interface.operations:
        operation: Json = {"operationId": o.name, "tags": [o.tag], "responses": {}}
        operation["parameters"] = [
            {"name": p.name, "in": p.location, "required": p.required, "schema": _loose(p.schema)} for p in o.parameters
        ]
        if o.body is not None:
            operation["requestBody"] = {"required": o.body_required, "content": {JSON: {"schema": _loose(o.body)}}}
        for status, schema in o.results.items():
            content = {} if schema is None else {"content": {JSON: {"schema": _loose(schema)}}}
            operation["responses"][str(status)] = {"description": "", **content}
        paths.setdefault(o.path, {})[o.method.lower()] = operation
    return {
        "openapi": "3.0.3",
        "info": {"title": "weaviate", "version": interface.version},
        "paths": paths,
        "components": {"schemas": {name: _loose(schema) for name, schema in interface.schemas.items()}},
    }


def has_class(schema: Json) -> bool:
    """Whether the generator makes a class of a schema: objects with properties or typed values have one."""
    return not is_any(schema) and kind(schema) == "object" and "items" not in schema


def is_any(schema: Json) -> bool:
    """Whether any JSON may stand here: the server says `object` also for what travels as an array or a number."""
    return schema.get("type", "object") == "object" and not any(schema.get(key) for key in TYPED)


def kind(schema: Json) -> str:
    """The type of a plain schema; integers that are declared as numbers with an integer format are integers."""
    declared: str = schema.get("type", "object")
    if declared == "number" and schema.get("format") in ("int", "int32", "int64", "uint64"):
        return "integer"
    return declared


def _loose(schema: Json) -> Json:
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    parts = schema.get("allOf")
    if parts and len(parts) == 1 and "properties" not in schema:
        return _loose(parts[0])
    if parts:
        return {"allOf": [_loose(part) for part in parts]}
    if is_any(schema):
        return {}
    loose: Json = {"type": kind(schema)}
    if "items" in schema:
        loose["items"] = _loose(schema["items"])
    if "properties" in schema:
        loose["properties"] = {name: _loose(part) for name, part in schema["properties"].items()}
    if "required" in schema:
        loose["required"] = schema["required"]
    if "additionalProperties" in schema:
        extra = schema["additionalProperties"]
        loose["additionalProperties"] = _loose(extra) if isinstance(extra, dict) else extra
    return loose


def _operation(
    document: Json,
    method: str,
    path: str,
    source: Json,
    additions: Json,
    descriptions: Json,
    schemas: dict[str, Json],
) -> Operation:
    if method not in METHODS:
        raise CodegenError(f"{path}: method {method!r} is not supported")
    where = f"{method.upper()} {path}"
    added = additions.get(where, {})
    tag = _snake(added.get("tag") or (source.get("tags") or ["default"])[0])
    identifier = source.get("operationId") or added.get("id") or f"{method}{path}"
    name = added.get("name") or _snake(identifier.removeprefix(f"{(source.get('tags') or [''])[0]}."))

    title = _pascal(f"{tag}_{name}" if tag not in name else name)
    parameters = tuple(
        Parameter(
            p["name"], p["in"], p["required"], p["schema"].get("type") == "array" and not p["explode"], p["schema"]
        )
        for p in _parameters(document, source)
    )
    if len({p.name for p in parameters} | {"body"}) <= len(parameters):
        raise CodegenError(f"{where}: two parameters of one name are not supported")
    content = source.get("requestBody", {}).get("content", {})
    if content and JSON not in content:
        raise CodegenError(f"{where}: a body without {JSON} is not supported")
    return Operation(
        id=identifier,
        tag=tag,
        name=name,
        method=method.upper(),
        path=document["servers"][0]["url"].rstrip("/") + path,
        deprecated=bool(source.get("deprecated")),
        parameters=parameters,
        body=_hoist(content.get(JSON, {}).get("schema"), f"{title}Body", schemas, where),
        body_required=source.get("requestBody", {}).get("required", False),
        responses={
            int(status): _hoist(
                response.get("content", {}).get(JSON, {}).get("schema"), f"{title}Result", schemas, where
            )
            for status, response in source["responses"].items()
        },
        description=descriptions.get("operations", {}).get(f"{tag}.{name}", ""),
    )


def _hoist(schema: Json | None, title: str, schemas: dict[str, Json], where: str) -> Json | None:
    """An inline object becomes a schema with a name, so that both views of the bodies call it the same."""
    if schema is not None and "items" in schema:
        return {**schema, "items": _hoist(schema["items"], f"{title}Item", schemas, where)}
    if schema is None or not schema.get("properties"):
        return schema
    if schemas.setdefault(title, schema) != schema:
        raise CodegenError(f"{where}: its inline schema would be called {title}, a name that is taken")
    return {"$ref": SCHEMAS + title}


def _parameters(document: Json, operation: Json) -> Iterator[Json]:
    for parameter in operation.get("parameters", []):
        if "$ref" in parameter:
            yield document["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[-1]]
        else:
            yield parameter


def _table(path: Path) -> Json:
    """The [rest] table of one of our own files of words, which may be absent."""
    return dict(read_toml(path.read_text("utf-8"), path.name).get("rest", {})) if path.exists() else {}


def _snake(name: str) -> str:
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"\W+", "_", words).strip("_").lower()


def _pascal(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"\W|_", name))
