"""Both colours behind one face, so that a test of the client is written once and runs on both."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import weaviate_hl
from weaviate_hl.settings import AdditionalConfig, ConnectionParams, Timeout


class Sync:
    """Calls the synchronous client."""

    name = "sync"

    def __init__(self) -> None:
        self._clients: list[Any] = []

    def client(self, **settings: Any) -> Any:
        """A client that is not connected."""
        return self._kept(weaviate_hl.WeaviateClient(**settings))

    def call(self, method: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """The result of a client's method."""
        return method(*args, **options)

    def connect(self, server: Any, *, checks: bool = True, auth: Any = None, headers: Any = None, **config: Any) -> Any:
        """A client that is connected to one of tests/servers, or to where `ConnectionParams` say."""
        config.setdefault("timeout", Timeout(init=5, query=5, insert=5))
        client = self.client(
            connection_params=server if isinstance(server, ConnectionParams) else params_of(server),
            auth_client_secret=auth,
            additional_headers=headers,
            additional_config=AdditionalConfig(**config),
            skip_init_checks=not checks,
        )
        self.call(client.connect)
        return client

    def close(self) -> None:
        """Close all clients."""
        for client in self._clients:
            self.call(client.close)

    def _kept(self, client: Any) -> Any:
        self._clients.append(client)
        return client


class Async(Sync):
    """Calls the asynchronous client, in an event loop that runs in a thread."""

    name = "async"

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def client(self, **settings: Any) -> Any:
        return self._kept(weaviate_hl.WeaviateAsyncClient(**settings))

    def call(self, method: Callable[..., Any], *args: Any, **options: Any) -> Any:
        async def run() -> Any:
            result = method(*args, **options)
            return await result if hasattr(result, "__await__") else result

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(60)

    def close(self) -> None:
        super().close()
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _end(self) -> None:
        """What a failed test left running ends with it: else the garbage collector would fault a later test for it."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=5)


def params_of(server: Any, grpc_port: int | None = None) -> ConnectionParams:
    """Where a server of tests/servers is."""
    secure = server.url.startswith("https")
    grpc = server.grpc_port if grpc_port is None else grpc_port
    return ConnectionParams.from_params("127.0.0.1", server.port, secure, "127.0.0.1", grpc, secure)


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def colour(request: pytest.FixtureRequest) -> Iterator[Sync]:
    """One colour after the other."""
    made: Sync = request.param()
    yield made
    made.close()
