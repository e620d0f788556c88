"""Swagger 2 → OpenAPI 3, faithfully and canonically: the server's REST interface as specs/rest/openapi.json keeps it.

What the document says about structure is kept (enums, defaults, every response, nullability); prose is dropped. A
construct that this module does not know is an error, so that nothing is lost in silence. Pure functions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Set
from typing import Any

from codegen.errors import CodegenError

Json = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
PROSE = {"description", "summary", "title", "example", "externalDocs", "contact"}
# Hints for transports that the server no longer has, and for its own code generator.
IGNORED = PROSE | {"x-serviceIds", "x-available-in-mqtt", "x-available-in-websocket", "x-go-name", "x-go-type"}
DOCUMENT = set(
    "swagger info basePath consumes produces schemes security securityDefinitions tags "
    "paths definitions parameters".split()
)
OPERATION = set("operationId parameters responses tags consumes produces deprecated security".split())
SCHEMA_AS_IS = set("format default enum minimum maximum minLength maxLength minItems maxItems pattern".split())
SCHEMA = SCHEMA_AS_IS | set(
    "$ref type items properties required additionalProperties allOf readOnly deprecated "
    "x-nullable x-omitempty x-deprecated".split()
)
TYPES = ("object", "array", "string", "integer", "number", "boolean")
FORMS: dict[str, type | tuple[type, ...]] = {
    "$ref": str, "type": (str, list), "properties": dict, "required": list, "enum": list, "allOf": list, "items": dict,
}  # fmt: skip
LOCATIONS = ("path", "query", "header", "body")
REFERENCES = {"#/definitions/": "#/components/schemas/", "#/parameters/": "#/components/parameters/"}


def to_openapi3(source: Json) -> Json:
    """The OpenAPI 3 document of a Swagger 2 document."""
    if source.get("swagger") != "2.0":
        raise CodegenError(f"not a Swagger 2.0 document: 'swagger' is {source.get('swagger')!r}")
    _known(source, "the document", DOCUMENT)
    for part in ("info", "paths", "definitions"):
        if not isinstance(source.get(part), dict):
            raise CodegenError(f"the document has no {part!r}")
    if not isinstance(source["info"].get("version"), str):
        raise CodegenError("the document does not say its version")
    consumes, produces = source.get("consumes", ["application/json"]), source.get("produces", ["application/json"])
    shared = {name: dict(p) for name, p in source.get("parameters", {}).items()}
    for name, parameter in shared.items():
        if not isinstance(parameter.get("name"), str):
            raise CodegenError(f"parameters/{name}: a parameter without a name")
        if parameter.get("in") == "body":
            raise CodegenError(f"parameters/{name}: a shared body parameter is not supported")
    paths: Json = {}
    for path, item in source["paths"].items():
        _known(item, path, set(METHODS))
        paths[path] = {
            method: _operation(operation, f"{method.upper()} {path}", path, shared, consumes, produces)
            for method, operation in item.items()
        }
    document: Json = {
        "openapi": "3.0.3",
        "info": {"title": "Weaviate", "version": str(source["info"].get("version", ""))},
        "servers": [{"url": source.get("basePath", "/")}],
        "tags": [{"name": name} for name in sorted(tag["name"] for tag in source.get("tags", []))],
        "security": source.get("security", []),
        "paths": paths,
        "components": {
            "parameters": {name: _parameter(p, f"parameters/{name}") for name, p in shared.items()},
            "schemas": {name: _schema(s, f"definitions/{name}") for name, s in source["definitions"].items()},
            "securitySchemes": {name: _security(s, name) for name, s in source.get("securityDefinitions", {}).items()},
        },
    }
    known = {f"#/components/schemas/{name}" for name in source["definitions"]}
    if dangling := sorted(set(re.findall(r'"(#/components/schemas/[^"]*)"', json.dumps(document))) - known):
        raise CodegenError(f"a reference leads nowhere: {dangling[0]}")
    return document


def canonical(document: Json) -> str:
    """The one way to write a document: sorted keys, one item a line, so that a diff is a change of the interface."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _operation(
    source: Json, where: str, path: str, shared: Mapping[str, Json], consumes: list[str], produces: list[str]
) -> Json:
    _known(source, where, OPERATION)
    operation: Json = {k: source[k] for k in ("operationId", "tags", "deprecated", "security") if k in source}
    order = re.findall(r"{(\w+)}", path)

    def position(parameter: Json) -> tuple[int, int, str]:
        resolved = _shared(parameter, shared, where) if "$ref" in parameter else parameter
        location, name = resolved.get("in"), resolved.get("name")
        if not isinstance(name, str):
            raise CodegenError(f"{where}: a parameter without a name")
        if location not in LOCATIONS:
            raise CodegenError(f"{where}: parameter {name!r} in {location!r} is not supported")
        return LOCATIONS.index(location), order.index(name) if name in order else -1, name

    parameters = []
    for parameter in sorted(source.get("parameters", []), key=position):
        if parameter.get("in") == "body":
            _known(parameter, f"{where} body", {"in", "name", "required", "schema"})
            if "requestBody" in operation or "schema" not in parameter:
                raise CodegenError(f"{where}: a body must be one, with a schema")
            schema = _schema(parameter["schema"], f"{where} body")
            operation["requestBody"] = {
                "required": parameter.get("required", False),
                "content": {kind: {"schema": schema} for kind in source.get("consumes", consumes)},
            }
        else:
            parameters.append(_parameter(parameter, where))
    if parameters:
        operation["parameters"] = parameters
    if not isinstance(source.get("responses"), dict):
        raise CodegenError(f"{where}: no responses")
    operation["responses"] = {
        str(status): _response(r, f"{where} {status}", source.get("produces", produces))
        for status, r in source["responses"].items()
    }
    return operation


def _response(source: Json, where: str, produces: list[str]) -> Json:
    _known(source, where, {"schema", "headers"})
    status = where.rsplit(" ", 1)[1]
    if not status.isdigit():
        raise CodegenError(f"{where}: unsupported response status {status!r}")
    response: Json = {"description": ""}  # OpenAPI 3 wants a text here
    if source.get("headers"):
        raise CodegenError(f"{where}: response headers are not supported")
    if "schema" in source:
        schema = _schema(source["schema"], where)
        response["content"] = {kind: {"schema": schema} for kind in produces}
    return response


def _parameter(source: Json, where: str) -> Json:
    if "$ref" in source:
        return {"$ref": _reference(source["$ref"], where)}
    location, name = source.get("in"), source.get("name", "?")
    where = f"{where} parameter {name!r}"
    if location not in ("path", "query", "header"):
        raise CodegenError(f"{where}: a parameter in {location!r} is not supported")
    parameter: Json = {"in": location, "name": name, "required": source.get("required", False)}
    rest = {k: v for k, v in source.items() if k not in ("in", "name", "required", "collectionFormat")}
    if source.get("type") == "array":
        form = source.get("collectionFormat", "csv")
        if form not in ("csv", "multi"):
            raise CodegenError(f"{where}: collectionFormat {form!r} is not supported")
        parameter |= {"style": "form" if location == "query" else "simple", "explode": form == "multi"}
    parameter["schema"] = _schema(rest, where)
    return parameter


def _schema(source: Any, where: str) -> Json:
    if not isinstance(source, dict):
        raise CodegenError(f"{where}: a schema must be an object, not {type(source).__name__}")
    _known(source, where, SCHEMA)
    for key, wanted in FORMS.items():
        if key in source and not isinstance(source[key], wanted):
            raise CodegenError(f"{where}: {key!r} cannot be {source[key]!r}")
    schema: Json = {k: source[k] for k in SCHEMA_AS_IS if k in source}
    if "enum" in schema:
        schema["enum"] = sorted(schema["enum"], key=str)
    kinds = source.get("type")
    if isinstance(kinds, list):
        schema["nullable"] = "null" in kinds
        kinds = [kind for kind in kinds if kind != "null"]
        if len(kinds) != 1:
            raise CodegenError(f"{where}: a choice of types {source['type']} is not supported")
        kinds = kinds[0]
    if source.get("x-nullable"):
        schema["nullable"] = True
    if source.get("deprecated") or source.get("x-deprecated"):
        schema["deprecated"] = True
    for key in ("readOnly", "x-omitempty"):
        if key in source:
            schema[key] = source[key]
    if "$ref" in source:  # its siblings do not count in OpenAPI 3: what they say goes beside an allOf
        reference = {"$ref": _reference(source["$ref"], where)}
        return {"allOf": [reference], **schema} if schema else reference
    if kinds is not None:
        if kinds not in TYPES or (kinds == "array" and "items" not in source):
            raise CodegenError(f"{where}: type {kinds!r} is not supported here")
        schema["type"] = kinds
    if "allOf" in source:
        schema["allOf"] = [_schema(part, f"{where}/allOf") for part in source["allOf"]]
    if "properties" in source:
        schema.setdefault("type", "object")
        schema["properties"] = {k: _schema(v, f"{where}/{k}") for k, v in source["properties"].items()}
    if "required" in source:
        schema["required"] = sorted(source["required"])
    if "items" in source:
        schema["items"] = _schema(source["items"], f"{where}/items")
    if isinstance(extra := source.get("additionalProperties"), dict):
        schema["additionalProperties"] = _schema(extra, f"{where}/additionalProperties")
    elif extra is not None:
        schema["additionalProperties"] = extra
    return schema


def _shared(parameter: Json, shared: Mapping[str, Json], where: str) -> Json:
    name = str(parameter["$ref"]).rsplit("/", 1)[-1]
    if name not in shared:
        raise CodegenError(f"{where}: there is no shared parameter {name!r}")
    return shared[name]


def _security(source: Json, name: str) -> Json:
    if source.get("type") != "oauth2" or source.get("flow") != "implicit":
        raise CodegenError(f"securityDefinitions/{name}: only oauth2 with the implicit flow is supported")
    flow = {"authorizationUrl": source.get("authorizationUrl", ""), "scopes": {}}
    return {"type": "oauth2", "flows": {"implicit": flow}}


def _reference(target: str, where: str) -> str:
    for old, new in REFERENCES.items():
        if target.startswith(old):
            return new + target.removeprefix(old)
    raise CodegenError(f"{where}: reference {target!r} is not supported")


def _known(source: Json, where: str, known: Set[str]) -> None:
    if not isinstance(source, dict):
        raise CodegenError(f"{where}: must be an object, not {type(source).__name__}")
    if unknown := sorted(source.keys() - known - IGNORED):
        raise CodegenError(f"{where}: unsupported construct {', '.join(map(repr, unknown))}")
