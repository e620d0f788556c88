"""What the core costs: importing, a REST call, connecting.

`python benchmarks/core.py [REFERENCE_PYTHON]` prints CPU time, medians of interleaved rounds; bytecode is cached.
REFERENCE_PYTHON is an interpreter that has weaviate-client, for the ratios of imports. Connecting is measured where
WEAVIATE_HL_TEST_SERVER names a server. The budgets: `import weaviate_hl` 0.12 of the reference's import, 0.25 with
Configure, Property, DataType and Filter used; a REST call 1.2 times the HTTP library's own `Client.request`; the second
connect of a process, with checks, 12 ms.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
META = json.dumps({"version": "1.38.11", "grpcMaxMessageSize": 104858000}).encode()
SERVE = f"""
import sys
sys.path[:0] = [{str(ROOT / "benchmarks")!r}]
import core
core.serve()
"""
USED = "; c.config.Configure, c.config.Property, c.config.DataType, c.query.Filter"
IMPORTS = {
    "import": ("weaviate_hl", "weaviate"),
    "import, classes used": (f"weaviate_hl, weaviate_hl.classes as c{USED}", f"weaviate, weaviate.classes as c{USED}"),
}


class Handler(BaseHTTPRequestHandler):
    """Answers every GET as /v1/meta does, over one connection, in one packet."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(META)))
        self.end_headers()
        self.wfile.write(META)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def serve() -> None:
    """In a process of its own, so that its time is not counted."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


def imported(python: str, what: str, cache: str) -> float:
    """CPU milliseconds of a fresh interpreter that imports something."""
    environment = os.environ | {"PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
    code = f"import time; import {what}; print(time.process_time())"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return float(done.stdout) * 1000


def spent(call: Callable[[], object], times: int) -> float:
    """CPU microseconds of a call."""
    started = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - started) / times * 1e6


def rounds(*calls: Callable[[], float], count: int = 9) -> list[float]:
    """The medians of several measurements, taken in turn."""
    found: list[list[float]] = [[] for _ in calls]
    for _ in range(count + 1):
        for values, call in zip(found, calls, strict=True):
            values.append(call())
    return [statistics.median(values[1:]) for values in found]


def main(reference: str | None = None) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as cache:
        for title, (ours, theirs) in IMPORTS.items():
            calls = [partial(imported, sys.executable, what, cache) for what in ("sys", ours)]
            if reference:
                calls.append(partial(imported, reference, theirs, cache))
            nothing, *found = rounds(*calls)
            mine, *other = (value - nothing for value in found)
            ratio = f", the reference {other[0]:.0f} ms: ratio {mine / other[0]:.3f}" if other else ""
            print(f"{title}: {mine:.1f} ms{ratio}")

    import weaviate_hl
    from weaviate_hl.http_library import httpx

    server = subprocess.Popen([sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None  # noqa: S101
    port = int(server.stdout.readline())
    url = f"http://127.0.0.1:{port}/v1/meta"
    plain = httpx.Client(verify=False)
    client = weaviate_hl.connect_to_local(port=port, skip_init_checks=True)
    theirs_us, *ours_us = rounds(
        lambda: spent(lambda: plain.request("GET", url).json(), 200),
        lambda: spent(client.get_meta, 200),
        lambda: spent(lambda: client.rest.meta.get(), 200),
    )
    for title, us in zip(("REST call", "REST call, generated, with a model"), ours_us, strict=True):
        print(f"{title}: {us:.0f} us, Client.request {theirs_us:.0f} us: ratio {us / theirs_us:.2f}")

    where = os.environ.get("WEAVIATE_HL_TEST_SERVER", "").split()
    if where:
        host, rest = where[0].split(":")

        def connect() -> None:
            weaviate_hl.connect_to_local(host, int(rest), int(where[1].split(":")[1])).close()

        print(f"another connect: {rounds(lambda: spent(connect, 5))[0] / 1000:.1f} ms")
    else:
        print("another connect: not measured, WEAVIATE_HL_TEST_SERVER names no server")
    client.close()
    plain.close()
    server.communicate()


if __name__ == "__main__":
    main(*sys.argv[1:])
