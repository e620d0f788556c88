"""Configurations read and written: nothing is lost, and wrong arguments are named."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaviate_hl.classes.config import (
    Configure,
    DataType,
    Property,
    Reconfigure,
    ReferenceProperty,
    Tokenization,
    Vectorizers,
)
from weaviate_hl.classes.data import PhoneNumber
from weaviate_hl.classes.tenants import Tenant, TenantActivityStatus, TenantCreate
from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.ops import schema, tenants
from weaviate_hl.ops.checks import check
from weaviate_hl.sync.collections import Collections
from weaviate_hl.values import schema as views
from weaviate_hl.values.configuration import VectorConfigUpdate, VectorIndexConfigHNSWUpdate
from weaviate_hl.values.views import View

NAMED: dict[str, Any] = {
    "class": "Article",
    "properties": [
        {"name": "by", "dataType": ["Author", "Publisher"]},
        {
            "name": "title",
            "dataType": ["text"],
            "tokenization": "ofANewerServer",
            "moduleConfig": {"text2vec-new": {"skip": True, "vectorizePropertyName": False, "new": 1}},
            "new": {"a": None},
        },
        {"name": "meta", "dataType": ["object"], "nestedProperties": [{"name": "n", "dataType": ["newType"]}]},
    ],
    "invertedIndexConfig": {"bm25": {"b": 0.75, "k1": 1.2, "k2": 2}, "stopwords": {"preset": "en", "additions": None}},
    "moduleConfig": {"generative-new": {"model": "m"}, "reranker-cohere": {}, "other": None},
    "multiTenancyConfig": {"enabled": True},
    "shardingConfig": {"desiredCount": 0},
    "objectTtlConfig": {"enabled": True, "deleteOn": "_creationTimeUnix", "defaultTtl": 90},
    "replicationConfig": {"factor": 1, "deletionStrategy": "New", "asyncConfig": {"maxWorkers": 3}},
    "vectorConfig": {
        "a": {
            "vectorizer": {"text2vec-new": {"properties": ["title"], "model": "m"}},
            "vectorIndexType": "hnsw",
            "vectorIndexConfig": {
                "distance": "new",
                "ef": 8,
                "pq": {"enabled": True, "bitCompression": True, "encoder": {"type": "tile"}},
                "bq": {"enabled": False},
                "multivector": {"enabled": True, "aggregation": "maxSim", "muvera": {"enabled": False}},
            },
        },
        "b": {"vectorizer": {"none": {}}, "vectorIndexType": "new", "vectorIndexConfig": {"x": 1}},
        "c": {"vectorIndexType": "dynamic", "vectorIndexConfig": {"threshold": 9, "hnsw": {"ef": 1}, "flat": None}},
    },
    "new": [1, {"b": 2}],
}
OLD: dict[str, Any] = {
    "class": "Old",
    "description": "d",
    "properties": [{"name": "t", "dataType": ["text"], "moduleConfig": {"text2vec-openai": {"skip": True}}}],
    "vectorizer": "text2vec-openai",
    "moduleConfig": {"text2vec-openai": {"vectorizeClassName": True, "model": "m"}},
    "vectorIndexType": "flat",
    "vectorIndexConfig": {"distance": "cosine", "bq": {"enabled": True, "cache": True}},
}
KNOWN = [NAMED, OLD, {"class": "Bare", "properties": None, "moduleConfig": None, "vectorConfig": None}]


def config(told: dict[str, Any] = NAMED) -> views.CollectionConfig:
    return views.CollectionConfig.of(copy.deepcopy(told))


def look_at_everything(view: Any) -> None:
    for name in view.fields:
        value = getattr(view, name)
        for one in value if isinstance(value, list) else value.values() if isinstance(value, dict) else [value]:
            if isinstance(one, View):
                look_at_everything(one)


# What is read


@pytest.mark.parametrize("told", KNOWN)
def test_looking_changes_nothing(told: dict[str, Any]) -> None:
    read = config(told)
    look_at_everything(read)
    assert repr(read)
    assert read.to_dict() == told
    assert json.dumps(read.to_dict()) == json.dumps(told)  # the order, too


def paths(told: Any) -> list[tuple[Any, ...]]:
    keys: Any = told.keys() if isinstance(told, dict) else range(len(told)) if isinstance(told, list) else ()
    return [(key, *rest) for key in keys for rest in [(), *paths(told[key])]]


NEVER_NULL = ("dataType", "a", "b", "c", "text2vec-new")  # types, and what has a name


@given(st.data())
def test_looking_changes_nothing_whatever_is_missing_null_or_new(data: st.DataObject) -> None:
    told = copy.deepcopy(data.draw(st.sampled_from(KNOWN)))
    for path in data.draw(st.lists(st.sampled_from(paths(told)), max_size=4)):
        inner: Any = told
        for key in path[:-1]:
            inner = inner.get(key) if isinstance(inner, dict) else None
            if inner is None:
                break
        if isinstance(inner, dict) and path[-1] in inner:
            change = data.draw(st.sampled_from(["remove", "null", "add"]))
            if change == "remove" and path != ("class",):
                del inner[path[-1]]
            elif change == "null" and isinstance(inner[path[-1]], (dict, list)) and path[-1] not in NEVER_NULL:
                inner[path[-1]] = None
            else:
                inner["added"] = {"x": [None]}
    read = config(told)
    look_at_everything(read)
    assert read.to_dict() == told


def test_attributes_have_our_types() -> None:
    read = config()
    assert (read.name, read.description) == ("Article", None)
    assert read.vectorizer is None
    assert read.vector_index_config is None
    assert [one.name for one in read.properties] == ["title", "meta"]
    assert [one.target_collections for one in read.references] == [["Author", "Publisher"]]
    title, meta = read.properties
    assert title.data_type is DataType.TEXT
    assert title.tokenization == "ofANewerServer"
    assert title.vectorizer_configs is not None and title.vectorizer_configs["text2vec-new"].skip
    assert meta.nested_properties is not None and meta.nested_properties[0].data_type == "newType"
    assert read.generative_config is not None and read.generative_config.generative == "generative-new"
    assert read.generative_config.model == {"model": "m"}
    assert read.reranker_config is not None and read.reranker_config.reranker == "reranker-cohere"
    assert read.sharding_config is None  # tenants are the shards
    assert read.object_ttl_config is not None
    assert read.object_ttl_config.time_to_live == timedelta(seconds=90)
    assert read.object_ttl_config.delete_on == "creationTime"
    assert read.replication_config.async_config is not None and read.replication_config.async_config.max_workers == 3
    assert read.vector_config is not None
    a, b, c = read.vector_config.values()
    assert (a.vectorizer.vectorizer, a.vectorizer.source_properties) == ("text2vec-new", ["title"])
    assert a.vectorizer.model == {"model": "m"}
    assert b.vectorizer.vectorizer is Vectorizers.NONE
    index = a.vector_index_config
    assert isinstance(index, views.VectorIndexConfigHNSW)
    assert index.vector_index_type() == "hnsw"
    assert index.distance_metric == "new"
    assert isinstance(index.quantizer, views.PQConfig)
    assert index.quantizer.bit_compression
    assert index.quantizer.encoder.type_ == "tile"
    assert index.multi_vector is not None and index.multi_vector.encoding is None
    assert type(b.vector_index_config) is views.VectorIndexConfig
    assert isinstance(c.vector_index_config, views.VectorIndexConfigDynamic)
    assert c.vector_index_config.hnsw is not None and c.vector_index_config.hnsw.ef == 1


def test_a_collection_without_named_vectors() -> None:
    read = config(OLD)
    assert read.vectorizer is Vectorizers.TEXT2VEC_OPENAI
    assert read.vectorizer_config is not None
    assert read.vectorizer_config.model == {"model": "m"}
    assert read.vectorizer_config.vectorize_collection_name
    assert read.properties[0].vectorizer == "text2vec-openai"
    assert read.properties[0].vectorizer_config is not None and read.properties[0].vectorizer_config.skip
    assert isinstance(read.vector_index_config, views.VectorIndexConfigFlat)
    assert isinstance(read.vector_index_config.quantizer, views.BQConfig)


# What is changed


def test_what_was_set_may_be_changed_after_it() -> None:
    index = views.VectorIndexConfigHNSW()
    index.quantizer = quantizer = views.PQConfig(segments=3)
    index.multi_vector = multi_vector = views.MultiVectorConfig()
    quantizer.segments = 5
    multi_vector.encoding = views.MuveraConfig(ksim=4)
    multi_vector.encoding.ksim = 6
    muvera = {"ksim": 6, "enabled": True}
    assert index.to_dict() == {
        "pq": {"segments": 5, "enabled": True},
        "multivector": {"muvera": muvera, "enabled": True},
    }


def test_what_is_changed_is_told() -> None:
    read = config()
    read.name = "Copy"
    read.description = "a copy"
    read.properties[0].index_filterable = False
    read.properties[0].tokenization = Tokenization.WORD
    assert read.properties[1].nested_properties is not None
    read.properties[1].nested_properties.append(views.NestedProperty(name="m", data_type=DataType.INT))
    read.references.clear()
    read.properties.append(views.PropertyConfig(name="last", data_type=DataType.INT))
    read.multi_tenancy_config.enabled = False
    read.inverted_index_config.stopwords.additions = ["x"]
    assert read.vector_config is not None and read.generative_config is not None
    del read.vector_config["b"]
    read.vector_config["a"].vectorizer.model["model"] = "other"
    read.generative_config.model["temperature"] = 0.5
    read.object_ttl_config = None
    told = copy.deepcopy(NAMED)
    told |= {"class": "Copy", "description": "a copy", "multiTenancyConfig": {"enabled": False}}
    told["properties"] = told["properties"][1:]
    told["properties"][0] |= {"indexFilterable": False, "tokenization": "word"}
    told["properties"][1]["nestedProperties"].append({"name": "m", "dataType": ["int"]})
    told["properties"].append({"name": "last", "dataType": ["int"]})
    told["invertedIndexConfig"]["stopwords"]["additions"] = ["x"]
    told["moduleConfig"]["generative-new"]["temperature"] = 0.5
    told["vectorConfig"]["a"]["vectorizer"]["text2vec-new"]["model"] = "other"
    del told["vectorConfig"]["b"], told["objectTtlConfig"]
    assert read.to_dict() == told


def test_what_was_absent_can_be_set() -> None:
    read = config(KNOWN[2])
    read.replication_config.factor = 3
    read.inverted_index_config.bm25.b = 0.5
    read.generative_config = views.GenerativeConfig(generative="generative-openai", model={"model": "m"})
    read.vectorizer_config = views.VectorizerConfig(vectorizer="text2vec-openai", vectorize_collection_name=False)
    read.vector_index_config = views.VectorIndexConfigFlat(quantizer=views.BQConfig(cache=True))
    assert read.to_dict() == {
        "class": "Bare",
        "properties": None,
        "vectorConfig": None,
        "replicationConfig": {"factor": 3},
        "invertedIndexConfig": {"bm25": {"b": 0.5}},
        "moduleConfig": {"generative-openai": {"model": "m"}, "text2vec-openai": {"vectorizeClassName": False}},
        "vectorizer": "text2vec-openai",
        "vectorIndexType": "flat",
        "vectorIndexConfig": {"bq": {"cache": True, "enabled": True}},
    }


def test_modules_are_replaced_and_taken_out() -> None:
    read = config(OLD)
    read.vectorizer_config = None
    read.generative_config = None
    assert read.vectorizer is Vectorizers.NONE
    assert read.to_dict()["moduleConfig"] == {}


def test_a_configuration_is_a_value() -> None:
    read = config()
    look_at_everything(read)
    for other in (copy.deepcopy(read), pickle.loads(pickle.dumps(read)), config()):  # noqa: S301
        assert other == read
    other.properties.pop()
    assert other != read
    assert read != views.CollectionConfigSimple.of(read.to_dict())
    assert read.to_dict() is not read.to_dict()
    with pytest.raises(TypeError, match="no 'nam'"):
        views.CollectionConfig(nam="A")
    with pytest.raises(AttributeError):
        read.nam = "A"  # type: ignore[attr-defined]


# What is given

NO_TRANSPORT: Any = SimpleNamespace(execute=None)


def refused(message: str, call: Any) -> None:
    with pytest.raises(WeaviateInvalidInputError) as caught:
        call()
    assert message in str(caught.value)


def create(**arguments: Any) -> Any:
    return lambda: Collections(NO_TRANSPORT).create(**{"name": "A"} | arguments)


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("`name` must be a str, not 3", create(name=3)),
        ("`name` must be a str that is not empty, not ''", create(name="")),
        ("`name` must be a name, not '..'", create(name="..")),
        ("`description` must be a str, not 1", create(description=1)),
        ("`properties[1]` must be Property, not 't'", create(properties=[Property(name="p", data_type="int"), "t"])),
        ("`properties` must be Property, or a list of them, not 'title'", create(properties="title")),
        ("`references[0]` must be ReferenceProperty or", create(references=[Property(name="p", data_type="int")])),
        ("`vector_config` must be VectorConfigCreate", create(vector_config=Configure.Vectorizer.none())),
        ("`vectorizer_config` must be", create(vectorizer_config=Configure.Vectors.self_provided())),
        ("`generative_config` must be GenerativeProvider", create(generative_config=Configure.Reranker.cohere())),
        ("`replication_config` must be ReplicationConfigCreate", create(replication_config={"factor": 1})),
        (
            "two vectors are named 'default'",
            create(vector_config=[Configure.Vectors.self_provided(), Configure.Vectors.self_provided()]),
        ),
        (
            "give it alone",
            create(vector_config=Configure.Vectors.self_provided(), vectorizer_config=Configure.Vectorizer.none()),
        ),
        (
            "with each of the named vectors",
            create(
                vectorizer_config=[Configure.NamedVectors.none(name="a")],
                vector_index_config=Configure.VectorIndex.flat(),
            ),
        ),
        ("`vector_config` must be a VectorConfigCreate, or a list with at least one", create(vector_config=[])),
        ("`vectorizer_config` must be a Named", create(vectorizer_config=[])),
        ("`name` must be a str in Unicode", lambda: Collections(NO_TRANSPORT).use("\ud800")),
        ("PhoneNumber: `number`", lambda: PhoneNumber(number=None)),  # type: ignore[arg-type]
        ("`config` must be CollectionConfig", lambda: Collections(NO_TRANSPORT).create_from_config({})),  # type: ignore[arg-type]
        ('`config["class"]` must be a str', lambda: Collections(NO_TRANSPORT).create_from_dict({"class": None})),
        ("`name[1]` must be str, not 2", lambda: Collections(NO_TRANSPORT).delete(["A", 2])),  # type: ignore[list-item]
        ("`data_type` must be a DataType", lambda: Property(name="p", data_type="txt")),
        ("Property 'p': `tokenization`", lambda: Property(name="p", data_type="text", tokenization="words")),
        ("`nested_properties[0]`", lambda: Property(name="p", data_type="object", nested_properties=["a"])),  # type: ignore[list-item]
        ("'id' is reserved", lambda: Property(name="id", data_type="text")),
        ("`target_collection`", lambda: ReferenceProperty(name="r", target_collection=None)),  # type: ignore[arg-type]
        ("`activity_status` must be", lambda: TenantCreate(name="a", activity_status="OFFLOADED")),
        ("`name` must be", lambda: Tenant(name="")),
    ],
)
def test_a_wrong_argument_is_named(message: str, call: Any) -> None:
    refused(message, call)


COLLECTION = Collections(NO_TRANSPORT).use("Article")


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("`tenant`", lambda: COLLECTION.with_tenant(3)),  # type: ignore[arg-type]
        ("`tenant` must be a str that is not empty", lambda: COLLECTION.with_tenant("")),
        ("`tenant` must be a str in Unicode", lambda: COLLECTION.with_tenant("\ud800")),
        ("`consistency_level`", lambda: COLLECTION.with_consistency_level("SOME")),  # type: ignore[arg-type]
        ("`tenants[0]` must be Tenant or TenantUpdate, not 'a'", lambda: COLLECTION.tenants.update(["a"])),  # type: ignore[list-item]
        ("`tenants`", lambda: COLLECTION.tenants.create(None)),  # type: ignore[arg-type]
        ("`status` must be one of 'READY', 'READONLY'", lambda: COLLECTION.config.update_shards("OFF")),  # type: ignore[arg-type]
        ("`index_name`", lambda: COLLECTION.config.delete_property_index("p", "all")),  # type: ignore[arg-type]
        ("`prop`", lambda: COLLECTION.config.add_property("p")),  # type: ignore[arg-type]
        ("`ref`", lambda: COLLECTION.config.add_reference(Property(name="p", data_type="int"))),  # type: ignore[arg-type]
        ("`property_descriptions['a']`", lambda: COLLECTION.config.update(property_descriptions={"a": 1})),  # type: ignore[dict-item]
        ("`vector_config`", lambda: COLLECTION.config.update(vector_config=Reconfigure.VectorIndex.hnsw())),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_argument_of_a_collection_is_named(message: str, call: Any) -> None:
    refused(message, call)


def test_checks_can_be_skipped() -> None:
    wrong: Any = {"description": 1, "properties": []}
    body = schema.new_collection(
        check("collections.create", False), "a", references=None, vectorizer_config=None, vector_index_config=None,
        vector_config=None, **dict.fromkeys([*schema.SECTIONS, *schema.MODULES]), **wrong,
    )  # fmt: skip
    assert body == {
        "class": "A",
        "description": 1,
        "properties": [],
        "vectorConfig": {"default": {"vectorizer": {"none": {}}}},
    }
    assert Collections(NO_TRANSPORT).use("a", skip_argument_validation=True).with_tenant("x").tenant == "x"


def changed(current: dict[str, Any], **changes: Any) -> dict[str, Any]:
    every = dict.fromkeys([*schema.SECTIONS, *schema.MODULES, "description", "property_descriptions"])
    every |= dict.fromkeys(["vectorizer_config", "vector_index_config", "vector_config"])
    return schema.Changes(check("config.update", True), **every | changes).apply(current)


HNSW = VectorIndexConfigHNSWUpdate(settings={"ef": 1})


@pytest.mark.parametrize(
    ("message", "current", "changes"),
    [
        ("no property 'x', but 'by', 'title', 'meta'", NAMED, {"property_descriptions": {"x": ""}}),
        ("no vector 'x', but 'a', 'b', 'c'", NAMED, {"vector_config": VectorConfigUpdate(name="x", index=HNSW)}),
        ("of the kind 'dynamic', not 'hnsw'", NAMED, {"vector_config": VectorConfigUpdate(name="c", index=HNSW)}),
        ("has named vectors", NAMED, {"vectorizer_config": HNSW}),
        ("of the kind 'flat', not 'hnsw'", OLD, {"vector_index_config": HNSW}),
        ("only one of", OLD, {"vector_index_config": HNSW, "vectorizer_config": HNSW}),
    ],
)
def test_a_change_that_does_not_fit_is_refused(message: str, current: Any, changes: Any) -> None:
    refused(message, lambda: changed(current, **changes))


def test_a_change_leaves_the_rest_alone() -> None:
    before = copy.deepcopy(NAMED)
    after = changed(NAMED, vector_config=VectorConfigUpdate(name="a", index=HNSW), description="d")
    assert before == NAMED
    before["vectorConfig"]["a"]["vectorIndexConfig"]["ef"] = 1
    assert after == before | {"description": "d"}


def test_names_that_are_taken() -> None:
    refused("already exists", lambda: schema.add_property("Article", Property(name="Title", data_type="int"), NAMED))
    refused("a vector 'a' already", lambda: schema.with_vectors(NAMED, {"a": {}}))


# Tenants


def test_statuses_of_tenants() -> None:
    frozen = Tenant(name="a", activity_status=TenantActivityStatus.FROZEN)
    assert frozen.activity_status is TenantActivityStatus.OFFLOADED
    assert Tenant(name="a", activityStatus="COLD") == Tenant(name="a", activity_status="INACTIVE")
    assert Tenant(name="a", activityStatus="UNFREEZING").activity_status is TenantActivityStatus.ONLOADING
    assert Tenant(name="a", activityStatus="NEW").activity_status == "NEW"
    assert Tenant(name="a").activityStatus == "HOT"
    assert repr(Tenant(name="a")) == "Tenant(name='a', activity_status=<TenantActivityStatus.ACTIVE: 'ACTIVE'>)"


def test_statuses_of_newer_servers_are_kept() -> None:
    from weaviate_gen.grpc.v1.tenants_pb2 import TenantsGetReply

    told: Any = [{"name": "a", "activity_status": 5}, {"name": "b", "activity_status": 99}]
    read: Any = tenants.get("Article").parse(TenantsGetReply(tenants=told))
    assert {name: str(one.activity_status) for name, one in read.items()} == {
        "a": "ONLOADING",
        "b": "UNKNOWN_99",
    }
