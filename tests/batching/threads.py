"""64 threads add 10,000 objects each to one batch of a server: `python -m tests.batching.threads [kind ...]`.

WEAVIATE_HL_TEST_BINARY names a real one; without, it is the engine in this process. The exit status is 0 when the
accounts are exact.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import weaviate_hl
from tests.batching.kit import KINDS, begin
from tests.batching.restart import connect, say
from tests.servers.real import RealServer
from weaviate_hl.classes.config import Configure, DataType, Property

THREADS, EACH = 64, 10_000


@contextmanager
def connected() -> Iterator[Any]:
    """A client of the server that the environment names, or of the engine in this process."""
    if "WEAVIATE_HL_TEST_BINARY" in os.environ:
        with RealServer() as server, connect(server) as client:
            yield client
    else:
        with weaviate_hl.connect_to_lite() as client:
            yield client


def main() -> None:
    wrong = 0
    with connected() as client:
        for kind in sys.argv[1:] or KINDS:
            name = f"Threads{kind.title().replace('_', '')}"
            client.collections.create(
                name,
                properties=[Property(name="number", data_type=DataType.INT)],
                vector_config=Configure.Vectors.self_provided(),
            )
            collection = client.collections.use(name)
            began = time.monotonic()
            with begin(collection.batch, kind) as batch:

                def add(first: int, batch: object = batch) -> None:
                    for number in range(first, first + EACH):
                        batch.add_object({"number": number})  # type: ignore[attr-defined]

                threads = [threading.Thread(target=add, args=(EACH * i,)) for i in range(THREADS)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            there = collection.length()
            exact = batch.counts == (THREADS * EACH, THREADS * EACH, 0, 0) and there == THREADS * EACH
            wrong += not exact
            seconds = time.monotonic() - began
            say(f"{kind}: {tuple(batch.counts)}, at the server {there:,}, {seconds:.0f} s")
            client.collections.delete(name)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
