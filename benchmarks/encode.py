"""What encoding objects for a batch costs beside a raw loop over the generated messages.

`python benchmarks/encode.py [rounds]` prints CPU microseconds per object, 1,000 objects in a request: medians of
interleaved rounds. Each object has its id and 5 properties, one of them a text of 40 characters. The raw loop does the
same, without any check. The goal: at most 1.3 times its cost.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "generated")]

from batch import DIMENSION, fill  # noqa: E402
from weaviate_gen.grpc.v1.batch_pb2 import BatchObjectsRequest  # noqa: E402

from weaviate_hl.ops import encode  # noqa: E402
from weaviate_hl.values.inputs import DataObject  # noqa: E402

COUNT = 1000


def objects(vector: Callable[[], Any]) -> list[DataObject[Any, Any]]:
    return [
        DataObject(
            properties={"title": "x" * 40, "year": 1900 + i % 100, "rating": i * 0.5, "live": True, "tag": f"tag {i}"},
            uuid=str(uuid4()),
            vector=vector(),
        )
        for i in range(COUNT)
    ]


def raw_message(given: list[DataObject[Any, Any]]) -> BatchObjectsRequest:
    request = BatchObjectsRequest()
    for one in given:
        fill(request.objects.add(), one.properties, str(one.uuid), one.vector)
    return request


def raw_loop(given: list[DataObject[Any, Any]]) -> bytes:
    return raw_message(given).SerializeToString()


def raw_update(given: list[DataObject[Any, Any]]) -> bytes:
    """The same, with `Struct.update`, as most write it."""
    request = BatchObjectsRequest()
    for one in given:
        message = request.objects.add(collection="Article", uuid=str(one.uuid))
        message.properties.non_ref_properties.update(one.properties)
        if one.vector is not None:
            message.vector_bytes = np.asarray(one.vector, np.float32).tobytes()
    return request.SerializeToString()


def ours(given: list[DataObject[Any, Any]]) -> bytes:
    encoder = encode.Encoder("Article")
    return encode.request([encoder.encode(one, index)[1] for index, one in enumerate(given)])


CASES: dict[str, Callable[[], Any]] = {
    "no vector": lambda: None,
    "numpy, 768 dimensions": lambda: np.random.default_rng().random(DIMENSION, np.float32),
    "list, 768 dimensions": lambda: [random.random() for _ in range(DIMENSION)],  # noqa: S311
}
WAYS = (raw_loop, raw_update, ours)


def main(rounds: int = 31) -> None:
    print(f"{'us per object':24}{'raw loop':>10}{'update':>9}{'ours':>8}{'ratio':>7}")
    for case, vector in CASES.items():
        given = objects(vector)
        if BatchObjectsRequest.FromString(raw_loop(given)) != BatchObjectsRequest.FromString(ours(given)):
            raise SystemExit(f"{case}: not the same request")
        times: dict[Any, list[float]] = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way in WAYS:
                start = time.process_time()
                data = way(given)
                times[way].append((time.process_time() - start) / COUNT * 1e6)
                del data
        raw, update, mine = (statistics.median(times[way]) for way in WAYS)
        print(f"{case:24}{raw:10.2f}{update:9.2f}{mine:8.2f}{mine / raw:7.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
