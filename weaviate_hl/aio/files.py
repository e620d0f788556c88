"""Files that are given as media: reading them would hold up the event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from weaviate_hl.colour.aio import in_thread
from weaviate_hl.ops.near import may_read

T = TypeVar("T")


async def make(operation: Callable[[], T], *given: Any) -> T:
    """Make an operation: in a thread, if it is to read files among what is given."""
    if any(map(may_read, given)):
        return await in_thread(operation)
    return operation()
