"""The vectors of one target in one shard, held in memory and searched exactly.

Rule: distances are float32 and follow the server's conventions, smaller is closer under every metric; what was written
is given back bit for bit. Equal distances keep the order of the kernel's document ids.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weaviate_hl.lite.search.top import Allow, Documents, top

Vector = NDArray[np.float32]
Hit = tuple[int, float]

# How many numbers are compared at once: the differences of a block then stay in the processor's cache.
_BLOCK = 1 << 18


class DimensionsError(ValueError):
    """A vector of another length than those of its index; the message ends as the server's does."""


def _cosine(block: Vector, query: Vector) -> Vector:
    distances: Vector = np.maximum(np.float32(1) - block @ query, np.float32(0))
    return distances


def _dot(block: Vector, query: Vector) -> Vector:
    products: Vector = block @ query
    return -products


def _l2_squared(block: Vector, query: Vector) -> Vector:
    difference = block - query
    squares: Vector = np.einsum("ij,ij->i", difference, difference)
    return squares


def _manhattan(block: Vector, query: Vector) -> Vector:
    difference = block - query
    sums: Vector = np.abs(difference, out=difference).sum(axis=1)
    return sums


def _hamming(block: Vector, query: Vector) -> Vector:
    unequal: Vector = np.count_nonzero(block != query, axis=1).astype(np.float32)
    return unequal


METRICS: Mapping[str, Callable[[Vector, Vector], Vector]] = {
    "cosine": _cosine,
    "dot": _dot,
    "l2-squared": _l2_squared,
    "manhattan": _manhattan,
    "hamming": _hamming,
}


def normalised(rows: Vector) -> Vector:
    """Rows (or one vector) of length 1; zeros stay zeros."""
    lengths = np.sqrt(np.einsum("...i,...i->...", rows, rows))[..., None]
    result: Vector = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return result


class Index(ABC):
    """What the two kinds of index share."""

    def __init__(self, metric: str = "cosine") -> None:
        self.metric = metric
        self.dimensions = 0
        """Length of the vectors; 0 until the first is added, then it stays, even if that vector is removed."""

    @abstractmethod
    def distances(self, query: ArrayLike, allow: Allow | None = None) -> tuple[Documents, Vector]:
        """Every document that has a vector and that a filter leaves, with its distance; in no special order."""

    def search(self, query: ArrayLike, limit: int | None, allow: Allow | None = None) -> list[Hit]:
        """The closest documents with their distances, closest first."""
        documents, distances = self.distances(query, allow)
        best = top(distances, documents, limit)
        return list(zip(documents[best].tolist(), distances[best].tolist(), strict=True))

    def _query(self, query: ArrayLike) -> Vector:
        result: Vector = np.asarray(query, np.float32)
        if self.dimensions and result.shape[-1] != self.dimensions:
            raise DimensionsError(
                f"distance between entrypoint and query node: {self.dimensions} vs {result.shape[-1]}: "
                "vector lengths don't match"
            )
        return normalised(result) if self.metric == "cosine" else result

    def _fix_dimensions(self, length: int, position: str = "") -> None:
        if self.dimensions and length != self.dimensions:
            kind = "multi vector" if position else "vector"
            raise DimensionsError(
                f"new node has a {kind} with length {length}{position}. Existing nodes have vectors with length "
                f"{self.dimensions}: vector dimensions do not match the index dimensions"
            )
        self.dimensions = length


class VectorIndex(Index):
    """One vector a document.

    The vectors are the rows of one matrix without gaps: a removed row is filled with the last one. They stay as they
    were written; under cosine their lengths stand beside them.
    """

    def __init__(self, metric: str = "cosine") -> None:
        super().__init__(metric)
        self._compare = METRICS[metric]
        self._count = 0
        self._vectors: Vector = np.empty((0, 0), np.float32)
        self._lengths: Vector = np.empty(0, np.float32)
        self._documents: Documents = np.empty(0, np.int64)
        self._rows: dict[int, int] = {}

    def __len__(self) -> int:
        return self._count

    def __contains__(self, document: int) -> bool:
        return document in self._rows

    def vector(self, document: int) -> Vector:
        """A document's vector as it was written."""
        row: Vector = self._vectors[self._rows[document]]
        return row.copy()

    def add(self, document: int, vector: ArrayLike) -> None:
        """Take in a document's vector, in place of the one it had.

        Raises:
            DimensionsError: it is not as long as the others.
        """
        written = np.asarray(vector, np.float32)
        self._fix_dimensions(len(written))
        if (row := self._rows.get(document)) is None:
            row = self._rows[document] = self._count
            self._count += 1
            if row == len(self._vectors):
                self._grow(max(row * 3 // 2, 64))
        self._vectors[row] = written
        self._lengths[row] = np.sqrt(written @ written)
        self._documents[row] = document

    def _grow(self, capacity: int) -> None:
        grown = np.empty((capacity, self.dimensions), np.float32)
        grown[: self._count - 1] = self._vectors.reshape(-1, self.dimensions)
        self._vectors = grown
        self._lengths = np.resize(self._lengths, capacity)
        self._documents = np.resize(self._documents, capacity)

    def remove(self, document: int, _vector: object = None) -> None:
        """Forget a document's vector, if it had one."""
        if (row := self._rows.pop(document, None)) is None:
            return
        self._count -= 1
        if row != (last := self._count):
            moved = int(self._documents[last])
            self._rows[moved] = row
            self._documents[row] = moved
            for values in (self._vectors, self._lengths):
                values[row] = values[last]

    def distances(self, query: ArrayLike, allow: Allow | None = None) -> tuple[Documents, Vector]:
        """Every document that has a vector and that a filter leaves, with its distance; in no special order."""
        searched = self._query(query)
        documents = self._documents[: self._count]
        if allow is None:
            return documents.copy(), self._blocks(None, searched)
        rows = np.flatnonzero(allow[documents])
        # Picking rows costs about as much as comparing twice as many in place.
        distances = self._blocks(rows, searched) if 3 * len(rows) < self._count else self._blocks(None, searched)[rows]
        return documents[rows], distances

    def _blocks(self, rows: Documents | None, query: Vector) -> Vector:
        count = self._count if rows is None else len(rows)
        step = max(_BLOCK // max(self.dimensions, 1), 1)
        result = np.empty(count, np.float32)
        for start in range(0, count, step):
            chosen = slice(start, min(start + step, count)) if rows is None else rows[start : start + step]
            if self.metric != "cosine":
                result[start : start + step] = self._compare(self._vectors[chosen], query)
                continue
            lengths = self._lengths[chosen]
            cosines = np.divide(self._vectors[chosen] @ query, lengths, out=np.zeros_like(lengths), where=lengths > 0)
            result[start : start + step] = np.maximum(np.float32(1) - cosines, np.float32(0))
        return result


class MultiVectorIndex(Index):
    """Several vectors a document.

    The distance is the negative sum, over the rows of the query, of the largest dot product with a row of the document.
    With cosine the query's rows are normalised and the document's are not: so does the server.
    """

    def __init__(self, metric: str = "cosine") -> None:
        super().__init__(metric)
        self._vectors: dict[int, Vector] = {}

    def __len__(self) -> int:
        return len(self._vectors)

    def __contains__(self, document: int) -> bool:
        return document in self._vectors

    def vector(self, document: int) -> Vector:
        """A document's vectors as they were written, one a row."""
        return self._vectors[document].copy()

    def add(self, document: int, vectors: Sequence[ArrayLike] | Vector) -> None:
        """Take in a document's vectors (at least one), in place of those it had.

        Raises:
            DimensionsError: one of them is not as long as the others.
        """
        rows = [np.asarray(row, np.float32) for row in vectors]
        for position, row in enumerate(rows):
            self._fix_dimensions(len(row), f" at position {position}")
        self._vectors[document] = np.stack(rows)

    def remove(self, document: int, _vectors: object = None) -> None:
        """Forget a document's vectors, if it had some."""
        self._vectors.pop(document, None)

    def distances(self, query: ArrayLike, allow: Allow | None = None) -> tuple[Documents, Vector]:
        """Every document that has vectors and that a filter leaves, with its distance; in no special order."""
        searched = np.atleast_2d(self._query(query))
        documents = np.fromiter(self._vectors, np.int64, len(self._vectors))
        if allow is not None:
            documents = documents[allow[documents]]
        parts = [_max_sim(matrices, searched) for matrices in self._blocks(documents)]
        return documents, np.concatenate(parts) if parts else np.empty(0, np.float32)

    def _blocks(self, documents: Documents) -> Iterator[list[Vector]]:
        block: list[Vector] = []
        size = 0
        for document in documents.tolist():
            matrix = self._vectors[document]
            block.append(matrix)
            size += matrix.size
            if size >= _BLOCK:
                yield block
                block, size = [], 0
        if block:
            yield block


def _max_sim(matrices: list[Vector], query: Vector) -> Vector:
    starts = np.cumsum([0, *(len(matrix) for matrix in matrices[:-1])])
    similarities = np.concatenate(matrices) @ query.T
    result: Vector = -np.maximum.reduceat(similarities, starts, axis=0).sum(axis=1)
    return result


def certainty(distance: float) -> float:
    """What the server calls certainty, for cosine only: 1 for the same direction, 0 for the opposite one."""
    return float(np.float32(1 - distance / 2))


def within(hits: Sequence[Hit], distance: float | None = None, certainty: float | None = None) -> list[Hit]:
    """The hits that a threshold leaves; to be applied after limit and autocut."""
    if certainty is not None:
        return [hit for hit in hits if 1 - hit[1] / 2 >= certainty]
    if distance is not None:
        return [hit for hit in hits if hit[1] <= distance + 1e-6]
    return list(hits)


def certainty_refusal(metric: str) -> str | None:
    """The server's text when a certainty is asked of a metric that has none; None for cosine."""
    if metric == "cosine":
        return None
    return f"can't compute and return certainty when vector index is configured with {metric} distance"


def moved(vector: ArrayLike, references: ArrayLike, force: float) -> Vector:
    """A near_text query moved towards the mean of some vectors (force 0 to 1), or away from it (a negative force)."""
    start = np.asarray(vector, np.float32)
    mean = np.mean(np.asarray(references, np.float32), axis=0)
    result: Vector = start + np.float32(force / 2) * (mean - start)
    return result
