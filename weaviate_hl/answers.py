"""What comes back over the two protocols, or why nothing does; and what that tells. It takes no library to know."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

Metadata = list[tuple[str, str]]

# How gRPC tells that it could not connect; a server's own words must not be taken for it.
NOT_CONNECTED = ("failed to connect to all addresses; last error: ", "DNS resolution failed for ", "errors resolving ")
NOT_TLS = ("wrong version number", "wrong_version_number", "record layer failure", "packet length too long",
           "unknown protocol")  # fmt: skip
NOT_HTTP1 = ("illegal", "malformed", "h2", "invalid")

# Failures that are ours to tell, as the text of an `RpcFailed`.
WANTS_TLS = "the port speaks TLS"
FORKED = "Native gRPC cannot be used asynchronously in the child of a process that has used it so"
TLS_PROXY = "Native gRPC cannot use a proxy that is itself reached by https"
REMEDIES = {
    WANTS_TLS: "Connect with grpc_secure=True",
    FORKED: "Start processes with multiprocessing.get_context('spawn'), or use AdditionalConfig(grpc=\"web\")",
    TLS_PROXY: 'Give gRPC a proxy reached by http, Proxies(grpc="http://..."), or use AdditionalConfig(grpc="web")',
}


class Answer:
    """What came back: the status, the headers (names in lower case), and the whole body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def object(self) -> dict[str, Any] | None:
        """The body, if it is a JSON object."""
        try:
            told = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return told if isinstance(told, dict) else None

    @property
    def said(self) -> str:
        """The server's words in an answer that is no success, in any of the forms it has for that."""
        told = self.object
        error = told and told.get("error", told.get("message"))
        if isinstance(error, list):
            return "; ".join(str(e.get("message", e)) if isinstance(e, dict) else str(e) for e in error)
        if error:
            return str(error)
        return "" if told == {} else self.body[:500].decode("utf-8", "replace").strip()


class Broken(Exception):
    """A request that got no answer; `sent` says whether the server may have seen it."""

    def __init__(self, stage: str, reason: str, sent: bool) -> None:
        super().__init__(f"{stage}: {reason}")
        self.stage = stage
        self.reason = reason
        self.sent = sent

    @property
    def advice(self) -> str:
        """What to do about it."""
        if self.stage == "TLS":
            if _has(self.reason, NOT_TLS):
                return "The server speaks http, not https: connect with http_secure=False"
            return "Give its certificate authority: AdditionalConfig(tls=TLS(ca_file=...))"
        if self.sent and _has(self.reason, NOT_HTTP1):
            return "It does not speak HTTP/1.1: is this the gRPC port?"
        return "Is the server running, and is this its address?"


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
        words = ("ssl", "handshake", "certificate", "tls", "verification")
        return self.code == "UNAVAILABLE" and _has(self.text, words)

    @property
    def has_no_grpc(self) -> bool:
        """Whether nothing at the address speaks gRPC: the port is closed, refused or silent, or it is an HTTP proxy.

        A certificate that is not trusted, or a port of another kind, is a mistake that the user must hear of.
        """
        return (
            self.code == "DEADLINE_EXCEEDED"
            or self.text in (FORKED, TLS_PROXY)
            or "NO_APPLICATION_PROTOCOL" in self.text
            or self.text.startswith("Received http2 header with status")
            or (self.unreachable and not self.is_tls and "http1.x" not in self.text)
        )

    @property
    def told(self) -> str:
        """Where it failed, and the server's words."""
        connecting = self.unreachable or self.code == "DEADLINE_EXCEEDED"
        return f"{'TLS' if self.is_tls else 'connecting' if connecting else 'the call'}: {self.text}"

    def advice(self, otherwise: str = "Is the port open to this machine?") -> str:
        """What to do about it, natively."""
        if remedy := REMEDIES.get(self.text):
            return remedy
        if _has(self.text, NOT_TLS):
            return "The gRPC port does not speak TLS: connect with grpc_secure=False"
        if "http1.x" in self.text:
            return "It speaks HTTP/1.1: is this the REST port? The gRPC port is 50051 unless the server says otherwise"
        if self.is_tls:
            return "Is gRPC's port served with TLS as configured? Give its certificate authority: TLS(ca_file=...)"
        return otherwise


def retry_after(headers: Mapping[str, str | bytes]) -> float | None:
    """The seconds that a server asks for, as a number or as a date."""
    value = str(headers.get("retry-after", ""))
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    from email.utils import parsedate_to_datetime  # slow to load, and seldom needed

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text.lower() for word in words)
