"""Distances and exact search: the tables of sections 12.3 and 12.6, and both indexes against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from search_corpus import agree

from weaviate_hl.lite.search.vectors import (
    METRICS,
    DimensionsError,
    MultiVectorIndex,
    VectorIndex,
    certainty,
    certainty_refusal,
    moved,
    normalised,
    within,
)

GOLDEN = {
    "cosine": (
        "1:0.2440711 · 4:0.5757359 · 2:0.6913933 · 3:1",
        "1:1.192093e-07 · 2:0.3001459 · 4:0.4120253 · 3:1",
    ),
    "dot": ("1:-4 · 4:-3 · 2:-1 · 3:-0", "1:-14 · 4:-11 · 2:-6 · 3:-0"),
    "l2-squared": ("3:2 · 2:5.25 · 1:8 · 4:21", "1:0 · 2:7.25 · 3:14 · 4:17"),
    "manhattan": ("3:2 · 2:3.5 · 1:4 · 4:7", "1:0 · 2:4.5 · 3:6 · 4:7"),
    # Equal distances in the order of insertion; the server printed 4 before 2 in the first.
    "hamming": ("1:2 · 3:2 · 2:3 · 4:3", "1:0 · 2:3 · 3:3 · 4:3"),
}


def _index(metric: str) -> VectorIndex:
    index = VectorIndex(metric)
    for document, vector in enumerate([[1, 2, 3], [-1, 0.5, 2], [0, 0, 0], [3, 4, 0]], 1):
        index.add(document, vector)
    return index


@pytest.mark.parametrize("metric", METRICS)
def test_golden(metric: str) -> None:
    index = _index(metric)
    near_vector, near_object = GOLDEN[metric]
    agree(index.search([1, 0, 1], 10), near_vector)
    agree(index.search(index.vector(1), 10), near_object)


def test_certainty_and_thresholds() -> None:
    hits = _index("cosine").search([1, 0, 1], 10)
    agree(
        [(document, certainty(distance)) for document, distance in hits],
        "1:0.8779644 · 4:0.712132 · 2:0.6543033 · 3:0.5",
    )
    agree(within(hits, distance=0.6), "1:0.2440711 · 4:0.5757359")
    agree(within(hits, certainty=0.7), "1:0.2440711 · 4:0.5757359")
    agree(within(hits, distance=0.24407113), "1:0.2440711")
    assert within(hits) == hits
    assert certainty_refusal("cosine") is None
    assert "with dot distance" in (certainty_refusal("dot") or "")


@pytest.mark.parametrize(
    ("query", "cosine", "dot"),
    [
        ([[1, 0]], "2:-3 · 3:-2 · 1:-1", "2:-3 · 3:-2 · 1:-1"),
        ([[2, 0]], "2:-3 · 3:-2 · 1:-1", "2:-6 · 3:-4 · 1:-2"),
        ([[1, 0], [0, 2]], "3:-8 · 2:-7 · 1:-2", "3:-14 · 2:-11 · 1:-3"),
    ],
)
def test_golden_multi_vectors(query: list[list[float]], cosine: str, dot: str) -> None:
    for metric, golden in {"cosine": cosine, "dot": dot}.items():
        index = MultiVectorIndex(metric)
        for document, rows in enumerate([[[1, 0], [0, 1]], [[3, 4]], [[-1, 0], [2, 2], [0, 6]]], 1):
            index.add(document, rows)
        agree(index.search(query, 10), golden)
        agree(index.search(query, 1, np.arange(4) == 1), golden.split(" · ")[-1])


def test_vectors_come_back_as_written() -> None:
    index = VectorIndex("cosine")
    written = np.array([4.1, -0.0, 1e-38], np.float32)
    index.add(7, written)
    assert index.vector(7).tobytes() == written.tobytes()
    index.vector(7)[0] = 0
    assert index.vector(7).tobytes() == written.tobytes()


def test_dimensions_are_fixed_by_the_first() -> None:
    for index in (VectorIndex("dot"), MultiVectorIndex("dot")):
        vector = [1, 2] if isinstance(index, VectorIndex) else [[1, 2]]
        assert index.search(vector, 3) == []
        index.add(1, vector)
        index.remove(1)
        assert (len(index), 1 in index, index.dimensions) == (0, False, 2)
        assert index.search(vector, 3) == []
        with pytest.raises(DimensionsError, match="query node: 2 vs 3: vector lengths"):
            index.search([1, 2, 3], 3)
    with pytest.raises(DimensionsError, match="Existing nodes have vectors with length 2: vector dimensions"):
        _index_of([1, 2]).add(2, [1, 2, 3])
    multi = MultiVectorIndex()
    with pytest.raises(DimensionsError, match="a multi vector with length 3 at position 1"):
        multi.add(1, [[1, 2], [1, 2, 3]])


def _index_of(vector: list[float]) -> VectorIndex:
    index = VectorIndex()
    index.add(1, vector)
    return index


def test_move() -> None:
    assert moved([1, 0], [[0, 1], [0, 3]], 1.0).tolist() == [0.5, 1]
    assert moved([1, 0], [[0, 2]], 0.5).tolist() == [0.75, 0.5]
    assert moved([1, 0], [[0, 2]], -1.0).tolist() == [1.5, -1]


def test_zeros_stay_zeros() -> None:
    assert normalised(np.array([[3, 4], [0, 0]], np.float32)).tolist() == [[np.float32(0.6), np.float32(0.8)], [0, 0]]


Numbers = st.integers(-3, 3).map(float)
Vectors = st.lists(Numbers, min_size=3, max_size=3)
DEFINITIONS = {
    "dot": lambda x, q: -sum(a * b for a, b in zip(x, q, strict=True)),
    "l2-squared": lambda x, q: sum((a - b) ** 2 for a, b in zip(x, q, strict=True)),
    "manhattan": lambda x, q: sum(abs(a - b) for a, b in zip(x, q, strict=True)),
    "hamming": lambda x, q: sum(a != b for a, b in zip(x, q, strict=True)),
}


@given(
    st.sampled_from(sorted(DEFINITIONS)),
    st.lists(st.tuples(st.integers(0, 9), st.none() | Vectors), max_size=30),
    Vectors,
    st.integers(0, 12),
    st.none() | st.sets(st.integers(0, 12)),
)
def test_search_against_the_definition(
    metric: str,
    writes: list[tuple[int, list[float] | None]],
    query: list[float],
    limit: int,
    allowed: set[int] | None,
) -> None:
    index = VectorIndex(metric)
    now: dict[int, list[float]] = {}
    for document, vector in writes:
        if vector is not None:
            index.add(document, vector)
            now[document] = vector
        elif document in now:
            index.remove(document)
            del now[document]
    assert {document: index.vector(document).tolist() for document in now} == now
    distances = {document: DEFINITIONS[metric](vector, query) for document, vector in now.items()}
    chosen = [document for document in sorted(now) if allowed is None or document in allowed]
    expected = sorted((distances[document], document) for document in chosen)[:limit]
    mask = None if allowed is None else np.array([document in allowed for document in range(13)], bool)
    found = index.search(query, limit, mask)
    assert [(distance, document) for document, distance in found] == expected


def test_many_vectors_in_blocks() -> None:
    generator = np.random.default_rng(0)
    vectors = generator.standard_normal((3000, 200)).astype(np.float32)
    query = generator.standard_normal(200).astype(np.float32)
    index = VectorIndex("cosine")
    multi = MultiVectorIndex("cosine")
    for document, vector in enumerate(vectors):
        index.add(document, vector)
        multi.add(document, [vector, -vector])
    lengths = np.linalg.norm(vectors, axis=1)
    expected = 1 - vectors @ query / (lengths * np.linalg.norm(query))
    assert [document for document, _ in index.search(query, 10)] == list(np.argsort(expected)[:10])
    few = np.arange(0, 3000, 10)
    tenth = np.arange(3000) % 10 == 0
    assert [document for document, _ in index.search(query, 10, tenth)] == list(few[np.argsort(expected[few])[:10]])
    strongest = -np.abs(vectors @ query)
    assert [document for document, _ in multi.search([query], 10)] == list(np.argsort(strongest)[:10])
