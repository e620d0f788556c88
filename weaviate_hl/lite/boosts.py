"""Boosts: conditions that move results up or down after a search, read from messages and checked as the server does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from weaviate_hl.lite.catalogue import Collection, Property
from weaviate_hl.lite.encode import one_of_enum
from weaviate_hl.lite.errors import Refusal
from weaviate_hl.lite.filters import Filter, from_message
from weaviate_hl.lite.index import ID
from weaviate_hl.lite.objects import no_such_property
from weaviate_hl.lite.search import combine
from weaviate_hl.lite.search.dates import duration, instant
from weaviate_hl.lite.values import normal_date

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1 import search_get_pb2 as pb

    from weaviate_hl.lite.engine import Engine

Values = Mapping[str, Any]
Condition = Callable[[Sequence[Values], Sequence[bytes]], combine.Numbers]

_MOST = 20
_CURVES = ("exponential", "gauss", "linear", "exponential")
_MODIFIERS = ("none", "log1p", "sqrt")
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equal": lambda a, b: a == b,
    "NotEqual": lambda a, b: a != b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEqual": lambda a, b: a >= b,
    "LessThan": lambda a, b: a < b,
    "LessThanEqual": lambda a, b: a <= b,
}


class Boost:
    """The conditions of a request and how much they count against the search itself."""

    def __init__(self, engine: Engine, collection: Collection, message: pb.Boost) -> None:
        self.weight = float(message.weight) if message.HasField("weight") else 0.5
        self.depth = message.depth if message.HasField("depth") else 100
        if not message.conditions:
            raise Refusal("boost: at least one condition is required")
        if len(message.conditions) > _MOST:
            raise Refusal(f"boost: too many conditions ({len(message.conditions)}), maximum is {_MOST}")
        if not 0 <= self.weight <= 1:
            raise Refusal(f"boost: weight must be between 0 and 1, got {self.weight:.6f}")
        self._conditions: list[tuple[float, Condition]] = []
        for i, condition in enumerate(message.conditions):
            weight = float(condition.weight) if condition.HasField("weight") else 1.0
            try:
                self._conditions.append((weight, _condition(engine, collection, condition)))
            except Refusal as problem:
                raise problem.within(
                    f"boost condition[{i}]{':' if problem.text.startswith('exactly') else ''} "
                ) from None

    def rank(
        self, rows: Sequence[int], primary: Sequence[float], values: Sequence[Values], uuid: Callable[[int], bytes]
    ) -> list[tuple[int, float]]:
        """Rows with their new scores, best first."""
        uuids = [uuid(row) for row in rows]
        conditions = [(weight, condition(values, uuids)) for weight, condition in self._conditions]
        return combine.boost(rows, primary, conditions, self.weight, tie=uuid)


def _condition(engine: Engine, collection: Collection, message: pb.Boost.Condition) -> Condition:
    kind = message.WhichOneof("condition")
    if kind == "filter":
        node = from_message(engine, collection, message.filter)
        _check_filter(node)
        return lambda values, uuids: np.array(
            [_holds(node, own, uuid) for own, uuid in zip(values, uuids, strict=True)], np.float64
        )
    if kind == "property_value":
        given = message.property_value
        name = _property(collection, given.property, "property_value", ("int", "number"), "int or number").name
        modifier = one_of_enum(_MODIFIERS, given.modifier)
        return lambda values, uuids: combine.property_values([own.get(name) for own in values], modifier)
    if kind == "time_decay":
        return _time_decay(collection, message.time_decay)
    if kind == "numeric_decay":
        return _numeric_decay(collection, message.numeric_decay)
    raise Refusal("exactly one of 'filter', 'decay', or 'property_value' must be set")


def _property(collection: Collection, name: str, what: str, types: Sequence[str], shown: str) -> Property:
    prop = collection.properties.get(name)
    if prop is None:
        raise no_such_property(name, collection.name).within(f"{what}: ")
    if prop.type not in types:
        raise Refusal(f'{what}: property "{name}" must be of type {shown}, got {prop.type}')
    return prop


def _time_decay(collection: Collection, message: pb.Boost.TimeDecayFunction) -> Condition:
    name = _property(collection, message.property, "time_decay", ("date",), "date").name
    origin = message.origin
    if origin not in ("", "now") and normal_date(origin) is None:
        raise Refusal(f"time_decay: origin {origin!r} is not a date")
    start = time.time_ns() if origin in ("", "now") else instant(origin)
    scale, offset = duration(message.scale) or 0.0, duration(message.offset) or 0.0
    return _decay(message, name, lambda date: (instant(date) - start) / 1e9, scale, offset)


def _numeric_decay(collection: Collection, message: pb.Boost.NumericDecayFunction) -> Condition:
    name = _property(collection, message.property, "numeric_decay", ("int", "number"), "int or number").name
    if message.scale <= 0:
        raise Refusal("numeric_decay: scale must be > 0")
    origin = message.origin
    return _decay(message, name, lambda number: number - origin, message.scale, message.offset)


def _decay(message: Any, name: str, away: Callable[[Any], float], scale: float, offset: float) -> Condition:
    value = float(message.decay_value) if message.HasField("decay_value") else 0.5
    if not 0 <= value <= 1:
        raise Refusal(f"decay: decay_value must be between 0 and 1, got {value:.6f}")
    curve = one_of_enum(_CURVES, message.curve)

    def condition(values: Sequence[Values], uuids: Sequence[bytes]) -> combine.Numbers:
        distances = [None if (own := item.get(name)) is None else away(own) for item in values]
        return combine.decay(distances, scale, offset=offset, value=value, curve=curve)

    return condition


def _check_filter(node: Filter) -> None:
    if node.operator not in (*_TESTS, "And", "Or", "Not"):
        raise Refusal(f"filter: operator {node.operator} is not supported in boost conditions")
    for operand in node.operands:
        _check_filter(operand)


def _holds(node: Filter, values: Values, uuid: bytes) -> bool:
    """Whether an object matches, comparing whole values: no text is cut into tokens here."""
    if node.operator in ("And", "Or", "Not"):
        found = [_holds(operand, values, uuid) for operand in node.operands]
        return all(found) if node.operator == "And" else any(found) if node.operator == "Or" else not all(found)
    subject = node.subject
    assert subject is not None  # noqa: S101  # only joins have none
    value = str(UUID(bytes=uuid)) if subject.name == ID else values.get(subject.name)
    wanted = node.value
    if value is None or isinstance(value, list | dict) or subject.hops or subject.aspect not in ("value", "id"):
        return False  # the server compares single values, which an object has itself
    if subject.prop is not None and subject.prop.kind == "date":
        value, wanted = instant(value), instant(wanted)
    return _TESTS[node.operator](value, wanted)
