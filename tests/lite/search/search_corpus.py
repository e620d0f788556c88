"""The corpus of the golden numbers (facts, section 12.1), and how results are compared with what a server printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from weaviate_hl.lite.search.bm25 import Field, Hit, parse_boost, search
from weaviate_hl.lite.search.postings import Postings
from weaviate_hl.lite.search.text import Analyzer


class Corpus:
    """Documents with text properties, whose ids are also what orders equal scores (unless `uuids` says otherwise)."""

    def __init__(self, analyzers: Mapping[str, Analyzer], k1: float = 1.2, b: float = 0.75) -> None:
        self.analyzers = analyzers
        self.postings = {name: Postings() for name in analyzers}
        self.uuids: list[int] = []
        self.settings = {"k1": k1, "b": b}

    def add(self, uuid: int, **properties: str | list[str]) -> None:
        for name, value in properties.items():
            texts = [value] if isinstance(value, str) else value
            tokens = [token for text in texts for token in self.analyzers[name].index(text)]
            self.postings[name].add(len(self.uuids), tokens)
        self.uuids.append(uuid)

    def fields(self, properties: Sequence[str]) -> list[Field]:
        boosts = dict(map(parse_boost, properties or list(self.postings)))
        return [Field(self.postings[name], self.analyzers[name], boost) for name, boost in boosts.items()]

    def search(self, query: str, properties: Sequence[str] = (), **options: object) -> list[Hit]:
        """Hits by uuid."""
        fields = self.fields(properties)
        found = search(fields, query, total=len(self.uuids), tie=self.uuids.__getitem__, **self.settings, **options)
        return [(self.uuids[document], score) for document, score in found]


def golden_corpus() -> Corpus:
    """The corpus of section 12.1."""
    result = Corpus({"body": Analyzer(), "title": Analyzer()})
    result.add(1, body="the quick brown fox", title="fox news")
    result.add(2, body="the quick brown fox jumps over the lazy dog", title="dogs and cats")
    result.add(3, body="lazy dog", title="")
    result.add(4, body="quick quick fox", title="quick start")
    result.add(5, body="brown bear eats the brown fox", title="bears")
    return result


def agree(hits: Sequence[tuple[int, float]], golden: str) -> None:
    """Assert that hits are those that a server printed as `id:value · id:value`."""
    expected = [tuple(part.split(":")) for part in golden.split(" · ")] if golden else []
    assert [document for document, _ in hits] == [int(document) for document, _ in expected]
    assert [value for _, value in hits] == pytest.approx([float(value) for _, value in expected], rel=1e-6, abs=2e-7)
