"""What users write beside plain values: objects, references, places, telephone numbers, and what a query is to return.

Plain values: they check what they are given, hold it as it was given, and know nothing of the wire.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from math import isfinite
from typing import Any, ClassVar, Generic, Literal, Protocol, SupportsIndex, TypeAlias, get_args
from uuid import UUID

from typing_extensions import TypeVar

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.values.base import Check, Value

P = TypeVar("P", covariant=True, default=Any)
R = TypeVar("R", covariant=True, default=Any)

MAX_INTEGER = 2**53
"""The server keeps integers as doubles, whatever the protocol: beyond this they would become other integers."""

Uuid: TypeAlias = str | UUID


class HasArray(Protocol):
    """An array of numpy, and what can be made one."""

    def __array__(self, *args: Any, **options: Any) -> Any: ...


class HasDLPack(Protocol):
    """An array of another library."""

    def __dlpack__(self, *args: Any, **options: Any) -> Any: ...


VectorInput: TypeAlias = Iterable[float] | Iterable[Iterable[float]] | HasArray | HasDLPack | Mapping[str, Any]
"""The vector of an object, or its vectors by name."""


# Values of properties.


def plain_number(value: Any) -> Any:
    """A number or truth value of numpy as Python's own; anything else as it is."""
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    return value.item() if kind in ("b", "i", "u", "f") and value.shape == () else value


class NanosecondDatetime(datetime):
    """A datetime that is more exact than Python's: what the server returns where microseconds do not tell all.

    It compares and calculates as a datetime; written back, no digit is lost.

    Attributes:
        nanosecond: The nanoseconds beyond `microsecond`, from 0 to 999.
    """

    nanosecond: int = 0

    @classmethod
    def of(cls, moment: datetime, nanosecond: int) -> NanosecondDatetime:
        """The moment and so many nanoseconds."""
        made = cls.combine(moment.date(), moment.timetz())
        made.nanosecond = nanosecond
        return made

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        """As for a datetime; where nothing shorter is asked for, with nine digits."""
        if timespec not in ("auto", "microseconds"):
            return super().isoformat(sep, timespec)
        text = super().isoformat(sep, "microseconds")
        return f"{text[:26]}{self.nanosecond:03d}{text[26:]}"

    def astimezone(self, tz: tzinfo | None = None) -> NanosecondDatetime:
        """The same moment in another time zone."""
        return self.of(super().astimezone(tz), self.nanosecond)

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return self.of, (datetime.combine(self.date(), self.timetz()), self.nanosecond)


class GeoCoordinate(Value):
    """A place on Earth. The server keeps its numbers in 32 bits each, which is about a metre.

    Args:
        latitude: Degrees north, from -90 to 90.
        longitude: Degrees east, from -180 to 180.
    """

    __slots__ = ("latitude", "longitude")

    def __init__(self, *, latitude: float, longitude: float) -> None:
        self.latitude = _degrees("latitude", latitude, 90)
        self.longitude = _degrees("longitude", longitude, 180)


def _degrees(name: str, value: float, most: int) -> float:
    number: Any = plain_number(value)
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not isfinite(number) or abs(number) > most:
        raise WeaviateInvalidInputError(f"`{name}` must be a number from -{most} to {most}, not {value!r}")
    return number


class PhoneNumber(Value):
    """A telephone number as it is written.

    Args:
        number: The number; without `default_country` it must be international, as in "+49 30 1234567".
        default_country: The country of a national number: its two letters in ISO 3166-1.
    """

    __slots__ = ("default_country", "number")

    def __init__(self, *, number: str, default_country: str | None = None) -> None:
        self.number = Check("PhoneNumber").text("number", number, required=True)
        self.default_country = default_country


class PhoneNumberType(Value):
    """A telephone number as the server understood it."""

    __slots__ = (
        "country_code",
        "default_country",
        "international_formatted",
        "national",
        "national_formatted",
        "number",
        "valid",
    )

    def __init__(
        self,
        *,
        number: str,
        country_code: int = 0,
        default_country: str = "",
        international_formatted: str = "",
        national: int = 0,
        national_formatted: str = "",
        valid: bool = False,
    ) -> None:
        self.number = number
        self.country_code = country_code
        self.default_country = default_country
        self.international_formatted = international_formatted
        self.national = national
        self.national_formatted = national_formatted
        self.valid = valid


# Objects and references.


class ReferenceToMulti(Value):
    """Where a reference leads whose property may lead to several collections.

    Args:
        target_collection: The collection it leads to.
        uuids: The object, or the objects, there.
    """

    __slots__ = ("target_collection", "uuids")

    def __init__(self, *, target_collection: str, uuids: Uuid | Sequence[Uuid]) -> None:
        self.target_collection = target_collection
        self.uuids = uuids

    @property
    def uuids_str(self) -> list[str]:
        """The ids as text."""
        uuids: Sequence[Uuid] = [self.uuids] if isinstance(self.uuids, (str, UUID)) else self.uuids
        return [str(uuid) for uuid in uuids]


WeaviateField: TypeAlias = (
    bool
    | int
    | float
    | str
    | datetime
    | UUID
    | GeoCoordinate
    | PhoneNumber
    | PhoneNumberType
    | Mapping[str, "WeaviateField"]
    | Sequence["WeaviateField"]
    | None
)
"""What a property may hold."""

WeaviateProperties: TypeAlias = Mapping[str, WeaviateField]

ReferenceInput: TypeAlias = Uuid | Sequence[Uuid] | ReferenceToMulti
ReferenceInputs: TypeAlias = Mapping[str, ReferenceInput]


class DataObject(Value, Generic[P, R]):
    """An object to be written.

    Args:
        properties: Its properties.
        uuid: Its id; without, it gets a random one.
        vector: Its vector, or its vectors by name: lists, or anything that holds numbers as an array does.
        references: For each reference property where it leads: an id, several, or `ReferenceToMulti`.
    """

    __slots__ = ("properties", "references", "uuid", "vector")

    def __init__(
        self,
        properties: P = None,  # type: ignore[assignment]
        uuid: Uuid | None = None,
        vector: VectorInput | None = None,
        references: R = None,  # type: ignore[assignment]
    ) -> None:
        self.properties = properties
        self.uuid = uuid
        self.vector: Any = vector
        self.references = references


class DataReferenceMulti(Value):
    """A reference to be written whose property may lead to several collections: `DataReference.MultiTarget`.

    Args:
        from_property: The reference property.
        from_uuid: The object that has it.
        to_uuid: The object, or the objects, that it leads to.
        target_collection: Their collection.
    """

    __slots__ = ("from_property", "from_uuid", "target_collection", "to_uuid")

    def __init__(self, from_property: str, from_uuid: Uuid, to_uuid: Uuid | list[Uuid], target_collection: str) -> None:
        self.from_property = from_property
        self.from_uuid = from_uuid
        self.to_uuid = to_uuid
        self.target_collection = target_collection


class DataReference(Value):
    """A reference to be written.

    Args:
        from_property: The reference property.
        from_uuid: The object that has it.
        to_uuid: The object, or the objects, that it leads to.
    """

    __slots__ = ("from_property", "from_uuid", "to_uuid")
    MultiTarget: ClassVar = DataReferenceMulti

    def __init__(self, from_property: str, from_uuid: Uuid, to_uuid: Uuid | list[Uuid]) -> None:
        self.from_property = from_property
        self.from_uuid = from_uuid
        self.to_uuid = to_uuid


class Shard(Value):
    """A collection, or a tenant of one, whose vectors are waited for.

    Args:
        collection: The collection.
        tenant: The tenant.
    """

    __slots__ = ("collection", "tenant")

    def __init__(self, *, collection: str, tenant: str | None = None) -> None:
        self.collection = collection
        self.tenant = tenant


# What a query is to return.

MetadataName: TypeAlias = Literal[
    "certainty",
    "creation_time",
    "distance",
    "explain_score",
    "is_consistent",
    "last_update_time",
    "query_profile",
    "score",
]
"""The name of something that `MetadataQuery` asks for."""


class MetadataQuery(Value):
    """Which metadata a query is to return with each object."""

    __slots__ = get_args(MetadataName)

    def __init__(
        self,
        *,
        creation_time: bool = False,
        last_update_time: bool = False,
        distance: bool = False,
        certainty: bool = False,
        score: bool = False,
        explain_score: bool = False,
        is_consistent: bool = False,
        query_profile: bool = False,
    ) -> None:
        self.creation_time = creation_time
        self.last_update_time = last_update_time
        self.distance = distance
        self.certainty = certainty
        self.score = score
        self.explain_score = explain_score
        self.is_consistent = is_consistent
        self.query_profile = query_profile

    @classmethod
    def full(cls) -> MetadataQuery:
        """All that tells about an object, but not how the query was executed."""
        return cls(**{name: name != "query_profile" for name in MetadataQuery.__slots__})

    @classmethod
    def full_with_profile(cls) -> MetadataQuery:
        """All there is."""
        return cls(**dict.fromkeys(MetadataQuery.__slots__, True))


class QueryNested(Value):
    """Which properties of an object property a query is to return.

    Args:
        name: The object property.
        properties: The names of the properties in it, or `QueryNested` for those that hold objects themselves.
    """

    __slots__ = ("name", "properties")

    def __init__(self, *, name: str, properties: str | QueryNested | Sequence[str | QueryNested]) -> None:
        self.name = name
        self.properties = properties


class QueryReferenceBase(Value):
    """What all references to be returned have in common."""

    __slots__ = ("include_vector", "link_on", "return_metadata", "return_properties", "return_references")

    def __init__(
        self,
        *,
        link_on: str,
        include_vector: bool | str | list[str] = False,
        return_metadata: MetadataQuery | Sequence[str] | None = None,
        return_properties: str | QueryNested | Sequence[str | QueryNested] | bool | None = None,
        return_references: QueryReferenceBase | Sequence[QueryReferenceBase] | None = None,
    ) -> None:
        self.link_on = link_on
        self.include_vector = include_vector
        self.return_metadata = return_metadata
        self.return_properties = return_properties
        self.return_references = return_references


class QueryReferenceMultiTarget(QueryReferenceBase):
    """A reference to be returned whose property may lead to several collections: `QueryReference.MultiTarget`.

    Args:
        link_on: The reference property.
        target_collection: The collection that it leads to.
        **what: As for `QueryReference`.
    """

    __slots__ = ("target_collection",)

    def __init__(self, *, link_on: str, target_collection: str, **what: Any) -> None:
        super().__init__(link_on=link_on, **what)
        self.target_collection = target_collection


class QueryReference(QueryReferenceBase):
    """A reference to be returned: the objects that it leads to come along.

    Args:
        link_on: The reference property.
        include_vector: Whether to return their vectors, or which.
        return_metadata: Which metadata to return.
        return_properties: Which properties to return; without, all of them.
        return_references: Which references of theirs to follow.
    """

    __slots__ = ()
    MultiTarget: ClassVar = QueryReferenceMultiTarget


ReturnProperties: TypeAlias = str | QueryNested | Sequence[str | QueryNested] | bool
ReturnReferences: TypeAlias = QueryReferenceBase | Sequence[QueryReferenceBase]


class Sorting:
    """An order of results: by the first criterion, among equals by the next. Made by `Sort`, prolonged by chaining."""

    __slots__ = ("sorts",)

    def __init__(self) -> None:
        self.sorts: list[tuple[str, bool]] = []

    def by_property(self, name: str, ascending: bool = True) -> Sorting:
        """Then by a property."""
        self.sorts.append((name, ascending))
        return self

    def by_id(self, ascending: bool = True) -> Sorting:
        """Then by the objects' ids."""
        return self.by_property("_id", ascending)

    def by_creation_time(self, ascending: bool = True) -> Sorting:
        """Then by when the objects were created."""
        return self.by_property("_creationTimeUnix", ascending)

    def by_update_time(self, ascending: bool = True) -> Sorting:
        """Then by when the objects were last changed."""
        return self.by_property("_lastUpdateTimeUnix", ascending)

    def __repr__(self) -> str:
        return f"Sorting({self.sorts})"


class Sort:
    """Orders of results, as in `Sort.by_property("year").by_id(ascending=False)`."""

    @staticmethod
    def by_property(name: str, ascending: bool = True) -> Sorting:
        """By a property."""
        return Sorting().by_property(name, ascending)

    @staticmethod
    def by_id(ascending: bool = True) -> Sorting:
        """By the objects' ids."""
        return Sorting().by_id(ascending)

    @staticmethod
    def by_creation_time(ascending: bool = True) -> Sorting:
        """By when the objects were created."""
        return Sorting().by_creation_time(ascending)

    @staticmethod
    def by_update_time(ascending: bool = True) -> Sorting:
        """By when the objects were last changed."""
        return Sorting().by_update_time(ascending)


class GroupBy(Value):
    """How to group results.

    Args:
        prop: The property whose values make the groups.
        objects_per_group: How many objects each group has at most.
        number_of_groups: How many groups there are at most.
    """

    __slots__ = ("number_of_groups", "objects_per_group", "prop")

    def __init__(self, *, prop: str, objects_per_group: int, number_of_groups: int) -> None:
        self.prop = prop
        self.objects_per_group = objects_per_group
        self.number_of_groups = number_of_groups


class Rerank(Value):
    """How the reranker of the collection orders results anew.

    Args:
        prop: The property that it reads.
        query: What it looks for; without, the query of the search.
    """

    __slots__ = ("prop", "query")

    def __init__(self, *, prop: str, query: str | None = None) -> None:
        self.prop = prop
        self.query = query
