"""What lite answers when it does not do what was asked: one exception inside, one for each protocol at the edge.

Code below the edge raises `Refusal` with the server's own words and never knows which protocol asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import Any


class Code(IntEnum):
    """The gRPC codes that lite uses; their numbers are those of every gRPC library."""

    UNKNOWN = 2
    PERMISSION_DENIED = 7
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAUTHENTICATED = 16


class LiteError(Exception):
    """Lite itself cannot work: a wrong setting, a data file that is in use, damaged or newer than this version."""


class RpcError(Exception):
    """An rpc failed: the gRPC code and the text that stands beside it."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(f"{code.name}: {text}")
        self.code = code
        self.text = text


class Refusal(Exception):
    """Something asked for cannot be done.

    REST answers with `status`, and a body made of the text, or `{"code", "message"}` if `code` is given, or none if
    there is no text. gRPC answers UNKNOWN, as the server does for nearly everything.
    """

    def __init__(self, text: str = "", status: int = 422, *, code: int = 0) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.code = code

    def body(self) -> Mapping[str, Any] | None:
        """The body of the REST answer."""
        if self.code:
            return {"code": self.code, "message": self.text}
        return {"error": [{"message": self.text}]} if self.text else None

    def within(self, prefix: str, status: int | None = None) -> Refusal:
        """The same refusal as an outer layer reports it: with its prefix, perhaps with another status.

        One with a code of its own stays as it is: no layer had the request yet.
        """
        return self if self.code else Refusal(prefix + self.text, status or self.status)


@contextmanager
def within(prefix: str, status: int | None = None) -> Iterator[None]:
    """Put a prefix before what is refused in the block, as each layer of the server does."""
    try:
        yield
    except Refusal as problem:
        raise problem.within(prefix, status) from None


class TenantRefusal(Refusal):
    """A tenant is missing, not wanted, unknown or not active."""


def refuse_if(wrong: object, text: str, status: int = 422) -> None:
    """Refuse with this text if something is wrong."""
    if wrong:
        raise Refusal(text, status)


def unsupported(what: str, status: int = 422) -> Refusal:
    """Something that a server does and lite does not; `docs/lite.md` lists what is refused by this."""
    return Refusal(f"lite does not support {what}", status)


def not_found() -> Refusal:
    """The 404 without a body by which the server says that a class, object, alias or tenant does not exist."""
    return Refusal("", 404)
