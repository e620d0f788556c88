"""A channel for the generated stubs that makes its calls through the client's transport."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from weaviate_gen.grpc import METHODS, HealthMethods, WeaviateMethods

from weaviate_hl.checks import seconds
from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.op import RpcOp
from weaviate_hl.settings import headers_of

if TYPE_CHECKING:
    from weaviate_gen.grpc import Method

    from weaviate_hl.aio.transport.core import Transport
    from weaviate_hl.aio.transport.stream import Stream


# What changes nothing at the server may be sent again.
READS = (WeaviateMethods.Search, WeaviateMethods.Aggregate, WeaviateMethods.TenantsGet, HealthMethods.Check)


class RpcChannelAsync:
    """What a stub takes for a channel."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def unary_unary(self, path: str, **_: Any) -> Callable[..., Any]:
        """The callable of an rpc with one request and one reply."""
        method = METHODS[path]

        async def call(message: Any, /, *, timeout: float | None = None, metadata: Any = None, **options: Any) -> Any:
            headers = _headers(method, timeout, metadata, options)
            if not hasattr(message, "SerializeToString") or type(message).__name__ != method.request.__name__:
                raise WeaviateInvalidInputError(
                    f"{method.name}: must be given a {method.request.__name__}, got {type(message).__name__}"
                )
            op = RpcOp(method, message, _as_it_is, method.name, idempotent=method in READS)
            return await self._transport.execute(op, timeout=timeout, headers=headers)

        return call

    def stream_stream(self, path: str, **_: Any) -> Callable[..., Any]:
        """The callable of an rpc that streams both ways."""
        method = METHODS[path]

        def call(
            requests: Any = None, /, *, timeout: float | None = None, metadata: Any = None, **options: Any
        ) -> Stream[Any]:
            headers = _headers(method, timeout, metadata, options)
            if requests is not None and not (hasattr(requests, "__iter__") or hasattr(requests, "__aiter__")):
                raise WeaviateInvalidInputError(
                    f"{method.name}: requests must be an iterator of {method.request.__name__}, "
                    f"got {type(requests).__name__}"
                )
            op = RpcOp(method, requests, _as_it_is, method.name)
            return self._transport.stream(op, timeout=timeout, headers=headers)

        return call

    unary_stream = stream_unary = stream_stream

    async def close(self) -> None:
        """Nothing: the client closes its connection."""


def _headers(method: Method[Any, Any], timeout: float | None, metadata: Any, options: dict[str, Any]) -> dict[str, str]:
    """The metadata of a call, and a look at what else it was given."""
    if options:
        raise WeaviateInvalidInputError(
            f"{method.name} over a client takes timeout and metadata, not {', '.join(options)}"
        )
    if timeout is not None:
        seconds("timeout", timeout)
    if metadata is None or isinstance(metadata, Mapping):
        return headers_of("metadata", metadata)
    try:
        pairs = [(name, value) for name, value in metadata]
        headers = dict(pairs)
    except (TypeError, ValueError):
        raise WeaviateInvalidInputError("metadata: must be pairs of names and values") from None
    if len(headers) < len(pairs):
        raise WeaviateInvalidInputError("metadata: has a name twice")
    return headers_of("metadata", headers)


def _as_it_is(reply: Any) -> Any:
    return reply
