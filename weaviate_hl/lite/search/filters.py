"""Filters on text: what an operator and a value match in a property's inverted index.

Rule: a filter compares tokens, not texts. The value is cut as the property's texts are (and loses its stopwords, except
under `Like`), all its tokens must hold, each for some token of the document; a value without any token is refused.

- `text_filter(postings, analyzer, operator, value, every)`: ascending ids of the documents that match
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TypeVar

import numpy as np

from weaviate_hl.lite.search.postings import Postings
from weaviate_hl.lite.search.text import Analyzer
from weaviate_hl.lite.search.top import Documents

ONLY_STOPWORDS = (
    "invalid search term, only stopwords provided. Stopwords can be configured in class.invertedIndexConfig.stopwords"
)
T = TypeVar("T")

_COMPARISONS = {"LessThan": "<", "LessThanEqual": "<=", "GreaterThan": ">", "GreaterThanEqual": ">="}


class FilterError(ValueError):
    """A filter that the server refuses; the message is the server's."""


def text_filter(
    postings: Postings, analyzer: Analyzer, operator: str, value: str | Sequence[str], every: Documents
) -> Documents:
    """The documents that a filter on text matches.

    Args:
        postings: The property's index.
        analyzer: The property's analyzer.
        operator: As REST names it: Equal, NotEqual, Like, LessThan(Equal), GreaterThan(Equal), ContainsAny, ContainsAll
            or ContainsNone.
        value: One text; for the Contains family a list of them.
        every: All documents of the shard, ascending: the negative operators match those without the property too.

    Raises:
        FilterError: the value (for ContainsAny: every operand) has no token, or a list is empty.
    """
    if not isinstance(value, str):
        return _contains(postings, analyzer, operator, value, every)
    if operator == "Like":
        return postings.like(_some(analyzer.patterns(value)))
    tokens = _some(analyzer.query(value))
    if operator in _COMPARISONS:
        return postings.compare(_COMPARISONS[operator], tokens)
    if operator == "NotEqual":
        return np.setdiff1d(every, postings.any_equal(tokens), assume_unique=True)
    return postings.equal(tokens)


def _contains(
    postings: Postings, analyzer: Analyzer, operator: str, values: Sequence[str], every: Documents
) -> Documents:
    operands = [analyzer.query(value) for value in values]
    if operator == "ContainsAny":
        return reduce(np.union1d, map(postings.equal, _some([tokens for tokens in operands if tokens])))
    if not operands:
        raise FilterError(f'no children for operator "{"And" if operator == "ContainsAll" else "Or"}"')
    if empty := [position for position, tokens in enumerate(operands) if not tokens]:
        raise FilterError(f"nested query: nested clause at pos {empty[0]}: {ONLY_STOPWORDS}")
    found = map(postings.equal, operands)
    if operator == "ContainsAll":
        return reduce(np.intersect1d, found)
    return np.setdiff1d(every, reduce(np.union1d, found), assume_unique=True)


def _some(tokens: list[T]) -> list[T]:
    if not tokens:
        raise FilterError(ONLY_STOPWORDS)
    return tokens
