"""Tenants, auto-schema, and what a server says about itself."""

from __future__ import annotations

from typing import Any

import pytest
from lite_kit import Lite, Start, uuid, where
from weaviate_gen.grpc.v1 import aggregate_pb2 as aggregate
from weaviate_gen.grpc.v1 import batch_pb2 as batch
from weaviate_gen.grpc.v1 import tenants_pb2 as pb

TENANTS = "/schema/A/tenants"


@pytest.fixture
def tenants(lite: Lite) -> Lite:
    lite.create("A", {"t": "text", "r": "A"}, multiTenancyConfig={"enabled": True})
    assert lite.ok("POST", TENANTS, [{"name": "hot"}, {"name": "cold", "activityStatus": "INACTIVE"}]) == [
        {"name": "hot"},
        {"name": "cold", "activityStatus": "COLD"},
    ]
    return lite


def test_managing(tenants: Lite) -> None:
    tenants.ok(
        "POST", TENANTS, [{"name": "hot", "activityStatus": "COLD"}, {"name": "new", "activityStatus": "ACTIVE"}]
    )
    listed = {item["name"]: item["activityStatus"] for item in tenants.ok("GET", TENANTS)}
    assert listed == {"hot": "HOT", "cold": "COLD", "new": "HOT"}
    tenants.ok("PUT", TENANTS, [{"name": "cold", "activityStatus": "HOT"}])
    assert tenants.ok("GET", f"{TENANTS}/cold") == {"name": "cold", "activityStatus": "HOT"}
    assert tenants.rest("HEAD", f"{TENANTS}/hot") == (200, None)
    assert tenants.refused("HEAD", f"{TENANTS}/zz") == (404, "")
    tenants.ok("DELETE", TENANTS, ["hot", "zz"])
    assert [item["name"] for item in tenants.ok("GET", TENANTS)] == ["cold", "new"]


@pytest.mark.parametrize(
    ("method", "body", "text"),
    [
        ("POST", [{"name": "x"}, {"name": "x"}], "tenant name x existed multiple times"),
        ("POST", [{"name": "a b"}], "tenant name at index 0:  'a b' is not a valid tenant name"),
        ("POST", [{}], "empty tenant name"),
        ("POST", [{"name": "x", "activityStatus": "FOO"}], "activityStatus in body should be one of [ACTIVE"),
        ("POST", [{"name": "x", "activityStatus": "OFFLOADED"}], "offload-s3 module is not enabled"),
        ("PUT", [{"name": "zz", "activityStatus": "HOT"}], "shard not found: zz"),
        ("PUT", [{"name": "hot"}], "invalid activity status '' for tenant \"hot\""),
        ("PUT", [{"name": f"t{n}", "activityStatus": "HOT"} for n in range(101)], "updated simultaneously is 100"),
    ],
)
def test_bodies_that_are_refused(tenants: Lite, method: str, body: Any, text: str) -> None:
    status, refusal = tenants.refused(method, TENANTS, body)
    assert status == 422
    assert text in refusal


def test_classes_without_tenants(lite: Lite) -> None:
    lite.create("B")
    assert lite.refused("GET", "/schema/B/tenants")[1] == 'multi-tenancy is not enabled for class "B"'
    assert lite.refused("GET", "/schema/Nope/tenants")[1].endswith("class not found")
    assert lite.refused("HEAD", "/schema/Nope/tenants/x") == (422, "")


@pytest.mark.parametrize(
    ("tenant", "text"),
    [
        ("", "class A has multi-tenancy enabled, but request was without tenant"),
        ("zz", 'tenant not found: "zz"'),
        ("cold", "tenant not active: 'cold'"),
    ],
)
def test_access(tenants: Lite, tenant: str, text: str) -> None:
    path, query = f"/objects/A/{uuid(1)}", {"tenant": tenant} if tenant else {}
    body = {"class": "A", "id": uuid(1), **query}
    assert tenants.refused("POST", "/objects", body) == (422, f"determine shard: {text}")
    assert tenants.refused("GET", path, **query) == (422, text)
    assert tenants.refused("HEAD", path, **query) == (422, "")
    assert tenants.refused("DELETE", path, **query) == (422, text)
    assert text in tenants.no_search("A", tenant=tenant)
    assert text in tenants.failure("Aggregate", aggregate.AggregateRequest(collection="A", tenant=tenant))
    request = batch.BatchObjectsRequest(objects=[batch.BatchObject(uuid=uuid(1), collection="A", tenant=tenant)])
    assert [error.error for error in tenants.engine.rpc("BatchObjects", request).errors] == [text]


def test_data_of_a_tenant(tenants: Lite) -> None:
    tenants.ok("POST", TENANTS, [{"name": "other"}])
    tenants.insert("A", 1, {"t": "x"}, tenant="hot", vector=[1, 2])
    tenants.insert("A", 1, {"t": "y"}, tenant="other", vector=[1, 2, 3])
    assert tenants.get("A", 1, tenant="hot")["tenant"] == "hot"
    assert tenants.ids("A", tenant="hot", filters=where("t", "Equal", "y")) == []
    beacon = {"beacon": f"weaviate://localhost/A/{uuid(1)}"}
    tenants.ok("POST", f"/objects/A/{uuid(1)}/references/r", beacon, tenant="hot")
    tenants.ok("PUT", TENANTS, [{"name": "hot", "activityStatus": "COLD"}])
    tenants.ok("PUT", TENANTS, [{"name": "hot", "activityStatus": "HOT"}])
    assert tenants.get("A", 1, tenant="hot")["properties"]["t"] == "x"
    tenants.ok("DELETE", TENANTS, ["hot"])
    tenants.ok("POST", TENANTS, [{"name": "hot"}])
    assert tenants.ids("A", tenant="hot") == []


def test_tenants_that_come_and_wake_by_themselves(lite: Lite) -> None:
    lite.create("A", multiTenancyConfig={"enabled": True, "autoTenantCreation": True, "autoTenantActivation": True})
    lite.insert("A", 1, tenant="new")
    assert lite.ids("A", tenant="new") == [1]
    assert "tenant not found" in lite.no_search("A", tenant="zz")
    lite.ok("PUT", TENANTS, [{"name": "new", "activityStatus": "COLD"}])
    assert lite.ids("A", tenant="new") == [1]
    assert lite.ok("GET", f"{TENANTS}/new")["activityStatus"] == "HOT"


def test_over_grpc(tenants: Lite) -> None:
    every = tenants.engine.rpc("TenantsGet", pb.TenantsGetRequest(collection="A"))
    assert sorted((item.name, item.activity_status) for item in every.tenants) == [("cold", 2), ("hot", 1)]
    some = pb.TenantsGetRequest(collection="A", names=pb.TenantNames(values=["hot", "zz"]))
    assert [item.name for item in tenants.engine.rpc("TenantsGet", some).tenants] == ["hot"]
    none = pb.TenantsGetRequest(collection="A", names=pb.TenantNames())
    assert tenants.failure("TenantsGet", none) == "get tenants: must specify at least one tenant name"


# Auto-schema.


@pytest.mark.parametrize(
    ("value", "data_type"),
    [
        ("a", "text"),
        ("2020-01-02", "text"),
        ("2020-01-02T03:04:05", "text"),
        ("2020-01-02T03:04:05Z", "date"),
        ("550e8400e29b41d4a716446655440000", "uuid"),
        (None, "text"),
        (1, "number"),
        (True, "boolean"),
        ({"latitude": 1, "longitude": 2}, "geoCoordinates"),
        ({"latitude": 1, "longitude": 2, "x": 1}, "object"),
        ([], "text[]"),
        ([1, 2.5], "number[]"),
        (["a", "2020-01-02T03:04:05Z"], "text[]"),
        ([uuid(1)], "uuid[]"),
        ([{"a": 1}, {"b": "x"}], "object[]"),
    ],
)
def test_types_that_are_found(start: Start, value: Any, data_type: str) -> None:
    lite = start()
    lite.insert("A", 1, {"P": value})
    (prop,) = lite.ok("GET", "/schema/A")["properties"]
    assert (prop["name"], prop["dataType"]) == ("p", [data_type])
    assert prop["description"].startswith("This property was generated by Weaviate's auto-schema feature on ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1, "a"], "element [1]: mismatched data type - 'number' expected, got 'text'"),
        ([None], "element [0]: unrecognized data type of value '<nil>'"),
        ([[1]], "element [0]: unrecognized data type of value '[1]'"),
    ],
)
def test_types_that_are_not_found(start: Start, value: Any, text: str) -> None:
    status, refusal = start().refused("POST", "/objects", {"class": "A", "properties": {"p": value}})
    assert (status, text in refusal) == (500, True)


def test_a_schema_that_grows(start: Start) -> None:
    lite = start()
    lite.insert("A", 1, {"o": {"x": 1}})
    assert lite.ids("A", filters=where("_id", "Equal", uuid(1))) == [1]
    lite.insert(
        "A", 2, {"b": True, "o": {"y": "z", "n": {"q": 1}}, "r": [{"beacon": f"weaviate://localhost/A/{uuid(1)}"}]}
    )
    lite.ok("PATCH", f"/objects/A/{uuid(1)}", {"properties": {"d": "2020-01-02T03:04:05Z"}})
    made = {prop["name"]: prop for prop in lite.ok("GET", "/schema/A")["properties"]}
    assert {name: prop["dataType"] for name, prop in made.items()} == {
        "o": ["object"],
        "b": ["boolean"],
        "r": ["A"],
        "d": ["date"],
    }
    nested = {prop["name"]: prop for prop in made["o"]["nestedProperties"]}
    assert {name: prop["dataType"] for name, prop in nested.items()} == {
        "x": ["number"],
        "y": ["text"],
        "n": ["object"],
    }
    assert nested["y"]["tokenization"] == "word"
    assert lite.ids("A", filters=where("b", "Equal", True)) == [2]


def test_ints_of_grpc(start: Start) -> None:
    lite = start()
    made = batch.BatchObject(uuid=uuid(1), collection="A")
    made.properties.int_array_properties.add(prop_name="il", values=[1])
    made.properties.non_ref_properties.update({"n": 1})
    assert not lite.engine.rpc("BatchObjects", batch.BatchObjectsRequest(objects=[made])).errors
    types = {prop["name"]: prop["dataType"] for prop in lite.ok("GET", "/schema/A")["properties"]}
    assert types == {"il": ["int[]"], "n": ["number"]}


def test_class_names_that_cannot_be(start: Start) -> None:
    lite = start()
    status, text = lite.refused("POST", "/objects", {"class": "1x"})
    expected = "invalid object: auto-schema: create collection: '1x' is not a valid class name"
    assert (status, text) == (500, expected)
    assert lite.refused("POST", "/objects", {}) == (422, "invalid object: the given class is empty")


# The server itself.


def test_meta_and_nodes(tenants: Lite) -> None:
    tenants.insert("A", 1, tenant="hot")
    meta = tenants.ok("GET", "/meta")
    assert meta["version"].startswith("1.38.")
    assert "lite" in meta["modules"]
    assert tenants.rest("GET", "/.well-known/live") == tenants.rest("GET", "/.well-known/ready") == (200, None)
    assert tenants.refused("GET", "/.well-known/openid-configuration") == (404, "")
    assert any(link["href"] == "/v1/meta" for link in tenants.ok("GET", "/")["links"])
    (node,) = tenants.ok("GET", "/nodes", output="verbose")["nodes"]
    assert node["stats"] == {"shardCount": 1, "objectCount": 1}
    assert node["shards"][0]["name"] == "hot"
    assert tenants.ok("GET", "/nodes")["nodes"][0]["shards"] is None
    assert tenants.refused("GET", "/nodes/Nope") == (404, 'class "Nope" not found')
    assert tenants.refused("GET", "/nodes", output="foo")[0] == 422
    assert tenants.ok("GET", "/cluster/statistics")["synchronized"] is True
    assert tenants.ok("GET", "/tasks") == {}
    assert tenants.refused("GET", "/users/own-info") == (401, "")
    assert tenants.ok("GET", "/users/db") == []
    status, text = tenants.refused("POST", "/users/db/x")
    assert (status, text.startswith("db user management is not enabled")) == (422, True)


def test_shards(tenants: Lite) -> None:
    names = sorted(item["name"] for item in tenants.ok("GET", "/schema/A/shards"))
    assert names == ["cold", "hot"]
    assert tenants.ok("GET", "/schema/A/shards", tenant="zz") == []
    assert tenants.ok("PUT", "/schema/A/shards/hot", {"status": "READONLY"}) == {"status": "READONLY"}
    status, text = tenants.refused("POST", "/objects", {"class": "A", "tenant": "hot"})
    assert (status, "store is read-only due to: manually set by user" in text) == (500, True)
    tenants.ok("PUT", "/schema/A/shards/hot", {"status": "READY"})
    tenants.insert("A", 1, tenant="hot")
    assert tenants.refused("PUT", "/schema/A/shards/hot", {"status": "FOO"})[0] == 500
    assert tenants.refused("GET", "/schema/Nope/shards")[0] == 404


def test_tokenize(lite: Lite) -> None:
    lite.create("A", {"t": "text", "i": "int"})
    text = {"text": "The Quick, brown_fox", "tokenization": "word"}
    assert lite.ok("POST", "/tokenize", text) == {
        "indexed": ["the", "quick", "brown", "fox"],
        "query": ["quick", "brown", "fox"],
    }
    assert lite.ok("POST", "/schema/A/properties/T/tokenize", {"text": "the x"}) == {
        "indexed": ["the", "x"],
        "query": ["x"],
    }
    assert lite.refused("POST", "/schema/A/properties/zz/tokenize", {"text": "x"}) == (404, "")
    assert lite.refused("POST", "/schema/A/properties/i/tokenize", {"text": "x"})[0] == 422
    assert "maximum allowed length" in lite.refused("POST", "/tokenize", {**text, "text": "x" * 10001})[1]
    assert "should be one of" in lite.refused("POST", "/tokenize", {**text, "tokenization": "zz"})[1]
    both = {**text, "stopwords": {"preset": "en"}, "stopwordPresets": {"x": ["y"]}}
    assert "mutually exclusive" in lite.refused("POST", "/tokenize", both)[1]
