"""The `typed` stage: specs/grpc → generated/weaviate_gen/typed, the same messages as dataclasses of betterproto2.

For those who explore the low level: far slower than the messages of weaviate_gen.grpc, and never used by weaviate_hl.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from pathlib import PurePosixPath

from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto

from codegen import grpc
from codegen.output import Output, header

FOLDER = "generated/weaviate_gen/typed"

_ROOT = '''"""The server's messages as dataclasses (`from weaviate_gen.typed.weaviate import v1`), for exploring them.

Bytes are the same as those of `weaviate_gen.grpc`, which is far faster. Needs `pip install weaviate-hl[typed]`.
"""

from importlib.util import find_spec

if find_spec("betterproto2") is None:
    raise ImportError("weaviate_gen.typed needs betterproto2: pip install weaviate-hl[typed]", name="betterproto2")
'''


def generate(output: Output) -> None:
    """Write the package; betterproto2 would write clients of its own, for grpclib, which nothing here is made for."""
    files = [_by_number(file) for file in grpc.read_interface(output).with_messages]
    made = grpc.run_plugin("betterproto2_compiler.plugin.main", files, "client_generation=none")
    for path, text in sorted(made.items()):
        if PurePosixPath(path).suffix == ".py" and path != "__init__.py":
            # Typed for a reader, not for `mypy --strict`: what betterproto2 brings, rather than makes of the interface.
            lenient = "# mypy: ignore-errors\n" if path in ("google/protobuf/__init__.py", "message_pool.py") else ""
            output.write(f"{FOLDER}/{path}", header("typed", grpc.SOURCE) + lenient + text)
    output.write(f"{FOLDER}/__init__.py", header("typed", grpc.SOURCE) + _ROOT)


def _by_number(file: FileDescriptorProto) -> FileDescriptorProto:
    """The file with all fields in the order of their numbers: betterproto2 writes bytes in the order of declaration."""
    result = FileDescriptorProto()
    result.CopyFrom(file)

    def sort(messages: Iterable[DescriptorProto]) -> None:
        for message in messages:
            message.field.sort(key=attrgetter("number"))
            sort(message.nested_type)

    sort(result.message_type)
    return result
