"""How long searches hold up the event loop: many small ones at once while great replies are read.

`python benchmarks/lag.py [rounds]` prints the event loop's lag (how much later than asked for a timer of 1 ms goes off)
while one client makes 500 queries of 10 results at once and reads three replies of 10,000 results beside them, and then
without these three. Beside the lag stands how much of it the loop's thread was at work: the rest is what else the
machine does. The goal: no lag over 15 ms. The server is a process of its own.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "generated"), str(ROOT / "benchmarks")]

import decode  # noqa: E402
import grpc  # noqa: E402
from weaviate_gen.grpc.v1.search_get_pb2 import SearchReply, SearchRequest  # noqa: E402

import weaviate_hl  # noqa: E402

AT_ONCE, GREAT, RESULTS = 500, 3, 10_000
SERVING = b"\x08\x01"  # a HealthCheckResponse
SERVE = f"import sys; sys.path[:0] = {sys.path!r}; import lag; lag.serve()"


class Search(grpc.GenericRpcHandler):
    """Answers with as many results as the limit says: 10 or 10,000, of 5 properties, without vectors."""

    def __init__(self) -> None:
        some = decode.reply(decode.mixed, 5)
        few = SearchReply.FromString(some)
        del few.results[10:]
        self.replies = {10: few.SerializeToString(), RESULTS: some * (RESULTS // decode.COUNT)}  # replies concatenate

    def service(self, handler_call_details: Any) -> Any:
        """Searches, and whether the server is well."""
        if handler_call_details.method.endswith("/Check"):
            return grpc.unary_unary_rpc_method_handler(lambda request, context: SERVING)
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self.replies[request.limit], request_deserializer=SearchRequest.FromString
        )


def serve() -> None:
    """In a process of its own, so that its time is not counted."""
    server = grpc.server(ThreadPoolExecutor(4), [Search()], options=[("grpc.max_send_message_length", -1)])
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()


async def watch(lags: list[tuple[float, float]]) -> None:
    """Note the lag of the loop, and how long it was at work, in milliseconds, until cancelled."""
    while True:
        start, cpu = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0.001)
        lags.append(((time.perf_counter() - start) * 1000 - 1, (time.thread_time() - cpu) * 1000))


async def measure(client: Any, great: int) -> tuple[float, float]:
    """The greatest lag of one round, and the longest work."""
    articles, lags = client.collections.use("Article"), list[tuple[float, float]]()
    watching = asyncio.create_task(watch(lags))
    await asyncio.sleep(0.01)
    lags.clear()
    calls = [articles.query.fetch_objects(limit=10) for _ in range(AT_ONCE)]
    step = AT_ONCE // (great + 1)
    for i in range(great):
        calls.insert(step * (i + 1), articles.query.fetch_objects(limit=RESULTS))
    replies = await asyncio.gather(*calls)
    watching.cancel()
    assert sum(len(reply.objects) for reply in replies) == AT_ONCE * 10 + great * RESULTS  # noqa: S101
    return max(lag for lag, _ in lags), max(work for _, work in lags)


async def run(port: int, rounds: int) -> None:
    """All rounds, with one client."""
    async with weaviate_hl.use_async_with_local(port=1, grpc_port=port, skip_init_checks=True) as client:
        await measure(client, GREAT)
        gc.collect()
        gc.freeze()  # as services do: the interpreter's full collections go through all modules else, for 16 ms
        for label, great in {
            f"{AT_ONCE} queries, {GREAT} of {RESULTS} results": GREAT,
            f"{AT_ONCE} queries": 0,
        }.items():
            lags, works = zip(*[await measure(client, great) for _ in range(rounds)], strict=True)
            print(
                f"{label:40} lag at most {statistics.median(lags):5.1f} ms, at work {statistics.median(works):5.1f} ms"
            )


def main(rounds: str = "15") -> None:
    """Measure and print."""
    server = subprocess.Popen([sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None  # noqa: S101
    try:
        asyncio.run(run(int(server.stdout.readline()), int(rounds)))
    finally:
        server.communicate()


if __name__ == "__main__":
    main(*sys.argv[1:])
