"""Keyword search: the tables of section 12.1, and the scores against their definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from search_corpus import Corpus, agree, golden_corpus

from weaviate_hl.lite.search.bm25 import explain, parse_boost
from weaviate_hl.lite.search.combine import autocut
from weaviate_hl.lite.search.text import Analyzer

FOX = "4:0.1544602 · 1:0.1403327 · 5:0.1186318 · 2:0.09629525"
DOG = "2:0.5697564 · 4:0.5310516 · 3:0.5226679 · 1:0.4032578 · 5:0.1186318"
GOLDEN = [
    ("fox", "body", {}, FOX),
    ("quick fox", "body", {}, "4:0.5310516 · 1:0.4032578 · 2:0.2767125 · 5:0.1186318"),
    ("brown brown", "body", {}, "5:0.629485 · 1:0.5258502 · 2:0.3608345"),
    ("lazy dog", "body", {}, "3:1.045336 · 2:0.5860878"),
    ("the", "body", {}, ""),
    ("zzz", "body", {}, ""),
    ("the FOX!", "body", {}, FOX),
    ("fox", "body^3", {}, "4:0.4633805 · 1:0.4209982 · 5:0.3558953 · 2:0.2888857"),
    ("fox", "body^3 body", {}, FOX),
    ("fox", "body^x", {}, "1:0 · 2:0 · 4:0 · 5:0"),
    ("fox", "", {}, "1:0.8249983 · 4:0.4700503 · 5:0.361018 · 2:0.2930439"),
    ("quick", "body title", {}, "4:1.009622 · 1:0.4270579 · 2:0.2930439"),
    (
        "quick fox dog",
        "body title^2",
        {},
        "4:1.877612 · 1:1.649997 · 2:0.8791317 · 3:0.5226679 · 5:0.361018",
    ),
    ("quick fox dog", "body", {}, DOG),
    ("quick fox dog", "body", {"minimum": 2}, "2:0.5697564 · 4:0.5310516 · 1:0.4032578"),
    ("quick fox dog", "body", {"minimum": 4}, ""),
    ("fox dog", "body title", {"minimum": 2}, "2:0.5860878"),
    ("the quick fox", "body", {"operator": "and"}, "4:0.5310516 · 1:0.4032578 · 2:0.2767125"),
    ("lazy dogs", "body title", {"operator": "and"}, ""),
    ("jumps dogs", "body title", {"operator": "and_cross"}, "2:0.9871615"),
    ("fox", "body", {"allow": np.array([False, False, True, True, True])}, "4:0.1544602 · 5:0.1186318"),
]


@pytest.mark.parametrize(("query", "properties", "options", "golden"), GOLDEN)
def test_golden(query: str, properties: str, options: dict[str, object], golden: str) -> None:
    agree(golden_corpus().search(query, properties.split(), **options), golden)


def test_autocut() -> None:
    assert autocut([score for _, score in golden_corpus().search("quick fox dog", ["body"])], 1) == 4


def test_settings() -> None:
    corpus = Corpus({"t": Analyzer()}, k1=2, b=0)
    corpus.add(1, t="a1 a1")
    corpus.add(2, t="a1 b1 b1 b1")
    agree(corpus.search("a1"), "1:0.09116078 · 2:0.06077385")


@pytest.mark.parametrize(
    ("query", "properties", "limit", "golden"),
    [
        ("alpha", "t", None, "8:0.4229518 · 9:0.4229518 · 7:0.3168454"),
        ("alpha", "t", 1, "9:0.4229518"),
        ("alpha", "l", None, "8:0.5048419 · 7:0.4529746 · 9:0.3574826"),
        ("gamma", "l", None, "7:0.6373429 · 9:0.5029841"),
        ("the Alpha", "w", None, "9:1.263378"),
        ("alpha", "t w", None, "8:1.37951 · 9:0.4229518 · 7:0.3168454"),
    ],
)
def test_lengths_lists_ties_tokenisations(query: str, properties: str, limit: int | None, golden: str) -> None:
    corpus = Corpus({"t": Analyzer(), "l": Analyzer(), "w": Analyzer("whitespace")})
    corpus.add(9, t="alpha beta", l=["alpha beta", "gamma"], w="Alpha the beta")
    corpus.add(8, t="alpha beta", l=["alpha"], w="alpha")
    corpus.add(7, t="alpha beta gamma delta", l=["gamma gamma", "alpha alpha"])
    corpus.add(6, t="!!!", l=[])
    corpus.add(5, t="", l=[""])
    corpus.add(4)
    corpus.add(3, t="the the the")
    agree(corpus.search(query, properties.split(), limit=limit), golden)


def test_explain() -> None:
    fields = golden_corpus().fields(["body", "title"])
    assert explain(fields, "quick fox", 3) == {"quick": (1, 2), "fox": (1, 3)}
    assert explain(fields, "quick fox", 2) == {}


def test_boosts() -> None:
    assert parse_boost("title^2.5") == ("title", 2.5)
    assert parse_boost("title") == ("title", 1.0)
    assert parse_boost("title^x") == ("title", 0.0)


def test_a_property_hands_in_its_best_alone() -> None:
    """Seen on the server: a document outside of a property's best limit + 10 gains nothing there."""
    corpus = Corpus({"a": Analyzer(), "b": Analyzer()})
    for uuid in range(30):
        corpus.add(uuid, a="x" + " pad" * uuid, b="x" + " pad" * (29 - uuid))
    whole = dict(corpus.search("x", ["a", "b"]))
    part = corpus.search("x", ["a", "b"], limit=1)
    assert part == [(0, pytest.approx(dict(corpus.search("x", ["a"]))[0], rel=1e-6))]
    assert part[0][1] < whole[0]
    assert corpus.search("x", ["a", "b"], operator="and_cross", limit=1)[0][1] == pytest.approx(max(whole.values()))


Text = st.lists(st.sampled_from(["x", "y", "z"]), max_size=5).map(" ".join)


@given(
    st.lists(st.tuples(Text, Text), min_size=1, max_size=8),
    Text,
    st.sampled_from([1.0, 0.5, 3.0]),
    st.sampled_from(["or", "and", "and_cross"]),
    st.integers(0, 3),
)
def test_scores_against_the_definition(
    documents: list[tuple[str, str]], query: str, boost: float, operator: str, minimum: int
) -> None:
    corpus = Corpus({"a": Analyzer(), "b": Analyzer()})
    for uuid, (a, b) in enumerate(documents):
        corpus.add(uuid, a=a, b=b)
    columns = {"a": [a.split() for a, _ in documents], "b": [b.split() for _, b in documents]}
    terms = query.split()
    expected: dict[int, float] = {}
    for uuid in range(len(documents)):
        everywhere = set(terms) <= {*columns["a"][uuid], *columns["b"][uuid]}
        for name, weight in {"a": boost, "b": 1.0}.items():
            own = columns[name][uuid]
            matched = len(set(own) & set(terms))
            needed = {"or": minimum, "and": len(set(terms)), "and_cross": 0 if everywhere else 9}[operator]
            if not matched or matched < needed:
                continue
            average = sum(map(len, columns[name])) / sum(map(bool, columns[name]))
            for term in terms:
                counts = [sum(term in tokens for tokens in column) for column in columns.values()]
                present = [count for count in counts if count]
                if not present:
                    continue
                n = sum(present) // len(present)
                idf = math.log(1 + (len(documents) - n + 0.5) / (n + 0.5))
                frequency = own.count(term)
                score = weight * idf * frequency / (frequency + 1.2 * (0.25 + 0.75 * len(own) / average))
                expected[uuid] = expected.get(uuid, 0.0) + score
    found = corpus.search(query, [f"a^{boost}", "b"], operator=operator, minimum=minimum)
    assert dict(found) == pytest.approx(expected, rel=1e-5)
    assert found == sorted(found, key=lambda hit: (-hit[1], hit[0]))
