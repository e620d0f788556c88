"""The order of plain results, and results in groups.

Rule: sorting keeps the order it is given among equals, descending too; a missing value and an empty list come before
all others, so last when descending. Grouping walks the results best first, and each value of a list has its own group.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from weaviate_hl.lite.search.dates import instant


@dataclass(frozen=True, slots=True)
class Key:
    """What to sort by: a value (None if missing) for each document, the property's data type, and the direction."""

    values: Sequence[Any]
    data_type: str
    descending: bool = False


_COMPARED: Mapping[str, Callable[[Any], Any]] = {
    "text": str.lower,
    "date": instant,
    "geoCoordinates": lambda geo: (geo["longitude"], geo["latitude"]),
    "phoneNumber": lambda phone: (phone["countryCode"], phone["national"]),
}


def sort_documents(documents: Sequence[int], keys: Sequence[Key]) -> list[int]:
    """Documents sorted by keys, the first one first; among equals their order stays."""
    order = list(range(len(documents)))
    for key in reversed(keys):
        compared = [_comparable(value, key.data_type) for value in key.values]
        order.sort(key=compared.__getitem__, reverse=key.descending)
    return [documents[position] for position in order]


def _comparable(value: Any, data_type: str) -> tuple[Any, ...]:
    element = data_type.removesuffix("[]")
    if value is None or value == [] or element in ("blob", "object"):  # the server takes these, without effect
        return ()
    compared = _COMPARED.get(element, lambda plain: plain)
    return ([compared(item) for item in value] if data_type != element else compared(value),)


@dataclass(slots=True)
class Group:
    """A group: its members best first, and the smallest and the largest of their distances."""

    name: str
    minimum: float
    maximum: float
    members: list[int] = field(default_factory=list)


def group_by(
    hits: Iterable[tuple[int, float]], names: Callable[[int], Sequence[str]], groups: int, per_group: int
) -> list[Group]:
    """Put results into groups, in the order of their first members.

    As on the server a value that would need one group too many ends the walk through its object's values, while one
    whose group is full is passed over. A vector search shows a page of the groups: that is for the caller.

    Args:
        hits: Documents with their distances (0 where the search has none), best first, cut to the query's limit.
        names: The groups a document belongs to, see `group_names`.
        groups: How many groups to make.
        per_group: How many members a group takes.
    """
    made: dict[str, Group] = {}
    for document, distance in hits:
        for name in names(document):
            group = made.get(name)
            if group is None:
                if len(made) >= groups:
                    break
                if per_group < 1:
                    continue
                group = made[name] = Group(name, distance, distance)
            if len(group.members) < per_group:
                group.members.append(document)
                group.minimum = min(group.minimum, distance)
                group.maximum = max(group.maximum, distance)
    return list(made.values())


def group_names(value: Any, data_type: str, by_vector: bool) -> list[str]:
    """The groups that a property's value puts its object into.

    By vector every value has a group, a missing one and an empty list have the group `""`. Keyword and hybrid search
    group by text, date and uuid alone and leave other objects out.

    Args:
        value: As stored; a reference as its beacons.
        data_type: Of the property.
        by_vector: Whether the search is by vector alone.
    """
    values = value if isinstance(value, list) else [] if value is None else [value]
    if by_vector:
        return [item if isinstance(item, str) else _name(item) for item in values] or [""]
    return values if data_type.removesuffix("[]") in ("text", "date", "uuid") else []


def _name(value: Any) -> str:
    if isinstance(value, float | int) and not isinstance(value, bool):
        return go_number(value)
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def go_number(value: float) -> str:
    """A number as the server's JSON spells it: `1`, `2.5`, `0.00001`, `1e-7`, `1e+21`."""
    digits = Decimal(repr(float(value)))
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        return f"{digits:f}".removesuffix(".0")
    mantissa, _, exponent = f"{digits.normalize():e}".partition("e")
    return f"{mantissa}e{int(exponent):+d}"
