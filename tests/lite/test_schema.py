"""Classes over REST: what is filled in, what is refused, what may change. The words are those of server 1.38.11."""

from __future__ import annotations

from typing import Any

import pytest
from lite_kit import Lite, Start

HNSW = {
    "skip": False,
    "cleanupIntervalSeconds": 300,
    "maxConnections": 32,
    "efConstruction": 128,
    "ef": -1,
    "dynamicEfMin": 100,
    "dynamicEfMax": 500,
    "dynamicEfFactor": 8,
    "vectorCacheMaxObjects": 1000000000000,
    "flatSearchCutoff": 40000,
    "distance": "cosine",
    "filterStrategy": "acorn",
    "skipDefaultQuantization": False,
    "trackDefaultQuantization": False,
    "pq": {
        "enabled": False,
        "bitCompression": False,
        "segments": 0,
        "centroids": 256,
        "trainingLimit": 100000,
        "encoder": {"type": "kmeans", "distribution": "log-normal"},
    },
    "bq": {"enabled": False},
    "sq": {"enabled": False, "trainingLimit": 100000, "rescoreLimit": 20},
    "rq": {"enabled": False, "bits": 8, "rescoreLimit": 20},
    "multivector": {
        "enabled": False,
        "aggregation": "maxSim",
        "muvera": {"enabled": False, "ksim": 4, "dprojections": 16, "repetitions": 10},
    },
}
SHARDING = {
    "virtualPerPhysical": 128,
    "desiredCount": 1,
    "actualCount": 1,
    "desiredVirtualCount": 128,
    "actualVirtualCount": 128,
    "key": "_id",
    "strategy": "hash",
    "function": "murmur3",
}
THING = {
    "class": "Thing",
    "invertedIndexConfig": {
        "bm25": {"b": 0.75, "k1": 1.2},
        "cleanupIntervalSeconds": 60,
        "stopwords": {"preset": "en", "additions": None, "removals": None},
        "usingBlockMaxWAND": True,
    },
    "multiTenancyConfig": {"enabled": False, "autoTenantCreation": False, "autoTenantActivation": False},
    "properties": None,
    "replicationConfig": {"factor": 1, "asyncEnabled": False, "deletionStrategy": "TimeBasedResolution"},
    "shardingConfig": SHARDING,
    "vectorizer": "none",
    "vectorIndexType": "hnsw",
    "vectorIndexConfig": HNSW,
}
FLAGS = {"indexFilterable": True, "indexSearchable": False, "indexRangeFilters": False}


def test_a_bare_class(lite: Lite) -> None:
    assert lite.ok("POST", "/schema", {"class": "thing"}) == THING
    assert lite.ok("GET", "/schema/thing") == THING
    assert lite.ok("GET", "/schema") == {"classes": [THING]}


def test_named_vectors_leave_no_legacy_keys(lite: Lite) -> None:
    lite.create("A", vectorConfig={"v": {"vectorizer": {"none": {}}}})
    made = lite.ok("GET", "/schema/A")
    assert made["vectorConfig"] == {
        "v": {"vectorizer": {"none": {}}, "vectorIndexType": "hnsw", "vectorIndexConfig": HNSW}
    }
    assert not {"vectorizer", "vectorIndexType", "vectorIndexConfig"} & made.keys()


def test_multi_tenancy(lite: Lite) -> None:
    made = lite.ok("POST", "/schema", {"class": "A", "multiTenancyConfig": {"enabled": True}})
    assert made["multiTenancyConfig"] == {"enabled": True, "autoTenantCreation": False, "autoTenantActivation": False}
    assert set(made["shardingConfig"].values()) == {0, ""}


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({"dataType": ["int"]}, {"dataType": ["int"], **FLAGS}),
        ({"dataType": ["text"]}, {"dataType": ["text"], **FLAGS, "indexSearchable": True, "tokenization": "word"}),
        ({"dataType": ["blob"]}, {"dataType": ["blob"], **FLAGS}),
        (
            {"dataType": ["string"]},
            {"dataType": ["text"], **FLAGS, "indexSearchable": True, "tokenization": "whitespace"},
        ),
        (
            {"dataType": ["string[]"], "tokenization": "field"},
            {"dataType": ["text[]"], **FLAGS, "indexSearchable": True, "tokenization": "field"},
        ),
        ({"dataType": ["A"]}, {"dataType": ["A"], **FLAGS}),
        (
            {"dataType": ["object"], "nestedProperties": [{"name": "id", "dataType": ["blob"]}]},
            {
                "dataType": ["object"],
                **FLAGS,
                "nestedProperties": [{"name": "id", "dataType": ["blob"], **FLAGS, "indexFilterable": False}],
            },
        ),
        (
            {"dataType": ["text"], "indexInverted": False, "textAnalyzer": {}},
            {"dataType": ["text"], **FLAGS, "indexFilterable": False, "tokenization": "word"},
        ),
    ],
)
def test_what_a_property_gets(lite: Lite, given: dict[str, Any], made: dict[str, Any]) -> None:
    lite.ok("POST", "/schema", {"class": "A", "properties": [{"name": "P", **given}]})
    assert lite.ok("GET", "/schema/A")["properties"] == [{"name": "p", **made}]


def _property(**given: Any) -> dict[str, Any]:
    return {"properties": [{"name": "p", **given}]}


def _nested(**given: Any) -> dict[str, Any]:
    return _property(dataType=["object"], nestedProperties=[{"name": "a", **given}])


def _index(kind: str, **config: Any) -> dict[str, Any]:
    return {"vectorIndexType": kind, "vectorIndexConfig": config}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"class": "1a"}, "'1a' is not a valid class name"),
        ({"class": "raft"}, "class name `raft` is reserved"),
        ({"class": "A" * 256}, "Name should not be longer than 255 characters"),
        (_property(), "dataType must have at least one element"),
        (_property(dataType=["foo"]), "property 'p': invalid dataType: [foo]: unknown primitive data type 'foo'"),
        (_property(dataType=["Foo"]), "bad request: reference property to nonexistent class"),
        (_property(dataType=["text"], tokenization="zz"), "properties.0.tokenization in body should be one of [word"),
        (_property(dataType=["text"], tokenization="gse"), "set 'ENABLE_TOKENIZER_GSE' to 'true' to enable"),
        (
            _property(dataType=["string"], tokenization="lowercase"),
            "tokenization 'lowercase' is not allowed for data type",
        ),
        (_property(dataType=["int"], tokenization="word"), "tokenization is not allowed for data type 'int'"),
        (_property(dataType=["int"], indexSearchable=True), "`indexSearchable` is allowed only for text/text[]"),
        (
            _property(dataType=["int[]"], indexRangeFilters=True),
            "`indexRangeFilters` is allowed only for number/int/date",
        ),
        (_property(dataType=["object"]), "At least one nested property is required"),
        (_property(dataType=["text"], textAnalyzer={"asciiFoldIgnore": ["é"]}), "requires asciiFold to be enabled"),
        (_property(dataType=["text"], textAnalyzer={"stopwordPreset": "xx"}), 'unknown stopword preset "xx"'),
        (_property(dataType=["int"], textAnalyzer={"asciiFold": True}), "only allowed for text and text[]"),
        (_nested(dataType=["geoCoordinates"]), "data type 'geoCoordinates' not allowed as nested property"),
        (_nested(dataType=["A"]), "property 'p.a': reference data type not allowed"),
        (_nested(dataType=["string"]), "data type 'string' is deprecated"),
        ({"properties": [{"name": "id", "dataType": ["int"]}]}, "'id' is a reserved property name"),
        ({"properties": [{"name": "a_searchable", "dataType": ["int"]}]}, "suffix '_searchable' is reserved"),
        ({"properties": [{"name": "a-b", "dataType": ["int"]}]}, "'a-b' is not a valid property name"),
        (
            {"properties": [{"name": "a", "dataType": ["int"]}, {"name": "A", "dataType": ["int"]}]},
            'class "A": conflict for property "a": already in use or provided multiple times',
        ),
        ({"invertedIndexConfig": {"bm25": {"b": 2, "k1": 1}}}, "BM25.b must be >= 0 and <= 1"),
        ({"invertedIndexConfig": {"stopwords": {"preset": "fr"}}}, "stopwordPreset 'fr' does not exist"),
        ({"shardingConfig": {"desiredCount": 2}, "multiTenancyConfig": {"enabled": True}}, "cannot have both"),
        (
            {"multiTenancyConfig": {"autoTenantCreation": True}},
            "can't enable autoTenantCreation on a non-multi-tenant class",
        ),
        (
            {"replicationConfig": {"factor": 2}},
            "not find enough weaviate nodes for replication: 1 available, 2 requested",
        ),
        ({"vectorizer": "zz"}, 'vectorizer: no module with name "zz" present'),
        ({"vectorConfig": {"v": {}}}, "vectorConfig.v in body is required"),
        (
            {"vectorConfig": {"v": {"vectorizer": {"zz": {}}}}},
            'target vector "v": vectorizer: no module with name "zz"',
        ),
        ({"vectorConfig": {"1v": {"vectorizer": {"none": {}}}}}, 'target vector name "1v" is not valid'),
        (
            {"vectorizer": "none", "vectorConfig": {"v": {"vectorizer": {"none": {}}}}},
            "creating a class with both a class level vector index and named vectors is forbidden",
        ),
        (
            _index("hnsw", maxConnections=1),
            "invalid hnsw config: maxConnections must be a positive integer with a minimum",
        ),
        (_index("hnsw", pq={"enabled": True}, bq={"enabled": True}), "more than a single compression methods enabled"),
        (_index("hnsw", multivector={"enabled": True}), "only configurable using named vectors"),
        (_index("hnsw", distance="x"), 'unrecognized distance metric "x"'),
        (_index("flat", pq={"enabled": True}), "PQ is not currently supported for flat indices"),
        (_index("hfresh", replicas=11), "replicas is '11' but must be less than 10"),
        (_index("dynamic"), "the dynamic index can only be created when async indexing is enabled"),
        (_index("xx"), 'unrecognized or unsupported vectorIndexType "xx"'),
        ({"objectTtlConfig": {"enabled": True, "deleteOn": "x"}}, "needs a running background scheduler"),
    ],
)
def test_classes_that_cannot_be(lite: Lite, given: dict[str, Any], text: str) -> None:
    status, refusal = lite.refused("POST", "/schema", {"class": "A", **given})
    assert status == 422
    assert text in refusal
    assert lite.ok("GET", "/schema") == {"classes": []}


def test_names_that_are_taken(lite: Lite) -> None:
    lite.create("Thing")
    lite.ok("POST", "/aliases", {"alias": "Other", "class": "Thing"})
    assert "class name Thing already exists" in lite.refused("POST", "/schema", {"class": "Thing"})[1]
    assert 'found similar class "Thing"' in lite.refused("POST", "/schema", {"class": "THING"})[1]
    assert "alias name Other already exists" in lite.refused("POST", "/schema", {"class": "Other"})[1]
    assert 'found similar alias "Other"' in lite.refused("POST", "/schema", {"class": "OTHER"})[1]


def test_deleting(lite: Lite) -> None:
    lite.create("A")
    lite.ok("DELETE", "/schema/a")
    lite.ok("DELETE", "/schema/A")
    lite.ok("DELETE", "/schema/no%20name")
    assert lite.refused("GET", "/schema/A") == (404, "")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"vectorIndexConfig": {**HNSW, "distance": "dot"}},
            'distance is immutable: attempted change from "cosine" to "dot"',
        ),
        ({"vectorIndexConfig": {**HNSW, "efConstruction": 64}}, "efConstruction is immutable"),
        ({"vectorIndexType": "flat", "vectorIndexConfig": {}}, "vector index type is immutable"),
        (
            {"invertedIndexConfig": {"indexTimestamps": True}},
            '"indexTimestamp" setting is immutable. Value changed from "false"',
        ),
        ({"multiTenancyConfig": {"enabled": True}}, "enabling multi-tenancy for an existing class is not supported"),
        ({"class": "B"}, 'class name is immutable: attempted change from "A" to "B"'),
        ({"shardingConfig": {"desiredCount": 3}}, "re-sharding not supported yet"),
        ({"properties": []}, "property fields other than description cannot be updated"),
        ({"replicationConfig": {"factor": 2}}, "to increase replication factor to 2"),
    ],
)
def test_what_cannot_change(lite: Lite, change: dict[str, Any], text: str) -> None:
    lite.create("A", {"t": "text"})
    made = lite.ok("GET", "/schema/A")
    status, refusal = lite.refused("PUT", "/schema/A", made | change)
    assert status == 422
    assert text in refusal
    assert lite.ok("GET", "/schema/A") == made


def test_what_can_change(lite: Lite) -> None:
    lite.create("A", {"z": "text", "a": "int"}, moduleConfig={"generative-dummy": {}, "reranker-dummy": {}})
    made = lite.ok("GET", "/schema/A")
    made["description"] = "new"
    made["properties"][0]["description"] = "last"
    made["vectorIndexConfig"]["ef"] = 7
    made["invertedIndexConfig"]["stopwords"]["preset"] = "none"
    made["moduleConfig"] = {"generative-cohere": {"model": "x"}}
    made["vectorConfig"] = {"v": {"vectorizer": {"none": {}}}}
    lite.ok("PUT", "/schema/A", made)
    now = lite.ok("GET", "/schema/A")
    assert (now["description"], now["vectorIndexConfig"]["ef"]) == ("new", 7)
    assert [prop["name"] for prop in now["properties"]] == ["a", "z"]
    assert now["properties"][1]["description"] == "last"
    assert now["moduleConfig"] == {"generative-cohere": {"model": "x"}, "reranker-dummy": {}}
    assert now["vectorConfig"]["v"]["vectorIndexConfig"] == HNSW
    assert lite.refused("PUT", "/schema/Nope", made) == (404, "")


def test_named_vectors_cannot_go(lite: Lite) -> None:
    lite.create("A", vectorConfig={name: {"vectorizer": {"none": {}}} for name in "vw"})
    made = lite.ok("GET", "/schema/A")
    del made["vectorConfig"]["w"]
    assert 'missing config for vector "w"' in lite.refused("PUT", "/schema/A", made)[1]


def test_properties_added_and_indexes_dropped(lite: Lite) -> None:
    lite.create("A", {"t": "text"})
    assert lite.ok("POST", "/schema/A/properties", {"name": "N", "dataType": ["int"]}) == {
        "name": "n",
        "dataType": ["int"],
        **FLAGS,
    }
    assert "already in use" in lite.refused("POST", "/schema/A/properties", {"name": "n", "dataType": ["int"]})[1]
    assert lite.refused("POST", "/schema/B/properties", {"name": "n", "dataType": ["int"]}) == (
        422,
        'class "B": not found',
    )
    for _ in range(2):
        lite.ok("DELETE", "/schema/A/properties/t/index/searchable")
    shown = lite.ok("GET", "/schema/A/indexes")["properties"]
    assert shown[0]["indexes"] == [{"type": "filterable", "status": "ready", "tokenization": "word"}]
    assert lite.refused("DELETE", "/schema/A/properties/zz/index/searchable") == (422, "property name zz: not found")


def test_time_to_live(start: Start) -> None:
    lite = start(OBJECTS_TTL_DELETE_SCHEDULE="@every 1h")
    config = {"enabled": True, "deleteOn": "_creationTimeUnix", "defaultTtl": 60}
    lite.create("A", objectTtlConfig=config)
    made = lite.ok("GET", "/schema/A")
    assert made["objectTtlConfig"] == {**config, "filterExpiredObjects": False}
    assert made["invertedIndexConfig"]["indexTimestamps"] is True
    for given, text in (
        ({"deleteOn": ""}, 'missing value for "deleteOn"'),
        ({"defaultTtl": 59}, 'Required minimum "60" seconds, given "59" seconds'),
        ({"deleteOn": "zz"}, 'property "zz" set as "deleteOn" not found'),
        ({"deleteOn": "t"}, 'should have "date" data type'),
    ):
        body = {
            "class": "B",
            "properties": [{"name": "t", "dataType": ["text"]}],
            "objectTtlConfig": {**config, **given},
        }
        assert text in lite.refused("POST", "/schema", body)[1]
    lite.create("C")
    changed = lite.ok("GET", "/schema/C") | {"objectTtlConfig": {**config, "defaultTtl": 5}}
    assert "requires indexed timestamps" in lite.refused("PUT", "/schema/C", changed)[1]


def test_a_default_vectorizer(start: Start) -> None:
    lite = start(
        vectorizers={"text2vec-x": lambda texts: [[1.0] for _ in texts]}, DEFAULT_VECTORIZER_MODULE="text2vec-x"
    )
    lite.ok("POST", "/schema", {"class": "A", "properties": [{"name": "t", "dataType": ["text"]}]})
    made = lite.ok("GET", "/schema/A")
    assert made["vectorizer"] == "text2vec-x"
    assert made["moduleConfig"] == {"text2vec-x": {"vectorizeClassName": True}}
    assert made["properties"][0]["moduleConfig"] == {"text2vec-x": {"skip": False, "vectorizePropertyName": False}}


def test_aliases(lite: Lite) -> None:
    lite.create("A", {"t": "text"})
    lite.create("B")
    assert lite.ok("POST", "/aliases", {"alias": "al", "class": "a"}) == {"alias": "Al", "class": "A"}
    assert "alias already exists" in lite.refused("POST", "/aliases", {"alias": "Al", "class": "A"})[1]
    assert lite.refused("POST", "/aliases", {"alias": "B", "class": "A"})[0] == 500
    assert "is not a valid alias name" in lite.refused("POST", "/aliases", {"alias": "1x", "class": "A"})[1]
    assert 'target class "Zz" does not exist' in lite.refused("POST", "/aliases", {"alias": "C", "class": "Zz"})[1]
    assert lite.ok("GET", "/schema/Al")["class"] == "A"
    lite.insert("Al", 1, {"t": "x"})
    assert lite.ids("Al") == [1]
    assert lite.search("Al").results[0].properties.target_collection == "A"
    assert lite.refused("POST", "/schema/Al/properties", {"name": "n", "dataType": ["int"]})[0] == 422
    assert lite.ok("PUT", "/aliases/Al", {"class": "B"}) == {"alias": "Al", "class": "B"}
    lite.ok("DELETE", "/schema/B")
    assert lite.ok("GET", "/aliases") == {"aliases": [{"alias": "Al", "class": "B"}]}
    assert lite.ok("GET", "/aliases", **{"class": "A"}) == {"aliases": []}
    assert lite.refused("GET", "/schema/Al") == (404, "")
    lite.ok("DELETE", "/aliases/Al")
    assert lite.refused("DELETE", "/aliases/Al") == (404, "")
