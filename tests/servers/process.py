"""`FakeWeaviate` in a process of its own: for tests that fork, kill, or measure the CPU of the client alone.

    with FakeProcess(version="1.38.11", setup="tests.unit.test_fork:prepare") as server:
        server.url, server.address, server.grpc_address
        server.received()        # [{"protocol": "grpc", "method": "Search", "path": ..., "headers": {...}}, ...]
        server.kill()

`setup` names a function ("module:function"), which is called with the FakeWeaviate and scripts it.
The process ends with this one.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from .certificates import Pair
from .sockets import LOOPBACK, Address

ROOT = Path(__file__).resolve().parents[2]


class FakeProcess:
    """Takes what FakeWeaviate takes, but for `authorize`."""

    def __init__(self, *, setup: str = "", **parameters: Any) -> None:
        if isinstance(certificate := parameters.get("certificate"), Pair):
            parameters["certificate"] = [certificate.cert, certificate.key]
        if "api_keys" in parameters:
            parameters["api_keys"] = list(parameters["api_keys"])
        self._order = json.dumps({"setup": setup, "parameters": parameters})
        self._tls = certificate is not None
        self.host = LOOPBACK
        self.port = 0
        self.grpc_port = 0

    @property
    def address(self) -> Address:
        return self.host, self.port

    @property
    def grpc_address(self) -> Address:
        return self.host, self.grpc_port

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def received(self) -> list[dict[str, Any]]:
        """The requests received, over all protocols: protocol, method, path, headers, connection."""
        answer: list[dict[str, Any]] = self._ask("received")
        return answer

    def forget(self) -> None:
        """Empty the record."""
        self._ask("forget")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.kill()
        self._process.wait()

    def _ask(self, word: str) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __enter__(self) -> Self:
        paths = [str(ROOT), str(ROOT / "generated"), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.process", self._order],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.__exit__()
            raise RuntimeError("the fake did not start: see its words on stderr")
        self.port, self.grpc_port = json.loads(line)
        return self

    def __exit__(self, *error: object) -> None:
        with self._process:
            self._process.terminate()  # not only by the end of its stdin, which forked children may hold open


def main() -> None:
    from .fake import FakeWeaviate

    order = json.loads(sys.argv[1])
    parameters = order["parameters"]
    if "certificate" in parameters:
        parameters["certificate"] = Pair(*parameters["certificate"])
    with FakeWeaviate(**parameters) as server:
        if order["setup"]:
            module, _, function = order["setup"].partition(":")
            getattr(importlib.import_module(module), function)(server)
        _say([server.port, server.grpc_port])
        for word in sys.stdin:
            if word.strip() == "forget":
                server.forget()
            names = ("protocol", "method", "path", "headers", "connection")
            _say([{name: getattr(each, name) for name in names} for each in list(server.received)])


def _say(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
