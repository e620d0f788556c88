"""Lite answers as a server does. Where one is at hand, the recorded answers are held against it as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
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
from .kit import SCENARIOS, It, difference

Ask = Callable[..., It]
DOCS = Path(__file__).parents[2] / "docs" / "lite.md"


def test_the_recording_is_what_the_server_answers(
    name: str, server: Ask, recorded: dict[str, list[Any]], request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--record", False):
        recorded[name] = server(SCENARIOS[name], again=False).answers
    else:
        assert name in recorded, "nothing is recorded: pytest tests/congruence --record"
        assert not difference(recorded[name], server(SCENARIOS[name]).answers), (
            "record anew: pytest tests/congruence --record"
        )


@pytest.mark.parametrize("name", SCENARIOS)
def test_lite_answers_as_the_server_did(name: str, lite: Ask, recorded: dict[str, list[Any]]) -> None:
    assert name in recorded, "nothing is recorded: pytest tests/congruence --record"
    it = lite(SCENARIOS[name])
    assert len(it.answers) == len(recorded[name])
    texts = [
        difference(one, other, f"[{i}]") for i, (one, other) in enumerate(zip(recorded[name], it.answers, strict=True))
    ]
    assert not [text for i, text in enumerate(texts) if text and i not in it.on_purpose]
    reasons = {why for i, why in it.on_purpose.items() if texts[i]}
    assert reasons == set(it.on_purpose.values()), "what was said to differ on purpose does not differ"
    told = " ".join(DOCS.read_text().split())
    assert all(why in told for why in it.on_purpose.values()), "docs/lite.md does not tell of it"


def test_recordings_are_of_scenarios_that_exist(recorded: dict[str, list[Any]]) -> None:
    assert set(recorded) <= set(SCENARIOS)
    assert len(SCENARIOS) >= 150


def test_all_that_differs_is_told() -> None:
    assert difference([1, {"a": 0.1}], [1, {"a": 0.1000001}]) == ""
    assert difference({"a": [1, 2]}, {"a": [1]})
    assert difference({"a": 1}, {})
    assert difference([True], [1.0])
    assert difference("text", "Text")
