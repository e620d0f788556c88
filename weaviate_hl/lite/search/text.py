"""From text to tokens: the server's tokenisations, its stopword lists, accent folding, and the patterns of `Like`.

Rule: stored text is cut into tokens and nothing is thrown away; only what is searched for loses its stopwords, only
under the tokenisation `word`, and not in `Like`. An `Analyzer` holds a property's settings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

PRESETS: Mapping[str, frozenset[str]] = {
    "en": frozenset(
        "a an and are as at be but by for if in into is it no not of on or such that the their then there these they "
        "this to was will with".split()
    ),
    "none": frozenset(),
}
_DICTIONARIES = {"gse": "GSE", "gse_ch": "Chinese", "kagome_ja": "Japanese", "kagome_kr": "Korean"}

# Python calls the separators U+001C to U+001F white, the server does not; `_` is a letter to `\w`, not to the server.
_WHITE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_WORDS = re.compile(r"[^\W_]+")
_WORDS_AND_WILDCARDS = re.compile(r"(?:[^\W_]|[?*])+")
_UNSPACED = re.compile(f"[^{_WHITE}]+")
_TRIMMED = re.compile(f"^[{_WHITE}]+|[{_WHITE}]+$")

# What Unicode does not decompose into a letter and its accents.
_ONE_TO_ONE = zip(
    "ÐØðøĐđĦħıĸŁłŉŦŧſƀƁƇƈƊƑƒƓƗƘƙƝƞƤƥƬƭƲƳƴȤȺɃɆɇɈɉɌɍɎɏɓɗɠɦɨɱɲɽʂʋʐʠⱥⱳ",
    "DOdoDdHhikLlnTtsbBCcDFfGIKkNnPpTtVYyZABEeJjRrYybdghimnrsvzqaw",
    strict=True,
)
_ONE_TO_MORE = zip("ÆæÞþßẞĲĳŒœﬀﬁﬂﬃﬄﬅﬆ", "AE ae TH th ss SS IJ ij OE oe ff fi fl ffi ffl st st".split(), strict=True)
_FOLDED = str.maketrans(dict([*_ONE_TO_ONE, *_ONE_TO_MORE]))


def refusal(tokenization: str) -> str | None:
    """The server's text for a tokenisation that needs a dictionary; None for one that works here."""
    if (name := _DICTIONARIES.get(tokenization)) is None:
        return None
    return f"the {name} tokenizer is not enabled; set 'ENABLE_TOKENIZER_{tokenization.upper()}' to 'true' to enable"


def stopwords(
    preset: str = "en",
    additions: Collection[str] = (),
    removals: Collection[str] = (),
    presets: Mapping[str, Collection[str]] | None = None,
) -> frozenset[str]:
    """A list of stopwords: a preset (a class's own `presets` hide the built-in ones) with words added and removed.

    Words count as they are spelt: neither lower-cased nor folded, so an addition with a capital letter has no effect.
    """
    words = presets[preset] if presets and preset in presets else PRESETS[preset]
    return frozenset(words).difference(removals).union(additions)


def fold(text: str, ignore: Collection[str] = ()) -> str:
    """Letters without their accents, except those in `ignore` (which covers both cases of a letter)."""
    if text.isascii():
        return text
    kept = {variant for letter in map(_composed, ignore) for variant in (letter, letter.lower(), letter.upper())}
    if not kept:
        return _fold(text)
    return "".join(letter if letter in kept else _fold(letter) for letter in _composed(text))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _fold(text: str) -> str:
    bare = "".join(rune for rune in unicodedata.normalize("NFD", text) if unicodedata.category(rune) != "Mn")
    return _composed(bare).translate(_FOLDED)


def lower(text: str) -> str:
    """Lower case letter by letter, as the server does: without Python's final sigma and two-letter dotted i."""
    return text.lower() if text.isascii() else text.replace("Σ", "σ").replace("İ", "i").lower()  # noqa: RUF001


# How each tokenisation cuts a text; a `Like` filter keeps its wildcards, which only matters where `words` is asked.
_CUTS: Mapping[str, Callable[[str, re.Pattern[str]], list[str]]] = {
    "word": lambda text, words: words.findall(lower(text)),
    "lowercase": lambda text, words: _UNSPACED.findall(lower(text)),
    "whitespace": lambda text, words: _UNSPACED.findall(text),
    "field": lambda text, words: [_TRIMMED.sub("", text)],
    "trigram": lambda text, words: _trigrams("".join(words.findall(lower(text)))),
}


def _trigrams(letters: str) -> list[str]:
    return [letters[start : start + 3] for start in range(len(letters) - 2)]


@dataclass(frozen=True, slots=True)
class Analyzer:
    """How one text property is cut into tokens, and what is left out when it is searched.

    Attributes:
        tokenization: word, lowercase, whitespace, field or trigram; `""` means word.
        stopwords: Words left out of queries; without effect unless the tokenisation is word.
        ascii_fold: Whether accents are taken off stored and searched text alike.
        ascii_fold_ignore: Letters that keep their accents.
    """

    tokenization: str = "word"
    stopwords: frozenset[str] = PRESETS["en"]
    ascii_fold: bool = False
    ascii_fold_ignore: frozenset[str] = frozenset()

    def index(self, text: str) -> list[str]:
        """The tokens of a stored text, in order and with repetitions."""
        return self._cut(text, _WORDS)

    def query(self, text: str) -> list[str]:
        """The tokens to search for, in order and with repetitions; none if the text holds stopwords alone."""
        tokens = self._cut(text, _WORDS)
        if self.tokenization not in ("word", ""):
            return tokens
        return [token for token in tokens if token not in self.stopwords]

    def patterns(self, text: str) -> list[re.Pattern[str]]:
        """The patterns of a `Like` filter: each must match some token of a stored text whole (stopwords stay)."""
        return [wildcard(token) for token in self._cut(text, _WORDS_AND_WILDCARDS)]

    def _cut(self, text: str, words: re.Pattern[str]) -> list[str]:
        if self.ascii_fold:
            text = fold(text, self.ascii_fold_ignore)
        return _CUTS[self.tokenization or "word"](text, words)


def wildcard(pattern: str) -> re.Pattern[str]:
    """`?` is any one character, `*` any run of them, neither a line break; everything else is literal."""
    return re.compile("".join({"?": ".", "*": ".*"}.get(rune) or re.escape(rune) for rune in pattern))
