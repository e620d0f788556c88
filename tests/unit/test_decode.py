"""Results: every kind of value, laziness that nobody sees, what is kept in memory, and bytes that are no reply."""

from __future__ import annotations

import copy
import dataclasses
import gc
import json
import os
import pickle
import threading
import tomllib
import tracemalloc
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import grpc
import numpy as np
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from weaviate_gen.grpc import WeaviateMethods, descriptors, raw_descriptors
from weaviate_gen.grpc.raw import raw
from weaviate_gen.grpc.v1 import base_pb2, batch_pb2, properties_pb2, search_get_pb2
from weaviate_gen.grpc.v1.batch_pb2 import BatchObjectsReply, BatchObjectsRequest
from weaviate_gen.grpc.v1.search_get_pb2 import SearchReply, SearchRequest

from tests.servers.places import REAL, SERVER
from weaviate_hl.errors import ResponseCannotBeDecodedError, WeaviateBaseError
from weaviate_hl.lite import Engine
from weaviate_hl.ops import decode, encode, values
from weaviate_hl.values.inputs import GeoCoordinate, NanosecondDatetime, PhoneNumber, PhoneNumberType
from weaviate_hl.values.results import (
    CrossReference,
    GenerativeGroup,
    GenerativeObject,
    GroupByObject,
    MetadataReturn,
    MetadataSingleObjectReturn,
    Object,
    QueryReturn,
)

ROOT = Path(__file__).resolve().parents[2]
U1 = UUID("00000001-0000-0000-0000-000000000001")
U2 = UUID("00000002-0000-0000-0000-000000000002")
MAY = datetime(2024, 5, 1, 12, 30, 15, 123000, UTC)
UNKNOWN = b"\xfa\xff\x07\x05later"  # field 16383, which no version declares

Fields = Any


def reply(fill: Callable[[Any], object] = lambda result: None, count: int = 1, **more: Any) -> bytes:
    """A reply with results, each with an id and then as `fill` makes it."""
    message = SearchReply(took=0.5, generative_grouped_result="", **more)
    for _ in range(count):
        result = message.results.add()
        result.metadata.id, result.metadata.id_as_bytes = str(U1), U1.bytes
        result.properties.target_collection = "Article"
        fill(result)
    return message.SerializeToString()


def whole(data: bytes) -> QueryReturn[Any, Any]:
    found = decode.query(data)
    assert isinstance(found, QueryReturn), "it is read at once"
    return found


def only(data: bytes) -> Any:
    (found,) = whole(data).objects
    return found


def with_properties(**properties: properties_pb2.Value) -> bytes:
    def fill(result: Any) -> None:
        for name, value in properties.items():
            result.properties.non_ref_props.fields[name].CopyFrom(value)

    return reply(fill)


def value(**kind: Any) -> properties_pb2.Value:
    return properties_pb2.Value(**kind)


def listed(**kind: Any) -> properties_pb2.Value:
    return properties_pb2.Value(list_value=properties_pb2.ListValue(**kind))


def nested(**fields: properties_pb2.Value) -> properties_pb2.Value:
    return properties_pb2.Value(object_value={"fields": fields})  # type: ignore[arg-type]


def test_tags_are_those_of_the_interface() -> None:
    wire = {1: "number", 3: "bool", 4: "object", 6: "date", 7: "uuid", 8: "int", 13: "text"}
    numbers = {field.number: field.name for field in properties_pb2.Value.DESCRIPTOR.fields}
    assert {number: numbers[number] for number in wire} == {number: f"{name}_value" for number, name in wire.items()}
    assert numbers.keys() and set(numbers.values()) == values._READ.keys()
    assert {field.name for field in properties_pb2.ListValue.DESCRIPTOR.fields} == values._READ_LIST.keys()


PHONE = {
    "input": "030 1", "international_formatted": "+49 30 1", "country_code": 49, "national": 301,
    "national_formatted": "030 1", "default_country": "DE", "valid": True,
}  # fmt: skip
VALUES: list[tuple[properties_pb2.Value, Any]] = [
    (value(), None), (value(null_value=0), None),
    *((value(text_value="x" * size), "x" * size) for size in (0, 1, 127, 128, 129, 200, 255, 256, 16383, 16384, 70000)),
    (value(text_value="ä☃𝄞"), "ä☃𝄞"),
    *((value(int_value=number), number) for size in range(54) for number in (2**size, 1 - 2**size)),
    *((value(number_value=number), number) for number in (0.0, -0.5, 1e300, float("inf"))),
    (value(bool_value=True), True), (value(bool_value=False), False),
    (value(uuid_value=str(U2)), U2), (value(uuid_value="odd"), "odd"), (value(blob_value="YQ=="), "YQ=="),
    (value(date_value="2024-05-01T12:30:15.123Z"), MAY),
    (value(date_value="2024-05-01T12:30:15.123456Z"), MAY.replace(microsecond=123456)),
    (value(date_value="2024-05-01T14:30:15.123+02:00"), MAY.astimezone(timezone(timedelta(hours=2)))),
    (value(date_value="0001-01-01T00:00:00Z"), datetime(1, 1, 1, tzinfo=UTC)),
    (value(date_value="0000-01-01T00:00:00Z"), "0000-01-01T00:00:00Z"), (value(date_value=""), ""),
    (value(geo_value={"latitude": 1.5, "longitude": -200}), (1.5, -200.0)),
    (value(phone_value=PHONE), PhoneNumberType(number="030 1", **{k: v for k, v in PHONE.items() if k != "input"})),  # type: ignore[arg-type]
    (value(object_value={}), {}),
    (nested(a=nested(b=value(int_value=300))), {"a": {"b": 300}}),
    (nested(a=value(text_value="x" * 300)), {"a": "x" * 300}),
    (nested(a=value(text_value="x" * 20000), b=value(null_value=0)), {"a": "x" * 20000, "b": None}),
    (listed(), []), (listed(text_values={}), []), (listed(number_values={}), []), (listed(int_values={}), []),
    (listed(text_values={"values": ["a", ""]}), ["a", ""]),
    (listed(bool_values={"values": [True, False]}), [True, False]),
    (listed(number_values={"values": np.array([0.1, -2]).tobytes()}), [0.1, -2.0]),
    (listed(int_values={"values": np.array([2**53, -1]).tobytes()}), [2**53, -1]),
    (listed(uuid_values={"values": [str(U1)]}), [U1]),
    (listed(date_values={"values": ["2024-05-01T12:30:15.123Z"]}), [MAY]),
    (
        listed(object_values={"values": [{}, {"fields": {"a": listed(object_values={"values": [{}]})}}]}),
        [{}, {"a": [{}]}],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("message", "plain"), VALUES)
def test_values(message: Any, plain: Any) -> None:
    found = only(with_properties(p=message, nested=value(object_value={"fields": {"p": message}}))).properties
    for read in (found["p"], found["nested"]["p"]):
        if isinstance(read, GeoCoordinate):
            read = (read.latitude, read.longitude)
        assert read == plain
        assert type(read) is type(plain)
    # What two messages say of one field is merged: bytes of another form than the server's are read as well.
    assert only(with_properties(p=properties_pb2.Value.FromString(b"\x40\x07" + message.SerializeToString())))


def test_values_of_another_form_are_read_as_protobuf_reads_them() -> None:
    for data in (
        b"\x6a\x01a\x6a\x01b",
        b"\x40\x80\x00",
        b"\x18\x80\x01",
        b"\x40\x01\x6a\x01b",
        b"\x6a\x81\x00a",
        b"\x22\x00\x6a\x01z",
    ):
        message = properties_pb2.Value.FromString(data)
        expected = getattr(message, str(message.WhichOneof("kind")))
        assert values.read_properties({"p": data}) == {"p": expected}


def test_dates_to_the_nanosecond() -> None:
    for text, nanosecond in (("123456789Z", 789), ("1234567+02:00", 700), ("000000001Z", 1)):
        read = only(with_properties(p=value(date_value=f"2024-05-01T12:30:15.{text}"))).properties["p"]
        assert isinstance(read, NanosecondDatetime)
        assert read.nanosecond == nanosecond
        for other in (copy.copy(read), copy.deepcopy(read), pickle.loads(pickle.dumps(read))):  # noqa: S301
            assert (other, other.nanosecond) == (read, nanosecond)
        digits = text.partition("Z")[0].partition("+")[0].ljust(9, "0")
        assert values.rfc3339(read).startswith(f"2024-05-01T12:30:15.{digits}+")
        assert values.rfc3339(read.astimezone(UTC))[19:29] == f".{digits}"
        assert str(read) == values.rfc3339(read).replace("T", " ")
        assert read.isoformat(timespec="seconds") == read.replace(microsecond=0).isoformat(timespec="seconds")


def test_kinds_that_are_not_known_yet() -> None:
    later = properties_pb2.Value.FromString(UNKNOWN)
    found = only(with_properties(p=later, l=listed(), n=value(object_value={"fields": {"p": later}})))
    assert found.properties == {"p": UNKNOWN, "l": [], "n": {"p": UNKNOWN}}
    newer = properties_pb2.Value.FromString(b"\x2a" + bytes((len(UNKNOWN),)) + UNKNOWN)
    assert only(with_properties(p=newer)).properties == {"p": UNKNOWN}


def test_unknown_fields_are_passed_over() -> None:
    def fill(result: Any) -> None:
        for part in (result, result.properties, result.metadata, result.properties.non_ref_props):
            part.MergeFromString(UNKNOWN)
        result.properties.non_ref_props.fields["a"].text_value = "x"

    found = only(reply(fill) + UNKNOWN)
    assert (found.uuid, found.properties, found.collection) == (U1, {"a": "x"}, "Article")


def test_metadata() -> None:
    assert only(reply()).metadata == MetadataReturn()

    def fill(result: Any) -> None:
        metadata = result.metadata
        metadata.creation_time_unix, metadata.last_update_time_unix = 1714566615123, -1
        metadata.distance, metadata.certainty, metadata.score, metadata.rerank_score = 0.5, 0.25, 0, 0.1
        metadata.explain_score, metadata.is_consistent = "why", False
        for name in ("creation_time_unix", "last_update_time_unix", "distance", "certainty", "score", "rerank_score",
                     "explain_score", "is_consistent"):  # fmt: skip
            setattr(metadata, f"{name}_present", True)

    found = only(reply(fill)).metadata
    before = datetime(1969, 12, 31, 23, 59, 59, 999000, UTC)
    assert found == MetadataReturn(MAY, before, 0.5, 0.25, 0.0, "why", False, 0.1)
    assert vars(found)["distance"] == 0.5
    one = decode.single(reply(fill))
    assert one is not None
    assert one.metadata == MetadataSingleObjectReturn(MAY, before, False)
    assert decode.single(SearchReply().SerializeToString()) is None


def test_ids() -> None:
    def by_text(result: Any) -> None:
        result.metadata.id_as_bytes = b""

    def without(result: Any) -> None:
        result.ClearField("metadata")

    assert (only(reply()).uuid, only(reply(by_text)).uuid, only(reply(without)).uuid) == (U1, U1, None)
    same = only(reply()).uuid
    assert (type(same), hash(same), str(same), pickle.loads(pickle.dumps(same))) == (UUID, hash(U1), str(U1), U1)  # noqa: S301


def test_vectors() -> None:
    single, many = np.array([0.5, -1], "<f4"), np.array([[1, 2], [3, 4], [5, 6]], "<f4")

    def fill(result: Any) -> None:
        result.metadata.vector_bytes = single.tobytes()
        result.metadata.vector.extend(single)  # the server sends it twice
        result.metadata.vectors.add(name="a", type=1, vector_bytes=single.tobytes())
        result.metadata.vectors.add(name="m", type=2, vector_bytes=b"\x02\x00" + many.tobytes())
        result.metadata.vectors.add(name="none", type=2)

    found = only(reply(fill))
    array = found.vector_array("m")
    assert (array.dtype, array.shape, array.tolist()) == (np.float32, (3, 2), many.tolist())
    assert found.vector_array().tolist() == [0.5, -1]
    assert found.vector_array("none").size == 0
    with pytest.raises(KeyError):
        found.vector_array("other")
    expected = {"default": [0.5, -1.0], "a": [0.5, -1.0], "m": many.tolist(), "none": []}
    assert found.vector == expected
    assert (type(found.vector), type(found.vector["a"]), type(found.vector["a"][0])) == (dict, list, float)
    found.vector["a"][0] = 7.0  # from now on, these lists are what there is
    assert found.vector_array("a").tolist() == [7, -1]
    assert vars(found)["vector"].pop("default") == [0.5, -1.0]
    assert found.vector.keys() == {"a", "m", "none"}

    def old(result: Any) -> None:
        result.metadata.vector.extend(single)

    assert only(reply(old)).vector == {"default": [0.5, -1.0]}
    assert only(reply()).vector == {}


def test_references() -> None:
    def fill(result: Any) -> None:
        properties = result.properties
        properties.ref_props_requested = True
        author = properties.ref_props.add(prop_name="hasAuthor").properties.add(target_collection="Author")
        author.metadata.id_as_bytes = U2.bytes
        author.non_ref_props.fields["name"].text_value = "Lem"
        author.metadata.vectors.add(name="v", type=1, vector_bytes=np.array([1], "<f4").tobytes())
        publisher = author.ref_props.add(prop_name="writesFor").properties.add(target_collection="Publisher")
        publisher.non_ref_props.fields["name"].text_value = "P"

    found = only(reply(fill))
    assert found.references.keys() == {"hasAuthor"}
    (author,) = found.references["hasAuthor"].objects
    assert (author.uuid, author.properties, author.collection, author.vector) == (
        U2,
        {"name": "Lem"},
        "Author",
        {"v": [1]},
    )
    assert author.vector_array("v").tolist() == [1]
    (publisher,) = author.references["writesFor"].objects
    assert (publisher.properties, publisher.uuid, publisher.references) == ({"name": "P"}, None, None)
    assert copy.deepcopy(found) == found == pickle.loads(pickle.dumps(found))  # noqa: S301
    assert isinstance(found.references["hasAuthor"], CrossReference)

    def empty(result: Any) -> None:
        result.properties.ref_props_requested = True

    assert (only(reply(empty)).references, only(reply()).references) == ({}, None)


def group(message: Any, name: str, count: int) -> Any:
    made = message.group_by_results.add(name=name, min_distance=0.25, max_distance=0.5, number_of_objects=count)
    for number in range(count):
        result = made.objects.add()
        result.metadata.id_as_bytes = UUID(int=number).bytes
        result.properties.non_ref_props.fields["n"].int_value = number
    return made


def test_groups() -> None:
    message = SearchReply()
    group(message, "a", 2)
    group(message, "", 1).rerank.score = 0.5
    found = decode.group_by(message.SerializeToString())
    assert [(one.belongs_to_group, one.properties) for one in found.objects] == [
        ("a", {"n": 0}), ("a", {"n": 1}), ("", {"n": 0}),
    ]  # fmt: skip
    assert isinstance(found.objects[0], GroupByObject)
    assert vars(found.objects[0])["belongs_to_group"] == "a"
    first, second = found.groups["a"], found.groups[""]
    assert (first.name, first.min_distance, first.max_distance, first.number_of_objects) == ("a", 0.25, 0.5, 2)
    assert first.objects == found.objects[:2]
    assert (first.rerank_score, second.rerank_score) == (None, 0.5)
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301


def test_generated_texts() -> None:
    def fill(result: Any) -> None:
        made = result.generative.values.add(result="about it")
        made.debug.full_prompt = "say"
        made.metadata.openai.usage.prompt_tokens = 3

    data = reply(fill, generative_grouped_results={"values": [{"result": "all", "metadata": {"cohere": {}}}]})
    found = decode.generative(data)
    (one,) = found.objects
    assert isinstance(one, GenerativeObject)
    assert isinstance(one, Object)
    assert one.generative is not None
    assert (one.generated, one.generative.text, one.generative.debug.full_prompt) == ("about it", "about it", "say")
    usage = one.generative.metadata.usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (3, None)
    assert found.generative is not None
    assert (found.generated, found.generative.text) == ("all", "all")
    assert vars(one).keys() >= {"generative", "uuid", "properties"}
    assert copy.deepcopy(found) == found == pickle.loads(pickle.dumps(found))  # noqa: S301

    def old(result: Any) -> None:
        result.metadata.generative, result.metadata.generative_present = "old", True

    message = SearchReply.FromString(reply(old))
    message.generative_grouped_result = "old all"
    found = decode.generative(message.SerializeToString())
    assert (found.objects[0].generated, found.generated) == ("old", "old all")
    none = decode.generative(reply())
    assert (none.objects[0].generated, none.objects[0].generative, none.generated) == (None, None, None)


def test_generated_texts_of_groups() -> None:
    message = SearchReply()
    message.generative_grouped_results.values.add(result="all")
    group(message, "a", 1).generative_result.values.add(result="of a")
    group(message, "b", 1).generative.result = "of b, as it was"
    group(message, "c", 0)
    found = decode.generative_group_by(message.SerializeToString())
    assert found.generated == "all"
    assert {name: one.generated for name, one in found.groups.items()} == {
        "a": "of a",
        "b": "of b, as it was",
        "c": None,
    }
    assert isinstance(found.groups["a"], GenerativeGroup)


def test_profiles() -> None:
    assert whole(reply()).query_profile is None
    message = SearchReply()
    shard = message.query_profile.shards.add(name="s", node="n")
    shard.searches["vector"].details["took"] = "1ms"
    found = whole(message.SerializeToString()).query_profile
    assert found is not None
    assert found.shards[0].searches["vector"].details == {"took": "1ms"}
    assert dataclasses.asdict(found)["shards"][0]["node"] == "n"


# Objects are objects.


def full(result: Any) -> None:
    result.properties.non_ref_props.fields["a"].text_value = "x"
    result.metadata.vector_bytes = np.array([0.5], "<f4").tobytes()


def plain() -> Object[Any, Any]:
    return Object(
        uuid=U1,
        metadata=MetadataReturn(),
        properties={"a": "x"},
        references=None,
        vector={"default": [0.5]},
        collection="Article",
    )


NAMES = ["uuid", "metadata", "properties", "references", "vector", "collection"]


@pytest.mark.parametrize("touched", [[], ["uuid"], ["vector"], ["properties", "metadata"], NAMES, NAMES[::-1]])
def test_objects_are_seen_whole(touched: list[str]) -> None:
    def made() -> Any:
        found = only(reply(full))
        for name in touched:
            getattr(found, name)
        return found

    assert vars(made()) == made().__dict__ == vars(plain())
    assert made() == plain()
    assert plain() == made()
    assert made() == made()
    assert repr(made()).startswith("Object(") and all(f"{name}=" in repr(made()) for name in NAMES)
    assert copy.copy(made()) == copy.deepcopy(made()) == pickle.loads(pickle.dumps(made())) == plain()  # noqa: S301
    assert dataclasses.is_dataclass(made())
    assert [field.name for field in dataclasses.fields(made())] == NAMES
    assert dataclasses.asdict(made())["properties"] == {"a": "x"}
    assert type(made()) is Object
    assert isinstance(made(), Object)


def test_objects_are_changed_as_any_other() -> None:
    found = only(reply(full))
    found.properties["b"] = 1
    found.mine = "extra"
    found.vector = {}
    del found.properties["a"]
    assert found.properties == {"b": 1}
    assert (vars(found)["mine"], found.vector, vars(found)["properties"]) == ("extra", {}, {"b": 1})
    vars(found)["collection"] = "Other"
    assert found.collection == "Other"
    assert vars(found) is vars(found)
    shallow, deep = copy.copy(found), copy.deepcopy(found)
    assert shallow.properties is found.properties
    assert deep.properties is not found.properties
    assert deep.mine == "extra"
    assert found != only(reply(full))
    early = only(reply(full))
    early.properties = {"mine": True}
    assert early.uuid == U1
    assert early.properties == {"mine": True}
    with pytest.raises(AttributeError, match="nothing"):
        _ = found.nothing
    del found.collection
    with pytest.raises(AttributeError, match="collection"):
        _ = found.collection
    with pytest.raises(TypeError):
        hash(found)


def test_threads_see_the_same() -> None:
    for _ in range(20):
        objects = whole(reply(full, count=50)).objects
        seen: list[list[Any]] = []
        barrier = threading.Barrier(4)

        def read(
            objects: list[Any] = objects, seen: list[list[Any]] = seen, barrier: threading.Barrier = barrier
        ) -> None:
            barrier.wait()
            if len(seen) % 2:
                seen.append([(vars(one)["properties"], one.vector) for one in objects])
            else:
                seen.append([(one.properties, one.vector) for one in objects])

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 4
        for found in zip(*seen, strict=True):
            assert len({id(properties) for properties, _ in found}) == 1
            assert len({id(vector) for _, vector in found}) == 1


@pytest.mark.parametrize("touch", [[], ["uuid"], ["metadata"], ["references"]])
def test_what_is_kept_does_not_keep_the_reply(touch: list[str]) -> None:
    def fill(result: Any) -> None:
        result.metadata.vector_bytes = os.urandom(4096)

    data = reply(fill, count=1000)

    def kept() -> list[Any]:
        objects = whole(data).objects[::100]
        for one in objects:
            for name in touch:
                getattr(one, name)
        return objects

    kept()
    gc.collect()
    tracemalloc.start()
    few = kept()
    gc.collect()
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(few) == 10
    assert held < 10 * 2 * 4096 < most
    # What protobuf holds is not traced: no message may be left in what is kept.
    for one in few:
        assert type(one._source) is bytes


def test_typed() -> None:
    result: QueryReturn[dict[str, str], None] = whole(reply(full))
    title: str = result.objects[0].properties["a"]
    assert title == "x"
    assert all((Object[dict[str, str], None], Object[dict[str, str]]))


# The raw view.


def both(scope: str, usual: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    """Each message with its name, in both views."""
    for message, changed in zip(usual, other, strict=True):
        yield f"{scope}.{message.name}", message, changed
        yield from both(f"{scope}.{message.name}", message.nested_type, changed.nested_type)


def test_the_raw_view_differs_in_what_it_says() -> None:
    assert {name: file for name, file in raw_descriptors.FILES.items() if descriptors.FILES[name] == file} == {}
    told = tomllib.loads((ROOT / "specs/additions.toml").read_text("utf-8"))["grpc"]["raw"]["fields"]
    for name, data in raw_descriptors.FILES.items():
        usual, other = (FileDescriptorProto.FromString(file) for file in (descriptors.FILES[name], data))
        for scope, message, changed in both("weaviate.v1", usual.message_type, other.message_type):
            for field, redeclared in zip(message.field, changed.field, strict=True):
                if field != redeclared:
                    told.remove(f"{scope}.{field.name}")
                    assert (field.number, field.label) == (redeclared.number, redeclared.label)
                    assert redeclared.type == redeclared.TYPE_BYTES
    assert told == []


def test_both_views_say_the_same_on_the_wire() -> None:
    message = raw(SearchReply).FromString(WHOLE)
    assert SearchReply.FromString(message.SerializeToString()) == SearchReply.FromString(WHOLE)
    assert [type(one) for one in message.results] == [bytes, bytes]


# Bytes that are no reply.


def read_all(data: bytes) -> None:
    for read in (decode.query, decode.group_by, decode.generative, decode.generative_group_by, decode.single):
        try:
            found: Any = read(data)
        except WeaviateBaseError:
            continue
        for one in getattr(found, "objects", [found] if found else []):
            for look in (lambda one: one.properties, lambda one: one.vector_array(), vars, repr):
                try:
                    look(one)
                except (WeaviateBaseError, KeyError):
                    continue


def a_bit_of_all() -> bytes:
    def fill(result: Any) -> None:
        full(result)
        for number, (message, _) in enumerate(VALUES[::3]):
            if message.ByteSize() < 100:
                result.properties.non_ref_props.fields[f"p{number}"].CopyFrom(message)
        linked = result.properties.ref_props.add(prop_name="r").properties.add()
        linked.non_ref_props.fields["a"].text_value = "x"
        result.metadata.vectors.add(name="m", type=2, vector_bytes=b"\x02\x00" + bytes(16))
        result.generative.values.add(result="about it").metadata.openai.usage.prompt_tokens = 3

    message = SearchReply.FromString(reply(fill, count=2))
    group(message, "a", 1)
    return message.SerializeToString()


WHOLE = a_bit_of_all()


def test_truncated_replies() -> None:
    for end in range(len(WHOLE)):
        read_all(WHOLE[:end])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
@example(b"\x12\x05\x0a\x03\x5a\x01\x00")
def test_random_replies(data: bytes) -> None:
    read_all(data)
    read_all(SearchReply().SerializeToString() + b"\x12" + bytes((len(data) % 128,)) + data[:127])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_replies(data: st.DataObject) -> None:
    damaged = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(WHOLE) - 1))] = data.draw(st.integers(0, 255))
    read_all(bytes(damaged))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_damaged_values(data: bytes) -> None:
    message = raw(search_get_pb2.SearchResult)()
    message.properties.non_ref_props.fields["p"] = data
    message.metadata.vector_bytes = data
    message.metadata.id_as_bytes = data[:17]
    read_all(raw(SearchReply)(results=[message.SerializeToString()]).SerializeToString())


def test_errors_are_typed() -> None:
    with pytest.raises(ResponseCannotBeDecodedError):
        decode.query(b"\x12\x7f")
    broken = only(raw(SearchReply)(results=[b"\x0a\x7f"]).SerializeToString())
    for look in (lambda: broken.uuid, lambda: vars(broken), broken.vector_array, lambda: repr(broken)):
        with pytest.raises(ResponseCannotBeDecodedError):
            look()


# REST.


def test_objects_of_rest() -> None:
    body = {
        "class": "Article", "id": str(U1), "creationTimeUnix": 1714566615123, "lastUpdateTimeUnix": 1714566615123,
        "vector": [0.5], "vectors": {"a": [1.0]}, "vectorWeights": None,
        "properties": {
            "when": "2024-05-01T12:30:15.123Z", "whens": ["2024-05-01T12:30:15.123Z"],
            "text": "2024-05-01T12:30:15.123Z", "u": str(U2), "n": 1, "where": {"latitude": 1, "longitude": 2},
            "o": {"d": "2024-05-01T12:30:15.123Z"},
            "phone": {"input": "030", "internationalFormatted": "+49 30", "countryCode": 49, "national": 30},
            "r": [{"beacon": f"weaviate://localhost/Author/{U2}", "href": "..."}, {"beacon": f"weaviate://localhost/{U1}"}],
        },
    }  # fmt: skip
    types = {"when": "date", "whens": "date[]", "u": "uuid", "n": "number", "o": {"d": "date"}}
    found = decode.json_object(body, types)
    assert found.properties == {
        "when": MAY, "whens": [MAY], "text": "2024-05-01T12:30:15.123Z", "u": U2, "n": 1.0, "o": {"d": MAY},
        "where": GeoCoordinate(latitude=1, longitude=2),
        "phone": PhoneNumberType(number="030", international_formatted="+49 30", country_code=49, national=30),
    }  # fmt: skip
    assert type(found.properties["n"]) is float
    assert (found.uuid, found.collection, found.vector) == (U1, "Article", {"a": [1.0], "default": [0.5]})
    assert found.metadata == MetadataReturn(MAY, MAY)
    assert [(one.uuid, one.collection) for one in found.references["r"].objects] == [(U2, "Author"), (U1, "")]
    assert decode.json_object({"class": "A", "id": str(U1)}).properties == {}
    assert decode.json_object(body).properties["when"] == "2024-05-01T12:30:15.123Z"
    for wrong in ({}, {"class": "A", "id": "x"}, {"class": "A", "id": str(U1), "properties": 3}):
        with pytest.raises(ResponseCannotBeDecodedError):
            decode.json_object(wrong)


# There and back: what is written is what is read.

text = st.text(st.characters(codec="utf-8"), max_size=300)
integer = st.integers(-(2**53), 2**53)
number = st.floats(allow_nan=False, allow_infinity=False)
single = st.floats(width=32, allow_nan=False, allow_infinity=False)
moment = st.builds(
    lambda when, minutes: when.replace(tzinfo=timezone(timedelta(minutes=minutes))),
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)),
    st.integers(-14 * 60, 14 * 60),
)
PROPERTIES: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "text": ("text", text),
    "int": ("int", integer),
    "number": ("number", number),
    "flag": ("boolean", st.booleans()),
    "date": ("date", moment),
    "id_": ("uuid", st.uuids()),
    "blob": ("blob", st.binary(min_size=1, max_size=50)),
    "geo": ("geoCoordinates", st.builds(
        lambda latitude, longitude: GeoCoordinate(latitude=latitude, longitude=longitude),
        st.floats(-90, 90, width=32), st.floats(-180, 180, width=32))),
}  # fmt: skip
LISTS = {
    f"{name}s": (f"{kind}[]", st.lists(one, max_size=5))
    for name, (kind, one) in PROPERTIES.items()
    if name not in ("blob", "geo")
}
NESTED = {name: entry for name, entry in (PROPERTIES | LISTS).items() if name not in ("blob", "geo")}


def objects_of(entries: Mapping[str, tuple[str, st.SearchStrategy[Any]]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: one for name, (_, one) in entries.items()})


INNER = objects_of(NESTED | {"deep": ("object", objects_of(NESTED))})
ALL = objects_of(
    PROPERTIES | LISTS | {"object": ("object", INNER), "objects": ("object[]", st.lists(INNER, max_size=3))}
)


def as_read(written: Any) -> Any:
    """What is read of a value that was written: blobs are texts there."""
    if isinstance(written, bytes):
        return values.to_json(written)
    if isinstance(written, dict):
        return {name: as_read(inner) for name, inner in written.items()}
    return [as_read(inner) for inner in written] if isinstance(written, list) else written


def types_of(entries: Mapping[str, Any]) -> dict[str, str]:
    return {name: kind for name, (kind, _) in entries.items()}


SCHEMA = types_of(PROPERTIES | LISTS) | {"object": "object", "objects": "object[]", "deep": "object"}
FIELD = {"text": "text", "number": "number", "boolean": "bool", "date": "date", "uuid": "uuid", "int": "int"}


def answered(message: Any, into: Any) -> None:
    """What a server does that knows the types: properties of a request become those of a reply."""
    for name in message.non_ref_properties.fields:
        sent, back = message.non_ref_properties.fields[name], into.fields[name]
        kind = SCHEMA[name]
        if kind == "geoCoordinates":
            place = sent.struct_value.fields
            back.geo_value.latitude = place["latitude"].number_value
            back.geo_value.longitude = place["longitude"].number_value
        elif kind == "blob":
            back.blob_value = sent.string_value
        else:
            one: Any = getattr(sent, str(sent.WhichOneof("kind")))
            setattr(back, f"{FIELD[kind]}_value", int(one) if kind == "int" else one)
    for item in (*message.text_array_properties, *message.int_array_properties, *message.boolean_array_properties):
        kind = SCHEMA[item.prop_name][:-2]
        target = getattr(into.fields[item.prop_name].list_value, f"{FIELD[kind]}_values")
        if kind == "int":
            target.values = np.array(item.values, "<i8").tobytes()
        else:
            target.values.extend(item.values)
    for item in message.number_array_properties:
        into.fields[item.prop_name].list_value.number_values.values = item.values_bytes
    for name in message.empty_list_props:
        into.fields[name].list_value.SetInParent()
    for item in message.object_properties:
        into.fields[item.prop_name].object_value.SetInParent()
        answered(item.value, into.fields[item.prop_name].object_value)
    for item in message.object_array_properties:
        for one in item.values:
            answered(one, into.fields[item.prop_name].list_value.object_values.values.add())


VECTORS = st.none() | st.lists(single, min_size=1, max_size=40)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(ALL, VECTORS, st.uuids())
def test_what_is_written_is_what_is_read(properties: dict[str, Any], vector: Any, uuid: UUID) -> None:
    _, piece = encode.Encoder("Article").encode_parts(properties, uuid, vector)
    (message,) = batch_pb2.BatchObjectsRequest.FromString(piece).objects

    def fill(result: Any) -> None:
        answered(message.properties, result.properties.non_ref_props)
        result.metadata.id_as_bytes = UUID(message.uuid).bytes
        result.metadata.vector_bytes = message.vector_bytes

    found = only(reply(fill))
    assert (found.uuid, found.properties) == (uuid, as_read(properties))
    assert found.vector == ({} if vector is None else {"default": vector})
    assert {name: type(one) for name, one in found.properties.items()} == {
        name: type(as_read(one)) for name, one in properties.items()
    }


# The same with a server.

COLLECTION = f"EDRoundTrip{uuid4().hex}"  # its own for each process


class Server:
    def __init__(self, addresses: str) -> None:
        http, native = addresses.split()
        self.url = f"http://{http}/v1"
        self.channel = grpc.insecure_channel(native)
        self.search = self.unary(WeaviateMethods.Search, bytes)
        self.batch = self.unary(WeaviateMethods.BatchObjects, BatchObjectsReply.FromString)

    def unary(self, method: Any, read: Any) -> Any:
        return self.channel.unary_unary(
            method.path,
            request_serializer=lambda sent: sent if isinstance(sent, bytes) else sent.SerializeToString(),
            response_deserializer=read,
        )

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310
            self.url + path, data, {"content-type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")


class InProcess:
    """Lite, asked as `Server` is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def search(self, request: Any) -> bytes:
        return bytes(self._engine.rpc("Search", request).SerializeToString())

    def batch(self, sent: bytes) -> BatchObjectsReply:
        told: BatchObjectsReply = self._engine.rpc("BatchObjects", BatchObjectsRequest.FromString(sent))
        return told

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        path, _, query = path.partition("?")
        status, _, answer = self._engine.rest(method, f"/v1{path}", parse_qsl(query), body)
        assert status < 300, answer
        return json.loads(json.dumps(answer))


@pytest.fixture(
    scope="module", params=["lite", "lite on sockets", pytest.param("server", marks=[*REAL.marks, pytest.mark.live])]
)
def server(request: pytest.FixtureRequest) -> Iterator[Server | InProcess]:
    with ExitStack() as opened:
        if request.param == "lite":
            asked: Server | InProcess = InProcess(opened.enter_context(Engine(environ={})))
        else:
            place = SERVER
            if request.param == "lite on sockets":
                lite = request.getfixturevalue("lite_server")
                place = f"127.0.0.1:{lite.http_port} {lite.grpc_address}"
            asked = Server(place)
            opened.enter_context(asked.channel)
        prepare(asked)
        yield asked
        asked.rest("DELETE", f"/schema/{COLLECTION}")


def prepare(server: Server | InProcess) -> None:
    server.rest("DELETE", f"/schema/{COLLECTION}")
    nested = [{"name": name, "dataType": [kind]} for name, (kind, _) in NESTED.items()]
    inner = [*nested, {"name": "deep", "dataType": ["object"], "nestedProperties": nested}]
    properties = [{"name": name, "dataType": [kind]} for name, (kind, _) in (PROPERTIES | LISTS).items()]
    properties += [{"name": "phone", "dataType": ["phoneNumber"]}, {"name": "ref", "dataType": [COLLECTION]}]
    for name, kind in (("object", "object"), ("objects", "object[]")):
        properties.append({"name": name, "dataType": [kind], "nestedProperties": inner})
    vectors = {name: {"vectorizer": {"none": {}}, "vectorIndexType": "hnsw"} for name in ("a", "m")}
    vectors["m"]["vectorIndexConfig"] = {"multivector": {"enabled": True}}
    for one in properties:
        one["indexFilterable"] = False
        if one["dataType"] in (["text"], ["text[]"]):
            one["indexSearchable"] = False
    server.rest("POST", "/schema", {"class": COLLECTION, "properties": properties, "vectorConfig": vectors})


def fetched(server: Server | InProcess, count: int) -> dict[UUID, Any]:
    names = [*SCHEMA.keys() - {"object", "objects", "deep"}, "phone"]
    nested = [{"prop_name": "deep", "primitive_properties": list(NESTED)}]
    linked: Any = {"return_all_nonref_properties": True}
    metadata: Any = {"uuid": True, "vectors": ["a", "m"]}
    properties: Any = {
        "non_ref_properties": names,
        "object_properties": [
            {"prop_name": name, "primitive_properties": list(NESTED), "object_properties": nested}
            for name in ("object", "objects")
        ],
        "ref_properties": [{"reference_property": "ref", "properties": linked, "metadata": {"uuid": True}}],
    }
    request = SearchRequest(
        collection=COLLECTION,
        limit=count,
        uses_123_api=True,
        uses_125_api=True,
        uses_127_api=True,
        metadata=metadata,
        properties=properties,
    )
    return {one.uuid: one for one in whole(server.search(request)).objects}


def insert(server: Server | InProcess, *objects: tuple[Any, ...]) -> None:
    encoder = encode.Encoder(COLLECTION)
    pieces = [encoder.encode_parts(*one)[1] for one in objects]
    answer = server.batch(encode.request(pieces))
    assert not answer.errors, answer.errors


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(ALL, min_size=1, max_size=8))
def test_the_server_returns_what_is_written(server: Server | InProcess, several: list[dict[str, Any]]) -> None:
    written = {uuid4(): properties for properties in several}
    insert(server, *((properties, uuid) for uuid, properties in written.items()))
    found = fetched(server, 10_000)
    for uuid, properties in written.items():
        # A property without a value is returned as None.
        read = {name: one for name, one in found[uuid].properties.items() if one is not None}
        assert read == as_read(properties)


def test_the_server_returns_the_rest_of_it(server: Server | InProcess) -> None:
    first, second, third = (uuid4() for _ in range(3))
    phone = PhoneNumber(number="030 1234567", default_country="DE")
    nanoseconds = "2024-05-01T12:30:15.123456789+02:00"
    insert(server, ({"text": None, "date": nanoseconds, "object": {"text": None}, "phone": phone}, first))
    insert(server, (None, second, {"a": np.array([1, 2, 3]), "m": [[1.5, 2.5], [3.5, 4.5]]}, {"ref": first}))
    insert(server, ({}, third, None, {"ref": [first, second]}))
    found = fetched(server, 10_000)
    read = found[first].properties
    assert (read["text"], values.rfc3339(read["date"]), read["object"]) == (None, nanoseconds, {"text": None})
    assert (read["phone"].country_code, read["phone"].valid, read["phone"].number) == (49, True, "030 1234567")
    assert found[second].vector == {"a": [1.0, 2.0, 3.0], "m": [[1.5, 2.5], [3.5, 4.5]]}
    assert found[second].vector_array("m").shape == (2, 2)
    (linked,) = found[second].references["ref"].objects
    assert (linked.uuid, linked.collection, linked.properties["phone"]) == (first, COLLECTION, read["phone"])
    assert [one.uuid for one in found[third].references["ref"].objects] == [first, second]
    insert(server, (read | {"text": "again"}, first))  # what was read can be written
    again = fetched(server, 10_000)[first].properties
    assert {name: one for name, one in again.items() if one is not None} == {
        name: one for name, one in (read | {"text": "again"}).items() if one is not None
    }


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(ALL)
def test_rest_takes_and_returns_the_same(server: Server | InProcess, properties: dict[str, Any]) -> None:
    uuid = uuid4()
    body = encode.json_object(COLLECTION, properties, uuid, {"a": [0.5, 1.5, 2.5]})
    server.rest("POST", "/objects", body)
    answer = server.rest("GET", f"/objects/{COLLECTION}/{uuid}?include=vector")
    types = SCHEMA | {"object": SCHEMA | {"deep": SCHEMA}, "objects": SCHEMA | {"deep": SCHEMA}}
    read = decode.json_object(answer, types)
    assert (read.uuid, read.vector) == (uuid, {"a": [0.5, 1.5, 2.5]})
    assert read.properties == as_read(properties)
    assert fetched(server, 10_000)[uuid].properties.items() >= as_read(properties).items()


def test_the_vector_types_are_those_of_the_interface() -> None:
    from weaviate_hl.ops import vectors

    kinds = base_pb2.Vectors.VectorType
    assert (
        kinds.Value("VECTOR_TYPE_SINGLE_FP32"),
        kinds.Value("VECTOR_TYPE_MULTI_FP32"),
    ) == (vectors.SINGLE, vectors.MULTI)
