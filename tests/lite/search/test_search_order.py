"""Sorting and grouping: the tables of sections 12.8 and 12.9, and dates and numbers as text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaviate_hl.lite.search.dates import duration, instant, rfc3339
from weaviate_hl.lite.search.order import Group, Key, go_number, group_by, group_names, sort_documents


def _geo(latitude: float, longitude: float) -> dict[str, float]:
    return {"latitude": latitude, "longitude": longitude}


def _phone(country: int, national: int) -> dict[str, int]:
    return {"countryCode": country, "national": national}


OBJECTS: dict[int, dict[str, Any]] = {
    9: {"t": "banana", "i": 2, "n": 1.5, "b": True, "d": "2020-01-02T00:00:00Z", "il": [2], "tl": ["b"], "bl": [True]},
    8: {"t": "Apple", "i": -1, "n": -2, "b": False, "d": "2020-01-02T01:00:00+05:00", "il": [1, 5], "tl": ["A", "z"]},
    7: {},
    6: {"t": "", "il": [], "tl": [], "bl": [], "i": 2},
    5: {"t": "apple", "i": 10, "n": 1.25, "b": True, "d": "2019-01-01T00:00:00.5Z", "il": [1], "tl": ["a"]},
    4: {"t": "Éclair", "il": [1, 5, 0]},
    3: {"t": "zebra the", "i": 2},
}
OBJECTS[9] |= {"geo": _geo(1, 2), "ph": _phone(44, 1612345000)}
OBJECTS[8] |= {"bl": [False, True], "geo": _geo(5, 1), "ph": _phone(49, 1701234567)}
OBJECTS[5] |= {"bl": [False], "geo": _geo(0, 2), "ph": _phone(44, 1612345001)}
TYPES = {"t": "text", "i": "int", "n": "number", "b": "boolean", "d": "date", "il": "int[]", "tl": "text[]"}
TYPES |= {"bl": "boolean[]", "geo": "geoCoordinates", "ph": "phoneNumber"}
BY_UUID = sorted(OBJECTS)


def _sorted(*keys: tuple[str, bool]) -> str:
    values = {name: [OBJECTS[uuid].get(name) for uuid in BY_UUID] for name, _ in keys}
    return "".join(map(str, sort_documents(BY_UUID, [Key(values[name], TYPES[name], down) for name, down in keys])))


@pytest.mark.parametrize(
    ("name", "ascending", "descending"),
    [
        ("t", "7658934", "4395867"),
        ("i", "4783695", "5369847"),
        ("n", "3467859", "9583467"),
        ("b", "3467859", "5983467"),
        ("d", "3467589", "9853467"),
        ("il", "3675849", "9485367"),
        ("tl", "3467589", "9853467"),
        ("bl", "3467589", "9853467"),
        ("geo", "3467859", "9583467"),
        ("ph", "3467958", "8593467"),
    ],
)
def test_sort(name: str, ascending: str, descending: str) -> None:
    assert _sorted((name, False)) == ascending
    assert _sorted((name, True)) == descending


def test_sort_by_two_keys() -> None:
    assert _sorted(("i", False), ("t", True)) == "4783965"
    assert _sorted(("i", True), ("t", False)) == "5693874"


def test_blobs_do_not_sort() -> None:
    assert sort_documents([3, 1, 2], [Key(["b", "c", "a"], "blob")]) == [3, 1, 2]


# Grouping.

G: dict[int, dict[str, Any]] = {
    1: {"g": "A", "n": 1.0, "l": ["x", "y"]},
    2: {"g": "B", "n": 2.5, "l": ["x"]},
    3: {"g": "A", "n": 1.0, "l": []},
    4: {},
    5: {"g": "C d", "n": 3.0, "l": ["y"]},
}
GROUP_TYPES = {"g": "text", "n": "number", "l": "text[]"}


def _grouped(name: str, *, near: bool = True, groups: int = 9, per_group: int = 9, limit: int = 9) -> list[Group]:
    hits = [(document, float(document * document) if near else 0.0) for document in range(1, 6)]
    return group_by(
        hits[:limit],
        lambda document: group_names(G[document].get(name), GROUP_TYPES[name], near),
        groups,
        per_group,
    )


def test_group_near() -> None:
    by_g = [Group("A", 1, 9, [1, 3]), Group("B", 4, 4, [2]), Group("", 16, 16, [4]), Group("C d", 25, 25, [5])]
    assert _grouped("g") == by_g
    assert [(group.name, group.members) for group in _grouped("n")] == [
        ("1", [1, 3]),
        ("2.5", [2]),
        ("", [4]),
        ("3", [5]),
    ]
    assert _grouped("l") == [Group("x", 1, 4, [1, 2]), Group("y", 1, 25, [1, 5]), Group("", 9, 16, [3, 4])]
    two = [Group("A", 1, 1, [1]), Group("B", 4, 4, [2])]
    assert _grouped("g", groups=2, per_group=1) == two
    assert _grouped("g", limit=2) == two
    assert _grouped("g", groups=0) == []


def test_group_keyword() -> None:
    assert _grouped("g", near=False) == [Group("A", 0, 0, [1, 3]), Group("B", 0, 0, [2]), Group("C d", 0, 0, [5])]
    assert _grouped("n", near=False) == []
    assert _grouped("l", near=False) == [Group("x", 0, 0, [1, 2]), Group("y", 0, 0, [1, 5])]


def test_group_names() -> None:
    assert group_names(True, "boolean", True) == ["true"]
    assert group_names([3, 3, 4], "int[]", True) == ["3", "3", "4"]
    assert group_names({"longitude": 2, "latitude": 1.5}, "geoCoordinates", True) == ['{"latitude":1.5,"longitude":2}']
    assert group_names("2020-01-02T01:00:00+05:00", "date", False) == ["2020-01-02T01:00:00+05:00"]


@pytest.mark.parametrize(
    ("values", "groups", "per_group", "expected"),
    [
        ("abacab", 2, 5, "a:00 b:0"),
        ("ab bca ca", 2, 3, "a:0 b:01"),
        ("ab aab acb", 5, 2, "a:01 b:01 c:2"),
        ("a b cab ba", 2, 5, "a:03 b:13"),
        ("a ab", 5, 1, "a:0 b:1"),
        ("ab ca", 5, 5, "a:01 b:0 c:1"),
    ],
)
def test_group_lists(values: str, groups: int, per_group: int, expected: str) -> None:
    """Seen on the server: a value that needs one group too many hides its object's others, a full group does not."""
    lists = [list(names) for names in values.split()]
    hits = [(document, 0.0) for document in range(len(lists))]
    found = group_by(hits, lists.__getitem__, groups, per_group)
    assert " ".join(f"{group.name}:{''.join(map(str, group.members))}" for group in found) == expected


@given(
    st.lists(st.sampled_from("abc"), max_size=10),
    st.integers(0, 4),
    st.integers(1, 3),
)
def test_groups_against_the_definition(values: list[str], groups: int, per_group: int) -> None:
    hits = [(document, float(document)) for document in range(len(values))]
    expected = []
    for name in list(dict.fromkeys(values))[:groups]:
        members = [document for document, value in enumerate(values) if value == name][:per_group]
        expected.append(Group(name, members[0], members[-1], members))
    assert group_by(hits, lambda document: [values[document]], groups, per_group) == expected


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (2.5, "2.5"),
        (-0.0, "-0"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1e-5, "0.00001"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-7, "1.5e-7"),
        (-1e-9, "-1e-9"),
        (1.2345e300, "1.2345e+300"),
        (123456789.25, "123456789.25"),
        (10**16, "10000000000000000"),
        (1 / 3, "0.3333333333333333"),
        (1.2345678901234568e-5, "0.000012345678901234568"),
        (1.2345678901234567e20, "123456789012345670000"),
    ],
)
def test_numbers_as_text(number: float, text: str) -> None:
    assert go_number(number) == text


# Dates.


def test_dates() -> None:
    assert rfc3339(instant("2020-01-02T01:00:00,50+05:00")) == "2020-01-01T20:00:00.5Z"
    assert rfc3339(instant("1969-12-31T23:59:59.999999999Z")) == "1969-12-31T23:59:59.999999999Z"
    assert rfc3339(instant("0001-01-01T00:00:00Z")) == "0001-01-01T00:00:00Z"
    assert instant("1970-01-01T00:00:01.0000000019Z") == 10**9 + 1
    for text in ("2020-01-02", "2020-01-02t00:00:00Z", "2020-13-02T00:00:00Z", ""):
        with pytest.raises(ValueError):
            instant(text)


@given(st.integers(-(10**18), 4 * 10**18))
def test_dates_and_back(instant_: int) -> None:
    assert instant(rfc3339(instant_)) == instant_


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7d", 7 * 86400),
        ("1.5d", 1.5 * 86400),
        ("-2d", -2 * 86400),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("100ms", 0.1),
        ("1us", 1e-6),
        ("5000h0m0.5s", 18000000.5),
        ("-3s", -3),
        ("0", 0),
        ("1d12h", None),
        ("1w", None),
        ("abc", None),
        ("", None),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert duration(text) == (None if seconds is None else pytest.approx(seconds))
