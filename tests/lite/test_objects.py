"""Single objects over REST: what values may be, and what each verb does."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from lite_kit import Lite, Start, uuid

TYPES = "text int number boolean date uuid blob blobHash geoCoordinates text[] int[] number[] date[] uuid[]".split()
ID = "550e8400-e29b-41d4-a716-446655440000"


@pytest.fixture
def things(lite: Lite) -> Lite:
    """A class `T` with a property of every type, named after it."""
    nested = [{"name": "x", "dataType": ["int"]}, {"name": "s", "dataType": ["text"]}]
    properties: dict[str, Any] = {name.replace("[]", "s"): name for name in TYPES}
    properties["o"] = {"dataType": ["object"], "nestedProperties": nested}
    properties["os"] = {"dataType": ["object[]"], "nestedProperties": nested}
    lite.create("T", {**properties, "r": "T", "phone": "phoneNumber"})
    return lite


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("Text", "", ""),
        ("int", 2**53 + 1, 2**53),
        ("number", 1.0, 1),
        ("number", -0.0, 0),
        ("number", 1e-7, 1e-7),
        ("date", "2020-01-02T03:04:05.1234567890+00:00", "2020-01-02T03:04:05.123456789Z"),
        ("date", "2020-01-02T03:04:05,50-07:00", "2020-01-02T03:04:05.5-07:00"),
        ("uuid", "{550E8400-e29b-41d4-a716-446655440000}", ID),
        ("uuid", "550e8400e29b41d4a716446655440000", ID),
        ("uuid", f"urn:uuid:{ID}", ID),
        ("blobHash", "aGVsbG8=", "333d6b3a4c36ec8d1a1d0ea2e0a0e4e0"),
        ("geoCoordinates", {"latitude": 52.123456789, "longitude": 1, "z": 1}, {"latitude": 52.123455, "longitude": 1}),
        ("texts", [], []),
        ("ints", [1, 2**53 + 1], [1, 2**53]),
        ("numbers", [1, 2.5], [1, 2.5]),
        ("dates", ["2020-01-02T03:04:05.500Z"], ["2020-01-02T03:04:05.5Z"]),
        ("o", {"x": 1, "s": None}, {"x": 1, "s": None}),
        ("o", {}, {}),
        ("os", [{"x": 1}, {}], [{"x": 1}, {}]),
        ("r", [], []),
    ],
)
def test_values_that_are_kept(things: Lite, name: str, given: Any, kept: Any) -> None:
    things.insert("T", 1, {name: given})
    value = things.get("T", 1)["properties"][name[:1].lower() + name[1:]]
    if name == "blobHash":
        assert value.startswith("333d6b3a")
    else:
        assert value == kept
        assert type(value) is type(kept)


@pytest.mark.parametrize(
    ("name", "given", "text"),
    [
        ("text", 1, "invalid text property 'text' on class 'T': not a string, but json.Number"),
        ("text", ["a"], "not a string, but []interface {}"),
        ("int", "a", "invalid integer property 'int' on class 'T': requires an integer, the given value is 'a'"),
        ("int", 1.0, "the JSON number '1.0' could not be converted to an int"),
        ("int", 2**63, "could not be converted to an int"),
        ("number", True, "invalid number property 'number' on class 'T': requires a float, the given value is 'true'"),
        ("boolean", "x", "not a bool, but string"),
        ("date", "2020-01-02", "requires a string with a RFC3339 formatted date, but the given value is '2020-01-02'"),
        ("date", "2020-02-30T00:00:00Z", "requires a string with a RFC3339"),
        ("date", "2020-01-02t03:04:05z", "requires a string with a RFC3339"),
        ("date", "2020-01-02T24:00:00Z", "requires a string with a RFC3339"),
        ("uuid", "zz", "requires a string of UUID format, but the given value is 'zz'"),
        ("blob", "aGVsbG8", "not a valid blob base64 string"),
        ("blob", 1, "not a blob base64 string, but json.Number"),
        ("geoCoordinates", {"latitude": 1}, "geoCoordinates is missing required field 'longitude'"),
        ("geoCoordinates", {"latitude": "1", "longitude": 1}, "must be json.Number or float, but got string"),
        ("phone", "x", "phoneNumber must be a map, but got: string"),
        ("phone", {}, "phoneNumber is missing required field 'input'"),
        ("texts", "a", "invalid text array property 'texts' on class 'T': not a text array, but string"),
        ("texts", ["a", 1], "invalid text array value: [a 1]"),
        ("numbers", ["a"], "invalid number array property 'numbers' on class 'T': invalid integer array value: [a]"),
        ("o", 3, "object must be a map, but got: json.Number"),
        ("o", {"X": 1}, "invalid object property 'o' on class 'T': unknown property 'o.X'"),
        ("o", {"x": "a"}, "property 'o.x': invalid integer property 'o.x' on class 'T': requires an integer"),
        ("os", {}, "invalid object[] property 'os' on class 'T': not an object array, but map[string]interface {}"),
        ("os", [1], "invalid object '0' in array: object must be a map"),
        ("r", "x", "reference property is not a slice x"),
        (
            "r",
            [{"beacon": f"weaviate://localhost/T/{uuid(9)}"}],
            f"invalid cref: 'cref' T:r: no object with id {uuid(9)} found",
        ),
        ("zz", 1, "no such prop with name 'zz' found in class 'T' in the schema"),
    ],
)
def test_values_that_are_refused(things: Lite, name: str, given: Any, text: str) -> None:
    status, refusal = things.refused("POST", "/objects", {"class": "T", "properties": {name: given}})
    assert status == 422
    assert refusal.startswith("invalid object: ")
    assert text in refusal


def test_phone_numbers_need_a_package(things: Lite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    body = {"class": "T", "properties": {"phone": {"input": "+441612345000"}}}
    assert "pip install phonenumbers" in things.refused("POST", "/objects", body)[1]


def test_what_is_answered(things: Lite) -> None:
    made = things.insert("T", 1, {"Int": 3, "text": None}, vector=[1, 4.1])
    assert made["properties"] == {"int": 3}
    assert made["vector"] == [1, 4.1]
    assert made["creationTimeUnix"] == made["lastUpdateTimeUnix"]
    found = things.get("T", 1)
    assert found == {key: value for key, value in made.items() if key != "vector"} | {"vectorWeights": None}
    assert things.get("T", 1, include="vector")["vector"] == [1, 4.1]
    assert things.refused("GET", f"/objects/T/{uuid(1)}", include="foo") == (
        400,
        "unrecognized property 'foo' in ?include list",
    )
    assert things.refused("GET", f"/objects/T/{uuid(1)}", consistency_level="FOO")[0] == 400


def test_an_id_exists_once(things: Lite) -> None:
    things.insert("T", 1)
    assert things.refused("POST", "/objects", {"class": "T", "id": uuid(1)}) == (422, f"id '{uuid(1)}' already exists")


def test_missing_things(things: Lite) -> None:
    for name in ("T", "Nope"):
        assert things.refused("GET", f"/objects/{name}/{uuid(1)}") == (404, "")
        assert things.refused("HEAD", f"/objects/{name}/{uuid(1)}") == (404, "")
    assert things.rest("DELETE", f"/objects/T/{uuid(1)}") == (204, None)
    status, text = things.refused("DELETE", f"/objects/Nope/{uuid(1)}")
    assert (status, text.endswith("delete from non-existing index for Nope")) == (500, True)
    assert things.refused("POST", "/objects", {"class": "Nope"}) == (
        422,
        'invalid object: class "Nope" not found in schema',
    )


def test_put_replaces(things: Lite) -> None:
    made = things.insert("T", 1, {"int": 3, "text": "x"}, vector=[1, 2])
    path = f"/objects/T/{uuid(1)}"
    things.ok("PUT", path, {"class": "T", "id": uuid(1), "properties": {"text": "y"}})
    found = things.get("T", 1, include="vector")
    assert found["properties"] == {"text": "y"}
    assert "vector" not in found
    assert found["creationTimeUnix"] == made["creationTimeUnix"]
    assert things.refused("PUT", path, {"class": "T"}) == (422, "invalid update: field 'id' is immutable")
    missing = {"class": "T", "id": uuid(2)}
    assert things.refused("PUT", f"/objects/T/{uuid(2)}", missing) == (404, "")


def test_patch_merges(things: Lite) -> None:
    things.insert("T", 1, {"int": 3, "text": "x", "o": {"x": 1}}, vector=[1, 2])
    path = f"/objects/T/{uuid(1)}"
    patch = {"properties": {"text": None, "texts": [], "o": {"s": "a"}}}
    assert things.rest("PATCH", path, patch) == (204, None)
    found = things.get("T", 1, include="vector")
    assert found["properties"] == {"int": 3, "o": {"s": "a"}, "texts": []}
    assert found["vector"] == [1, 2]
    assert things.refused("PATCH", path, {"properties": {"int": "a"}})[1].startswith("msg:bad request code:400 err:")
    status, text = things.refused("PATCH", path, {"vector": [1, 2, 3]})
    assert (status, text.startswith("msg:repo.merge code:500 err:")) == (500, True)
    assert things.refused("PATCH", f"/objects/T/{uuid(2)}", {}) == (404, "")


def test_validate(things: Lite) -> None:
    assert things.rest("POST", "/objects/validate", {"class": "T", "id": uuid(1)}) == (200, None)
    assert things.refused("POST", "/objects/validate", {"class": "T"})[0] == 422
    assert things.ids("T") == []


@pytest.mark.parametrize(
    ("vectors", "status", "text"),
    [
        ({"vector": [1, 2, 3]}, 500, "new node has a vector with length 3. Existing nodes have vectors with length 2"),
        ({"vectors": {"x": [1]}}, 422, "collection T does not have configuration for vector x"),
        ({"vector": "a"}, 400, "cannot unmarshal string into Go struct field Object.vector"),
    ],
)
def test_vectors_that_do_not_fit(things: Lite, vectors: dict[str, Any], status: int, text: str) -> None:
    things.insert("T", 1, vectors={"default": [1, 2]})
    things.ok("DELETE", f"/objects/T/{uuid(1)}")  # the number of dimensions stays
    answer = things.refused("POST", "/objects", {"class": "T", **vectors})
    assert answer[0] == status
    assert text in answer[1]


def test_named_and_multi_vectors(lite: Lite) -> None:
    multi = {"vectorizer": {"none": {}}, "vectorIndexConfig": {"multivector": {"enabled": True}}}
    lite.create("A", vectorConfig={"v": {"vectorizer": {"none": {}}}, "m": multi})
    lite.create("B", vectorConfig={"only": {"vectorizer": {"none": {}}}})
    lite.insert("A", 1, vectors={"v": [1, 0.1], "m": [[1, 2], [3, 4]]})
    assert lite.get("A", 1, include="vector")["vectors"] == {"v": [1, 0.1], "m": [[1, 2], [3, 4]]}
    lite.insert("B", 1, vector=[1])
    assert lite.get("B", 1, include="vector")["vectors"] == {"only": [1]}
    bare = lite.refused("POST", "/objects", {"class": "A", "vector": [1]})[1]
    assert bare == "invalid object: collection A configuration does not have single vector index"
    for vectors, text in (
        ({"m": [1, 2]}, "AddBatch called on multivector index"),
        ({"v": [[1, 2]]}, "addMultiBatch called on non-multivector index"),
        ({"m": [[1]]}, "new node has a multi vector with length 1 at position 0"),
    ):
        status, refusal = lite.refused("POST", "/objects", {"class": "A", "vectors": vectors})
        assert (status, text in refusal) == (500, True)


def test_a_vectorizer(start: Start) -> None:
    seen: list[str] = []

    def embed(texts: list[str]) -> list[list[float]]:
        seen.extend(texts)
        return [[float(len(text)), 1.0] for text in texts]

    lite = start(vectorizers={"text2vec-x": embed})
    lite.create("ThingName", {"b": "text", "a": "text[]", "n": "int"}, vectorizer="text2vec-x")
    lite.insert("ThingName", 1, {"b": "Second", "a": ["First", "Two"], "n": 1})
    assert seen == ["thing name first two second"]
    assert lite.get("ThingName", 1, include="vector")["vector"] == [27, 1]
    lite.insert("ThingName", 2, {"b": "x"}, vector=[1, 1])
    lite.ok("PATCH", f"/objects/ThingName/{uuid(2)}", {"properties": {"n": 5}})
    assert lite.get("ThingName", 2, include="vector")["vector"] == [1, 1]
    lite.ok("PATCH", f"/objects/ThingName/{uuid(2)}", {"properties": {"b": "y"}})
    assert lite.get("ThingName", 2, include="vector")["vector"] == [12, 1]


# References.


def beacon(n: int, name: str = "T") -> dict[str, str]:
    return {"beacon": f"weaviate://localhost/{name}/{uuid(n)}"}


def test_references(things: Lite) -> None:
    things.insert("T", 1)
    things.insert("T", 2)
    path = f"/objects/T/{uuid(2)}/references/r"
    things.ok("POST", path, beacon(1))
    things.ok("POST", path, {"beacon": f"weaviate://localhost/{uuid(1)}"})
    href = {**beacon(1), "href": f"/v1/objects/T/{uuid(1)}"}
    assert things.get("T", 2)["properties"] == {"r": [href, href]}
    things.ok("PUT", path, [beacon(2)])
    things.ok("DELETE", path, beacon(1))
    things.ok("DELETE", path, beacon(2))
    assert things.get("T", 2)["properties"] == {"r": []}
    assert f"no object with id {uuid(9)} found" in things.refused("POST", path, beacon(9))[1]
    assert things.refused("POST", path, {"beacon": "x"})[0] == 422
    assert things.refused("POST", f"/objects/T/{uuid(9)}/references/r", beacon(1)) == (404, "")
    assert "is not a reference-type" in things.refused("POST", f"/objects/T/{uuid(2)}/references/text", beacon(1))[1]


def test_references_to_several_classes_stay_without_one(lite: Lite) -> None:
    lite.create("A")
    lite.create("B", {"r": {"dataType": ["A", "B"]}})
    lite.insert("A", 1)
    lite.insert("B", 2, {"r": [{"beacon": f"weaviate://localhost/{uuid(1)}"}]})
    reference = {"beacon": f"weaviate://localhost/{uuid(1)}", "href": f"/v1/objects/{uuid(1)}"}
    assert lite.get("B", 2)["properties"] == {"r": [reference]}


# Lists.


def test_lists(things: Lite) -> None:
    for n in (3, 1, 2):
        things.insert("T", n, {"int": 10 - n})
    page = things.ok("GET", "/objects", **{"class": "T"})
    assert [item["properties"]["int"] for item in page["objects"]] == [9, 8, 7]
    assert (page["totalResults"], page["deprecations"]) == (3, [])
    assert "totalResults" not in things.ok("GET", "/objects", **{"class": "T", "limit": 0})
    sorted_page = things.ok("GET", "/objects", **{"class": "T", "sort": "int", "order": "asc", "limit": 2, "offset": 1})
    assert [item["properties"]["int"] for item in sorted_page["objects"]] == [8, 9]
    after = things.ok("GET", "/objects", **{"class": "T", "after": uuid(1), "limit": 5})
    assert [item["id"] for item in after["objects"]] == [uuid(2), uuid(3)]
    assert len(things.ok("GET", "/objects")["objects"]) == 3
    assert things.refused("GET", "/objects", **{"class": "Nope"}) == (404, "")
    assert (
        "QUERY_MAXIMUM_RESULTS '10000'"
        in things.refused("GET", "/objects", **{"class": "T", "limit": 9999, "offset": 2})[1]
    )
    assert things.refused("GET", "/objects", after=uuid(1))[0] == 500
    assert "no such prop with name 'zz'" in things.refused("GET", "/objects", **{"class": "T", "sort": "zz"})[1]


def test_paths_without_a_class(things: Lite) -> None:
    things.insert("T", 1, {"text": "x"})
    assert things.ok("GET", f"/objects/{uuid(1)}")["class"] == "T"
    assert things.rest("DELETE", f"/objects/{uuid(1)}") == (204, None)
    assert things.refused("GET", f"/objects/{uuid(1)}") == (404, "")
