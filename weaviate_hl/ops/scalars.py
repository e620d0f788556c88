"""Plain values of properties as bytes: texts, numbers and truth values, which nearly all are.

protobuf makes an object for each value; here a value is put behind bytes that depend on its name alone and are made
once for each name. Several such pieces behind one another, or behind what protobuf has written, are one message.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import Any

from weaviate_hl.ops.varint import varint
from weaviate_hl.values.inputs import MAX_INTEGER

SHORT = 100
"""Texts of fewer bytes have the bytes before them made once."""
NAMES = 10_000

_double = Struct("<d").pack
_names: dict[str, _Name] = {}


def split(properties: Mapping[str, Any]) -> tuple[bytes, dict[str, Any] | None]:
    """The plain properties as bytes of `BatchObject.Properties`, and those that are not plain.

    Args:
        properties: The properties of an object.
    """
    parts: list[bytes] = []
    others: dict[str, Any] | None = None
    for name, value in properties.items():
        try:
            known = _names.get(name) or _learn(name)
            kind = type(value)  # exact types: they are nearly all, and bool is an int
            if kind is str:
                text = value.encode()
                parts += (known.before_text(len(text)), text)
                continue
            if kind is bool:
                parts.append(known.true if value else known.false)
                continue
            if (kind is float and value - value == 0) or (kind is int and -MAX_INTEGER <= value <= MAX_INTEGER):
                parts += (known.number, _double(value))
                continue
        except (AttributeError, ValueError):  # no text, or none that is Unicode: protobuf has the words for it
            pass
        others = others or {}
        others[name] = value
    plain = b"".join(parts)
    return (b"\n" + varint(len(plain)) + plain if plain else b""), others  # Properties: non_ref_properties = 1


class _Name:
    """The bytes before values of a name: an entry of `Struct.fields` (1), its key (1), its value (2)."""

    __slots__ = ("_key", "_texts", "false", "number", "true")

    def __init__(self, name: str) -> None:
        key = name.encode()
        self._key = b"\n" + varint(len(key)) + key
        self._texts: list[bytes | None] = [None] * SHORT
        # Value: number_value = 2, string_value = 3, bool_value = 4.
        self.number = self._before(b"\x11", 8)
        self.true = self._before(b" \x01", 0)
        self.false = self._before(b" \x00", 0)

    def before_text(self, size: int) -> bytes:
        if size >= SHORT:
            return self._before(b"\x1a" + varint(size), size)
        known = self._texts[size]
        if known is None:
            known = self._texts[size] = self._before(b"\x1a" + varint(size), size)
        return known

    def _before(self, tag: bytes, size: int) -> bytes:
        """What is before a value of so many bytes."""
        value = b"\x12" + varint(len(tag) + size) + tag
        return b"\n" + varint(len(self._key) + len(value) + size) + self._key + value


def _learn(name: str) -> _Name:
    if len(_names) >= NAMES:
        _names.clear()
    known = _names[name] = _Name(name)
    return known
