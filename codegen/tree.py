"""An interface as a tree, REST and gRPC in one form: what `diff` compares.

What nobody meets is gone once a tree is built: order, prose, whether a parameter is shared, how a reference is wrapped.
Pure functions, but for reading the folder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)
from google.protobuf.message import Message

from codegen import protos
from codegen.errors import CodegenError
from codegen.openapi import JSON
from codegen.swagger import Json, to_openapi3

REQUEST, RESPONSE, ERROR = "request", "response", "error"
TYPES = {"schema", "message", "enum type"}
# Facts that are off when nothing is said of them.
FLAGS = {"required", "nullable", "deprecated", "readOnly", "repeated", "optional", "stream"}
PROTO_PARTS = {"message_type": "message", "nested_type": "message", "enum_type": "enum type", "service": "service",
               "method": "rpc", "field": "field", "value": "enum value"}  # fmt: skip


class Node(NamedTuple):
    """A thing of the interface: what is said of it, and its parts by what each adds to the name.

    `use` says how clients meet it, where that is not how they meet what it is a part of.
    """

    kind: str
    facts: Json
    parts: dict[str, Node]
    use: str = ""


def read(folder: Path) -> tuple[str, Node, Node]:
    """The version and the two trees of a spec folder or a checkout of the server."""
    specs, checkout = folder / "rest/openapi.json", folder / "openapi-specs/schema.json"
    if not (specs.is_file() or checkout.is_file()):
        raise CodegenError(
            f"{folder}: has neither rest/openapi.json, as specs, nor openapi-specs/schema.json, as a checkout"
        )
    try:
        if specs.is_file():
            document, files = json.loads(specs.read_text(encoding="utf-8")), protos.load_protos(folder / "grpc")
        else:
            document, files = to_openapi3(json.loads(checkout.read_text(encoding="utf-8"))), protos.read_source(folder)
        return str(document["info"]["version"]), _document(document), _files(files)
    except CodegenError as error:
        raise CodegenError(str(error) if str(folder) in str(error) else f"{folder}: {error}") from error
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise CodegenError(f"{folder}: cannot be read as an interface ({type(error).__name__}: {error})") from error


def _document(document: Json) -> Node:
    components: Json = document["components"]
    shared = components.get("parameters", {})
    facts = _facts(document, "info", "paths", "tags", "components") | _facts(components, "parameters", "schemas")
    tags = {f" tag {tag['name']}": Node("tag", {}, {}) for tag in document.get("tags", ())}
    parts = {"server": Node("server", facts, tags, REQUEST)}
    for path, methods in document["paths"].items():
        parts |= {f"{method.upper()} {path}": _operation(source, shared) for method, source in methods.items()}
    parts |= {name: Node("schema", *_schema(source)) for name, source in components["schemas"].items()}
    return Node("root", {}, parts)


def _operation(source: Json, shared: Json) -> Node:
    parts: dict[str, Node] = {}
    for parameter in source.get("parameters", ()):
        parameter = shared[_name(parameter)] if "$ref" in parameter else parameter
        facts, inner = _schema(parameter["schema"])
        facts |= _facts(parameter, "in", "name", "schema")
        parts[f" {parameter['in']} {parameter['name']}"] = Node("parameter", facts, inner, REQUEST)
    if "requestBody" in source:
        parts[" body"] = Node("body", *_content(source["requestBody"]), REQUEST)
    for status, response in source["responses"].items():
        parts[f" {status}"] = Node("response", *_content(response), RESPONSE if status < "300" else ERROR)
    return Node("operation", _facts(source, "parameters", "requestBody", "responses"), parts, REQUEST)


def _content(source: Json) -> tuple[Json, dict[str, Node]]:
    """A body, whose content types share a schema; its description is empty."""
    content = source.get("content", {})
    facts, parts = _schema(next(iter(content.values())).get("schema", {})) if content else ({}, {})
    facts |= _facts(source, "content", "description")
    return facts | ({"content types": sorted(content)} if content.keys() - {JSON} else {}), parts


def _schema(source: Json) -> tuple[Json, dict[str, Node]]:
    own, bases = _flat(source)
    facts = _facts(own, "$ref", "properties", "required", "items", "enum")
    fields, required = own.get("properties", {}), set(own.get("required", ()))
    parts = {f".{name}": Node("field", *_schema(field)) for name, field in fields.items()}
    for name in required & fields.keys():
        parts[f".{name}"].facts["required"] = True
    if undeclared := sorted(required - fields.keys()):
        facts["undeclared required"] = undeclared
    facts.setdefault("type", "object" if fields or required or bases else "any")
    if "items" in own or facts["type"] == "array":
        facts["type"], parts["[]"] = "array", Node("items", *_schema(own.get("items", {})))
    if isinstance(own.get("additionalProperties"), dict):
        facts["type"], parts["{}"] = "map", Node("values", *_schema(facts.pop("additionalProperties")))
    if len(bases) == 1 and not parts:
        facts["type"] = bases[0]
    else:
        parts |= {f" with {base}": Node("base", {"type": base}, {}) for base in bases}
    if "enum" in own:
        values = {f" = {v if isinstance(v, str) else json.dumps(v)}": v for v in own["enum"]}
        parts[""] = Node("enum", {}, {name: Node("enum value", {"value": v}, {}) for name, v in values.items()})
    return facts, parts


def _flat(source: Json) -> tuple[Json, list[str]]:
    """A schema with the inline parts of its allOf as its own, and the names of those that are references."""
    own, bases = dict(source), [_name(source)] if "$ref" in source else []
    for part in own.pop("allOf", ()):
        inner, more = _flat(part)
        bases += more
        fields = inner.get("properties", {}) | own.get("properties", {})
        own = inner | own | {"properties": fields, "required": [*inner.get("required", ()), *own.get("required", ())]}
    return own, bases


def _facts(source: Json, *others: str) -> Json:
    said = {name: value for name, value in source.items() if name not in others}
    return {name: value for name, value in said.items() if value is not False or name not in FLAGS}


def _name(reference: Json) -> str:
    return str(reference["$ref"]).rsplit("/", 1)[-1]


def _files(files: FileDescriptorSet) -> Node:
    """All files as one tree: of the file, a definition only knows the name."""
    parts: dict[str, Node] = {}
    for file in files.file:
        scope = f"{file.package}.".lstrip(".")
        for name, node in _descriptor("file", file).parts.items():
            parts[scope + name.lstrip(".")] = node._replace(facts=node.facts | {"file": file.name})
    return Node("root", {}, parts)


def _descriptor(kind: str, source: Message) -> Node:
    """Whatever a descriptor says, as it is, but for where protobuf spells one thing over several places."""
    facts: Json = {}
    parts: dict[str, Node] = {}
    for field, value in source.ListFields():
        if field.name in PROTO_PARTS:
            parts |= {f".{part.name}": _descriptor(PROTO_PARTS[field.name], part) for part in value}
        elif field.name == "options":
            facts |= {option.name: said for option, said in value.ListFields()}
        elif field.name == "reserved_range":
            facts[field.name] = [[part.start, part.end] for part in value]
        elif field.name != "oneof_decl":
            facts[field.name] = list(value) if field.name == "reserved_name" else value
    if isinstance(source, MethodDescriptorProto):
        for name, use in (("request", REQUEST), ("reply", RESPONSE)):
            direction = ("input_type", "client_streaming") if use == REQUEST else ("output_type", "server_streaming")
            type_name, stream = (facts.pop(key, False) for key in direction)
            said = _facts({"type": type_name.lstrip("."), "stream": stream})
            parts[f" {name}"] = Node(name, said, {}, use)
    elif isinstance(source, DescriptorProto):
        fields = {f".{field.name}": _field(field, parts[f".{field.name}"].facts, source) for field in source.field}
        parts = {name: part for name, part in parts.items() if not part.facts.get("map_entry")} | fields
    if kind in TYPES:
        facts["type"] = kind.removesuffix(" type")
    return Node(kind, _facts(facts), parts, REQUEST if kind in ("service", "rpc") else "")


def _field(field: FieldDescriptorProto, said: Json, message: DescriptorProto) -> Node:
    facts = _facts(said, "type_name", "label", "oneof_index", "proto3_optional") | {"type": _type_name(field)}
    entry = next((m for m in message.nested_type if m.options.map_entry and facts["type"].endswith(f".{m.name}")), None)
    if entry:
        key, value = entry.field
        return Node(
            "field",
            facts | {"type": f"map<{_type_name(key)}>"},
            {"{}": Node("values", {"type": _type_name(value)}, {})},
        )
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        facts["repeated"] = True
    if field.proto3_optional:
        facts["optional"] = True
    elif field.HasField("oneof_index"):
        facts["oneof"] = message.oneof_decl[field.oneof_index].name
    return Node("field", facts, {})


def _type_name(field: FieldDescriptorProto) -> str:
    return field.type_name.lstrip(".") or FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
