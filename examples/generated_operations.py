"""The low-level layer alone: what was generated, and a generated operation called with the standard library.

Without an address it talks to a stand-in server of three lines; with one, such as
`python examples/generated_operations.py http://127.0.0.1:8080`, it asks that server.
"""

from __future__ import annotations

import json
import sys
import threading
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer

import weaviate_gen
from weaviate_gen.grpc import METHODS
from weaviate_gen.rest.api import operations
from weaviate_gen.rest.api.meta import get


class StandIn(BaseHTTPRequestHandler):
    """Answers every request as GET /v1/meta does."""

    def do_GET(self) -> None:
        """Answer one request."""
        body = json.dumps({"version": weaviate_gen.SERVER_VERSION, "hostname": "http://[::]:8080", "modules": {}})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Show what came out, then call an operation."""
    found = list(operations())
    print(f"Weaviate {weaviate_gen.SERVER_VERSION}: {len(found)} REST operations, {len(METHODS)} gRPC methods")
    for tag, count in sorted(Counter(operation.tag for operation in found).items()):
        print(f"  rest.{tag}: {count}")
    stand_in = None
    if len(sys.argv) > 1:
        address = sys.argv[1].rstrip("/")
    else:
        stand_in = HTTPServer(("127.0.0.1", 0), StandIn)
        threading.Thread(target=stand_in.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{stand_in.server_port}"

    request = get.request()
    with urllib.request.urlopen(f"{address}{request.path}", timeout=10) as response:
        meta = get.parse_model(response.status, response.headers, response.read())
    print(f"{request.method} {request.path} -> {type(meta).__name__}, version {meta.version}")
    if stand_in is not None:
        stand_in.shutdown()
        stand_in.server_close()


if __name__ == "__main__":
    main()
