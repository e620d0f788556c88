"""Several targets, hybrid search, autocut, MMR and boosts: sections 12.2, 12.4, 12.5, 12.10, and what always holds."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from search_corpus import agree, golden_corpus

from weaviate_hl.lite.search.combine import (
    Leg,
    Method,
    autocut,
    boost,
    combine_targets,
    decay,
    diversify,
    fuse,
    property_values,
)
from weaviate_hl.lite.search.vectors import Vector, VectorIndex, within

Hits = list[tuple[int, float]]


def _same(document: int) -> int:
    return document


# Hybrid search.


def _vector_hits() -> Hits:
    index = VectorIndex("cosine")
    for document in range(1, 6):
        index.add(document, [document, 1])
    return index.search([1, 0], 100)


def _hybrid(
    alpha: float,
    query: str = "quick fox",
    ranked: bool = False,
    max_distance: float | None = None,
    allowed: tuple[int, ...] = (1, 2, 3, 4, 5),
    **options: Any,
) -> Hits:
    vector = [hit for hit in within(_vector_hits(), distance=max_distance) if hit[0] in allowed]
    keyword = [hit for hit in golden_corpus().search(query, ["body"], **options) if hit[0] in allowed]
    if max_distance is not None:
        keyword = [hit for hit in keyword if hit[0] in dict(vector)]
    legs = [Leg(alpha, [(document, 1 - distance) for document, distance in vector]), Leg(1 - alpha, keyword)]
    fused = fuse([leg for leg in legs if leg.weight], ranked=ranked, tie=_same)
    return [(result.document, result.score) for result in fused]


@pytest.mark.parametrize(
    ("alpha", "relative", "ranked"),
    [
        (
            0,
            "4:1 · 1:0.6901367 · 2:0.3833004 · 5:0",
            "4:0.01666667 · 1:0.01639344 · 2:0.01612903 · 5:0.01587302",
        ),
        (
            0.25,
            "4:0.9904578 · 1:0.5176025 · 2:0.4587169 · 5:0.25 · 3:0.2208405",
            "4:0.01659836 · 1:0.01620133 · 5:0.01607143 · 2:0.01606503 · 3:0.004032258",
        ),
        (
            0.5,
            "4:0.9809157 · 2:0.5341333 · 5:0.5 · 3:0.4416811 · 1:0.3450683",
            "4:0.01653006 · 5:0.01626984 · 1:0.01600922 · 2:0.01600102 · 3:0.008064516",
        ),
        (
            0.75,
            "4:0.9713734 · 5:0.75 · 3:0.6625216 · 2:0.6095498 · 1:0.1725342",
            "5:0.01646825 · 4:0.01646175 · 2:0.01593702 · 1:0.01581711 · 3:0.01209677",
        ),
        (
            1,
            "5:1 · 4:0.9618313 · 3:0.8833621 · 2:0.6849663 · 1:0",
            "5:0.01666667 · 4:0.01639344 · 3:0.01612903 · 2:0.01587302 · 1:0.015625",
        ),
    ],
)
def test_hybrid(alpha: float, relative: str, ranked: str) -> None:
    agree(_hybrid(alpha), relative)
    agree(_hybrid(alpha, ranked=True), ranked)


@pytest.mark.parametrize(
    ("options", "golden"),
    [
        ({"max_distance": 0.03}, "4:0.5 · 5:0.5"),
        ({"allowed": (3, 4, 5)}, "4:0.8363795 · 5:0.5 · 3:0"),
        ({"operator": "and"}, "4:0.9809157 · 5:0.5 · 3:0.4416811 · 2:0.3424831 · 1:0.2487729"),
        ({"query": "bear"}, "5:1 · 4:0.4809156 · 3:0.4416811 · 2:0.3424831 · 1:0"),
        ({"query": "zzz"}, "5:0.5 · 4:0.4809156 · 3:0.4416811 · 2:0.3424831 · 1:0"),
    ],
)
def test_hybrid_options(options: dict[str, Any], golden: str) -> None:
    agree(_hybrid(0.5, **options), golden)


def test_hybrid_autocut_and_parts() -> None:
    assert autocut([score for _, score in _hybrid(0.5)], 1) == 1
    (result, *_) = fuse([Leg(0.5, [(1, 0.9), (2, 0.4)]), Leg(0.5, [(2, 3.0), (1, 1.0)])], tie=_same)
    # Equal scores: what the keyword leg says decides.
    assert (result.document, result.score, result.parts) == (2, 0.5, {0: (0.4, 0.0), 1: (3.0, 0.5)})
    assert [one.document for one in fuse([Leg(1, [(1, 2.0), (2, 2.0)])], tie=lambda document: -document)] == [2, 1]


# Autocut.


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([1, 1.1, 1.2, 5, 5.1], [3, 5, 5]),
        ([1, 1, 1, 1], [4, 4, 4]),
        ([1, 2], [2, 2, 2]),
        ([1], [1, 1, 1]),
        ([], [0, 0, 0]),
        ([1, 2, 3, 4], [4, 4, 4]),
        ([1, 1.1, 3, 3.1, 7, 7.1], [2, 4, 6]),
        ([0, 10, 10.1, 10.2], [1, 4, 4]),
        ([1, 1.1, 1.2, 1.3, 9], [4, 5, 5]),
        ([1, 5, 5.1, 9], [1, 4, 4]),
    ],
)
def test_autocut(values: list[float], kept: list[int]) -> None:
    assert [autocut(values, jumps) for jumps in (1, 2, 3)] == kept
    assert [autocut([-value for value in values], jumps) for jumps in (1, 2, 3)] == kept


# Several target vectors.

A = {1: [0, 0], 2: [1, 0], 3: [2, 0], 4: [0, 1]}
B = {1: [1, 0], 2: [0, 0], 3: [3, 0], 5: [0, 2]}


def _distances(vectors: dict[int, list[float]], query: list[float]) -> tuple[Any, Vector]:
    index = VectorIndex("l2-squared")
    for document, vector in vectors.items():
        index.add(document, vector)
    return index.distances(query)


@pytest.mark.parametrize(
    ("method", "weights", "inputs", "golden"),
    [
        ("minimum", None, "ab", "1:0 · 2:0 · 4:1 · 3:4 · 5:4"),
        ("sum", None, "ab", "1:1 · 2:1 · 3:13"),
        ("average", None, "ab", "1:0.5 · 2:0.5 · 3:6.5"),
        ("manual", [1, 2], "ab", "2:1 · 1:2 · 3:22"),
        ("relative", [1, 1], "ab", "1:0.1111111 · 2:0.25 · 3:2"),
        ("relative", [0.5, 2], "ab", "2:0.125 · 1:0.2222222 · 3:2.5"),
        ("sum", None, "aB", "1:0 · 2:2 · 3:8"),
        ("sum", None, "aAB", "1:1 · 2:2 · 3:9"),
        ("average", None, "aAB", "1:0.3333333 · 2:0.6666667 · 3:3"),
    ],
)
def test_targets(method: Method, weights: list[float] | None, inputs: str, golden: str) -> None:
    given = {"a": (A, [0.0, 0.0]), "b": (B, [0.0, 0.0]), "A": (A, [1.0, 0.0]), "B": (B, [1.0, 0.0])}
    targets = [_distances(*given[name]) for name in inputs]
    agree(combine_targets(targets, method, weights, 10), golden)


def test_targets_with_a_threshold_and_without_hits() -> None:
    targets = [_distances(A, [0, 0]), _distances(B, [0, 0])]
    agree(within(combine_targets(targets, "sum", limit=10), distance=2), "1:1 · 2:1")
    empty = VectorIndex("dot").distances([1.0])
    for method in ("minimum", "sum", "relative"):
        assert combine_targets([empty, empty], method, [1, 1], 10) == []


def test_targets_look_at_the_closest_of_each_alone() -> None:
    """Seen on the server: what is near in no single target is no candidate; relative spreads over the candidates."""
    near_a, near_b = {1: [0.0], 2: [9.0], 3: [4.0]}, {1: [9.0], 2: [0.0], 3: [4.0]}
    targets = [_distances(near_a, [0.0]), _distances(near_b, [0.0])]
    agree(combine_targets(targets, "sum", limit=3), "3:32 · 1:81 · 2:81")
    agree(combine_targets(targets, "sum", limit=1), "1:81")
    agree(combine_targets(targets, "relative", [1, 1], 1), "1:1")
    agree(combine_targets([targets[0]], "relative", [2], 1), "1:2")


# Boosts.

FOX = dict(golden_corpus().search("fox", ["body"]))
TWO = np.array([float(document == 2) for document in FOX])
NEAR = dict(_vector_hits())


def _boosted(values: Any, weight: float) -> Hits:
    return boost(list(FOX), list(FOX.values()), [(1, values)], weight, tie=_same)


def _plain(*conditions: tuple[float, Any]) -> Hits:
    return boost(range(1, 6), [0.0] * 5, conditions, 1, tie=_same)


@pytest.mark.parametrize(
    ("values", "weight", "golden"),
    [
        (TWO, 0.5, "2:1 · 4:1 · 1:0.6056909 · 5:0"),
        (TWO, 0.9, "2:1 · 4:0.0714927 · 1:0.04330247 · 5:0"),
        (TWO, 1, "2:1 · 1:0 · 4:0 · 5:0"),
        (property_values(list(FOX)), 0.5, "4:1 · 5:0.7560137 · 1:0.3380758 · 2:0"),
        (property_values(list(FOX), "log1p"), 0.5, "4:1 · 5:0.6928114 · 1:0.2648809 · 2:0"),
        (property_values(list(FOX), "sqrt"), 0.5, "4:1 · 5:0.711654 · 1:0.2863184 · 2:0"),
    ],
)
def test_boost_of_keyword_search(values: Any, weight: float, golden: str) -> None:
    agree(_boosted(values, weight), golden)


@pytest.mark.parametrize(
    ("options", "golden"),
    [
        ({}, "1:1 · 2:0.6094757 · 3:0.3333333 · 4:0.1380712 · 5:0"),
        ({"curve": "gauss"}, "1:1 · 2:0.8302895 · 3:0.4666667 · 4:0.1575724 · 5:0"),
        ({"curve": "linear"}, "1:1 · 2:0.75 · 3:0.5 · 4:0.25 · 5:0"),
        ({"curve": "linear", "offset": 1}, "1:1 · 2:1 · 3:0.6666667 · 4:0.3333333 · 5:0"),
        ({"value": 1}, "1:1 · 2:1 · 3:1 · 4:1 · 5:1"),
        ({"value": 0}, "1:1 · 2:0.6094757 · 3:0.3333333 · 4:0.1380712 · 5:0"),
    ],
)
def test_numeric_decay(options: dict[str, Any], golden: str) -> None:
    agree(_plain((1, decay([number - 1 for number in range(1, 6)], 2, **options))), golden)


@pytest.mark.parametrize(
    ("options", "golden"),
    [
        ({}, "1:1 · 2:0.5 · 3:0.03125 · 4:0"),
        ({"curve": "gauss"}, "1:1 · 2:0.5 · 3:2.980232e-08 · 4:0"),
        ({"curve": "linear"}, "1:1 · 2:0.5 · 3:0 · 4:0"),
        ({"curve": "linear", "offset": 1}, "1:1 · 2:0.75 · 3:0 · 4:0"),
    ],
)
def test_time_decay(options: dict[str, Any], golden: str) -> None:
    values = decay([0, 2, 10, None], 2, **options)
    agree(boost(range(1, 5), [0.0] * 4, [(1, values)], 1, tie=_same), golden)


def test_other_boosts() -> None:
    two = np.array([0.0, 1, 0, 0, 0])
    near = boost(
        list(NEAR), [-distance for distance in NEAR.values()], [(1, np.array([0.0, 0, 0, 1, 0]))], 0.5, tie=_same
    )
    agree(_plain((-1, two)), "1:1 · 3:1 · 4:1 · 5:1 · 2:0")
    agree(_plain((1, two), (2, property_values([1, 2, 3, 4, 5]))), "5:1 · 2:0.75 · 4:0.75 · 3:0.5 · 1:0")
    agree(_plain((0, two)), "2:1 · 1:0 · 3:0 · 4:0 · 5:0")
    agree(_plain((1, decay([1, 2, 3, 4, None], -1))), "1:1 · 2:1 · 3:1 · 4:1 · 5:1")
    agree(near, "2:1 · 5:0.5934837 · 4:0.5708312 · 3:0.524261 · 1:0")


def test_property_values() -> None:
    """Seen on the server: modifiers see no negative numbers, and what is absent does not count as the smallest."""
    numbers = [-2, -0.5, 0, 4, None, 9]
    assert property_values(numbers) == pytest.approx([0, 1.5 / 11, 2 / 11, 6 / 11, 0, 1])
    assert property_values(numbers, "log1p") == pytest.approx([0, 0, 0, math.log(5) / math.log(10), 0, 1])
    assert property_values(numbers, "sqrt") == pytest.approx([0, 0, 0, 2 / 3, 0, 1])
    assert property_values([5, 10, None, 7]) == pytest.approx([0, 1, 0, 0.4])
    assert list(property_values([3, None, 3])) == [1, 0, 1]
    assert list(property_values([None])) == [0]


# MMR.


def _mmr(vectors: list[list[float]], query: list[float], metric: str, balance: float, limit: int = 3) -> list[int]:
    index = VectorIndex(metric)
    for document, vector in enumerate(vectors, 1):
        index.add(document, vector)
    hits = index.search(query, 5)
    found = [index.vector(document) for document, _ in hits]
    picked = diversify([distance for _, distance in hits], found, metric, limit, balance)
    return [hits[position][0] for position in picked]


@pytest.mark.parametrize(("balance", "picked"), [(1, [1, 2, 3]), (0.9, [1, 2, 3]), (0.5, [1, 4, 2]), (0, [1, 5, 4])])
def test_mmr(balance: float, picked: list[int]) -> None:
    vectors = [[0, 0], [0.2, 0], [0, 0.2], [3, 0], [0, 4]]
    assert _mmr(vectors, [0.05, 0], "l2-squared", balance) == picked


def _turned(degrees: float) -> list[float]:
    return [math.cos(math.radians(degrees)), math.sin(math.radians(degrees))]


@pytest.mark.parametrize(("balance", "picked"), [(1, [1, 2, 3]), (0.5, [1, 2, 3]), (0, [1, 5, 4])])
def test_mmr_with_cosine(balance: float, picked: list[int]) -> None:
    assert _mmr([_turned(degrees) for degrees in (0, 10, 20, 60, 90)], [1, 0], "cosine", balance) == picked


@pytest.mark.parametrize(("balance", "picked"), [(1, [1, 2, 3]), (0.5, [1, 5, 2]), (0, [1, 5, 4])])
def test_mmr_of_hybrid_search(balance: float, picked: list[int]) -> None:
    scores = [1, 0.8246824, 0.6687099, 0.3402062, 0]
    vectors = [np.array(_turned(degrees), np.float32) for degrees in (0, 10, 20, 60, 90)]
    positions = diversify([1 - score for score in scores], vectors, "cosine", 3, balance)
    assert [position + 1 for position in positions] == picked


def test_mmr_does_not_normalise_and_keeps_slots_without_vector() -> None:
    for balance in (0, 0.5, 1):
        assert _mmr([[number, 1] for number in range(1, 6)], [1, 0], "cosine", balance) == [5, 4, 3]
    one, three, six = (np.array([number], np.float32) for number in (1, 3, 6))
    vectors = [one, three, None, np.array([5], np.float32), None, six]
    assert diversify([0, 0.34, 0.64, 0.75, 0.85, 1], vectors, "l2-squared", 6, 0) == [0, 5, 2, 1, 4, 3]
    assert diversify([0.1, 0.2], [None, None], "dot", 1, 0.5) == [0]


@given(
    st.lists(st.lists(st.integers(-3, 3), min_size=2, max_size=2), min_size=1, max_size=8),
    st.floats(0, 1),
    st.integers(1, 9),
)
def test_mmr_picks_each_once_and_the_closest_first(vectors: list[list[float]], balance: float, limit: int) -> None:
    rows = [np.array(vector, np.float32) for vector in vectors]
    distances = sorted(float(abs(row).sum()) for row in rows)
    picked = diversify(distances, rows, "l2-squared", limit, balance)
    assert picked[0] == 0
    assert len(set(picked)) == len(picked) == min(limit, len(vectors))
    assert set(diversify(distances, rows, "l2-squared", len(rows), balance)) == set(range(len(rows)))


Hits_ = st.lists(st.tuples(st.integers(0, 9), st.floats(0, 5, width=32)), max_size=8, unique_by=lambda hit: hit[0])


def _best_first(hits: Hits) -> Hits:
    return sorted(hits, key=lambda hit: -hit[1])


@given(Hits_, Hits_, st.sampled_from([0.25, 0.5, 1.0]), st.booleans())
def test_fusion_keeps_all_and_is_bounded(vector: Hits, keyword: Hits, alpha: float, ranked: bool) -> None:
    fused = fuse([Leg(alpha, _best_first(vector)), Leg(1 - alpha, _best_first(keyword))], ranked=ranked, tie=_same)
    assert {result.document for result in fused} == {*dict(vector), *dict(keyword)}
    scores = [result.score for result in fused]
    assert all(earlier >= later - 1e-7 for earlier, later in pairwise(scores))
    assert all(0 <= score <= 1 for score in scores)
    assert all(result.score == pytest.approx(sum(part for _, part in result.parts.values())) for result in fused)
