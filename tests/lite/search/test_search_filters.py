"""Filters on text: the table of section 12.7, and the inverted index against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaviate_hl.lite.search.filters import ONLY_STOPWORDS, FilterError, text_filter
from weaviate_hl.lite.search.postings import Postings
from weaviate_hl.lite.search.text import Analyzer

TEXTS = {1: "Hello World!", 2: "world, hello you", 3: "Hello the World!", 4: "hello-world", 5: "", 7: "Helloworld café"}
TOKENIZATIONS = ["word", "lowercase", "whitespace", "field", "trigram"]
GOLDEN = """
Equal `Hello World!` | 1234 | 13 | 13 | 1 | 147
Equal `hello world` | 1234 | - | - | - | 147
Equal `the hello` | 1234 | 3 | - | - | -
Equal `the` | error | 3 | 3 | - | 3
Equal `HELLO` | 1234 | 123 | - | - | 12347
Equal `` | error | error | error | 5 | error
Equal `!!!` | error | - | - | - | error
NotEqual `Hello World!` | 567 | 4567 | 24567 | 234567 | 56
NotEqual `hello world` | 567 | 4567 | 134567 | 1234567 | 56
NotEqual `the hello` | 567 | 4567 | 14567 | 1234567 | 56
NotEqual `the` | error | 124567 | 124567 | 1234567 | 124567
Like `hel*` | 12347 | 12347 | 24 | 4 | 12347
Like `*orl*` | 12347 | 12347 | 12347 | 12347 | 12347
Like `h?llo` | 1234 | 123 | 2 | - | 12347
Like `Hello World!` | 1234 | 13 | 13 | 1 | 147
Like `h*d` | 7 | 47 | 4 | 4 | -
Like `*` | 12347 | 12347 | 12347 | 123457 | error
Like `hel* wor*` | 1234 | 123 | 2 | - | 147
Like `the*` | 3 | 3 | 3 | - | 3
Like `caf?` | 7 | 7 | 7 | - | 7
GreaterThan `h` | 12347 | 12347 | 234 | 24 | error
GreaterThanEqual `hello` | 12347 | 12347 | 234 | 24 | 12347
LessThan `hello` | 7 | 7 | 137 | 1357 | 27
LessThanEqual `hello` | 12347 | 1237 | 1237 | 1357 | 12347
GreaterThan `hello world` | 2 | 123 | 2 | 24 | 2
GreaterThan `Hello` | 12347 | 12347 | 12347 | 12347 | 12347
ContainsAny `hello`, `you` | 1234 | 123 | 2 | - | 12347
ContainsAny `Hello World!` | 1234 | 13 | 13 | 1 | 147
ContainsAny `the`, `hello` | 1234 | 123 | 23 | - | 12347
ContainsAny `hello world`, `you` | 1234 | 2 | 2 | - | 1247
ContainsAll `hello`, `you` | 2 | 2 | 2 | - | 2
ContainsAll `Hello World!` | 1234 | 13 | 13 | 1 | 147
ContainsAll `the`, `hello` | error | 3 | - | - | 3
ContainsAll `hello world`, `you` | 2 | - | - | - | -
ContainsNone `hello`, `you` | 567 | 4567 | 134567 | 1234567 | 56
ContainsNone `Hello World!` | 567 | 24567 | 24567 | 234567 | 2356
ContainsNone `the`, `hello` | error | 4567 | 14567 | 1234567 | 56
ContainsNone `hello world`, `you` | 567 | 134567 | 134567 | 1234567 | 356
"""


def _index(analyzer: Analyzer) -> Postings:
    postings = Postings()
    for document, text in TEXTS.items():
        postings.add(document, analyzer.index(text))
    return postings


@pytest.mark.parametrize("line", GOLDEN.strip().splitlines())
def test_golden(line: str) -> None:
    request, *expected = line.split(" | ")
    operator, _, given = request.partition(" ")
    operands = [operand.strip("`") for operand in given.split(", ")]
    value = operands if operator.startswith("Contains") else operands[0]
    for tokenization, matches in zip(TOKENIZATIONS, expected, strict=True):
        analyzer = Analyzer(tokenization)
        try:
            found = text_filter(_index(analyzer), analyzer, operator, value, np.arange(1, 8))
        except FilterError as error:
            assert ONLY_STOPWORDS in str(error)
            assert matches == "error", tokenization
        else:
            assert "".join(map(str, found)) == matches.replace("-", ""), tokenization


@pytest.mark.parametrize(
    ("operator", "value", "message"),
    [
        ("ContainsAny", [], ONLY_STOPWORDS),
        ("ContainsAll", [], 'no children for operator "And"'),
        ("ContainsNone", [], 'no children for operator "Or"'),
        ("ContainsAll", ["hello", "the"], f"nested query: nested clause at pos 1: {ONLY_STOPWORDS}"),
    ],
)
def test_refusals(operator: str, value: list[str], message: str) -> None:
    with pytest.raises(FilterError) as error:
        text_filter(Postings(), Analyzer(), operator, value, np.arange(3))
    assert str(error.value) == message


Tokens = st.lists(st.sampled_from("abc"), max_size=4)


@given(st.lists(Tokens, max_size=8), st.lists(st.tuples(st.integers(0, 7), Tokens), max_size=12))
def test_adding_and_removing_equals_building_afresh(
    texts: list[list[str]], writes: list[tuple[int, list[str]]]
) -> None:
    index = Postings()
    now = dict(enumerate(texts))
    for document, tokens in now.items():
        index.add(document, tokens)
    for document, tokens in writes:
        index.remove(document, now.pop(document, []))
        index.add(document, tokens)
        now[document] = tokens
    every = np.arange(8)
    having = [document for document in sorted(now) if now[document]]
    assert index.count == len(having)
    if having:
        assert index.average_length == sum(map(len, now.values())) / len(having)
        assert list(index.lengths(np.array(having))) == [len(now[document]) for document in having]
    for term in "abc":
        documents, frequencies = index.occurrences(term)
        assert list(documents) == [document for document in having if term in now[document]]
        assert list(frequencies) == [now[document].count(term) for document in documents]
        assert index.document_frequency(term) == len(documents)
        assert [index.frequency(term, document) for document in having] == [now[d].count(term) for d in having]
    assert list(index.equal("ab")) == [document for document in having if {"a", "b"} <= set(now[document])]
    for comparison, wanted in {"<": "a", "<=": "ab", ">": "c", ">=": "bc"}.items():
        assert list(index.compare(comparison, "b")) == [d for d in having if set(wanted) & set(now[d])]
    differs = text_filter(index, Analyzer("field"), "NotEqual", "a", every)
    assert list(differs) == [document for document in range(8) if "a" not in now.get(document, [])]
