"""What changed between two servers: reports of real steps, each rule by example, and changes all over a document.

contract/ holds three server versions, reduced, and in contract/reports/ what the steps between them must read like;
after a wanted change of the form, write them anew with `PYTHONPATH=. python tests/codegen/test_diff.py`.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from itertools import combinations, zip_longest
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen import diff, protos
from codegen.errors import CodegenError
from codegen.swagger import METHODS, Json, canonical, to_openapi3

CONTRACT = Path(__file__).parent / "contract"
REPORTS = CONTRACT / "reports"
VERSIONS = ("v1.36.23", "v1.37.14", "v1.38.11")
STEPS = list(combinations(VERSIONS, 2))
PROTO = "syntax = 'proto3'; package p;"
NO_PROTO = FileDescriptorSet(file=[FileDescriptorProto(name="v1/p.proto", package="p", syntax="proto3")])

Expected = tuple[str, str, str, bool]
"""The kind, change and place of a change, and whether it breaks."""


def checkout(folder: Path, document: Json | None = None, proto: str | FileDescriptorSet = NO_PROTO) -> Path:
    """A folder laid out as a checkout of the server, of a Swagger 2 document and either form of the gRPC interface."""
    swagger = {"swagger": "2.0", "info": {"version": "1"}, "paths": {}, "definitions": {}}
    write(folder / "openapi-specs/schema.json", json.dumps(swagger | (document or {})))
    if isinstance(proto, str):
        write(folder / "grpc/proto/v1/p.proto", proto)
    else:
        (folder / "grpc.binpb").write_bytes(proto.SerializeToString())
    return folder


def specs(folder: Path, document: Json, source: Path) -> Path:
    """A spec folder of a normalised document, and of the protos of a checkout."""
    write(folder / "rest/openapi.json", canonical(document))
    for path, text in protos.write_protos(protos.read_source(source)).items():
        write(folder / "grpc" / path, text)
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def normalised(version: str) -> Json:
    return to_openapi3(json.loads((CONTRACT / version / "openapi-specs/schema.json").read_text(encoding="utf-8")))


def found(report: diff.Report) -> list[Expected]:
    return [(c.kind, c.change, c.where, c.breaking) for c in report.changes]


# Real steps.


@pytest.mark.parametrize(("old", "new"), STEPS)
def test_the_reports_of_real_steps(old: str, new: str) -> None:
    report = diff.compare(CONTRACT / old, CONTRACT / new)
    assert diff.to_text(report) + "\n" == (REPORTS / f"{old}-{new}.txt").read_text(encoding="utf-8")
    assert diff.to_json(report) + "\n" == (REPORTS / f"{old}-{new}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("version", VERSIONS)
def test_equal_interfaces_give_one_line(version: str, tmp_path: Path) -> None:
    made = specs(tmp_path, normalised(version), CONTRACT / version)
    for old, new in ((CONTRACT / version, CONTRACT / version), (made, CONTRACT / version), (CONTRACT / version, made)):
        report = diff.compare(old, new)
        assert report.changes == []
        assert diff.to_text(report) == f"{version[1:]} -> {version[1:]}: no change in the interface"
        assert json.loads(diff.to_json(report))["changes"] == []


@pytest.mark.parametrize(("old", "new"), STEPS)
def test_there_and_back_is_the_same_the_other_way_round(old: str, new: str) -> None:
    there, back = diff.compare(CONTRACT / old, CONTRACT / new), diff.compare(CONTRACT / new, CONTRACT / old)
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert [(c.kind, c.change, c.where, c.before, c.after) for c in there.changes] == [
        (c.kind, turned[c.change], c.where, c.after, c.before) for c in back.changes
    ]
    for area, counts in there.counts.items():
        assert back.counts[area] == {kind: (removed, added, same) for kind, (added, removed, same) in counts.items()}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_reduced_copies_hold_together(version: str) -> None:
    folder = CONTRACT / version
    text = (folder / "openapi-specs/schema.json").read_text(encoding="utf-8")
    source = json.loads(text)
    for pool in ("definitions", "parameters"):
        assert {part.split('"')[0] for part in text.split(f'"#/{pool}/')[1:]} <= set(source[pool])
    assert protos.read_source(folder) == protos.read_source(folder / "grpc.binpb")
    assert sum(path.stat().st_size for path in folder.rglob("*.*") if path.is_file()) < 45_000


# Rules, by example.

TEXT, WHOLE, REF = {"type": "string"}, {"type": "integer"}, {"$ref": "#/definitions/Thing"}


def rest(*, schemas: Json | None = None, **operation: Any) -> Json:
    """A document with one operation; `body` and `reply` are schemas."""
    parameters = operation.get("parameters", [])
    if "body" in operation:
        required = operation.get("required", False)
        parameters = [*parameters, {"in": "body", "name": "body", "required": required, "schema": operation["body"]}]
    status = operation.get("status", "200")
    answer = {"schema": operation["reply"]} if "reply" in operation else {}
    responses = {status: answer} | {status: {"schema": error} for status, error in operation.get("errors", {}).items()}
    post = {"operationId": "post", "parameters": parameters, "responses": responses} | operation.get("more", {})
    return {"paths": {"/things": {"post": post}}, "definitions": schemas or {}} | operation.get("document", {})


def thing(*required: str, **fields: Json) -> Json:
    return {"type": "object", "properties": fields, "required": list(required)}


def query(name: str = "q", *, required: bool = False, **schema: Any) -> Json:
    return {"in": "query", "name": name, "required": required, **(schema or TEXT)}


def both_ways(schema: Json, **more: Json) -> tuple[Json, Json, Json]:
    """The document in which a schema is met in requests, in answers, and in errors only."""
    schemas = {"Thing": schema, **more}
    return rest(body=REF, schemas=schemas), rest(reply=REF, schemas=schemas), rest(errors={"422": REF}, schemas=schemas)


SENT, READ, SAME = "older clients send it", "older clients count on it", ""
TYPE, STATUS = "older clients use the old type", "older clients take this status for "
MORE, LESS, MANY = "older clients may send more", "older clients may send less", "one and many differ on the wire"
NUMBER, SEVERAL = "older clients use the old number", "older clients may set several of them"
NULL, FIELDS = "older clients may send null", "older clients may send other fields"
VALUES, UNMATCHED = "older clients may send other values", "older clients may send what does not match"
LISTED, CLOSED = {"type": "array", "items": TEXT}, {"additionalProperties": False}
MINIMUM = WHOLE | {"minimum": 1}
# A schema before and after, what changes, and why that breaks in requests and in answers.
SCHEMAS: list[tuple[Json, Json, str, str, str]] = [
    (thing(a=TEXT), thing(a=TEXT, b=TEXT), "field added Thing.b", SAME, SAME),
    (thing(a=TEXT), thing("b", a=TEXT, b=TEXT), "field added Thing.b", "older clients do not send it", SAME),
    (thing(a=TEXT, b=TEXT), thing(a=TEXT), "field removed Thing.b", SENT, SAME),
    (thing("b", a=TEXT, b=TEXT), thing(a=TEXT), "field removed Thing.b", SENT, READ),
    (thing(a=TEXT), thing("a", a=TEXT), "required changed Thing.a", "older clients may leave it out", SAME),
    (thing("a", a=TEXT), thing(a=TEXT), "required changed Thing.a", SAME, READ),
    (thing(a=TEXT), thing("x", a=TEXT), "undeclared required added Thing", "older clients may leave it out", SAME),
    (thing(a=TEXT), thing(a=WHOLE), "type changed Thing.a", TYPE, TYPE),
    (thing(a=TEXT), thing(a=LISTED), "type changed Thing.a", TYPE, TYPE),
    (thing(a=LISTED), thing(a=LISTED | {"items": WHOLE}), "type changed Thing.a[]", TYPE, TYPE),
    (thing(a=WHOLE), thing(a={"type": "number"}), "type changed Thing.a", SAME, TYPE),
    (thing(a={"type": "number"}), thing(a=WHOLE), "type changed Thing.a", TYPE, SAME),
    (thing(a={"type": "number", "format": "int64"}), thing(a=WHOLE), "type changed Thing.a", SAME, SAME),
    (thing(a=TEXT), thing(a={}), "type changed Thing.a", SAME, TYPE),
    (thing(a={}), thing(a={"type": "object"}), "type changed Thing.a", SAME, SAME),
    (thing(a=TEXT), thing(a=TEXT | {"format": "uuid"}), "format added Thing.a", SAME, SAME),
    (thing(a=TEXT), thing(a=TEXT | {"default": "x"}), "default added Thing.a", SAME, SAME),
    (thing(a=TEXT | {"default": "x"}), thing(a=TEXT | {"default": "y"}), "default changed Thing.a", SAME, SAME),
    (thing(a=TEXT | {"default": 0}), thing(a=TEXT | {"default": False}), "default changed Thing.a", SAME, SAME),
    (thing(a=TEXT | {"default": None}), thing(a=TEXT), "default removed Thing.a", SAME, SAME),
    (thing(a=TEXT), thing(a=TEXT | {"x-nullable": True}), "nullability changed Thing.a", SAME, SAME),
    (thing(a=TEXT | {"x-nullable": True}), thing(a=TEXT), "nullability changed Thing.a", NULL, SAME),
    (thing(a={"type": ["string", "null"]}), thing(a=TEXT), "nullability changed Thing.a", NULL, SAME),
    (thing(a=TEXT), thing(a=TEXT | {"readOnly": True}), "readOnly changed Thing.a", "older clients may send it", SAME),
    (thing(a=TEXT), thing(a=TEXT | {"deprecated": True}), "deprecated changed Thing.a", SAME, SAME),
    (thing(a=TEXT), thing(a=TEXT | {"x-omitempty": False}), "x-omitempty added Thing.a", SAME, SAME),
    (thing(a=TEXT), thing(a=TEXT | {"enum": ["x"]}), "enum added Thing.a", VALUES, SAME),
    (thing(a=TEXT | {"enum": ["x"]}), thing(a=TEXT), "enum removed Thing.a", SAME, SAME),
    (thing(a={"enum": ["x", "y"]}), thing(a={"enum": ["x"]}), "enum value removed Thing.a = y", SENT, SAME),
    (thing(a=TEXT | {"enum": ["x"]}), thing(a=TEXT | {"enum": ["x", "y"]}), "enum value added Thing.a = y", SAME, SAME),
    (thing(a=WHOLE), thing(a=WHOLE | {"minimum": 1}), "minimum added Thing.a", LESS, SAME),
    (thing(a=WHOLE | {"minimum": 1}), thing(a=WHOLE | {"minimum": 0}), "minimum changed Thing.a", SAME, SAME),
    (thing(a=TEXT | {"maxLength": 2}), thing(a=TEXT | {"maxLength": 1}), "maxLength changed Thing.a", MORE, SAME),
    (thing(a=TEXT | {"maxLength": 2}), thing(a=TEXT), "maxLength removed Thing.a", SAME, SAME),
    (thing(a=TEXT), thing(a=TEXT | {"maxLength": 2}), "maxLength added Thing.a", MORE, SAME),
    (thing(a=MINIMUM), thing(a=WHOLE | {"minimum": 2}), "minimum changed Thing.a", LESS, SAME),
    (thing(a=TEXT), thing(a=TEXT | {"pattern": "x+"}), "pattern added Thing.a", UNMATCHED, SAME),
    (thing(a=TEXT), thing(a=TEXT) | CLOSED, "additionalProperties added Thing", FIELDS, SAME),
    ({"type": "object"}, {"type": "object", "additionalProperties": TEXT}, "type changed Thing", TYPE, SAME),
    ({"additionalProperties": TEXT}, {"additionalProperties": WHOLE}, "type changed Thing{}", TYPE, TYPE),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "change", "in_requests", "in_answers"), SCHEMAS)
def test_rules_of_schemas(old: Json, new: Json, change: str, in_requests: str, in_answers: str, tmp_path: Path) -> None:
    for number, (before, after, reason) in enumerate(
        zip(both_ways(old), both_ways(new), (in_requests, in_answers, SAME), strict=True)
    ):
        folder = tmp_path / str(number)
        report = diff.compare(checkout(folder / "old", before), checkout(folder / "new", after))
        assert [(f"{c.kind} {c.change} {c.where}", c.reason) for c in report.changes] == [(change, reason)]


OTHER = {"$ref": "#/definitions/Other"}
# Two documents, and the changes between them with the reasons why they break.
DOCUMENTS: dict[str, tuple[Json, Json, dict[str, str]]] = {
    "an operation": (
        {},
        rest(reply=TEXT),
        {"operation added POST /things": SAME},
    ),
    "no operation": (
        rest(reply=TEXT),
        {},
        {"operation removed POST /things": "older clients call it"},
    ),
    "another method": (
        rest(),
        {"paths": {"/things": {"put": {"responses": {"200": {}}}}}},
        {"operation removed POST /things": "older clients call it", "operation added PUT /things": SAME},
    ),
    "another name": (
        rest(),
        rest(more={"operationId": "things.post", "deprecated": True}),
        {"deprecated changed POST /things": SAME, "operationId changed POST /things": SAME},
    ),
    "a parameter": (
        rest(),
        rest(parameters=[query()]),
        {"parameter added POST /things query q": SAME},
    ),
    "a parameter that must be there": (
        rest(),
        rest(parameters=[query(required=True)]),
        {"parameter added POST /things query q": "older clients do not send it"},
    ),
    "no parameter": (
        rest(parameters=[query()]),
        rest(),
        {"parameter removed POST /things query q": SENT},
    ),
    "a parameter elsewhere": (
        rest(parameters=[query()]),
        rest(parameters=[query() | {"in": "header"}]),
        {"parameter added POST /things header q": SAME, "parameter removed POST /things query q": SENT},
    ),
    "a parameter of another type, with another default": (
        rest(parameters=[query(type="string", default="1", maxLength=3)]),
        rest(parameters=[query(type="integer", default=1)]),
        {"default changed POST /things query q": SAME, "type changed POST /things query q": TYPE},
    ),
    "a list written another way": (
        rest(parameters=[query(**LISTED)]),
        rest(parameters=[query(**LISTED, collectionFormat="multi")]),
        {"explode changed POST /things query q": "older clients write lists the old way"},
    ),
    "order and sharing of parameters": (
        rest(parameters=[query("a"), query("b")]),
        rest(parameters=[query("b"), {"$ref": "#/parameters/a"}], document={"parameters": {"a": query("a")}}),
        {},
    ),
    "a shared parameter": (
        rest(parameters=[{"$ref": "#/parameters/q"}], document={"parameters": {"q": query()}}),
        rest(parameters=[{"$ref": "#/parameters/q"}], document={"parameters": {"q": query(required=True)}}),
        {"required changed POST /things query q": "older clients may leave it out"},
    ),
    "a body": (
        rest(),
        rest(body=TEXT),
        {"body added POST /things body": SAME},
    ),
    "a body that must be there": (
        rest(),
        rest(body=TEXT, required=True),
        {"body added POST /things body": "older clients do not send it"},
    ),
    "no body": (
        rest(body=TEXT),
        rest(),
        {"body removed POST /things body": SENT},
    ),
    "a field of an inline body": (
        rest(body=thing(a=TEXT)),
        rest(body=thing("b", a=TEXT, b=WHOLE)),
        {"field added POST /things body.b": "older clients do not send it"},
    ),
    "a body that is not JSON any more": (
        rest(body=TEXT, more={"consumes": ["application/json", "application/yaml"]}),
        rest(body=TEXT, more={"consumes": ["application/yaml"]}),
        {"content types changed POST /things body": "older clients speak JSON only"},
    ),
    "a body that is JSON only": (
        rest(body=TEXT, more={"consumes": ["application/json", "application/yaml"]}),
        rest(body=TEXT),
        {"content types removed POST /things body": SAME},
    ),
    "another status for success": (
        rest(reply=TEXT),
        rest(reply=TEXT, status="201"),
        {
            "response removed POST /things 200": STATUS + "success",
            "response added POST /things 201": STATUS + "a failure",
        },
    ),
    "statuses of errors": (
        rest(errors={"404": REF}, schemas={"Thing": TEXT}),
        rest(errors={"410": REF}, schemas={"Thing": TEXT}),
        {"response removed POST /things 404": SAME, "response added POST /things 410": SAME},
    ),
    "another type of error": (
        rest(errors={"404": TEXT}),
        rest(errors={"404": WHOLE}),
        {"type changed POST /things 404": SAME},
    ),
    "an answer with a body": (
        rest(),
        rest(reply=TEXT),
        {"type added POST /things 200": SAME},
    ),
    "an answer without a body": (
        rest(reply=TEXT),
        rest(),
        {"type removed POST /things 200": "older clients expect a body"},
    ),
    "another name of a type": (
        rest(body=REF, reply=REF, schemas={"Thing": thing("a", a=TEXT)}),
        rest(body=OTHER, reply=OTHER, schemas={"Other": thing("a", a=TEXT)}),
        {
            "type changed POST /things 200": SAME,
            "type changed POST /things body": SAME,
            "schema added Other": SAME,
            "schema removed Thing": SAME,
        },
    ),
    "an inline type that gets a name and a field": (
        rest(body=thing(a=TEXT, b={"type": "array", "items": REF}), schemas={"Thing": TEXT}),
        rest(body=OTHER, schemas={"Thing": TEXT, "Other": thing(a=TEXT, b={"type": "array", "items": REF}, c=TEXT)}),
        {"type changed POST /things body": SAME, "schema added Other": SAME},
    ),
    "a type that gets a name and a field that must be there": (
        rest(body=thing(a=TEXT), reply=thing(a=TEXT)),
        rest(body=OTHER, reply=OTHER, schemas={"Other": thing("b", a=TEXT, b=TEXT)}),
        {"type changed POST /things 200": SAME, "type changed POST /things body": TYPE, "schema added Other": SAME},
    ),
    "another type that holds itself": (
        rest(body=REF, schemas={"Thing": thing(a=REF)}),
        rest(body=OTHER, schemas={"Other": thing(a=OTHER, b=TEXT)}),
        {
            "type changed POST /things body": SAME,
            "schema added Other": SAME,
            "schema removed Thing": "older clients use it",
        },
    ),
    "a name for a plain type": (
        rest(body=thing(a=TEXT, b=TEXT)),
        rest(body=thing(a=REF, b=OTHER), schemas={"Thing": TEXT, "Other": WHOLE}),
        {
            "type changed POST /things body.a": SAME,
            "type changed POST /things body.b": TYPE,
            "schema added Other": SAME,
            "schema added Thing": SAME,
        },
    ),
    "a schema that nobody uses": (
        {"definitions": {"Thing": thing(a=TEXT)}},
        {"definitions": {"Other": thing("b", b=TEXT)}},
        {"schema added Other": SAME, "schema removed Thing": SAME},
    ),
    "a change of a schema that nobody uses": (
        {"definitions": {"Thing": thing(a=TEXT)}},
        {"definitions": {"Thing": thing(a=WHOLE)}},
        {"type changed Thing.a": SAME},
    ),
    "inline parts of a schema": (
        rest(body=REF, schemas={"Thing": {"allOf": [OTHER, thing("a", a=TEXT), thing(b=TEXT)]}, "Other": thing()}),
        rest(body=REF, schemas={"Thing": {"allOf": [thing(b=TEXT), OTHER], **thing("a", a=TEXT)}, "Other": thing()}),
        {},
    ),
    "a reference with words beside it": (
        rest(body=thing(a=REF), schemas={"Thing": TEXT}),
        rest(body=thing(a=REF | {"x-nullable": True}), schemas={"Thing": TEXT}),
        {"nullability changed POST /things body.a": SAME},
    ),
    "a name for a plain type, beside which more is said": (
        rest(body=thing(a=TEXT | {"x-nullable": True, "default": "x"})),
        rest(body=thing(a=REF | {"x-nullable": True, "default": "x"}), schemas={"Thing": TEXT}),
        {"type changed POST /things body.a": SAME, "schema added Thing": SAME},
    ),
    "a reference with a field that must be there": (
        rest(body=REF, schemas={"Thing": thing()}),
        rest(body={"allOf": [REF], "required": ["a"]}, schemas={"Thing": thing()}),
        {"undeclared required added POST /things body": "older clients may leave it out"},
    ),
    "included schemas": (
        rest(
            body={"allOf": [REF, thing(a=TEXT)]},
            reply={"allOf": [REF, thing(a=TEXT)]},
            schemas={"Thing": thing("x", x=TEXT), "Other": thing("y", y=TEXT)},
        ),
        rest(
            body={"allOf": [OTHER, thing(a=TEXT)]},
            reply={"allOf": [OTHER, thing(a=TEXT)]},
            schemas={"Thing": thing("x", x=TEXT), "Other": thing("y", y=TEXT)},
        ),
        {
            "base added POST /things 200 with Other": SAME,
            "base removed POST /things 200 with Thing": READ,
            "base added POST /things body with Other": "older clients do not send it",
            "base removed POST /things body with Thing": SENT,
        },
    ),
    "the server": (
        {"basePath": "/v1"},
        {"basePath": "/v2", "security": [{"oidc": []}], "tags": [{"name": "things"}]},
        {
            "security changed server": SAME,
            "servers changed server": "older clients use the old path",
            "tag added server tag things": SAME,
        },
    ),
}


@pytest.mark.parametrize(("old", "new", "changes"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_rules_of_documents(old: Json, new: Json, changes: dict[str, str], tmp_path: Path) -> None:
    report = diff.compare(checkout(tmp_path / "old", old), checkout(tmp_path / "new", new))
    assert [(f"{c.kind} {c.change} {c.where}", c.reason) for c in report.changes] == list(changes.items())


ONEOF = "oneof changed"
F = "F f = 9; enum F { O = 0;"
CALL = "service S { rpc Call(In) returns (Out); }"
# What is between the two, in a message of requests and in one of answers; reasons in requests and in answers.
MESSAGES: list[tuple[str, str, str, str, str]] = [
    ("", "string a = 1;", "field added p.M.a", SAME, SAME),
    ("string a = 1;", "", "field removed p.M.a", SENT, READ),
    ("optional string a = 1;", "", "field removed p.M.a", SENT, SAME),
    ("X a = 1;", "", "field removed p.M.a", SENT, SAME),
    ("repeated X a = 1;", "", "field removed p.M.a", SENT, READ),
    ("map<string, X> a = 1;", "", "field removed p.M.a", SENT, READ),
    ("oneof o { string a = 1; string z = 2; }", "oneof o { string z = 2; }", "field removed p.M.a", SENT, SAME),
    ("string a = 1;", "string a = 2;", "field number changed p.M.a", NUMBER, NUMBER),
    ("string a = 1;", "string b = 1;", "name changed p.M.a", SAME, SAME),
    ("string a = 1;", "int32 a = 1;", "type changed p.M.a", TYPE, TYPE),
    ("X a = 1;", "Y a = 1;", "type changed p.M.a", SAME, SAME),
    ("Y a = 1;", "X a = 1;", "type changed p.M.a", TYPE, TYPE),
    ("X a = 1;", "E a = 1;", "type changed p.M.a", TYPE, TYPE),
    ("map<string, X> a = 1;", "map<string, E> a = 1;", "type changed p.M.a{}", TYPE, TYPE),
    ("map<string, X> a = 1;", "map<int32, X> a = 1;", "type changed p.M.a", TYPE, TYPE),
    ("string a = 1;", "repeated string a = 1;", "repeated changed p.M.a", MANY, MANY),
    ("string a = 1;", "optional string a = 1;", "optional changed p.M.a", SAME, SAME),
    ("string a = 1;", "string a = 1 [deprecated = true];", "deprecated changed p.M.a", SAME, SAME),
    ("string a = 1;", "string a = 1 [json_name = 'z'];", "json_name added p.M.a", SAME, SAME),
    ("", "reserved 7;", "reserved_range added p.M", SAME, SAME),
    ("", "reserved 'z';", "reserved_name added p.M", SAME, SAME),
    ("", "message N { string a = 1; }", "message added p.M.N", SAME, SAME),
    ("message N { string a = 1; }", "", "message removed p.M.N", SAME, SAME),
    ("string a = 1;", "oneof o { string a = 1; }", "oneof added p.M.a", SAME, SAME),
    ("oneof o { X a = 1; X z = 2; }", "oneof p { X a = 1; X z = 2; }", f"{ONEOF} p.M.a, {ONEOF} p.M.z", SAME, SAME),
    ("oneof o { X z = 2; } X a = 1;", "oneof o { X z = 2; X a = 1; }", "oneof added p.M.a", SEVERAL, SAME),
    ("oneof o { X z = 2; X a = 1; }", "oneof o { X z = 2; } X a = 1;", "oneof removed p.M.a", SAME, SAME),
    (f"{F} }}", f"{F} P = 1; }}", "enum value added p.M.F.P", SAME, SAME),
    (f"{F} P = 1; }}", f"{F} }}", "enum value removed p.M.F.P", SENT, SAME),
    (f"{F} P = 1; }}", f"{F} P = 2; }}", "enum value number changed p.M.F.P", NUMBER, NUMBER),
    (f"{F} P = 1; }}", f"{F} Q = 1; }}", "name changed p.M.F.P", SAME, SAME),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "change", "in_requests", "in_answers"), MESSAGES)
def test_rules_of_messages(old: str, new: str, change: str, in_requests: str, in_answers: str, tmp_path: Path) -> None:
    others = "message X { string x = 1; } message Y { string x = 1; string y = 2; } enum E { ZERO = 0; }"
    uses = "message In { Sent m = 1; } message Out { Read m = 1; }"
    frame = f"{PROTO} {CALL} {uses} {others}" + "".join(f"message {name} {{ %s }}" for name in ("Idle", "Read", "Sent"))
    report = diff.compare(
        *(checkout(tmp_path / str(n), {}, frame % ((text,) * 3)) for n, text in enumerate((old, new)))
    )
    told = (("Idle", SAME), ("Read", in_answers), ("Sent", in_requests))
    assert [(f"{c.kind} {c.change} {c.where}", c.reason) for c in report.changes] == [
        (each.replace("p.M", f"p.{name}"), reason) for name, reason in told for each in change.split(", ")
    ]


IO = "message In { string a = 1; } message Out {}"
PROTOS: dict[str, tuple[str, str, dict[str, str]]] = {
    "a method": (
        f"{IO} service S {{}}",
        f"{IO} {CALL}",
        {"rpc added p.S.Call": SAME},
    ),
    "no method": (
        f"{IO} {CALL}",
        f"{IO} service S {{}}",
        {"rpc removed p.S.Call": "older clients call it"},
    ),
    "a service, and no other": (
        f"{IO} {CALL}",
        f"{IO} {CALL}".replace("service S", "service T"),
        {"service removed p.S": "older clients call it", "service added p.T": SAME},
    ),
    "streams": (
        f"{IO} {CALL}",
        f"{IO} {CALL}".replace("(In)", "(stream In)"),
        {"stream changed p.S.Call request": "one and many differ on the wire"},
    ),
    "another name of the messages": (
        f"{IO} {CALL}",
        f"{IO} {CALL}".replace("In", "Into").replace("Out", "Outof"),
        {
            "type changed p.S.Call reply": SAME,
            "type changed p.S.Call request": SAME,
            "message removed p.In": SAME,
            "message added p.Into": SAME,
            "message removed p.Out": SAME,
            "message added p.Outof": SAME,
        },
    ),
    "other messages": (
        f"{IO} {CALL}",
        f"{IO} {CALL}".replace("In", "Into").replace("string", "int32"),
        {
            "type changed p.S.Call request": TYPE,
            "message removed p.In": "older clients use it",
            "message added p.Into": SAME,
        },
    ),
    "order": (
        f"{IO} {CALL} message Z {{ int32 b = 2; int32 a = 1; }}",
        f"message Z {{ int32 a = 1; int32 b = 2; }} {CALL} {IO}",
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "changes"), PROTOS.values(), ids=PROTOS)
def test_rules_of_protos(old: str, new: str, changes: dict[str, str], tmp_path: Path) -> None:
    report = diff.compare(checkout(tmp_path / "old", {}, PROTO + old), checkout(tmp_path / "new", {}, PROTO + new))
    assert [(f"{c.kind} {c.change} {c.where}", c.reason) for c in report.changes] == list(changes.items())


def test_a_definition_that_moves_to_another_file(tmp_path: Path) -> None:
    old, new = (
        checkout(tmp_path / "old", {}, PROTO + IO),
        checkout(tmp_path / "new", {}, PROTO + "message In { string a = 1; }"),
    )
    write(new / "grpc/proto/v1/other.proto", PROTO + "message Out {}")
    assert found(diff.compare(old, new)) == [("file", "changed", "p.Out", False)]


def test_every_rule_has_an_example() -> None:
    """The reasons, since these are what a rule is told by."""
    said = {reason for *_, first, second in [*SCHEMAS, *MESSAGES] for reason in (first, second)}
    said |= {reason for *_, changes in [*DOCUMENTS.values(), *PROTOS.values()] for reason in changes.values()}
    assert {rule.reason for rule in diff.RULES} == said - {SAME}


# Changes all over a document.
#
# A mutation alters a document at one place, and tells what must be reported of it. Which places there are, how each is
# met by clients, and what that means for them, is worked out here from the document, and not with the code under test.

Mutation = tuple[str, Callable[[], None], list[Expected]]
"""What it belongs to (one report may hold only one mutation of each), how to do it, and what must be reported."""


class Place:
    """A schema within a document: its name in a report, whether requests and answers hold it, and must."""

    def __init__(self, where: str, schema: Json, sent: bool, read: bool, required: bool = False) -> None:
        self.where, self.schema, self.sent, self.read, self.required = where, schema, sent, read, required
        self.met = sent or read


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rsplit("/", 1)[-1]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def reach(document: Json, start: Any) -> set[str]:
    names: set[str] = set()
    fresh = set(references(start)) & document["components"]["schemas"].keys()
    while fresh:
        names |= fresh
        fresh = {n for name in fresh for n in references(document["components"]["schemas"][name])} - names
    return names


def operations(document: Json) -> list[tuple[str, Json]]:
    return [(f"{m.upper()} {path}", op) for path, item in document["paths"].items() for m, op in item.items()]


def places(document: Json) -> Iterator[tuple[str, Place]]:
    """All schemas that belong to something, with what they belong to."""
    bodies = [op.get("requestBody") for _, op in operations(document)]
    answers = [r for _, op in operations(document) for status, r in op["responses"].items() if status < "300"]
    sent, read = reach(document, bodies), reach(document, answers)
    for name, schema in document["components"]["schemas"].items():
        yield from ((name, place) for place in within(Place(name, schema, name in sent, name in read)))
    for where, op in operations(document):
        if body := op.get("requestBody", {}).get("content", {}).get("application/json"):
            assert all(other["schema"] == body["schema"] for other in op["requestBody"]["content"].values())
            op["requestBody"]["content"] = {
                "application/json": body
            }  # the others are copies, which we would have to mutate too
            yield from ((where, place) for place in within(Place(f"{where} body", body["schema"], True, False)))
        for status, answer in op["responses"].items():
            for content in answer.get("content", {}).values():
                place = Place(f"{where} {status}", content["schema"], False, status < "300")
                yield from ((where, inner) for inner in within(place))


def within(place: Place) -> Iterator[Place]:
    yield place
    schema = place.schema
    for part in schema.get("allOf", ()):
        if "$ref" not in part:
            inside = within(Place(place.where, part, place.sent, place.read))
            next(inside)  # what is said of the part as a whole is said of nothing
            yield from inside
    for name, field in schema.get("properties", {}).items():
        yield from within(
            Place(f"{place.where}.{name}", field, place.sent, place.read, name in schema.get("required", ()))
        )
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(schema.get(key), dict):
            yield from within(Place(place.where + mark, schema[key], place.sent, place.read))


def schema_mutations(place: Place) -> Iterator[tuple[Callable[[], None], list[Expected]]]:
    schema, where = place.schema, place.where

    def put(**said: Any) -> Callable[[], None]:
        return lambda: schema.update(copy.deepcopy(said))

    def drop(key: str) -> Callable[[], None]:
        return lambda: schema.pop(key) and None

    def toggle(key: str, *, breaks: bool) -> tuple[Callable[[], None], list[Expected]]:
        kind = {"nullable": "nullability"}.get(key, key)
        return (drop(key) if schema.get(key) else put(**{key: True})), [(kind, "changed", where, breaks)]

    if "$ref" in schema:
        return
    yield toggle("nullable", breaks=place.sent and bool(schema.get("nullable")))
    yield toggle("deprecated", breaks=False)
    yield toggle("readOnly", breaks=place.sent and not schema.get("readOnly"))
    for said in (None, 0, False, "", [], {"a": [1]}):
        how = "changed" if "default" in schema else "added"
        if "default" not in schema or canonical(schema["default"]) != canonical(said):
            yield put(default=said), [("default", how, where, False)]
    if "default" in schema:
        yield drop("default"), [("default", "removed", where, False)]
    if "allOf" not in schema:
        yield (
            put(**{"x-omitempty": not schema.get("x-omitempty")}),
            [("x-omitempty", "changed" if "x-omitempty" in schema else "added", where, False)],
        )
    if schema.get("type") in ("string", "boolean"):
        other = {"string": "boolean", "boolean": "integer"}[schema["type"]]
        yield put(type=other), [("type", "changed", where, place.met)]
        yield put(type=other, format="odd", maxLength=1), [("type", "changed", where, place.met)]
        yield put(format="odd"), [("format", "changed" if "format" in schema else "added", where, False)]
        if "enum" not in schema:
            yield put(enum=["a", "b"]), [("enum", "added", where, place.sent)]
    if schema.get("type") == "integer" and "minimum" not in schema:
        yield put(minimum=3), [("minimum", "added", where, place.sent)]
    if "enum" in schema:
        first, more = schema["enum"][0], schema["enum"][1:]
        yield drop("enum"), [("enum", "removed", where, False)]
        yield put(enum=[*schema["enum"], "new"]), [("enum value", "added", f"{where} = new", False)]
        yield put(enum=list(reversed(schema["enum"]))), []
        yield put(enum=more), [("enum value", "removed", f"{where} = {first}", place.sent)]
    if "properties" in schema:
        yield from field_mutations(place)


def field_mutations(place: Place) -> Iterator[tuple[Callable[[], None], list[Expected]]]:
    schema, fields = place.schema, place.schema["properties"]
    required = schema.get("required", [])

    def add(name: str, *, required: bool) -> Callable[[], None]:
        def do() -> None:
            schema["properties"] = {name: {"type": "object", "properties": {"a": {"type": "string"}}}, **fields}
            schema["required"] = [name, *schema.get("required", ())] if required else schema.get("required", [])

        return do

    def remove(name: str) -> Callable[[], None]:
        def do() -> None:
            del schema["properties"][name]
            schema["required"] = [other for other in schema.get("required", ()) if other != name]

        return do

    def require(*names: str) -> Callable[[], None]:
        return lambda: schema.update(required=list(names))

    yield add("new", required=False), [("field", "added", f"{place.where}.new", False)]
    yield add("new", required=True), [("field", "added", f"{place.where}.new", place.sent)]
    yield lambda: schema.update(properties=dict(reversed(fields.items())), required=required[::-1]), []
    for name in fields if len(fields) > 1 else ():
        where, was = f"{place.where}.{name}", name in required
        yield remove(name), [("field", "removed", where, place.sent or (place.read and was))]
        others = [other for other in required if other != name]
        breaks = place.read if was else place.sent
        yield require(*others, *([] if was else [name])), [("required", "changed", where, breaks)]


def operation_mutations(document: Json) -> Iterator[Mutation]:
    shared = document["components"]["parameters"]
    for where, op in operations(document):
        method, path = where.split(" ")
        item, parameters = document["paths"][path], op.setdefault("parameters", [])

        def put(target: Json, **said: Any) -> Callable[[], None]:
            return lambda: target.update(copy.deepcopy(said))

        def drop(target: Json, key: str) -> Callable[[], None]:
            return lambda: target.pop(key) and None

        yield where, drop(item, method.lower()), [("operation", "removed", where, True)]
        free = [m for m in METHODS if m not in item][list(item).index(method.lower())]
        yield where, put(item, **{free: op}), [("operation", "added", f"{free.upper()} {path}", False)]
        yield (
            where,
            put(op, operationId="another"),
            [("operationId", "changed" if "operationId" in op else "added", where, False)],
        )
        yield where, put(op, tags=["x"]), [("tags", "changed" if "tags" in op else "added", where, False)]
        yield where, put(op, deprecated=not op.get("deprecated")), [("deprecated", "changed", where, False)]
        yield where, put(op, parameters=parameters[::-1]), []
        for needed in (False, True):
            new = {"in": "query", "name": "new", "required": needed, "schema": {"type": "string"}}
            added = [("parameter", "added", f"{where} query new", needed)]
            yield where, put(op, parameters=[*parameters, new]), added
        for index, said in enumerate(parameters):
            parameter = shared[said["$ref"].rsplit("/", 1)[-1]] if "$ref" in said else said
            others = parameters[:index] + parameters[index + 1 :]
            place = f"{where} {parameter['in']} {parameter['name']}"
            yield where, put(op, parameters=others), [("parameter", "removed", place, True)]
            yield where, put(op, parameters=[*others, parameter]), []  # shared or not, and in another order
            opposite = {**parameter, "required": not parameter["required"]}
            required = [("required", "changed", place, not parameter["required"])]
            yield where, put(op, parameters=[*others, opposite]), required
            wide = {**parameter, "schema": {**parameter["schema"], "default": "new"}}
            how = "changed" if "default" in parameter["schema"] else "added"
            yield where, put(op, parameters=[*others, wide]), [("default", how, place, False)]
        if "requestBody" in op:
            yield where, drop(op, "requestBody"), [("body", "removed", f"{where} body", True)]
            needed = op["requestBody"].get("required", False)
            yield (
                where,
                put(op["requestBody"], required=not needed),
                [("required", "changed", f"{where} body", not needed)],
            )
        else:
            for needed in (False, True):
                body = {"required": needed, "content": {"application/json": {"schema": {"type": "string"}}}}
                yield where, put(op, requestBody=body), [("body", "added", f"{where} body", needed)]
        for status, answer in op["responses"].items():
            success = status < "300"
            yield where, drop(op["responses"], status), [("response", "removed", f"{where} {status}", success)]
            yield where, put(answer, description="other words"), []
            if "content" in answer:
                yield where, drop(answer, "content"), [("type", "removed", f"{where} {status}", success)]
            else:
                content = {"application/json": {"schema": {"type": "string"}}}
                yield where, put(answer, content=content), [("type", "added", f"{where} {status}", False)]
        for status in {"203", "418"} - op["responses"].keys():
            answer = {"description": "", "content": {"application/json": {"schema": {"type": "string"}}}}
            added = [("response", "added", f"{where} {status}", status < "300")]
            yield where, put(op["responses"], **{status: answer}), added


def rest_mutations(document: Json) -> list[Mutation]:
    """All that can be done to a document; the mutations alter this very document."""
    mutations = [(owner, *mutation) for owner, place in places(document) for mutation in schema_mutations(place)]
    mutations += operation_mutations(document)
    schemas = document["components"]["schemas"]
    for name in schemas.keys() - reach(document, document["paths"]) - set(references(list(schemas.values()))):
        mutations.append((name, lambda name=name: schemas.pop(name) and None, [("schema", "removed", name, False)]))
    new = {"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}, "required": ["a"]}
    mutations.append(("New", lambda: schemas.update(New=new), [("schema", "added", "New", False)]))
    server = [{"url": "/v9"}]
    mutations.append(("server", lambda: document.update(servers=server), [("servers", "changed", "server", True)]))
    mutations.append(
        (
            "server",
            lambda: document["tags"].pop(0) and None,
            [("tag", "removed", f"server tag {document['tags'][0]['name']}", False)],
        )
    )
    return mutations


def rounds(mutations: list[Mutation]) -> list[list[Mutation]]:
    """All of them, in as few rounds as can be if no two of a round belong to the same."""
    by_owner: dict[str, list[Mutation]] = {}
    for mutation in mutations:
        by_owner.setdefault(mutation[0], []).append(mutation)
    return [[m for m in some if m] for some in zip_longest(*by_owner.values())]


def rest_change(folders: tuple[Path, Path], choose: Callable[[list[Mutation]], list[Mutation]]) -> None:
    document = normalised(VERSIONS[-1])
    mutations = choose(rest_mutations(document))
    write(folders[0] / "rest/openapi.json", json.dumps(document))
    for _, do, _ in mutations:
        do()
    write(folders[1] / "rest/openapi.json", json.dumps(document))
    told = [change for _, _, changes in mutations for change in changes]
    assert sorted(found(diff.compare(*folders))) == sorted(told)


@pytest.fixture(scope="module")
def rest_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Two spec folders; the protos are the same in both, and not compiled anew each time."""
    folders = tmp_path_factory.mktemp("rest")
    files = protos.read_source(CONTRACT / VERSIONS[-1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protos, "load_protos", lambda folder: files)
        yield folders / "old", folders / "new"


def test_each_change_of_a_document_is_reported_once(rest_folders: tuple[Path, Path]) -> None:
    mutations = rest_mutations(normalised(VERSIONS[-1]))
    assert len(mutations) > 1500
    for number in range(len(rounds(mutations))):
        rest_change(rest_folders, lambda all_of_them, number=number: rounds(all_of_them)[number])


@given(st.integers(1, 12), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_changes_of_a_document_add_up(rest_folders: tuple[Path, Path], count: int, chance: random.Random) -> None:
    rest_change(rest_folders, lambda mutations: rounds(chance.sample(mutations, count))[0])


# The same for descriptors.


def declared(files: FileDescriptorSet) -> Iterator[tuple[str, str, Any, Any]]:
    """All messages and enums: what they belong to, their name, the descriptor, and the list that holds it."""

    def inside(owner: str, scope: str, messages: Any, enums: Any) -> Iterator[tuple[str, str, Any, Any]]:
        for item in [*messages, *enums]:
            if not (isinstance(item, DescriptorProto) and item.options.map_entry):
                name = f"{scope}.{item.name}"
                yield owner or name, name, item, enums if isinstance(item, EnumDescriptorProto) else messages
                if isinstance(item, DescriptorProto):
                    yield from inside(owner or name, name, item.nested_type, item.enum_type)

    for file in files.file:
        if not file.name.startswith("google/"):
            yield from inside("", file.package, file.message_type, file.enum_type)


def met(files: FileDescriptorSet, direction: str) -> set[str]:
    """The messages and enums that travel in this direction."""
    holds = {
        f".{name}": {
            f.type_name for m in [item, *item.nested_type] for f in m.field if m is item or m.options.map_entry
        }
        for _, name, item, _ in declared(files)
        if isinstance(item, DescriptorProto)
    }
    names: set[str] = set()
    fresh = {getattr(m, direction) for file in files.file for s in file.service for m in s.method}
    while fresh:
        names |= fresh
        fresh = {inner for name in fresh for inner in holds.get(name, ())} - names
    return {name.removeprefix(".") for name in names}


def grpc_mutations(files: FileDescriptorSet) -> list[Mutation]:
    sent, read = met(files, "input_type"), met(files, "output_type")
    mutations: list[Mutation] = []
    for owner, name, item, holder in declared(files):
        kind = "enum type" if isinstance(item, EnumDescriptorProto) else "message"
        gone = [(kind, "removed", name, name in sent or name in read)]
        mutations.append((owner, lambda holder=holder, item=item: holder.remove(item), gone))
        mutate = enum_mutations if isinstance(item, EnumDescriptorProto) else message_mutations
        mutations += ((owner, do, told) for do, told in mutate(name, item, name in sent, name in read, files))
    for file in files.file:
        for service in file.service:
            for method in service.method:
                where = f"{file.package}.{service.name}.{method.name}"
                gone = [("rpc", "removed", where, True)]
                mutations.append((where, lambda s=service, m=method: s.method.remove(m), gone))
                for side, flag in (("request", "client_streaming"), ("reply", "server_streaming")):
                    told = [("stream", "changed", f"{where} {side}", True)]
                    mutations.append((where, lambda m=method, f=flag: setattr(m, f, not getattr(m, f)), told))
                    turned = [("type", "changed", f"{where} {side}", True)]
                    held = f"{side.replace('request', 'input').replace('reply', 'output')}_type"
                    mutations.append(
                        (where, lambda m=method, held=held: setattr(m, held, ".weaviate.v1.Tenant"), turned)
                    )
    return mutations


def enum_mutations(
    where: str, enum: EnumDescriptorProto, sent: bool, read: bool, _: FileDescriptorSet
) -> Iterator[tuple[Callable[[], object], list[Expected]]]:
    yield lambda: enum.value.add(name="NEW", number=99), [("enum value", "added", f"{where}.NEW", False)]
    for value in enum.value:
        place, used = f"{where}.{value.name}", sent or read
        yield lambda v=value: enum.value.remove(v), [("enum value", "removed", place, sent)]
        yield lambda v=value: setattr(v, "number", 99), [("enum value number", "changed", place, used)]
        yield lambda v=value: setattr(v, "name", "NEW"), [("name", "changed", place, False)]
        yield lambda v=value: setattr(v.options, "deprecated", True), [("deprecated", "changed", place, False)]


def message_mutations(
    where: str, message: DescriptorProto, sent: bool, read: bool, files: FileDescriptorSet
) -> Iterator[tuple[Callable[[], object], list[Expected]]]:
    field_type = FieldDescriptorProto
    used = sent or read
    new = field_type(name="new", number=999, type=field_type.TYPE_STRING, label=field_type.LABEL_OPTIONAL)
    inner = DescriptorProto(name="New", field=[new])
    turned = list(reversed(message.field))
    messages = {name for _, name, item, _ in declared(files) if isinstance(item, DescriptorProto)} | {
        "google.protobuf.Struct"
    }
    yield lambda: message.field.append(new), [("field", "added", f"{where}.new", False)]
    yield lambda: message.nested_type.append(inner), [("message", "added", f"{where}.New", False)]
    yield (
        lambda: message.reserved_name.append("a"),
        [("reserved_name", "changed" if message.reserved_name else "added", where, False)],
    )
    yield lambda: [message.field.sort(key=turned.index)], []
    for field in message.field:
        place = f"{where}.{field.name}"
        single, many = field.label == field_type.LABEL_OPTIONAL, field.label == field_type.LABEL_REPEATED
        entry = any(e.options.map_entry and field.type_name.endswith(f".{e.name}") for e in message.nested_type)
        # `has` needs presence; what has none reads as empty when it is gone.
        presence = single and (field.HasField("oneof_index") or field.type_name.removeprefix(".") in messages)
        yield lambda f=field: remove(message, f), [("field", "removed", place, sent or (read and not presence))]
        yield lambda f=field: setattr(f, "number", 998), [("field number", "changed", place, used)]
        yield lambda f=field: rename(f), [("name", "changed", place, False)]
        yield (
            lambda f=field: setattr(f.options, "deprecated", not f.options.deprecated),
            [("deprecated", "changed", place, False)],
        )
        if entry:
            continue
        yield lambda f=field: retype(f), [("type", "changed", place, used)]
        if not field.HasField("oneof_index"):
            label = field_type.LABEL_OPTIONAL if many else field_type.LABEL_REPEATED
            yield lambda f=field, label=label: setattr(f, "label", label), [("repeated", "changed", place, used)]
        if field.proto3_optional:
            yield lambda f=field: plain(f), [("optional", "changed", place, False)]
        elif field.HasField("oneof_index"):
            yield lambda f=field: plain(f), [("oneof", "removed", place, False)]
        elif single:
            yield lambda f=field: choice(message, f, "_new", optional=True), [("optional", "changed", place, False)]
            yield lambda f=field: choice(message, f, "new", optional=False), [("oneof", "added", place, False)]
            real = [f for f in message.field if f.HasField("oneof_index") and not f.proto3_optional]
            if real:
                index = real[0].oneof_index
                yield lambda f=field, i=index: setattr(f, "oneof_index", i), [("oneof", "added", place, sent)]


def remove(message: DescriptorProto, field: FieldDescriptorProto) -> None:
    message.field.remove(field)
    for entry in list(message.nested_type):
        if entry.options.map_entry and field.type_name.endswith(f".{entry.name}"):
            message.nested_type.remove(entry)


def rename(field: FieldDescriptorProto) -> None:
    field.name = "zzz"
    field.ClearField("json_name")


def retype(field: FieldDescriptorProto) -> None:
    field.type_name = ""
    other = (FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.TYPE_SINT64)
    field.type = other[field.type == other[0]]


def plain(field: FieldDescriptorProto) -> None:
    field.ClearField("oneof_index")
    field.ClearField("proto3_optional")


def choice(message: DescriptorProto, field: FieldDescriptorProto, name: str, *, optional: bool) -> None:
    message.oneof_decl.add(name=name)
    field.oneof_index = len(message.oneof_decl) - 1
    if optional:
        field.proto3_optional = True


def grpc_change(folders: tuple[Path, Path], choose: Callable[[list[Mutation]], list[Mutation]]) -> None:
    files = FileDescriptorSet.FromString((CONTRACT / VERSIONS[-1] / "grpc.binpb").read_bytes())
    mutations = choose(grpc_mutations(files))
    checkout(folders[0], {}, files)
    for _, do, _ in mutations:
        do()
    checkout(folders[1], {}, files)
    told = [change for _, _, changes in mutations for change in changes]
    assert sorted(found(diff.compare(*folders))) == sorted(told)


@pytest.fixture(scope="module")
def grpc_folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folders = tmp_path_factory.mktemp("grpc")
    return folders / "old", folders / "new"


def test_each_change_of_descriptors_is_reported_once(grpc_folders: tuple[Path, Path]) -> None:
    mutations = grpc_mutations(FileDescriptorSet.FromString((CONTRACT / VERSIONS[-1] / "grpc.binpb").read_bytes()))
    assert len(mutations) > 500
    for number in range(len(rounds(mutations))):
        grpc_change(grpc_folders, lambda all_of_them, number=number: rounds(all_of_them)[number])


@given(st.integers(1, 12), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_changes_of_descriptors_add_up(grpc_folders: tuple[Path, Path], count: int, chance: random.Random) -> None:
    grpc_change(grpc_folders, lambda mutations: rounds(chance.sample(mutations, count))[0])


# Bad input, and how a report reads.


def test_a_folder_without_specs(tmp_path: Path) -> None:
    with pytest.raises(CodegenError, match=f"{tmp_path}: has neither rest/openapi.json, as specs, nor openapi-specs/"):
        diff.compare(tmp_path, CONTRACT / VERSIONS[0])
    with pytest.raises(CodegenError, match="none: has neither"):
        diff.compare(CONTRACT / VERSIONS[0], tmp_path / "none")


def damage_json(folder: Path) -> None:
    write(folder / "openapi-specs/schema.json", "{")


def damage_encoding(folder: Path) -> None:
    (folder / "openapi-specs/schema.json").write_bytes(b'{"a": "\xff"}')


def damage_form(folder: Path) -> None:
    write(folder / "openapi-specs/schema.json", "[]")


def damage_version(folder: Path) -> None:
    write(folder / "openapi-specs/schema.json", json.dumps({"swagger": "1.2"}))


def damage_specs(folder: Path) -> None:
    write(folder / "rest/openapi.json", json.dumps({"openapi": "3.0.3", "info": {"version": "1"}, "paths": {}}))
    write(folder / "grpc/p.proto", PROTO)


def damage_reference(folder: Path) -> None:
    document = rest(parameters=[{"$ref": "#/parameters/q"}])
    checkout(folder, document | {"parameters": {"other": query()}})


def damage_protos(folder: Path) -> None:
    write(folder / "grpc/proto/v1/p.proto", PROTO + "message {")


def damage_set(folder: Path) -> None:
    (folder / "grpc/proto/v1/p.proto").unlink()
    (folder / "grpc.binpb").write_bytes(b"\xff")


def damage_by_leaving_out(folder: Path) -> None:
    (folder / "grpc/proto/v1/p.proto").unlink()


@pytest.mark.parametrize("damage", [value for name, value in sorted(globals().items()) if name.startswith("damage_")])
def test_bad_input_is_one_clear_line(damage: Callable[[Path], None], tmp_path: Path) -> None:
    good, bad = checkout(tmp_path / "good", rest()), checkout(tmp_path / "bad", rest(), PROTO)
    damage(bad)
    for old, new in ((good, bad), (bad, good)):
        with pytest.raises(CodegenError) as caught:
            diff.compare(old, new)
        assert str(caught.value).startswith(f"{bad}")
        assert "\n" not in str(caught.value)


def test_a_report_for_people(tmp_path: Path) -> None:
    fields = dict.fromkeys("abcdefghijk", TEXT)
    old = rest(body=REF, parameters=[query()], schemas={"Thing": thing("b", a=TEXT, b=TEXT | {"enum": ["x", "y"]})})
    new = rest(
        body=REF,
        errors={"422": OTHER},
        schemas={
            "Thing": thing("b", a=WHOLE, b=TEXT | {"enum": ["x", "z"], "default": "x"}),
            "Other": thing(**fields, l={"type": "object", "additionalProperties": {"type": "array", "items": REF}}),
        },
        document={"tags": [{"name": "things"}]},
    )
    new["paths"]["/things/{id}"] = {"get": {"parameters": [query("q"), query("id") | {"in": "path", "required": True}],
                                            "responses": {"200": {"schema": REF}, "404": {}}}}  # fmt: skip
    before = f"{PROTO} {IO} {CALL} message M {{ string a = 1; optional string b = 2; }} enum E {{ Z = 0; }}"
    after = f"{PROTO} {IO} {CALL} message M {{ string a = 1; repeated M c = 3; }} enum E {{ Z = 0; Y = 1; }}"
    report = diff.compare(checkout(tmp_path / "old", old, before), checkout(tmp_path / "new", new, after))
    assert diff.to_text(report).splitlines() == [
        "1 -> 1: rest paths +1 -0, operations +1 -0 ~1, schemas +1 -0 ~1, fields +12 -0, "
        "enum values +1 -1; grpc messages +0 -0 ~1, fields +1 -1, enum values +1 -0; breaking: 3",
        "",
        "breaking",
        "  ! - POST /things query q: string (older clients send it)",
        "  ! ~ Thing.a: string -> integer (older clients use the old type)",
        "  ! - Thing.b = y (older clients send it)",
        "",
        "server",
        "  ~ server: + tag things",
        "",
        "operations",
        "  ~ POST /things: + 422: Other",
        "  + GET /things/{id}: query q -> Thing",
        "",
        "schemas",
        "  + Other: {a, b, c, d, e, f, g, h, 4 more}",
        "  ~ Thing: + b default: x; + b = z",
        "",
        "messages",
        "  ~ p.M: - b: optional string = 2; + c: repeated p.M = 3",
        "",
        "enums",
        "  ~ p.E: + Y = 1",
    ]


def test_a_report_for_programs(tmp_path: Path) -> None:
    old, new = (
        rest(body=REF, schemas={"Thing": thing(a=TEXT)}),
        rest(schemas={"Thing": thing(a=TEXT | {"enum": ["x"]})}),
    )
    report = diff.compare(checkout(tmp_path / "old", old), checkout(tmp_path / "new", new))
    none = {"added": 0, "removed": 0, "changed": 0}
    assert json.loads(diff.to_json(report)) == {
        "old": "1",
        "new": "1",
        "breaking": 2,
        "counts": {
            "rest": {
                "path": none,
                "operation": {**none, "changed": 1},
                "schema": {**none, "changed": 1},
                "field": none,
                "enum value": {**none, "added": 1},
            },
            "grpc": {},
        },
        "changes": [
            {"area": "rest", "of": "POST /things", "where": "POST /things body", "kind": "body", "change": "removed",
             "before": "Thing", "after": None, "breaking": True, "reason": SENT},
            {"area": "rest", "of": "Thing", "where": "Thing.a", "kind": "enum", "change": "added",
             "before": None, "after": ["x"], "breaking": True, "reason": "older clients may send other values"},
        ],
    }  # fmt: skip


if __name__ == "__main__":
    REPORTS.mkdir(exist_ok=True)
    for step in STEPS:
        made = diff.compare(*(CONTRACT / version for version in step))
        write(REPORTS / f"{'-'.join(step)}.txt", diff.to_text(made) + "\n")
        write(REPORTS / f"{'-'.join(step)}.json", diff.to_json(made) + "\n")
