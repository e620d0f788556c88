"""What reading the results of a search costs beside a raw loop over the generated messages.

`python benchmarks/decode.py [rounds]` prints CPU microseconds per result, 1,000 results in a reply: medians of
interleaved rounds. The raw loop parses the reply with the generated classes and reads each result into a dict and a
UUID. Beside it stand our results: untouched, with `uuid` and `properties` read, and with `metadata` read as well. The
goals: read, no more than the raw loop (with a vector that is left alone, at most 1.5 us more); untouched, at most 2 us.
The last lines tell how much memory results hold when few of a reply are kept.
"""

from __future__ import annotations

import gc
import random
import statistics
import struct
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "generated")]

from weaviate_gen.grpc.v1.properties_pb2 import Properties  # noqa: E402
from weaviate_gen.grpc.v1.search_get_pb2 import SearchReply  # noqa: E402

from weaviate_hl.ops import decode  # noqa: E402

COUNT = 1000


def mixed(fields: Any, count: int) -> None:
    """Texts (one of them of 40 characters), integers, numbers and booleans in turn."""
    for i in range(count):
        value = fields[f"property{i}"]
        match i % 5:
            case 0:
                value.text_value = "x" * 40
            case 1:
                value.int_value = i * 100
            case 2:
                value.number_value = i * 0.5
            case 3:
                value.bool_value = True
            case _:
                value.text_value = f"text {i}"


def dates(fields: Any, count: int) -> None:
    for i in range(count):
        fields[f"property{i}"].date_value = f"2024-05-01T12:30:{i:02}.123Z"


def nested(fields: Any, count: int) -> None:
    mixed(fields, count)
    mixed(fields["nested"].object_value.fields, count)
    for _ in range(2):
        mixed(fields["list"].list_value.object_values.values.add().fields, count)


def reply(fill: Callable[[Any, int], None], count: int, dimension: int = 0) -> bytes:
    """A reply as the server sends it, which has vectors without a name twice."""
    message = SearchReply(took=0.1)
    for _ in range(COUNT):
        result, uuid = message.results.add(), uuid4()
        result.metadata.id, result.metadata.id_as_bytes = str(uuid), uuid.bytes
        result.properties.target_collection = "Article"
        fill(result.properties.non_ref_props.fields, count)
        if dimension:
            values = [random.random() for _ in range(dimension)]  # noqa: S311
            result.metadata.vector_bytes = struct.pack(f"<{dimension}f", *values)
            result.metadata.vector.extend(values)
    return message.SerializeToString()


def raw_loop(data: bytes) -> list[Any]:
    return [
        (UUID(result.metadata.id), raw_properties(result.properties.non_ref_props))
        for result in SearchReply.FromString(data).results
    ]


def raw_properties(properties: Properties) -> dict[str, Any]:
    read: dict[str, Any] = {}
    fields = properties.fields
    for name in fields:
        value = fields[name]
        kind: Any = value.WhichOneof("kind")
        if kind == "object_value":
            read[name] = raw_properties(value.object_value)
        elif kind == "list_value":
            read[name] = [raw_properties(one) for one in value.list_value.object_values.values]
        else:
            read[name] = getattr(value, kind)
    return read


def untouched(data: bytes) -> Any:
    return decode.query(data)


def read(data: bytes) -> Any:
    result: Any = decode.query(data)
    for found in result.objects:
        _ = found.uuid, found.properties
    return result


def with_metadata(data: bytes) -> Any:
    result: Any = decode.query(data)
    for found in result.objects:
        _ = found.uuid, found.properties, found.metadata.distance
    return result


CASES: dict[str, tuple[Callable[[Any, int], None], int, int]] = {
    "5 properties": (mixed, 5, 0),
    "30 properties": (mixed, 30, 0),
    "5 dates": (dates, 5, 0),
    "5 properties, 3 nested objects": (nested, 5, 0),
    "5 properties, 768 dimensions": (mixed, 5, 768),
}
WAYS = (raw_loop, untouched, read, with_metadata)


def main(rounds: int = 31) -> None:
    print(f"{'us per result':32}{'raw loop':>10}{'untouched':>11}{'read':>8}{'ratio':>7}{'+ metadata':>12}")
    for case, arguments in CASES.items():
        data = reply(*arguments)
        times: dict[Any, list[float]] = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way in WAYS:
                start = time.process_time()
                result = way(data)
                times[way].append((time.process_time() - start) / COUNT * 1e6)
                del result
        raw, none, both, more = (statistics.median(times[way]) for way in WAYS)
        print(f"{case:32}{raw:10.2f}{none:11.2f}{both:8.2f}{both / raw:7.2f}{more:12.2f}")
    memory()


def memory() -> None:
    """What 10 results of a reply hold: how much more the process has when nothing else of the reply is left."""
    data = reply(mixed, 5, 768)
    for way in (untouched, read):
        gc.collect()
        tracemalloc.start()
        before = resident()
        kept: list[Any] = []
        for _ in range(10):
            kept += way(data).objects[::100]
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        print(
            f"{len(kept)} results kept of 10 replies of {len(data) / 1e6:.1f} MB each, {way.__name__}: "
            f"{held / len(kept) / 1e3:.1f} kB each in Python, {(resident() - before) / 1e6:.1f} MB of the process"
        )


def resident() -> int:
    """The process's memory in bytes; 0 where /proc does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096
    except OSError:
        return 0


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
