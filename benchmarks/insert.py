"""What `insert_many` costs beside a raw loop over the stub, and beside the reference client.

`python benchmarks/insert.py [REFERENCE_PYTHON] [rounds]` prints CPU microseconds per object of the client's process,
1,000 objects in a call: medians of rounds taken in turn. The objects are those of encode.py; the server, in a process
of its own, takes everything and says nothing. REFERENCE_PYTHON is an interpreter that has weaviate-client; it runs in a
process of its own, too, and may need the numpy of this one. The goal: at most 1.3 times the raw loop.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import core
import encode
import grpc
import numpy as np
from batch import DIMENSION
from encode import COUNT
from weaviate_gen.grpc.services import WeaviateStub

import weaviate_hl

ANY_SIZE = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
SERVE = f"import sys; sys.path[:0] = {sys.path!r}; import insert; insert.serve()"
REFERENCE = f"""
import random, sys, time, warnings
from uuid import uuid4
warnings.simplefilter("ignore")
sys.path.append({str(Path(np.__file__).parents[1])!r})
import numpy as np, weaviate
from weaviate.classes.data import DataObject
from weaviate.classes.init import AdditionalConfig

vectors = {{
    "no vector": lambda: None,
    "numpy, {DIMENSION} dimensions": lambda: np.random.default_rng().random({DIMENSION}, np.float32),
    "list, {DIMENSION} dimensions": lambda: [random.random() for _ in range({DIMENSION})],
}}
http, port = map(int, sys.argv[1:])
client = weaviate.connect_to_local(port=http, grpc_port=port, skip_init_checks=True)
data = client.collections.get("Article").data
for case in sys.stdin:
    vector = vectors[case.strip()]
    given = [
        DataObject(
            properties={{
                "title": "x" * 40, "year": 1900 + i % 100, "rating": i * 0.5, "live": True, "tag": f"tag {{i}}"
            }},
            uuid=str(uuid4()),
            vector=vector(),
        )
        for i in range({COUNT})
    ]
    start = time.process_time()
    data.insert_many(given)
    print((time.process_time() - start) / {COUNT} * 1e6, flush=True)
client.close()
"""


class Null(grpc.GenericRpcHandler):
    """Answers everything with nothing."""

    def service(self, handler_call_details: Any) -> Any:
        """The same for every method."""
        return grpc.unary_unary_rpc_method_handler(lambda request, context: b"")


def serve(handler: grpc.GenericRpcHandler | None = None) -> None:
    """In a process of its own, so that its time is not counted."""
    web = ThreadingHTTPServer(("127.0.0.1", 0), core.Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    server = grpc.server(ThreadPoolExecutor(4), [handler or Null()], options=ANY_SIZE)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(web.server_port, port, flush=True)
    sys.stdin.read()


class Other:
    """A client in an interpreter of its own, which is told cases and tells what each took."""

    def __init__(self, python: str, code: str, *ports: str) -> None:
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen([python, "-c", code, *ports], text=True, bufsize=1, **pipes)

    def spent(self, case: object) -> float:
        """What a case took."""
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(f"{case}\n")
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def spent(call: Callable[[Any], Any], given: Any) -> float:
    """CPU microseconds per object."""
    start = time.process_time()
    call(given)
    return (time.process_time() - start) / COUNT * 1e6


def main(reference: str | None = None, rounds: str = "21") -> None:
    """Measure and print."""
    server = subprocess.Popen([sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None  # noqa: S101
    http, port = server.stdout.readline().split()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", ANY_SIZE)
    stub = WeaviateStub(channel)
    client = weaviate_hl.connect_to_local(port=int(http), grpc_port=int(port), skip_init_checks=True)
    insert_many = client.collections.use("Article").data.insert_many
    ways: list[Callable[[str, Any], float]] = [
        lambda case, given: spent(lambda objects: stub.BatchObjects(encode.raw_message(objects)), given),
        lambda case, given: spent(insert_many, given),
    ]
    other = Other(reference, REFERENCE, http, port) if reference else None
    if other:
        ways.append(lambda case, given: other.spent(case))
    print(f"{'us per object':24}{'raw stub':>10}{'ours':>8}{'ratio':>7}" + f"{'reference':>11}" * bool(reference))
    for case, vector in encode.CASES.items():
        given = encode.objects(vector)
        found = [[way(case, given) for way in ways] for _ in range(int(rounds) + 2)][2:]
        raw, mine, *their = (statistics.median(times) for times in zip(*found, strict=True))
        print(f"{case:24}{raw:10.2f}{mine:8.2f}{mine / raw:7.2f}" + "".join(f"{time:11.2f}" for time in their))
    client.close()
    channel.close()
    if other:
        other.close()
    server.communicate()


if __name__ == "__main__":
    main(*sys.argv[1:])
