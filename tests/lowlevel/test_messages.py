"""The messages of weaviate_gen.grpc, on whichever version and implementation of protobuf is installed."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import weaviate_gen
from google.protobuf import descriptor_pool, json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from weaviate_gen.grpc.descriptors import FILES
from weaviate_gen.grpc.google.protobuf import any_pb2, struct_pb2, timestamp_pb2
from weaviate_gen.grpc.google.rpc import error_details_pb2, status_pb2
from weaviate_gen.grpc.messages import POOL
from weaviate_gen.grpc.v1 import base_pb2, batch_pb2, properties_pb2, search_get_pb2, tenants_pb2

SCALARS: dict[int, Any] = {
    FieldDescriptor.TYPE_INT32: -7,
    FieldDescriptor.TYPE_INT64: -(2**53),
    FieldDescriptor.TYPE_UINT32: 2**32 - 1,
    FieldDescriptor.TYPE_UINT64: 2**64 - 1,
    FieldDescriptor.TYPE_DOUBLE: 0.1,
    FieldDescriptor.TYPE_FLOAT: 0.5,
    FieldDescriptor.TYPE_BOOL: True,
    FieldDescriptor.TYPE_STRING: "Motörhead ☃",
    FieldDescriptor.TYPE_BYTES: b"\x00\xff",
}
# To compare them, or to print them as JSON, the pure-Python runtime seeks the type inside in the default pool.
CARRIES_ANY = ("google.protobuf.Any", "google.rpc.Status")
UNKNOWN = b"\xfa\xff\x07\x05later"  # field 16383, which no version declares


def messages() -> Iterator[tuple[str, Descriptor]]:
    """Every message, except those that stand for the entries of maps, with the module of its file."""

    def walk(module: str, descriptor: Descriptor) -> Iterator[tuple[str, Descriptor]]:
        if not descriptor.GetOptions().map_entry:
            yield module, descriptor
        for nested in descriptor.nested_types:
            yield from walk(module, nested)

    for file in FILES:
        module = f"weaviate_gen.grpc.{file.removeprefix('weaviate/').removesuffix('.proto').replace('/', '.')}_pb2"
        for descriptor in POOL.FindFileByName(file).message_types_by_name.values():
            yield from walk(module, descriptor)


MESSAGES = {descriptor.full_name: (module, descriptor) for module, descriptor in messages()}


def class_of(name: str) -> Any:
    module, descriptor = MESSAGES[name]
    found: Any = import_module(module)
    for part in name.removeprefix(f"{descriptor.file.package}.").split("."):
        found = getattr(found, part)
    return found


def filled(message: Any, depth: int = 3) -> Any:
    """The message with every field set, submessages to a depth; of a oneof, the last field set stays."""
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        entry = field.message_type if field.message_type and field.message_type.GetOptions().map_entry else None
        inner = entry.fields_by_name["value"] if entry else field
        scalar = inner.enum_type.values[-1].number if inner.enum_type else SCALARS.get(inner.type)
        if inner.message_type and depth == 0:
            continue
        # How a field says that it is repeated differs from one protobuf to the next; its values do not.
        if inner.message_type:
            filled(value["key"] if entry else value.add() if hasattr(value, "add") else value, depth - 1)
            if not entry and not hasattr(value, "add"):
                value.SetInParent()
        elif entry:
            value["key"] = scalar
        elif hasattr(value, "extend"):
            value.extend([scalar, scalar])
        else:
            setattr(message, field.name, scalar)
    return message


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message(name: str) -> None:
    made = class_of(name)
    assert made.DESCRIPTOR.full_name == name
    message = filled(made())
    data = message.SerializeToString(deterministic=True)
    merged = made()
    merged.MergeFrom(message)
    for other in (made.FromString(data), copy.deepcopy(message), merged):
        assert name in CARRIES_ANY or other == message
        assert other.SerializeToString(deterministic=True) == data
    assert message.ListFields() or not message.DESCRIPTOR.fields
    message.Clear()
    assert message == made()


@pytest.mark.parametrize("name", [name for name in MESSAGES if name not in CARRIES_ANY])
def test_every_message_as_json(name: str) -> None:
    message = filled(class_of(name)())
    if name == "google.protobuf.Timestamp":
        message.FromJsonString("2026-01-02T03:04:05.678Z")
    assert json_format.Parse(json_format.MessageToJson(message), class_of(name)()) == message
    as_dict = json_format.MessageToDict(message, preserving_proto_field_name=True)
    assert json_format.ParseDict(as_dict, class_of(name)()) == message


@pytest.mark.parametrize("name", MESSAGES)
def test_unknown_fields_are_kept(name: str) -> None:
    message = class_of(name).FromString(UNKNOWN)
    assert message.SerializeToString() == UNKNOWN
    assert copy.deepcopy(message).SerializeToString() == UNKNOWN


def test_unknown_fields_of_submessages_are_kept() -> None:
    data = b"\x12" + bytes([len(UNKNOWN)]) + UNKNOWN
    assert search_get_pb2.SearchReply.FromString(data).SerializeToString() == data


def test_unknown_enum_values_are_kept() -> None:
    tenant = tenants_pb2.Tenant.FromString(b"\x10\x63")
    assert tenant.activity_status == 99
    assert tenant.SerializeToString() == b"\x10\x63"


def test_keywords_build_and_wrong_ones_do_not() -> None:
    request = search_get_pb2.SearchRequest(collection="Song", limit=3, metadata={"uuid": True})
    assert (request.collection, request.limit, request.metadata.uuid) == ("Song", 3, True)
    with pytest.raises(ValueError):
        search_get_pb2.SearchRequest(colection="Song")
    with pytest.raises(TypeError):
        search_get_pb2.SearchRequest(limit="three")


def test_struct_is_like_a_dict() -> None:
    properties = batch_pb2.BatchObject.Properties()
    struct = properties.non_ref_properties
    struct.update({"title": "Ace", "year": 1980, "live": False, "none": None, "tags": ["a", 1], "label": {"name": "B"}})
    struct["added"] = "later"
    assert struct["title"] == "Ace"
    assert struct["label"]["name"] == "B"
    assert list(struct["tags"]) == ["a", 1]
    assert dict(struct.items())["added"] == "later"
    assert "title" in struct
    assert len(struct) == 7
    del struct["added"]
    assert "added" not in struct
    assert set(struct.keys()) == {"title", "year", "live", "none", "tags", "label"}
    struct.get_or_create_struct("deep")["x"] = 1
    struct.get_or_create_list("list").extend([1, "two", None, {"three": 3}])
    assert struct["deep"]["x"] == 1
    assert json_format.MessageToDict(struct)["list"] == [1, "two", None, {"three": 3}]
    struct.fields["fast"].string_value = "set field by field"
    assert batch_pb2.BatchObject.Properties.FromString(properties.SerializeToString()) == properties


def test_struct_of_our_own_is_the_type_of_fields() -> None:
    struct = struct_pb2.Struct()
    struct.update({"a": 1})
    properties = batch_pb2.BatchObject.Properties(non_ref_properties=struct)
    assert type(properties.non_ref_properties) is struct_pb2.Struct
    other = batch_pb2.BatchObject.Properties()
    other.non_ref_properties.CopyFrom(struct)
    assert other == properties


def test_list_value_is_like_a_list() -> None:
    values = struct_pb2.ListValue()
    values.extend([1, "two"])
    values.append(True)
    values.add_struct()["x"] = "y"
    values.add_list().append(None)
    assert len(values) == 5
    assert values[1] == "two"
    values[1] = "zwei"
    assert list(values)[1] == "zwei"
    assert values[3]["x"] == "y"
    del values[4]
    assert len(values) == 4


def test_timestamp_and_any() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=timezone.utc)  # noqa: UP017 - as users of 3.11 write it
    stamp = timestamp_pb2.Timestamp()
    stamp.FromDatetime(moment)
    assert stamp.ToJsonString() == "2026-01-02T03:04:05.678Z"
    assert stamp.ToDatetime(tzinfo=timezone.utc) == moment  # noqa: UP017
    packed = any_pb2.Any()
    packed.Pack(stamp)
    unpacked = timestamp_pb2.Timestamp()
    assert packed.Is(timestamp_pb2.Timestamp.DESCRIPTOR)
    assert packed.Unpack(unpacked)
    assert unpacked == stamp


def test_error_details() -> None:
    info = error_details_pb2.ErrorInfo(reason="LIMIT", domain="weaviate.usagelimits", metadata={"limit": "3"})
    status = status_pb2.Status(code=8, message="too many")
    status.details.add().Pack(info)
    found = error_details_pb2.ErrorInfo()
    assert status_pb2.Status.FromString(status.SerializeToString()).details[0].Unpack(found)
    assert found == info


def test_oneof_keeps_one() -> None:
    value = properties_pb2.Value(text_value="a")
    value.int_value = 0
    assert value.WhichOneof("kind") == "int_value"
    assert not value.HasField("text_value")
    value.ClearField("kind")
    assert value.WhichOneof("kind") is None


def test_optional_fields_know_whether_they_are_set() -> None:
    request = search_get_pb2.Rerank(property="title")
    assert not request.HasField("query")
    request.query = ""
    assert request.HasField("query")
    assert search_get_pb2.Rerank.FromString(request.SerializeToString()).HasField("query")
    with pytest.raises(ValueError):
        request.HasField("property")


def test_maps() -> None:
    properties = properties_pb2.Properties()
    properties.fields["title"].text_value = "Ace"
    properties.fields["deep"].object_value.fields["x"].int_value = 1
    assert {name: properties.fields[name].WhichOneof("kind") for name in properties.fields} == {
        "title": "text_value",
        "deep": "object_value",
    }


def test_enums() -> None:
    assert base_pb2.CONSISTENCY_LEVEL_QUORUM == base_pb2.ConsistencyLevel.Value("CONSISTENCY_LEVEL_QUORUM") == 2
    assert base_pb2.ConsistencyLevel.Name(3) == "CONSISTENCY_LEVEL_ALL"
    assert base_pb2.Filters.OPERATOR_AND == base_pb2.Filters.Operator.OPERATOR_AND == 7
    assert base_pb2.Filters(operator=base_pb2.Filters.OPERATOR_LIKE).operator == base_pb2.Filters.Operator.Value(
        "OPERATOR_LIKE"
    )


def test_modules_are_like_those_of_protoc() -> None:
    assert base_pb2.DESCRIPTOR.name == "weaviate/v1/base.proto"
    assert base_pb2.Filters is base_pb2.Filters
    assert repr(base_pb2.Filters) == "<class 'weaviate_gen.grpc.v1.base_pb2.Filters'>"
    assert {"Filters", "ConsistencyLevel", "CONSISTENCY_LEVEL_ONE", "DESCRIPTOR"} <= set(dir(base_pb2))
    assert isinstance(base_pb2.Filters(), Message)
    with pytest.raises(AttributeError, match=r"weaviate_gen.grpc.v1.base_pb2.*Nothing"):
        _ = base_pb2.Nothing


def run(code: str) -> str:
    path = str(Path(weaviate_gen.__file__).parent.parent)
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {path!r})\n{code}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return done.stdout.strip()


def test_the_default_pool_is_left_alone() -> None:
    run("""
from google.protobuf import descriptor_pb2, descriptor_pool
pool = descriptor_pool.Default()
for name in ("v1/base.proto", "weaviate/v1/base.proto"):  # what another package may bring, in a version of its own
    file = descriptor_pb2.FileDescriptorProto(name=name, package="weaviate.v1", syntax="proto3")
    if name == "v1/base.proto":
        file.message_type.add(name="Filters").field.add(name="other", number=1, type=9, label=1)
    pool.AddSerializedFile(file.SerializeToString())
from weaviate_gen.grpc.v1.base_pb2 import Filters
assert Filters(operator=1).SerializeToString()
assert not hasattr(pool.FindMessageTypeByName("weaviate.v1.Filters"), "operator")
""")
    assert MESSAGES
    with pytest.raises(KeyError):
        descriptor_pool.Default().FindMessageTypeByName("weaviate.v1.Filters")


def test_importing_loads_only_what_is_asked_for() -> None:
    loaded = "print(*sorted(name for name in sys.modules if name not in before))"
    assert run(f"before = set(sys.modules)\nimport weaviate_gen\n{loaded}") == "weaviate_gen"
    assert run(f"before = set(sys.modules)\nimport weaviate_gen.grpc\n{loaded}") == "weaviate_gen weaviate_gen.grpc"
    stubs = run("from weaviate_gen.grpc import METHODS, WeaviateStub\nprint(*sys.modules)").split()
    assert "google.protobuf.descriptor_pool" in stubs
    assert not {"grpc", "asyncio", "google.protobuf.struct_pb2"} & set(stubs)
