"""Lite answers as a server does. Where one is at hand, the recorded answers are held against it as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from . import (  # noqa: F401  # importing them registers their scenarios
    scenarios_by_chance,
    scenarios_filters,
    scenarios_objects,
    scenarios_operations,
    scenarios_schema,
    scenarios_searches,
)
from .kit import SCENARIOS, difference

Ask = Callable[..., list[Any]]


@pytest.mark.server
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_recording_is_what_the_server_answers(
    name: str, server: Ask, recorded: dict[str, list[Any]], request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--record", False):
        recorded[name] = server(SCENARIOS[name], again=False)
    else:
        assert name in recorded, "nothing is recorded: pytest tests/congruence --record"
        assert not difference(recorded[name], server(SCENARIOS[name])), "record anew: pytest tests/congruence --record"


@pytest.mark.parametrize("name", SCENARIOS)
def test_lite_answers_as_the_server_did(name: str, lite: Ask, recorded: dict[str, list[Any]]) -> None:
    assert name in recorded, "nothing is recorded: pytest tests/congruence --record"
    assert not difference(recorded[name], lite(SCENARIOS[name]))


def test_recordings_are_of_scenarios_that_exist(recorded: dict[str, list[Any]]) -> None:
    assert set(recorded) <= set(SCENARIOS)
    assert len(SCENARIOS) >= 150


def test_all_that_differs_is_told() -> None:
    assert difference([1, {"a": 0.1}], [1, {"a": 0.1000001}]) == ""
    assert difference({"a": [1, 2]}, {"a": [1]})
    assert difference({"a": 1}, {})
    assert difference([True], [1.0])
    assert difference("text", "Text")
