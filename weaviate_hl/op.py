"""An operation as a value: what to send, how to read the answer, and how the transport may treat it. Pure.

Functions in ops/ turn arguments into one of these; the transport turns it into an answer. Neither knows the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from weaviate_hl.errors import UnexpectedStatusCodeError, WeaviateBaseError, WeaviateQueryError

if TYPE_CHECKING:
    from weaviate_gen.grpc import Method
    from weaviate_gen.rest.operation import Request

T = TypeVar("T")
U = TypeVar("U")

TimeoutClass = Literal["init", "query", "insert"]
"""Which of the client's three timeouts a call has."""


class Unfinished(Generic[T]):
    """An answer that takes long to read: after each of `steps` others may have a turn, after the last it is whole."""

    __slots__ = ("answer", "steps")

    def __init__(self, answer: T, steps: Iterator[None]) -> None:
        self.answer = answer
        self.steps = steps


class Op(Generic[T]):
    """What REST and gRPC operations share.

    Attributes:
        doing: What it does, in words for errors: "Creating collection 'Article'".
        timeout: Which of the client's timeouts is its budget, retries included.
        idempotent: Whether sending it twice does what sending it once does, so that it may be retried.
        since: The server version that it needs, if it is not in all.
        error: What an answer that means no known failure is raised as.
    """

    __slots__ = ("doing", "error", "idempotent", "since", "timeout")

    def __init__(
        self, doing: str, timeout: TimeoutClass, idempotent: bool, since: str | None, error: type[WeaviateBaseError]
    ) -> None:
        self.doing = doing
        self.timeout: TimeoutClass = timeout
        self.idempotent = idempotent
        self.since = since
        self.error = error

    @property
    def name(self) -> str:
        """The operation's name in errors, logs and spans."""
        raise NotImplementedError


class RestOp(Op[T]):
    """A REST operation.

    Args:
        request: The generated request.
        parse: The generated `parse` (or `parse_model`), or a function of the same form.
        absent: Statuses that mean "there is none": the answer is then None.
    """

    __slots__ = ("absent", "parse", "request")

    def __init__(
        self,
        request: Request,
        parse: Callable[[int, Mapping[str, str], bytes], T],
        doing: str,
        *,
        timeout: TimeoutClass = "query",
        idempotent: bool | None = None,
        absent: frozenset[int] = frozenset(),
        since: str | None = None,
        error: type[WeaviateBaseError] = UnexpectedStatusCodeError,
    ) -> None:
        safe = request.method in ("GET", "HEAD") if idempotent is None else idempotent
        super().__init__(doing, timeout, safe, since, error)
        self.request = request
        self.parse = parse
        self.absent = absent

    @property
    def name(self) -> str:
        return self.request.operation.id

    def then(self, read: Callable[[T], U]) -> RestOp[U]:
        """The same operation with its answer read further."""
        parse = self.parse
        return RestOp(
            self.request,
            lambda status, headers, body: read(parse(status, headers, body)),
            self.doing,
            timeout=self.timeout,
            idempotent=self.idempotent,
            absent=self.absent,
            since=self.since,
            error=self.error,
        )

    def __repr__(self) -> str:
        return f"<{self.doing}: {self.request!r}>"


ABSENT = frozenset({404})


def there(status: int, headers: Mapping[str, str], body: bytes) -> bool | None:
    """Reads answers whose status says it all: this one was found; the answer of what is absent is None."""
    return True


class RpcOp(Op[T]):
    """A gRPC operation with one request and one reply.

    Args:
        method: The generated facts of the rpc.
        message: The request: a message, or its bytes where they were made faster than by protobuf.
        parse: Reads the reply, or makes a start on it.
    """

    __slots__ = ("message", "method", "parse")

    def __init__(
        self,
        method: Method[Any, Any],
        message: Any,
        parse: Callable[[Any], T | Unfinished[T]],
        doing: str,
        *,
        timeout: TimeoutClass = "query",
        idempotent: bool = True,
        since: str | None = None,
        error: type[WeaviateBaseError] = WeaviateQueryError,
    ) -> None:
        super().__init__(doing, timeout, idempotent, since, error)
        self.method = method
        self.message = message
        self.parse = parse

    @property
    def name(self) -> str:
        return self.method.name

    def __repr__(self) -> str:
        return f"<{self.doing}: {self.method.path}>"
