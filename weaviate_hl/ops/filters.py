"""Filters on the wire: as a message, and as the JSON of the REST interface. Pure."""

from __future__ import annotations

from typing import Any

from weaviate_gen.grpc.v1 import base_pb2

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.ops.values import BadValue, kind_of, list_of
from weaviate_hl.values.base import Json
from weaviate_hl.values.filters import (
    CountRef,
    FilterCombination,
    FilterReturn,
    FilterValue,
    GeoCoordinateFilter,
    MultiTargetRef,
    Operator,
    SingleTargetRef,
    Target,
)

_OPERATORS: dict[str, base_pb2.Filters.Operator.ValueType] = {
    operator: base_pb2.Filters.Operator.Value(f"OPERATOR_{operator.name}") for operator in Operator
}
_DEEP = 32
# The field of the message, and the key of the JSON, of each kind of value.
_FIELDS = {"int": "value_int", "number": "value_number", "boolean": "value_boolean"}
_KEYS = {"int": "valueInt", "number": "valueNumber", "boolean": "valueBoolean", "date": "valueDate"}


def to_message(given: FilterReturn) -> base_pb2.Filters:
    """A filter as a message.

    Raises:
        WeaviateInvalidInputError: It is no filter, or its value cannot be sent.
    """
    message = base_pb2.Filters()
    _write(given, message, 0)
    return message


def _write(given: FilterReturn, message: base_pb2.Filters, depth: int) -> None:
    given = _known(given)
    message.operator = _OPERATORS[given.operator]
    if isinstance(given, FilterCombination):
        for inner in _operands(given, depth):
            _write(inner, message.filters.add(), depth + 1)
        return
    _write_target(given.target, message.target)
    value = given.value
    if isinstance(value, GeoCoordinateFilter):
        message.value_geo.latitude = value.latitude
        message.value_geo.longitude = value.longitude
        message.value_geo.distance = value.distance
        return
    plain, kind, is_list = _value(given)
    field = _FIELDS.get(kind, "value_text")
    if is_list:
        getattr(message, f"{field}_array").values.extend(plain)
    else:
        setattr(message, field, plain)


def _operands(given: FilterCombination, depth: int) -> list[FilterReturn]:
    """What is combined. Far down, operands that are combined in the same way are taken apart: neither messages nor
    calls can be nested as deeply as `reduce(operator.or_, filters)` does it.
    """
    if depth < _DEEP or given.operator is Operator.NOT:
        return given.filters
    found: list[FilterReturn] = []
    todo = given.filters[::-1]
    while todo:
        one = todo.pop()
        if isinstance(one, FilterCombination) and one.operator is given.operator:
            todo += one.filters[::-1]
        else:
            found.append(one)
    return found


def _known(given: FilterReturn) -> FilterCombination | FilterValue:
    if isinstance(given, (FilterCombination, FilterValue)):
        return given
    raise WeaviateInvalidInputError(f"Expected a filter, as in Filter.by_property(...).equal(...), not {given!r}")


def _write_target(target: Target, message: base_pb2.FilterTarget) -> None:
    if isinstance(target, str):
        message.property = target
    elif isinstance(target, CountRef):
        message.count.on = target.link_on
    elif isinstance(target, SingleTargetRef):
        message.single_target.on = target.link_on
        _write_target(target.target, message.single_target.target)
    else:
        message.multi_target.on = target.link_on
        message.multi_target.target_collection = target.target_collection
        _write_target(target.target, message.multi_target.target)


def _value(given: FilterValue) -> tuple[Any, str, bool]:
    """A filter's value as plain JSON, its kind, and whether it is a list."""
    try:
        kind, convert = kind_of(given.value)
        if kind != "list":
            return convert(given.value), kind, False
        if {kind_of(item)[0] for item in given.value} == {"text", "uuid"}:  # ids, in either form
            return [kind_of(item)[1](item) for item in given.value], "text", True
        return *list_of(given.value), True
    except BadValue as bad:
        raise WeaviateInvalidInputError(f"The filter on {given.target!r}: {bad.path} {bad.reason}") from None


def to_json(given: FilterReturn, depth: int = 0) -> Json:
    """A filter as the `where` of the REST interface.

    Raises:
        WeaviateInvalidInputError: It is no filter, or its value cannot be sent.
    """
    given = _known(given)
    if isinstance(given, FilterCombination):
        operands = [to_json(inner, depth + 1) for inner in _operands(given, depth)]
        return {"operator": str(given.operator), "operands": operands}
    where: Json = {"operator": str(given.operator), "path": _path(given.target)}
    value = given.value
    if isinstance(value, GeoCoordinateFilter):
        place = {"latitude": value.latitude, "longitude": value.longitude}
        return where | {"valueGeoRange": {"geoCoordinates": place, "distance": {"max": value.distance}}}
    plain, kind, is_list = _value(given)
    return where | {f"{_KEYS.get(kind, 'valueText')}{'Array' if is_list else ''}": plain}


def _path(target: Target) -> list[str]:
    """The way to a target: REST names the collection after each reference, which only a multi-target reference says."""
    if isinstance(target, str):
        return [target]
    if isinstance(target, CountRef):
        return [target.link_on]
    if isinstance(target, MultiTargetRef):
        return [target.link_on, target.target_collection, *_path(target.target)]
    raise WeaviateInvalidInputError(
        f"The filter on what {target.link_on!r} leads to: over REST, a filter must name the collection there",
        hint="Use Filter.by_ref_multi_target(link_on, target_collection)",
    )
