"""The time that a call has as a whole."""

from __future__ import annotations

from time import monotonic

from weaviate_hl.errors import WeaviateTimeoutError

LONGEST = 99_999_999
"""Seconds that a call can take at most, which is over three years: what systems and gRPC's header can express."""


class Deadline:
    """A moment on the monotonic clock; None of seconds: never."""

    __slots__ = ("end", "seconds")

    def __init__(self, seconds: float | None) -> None:
        self.seconds = None if seconds is None else min(seconds, LONGEST)
        self.end = None if self.seconds is None else monotonic() + self.seconds

    def remaining(self) -> float | None:
        """Seconds left, 0 when it has passed; None when there is no end."""
        return None if self.end is None else max(0.0, self.end - monotonic())

    def error(self, doing: str, operation: str | None = None, attempts: int = 1) -> WeaviateTimeoutError:
        """The error of a call that did not make it in time."""
        return WeaviateTimeoutError(
            f"{doing} took longer than {self.seconds:g} s" if self.seconds is not None else f"{doing} timed out",
            operation=operation,
            attempts=attempts,
            hint="Give it more time: AdditionalConfig(timeout=Timeout(query=..., insert=..., init=..., stream=...))",
        )
