"""What a batch costs beside a raw loop over the generated stub, and beside the reference client where there is one.

`python benchmarks/batch.py [rounds] [--reference PYTHON] [--objects N]` prints CPU microseconds per object (the least
and the median of rounds in turn; each run in a process of its own, 1,000 objects to warm up before; what making the
objects takes is taken off), how far these are above the raw loop over the same call, and by how many MB the process
grew at most. Each object has 5 properties, one of them a text of 40 characters; the server, in another process, reads
nothing but the ids that streams must answer with. The reference client, in its own environment, writes a tenth of the
objects. The goals: with a given id at most 4 us above the raw loop, with a generated one at most 3 us above a raw loop
that makes ids too, at most 60 MB.

`python benchmarks/batch.py --flat 10000000` shows the memory of the process after each million of objects.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent
DIMENSION = 768
PACK = struct.Struct(f"{DIMENSION}f").pack
CASES = ("given id", "made id", "numpy", "list")
KINDS = ("dynamic", "fixed", "rate", "stream")
WAYS = ("raw", "raw stream", *KINDS, *(f"async {kind}" for kind in KINDS))
REFERENCE = ("reference dynamic", "reference fixed", "reference stream")
REFERENCE_PYTHON = ROOT / ".tools/matrix/weaviate-client/bin/python"
MILLION = 1_000_000

# What is written.


def objects(case: str, count: int) -> Iterator[tuple[dict[str, Any], str | None, Any]]:
    numbers: Any = None
    if case in ("numpy", "list"):
        import numpy as np

        numbers = np.random.default_rng(7).random((1000, DIMENSION), np.float32)
    ids = [str(uuid4()) for _ in range(1000)]
    text = "x" * 40
    for i in range(count):
        if i and not i % MILLION:
            print(f"{i:>14,} objects {resident():6.0f} MB", flush=True)
        vector: Any = None if numbers is None else numbers[i % 1000]
        if case == "list":
            vector = vector.tolist()
        uuid = None if case == "made id" else f"{i:08x}{ids[i % 1000][8:]}"
        yield {"title": text, "year": 1900 + i % 100, "rating": i * 0.5, "live": True, "tag": f"tag {i}"}, uuid, vector


def spin(case: str, count: int) -> None:
    """Make the objects and nothing else: this is taken off."""
    for _ in objects(case, count):
        pass


def raw(case: str, count: int, port: int) -> None:
    import grpc
    from weaviate_gen.grpc import WeaviateStub
    from weaviate_gen.grpc.v1.batch_pb2 import BatchObjectsRequest

    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = WeaviateStub(channel)
        request = BatchObjectsRequest()
        for given in objects(case, count):
            fill(request.objects.add(), *given)
            if len(request.objects) == 1000:
                refused(stub.BatchObjects(request))
                request = BatchObjectsRequest()
        if request.objects:
            refused(stub.BatchObjects(request))


def raw_stream(case: str, count: int, port: int) -> None:
    import grpc
    from weaviate_gen.grpc import WeaviateStub
    from weaviate_gen.grpc.v1.batch_pb2 import BatchStreamRequest

    unsettled: set[str] = set()

    def requests() -> Iterator[BatchStreamRequest]:
        yield BatchStreamRequest(start=BatchStreamRequest.Start())
        request = BatchStreamRequest()
        for given in objects(case, count):
            message: Any = request.data.objects.values.add()
            fill(message, *given)
            unsettled.add(message.uuid)
            if len(request.data.objects.values) == 1000:
                yield request
                request = BatchStreamRequest()
        yield request

    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = WeaviateStub(channel)
        for reply in stub.BatchStream(requests()):
            refused(reply.results)
            unsettled.difference_update([one.uuid for one in reply.results.successes])
    if unsettled:
        raise SystemExit("raw stream: not all were stored")


def fill(message: Any, properties: dict[str, Any], uuid: str | None, vector: Any) -> None:
    message.collection = "Article"
    message.uuid = uuid or str(uuid4())
    fields = message.properties.non_ref_properties.fields
    for name, value in properties.items():
        if isinstance(value, str):
            fields[name].string_value = value
        elif isinstance(value, bool):
            fields[name].bool_value = value
        else:
            fields[name].number_value = value
    if isinstance(vector, list):
        message.vector_bytes = PACK(*vector)
    elif vector is not None:
        message.vector_bytes = vector.tobytes()


def refused(reply: Any) -> None:
    if reply.errors:
        raise SystemExit(f"raw: {reply.errors[0]}")


def ours(kind: str, case: str, count: int, http: int, grpc: int) -> None:
    import weaviate_hl

    with weaviate_hl.connect_to_local(port=http, grpc_port=grpc, skip_init_checks=True) as client:
        with made(client.collections.use("Article").batch, kind) as batch:
            for properties, uuid, vector in objects(case, count):
                batch.add_object(properties, uuid=uuid, vector=vector)
        if batch.counts != (count, count, 0, 0):
            raise SystemExit(f"{kind}: {batch.counts}")


async def ours_async(kind: str, case: str, count: int, http: int, grpc: int) -> None:
    import weaviate_hl

    async with weaviate_hl.use_async_with_local(port=http, grpc_port=grpc, skip_init_checks=True) as client:
        async with made(client.collections.use("Article").batch, kind) as batch:
            for properties, uuid, vector in objects(case, count):
                await batch.add_object(properties, uuid=uuid, vector=vector)
        if batch.counts != (count, count, 0, 0):
            raise SystemExit(f"async {kind}: {batch.counts}")


def made(batching: Any, kind: str) -> Any:
    if kind == "fixed":
        return batching.fixed_size(1000)
    return batching.rate_limit(60 * MILLION) if kind == "rate" else getattr(batching, kind)()


def reference(kind: str, case: str, count: int, http: int, grpc: int) -> None:
    import weaviate  # type: ignore[import-not-found,unused-ignore]

    sys.path.append(os.environ["NUMPY"])
    with (
        weaviate.connect_to_local(port=http, grpc_port=grpc) as client,
        made(client.collections.use("Article").batch, kind) as batch,
    ):
        for properties, uuid, vector in objects(case, count):
            batch.add_object(properties, uuid=uuid, vector=vector)


def run(way: str, case: str, count: int, http: int, grpc: int) -> dict[str, float]:
    def once(number: int) -> None:
        kind = way.split()[-1]
        if way == "spin":
            spin(case, number)
        elif way == "raw":
            raw(case, number, grpc)
        elif way == "raw stream":
            raw_stream(case, number, grpc)
        elif way.startswith("reference"):
            reference(kind, case, number, http, grpc)
        elif way.startswith("async"):
            asyncio.run(ours_async(kind, case, number, http, grpc))
        else:
            ours(kind, case, number, http, grpc)

    once(1000)
    before, began, wall = peak(), time.process_time(), time.monotonic()
    once(count)
    cpu, wall = time.process_time() - began, time.monotonic() - wall
    return {"cpu": cpu / count * 1e6, "wall": wall / count * 1e6, "grown": peak() - before}


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


# The server.


ARTICLE = {
    "class": "Article",
    "invertedIndexConfig": {
        "bm25": {"b": 0.75, "k1": 1.2},
        "cleanupIntervalSeconds": 60,
        "stopwords": {"additions": None, "preset": "en", "removals": None},
    },
    "multiTenancyConfig": {"autoTenantActivation": False, "autoTenantCreation": False, "enabled": False},
    "properties": [],
    "replicationConfig": {"asyncEnabled": False, "deletionStrategy": "NoAutomatedResolution", "factor": 1},
    "shardingConfig": {
        "virtualPerPhysical": 128, "desiredCount": 1, "actualCount": 1, "desiredVirtualCount": 128,
        "actualVirtualCount": 128, "key": "_id", "strategy": "hash", "function": "murmur3",
    },
    "vectorConfig": {
        "default": {
            "vectorIndexConfig": {"distance": "cosine", "vectorCacheMaxObjects": 1000000000000},
            "vectorIndexType": "flat",
            "vectorizer": {"none": {}},
        }
    },
}  # fmt: skip


class Rest(BaseHTTPRequestHandler):
    ANSWERS = {  # noqa: RUF012
        "/v1/meta": {"version": "1.38.11"},
        "/v1/nodes": {"nodes": []},
        "/v1/schema": {"classes": [ARTICLE]},
        "/v1/schema/Article": ARTICLE,
    }

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        body = json.dumps(self.ANSWERS.get(path, {})).encode()
        self.send_response(404 if "openid" in path else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def serve() -> None:
    from concurrent.futures import ThreadPoolExecutor

    import grpc
    from weaviate_gen.grpc.v1.batch_pb2 import BatchStreamReply, BatchStreamRequest

    def stream(messages: Iterator[bytes], context: Any) -> Iterator[bytes]:
        for data in messages:
            message = BatchStreamRequest.FromString(data)
            if message.HasField("start"):
                yield BatchStreamReply(started=BatchStreamReply.Started()).SerializeToString()
                yield BatchStreamReply(backoff=BatchStreamReply.Backoff(batch_size=1000)).SerializeToString()
                continue
            ids = [one.uuid for one in message.data.objects.values]
            yield BatchStreamReply(acks=BatchStreamReply.Acks(uuids=ids)).SerializeToString()
            results = BatchStreamReply.Results(successes=[BatchStreamReply.Results.Success(uuid=one) for one in ids])
            yield BatchStreamReply(results=results).SerializeToString()

    class Handler(grpc.GenericRpcHandler):
        def service(self, handler_call_details: Any) -> Any:
            method = handler_call_details.method
            if method.endswith("/BatchStream"):
                return grpc.stream_stream_rpc_method_handler(stream)
            answer = b"\x08\x01" if method.endswith("/Check") else b""
            return grpc.unary_unary_rpc_method_handler(lambda message, context: answer)

    server = grpc.server(
        ThreadPoolExecutor(16), handlers=[Handler()], options=[("grpc.max_receive_message_length", -1)]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    rest = ThreadingHTTPServer(("127.0.0.1", 0), Rest)
    Thread(target=rest.serve_forever, daemon=True).start()
    print(rest.server_port, port, flush=True)
    sys.stdin.read()


# The table.


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", nargs="?", type=int, default=5)
    parser.add_argument("--reference", default=REFERENCE_PYTHON, help="a Python that has the reference client")
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--flat", type=int, default=0)
    parser.add_argument("--ways", nargs="+", default=(*WAYS, *REFERENCE))
    parser.add_argument("--cases", nargs="+", default=CASES)
    given = parser.parse_args()
    ways = [way for way in given.ways if way not in REFERENCE or Path(given.reference).exists()]
    with subprocess.Popen(
        [sys.executable, __file__, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env()
    ) as server:
        assert server.stdout is not None and server.stdin is not None  # noqa: S101
        ports = server.stdout.readline().split()
        if given.flat:
            for way in [way for way in ways if way.split()[-1] in ("dynamic", "stream") and way not in REFERENCE]:
                print(way, flush=True)
                one(sys.executable, way, "made id", given.flat, ports, shown=True)
        else:
            for case in given.cases:
                compare(case, ways, given, ports)
        server.stdin.close()


def compare(case: str, ways: list[str], given: argparse.Namespace, ports: list[str]) -> None:
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ("spin", *ways)}
    for _ in range(given.rounds):
        for way, told in found.items():
            if way in REFERENCE:
                told.append(one(given.reference, way, case, given.objects // 10, ports))
            else:
                told.append(one(sys.executable, way, case, given.objects, ports))
    made = median(one["cpu"] for one in found["spin"])
    print(f"\n{case:20}{'us of CPU':>22}{'above raw':>22}{'ratio':>8}{'grown by':>12}")
    print(f"{'':20}{'least':>11}{'median':>11}{'least':>11}{'median':>11}{'median':>8}{'most':>12}")
    for way in ways:
        base = "raw stream" if way.endswith("stream") and "raw stream" in found else "raw"
        cpu, raw = ([one["cpu"] - made for one in found[name]] for name in (way, base if base in found else way))
        middle, grown = median(cpu), max(one["grown"] for one in found[way])
        print(
            f"{way:20}{min(cpu):11.1f}{middle:11.1f}{min(cpu) - min(raw):+11.1f}{middle - median(raw):+11.1f}"
            f"{middle / median(raw):8.2f}{grown:9.0f} MB",
            flush=True,
        )


def one(python: Any, way: str, case: str, count: int, ports: list[str], shown: bool = False) -> dict[str, float]:
    """What a run in a process of its own has measured."""
    told = ""
    command = [str(python), __file__, "run", way, case, str(count), *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env()) as process:
        assert process.stdout is not None  # noqa: S101
        for told in process.stdout:
            if shown:
                print(told, end="", flush=True)
    if process.returncode:
        raise SystemExit(f"{way}, {case}: it has failed")
    return dict(json.loads(told))


def env() -> dict[str, str]:
    numpy = find_spec("numpy")
    return {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'generated'}",
        "PYTHONWARNINGS": "ignore",
        "NUMPY": str(Path(numpy.origin).parents[1]) if numpy and numpy.origin else "",  # the reference may have none
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve()
    elif sys.argv[1:2] == ["run"]:
        way, case, *numbers = sys.argv[2:]
        print(json.dumps(run(way, case, *map(int, numbers))))
    else:
        main()
