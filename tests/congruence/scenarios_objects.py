"""Objects: values of every type, single calls, batches, references, auto-schema, tenants."""

from __future__ import annotations

from typing import Any

from .kit import TENANTED, C, D, It, each, matrix, scenario, uuid, vector, where

_BEACON = f"weaviate://localhost/{C}/"
_TYPES = {
    "t": "text",
    "i": "int",
    "n": "number",
    "b": "boolean",
    "d": "date",
    "u": "uuid",
    "tl": "text[]",
    "il": "int[]",
    "nl": "number[]",
    "bl": "boolean[]",
    "dl": "date[]",
    "ul": "uuid[]",
    "g": "geoCoordinates",
    "p": "phoneNumber",
    "x": "blob",
    "h": "blobHash",
    "o": {
        "dataType": ["object"],
        "nestedProperties": [{"name": "i", "dataType": ["int"]}, {"name": "T", "dataType": ["text"]}],
    },
    "ol": {"dataType": ["object[]"], "nestedProperties": [{"name": "i", "dataType": ["int"]}]},
}
_U = "11111111222233334444555555555555"


@each(
    "values",
    {
        "text": {"t": "ä\n"},
        "text, wrong": {"t": 1},
        "text, null": {"t": None},
        "text, halves of pairs": {"t": "a\ud83db\ude00", "tl": ["\ud83d\ude00"], "o": {"T": "\udfff"}},
        "unknown, half of a pair": {"z\ud83d": 1},
        "first letter": {"T": "x"},
        "unknown": {"zz": 1},
        "int": {"i": -5},
        "int, large": {"i": 2**53 + 1},
        "int, too large": {"i": 2**63},
        "int, fraction": {"i": 1.5},
        "int, text": {"i": "1"},
        "int, boolean": {"i": True},
        "number": {"n": 1e21},
        "number, small": {"n": 1e-7},
        "number, whole": {"n": 3},
        "number, text": {"n": "1"},
        "boolean": {"b": False},
        "boolean, wrong": {"b": "true"},
        "date": {"d": "2020-01-02T03:04:05.120+00:00"},
        "date, offset": {"d": "2020-01-02T03:04:05,1234567890-05:30"},
        "date, no offset": {"d": "2020-01-02T03:04:05"},
        "date, bad month": {"d": "2020-13-02T03:04:05Z"},
        "date, number": {"d": 1},
        "uuid": {"u": _U},
        "uuid, urn": {"u": f"urn:uuid:{uuid(7)}"},
        "uuid, wrong": {"u": "nope"},
        "text list": {"tl": ["a", ""]},
        "text list, empty": {"tl": []},
        "text list, wrong": {"tl": "a"},
        "text list, mixed": {"tl": ["a", 1]},
        "int list": {"il": [1, 2**53 + 1]},
        "int list, wrong": {"il": [1, "a"]},
        "number list": {"nl": [1, 2.5]},
        "number list, wrong": {"nl": [None]},
        "boolean list": {"bl": [True, False]},
        "boolean list, wrong": {"bl": [1]},
        "date list": {"dl": ["2020-01-02T03:04:05.10Z"]},
        "date list, wrong": {"dl": ["2020"]},
        "uuid list": {"ul": [_U]},
        "uuid list, wrong": {"ul": ["x"]},
        "coordinates": {"g": {"latitude": 52.123456789, "longitude": -1, "foo": 1}},
        "coordinates, half": {"g": {"latitude": 1}},
        "coordinates, text": {"g": {"latitude": "1", "longitude": 2}},
        "coordinates, wrong": {"g": [1, 2]},
        "phone": {"p": {"input": "+44 161 234 5000"}},
        "phone, national": {"p": {"input": "0161 2345000", "defaultCountry": "gb"}},
        "phone, not valid": {"p": {"input": "+4412"}},
        "phone, bogus country": {"p": {"input": "+491701234567", "defaultCountry": "xx"}},
        "phone, no country": {"p": {"input": "0161 2345000"}},
        "phone, no input": {"p": {"defaultCountry": "gb"}},
        "phone, no number": {"p": {"input": "hello"}},
        "phone, wrong": {"p": "+441612345000"},
        "blob": {"x": "aGVsbG8="},
        "blob, wrong": {"x": "a"},
        "blob, empty": {"x": ""},
        "hash": {"h": "aGVsbG8="},
        "object": {"o": {"i": 1, "T": None}},
        "object, empty": {"o": {}},
        "object, unknown part": {"o": {"zz": 1}},
        "object, wrong part": {"o": {"i": "x"}},
        "object, wrong": {"o": 1},
        "object list": {"ol": [{"i": 1}, {}]},
        "object list, wrong": {"ol": {"i": 1}},
        "object list, wrong part": {"ol": [{"i": 1}, 2]},
    },
)
def _(it: It, properties: Any) -> None:
    it.create(**_TYPES)
    it.post("/objects", {"class": C, "id": uuid(1), "properties": properties})
    it.get(f"/objects/{C}/{uuid(1)}")
    it.search(properties=None if "x" in properties or "h" in properties else {"return_all_nonref_properties": True})


@scenario("objects")
def one_object_from_birth_to_death(it: It) -> None:
    it.create(t="text", n="int")
    it.post("/objects", {"class": "cgThing", "id": uuid(1), "properties": {"t": "a"}, "vector": [1, 4.1]})
    it.post("/objects", {"class": C, "id": uuid(1)})
    it.get(f"/objects/{C}/{uuid(1)}", include="vector")
    it.get(f"/objects/{C}/{uuid(1)}", include="foo")
    it.rest("HEAD", f"/objects/{C}/{uuid(1)}")
    it.put(f"/objects/{C}/{uuid(1)}", {"class": C, "id": uuid(1), "properties": {"n": 2}})
    it.get(f"/objects/{C}/{uuid(1)}", include="vector")
    it.patch(f"/objects/{C}/{uuid(1)}", {"class": C, "properties": {"t": "b", "n": None}, "vector": [3, 4]})
    it.get(f"/objects/{C}/{uuid(1)}", include="vector")
    it.patch(f"/objects/{C}/{uuid(1)}", {})
    it.delete(f"/objects/{C}/{uuid(1)}")
    it.delete(f"/objects/{C}/{uuid(1)}")
    it.get(f"/objects/{C}/{uuid(1)}")
    it.rest("HEAD", f"/objects/{C}/{uuid(1)}")


@scenario("objects")
def calls_that_do_not_fit(it: It) -> None:
    it.create(t="text")
    it.insert(C, {1: {"t": "a"}})
    one = f"/objects/{C}/{uuid(1)}"
    it.get("/objects/CgNothing/" + uuid(1))
    it.get(f"/objects/{C}/nope")
    it.delete("/objects/CgNothing/" + uuid(1))
    it.put(one, {"class": C, "properties": {"t": "b"}})
    it.put(one, {"class": C, "id": uuid(2)})
    it.put(one, {"id": uuid(1)})
    it.put(one, {"class": "CgNothing", "id": uuid(1)})
    it.put(f"/objects/{C}/{uuid(2)}", {"class": C, "id": uuid(2)})
    it.put(one, {"class": C, "id": uuid(1), "properties": {"zz": 1}})
    it.patch(f"/objects/{C}/{uuid(2)}", {"class": C})
    it.patch(one, {"class": C, "properties": {"t": 1}})
    it.patch(one, {"class": C, "properties": {"zz": 1}})
    it.post("/objects", {"class": "CgNothing", "properties": {}})
    it.post("/objects", {"properties": {}})
    it.post("/objects", {"class": C, "id": "nope"})
    it.post("/objects", {"class": C, "properties": []})
    it.post("/objects", {"class": C, "vector": "x"})
    it.post("/objects", {"class": C, "tenant": "a"})
    it.get(one, tenant="a")
    it.get(one, consistency_level="FOO")
    it.get(one, consistency_level="ALL")
    it.post("/objects/validate", {"class": C, "id": uuid(3), "properties": {"t": 1}})
    it.post("/objects/validate", {"class": C, "id": uuid(3), "properties": {"t": "x"}})
    it.post("/objects/validate", {"class": C})
    it.rest("PATCH", "/objects", {})
    it.get("/nothing")


@each(
    "vectors",
    {
        "another length": {"vector": [1, 2, 3]},
        "empty": {"vector": []},
        "of a name": {"vectors": {"a": [1, 2]}},
        "default": {"vectors": {"default": [3, 4]}},
    },
)
def _(it: It, vectors: Any) -> None:
    it.create()
    it.insert(C, {1: {"vector": [1, 2]}})
    it.post("/objects", {"class": C, "id": uuid(2), **vectors})
    it.rpc("BatchObjects", objects=[{"collection": C, "uuid": uuid(3), "vectors": [vector(1, 2, 3)]}])
    it.get(f"/objects/{C}/{uuid(2)}", include="vector")


@each(
    "named vectors",
    {
        "both": {"vectors": {"a": [1, 2], "m": [[1, 0], [0, 1]]}},
        "without name": {"vector": [1, 2]},
        "unknown name": {"vectors": {"zz": [1]}},
        "another length": {"vectors": {"a": [1]}},
        "another length, many": {"vectors": {"m": [[1, 2, 3]]}},
        "rows of two lengths": {"vectors": {"m": [[1, 2], [1]]}},
    },
)
def _(it: It, vectors: Any) -> None:
    multi = {"vectorizer": {"none": {}}, "vectorIndexConfig": {"multivector": {"enabled": True}}}
    it.create(vectorConfig={"a": {"vectorizer": {"none": {}}}, "m": multi})
    it.insert(C, {1: {"vectors": {"a": [1, 2], "m": [[1, 2]]}}})
    it.post("/objects", {"class": C, "id": uuid(2), **vectors})
    it.get(f"/objects/{C}/{uuid(2)}", include="vector")


@scenario("vectors")
def numbers_that_are_no_float32(it: It) -> None:
    it.create(i="int")
    for numbers in ([1e39, 0], [0, "a"], [0, [1]], [-3.5e38]):
        body = {"class": C, "id": uuid(1), "vector": numbers, "properties": {"i": "x"}}
        it.post("/objects", body)
        it.post("/objects/validate", body)
        it.put(f"/objects/{C}/{uuid(1)}", body)
        it.patch(f"/objects/{C}/{uuid(1)}", body)
        it.post("/batch/objects", {"objects": [body]})


@scenario("objects")
def whole_numbers_at_the_edge(it: It) -> None:
    it.create(i="int", l="int[]")
    for n, number in enumerate((2**53 + 1, 2**62, -(2**62) - 1, -(2**63), 2**63 - 2000), 1):
        it.post("/objects", {"class": C, "id": uuid(n), "properties": {"i": number, "l": [number]}})
    it.search(properties=None)
    it.get(f"/objects/{C}/{uuid(2)}")


@scenario("objects")
def the_class_that_is_put_to(it: It) -> None:
    it.create(t="text")
    it.create(D, t="text")
    it.insert(C, {1: {"t": "x"}})
    for path in (C, D, "CgNothing"):
        for name in (C, D, "CgNothing"):
            it.put(f"/objects/{path}/{uuid(1)}", {"class": name, "id": uuid(1), "properties": {"t": "y"}})


@scenario("tenants")
def whose_names_refuse_a_batch(it: It) -> None:
    for made in (True, False):
        it.tenants("a", t="text", multiTenancyConfig={"enabled": True, "autoTenantCreation": made})
        for tenant in ("", "x y", "a", "b"):
            both = [{"class": TENANTED, "id": uuid(n), "tenant": name} for n, name in ((1, "a"), (2, tenant))]
            it.post("/batch/objects", {"objects": both})
            it.rpc(
                "BatchObjects",
                objects=[{"collection": TENANTED, "uuid": one["id"], "tenant": one["tenant"]} for one in both],
            )
        it.get(f"/schema/{TENANTED}/tenants", show=_by_name)
        it.delete(f"/schema/{TENANTED}")


@scenario("objects")
def what_is_taken_is_told_first(it: It) -> None:
    it.create(i="int")
    it.insert(C, {1: {"i": 1}})
    it.post("/objects", {"class": C, "id": uuid(1), "properties": {"i": "x"}})
    it.post("/objects", {"class": C, "id": uuid(1), "properties": {"zz": 1}})


@scenario("vectors")
def one_name_takes_the_bare_vector(it: It) -> None:
    it.create(vectorConfig={"a": {"vectorizer": {"none": {}}}})
    it.post("/objects", {"class": C, "id": uuid(1), "vector": [1, 2]})
    it.search(metadata={"uuid": True, "vector": True})
    it.search(metadata={"vectors": ["a"]})
    it.search(metadata={"vectors": ["zz"]})


@scenario("vectors")
def a_flat_index_says_it_otherwise(it: It) -> None:
    it.create(vectorIndexType="flat")
    it.insert(C, {1: {"vector": [1, 2]}})
    it.post("/objects", {"class": C, "id": uuid(2), "vector": [1]})


# Lists.


@each(
    "lists",
    {
        "all": {"class": C},
        "limit": {"class": C, "limit": 2},
        "limit and offset": {"class": C, "limit": 2, "offset": 1},
        "nothing": {"class": C, "limit": 0},
        "cursor": {"class": C, "limit": 2, "after": uuid(1)},
        "cursor without class": {"limit": 2, "after": uuid(1)},
        "cursor and offset": {"class": C, "limit": 2, "offset": 1, "after": uuid(1)},
        "cursor and sort": {"class": C, "limit": 2, "sort": "n", "after": uuid(1)},
        "sorted": {"class": C, "sort": "n,t", "order": "desc"},
        "sorted by an unknown": {"class": C, "sort": "zz"},
        "with vectors": {"class": C, "limit": 1, "include": "vector"},
        "a missing class": {"class": "CgNothing"},
        "too far": {"class": C, "offset": 2, "limit": 9999},
        "not a number": {"class": C, "limit": "x"},
    },
)
def _(it: It, query: Any) -> None:
    it.create(t="text", n="int")
    it.insert(C, {3: {"t": "a", "n": 1}, 1: {"t": "b", "n": 1, "vector": [1, 2]}, 2: {"t": "c", "n": 3}})
    it.rest("GET", "/objects", **{f"{key}_": value for key, value in query.items()})


# Batches.


@scenario("batch")
def objects_over_rest(it: It) -> None:
    it.create(t="text", n="int")
    it.insert(C, {1: {"t": "old"}})
    one = {"class": C, "id": uuid(1), "properties": {"t": "new"}, "vector": [1, 2]}
    bad = {"class": C, "id": uuid(2), "properties": {"n": "x"}}
    nowhere = {"class": "CgNothing", "id": uuid(3)}
    it.post("/batch/objects", {"objects": [one, bad, nowhere, {"class": C, "id": uuid(4), "tenant": "a"}]})
    it.post("/batch/objects", {"objects": []})
    it.post("/batch/objects", {})
    it.post("/batch/objects", {"objects": [{"class": C, "id": "nope"}]})
    it.post("/batch/objects", {"objects": [{"class": C, "id": uuid(5), "properties": {"zz": 1}}]})
    it.ids()


@scenario("batch")
def objects_over_grpc(it: It) -> None:
    it.create(**_TYPES)
    good = {
        "non_ref_properties": {"t": "x", "i": 3.0, "n": 2.0, "b": True, "d": "2020-01-02T03:04:05Z", "u": _U},
        "int_array_properties": [{"prop_name": "il", "values": [1, 2]}],
        "text_array_properties": [{"prop_name": "tl", "values": ["a"]}],
        "number_array_properties": [{"prop_name": "nl", "values": [1.5]}],
        "boolean_array_properties": [{"prop_name": "bl", "values": [True]}],
        "object_properties": [{"prop_name": "o", "value": {"non_ref_properties": {"i": 4.0}}}],
        "empty_list_props": ["dl"],
    }
    it.rpc(
        "BatchObjects",
        objects=[
            {"collection": C, "uuid": uuid(1), "properties": good, "vector_bytes": b"\0\0\x80\x3f"},
            {"collection": C, "uuid": "nope"},
            {"collection": C},
            {"collection": "CgNothing", "uuid": uuid(2)},
            {"collection": C, "uuid": uuid(3), "properties": {"non_ref_properties": {"i": 1.5}}},
            {"collection": C, "uuid": uuid(4), "properties": {"non_ref_properties": {"t": 1.0}}},
            {"collection": C, "uuid": uuid(5), "properties": {"non_ref_properties": {"zz": 1.0}}},
            {"collection": C, "uuid": uuid(6), "tenant": "a"},
            {"collection": C, "uuid": uuid(7), "vectors": [vector(1, name="zz")]},
            {"collection": C, "uuid": uuid(8), "vectors": [matrix((1.0, 2.0))]},
        ],
    )
    it.rpc("BatchObjects")
    it.get(f"/objects/{C}/{uuid(1)}", include="vector")


@scenario("batch")
def what_is_overwritten(it: It) -> None:
    it.create(n="int")
    it.insert(C, {n: {"n": n, "vector": [n]} for n in (1, 2, 3)})
    every = where("n", ">", 0)
    it.ids(filters=every)
    it.put(f"/objects/{C}/{uuid(1)}", {"class": C, "id": uuid(1), "properties": {"n": 9}, "vector": [1]})
    it.ids(filters=every)
    it.put(f"/objects/{C}/{uuid(1)}", {"class": C, "id": uuid(1), "properties": {"n": 9}, "vector": [7]})
    it.ids(filters=every)
    it.delete(f"/objects/{C}/{uuid(2)}")
    it.insert(C, {2: {"n": 1}})
    it.ids(filters=every)


_MATCH = {"operator": "GreaterThan", "path": ["n"], "valueInt": 1}


@each(
    "batch delete",
    {
        "minimal": {"match": {"class": C, "where": _MATCH}},
        "verbose": {"match": {"class": C, "where": _MATCH}, "output": "verbose"},
        "dry": {"match": {"class": C, "where": _MATCH}, "output": "verbose", "dryRun": True},
        "nothing": {"match": {"class": C, "where": {**_MATCH, "valueInt": 9}}},
        "no match": {},
        "an empty match": {"match": {}},
        "no where": {"match": {"class": C}},
        "a missing class": {"match": {"class": "CgNothing", "where": _MATCH}},
        "a bad output": {"match": {"class": C, "where": _MATCH}, "output": "foo"},
        "an unknown operator": {"match": {"class": C, "where": {**_MATCH, "operator": "Foo"}}},
        "an unknown property": {"match": {"class": C, "where": {**_MATCH, "path": ["zz"]}}},
        "another type": {"match": {"class": C, "where": {"operator": "Equal", "path": ["n"], "valueText": "1"}}},
        "no value": {"match": {"class": C, "where": {"operator": "Equal", "path": ["n"]}}},
        "two values": {"match": {"class": C, "where": {**_MATCH, "valueText": "1"}}},
        "no path": {"match": {"class": C, "where": {"operator": "Equal", "valueInt": 1}}},
        "and of nothing": {"match": {"class": C, "where": {"operator": "And"}}},
        "by id": {"match": {"class": C, "where": {"operator": "Equal", "path": ["id"], "valueText": uuid(2)}}},
        "any of": {"match": {"class": C, "where": {"operator": "ContainsAny", "path": ["n"], "valueIntArray": [1, 3]}}},
        "or": {
            "match": {
                "class": C,
                "where": {"operator": "Or", "operands": [_MATCH, {**_MATCH, "operator": "LessThan", "valueInt": 2}]},
            },
            "output": "verbose",
        },
    },
)
def _(it: It, body: Any) -> None:
    it.create(t="text", n="int")
    it.insert(C, {1: {"n": 1}, 2: {"n": 2}, 3: {"n": 3}})
    it.delete("/batch/objects", body)
    it.ids()


@scenario("batch delete")
def over_grpc(it: It) -> None:
    it.create(n="int")
    it.insert(C, {1: {"n": 1}, 2: {"n": 2}, 3: {"n": 3}})
    it.rpc("BatchDelete", collection=C, filters=where("n", ">", 1), dry_run=True)
    it.rpc("BatchDelete", collection=C)
    it.rpc("BatchDelete", collection="CgNothing", filters=where("n", ">", 1))
    it.rpc("BatchDelete", collection=C, tenant="a", filters=where("n", ">", 1))
    it.rpc("BatchDelete", collection=C, filters=where("zz", ">", 1))
    it.rpc("BatchDelete", collection=C, filters=where("n", ">", 1), verbose=True)
    it.ids()


# References.


def _two(it: It) -> None:
    it.create(t="text")
    it.create(D, r=C, m={"dataType": [C, D]}, t="text")
    it.insert(C, {1: {"t": "one"}, 2: {"t": "two"}})
    it.insert(D, {1: {"r": [{"beacon": f"{_BEACON}{uuid(1)}"}]}, 2: {}})


@each(
    "references",
    {
        "added": ("POST", "r", {"beacon": f"{_BEACON}{uuid(2)}"}),
        "added again": ("POST", "r", {"beacon": f"{_BEACON}{uuid(1)}"}),
        "added without class": ("POST", "r", {"beacon": f"weaviate://localhost/{uuid(2)}"}),
        "added without class, several": ("POST", "m", {"beacon": f"weaviate://localhost/{uuid(2)}"}),
        "added to nothing": ("POST", "r", {"beacon": f"{_BEACON}{uuid(9)}"}),
        "added, no uri": ("POST", "r", {"beacon": "nope"}),
        "added to a text": ("POST", "t", {"beacon": f"{_BEACON}{uuid(2)}"}),
        "added to an unknown": ("POST", "zz", {"beacon": f"{_BEACON}{uuid(2)}"}),
        "replaced": ("PUT", "r", [{"beacon": f"{_BEACON}{uuid(2)}"}]),
        "replaced by none": ("PUT", "r", []),
        "replaced by nothing": ("PUT", "r", [{"beacon": f"{_BEACON}{uuid(9)}"}]),
        "replaced, a text": ("PUT", "t", []),
        "deleted": ("DELETE", "r", {"beacon": f"{_BEACON}{uuid(1)}"}),
        "deleted, absent": ("DELETE", "r", {"beacon": f"{_BEACON}{uuid(2)}"}),
        "deleted, unknown": ("DELETE", "zz", {"beacon": f"{_BEACON}{uuid(2)}"}),
    },
)
def _(it: It, call: Any) -> None:
    method, name, body = call
    _two(it)
    it.rest(method, f"/objects/{D}/{uuid(1)}/references/{name}", body)
    it.rest(method, f"/objects/{D}/{uuid(9)}/references/{name}", body)
    it.rest(method, f"/objects/CgNothing/{uuid(1)}/references/{name}", body)
    it.get(f"/objects/{D}/{uuid(1)}")


@each(
    "references in objects",
    {
        "whole": [{"beacon": f"{_BEACON}{uuid(2)}"}],
        "without class": [{"beacon": f"weaviate://localhost/{uuid(2)}"}],
        "none": [],
        "to nothing": [{"beacon": f"{_BEACON}{uuid(9)}"}],
        "no list": {"beacon": f"{_BEACON}{uuid(2)}"},
        "no beacon": [{}],
        "a text": ["x"],
        "a broken beacon": [{"beacon": "weaviate://localhost/x"}],
    },
)
def _(it: It, value: Any) -> None:
    _two(it)
    it.post("/objects", {"class": D, "id": uuid(5), "properties": {"r": value}})
    it.patch(f"/objects/{D}/{uuid(1)}", {"class": D, "properties": {"r": value}})
    it.get(f"/objects/{D}/{uuid(1)}")


@scenario("references")
def to_a_class_in_lower_case(it: It) -> None:
    _two(it)
    it.post(f"/objects/{D}/{uuid(1)}/references/r", {"beacon": f"weaviate://localhost/cgThing/{uuid(2)}"})


@scenario("references")
def in_batches_over_rest(it: It) -> None:
    _two(it)
    source = f"weaviate://localhost/{D}/{uuid(2)}"
    it.post(
        "/batch/references",
        [
            {"from": f"{source}/r", "to": f"{_BEACON}{uuid(2)}"},
            {"from": f"{source}/r", "to": f"weaviate://localhost/{uuid(1)}"},
            {"from": f"{source}/m", "to": f"weaviate://localhost/{uuid(1)}"},
            {"from": f"weaviate://localhost/{D}/{uuid(9)}/r", "to": f"{_BEACON}{uuid(2)}"},
            {"from": f"weaviate://localhost/CgNothing/{uuid(2)}/r", "to": f"{_BEACON}{uuid(2)}"},
            {"from": f"weaviate://localhost/cgOther/{uuid(2)}/r", "to": f"{_BEACON}{uuid(2)}"},
        ],
    )
    it.post("/batch/references", [])
    it.post("/batch/references", [{"from": "nope", "to": f"{_BEACON}{uuid(2)}"}])
    it.get(f"/objects/{D}/{uuid(2)}")


@scenario("references")
def in_batches_over_grpc(it: It) -> None:
    _two(it)
    link = {"from_collection": D, "from_uuid": uuid(2), "name": "r", "to_uuid": uuid(2)}
    it.differs("`BatchReferences` names the wrong part of a source that is no UUID")
    it.rpc(
        "BatchReferences",
        references=[
            link,
            {**link, "to_collection": C},
            {**link, "name": "m"},
            {**link, "name": "zz"},
            {**link, "from_collection": "CgNothing"},
            {**link, "from_uuid": uuid(9)},
            {**link, "from_uuid": "nope"},
            {**link, "to_uuid": "nope"},
        ],
    )
    it.rpc("BatchReferences")
    it.get(f"/objects/{D}/{uuid(2)}")


@scenario("references")
def in_objects_over_grpc(it: It) -> None:
    _two(it)
    single = {"single_target_ref_props": [{"prop_name": "r", "uuids": [uuid(1), uuid(2)]}]}
    several = {"multi_target_ref_props": [{"prop_name": "m", "target_collection": D, "uuids": [uuid(1)]}]}
    it.rpc(
        "BatchObjects",
        objects=[
            {"collection": D, "uuid": uuid(5), "properties": {**single, **several}},
            {
                "collection": D,
                "uuid": uuid(6),
                "properties": {"single_target_ref_props": [{"prop_name": "m", "uuids": [uuid(1)]}]},
            },
            {
                "collection": D,
                "uuid": uuid(7),
                "properties": {
                    "multi_target_ref_props": [{"prop_name": "r", "target_collection": C, "uuids": [uuid(1)]}]
                },
            },
            {
                "collection": D,
                "uuid": uuid(8),
                "properties": {"single_target_ref_props": [{"prop_name": "r", "uuids": [uuid(9)]}]},
            },
        ],
    )
    it.get(f"/objects/{D}/{uuid(5)}")


@each(
    "references in results",
    {
        "all properties": {"reference_property": "r"},
        "some": {"reference_property": "r", "properties": {"non_ref_properties": ["t"]}, "metadata": {"uuid": True}},
        "no properties": {"reference_property": "r", "properties": {}, "metadata": {"uuid": True}},
        "several targets": {"reference_property": "m"},
        "several, one named": {"reference_property": "m", "target_collection": C, "metadata": {"uuid": True}},
        "not a reference": {"reference_property": "t"},
        "unknown": {"reference_property": "zz"},
    },
)
def _(it: It, wanted: Any) -> None:
    _two(it)
    it.search(D, properties={"ref_properties": [wanted]})
    it.search(D, properties={"non_ref_properties": ["r"]})


# Auto-schema.


@scenario("references in results")
def what_is_there_of_none(it: It) -> None:
    it.create(D, t="text")
    it.create(C, r=D)
    it.insert(D, {1: {"t": "x"}, 2: {}})
    link = {n: [{"beacon": f"weaviate://localhost/{D}/{uuid(n)}"}] for n in (1, 2)}
    it.insert(C, {1: {}, 2: {"r": []}, 3: {"r": link[1]}, 4: {"r": link[2]}})
    it.delete(f"/objects/{D}/{uuid(2)}")
    for target in ("", C, D, "CgNothing"):
        wanted = {"reference_property": "r", "target_collection": target, "metadata": {"uuid": True}}
        it.search(properties={"ref_properties": [wanted]})


@scenario("references")
def to_nothing_in_batches(it: It) -> None:
    _two(it)
    link = {"from": f"weaviate://localhost/{D}/{uuid(2)}/r"}
    for to in (None, ""):
        it.post("/batch/references", [{**link, "to": to}, {**link, "to": f"{_BEACON}{uuid(2)}"}])
    for name in ("r", "m"):
        given = {"from_collection": D, "from_uuid": uuid(1), "name": name, "to_uuid": uuid(2)}
        it.differs("the wrong class where the target has none")
        it.rpc("BatchReferences", references=[{**given, "to_collection": "CgNothing"}])
    for n in (1, 2):
        it.get(f"/objects/{D}/{uuid(n)}")
    for kind in ("single_target_ref_props", "multi_target_ref_props"):
        one = {kind: [{"prop_name": "R", "uuids": [uuid(1)]}]}
        it.rpc("BatchObjects", objects=[{"collection": D, "uuid": uuid(3), "properties": one}])


def _in_order(config: Any) -> Any:
    """A class or property with its properties by name: a server makes them in any order."""
    return {
        key: sorted(map(_in_order, value), key=lambda prop: prop["name"])
        if key.lower().endswith("properties")
        else value
        for key, value in config.items()
    }


@each(
    "auto-schema",
    {
        "text": {"a": "x"},
        "date": {"a": "2020-01-02T03:04:05Z"},
        "date without offset": {"a": "2020-01-02T03:04:05"},
        "uuid": {"a": _U},
        "number": {"a": 1},
        "boolean": {"a": True},
        "coordinates": {"a": {"latitude": 1, "longitude": 2}},
        "phone": {"a": {"input": "+441612345000"}},
        "object": {"a": {"b": 1, "c": {"d": ["x"]}}},
        "list of texts": {"a": ["x", "2020-01-02T03:04:05Z"]},
        "list of dates": {"a": ["2020-01-02T03:04:05Z"]},
        "list of numbers": {"a": [1, 2.5]},
        "empty list": {"a": []},
        "list of objects": {"a": [{"b": 1}, {"c": "x"}]},
        "mixed list": {"a": ["x", 1]},
        "list with null": {"a": [None]},
        "list in list": {"a": [["x"]]},
        "null": {"a": None},
    },
    world="auto",
)
def _(it: It, properties: Any) -> None:
    it.post("/objects", {"class": C, "id": uuid(1), "properties": properties})
    it.get(f"/schema/{C}", show=_in_order)
    it.get(f"/objects/{C}/{uuid(1)}")


@scenario("auto-schema", world="auto")
def classes_that_grow(it: It) -> None:
    it.create(t="text", o={"dataType": ["object"], "nestedProperties": [{"name": "a", "dataType": ["int"]}]})
    it.post("/objects", {"class": C, "id": uuid(1), "properties": {"t": "x", "new": 1, "o": {"b": "y"}}})
    it.put(f"/objects/{C}/{uuid(1)}", {"class": C, "id": uuid(1), "properties": {"put": True}})
    it.patch(f"/objects/{C}/{uuid(1)}", {"class": C, "properties": {"patched": "z"}})
    it.post("/objects", {"class": "1x", "properties": {}})
    it.post("/objects", {"properties": {}})
    it.post("/batch/objects", {"objects": [{"class": "CgBatch", "id": uuid(2), "properties": {"a": 1}}]})
    it.rpc(
        "BatchObjects",
        objects=[
            {
                "collection": "CgRpc",
                "uuid": uuid(3),
                "properties": {
                    "non_ref_properties": {"n": 1.0},
                    "int_array_properties": [{"prop_name": "l", "values": [1]}],
                },
            }
        ],
    )
    for name in (C, "CgBatch", "CgRpc"):
        it.get(f"/schema/{name}", show=lambda found: sorted((p["name"], p["dataType"][0]) for p in found["properties"]))


# Tenants.


def _by_name(tenants: Any) -> Any:
    return sorted(tenants, key=lambda tenant: tenant["name"])


@each(
    "tenants",
    {
        "made": (
            "POST",
            [{"name": "c"}, {"name": "a", "activityStatus": "COLD"}, {"name": "d", "activityStatus": "INACTIVE"}],
        ),
        "made twice": ("POST", [{"name": "c"}, {"name": "c"}]),
        "a bad name": ("POST", [{"name": "a b"}]),
        "no name": ("POST", [{}]),
        "a bad status": ("POST", [{"name": "c", "activityStatus": "FOO"}]),
        "offloaded": ("POST", [{"name": "c", "activityStatus": "OFFLOADED"}]),
        "none": ("POST", []),
        "put to sleep": ("PUT", [{"name": "a", "activityStatus": "COLD"}]),
        "an unknown one": ("PUT", [{"name": "a", "activityStatus": "COLD"}, {"name": "zz", "activityStatus": "HOT"}]),
        "no status": ("PUT", [{"name": "a"}]),
        "too many": ("PUT", [{"name": f"t{n}", "activityStatus": "HOT"} for n in range(101)]),
        "deleted": ("DELETE", ["a", "zz"]),
    },
)
def _(it: It, call: Any) -> None:
    method, body = call
    it.tenants("a", "b")
    it.rest(method, f"/schema/{TENANTED}/tenants", body)
    it.get(f"/schema/{TENANTED}/tenants", show=_by_name)


@scenario("tenants")
def one_by_one(it: It) -> None:
    it.tenants("a")
    it.create()
    it.get(f"/schema/{TENANTED}/tenants/a")
    it.get(f"/schema/{TENANTED}/tenants/zz")
    it.rest("HEAD", f"/schema/{TENANTED}/tenants/a")
    it.rest("HEAD", f"/schema/{TENANTED}/tenants/zz")
    it.get(f"/schema/{C}/tenants")
    it.get("/schema/CgNothing/tenants")
    it.rest("HEAD", f"/schema/{C}/tenants/a")
    it.post(f"/schema/{C}/tenants", [{"name": "a"}])
    it.delete(f"/schema/{C}/tenants", ["a"])
    it.rpc("TenantsGet", collection=TENANTED)
    it.rpc("TenantsGet", collection=TENANTED, names={"values": ["a", "zz"]})
    it.rpc("TenantsGet", collection=TENANTED, names={"values": []})
    it.rpc("TenantsGet", collection=C)


@scenario("tenants")
def each_sees_its_own(it: It) -> None:
    it.tenants("a", "b", t="text")
    it.insert(TENANTED, {1: {"t": "fox", "vector": [1, 2]}}, tenant="a")
    it.insert(TENANTED, {2: {"t": "fox fox", "vector": [1, 2, 3]}}, tenant="b")
    one = f"/objects/{TENANTED}/{uuid(1)}"
    for tenant in ("a", "b", "zz"):
        it.get(one, tenant=tenant)
        it.ids(TENANTED, tenant=tenant)
        it.search(TENANTED, tenant=tenant, bm25_search={"query": "fox", "properties": ["t"]})
        it.rpc("Aggregate", collection=TENANTED, tenant=tenant, objects_count=True)
    it.get(one)
    it.ids(TENANTED)
    it.delete(one)
    it.post("/objects", {"class": TENANTED, "id": uuid(3)})
    it.post("/objects", {"class": TENANTED, "id": uuid(3), "tenant": "zz"})
    it.rpc("BatchObjects", objects=[{"collection": TENANTED, "uuid": uuid(3)}])
    it.rpc("BatchDelete", collection=TENANTED, filters=where("t", "=", "fox"))
    it.get("/objects", class_=TENANTED, tenant="a")
    it.get("/objects", class_=TENANTED)
    it.put(f"/schema/{TENANTED}/tenants", [{"name": "a", "activityStatus": "COLD"}])
    it.get(one, tenant="a")
    it.ids(TENANTED, tenant="a")
    it.post("/objects", {"class": TENANTED, "id": uuid(3), "tenant": "a"})


@scenario("tenants")
def that_come_and_wake_by_themselves(it: It) -> None:
    it.tenants("a", multiTenancyConfig={"enabled": True, "autoTenantCreation": True, "autoTenantActivation": True})
    it.post("/objects", {"class": TENANTED, "id": uuid(1), "tenant": "new"})
    it.rpc("BatchObjects", objects=[{"collection": TENANTED, "uuid": uuid(3), "tenant": "newer"}])
    it.get(f"/objects/{TENANTED}/{uuid(1)}", tenant="newest")
    it.put(f"/schema/{TENANTED}/tenants", [{"name": "new", "activityStatus": "COLD"}])
    it.get(f"/objects/{TENANTED}/{uuid(1)}", tenant="new")
    it.get(f"/schema/{TENANTED}/tenants", show=_by_name)
    it.post("/objects", {"class": TENANTED, "id": uuid(1), "tenant": "a b"})
