"""All objects of a collection, one after another: `collection.iterator`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Self

from weaviate_hl.colour.aio import Lock
from weaviate_hl.values.generics import TProperties, TReferences
from weaviate_hl.values.inputs import Uuid
from weaviate_hl.values.results import Object, QueryReturn

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.core import Transport
    from weaviate_hl.op import RpcOp


class ObjectScanAsync(Generic[TProperties, TReferences]):
    """One way through all objects of a collection, in the order of their ids; made by `collection.iterator(...)`.

    It holds a page of objects, and asks for the next when that is used up. An object that is written or deleted
    meanwhile is seen, or not, as it lies ahead or behind. After an error it goes on where it was. Tasks or threads may
    share it: each object goes to one of them.
    """

    def __init__(
        self,
        transport: Transport,
        page: Callable[[Uuid | None], RpcOp[QueryReturn[TProperties, TReferences]]],
        after: Uuid | None,
    ) -> None:
        self._transport = transport
        self._page = page
        self._after = after
        self._last: Object[TProperties, TReferences] | None = None
        self._ahead: list[Object[TProperties, TReferences]] = []
        self._ended = False
        self._lock = Lock()

    @property
    def cursor(self) -> Uuid | None:
        """The id of the object that was returned last; before the first, what was given as `after`."""
        return self._after if self._last is None else self._last.uuid

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Object[TProperties, TReferences]:
        async with self._lock:
            if not self._ahead and not self._ended:
                reply = await self._transport.execute(self._page(self.cursor))
                self._ahead = reply.objects[::-1]
                self._ended = not self._ahead
            if self._ended:
                raise StopAsyncIteration
            self._last = self._ahead.pop()
            return self._last


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
