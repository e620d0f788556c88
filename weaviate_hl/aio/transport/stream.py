"""Streams: an rpc in which both sides send as they like, over native gRPC or to the engine in this process."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from weaviate_hl import errors
from weaviate_hl.answers import RpcFailed
from weaviate_hl.colour.aio import ASYNC, Condition, Lock
from weaviate_hl.deadline import Deadline
from weaviate_hl.op import RpcOp

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from weaviate_hl.aio.transport.core import Transport

T = TypeVar("T")


class Stream(Generic[T]):
    """An rpc that streams both ways, opened when it is first used.

    One thread or task may write while another one reads, and any of them may cancel. What goes wrong is told to the
    reader: it is the reader who learns that a stream has ended, and a writer who waits is let go then.

    Args:
        transport: The connection.
        op: The operation. Its message is an iterator of requests, or None: they are given to `write` then.
        deadline: When it must have ended.
        headers: Sent with this stream alone.

    Example:
        async with transport.stream(op) as stream:
            await stream.write(message)
            await stream.done_writing()
            async for reply in stream:
                ...
    """

    def __init__(self, transport: Transport, op: RpcOp[T], deadline: Deadline, headers: Mapping[str, str]) -> None:
        self._transport = transport
        self._op = op
        self._deadline = deadline
        self._headers = headers
        self._written = Pipe()
        self._opening = Lock()
        self._replies: Any = None
        self._cancelled = False
        self._wrong: Exception | None = None  # what the requests that were given have raised
        self._end: BaseException | None = None
        self._process = os.getpid()

    async def write(self, message: Any) -> None:
        """Send a message, given as such or as its bytes, when the one before is on its way.

        Raises:
            WeaviateBaseError: The stream has ended, or could not be opened.
        """
        await self._open()
        if self._op.message is not None:
            raise errors.WeaviateInvalidInputError(f"{self._op.doing}: the requests are taken from what was given")
        if not await self._written.put(self._checked(message)):
            raise self._end if isinstance(self._end, errors.WeaviateBaseError) else self._ended()

    async def done_writing(self) -> None:
        """Say that there are no more requests; replies may still come."""
        await self._open()
        await self._written.end()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        await self._open()
        if self._end is not None:
            raise self._end
        try:
            return cast("T", self._op.parse(await anext(self._replies)))  # small: never read in parts
        except StopAsyncIteration as end:
            self._end = end
        except RpcFailed as failed:
            self._end = self._wrong or self._failed(failed)
        except BaseException:  # the reader was interrupted: there is no knowing what it has missed
            await self.cancel()
            self._end = self._ended()
            raise
        await self._written.end()
        raise self._end

    async def cancel(self) -> None:
        """End it at once, whatever is on its way. Cancelling what has ended does nothing."""
        self._cancelled = True
        if self._replies is not None and self._process == os.getpid():
            self._replies.cancel()
        await self._written.end()

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.cancel()

    async def _open(self) -> None:
        if self._process != os.getpid():
            raise errors.WeaviateClosedClientError(
                f"{self._op.doing}: the stream belongs to the parent of this process", hint="Open one in the child"
            )
        if self._replies is None:
            async with self._opening:
                if self._cancelled:
                    raise self._ended()
                if self._replies is None:
                    requests = self._written if self._op.message is None else self._given(self._op.message)
                    self._replies = await self._transport.open_stream(
                        self, self._op, requests, self._deadline, self._headers
                    )

    async def _given(self, requests: Any) -> AsyncIterator[Any]:
        """The requests that were given. Their error is kept for the reader: grpc says only that there was one."""
        try:
            if ASYNC and not isinstance(requests, AsyncIterable):
                for request in requests:
                    yield self._checked(request)
                return
            async for request in requests:
                yield self._checked(request)
        except Exception as error:
            self._wrong = error
            raise

    def _checked(self, message: Any) -> Any:
        kind = self._op.method.request.__name__
        if type(message) is not bytes and type(message).__name__ != kind:
            raise errors.WeaviateInvalidInputError(
                f"{self._op.doing}: must be given a {kind}, got {type(message).__name__}"
            )
        return message

    def _failed(self, failed: RpcFailed) -> errors.WeaviateBaseError:
        """The error of a stream that this side has cancelled, or that has failed."""
        gone = failed.code == "CANCELLED" and (self._cancelled or not self._transport.connected)
        error = (
            self._ended() if gone else self._transport.stream_failed(self._op, failed, self._deadline, self._headers)
        )
        error.__cause__ = failed
        return error

    def _ended(self) -> errors.WeaviateBaseError:
        """The error of a stream that this side, or an orderly server, has ended."""
        if not self._transport.connected:
            return errors.WeaviateClosedClientError(f"{self._op.doing}: the client was closed", operation=self._op.name)
        how = "was cancelled" if self._cancelled else "has ended"
        return self._op.error(f"{self._op.doing}: the stream {how}", operation=self._op.name, status="CANCELLED")


class Pipe:
    """Hands messages from those who write to the one who sends, one at a time: nobody runs ahead."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting: list[Any] = []
        self._ended = False

    async def put(self, message: Any) -> bool:
        """Wait until the message before was taken. False if the pipe has ended."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._ended or not self._waiting)
            if not self._ended:
                self._waiting.append(message)
                self._changed.notify_all()
            return not self._ended

    async def end(self) -> None:
        """No more will come."""
        async with self._changed:
            self._ended = True
            self._changed.notify_all()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        async with self._changed:
            await self._changed.wait_for(lambda: self._ended or bool(self._waiting))
            if not self._waiting:
                raise StopAsyncIteration
            self._changed.notify_all()
            return self._waiting.pop()
