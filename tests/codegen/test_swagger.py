"""Swagger 2 → OpenAPI 3: what must be kept, what must go, what must be refused."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from codegen.errors import CodegenError
from codegen.swagger import canonical, to_openapi3

Json = dict[str, Any]


def document(**schemas: Json) -> Json:
    return {
        "swagger": "2.0",
        "info": {"version": "1.2.3", "description": "prose", "contact": {"email": "x"}},
        "basePath": "/v1",
        "consumes": ["application/yaml", "application/json"],
        "produces": ["application/json"],
        "tags": [{"name": "things", "description": "prose"}],
        "parameters": {"Tenant": {"in": "query", "name": "tenant", "type": "string"}},
        "paths": {
            "/things/{id}": {
                "get": {
                    "operationId": "things.get",
                    "summary": "prose",
                    "parameters": [
                        {"$ref": "#/parameters/Tenant"},
                        {"in": "query", "name": "names", "type": "array", "items": {"type": "string"}},
                        {"in": "header", "name": "consistency", "type": "boolean", "default": True},
                        {"in": "path", "name": "id", "type": "string", "format": "uuid", "required": True},
                    ],
                    "responses": {
                        "200": {"description": "prose", "schema": {"$ref": "#/definitions/Thing"}},
                        "404": {"description": "prose"},
                    },
                },
                "put": {
                    "parameters": [
                        {"in": "path", "name": "id", "type": "string", "required": True},
                        {"in": "body", "name": "body", "required": True, "schema": {"$ref": "#/definitions/Thing"}},
                    ],
                    "responses": {"204": {}},
                },
            }
        },
        "definitions": {"Thing": {"type": "object", "properties": {}}, **schemas},
    }


def schema(source: Json) -> Json:
    converted = to_openapi3(document(Probe=source))
    probe: Json = converted["components"]["schemas"]["Probe"]
    return probe


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ({"type": "string", "x-nullable": True}, {"type": "string", "nullable": True}),
        ({"type": "string", "x-nullable": False}, {"type": "string"}),
        ({"type": ["integer", "null"], "format": "int64"}, {"type": "integer", "format": "int64", "nullable": True}),
        ({"$ref": "#/definitions/Thing"}, {"$ref": "#/components/schemas/Thing"}),
        (
            {"$ref": "#/definitions/Thing", "type": "object", "x-nullable": True},
            {"allOf": [{"$ref": "#/components/schemas/Thing"}], "nullable": True},
        ),
        ({"$ref": "#/definitions/Thing", "type": "object"}, {"$ref": "#/components/schemas/Thing"}),
        ({"properties": {"a": {"type": "string"}}}, {"type": "object", "properties": {"a": {"type": "string"}}}),
        (
            {"type": "string", "enum": ["b", "a"], "default": "b"},
            {"type": "string", "enum": ["a", "b"], "default": "b"},
        ),
        ({"type": "integer", "x-deprecated": True}, {"type": "integer", "deprecated": True}),
        ({"type": "object", "required": ["b", "a"]}, {"type": "object", "required": ["a", "b"]}),
        (
            {"type": "object", "properties": {"description": {"type": "string", "description": "prose"}}},
            {"type": "object", "properties": {"description": {"type": "string"}}},
        ),
        (
            {"type": "array", "items": {"type": "string"}, "x-omitempty": True},
            {"type": "array", "items": {"type": "string"}, "x-omitempty": True},
        ),
        (
            {"type": "object", "additionalProperties": {"$ref": "#/definitions/Thing"}},
            {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Thing"}},
        ),
    ],
)
def test_a_schema_keeps_its_structure_and_loses_its_prose(source: Json, wanted: Json) -> None:
    assert schema(source) == wanted


def test_an_operation_keeps_every_parameter_response_and_content_type() -> None:
    converted = to_openapi3(document())
    get = converted["paths"]["/things/{id}"]["get"]
    assert get["operationId"] == "things.get"
    assert [p.get("name", p.get("$ref")) for p in get["parameters"]] == [
        "id",
        "names",
        "#/components/parameters/Tenant",
        "consistency",
    ]
    names = get["parameters"][1]
    assert (names["style"], names["explode"]) == ("form", False)
    assert get["parameters"][3]["schema"] == {"type": "boolean", "default": True}
    assert set(get["responses"]) == {"200", "404"}
    body = converted["paths"]["/things/{id}"]["put"]["requestBody"]
    assert body["required"] is True
    assert set(body["content"]) == {"application/yaml", "application/json"}
    assert "prose" not in canonical(converted)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda d: d["definitions"]["Thing"].update(discriminator="kind"), "definitions/Thing.*'discriminator'"),
        (lambda d: d["definitions"]["Thing"].update(oneOf=[]), "'oneOf'"),
        (lambda d: d["definitions"]["Thing"].update(type=["string", "integer"]), "choice of types"),
        (lambda d: d["definitions"].update(Thing=[]), "must be an object"),
        (lambda d: d["definitions"]["Thing"].update({"$ref": "other.json#/X"}), "reference 'other.json#/X'"),
        (lambda d: d["paths"]["/things/{id}"].update(trace={}), "'trace'"),
        (lambda d: d["paths"]["/things/{id}"]["get"].update(callbacks={}), "GET /things/{id}.*'callbacks'"),
        (
            lambda d: d["paths"]["/things/{id}"]["get"]["parameters"].append({"in": "formData", "name": "f"}),
            "parameter 'f' in 'formData'",
        ),
        (
            lambda d: d["paths"]["/things/{id}"]["get"]["parameters"][1].update(collectionFormat="pipes"),
            "collectionFormat 'pipes'",
        ),
        (lambda d: d["paths"]["/things/{id}"]["get"]["responses"].update(default={}), "response status 'default'"),
        (lambda d: d.update(swagger="3.0"), "not a Swagger 2.0 document"),
        (lambda d: d.pop("paths"), "no 'paths'"),
        (lambda d: d.update(webhooks={}), "'webhooks'"),
    ],
)
def test_what_is_not_known_is_refused_by_name(change: Any, named: str) -> None:
    source = document()
    change(source)
    with pytest.raises(CodegenError, match=named):
        to_openapi3(source)


def test_the_written_form_does_not_depend_on_the_order_of_the_source() -> None:
    source = document(A={"type": "string", "enum": ["x", "y", "z"]}, B={"type": "object", "required": ["p", "q"]})

    def shuffled(value: Any, chance: random.Random) -> Any:
        if isinstance(value, dict):
            items = [(k, shuffled(v, chance)) for k, v in value.items()]
            chance.shuffle(items)
            return dict(items)
        return value

    def reordered(value: Json, chance: random.Random) -> Json:
        value = shuffled(copy.deepcopy(value), chance)
        for operation in value["paths"]["/things/{id}"].values():
            chance.shuffle(operation["parameters"])
        chance.shuffle(value["definitions"]["A"]["enum"])
        return value

    wanted = canonical(to_openapi3(source))
    for seed in range(20):
        assert canonical(to_openapi3(reordered(source, random.Random(seed)))) == wanted
    assert canonical(json.loads(wanted)) == wanted
