"""Filters: conditions on objects, combined with `&`, `|` and `~`. Plain values; ops/filters.py puts them on the wire.

A value that no property could hold is refused where it is given, with the name of the property.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from math import isfinite
from typing import Any, TypeAlias
from uuid import UUID

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.values.base import Check, Value
from weaviate_hl.values.inputs import MAX_INTEGER, GeoCoordinate, Uuid, plain_number

Scalar: TypeAlias = str | bool | int | float | datetime | date | UUID
Scalars: TypeAlias = (
    Sequence[str]
    | Sequence[bool]
    | Sequence[int]
    | Sequence[float]
    | Sequence[datetime]
    | Sequence[date]
    | Sequence[UUID]
    | Sequence[Uuid]
)


class Operator(StrEnum):
    """How a filter compares, in the server's words."""

    EQUAL = "Equal"
    NOT_EQUAL = "NotEqual"
    LESS_THAN = "LessThan"
    LESS_THAN_EQUAL = "LessThanEqual"
    GREATER_THAN = "GreaterThan"
    GREATER_THAN_EQUAL = "GreaterThanEqual"
    LIKE = "Like"
    IS_NULL = "IsNull"
    CONTAINS_ANY = "ContainsAny"
    CONTAINS_ALL = "ContainsAll"
    CONTAINS_NONE = "ContainsNone"
    WITHIN_GEO_RANGE = "WithinGeoRange"
    AND = "And"
    OR = "Or"
    NOT = "Not"


# What a filter looks at: a property, or something at the end of references.


class SingleTargetRef(Value):
    """What a reference leads to."""

    __slots__ = ("link_on", "target")

    def __init__(self, link_on: str, target: Target) -> None:
        self.link_on = link_on
        self.target = target


class MultiTargetRef(Value):
    """What a reference leads to in one of its collections."""

    __slots__ = ("link_on", "target", "target_collection")

    def __init__(self, link_on: str, target_collection: str, target: Target) -> None:
        self.link_on = link_on
        self.target_collection = target_collection
        self.target = target


class CountRef(Value):
    """How many references a property has."""

    __slots__ = ("link_on",)

    def __init__(self, link_on: str) -> None:
        self.link_on = link_on


Target: TypeAlias = str | SingleTargetRef | MultiTargetRef | CountRef

# A way along references: the property of each, and the collection where there are several.
Path: TypeAlias = tuple[tuple[str, str | None], ...]


def _name(call: str, argument: str, given: str) -> str:
    return Check(f"Filter.{call}").text(argument, given, required=True, nonempty=True)


def _target(path: Path, end: Target) -> Target:
    for link_on, collection in reversed(path):
        end = SingleTargetRef(link_on, end) if collection is None else MultiTargetRef(link_on, collection, end)
    return end


def _told(target: Target) -> str:
    """A target as errors name it."""
    if isinstance(target, str):
        return target
    return target.link_on if isinstance(target, CountRef) else f"{target.link_on}.{_told(target.target)}"


# Filters.


class FilterReturn(Value):
    """A filter: what `Filter` and its methods return."""

    __slots__ = ()
    operator: Operator

    def __and__(self, other: FilterReturn) -> FilterReturn:
        """Both hold."""
        return FilterAnd([self, other])

    def __or__(self, other: FilterReturn) -> FilterReturn:
        """At least one holds."""
        return FilterOr([self, other])

    def __invert__(self) -> FilterReturn:
        """It does not hold."""
        return FilterNot([self])


class FilterValue(FilterReturn):
    """A comparison.

    Attributes:
        target: What is compared: the name of a property, or something at the end of references.
        operator: How.
        value: With what.
    """

    __slots__ = ("operator", "target", "value")

    def __init__(self, *, target: Target, operator: Operator, value: Any) -> None:
        self.target = target
        self.operator = operator
        self.value = value


class FilterCombination(FilterReturn):
    """A combination of `filters`."""

    __slots__ = ("filters",)

    def __init__(self, filters: Iterable[FilterReturn]) -> None:
        self.filters = list(filters)
        for index, given in enumerate(self.filters):
            if not isinstance(given, FilterReturn):
                hint = " (is the operator missing, such as .equal(...)?)" if isinstance(given, _Side) else ""
                raise WeaviateInvalidInputError(f"filters[{index}] is no filter but {given!r}{hint}")
        if not self.filters:
            raise WeaviateInvalidInputError(f"{type(self).__name__} needs at least one filter")


class FilterAnd(FilterCombination):
    """All of them hold."""

    __slots__ = ()
    operator = Operator.AND


class FilterOr(FilterCombination):
    """At least one of them holds."""

    __slots__ = ()
    operator = Operator.OR


class FilterNot(FilterCombination):
    """The one of them does not hold."""

    __slots__ = ()
    operator = Operator.NOT


class GeoCoordinateFilter(Value):
    """A circle on Earth, in degrees and metres."""

    __slots__ = ("distance", "latitude", "longitude")

    def __init__(self, *, latitude: float, longitude: float, distance: float) -> None:
        self.latitude = latitude
        self.longitude = longitude
        self.distance = distance


# The left side of comparisons.


class _Side:
    """What a comparison is about; its methods are comparisons."""

    __slots__ = ("_target",)

    def __init__(self, target: Target) -> None:
        self._target = target

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_told(self._target)!r})"

    def _wrong(self, expected: str, value: object) -> WeaviateInvalidInputError:
        given = f"{value!r} ({type(value).__name__})"
        return WeaviateInvalidInputError(f"A filter on {_told(self._target)!r} needs {expected}, not {given}")

    def _scalar(self, value: Any) -> Any:
        """The value, if a property can be compared with it."""
        if isinstance(value, (bool, str, UUID, date)):
            return value
        if isinstance(value, int):
            if not -MAX_INTEGER <= value <= MAX_INTEGER:
                raise self._wrong("an integer of at most 2**53, beyond which the server cannot tell them apart", value)
            return value
        if isinstance(value, float) and isfinite(value):
            return value
        if value is None:
            raise self._wrong("a value (for properties without one, there is .is_none(True))", value)
        if type(plain := plain_number(value)) is not type(value):
            return self._scalar(plain)
        raise self._wrong("a text, a finite number, a boolean, a date or a UUID", value)

    def _list(self, values: Any) -> list[Any]:
        """The values as a list, if they are of one kind."""
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise self._wrong("a list of values", values)
        checked = [self._scalar(value) for value in values]
        kinds = {next(kind for kind in _KINDS if isinstance(value, kind)) for value in checked}
        if not kinds <= {int, float} and not kinds <= {str, UUID} and len(kinds) > 1:
            raise self._wrong("a list of values of one kind", values)
        if not checked:
            raise self._wrong("at least one value", values)
        return checked

    def _compare(self, operator: Operator, value: Any) -> FilterReturn:
        return FilterValue(target=self._target, operator=operator, value=value)


_KINDS = (bool, int, float, str, UUID, date)  # bool is an int, and datetime is a date


class FilterByProperty(_Side):
    """A property, which can be compared."""

    __slots__ = ()

    def __init__(self, prop: str, length: bool = False, target: Path = ()) -> None:
        super().__init__(_target(target, f"len({prop})" if length else prop))

    def is_none(self, val: bool) -> FilterReturn:
        """Objects without a value (True), or with one (False); the collection must index null states."""
        if not isinstance(val, bool):
            raise self._wrong("a boolean", val)
        return self._compare(Operator.IS_NULL, val)

    def contains_any(self, val: Scalars) -> FilterReturn:
        """At least one of these is among the values."""
        return self._compare(Operator.CONTAINS_ANY, self._list(val))

    def contains_all(self, val: Scalars) -> FilterReturn:
        """All of these are among the values."""
        return self._compare(Operator.CONTAINS_ALL, self._list(val))

    def contains_none(self, val: Scalars) -> FilterReturn:
        """None of these is among the values."""
        return self._compare(Operator.CONTAINS_NONE, self._list(val))

    def equal(self, val: Scalar | Scalars) -> FilterReturn:
        """It is this; a text matches word by word, unless its tokenization is `field`."""
        return self._compare(Operator.EQUAL, self._any(val))

    def not_equal(self, val: Scalar | Scalars) -> FilterReturn:
        """It is not this, or there is none."""
        return self._compare(Operator.NOT_EQUAL, self._any(val))

    def less_than(self, val: Scalar | Scalars) -> FilterReturn:
        """It is less than this."""
        return self._compare(Operator.LESS_THAN, self._any(val))

    def less_or_equal(self, val: Scalar | Scalars) -> FilterReturn:
        """It is this or less."""
        return self._compare(Operator.LESS_THAN_EQUAL, self._any(val))

    def greater_than(self, val: Scalar | Scalars) -> FilterReturn:
        """It is more than this."""
        return self._compare(Operator.GREATER_THAN, self._any(val))

    def greater_or_equal(self, val: Scalar | Scalars) -> FilterReturn:
        """It is this or more."""
        return self._compare(Operator.GREATER_THAN_EQUAL, self._any(val))

    def like(self, val: str) -> FilterReturn:
        """A word of the text matches this, where `?` is any character and `*` any number of them."""
        if not isinstance(val, str):
            raise self._wrong("a text", val)
        return self._compare(Operator.LIKE, val)

    def within_geo_range(self, coordinate: GeoCoordinate, distance: float) -> FilterReturn:
        """It is within a distance in metres of a place."""
        if not isinstance(coordinate, GeoCoordinate):
            raise self._wrong("a GeoCoordinate", coordinate)
        distance = plain_number(distance)
        if isinstance(distance, bool) or not isinstance(distance, (int, float)) or not isfinite(distance):
            raise self._wrong("a distance in metres", distance)
        circle = GeoCoordinateFilter(latitude=coordinate.latitude, longitude=coordinate.longitude, distance=distance)
        return self._compare(Operator.WITHIN_GEO_RANGE, circle)

    def _any(self, value: Any) -> Any:
        if isinstance(value, (list, tuple, set, frozenset)):
            return self._list(value)
        return self._scalar(value)


class FilterById(_Side):
    """The id of objects, which can be compared."""

    __slots__ = ()

    def __init__(self, target: Path = ()) -> None:
        super().__init__(_target(target, "_id"))

    def equal(self, uuid: Uuid) -> FilterReturn:
        """It is this."""
        return self._compare(Operator.EQUAL, self._uuid(uuid))

    def not_equal(self, uuid: Uuid) -> FilterReturn:
        """It is not this."""
        return self._compare(Operator.NOT_EQUAL, self._uuid(uuid))

    def greater_than(self, uuid: Uuid) -> FilterReturn:
        """It comes after this in the order of ids."""
        return self._compare(Operator.GREATER_THAN, self._uuid(uuid))

    def contains_any(self, uuids: Sequence[Uuid]) -> FilterReturn:
        """It is one of these."""
        return self._compare(Operator.CONTAINS_ANY, self._uuids(uuids))

    def contains_none(self, uuids: Sequence[Uuid]) -> FilterReturn:
        """It is none of these."""
        return self._compare(Operator.CONTAINS_NONE, self._uuids(uuids))

    def _uuid(self, value: Any) -> str:
        # The server's own spelling: to any other it would find nothing, without a word.
        try:
            return str(value if isinstance(value, UUID) else UUID(value))
        except (TypeError, ValueError, AttributeError):
            raise self._wrong("a UUID", value) from None

    def _uuids(self, values: Any) -> list[str]:
        return [self._uuid(value) for value in self._list(values)]


class _FilterByTime(_Side):
    """A time that the server keeps of each object, which can be compared; the collection must index timestamps."""

    __slots__ = ()

    def equal(self, date: datetime) -> FilterReturn:
        """It is this."""
        return self._compare(Operator.EQUAL, self._time(date))

    def not_equal(self, date: datetime) -> FilterReturn:
        """It is not this."""
        return self._compare(Operator.NOT_EQUAL, self._time(date))

    def less_than(self, date: datetime) -> FilterReturn:
        """It is before this."""
        return self._compare(Operator.LESS_THAN, self._time(date))

    def less_or_equal(self, date: datetime) -> FilterReturn:
        """It is this or before."""
        return self._compare(Operator.LESS_THAN_EQUAL, self._time(date))

    def greater_than(self, date: datetime) -> FilterReturn:
        """It is after this."""
        return self._compare(Operator.GREATER_THAN, self._time(date))

    def greater_or_equal(self, date: datetime) -> FilterReturn:
        """It is this or after."""
        return self._compare(Operator.GREATER_THAN_EQUAL, self._time(date))

    def contains_any(self, dates: list[datetime]) -> FilterReturn:
        """It is one of these."""
        return self._compare(Operator.CONTAINS_ANY, [self._time(value) for value in self._list(dates)])

    def contains_none(self, dates: list[datetime]) -> FilterReturn:
        """It is none of these."""
        return self._compare(Operator.CONTAINS_NONE, [self._time(value) for value in self._list(dates)])

    def _time(self, value: Any) -> Any:
        if isinstance(value, (date, str)):  # a text is in RFC 3339, which the server checks
            return value
        raise self._wrong("a datetime", value)


class FilterByCreationTime(_FilterByTime):
    """When objects were created, which can be compared; the collection must index timestamps."""

    __slots__ = ()

    def __init__(self, target: Path = ()) -> None:
        super().__init__(_target(target, "_creationTimeUnix"))


class FilterByUpdateTime(_FilterByTime):
    """When objects were last changed, which can be compared; the collection must index timestamps."""

    __slots__ = ()

    def __init__(self, target: Path = ()) -> None:
        super().__init__(_target(target, "_lastUpdateTimeUnix"))


class FilterByCount(_Side):
    """The number of references that a property has, which can be compared."""

    __slots__ = ()

    def __init__(self, link_on: str, target: Path = ()) -> None:
        super().__init__(_target(target, CountRef(link_on)))

    def equal(self, count: int) -> FilterReturn:
        """It is this."""
        return self._compare(Operator.EQUAL, self._count(count))

    def not_equal(self, count: int) -> FilterReturn:
        """It is not this."""
        return self._compare(Operator.NOT_EQUAL, self._count(count))

    def less_than(self, count: int) -> FilterReturn:
        """It is less than this."""
        return self._compare(Operator.LESS_THAN, self._count(count))

    def less_or_equal(self, count: int) -> FilterReturn:
        """It is this or less."""
        return self._compare(Operator.LESS_THAN_EQUAL, self._count(count))

    def greater_than(self, count: int) -> FilterReturn:
        """It is more than this."""
        return self._compare(Operator.GREATER_THAN, self._count(count))

    def greater_or_equal(self, count: int) -> FilterReturn:
        """It is this or more."""
        return self._compare(Operator.GREATER_THAN_EQUAL, self._count(count))

    def _count(self, value: Any) -> int:
        count = plain_number(value)
        if isinstance(count, bool) or not isinstance(count, int):
            raise self._wrong("an integer", value)
        self._scalar(count)
        return count


class FilterByRef:
    """What references lead to, and all there is to compare there."""

    __slots__ = ("_path",)

    def __init__(self, target: Path) -> None:
        self._path = target

    def by_property(self, name: str, length: bool = False) -> FilterByProperty:
        """A property there, or with `length` its length."""
        return FilterByProperty(_name("by_property", "name", name), length, self._path)

    def by_id(self) -> FilterById:
        """The id there."""
        return FilterById(self._path)

    def by_creation_time(self) -> FilterByCreationTime:
        """When what is there was created."""
        return FilterByCreationTime(self._path)

    def by_update_time(self) -> FilterByUpdateTime:
        """When what is there was last changed."""
        return FilterByUpdateTime(self._path)

    def by_ref_count(self, link_on: str) -> FilterByCount:
        """How many references a property there has."""
        return FilterByCount(_name("by_ref_count", "link_on", link_on), self._path)

    def by_ref(self, link_on: str) -> FilterByRef:
        """What references lead to from there."""
        return FilterByRef((*self._path, (_name("by_ref", "link_on", link_on), None)))

    def by_ref_multi_target(self, reference: str, target_collection: str) -> FilterByRef:
        """What references lead to from there in one of several collections."""
        call = "by_ref_multi_target"
        link = _name(call, "reference", reference), _name(call, "target_collection", target_collection)
        return FilterByRef((*self._path, link))


_HERE = FilterByRef(())


class Filter:
    """Filters, as in `Filter.by_property("year").greater_than(1980) & Filter.by_property("live").equal(True)`."""

    @staticmethod
    def by_property(name: str, length: bool = False) -> FilterByProperty:
        """Compare a property.

        Args:
            name: The property.
            length: Compare its length; the collection must index property lengths.
        """
        return _HERE.by_property(name, length)

    @staticmethod
    def by_id() -> FilterById:
        """Compare the ids of objects."""
        return _HERE.by_id()

    @staticmethod
    def by_creation_time() -> FilterByCreationTime:
        """Compare when objects were created; the collection must index timestamps."""
        return _HERE.by_creation_time()

    @staticmethod
    def by_update_time() -> FilterByUpdateTime:
        """Compare when objects were last changed; the collection must index timestamps."""
        return _HERE.by_update_time()

    @staticmethod
    def by_ref(link_on: str) -> FilterByRef:
        """Look at the objects that a reference property leads to."""
        return _HERE.by_ref(link_on)

    @staticmethod
    def by_ref_multi_target(link_on: str, target_collection: str) -> FilterByRef:
        """Look at the objects that a reference property leads to in one of its collections."""
        return _HERE.by_ref_multi_target(link_on, target_collection)

    @staticmethod
    def by_ref_count(link_on: str) -> FilterByCount:
        """Compare how many references a property has."""
        return _HERE.by_ref_count(link_on)

    @staticmethod
    def all_of(filters: Sequence[FilterReturn]) -> FilterReturn:
        """All of them hold."""
        return FilterAnd(filters)

    @staticmethod
    def any_of(filters: Sequence[FilterReturn]) -> FilterReturn:
        """At least one of them holds."""
        return FilterOr(filters)

    @staticmethod
    def not_(filter_: FilterReturn) -> FilterReturn:
        """It does not hold."""
        return FilterNot([filter_])
