"""The generated REST layer: every operation is there, requests and answers are right, nothing is lost."""

from __future__ import annotations

import copy
import pickle
import re
import subprocess
import sys
import uuid
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from weaviate_gen.rest import api, models
from weaviate_gen.rest.api.backups import create_status
from weaviate_gen.rest.api.mcp import get as mcp_get
from weaviate_gen.rest.api.objects import class_delete, class_get, class_references_delete, create
from weaviate_gen.rest.api.schema import (
    aliases_get,
    dump,
    objects_create,
    objects_indexes_update,
    tenants_delete,
    tenants_update,
)
from weaviate_gen.rest.client import AsyncRest, Rest
from weaviate_gen.rest.errors import MalformedBody, UnexpectedStatus
from weaviate_gen.rest.operation import Request
from weaviate_gen.rest.types import UNSET, Model

from codegen import openapi

ROOT = Path(__file__).resolve().parents[2]
INTERFACE = openapi.load(ROOT / "specs")
ID = "00000000-0000-0000-0000-000000000001"


def test_every_operation_of_the_interface_comes_out() -> None:
    found = {(operation.method, operation.path) for operation in api.operations()}
    wanted = {(operation.method, operation.path) for operation in INTERFACE.operations}
    assert found == wanted
    assert len(api.MODULES) == len(found) == 121


def test_facts_are_those_of_the_interface() -> None:
    facts = {(operation.method, operation.path): operation for operation in api.operations()}
    for wanted in INTERFACE.operations:
        found = facts[wanted.method, wanted.path]
        assert found.id == wanted.id
        assert [(p.name, p.location, p.required) for p in found.parameters] == [
            (p.name, p.location, p.required) for p in wanted.parameters
        ]
        assert set(found.results) | set(found.errors) == set(wanted.responses)
        assert (found.body is not None, found.body_required) == (wanted.body is not None, wanted.body_required)


def test_a_request_is_a_value() -> None:
    request = class_get.request("Article", ID, include="vector", consistency_level=None, tenant="a b&c")
    assert request.method == "GET"
    assert request.path == f"/v1/objects/Article/{ID}"
    assert request.query == [("include", "vector"), ("tenant", "a b&c")]
    assert (request.headers, request.body) == ({}, None)
    assert request.operation is class_get.OPERATION


def test_defaults_of_the_interface_are_not_sent() -> None:
    request = dump.request()
    assert (request.query, request.headers) == ([], {})
    assert dump.request(consistency=False).headers == {"consistency": "false"}


def test_lists_travel_as_comma_separated_values() -> None:
    request = objects_indexes_update.request("Article", "title", body={}, tenants=["a", "b"])
    assert request.query == [("tenants", "a,b")]
    with pytest.raises(ValueError, match=r"tenants is a comma-separated list, 'a,b' has a comma"):
        objects_indexes_update.request("Article", "title", body={}, tenants=["a,b"])


@pytest.mark.parametrize("name", ["a/b", "a?b", "a#b", "ä", "a b", "{id}", "%2e%2e", "a\\b"])
def test_path_values_are_escaped(name: str) -> None:
    path = class_get.request(name, ID).path
    assert re.fullmatch(rf"/v1/objects/[\w%.~-]+/{ID}", path)


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_path_value_that_would_change_the_route_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="className must not be"):
        class_delete.request(name, ID)


def test_a_body_may_be_json_or_a_model() -> None:
    plain = {"class": "Article", "properties": {"title": None}, "future": 1}
    assert create.request(body=plain).body == plain  # type: ignore[arg-type]  # an unknown key of a newer server
    assert create.request(body=models.Object.from_dict(plain)).body == plain
    tenants = [models.Tenant(name="a"), models.Tenant(name="b", activity_status="HOT")]
    assert tenants_update.request("Article", body=tenants).body == [
        {"name": "a"},
        {"name": "b", "activityStatus": "HOT"},
    ]
    with pytest.raises(ValueError, match="a body must be given"):
        create.request(body=None)  # type: ignore[arg-type]
    assert class_references_delete.request("A", ID, "p", body={"beacon": "x"}).body == {"beacon": "x"}
    assert tenants_delete.request("Article", body=["a"]).body == ["a"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("text", "body must be a dict or a Class, got str"),
        ([{"class": "A"}], "body must be a dict or a Class, got list"),
        (models.Tenant(name="a"), "body must be a dict or a Class, got Tenant"),
        (models.Class, "body must be a dict or a Class, got type"),
    ],
)
def test_a_body_of_another_kind_is_refused(body: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        objects_create.request(body=body)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "a"}, r"body must be a list\[Tenant\], got dict"),
        ([models.Tenant(name="a"), models.Class()], r"body\[1\] must be a dict or a Tenant, got Class"),
        ("ab", r"body must be a list\[Tenant\], got str"),
    ],
)
def test_a_list_of_another_kind_is_refused(body: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tenants_update.request("Article", body=body)


@pytest.mark.parametrize("value", [b"a", object(), {"a": 1}, Exception])
def test_a_parameter_of_another_kind_is_refused(value: Any) -> None:
    for call in (lambda: class_get.request(value, ID), lambda: class_get.request("A", ID, tenant=value)):
        with pytest.raises(ValueError, match=f"must be text or a number, got {type(value).__name__}"):
            call()


def test_a_parameter_may_be_a_member_of_an_enumeration_or_an_id() -> None:
    class Level(str, Enum):  # noqa: UP042 - unlike a StrEnum, its str() is its name
        ONE = "ONE"

    name: Any = uuid.UUID(ID)
    request = class_get.request("A", name, consistency_level=Level.ONE)
    assert request.path.endswith(ID)
    assert request.query == [("consistency_level", "ONE")]


def test_an_answer_is_json_or_a_model() -> None:
    body = b'{"class": "Article", "vectors": {"default": [1.0, 2.0]}, "additional": {"distance": 0.5}, "new": null}'
    assert class_get.parse(200, {}, body)["class"] == "Article"
    model = class_get.parse_model(200, {}, body)
    assert isinstance(model, models.Object)
    assert model.class_ == "Article"
    assert model.to_dict()["vectors"] == {"default": [1.0, 2.0]}
    assert model.to_dict()["additional"] == {"distance": 0.5}
    assert model["new"] is None
    answer = tenants_update.parse_model(200, {}, b'[{"name": "a", "activityStatus": "SLEEPING"}]')
    assert answer == [models.Tenant(name="a", activity_status="SLEEPING")]
    assert class_delete.parse(204, {}, b"") is None


@pytest.mark.parametrize(("status", "body"), [(404, b""), (500, b"<html>"), (429, b"[1]"), (499, b'{"error": "text"}')])
def test_an_unexpected_status_is_a_typed_error(status: int, body: bytes) -> None:
    with pytest.raises(UnexpectedStatus, match=rf"objects\.class\.get answered {status}") as caught:
        class_get.parse(status, {}, body)
    error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert (error.operation, error.status, error.body) == ("objects.class.get", status, body)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff"])
def test_a_success_without_its_json_is_a_typed_error(body: bytes) -> None:
    with pytest.raises(MalformedBody, match="not JSON"):
        class_get.parse(200, {}, body)


def test_an_answer_without_a_body_ignores_what_came() -> None:
    assert mcp_get.parse(200, {}, b"event: x") is None


NULLS = [
    (models.Class, "properties"),
    (models.Class, "vectorConfig"),
    (models.Property, "dataType"),
    (models.Property, "nestedProperties"),
    (models.SchemaHistory, "x") if hasattr(models, "SchemaHistory") else (models.Schema, "classes"),
    (models.NodesStatusResponse, "nodes"),
    (models.NodeStatus, "shards"),
    (models.AliasResponse, "aliases"),
    (models.Object, "vectorWeights"),
]


@pytest.mark.parametrize(("model", "key"), NULLS)
def test_null_reads_as_absent(model: type[Model], key: str) -> None:
    read = model.from_dict({key: None, "kept": None})
    name = model._FIELDS[key][0]
    assert getattr(read, name) is UNSET
    assert read.to_dict() == {"kept": None}


FULL: dict[str, Any] = {
    "class": "Article",
    "new": {"a": [1, None]},
    "invertedIndexConfig": {"bm25": {"b": 0.75, "k1": 1.2, "new": 1}, "stopwords": {"preset": "future", "new": []}},
    "moduleConfig": {"generative-dummy": {}, "x": {"y": [1, {"z": None}]}},
    "multiTenancyConfig": {"enabled": True, "new": 1},
    "properties": [
        {
            "name": "author",
            "dataType": ["object"],
            "tokenization": "from-the-future",
            "new": 1,
            "nestedProperties": [
                {"name": "born", "dataType": ["date"], "new": 1, "nestedProperties": [{"name": "x", "new": {}}]}
            ],
        }
    ],
    "replicationConfig": {"factor": 3, "deletionStrategy": "Future", "asyncConfig": {"maxWorkers": 4, "new": 1}},
    "shardingConfig": {"desiredCount": 1, "new": 1},
    "vectorConfig": {"default": {"vectorizer": {"none": {}}, "vectorIndexConfig": {"ef": -1}, "new": [1]}},
}


def test_a_full_schema_with_unknown_keys_at_every_level_survives() -> None:
    source = copy.deepcopy(FULL)
    model = models.Class.from_dict(source)
    assert model.to_dict() == FULL
    assert source == FULL
    assert models.Class.from_dict(model.to_dict()) == model
    assert model.properties[0].nested_properties[0].name == "born"  # type: ignore[index]
    assert objects_create.request(body=model).body == FULL


def test_a_missing_required_key_reads_as_unset() -> None:
    assert models.Role.from_dict({}).name is UNSET
    assert models.Role.from_dict({}).to_dict() == {}


def test_models_show_what_is_set_and_hide_secrets() -> None:
    assert repr(models.Tenant(name="a")) == "Tenant(name='a')"
    assert "s3cret" not in repr(models.UserApiKey(apikey="s3cret"))
    assert pickle.loads(pickle.dumps(models.Tenant(name="a"))) == models.Tenant(name="a")  # noqa: S301
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET  # noqa: S301
    assert copy.deepcopy(UNSET) is UNSET


def test_unknown_values_of_enumerations_are_kept() -> None:
    assert create_status.parse_model(200, {}, b'{"status": "FUTURE"}').status == "FUTURE"


def test_the_methods_of_rest_send_requests_and_give_models() -> None:
    sent: list[Request] = []

    def send(request: Any, parse: Any) -> Any:
        sent.append(request())
        return parse(200, {}, b'{"aliases": [{"alias": "a", "class": "A"}]}')

    answer = Rest(send).schema.aliases_get(class_="A")
    assert answer == models.AliasResponse(aliases=[models.Alias(alias="a", class_="A")])
    assert (sent[0].operation, sent[0].query) == (aliases_get.OPERATION, [("class", "A")])


def test_every_operation_is_a_method_in_both_colours() -> None:
    for rest in (Rest(None), AsyncRest(None)):  # type: ignore[arg-type]
        for name in api.MODULES:
            tag, operation = name.split(".")
            assert callable(getattr(getattr(rest, tag), operation))


def test_importing_loads_only_what_is_used() -> None:
    code = """
import sys
before = set(sys.modules)
import weaviate_gen
assert {m for m in set(sys.modules) - before if not m.startswith("weaviate_gen")} == set(), set(sys.modules) - before
import weaviate_gen.rest, weaviate_gen.rest.client, weaviate_gen.rest.api.objects.class_get, weaviate_gen.rest.models
loaded = set(sys.modules) - before
assert not loaded & {"attr", "attrs", "httpx", "httpx2", "google.protobuf", "asyncio", "ssl", "dataclasses"}, loaded
assert not [m for m in loaded if m.startswith("weaviate_gen.rest.models.")], loaded
weaviate_gen.rest.models.Tenant
assert [m for m in sys.modules if m.startswith("weaviate_gen.rest.models.")] == ["weaviate_gen.rest.models.tenant"]
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
