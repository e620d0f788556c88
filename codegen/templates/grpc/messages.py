"""Message classes, made from the descriptors in a pool of their own, each when it is first asked for.

The default pool belongs to all packages of a process, and refuses a second version of a file: there, this package and
any other that brings Weaviate's messages would break each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message_factory import GetMessageClass
from weaviate_gen.grpc.descriptors import FILES

POOL = DescriptorPool()
for _file in FILES.values():
    POOL.AddSerializedFile(_file)


def fill(file: str, module: dict[str, Any]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Put into a module what protoc would have written there: `__getattr__` and `__dir__` for what is made later.

    That is the messages and the wrappers of enums; building them all would cost more than the rest of the import.
    """
    descriptor = module["DESCRIPTOR"] = POOL.FindFileByName(file)
    messages, enums = descriptor.message_types_by_name, descriptor.enum_types_by_name
    for enum in enums.values():
        module.update((value.name, value.number) for value in enum.values)

    def get(name: str) -> Any:
        made: Any
        if name in messages:
            made = _message_class(messages[name])
            made.__module__ = module["__name__"]
        elif name in enums:
            made = EnumTypeWrapper(enums[name])
        else:
            raise AttributeError(f"module {module['__name__']!r} has no attribute {name!r}")
        module[name] = made
        return made

    def names() -> list[str]:
        return sorted({*module, *messages, *enums})

    return get, names


def _message_class(descriptor: Descriptor) -> Any:
    made = GetMessageClass(descriptor)
    nested = descriptor.nested_types
    # upb finds nested classes itself; for the pure-Python runtime, it is the code protoc writes that hangs them there.
    if nested and not hasattr(made, nested[0].name):
        for inner in nested:
            setattr(made, inner.name, _message_class(inner))
    return made
