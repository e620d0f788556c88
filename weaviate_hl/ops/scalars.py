"""Plain values of properties as bytes: texts, numbers and truth values, which nearly all are.

protobuf makes an object for each value; here a value is put behind bytes that depend on its name alone and are made
once for each name. Several such pieces behind one another, or behind what protobuf has written, are one message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weaviate_hl.ops.values import check_name, packer
from weaviate_hl.ops.varint import varint
from weaviate_hl.values.inputs import MAX_INTEGER

SHORT = 100
"""Texts of fewer bytes have the bytes before them made once."""
NAMES = 10_000

_double = packer(1, "d").pack


def split(properties: Mapping[str, Any]) -> tuple[bytes, dict[str, Any] | None]:
    """The plain properties as the bytes of a `Struct`, and those that are not plain.

    Args:
        properties: The properties of an object.
    """
    parts: list[bytes] = []
    others: dict[str, Any] | None = None
    for name, value in properties.items():
        try:
            known = _names[name]
            kind = type(value)  # exact types: they are nearly all, and bool is an int
            if kind is str:
                text = value.encode()
                parts += (known.texts[len(text)], text)
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
    return b"".join(parts), others


class _Name:
    """The bytes before values of a name: an entry of `Struct.fields` (1), its key (1), its value (2)."""

    __slots__ = ("_key", "false", "number", "texts", "true")

    def __init__(self, name: str) -> None:
        key = name.encode()
        check_name(name)
        self._key = b"\n" + varint(len(key)) + key
        # Value: number_value = 2, string_value = 3, bool_value = 4.
        self.number = self.before(b"\x11", 8)
        self.true = self.before(b" \x01", 0)
        self.false = self.before(b" \x00", 0)
        self.texts = _Texts(self)

    def before(self, tag: bytes, size: int) -> bytes:
        """What is before a value of so many bytes."""
        value = b"\x12" + varint(len(tag) + size) + tag
        return b"\n" + varint(len(self._key) + len(value) + size) + self._key + value


class _Texts(dict[int, bytes]):
    """The bytes before texts of a name, by the size of the text; those of short ones are kept."""

    __slots__ = ("_name",)

    def __init__(self, name: _Name) -> None:
        self._name = name

    def __missing__(self, size: int) -> bytes:
        before = self._name.before(b"\x1a" + varint(size), size)
        if size < SHORT:
            self[size] = before
        return before


class _Names(dict[str, _Name]):
    """Names that were seen, so many at most."""

    __slots__ = ()

    def __missing__(self, name: str) -> _Name:
        if len(self) >= NAMES:
            self.clear()
        known = self[name] = _Name(name)
        return known


_names = _Names()
