"""When a request is sent again: every rule, and what holds for all inputs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaviate_hl.policy import Failure, RetryPolicy

POLICY = RetryPolicy(attempts=4, first=0.2, longest=5.0)


def pause(failure: Failure, attempt: int = 1, idempotent: bool = True, remaining: float = 30.0) -> float | None:
    return POLICY.pause(failure, attempt, idempotent, remaining, lambda: 1.0)


@pytest.mark.parametrize("status", [429, 502, 503, 504, "UNAVAILABLE"])
def test_answers_that_may_change_are_tried_again_where_that_is_safe(status: int | str) -> None:
    assert pause(Failure("answer", status)) == 0.2
    assert pause(Failure("answer", status), idempotent=False) is None


@pytest.mark.parametrize(
    "status", [400, 401, 403, 404, 409, 422, 500, 501, "UNKNOWN", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"]
)
def test_other_answers_are_final(status: int | str) -> None:
    assert pause(Failure("answer", status)) is None


def test_what_was_not_sent_is_always_safe_to_send() -> None:
    assert pause(Failure("connect"), idempotent=False) == 0.2


def test_what_may_have_been_done_is_not_done_twice() -> None:
    assert pause(Failure("broken"), idempotent=False) is None
    assert pause(Failure("broken"), idempotent=True) == 0.2


def test_pauses_grow_up_to_the_longest() -> None:
    policy = RetryPolicy(attempts=10, first=0.2, longest=1.0)
    pauses = [policy.pause(Failure("connect"), n, True, 99, lambda: 1.0) for n in range(1, 10)]
    assert pauses == [0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]


def test_there_may_be_any_number_of_attempts() -> None:
    policy = RetryPolicy(attempts=10_000, first=0.001, longest=0.5)
    assert policy.pause(Failure("connect"), 9_999, True, 99, lambda: 1.0) == 0.5


def test_a_server_that_names_a_time_is_believed_unless_it_is_too_long() -> None:
    assert pause(Failure("answer", 429, retry_after=2.5)) == 2.5
    assert pause(Failure("answer", 429, retry_after=60)) is None


@given(
    st.sampled_from(["connect", "broken", "answer"]),
    st.sampled_from([None, 200, 404, 429, 503, "UNAVAILABLE", "UNKNOWN"]),
    st.none() | st.floats(0, 100),
    st.integers(1, 8),
    st.booleans(),
    st.floats(0, 60),
    st.floats(0, 1),
)
def test_it_never_goes_past_its_attempts_or_its_time(
    stage: str,
    status: int | str | None,
    after: float | None,
    attempt: int,
    idempotent: bool,
    left: float,
    chance: float,
) -> None:
    failure = Failure(stage, status, after)  # type: ignore[arg-type]
    found = POLICY.pause(failure, attempt, idempotent, left, lambda: chance)
    assert found is None or (0 <= found < left and found <= POLICY.longest and attempt < POLICY.attempts)
