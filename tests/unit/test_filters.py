"""Filters: every recorded message, the JSON of REST, what is refused, and what importing them loads."""

from __future__ import annotations

import copy
import json
import operator
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import reduce
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from google.protobuf.json_format import MessageToDict
from weaviate_gen.grpc.v1.base_pb2 import Filters

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.ops import filters
from weaviate_hl.values.filters import Filter, FilterAnd, FilterOr, FilterReturn, FilterValue
from weaviate_hl.values.inputs import GeoCoordinate

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = json.loads((ROOT / "tests/golden/filters.json").read_text("utf-8"))
U1, U2 = "00000001-0000-0000-0000-000000000001", "00000002-0000-0000-0000-000000000002"
NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)

by = Filter.by_property
CASES: dict[str, FilterReturn] = {
    "equal": by("title").equal("x"),
    "equal_int": by("n").equal(3),
    "equal_float": by("n").equal(3.5),
    "equal_bool": by("ok").equal(True),
    "equal_date": by("when").equal(NEW_YEAR),
    "equal_uuid": by("u").equal(UUID(U1)),
    "not_equal": by("title").not_equal("x"),
    "less": by("n").less_than(3),
    "less_equal": by("n").less_or_equal(3),
    "greater_equal": by("n").greater_or_equal(3.5),
    "like": by("title").like("a*b?"),
    "none": by("title").is_none(True),
    "contains_any": by("tags").contains_any(["a", "b"]),
    "contains_all": by("ints").contains_all([1, 2]),
    "contains_none": by("tags").contains_none(["a"]),
    "length": by("title", length=True).greater_than(10),
    "geo": by("where").within_geo_range(coordinate=GeoCoordinate(latitude=1.5, longitude=2.5), distance=1000),
    "id": Filter.by_id().equal(U1),
    "ids": Filter.by_id().contains_any([U1, U2]),
    "created": Filter.by_creation_time().greater_than(NEW_YEAR),
    "updated": Filter.by_update_time().less_or_equal(NEW_YEAR),
    "reference": Filter.by_ref("hasAuthor").by_property("name").equal("x"),
    "reference_deep": Filter.by_ref("hasAuthor").by_ref("writesFor").by_property("name").like("x*"),
    "reference_multi": Filter.by_ref_multi_target("hasAny", target_collection="Publisher").by_property("p").equal(1),
    "reference_id": Filter.by_ref("hasAuthor").by_id().equal(U2),
    "reference_count": Filter.by_ref_count("hasAuthor").greater_than(2),
    "and_": by("a").equal(1) & by("b").equal(2),
    "or_": by("a").equal(1) | by("b").equal(2),
    "all_of": Filter.all_of([by("a").equal(1), by("b").equal(2), by("c").equal(3)]),
    "any_of": Filter.any_of([by("a").equal(1), by("b").equal(2)]),
    "not_": Filter.not_(by("a").equal(1)),
    "tree": (by("a").equal(1) & by("b").equal(2)) | Filter.by_ref("r").by_property("c").like("z*"),
}


def sent(given: FilterReturn) -> Any:
    return MessageToDict(filters.to_message(given), preserving_proto_field_name=True)


def test_all_recorded_filters_are_tried() -> None:
    assert CASES.keys() == GOLDEN.keys()


@pytest.mark.parametrize("name", CASES)
def test_messages_are_as_recorded(name: str) -> None:
    assert sent(CASES[name]) == GOLDEN[name]


@pytest.mark.parametrize("name", CASES)
def test_filters_copy_pickle_and_compare(name: str) -> None:
    for other in (copy.deepcopy(CASES[name]), pickle.loads(pickle.dumps(CASES[name]))):  # noqa: S301
        assert other == CASES[name]
        assert sent(other) == GOLDEN[name]
    assert repr(CASES[name])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (by("p").equal([1.5, 2]), {"value_number_array": {"values": [1.5, 2.0]}}),
        (by("p").equal([True]), {"value_boolean_array": {"values": [True]}}),
        (by("p").not_equal([NEW_YEAR]), {"value_text_array": {"values": ["2024-01-01T00:00:00.000000+00:00"]}}),
        (by("p").less_than(date(2024, 1, 1)), {"value_text": "2024-01-01T00:00:00.000000+00:00"}),
        (by("p").contains_any([UUID(U1), U2]),  # type: ignore[arg-type]
         {"value_text_array": {"values": [U1, U2]}}),
        (by("p").contains_any((1, 2)), {"value_int_array": {"values": ["1", "2"]}}),
        (by("p").contains_any(np.array([1, 2])), {"value_int_array": {"values": ["1", "2"]}}),  # type: ignore[arg-type]
        (by("p").equal(np.float32(0.5)), {"value_number": 0.5}),  # type: ignore[arg-type]
        (by("p").equal(np.int64(7)), {"value_int": "7"}),  # type: ignore[arg-type]
        (by("p").greater_than(-(2**53)), {"value_int": str(-(2**53))}),
        (Filter.by_id().equal(UUID(U1).hex), {"value_text": U1}),
        (
            Filter.by_creation_time().contains_any([NEW_YEAR]),
            {"value_text_array": {"values": ["2024-01-01T00:00:00.000000+00:00"]}},
        ),
    ],
)  # fmt: skip
def test_values(given: FilterReturn, field: dict[str, Any]) -> None:
    message = sent(given)
    assert {key: value for key, value in message.items() if key.startswith("value")} == field


def test_what_frameworks_read() -> None:
    leaf = by("a").equal(1)
    assert isinstance(leaf, FilterValue)
    assert (leaf.target, leaf.operator, leaf.value) == ("a", "Equal", 1)
    both, either = leaf & by("b").like("x"), leaf | by("b").like("x")
    assert isinstance(both, FilterAnd)
    assert isinstance(either, FilterOr)
    assert (both.operator, either.operator, (~leaf).operator) == ("And", "Or", "Not")
    assert both.filters == either.filters == [leaf, by("b").like("x")]


REFUSED: list[Callable[[], Any]] = [
    lambda: by("wrong").equal(None),  # type: ignore[arg-type]
    lambda: by("wrong").equal(object()),  # type: ignore[arg-type]
    lambda: by("wrong").equal(2**53 + 1),
    lambda: by("wrong").contains_any([1, -(2**53) - 1]),
    lambda: by("wrong").equal(float("nan")),
    lambda: by("wrong").equal({"a": 1}),  # type: ignore[arg-type]
    lambda: by("wrong").contains_any("text"),
    lambda: by("wrong").contains_any(3),  # type: ignore[arg-type]
    lambda: by("wrong").contains_all([1, "a"]),  # type: ignore[arg-type]
    lambda: by("wrong").contains_all([1, True]),
    lambda: by("wrong").contains_none([]),
    lambda: by("wrong").like(3),  # type: ignore[arg-type]
    lambda: by("wrong").is_none("yes"),  # type: ignore[arg-type]
    lambda: by("wrong").within_geo_range((1, 2), 3),  # type: ignore[arg-type]
    lambda: by("wrong").within_geo_range(GeoCoordinate(latitude=1, longitude=2), float("inf")),
    lambda: Filter.by_ref("r").by_property("wrong").equal(None),  # type: ignore[arg-type]
    lambda: Filter.by_ref_count("wrong").equal(1.5),  # type: ignore[arg-type]
    lambda: Filter.by_ref_count("wrong").equal(np.float64(2)),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("name", [None, 3, "", "\ud800"])
def test_what_cannot_be_a_name_is_refused(name: Any) -> None:
    ref = Filter.by_ref("r")
    for argument, call in (
        ("Filter.by_property: `name`", Filter.by_property),
        ("Filter.by_property: `name`", ref.by_property),
        ("Filter.by_ref: `link_on`", Filter.by_ref),
        ("Filter.by_ref_count: `link_on`", ref.by_ref_count),
        ("Filter.by_ref_multi_target: `target_collection`", lambda given: ref.by_ref_multi_target("r", given)),
    ):
        with pytest.raises(WeaviateInvalidInputError, match=f"{argument} must be a str"):
            call(name)


def test_numbers_of_numpy_are_counts_and_places() -> None:
    assert Filter.by_ref_count("r").equal(np.int64(2)) == Filter.by_ref_count("r").equal(2)  # type: ignore[arg-type]
    place = GeoCoordinate(latitude=np.float32(1.5), longitude=np.int64(2))  # type: ignore[arg-type]
    assert place == GeoCoordinate(latitude=1.5, longitude=2)
    assert type(place.latitude) is float


@pytest.mark.parametrize("combine", [operator.and_, operator.or_])
def test_chains_of_any_length_are_sent_with_all_that_is_in_them(combine: Callable[[Any, Any], Any]) -> None:
    leaves = [by("n").equal(number) for number in range(5000)]
    for chain in (reduce(combine, leaves), reduce(lambda sum_, one: combine(one, sum_), reversed(leaves))):
        message = Filters.FromString(filters.to_message(chain).SerializeToString())  # refuses 100 levels
        assert [leaf.value_int for leaf in leaves_of(message)] == list(range(5000))
        assert filters.to_json(chain)["operator"] == {operator.and_: "And", operator.or_: "Or"}[combine]


def test_chains_of_both_kinds_mean_the_same_when_they_are_taken_apart() -> None:
    given: Any = by("n").equal(0)
    for number in range(1, 300):
        given = given & by("n").equal(number) if number % 100 else given | by("n").equal(number)
    message = filters.to_message(given)
    kinds = Counter(Filters.Operator.Name(one.operator) for one in nodes_of(message))
    assert kinds["OPERATOR_EQUAL"] == 300
    assert kinds["OPERATOR_OR"] == 2


def nodes_of(message: Filters) -> Iterator[Filters]:
    yield message
    for inner in message.filters:
        yield from nodes_of(inner)


def leaves_of(message: Filters) -> Iterator[Filters]:
    return (one for one in nodes_of(message) if not one.filters)


@pytest.mark.parametrize("build", REFUSED)
def test_wrong_values_are_refused_by_name(build: Callable[[], Any]) -> None:
    with pytest.raises(WeaviateInvalidInputError, match="wrong"):
        build()


def test_other_refusals() -> None:
    for build in (
        lambda: Filter.by_id().equal("no id"),
        lambda: Filter.by_id().contains_any(U1),
        lambda: Filter.by_creation_time().equal(3),  # type: ignore[arg-type]
        lambda: Filter.all_of([]),
        lambda: Filter.any_of([by("a")]),  # type: ignore[list-item]
        lambda: by("a").equal(1) & 3,  # type: ignore[operator]
        lambda: filters.to_message(by("a")),  # type: ignore[arg-type]
        lambda: GeoCoordinate(latitude=91, longitude=0),
    ):
        with pytest.raises(WeaviateInvalidInputError):
            build()


def test_a_datetime_without_a_time_zone_is_told_of() -> None:
    with pytest.warns(UserWarning, match="UTC"):
        assert sent(by("p").equal(datetime(2024, 1, 1)))["value_text"] == "2024-01-01T00:00:00.000000+00:00"


def test_json() -> None:
    given = (by("a").equal(1) & ~by("b").like("x")) | by("when").less_than(NEW_YEAR)
    assert filters.to_json(given) == {
        "operator": "Or",
        "operands": [
            {
                "operator": "And",
                "operands": [
                    {"operator": "Equal", "path": ["a"], "valueInt": 1},
                    {"operator": "Not", "operands": [{"operator": "Like", "path": ["b"], "valueText": "x"}]},
                ],
            },
            {"operator": "LessThan", "path": ["when"], "valueDate": "2024-01-01T00:00:00.000000+00:00"},
        ],
    }
    geo = filters.to_json(CASES["geo"])
    assert geo["valueGeoRange"] == {"geoCoordinates": {"latitude": 1.5, "longitude": 2.5}, "distance": {"max": 1000}}
    assert filters.to_json(CASES["reference_multi"])["path"] == ["hasAny", "Publisher", "p"]
    assert filters.to_json(CASES["contains_any"])["valueTextArray"] == ["a", "b"]
    with pytest.raises(WeaviateInvalidInputError, match="by_ref_multi_target"):
        filters.to_json(CASES["reference"])


def test_importing_filters_loads_little() -> None:
    code = "import sys, weaviate_hl.values.filters\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"google.protobuf", "numpy", "asyncio", "dataclasses", "attrs", "attr", "grpc", "weaviate_gen"}
    assert not heavy & set(done.stdout.split())
