"""A transport without sockets: the lite engine in this process, behind the same two doors as a server.

Requests and messages are those that a server would get, so that everything above, and every error, is the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError

from weaviate_hl import errors
from weaviate_hl.aio.transport.core import Transport
from weaviate_hl.answers import Answer, Metadata, RpcFailed
from weaviate_hl.colour.aio import Exchange, Worker, within
from weaviate_hl.deadline import Deadline
from weaviate_hl.lite.errors import LiteError, RpcError
from weaviate_hl.settings import ConnectionParams

if TYPE_CHECKING:
    from weaviate_gen.grpc import Method

    from weaviate_hl.aio.transport.http import Http
    from weaviate_hl.aio.transport.native import Native
    from weaviate_hl.auth import AuthCredentials
    from weaviate_hl.lite import Engine
    from weaviate_hl.settings import AdditionalConfig

HERE = ConnectionParams.from_params("localhost", 80, False, "localhost", 80, False)
"""Where requests seem to go; nothing is ever opened there."""


class LiteTransport(Transport):
    """A connection to an engine in this process, which lives as long as the connection.

    Args:
        make: Makes the engine.
        config: Timeouts and more.
        credentials: How to log in.
        headers: Sent with every request.
    """

    def __init__(
        self,
        make: Callable[[], Engine],
        config: AdditionalConfig,
        credentials: AuthCredentials | None,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(HERE, config, credentials, headers)
        self._make = make
        self._engine: Engine | None = None

    @property
    def place(self) -> str:
        """What it leads to, for people."""
        return "lite"

    async def connect(self, *, checks: bool = True) -> None:
        """Make the engine, or open its data."""
        if self.connected:
            return
        self._worker = Worker()
        try:
            self._engine = await self._worker.run(self._make)
        except LiteError as error:
            self._worker.close()
            raise errors.WeaviateStartUpError(str(error)) from None
        await super().connect(checks=True)

    async def close(self) -> None:
        """Close the engine; data in memory is gone."""
        engine, self._engine = self._engine, None
        await super().close()
        if engine is not None:
            await self._worker.run(engine.close)
            self._worker.close()

    async def forked(self) -> None:
        """A data file cannot be shared with a child."""
        raise errors.WeaviateClosedClientError(
            "A lite client cannot be used in a process that was forked after it connected", hint="Connect in the child"
        )

    def _channels(self) -> tuple[Http, Native | None]:
        assert self._engine is not None  # noqa: S101 - connect has made it
        self.route.protocol, self.route.undecided = "native", False
        doors: Any = Doors(self._engine, self._worker)  # the same calls, without the libraries
        return doors, doors

    async def _check(self, deadline: Deadline) -> None:
        told = await self._ask_meta(deadline)
        self.version = str(told["version"])

    def __getstate__(self) -> dict[str, Any]:
        raise errors.WeaviateInvalidInputError("A lite client cannot be pickled: its data is in this process")


class Doors:
    """The engine where an HTTP client or a gRPC channel is wanted."""

    def __init__(self, engine: Engine, worker: Worker) -> None:
        self._engine = engine
        self._worker = worker

    async def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        content: bytes | None,
        deadline: Deadline,
        query: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        """Give the engine a request."""
        path = url.removeprefix(HERE.base_url)
        body = None if content is None else json.loads(content)
        call = partial(self._engine.rest, method, path, query, body, dict(headers))
        async with within(deadline):
            status, told, answer = await self._worker.run(call)
        return Answer(status, told, b"" if answer is None else json.dumps(answer).encode())

    async def call(self, method: Method[Any, Any], message: bytes, metadata: Metadata, deadline: Deadline) -> Any:
        """Give the engine a message."""
        call = partial(self._engine.rpc, method.name, _read(method, message), dict(metadata))
        try:
            reply = await self._worker.run(call)
        except RpcError as error:
            raise RpcFailed(error.code.name, error.text) from None
        return reply if isinstance(reply, method.reply) else method.reply.FromString(reply.SerializeToString())

    def stream(self, method: Method[Any, Any], requests: Any, timeout: float | None, metadata: Any) -> Any:
        """Open a stream in both directions: an iterator of requests in, an iterator of replies out."""
        return LiteStream(self._engine, method, requests, Deadline(timeout), dict(metadata or ()))

    async def close(self) -> None:
        """Nothing: the transport closes the engine."""


class LiteStream:
    """The replies of a stream as they come; a failure is `RpcFailed`. The engine works on it in a thread of its own."""

    def __init__(
        self, engine: Engine, method: Method[Any, Any], requests: Any, deadline: Deadline, metadata: Mapping[str, str]
    ) -> None:
        def work(messages: Iterator[Any]) -> Iterator[Any]:
            return engine.stream(method.name, map(partial(_read, method), messages), metadata)

        self._exchange = Exchange(work, requests)
        self._deadline = deadline
        self._cancelled = False

    def __aiter__(self) -> LiteStream:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self._exchange.next(self._deadline)
        except EOFError:
            if self._cancelled:
                raise RpcFailed("CANCELLED", "the stream was cancelled") from None
            raise StopAsyncIteration from None
        except RpcError as error:
            raise RpcFailed(error.code.name, error.text) from None
        except TimeoutError:
            self.cancel()
            raise RpcFailed("DEADLINE_EXCEEDED", "the stream took too long") from None

    def cancel(self) -> None:
        """End the stream: no other request is taken."""
        self._cancelled = True
        self._exchange.close()


def _read(method: Method[Any, Any], message: Any) -> Any:
    if type(message) is not bytes:
        return message
    try:
        return method.request.FromString(message)
    except DecodeError as error:  # nested too deeply
        raise RpcFailed("INTERNAL", f"the request cannot be read: {error}") from None
