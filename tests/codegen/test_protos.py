"""Reading and printing the gRPC interface: equal text from both sources, and the same descriptors from that text.

contract/ holds three server versions, reduced to a few files, as .proto text and as a FileDescriptorSet.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from operator import attrgetter
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)
from google.protobuf.message import Message

from codegen import protos
from codegen.errors import CodegenError

INTERFACES = sorted((Path(__file__).parent / "contract").glob("v*"))
ROOT = Path(__file__).resolve().parents[2]
by_version = pytest.mark.parametrize("folder", INTERFACES, ids=lambda folder: folder.name)

# Every construct that is supported, out of order, with names that hide others; `.shop` is a top-level package too.
EVERYTHING = """
// A comment. // Another.
syntax = "proto3";
package shop.v1;
import "v1/other.proto";
import "google/protobuf/struct.proto";
option go_package = "example.com/shop";
option java_multiple_files = true;
option optimize_for = SPEED;
option deprecated = true;
message Zebra {
  option deprecated = true;
  reserved 17, 5 to 7, 1000 to max;
  reserved "old", "older";
  message Nested { message Deep { optional bool on = 1; } Deep deep = 1; Zebra.Nested.Deep same = 2; }
  message Other { string name = 1; }
  Other near = 40;
  .shop.v1.Other far = 41;
  message shop { int32 hides = 1; }
  map<string, google.protobuf.Value> values = 30;
  map<int64, Kind> kinds = 29;
  map<fixed32, Nested.Deep> deep = 28;
  optional string maybe = 3;
  oneof second { string b = 20; bytes a = 12; }
  oneof first { Kind c = 2; double d = 21; }
  repeated int32 plain = 14 [packed = false];
  repeated sint64 numbers = 15 [packed = true, deprecated = true];
  string renamed = 16 [json_name = "somethingElse"];
  string spelled_out = 18 [json_name = "spelledOut"];
  int64 as_text = 19 [jstype = JS_STRING];
  optional float ratio = 1;
  string secret = 22 [debug_redact = true];
  enum Kind { KIND_UNSPECIFIED = 0; KIND_ONE = 1; }
}
enum Level {
  option allow_alias = true;
  reserved -5 to -3, 100 to max, 50;
  reserved "GONE";
  ZERO = 0; THREE = 3; MINUS = -1; ALSO_THREE = 3 [deprecated = true];
}
message Aardvark {}
service Till {
  option deprecated = true;
  rpc Watch(Aardvark) returns (stream Zebra);
  rpc Add(stream Zebra) returns (Aardvark) { option deprecated = true; option idempotency_level = IDEMPOTENT; }
  rpc Both(stream .shop.v1.Zebra.Other) returns (stream Other);
}
"""
OTHER = 'syntax = "proto3"; package shop.v1; message Other { Level_ level = 1; } enum Level_ { NONE = 0; }'

PRINTED = """\
// Printed by codegen/protos.py from the server's interface: do not edit, run scripts/regen.sh.
syntax = "proto3";

package shop.v1;

import "google/protobuf/struct.proto";
import "weaviate/v1/other.proto";

option deprecated = true;

service Till {
  option deprecated = true;
  rpc Add(stream Zebra) returns (Aardvark) { option deprecated = true; option idempotency_level = IDEMPOTENT; }
  rpc Both(stream Zebra.Other) returns (stream Other);
  rpc Watch(Aardvark) returns (stream Zebra);
}

enum Level {
  option allow_alias = true;
  reserved -5 to -3, 50, 100 to max;
  reserved "GONE";
  ZERO = 0;
  MINUS = -1;
  ALSO_THREE = 3 [deprecated = true];
  THREE = 3;
}

message Aardvark {
}

message Zebra {
  option deprecated = true;
  reserved 5 to 7, 17, 1000 to max;
  reserved "old", "older";
  enum Kind {
    KIND_UNSPECIFIED = 0;
    KIND_ONE = 1;
  }
  message Nested {
    message Deep {
      optional bool on = 1;
    }
    Zebra.Nested.Deep deep = 1;
    Zebra.Nested.Deep same = 2;
  }
  message Other {
    string name = 1;
  }
  message shop {
    int32 hides = 1;
  }
  optional float ratio = 1;
  oneof first {
    Zebra.Kind c = 2;
    double d = 21;
  }
  optional string maybe = 3;
  oneof second {
    bytes a = 12;
    string b = 20;
  }
  repeated int32 plain = 14 [packed = false];
  repeated sint64 numbers = 15 [packed = true, deprecated = true];
  string renamed = 16 [json_name = "somethingElse"];
  string spelled_out = 18;
  int64 as_text = 19 [jstype = JS_STRING];
  string secret = 22 [debug_redact = true];
  map<fixed32, Zebra.Nested.Deep> deep = 28;
  map<int64, Zebra.Kind> kinds = 29;
  map<string, google.protobuf.Value> values = 30;
  Zebra.Other near = 40;
  .shop.v1.Other far = 41;
}
"""


def checkout(folder: Path, **files: str) -> Path:
    """A folder laid out as a checkout of a server with these files."""
    for name, text in files.items():
        target = folder / "grpc/proto/v1" / f"{name}.proto"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


def written(folder: Path, texts: dict[str, str]) -> Path:
    for path, text in texts.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


@by_version
def test_both_sources_give_the_same(folder: Path) -> None:
    from_text = protos.read_source(folder)
    from_set = protos.read_source(folder / "grpc.binpb")
    assert from_text == from_set
    texts = protos.write_protos(from_text)
    assert texts == protos.write_protos(from_set)
    assert list(texts) == [file.name for file in from_text.file]
    assert "weaviate/v1/batch.proto" in texts
    assert not any(word in text for text in texts.values() for word in ("go_package", "java", '"v1/'))


@by_version
def test_the_text_says_what_was_read(folder: Path, tmp_path: Path) -> None:
    files = protos.read_source(folder)
    texts = protos.write_protos(files)
    assert protos.load_protos(written(tmp_path, texts)) == files
    assert protos.write_protos(protos.load_protos(tmp_path)) == texts


def plain(message: DescriptorProto) -> DescriptorProto:
    """What canonical form may not change, in an order that any form can be put in."""
    result = DescriptorProto()
    result.CopyFrom(message)
    oneofs = [oneof.name for oneof in message.oneof_decl]
    for field in result.field:
        field.ClearField("json_name")
        field.ClearField("options") if not field.options.ByteSize() else None
        if field.HasField("oneof_index"):
            # Which oneof it is, whatever its place: protoc numbers them in the order of the text.
            field.default_value = oneofs[field.oneof_index]
            field.ClearField("oneof_index")
    result.ClearField("options") if not result.options.ByteSize() else None
    by_name = attrgetter("name")
    ordered: dict[str, Iterable[Message]] = {
        "field": sorted(result.field, key=attrgetter("number")),
        "nested_type": sorted(map(plain, message.nested_type), key=by_name),
        "enum_type": sorted(message.enum_type, key=by_name),
        "oneof_decl": sorted(message.oneof_decl, key=by_name),
    }
    for name, items in ordered.items():
        copies = list(items)
        result.ClearField(name)  # type: ignore[arg-type]
        getattr(result, name).extend(copies)
    return result


def facts(service: ServiceDescriptorProto) -> list[tuple[object, ...]]:
    return sorted((m.name, m.input_type, m.output_type, m.client_streaming, m.server_streaming) for m in service.method)


@by_version
def test_reading_changes_order_and_nothing_else(folder: Path) -> None:
    raw = FileDescriptorSet.FromString((folder / "grpc.binpb").read_bytes())
    read = {file.name: file for file in protos.read_source(folder).file}
    assert {f"weaviate/{file.name}" for file in raw.file if file.name.startswith("v1/")} == set(read)
    for file in raw.file:
        if mine := read.get(f"weaviate/{file.name}"):
            assert sorted(map(str, map(plain, file.message_type))) == sorted(map(str, map(plain, mine.message_type)))
            assert sorted(map(str, file.enum_type)) == sorted(map(str, mine.enum_type))
            methods = [(m.name, m.input_type, m.client_streaming) for s in file.service for m in s.method]
            assert sorted(methods) == [
                (m.name, m.input_type, m.client_streaming) for s in mine.service for m in s.method
            ]


def test_every_construct(tmp_path: Path) -> None:
    files = protos.read_source(checkout(tmp_path / "source", everything=EVERYTHING, other=OTHER))
    texts = protos.write_protos(files)
    assert texts["weaviate/v1/everything.proto"] == PRINTED
    assert list(texts) == ["weaviate/v1/other.proto", "weaviate/v1/everything.proto"]
    assert protos.load_protos(written(tmp_path / "printed", texts)) == files


def test_the_order_of_a_source_does_not_matter(tmp_path: Path) -> None:
    text = 'syntax = "proto3"; package a; message %s message %s'
    first, second = "B { string y = 2; int32 x = 1; }", "A { }"
    one = protos.read_source(checkout(tmp_path / "1", x=text % (first, second)))
    two = protos.read_source(checkout(tmp_path / "2", x=text % (second, first)))
    assert one == two
    assert protos.write_protos(one) == protos.write_protos(two)


def test_the_committed_interface_is_canonical() -> None:
    specs = ROOT / "specs/grpc"
    texts = protos.write_protos(protos.load_protos(specs))
    assert texts == {name: (specs / name).read_text("utf-8") for name in protos.names_in(specs)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('syntax = "proto3";\nmessage A {\n  strin x = 1;\n}', r'v1/x.proto:3:3: "strin" is not defined'),
        ('syntax = "proto3";\nmessage A {', r"v1/x.proto:2:12: Reached end of input"),
        ('syntax = "proto3";\nimport "v1/y.proto";', r"v1/y.proto: File not found"),
        ('syntax = "proto2"; message A { optional string x = 1; }', "v1/x.proto: only syntax proto3 .*not proto2"),
        ('edition = "2023"; message A { string x = 1; }', "v1/x.proto: only syntax proto3 .*not editions"),
        (
            'syntax = "proto3"; import "google/protobuf/descriptor.proto";'
            "extend google.protobuf.FieldOptions { string why = 50000; }",
            "v1/x.proto: extensions are not supported",
        ),
        (
            'syntax = "proto3"; import public "google/protobuf/struct.proto";',
            "v1/x.proto: only plain imports are supported",
        ),
    ],
)
def test_bad_protos(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CodegenError, match=says) as caught:
        protos.read_source(checkout(tmp_path, x=text))
    assert "\n" not in str(caught.value)


def damage(change: Callable[[FileDescriptorProto], object]) -> FileDescriptorSet:
    file = FileDescriptorProto(name="v1/x.proto", package="a", syntax="proto3")
    message = file.message_type.add(name="A")
    message.field.add(name="x", number=1, type=FieldDescriptorProto.TYPE_STRING, label=1, json_name="x")
    change(file)
    return FileDescriptorSet(file=[file])


def custom_option(file: FileDescriptorProto) -> None:
    file.message_type[0].field[0].options.MergeFromString(b"\x82\xb5\x18\x01x")


def group(file: FileDescriptorProto) -> None:
    file.message_type[0].field[0].type = FieldDescriptorProto.TYPE_GROUP


def extension_range(file: FileDescriptorProto) -> None:
    file.message_type[0].extension_range.add(start=10, end=20)


def required(file: FileDescriptorProto) -> None:
    file.message_type[0].field[0].label = FieldDescriptorProto.LABEL_REQUIRED


def unknown_type(file: FileDescriptorProto) -> None:
    file.message_type[0].field[0].type = FieldDescriptorProto.TYPE_MESSAGE
    file.message_type[0].field[0].type_name = ".a.Missing"


def later_construct(file: FileDescriptorProto) -> None:
    file.message_type[0].MergeFromString(b"\xfa\xff\x07\x05later")


def cycle(file: FileDescriptorProto) -> None:
    file.dependency.append(file.name)


def odd_enum(file: FileDescriptorProto) -> None:
    file.enum_type.append(EnumDescriptorProto(name="E"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (custom_option, "v1/x.proto: A.x: only the simple options"),
        (group, "v1/x.proto: A.x: groups are not supported"),
        (extension_range, "v1/x.proto: A: extensions are not supported"),
        (required, "v1/x.proto: A.x: required fields and defaults"),
        (unknown_type, 'does not hold together: weaviate/v1/x.proto:7:3: ".a.Missing" is not defined'),
        (later_construct, "v1/x.proto: holds a construct that cannot be printed faithfully"),
        (cycle, "v1/x.proto: imports itself"),
        (odd_enum, "does not hold together: .*x.proto:6:6: Enums must contain at least one value"),
    ],
)
def test_bad_descriptors(tmp_path: Path, change: Callable[[FileDescriptorProto], None], says: str) -> None:
    (tmp_path / "set.binpb").write_bytes(damage(change).SerializeToString())
    with pytest.raises(CodegenError, match=says) as caught:
        protos.write_protos(protos.read_source(tmp_path / "set.binpb"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a descriptor set", b"\x0a\x02\x08\x01"])
def test_unreadable_sets(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "grpc.binpb").write_bytes(content)
    with pytest.raises(CodegenError, match=r"grpc\.binpb: is not a FileDescriptorSet"):
        protos.read_source(tmp_path)


def test_two_files_of_one_name(tmp_path: Path) -> None:
    files = [FileDescriptorProto(name=name, syntax="proto3") for name in ("v1/x.proto", "weaviate/v1/x.proto")]
    (tmp_path / "set.binpb").write_bytes(FileDescriptorSet(file=files).SerializeToString())
    with pytest.raises(CodegenError, match="two files of one name"):
        protos.read_source(tmp_path / "set.binpb")


def test_empty_folders(tmp_path: Path) -> None:
    with pytest.raises(CodegenError, match=r"holds neither grpc/proto/v1/\*\.proto nor grpc\.binpb"):
        protos.read_source(tmp_path)
    with pytest.raises(CodegenError, match=r"holds no \.proto files"):
        protos.load_protos(tmp_path)


def test_a_checkout_is_read_before_a_set(tmp_path: Path) -> None:
    shutil.copytree(INTERFACES[0], tmp_path / "both")
    (tmp_path / "both/grpc.binpb").write_bytes(b"never read")
    assert protos.read_source(tmp_path / "both") == protos.read_source(INTERFACES[0])
