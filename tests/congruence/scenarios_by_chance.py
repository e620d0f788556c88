"""Filters and keyword searches made by chance. The recording has the questions beside their answers."""

from __future__ import annotations

import random
from typing import Any

from .kit import C, It, each, floats, join, where

_WORDS = "alpha beta gamma delta the of Fox-Trot x1 épée ÄB zz".split()
_KINDS = ("word", "lowercase", "whitespace", "field", "trigram")
_TYPES = {
    **{kind: {"dataType": ["text"], "tokenization": kind} for kind in _KINDS},
    "l": "text[]",
    "i": "int",
    "n": "number",
}
_TYPES |= {"b": "boolean", "d": "date", "il": "int[]"}
_DAYS = [f"2020-0{month}-01T00:00:00{zone}" for month in (1, 2, 3) for zone in ("Z", "+02:00")]


def _text(chance: random.Random) -> str:
    joints = (" ", " ", ", ", "-", "  ")
    return "".join(chance.choice(_WORDS) + chance.choice(joints) for _ in range(chance.randint(1, 6)))


def _object(chance: random.Random) -> dict[str, Any]:
    own: dict[str, Any] = {kind: _text(chance) for kind in _KINDS}
    own |= {"l": [_text(chance) for _ in range(chance.randint(0, 3))], "i": chance.randint(-3, 3)}
    own |= {"n": chance.choice((-1.5, 0, 0.5, 2)), "b": chance.random() < 0.5, "d": chance.choice(_DAYS)}
    own["il"] = [chance.randint(0, 4) for _ in range(chance.randint(0, 3))]
    return {name: value for name, value in own.items() if chance.random() < 0.8}


def _filter(chance: random.Random, depth: int = 2) -> list[Any]:
    """A filter as JSON: an operator and its operands, or a property, an operator and a value."""
    if depth and chance.random() < 0.4:
        operator = chance.choice(("And", "Or", "Not"))
        return [operator, [_filter(chance, depth - 1) for _ in range(1 if operator == "Not" else chance.randint(1, 3))]]
    name = chance.choice(list(_TYPES))
    if chance.random() < 0.1:
        return [name, "IsNull", chance.random() < 0.5]
    values: dict[str, Any] = {
        "i": chance.randint(-3, 3),
        "il": chance.randint(0, 4),
        "n": chance.choice((0.0, 0.5, 1.0)),
    }
    values |= {"b": chance.random() < 0.5, "d": chance.choice(_DAYS)}
    value = values.get(name)
    operators = ["=", "!=", ">", ">=", "<", "<=", "ContainsAny", "ContainsAll", "ContainsNone"]
    if name in (*_KINDS, "l"):
        word = chance.choice(_WORDS)
        value = chance.choice((_text(chance), word, f"{word[:2]}*", f"*{word[1:]}", word.upper()))
        operators.append("Like")
    operator = chance.choice(operators)
    return [name, operator, [value] if operator.startswith("Contains") else value]


def _message(given: list[Any]) -> Any:
    return join(given[0], *map(_message, given[1])) if len(given) == 2 else where(*given)


@each("by chance", {f"filters {seed}": seed for seed in range(10)})
def _(it: It, seed: int) -> None:
    chance = random.Random(seed)
    objects, filters = it.cases(lambda: [[_object(chance) for _ in range(12)], [_filter(chance) for _ in range(40)]])
    it.create(invertedIndexConfig={"indexNullState": True}, **_TYPES)
    it.insert(C, dict(enumerate(objects, 1)))
    for given in filters:
        it.ids(filters=_message(given))


def _keywords(chance: random.Random) -> list[Any]:
    names = chance.sample([*_KINDS, "l"], chance.randint(0, 4))
    boosted = [f"{name}^{chance.choice((1, 2, 0.5))}" if chance.random() < 0.4 else name for name in names]
    operator = chance.choice((0, 1, 1, 2))
    minimum = chance.randint(0, 3) if operator == 1 else 0
    return [_text(chance), boosted, operator, minimum, chance.choice((3, 25))]


@each("by chance", {f"keywords {seed}": seed for seed in range(10)})
def _(it: It, seed: int) -> None:
    chance = random.Random(100 + seed)
    objects, queries = it.cases(lambda: [[_object(chance) for _ in range(12)], [_keywords(chance) for _ in range(25)]])
    it.create(**_TYPES)
    it.insert(C, dict(enumerate(objects, 1)))
    for text, names, operator, minimum, limit in queries:
        options = {"search_operator": {"operator": operator, "minimum_or_tokens_match": minimum}} if operator else {}
        search = {"query": text, "properties": names, **options}
        it.search(bm25_search=search, limit=limit, metadata={"uuid": True, "score": True})


def _hybrid(chance: random.Random) -> list[Any]:
    place = [chance.choice((-1.0, 0.5, 2.0)) for _ in range(3)]
    return [_text(chance), place, chance.choice((0, 0.3, 0.5, 0.8, 1)), chance.choice((1, 2)), chance.choice((2, 25))]


@each("by chance", {f"hybrid {seed}": seed for seed in range(4)})
def _(it: It, seed: int) -> None:
    chance = random.Random(200 + seed)

    def placed() -> dict[str, Any]:
        return {"t": _text(chance), "vector": [round(chance.uniform(-1, 1), 3) for _ in range(3)]}

    objects, queries = it.cases(lambda: [[placed() for _ in range(10)], [_hybrid(chance) for _ in range(15)]])
    it.create(t="text")
    it.insert(C, dict(enumerate(objects, 1)))
    for text, place, alpha, fusion, limit in queries:
        near = [{"vector_bytes": floats(*place), "type": 1}]
        it.search(hybrid_search={"query": text, "vectors": near, "alpha": alpha, "fusion_type": fusion}, limit=limit)
