"""Imports into a real server that ends and comes back in the middle: `python -m tests.batching.restart` prints a table.

Each run adds objects, and references between them, for some seconds. What the server has at the end is compared with
what the batch says of it. WEAVIATE_HL_TEST_BINARY names the server.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import weaviate_hl
from tests.batching.kit import KINDS, begin
from tests.servers.real import RealServer
from weaviate_hl.classes.config import DataType, Property, ReferenceProperty

HOWS = ("killed", "asked to end")
AWAY = 1.0
SECONDS = 4.0


class Row(NamedTuple):
    """What came of a run."""

    colour: str
    kind: str
    how: str
    submitted: int
    stored: int
    failed: int
    unknown: int
    there: int
    doubled: int
    back: float

    @property
    def exact(self) -> bool:
        """Whether the accounts are those of the server."""
        settled = self.stored + self.failed + self.unknown == self.submitted
        return settled and self.stored <= self.there <= self.stored + self.unknown and not self.doubled


def run(server: RealServer, colour: str, kind: str, how: str) -> Row:
    """One import while the server ends and comes back."""
    name = f"Restart{uuid4().hex[:8]}"
    with connect(server) as client:
        client.collections.create(
            name,
            properties=[Property(name="title", data_type=DataType.TEXT)],
            references=[ReferenceProperty(name="next", target_collection=name)],
        )
    moments: dict[str, float] = {}

    def disturb() -> None:
        time.sleep(SECONDS / 3)
        server.kill() if how == "killed" else server.terminate()
        time.sleep(AWAY)
        server.launch()
        server.wait_ready()
        moments["ready"] = time.monotonic()

    ids: list[str] = []
    progress: list[tuple[float, int]] = []
    disturber = threading.Thread(target=disturb)

    def items() -> Iterator[tuple[str, str | None]]:
        disturber.start()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or "ready" not in moments or time.monotonic() < moments["ready"] + 2:
            ids.append(str(uuid4()))
            yield ids[-1], ids[-2] if len(ids) % 20 == 0 else None

    def tell(counts: Any) -> None:
        progress.append((time.monotonic(), counts.stored))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counts = asyncio.run(_async(server, name, kind, items(), tell)) if colour == "async" else _sync(
            server, name, kind, items(), tell
        )  # fmt: skip
    disturber.join()
    before = max((number for moment, number in progress if moment < moments["ready"]), default=0)
    again = min((moment for moment, number in progress if number > before), default=float("inf"))
    objects, links, doubled = count(server, name, ids)
    return Row(colour, kind, how, *counts, objects + links, doubled, max(0.0, again - moments["ready"]))


def _sync(server: RealServer, name: str, kind: str, items: Iterator[Any], tell: Any) -> Any:
    with connect(server) as client, begin(client.collections.use(name).batch, kind, progress=tell) as batch:
        for uuid, other in items:
            batch.add_object({"title": "x" * 40}, uuid=uuid)
            if other:
                batch.add_reference(uuid, "next", other)
            time.sleep(0.0002)
    return batch.counts


async def _async(server: RealServer, name: str, kind: str, items: Iterator[Any], tell: Any) -> Any:
    async with connect_async(server) as client, begin(client.collections.use(name).batch, kind, progress=tell) as batch:
        for uuid, other in items:
            await batch.add_object({"title": "x" * 40}, uuid=uuid)
            if other:
                await batch.add_reference(uuid, "next", other)
            await asyncio.sleep(0.0002)
    return batch.counts


def connect(server: RealServer) -> Any:
    return weaviate_hl.connect_to_local(port=server.port, grpc_port=server.grpc_port)


def connect_async(server: RealServer) -> Any:
    return weaviate_hl.use_async_with_local(port=server.port, grpc_port=server.grpc_port)


def count(server: RealServer, name: str, ids: list[str]) -> tuple[int, int, int]:
    """How many objects and references the server has, and how many references more than once."""
    with connect(server) as client:
        objects = client.collections.use(name).length()
        found: list[list[Any]] = []
        for uuid in ids[19::20]:
            try:
                told: Any = client.rest.objects.class_get(name, uuid)
            except weaviate_hl.exceptions.UnexpectedStatusCodeError:
                continue
            found.append((told.properties or {}).get("next") or [])
        client.collections.delete(name)
    return objects, sum(map(bool, found)), sum(len(links) > 1 for links in found)


def say(line: str) -> None:
    """Write a line for people."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    say("| colour | kind | server | added | stored | failed | unknown | at the server | doubled | back after |")
    say("|---|---|---|---|---|---|---|---|---|---|")
    wrong = 0
    with RealServer() as server:
        for how in HOWS:
            for kind in KINDS:
                for colour in ("sync", "async"):
                    row = run(server, colour, kind, how)
                    wrong += not row.exact
                    cells = [*row[:3], *(f"{number:,}" for number in row[3:9]), f"{row.back:.1f} s"]
                    say(f"| {' | '.join(cells)} |" + ("" if row.exact else " WRONG"))
    sys.exit(wrong)


if __name__ == "__main__":
    main()
