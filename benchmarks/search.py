"""What a search costs from the call to the values, beside the stub read by hand, and beside the reference client.

`python benchmarks/search.py [REFERENCE_PYTHON] [rounds]` prints CPU microseconds per result of the client's process,
1,000 results in a reply: medians of rounds taken in turn. The replies are those of decode.py, which measures reading
alone; the server, in a process of its own, sends them whatever is asked. Read are `uuid` and `properties`.
REFERENCE_PYTHON is an interpreter that has weaviate-client; it runs in a process of its own, too.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "generated"), str(ROOT / "benchmarks")]

import decode  # noqa: E402
import grpc  # noqa: E402
import insert  # noqa: E402
from decode import CASES, COUNT, raw_properties  # noqa: E402
from weaviate_gen.grpc.services import WeaviateStub  # noqa: E402
from weaviate_gen.grpc.v1.search_get_pb2 import SearchRequest  # noqa: E402

import weaviate_hl  # noqa: E402

SERVE = f"import sys; sys.path[:0] = {sys.path!r}; import search; search.serve()"
REFERENCE = f"""
import sys, time, warnings
warnings.simplefilter("ignore")
import weaviate
http, port = map(int, sys.argv[1:])
client = weaviate.connect_to_local(port=http, grpc_port=port, skip_init_checks=True)
fetch = client.collections.get("Article").query.fetch_objects
for case in sys.stdin:
    start = time.process_time()
    for found in fetch(limit=int(case)).objects:
        _ = found.uuid, found.properties
    print((time.process_time() - start) / {COUNT} * 1e6, flush=True)
client.close()
"""


class Replies(grpc.GenericRpcHandler):
    """Answers with the reply of the case that the limit is the number of, from 1."""

    def __init__(self) -> None:
        self.replies = [decode.reply(*arguments) for arguments in CASES.values()]

    def service(self, handler_call_details: Any) -> Any:
        """The same for every method."""
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self.replies[request.limit - 1], request_deserializer=SearchRequest.FromString
        )


def serve() -> None:
    """In a process of its own, so that its time is not counted."""
    insert.serve(Replies())


def main(reference: str | None = None, rounds: str = "21") -> None:
    """Measure and print."""
    server = subprocess.Popen([sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None  # noqa: S101
    http, port = server.stdout.readline().split()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", insert.ANY_SIZE)
    stub = WeaviateStub(channel)
    client = weaviate_hl.connect_to_local(port=int(http), grpc_port=int(port), skip_init_checks=True)
    fetch = client.collections.use("Article").query.fetch_objects

    def raw(case: int) -> Any:
        reply = stub.Search(SearchRequest(collection="Article", limit=case))
        return [(UUID(one.metadata.id), raw_properties(one.properties.non_ref_props)) for one in reply.results]

    def ours(case: int) -> Any:
        return [(one.uuid, one.properties) for one in fetch(limit=case).objects]

    ways: list[Callable[[int], float]] = [partial(spent, raw), partial(spent, ours)]
    ways.append(partial(spent, lambda case: fetch(limit=case)))
    other = insert.Other(reference, REFERENCE, http, port) if reference else None
    if other:
        ways.append(other.spent)
    head = f"{'us per result':32}{'raw stub':>10}{'ours':>8}{'ratio':>7}{'untouched':>11}"
    print(head + f"{'reference':>11}" * bool(other))
    for number, case in enumerate(CASES, 1):
        found = [[way(number) for way in ways] for _ in range(int(rounds) + 2)][2:]
        stubs, mine, none, *their = (statistics.median(times) for times in zip(*found, strict=True))
        told = f"{case:32}{stubs:10.2f}{mine:8.2f}{mine / stubs:7.2f}{none:11.2f}"
        print(told + "".join(f"{time:11.2f}" for time in their))
    client.close()
    channel.close()
    if other:
        other.close()
    server.communicate()


def spent(way: Callable[[int], Any], case: int) -> float:
    """CPU microseconds per result, its end included."""
    start = time.process_time()
    way(case)
    return (time.process_time() - start) / COUNT * 1e6


if __name__ == "__main__":
    main(*sys.argv[1:])
