"""What importing the generated package costs beside the library that it stands on.

`python benchmarks/imports.py [rounds]` prints CPU milliseconds of a fresh interpreter, above one that imports nothing:
medians of interleaved rounds. The budgets: a REST model at most 5 ms above attrs, all gRPC messages at most 5 ms above
what they need of protobuf.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

GENERATED = Path(__file__).resolve().parent.parent / "generated"
PROTOBUF = (
    "google.protobuf.descriptor_pool, google.protobuf.message_factory, google.protobuf.internal.enum_type_wrapper"
)
CASES = {
    "nothing": "sys",
    "weaviate_gen": "weaviate_gen",
    "weaviate_gen.grpc": "weaviate_gen.grpc",
    "one REST operation": "weaviate_gen.rest.api.objects.class_get",
    "attrs": "attrs",
    "attrs, one REST model": "attrs; from weaviate_gen.rest.models import Class",
    "protobuf": PROTOBUF,
    "protobuf, descriptors": f"{PROTOBUF}, weaviate_gen.grpc.messages",
    "protobuf, messages of search": f"{PROTOBUF}, weaviate_gen.grpc.v1.search_get_pb2",
    "protobuf, all messages": f"{PROTOBUF}, {{all}}",
    "protobuf, services": f"{PROTOBUF}, weaviate_gen.grpc.services",
}


def main(rounds: int = 21) -> None:
    modules = sorted(path.relative_to(GENERATED) for path in (GENERATED / "weaviate_gen/grpc").rglob("*_pb2.py"))
    names = ", ".join(".".join(path.with_suffix("").parts) for path in modules)
    times: dict[str, list[float]] = {case: [] for case in CASES}
    with tempfile.TemporaryDirectory() as cache:
        # The first round fills the cache of bytecode; what compiling costs is not the question.
        for _ in range(rounds + 1):
            for case, imported in CASES.items():
                times[case].append(measure(imported.format(all=names), cache))
    median = {case: statistics.median(found[1:]) for case, found in times.items()}
    for case in CASES:
        library, separator, _ = case.partition(",")
        extra = f"  ({library} + {median[case] - median[library]:.1f})" if separator else ""
        print(f"{case:30} {median[case] - median['nothing']:6.1f} ms{extra}")


def measure(imported: str, cache: str) -> float:
    """The CPU milliseconds of a fresh interpreter that imports something."""
    environment = os.environ | {"PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
    code = f"import sys, time; sys.path.insert(0, {str(GENERATED)!r}); import {imported}; print(time.process_time())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout) * 1000


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
