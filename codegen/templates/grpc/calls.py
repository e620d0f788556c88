"""Channels and the calls they make, as far as stubs need them: for typing, without importing grpc.

`grpc.Channel` and `grpc.aio.Channel` fit, and so does anything that speaks to a server in another way.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypedDict, TypeVar, Unpack

Metadata = Sequence[tuple[str, str | bytes]]

In = TypeVar("In", contravariant=True)
"""What a call is given: a message, or an iterator of messages where the client streams."""

Request = TypeVar("Request", contravariant=True)
Reply = TypeVar("Reply", covariant=True)


class CallOptions(TypedDict, total=False):
    """What any call may be given beside its request."""

    timeout: float | None
    metadata: Metadata | None
    wait_for_ready: bool | None
    compression: int | None
    """A member of `grpc.Compression`."""


# Channels.


class _Connects(Protocol):
    """Four ways to call, each made from a path, `request_serializer` and `response_deserializer`."""

    @property
    def unary_unary(self) -> Callable[..., Any]: ...
    @property
    def unary_stream(self) -> Callable[..., Any]: ...
    @property
    def stream_unary(self) -> Callable[..., Any]: ...
    @property
    def stream_stream(self) -> Callable[..., Any]: ...


class Channel(_Connects, Protocol):
    """A `grpc.Channel`, or what can stand for it."""

    def close(self) -> None: ...


class AsyncChannel(_Connects, Protocol):
    """A `grpc.aio.Channel`, or what can stand for it."""

    def close(self) -> Awaitable[None]: ...


# Calls of a Channel.


class CallState(Protocol):
    """What is known of a call beside its replies; `code` is a member of `grpc.StatusCode`."""

    def code(self) -> Any: ...
    def details(self) -> str | None: ...
    def initial_metadata(self) -> Metadata: ...
    def trailing_metadata(self) -> Metadata: ...
    def cancel(self) -> object: ...


class FutureReply(CallState, Protocol[Reply]):
    """The reply to come."""

    def result(self, timeout: float | None = None) -> Reply: ...
    def done(self) -> bool: ...
    def add_done_callback(self, fn: Callable[[Any], None]) -> None: ...


class Replies(CallState, Protocol[Reply]):
    """A stream of replies."""

    def __iter__(self) -> Iterator[Reply]: ...
    def __next__(self) -> Reply: ...


class Unary(Protocol[In, Reply]):
    """An rpc with one reply."""

    def __call__(self, request: In, /, **options: Unpack[CallOptions]) -> Reply: ...
    def with_call(self, request: In, /, **options: Unpack[CallOptions]) -> tuple[Reply, CallState]: ...
    def future(self, request: In, /, **options: Unpack[CallOptions]) -> FutureReply[Reply]: ...


class Streaming(Protocol[In, Reply]):
    """An rpc with a stream of replies."""

    def __call__(self, request: In, /, **options: Unpack[CallOptions]) -> Replies[Reply]: ...


# Calls of an AsyncChannel.


class AsyncCallState(Protocol):
    """What is known of a call beside its replies; `code` is a member of `grpc.StatusCode`."""

    def code(self) -> Awaitable[Any]: ...
    def details(self) -> Awaitable[str | None]: ...
    def initial_metadata(self) -> Awaitable[Iterable[tuple[str, str | bytes]]]: ...
    def trailing_metadata(self) -> Awaitable[Iterable[tuple[str, str | bytes]]]: ...
    def cancel(self) -> bool: ...
    def done(self) -> bool: ...
    def add_done_callback(self, callback: Callable[[Any], None]) -> None: ...


class AsyncReply(AsyncCallState, Awaitable[Reply], Protocol[Reply]):
    """The reply to come."""


class AsyncReplies(AsyncCallState, Protocol[Reply]):
    """A stream of replies; `read` gives `grpc.aio.EOF` at its end."""

    def __aiter__(self) -> AsyncIterator[Reply]: ...
    def read(self) -> Awaitable[Reply | object]: ...


class AsyncExchange(AsyncReplies[Reply], Protocol[Request, Reply]):
    """A stream of replies, and a stream of requests unless the call was given an iterator of them."""

    def write(self, request: Request) -> Awaitable[None]: ...
    def done_writing(self) -> Awaitable[None]: ...


class AsyncUnary(Protocol[In, Reply]):
    """An rpc with one reply."""

    def __call__(self, request: In, /, **options: Unpack[CallOptions]) -> AsyncReply[Reply]: ...


class AsyncStreaming(Protocol[In, Reply]):
    """An rpc with a stream of replies."""

    def __call__(self, request: In, /, **options: Unpack[CallOptions]) -> AsyncReplies[Reply]: ...


class AsyncExchanging(Protocol[Request, Reply]):
    """An rpc with a stream in each direction."""

    def __call__(
        self,
        requests: AsyncIterable[Request] | Iterable[Request] | None = None,
        /,
        **options: Unpack[CallOptions],
    ) -> AsyncExchange[Request, Reply]: ...
