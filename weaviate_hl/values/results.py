"""What queries return. An object is read from the reply when it is first looked at; all else is plain data.

No value here is special: dictionaries and lists are Python's own, and `vars(object)`, copies, pickles, `==` and `repr`
see an object whole. How an object is read is the business of the layer above, which hands a reader to each.
"""

# ruff: noqa: RUF009 - the defaults of objects' attributes are descriptors, which are meant to be shared

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeAlias
from uuid import UUID

from typing_extensions import TypeVar

from weaviate_hl.errors import ResponseCannotBeDecodedError
from weaviate_hl.values.tables import Tabular, of_objects

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

P = TypeVar("P", default=dict[str, Any])
R = TypeVar("R", default=Any)
M = TypeVar("M", default=Any)

Vectors: TypeAlias = dict[str, list[float] | list[list[float]]]


# Objects.


class Reader:
    """How an object is read from what came of it: a function for each attribute, and these two."""

    @staticmethod
    def open(data: bytes) -> Any:
        """What the functions are given, made of the bytes that came."""
        raise NotImplementedError

    @staticmethod
    def vector_arrays(source: Any) -> dict[str, NDArray[np.float32]]:
        """The vectors as arrays."""
        raise NotImplementedError


class _Lazy:
    """An attribute that is read when it is first looked at; from then on it is an ordinary one.

    Args:
        *along: Other attributes to read along with it, as opening the bytes costs as much as reading a few.
    """

    __slots__ = ("name", "names")

    def __init__(self, *along: str) -> None:
        self.names = along

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.names = (name, *self.names)

    def __get__(self, given: Any, owner: type | None = None) -> Any:
        if given is None:
            return self
        source = given._source
        own = _own(given)
        if source is not None:
            try:
                _read(given._reader, source, self.names, own)
            except ResponseCannotBeDecodedError:
                if self.name not in own:  # else only what was to be read along with it cannot be read
                    raise
        try:
            return own[self.name]
        except KeyError:
            raise AttributeError(f"{type(given).__name__!r} object has no attribute {self.name!r}") from None


def _read(reader: type[Reader], source: Any, names: Iterable[str], into: dict[str, Any]) -> None:
    try:
        if type(source) is bytes:
            source = reader.open(source)
        for name in names:
            # Of two threads that read it at the same time, both see what the first one made.
            into.setdefault(name, getattr(reader, name)(source))
    except Exception as error:  # whatever can be wrong with these bytes
        raise ResponseCannotBeDecodedError(f"A result cannot be read: {error}") from error


def _lazy(*along: str) -> Any:
    return _Lazy(*along)


class _WithDict:
    """Has the dictionary in which the attributes of objects are kept."""


_own: Any = vars(_WithDict)["__dict__"].__get__


@dataclass(init=False, eq=False, repr=False)
class _Object(_WithDict, Generic[P, R, M]):
    """What all objects of results have.

    Attributes:
        uuid: Its id.
        metadata: What the query told about it.
        properties: Its properties.
        references: The objects that its references lead to, by property; None if none were asked for.
        vector: Its vectors by name; one without a name is "default".
        collection: The collection that it is in.
    """

    __slots__ = ("_reader", "_source")

    uuid: UUID = _lazy("properties")
    metadata: M = _lazy()
    properties: P = _lazy("uuid")
    references: R = _lazy()
    vector: Vectors = _lazy()
    collection: str = _lazy()

    def __init__(
        self, uuid: UUID, metadata: M, properties: P, references: R, vector: Vectors, collection: str, **more: Any
    ) -> None:
        self._source: Any = None
        self._reader: Any = Reader
        _own(self).update(
            uuid=uuid,
            metadata=metadata,
            properties=properties,
            references=references,
            vector=vector,
            collection=collection,
            **more,
        )

    @classmethod
    def _read_by(cls, reader: type[Reader], source: Any) -> Any:
        """An object that is read when it is looked at."""
        made: Any = cls.__new__(cls)
        made._reader = reader
        made._source = source
        return made

    def vector_array(self, name: str = "default") -> NDArray[np.float32]:
        """A vector, or a multi-vector, as an array of numpy that cannot be written to, without making a list of it.

        Args:
            name: Its name.

        Raises:
            KeyError: There is no such vector; was it asked for?
        """
        return self.vector_arrays()[name]

    def vector_arrays(self) -> dict[str, NDArray[np.float32]]:
        """All vectors by name, as `vector_array` gives each."""
        import numpy as np

        source = self._source
        if source is None or "vector" in _own(self):
            return {name: np.asarray(vector, dtype=np.float32) for name, vector in self.vector.items()}
        read: dict[str, Any] = {}
        _read(self._reader, source, ["vector_arrays"], read)
        return read["vector_arrays"]  # type: ignore[no-any-return]

    def _repr_html_(self) -> str:
        return of_objects([self])

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        own: dict[str, Any] = _own(self)
        source = self._source
        if source is not None:
            _read(self._reader, source, [name for name in self.__dataclass_fields__ if name not in own], own)
            self._source = None
        return own

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if type(other) is type(self) else NotImplemented

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), vars(self))


def _restore(cls: type[_Object[Any, Any, Any]], attributes: dict[str, Any]) -> Any:
    made = cls._read_by(Reader, None)
    _own(made).update(attributes)
    return made


@dataclass
class MetadataReturn:
    """What a query told about an object; None is what it was not asked, or what there is none of."""

    creation_time: datetime | None = None
    last_update_time: datetime | None = None
    distance: float | None = None
    certainty: float | None = None
    score: float | None = None
    explain_score: str | None = None
    is_consistent: bool | None = None
    rerank_score: float | None = None


@dataclass
class MetadataSingleObjectReturn:
    """What is told about an object that was fetched by its id."""

    creation_time: datetime
    last_update_time: datetime
    is_consistent: bool | None


class Object(_Object[P, R, MetadataReturn], Generic[P, R]):
    """An object that a query found."""

    __slots__ = ()


class ObjectSingleReturn(_Object[P, R, MetadataSingleObjectReturn], Generic[P, R]):
    """An object that was fetched by its id."""

    __slots__ = ()


@dataclass(init=False, eq=False, repr=False)
class GroupByObject(_Object[P, R, MetadataReturn], Generic[P, R]):
    """An object in a group.

    Attributes:
        belongs_to_group: The name of the group.
    """

    __slots__ = ()
    belongs_to_group: str = _lazy()


@dataclass
class CrossReference(Tabular, Generic[P, R]):
    """What a reference leads to."""

    objects: list[Object[P, R]] = field(default_factory=list)


CrossReferences: TypeAlias = Mapping[str, CrossReference[dict[str, Any], Any]]


# Queries.


@dataclass
class SearchProfileReturn:
    """How a shard executed a part of a query."""

    details: dict[str, str]


@dataclass
class ShardProfileReturn:
    """How a shard executed a query."""

    name: str
    node: str
    searches: dict[str, SearchProfileReturn]


@dataclass
class QueryProfileReturn:
    """How a query was executed."""

    shards: list[ShardProfileReturn]


@dataclass
class QueryReturn(Tabular, Generic[P, R]):
    """What a query found."""

    objects: list[Object[P, R]]
    query_profile: QueryProfileReturn | None = None


@dataclass
class Group(Tabular, Generic[P, R]):
    """Objects that have the value of a property in common, which is the group's name."""

    name: str
    min_distance: float
    max_distance: float
    number_of_objects: int
    objects: list[GroupByObject[P, R]]
    rerank_score: float | None


@dataclass
class GroupByReturn(Tabular, Generic[P, R]):
    """What a query found, in groups by their names, and all objects of all groups."""

    objects: list[GroupByObject[P, R]]
    groups: dict[str, Group[P, R]]
    query_profile: QueryProfileReturn | None = None


# Generated texts.


@dataclass
class GenerativeGrouped:
    """A text that was generated from all objects; `metadata` is what the model's provider told."""

    metadata: Any
    text: str | None


@dataclass
class GenerativeSingle(GenerativeGrouped):
    """A text that was generated from an object; `debug` has the prompt if that was asked for."""

    debug: Any


@dataclass(init=False, eq=False, repr=False)
class GenerativeObject(Object[P, R], Generic[P, R]):
    """An object that a query found, and what was generated from it."""

    __slots__ = ()
    generative: GenerativeSingle | None = _lazy()

    @property
    def generated(self) -> str | None:
        """The text."""
        return self.generative.text if self.generative else None


@dataclass(init=False)
class GenerativeReturn(Tabular, Generic[P, R]):
    """What a query found, and what was generated from it as a whole."""

    objects: list[GenerativeObject[P, R]]
    generative: GenerativeGrouped | None
    query_profile: QueryProfileReturn | None

    def __init__(
        self,
        generated: str | None = None,
        objects: list[GenerativeObject[P, R]] | None = None,
        generative: GenerativeGrouped | None = None,
        query_profile: QueryProfileReturn | None = None,
    ) -> None:
        self.objects = objects or []
        self.generative = generative if generated is None else generative or GenerativeGrouped(None, generated)
        self.query_profile = query_profile

    @property
    def generated(self) -> str | None:
        """The text."""
        return self.generative.text if self.generative else None


@dataclass
class GenerativeGroup(Group[P, R], Generic[P, R]):
    """A group, and what was generated from it."""

    generated: str | None


@dataclass
class GenerativeGroupByReturn(Tabular, Generic[P, R]):
    """What a query found in groups, and what was generated from all of it."""

    objects: list[GroupByObject[P, R]]
    groups: dict[str, GenerativeGroup[P, R]]
    generated: str | None
    query_profile: QueryProfileReturn | None = None


# GraphQL.


@dataclass
class RawGQLReturn:
    """What a query in GraphQL returned, as JSON, part by part; `errors` are the server's, if there are any."""

    aggregate: dict[str, Any]
    explore: dict[str, Any]
    get: dict[str, Any]
    errors: list[dict[str, Any]] | None


# What a search may return, for annotations.

QuerySingleReturn: TypeAlias = ObjectSingleReturn[P, R] | None
QueryReturnType: TypeAlias = QueryReturn[P, R]
GroupByReturnType: TypeAlias = GroupByReturn[P, R]
QueryNearMediaReturnType: TypeAlias = QueryReturn[P, R] | GroupByReturn[P, R]
GenerativeReturnType: TypeAlias = GenerativeReturn[P, R]
GenerativeGroupByReturnType: TypeAlias = GenerativeGroupByReturn[P, R]
GenerativeNearMediaReturnType: TypeAlias = GenerativeReturn[P, R] | GenerativeGroupByReturn[P, R]
GenerativeSearchReturnType: TypeAlias = GenerativeNearMediaReturnType[P, R]
