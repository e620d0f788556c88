"""A vectorizer that needs no model: texts become vectors of their words and of the letters in these.

Rule: the same text always has the same vector, on every machine; texts that share words or spellings are near, meanings
are not known. Each feature (a word, three letters of it) adds to one number, chosen by a checksum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zlib import crc32

from weaviate_hl.lite.search.text import Analyzer

DIMENSIONS = 256
_WORDS = Analyzer()


def embed(texts: Sequence[str]) -> list[list[float]]:
    """One vector for each text; zeros for a text without words."""
    return [_embed(text) for text in texts]


def _embed(text: str) -> list[float]:
    vector = [0.0] * DIMENSIONS
    for word in _WORDS.query(text):
        for feature, weight in _features(word):
            checksum = crc32(feature.encode())
            vector[checksum % DIMENSIONS] += weight if checksum >> 31 else -weight
    return vector


def _features(word: str) -> Iterator[tuple[str, float]]:
    """The word, which counts as much as all its runs of three letters together; ends count as letters."""
    yield word, 1.0
    padded = f"^{word}$"
    runs = len(padded) - 2
    for start in range(runs):
        yield padded[start : start + 3], 1 / runs
