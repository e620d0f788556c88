"""Classes: what is filled in, what is refused, what may change; aliases and tokenisation."""

from __future__ import annotations

from .kit import PANIC, TENANTED, C, D, It, each, scenario

_NAMED = {"vectorizer": {"none": {}}}


def _class(**more: object) -> dict[str, object]:
    return {"class": C, "vectorizer": "none", **more}


@each(
    "defaults",
    {
        "nothing": {"class": C},
        "no properties": {"class": C, "properties": []},
        "a name in lower case": {"class": "cgThing", "description": "told"},
        "flat": _class(vectorIndexType="flat"),
        "flat with bq": _class(vectorIndexType="flat", vectorIndexConfig={"bq": {"enabled": True}}),
        "hfresh": _class(vectorIndexType="hfresh"),
        "hnsw with pq": _class(vectorIndexConfig={"pq": {"enabled": True, "segments": 4}}),
        "hnsw with one bit": _class(vectorIndexConfig={"rq": {"enabled": True, "bits": 1}}),
        "wrong kinds of numbers": _class(vectorIndexConfig={"ef": "many", "distance": "dot"}),
        "named": {"class": C, "vectorConfig": {"a": _NAMED, "b": {**_NAMED, "vectorIndexType": "flat"}}},
        "multi-vectors": {
            "class": C,
            "vectorConfig": {"a": {**_NAMED, "vectorIndexConfig": {"multivector": {"enabled": True}}}},
        },
        "tenants": _class(multiTenancyConfig={"enabled": True, "autoTenantCreation": True}),
        "three shards": _class(shardingConfig={"desiredCount": 3}),
        "inverted index": _class(
            invertedIndexConfig={
                "bm25": {"k1": 2},
                "indexNullState": True,
                "indexTimestamps": True,
                "stopwords": {"preset": "none", "additions": ["foo", "Bar"], "removals": ["the"]},
                "stopwordPresets": {"fr": ["le", "la"]},
            }
        ),
        "additions that the preset has": _class(invertedIndexConfig={"stopwords": {"additions": ["the", "foo"]}}),
        "replication": _class(replicationConfig={"factor": 0, "asyncEnabled": True}),
        "unknown keys": _class(foo=1, vectorIndexConfig={"foo": 2}, moduleConfig={"foo-bar": {"a": 1}}),
        "empty module settings": _class(moduleConfig={}),
        "all kinds of properties": _class(
            properties=[
                {"name": f"p{i}", "dataType": [kind]}
                for i, kind in enumerate(
                    "text text[] int int[] number number[] boolean boolean[] date date[] uuid uuid[] geoCoordinates "
                    "phoneNumber blob blobHash string string[]".split()
                )
            ]
        ),
        "objects in objects": _class(
            properties=[
                {
                    "name": "o",
                    "dataType": ["object"],
                    "nestedProperties": [
                        {"name": "t", "dataType": ["text"], "tokenization": "field"},
                        {"name": "id", "dataType": ["blob"]},
                        {
                            "name": "l",
                            "dataType": ["object[]"],
                            "nestedProperties": [{"name": "n", "dataType": ["int"], "indexRangeFilters": True}],
                        },
                    ],
                }
            ]
        ),
        "tokenisations": _class(
            properties=[
                {"name": kind or "none", "dataType": ["text"], "tokenization": kind}
                for kind in ("", "word", "lowercase", "whitespace", "field", "trigram")
            ]
        ),
        "string with field": _class(properties=[{"name": "s", "dataType": ["string"], "tokenization": "field"}]),
        "a reference to itself": _class(properties=[{"name": "r", "dataType": [C]}]),
        "a range index": _class(
            properties=[{"name": "n", "dataType": ["int"], "indexRangeFilters": True, "indexFilterable": False}]
        ),
        "not inverted": _class(properties=[{"name": "n", "dataType": ["text"], "indexInverted": False}]),
        "folding": _class(
            properties=[
                {
                    "name": "t",
                    "dataType": ["text"],
                    "textAnalyzer": {"asciiFold": True, "asciiFoldIgnore": ["é"], "stopwordPreset": "none"},
                },
                {"name": "u", "dataType": ["text"], "textAnalyzer": {}},
            ]
        ),
        "time to live": _class(objectTtlConfig={"enabled": True, "defaultTtl": 60, "deleteOn": "_creationTimeUnix"}),
        "time to live, off": _class(objectTtlConfig={"enabled": False}),
    },
    world="main",
)
def _(it: It, given: dict[str, object]) -> None:
    given.setdefault("vectorizer", "none") if "vectorConfig" not in given else None
    it.post("/schema", given)
    it.get(f"/schema/{C}")


def _property(**more: object) -> dict[str, object]:
    return _class(properties=[{"name": "p", "dataType": ["text"], **more}])


def _index(kind: str = "hnsw", **settings: object) -> dict[str, object]:
    return _class(vectorIndexType=kind, vectorIndexConfig=settings)


@each(
    "refused classes",
    {
        "no name": {"class": ""},
        "a bad name": {"class": "1x"},
        "a reserved name": {"class": "RAFT"},
        "a long name": {"class": "Cg" + "x" * 254},
        "a name that is no text": {"class": 1},
        "properties that are no list": _class(properties={}),
        "both styles of vectors": _class(vectorConfig={"a": _NAMED}),
        "a vector without vectorizer": {"class": C, "vectorConfig": {"a": {"vectorIndexType": "hnsw"}}},
        "an empty vector": {"class": C, "vectorConfig": {"a": {}}},
        "two vectorizers": {"class": C, "vectorConfig": {"a": {"vectorizer": {"none": {}, "x": {}}}}},
        "a vectorizer that is no object": {"class": C, "vectorConfig": {"a": {"vectorizer": "none"}}},
        "an unknown vectorizer": {"class": C, "vectorizer": "text2vec-nothing"},
        "an unknown vectorizer of a vector": {"class": C, "vectorConfig": {"a": {"vectorizer": {"text2vec-no": {}}}}},
        "a bad name of a vector": {"class": C, "vectorConfig": {"a b": _NAMED}},
        "an unknown index": _index("foo"),
        "the dynamic index": _index("dynamic"),
        "too few connections": _index(maxConnections=3),
        "too many connections": _index(maxConnections=2048),
        "too small a construction": _index(efConstruction=3),
        "an unknown strategy": _index(filterStrategy="foo"),
        "two compressions": _index(pq={"enabled": True}, bq={"enabled": True}),
        "four bits": _index(rq={"enabled": True, "bits": 4}),
        "an unknown encoder": _index(pq={"enabled": True, "encoder": {"type": "foo"}}),
        "legacy multi-vectors": _index(multivector={"enabled": True}),
        "flat with pq": _index("flat", pq={"enabled": True}),
        "flat with sq": _index("flat", sq={"enabled": True}),
        "flat with two": _index("flat", bq={"enabled": True}, rq={"enabled": True}),
        "flat with four bits": _index("flat", rq={"enabled": True, "bits": 4}),
        "hfresh with dot": _index("hfresh", distance="dot"),
        "hfresh with small postings": _index("hfresh", maxPostingSizeKB=7),
        "hfresh with many replicas": _index("hfresh", replicas=11),
        "hfresh with pq": _index("hfresh", pq={"enabled": True}),
        "negative k1": _class(invertedIndexConfig={"bm25": {"k1": -1, "b": 0.5}}),
        "b above 1": _class(invertedIndexConfig={"bm25": {"k1": 1, "b": 1.5}}),
        "an unknown preset": _class(invertedIndexConfig={"stopwords": {"preset": "fr"}}),
        "added and removed": _class(invertedIndexConfig={"stopwords": {"additions": ["x"], "removals": ["x"]}}),
        "a blank stopword": _class(invertedIndexConfig={"stopwords": {"additions": [" "]}}),
        "an empty preset": _class(invertedIndexConfig={"stopwordPresets": {"fr": []}}),
        "sharding and tenants": _class(multiTenancyConfig={"enabled": True}, shardingConfig={"desiredCount": 1}),
        "tenants by themselves, not tenanted": _class(multiTenancyConfig={"autoTenantCreation": True}),
        "waking, not tenanted": _class(multiTenancyConfig={"autoTenantActivation": True}),
        "another key of sharding": _class(shardingConfig={"key": "foo"}),
        "another function of sharding": _class(shardingConfig={"function": "foo"}),
        "two replicas": _class(replicationConfig={"factor": 2}),
        "an unknown strategy of deletion": _class(replicationConfig={"deletionStrategy": "foo"}),
        "one property twice": _class(
            properties=[{"name": "p", "dataType": ["text"]}, {"name": "P", "dataType": ["text"]}]
        ),
        "a property without name": _property(name=""),
        "a bad name of a property": _property(name="a-b"),
        "a reserved name of a property": _property(name="id"),
        "a reserved end of a name": _property(name="a_searchable"),
        "a long name of a property": _property(name="p" * 232),
        "no type": _property(dataType=[]),
        "an unknown type": _property(dataType=["foo"]),
        "a type that is no list": _property(dataType="text"),
        "a reference to nothing": _property(dataType=["CgNothing"]),
        "two types, one in lower case": _property(dataType=[C, "cgThing"]),
        "an unknown tokenisation": _property(tokenization="foo"),
        "a tokenisation with a dictionary": _property(tokenization="gse"),
        "a Japanese tokenisation": _property(tokenization="kagome_ja"),
        "tokenised numbers": _property(dataType=["int"], tokenization="word"),
        "tokenised references": _property(dataType=[C], tokenization="word"),
        "tokenised objects": _property(
            dataType=["object"], tokenization="word", nestedProperties=[{"name": "a", "dataType": ["text"]}]
        ),
        "a lower-cased string": _property(dataType=["string"], tokenization="lowercase"),
        "searchable numbers": _property(dataType=["int"], indexSearchable=True),
        "ranges of text": _property(indexRangeFilters=True),
        "ranges of lists": _property(dataType=["int[]"], indexRangeFilters=True),
        "inverted and filterable": _property(indexInverted=True, indexFilterable=True),
        "an object without parts": _property(dataType=["object"]),
        "parts of a text": _property(nestedProperties=[{"name": "a", "dataType": ["text"]}]),
        "nested coordinates": _property(
            dataType=["object"], nestedProperties=[{"name": "a", "dataType": ["geoCoordinates"]}]
        ),
        "nested references": _property(dataType=["object"], nestedProperties=[{"name": "a", "dataType": [C]}]),
        "nested strings": _property(dataType=["object"], nestedProperties=[{"name": "a", "dataType": ["string"]}]),
        "a bad nested name": _property(dataType=["object"], nestedProperties=[{"name": "a-b", "dataType": ["text"]}]),
        "nested without type": _property(dataType=["object"], nestedProperties=[{"name": "a", "dataType": []}]),
        "nested searchable numbers": _property(
            dataType=["object"], nestedProperties=[{"name": "a", "dataType": ["int"], "indexSearchable": True}]
        ),
        "letters not folded": _property(textAnalyzer={"asciiFoldIgnore": ["é"]}),
        "two letters not folded": _property(textAnalyzer={"asciiFold": True, "asciiFoldIgnore": ["éé"]}),
        "a preset without words": _property(textAnalyzer={"stopwordPreset": "none"}, tokenization="field"),
        "an unknown preset of a property": _property(textAnalyzer={"stopwordPreset": "xx"}),
        "an analyser of numbers": _property(dataType=["int"], textAnalyzer={"asciiFold": True}),
        "ttl on nothing": _class(objectTtlConfig={"enabled": True, "defaultTtl": 60}),
        "ttl too short": _class(objectTtlConfig={"enabled": True, "defaultTtl": 59, "deleteOn": "_creationTimeUnix"}),
        "ttl on a missing property": _class(objectTtlConfig={"enabled": True, "defaultTtl": 60, "deleteOn": "zz"}),
        "ttl on a text": {
            **_property(),
            "objectTtlConfig": {"enabled": True, "defaultTtl": 60, "deleteOn": "p"},
        },
        "ttl on a date without index": {
            **_property(dataType=["date"], indexFilterable=False),
            "objectTtlConfig": {"enabled": True, "defaultTtl": 60, "deleteOn": "p"},
        },
    },
)
def _(it: It, given: dict[str, object]) -> None:
    if "vectorConfig" not in given:
        given.setdefault("vectorizer", "none")
    it.post("/schema", given)
    it.get(f"/schema/{C}", show=lambda _: "there")


@scenario("refused classes")
def an_unknown_distance(it: It) -> None:
    it.post("/schema", _index(distance="foo"))
    it.differs("A class that is refused for its distance")
    it.get(f"/schema/{C}", show=lambda _: "there")


@scenario("schema")
def a_class_is_made_once(it: It) -> None:
    it.create()
    it.post("/schema", _class())
    it.post("/schema", {"class": "CgTHING", "vectorizer": "none"})
    it.delete(f"/schema/{C}")
    it.delete(f"/schema/{C}")
    it.delete("/schema/1x")
    it.get(f"/schema/{C}")
    it.post("/schema", None)


@scenario("schema")
def properties_are_added(it: It) -> None:
    it.create(a="text")
    it.create(D)
    it.post(f"/schema/{C}/properties", {"name": "B", "dataType": ["int"]})
    it.post(f"/schema/{C}/properties", {"name": "r", "dataType": [D, C]})
    it.post(f"/schema/{C}/properties", {"name": "A", "dataType": ["int"]})
    it.post(f"/schema/{C}/properties", {"dataType": ["int"]})
    it.post(f"/schema/{C}/properties", {"name": "c"})
    it.post("/schema/CgNothing/properties", {"name": "c", "dataType": ["int"]})
    it.delete(f"/schema/{C}/properties/a")
    it.get(f"/schema/{C}", show=lambda found: found["properties"])


@scenario("schema")
def indexes_of_properties(it: It) -> None:
    it.create(
        t="text", n={"dataType": ["int"], "indexRangeFilters": True}, b={"dataType": ["blob"], "description": "x"}
    )
    it.get(f"/schema/{C}/indexes")
    it.delete(f"/schema/{C}/properties/t/index/searchable")
    it.delete(f"/schema/{C}/properties/n/index/rangeFilters")
    it.delete(f"/schema/{C}/properties/n/index/filterable")
    it.delete(f"/schema/{C}/properties/zz/index/filterable")
    it.delete(f"/schema/{C}/properties/t/index/foo")
    it.get(f"/schema/{C}/indexes")
    it.get("/schema/CgNothing/indexes")


@scenario("schema")
def shards(it: It) -> None:
    it.create(t="text")
    shown = it.get(f"/schema/{C}/shards", show=lambda found: [{**shard, "name": "*"} for shard in found])
    name = shown[0]["name"]
    it.put(f"/schema/{C}/shards/{name}", {"status": "READONLY"})
    it.post("/objects", {"class": C, "id": "00000000-0000-0000-0000-000000000001"}, show=lambda _: "written")
    it.put(f"/schema/{C}/shards/{name}", {"status": "READY"})
    it.put(f"/schema/{C}/shards/{name}", {"status": "FOO"})
    it.put(f"/schema/{C}/shards/zz", {"status": "READY"})
    it.get("/schema/CgNothing/shards")
    it.put("/schema/CgNothing/shards/x", {"status": "READY"})


_SECTIONS = {"replicationConfig": {"factor": 1, "deletionStrategy": "TimeBasedResolution"}}
_WHOLE = {"multiTenancyConfig": {"enabled": False}, **_SECTIONS}


def _with(**changes: object) -> dict[str, object]:
    return changes


@each(
    "updates",
    {
        "description": _with(description="new"),
        "bm25": _with(invertedIndexConfig={"bm25": {"k1": 2, "b": 0.5}}),
        "stopwords": _with(invertedIndexConfig={"stopwords": {"preset": "none"}}),
        "ef": _with(vectorIndexConfig={"ef": 7, "dynamicEfMin": 5, "flatSearchCutoff": 1}),
        "a compression": _with(vectorIndexConfig={"bq": {"enabled": True}}),
        "distance": _with(vectorIndexConfig={"distance": "dot"}),
        "construction": _with(vectorIndexConfig={"efConstruction": 64}),
        "connections": _with(vectorIndexConfig={"maxConnections": 64}),
        "index type": _with(vectorIndexType="flat", vectorIndexConfig={}),
        "null state": _with(invertedIndexConfig={"indexNullState": True}),
        "lengths": _with(invertedIndexConfig={"indexPropertyLength": True}),
        "tenants": _with(multiTenancyConfig={"enabled": True}),
        "more shards": _with(shardingConfig={"desiredCount": 2}),
        "replicas": _with(replicationConfig={"factor": 2}),
        "deletion": _with(replicationConfig={"deletionStrategy": "DeleteOnConflict"}),
        "its name": _with(**{"class": D}),
        "no properties": _with(properties=[]),
        "a property's description": _with(properties=[{"name": "t", "dataType": ["text"], "description": "new"}]),
        "a property's tokenisation": _with(properties=[{"name": "t", "dataType": ["text"], "tokenization": "field"}]),
        "a generative module": _with(moduleConfig={"generative-dummy": {}}),
        "a named vector": _with(vectorConfig={"v": _NAMED}),
        "ttl": _with(objectTtlConfig={"enabled": True, "defaultTtl": 60, "deleteOn": "_creationTimeUnix"}),
    },
)
def _(it: It, changes: dict[str, object]) -> None:
    given = {**_class(properties=[{"name": "t", "dataType": ["text"]}]), **_WHOLE, "description": "old"}
    it.create(description="old", t="text")
    it.put(f"/schema/{C}", {**given, **changes})
    it.get(f"/schema/{C}")


@each(
    "updates of named vectors",
    {
        "left out": {"a": _NAMED},
        "another vectorizer": {"a": _NAMED, "b": {"vectorizer": {"none": {"x": 1}}}},
        "another index": {"a": _NAMED, "b": {**_NAMED, "vectorIndexType": "flat"}},
        "another distance": {"a": _NAMED, "b": {**_NAMED, "vectorIndexConfig": {"distance": "dot"}}},
        "one more": {"a": _NAMED, "b": _NAMED, "c": _NAMED},
    },
)
def _(it: It, vectors: dict[str, object]) -> None:
    it.create(vectorConfig={"a": _NAMED, "b": _NAMED})
    if vectors.get("b", {}).get("vectorIndexType"):
        it.differs(PANIC)
    it.put(f"/schema/{C}", {"class": C, "vectorConfig": vectors, "properties": [], **_WHOLE})
    it.get(f"/schema/{C}", show=lambda found: sorted(found["vectorConfig"]))


@scenario("schema")
def updates_of_what_is_not_there(it: It) -> None:
    it.put(f"/schema/{C}", _class())
    it.tenants("a")
    it.put(f"/schema/{TENANTED}", {"class": TENANTED, "vectorizer": "none", "properties": []})
    it.put(
        f"/schema/{TENANTED}",
        {
            "class": TENANTED,
            "vectorizer": "none",
            "properties": [],
            "multiTenancyConfig": {"enabled": True, "autoTenantCreation": True},
            **_SECTIONS,
        },
    )


@scenario("schema")
def shards_stay(it: It) -> None:
    it.post(
        "/schema", {"class": D, "shardingConfig": {"virtualPerPhysical": 0}}, show=lambda made: made["shardingConfig"]
    )
    it.create(shardingConfig={"virtualPerPhysical": 64})
    for sharding in (
        {"virtualPerPhysical": 32},
        {"virtualPerPhysical": 64},
        {},
        {"virtualPerPhysical": 64, "desiredCount": 2},
    ):
        it.put(f"/schema/{C}", _class(**_WHOLE, shardingConfig=sharding), show=lambda made: made["shardingConfig"])


@scenario("schema")
def updates_without_sections(it: It) -> None:
    it.create()
    it.differs("Sections that an update of a class leaves out")
    it.put(f"/schema/{C}", {"class": C, "vectorizer": "none", "properties": []})


@scenario("aliases")
def aliases(it: It) -> None:
    it.create(t="text")
    it.create(D, t="text")
    it.insert(C, {1: {"t": "thing"}})
    it.post("/aliases", {"alias": "cgAlias", "class": "cgThing"})
    it.post("/aliases", {"alias": "CgAlias", "class": D})
    it.post("/aliases", {"alias": "1x", "class": D})
    it.post("/aliases", {"alias": D, "class": C})
    it.post("/aliases", {"alias": "CgOne", "class": "CgNothing"})
    it.post("/schema", {"class": "CgAlias", "vectorizer": "none"})
    it.get("/aliases", class_=C)
    it.get("/aliases", class_="CgNothing")
    it.get("/aliases/CgAlias")
    it.get("/aliases/CgNothing")
    it.get("/schema/CgAlias", show=lambda found: found["class"])
    it.get(f"/objects/CgAlias/{'0' * 8}-0000-0000-0000-000000000001")
    it.ids("CgAlias")
    it.put("/aliases/CgAlias", {"class": D})
    it.put("/aliases/CgAlias", {"class": "CgNothing"})
    it.put("/aliases/CgNothing", {"class": D})
    it.ids("CgAlias")
    it.put("/schema/CgAlias", {"class": D, "vectorizer": "none"})
    it.delete("/schema/CgAlias")
    it.post("/schema/CgAlias/properties", {"name": "c", "dataType": ["int"]})
    it.delete(f"/schema/{D}")
    it.get("/schema/CgAlias")
    it.get("/aliases/CgAlias")
    it.delete("/aliases/CgAlias")
    it.delete("/aliases/CgAlias")


@each(
    "tokenize",
    {
        "word": {"text": "The QUICK-brown fox_1, jümps", "tokenization": "word"},
        "lowercase": {"text": "The QUICK-brown fox", "tokenization": "lowercase"},
        "whitespace": {"text": "The QUICK-brown fox", "tokenization": "whitespace"},
        "field": {"text": "  The QUICK ", "tokenization": "field"},
        "trigram": {"text": "The Quick", "tokenization": "trigram"},
        "nothing": {"text": "", "tokenization": "word"},
        "no preset": {"text": "the fox", "tokenization": "word", "stopwords": {"preset": "none"}},
        "additions": {"text": "the fox ran", "tokenization": "word", "stopwords": {"additions": ["fox"]}},
        "own preset": {
            "text": "le fox the",
            "tokenization": "word",
            "stopwordPresets": {"fr": ["le"]},
            "analyzerConfig": {"stopwordPreset": "fr"},
        },
        "folding": {"text": "Café Ærø ß", "tokenization": "word", "analyzerConfig": {"asciiFold": True}},
        "both kinds of stopwords": {
            "text": "x",
            "tokenization": "word",
            "stopwords": {"preset": "en"},
            "stopwordPresets": {"fr": ["le"]},
        },
        "an unknown tokenisation": {"text": "x", "tokenization": "foo"},
        "no tokenisation": {"text": "x"},
        "no text": {"tokenization": "word"},
        "a dictionary": {"text": "x", "tokenization": "gse"},
        "a long text": {"text": "x" * 10_001, "tokenization": "word"},
        "an unknown preset": {"text": "x", "tokenization": "word", "analyzerConfig": {"stopwordPreset": "xx"}},
    },
)
def _(it: It, given: dict[str, object]) -> None:
    it.post("/tokenize", given)


@scenario("tokenize")
def by_a_property(it: It) -> None:
    it.create(t={"dataType": ["text"], "tokenization": "field"}, w="text", n="int")
    it.post(f"/schema/{C}/properties/T/tokenize", {"text": "The Fox"})
    it.post(f"/schema/{C}/properties/w/tokenize", {"text": "The Fox"})
    it.post(f"/schema/{C}/properties/n/tokenize", {"text": "The Fox"})
    it.post(f"/schema/{C}/properties/zz/tokenize", {"text": "The Fox"})
    it.post("/schema/CgNothing/properties/t/tokenize", {"text": "The Fox"})
