"""What users hold of a collection."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from weaviate_hl.colour.aio import sleep

if TYPE_CHECKING:
    from weaviate_hl.aio.client import WeaviateAsyncClient

T = TypeVar("T")


async def retry(call: Callable[[], Awaitable[T]], attempts: int = 3) -> T:
    """Call until it succeeds; awaits the server in between."""
    while True:
        try:
            return await call()
        except ConnectionError:
            attempts -= 1
            if not attempts:
                raise
            await sleep(0)  # let the server breathe


class CollectionAsync(Generic[T]):
    """An asynchronous collection of `WeaviateAsyncClient`.

    Its server may use asynchronous replication (`async_enabled`), which is another matter.

    Examples:
        >>> async with use_async_with_local() as client:
        ...     books = client.collection("Book")
        ...     async for book in books:
        ...         print(book, await books.length())
        >>> asyncio.run(main())
    """

    def __init__(self, client: WeaviateAsyncClient, name: str, *, async_enabled: bool = False) -> None:
        self._client = client
        self.name = name
        self.async_enabled = async_enabled

    def pending(self) -> Coroutine[Any, Any, int]:
        """The length, for later."""
        return self.length()

    async def length(self) -> int:
        return len(await self._client.fetch(self.name))

    @overload
    async def first(self, count: None = None) -> T | None: ...
    @overload
    async def first(self, count: int) -> list[T]: ...
    async def first(self, count: int | None = None) -> T | list[T] | None:
        """The first object, or a list of the first ones.

        Args:
            count: How many; `await collection.first(2)` gives two.
        """
        objects = cast("list[T]", (await self._client.fetch(self.name))[: count or 1])
        if count is not None:
            return objects
        return objects[0] if objects else None

    def __aiter__(self) -> AsyncIterator[T]:
        return self._pages().__aiter__()

    async def _pages(self) -> AsyncGenerator[T, None]:
        for value in _in_pages(
            await self._client.fetch(self.name),  # one reply holds all
            size=2,
        ):
            yield cast(T, value)

    async def accumulate(self) -> AsyncGenerator[int, int]:
        """A running sum of what is sent to it, times the length."""
        total = 0
        while True:
            total += (yield total) * await self.length()


def _in_pages(values: list[Any], size: int) -> Iterator[Any]:
    for start in range(0, len(values), size):
        yield from values[start : start + size]


Loader = Callable[[str], "Awaitable[list[Any]]"]
