"""Aggregations: the table of section 12.11, and what must always hold."""

from __future__ import annotations

import math
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaviate_hl.lite.search.aggregate import booleans, dates, grouped, numbers, texts


def _figures(*values: Any) -> dict[str, Any]:
    return dict(zip(("count", "sum", "mean", "median", "mode", "minimum", "maximum"), values, strict=True))


@pytest.mark.parametrize(
    ("values", "figures"),
    [
        ([1, 2, 2, 5], _figures(4, 10, 2.5, 2, 2, 1, 5)),
        ([1.5, 2.5, -1, 2.5], _figures(4, 5.5, 1.375, 2, 2.5, -1, 2.5)),
        ([1, 2, 2, 3], _figures(4, 8, 2, 2, 2, 1, 3)),
        ([0.5, 0.5, 1.5], _figures(3, 2.5, 0.8333333333333334, 0.5, 0.5, 0.5, 1.5)),
        ([2, 1], _figures(2, 3, 1.5, 1.5, 1, 1, 2)),
        ([], {"count": 0}),
    ],
)
def test_numbers(values: list[float], figures: dict[str, Any]) -> None:
    assert numbers(values) == figures


def test_texts() -> None:
    common = [("Hello World", 2), ("abc", 1), ("bye", 1)]
    assert texts(["Hello World", "Hello World", "bye", "abc"]) == {"count": 4, "top_occurrences": common}
    assert texts("abbc") == {"count": 4, "top_occurrences": [("b", 2), ("a", 1), ("c", 1)]}
    assert texts(["x", "X", ""], 2) == {"count": 3, "top_occurrences": [("", 1), ("X", 1)]}
    assert texts([]) == {"count": 0}


def test_booleans() -> None:
    shares = {"percentage_true": 0.6666666666666666, "percentage_false": 0.3333333333333333}
    assert booleans([True, False, True]) == {"count": 3, "total_true": 2, "total_false": 1, **shares}
    nothing = booleans([])
    assert nothing["count"] == 0
    assert math.isnan(nothing["percentage_true"])


def test_dates() -> None:
    assert dates(["2020-01-01T00:00:00Z", "2020-01-03T00:00:00.5+02:00", "2020-01-02T00:00:00Z"]) == {
        "count": 3,
        "minimum": "2020-01-01T00:00:00Z",
        "mode": "2020-01-01T00:00:00Z",
        "median": "2020-01-02T00:00:00Z",
        "maximum": "2020-01-02T22:00:00.5Z",
    }
    assert dates(["2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"])["median"] == "2020-07-02T00:00:00Z"
    assert dates([]) == {"count": 0}
    spelt = [
        "2020-01-01T03:00:00+02:00",
        "2020-01-01T00:00:00Z",
        "2020-01-01T03:00:00+02:00",
        "2020-01-01T01:00:00+01:00",
    ]
    assert dates(spelt)["mode"] == "2020-01-01T00:00:00Z"
    assert dates(spelt, as_written=True)["mode"] == dates(spelt, as_written=True)["maximum"] == spelt[0]
    assert dates(spelt, as_written=True)["median"] == "2020-01-01T00:30:00Z"
    assert dates(spelt[:1], as_written=True)["median"] == spelt[0]


def test_groups() -> None:
    assert grouped([(4, ["abc"]), (1, ["Hello World"]), (2, ["Hello World"]), (3, ["bye"])]) == [
        ("Hello World", [1, 2]),
        ("abc", [4]),
        ("bye", [3]),
    ]
    assert dict(grouped([(1, [1, 2]), (2, [2, 3]), (3, []), (4, [])])) == {2: [1, 2], 1: [1], 3: [2]}
    assert grouped([(1, ["a", "a"])]) == [("a", [1])]
    assert grouped([(1, [0.0]), (2, [-0.0])]) == [(0.0, [1, 2])]
    assert grouped([(1, ["a", "b"]), (2, ["b"])], 1) == [("b", [1, 2])]


@given(st.lists(st.integers(-5, 5), min_size=1))
def test_numbers_against_the_definitions(values: list[int]) -> None:
    found = numbers(values)
    assert found["median"] == statistics.median(values)
    assert found["mode"] == min(statistics.multimode(values))
    assert (found["sum"], found["minimum"], found["maximum"]) == (sum(values), min(values), max(values))
