"""gRPC-web's wire format: frames of messages and trailers in an HTTP body. Pure."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from urllib.parse import unquote

from weaviate_hl.errors import GRPC_NAMES

HEADERS = (("content-type", "application/grpc-web+proto"), ("x-grpc-web", "1"))
_FRAME = struct.Struct(">BI")
_TRAILERS = 0x80
_GZIP = 0x01


class Incomplete(Exception):
    """A body without its end: the connection broke on the way."""


def frame(message: bytes) -> bytes:
    """A request's body."""
    return _FRAME.pack(0, len(message)) + message


def timeout(seconds: float) -> str:
    """The value of the header `grpc-timeout`."""
    milliseconds = max(1, int(seconds * 1000))
    return f"{milliseconds}m" if milliseconds < 100_000_000 else f"{milliseconds // 1000}S"


def read(headers: Mapping[str, str], body: bytes) -> tuple[bytes, str, str, dict[str, str]]:
    """An answer's message, the name of its code, the server's words, and its trailers.

    A failure comes as headers with an empty body, a success as frames: the message, then the trailers.
    """
    trailers = {key.lower(): value for key, value in headers.items() if key.lower().startswith("grpc-")}
    message, position, ended = b"", 0, "grpc-status" in trailers
    while position < len(body):
        if position + 5 > len(body):
            raise Incomplete("a frame's head is cut off")
        flags, length = _FRAME.unpack_from(body, position)
        content = body[position + 5 : position + 5 + length]
        if len(content) != length:
            raise Incomplete(f"a frame of {length} bytes has {len(content)}")
        position += 5 + length
        if flags & _GZIP:
            from gzip import decompress

            content = decompress(content)
        if flags & _TRAILERS:
            ended = True
            for line in content.decode("latin-1").split("\r\n"):
                name, separator, value = line.partition(":")
                if separator:
                    trailers[name.strip().lower()] = value.strip()
        else:
            message = content
    if not ended:
        raise Incomplete("the answer has no end")
    number = trailers.get("grpc-status", "2")
    code = GRPC_NAMES.get(int(number), "UNKNOWN") if number.isdigit() else "UNKNOWN"
    return message, code, unquote(trailers.get("grpc-message", "")), trailers
