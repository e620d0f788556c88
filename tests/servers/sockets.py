"""What every stand-in stands on: a listener with a thread per connection, whose port is its own while it refuses."""

from __future__ import annotations

import contextlib
import random
import select
import socket
import ssl
import struct
import threading
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"
Address = tuple[str, int]


class ReservedPort:
    """A port of ours: bound but not listening, so that connecting is refused and nobody else gets the port.

    Others bind to it with SO_REUSEPORT (as `Listener` and grpcio do) and listen beside it.
    """

    def __init__(self, host: str = LOOPBACK, port: int = 0) -> None:
        self._socket = bind(host, port)
        self.host = host
        self.port: int = self._socket.getsockname()[1]

    def close(self) -> None:
        self._socket.close()


def bind(host: str, port: int) -> socket.socket:
    """A TCP socket bound to the address, which others of ours may bind to as well."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound


def free_ports(count: int) -> list[int]:
    """Ports that nobody has at the moment, for programs that must be told theirs."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]


def free_block(count: int) -> list[int]:
    """Ports one after the other that nobody has, from below those that systems give to clients."""
    for _ in range(100):
        first = random.randrange(20_000, 32_000 - count)
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + count):
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    stack.enter_context(socket.socket(socket.AF_INET, kind)).bind((LOOPBACK, port))
            return list(range(first, first + count))
    raise RuntimeError(f"found no {count} free ports in a row")


def reset_on_close(connection: socket.socket) -> None:
    """Make `close` send RST instead of FIN."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hung_up(connection: socket.socket) -> bool:
    """Has the peer ended the connection, even if bytes of it are still unread?"""
    with contextlib.suppress(OSError, ValueError):
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLRDHUP)
        return bool(poll.poll(0))
    return True


class Listener:
    """Listens on a free port of 127.0.0.1 while it is entered; each connection has a thread of its own.

    Subclasses write `serve`. `accepted` counts connections, `connected` says how many are open.
    """

    def __init__(self, *, host: str = LOOPBACK, port: int = 0) -> None:
        self.host = host
        self.port = port
        self.accepted = 0
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._reserved: ReservedPort | None = None
        self._listening: tuple[socket.socket, socket.socket, threading.Thread] | None = None
        self._open: dict[int, socket.socket] = {}
        self._threads: list[threading.Thread] = []

    @property
    def address(self) -> Address:
        return self.host, self.port

    @property
    def connected(self) -> int:
        """How many connections are open now."""
        with self._lock:
            return len(self._open)

    def serve(self, connection: socket.socket, number: int) -> None:
        """Talk to one client; returning closes the connection. OSErrors end it quietly."""
        raise NotImplementedError

    def start(self) -> None:
        self._reserved = ReservedPort(self.host, self.port)
        self.port = self._reserved.port
        self.accept()

    def stop(self) -> None:
        self.stopping.set()
        self.refuse()
        self.drop()
        for thread in list(self._threads):
            thread.join(10)
            if thread.is_alive():
                raise RuntimeError(f"{thread.name} did not end")
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def accept(self) -> None:
        """Take new connections (again)."""
        if self._listening is not None:
            return
        listening = bind(self.host, self.port)
        listening.listen(512)
        listening.setblocking(False)
        ours, theirs = socket.socketpair()
        thread = threading.Thread(target=self._accepting, args=(listening, theirs), name=f"{self!r} accepting")
        thread.daemon = True
        self._listening = listening, ours, thread
        thread.start()

    def refuse(self) -> None:
        """Refuse new connections from now on; those open stay. `accept` undoes it, on the same port."""
        if self._listening is None:
            return
        listening, wake, thread = self._listening
        self._listening = None
        wake.close()
        thread.join()
        listening.close()

    def drop(self, *, reset: bool = False) -> int:
        """End all open connections, with RST if so asked; how many there were."""
        with self._lock:
            connections = list(self._open.values())
        for connection in connections:
            if reset:
                reset_on_close(connection)
            # Not through SSLSocket.shutdown, which pulls TLS from under the thread that reads. Without SHUT_WR there is
            # no FIN: the thread wakes, and its close sends the RST.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RD if reset else socket.SHUT_RDWR)
        return len(connections)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.host}:{self.port}>"

    def _accepting(self, listening: socket.socket, wake: socket.socket) -> None:
        with wake:
            while wake not in select.select([listening, wake], [], [])[0]:
                with contextlib.suppress(OSError):
                    connection, _ = listening.accept()
                    connection.setblocking(True)
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        with self._lock:
            self.accepted += 1
            number = self.accepted
            self._open[number] = connection
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            thread = threading.Thread(target=self._serving, args=(connection, number), name=f"{self!r} #{number}")
            thread.daemon = True
            thread.start()
            self._threads.append(thread)

    def _serving(self, connection: socket.socket, number: int) -> None:
        try:
            with contextlib.suppress(OSError):
                self.serve(connection, number)
        finally:
            with self._lock:
                last = self._open.pop(number)
            last.close()
            connection.close()

    def secure(self, connection: socket.socket, number: int, context: ssl.SSLContext) -> ssl.SSLSocket:
        """The same connection with TLS, from which `drop` and `stop` still know it."""
        with self._lock:
            secured = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            self._open[number] = secured
        secured.do_handshake()
        return secured
