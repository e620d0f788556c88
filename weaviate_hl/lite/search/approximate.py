"""Approximate search: a graph of usearch (HNSW) tells which vectors may be near, their distances are computed as ever.

Up to `flatSearchCutoff` vectors are compared one by one, as behind a filter on a server: a graph pays for itself only
where there are more. It is grown when a search first needs it, and holds the vectors once more, with 16 bits a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from weaviate_hl.lite.search.top import Allow, Documents, top
from weaviate_hl.lite.search.vectors import Hit, Vector, VectorIndex

METRICS = {"cosine": "cos", "dot": "ip", "l2-squared": "l2sq"}
"""The metrics that graphs have here, and what usearch calls them; others are searched exactly."""
_CHUNK = 10_000  # so many vectors are copied at once


class ApproximateIndex(VectorIndex):
    """One vector a document, and a graph over them.

    Args:
        metric: One of METRICS.
        settings: Those of the vector index, as the class has them; set them anew when these change.
    """

    def __init__(self, metric: str, settings: Mapping[str, Any]) -> None:
        super().__init__(metric)
        self.settings = settings
        self._graph: Any = None
        self._waiting: set[int] = set()  # documents that the graph lacks

    def add(self, document: int, vector: ArrayLike) -> None:
        """Take in a document's vector, in place of the one it had."""
        super().add(document, vector)
        self._drop(document)
        self._waiting.add(document)

    def remove(self, document: int, _vector: object = None) -> None:
        """Forget a document's vector, if it had one."""
        super().remove(document)
        self._drop(document)

    def _drop(self, document: int) -> None:
        if document in self._waiting:
            self._waiting.remove(document)
        elif self._graph is not None and document in self._graph:
            self._graph.remove(document)

    def search(self, query: ArrayLike, limit: int | None, allow: Allow | None = None) -> list[Hit]:
        """The closest documents with their distances, closest first; one of them may be missed."""
        searched = self._query(query)
        near = None if limit is None else self._near(searched, limit, allow)
        if near is None:
            return super().search(query, limit, allow)
        rows = np.fromiter(map(self._rows.__getitem__, near.tolist()), np.int64, len(near))
        distances = self._blocks(rows, searched)
        best = top(distances, near, limit)
        return list(zip(near[best].tolist(), distances[best].tolist(), strict=True))

    def _near(self, query: Vector, limit: int, allow: Allow | None) -> Documents | None:
        """What the graph finds; None where it is better, or needed, to compare all."""
        among = len(self) if allow is None else int(np.count_nonzero(allow))
        if among <= max(self.settings["flatSearchCutoff"], 0):
            return None
        wanted = self._width(limit) * len(self) // among  # so that the filter leaves enough of them
        if wanted > len(self) // 4:
            return None
        graph = self._grown()
        graph.expansion_search = wanted
        found: Documents = graph.search(query, wanted).keys.astype(np.int64)
        if allow is not None:
            found = found[allow[found]]
        return found if len(found) >= limit else None

    def _width(self, limit: int) -> int:
        """How many vectors a search follows, as a server has it: `ef`, or a multiple of the limit within bounds."""
        ef = self.settings["ef"]
        if ef < 1:
            ef = min(
                max(limit * self.settings["dynamicEfFactor"], self.settings["dynamicEfMin"]),
                self.settings["dynamicEfMax"],
            )
        return int(max(ef, limit))

    def _grown(self) -> Any:
        """The graph, with every vector in it."""
        if self._graph is None:
            from usearch.index import Index

            self._graph = Index(
                ndim=self.dimensions,
                metric=METRICS[self.metric],
                dtype="bf16",
                connectivity=self.settings["maxConnections"],
                expansion_add=self.settings["efConstruction"],
            )
        waiting = np.fromiter(self._waiting, np.int64, len(self._waiting))
        for start in range(0, len(waiting), _CHUNK):
            documents = waiting[start : start + _CHUNK]
            try:
                self._graph.add(documents, self._vectors[[self._rows[document] for document in documents.tolist()]])
            except RuntimeError as error:
                if "terminated" in str(error):  # by a signal, which usearch does not pass on
                    raise KeyboardInterrupt from None
                raise
            finally:  # which may be half-way
                self._waiting.difference_update(documents[self._graph.contains(documents)].tolist())
        return self._graph
