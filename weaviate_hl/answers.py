"""What comes back over the two protocols, or why nothing does. It takes no library to know them."""

from __future__ import annotations

from collections.abc import Mapping

Metadata = list[tuple[str, str]]


class Answer:
    """What came back: the status, the headers (names in lower case), and the whole body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class Broken(Exception):
    """A request that got no answer; `sent` says whether the server may have seen it."""

    def __init__(self, stage: str, reason: str, sent: bool) -> None:
        super().__init__(f"{stage}: {reason}")
        self.stage = stage
        self.reason = reason
        self.sent = sent


# How gRPC tells that it could not connect; a server's own words must not be taken for it.
NOT_CONNECTED = ("failed to connect to all addresses; last error: ", "DNS resolution failed for ", "errors resolving ")


class RpcFailed(Exception):
    """A call that failed: the name of its code, the server's words, and its trailing metadata."""

    by_server = False  # whether the server is known to have said it, as over HTTP

    def __init__(self, code: str, text: str, trailers: dict[str, str | bytes] | None = None) -> None:
        super().__init__(code)  # not the text, which may have to be changed
        self.code = code
        self.text = text
        self.trailers = trailers or {}

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"

    @property
    def unreachable(self) -> bool:
        """Whether nobody answered at the address, so that the server has seen nothing."""
        return self.code == "UNAVAILABLE" and not self.by_server and self.text.startswith(NOT_CONNECTED)

    @property
    def wants_credentials(self) -> bool:
        """Whether somebody who speaks gRPC asks for credentials: the server, or a proxy, but not one of HTTP alone."""
        refused = self.code in ("UNAUTHENTICATED", "PERMISSION_DENIED")
        return refused and not self.text.startswith("Received http2 header")

    @property
    def is_tls(self) -> bool:
        """Whether the other side was reached, but TLS could not be agreed on."""
        text = self.text.lower()
        words = ("ssl", "handshake", "certificate", "tls", "verification")
        return self.code == "UNAVAILABLE" and any(word in text for word in words)
