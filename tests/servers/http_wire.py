"""HTTP/1.1 by the byte: a server on plain sockets that can answer well, slowly, in part or not at all."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from google.protobuf.message import Message

from .faults import HttpFault, Rule, Rules
from .sockets import Listener, hung_up, reset_on_close


@dataclass(eq=False)
class Received:
    """A request as it arrived."""

    protocol: Literal["http", "grpc-web", "grpc"]
    method: str
    """The HTTP method, or the name of the rpc (`Search`)."""
    path: str
    """Unquoted, without the query. Of an rpc: its path, without what gRPC-web puts before it."""
    verb: str = ""
    """The HTTP method, of gRPC-web too."""
    target: str = ""
    """As it stands in the request line."""
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case; the metadata of an rpc, without binary values."""
    raw_headers: list[tuple[str, str]] = field(default_factory=list)
    """Names as they were written, in their order."""
    body: bytes = b""
    messages: list[Message] = field(default_factory=list)
    """What an rpc was sent: one message, or those of a stream up to now."""
    number: int = 0
    """How many requests this server had received, this one included."""
    connection: int = 0
    """Which connection it came over, counted from one. Native gRPC does not tell: 0."""
    peer: str = ""
    """The common name in the client's certificate."""
    at: float = field(default_factory=time.monotonic)
    deadline: float | None = None
    """When the client of an rpc stops waiting, in terms of time.monotonic()."""
    trailers: dict[str, str | bytes] = field(default_factory=dict)
    """What the handler of an rpc adds to the trailing metadata of its answer."""
    abandoned: bool = False
    """The client had gone (timed out, cancelled, closed) before the answer was ready."""
    is_gone: Callable[[], bool] = field(default=lambda: False, repr=False)
    stopping: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def message(self) -> Any:
        """What a unary rpc was sent."""
        (message,) = self.messages
        return message

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def wait(self, seconds: float | None) -> bool:
        """Let time pass (for ever if None) while client and server are there. True if the time is up."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self.abandoned and (end is None or time.monotonic() < end):
            if self.stopping.wait(0.02 if end is None else min(0.02, max(0.0, end - time.monotonic()))):
                return False
            self.abandoned = self.is_gone()
        return not self.abandoned


@dataclass
class Reply:
    """An answer. A body that is neither bytes nor text becomes JSON; None is an empty one."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = False
    close: bool = False
    """Say `Connection: close` and do so."""

    def encode(self, method: str) -> tuple[bytes, bytes]:
        """Status line and headers; body."""
        body, headers = b"", {}
        if isinstance(self.body, bytes):
            body = self.body
        elif isinstance(self.body, str):
            body, headers = self.body.encode(), {"Content-Type": "text/plain; charset=utf-8"}
        elif self.body is not None:
            body, headers = json.dumps(self.body).encode(), {"Content-Type": "application/json"}
        headers |= self.headers
        bodiless = self.status < 200 or self.status in (204, 304)
        if self.chunked and not bodiless:
            headers["Transfer-Encoding"] = "chunked"
            pieces = [body[start : start + 1024] for start in range(0, len(body), 1024)]
            body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        elif not bodiless:
            headers.setdefault("Content-Length", str(len(body)))
        if self.close:
            headers["Connection"] = "close"
        try:
            reason = HTTPStatus(self.status).phrase
        except ValueError:
            reason = "Unknown"
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        return head, b"" if method == "HEAD" or bodiless else body


Answer = Reply | int | tuple[int, Any] | dict[str, Any] | list[Any]
"""What may be scripted: a reply, a status, a status and a body, or JSON for status 200."""
Handler = Callable[[Received], Answer]


def as_reply(answer: Answer) -> Reply:
    if isinstance(answer, Reply):
        return answer
    if isinstance(answer, int):
        return Reply(answer)
    if isinstance(answer, tuple):
        return Reply(answer[0], answer[1])
    return Reply(body=answer)


_FIRST_LINE = re.compile(rb"[A-Z]+ \S+ HTTP/\d\.\d\r?$")


class BadRequest(Exception):
    """What arrived is not HTTP."""


class Reader:
    """Requests out of a connection's bytes; also the answers that a proxy passes on."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray()

    def head(self) -> tuple[str, list[tuple[str, str]]] | None:
        """The first line and the headers; None when the peer ended the connection instead."""
        end = 0
        while (end := self._buffer.find(b"\r\n\r\n", max(0, end - 3))) < 0:
            end = len(self._buffer)
            first, newline, _ = self._buffer.partition(b"\n")
            if newline and not _FIRST_LINE.match(first):  # garbage, or TLS: its first message has a newline in it
                raise BadRequest
            if not (more := self._connection.recv(65536)):
                if self._buffer:
                    raise BadRequest
                return None
            self._buffer += more
        line, *lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        return line, headers

    def body(self, headers: dict[str, str]) -> bytes:
        if headers.get("expect", "").lower() == "100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return b"".join(self._chunks())
        return self._exactly(int(headers.get("content-length", 0)))

    def rest(self) -> bytes:
        """What has been received and not been read."""
        left = bytes(self._buffer)
        self._buffer.clear()
        return left

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._line().partition(b";")[0], 16):
            yield self._exactly(size)
            self._line()
        while self._line():
            pass

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            self._more()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._more()
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _more(self) -> None:
        if not (more := self._connection.recv(1 << 20)):
            raise ConnectionError("ended in the middle of a request")
        self._buffer += more


def lowered(headers: list[tuple[str, str]]) -> dict[str, str]:
    """Headers by name in lower case; what is said twice is joined."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def matcher(on: str | None) -> Callable[[Received], bool]:
    """Which requests `"/v1/schema"`, `"/v1/objects/*"` or `"POST /v1/graphql"` means; None: every one."""
    if on is None:
        return lambda received: True
    method, _, path = on.rpartition(" ")
    return lambda received: method in ("", "*", received.verb) and fnmatchcase(received.target.partition("?")[0], path)


class HttpServer(Listener):
    """Answers with `answer(received)`, which subclasses write; keeps what it received; takes faults."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        super().__init__(port=port)
        self.tls = tls
        self.received: list[Received] = []
        self.rules = Rules()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"

    def answer(self, received: Received) -> Answer:
        raise NotImplementedError

    def fail(self, fault: HttpFault, on: str | None = None, at: int | Container[int] | None = None) -> Rule:
        """Let requests to a path (`matcher` has the forms) fail: all of them, or the first, second, ... of them."""
        return self.rules.add(fault, matcher(on), at)

    def clear_faults(self) -> None:
        self.rules.clear()

    def requests(self, on: str | None = None) -> list[Received]:
        """What has been received over HTTP, in its order."""
        return [received for received in list(self.received) if received.protocol == "http" and matcher(on)(received)]

    def record(self, received: Received) -> None:
        received.stopping = self.stopping
        with self._lock:
            self.received.append(received)
            received.number = len(self.received)

    def serve(self, connection: socket.socket, number: int) -> None:
        peer = ""
        if self.tls:
            if connection.recv(1, socket.MSG_PEEK) not in (b"\x16", b""):
                words = b"Client sent an HTTP request to an HTTPS server.\n"
                self._say(connection, b"HTTP/1.0 400 Bad Request\r\n\r\n" + words)
                return
            connection = self.secure(connection, number, self.tls)
            certificate: Any = connection.getpeercert() or {}
            peer = dict(pair for name in certificate.get("subject", ()) for pair in name).get("commonName", "")
        reader = Reader(connection)
        try:
            while self._one(connection, reader, number, peer):
                pass
        except (BadRequest, ValueError):
            self._say(
                connection,
                b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
                b"400 Bad Request",
            )
        if isinstance(connection, ssl.SSLSocket):  # say goodbye, but do not wait for one
            with contextlib.suppress(OSError, ValueError):
                connection.setblocking(False)
                connection.unwrap()

    @staticmethod
    def _say(connection: socket.socket, words: bytes) -> None:
        """Last words: what the client has sent is read, as closing with something unread would reset the connection."""
        connection.sendall(words)
        socket.socket.shutdown(connection, socket.SHUT_WR)
        connection.settimeout(0.5)
        while connection.recv(65536):
            pass

    def _one(self, connection: socket.socket, reader: Reader, number: int, peer: str) -> bool:
        """One request and its answer. True if the connection can take another."""
        if (head := reader.head()) is None:
            return False
        first, raw_headers = head
        method, target, version = first.split(" ", 2)
        headers = lowered(raw_headers)
        parts = urlsplit(target)
        received = Received(
            protocol="http",
            method=method,
            verb=method,
            path=unquote(parts.path),
            target=target,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers=headers,
            raw_headers=raw_headers,
            body=reader.body(headers),
            connection=number,
            peer=peer,
            is_gone=lambda: hung_up(connection),
        )
        self.record(received)
        fault = self.rules.find(received, HttpFault) or HttpFault()
        reply = as_reply(self.answer(received)) if fault.status is None else Reply(fault.status, fault.body)
        close = reply.close or version != "HTTP/1.1" or headers.get("connection", "").lower() == "close"
        reply = Reply(reply.status, reply.body, reply.headers | fault.all_headers, reply.chunked, close)
        return self._send(connection, received, reply, fault) and not close

    def _send(self, connection: socket.socket, received: Received, reply: Reply, fault: HttpFault) -> bool:
        """The answer, as well as the fault allows. True if nothing was wrong with it."""
        head, body = reply.encode(received.method)
        if fault.hang:
            received.wait(None)
            return False
        if fault.delay and not received.wait(fault.delay):
            return False
        cuts = {"before": 0, "headers": len(head) // 2, "body": len(head) + len(body) // 2}
        cut = cuts.get(fault.cut) if isinstance(fault.cut, str) else fault.cut
        if cut is None and fault.reset:
            cut = 0
        whole = cut is None
        for piece, drip in ((head, fault.drip_headers), (body, fault.drip_body)):
            left = len(piece) if cut is None else max(0, min(cut, len(piece)))
            cut = None if cut is None else cut - left
            if not drip:
                connection.sendall(piece[:left])
                continue
            for position in range(left):
                if not received.wait(drip):
                    return False
                connection.sendall(piece[position : position + 1])
        if not whole and fault.reset:
            reset_on_close(connection)
        return whole
