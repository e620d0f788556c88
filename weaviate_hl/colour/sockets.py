"""Sockets for the synchronous HTTP client that keep a deadline for a call as a whole.

Timeouts of httpcore hold for a single read, so that a server that sends a byte now and then keeps a caller for
ever. httpcore hands what it is given as a timeout to the socket as it is: here that is a `Deadline`, and each wait
lasts as long as is left of it. (Asynchronously `asyncio.timeout` does all this.)
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from threading import Thread
from typing import Any

from weaviate_hl.deadline import Deadline
from weaviate_hl.http_library import httpcore


def seconds(timeout: object) -> float | None:
    """What is left of a deadline, never 0, which would mean "do not wait" to a socket."""
    if isinstance(timeout, Deadline):
        left = timeout.remaining()
        return left if left is None else max(left, 0.001)
    return timeout  # type: ignore[return-value]  # a number, as httpcore has it


class Stream(httpcore.NetworkStream):
    """A connection whose every read and write ends with the deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if isinstance(timeout, Deadline) and timeout.remaining() == 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return self._stream.read(max_bytes, seconds(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if isinstance(timeout, Deadline):  # a large body in pieces, so that each waits no longer than is left
            view: Any = memoryview(buffer)
            for start in range(0, len(view), 262_144):
                if timeout.remaining() == 0:
                    raise httpcore.WriteTimeout("the deadline has passed")
                self._stream.write(view[start : start + 262_144], seconds(timeout))
        else:
            self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return Stream(self._stream.start_tls(ssl_context, server_hostname, seconds(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Backend(httpcore.NetworkBackend):
    """Connects within a deadline: looking the name up and trying all its addresses included."""

    def __init__(self) -> None:
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if not isinstance(timeout, Deadline):
            return self._plain.connect_tcp(host, port, timeout, local_address, socket_options)
        addresses = _resolve(host, port, timeout)
        for number, address in enumerate(addresses):
            left = timeout.remaining()
            share = None if left is None else max(left / (len(addresses) - number), 0.001)
            try:
                return Stream(self._plain.connect_tcp(address, port, share, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses) - 1:
                    raise
        raise httpcore.ConnectError(f"{host} has no address")


def _resolve(host: str, port: int, deadline: Deadline) -> list[str]:
    """The addresses of a name. The system's look-up cannot be interrupted, so a thread waits for it."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
            return [host]
        except (OSError, ValueError):
            continue
    found: list[Any] = []

    def look_up() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:  # the latter of a name that is none
            found.append(error)

    thread = Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(deadline.remaining())
    if not found:
        raise httpcore.ConnectTimeout(f"looking up {host} took too long")
    if isinstance(found[0], Exception):
        raise httpcore.ConnectError(f"{host}: {found[0]}")
    return list(dict.fromkeys(entry[4][0] for entry in found[0]))
