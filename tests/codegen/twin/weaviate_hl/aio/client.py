"""The client: it awaits replies and keeps count of its calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import TracebackType
from typing import Any

from weaviate_hl.aio.collection import CollectionAsync, Loader, retry
from weaviate_hl.colour.aio import ASYNC, Calls, Lock, monotonic, together


class WeaviateAsyncClient:
    """Open it with `async with`."""

    def __init__(self, load: Loader) -> None:
        self._load = load
        self._lock = Lock()
        self._calls = Calls()
        self._stack = AsyncExitStack()
        self.calls = 0
        self.log: list[str] = []

    if ASYNC:

        def __enter__(self) -> None:
            raise TypeError("use `async with`")

    async def __aenter__(self) -> WeaviateAsyncClient:
        # The stack awaits what it holds in reverse order.
        await self._stack.enter_async_context(self._logged("one"))
        self._stack.push_async_callback(self._say, "callback")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _say(self, what: str) -> None:
        self.log.append(what)

    @asynccontextmanager
    async def _logged(self, name: str) -> AsyncIterator[str]:
        self.log.append(f"open {name}")
        try:
            yield name
        finally:
            self.log.append(f"close {name}")

    def collection(self, name: str) -> CollectionAsync[Any]:
        return CollectionAsync(self, name)

    async def fetch(self, name: str) -> list[Any]:
        """All objects of a collection, retried when the connection breaks."""
        async with self._calls.slots, self._lock:
            self.calls += 1
            return await retry(lambda: self._load(name))

    async def both(self, one: str, other: str) -> tuple[list[Any], int]:
        """Two calls at the same time."""
        objects, count = await together(lambda: self.fetch(one), self.collection(other).length)
        return (objects, count)

    async def elapsed(self) -> bool:
        start = monotonic()
        await self.fetch("Book")
        return monotonic() >= start

    async def within(self, name: str, seconds: float) -> list[Any] | None:
        """All objects, or none if it takes too long."""
        # Where the colours differ:
        if ASYNC:
            with suppress(asyncio.TimeoutError):  # a task can be stopped
                return await asyncio.wait_for(self.fetch(name), seconds)
            return None
        # a thread cannot be stopped
        return await self.fetch(name)


@asynccontextmanager
async def use_async_with_local(load: Loader) -> AsyncIterator[WeaviateAsyncClient]:
    async with WeaviateAsyncClient(load) as client, client._logged("two") as name:
        client.log.append(f"hello {name!r}")
        yield client
