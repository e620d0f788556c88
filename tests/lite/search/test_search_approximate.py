"""The graph over many vectors: what it finds has the distances of exact search, and follows every write."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from weaviate_hl.lite.search.approximate import METRICS, ApproximateIndex
from weaviate_hl.lite.search.vectors import DimensionsError, VectorIndex
from weaviate_hl.lite.vector_index import HNSW

COUNT = 3000
CHANCE = np.random.default_rng(0)
AXES = CHANCE.standard_normal((6, 32)).astype(np.float32)


def vectors(count: int) -> Any:
    """As a model makes them: they fill few of their dimensions."""
    return CHANCE.standard_normal((count, 6)).astype(np.float32) @ AXES


def both(metric: str, **settings: Any) -> tuple[ApproximateIndex, VectorIndex]:
    graph, exact = ApproximateIndex(metric, {**HNSW, "flatSearchCutoff": 0, **settings}), VectorIndex(metric)
    for document, vector in enumerate(vectors(COUNT)):
        graph.add(document, vector)
        exact.add(document, vector)
    return graph, exact


def assert_near(graph: ApproximateIndex, exact: VectorIndex, allow: Any = None, limit: int = 10) -> None:
    """Nearly all of what is closest is found, each at its distance, closest first."""
    found = 0
    for query in vectors(20):
        hits = graph.search(query, limit, allow)
        everything = dict(exact.search(query, None, allow))
        assert len(hits) == limit
        assert [distance for _, distance in hits] == pytest.approx([everything[one] for one, _ in hits], abs=1e-5)
        assert hits == sorted(hits, key=lambda hit: hit[1])
        found += len(dict(hits).keys() & dict(exact.search(query, limit, allow)).keys())
    assert found >= 0.95 * 20 * limit


@pytest.mark.parametrize("metric", METRICS)
def test_what_is_found_is_near_and_has_its_distance(metric: str) -> None:
    graph, exact = both(metric)
    assert_near(graph, exact)
    assert graph._graph is not None
    assert_near(graph, exact, np.arange(COUNT) % 2 == 0)
    assert_near(graph, exact, np.arange(COUNT) < 12)  # fewer than a graph finds: all are compared


def test_it_follows_writes() -> None:
    graph, exact = both("cosine")
    assert_near(graph, exact)
    for document in range(0, COUNT, 2):
        graph.remove(document)
        exact.remove(document)
    for document, vector in enumerate(vectors(700), 1500):
        graph.add(document, vector)
        exact.add(document, vector)
    graph.add(9000, AXES[0])
    graph.remove(9000)  # before a search has seen it
    assert_near(graph, exact)
    assert len(graph._graph) == len(graph) == len(exact)


def test_a_graph_is_grown_only_where_it_is_worth_it() -> None:
    for settings, limit in (({"flatSearchCutoff": COUNT}, 10), ({}, COUNT // 3), ({"ef": COUNT}, 10)):
        graph, exact = both("cosine", **settings)
        for query in vectors(3):
            assert graph.search(query, limit) == exact.search(query, limit)
            assert graph.search(query, None) == exact.search(query, None)
        assert graph._graph is None


def test_a_vector_of_another_length_changes_nothing() -> None:
    graph, exact = both("l2-squared")
    with pytest.raises(DimensionsError):
        graph.search([1.0], 1)
    with pytest.raises(DimensionsError):
        graph.add(1, [1.0])
    assert_near(graph, exact)
