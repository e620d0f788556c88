"""What a batch costs beside a raw loop over the generated stub, and beside the reference client where there is one.

`python benchmarks/batch.py [rounds] [--reference PYTHON] [--objects N]` prints CPU microseconds per object (medians of
rounds in turn, each run in a process of its own, 1,000 objects to warm up before) and by how many MB the process grew.
Each object has 5 properties, one of them a text of 40 characters; the server, in another process, reads nothing but the
ids that streams must answer with. The goals: with a given id at most 4 us above the raw loop, with a generated one at
most 3 us above a raw loop that makes ids too, at most 60 MB. That memory does not grow with what is imported:
`python benchmarks/batch.py 1 --objects 3000000 --ways dynamic stream --cases "made id"`, beside --objects 100000.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent
DIMENSION = 768
CASES = ("given id", "made id", "numpy", "list")
WAYS = ("raw", "dynamic", "fixed", "stream", "async dynamic", "async stream")
REFERENCE = ("reference dynamic", "reference fixed", "reference stream")

# What is written.


def objects(case: str, count: int) -> Iterator[tuple[dict[str, Any], str | None, Any]]:
    numbers: Any = None
    if case in ("numpy", "list"):
        import numpy as np

        numbers = np.random.default_rng(7).random(DIMENSION, np.float32)
    ids = [str(uuid4()) for _ in range(1000)]
    text = "x" * 40
    for i in range(count):
        vector = numbers.copy() if case == "numpy" else numbers.tolist() if case == "list" else None
        uuid = None if case == "made id" else f"{i:08x}{ids[i % 1000][8:]}"
        yield {"title": text, "year": 1900 + i % 100, "rating": i * 0.5, "live": True, "tag": f"tag {i}"}, uuid, vector


def spin(case: str, count: int) -> None:
    """Make the objects and nothing else: this is taken off."""
    for _ in objects(case, count):
        pass


def raw(case: str, count: int, port: int) -> None:
    import struct

    import grpc
    from weaviate_gen.grpc import WeaviateStub
    from weaviate_gen.grpc.v1.batch_pb2 import BatchObjectsRequest

    pack = struct.Struct(f"{DIMENSION}f").pack
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = WeaviateStub(channel)
        request = BatchObjectsRequest()
        for properties, uuid, vector in objects(case, count):
            message = request.objects.add(collection="Article", uuid=uuid or str(uuid4()))
            fields = message.properties.non_ref_properties.fields
            for name, value in properties.items():
                if isinstance(value, str):
                    fields[name].string_value = value
                elif isinstance(value, bool):
                    fields[name].bool_value = value
                else:
                    fields[name].number_value = value
            if isinstance(vector, list):
                message.vector_bytes = pack(*vector)
            elif vector is not None:
                message.vector_bytes = vector.tobytes()
            if len(request.objects) == 1000:
                stub.BatchObjects(request)
                request = BatchObjectsRequest()
        if request.objects:
            stub.BatchObjects(request)


def ours(kind: str, case: str, count: int, http: int, grpc: int) -> None:
    import weaviate_hl

    with weaviate_hl.connect_to_local(port=http, grpc_port=grpc, skip_init_checks=True) as client:
        batching = client.collections.use("Article").batch
        made: Any = batching.fixed_size(1000) if kind == "fixed" else getattr(batching, kind)()
        with made as batch:
            for properties, uuid, vector in objects(case, count):
                batch.add_object(properties, uuid=uuid, vector=vector)
        if batch.counts != (count, count, 0, 0):
            raise SystemExit(f"{kind}: {batch.counts}")


async def ours_async(kind: str, case: str, count: int, http: int, grpc: int) -> None:
    import weaviate_hl

    async with weaviate_hl.use_async_with_local(port=http, grpc_port=grpc, skip_init_checks=True) as client:
        async with getattr(client.collections.use("Article").batch, kind)() as batch:
            for properties, uuid, vector in objects(case, count):
                await batch.add_object(properties, uuid=uuid, vector=vector)
        if batch.counts != (count, count, 0, 0):
            raise SystemExit(f"async {kind}: {batch.counts}")


def reference(kind: str, case: str, count: int, http: int, grpc: int) -> None:
    import weaviate  # type: ignore[import-not-found,unused-ignore]

    with weaviate.connect_to_local(port=http, grpc_port=grpc) as client:
        batching = client.collections.use("Article").batch
        made = batching.fixed_size(1000) if kind == "fixed" else getattr(batching, kind)()
        with made as batch:
            for properties, uuid, vector in objects(case, count):
                batch.add_object(properties, uuid=uuid, vector=vector)


def run(way: str, case: str, count: int, http: int, grpc: int) -> dict[str, float]:
    def once(number: int) -> None:
        kind = way.split()[-1]
        if way == "spin":
            spin(case, number)
        elif way == "raw":
            raw(case, number, grpc)
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
    parser.add_argument("--reference", help="the Python of an environment with the reference client")
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--ways", nargs="+", default=WAYS)
    parser.add_argument("--cases", nargs="+", default=CASES)
    given = parser.parse_args()
    ways = ("spin", *given.ways, *(REFERENCE if given.reference else ()))
    here = [sys.executable, __file__]
    with subprocess.Popen(
        [*here, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env()
    ) as server:
        assert server.stdout is not None and server.stdin is not None  # noqa: S101
        ports = server.stdout.readline().split()
        print(f"{'us of CPU per object, MB':26}" + "".join(f"{way:>20}" for way in ways[1:]))
        for case in given.cases:
            found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
            for _ in range(given.rounds):
                for way in ways:
                    python = given.reference if way.startswith("reference") else sys.executable
                    told = subprocess.run(
                        [python, __file__, "run", way, case, str(given.objects), *ports],
                        stdout=subprocess.PIPE, text=True, check=True, env=env(),
                    ).stdout  # fmt: skip
                    found[way].append(json.loads(told.splitlines()[-1]))
            making = statistics.median(one["cpu"] for one in found["spin"])
            cells = [
                f"{statistics.median(one['cpu'] for one in found[way]) - making:10.1f}"
                f"{max(one['grown'] for one in found[way]):7.0f} MB"
                for way in ways[1:]
            ]
            print(f"{case:26}" + "".join(cells), flush=True)
        server.stdin.close()


def env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'generated'}", "PYTHONWARNINGS": "ignore"}


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve()
    elif sys.argv[1:2] == ["run"]:
        way, case, *numbers = sys.argv[2:]
        print(json.dumps(run(way, case, *map(int, numbers))))
    else:
        main()
