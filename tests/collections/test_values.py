"""Any valid object, of every data type, comes back as it was written: by every way in, by every way out."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from weaviate_gen.rest.api.objects import class_get

from tests.collections.conftest import PREFIX
from tests.core.colours import Sync
from weaviate_hl.classes.config import DataType, Property
from weaviate_hl.classes.data import DataObject, GeoCoordinate, PhoneNumber
from weaviate_hl.classes.query import QueryNested
from weaviate_hl.op import RestOp
from weaviate_hl.ops import decode, vectors
from weaviate_hl.values.inputs import MAX_INTEGER, NanosecondDatetime

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
INT = st.integers(-MAX_INTEGER, MAX_INTEGER)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
OFFSET = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENT = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=OFFSET)
DATE = MOMENT | st.builds(NanosecondDatetime.of, MOMENT, st.integers(1, 999))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXT,
    "int": INT,
    "number": NUMBER | INT,
    "boolean": st.booleans(),
    "date": DATE,
    "uuid": st.uuids(),
    "text[]": st.lists(TEXT, max_size=4),
    "int[]": st.lists(INT, max_size=4),
    "number[]": st.lists(NUMBER, max_size=4) | st.lists(INT, max_size=4) | st.lists(NUMBER | INT, max_size=4),
    "boolean[]": st.lists(st.booleans(), max_size=4),
    "date[]": st.lists(DATE, max_size=4),
    "uuid[]": st.lists(st.uuids(), max_size=4),
    "blob": st.binary(min_size=1),
}
ONLY_OUTSIDE: dict[str, st.SearchStrategy[Any]] = {
    "geoCoordinates": st.builds(
        GeoCoordinate, latitude=st.floats(-90, 90, width=32), longitude=st.floats(-180, 180, width=32)
    ),
    "phoneNumber": st.sampled_from(
        [PhoneNumber(number="+49 30 123456"), PhoneNumber(number="0301234567", default_country="DE")]
    ),
}
VECTOR = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3)


def named(data_type: str) -> str:
    """The property of a data type."""
    return data_type.replace("[]", "List")


def some(values: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Properties of these data types; any may be missing."""
    optional = {named(data_type): value | st.none() for data_type, value in values.items()}
    return st.fixed_dictionaries({}, optional=optional)


INNER = some(VALUES)
OUTER = some({**VALUES, "object": INNER, "object[]": st.lists(INNER, max_size=3)})


def properties_of(data_types: Mapping[str, Any], nested: list[Property] | None = None) -> list[Property]:
    return [
        Property(
            name=named(data_type),
            data_type=DataType(data_type),
            nested_properties=nested if data_type.startswith("object") else None,
        )
        for data_type in data_types
    ]


def types_of(data_types: Mapping[str, Any], nested: Any = None) -> dict[str, Any]:
    return {named(name): nested if name.startswith("object") else name for name in data_types}


INNERMOST = properties_of(VALUES)
OBJECTS = {"object": None, "object[]": None}
MIDDLE = properties_of({**VALUES, **OBJECTS}, INNERMOST)
TYPES = types_of({**VALUES, **ONLY_OUTSIDE, **OBJECTS}, types_of({**VALUES, **OBJECTS}, types_of(VALUES)))


def plain(value: Any) -> Any:
    """What comes back of a value, in a form that can be compared; none comes back as such, or not at all."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value, value.utcoffset(), getattr(value, "nanosecond", 0)
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if hasattr(value, "number"):
        return value.number, value.default_country or ""
    return value


def asked(types: Mapping[str, Any]) -> list[str | QueryNested]:
    """All of these properties by name: blobs are not returned unless they are asked for."""
    return [
        name if isinstance(told, str) else QueryNested(name=name, properties=asked(told))
        for name, told in types.items()
    ]


PROPERTIES = some({**VALUES, **ONLY_OUTSIDE, "object": OUTER, "object[]": st.lists(OUTER, max_size=2)})
OBJECT_LISTS = st.lists(st.builds(DataObject, PROPERTIES, st.uuids(), VECTOR), min_size=1, max_size=3)


class Things:
    """A collection that has every data type."""

    def __init__(self, colour: Sync, client: Any) -> None:
        self._call = colour.call
        properties = [*properties_of({**VALUES, **ONLY_OUTSIDE}), *properties_of(OBJECTS, MIDDLE)]
        self.collection = self._call(client.collections.create, PREFIX, properties=properties)

    def write(self, way: str, objects: list[DataObject[Any, Any]]) -> None:
        data = self.collection.data
        if way in ("insert_many", "ingest"):
            assert not self._call(getattr(data, way), objects).errors
            return
        for one in objects:
            if way != "insert":
                self._call(data.insert, {"text": "before"} if way == "replace" else {}, uuid=one.uuid)
            if way == "insert":
                self._call(data.insert, one.properties, uuid=one.uuid, vector=one.vector)
            else:
                self._call(getattr(data, way), one.uuid, one.properties, vector=one.vector)

    def read(self, way: str, uuid: Any) -> Any:
        if way == "grpc":
            fetch = self.collection.query.fetch_object_by_id
            return self._call(fetch, uuid, include_vector=True, return_properties=asked(TYPES))
        op = RestOp(class_get.request(PREFIX, str(uuid), include="vector"), class_get.parse, "Reading")
        return decode.json_object(self._call(self.collection._transport.execute, op), TYPES)


@pytest.mark.live
@pytest.mark.parametrize("way_in", ["insert", "insert_many", "ingest", "replace", "update"])
def test_any_object_survives(colour: Sync, anywhere: Any, way_in: str) -> None:
    things = Things(colour, anywhere)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(OBJECT_LISTS)
    def survives(objects: list[DataObject[Any, Any]]) -> None:
        for one in objects:
            one.uuid = uuid4()
        things.write(way_in, objects)
        for one in objects:
            for way_out in ("rest", "grpc"):
                found = things.read(way_out, one.uuid)
                assert found.uuid == one.uuid
                assert plain(found.properties) == plain(one.properties), way_out
                assert found.vector == {vectors.UNNAMED: one.vector}

    survives()
