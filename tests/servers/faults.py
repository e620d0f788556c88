"""What can go wrong with an answer, and with which of the requests it does.

`server.fail(HttpFault(status=503, retry_after=1), on="/v1/schema", at=[1, 2])`: the first and the second request to
that path. `server.fail(RpcFault(grpc.StatusCode.UNAVAILABLE, "gone"), on=WeaviateMethods.Search)`: every Search, over
native gRPC and gRPC-web alike. A rule counts requests from when it is made; the latest that applies wins.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import grpc
from weaviate_gen.grpc.google.rpc.error_details_pb2 import ErrorInfo
from weaviate_gen.grpc.google.rpc.status_pb2 import Status

if TYPE_CHECKING:
    from .http_wire import Received


@dataclass(frozen=True, kw_only=True)
class HttpFault:
    """A fault of one HTTP answer. What is not said stays as scripted; all of it can be combined.

    Unless `status` is given the request takes effect (its handler runs): only the answer suffers.
    """

    status: int | None = None
    """Answer this, with `body` and `headers`, and do nothing else."""
    body: Any = b""
    """Bytes, text, or what becomes JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """With `status` all of the answer's headers; otherwise in addition to those it has."""
    retry_after: float | str | None = None
    """The header of that name."""
    delay: float = 0
    """Seconds before the first byte."""
    drip_headers: float = 0
    """Seconds before each byte of the status line and the headers."""
    drip_body: float = 0
    """Seconds before each byte of the body."""
    cut: Literal["before", "headers", "body"] | int | None = None
    """Close the connection without an answer, in the middle of the headers or the body, or after so many bytes."""
    reset: bool = False
    """Close with RST instead of FIN; alone it means `cut="before"`."""
    hang: bool = False
    """Say nothing and keep the connection open."""

    @property
    def all_headers(self) -> dict[str, str]:
        extra = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return {**self.headers, **extra}


class RpcFault(Exception):
    """A fault of one rpc, as a rule or raised by a handler. Without a code the rpc only takes longer.

    With `reason` (and `domain`, `info`) `grpc-status-details-bin` carries a google.rpc.ErrorInfo. The server sends one
    with RESOURCE_EXHAUSTED (domain weaviate.usagelimits) and FAILED_PRECONDITION (weaviate.restrictions).
    """

    def __init__(
        self,
        code: grpc.StatusCode | None = None,
        details: str = "",
        *,
        trailers: Mapping[str, str | bytes] | None = None,
        reason: str = "",
        domain: str = "",
        info: Mapping[str, str] | None = None,
        delay: float = 0,
        hang: bool = False,
    ) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details
        self.delay = delay
        self.hang = hang
        self.trailers: dict[str, str | bytes] = dict(trailers or {})
        if reason:
            assert code is not None, "an ErrorInfo needs a code"
            status = Status(code=code.value[0], message=details)
            status.details.add().Pack(ErrorInfo(reason=reason, domain=domain, metadata=info or {}))
            self.trailers["grpc-status-details-bin"] = status.SerializeToString()


Fault = HttpFault | RpcFault
F = TypeVar("F", HttpFault, RpcFault)


@dataclass
class Rule:
    """A fault and when it strikes; `seen` counts the requests that it could have struck."""

    fault: Fault
    matches: Callable[[Received], bool]
    at: Container[int] | None
    seen: int = 0


class Rules:
    """The faults of one server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def add(self, fault: Fault, matches: Callable[[Received], bool], at: int | Container[int] | None) -> Rule:
        rule = Rule(fault, matches, (at,) if isinstance(at, int) else at)
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def find(self, received: Received, kind: type[F]) -> F | None:
        found: F | None = None
        with self._lock:
            for rule in self._rules:
                if isinstance(rule.fault, kind) and rule.matches(received):
                    rule.seen += 1
                    if rule.at is None or rule.seen in rule.at:
                        found = rule.fault
        return found
