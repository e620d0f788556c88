"""Tells what a user sees: the same in both colours."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from weaviate_hl.aio import use_async_with_local
from weaviate_hl.colour.aio import sleep

BOOKS = ["Emma", "Faust", "Momo"]


class Pages:
    """Iterates by hand."""

    def __init__(self) -> None:
        self.left = 2

    def __aiter__(self) -> Pages:
        return self

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return self.left


async def tell() -> list[Any]:
    """Everything in turn; `await tell()` gives the list."""
    failures = [ConnectionError("broken")]

    async def load(name: str) -> list[Any]:
        await sleep(0)
        if failures:
            raise failures.pop()
        return BOOKS if name == "Book" else []

    told: list[Any] = []
    async with use_async_with_local(load) as client:
        books = client.collection("Book")
        told.append(await books.first())
        told.append(await books.first(2))
        told.append((await books.first(2))[0].upper())
        told.append([book async for book in books if await books.length() > 2])
        told.append({await books.length() + i for i in range(2)})
        told.append({page: await books.first() async for page in Pages()})
        told.append(await books.pending())
        told.append(await client.both("Book", "Empty"))
        told.append(await client.within("Book", 5))
        told.append(await client.elapsed())
        async with aclosing(books.accumulate()) as sums:
            told += [await anext(sums), await sums.asend(2), await sums.asend(3)]
        told.append([page async for page in aiter(Pages())])
        told.append(client.calls)
    return [*told, client.log]
