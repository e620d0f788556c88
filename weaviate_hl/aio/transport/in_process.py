"""A transport without sockets: the lite engine in this process, behind the same two doors as a server.

Requests and messages are those that a server would get, so that everything above, and every error, is the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from weaviate_gen.rest.api.meta import get as meta

from weaviate_hl import errors
from weaviate_hl.aio.transport.core import Transport
from weaviate_hl.aio.transport.http import Answer, Http
from weaviate_hl.aio.transport.native import Metadata, Native, RpcFailed
from weaviate_hl.colour.aio import Worker, within
from weaviate_hl.deadline import Deadline
from weaviate_hl.lite.errors import LiteError, RpcError
from weaviate_hl.settings import ConnectionParams

if TYPE_CHECKING:
    from weaviate_gen.grpc import Method

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
        self.protocol, self._undecided = "native", False
        return LiteHttp(self._engine, self._worker), LiteChannel(self._engine, self._worker)

    async def _check(self) -> None:
        told = await self._ask(meta.request())
        self.version = str((told or {})["version"])

    def __getstate__(self) -> dict[str, Any]:
        raise errors.WeaviateInvalidInputError("A lite client cannot be pickled: its data is in this process")


class LiteHttp(Http):
    """The engine where an HTTP client is wanted."""

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

    async def close(self) -> None:
        """Nothing: the transport closes the engine."""


class LiteChannel(Native):
    """The engine where a gRPC channel is wanted."""

    def __init__(self, engine: Engine, worker: Worker) -> None:
        self._engine = engine
        self._worker = worker

    async def call(self, method: Method[Any, Any], message: bytes, metadata: Metadata, deadline: Deadline) -> Any:
        """Give the engine a message."""
        given = method.request.FromString(message)
        try:
            return await self._worker.run(partial(self._engine.rpc, method.name, given, dict(metadata)))
        except RpcError as error:
            raise RpcFailed(error.code.name, error.text) from None

    def stream(self, method: Method[Any, Any], requests: Any, timeout: float | None, metadata: Any) -> Any:
        """Streams need a server's sockets so far."""
        raise errors.WeaviateUnsupportedFeatureError(f"{method.name}, a stream,", "lite in this process", "on a server")

    async def close(self) -> None:
        """Nothing: the transport closes the engine."""
