"""Addresses where nobody answers, and names that resolve to them, or slowly, or not at all.

`names` replaces socket.getaddrinfo: that is what http libraries and asyncio's loops ask in this process. Native gRPC
resolves in C and does not ask it: give it addresses ("ipv4:127.0.0.1:1,127.0.0.2:1").
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from unittest import mock

from .sockets import LOOPBACK, Address, Listener, ReservedPort


class ClosedPort:
    """A port that refuses connections for as long as it is entered: nobody else gets it."""

    def __init__(self) -> None:
        self.host = LOOPBACK
        self.port = 0

    @property
    def address(self) -> Address:
        return self.host, self.port

    def __enter__(self) -> ClosedPort:
        self._reserved = ReservedPort()
        self.port = self._reserved.port
        return self

    def __exit__(self, *error: object) -> None:
        self._reserved.close()


class BlackHole:
    """Where a client's time runs out.

    kind "connect": connecting neither succeeds nor fails (the queue of a socket that accepts nobody is full).
    kind "read": connecting succeeds, what the client sends is read, and nothing ever comes back; `received` has it.
    """

    def __init__(self, kind: Literal["connect", "read"], *, host: str = LOOPBACK, port: int = 0) -> None:
        self.kind = kind
        self.host = host
        self.port = port
        self._silent: _Silent | None = None
        self._stack = contextlib.ExitStack()

    @property
    def address(self) -> Address:
        return self.host, self.port

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def accepted(self) -> int:
        """How many connections there have been; a black hole of kind "connect" does not know."""
        return self._silent.accepted if self._silent else 0

    @property
    def received(self) -> bytes:
        return bytes(self._silent.data) if self._silent else b""

    def start(self) -> None:
        with contextlib.ExitStack() as stack:
            if self.kind == "read":
                self._silent = stack.enter_context(_Silent(host=self.host, port=self.port))
                self.port = self._silent.port
            else:
                listening = stack.enter_context(socket.socket())
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listening.bind((self.host, self.port))
                listening.listen(0)
                self.port = listening.getsockname()[1]
                for _ in range(8):  # Linux takes one more than told; other systems some more
                    filler = stack.enter_context(socket.socket())
                    filler.setblocking(False)
                    filler.connect_ex(self.address)
                    if not select.select([], [filler], [], 0.05)[1]:
                        break
                else:
                    raise RuntimeError("the queue of a listening socket does not fill here: no black hole")
            self._stack = stack.pop_all()

    def stop(self) -> None:
        self._stack.close()

    def __enter__(self) -> BlackHole:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


class _Silent(Listener):
    def __init__(self, *, host: str, port: int) -> None:
        super().__init__(host=host, port=port)
        self.data = bytearray()

    def serve(self, connection: socket.socket, number: int) -> None:
        while data := connection.recv(65536):
            with self._lock:
                self.data += data


@contextlib.contextmanager
def names(known: Mapping[str, Sequence[str] | None], *, delay: float = 0) -> Iterator[list[str]]:
    """Let these names resolve to these IPv4 addresses (None: to nothing), after `delay` seconds; others as ever.

    Yields the list of names that have been asked for, which grows. What still waits when this ends waits no longer.

        with names({"cluster.test": ["127.0.0.1"]}, delay=5): ...       # slow
        with names({"nowhere.test": None}): ...                         # socket.gaierror
    """
    original = socket.getaddrinfo
    asked: list[str] = []
    ended = threading.Event()

    def getaddrinfo(host: Any, port: Any, *args: Any, **settings: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in known:
            return original(host, port, *args, **settings)
        asked.append(name)
        ended.wait(delay)
        addresses = known[name]
        if addresses is None:
            raise socket.gaierror(socket.EAI_NONAME, os.strerror(2))
        return [answer for address in addresses for answer in original(address, port, *args, **settings)]

    with mock.patch.object(socket, "getaddrinfo", getaddrinfo):
        try:
            yield asked
        finally:
            ended.set()


@contextlib.contextmanager
def dead_addresses(name: str = "dead.test") -> Iterator[Address]:
    """A name that resolves to two addresses where connecting never ends, and the port: each is to be tried in turn."""
    with (
        BlackHole("connect") as first,
        BlackHole("connect", host="127.0.0.2", port=first.port) as second,
        names({name: [first.host, second.host]}),
    ):
        yield name, first.port
