"""Lite: how long a newcomer waits, and imports, searches and memory at 100,000 objects of 256 dimensions.

    python benchmarks/lite.py [--objects 100000] [--dimensions 256]

In this process, and over sockets with the engine in another one; each place in a process of its own, for its memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import weaviate_hl
from weaviate_hl.classes.config import Configure, DataType, Property
from weaviate_hl.classes.data import DataObject
from weaviate_hl.classes.query import Filter

NEWCOMER = """
import weaviate_hl
with weaviate_hl.connect_to_lite() as client:
    articles = client.collections.create("Article")
    articles.data.insert({"title": "Hello, world"})
    assert articles.query.{query}.objects
"""
FIRST_QUERIES = ("fetch_objects()", 'bm25("hello")')  # the second needs numpy
WORDS = [f"word{number}" for number in range(5000)]
GOALS = {"import, objects/s": 5000, "near_vector, ms": 30, "bm25, ms": 20, "filter + near_vector, ms": 40}


def main() -> None:
    """Measure everything, or one place where the parent says so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--place", choices=["in process", "native", "web"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.place:
        print(json.dumps(measure(given.place, given.objects, given.dimensions)))
        return
    for query in FIRST_QUERIES:
        script = NEWCOMER.replace("{query}", query)
        waits = [wall([sys.executable, "-c", script]) for _ in range(5)]
        print(f"a newcomer's script with {query}, whole: {min(waits):.2f} s (median {median(waits):.2f})   goal 0.5")
    figures = {}
    for place in ("in process", "native", "web"):
        command = [sys.executable, __file__, "--place", place]
        command += ["--objects", str(given.objects), "--dimensions", str(given.dimensions)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        figures[place] = json.loads(done.stdout)
    print(f"\n{given.objects:,} objects, {given.dimensions} dimensions\n{'':24}" + "".join(f"{p:>12}" for p in figures))
    for name in next(iter(figures.values())):
        goal = f"   goal {GOALS[name]:,}" if name in GOALS else ""
        print(f"{name:24}" + "".join(f"{told[name]:12,.1f}" for told in figures.values()) + goal)


def wall(command: list[str]) -> float:
    """The seconds that a command takes."""
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start


def measure(place: str, objects: int, dimensions: int) -> dict[str, float]:
    """The figures of one place."""
    made = list(content(objects, dimensions))
    with client_at(place) as (client, process):
        collection = client.collections.create(
            "Article",
            properties=[Property(name="text", data_type=DataType.TEXT), Property(name="n", data_type=DataType.INT)],
            vector_config=Configure.Vectors.self_provided(),
        )
        before = memory(process)
        start = time.perf_counter()
        returned = collection.data.ingest(made)
        taken = time.perf_counter() - start
        assert not returned.has_errors  # noqa: S101
        stored = memory(process)
        vectors = np.random.default_rng(1).random((21, dimensions), dtype=np.float32)
        tenth = Filter.by_property("n").less_than(objects // 10)
        query = collection.query
        found = {
            "import, objects/s": objects / taken,
            "near_vector, ms": timed(lambda i: query.near_vector(vectors[i], limit=10)),
            "bm25, ms": timed(lambda i: query.bm25(f"{WORDS[i]} {WORDS[i + 99]}", limit=10)),
            "filter + near_vector, ms": timed(lambda i: query.near_vector(vectors[i], limit=10, filters=tenth)),
        }
        return found | {"memory stored, MB": stored - before, "memory searched, MB": memory(process) - before}


def content(objects: int, dimensions: int) -> Iterator[Any]:
    """Objects with a text of 20 words, a number and a vector."""
    chance = np.random.default_rng(0)
    for start in range(0, objects, 1000):
        vectors = chance.random((1000, dimensions), dtype=np.float32)
        words = chance.integers(0, len(WORDS), (1000, 20))
        for offset in range(min(1000, objects - start)):
            text = " ".join(WORDS[word] for word in words[offset])
            yield DataObject({"text": text, "n": start + offset}, vector=vectors[offset])


def timed(call: Callable[[int], Any]) -> float:
    """The median of twenty calls in milliseconds; the first, which builds indexes, does not count."""
    call(0)
    times = []
    for number in range(1, 21):
        start = time.perf_counter()
        call(number)
        times.append(time.perf_counter() - start)
    return median(times) * 1000


@contextmanager
def client_at(place: str) -> Iterator[tuple[Any, int | str]]:
    """A client, and the process where the engine is."""
    if place == "in process":
        with weaviate_hl.connect_to_lite() as client:
            yield client, "self"
        return
    command = [sys.executable, "-m", "weaviate_hl", "lite", "--port", "0", "--grpc-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None  # noqa: S101
            told = [server.stdout.readline() for _ in range(3)]
            port, grpc_port = (int(line.rsplit(":", 1)[1]) for line in told[1:])
            config = weaviate_hl.config.AdditionalConfig(grpc="web" if place == "web" else "native")
            with weaviate_hl.connect_to_local(port=port, grpc_port=grpc_port, additional_config=config) as client:
                yield client, server.pid
        finally:
            server.terminate()


def memory(process: int | str) -> float:
    """What a process holds, in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


if __name__ == "__main__":
    main()
