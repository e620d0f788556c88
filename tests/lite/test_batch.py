"""Many objects and references at once: over gRPC, REST and the stream; and deleting what a filter matches."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from lite_kit import Lite, multi_vector, uuid, vector, where
from weaviate_gen.grpc.v1 import batch_delete_pb2 as batch_delete
from weaviate_gen.grpc.v1 import batch_pb2 as pb

from weaviate_hl.lite import RpcError


def thing(n: int, name: str = "A", tenant: str = "", **properties: Any) -> Any:
    made = pb.BatchObject(uuid=uuid(n), collection=name, tenant=tenant)
    made.properties.non_ref_properties.update(properties)
    return made


def write(lite: Lite, *objects: Any) -> dict[int, str]:
    """The errors of a batch, by position."""
    reply = lite.engine.rpc("BatchObjects", pb.BatchObjectsRequest(objects=objects))
    return {error.index: error.error for error in reply.errors}


@pytest.fixture
def typed(lite: Lite) -> Lite:
    nested = [{"name": "x", "dataType": ["int"]}, {"name": "l", "dataType": ["number[]"]}]
    properties: dict[str, Any] = {name: name for name in ("text", "int", "number")}
    properties |= {f"{name}s": f"{name}[]" for name in ("text", "int", "number", "boolean", "date")}
    properties |= {"o": {"dataType": ["object"], "nestedProperties": nested}, "r": "A", "rr": {"dataType": ["A", "B"]}}
    lite.create("B")
    lite.create("A", properties)
    return lite


def test_every_way_a_value_travels(typed: Lite) -> None:
    made = thing(1, int=3.0, number=1, text="x")
    given = made.properties
    given.number_array_properties.add(prop_name="numbers", values_bytes=struct.pack("<2d", 1.5, 2))
    given.int_array_properties.add(prop_name="ints", values=[1, 2**53 + 1])
    given.text_array_properties.add(prop_name="texts", values=["a"])
    given.boolean_array_properties.add(prop_name="booleans", values=[True])
    given.empty_list_props.append("dates")
    inner = given.object_properties.add(prop_name="o").value
    inner.non_ref_properties.update({"x": 1})
    inner.number_array_properties.add(prop_name="l", values_bytes=struct.pack("<d", 2.5))
    assert write(typed, made) == {}
    assert typed.get("A", 1)["properties"] == {
        "booleans": [True],
        "dates": [],
        "int": 3,
        "ints": [1, 2**53],
        "number": 1,
        "numbers": [1.5, 2],
        "o": {"l": [2.5], "x": 1},
        "text": "x",
        "texts": ["a"],
    }
    fields = typed.search("A").results[0].properties.non_ref_props.fields
    assert fields["ints"].list_value.int_values.values == struct.pack("<2q", 1, 2**53)
    assert fields["numbers"].list_value.number_values.values == struct.pack("<2d", 1.5, 2)
    assert fields["dates"].list_value.WhichOneof("kind") == "date_values"
    assert fields["o"].object_value.fields["x"].int_value == 1


def test_each_object_fails_by_itself(typed: Lite) -> None:
    wrong_id = thing(1)
    wrong_id.uuid = "abc"
    errors = write(
        typed, thing(1, text="x"), wrong_id, thing(2, int=1.5), thing(3, name="Nope"), thing(4, zz=1), thing(5)
    )
    assert errors == {
        1: "invalid UUID length: 3",
        2: "invalid integer property 'int' on class 'A': requires an integer, the given value is '1.5'",
        3: "class 'Nope' not present in schema",
        4: "no such prop with name 'zz' found in class 'A' in the schema. Check your schema files for which properties "
        "in this class are available",
    }
    assert typed.ids("A") == [1, 5]
    assert write(typed) == {}


def test_references_of_a_batch(typed: Lite) -> None:
    write(typed, thing(1))
    single, several, wrong, later = thing(2), thing(3), thing(4), thing(5)
    single.properties.single_target_ref_props.add(prop_name="r", uuids=[uuid(1)])
    several.properties.multi_target_ref_props.add(prop_name="rr", uuids=[uuid(1)], target_collection="A")
    wrong.properties.single_target_ref_props.add(prop_name="rr", uuids=[uuid(1)])
    later.properties.single_target_ref_props.add(prop_name="r", uuids=[uuid(2)])
    errors = write(typed, single, several, wrong, later)
    assert errors[2] == "target is a multi-target reference, need single target [A B]"
    assert errors[3] == f"invalid cref: 'cref' A:r: no object with id {uuid(2)} found"  # it is in the same batch
    assert typed.get("A", 3)["properties"]["rr"][0]["beacon"] == f"weaviate://localhost/A/{uuid(1)}"


def test_vectors_of_a_batch(lite: Lite) -> None:
    multi = {"vectorizer": {"none": {}}, "vectorIndexConfig": {"multivector": {"enabled": True}}}
    lite.create("A", vectorConfig={"v": {"vectorizer": {"none": {}}}, "m": multi})
    both, longer, unknown = thing(1), thing(2), thing(3)
    both.vectors.extend([vector(1, 2, name="v"), multi_vector([[1, 0], [0, 1]], name="m")])
    longer.vectors.append(vector(1, 2, 3, name="v"))
    unknown.vectors.append(vector(1, name="zz"))
    errors = write(lite, both, longer, unknown)
    assert "Validate vector index v for target vector" in errors[1]
    assert errors[2] == "collection A does not have configuration for vector zz"
    result = lite.search("A", metadata={"vector": True}).results[0].metadata
    found = {item.name: (item.vector_bytes, item.type) for item in result.vectors}
    assert found == {"v": (struct.pack("<2f", 1, 2), 1), "m": (b"\2\0" + struct.pack("<4f", 1, 0, 0, 1), 2)}


def test_the_last_one_wins_and_writing_over(lite: Lite) -> None:
    lite.create("A", {"t": "text"})
    assert write(lite, thing(1, t="one"), thing(1, t="two")) == {}
    first = lite.get("A", 1)
    assert first["properties"] == {"t": "two"}
    write(lite, thing(1, t="three"))
    assert lite.get("A", 1)["properties"] == {"t": "three"}
    assert lite.get("A", 1)["creationTimeUnix"] >= first["creationTimeUnix"]
    assert lite.ids("A", filters=where("t", "Equal", "two")) == []


def test_batches_over_rest(lite: Lite) -> None:
    lite.create("A", {"i": "int"})
    good = {"class": "A", "id": uuid(1), "properties": {"i": 1}}
    answer = lite.ok("POST", "/batch/objects", {"objects": [good, {**good, "id": uuid(2), "properties": {"i": "x"}}]})
    assert [item["result"]["status"] for item in answer] == ["SUCCESS", "FAILED"]
    assert answer[0]["deprecations"] is None
    message = "invalid integer property 'i' on class 'A': requires an integer, the given value is 'x'"
    assert answer[1]["result"]["errors"] == {"error": [{"message": message}]}
    assert lite.refused("POST", "/batch/objects", {"objects": []})[0] == 422
    assert lite.refused("POST", "/batch/objects", {"objects": [good, {"class": "A", "id": "x"}]})[0] == 422


def test_references_over_both(typed: Lite) -> None:
    write(typed, thing(1), thing(2))
    source = f"weaviate://localhost/A/{uuid(1)}"
    target = f"weaviate://localhost/A/{uuid(2)}"
    tries = [
        (f"{source}/r", "SUCCESS"),
        (f"{source}/zz", "ref batch: property 'zz' not found in schema"),
        (f"{source}/text", "ref batch: prop text is present, but not a ref, got: string"),
        (f"weaviate://localhost/A/{uuid(9)}/r", f"ref batch: object with id {uuid(9)} not found"),
        (f"weaviate://localhost/Nope/{uuid(9)}/r", 'source class "Nope" not found in schema'),
        (f"weaviate://localhost/a/{uuid(1)}/r", "className must start with an uppercase letter, but got a"),
    ]
    answer = typed.ok("POST", "/batch/references", [{"from": beacon, "to": target} for beacon, _ in tries])
    for item, (_, expected) in zip(answer, tries, strict=True):
        result = item["result"]
        text = result["status"] if "errors" not in result else result["errors"]["error"][0]["message"]
        assert text == expected
    references = [
        pb.BatchReference(name="r", from_collection="A", from_uuid=uuid(1), to_uuid=uuid(1)),
        pb.BatchReference(name="zz", from_collection="A", from_uuid=uuid(1), to_uuid=uuid(1)),
    ]
    reply = typed.engine.rpc("BatchReferences", pb.BatchReferencesRequest(references=references))
    assert [(error.index, error.error) for error in reply.errors] == [(1, "property zz does not exist for class A")]
    beacons = [item["beacon"][-12:] for item in typed.get("A", 1)["properties"]["r"]]
    assert beacons == [uuid(2)[-12:], uuid(1)[-12:]]
    assert "length cannot be 0" in typed.failure("BatchReferences", pb.BatchReferencesRequest())


# Deleting.


def remove(lite: Lite, value: str, **more: Any) -> Any:
    message = batch_delete.BatchDeleteRequest(collection="A", filters=where("text", "Equal", value), **more)
    return lite.engine.rpc("BatchDelete", message)


def test_deleting_over_grpc(typed: Lite) -> None:
    write(typed, *(thing(n, text="x" if n < 3 else "y") for n in range(1, 5)))
    dry = remove(typed, "x", dry_run=True, verbose=True)
    assert (dry.matches, dry.successful, dry.failed) == (2, 2, 0)
    assert sorted(item.uuid[-1] for item in dry.objects) == [1, 2]
    done = remove(typed, "x")
    assert (done.matches, done.successful, len(done.objects)) == (2, 2, 0)
    assert typed.ids("A") == [3, 4]
    assert remove(typed, "x").matches == 0
    nothing = batch_delete.BatchDeleteRequest(collection="A")
    assert typed.failure("BatchDelete", nothing) == "batch delete params: no filters in batch delete request"


def test_deleting_over_rest(lite: Lite) -> None:
    lite.create("A", {"t": "text", "i": "int"})
    for n in (1, 2, 3):
        lite.insert("A", n, {"t": "x", "i": n})
    match = {"class": "A", "where": {"operator": "LessThan", "path": ["i"], "valueInt": 3}}
    dry = lite.ok("DELETE", "/batch/objects", {"match": match, "dryRun": True, "output": "verbose"})
    assert dry["match"]["where"]["operands"] is None
    assert dry["deletionTimeUnixMilli"] == -62135596800000
    listed = [{"id": uuid(n), "status": "DRYRUN"} for n in (1, 2)]
    assert dry["results"] == {"matches": 2, "limit": 10000, "successful": 0, "failed": 0, "objects": listed}
    done = lite.ok("DELETE", "/batch/objects", {"match": match})
    assert done["output"] == "minimal"
    assert done["results"] == {"matches": 2, "limit": 10000, "successful": 2, "failed": 0, "objects": None}
    assert lite.ids("A") == [3]


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({}, 500, "empty match clause"),
        ({"match": {"class": "A"}}, 500, "empty match.where clause"),
        ({"match": {"class": "A", "where": {"operator": "Foo"}}}, 422, "should be one of [And Or Equal"),
        ({"match": {"class": "B", "where": {"operator": "Equal"}}}, 422, "failed to get class: B"),
        ({"match": {"class": "A", "where": {"operator": "Equal", "path": ["t"]}}}, 422, "but no value<Type> field set"),
        (
            {"match": {"class": "A", "where": {"operator": "Equal", "valueText": "x"}}},
            422,
            "field 'path': must have at least",
        ),
        (
            {"match": {"class": "A", "where": {"operator": "Equal", "path": ["t"], "valueInt": 1}}},
            422,
            'data type filter cannot use "valueInt" on type "text", use "valueText" instead',
        ),
        (
            {"match": {"class": "A", "where": {"operator": "And", "operands": []}}},
            422,
            "operator 'And', but no operands set",
        ),
    ],
)
def test_deletes_that_are_refused(lite: Lite, body: dict[str, Any], status: int, text: str) -> None:
    lite.create("A", {"t": "text"})
    answer = lite.refused("DELETE", "/batch/objects", body)
    assert answer[0] == status
    assert text in answer[1]


# The stream.


def data(*objects: Any, references: tuple[Any, ...] = ()) -> Any:
    inner = pb.BatchStreamRequest.Data(objects={"values": objects}, references={"values": references})
    return pb.BatchStreamRequest(data=inner)


START = pb.BatchStreamRequest(start=pb.BatchStreamRequest.Start())
STOP = pb.BatchStreamRequest(stop=pb.BatchStreamRequest.Stop())


def test_a_stream(typed: Lite) -> None:
    reference = pb.BatchReference(name="r", from_collection="A", from_uuid=uuid(1), to_uuid=uuid(1))
    objects = data(thing(1, text="x"), thing(2, int=1.5), thing(3))
    messages = [START, objects, data(), data(references=(reference,)), STOP]
    replies = list(typed.engine.stream("BatchStream", messages))
    kinds = [reply.WhichOneof("message") for reply in replies]
    assert kinds == ["started", "backoff", "acks", "results", "acks", "results"]
    assert list(replies[2].acks.uuids) == [uuid(1), uuid(2), uuid(3)]
    assert [item.uuid for item in replies[3].results.successes] == [uuid(1), uuid(3)]
    (error,) = replies[3].results.errors
    assert (error.uuid, "requires an integer" in error.error) == (uuid(2), True)
    assert replies[5].results.successes[0].beacon == f"weaviate://localhost/A/{uuid(1)}/r"
    assert typed.ids("A") == [1, 3]


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([], "initial stream message receive: EOF"),
        ([STOP], "first message must be a start message"),
        ([START, START], "invalid batch send request: data field is nil"),
        ([START, pb.BatchStreamRequest()], "invalid batch send request: data field is nil"),
    ],
)
def test_streams_that_fail(lite: Lite, messages: list[Any], text: str) -> None:
    with pytest.raises(RpcError, match=text):
        list(lite.engine.stream("BatchStream", messages))


def test_no_value_of_a_reply_is_shared_with_the_engine(lite: Lite) -> None:
    lite.create("A", {"l": "text[]"})
    assert lite.ids("A", filters=where("l", "Equal", "x")) == []
    made = lite.insert("A", 1, {"l": ["x"]})
    made["properties"]["l"][0] = "changed"
    schema = lite.ok("GET", "/schema/A")
    schema["properties"].clear()
    assert lite.ids("A", filters=where("l", "Equal", "x")) == [1]
    assert lite.ok("GET", "/schema/A")["properties"][0]["name"] == "l"
