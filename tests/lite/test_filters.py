"""Filters: the golden table of text filters, then every other type, references and the refusals."""

from __future__ import annotations

from typing import Any

import pytest
from lite_kit import Lite, Start, join, uuid, where
from weaviate_gen.grpc.v1 import base_pb2 as base

from weaviate_hl.lite.filters import STOPWORDS_ONLY

TOKENIZATIONS = ("word", "lowercase", "whitespace", "field", "trigram")
TEXTS = {
    1: "Hello World!",
    2: "world, hello you",
    3: "Hello the World!",
    4: "hello-world",
    5: "",
    7: "Helloworld café",
}

# What a running 1.38.11 answers: the ids that match, `-` for none, `error` for the refusal of stopwords alone.
GOLDEN = """\
Equal Hello World!|1234|13|13|1|147
Equal hello world|1234|-|-|-|147
Equal the hello|1234|3|-|-|-
Equal the|error|3|3|-|3
Equal HELLO|1234|123|-|-|12347
Equal ""|error|error|error|5|error
Equal !!!|error|-|-|-|error
NotEqual Hello World!|567|4567|24567|234567|56
NotEqual hello world|567|4567|134567|1234567|56
NotEqual the hello|567|4567|14567|1234567|56
NotEqual the|error|124567|124567|1234567|124567
Like hel*|12347|12347|24|4|12347
Like *orl*|12347|12347|12347|12347|12347
Like h?llo|1234|123|2|-|12347
Like Hello World!|1234|13|13|1|147
Like h*d|7|47|4|4|-
Like *|12347|12347|12347|123457|error
Like hel* wor*|1234|123|2|-|147
Like the*|3|3|3|-|3
Like caf?|7|7|7|-|7
> h|12347|12347|234|24|error
>= hello|12347|12347|234|24|12347
< hello|7|7|137|1357|27
<= hello|12347|1237|1237|1357|12347
> hello world|2|123|2|24|2
> Hello|12347|12347|12347|12347|12347
ContainsAny [hello, you]|1234|123|2|-|12347
ContainsAny [Hello World!]|1234|13|13|1|147
ContainsAny [the, hello]|1234|123|23|-|12347
ContainsAny [hello world, you]|1234|2|2|-|1247
ContainsAll [hello, you]|2|2|2|-|2
ContainsAll [Hello World!]|1234|13|13|1|147
ContainsAll [the, hello]|error|3|-|-|3
ContainsAll [hello world, you]|2|-|-|-|-
ContainsNone [hello, you]|567|4567|134567|1234567|56
ContainsNone [Hello World!]|567|24567|24567|234567|2356
ContainsNone [the, hello]|error|4567|14567|1234567|56
ContainsNone [hello world, you]|567|134567|134567|1234567|356
IsNull true|56|56|56|56|56
len = 0|56|56|56|56|56
len = 15|7|7|7|7|7
len != 12|234567|234567|234567|234567|234567
"""
ROWS = [
    (*row.split("|")[:1], tokenization, found)
    for row in GOLDEN.splitlines()
    for tokenization, found in zip(TOKENIZATIONS, row.split("|")[1:], strict=True)
]


@pytest.fixture(scope="module")
def texts() -> Any:
    from weaviate_hl.lite import Engine

    with Engine(environ={}, settings={"AUTOSCHEMA_ENABLED": False}) as engine:
        lite = Lite(engine)
        properties = {name: {"dataType": ["text"], "tokenization": name} for name in TOKENIZATIONS}
        lite.create("T", properties, invertedIndexConfig={"indexNullState": True, "indexPropertyLength": True})
        for n in range(1, 8):
            lite.insert("T", n, dict.fromkeys(TOKENIZATIONS, TEXTS[n]) if n in TEXTS else {})
        yield lite


def _filter(text: str, prop: str) -> Any:
    """A filter as the table spells it."""
    operator, _, rest = text.partition(" ")
    if operator == "IsNull":
        return where(prop, operator, rest == "true")
    if operator == "len":
        comparison, _, number = rest.partition(" ")
        return where(f"len({prop})", {"=": "Equal", "!=": "NotEqual"}[comparison], int(number))
    if operator.startswith("Contains"):
        return where(prop, operator, rest.strip("[]").split(", ") if "Hello World" not in rest else ["Hello World!"])
    return where(prop, operator, "" if rest == '""' else rest)


@pytest.mark.parametrize(("text", "tokenization", "found"), ROWS)
def test_text(texts: Lite, text: str, tokenization: str, found: str) -> None:
    node = _filter(text.strip(), tokenization)
    if found.strip() == "error":
        assert STOPWORDS_ONLY in texts.no_search("T", filters=node)
    else:
        assert "".join(map(str, texts.ids("T", filters=node))) == found.strip().replace("-", "")


# Other types.

VALUES = {
    1: {
        "i": 1,
        "n": 1.5,
        "b": True,
        "d": "2020-01-01T00:00:00Z",
        "u": uuid(1),
        "il": [1, 2],
        "g": (1, 1),
        "tl": ["x y", "z"],
    },
    2: {"i": 2, "n": 2, "b": False, "d": "2021-01-01T00:00:00+02:00", "u": uuid(2), "il": [], "g": (50, 1), "y": 2},
    3: {},
    4: {"n": -3.5, "tl": []},
}
EVE = "2020-12-31T22:00:00Z"


@pytest.fixture
def typed(lite: Lite) -> Lite:
    kinds = {"i": "int", "n": "number", "b": "boolean", "d": "date", "u": "uuid", "il": "int[]", "tl": "text[]"}
    kinds |= {"g": "geoCoordinates", "bb": "blob", "r": "A", "t": "text"}
    properties: dict[str, Any] = {
        **kinds,
        "x": {"dataType": ["int"], "indexFilterable": False},
        "y": {"dataType": ["int"], "indexFilterable": False, "indexRangeFilters": True},
        "o": {"dataType": ["object"], "nestedProperties": [{"name": "a", "dataType": ["int"]}]},
    }
    flags = dict.fromkeys(("indexNullState", "indexPropertyLength", "indexTimestamps"), True)
    lite.create("A", properties, invertedIndexConfig=flags)
    for n, values in VALUES.items():
        given: dict[str, Any] = dict(values)
        if "g" in given:
            given["g"] = dict(zip(("latitude", "longitude"), given["g"], strict=True))
        lite.insert("A", n, given)
    for source, targets in ((2, [1]), (4, [1, 2])):
        beacons = [{"beacon": f"weaviate://localhost/A/{uuid(n)}"} for n in targets]
        lite.ok("PUT", f"/objects/A/{uuid(source)}/references/r", beacons)
    return lite


def single(target: Any) -> Any:
    """Behind the reference `r`."""
    inner = base.FilterTarget(property=target) if isinstance(target, str) else target
    return base.FilterTarget(single_target=base.FilterReferenceSingleTarget(on="r", target=inner))


COUNT = base.FilterTarget(count=base.FilterReferenceCount(on="r"))


@pytest.mark.parametrize(
    ("target", "operator", "value", "found"),
    [
        ("i", "Equal", 1, [1]),
        ("i", "Equal", "1", [1]),
        ("i", "Equal", 2.0, [2]),
        ("i", "NotEqual", 1, [2, 3, 4]),
        ("y", "NotEqual", 1, [2]),
        ("n", ">", 1, [1, 2]),
        ("n", ">=", 2.0, [2]),
        ("n", "<", 1.6, [1, 4]),
        ("b", "Equal", False, [2]),
        ("b", "<", True, [2]),
        ("d", "Equal", EVE, [2]),
        ("d", "<", EVE, [1]),
        ("u", "Equal", uuid(2).replace("-", ""), [2]),
        ("u", ">", uuid(1), [2]),
        ("il", "Equal", 2, [1]),
        ("il", "ContainsAll", [1, 2], [1]),
        ("il", "ContainsNone", [1], [2, 3, 4]),
        ("n", "ContainsAny", [2, 7], [2]),
        ("tl", "Equal", "x", [1]),
        ("g", "Geo", (1.0, 1.01, 2000.0), [1]),
        ("g", "Geo", (1.0, 1.01, 1e7), [1, 2]),
        ("g", "Geo", (1.0, 1.0, -1.0), []),
        ("i", "IsNull", True, [3, 4]),
        ("tl", "IsNull", True, [2, 3, 4]),
        ("r", "IsNull", False, [2, 4]),
        ("g", "IsNull", True, []),
        ("len(il)", "Equal", 2, [1]),
        ("len(il)", "Equal", 0, [2, 3, 4]),
        ("len(r)", ">=", 1, [2, 4]),
        ("len(u)", "NotEqual", 1, [1, 2, 3, 4]),
        ("_id", "Equal", uuid(3), [3]),
        ("_id", "Equal", "zz", []),
        ("_id", "NotEqual", "zz", [1, 2, 3, 4]),
        ("_id", "ContainsAny", [uuid(1), uuid(4)], [1, 4]),
        ("_id", "Like", "*-00000000000?", [1, 2, 3, 4]),
        ("_id", "<=", uuid(2), [1, 2]),
        ("_creationTimeUnix", ">", "2020-01-01T00:00:00Z", [1, 2, 3, 4]),
        ("_lastUpdateTimeUnix", "<", "2020-01-01T00:00:00Z", []),
        ("r", "Equal", 0, [1, 3]),
        (COUNT, ">", 1, [4]),
        (single("i"), "Equal", 1, [2, 4]),
        (single("i"), "NotEqual", 1, [4]),
        (single("_id"), "Equal", uuid(2), [4]),
        (single(single("i")), "Equal", 1, [4]),
        (single(COUNT), "Equal", 1, [4]),
    ],
)
def test_values(typed: Lite, target: Any, operator: str, value: Any, found: list[int]) -> None:
    assert sorted(typed.ids("A", filters=where(target, operator, value))) == found


@pytest.mark.parametrize(
    ("target", "operator", "value", "text"),
    [
        ("t", "Equal", 1, "expected value to be string, got 'int'"),
        ("t", "Equal", ["a"], "expected value to be string, got '[]string'"),
        ("t", "ContainsAny", "a", "value type should be []string but is string"),
        ("t", "ContainsAny", [], STOPWORDS_ONLY),
        ("t", "ContainsAll", [], 'no children for operator "And"'),
        ("t", "ContainsNone", [], 'no children for operator "Or"'),
        ("t", "ContainsAll", ["the"], "nested query: nested clause at pos 0: " + STOPWORDS_ONLY),
        ("i", "Equal", "a", "expected an integer value, but could not parse string 'a' as int"),
        ("i", "Equal", 1.5, "filtering for integer, but received a floating point number 1.5"),
        ("i", "Equal", True, "expected value to be int, got bool"),
        ("i", "ContainsAny", 1, "value type should be []int but is int"),
        ("i", "Like", 1, "operator Like is not supported on int properties"),
        ("n", "Equal", "a", "expected a number value, but could not parse string 'a' as float"),
        ("b", "Equal", "x", "expected value to be bool, got string"),
        ("d", "Equal", "a", 'trying parse time as RFC3339 string: parsing time "a"'),
        ("d", "Equal", 1, "expected value to be time.Time (or parseable string), got int"),
        ("u", "Equal", "a", "parse uuid filter value: invalid UUID length: 1"),
        ("u", "Equal", 1, "expected uuid filter value to be a string, got int"),
        ("u", "Like", "a", 'operator "Like" cannot be used on uuid/uuid[] props'),
        ("bb", "Equal", "a", 'data type "blob" not supported in query'),
        ("i", "IsNull", 1, "expected value to be bool, got int"),
        ("x", "Equal", 1, "Filtering by property 'x' requires inverted index. Is `indexFilterable` option"),
        ("x", "IsNull", True, "bucket for prop x_nullState not found - is it indexed?"),
        ("len(i)", "Equal", 1, "bucket for prop i_propertyLength not found - is it indexed?"),
        (
            "len(t)",
            "Like",
            1,
            "Filtering for property length supports operators (not) equal and greater/less than (equal), got 10",
        ),
        ("len(t)", "Equal", -1, "Can only filter for positive property length got -1 instead"),
        ("o", "Equal", 1, "filtering on nested properties is a preview feature"),
        ("zz", "Equal", 1, "no such prop with name 'zz' found in class 'A' in the schema"),
        ("id", "Equal", "a", "no such prop with name 'id'"),
        ("T", "Equal", "a", "no such prop with name 'T'"),
        ("_creationTimeUnix", "Equal", 1, "expected value to be string or time.Time, got 'int'"),
        (single("zz"), "Equal", 1, "no such prop with name 'zz'"),
    ],
)
def test_values_that_are_refused(typed: Lite, target: Any, operator: str, value: Any, text: str) -> None:
    assert text in typed.no_search("A", filters=where(target, operator, value))


def test_switches_that_are_off(lite: Lite) -> None:
    lite.create("A", {"t": "text"})
    for target, operator, value, text in (
        ("t", "IsNull", True, "Nullstate must be indexed to be filterable!"),
        ("len(t)", "Equal", 1, "Property length must be indexed to be filterable!"),
        ("_creationTimeUnix", "Equal", "2020-01-01T00:00:00Z", "Timestamps must be indexed to be filterable!"),
    ):
        assert text in lite.no_search("A", filters=where(target, operator, value))


def test_joins(typed: Lite) -> None:
    one, positive = where("i", "Equal", 1), where("n", ">", 0)
    assert typed.ids("A", filters=join("And", one, positive)) == [1]
    assert typed.ids("A", filters=join("Or", one, positive)) == [1, 2]
    assert typed.ids("A", filters=join("Not", one)) == [2, 3, 4]
    assert typed.ids("A", filters=join("And", join("Not", one), positive)) == [2]
    assert 'no children for operator "And"' in typed.no_search("A", filters=join("And"))
    assert 'too many children for operator "Not". Expected 1, given 2' in typed.no_search(
        "A", filters=join("Not", one, one)
    )


def test_messages_that_lack_something(typed: Lite) -> None:
    assert typed.no_search("A", filters=base.Filters()) == "unknown filter operator OPERATOR_UNSPECIFIED"
    bare = base.Filters(operator=1, target=base.FilterTarget(property="t"))
    assert typed.no_search("A", filters=bare) == "unknown value type <nil>"
    assert "paths needs to have a uneven number of components" in typed.no_search(
        "A", filters=base.Filters(operator=1, value_int=1)
    )


def test_filters_follow_every_write(lite: Lite) -> None:
    lite.create("A", {"t": "text", "i": "int"}, invertedIndexConfig={"indexNullState": True})
    red, none = {"filters": where("t", "Equal", "red")}, {"filters": where("t", "IsNull", True)}
    assert lite.ids("A", **red) == lite.ids("A", **none) == []
    for n in (1, 2, 3):
        lite.insert("A", n, {"t": "red", "i": n})
    assert lite.ids("A", **red) == [1, 2, 3]
    lite.ok("PATCH", f"/objects/A/{uuid(1)}", {"properties": {"t": "blue"}})
    lite.ok("PATCH", f"/objects/A/{uuid(2)}", {"properties": {"t": None}})
    assert (lite.ids("A", **red), lite.ids("A", **none)) == ([3], [2])
    lite.ok("DELETE", f"/objects/A/{uuid(3)}")
    assert lite.ids("A", **red) == []
    assert lite.ids("A", filters=where("t", "NotEqual", "red")) == [1, 2]


def test_a_property_that_came_later(lite: Lite) -> None:
    lite.create("A", {"t": "text"}, invertedIndexConfig={"indexNullState": True, "indexPropertyLength": True})
    lite.insert("A", 1)
    lite.ok("POST", "/schema/A/properties", {"name": "late", "dataType": ["text"]})
    lite.insert("A", 2)
    assert lite.ids("A", filters=where("late", "IsNull", True)) == [2]
    assert lite.ids("A", filters=where("late", "IsNull", False)) == []
    assert lite.ids("A", filters=where("len(late)", "Equal", 0)) == [2]


def test_many_rows_die(start: Start) -> None:
    lite = start()
    for n in range(30):
        lite.insert("A", n, {"t": "x"})
    index = lite.engine.catalogue.collections["A"].only_shard()
    assert len(lite.ids("A", filters=where("t", "Equal", "x"))) == 30
    for _ in range(40):
        for n in range(30):
            lite.ok("PATCH", f"/objects/A/{uuid(n)}", {"properties": {"t": f"y{n}"}})
    assert lite.ids("A", filters=where("t", "Equal", "y7")) == [7]
    assert index.index is not None
    assert len(index.index) < 1100  # it was built anew on the way
