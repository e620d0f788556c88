"""The kinds of batches: how each makes its parts, and how many of them are under way at once."""

from __future__ import annotations

from typing import NamedTuple

from weaviate_hl.batching.machine import Mode
from weaviate_hl.errors import WeaviateInvalidInputError

FIRST_SIZE = 200
SENDERS = 4


class Plan(NamedTuple):
    """How a batch is sent.

    Attributes:
        mode: How it makes its parts.
        concurrency: How many requests, or streams, are under way at once.
        stream: Whether it goes by streams, where the server has them.
    """

    mode: Mode
    concurrency: int = SENDERS
    stream: bool = False


def dynamic() -> Plan:
    """Requests whose size follows the time that the server takes."""
    return Plan(Mode(FIRST_SIZE, adaptive=True))


def fixed_size(batch_size: int, concurrent_requests: int) -> Plan:
    """Requests of so many objects each."""
    size = _positive("fixed_size", "batch_size", batch_size)
    return Plan(Mode(size, linger=None), _positive("fixed_size", "concurrent_requests", concurrent_requests))


def rate_limit(requests_per_minute: int) -> Plan:
    """So many objects in a minute."""
    limit = _positive("rate_limit", "requests_per_minute", requests_per_minute)
    return Plan(Mode(max(1, limit // 60), per_minute=limit))


def stream(concurrency: int | None) -> Plan:
    """Streams whose pace the server sets."""
    streams = 1 if concurrency is None else _positive("stream", "concurrency", concurrency)
    return Plan(Mode(FIRST_SIZE, by_key=True), streams, stream=True)


def _positive(kind: str, name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise WeaviateInvalidInputError(f"batch.{kind}: `{name}` must be a whole number, 1 or more, not {value!r}")
    return value
