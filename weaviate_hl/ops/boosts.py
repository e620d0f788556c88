"""What lifts results in their order, as a message. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from weaviate_gen.grpc.v1.search_get_pb2 import Boost

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.ops.checks import ArgumentCheck
from weaviate_hl.ops.filters import to_message
from weaviate_hl.ops.values import BadValue, rfc3339
from weaviate_hl.values.searches import BoostCondition, BoostCurve, BoostModifier, BoostReturn

_CURVES = {
    None: Boost.DECAY_CURVE_UNSPECIFIED,
    BoostCurve.EXPONENTIAL: Boost.DECAY_CURVE_EXPONENTIAL,
    BoostCurve.GAUSSIAN: Boost.DECAY_CURVE_GAUSS,
    BoostCurve.LINEAR: Boost.DECAY_CURVE_LINEAR,
}
_MODIFIERS = {
    None: Boost.PROPERTY_VALUE_MODIFIER_UNSPECIFIED,
    BoostModifier.LOG1P: Boost.PROPERTY_VALUE_MODIFIER_LOG1P,
    BoostModifier.SQRT: Boost.PROPERTY_VALUE_MODIFIER_SQRT,
}


def fill(check: ArgumentCheck, message: Boost, given: BoostReturn) -> None:
    """Fill the message."""
    for condition in check.one("boost", given, BoostReturn).conditions:
        _condition(check, message.conditions.add(), condition)
    if given.weight is not None:
        message.weight = check.number("boost.weight", given.weight)
    if given.depth is not None:
        message.depth = check.whole("boost.depth", given.depth)


def _condition(check: ArgumentCheck, message: Boost.Condition, given: BoostCondition) -> None:
    if given.weight is not None:
        message.weight = check.number("boost.weight", given.weight)
    if given.kind == "filter":
        message.filter.CopyFrom(to_message(given.settings["filter"]))
        return
    function = getattr(message, given.kind)
    for name, value in given.settings.items():
        if name == "curve":
            function.curve = _CURVES[check.one("boost.curve", value, BoostCurve, type(None))]
        elif name == "modifier":
            function.modifier = _MODIFIERS[check.one("boost.modifier", value, BoostModifier, type(None))]
        elif value is not None:
            _set(check, function, "decay_value" if name == "decay" else name, value)


def _set(check: ArgumentCheck, function: Any, name: str, value: Any) -> None:
    if isinstance(value, timedelta):
        value = _duration(value)
    elif isinstance(value, datetime):
        value = _moment(check, name, value)
    if isinstance(getattr(function, name), str):
        check.text(f"boost.{name}", value, required=True)
    else:
        check.number(f"boost.{name}", value, required=True)
    setattr(function, name, value)


def _moment(check: ArgumentCheck, name: str, given: datetime) -> str:
    try:
        return rfc3339(given).replace(".000000", "")
    except BadValue as bad:
        raise WeaviateInvalidInputError(f"{check.call}: `boost.{name}`: {bad.reason}") from None


def _duration(given: timedelta) -> str:
    """As the server reads it, in the greatest unit that leaves no rest."""
    for unit, size in {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}.items():
        if given and not given % size:
            return f"{given // size}{unit}"
    seconds = f"{given.total_seconds():f}".rstrip("0").rstrip(".")
    return f"{seconds}s"
