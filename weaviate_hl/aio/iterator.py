"""All objects of a collection, one after another: `collection.iterator`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Generic, Self

from weaviate_hl.colour.aio import Lock, together
from weaviate_hl.values.generics import TProperties, TReferences
from weaviate_hl.values.inputs import Uuid
from weaviate_hl.values.results import Object

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.core import Transport
    from weaviate_hl.ops.scan import Scan, Stretch


class ObjectScanAsync(Generic[TProperties, TReferences]):
    """One way through all objects of a collection, in the order of their ids; made by `collection.iterator(...)`.

    It holds a page of objects, or as many as are asked for at the same time, and asks for the next when one is used up.
    An object that is written or deleted meanwhile is seen, or not, as it lies ahead or behind. After an error it goes
    on where it was. Tasks or threads may share it: each object goes to one of them.
    """

    def __init__(self, transport: Transport, scan: Scan, after: Uuid | None) -> None:
        self._transport = transport
        self._scan = scan
        self._after = after
        self._last: Object[TProperties, TReferences] | None = None
        self._ahead: list[Object[TProperties, TReferences]] = []
        self._open: deque[Stretch] = deque()
        self._further: Iterator[Stretch] | None = None
        self._lock = Lock()

    @property
    def cursor(self) -> Uuid | None:
        """The id of the object that was returned last; before the first, what was given as `after`."""
        return self._after if self._last is None else self._last.uuid

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Object[TProperties, TReferences]:
        async with self._lock:
            while not self._ahead:
                await self._advance()
            self._last = self._ahead.pop()
            return self._last

    async def _advance(self) -> None:
        """Read a page of each stretch that is open, and take that of the first."""
        if self._further is None:
            counting = self._scan.counting
            told = await self._transport.execute(counting) if counting else None
            self._further = self._scan.stretches(self._after, told and told.total_count)
        self._open += islice(self._further, self._scan.at_once - len(self._open))
        if not self._open:
            raise StopAsyncIteration
        await together(*[partial(self._read, one) for one in self._open if one.page is None])
        first = self._open[0]
        self._ahead, first.page = (first.page or [])[::-1], None
        if first.ended:
            self._open.popleft()

    async def _read(self, stretch: Stretch) -> None:
        reply = await self._transport.execute(self._scan.page(stretch.after))
        stretch.take(reply.objects)


class ObjectIteratorAsync(Generic[TProperties, TReferences]):
    """All objects of a collection, or of a tenant: what `collection.iterator(...)` returns.

    Each loop begins anew, and loops do not disturb each other. `cursor`, and `anext`, are those of the loop that was
    begun last.
    """

    def __init__(self, begin: Callable[[], ObjectScanAsync[TProperties, TReferences]]) -> None:
        self._begin = begin
        self._scan = begin()

    @property
    def cursor(self) -> Uuid | None:
        """The id of the object that was returned last, to go on from: `collection.iterator(after=cursor)`."""
        return self._scan.cursor

    def __aiter__(self) -> ObjectScanAsync[TProperties, TReferences]:
        self._scan = self._begin()
        return self._scan

    async def __anext__(self) -> Object[TProperties, TReferences]:
        return await anext(self._scan)
