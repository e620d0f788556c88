"""64 threads, and 64 tasks, add 10,000 objects each to one batch of a server: `python -m tests.batching.threads`.

Names of kinds of batches may follow. WEAVIATE_HL_TEST_BINARY names a real server; without, it is the engine in this
process. It prints a table, and the exit status is 0 when the accounts are exact.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import weaviate_hl
from tests.batching.kit import KINDS
from tests.batching.restart import connect, connect_async, say
from tests.servers.real import RealServer
from weaviate_hl.classes.config import Configure, DataType, Property

TOGETHER, EACH = 64, 10_000
ALL = TOGETHER * EACH
NAME = "Together"


@contextmanager
def running() -> Iterator[RealServer | None]:
    """The server that the environment names, or None for the engine in this process."""
    if "WEAVIATE_HL_TEST_BINARY" in os.environ:
        with RealServer() as server:
            yield server
    else:
        yield None


def with_threads(server: RealServer | None, kind: str) -> tuple[Any, int]:
    """The accounts of a batch that threads have shared, and what is at the server."""
    with weaviate_hl.connect_to_lite() if server is None else connect(server) as client:
        collection = create(client)
        with begin(collection.batch, kind) as batch:

            def add(first: int) -> None:
                for number in range(first, first + EACH):
                    batch.add_object({"number": number})

            threads = [threading.Thread(target=add, args=(EACH * i,)) for i in range(TOGETHER)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        there = collection.length()
        client.collections.delete(NAME)
    return batch.counts, there


async def with_tasks(server: RealServer | None, kind: str) -> tuple[Any, int]:
    """The same with tasks."""
    async with weaviate_hl.use_async_with_lite() if server is None else connect_async(server) as client:
        collection = await create(client)
        async with begin(collection.batch, kind) as batch:

            async def add(first: int) -> None:
                for number in range(first, first + EACH):
                    await batch.add_object({"number": number})

            await asyncio.gather(*(add(EACH * i) for i in range(TOGETHER)))
        there = await collection.length()
        await client.collections.delete(NAME)
    return batch.counts, there


def begin(batching: Any, kind: str) -> Any:
    """A batch of some kind, as users have it."""
    return batching.rate_limit(1_000_000) if kind == "rate_limit" else getattr(batching, kind)()


def create(client: Any) -> Any:
    return client.collections.create(
        NAME,
        properties=[Property(name="number", data_type=DataType.INT)],
        vector_config=Configure.Vectors.self_provided(),
    )


def main() -> None:
    wrong = 0
    say("| together | kind | added | stored | failed | unknown | at the server | seconds |")
    say("|---|---|---|---|---|---|---|---|")
    with running() as server:
        for kind in sys.argv[1:] or (*KINDS, "experimental"):
            for name in ("threads", "tasks"):
                began = time.monotonic()
                counts, there = (
                    with_threads(server, kind) if name == "threads" else asyncio.run(with_tasks(server, kind))
                )
                exact = counts == (ALL, ALL, 0, 0) and there == ALL
                wrong += not exact
                cells = [f"{TOGETHER} {name}", kind, *(f"{number:,}" for number in (*counts, there))]
                say(f"| {' | '.join(cells)} | {time.monotonic() - began:.0f} |" + ("" if exact else " WRONG"))
    sys.exit(wrong)


if __name__ == "__main__":
    main()
