"""Proxies: one for HTTP (CONNECT and absolute URLs), and one for TCP that cuts, delays, stalls or refuses.

with ConnectProxy(auth=("user", "secret"), routes={"cluster.test": server.address}) as proxy:
    httpx2.get("http://cluster.test/v1/meta", proxy=proxy.url)      # a name that only the proxy knows
    assert proxy.targets == [("GET", "cluster.test", 80)]
with CutProxy(server.grpc_address) as wire:
    grpc.insecure_channel(f"{wire.host}:{wire.port}")
    wire.cut(reset=True)              # every connection, now
    wire.cut_after(down=1000)         # the next connection, after 1000 bytes of the answer
    wire.refuse(); wire.accept()      # new connections
    wire.pause(); wire.resume()       # nothing gets through; connections stay
    wire.delay = 0.1                  # every byte comes so much later
"""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from .http_wire import Reader, Reply, lowered
from .sockets import Address, Listener, reset_on_close

Direction = Literal["up", "down"]


class _Pipe:
    """One direction of a tunnel: what has been read from `source` and when it may be written to `sink`."""

    def __init__(self, source: socket.socket, sink: socket.socket, first: bytes = b"") -> None:
        self.source = source
        self.sink = sink
        self.waiting: deque[tuple[float, bytes]] = deque([(0.0, first)] if first else [])
        self.ended = False
        self.closed = False
        self.carried = 0

    @property
    def due(self) -> float | None:
        return self.waiting[0][0] if self.waiting else None

    def read(self, delay: float) -> None:
        try:
            data = self.source.recv(65536)
        except BlockingIOError:
            return
        if data:
            self.waiting.append((time.monotonic() + delay, data))
        else:
            self.ended = True

    def write(self, limit: int | None) -> None:
        due, data = self.waiting.popleft()
        if limit is not None:
            data = data[: max(0, limit - self.carried)]
        try:
            sent = self.sink.send(data) if data else 0
        except BlockingIOError:
            sent = 0
        self.carried += sent
        if data[sent:]:
            self.waiting.appendleft((due, data[sent:]))


class Tunnel:
    """Carries bytes between two sockets, in the thread that calls `run`, until both directions have ended or `cut`."""

    def __init__(self, client: socket.socket, server: socket.socket, owner: CutProxy | None = None) -> None:
        self.client = client
        self.server = server
        self.owner = owner
        self.limits: dict[Direction, int | None] = {"up": None, "down": None}
        self.reset = False
        """Send RST when it is cut."""
        self._cut = False
        self._wake, self._woken = socket.socketpair()
        self._pipes: dict[Direction, _Pipe] = {}

    def cut(self, *, reset: bool) -> None:
        self.reset = reset
        self._cut = True
        self.wake()

    def wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake.send(b"!")

    def run(self, first: bytes = b"") -> None:
        """`first` has been read from the client already."""
        self.client.setblocking(False)
        self.server.setblocking(False)
        self._pipes = {
            "up": _Pipe(self.client, self.server, first),
            "down": _Pipe(self.server, self.client),
        }
        with self._wake, self._woken:
            try:
                while not self._cut and not all(pipe.closed for pipe in self._pipes.values()):
                    self._turn()
            except ConnectionResetError:  # is passed on as what it is
                self._cut = self.reset = True
            if self._cut and self.reset:
                reset_on_close(self.client)
                reset_on_close(self.server)

    def _turn(self) -> None:
        paused = self.owner is not None and self.owner.paused
        delay = self.owner.delay if self.owner is not None else 0.0
        now = time.monotonic()
        pipes = () if paused else tuple(self._pipes.values())
        readers = [pipe.source for pipe in pipes if not pipe.ended and len(pipe.waiting) < 64]
        writers = [pipe.sink for pipe in pipes if pipe.due is not None and pipe.due <= now]
        dues = [pipe.due - now for pipe in pipes if pipe.due is not None and pipe.due > now]
        readable, writable, _ = select.select([self._woken, *readers], writers, [], min(dues, default=None))
        if self._woken in readable:
            self._woken.recv(64)
            return
        for direction, pipe in self._pipes.items():
            if pipe.source in readable:
                pipe.read(delay)
            if pipe.sink in writable and pipe.due is not None and pipe.due <= now:
                before = pipe.carried
                pipe.write(self.limits[direction])
                if self.owner is not None:
                    self.owner.count(direction, pipe.carried - before)
            limit = self.limits[direction]
            if limit is not None and pipe.carried >= limit:
                self._cut = True
            if pipe.ended and not pipe.waiting and not pipe.closed:
                pipe.closed = True
                with contextlib.suppress(OSError):
                    pipe.sink.shutdown(socket.SHUT_WR)


class _TunnelListener(Listener):
    """A listener whose connections are tunnels."""

    def __init__(self) -> None:
        super().__init__()
        self.tunnels: dict[int, Tunnel] = {}

    def carry(self, tunnel: Tunnel, number: int, first: bytes = b"") -> None:
        with self._lock:
            self.tunnels[number] = tunnel
        try:
            if not self.stopping.is_set():
                tunnel.run(first)
        finally:
            with self._lock:
                del self.tunnels[number]

    def cut(self, *, reset: bool = False) -> int:
        """End all open connections, on both sides, with FIN or RST; how many there were."""
        with self._lock:
            tunnels = list(self.tunnels.values())
        for tunnel in tunnels:
            tunnel.cut(reset=reset)
        return len(tunnels)

    def drop(self, *, reset: bool = False) -> int:
        self.cut(reset=reset)
        return super().drop(reset=reset)


class CutProxy(_TunnelListener):
    """Passes TCP connections on to `target`, as they are, until told otherwise.

    `accepted` counts connections, `connected` says how many are open; `up` and `down` count bytes that were passed on.
    """

    def __init__(self, target: Address) -> None:
        super().__init__()
        self.target = target
        self.delay = 0.0
        """Seconds by which every byte comes later, in both directions, on all connections."""
        self.paused = False
        self.up = 0
        self.down = 0
        self._next_cuts: deque[tuple[int | None, int | None, bool]] = deque()

    def cut_after(
        self, *, up: int | None = None, down: int | None = None, reset: bool = False, connections: int = 1
    ) -> None:
        """Cut the next connections once so many bytes have been passed on in that direction (0: at the first one)."""
        for _ in range(connections):
            self._next_cuts.append((up, down, reset))

    def pause(self) -> None:
        """Let nothing through, on all connections, those to come included (they are accepted)."""
        self._set_paused(True)

    def resume(self) -> None:
        self._set_paused(False)

    def _set_paused(self, paused: bool) -> None:
        self.paused = paused
        with self._lock:
            for tunnel in self.tunnels.values():
                tunnel.wake()

    def count(self, direction: Direction, size: int) -> None:
        with self._lock:
            if direction == "up":
                self.up += size
            else:
                self.down += size

    def serve(self, connection: socket.socket, number: int) -> None:
        try:
            server = socket.create_connection(self.target)
        except OSError:
            reset_on_close(connection)
            return
        with server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            tunnel = Tunnel(connection, server, self)
            if self._next_cuts:
                tunnel.limits["up"], tunnel.limits["down"], tunnel.reset = self._next_cuts.popleft()
            self.carry(tunnel, number)


@dataclass(frozen=True)
class Target:
    """Where a client asked a proxy to go."""

    method: str
    host: str
    port: int


class ConnectProxy(_TunnelListener):
    """An HTTP proxy: CONNECT for anything, absolute URLs for http.

    auth: the user and password it demands (407 otherwise). routes: where a host, as the client names it, really is.
    refuse_connect: answer CONNECT with this status. `targets` has what was asked for, `headers` how (per target),
    `refused` counts the 407s.
    """

    def __init__(
        self,
        *,
        auth: tuple[str, str] | None = None,
        routes: Mapping[str, Address] | None = None,
        refuse_connect: int | None = None,
    ) -> None:
        super().__init__()
        self._expected = auth and "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        self._auth = auth
        self.routes = dict(routes or {})
        self.refuse_connect = refuse_connect
        self.requests: list[tuple[Target, dict[str, str]]] = []
        self.refused = 0

    @property
    def url(self) -> str:
        """With the credentials in it, if it demands any."""
        user = f"{self._auth[0]}:{self._auth[1]}@" if self._auth else ""
        return f"http://{user}{self.host}:{self.port}"

    @property
    def targets(self) -> list[Target]:
        return [target for target, _ in list(self.requests)]

    @property
    def headers(self) -> list[dict[str, str]]:
        return [headers for _, headers in list(self.requests)]

    def serve(self, connection: socket.socket, number: int) -> None:
        reader = Reader(connection)
        if (head := reader.head()) is None:
            return
        first, raw_headers = head
        method, url, _ = first.split(" ", 2)
        headers = lowered(raw_headers)
        if self._expected and headers.get("proxy-authorization") != self._expected:
            with self._lock:
                self.refused += 1
            reader.body(headers) if method != "CONNECT" else None
            demand = {"Proxy-Authenticate": 'Basic realm="proxy"'}
            self._say(connection, Reply(407, "who are you?\n", demand, close=True))
            return
        parts = urlsplit(f"//{url}" if method == "CONNECT" else url)
        target = Target(method, parts.hostname or "", parts.port or 80)
        with self._lock:
            self.requests.append((target, headers))
        if method == "CONNECT" and self.refuse_connect is not None:
            self._say(connection, Reply(self.refuse_connect, "no\n", close=True))
            return
        if not parts.hostname:
            self._say(connection, Reply(400, "not a proxy's request\n", close=True))
            return
        try:
            server = socket.create_connection(self.routes.get(target.host, (target.host, target.port)), timeout=10)
        except OSError as error:
            self._say(connection, Reply(502, f"{error}\n", close=True))
            return
        with server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if method == "CONNECT":
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self.carry(Tunnel(connection, server), number, reader.rest())
                return
            # One request a connection: the server is told to close, which ends the tunnel.
            path = parts._replace(scheme="", netloc="").geturl() or "/"
            dropped = ("proxy-authorization", "proxy-connection", "connection", "transfer-encoding", "content-length")
            kept = [f"{name}: {value}" for name, value in raw_headers if name.lower() not in dropped]
            body = reader.body(headers)
            lines = [f"{method} {path} HTTP/1.1", *kept, f"Content-Length: {len(body)}", "Connection: close"]
            request = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
            self.carry(Tunnel(connection, server), number, request)

    @staticmethod
    def _say(connection: socket.socket, reply: Reply) -> None:
        connection.sendall(b"".join(reply.encode("GET")))
