"""Vectors as bytes: little-endian float32 as they travel in gRPC, and how those of one object are packed for storage.

A vector is never changed on the way in or out: what is read is what was written, bit for bit.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Mapping
from typing import Any

from weaviate_hl.lite.errors import Refusal

LEGACY = ""
"""The name under which the vector of a class without named vectors is kept."""


class MultiVector(bytes):
    """Several vectors of one length: the length as uint16, then all of them one after the other."""

    @property
    def dimensions(self) -> int:
        return int.from_bytes(self[:2], "little") if self else 0

    @property
    def rows(self) -> int:
        return (len(self) - 2) // (4 * self.dimensions) if self.dimensions else 0


Vector = bytes  # a single vector, or a MultiVector
_HEAD = struct.Struct("<BHI")


def dimensions(vector: Vector) -> int:
    """How many numbers a vector has, or each of a multi-vector's."""
    return vector.dimensions if isinstance(vector, MultiVector) else len(vector) // 4


def pack(vectors: Mapping[str, Vector]) -> bytes:
    """The vectors of one object in one blob."""
    parts = []
    for name, vector in vectors.items():
        label = name.encode()
        parts += [_HEAD.pack(isinstance(vector, MultiVector), len(label), len(vector)), label, vector]
    return b"".join(parts)


def unpack(blob: bytes) -> dict[str, Vector]:
    """The vectors that `pack` put into a blob."""
    vectors: dict[str, Vector] = {}
    at = 0
    while at < len(blob):
        multi, label, size = _HEAD.unpack_from(blob, at)
        at += _HEAD.size
        name = blob[at : at + label].decode()
        data = blob[at + label : at + label + size]
        vectors[name] = MultiVector(data) if multi else data
        at += label + size
    return vectors


def from_numbers(numbers: Iterable[float]) -> bytes:
    """A vector from numbers; they become float32.

    Raises:
        Refusal: One of them is no number.
    """
    try:
        floats = array("f", numbers)
    except (TypeError, OverflowError):
        raise Refusal("vectors must be lists of numbers", 400, code=400) from None
    return _swapped(floats).tobytes()


def from_bytes(data: bytes, *, multi: bool = False) -> Vector:
    """A vector as gRPC has it.

    Raises:
        Refusal: The bytes are not whole numbers, or not whole vectors.
    """
    vector = MultiVector(data) if multi else data
    size = 4 * dimensions(vector) if isinstance(vector, MultiVector) else 4
    if data and not size:
        raise Refusal("dimension cannot be 0")
    if data and (len(data) - 2 * multi) % size:
        raise Refusal(f"a vector must be whole float32 numbers, got {len(data)} bytes")
    return vector


def from_json(value: Any) -> Vector:
    """A vector as REST has it: a list of numbers, or a list of such lists."""
    if isinstance(value, list) and value and all(isinstance(row, list) for row in value):
        for position, row in enumerate(value):
            if len(row) != len(value[0]):
                reason = f"new node has a multi vector with length {len(row)} at position {position}"
                raise Refusal(f"{reason}. Existing nodes have vectors with length {len(value[0])}", 500)
        return MultiVector(struct.pack("<H", len(value[0])) + b"".join(from_numbers(row) for row in value))
    return from_numbers(value)


def to_numbers(data: bytes) -> list[float]:
    """The numbers of a single vector."""
    return _swapped(array("f", data)).tolist()


def to_json(vector: Vector) -> list[Any]:
    """A vector as REST shows it, each number with the fewest digits that give the same float32."""
    if not isinstance(vector, MultiVector):
        return [shortest(number) for number in to_numbers(vector)]
    numbers, size = to_numbers(vector[2:]), vector.dimensions
    return [[shortest(number) for number in numbers[i : i + size]] for i in range(0, len(numbers), size or 1)]


def shortest(number: float) -> float | int:
    """The number with the fewest digits that rounds to this float32."""
    if abs(number) < 1e15 and number == int(number):
        return int(number)
    packed = struct.pack("f", number)
    for digits in range(6, 9):
        short = float(f"{number:.{digits}g}")
        if struct.pack("f", short) == packed:
            return short
    return float(f"{number:.9g}")


def float32(number: float) -> float:
    """The number as float32 keeps it.

    Raises:
        OverflowError: It is too large for float32.
    """
    return float(struct.unpack("f", struct.pack("f", number))[0])


def _swapped(floats: array[float]) -> array[float]:
    if sys.byteorder == "big":
        floats.byteswap()
    return floats
