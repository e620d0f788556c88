"""Tokens, stopwords, folding and patterns, as the server's tokenize endpoint answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaviate_hl.lite.search.text import Analyzer, fold, refusal, stopwords, wildcard

SEPARATORS = "a\tb\nc\rd\x0be\x0cf\x85g\xa0h\u2003i\u3000j k"


@pytest.mark.parametrize(
    ("tokenization", "text", "tokens"),
    [
        ("word", "Hello, World! x_y a-b 2² café", ["hello", "world", "x", "y", "a", "b", "2²", "café"]),
        ("word", "e\u0301", ["e"]),
        ("word", "ΑΣ İ", ["ασ", "i"]),  # noqa: RUF001
        ("", "A b", ["a", "b"]),
        ("lowercase", " Hello,  WORLD! ", ["hello,", "world!"]),
        ("lowercase", "\x1cAB\x1c \u200bC", ["\x1cab\x1c", "\u200bc"]),
        ("whitespace", SEPARATORS, list("abcdefghijk")),
        ("field", "  A B ", ["A B"]),
        ("field", " ", [""]),
        ("field", "\x1cA", ["\x1cA"]),
        ("trigram", "Ab c-D", ["abc", "bcd"]),
        ("trigram", "a b", []),
        ("word", "!!!", []),
    ],
)
def test_tokens(tokenization: str, text: str, tokens: list[str]) -> None:
    assert Analyzer(tokenization).index(text) == tokens


def test_only_word_has_stopwords_and_only_in_queries() -> None:
    assert Analyzer().index("The fox") == ["the", "fox"]
    assert Analyzer().query("The fox the FOX") == ["fox", "fox"]
    assert Analyzer("").query("the") == []
    assert Analyzer("lowercase").query("The fox") == ["the", "fox"]
    assert [pattern.pattern for pattern in Analyzer().patterns("the f?x*")] == ["the", "f.x.*"]


def test_stopword_lists() -> None:
    assert {"the", "foo"} <= stopwords("en", ["foo"])
    assert "the" not in stopwords("en", [], ["the"])
    assert stopwords("none", ["x"]) == {"x"}
    assert stopwords("fr", presets={"fr": ["le"]}) == {"le"}
    assert stopwords("en", presets={"en": ["quick"]}) == {"quick"}
    # Spelt as given: neither case nor accents are adapted.
    assert Analyzer(stopwords=stopwords("none", ["Foo", "café"]), ascii_fold=True).query("foo café") == ["foo", "cafe"]
    with pytest.raises(KeyError):
        stopwords("xx")


@pytest.mark.parametrize(
    ("text", "ignore", "folded"),
    [
        ("Crème BRÛLÉE e\u0301 éÉ", ["é"], "Creme BRULÉE é éÉ"),
        ("Crème BRÛLÉE e\u0301 éÉ", [], "Creme BRULEE e eE"),
        ("éÉ", ["É"], "éÉ"),
        ("ß ẞ Æ æ Ø Ł ł", ["ß"], "ß SS AE ae O L l"),
        ("ñ n\u0303", ["n\u0303"], "ñ ñ"),
        ("ễ ê", ["ê"], "e ê"),
        ("ﬁ ﬆ Þ ŉ ǽ ẛ", [], "fi st TH n ae s"),
        ("한국 日本 ё", [], "한국 日本 е"),  # noqa: RUF001
        ("plain", ["a"], "plain"),
    ],
)
def test_fold(text: str, ignore: list[str], folded: str) -> None:
    assert fold(text, ignore) == folded


def test_fold_stored_and_searched_alike() -> None:
    analyzer = Analyzer("word", ascii_fold=True, ascii_fold_ignore=frozenset("é"))
    assert analyzer.index("Brûlée é") == analyzer.query("Brulée É") == ["brulée", "é"]
    assert analyzer.patterns("Brû*")[0].fullmatch("brulée")


@pytest.mark.parametrize(
    ("pattern", "token", "matches"),
    [
        ("h?llo", "hello", True),
        ("h?llo", "hllo", False),
        ("h*o", "ho", True),
        ("h*", "oh", False),
        ("*", "", True),
        ("a.b", "axb", False),
        (r"a\*", r"a\x", True),
        ("x?y", "x\ny", False),
        ("x*y", "x\ny", False),
        ("[abc]", "a", False),
    ],
)
def test_wildcards(pattern: str, token: str, matches: bool) -> None:
    assert bool(wildcard(pattern).fullmatch(token)) is matches


def test_refusals() -> None:
    assert refusal("word") is None
    assert refusal("gse") == "the GSE tokenizer is not enabled; set 'ENABLE_TOKENIZER_GSE' to 'true' to enable"
    assert refusal("kagome_ja") == (
        "the Japanese tokenizer is not enabled; set 'ENABLE_TOKENIZER_KAGOME_JA' to 'true' to enable"
    )


@given(st.text())
def test_tokens_of_tokens_are_themselves(text: str) -> None:
    for tokenization in ("word", "lowercase", "whitespace", "field"):
        for token in Analyzer(tokenization).index(text):
            assert Analyzer(tokenization).index(token) == [token]


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
