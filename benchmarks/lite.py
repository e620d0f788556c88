"""Lite: how long a newcomer waits, and imports, searches and memory at 100,000 objects of 256 dimensions.

    python benchmarks/lite.py [--objects 100000] [--dimensions 256] [--approximate] [--place "in process"]

In this process, and over sockets with the engine in another one; each place in a process of its own, for its memory.
Vectors are as models make them, which fill few of their dimensions: a graph finds less among vectors made at random.
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
from numpy.typing import NDArray

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
PLACES = ("in process", "native", "web")
GOALS = {"import, objects/s": 5000, "near_vector, ms": 30, "bm25, ms": 20, "filter + near_vector, ms": 40}


def main() -> None:
    """Measure everything, or one place where the parent says so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--approximate", action="store_true", help="search with usearch")
    parser.add_argument("--place", choices=PLACES, help="only this one")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(measure(given.place, given.objects, given.dimensions, given.approximate)))
        return
    for query in FIRST_QUERIES:
        script = NEWCOMER.replace("{query}", query)
        waits = [wall([sys.executable, "-c", script]) for _ in range(5)]
        print(f"a newcomer's script with {query}, whole: {min(waits):.2f} s (median {median(waits):.2f})   goal 0.5")
    figures = {}
    for place in [given.place] if given.place else PLACES:
        command = [sys.executable, __file__, "--child", "--place", place] + ["--approximate"] * given.approximate
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


def measure(place: str, objects: int, dimensions: int, approximate: bool) -> dict[str, float]:
    """The figures of one place."""
    made = list(content(objects, dimensions))
    with client_at(place, approximate) as (client, process):
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
        vectors = like_models(np.random.default_rng(1), 21, dimensions)
        tenth = Filter.by_property("n").less_than(objects // 10)
        query = collection.query
        start = time.perf_counter()
        query.near_vector(vectors[0], limit=10)
        first = time.perf_counter() - start
        found = {
            "import, objects/s": objects / taken,
            "first near_vector, s": first,
            "near_vector, ms": timed(lambda i: query.near_vector(vectors[i], limit=10)),
            "bm25, ms": timed(lambda i: query.bm25(f"{WORDS[i]} {WORDS[i + 99]}", limit=10)),
            "filter + near_vector, ms": timed(lambda i: query.near_vector(vectors[i], limit=10, filters=tenth)),
        }
        if approximate:
            found["found of the ten closest, %"] = 10 * recall(made, vectors, query)
        return found | {"memory stored, MB": stored - before, "memory searched, MB": memory(process) - before}


def content(objects: int, dimensions: int) -> Iterator[Any]:
    """Objects with a text of 20 words, a number and a vector."""
    chance = np.random.default_rng(0)
    for start in range(0, objects, 1000):
        vectors = like_models(chance, 1000, dimensions)
        words = chance.integers(0, len(WORDS), (1000, 20))
        for offset in range(min(1000, objects - start)):
            text = " ".join(WORDS[word] for word in words[offset])
            yield DataObject({"text": text, "n": start + offset}, vector=vectors[offset])


def like_models(chance: np.random.Generator, count: int, dimensions: int) -> NDArray[np.float32]:
    """Vectors of 24 traits, and some noise."""
    traits = np.random.default_rng(2).standard_normal((24, dimensions), dtype=np.float32)
    noise = chance.standard_normal((count, dimensions), dtype=np.float32)
    vectors = chance.standard_normal((count, 24), dtype=np.float32) @ traits + np.float32(0.5) * noise
    return np.asarray(vectors, np.float32)


def recall(made: list[Any], vectors: NDArray[np.float32], query: Any) -> float:
    """How many of the ten closest objects are found, on average."""
    every = np.stack([one.vector for one in made])
    every /= np.linalg.norm(every, axis=1, keepdims=True)
    found = 0
    for vector in vectors:
        closest = np.argpartition(-(every @ vector), 10)[:10]
        told = query.near_vector(vector, limit=10, return_properties=["n"]).objects
        found += len({one.properties["n"] for one in told} & set(closest.tolist()))
    return found / len(vectors)


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
def client_at(place: str, approximate: bool) -> Iterator[tuple[Any, int | str]]:
    """A client, and the process where the engine is."""
    if place == "in process":
        with weaviate_hl.connect_to_lite(approximate=approximate) as client:
            yield client, "self"
        return
    command = [sys.executable, "-m", "weaviate_hl", "lite", "--port", "0", "--grpc-port", "0"] + [
        "--approximate"
    ] * approximate
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
