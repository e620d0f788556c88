"""All objects of a collection, in the order of their ids, in stretches that may be read at the same time. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isqrt
from typing import Any, NamedTuple
from uuid import UUID

from weaviate_hl.op import RpcOp
from weaviate_hl.ops import aggregate, search
from weaviate_hl.ops.checks import check
from weaviate_hl.ops.scope import Scope
from weaviate_hl.values.filters import FilterReturn
from weaviate_hl.values.inputs import Uuid
from weaviate_hl.values.results import QueryReturn

IDS = 2**128
ITERATED = 100
"""How many objects are asked for at once, if nothing else is said."""


class Stretch:
    """Ids that follow each other, and how far they have been read.

    Attributes:
        after: The id before those that are still to be read, if there is one.
        last: The last id that belongs to it.
        page: What has been read and not yet been taken.
        ended: Whether nothing follows the page.
    """

    __slots__ = ("after", "ended", "last", "page")

    def __init__(self, after: Uuid | None = None, last: int = IDS - 1) -> None:
        self.after = after
        self.last = last
        self.page: list[Any] | None = None
        self.ended = False

    def take(self, objects: list[Any]) -> None:
        """Objects that come after `after`: the page is those that belong to it. None at all is the end."""
        self.ended = not objects or objects[-1].uuid.int > self.last
        self.page = [one for one in objects if one.uuid.int <= self.last] if self.ended else objects
        if self.page:
            self.after = self.page[-1].uuid


class Scan(NamedTuple):
    """What is read, and how.

    Attributes:
        page: From an id to what reads the objects after it.
        size: How many objects a page has.
        at_once: How many pages are read at the same time.
        counting: Tells how many objects there are; needed where several pages are read at the same time.
    """

    page: Callable[[Uuid | None], RpcOp[QueryReturn[Any, Any]]]
    size: int
    at_once: int
    counting: RpcOp[Any] | None

    def stretches(self, after: Uuid | None, count: int | None) -> Iterator[Stretch]:
        """The ids after one of them, if `count` is how many objects all of them have: one stretch, or short ones.

        Where ids lie evenly, as random ones do, a short one has a little less than a page. Others make empty stretches,
        and long ones, which are read page by page.
        """
        if count is None:
            yield Stretch(after)
            return
        width = IDS * max(self.size - 2 * isqrt(self.size), 1) // max(count, self.size)
        while (first := 0 if after is None else UUID(str(after)).int + 1) < IDS:
            last = min(first + width, IDS) - 1
            yield Stretch(after, last)
            after = UUID(int=last)


def scan(scope: Scope, size: int | None, at_once: int, filters: FilterReturn | None, **returned: Any) -> Scan:
    """All objects, or those that a filter matches.

    Raises:
        WeaviateInvalidInputError: An argument is wrong; it is named.
    """
    checks = check("collection.iterator", scope.validate)
    size = checks.whole("cache_size", ITERATED if size is None else size, least=1) or ITERATED
    at_once = checks.whole("concurrent_requests", at_once, least=1) or 1
    if filters is not None:
        checks.one("filters", filters, FilterReturn)

    def page(after: Uuid | None) -> RpcOp[QueryReturn[Any, Any]]:
        return search.page(scope, size, after, filters, **returned)

    counting = aggregate.over_all(scope, filters=filters, group_by=None, total_count=True, return_metrics=None)
    return Scan(page, size, at_once, counting if at_once > 1 else None)
