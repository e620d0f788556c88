"""When to try again: one pure function. The transport asks it after each failure and sleeps, or gives up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from weaviate_hl.checks import count, seconds
from weaviate_hl.errors import WeaviateBaseError

Stage = Literal["connect", "broken", "answer"]
"""Where a request failed: before anything was sent, after it (the outcome is unknown), or by the server's own word."""

RETRIED: frozenset[int | str] = frozenset({429, 502, 503, 504, "UNAVAILABLE"})
"""Answers that may be other ones a moment later."""


class Failure:
    """A failed attempt, as far as it matters for the next."""

    __slots__ = ("retry_after", "stage", "status")

    def __init__(self, stage: Stage, status: int | str | None = None, retry_after: float | None = None) -> None:
        self.stage = stage
        self.status = status
        self.retry_after = retry_after


class Failed(Exception):
    """An attempt that failed: what it was for the policy, and the error it is if there is no other attempt."""

    authorization: str | None = None
    """What it was sent with."""

    def __init__(self, failure: Failure, error: WeaviateBaseError) -> None:
        super().__init__(error)
        self.failure = failure
        self.error = error


class RetryPolicy:
    """How often, and after which pauses, a request may be sent again.

    Args:
        attempts: How often a request is sent at most.
        first: The longest first pause in seconds; each following one may be twice as long.
        longest: The longest pause at all. A server that asks for a longer one is not waited for.
    """

    __slots__ = ("attempts", "first", "longest")

    def __init__(self, attempts: int = 4, first: float = 0.2, longest: float = 5.0) -> None:
        self.attempts = count("attempts", attempts, lowest=1)
        self.first = seconds("first", first)
        self.longest = seconds("longest", longest)

    def pause(
        self, failure: Failure, attempt: int, idempotent: bool, remaining: float, random: Callable[[], float]
    ) -> float | None:
        """How long to wait before the next attempt, or None to give up.

        Args:
            failure: What happened.
            attempt: The number of the attempt that failed, from 1.
            idempotent: Whether the request may be repeated when the server may have acted on it.
            remaining: Seconds left of the call's budget.
            random: Gives a number from 0 to 1. The pause is spread over its whole range, so that many clients do not
                return at once.
        """
        if attempt >= self.attempts:
            return None
        if failure.stage == "answer" and failure.status not in RETRIED:
            return None
        if failure.stage != "connect" and not idempotent:
            return None
        if failure.retry_after is not None:
            pause = failure.retry_after
            if pause > self.longest:
                return None
        else:
            pause = random() * min(self.longest, self.first * 2.0 ** min(attempt - 1, 64))
        return pause if pause < remaining else None
