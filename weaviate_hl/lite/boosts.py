"""Boosts: conditions that move results up or down after a search, read from messages and checked as the server does."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from weaviate_hl.lite.catalogue import Collection
from weaviate_hl.lite.encode import one_of_enum
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal, refuse_if, within
from weaviate_hl.lite.filters import Filter, Join, from_message
from weaviate_hl.lite.search import combine
from weaviate_hl.lite.search.dates import duration, instant
from weaviate_hl.lite.values import normal_date

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1 import base_pb2
    from weaviate_gen.grpc.v1 import search_get_pb2 as pb

Values = Mapping[str, Any]
Condition = Callable[[Sequence[Values], Sequence[bytes]], combine.Numbers]

_MOST = 20
_CURVES = ("exponential", "gauss", "linear", "exponential")
_MODIFIERS = ("none", "log1p", "sqrt")
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equal": operator.eq,
    "NotEqual": operator.ne,
    "GreaterThan": operator.gt,
    "GreaterThanEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanEqual": operator.le,
}


class Boost:
    """The conditions of a request and how much they count against the search itself."""

    def __init__(self, engine: Engine, collection: Collection, message: pb.Boost) -> None:
        self.weight = float(message.weight) if message.HasField("weight") else 0.5
        self.depth = message.depth if message.HasField("depth") else 100
        refuse_if(not message.conditions, "boost: at least one condition is required")
        if len(message.conditions) > _MOST:
            raise Refusal(f"boost: too many conditions ({len(message.conditions)}), maximum is {_MOST}")
        refuse_if(not 0 <= self.weight <= 1, f"boost: weight must be between 0 and 1, got {self.weight:.6f}")
        self._conditions: list[tuple[float, Condition]] = []
        for i, condition in enumerate(message.conditions):
            weight = float(condition.weight) if condition.HasField("weight") else 1.0
            kind = condition.WhichOneof("condition")
            if kind is None:
                rule = "exactly one of 'filter', 'decay', or 'property_value' must be set"
                raise Refusal(f"boost condition[{i}]: {rule}")
            with within(f"boost condition[{i}] "):
                self._conditions.append((weight, _CONDITIONS[kind](engine, collection, getattr(condition, kind))))

    def rank(
        self, rows: Sequence[int], primary: Sequence[float], values: Sequence[Values], uuid: Callable[[int], bytes]
    ) -> list[tuple[int, float]]:
        """Rows with their new scores, best first."""
        uuids = [uuid(row) for row in rows]
        conditions = [(weight, condition(values, uuids)) for weight, condition in self._conditions]
        return combine.boost(rows, primary, conditions, self.weight, tie=uuid)


def _filter(engine: Engine, collection: Collection, message: base_pb2.Filters) -> Condition:
    node = from_message(engine, collection, message)
    _check_filter(node)

    def condition(values: Sequence[Values], uuids: Sequence[bytes]) -> combine.Numbers:
        return np.array([_holds(node, own, uuid) for own, uuid in zip(values, uuids, strict=True)], np.float64)

    return condition


def _property_value(engine: Engine, collection: Collection, message: pb.Boost.PropertyValueFunction) -> Condition:
    name = _property(collection, message.property, "property_value", ("int", "number"))
    modifier = one_of_enum(_MODIFIERS, message.modifier)
    return lambda values, uuids: combine.property_values([own.get(name) for own in values], modifier)


def _time_decay(engine: Engine, collection: Collection, message: pb.Boost.TimeDecayFunction) -> Condition:
    name = _property(collection, message.property, "time_decay", ("date",))
    origin = message.origin
    if origin not in ("", "now") and normal_date(origin) is None:
        raise Refusal(f"time_decay: origin {origin!r} is not a date")
    start = time.time_ns() if origin in ("", "now") else instant(origin)
    scale, offset = duration(message.scale) or 0.0, duration(message.offset) or 0.0
    return _decay(message, name, lambda date: (instant(date) - start) / 1e9, scale, offset)


def _numeric_decay(engine: Engine, collection: Collection, message: pb.Boost.NumericDecayFunction) -> Condition:
    name = _property(collection, message.property, "numeric_decay", ("int", "number"))
    refuse_if(message.scale <= 0, "numeric_decay: scale must be > 0")
    origin = message.origin
    return _decay(message, name, lambda number: number - origin, message.scale, message.offset)


_CONDITIONS: Mapping[str, Callable[[Engine, Collection, Any], Condition]] = {
    "filter": _filter,
    "property_value": _property_value,
    "time_decay": _time_decay,
    "numeric_decay": _numeric_decay,
}


def _property(collection: Collection, name: str, what: str, types: Sequence[str]) -> str:
    """The name of a property, which must be of one of these types."""
    with within(f"{what}: "):
        prop = collection.prop(name)
        refuse_if(prop.type not in types, f'property "{name}" must be of type {" or ".join(types)}, got {prop.type}')
    return name


def _decay(message: Any, name: str, away: Callable[[Any], float], scale: float, offset: float) -> Condition:
    value = float(message.decay_value) if message.HasField("decay_value") else 0.5
    refuse_if(not 0 <= value <= 1, f"decay: decay_value must be between 0 and 1, got {value:.6f}")
    curve = one_of_enum(_CURVES, message.curve)

    def condition(values: Sequence[Values], uuids: Sequence[bytes]) -> combine.Numbers:
        distances = [None if (own := item.get(name)) is None else away(own) for item in values]
        return combine.decay(distances, scale, offset=offset, value=value, curve=curve)

    return condition


def _check_filter(node: Filter) -> None:
    if isinstance(node, Join):
        for operand in node.operands:
            _check_filter(operand)
    elif node.operator not in _TESTS:
        raise Refusal(f"filter: operator {node.operator} is not supported in boost conditions")
    elif node.subject.hops or node.subject.aspect not in ("value", "id"):
        raise Refusal("filter: only properties of the object itself are supported in boost conditions")


def _holds(node: Filter, values: Values, uuid: bytes) -> bool:
    """Whether an object matches, comparing whole values: no text is cut into tokens here."""
    if isinstance(node, Join):
        found = [_holds(operand, values, uuid) for operand in node.operands]
        return all(found) if node.operator == "And" else any(found) if node.operator == "Or" else not all(found)
    prop, wanted = node.subject.prop, node.value
    value = values.get(prop.name) if prop else str(UUID(bytes=uuid))
    if value is None:
        return False
    if prop and prop.kind == "date":
        wanted = instant(wanted)
        value = [instant(item) for item in value] if prop.is_list else instant(value)
    test = _TESTS[node.operator]
    return any(test(item, wanted) for item in value) if isinstance(value, list) else test(value, wanted)
