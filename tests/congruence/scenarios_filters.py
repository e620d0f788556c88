"""Filters: every operator on every type and every tokenisation, and what is refused."""

from __future__ import annotations

from typing import Any

from .kit import PANIC, C, D, It, each, join, scenario, uuid, where

_TEXTS = ("Hello World!", "world, hello you", "Hello the World!", "hello-world", "", None, "Helloworld café")
_STATES = {"indexNullState": True, "indexPropertyLength": True, "indexTimestamps": True}
_VALUES = (
    "Hello World!",
    "hello world",
    "the hello",
    "the",
    "HELLO",
    "",
    "!!!",
    "hel* wor*",
    "h?llo",
    "h*d",
    "*",
    "caf?",
)
_LISTS = (["hello", "you"], ["Hello World!"], ["the", "hello"], ["hello world", "you"], ["the"], [])
_COMPARE = ("=", "!=", ">", ">=", "<", "<=")


@each("text filters", {kind: kind for kind in ("word", "lowercase", "whitespace", "field", "trigram")})
def _(it: It, tokenization: str) -> None:
    it.create(t={"dataType": ["text"], "tokenization": tokenization}, invertedIndexConfig=_STATES)
    it.insert(C, {n: {} if text is None else {"t": text} for n, text in enumerate(_TEXTS, 1)})
    for operator in (*_COMPARE, "Like"):
        for value in _VALUES:
            it.ids(filters=where("t", operator, value))
    for operator in ("ContainsAny", "ContainsAll", "ContainsNone"):
        for values in _LISTS:
            it.ids(filters=where("t", operator, values))
    for operator in _COMPARE:
        it.ids(filters=where("len(t)", operator, 12))
    for value in (True, False):
        it.ids(filters=where("t", "IsNull", value))
    for value in (0, 15, -1):
        it.ids(filters=where("len(t)", "=", value))


_OBJECTS: dict[int, dict[str, Any]] = {
    1: {
        "i": 1,
        "n": 1.5,
        "b": True,
        "d": "2020-01-01T00:00:00Z",
        "u": uuid(7),
        "il": [1, 2],
        "nl": [0.5],
        "bl": [True],
    },
    2: {"i": -2, "n": -2, "b": False, "d": "2020-01-01T05:00:00+05:00", "u": uuid(8), "il": [2], "bl": [True, False]},
    3: {"i": 10, "n": 1e10, "d": "2021-01-01T00:00:00.5Z", "il": [], "dl": ["2020-01-01T00:00:00Z"], "ul": [uuid(7)]},
    4: {"tl": ["red fox", "dog"], "g": {"latitude": 52.5, "longitude": 13.4}, "p": {"input": "+441612345000"}},
    5: {"tl": [], "g": {"latitude": 48.1, "longitude": 11.6}, "x": "aGVsbG8=", "nl": [], "o": {"a": 1}},
    6: {},
}
_PROPERTIES: dict[str, Any] = {
    "i": "int",
    "n": "number",
    "b": "boolean",
    "d": "date",
    "u": "uuid",
    "il": "int[]",
    "nl": "number[]",
    "bl": "boolean[]",
    "dl": "date[]",
    "ul": "uuid[]",
    "tl": "text[]",
    "g": "geoCoordinates",
    "p": "phoneNumber",
    "x": "blob",
    "o": {"dataType": ["object"], "nestedProperties": [{"name": "a", "dataType": ["int"]}]},
}
_OF: dict[str, list[Any]] = {
    "i": [1, 2.0, 1.5, "1", "x", True],
    "n": [1, 1.5, "1.5", "x", True],
    "b": [True, False, 1, "true"],
    "d": ["2020-01-01T00:00:00Z", "2021-01-01T00:00:00.5+00:00", "2020", 1],
    "u": [uuid(7), uuid(7).replace("-", ""), "nope", 1],
    "il": [1, 2, 9],
    "nl": [0.5, 1],
    "bl": [True, False],
    "dl": ["2020-01-01T01:00:00+01:00"],
    "ul": [uuid(7)],
    "tl": ["fox", "Fox dog", "red fox"],
    "g": [1, "x"],
    "p": ["x"],
    "x": ["aGVsbG8="],
    "o": [1],
    "_id": [uuid(3), uuid(3).upper(), "nope", 1],
    "_creationTimeUnix": ["2020-01-01T00:00:00Z", "2120-01-01T00:00:00Z", "1577836800000", 1],
    "_lastUpdateTimeUnix": ["2020-01-01T00:00:00Z"],
    "zz": [1],
}


def _fill(it: It, states: Any = _STATES) -> None:
    it.create(invertedIndexConfig=states, **_PROPERTIES)
    it.insert(C, _OBJECTS)


@each("filters by type", {name: name for name in _OF})
def _(it: It, name: str) -> None:
    _fill(it)
    for operator in (*_COMPARE, "Like"):
        for value in _OF[name]:
            if operator == "Like" and name not in ("tl", "u", "_id", "p", "x", "o", "zz", "g", "ul"):
                it.differs("`Like` on other types than text")
            if name == "g":
                it.differs(PANIC)
            it.ids(filters=where(name, operator, value))
    for operator in ("ContainsAny", "ContainsAll", "ContainsNone"):
        it.ids(filters=where(name, operator, _OF[name][:1]))
        it.ids(filters=where(name, operator, _OF[name][0]))
    if name == "g":
        it.differs(PANIC)
    it.ids(filters=where(name, "=", _OF[name][:1]))


@each("null states", {name: name for name in _PROPERTIES})
def _(it: It, name: str) -> None:
    _fill(it)
    for value in (True, False, 1):
        it.ids(filters=where(name, "IsNull", value))
    for operator, length in (("=", 0), ("=", 1), (">", 0), ("!=", 1)):
        it.ids(filters=where(f"len({name})", operator, length))


@scenario("filters")
def lists_of_values(it: It) -> None:
    _fill(it)
    for name, values in (
        ("i", [1, 10]),
        ("il", [1, 2]),
        ("n", [1.5, -2.0]),
        ("n", [1]),
        ("b", [True, False]),
        ("i", ["1"]),
    ):
        for operator in ("ContainsAny", "ContainsAll", "ContainsNone"):
            it.ids(filters=where(name, operator, values))
    it.ids(filters=where("d", "ContainsAny", ["2020-01-01T00:00:00Z"]))
    it.ids(filters=where("_id", "ContainsAny", [uuid(1), uuid(2)]))
    it.ids(filters=where("i", "ContainsAny", []))


@scenario("filters")
def joined(it: It) -> None:
    _fill(it)
    one, two = where("i", "=", 1), where("il", "=", 2)
    it.ids(filters=join("And", one, two))
    it.ids(filters=join("Or", one, two))
    it.ids(filters=join("Not", one))
    it.ids(filters=join("Not", join("Or", one, two)))
    it.ids(filters=join("And", join("Not", one), two))
    it.ids(filters=join("And"))
    it.ids(filters=join("Or"))
    it.ids(filters=join("Not"))
    it.ids(filters=join("Not", one, two))


@scenario("filters")
def without_indexes_for_them(it: It) -> None:
    it.create(
        t={"dataType": ["text"], "indexFilterable": False, "indexSearchable": False},
        s={"dataType": ["text"], "indexFilterable": False},
        n={"dataType": ["int"], "indexFilterable": False},
        r={"dataType": ["int"], "indexFilterable": False, "indexRangeFilters": True},
        g={"dataType": ["geoCoordinates"], "indexFilterable": False},
    )
    it.insert(C, {1: {"t": "x", "s": "x", "n": 1, "r": 1}, 2: {"n": 2, "r": 2}, 3: {}})
    for name, value in (("t", "x"), ("s", "x"), ("n", 1), ("r", 1)):
        for operator in ("=", "!=", ">="):
            it.ids(filters=where(name, operator, value))
        it.ids(filters=where(name, "IsNull", True))
        it.ids(filters=where(f"len({name})", "=", 1))
    it.ids(filters=join("Not", where("r", "=", 1)))
    it.ids(filters=where("r", "ContainsNone", [1]))
    it.ids(filters=where("_creationTimeUnix", ">", "2020-01-01T00:00:00Z"))
    it.ids(filters=where("g", "WithinGeoRange", {"latitude": 1, "longitude": 1, "distance": 1}))


@scenario("filters")
def states_of_later_properties(it: It) -> None:
    it.create(a="text", invertedIndexConfig=_STATES)
    it.insert(C, {1: {"a": "x"}})
    it.post(f"/schema/{C}/properties", {"name": "later", "dataType": ["text"]})
    it.insert(C, {2: {"later": "y"}, 3: {}})
    for operator, value in (("IsNull", True), ("IsNull", False), ("!=", "y"), ("=", "y")):
        it.ids(filters=where("later", operator, value))
    it.ids(filters=where("len(later)", "=", 0))


@each("places", {f"{distance} metres": float(distance) for distance in (0, 1, 450_000, 520_000, 10_000_000, -1)})
def _(it: It, distance: float) -> None:
    _fill(it)
    it.ids(
        filters=where("g", "WithinGeoRange", {"latitude": 52.5, "longitude": 13.4, "distance": distance}), ordered=False
    )


@scenario("filters")
def through_references(it: It) -> None:
    it.create(t="text", n="int")
    it.create(D, r=C, m={"dataType": [C, D]}, t="text")
    it.insert(C, {1: {"t": "fox", "n": 1}, 2: {"t": "dog", "n": 2}})
    link = [{"beacon": f"weaviate://localhost/{C}/{uuid(n)}"} for n in (1, 2)]
    it.insert(D, {1: {"r": link[:1]}, 2: {"r": link}, 3: {"r": []}, 4: {}, 5: {"m": link[1:]}})

    def through(name: str, inner: str, operator: str, value: Any, **more: Any) -> None:
        target = {"single_target": {"on": name, "target": {"property": inner}}}
        if more:
            target = {"multi_target": {"on": name, "target": {"property": inner}, **more}}
        it.ids(D, filters=where(target, operator, value))

    for operator in ("=", "!=", "Like"):
        through("r", "t", operator, "fox")
    through("r", "n", ">", 1)
    through("r", "_id", "=", uuid(2))
    through("m", "t", "=", "dog")
    through("m", "t", "=", "dog", target_collection=C)
    through("m", "t", "=", "dog", target_collection="CgNothing")
    through("r", "zz", "=", 1)
    through("t", "t", "=", 1)
    for operator, count in (("=", 0), (">", 0), ("=", 2), ("!=", 1)):
        it.ids(D, filters=where({"count": {"on": "r"}}, operator, count))
    it.ids(D, filters=where("r", "=", 1))
    it.ids(D, filters=where("r", "=", "x"))
    it.ids(D, filters=join("Not", where({"single_target": {"on": "r", "target": {"property": "t"}}}, "=", "fox")))


@scenario("filters")
def messages_without_sense(it: It) -> None:
    _fill(it)
    it.ids(filters={"operator": 1, "target": {"property": "i"}})
    it.ids(filters={"operator": 0, "target": {"property": "i"}, "value_int": 1})
    it.ids(filters={"operator": 1, "value_int": 1})
    it.ids(filters={"operator": 1, "on": ["i"], "value_int": 1})
    it.ids(filters=where("I", "=", 1))
    it.ids(filters=where("id", "=", uuid(1)))
    it.ids(filters=where("len(zz)", "=", 1))
    it.ids(filters=where("len(tl)", "=", "1"))
    it.ids(filters=where("len(tl)", "=", 1.5))
    it.ids(filters=where("len(tl)", "Like", 1))


@scenario("filters")
def stopwords_of_the_class(it: It) -> None:
    it.create(
        t="text",
        p={"dataType": ["text"], "textAnalyzer": {"stopwordPreset": "fr"}},
        f={"dataType": ["text"], "textAnalyzer": {"asciiFold": True}},
        invertedIndexConfig={
            "stopwords": {"preset": "en", "additions": ["fox"], "removals": ["the"]},
            "stopwordPresets": {"fr": ["le"]},
        },
    )
    it.insert(C, {1: {"t": "the fox", "p": "le fox", "f": "Café Æ"}, 2: {"t": "a dog", "p": "the dog", "f": "cafe"}})
    for name, value in (
        ("t", "the"),
        ("t", "fox"),
        ("t", "a dog"),
        ("p", "le"),
        ("p", "the"),
        ("f", "CAFE"),
        ("f", "é café"),
    ):
        it.ids(filters=where(name, "=", value))
        it.search(bm25_search={"query": value, "properties": [name]})


_WHERES: dict[str, dict[str, Any]] = {
    "an int as text": {"operator": "Equal", "path": ["i"], "valueText": "1"},
    "an int as number": {"operator": "Equal", "path": ["i"], "valueNumber": 1},
    "a number as int": {"operator": "Equal", "path": ["n"], "valueInt": 1},
    "a date as text": {"operator": "Equal", "path": ["d"], "valueText": "2020-01-01T00:00:00Z"},
    "a date": {"operator": "Equal", "path": ["d"], "valueDate": "2020-01-01T00:00:00Z"},
    "a string": {"operator": "Equal", "path": ["tl"], "valueString": "fox"},
    "a uuid": {"operator": "Equal", "path": ["u"], "valueText": uuid(7)},
    "a uuid as int": {"operator": "Equal", "path": ["u"], "valueInt": 7},
    "a boolean": {"operator": "Equal", "path": ["b"], "valueBoolean": False},
    "null by int": {"operator": "IsNull", "path": ["i"], "valueInt": 1},
    "null": {"operator": "IsNull", "path": ["i"], "valueBoolean": True},
    "a length": {"operator": "Equal", "path": ["len(tl)"], "valueInt": 2},
    "a length by text": {"operator": "Equal", "path": ["len(tl)"], "valueText": "2"},
    "a length by like": {"operator": "Like", "path": ["len(tl)"], "valueInt": 2},
    "a negative length": {"operator": "Equal", "path": ["len(tl)"], "valueInt": -1},
    "times": {"operator": "GreaterThan", "path": ["_creationTimeUnix"], "valueText": "1577836800000"},
    "times by date": {"operator": "GreaterThan", "path": ["_creationTimeUnix"], "valueDate": "2020-01-01T00:00:00Z"},
    "not": {"operator": "Not", "operands": [{"operator": "Equal", "path": ["i"], "valueInt": 1}]},
    "a place": {
        "operator": "WithinGeoRange",
        "path": ["g"],
        "valueGeoRange": {"geoCoordinates": {"latitude": 52.5, "longitude": 13.4}, "distance": {"max": 10}},
    },
    "an unknown value": {"operator": "Equal", "path": ["i"], "valueFoo": 1},
    "another type of json": {"operator": "GreaterThan", "path": ["i"], "valueInt": "x"},
    "a fraction as int": {"operator": "GreaterThan", "path": ["i"], "valueInt": 1.5},
    "one for a list": {"operator": "ContainsAny", "path": ["i"], "valueIntArray": 1},
    "a list for one": {"operator": "Equal", "path": ["i"], "valueInt": [1]},
    "like on numbers": {"operator": "Like", "path": ["i"], "valueInt": 1},
}


@each("where of rest", _WHERES)
def _(it: It, given: Any) -> None:
    _fill(it)
    if given["operator"] == "Like" and "valueInt" in given and "len" not in given["path"][0]:
        it.differs("`Like` on other types than text")
    it.delete("/batch/objects", {"match": {"class": C, "where": given}, "dryRun": True, "output": "verbose"})
