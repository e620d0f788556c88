"""Objects to be written: the recorded messages and bodies, every kind of value and vector, and what is refused."""

from __future__ import annotations

import array
import base64
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from weaviate_gen.grpc.v1.batch_pb2 import BatchObject, BatchObjectsRequest, BatchStreamRequest

from weaviate_hl.errors import WeaviateInsertInvalidPropertyError, WeaviateInvalidInputError
from weaviate_hl.ops import encode
from weaviate_hl.values.inputs import (
    DataObject,
    GeoCoordinate,
    NanosecondDatetime,
    PhoneNumber,
    PhoneNumberType,
    ReferenceToMulti,
)

GOLDEN = json.loads((Path(__file__).resolve().parents[1] / "golden/objects.json").read_text("utf-8"))
U1, U2, U3 = (f"0000000{i}-0000-0000-0000-00000000000{i}" for i in (1, 2, 3))
MAY = datetime(2024, 5, 1, tzinfo=UTC)

TITLE: DataObject[Any, Any] = DataObject(properties={"title": "a"}, uuid=U1)
BATCHES: dict[str, list[DataObject[Any, Any]]] = {
    "insert_many_consistency": [TITLE],
    "insert_many_dicts_ids": [TITLE, DataObject(properties={"title": "b", "n": 2}, uuid=U2, vector=[1.0, 2.0])],
    "insert_many_multivector": [
        DataObject(properties={"title": "a"}, uuid=U1, vector={"m": [[1.0, 2.0], [3.0, 4.0]]})
    ],
    "insert_many_named": [DataObject(properties={"title": "a"}, uuid=U1, vector={"a": [1.0], "b": [2.0, 3.0]})],
    "insert_many_refs": [
        DataObject(properties={"title": "a"}, uuid=U1, references={"hasAuthor": U2}),
        DataObject(
            properties={"title": "b"},
            uuid=U3,
            references={"hasAny": ReferenceToMulti(target_collection="Author", uuids=U2)},
        ),
    ],
    "insert_many_tenant": [TITLE],
    "insert_many_types": [
        DataObject(
            uuid=U1,
            properties={
                "when": MAY, "u": UUID(U2), "n": 1, "f": 1.5, "ok": False, "tags": ["a"], "ints": [1, 2],
                "floats": [1.5, 2.5], "bools": [True, False], "empty": [],
                "geo": GeoCoordinate(latitude=1.5, longitude=-2.5),
                "obj": {"k": "v", "deep": {"x": 1}, "many": [{"y": 2}]},
            },
        )
    ],
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "insert": {"properties": {"title": "x", "wordCount": 3}},
    "insert_vector": {"properties": {"title": "x"}, "vector": [0.5, 1.0, -2.0]},
    "insert_named_vectors": {"properties": {"title": "x"}, "vector": {"a": [0.5, 1.0], "b": [1.0, 2.0, 3.0]}},
    "insert_types": {
        "properties": {
            "when": datetime(2024, 5, 1, 12, 30, 15, 123000, UTC), "u": UUID(U2), "n": 1, "f": 1.5, "ok": True,
            "tags": ["a", "b"], "empty": [], "none": None, "where": GeoCoordinate(latitude=1.5, longitude=-2.5),
            "phone": PhoneNumber(number="0301234567", default_country="DE"), "nested": {"a": 1, "b": [{"c": "d"}]},
            "dates": [datetime(2020, 1, 1, tzinfo=UTC)], "uuids": [UUID(U2), UUID(U3)],
        }
    },
    "insert_reference": {"properties": {"title": "x"}, "references": {"hasAuthor": U2}},
    "insert_references": {"properties": {"title": "x"}, "references": {"hasAuthor": [U2, U3]}},
    "insert_reference_multi": {
        "properties": {"title": "x"},
        "references": {"hasAuthor": ReferenceToMulti(target_collection="Author", uuids=[U2])},
    },
    "insert_tenant": {"properties": {"title": "x"}, "tenant": "tenantA"},
}  # fmt: skip


def test_all_recorded_objects_are_tried() -> None:
    assert (BATCHES.keys(), BODIES.keys()) == (GOLDEN["batch"].keys(), GOLDEN["rest"].keys())


@pytest.mark.parametrize("name", BATCHES)
def test_batches_are_as_recorded(name: str) -> None:
    encoder = encode.Encoder("Article", "tenantA" if "tenant" in name else None)
    pieces = [encoder.encode(one, index) for index, one in enumerate(BATCHES[name])]
    assert [uuid for uuid, _ in pieces] == [one.uuid for one in BATCHES[name]]
    data = encode.request([piece for _, piece in pieces], "ONE" if "consistency" in name else None)
    message = MessageToDict(BatchObjectsRequest.FromString(data), preserving_proto_field_name=True)
    assert message == GOLDEN["batch"][name]


@pytest.mark.parametrize("name", BODIES)
def test_bodies_are_as_recorded(name: str) -> None:
    assert encode.json_object("Article", uuid=U1, **BODIES[name]) == GOLDEN["rest"][name]


def encoded(properties: Any = None, **parts: Any) -> Any:
    uuid, piece = encode.Encoder("Article").encode_parts(properties, parts.pop("uuid", U1), **parts)
    (message,) = BatchObjectsRequest.FromString(encode.request([piece])).objects
    assert message.uuid == uuid
    return message


class Colour(StrEnum):
    RED = "red"


class Frozen(Mapping[str, Any]):
    def __getitem__(self, name: str) -> Any:
        return {"a": 1}[name]

    def __iter__(self) -> Any:
        return iter("a")

    def __len__(self) -> int:
        return 1


BERLIN = timezone(timedelta(hours=2))
FORMS: list[tuple[Any, Any]] = [
    ("text", "text"), ("", ""), (Colour.RED, "red"), (True, True), (3, 3), (2**53, 2**53), (-0.5, -0.5), (None, None),
    (np.float64(0.5), 0.5), (np.float32(0.5), 0.5), (np.int8(4), 4), (np.bool_(True), True),
    (UUID(U2), U2),
    (MAY, "2024-05-01T00:00:00.000000+00:00"),
    (datetime(1, 1, 1, 2, tzinfo=BERLIN), "0001-01-01T02:00:00.000000+02:00"),
    (datetime(2024, 5, 1, tzinfo=timezone(timedelta(seconds=3208))), "2024-04-30T23:06:32.000000+00:00"),
    (NanosecondDatetime.of(MAY, 7), "2024-05-01T00:00:00.000000007+00:00"),
    (date(2024, 5, 1), "2024-05-01T00:00:00.000000+00:00"),
    (b"blob", "YmxvYg=="), (bytearray(b"blob"), "YmxvYg=="), (memoryview(b"blob"), "YmxvYg=="),
    (GeoCoordinate(latitude=1, longitude=2), {"latitude": 1.0, "longitude": 2.0}),
    (PhoneNumber(number="+49 30 1"), {"input": "+49 30 1"}),
    (PhoneNumberType(number="030 1", default_country="DE", valid=True), {"input": "030 1", "defaultCountry": "DE"}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "plain"), FORMS)
def test_values(value: Any, plain: Any) -> None:
    message = encoded({"p": value, "nested": {"p": value}})
    assert MessageToDict(message.properties.non_ref_properties)["p"] == plain
    (nested,) = message.properties.object_properties
    assert MessageToDict(nested.value.non_ref_properties)["p"] == plain
    assert encode.json_object("A", {"p": value, "n": {"p": [{"p": value}]}})["properties"] == {
        "p": plain,
        "n": {"p": [{"p": plain}]},
    }


LISTS: list[tuple[Any, str, list[Any]]] = [
    (["a", ""], "text_array_properties", ["a", ""]), ((Colour.RED,), "text_array_properties", ["red"]),
    ([UUID(U2)], "text_array_properties", [U2]), ([MAY], "text_array_properties", ["2024-05-01T00:00:00.000000+00:00"]),
    ([b"a"], "text_array_properties", ["YQ=="]), ([1, 2], "int_array_properties", [1, 2]),
    (range(3), "int_array_properties", [0, 1, 2]), (np.arange(3), "int_array_properties", [0, 1, 2]),
    ([True, False], "boolean_array_properties", [True, False]), (np.array([True]), "boolean_array_properties", [True]),
    (np.array(["a"]), "text_array_properties", ["a"]),
]  # fmt: skip


@pytest.mark.parametrize(("values", "field", "plain"), LISTS)
def test_lists(values: Any, field: str, plain: list[Any]) -> None:
    (item,) = getattr(encoded({"p": values}).properties, field)
    assert (item.prop_name, list(item.values)) == ("p", plain)
    assert encode.json_object("A", {"p": values})["properties"] == {"p": plain}


@pytest.mark.parametrize("values", [[1.5, -2.0], [1, 2.5], (1e308, 1e308), np.array([1.5]), [np.float32(0.5), 1.0]])
def test_lists_of_numbers(values: Any) -> None:
    (item,) = encoded({"p": values}).properties.number_array_properties
    assert item.values_bytes == np.asarray(values, "<f8").tobytes()
    assert encode.json_object("A", {"p": values})["properties"] == {"p": [float(value) for value in values]}


def test_empty_and_nested() -> None:
    properties = encoded({"l": [], "o": {}, "m": Frozen(), "n": {"l": (), "o": [{}, {"x": [{"y": []}]}]}}).properties
    assert list(properties.empty_list_props) == ["l"]
    empty, frozen, nested = properties.object_properties
    assert empty.HasField("value")
    assert frozen.value.non_ref_properties["a"] == 1
    assert list(nested.value.empty_list_props) == ["l"]
    (objects,) = nested.value.object_array_properties
    assert list(objects.values[1].object_array_properties[0].values[0].empty_list_props) == ["y"]
    nothing: Any
    for nothing in (None, {}):
        assert not encoded(nothing).HasField("properties") or not encoded(nothing).properties.ByteSize()


def test_blobs_from_files(tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"\x00\xff")
    plain = base64.b64encode(b"\x00\xff").decode()
    with path.open("rb") as file, NamedTemporaryFile() as temporary:
        temporary.write(b"\x00\xff")
        temporary.seek(0)
        message = encoded({"path": path, "file": file, "temporary": temporary})
    assert MessageToDict(message.properties.non_ref_properties) == dict.fromkeys(("path", "file", "temporary"), plain)
    for closed in (file, temporary):
        with pytest.raises(WeaviateInvalidInputError, match="'p': cannot read the file"):
            encoded({"p": closed})
    with pytest.raises(WeaviateInvalidInputError, match="'p': cannot read the file"):
        encoded({"p": tmp_path / "none"})
    with path.open(encoding="latin1") as text, pytest.raises(WeaviateInvalidInputError, match="rb"):
        encoded({"p": text})


class NoTime(datetime):
    """As NaT of pandas: a datetime by its class, with nothing in it."""

    def utcoffset(self) -> Any:
        raise ValueError("there is none")


@pytest.mark.parametrize(
    "date",
    [
        NoTime(2024, 5, 1),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5, seconds=7))),  # in whole minutes, before all time
    ],
)
def test_dates_that_are_none_are_refused(date: datetime) -> None:
    with pytest.raises(WeaviateInvalidInputError, match=r"Object 0.*'d': expected a date"):
        encoded({"d": date}, uuid=None)
    with pytest.raises(WeaviateInvalidInputError, match="'d': expected a date"):
        encode.json_object("A", {"d": date})


def test_an_object_that_is_missing_among_others_is_refused() -> None:
    with pytest.raises(WeaviateInvalidInputError, match="^Object 3: expected an object, not None"):
        encode.Encoder("A").encode(None, 3)  # type: ignore[arg-type]


def test_a_datetime_without_a_time_zone_is_told_of() -> None:
    with pytest.warns(UserWarning, match="no time zone"):
        encoded({"p": datetime(2024, 5, 1)})


@pytest.mark.parametrize(
    ("properties", "place"),
    [
        ({"a": {"b": [{"c": float("nan")}]}}, r"'a.b\[0\].c'"),
        ({"a": float("inf")}, "'a'"),
        ({"a": 2**53 + 1}, "'a'"),
        ({"a": [1, -(2**53) - 1]}, r"'a\[1\]'"),
        ({"a": {"b": [2**60]}}, r"'a.b\[0\]'"),
        ({"a": [1.5, float("nan")]}, r"'a\[1\]'"),
        ({"a": [1, "x"]}, "'a'"),
        ({"a": [True, 1]}, "'a'"),
        ({"a": ["x", None]}, r"'a\[1\]'"),
        ({"a": [[1]]}, r"'a\[0\]'"),
        ({"a": [GeoCoordinate(latitude=1, longitude=1)]}, r"'a\[0\]'"),
        ({"a": object()}, "'a'"),
        ({"a": {1, 2}}, "'a'"),
        ({"a": 1j}, "'a'"),
        ({"a": np.zeros((2, 2))}, "'a'"),
        ({"a": np.array(["2024-05-01"], "datetime64[ns]")}, "'a'"),
        ({"a": np.datetime64("2024-05-01")}, "'a'"),
        ({"a": timedelta(1)}, "'a'"),
        ({"a": "\ud800"}, "'a'"),
        ({"\ud800": "a"}, "property"),
        ({1: "a"}, "'1'"),
        ({"a": {2: "b"}}, "'a.2'"),
        (["a"], "properties"),
    ],
)
def test_wrong_properties_are_refused_where_they_are(properties: Any, place: str) -> None:
    for uuid, who in ((U2, rf"Object 7 \({U2}\)"), (None, "Object 7")):
        with pytest.raises(WeaviateInvalidInputError, match=f"^{who}, .*{place}.*: "):
            encode.Encoder("Article").encode(DataObject(properties=properties, uuid=uuid), 7)
    with pytest.raises(WeaviateInvalidInputError, match=place):
        encode.json_object("Article", properties)


def test_reserved_names() -> None:
    with pytest.raises(WeaviateInsertInvalidPropertyError, match="`uuid`"):
        encoded({"id": U1})
    assert encoded({"vector": "a property as any other", "nested": {"id": "here it is free"}})


@pytest.mark.parametrize(
    ("given", "text"), [(UUID(U2), U2), (UUID(U2).hex, U2), (f"{{{U2}}}", U2), ("A" * 8 + U2[8:], "A" * 8 + U2[8:])]
)
def test_ids(given: Any, text: str) -> None:
    assert encoded({}, uuid=given).uuid == text


def test_random_ids() -> None:
    ids = {encode.identify(None) for _ in range(100)}
    assert len(ids) == 100
    assert {UUID(text).version for text in ids} == {4}


@pytest.mark.parametrize("wrong", ["", "x", 3, b"x" * 16, U1 + "0"])
def test_wrong_ids(wrong: Any) -> None:
    for refused in ({"uuid": wrong}, {"references": {"r": wrong}}, {"references": {"r": [U1, wrong]}}):
        with pytest.raises(WeaviateInvalidInputError, match="UUID"):
            encoded({}, **refused)


def test_references() -> None:
    beacon = f"weaviate://localhost/{U2}"
    to_author = f"weaviate://localhost/Author/{U2}"
    message = encoded(
        {},
        references={
            "a": UUID(U2),
            "b": [U2, UUID(U3)],
            "c": [],
            "d": beacon,
            "e": to_author,
            "f": [{"beacon": beacon}],
        },
    )
    found = {ref.prop_name: list(ref.uuids) for ref in message.properties.single_target_ref_props}
    assert found == {"a": [U2], "b": [U2, U3], "c": [], "d": [U2], "f": [U2]}
    (multi,) = message.properties.multi_target_ref_props
    assert (multi.prop_name, list(multi.uuids), multi.target_collection) == ("e", [U2], "Author")
    assert encode.json_object("A", references={"e": to_author})["properties"] == {"e": [{"beacon": to_author}]}
    with pytest.raises(WeaviateInvalidInputError, match=r"reference 'r'\[1\]: all beacons"):
        encoded({}, references={"r": [beacon, to_author]})


# Vectors.

PLAIN = [0.5, -1.0, 3.0]
BYTES = np.array(PLAIN, "<f4").tobytes()


class Dlpack:
    def __init__(self, values: Any) -> None:
        self.values = np.array(values, np.float32)

    def __dlpack__(self, **options: Any) -> Any:
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.values.__dlpack_device__()


class ArrowScalar:
    def as_py(self) -> list[float]:
        return PLAIN


class Arraylike:
    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(PLAIN, dtype)


@pytest.mark.parametrize(
    "vector",
    [
        PLAIN, tuple(PLAIN), [0.5, -1, 3], [np.float32(0.5), -1.0, 3], iter(PLAIN), (x for x in PLAIN),
        np.array(PLAIN), np.array(PLAIN, "f2"), np.array(PLAIN, "<f4"), np.array(PLAIN, ">f4"),
        np.array([9, 0.5, 9, -1, 9, 3], "f4")[1::2], array.array("f", PLAIN), array.array("d", PLAIN),
        memoryview(array.array("f", PLAIN)), Dlpack(PLAIN), Arraylike(), ArrowScalar(),
    ],
)  # fmt: skip
def test_vectors(vector: Any) -> None:
    message = encoded({}, vector=vector)
    assert message.vector_bytes == BYTES
    assert not message.vectors


@pytest.mark.parametrize(
    "vector",
    [list(np.array(PLAIN, "f4")), [np.float64(0.5), np.int64(-1), 3], [Decimal("0.5"), -1, 3], [Fraction(1, 2), -1, 3]],
)
def test_lists_of_other_numbers_are_lists_of_floats_as_json(vector: Any) -> None:
    for numbers in (vector, tuple(vector)):
        body = encode.json_object("A", vector=numbers)
        assert json.loads(json.dumps(body["vector"])) == PLAIN
    assert json.dumps(encode.json_object("A", vector=[True, False])["vector"]) == "[1.0, 0.0]"


def test_large_numbers_of_64_bits_are_told_as_they_were_given() -> None:
    with pytest.raises(WeaviateInvalidInputError, match=r"not 1e\+300"):
        encoded({}, vector=np.array([1e300]))


def test_vectors_by_name() -> None:
    rows = [[1.0, 2.0], [3.0, 4.0]]
    many = np.array(rows, "<f4")
    message = encoded({}, vector={"a": PLAIN, "b": np.array(PLAIN), "m": rows, "n": many, "l": list(many), "none": []})
    assert [(one.name, one.type) for one in message.vectors] == [("a", 1), ("b", 1), ("m", 2), ("n", 2), ("l", 2)]
    assert {one.vector_bytes for one in message.vectors} == {BYTES, b"\x02\x00" + many.tobytes()}
    body = encode.json_object("A", vector={"a": np.array(PLAIN), "m": many})
    assert body["vectors"] == {"a": PLAIN, "m": rows}


def test_no_vector() -> None:
    nothing: Any
    for nothing in (None, [], {}, (), np.zeros(0)):
        message = encoded({}, vector=nothing)
        assert not message.vector_bytes
        assert not message.vectors


def test_large_vectors_are_whole() -> None:
    for dimension in (31, 32, 4095, 4096, 600_000):
        vector = np.random.default_rng(1).random(dimension, np.float32)
        message = encoded({"a": "b"}, vector=vector)
        assert message.vector_bytes == vector.tobytes()
        assert message.properties.non_ref_properties["a"] == "b"
    assert encoded({}, vector=[1e30, -1e30] * 9).vector_bytes  # finite, though its square is not
    assert encoded({}, vector=np.array([1e30, -1e30], "f4")).vector_bytes


@pytest.mark.parametrize(
    ("vector", "place"),
    [
        ("text", "vector"), (b"bytes", "vector"), (memoryview(BYTES), "vector"),
        (3, "vector"), ({1.0, 2.0}, "vector"), ({"a": "text"}, "vector 'a'"),
        ([1.0, "2"], r"vector\[1\]"), ([1.0, None], r"vector\[1\]"), ([1, float("nan")], r"vector\[1\]"),
        ([1e300], r"vector\[0\]"), ([10**400], r"vector\[0\]"), ([3.5e38], r"vector\[0\]"),
        (np.array([1, np.nan]), r"vector\[1\]"), (np.array([1, np.inf], "f4"), r"vector\[1\]"),
        (np.array([1, 1e300]), r"vector\[1\]"), (np.array(["a"]), "vector"), (np.array([1j]), "vector"),
        ({"m": np.array([[1, 2], [3, np.nan]])}, r"vector 'm'\[1\]\[1\]"),
        (np.ma.array([1.0, 2.0], mask=[False, True]), r"vector\[1\]"),
        (np.zeros((2, 2, 2)), "vector"), (np.array(3.0), "vector"), ([[1.0]], "vector"), (np.zeros((1, 1)), "vector"),
        ({"m": [[1.0, 2.0], [1.0]]}, r"vector 'm'\[1\]"), ({"m": [[1.0], [float("inf")]]}, r"vector 'm'\[1\]\[0\]"),
        ({"m": [[1.0], 2.0]}, r"vector 'm'\[1\]"), ({"m": [[[1.0]]]}, r"vector 'm'\[0\]"),
        ({"m": [[0.0] * 65536]}, "vector 'm'"),
    ],
)  # fmt: skip
def test_wrong_vectors_are_refused_where_they_are(vector: Any, place: str) -> None:
    with pytest.raises(WeaviateInvalidInputError, match=rf"^Object 3 \({U1}\), {place}: "):
        encoded({}, vector=vector, index=3)
    with pytest.raises(WeaviateInvalidInputError, match=f"{place}: "):
        encode.json_object("A", vector=vector)


# Batches.


def test_splitting() -> None:
    pieces = [b"x" * size for size in (5, 5, 20, 1, 1, 1, 9)]

    def parts(most_bytes: int, most: int) -> list[list[int]]:
        return [[len(piece) for piece in pieces[part]] for part in encode.split(pieces, most_bytes, most)]

    assert parts(10, 100) == [[5, 5], [20], [1, 1, 1], [9]]
    assert parts(1000, 3) == [[5, 5, 20], [1, 1, 1], [9]]
    assert parts(1, 1) == [[size] for size in map(len, pieces)]
    assert list(encode.split([], 10, 10)) == []


@given(st.lists(st.integers(0, 50)), st.integers(1, 100), st.integers(1, 10))
def test_splitting_loses_nothing(sizes: list[int], most_bytes: int, most: int) -> None:
    pieces = [bytes(size) for size in sizes]
    parts = [pieces[part] for part in encode.split(pieces, most_bytes, most)]
    assert [piece for part in parts for piece in part] == pieces
    for part in parts:
        assert 0 < len(part) <= most
        assert len(part) == 1 or sum(map(len, part)) <= most_bytes


def test_pieces_are_their_wire_size_and_fit_a_stream() -> None:
    encoder = encode.Encoder("Article", "tenant")
    pieces = [encoder.encode({"title": "x" * size}, index)[1] for index, size in enumerate((1, 200, 70_000))]
    request = BatchObjectsRequest.FromString(encode.request(pieces))
    assert request.ByteSize() == sum(map(len, pieces))
    assert {one.tenant for one in request.objects} == {"tenant"}
    message = BatchStreamRequest.FromString(encode.stream_data(pieces))
    assert list(message.data.objects.values) == list(request.objects)
    assert isinstance(request.objects[0], BatchObject)
