"""Lengths as protobuf writes them."""

from __future__ import annotations

_SMALL = [bytes((number,)) for number in range(128)]
_MORE = [bytes((number | 128,)) for number in range(128)]


def varint(number: int) -> bytes:
    """A number that is not negative."""
    if number < 128:
        return _SMALL[number]
    if number < 16384:
        return _MORE[number & 127] + _SMALL[number >> 7]
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
