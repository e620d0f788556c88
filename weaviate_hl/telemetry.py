"""One hook through which every call can be watched, and OpenTelemetry on top of it.

A hook is called when a call starts, and gives back a function that is called when it ends. It sees names and outcomes,
never what was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple, Protocol

from weaviate_hl.errors import WeaviateBaseError


class Call(NamedTuple):
    """A call that starts: the operation, where it goes, and how."""

    operation: str
    address: str
    port: int
    protocol: str


End = Callable[[BaseException | None], None]
"""Told how a call ended: None when it succeeded."""


class Hook(Protocol):
    """Watches calls: `AdditionalConfig(telemetry=hook)`."""

    def __call__(self, call: Call, /) -> End:
        """A call starts."""
        ...


def opentelemetry() -> Hook:
    """Spans and a duration metric for every call, through the providers that the program has set up.

    Needs `pip install weaviate-hl[otel]`.

    Example:
        config = AdditionalConfig(telemetry=weaviate_hl.telemetry.opentelemetry())
    """
    return OpenTelemetry()


class OpenTelemetry:
    """The hook of `opentelemetry`. A copy in another process uses the providers of that process."""

    def __init__(self) -> None:
        try:
            from opentelemetry import metrics, trace
        except ImportError:
            raise ImportError("opentelemetry is not installed: pip install weaviate-hl[otel]") from None
        self._trace = trace
        self._tracer = trace.get_tracer("weaviate_hl")
        self._duration = metrics.get_meter("weaviate_hl").create_histogram(
            "db.client.operation.duration", unit="s", description="How long calls to Weaviate take."
        )

    def __call__(self, call: Call, /) -> End:
        attributes: dict[str, str | int] = {
            "db.system.name": "weaviate",
            "db.operation.name": call.operation,
            "server.address": call.address,
            "server.port": call.port,
            "network.protocol.name": call.protocol,
        }
        kind = self._trace.SpanKind.CLIENT
        span = self._tracer.start_span(f"weaviate {call.operation}", kind=kind, attributes=attributes)
        started = perf_counter()

        def end(error: BaseException | None) -> None:
            if error is not None:
                attributes["error.type"] = type(error).__name__
                span.set_attribute("error.type", type(error).__name__)
                if isinstance(error, WeaviateBaseError):
                    span.set_attribute("weaviate.attempts", error.attempts)
                span.set_status(self._trace.StatusCode.ERROR, type(error).__name__)
            span.end()
            self._duration.record(perf_counter() - started, attributes)

        return end

    def __reduce__(self) -> tuple[type[OpenTelemetry], tuple[()]]:
        return OpenTelemetry, ()
