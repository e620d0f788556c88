"""What aggregations return. Everywhere None is what was not asked for, or what there is none of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from weaviate_hl.values.inputs import GeoCoordinate
from weaviate_hl.values.tables import of_aggregates


@dataclass
class AggregateInteger:
    """Of integers."""

    count: int | None
    maximum: int | None
    mean: float | None
    median: float | None
    minimum: int | None
    mode: int | None
    sum_: int | None


@dataclass
class AggregateNumber:
    """Of numbers."""

    count: int | None
    maximum: float | None
    mean: float | None
    median: float | None
    minimum: float | None
    mode: float | None
    sum_: float | None


@dataclass
class TopOccurrence:
    """A value, and how often it occurs."""

    count: int | None
    value: str | None


@dataclass
class AggregateText:
    """Of texts; the most frequent values first."""

    count: int | None
    top_occurrences: list[TopOccurrence]


@dataclass
class AggregateBoolean:
    """Of truth values."""

    count: int | None
    percentage_false: float | None
    percentage_true: float | None
    total_false: int | None
    total_true: int | None


@dataclass
class AggregateDate:
    """Of dates, as texts in RFC 3339."""

    count: int | None
    maximum: str | None
    median: str | None
    minimum: str | None
    mode: str | None


@dataclass
class AggregateReference:
    """Of references: the collections that they lead to."""

    pointing_to: list[str]


AggregateResult: TypeAlias = (
    AggregateInteger | AggregateNumber | AggregateText | AggregateBoolean | AggregateDate | AggregateReference
)


@dataclass
class AggregateReturn:
    """What was found out about each property, and how many objects there are."""

    properties: dict[str, AggregateResult]
    total_count: int | None

    def _repr_html_(self) -> str:
        return of_aggregates([self])


@dataclass
class GroupedBy:
    """What the objects of a group have in common."""

    prop: str
    value: str | int | float | bool | list[str] | list[int] | list[float] | list[bool] | GeoCoordinate | None


@dataclass
class AggregateGroup:
    """What was found out about a group."""

    grouped_by: GroupedBy
    properties: dict[str, AggregateResult]
    total_count: int | None


@dataclass
class AggregateGroupByReturn:
    """What was found out, by group."""

    groups: list[AggregateGroup]

    def _repr_html_(self) -> str:
        return of_aggregates(self.groups)
