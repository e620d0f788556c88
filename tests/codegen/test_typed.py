"""The `typed` stage: betterproto2's dataclasses say the same as the messages of the pool, in the same bytes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings
from hypothesis import strategies as st
from weaviate_gen.grpc.descriptors import FILES
from weaviate_gen.grpc.google.protobuf import struct_pb2
from weaviate_gen.grpc.messages import POOL
from weaviate_gen.grpc.v1 import base_pb2, batch_pb2, properties_pb2, search_get_pb2
from weaviate_gen.typed.google import protobuf as typed_protobuf
from weaviate_gen.typed.google import rpc as typed_rpc
from weaviate_gen.typed.message_pool import default_message_pool
from weaviate_gen.typed.weaviate import v1

ROOT = Path(__file__).resolve().parents[2]
Field = FieldDescriptor

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*is deprecated:DeprecationWarning"
)  # what betterproto2 says of a field


def messages() -> Iterator[Descriptor]:
    def walk(descriptor: Descriptor) -> Iterator[Descriptor]:
        if not descriptor.GetOptions().map_entry:
            yield descriptor
        for nested in descriptor.nested_types:
            yield from walk(nested)

    for file in FILES:
        for descriptor in POOL.FindFileByName(file).message_types_by_name.values():
            yield from walk(descriptor)


MESSAGES = {descriptor.full_name: descriptor for descriptor in messages()}

INTS = {32: st.integers(-(2**31), 2**31 - 1), 64: st.integers(-(2**63), 2**63 - 1)}
SCALARS: dict[int, st.SearchStrategy[Any]] = {
    Field.TYPE_INT32: INTS[32],
    Field.TYPE_INT64: INTS[64],
    Field.TYPE_UINT32: st.integers(0, 2**32 - 1),
    Field.TYPE_UINT64: st.integers(0, 2**64 - 1),
    # Neither NaN, which equals nothing, nor -0.0, of which see below.
    Field.TYPE_FLOAT: st.floats(allow_nan=False, width=32).map(lambda value: value + 0.0),
    Field.TYPE_DOUBLE: st.floats(allow_nan=False).map(lambda value: value + 0.0),
    Field.TYPE_BOOL: st.booleans(),
    Field.TYPE_STRING: st.text(max_size=8),
    Field.TYPE_BYTES: st.binary(max_size=8),
    Field.TYPE_ENUM: INTS[32],
}


def values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if field.enum_type and field.enum_type.values:
        return st.sampled_from([value.number for value in field.enum_type.values]) | INTS[32]
    return instances(field.message_type, depth - 1) if field.message_type else SCALARS[field.type]


def arguments(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if field.message_type and field.message_type.GetOptions().map_entry:
        entry = field.message_type.fields_by_name
        return st.dictionaries(values(entry["key"], depth), values(entry["value"], depth), max_size=3)
    return st.lists(values(field, depth), max_size=3) if field.is_repeated else values(field, depth)


@st.composite
def instances(draw: st.DrawFn, descriptor: Descriptor, depth: int = 3) -> Any:
    """A message with a few fields set, of a oneof one at most."""
    fields = [field for field in descriptor.fields if depth or not field.message_type]
    few = draw(st.lists(st.sampled_from(fields), max_size=4, unique=True)) if fields else []
    chosen = {field.containing_oneof.name if field.containing_oneof else field.name: field for field in few}
    return GetMessageClass(descriptor)(**{field.name: draw(arguments(field, depth)) for field in chosen.values()})


def typed_class(name: str) -> Any:
    return default_message_pool.url_to_type[f"type.googleapis.com/{name}"]


@pytest.mark.parametrize("name", MESSAGES)
def test_the_same_either_way(name: str) -> None:
    @settings(max_examples=25, deadline=None, derandomize=True, database=None)
    @given(instances(MESSAGES[name]))
    def check(message: Any) -> None:
        # Deterministic means that maps are sorted by key; betterproto2 keeps the order it was given.
        data = message.SerializeToString(deterministic=True)
        typed = typed_class(name).parse(data)
        assert bytes(typed) == data
        assert type(message).FromString(bytes(typed)) == message
        assert typed_class(name).parse(bytes(typed)) == typed

    check()


def test_every_message_and_no_client() -> None:
    assert {url.rpartition("/")[2] for url in default_message_pool.url_to_type} == set(MESSAGES)
    assert not any("Stub" in name or "Service" in name for name in v1.__all__)


def test_docstrings_and_names() -> None:
    assert typed_rpc.Status(code=8).to_dict() == {"code": 8}
    assert "What to search" in (v1.SearchRequest.__doc__ or "")
    request = v1.SearchRequest(collection="Song", limit=3, filters=v1.Filters(operator=v1.FiltersOperator.AND))
    found = search_get_pb2.SearchRequest.FromString(bytes(request))
    assert (found.collection, found.limit, found.filters.operator) == ("Song", 3, base_pb2.Filters.OPERATOR_AND)


def test_struct() -> None:
    struct = struct_pb2.Struct()
    content: dict[str, Any] = {
        "title": "Ace",
        "year": 1980.0,
        "live": False,
        "none": None,
        "tags": ["a", 1.0],
        "label": {"name": "B"},
    }
    struct.update(content)
    properties = batch_pb2.BatchObject.Properties(non_ref_properties=struct)
    typed = v1.BatchObjectProperties.parse(properties.SerializeToString())
    assert typed.to_dict()["nonRefProperties"] == content
    again = v1.BatchObjectProperties(non_ref_properties=typed_protobuf.Struct.from_dict(content))
    assert batch_pb2.BatchObject.Properties.FromString(bytes(again)) == properties


def test_what_a_newer_server_says_is_kept() -> None:
    assert bytes(v1.Tenant.parse(b"\x10\x63")) == b"\x10\x63"  # an enum value of 99
    unknown = b"\xfa\xff\x07\x05later"
    assert bytes(v1.SearchReply.parse(b"\x12\x09" + unknown)) == b"\x12\x09" + unknown


# What betterproto2 does otherwise than protobuf: if one of these fails, an oddity is gone and the docs can forget it.


def test_oddity_two_members_of_a_oneof_both_travel() -> None:
    value = v1.Value(text_value="a", int_value=1)
    assert bytes(value) == b"\x40\x01\x6a\x01a"
    assert properties_pb2.Value.FromString(bytes(value)).WhichOneof("kind") == "text_value"  # the last on the wire


def test_oddity_negative_zero_is_lost() -> None:
    message = base_pb2.GeoCoordinatesFilter(latitude=-0.0)
    assert message.SerializeToString()
    assert bytes(v1.GeoCoordinatesFilter.parse(message.SerializeToString())) == b""


def test_oddity_wrong_types_are_found_when_written() -> None:
    request = v1.SearchRequest(limit="three")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        bytes(request)


def test_oddity_maps_keep_the_order_they_were_given() -> None:
    weights = v1.Properties(fields={"b": v1.Value(int_value=1), "a": v1.Value(int_value=2)})
    same = properties_pb2.Properties.FromString(bytes(weights))
    assert bytes(weights) != same.SerializeToString(deterministic=True)
    assert bytes(v1.Properties.parse(same.SerializeToString(deterministic=True))) == same.SerializeToString(
        deterministic=True
    )


def test_oddity_deprecated_fields_warn() -> None:
    with pytest.warns(DeprecationWarning, match=r"BatchObject\.vector is deprecated"):
        v1.BatchObject(vector=[1.0])


def test_without_betterproto2_the_extra_is_named() -> None:
    code = """
import sys
sys.modules["betterproto2"] = None
sys.path.insert(0, sys.argv[1])
import weaviate_gen.typed
"""
    command = [sys.executable, "-c", code, str(ROOT / "generated")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert re.search(r"ImportError: .*pip install weaviate-hl\[typed\]$", done.stderr.strip())
