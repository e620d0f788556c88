"""The frames of gRPC-web as a server reads and writes them (docs: what 1.38 does is in each function)."""

from __future__ import annotations

import base64
import gzip
import struct
from collections.abc import Mapping
from urllib.parse import quote

CONTENT_TYPE = "application/grpc-web+proto"
CONTENT_TYPES = (CONTENT_TYPE, "application/grpc-web")
_FRAME = struct.Struct(">BI")
_TRAILERS, _GZIP = 0x80, 0x01
_UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


class BadFrame(Exception):
    """A body that is not a frame; the server's words for it."""


def read(body: bytes, encoding: str = "") -> bytes:
    """The message in a request's body. The server reads the first frame and does not mind what follows."""
    if not body:
        raise BadFrame("EOF")
    if len(body) < _FRAME.size:
        raise BadFrame("unexpected EOF")
    flags, length = _FRAME.unpack_from(body)
    content = body[_FRAME.size : _FRAME.size + length]
    if len(content) != length:
        raise BadFrame("unexpected EOF")
    if flags & _GZIP:
        if encoding != "gzip":
            raise BadFrame("grpc: compressed flag set with identity or empty encoding")
        return gzip.decompress(content)
    return content


def frame(message: bytes, *, compress: bool = False) -> bytes:
    """A message as it stands in an answer."""
    content = gzip.compress(message) if compress else message
    return _FRAME.pack(_GZIP if compress else 0, len(content)) + content


def trailers(extra: Mapping[str, str | bytes]) -> bytes:
    """The frame that ends a successful answer: names are capitalised here."""
    lines = {"Grpc-Message": "", "Grpc-Status": "0", **headers(extra)}
    content = "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode("latin-1")
    return _FRAME.pack(_TRAILERS, len(content)) + content


def failure(code: int, details: str, extra: Mapping[str, str | bytes]) -> dict[str, str]:
    """The HTTP headers of a failure, whose status is 200 and whose body is empty."""
    return {
        "Content-Type": CONTENT_TYPE,
        **headers(extra),
        "Grpc-Message": quote(details, safe=" !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"),
        "Grpc-Status": str(code),
    }


def headers(metadata: Mapping[str, str | bytes]) -> dict[str, str]:
    """Metadata as HTTP headers: binary values in base64 without padding, as the server writes them."""
    return {
        name.title(): value if isinstance(value, str) else base64.b64encode(value).decode().rstrip("=")
        for name, value in metadata.items()
    }


def timeout(value: str) -> float:
    """Seconds, from the header `grpc-timeout`."""
    number, unit = value[:-1], value[-1:]
    if unit not in _UNITS or not number.isdigit():
        raise ValueError(f'protocol error: timeout "{value}" has invalid unit')
    return int(number) * _UNITS[unit]
