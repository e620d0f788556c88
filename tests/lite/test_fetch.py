"""Plain fetches: their order, the cursor, sorting, and what of an object is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lite_kit import Lite, Start, uuid, where
from weaviate_gen.grpc.v1 import search_get_pb2 as pb

ROWS: list[tuple[int, dict[str, Any]]] = [
    (
        9,
        {"t": "banana", "i": 2, "n": 1.5, "b": True, "d": "2020-01-02T00:00:00Z", "il": [2], "tl": ["b"], "bl": [True]},
    ),
    (8, {"t": "Apple", "i": -1, "n": -2, "b": False, "d": "2020-01-02T01:00:00+05:00", "il": [1, 5], "tl": ["A", "z"]}),
    (7, {}),
    (6, {"t": "", "il": [], "tl": [], "bl": [], "i": 2}),
    (5, {"t": "apple", "i": 10, "n": 1.25, "b": True, "d": "2019-01-01T00:00:00.5Z", "il": [1], "tl": ["a"]}),
    (4, {"t": "Éclair", "il": [1, 5, 0]}),
    (3, {"t": "zebra the", "i": 2}),
]
MORE: dict[int, dict[str, Any]] = {
    9: {"geo": {"latitude": 1, "longitude": 2}},
    8: {"geo": {"latitude": 5, "longitude": 1}, "bl": [False, True]},
    5: {"geo": {"latitude": 0, "longitude": 2}, "bl": [False]},
}
KINDS = {
    "t": "text",
    "i": "int",
    "n": "number",
    "b": "boolean",
    "d": "date",
    "il": "int[]",
    "tl": "text[]",
    "bl": "boolean[]",
}


@pytest.fixture
def rows(lite: Lite) -> Lite:
    lite.create("A", {**KINDS, "geo": "geoCoordinates", "u": "uuid", "r": "A"})
    for n, properties in ROWS:
        lite.insert("A", n, properties | MORE.get(n, {}))
    return lite


def by(*keys: str) -> list[Any]:
    return [pb.SortBy(path=[key.lstrip("-")], ascending=not key.startswith("-")) for key in keys]


@pytest.mark.parametrize(
    ("key", "up", "down"),
    [
        ("t", "7658934", "4395867"),
        ("i", "4783695", "5369847"),
        ("n", "3467859", "9583467"),
        ("b", "3467859", "5983467"),
        ("d", "3467589", "9853467"),
        ("il", "3675849", "9485367"),
        ("tl", "3467589", "9853467"),
        ("bl", "3467589", "9853467"),
        ("geo", "3467859", "9583467"),
        ("_id", "3456789", "9876543"),
    ],
)
def test_sorting(rows: Lite, key: str, up: str, down: str) -> None:
    assert "".join(map(str, rows.ids("A", sort_by=by(key)))) == up
    assert "".join(map(str, rows.ids("A", sort_by=by(f"-{key}")))) == down


def test_several_keys(rows: Lite) -> None:
    assert "".join(map(str, rows.ids("A", sort_by=by("i", "-t")))) == "4783965"
    assert "".join(map(str, rows.ids("A", sort_by=by("-i", "t")))) == "5693874"


def test_ties_behind_a_filter_keep_the_order_of_writing(rows: Lite) -> None:
    assert rows.ids("A", sort_by=by("i"), filters=where("i", "Equal", 2)) == [9, 6, 3]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (["zz"], "invalid 'sort' parameter: sort parameter at position 0: no such prop with name 'zz'"),
        (["u"], 'prop "u" is of type uuid/uuid[]: sorting by uuid is currently not supported'),
        (["r"], "sorting by reference not supported"),
        ([], "path parameter cannot be empty"),
    ],
)
def test_keys_that_are_refused(rows: Lite, path: list[str], text: str) -> None:
    assert text in rows.no_search("A", sort_by=[pb.SortBy(path=path)])


def test_order_without_and_with_a_filter(rows: Lite) -> None:
    assert rows.ids("A") == [3, 4, 5, 6, 7, 8, 9]
    every = where("_id", "NotEqual", uuid(7))
    assert rows.ids("A", filters=every) == [9, 8, 6, 5, 4, 3]
    rows.ok("PATCH", f"/objects/A/{uuid(9)}", {"properties": {"t": "other"}})
    assert rows.ids("A", filters=every)[0] == 9  # text alone keeps its place
    rows.ok("PATCH", f"/objects/A/{uuid(9)}", {"properties": {"geo": {"latitude": 0, "longitude": 0}}})
    assert rows.ids("A", filters=every)[-1] == 9
    rows.ok("PATCH", f"/objects/A/{uuid(8)}", {"vector": [1]})
    assert rows.ids("A", filters=every)[-2:] == [9, 8]


def test_pages(rows: Lite) -> None:
    assert rows.ids("A", limit=2, offset=3) == [6, 7]
    assert rows.ids("A", limit=2, after=uuid(4)) == [5, 6]
    assert rows.ids("A", limit=2, after=uuid(2)) == [3, 4]
    pages, after = [], ""
    while page := rows.ids("A", limit=3, after=after):
        pages += page
        after = uuid(page[-1])
    assert pages == [3, 4, 5, 6, 7, 8, 9]


def test_the_default_limit(start: Start) -> None:
    lite = start(QUERY_DEFAULTS_LIMIT=2)
    for n in range(3):
        lite.insert("A", n)
    assert lite.ids("A", limit=0) == [0, 1]
    assert len(lite.ok("GET", "/objects", **{"class": "A"})["objects"]) == 2


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"after": "zz"}, "after parameter 'zz' is not a valid uuid: invalid UUID length: 2"),
        ({"after": uuid(1), "offset": 1}, "cursor api: invalid 'after' parameter: offset cannot be set"),
        ({"after": uuid(1), "sort_by": by("t")}, "sort cannot be set with after and limit parameters"),
        ({"after": uuid(1), "filters": where("i", "Equal", 2)}, "where cannot be set with after and limit parameters"),
        ({"offset": 9999, "limit": 2}, "query maximum results exceeded"),
        ({"tenant": "x"}, "class A has multi-tenancy disabled, but request was with tenant"),
        ({"group_by": pb.GroupBy(path=["t"])}, "group is not present map[]"),
        ({"near_image": {"image": "x"}}, "search-type nearImage"),
    ],
)
def test_requests_that_are_refused(rows: Lite, request_: dict[str, Any], text: str) -> None:
    assert text in rows.no_search("A", **request_)


def test_a_class_that_is_not_there(lite: Lite) -> None:
    assert lite.no_search("nope") == "could not find class Nope in schema"


# What is shown.


@pytest.fixture
def linked(lite: Lite) -> Lite:
    nested = [{"name": name, "dataType": [kind]} for name, kind in (("x", "int"), ("s", "text"), ("bb", "blob"))]
    inner = {"dataType": ["object"], "nestedProperties": nested}
    lite.create("B", {"x": "int"})
    lite.create("A", {"t": "text", "bb": "blob", "o": inner, "r": "A", "m": {"dataType": ["A", "B"]}})
    lite.insert("B", 5, {"x": 5})
    lite.insert("A", 1, {"t": "one", "bb": "aGVsbG8=", "o": {"x": 1, "s": None, "bb": "aGVsbG8="}}, vector=[1, 2])
    lite.insert("A", 2, {"t": "", "r": [beacon("A", 1)], "m": [beacon("B", 5), beacon("A", 1)]})
    lite.insert("A", 3, {"r": [beacon("A", 2), beacon("A", 1)]})
    return lite


def beacon(name: str, n: int) -> dict[str, str]:
    return {"beacon": f"weaviate://localhost/{name}/{uuid(n)}"}


Wanted = pb.PropertiesRequest
Reference = pb.RefPropertiesRequest


def test_all_but_blobs_and_references(linked: Lite) -> None:
    one, two, _ = linked.search("A").results
    assert sorted(one.properties.non_ref_props.fields) == ["o", "t"]
    assert sorted(one.properties.non_ref_props.fields["o"].object_value.fields) == ["s", "x"]
    assert one.properties.non_ref_props.fields["o"].object_value.fields["s"].WhichOneof("kind") == "null_value"
    assert two.properties.non_ref_props.fields["t"].WhichOneof("kind") == "text_value"
    assert two.properties.non_ref_props.fields["o"].WhichOneof("kind") == "null_value"
    assert not one.properties.ref_props_requested


def test_nothing_or_what_is_named(linked: Lite) -> None:
    bare = linked.search("A", properties=Wanted(), limit=1, metadata=pb.MetadataRequest()).results[0]
    assert not bare.properties.HasField("non_ref_props")
    assert bare.metadata == pb.MetadataResult()
    named = linked.search("A", properties=Wanted(non_ref_properties=["Bb"]), limit=1).results[0]
    assert named.properties.non_ref_props.fields["bb"].blob_value == "aGVsbG8="
    parts = pb.ObjectPropertiesRequest(prop_name="o", primitive_properties=["x", "bb"])
    inner = linked.search("A", properties=Wanted(object_properties=[parts]), limit=1).results[0]
    assert sorted(inner.properties.non_ref_props.fields["o"].object_value.fields) == ["bb", "x"]
    text = linked.no_search("A", properties=Wanted(non_ref_properties=["zz"]))
    assert text.startswith("extract properties request: get property by name zz for class A: no such prop")


def test_metadata(linked: Lite) -> None:
    wanted = pb.MetadataRequest(
        uuid=True, vector=True, score=True, explain_score=True, creation_time_unix=True, distance=True, certainty=True
    )
    one, two, _ = (result.metadata for result in linked.search("A", metadata=wanted).results)
    assert (one.id, one.id_as_bytes[-1]) == (uuid(1), 1)
    assert list(one.vector) == [1, 2]
    assert (one.score_present, one.explain_score_present, one.distance_present) == (True, True, False)
    assert one.creation_time_unix == linked.get("A", 1)["creationTimeUnix"]
    assert two.vector_bytes == b""
    assert linked.search("A").generative_grouped_result == ""
    assert linked.search("A").HasField("generative_grouped_result")


def test_through_references(linked: Lite) -> None:
    deep = Reference(reference_property="r", properties=Wanted(non_ref_properties=["t"]))
    middle = Wanted(non_ref_properties=["t"], ref_properties=[deep])
    reference = Reference(reference_property="r", properties=middle, metadata=pb.MetadataRequest(uuid=True))
    results = linked.search("A", properties=Wanted(ref_properties=[reference])).results
    assert [result.properties.ref_props_requested for result in results] == [True] * 3
    assert [len(result.properties.ref_props) for result in results] == [0, 1, 1]
    two, one = results[2].properties.ref_props[0].properties
    assert (two.metadata.id, two.target_collection) == (uuid(2), "A")
    assert two.ref_props[0].properties[0].non_ref_props.fields["t"].text_value == "one"
    assert one.non_ref_props.fields["t"].text_value == "one"


def test_references_to_several_classes(linked: Lite) -> None:
    def wanted(target: str = "") -> dict[str, Any]:
        return {"properties": Wanted(ref_properties=[Reference(reference_property="m", target_collection=target)])}

    (found,) = linked.search("A", **wanted("B")).results[1].properties.ref_props[0].properties
    assert (found.target_collection, found.non_ref_props.fields["x"].int_value) == ("B", 5)
    assert "Available linked collections are [A B]" in linked.no_search("A", **wanted())


def test_a_target_that_is_gone(linked: Lite) -> None:
    linked.ok("DELETE", f"/objects/A/{uuid(1)}")
    reference = Wanted(ref_properties=[Reference(reference_property="r")])
    two, three = linked.search("A", properties=reference).results
    assert len(two.properties.ref_props) == 0
    assert len(three.properties.ref_props[0].properties) == 1


# Expired objects.


def test_expired_objects(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    lite = start(OBJECTS_TTL_DELETE_SCHEDULE="@every 1h")
    config = {"enabled": True, "deleteOn": "d", "defaultTtl": 0, "filterExpiredObjects": True}
    lite.create("A", {"d": "date"}, objectTtlConfig=config)
    for n, date in ((1, "2020-01-01T00:00:00Z"), (2, "2999-01-01T00:00:00Z"), (3, None)):
        lite.insert("A", n, {"d": date})
    assert lite.ids("A") == [2, 3]
    assert lite.ids("A", limit=1) == []
    assert len(lite.ok("GET", "/objects", **{"class": "A"})["objects"]) == 3
    lite.engine.state["ttl: next deletion"] = 0.0
    assert len(lite.ok("GET", "/objects", **{"class": "A"})["objects"]) == 2


# Backups.


def test_backup_and_restore(start: Start, tmp_path: Path) -> None:
    settings = {"ENABLE_MODULES": "backup-filesystem", "BACKUP_FILESYSTEM_PATH": str(tmp_path / "backups")}
    lite = start(**settings)
    lite.create("A", {"t": "text"})
    lite.create("B", multiTenancyConfig={"enabled": True})
    made = lite.insert("A", 1, {"t": "x"}, vector=[1, 2])
    lite.ok("POST", "/schema/B/tenants", [{"name": "x"}])
    lite.insert("B", 2, tenant="x")
    started = lite.ok("POST", "/backups/filesystem", {"id": "one"})
    assert (started["status"], started["classes"]) == ("STARTED", ["A", "B"])
    status = lite.ok("GET", "/backups/filesystem/one")
    assert status["status"] == "SUCCESS"
    assert lite.ok("GET", "/backups/filesystem")[0]["classes"] == ["A", "B"]
    lite.ok("POST", "/backups/filesystem/one/restore", {})
    failed = lite.ok("GET", "/backups/filesystem/one/restore")
    assert (failed["status"], "already exists" in failed["error"]) == ("FAILED", True)
    other = start(**settings)
    other.insert("Z", 9)
    assert other.ok("POST", "/backups/filesystem/one/restore", {"include": ["A"]})["classes"] == ["A"]
    assert other.ok("GET", "/backups/filesystem/one/restore")["status"] == "SUCCESS"
    assert other.get("A", 1, include="vector") == made | {"vectorWeights": None}
    assert other.ids("A", filters=where("t", "Equal", "x")) == [1]
    other.insert("A", 3)
    other.ok("POST", "/backups/filesystem/one/restore", {"exclude": ["A"]})
    assert other.ids("B", tenant="x") == [2]
    assert other.ids("Z") == [9]


@pytest.mark.parametrize(
    ("file", "content", "text"),
    [
        ("data.db", None, "data.db is not there"),
        ("data.db", "no data" * 1000, "data.db is not a data file of lite"),
        ("backup.json", "{", "backup.json is damaged"),
        ("backup.json", "[]", "backup.json is damaged"),
        ("backup.json", '{"id": "one"}', "backup.json is damaged"),
    ],
)
def test_damaged_backups(start: Start, tmp_path: Path, file: str, content: str | None, text: str) -> None:
    lite = start(ENABLE_MODULES="backup-filesystem", BACKUP_FILESYSTEM_PATH=str(tmp_path))
    lite.create("A")
    lite.ok("POST", "/backups/filesystem", {"id": "one"})
    lite.ok("DELETE", "/schema/A")
    damaged = tmp_path / "one" / file
    damaged.unlink() if content is None else damaged.write_text(content)
    status, told = lite.refused("POST", "/backups/filesystem/one/restore", {})
    assert (status, text in told) == (500, True)
    assert damaged.exists() == (content is not None)
    if file == "backup.json":
        assert text in lite.refused("GET", "/backups/filesystem")[1]
    assert lite.ok("GET", "/schema") == {"classes": []}


def test_backups_that_are_refused(start: Start, tmp_path: Path) -> None:
    assert "no backup backend" in start().refused("POST", "/backups/filesystem", {"id": "x"})[1]
    lite = start(ENABLE_MODULES="backup-filesystem", BACKUP_FILESYSTEM_PATH=str(tmp_path))
    lite.create("A")
    lite.ok("POST", "/backups/filesystem", {"id": "there"})
    for body, text in (
        ({"id": "There"}, "allowed characters are lowercase, 0-9, _, -"),
        ({"id": "there"}, 'backup "there" already exists'),
        ({"id": "x", "include": ["A"], "exclude": ["A"]}, "cannot both contain values"),
        ({"id": "x", "include": ["A", "A"]}, "class list 'include' contains duplicate: A"),
        ({"id": "x", "include": ["B"]}, "class B doesn't exist"),
        ({"id": "x", "exclude": ["A"]}, "empty class list: please choose from : [A]"),
        ({"id": "x" * 300}, "data file: "),
        ({"id": "x", "config": {"Path": "y"}}, "lite does not support config.Path"),
        ({"id": "x", "incremental_base_backup_id": "there"}, "lite does not support incremental_base_backup_id"),
    ):
        assert text in lite.refused("POST", "/backups/filesystem", body)[1]
    outside = start(ENABLE_MODULES="backup-filesystem", BACKUP_FILESYSTEM_PATH=str(tmp_path / "inner"))
    assert outside.refused("POST", "/backups/filesystem/..%2Fthere/restore", {})[0] == 404
    for method, path in (("GET", "zz"), ("GET", "zz/restore"), ("POST", "zz/restore")):
        status, text = lite.refused(method, f"/backups/filesystem/{path}", {} if method == "POST" else None)
        assert (status, "zz" in text) == (404, True)
    assert 'backup "there" already succeeded' in lite.refused("DELETE", "/backups/filesystem/there")[1]
    assert lite.rest("DELETE", "/backups/filesystem/zz") == (204, None)
