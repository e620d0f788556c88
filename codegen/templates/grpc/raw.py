"""A second view of the messages: the same bytes on the wire, but some fields that hold messages are declared as bytes.

Which ones is said in specs/additions.toml. What is read through this view costs nothing until it is looked at, and each
part can outlive the reply that it came in.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from weaviate_gen.grpc import descriptors, raw_descriptors

if TYPE_CHECKING:
    from google.protobuf.message import Message

POOL = DescriptorPool()
for _file in (descriptors.FILES | raw_descriptors.FILES).values():
    POOL.AddSerializedFile(_file)


@cache
def raw(message: type[Message]) -> Any:
    """The class that reads a message in this view; untyped, as its type would differ in these fields only."""
    return GetMessageClass(POOL.FindMessageTypeByName(message.DESCRIPTOR.full_name))
