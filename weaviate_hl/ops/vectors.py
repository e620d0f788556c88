"""Vectors in and out: whatever holds numbers becomes little-endian bytes or a list, and bytes become lists or arrays.

On the wire a vector is its float32 values; a multi-vector is its dimension in two bytes, then the values of all rows.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from weaviate_hl.ops.values import BadValue, packer, short

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNNAMED = "default"
"""The name under which results have the vector of a collection whose vector has none."""

SINGLE, MULTI = 1, 2
"""The members of `Vectors.VectorType`."""

_NUMBERS = frozenset("efdhHiIlLqQ")  # of the formats of buffers; bytes are none, as nobody can tell what they hold
_PLAIN = frozenset((float, int))
_LARGEST = 3.4028235677973366e38  # half a step above the largest float32: what is less is rounded to it


def encode(vector: Any) -> tuple[bytes, int]:
    """A vector or multi-vector as on the wire, and its type; no bytes if it is empty.

    Raises:
        BadValue: It holds anything but finite numbers; the path says where.
    """
    if type(vector) is list or type(vector) is tuple:
        if vector and _is_row(vector[0]):
            return _encode_rows(vector), MULTI
        return _pack(vector), SINGLE
    numpy = sys.modules.get("numpy")
    # The commonest array, without what others need.
    if numpy is not None and type(vector) is numpy.ndarray and vector.ndim == 1 and vector.dtype == "<f4":
        data = vector.tobytes()
        if _is_ordinary(data):
            return data, SINGLE
    if (array := _as_array(vector)) is not None:
        if array.ndim == 2:
            return _rows(array.shape[1], array.size) + _little(array), MULTI
        if array.ndim != 1:
            raise BadValue(f"a vector has one dimension, a multi-vector two, not {array.ndim}")
        return _little(array), SINGLE
    if hasattr(vector, "as_py"):  # a list that is one value of Arrow
        return encode(vector.as_py())
    if isinstance(vector, (str, bytes, bytearray, Mapping, set, frozenset)) or not isinstance(vector, Iterable):
        raise BadValue(f"expected a list of numbers, not {short(vector)}")
    return encode(list(vector))


def to_json(vector: Any) -> list[Any]:
    """A vector or multi-vector as lists of numbers, checked as by `encode`."""
    if type(vector) is list and set(map(type, vector)) <= _PLAIN:
        _pack(vector)
        return vector
    data, kind = encode(vector)
    return to_lists(data, kind)


def to_list(data: bytes) -> list[Any]:
    """The numbers of a vector of the wire."""
    if sys.byteorder == "little":
        return memoryview(data).cast("f").tolist()
    return list(packer(len(data) // 4, "f").unpack(data))  # pragma: no cover


def to_lists(data: bytes, kind: int) -> list[Any]:
    """A vector or multi-vector of the wire as lists."""
    if kind != MULTI:
        return to_list(data)
    dimension, values = _dimension(data), to_list(data[2:])
    return [values[start : start + dimension] for start in range(0, len(values), dimension)] if dimension else []


def to_array(data: bytes, kind: int) -> NDArray[np.float32]:
    """A vector or multi-vector of the wire as an array that shares its memory."""
    import numpy as np

    if kind != MULTI:
        return np.frombuffer(data, "<f4")
    return np.frombuffer(data, "<f4", offset=min(2, len(data))).reshape(-1, _dimension(data) or 1)


def _dimension(data: bytes) -> int:
    return int.from_bytes(data[:2], "little")


# Numbers one by one.


def _is_row(value: Any) -> bool:
    return (
        hasattr(value, "__len__") and not isinstance(value, (str, bytes, Mapping)) and getattr(value, "shape", 1) != ()
    )


def _pack(values: Sequence[Any]) -> bytes:
    try:
        data: bytes = packer(len(values), "f").pack(*values)
        if _is_ordinary(data) or all(map(isfinite, to_list(data))):
            return data
    except (struct.error, OverflowError, TypeError, ValueError):
        pass
    for position, value in enumerate(values):
        if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
            raise BadValue(f"expected a number, not {short(value)}", f"[{position}]")
        try:
            fits = abs(float(value)) < _LARGEST
        except (OverflowError, TypeError, ValueError):
            fits = False
        if not fits:
            raise BadValue(f"expected a finite number of 32 bits, not {short(value)}", f"[{position}]")
    return b"".join(packer(1, "f").pack(float(value)) for value in values)


def _is_ordinary(data: bytes) -> bool:
    """Whether all numbers are finite, and none is so large that one byte cannot tell: by sign and exponent."""
    tops = data[3::4]
    return 0x7F not in tops and 0xFF not in tops


def _encode_rows(rows: Sequence[Any]) -> bytes:
    encoded: list[bytes] = []
    for index, row in enumerate(rows):
        try:
            data, kind = encode(row)
            if kind != SINGLE:
                raise BadValue("a multi-vector is a list of vectors, no deeper")
            if encoded and len(data) != len(encoded[0]):
                raise BadValue(f"has {len(data) // 4} dimensions, but the first vector has {len(encoded[0]) // 4}")
        except BadValue as bad:
            raise bad.within(f"[{index}]") from None
        encoded.append(data)
    return _rows(len(encoded[0]) // 4, len(rows)) + b"".join(encoded)


def _rows(dimension: int, size: int) -> bytes:
    if dimension > 0xFFFF:
        raise BadValue(f"the vectors of a multi-vector have at most 65535 dimensions, not {dimension}")
    return dimension.to_bytes(2, "little") if dimension and size else b""


# Arrays.


def _as_array(vector: Any) -> NDArray[Any] | None:
    """What is an array, whoever made it, as one of numpy; None if it is none, or if there is no numpy."""
    if isinstance(vector, (str, bytes, bytearray, range)):
        return None
    kind: Any = type(vector)
    if not hasattr(kind, "__array__") and not hasattr(kind, "__dlpack__"):
        try:
            vector = memoryview(vector)  # array.array and its like
        except TypeError:
            return None
        if vector.format not in _NUMBERS:
            raise BadValue(f"expected numbers, not a buffer of format {vector.format!r}")
    try:
        import numpy as np
    except ImportError:
        return None
    try:
        if hasattr(vector, "detach"):  # torch: away from gradients and devices, and from a type that numpy has not
            vector = vector.detach().cpu()
            vector = vector.float() if "bfloat16" in str(vector.dtype) else vector
        if getattr(vector, "mask", False) is not False:  # asarray would bring back what is masked
            vector = vector.astype("f4").filled(np.nan)
        convert: Any = np.from_dlpack if hasattr(kind, "__dlpack__") and not hasattr(kind, "__array__") else np.asarray
        array: NDArray[Any] = convert(vector)
        if array.dtype == object and array.ndim == 1:  # rows, each of them an array
            array = np.stack([np.asarray(row) for row in array])
    except (TypeError, ValueError, RuntimeError, BufferError) as error:
        raise BadValue(f"expected an array of numbers, not {short(vector)} ({error})") from None
    return array


def _little(array: NDArray[Any]) -> bytes:
    """The array's numbers as bytes, if they are finite."""
    import numpy as np

    if array.dtype.kind not in "fiu":
        raise BadValue(f"expected an array of numbers, not of {array.dtype}")
    with np.errstate(over="ignore"):
        floats = np.ascontiguousarray(array, "<f4")
    data = floats.tobytes()
    if not _is_ordinary(data) and not (finite := np.isfinite(floats)).all():
        position = np.unravel_index(finite.argmin(), array.shape)
        path = "".join(f"[{index}]" for index in position)
        raise BadValue(f"expected a finite number of 32 bits, not {array[position]}", path)
    return data
