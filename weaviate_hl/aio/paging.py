"""Many vectors in several replies: one of tens of megabytes would hold up the event loop while it is copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weaviate_hl.ops.search import PAGE, is_great

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.core import Transport
    from weaviate_hl.op import RpcOp
    from weaviate_hl.values.results import QueryReturn


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
