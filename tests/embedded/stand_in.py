"""A stand-in for the server's binary: it answers on the two ports that it is told. STAND_IN says how it misbehaves."""

import json
import os
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

MODE = os.environ.get("STAND_IN")
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
data = Path(os.environ["PERSISTENCE_DATA_PATH"])
(data / "pid").write_text(str(os.getpid()))
(data / "environment.json").write_text(json.dumps(dict(os.environ)))

if MODE == "crash":
    for number in range(100):
        print(f"line {number}")  # noqa: T201
    sys.exit(f"cannot start with {os.environ.get('SOME_API_KEY')}")
if MODE == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if MODE == "slow":
    signal.signal(signal.SIGTERM, lambda *_: signal.setitimer(signal.ITIMER_REAL, 0.5))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ready = self.path == "/v1/.well-known/ready" and MODE != "never"
        self.send_response(200 if ready else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


grpc = socket.create_server(("", int(os.environ["GRPC_PORT"])))
HTTPServer((arguments["--host"], int(arguments["--port"])), Handler).serve_forever()
