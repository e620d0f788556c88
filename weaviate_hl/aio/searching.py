"""What keeps searches from holding up the event loop: a thread reads files, many vectors come in several replies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from weaviate_hl.colour.aio import in_thread
from weaviate_hl.ops.near import may_read
from weaviate_hl.ops.search import PAGE, is_great

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.core import Transport
    from weaviate_hl.op import RpcOp
    from weaviate_hl.values.results import QueryReturn

T = TypeVar("T")


async def make(operation: Callable[[], T], *given: Any) -> T:
    """Make an operation: in a thread, if it is to read files among what is given."""
    if any(map(may_read, given)):
        return await in_thread(operation)
    return operation()


async def fetch(transport: Transport, op: RpcOp[QueryReturn[Any, Any]]) -> QueryReturn[Any, Any]:
    """What a fetch finds, in pages where it is great. Objects come by their ids, so that the pages are one list."""
    message = op.message
    if not is_great(message):
        return await transport.execute(op)
    wanted, message.limit = message.limit, PAGE
    found = page = await transport.execute(op)
    while len(page.objects) == message.limit and len(found.objects) < wanted:
        message.after = str(page.objects[-1].uuid)
        message.limit = min(PAGE, wanted - len(found.objects))
        page = await transport.execute(op)
        found.objects += page.objects
    return found
