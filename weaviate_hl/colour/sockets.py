"""Sockets for the synchronous HTTP client that keep a deadline for a call as a whole.

Timeouts of httpcore hold for a single read, so that a server that sends a byte now and then keeps a caller for
ever. httpcore hands what it is given as a timeout to the socket as it is: here that is a `Deadline`, and each wait
lasts as long as is left of it. (Asynchronously `asyncio.timeout` does all this.)
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
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

    def __init__(self, stream: httpcore.NetworkStream, backend: Backend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if isinstance(timeout, Deadline) and timeout.remaining() == 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return self._stream.read(max_bytes, seconds(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._backend.closed:  # since this connection was asked for
            raise httpcore.WriteError("the client was closed")
        if isinstance(timeout, Deadline):  # a large body in pieces, so that each waits no longer than is left
            view: Any = memoryview(buffer)
            for start in range(0, len(view), 262_144):
                if timeout.remaining() == 0:
                    raise httpcore.WriteTimeout("the deadline has passed")
                self._stream.write(view[start : start + 262_144], seconds(timeout))
        else:
            self._stream.write(buffer, timeout)

    def close(self) -> None:
        with suppress(OSError):  # closing alone would not wake a thread that reads
            socket.socket.shutdown(self.get_extra_info("socket"), socket.SHUT_RDWR)
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return Stream(self._stream.start_tls(ssl_context, server_hostname, seconds(timeout)), self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Backend(httpcore.NetworkBackend):
    """Connects within a deadline: looking the name up and trying all its addresses included.

    Neither can be interrupted, so a thread does it, and the caller waits for as long as there is time.
    """

    def __init__(self) -> None:
        self.closed = False
        self._plain = httpcore.SyncBackend()
        self._awaited: set[Future[Stream]] = set()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        deadline = timeout if isinstance(timeout, Deadline) else Deadline(timeout)
        connected: Future[Stream] = Future()

        def work() -> None:
            try:
                stream = self._connect(host, port, deadline, local_address, socket_options)
            except BaseException as error:
                if connected.set_running_or_notify_cancel():
                    connected.set_exception(error)
            else:
                if connected.set_running_or_notify_cancel():
                    connected.set_result(stream)
                else:
                    stream.close()

        self._awaited.add(connected)
        if self.closed:
            connected.cancel()
        Thread(target=work, daemon=True).start()
        try:
            return connected.result(deadline.remaining())
        except CancelledError:
            raise httpcore.ConnectError("the client was closed") from None
        except TimeoutError:
            if connected.cancel():
                raise httpcore.ConnectTimeout(f"connecting to {host} took too long") from None
            return connected.result()
        finally:
            self._awaited.discard(connected)

    def close(self) -> None:
        """Connect no more, and let those go who wait for a connection."""
        self.closed = True
        for connected in list(self._awaited):
            connected.cancel()

    def _connect(
        self,
        host: str,
        port: int,
        deadline: Deadline,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> Stream:
        addresses = _resolve(host, port)
        for number, address in enumerate(addresses):
            left = deadline.remaining()
            share = None if left is None else max(left / (len(addresses) - number), 0.001)
            try:
                return Stream(self._plain.connect_tcp(address, port, share, local_address, socket_options), self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses) - 1:
                    raise
        raise httpcore.ConnectError(f"{host} has no address")


def _resolve(host: str, port: int) -> list[str]:
    """The addresses of a name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host}: {error}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
