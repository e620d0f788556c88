"""Keyword search over the inverted indexes of one shard: BM25F as the server's BlockMax computes it.

Rule: each property is searched by itself, must satisfy the operator by itself and hands in its best documents; a score
is the sum of what the properties handed in. Properties that share an analyzer also share the rarity of a term. Filters
change who is found, never a score.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weaviate_hl.lite.search.postings import Postings
from weaviate_hl.lite.search.text import Analyzer
from weaviate_hl.lite.search.top import Allow, top

Operator = Literal["or", "and", "and_cross"]
Hit = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Field:
    """A property to search: its index, the analyzer that cuts the query for it, and how much it counts."""

    postings: Postings
    analyzer: Analyzer
    boost: float = 1.0


def parse_boost(name: str) -> tuple[str, float]:
    """`title^2` is property title with boost 2; a boost that is no number is 0, which still finds but scores 0."""
    name, caret, boost = name.partition("^")
    try:
        return name, float(boost) if caret else 1.0
    except ValueError:
        return name, 0.0


def search(
    fields: Sequence[Field],
    query: str,
    *,
    total: int,
    k1: float = 1.2,
    b: float = 0.75,
    operator: Operator = "or",
    minimum: int = 0,
    allow: Allow | None = None,
    limit: int | None = None,
    tie: Callable[[int], Any] | None = None,
) -> list[Hit]:
    """The best documents for a query, as (document, score), best first.

    Of several properties each hands in only max(limit + 10, 1.1 * limit) documents (all of them for "and_cross"), as on
    the server: a document may lack what it would have gained where it is far from the top. Without a limit every score
    is complete.

    Args:
        fields: The properties to search, each once.
        query: Text, cut by each property's analyzer.
        total: How many objects the shard holds, with or without these properties.
        k1: How much repetitions of a term still add.
        b: How much its length is held against a property.
        operator: "or" wants `minimum` distinct terms in one property, "and" all of them in one property, "and_cross"
            all of them in the properties taken together, which must then share their analyzer.
        minimum: For "or"; 0 is as good as 1.
        allow: The documents that a filter leaves.
        limit: How many to return; of equal scores at the cut those with the lowest ids stay.
        tie: What orders those who stayed with equal scores (the kernel passes their uuid); if not given, their id.
    """
    size = max((field.postings.size for field in fields), default=0)
    allowed = np.full(size, True)
    if allow is not None:
        allowed[: len(allow)] = allow[:size]
    whole = limit is None or len(fields) == 1 or operator == "and_cross"
    share = None if limit is None or whole else max(limit + 10, limit * 11 // 10)
    # The server counts in 64 bits within a property, and in 32 bits (its settings too) everywhere else.
    k1, b = float(np.float32(k1)), float(np.float32(b))
    scores = np.zeros(size, np.float32)
    found = np.zeros(size, bool)
    groups: dict[Analyzer, list[Field]] = {}
    for field in fields:
        groups.setdefault(field.analyzer, []).append(field)
    for analyzer, group in groups.items():
        terms = Counter(analyzer.query(query))
        if not terms:
            continue
        needed = max(minimum, 1) if operator == "or" else len(terms)
        eligible = allowed
        if operator == "and_cross":
            needed, eligible = 1, allowed & _everywhere(group, terms, size)
        weights = {term: repetitions * _rarity(group, term, total) for term, repetitions in terms.items()}
        for field in group:
            gained, matched = _score(field, weights, k1, b, size)
            documents = np.flatnonzero((matched >= needed) & eligible)
            gains = gained[documents].astype(np.float32)
            handed_in = top(-gains, documents, share)
            scores[documents[handed_in]] += gains[handed_in]
            found[documents[handed_in]] = True
    documents = np.flatnonzero(found)
    best = documents[top(-scores[documents], documents, limit)]
    hits = list(zip(best.tolist(), scores[best].tolist(), strict=True))
    return sorted(hits, key=lambda hit: (-hit[1], tie(hit[0]))) if tie else hits


def _score(
    field: Field, weights: dict[str, float], k1: float, b: float, size: int
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """What each document gains in one property, and how many of the terms it has there."""
    gained = np.zeros(size)
    matched = np.zeros(size, np.int32)
    boost = float(np.float32(field.boost))
    for term, weight in weights.items():
        documents, frequencies = field.postings.occurrences(term)
        if len(documents):
            relative = field.postings.lengths(documents) / field.postings.average_length
            gained[documents] += boost * weight * frequencies / (frequencies + k1 * (1 - b + b * relative))
            matched[documents] += 1
    return gained, matched


def _rarity(fields: Sequence[Field], term: str, total: int) -> float:
    """The idf of a term; its document frequency is the mean over the properties that have it, as a whole number."""
    present = [count for field in fields if (count := field.postings.document_frequency(term))]
    mean = sum(present) // max(len(present), 1)
    return math.log(1 + (total - mean + 0.5) / (mean + 0.5))


def _everywhere(fields: Sequence[Field], terms: Counter[str], size: int) -> NDArray[np.bool_]:
    """Which documents have all the terms, each in some property."""
    result = np.full(size, True)
    for term in terms:
        somewhere = np.zeros(size, bool)
        for field in fields:
            somewhere[field.postings.occurrences(term)[0]] = True
        result &= somewhere
    return result


def explain(fields: Sequence[Field], query: str, document: int) -> dict[str, tuple[int, int]]:
    """Frequency and property length of each term that a document has; of several properties the last that has it."""
    return {
        term: (frequency, int(field.postings.lengths(np.array([document]))[0]))
        for field in fields
        for term in dict.fromkeys(field.analyzer.query(query))
        if (frequency := field.postings.frequency(term, document))
    }
