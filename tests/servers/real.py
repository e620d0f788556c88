"""Real servers: the binary that WEAVIATE_HL_TEST_BINARY names, on free ports, with its data in a temporary folder.

    with RealServer({"AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "true"}) as server:
        server.url, server.address, server.grpc_address
        server.kill()                     # SIGKILL: connections end without a word
        server.restart()                  # the same ports, the same data; waits until it is ready
    with RealCluster(3) as nodes:
        nodes[1].kill()

Entering one skips the test, and says so, where no binary is named. `real_binary()` does only that.
`LiteProcess` is lite instead, in a process of its own, and always there.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import pytest

from .certificates import Pair
from .sockets import LOOPBACK, Address, free_block

BINARY = "WEAVIATE_HL_TEST_BINARY"
ANONYMOUS = {"AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "true"}
_COMMON = {
    "DISABLE_TELEMETRY": "true",
    "LOG_LEVEL": "warning",
    "CLUSTER_IN_LOCALHOST": "true",
    "CLUSTER_ADVERTISE_ADDR": LOOPBACK,
    "CLUSTER_HOSTNAME": "node1",
    "RAFT_BOOTSTRAP_EXPECT": "1",
    "RAFT_TIMEOUTS_MULTIPLIER": "1",  # the default of 5 makes a start take 7 seconds
    "ENABLE_API_BASED_MODULES": "false",
    "ENABLE_MODULES": "",
}
# In this order, one after the other: nodes compute the ports of their peers from one of theirs.
_PORTS = (
    "GRPC_PORT",
    "CLUSTER_GOSSIP_BIND_PORT",
    "CLUSTER_DATA_BIND_PORT",
    "RAFT_PORT",
    "RAFT_INTERNAL_RPC_PORT",
    "GO_PROFILING_PORT",
    "PROMETHEUS_MONITORING_PORT",
)


def real_binary() -> str:
    """The path of the server binary; skips the test where there is none."""
    path = os.environ.get(BINARY, "")
    if not path:
        pytest.skip(f"{BINARY} does not name a Weaviate server binary")
    if not os.access(path, os.X_OK):
        pytest.fail(f"{BINARY} names what is no program: {path}")
    return path


class RealServer:
    """One server. `settings` are its environment variables, in addition to those that give it a place of its own.

    certificate: speak TLS on both ports (the server has no HTTP port then).
    """

    def __init__(
        self,
        settings: Mapping[str, str] = ANONYMOUS,
        *,
        certificate: Pair | None = None,
        ports: Sequence[int] = (),
        ready_within: float = 60,
    ) -> None:
        self.settings = dict(settings)
        self.certificate = certificate
        self.host = LOOPBACK
        self.port, *others = ports or free_block(1 + len(_PORTS))
        self._ports = dict(zip(_PORTS, others, strict=True))
        self._ready_within = ready_within
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    @property
    def grpc_port(self) -> int:
        return self._ports["GRPC_PORT"]

    @property
    def address(self) -> Address:
        return self.host, self.port

    @property
    def grpc_address(self) -> Address:
        return self.host, self.grpc_port

    @property
    def url(self) -> str:
        return f"{'https' if self.certificate else 'http'}://{self.host}:{self.port}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        """What the server has said since it was first started."""
        return (self._folder / "log.txt").read_text(errors="replace") if self._folder else ""

    def launch(self) -> None:
        """Start it; `wait_ready` waits."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="weaviate-"))
        command, settings = self._command(self._folder)
        inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=inherited | settings | self.settings,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _command(self, folder: Path) -> tuple[list[str], dict[str, str]]:
        """How it is started, and its environment."""
        ports = {name: str(port) for name, port in self._ports.items()}
        paths = {"PERSISTENCE_DATA_PATH": str(folder / "data"), "BACKUP_FILESYSTEM_PATH": str(folder / "backups")}
        listen = ["--host", self.host, "--port", str(self.port), "--scheme", "http"]
        if self.certificate is not None:
            pair = self.certificate
            listen = ["--scheme", "https", "--tls-host", self.host, "--tls-port", str(self.port)]
            listen += ["--tls-certificate", pair.cert, "--tls-key", pair.key]
            paths |= {"GRPC_CERT_FILE": pair.cert, "GRPC_KEY_FILE": pair.key}
        return [real_binary(), *listen, "--write-timeout=600s"], _COMMON | paths | ports

    def wait_ready(self) -> None:
        end = time.monotonic() + self._ready_within
        while time.monotonic() < end and self.running:
            if self._is_ready():
                return
            time.sleep(0.05)
        raise RuntimeError(f"the server on port {self.port} is not ready; its last words:\n{self.log()[-4000:]}")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._end(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end, and wait until it has."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Start it again, on the same ports and with the same data; it is killed first if it runs."""
        self.kill()
        self.launch()
        self.wait_ready()

    def __enter__(self) -> Self:
        try:
            self.launch()
            self.wait_ready()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()

    def remove(self) -> None:
        """End it, and its data. Tests need no orderly end, which takes seconds."""
        self.kill()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=2)
        if self.certificate:
            context = ssl.create_default_context(cafile=self.certificate.cert)
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # its own certificate is all we trust
            connection = http.client.HTTPSConnection(self.host, self.port, timeout=2, context=context)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/v1/.well-known/ready")
            return connection.getresponse().status == 200
        return False


class LiteProcess(RealServer):
    """Lite in a process of its own, with its data in a file."""

    def _command(self, folder: Path) -> tuple[list[str], dict[str, str]]:
        ports = ["--port", str(self.port), "--grpc-port", str(self.grpc_port)]
        command = [sys.executable, "-m", "weaviate_hl", "lite", "--path", str(folder / "data"), *ports]
        return command, {"PYTHONPATH": os.pathsep.join(sys.path)}


class RealCluster:
    """Servers that form one cluster. Entering it gives the list of them; they start side by side."""

    def __init__(self, count: int = 3, settings: Mapping[str, str] = ANONYMOUS) -> None:
        ports = [free_block(1 + len(_PORTS)) for _ in range(count)]
        raft, gossip = 1 + _PORTS.index("RAFT_PORT"), 1 + _PORTS.index("CLUSTER_GOSSIP_BIND_PORT")
        join = ",".join(f"node{i}:{own[raft]}" for i, own in enumerate(ports, 1))
        self.nodes = [
            RealServer(
                {
                    **settings,
                    "CLUSTER_HOSTNAME": f"node{i}",
                    "RAFT_BOOTSTRAP_EXPECT": str(count),
                    "RAFT_JOIN": join,
                    **({"CLUSTER_JOIN": f"{LOOPBACK}:{ports[0][gossip]}"} if i > 1 else {}),
                },
                ports=own,
            )
            for i, own in enumerate(ports, 1)
        ]

    def __enter__(self) -> list[RealServer]:
        try:
            for node in self.nodes:
                node.launch()
            for node in self.nodes:
                node.wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self.nodes

    def __exit__(self, *error: object) -> None:
        for node in self.nodes:
            node.remove()
