"""The server as a running process: its data folder's lock, its ports, environment and log; waiting for it, and its end.

The server must not outlive this process, not even when that is killed with SIGKILL and can do nothing any more. So a
few lines of shell stand between the two: they read from a pipe of which only this process has the other end, and when
that closes, for whatever reason, they end the server, politely first. `stop()` closes it too: there is one way to end.

Why not PR_SET_PDEATHSIG: it fires when the *thread* that started the server ends, and the asynchronous client starts it
in a pool's thread; and macOS has nothing like it. A shell is also there where no Python can be started: in a frozen
program `sys.executable` is the program.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import time
import weakref
from contextlib import ExitStack, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, TYPE_CHECKING

from weaviate_gen.rest.api.well_known import ready

from weaviate_hl.embedded import DEFAULT_PORT, Address
from weaviate_hl.errors import WeaviateStartUpError

if TYPE_CHECKING:
    from weaviate_hl.embedded import EmbeddedOptions

GRACE = 10
"""Seconds that a server has to end by itself before it is killed."""

# Standard input is the pipe; it becomes descriptor 3 of the reader alone. The group is the shell's own: a Ctrl-C in the
# terminal is for the program only, and when the server has ended, the reader can be ended with the group.
SHELL = [
    "/bin/sh",
    "-c",
    f"""
exec 3<&0 </dev/null
"$@" 3<&- & server=$!
{{ read -r _; kill "$server"; sleep {GRACE}; kill -9 "$server"; }} <&3 2>/dev/null &
exec 3<&-
wait "$server"; code=$?
trap '' TERM; kill 0; wait; exit "$code"
""",
    "embedded",
]

# What a server may need of our environment. The rest is not its business, secrets least of all.
PASSED = """
    PATH HOME LANG TZ TMPDIR SSL_CERT_FILE SSL_CERT_DIR GOGC GOMAXPROCS GOMEMLIMIT
    HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy
""".split()
SETTINGS = {
    "LOG_LEVEL": "info",
    "QUERY_DEFAULTS_LIMIT": "20",
    "DEFAULT_VECTORIZER_MODULE": "none",
    "ENABLE_API_BASED_MODULES": "true",  # the default since 1.33
    "ENABLE_MODULES": "ref2vec-centroid",
    "DISABLE_TELEMETRY": "true",
    "CLUSTER_BIND_ADDR": "127.0.0.1",  # not CLUSTER_IN_LOCALHOST, which ties some ports to others
    "CLUSTER_ADVERTISE_ADDR": "127.0.0.1",
    "RAFT_BOOTSTRAP_EXPECT": "1",
    "RAFT_TIMEOUTS_MULTIPLIER": "1",  # 5 is for slow networks: alone, a server would wait ten seconds for nobody
    "GO_PROFILING_DISABLE": "true",  # it would listen on every interface
}
PORTS = """
    CLUSTER_GOSSIP_BIND_PORT CLUSTER_DATA_BIND_PORT RAFT_PORT RAFT_INTERNAL_RPC_PORT
    GO_PROFILING_PORT PROMETHEUS_MONITORING_PORT
""".split()


class Process:
    """A server that was started, and may have ended."""

    def __init__(self, process: subprocess.Popen[bytes], address: Address, log: Path, secret: list[str]) -> None:
        self.address = address
        self._process: subprocess.Popen[bytes] | None = process
        self._log = log
        self._secret = secret
        _STARTED.add(self)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    def wait_ready(self, timeout: float) -> Address:
        """Wait until the server answers on both ports."""
        end = time.monotonic() + timeout
        while self.is_running:
            if self._is_ready() and answers(self.address.host, self.address.grpc_port):
                return self.address
            if time.monotonic() > end:
                raise self._failed(f"The embedded server was not ready after {timeout:g} s")
            time.sleep(0.05)
        ending = f" with code {self._process.returncode}" if self._process else ""
        raise self._failed(f"The embedded server ended{ending} before it was ready")

    def _is_ready(self) -> bool:
        connection = HTTPConnection(self.address.host, self.address.http_port, timeout=1)
        try:
            connection.request("GET", ready.request().path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _failed(self, message: str) -> WeaviateStartUpError:
        with self._log.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 16_384))
            text = file.read().decode(errors="replace")
        for secret in self._secret:
            text = text.replace(secret, "***")
        last = "\n".join(line[:500] for line in text.splitlines()[-15:])
        return WeaviateStartUpError(message, hint=f"The last lines of its log, {self._log}:\n{last}", server_text=last)

    def stop(self) -> None:
        """End it, and wait until it has ended and its data folder is free."""
        if process := self._let_go():
            try:
                process.wait(GRACE + 5)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def disown(self) -> None:
        """In a fork of this process: the server is the parent's, and ends with that."""
        if process := self._let_go():
            process.returncode = 0  # it is no child of ours to wait for

    def _let_go(self) -> subprocess.Popen[bytes] | None:
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
        return process


_STARTED: weakref.WeakSet[Process] = weakref.WeakSet()


def _disown_all() -> None:
    for process in list(_STARTED):
        process.disown()


os.register_at_fork(after_in_child=_disown_all)


def start(binary: str, options: EmbeddedOptions) -> Process:
    """Start a server; it is not ready yet."""
    folder = Path(options.persistence_data_path).expanduser().absolute()
    log = folder / "embedded.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            lock = stack.enter_context((folder / "embedded.lock").open("a+"))
            _take(lock, folder)
            for name, port in (("port", options.port), ("grpc_port", options.grpc_port)):
                if port and answers(options.hostname, port):
                    raise WeaviateStartUpError(
                        f"{name}: {port} is in use on {options.hostname}",
                        hint="Connect to what listens there with connect_to_local(), stop it, or give another "
                        f"{name}= (0: a free one)",
                    )
            http_port, grpc_port, *others = free_ports(2 + len(PORTS))
            address = Address(options.hostname, options.port or http_port, options.grpc_port or grpc_port)
            lock.truncate(0)
            lock.write(f"{os.getpid()} {address.http_port} {address.grpc_port}")
            lock.flush()
            # The lock becomes the server's and lasts until that ends. The number is above those that the shell names.
            held = fcntl.fcntl(lock, fcntl.F_DUPFD_CLOEXEC, 10)
            stack.callback(os.close, held)
            if log.exists():
                log.replace(folder / "embedded.log.1")  # how the last run ended may be why this one is started
            process = subprocess.Popen(
                [*SHELL, binary, "--scheme", "http", "--host", address.host, "--port", str(address.http_port)],
                env=_environment(options, folder, address, others),
                stdin=subprocess.PIPE,
                stdout=stack.enter_context(log.open("wb")),
                stderr=subprocess.STDOUT,
                bufsize=0,
                start_new_session=True,
                pass_fds=[held],
            )
    except OSError as error:
        raise WeaviateStartUpError(f"The embedded server cannot be started in {str(folder)!r}: {error}") from error
    given = (options.additional_env_vars or {}).items()
    secret = [value for name, value in given if any(w in name for w in ("KEY", "SECRET", "TOKEN", "PASSWORD"))]
    return Process(process, address, log, [part for value in secret for part in value.split(",") if len(part) > 5])


def _take(lock: IO[str], folder: Path) -> None:
    """Lock the data folder, or say who uses it.

    The kernel holds the lock for as long as the server lives, so a file that was left behind means nothing. It names
    the process that started the server: when that is gone, or has stopped it, the server is about to end, and is waited
    for.
    """
    end = time.monotonic() + GRACE + 5
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner, *ports = lock.read().split() or [""]
            if _is_wanted(owner, ports) or time.monotonic() > end:
                raise WeaviateStartUpError(
                    f"The data folder {str(folder)!r} is in use by the server that process {owner} started (ports "
                    f"{', '.join(ports)})",
                    hint="Connect to that one with connect_to_local(), stop it, or give another persistence_data_path=",
                ) from None
            time.sleep(0.05)


def _is_wanted(owner: str, ports: list[str]) -> bool:
    """Whether the process that started a server is there, and, if it is this one, has not stopped it."""
    if owner == str(os.getpid()):
        running = (one.address for one in list(_STARTED) if one.is_running)
        return any([str(address.http_port), str(address.grpc_port)] == ports for address in running)
    try:
        os.kill(int(owner), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _environment(options: EmbeddedOptions, folder: Path, address: Address, ports: list[int]) -> dict[str, str]:
    given = options.additional_env_vars or {}
    environment = {name: os.environ[name] for name in PASSED if name in os.environ} | SETTINGS
    environment |= dict(zip(PORTS, map(str, ports), strict=True))
    environment |= {"PERSISTENCE_DATA_PATH": str(folder), "GRPC_PORT": str(address.grpc_port)}
    # The cluster's data port listens on every interface, and answers only those who know these.
    environment |= {f"CLUSTER_BASIC_AUTH_{part}": secrets.token_hex() for part in ("USERNAME", "PASSWORD")}
    if not any(name.startswith("AUTHENTICATION_") for name in given):
        environment["AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED"] = "true"
    if "CLUSTER_HOSTNAME" not in given:
        environment["CLUSTER_HOSTNAME"] = _node_name(folder, options.port or DEFAULT_PORT)
    return environment | given


def _node_name(folder: Path, port: int) -> str:
    """The server's name in its cluster of one. Data belongs to a name: a server with another one does not even start.

    Other clients name it after the port. So does this one with a new folder, and keeps the name there: the next port
    may be another. A folder of other clients stays as they expect it.
    """
    file = folder / "embedded.node"
    if file.exists():
        return file.read_text()
    name = f"Embedded_at_{port}"
    if not (folder / "schema.db").exists():
        file.write_text(name)
    return name


def answers(host: str, port: int) -> bool:
    """Whether something listens on a port."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def free_ports(count: int) -> list[int]:
    """As many ports that are free now, on every interface."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("", 0))
        return [each.getsockname()[1] for each in sockets]
