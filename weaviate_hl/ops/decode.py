"""Replies become results: of gRPC lazily, part by part, and of REST at once. Pure.

A reply is taken apart into the bytes of its results and no further; each object keeps its own bytes only, so that one
that is kept does not keep the others. The raw view of the messages (weaviate_gen.grpc.raw) makes this possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from google.protobuf.message import DecodeError
from weaviate_gen.grpc.methods import Method
from weaviate_gen.grpc.raw import raw
from weaviate_gen.grpc.services import WeaviateMethods
from weaviate_gen.grpc.v1 import search_get_pb2

from weaviate_hl.errors import ResponseCannotBeDecodedError
from weaviate_hl.op import Unfinished
from weaviate_hl.ops import vectors
from weaviate_hl.ops.instances import reader
from weaviate_hl.ops.values import from_json, read_properties, uuid_of
from weaviate_hl.values.results import (
    CrossReference,
    GenerativeGroup,
    GenerativeGroupByReturn,
    GenerativeGrouped,
    GenerativeObject,
    GenerativeReturn,
    GenerativeSingle,
    Group,
    GroupByObject,
    GroupByReturn,
    MetadataReturn,
    MetadataSingleObjectReturn,
    Object,
    ObjectSingleReturn,
    QueryProfileReturn,
    QueryReturn,
    Reader,
    SearchProfileReturn,
    ShardProfileReturn,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_REPLY = raw(search_get_pb2.SearchReply)
_RESULT = raw(search_get_pb2.SearchResult)


AT_ONCE = 1000
"""How many results are read before others have a turn."""


class _AsItCame:
    """Stands for the class of a reply whose bytes are wanted."""

    FromString = bytes


SEARCH: Method[Any, Any] = Method(
    WeaviateMethods.Search.service,
    WeaviateMethods.Search.name,
    WeaviateMethods.Search.request,
    _AsItCame,
)
"""The rpc as it is to be called for the functions below: its reply is not read on the way."""


# How an object is read: `source` is a SearchResult of the raw view, or has the same two parts.


class _Found(Reader):
    """Reads what a query found."""

    open = staticmethod(_RESULT.FromString)

    @staticmethod
    def uuid(source: Any) -> UUID | None:
        metadata = source.metadata
        data = metadata.id_as_bytes
        if len(data) == 16:
            return uuid_of(data)
        return UUID(metadata.id) if metadata.id else None

    @staticmethod
    def properties(source: Any) -> dict[str, Any]:
        return read_properties(source.properties.non_ref_props.fields)

    @staticmethod
    def metadata(source: Any) -> Any:
        metadata = source.metadata
        return MetadataReturn(
            _time(metadata.creation_time_unix) if metadata.creation_time_unix_present else None,
            _time(metadata.last_update_time_unix) if metadata.last_update_time_unix_present else None,
            metadata.distance if metadata.distance_present else None,
            metadata.certainty if metadata.certainty_present else None,
            metadata.score if metadata.score_present else None,
            metadata.explain_score if metadata.explain_score_present else None,
            metadata.is_consistent if metadata.is_consistent_present else None,
            metadata.rerank_score if metadata.rerank_score_present else None,
        )

    @staticmethod
    def vector(source: Any) -> dict[str, list[Any]]:
        return {name: vectors.to_lists(data, kind) for name, data, kind in _vectors(source.metadata)}

    @staticmethod
    def vector_arrays(source: Any) -> dict[str, NDArray[np.float32]]:
        return {name: vectors.to_array(data, kind) for name, data, kind in _vectors(source.metadata)}

    @staticmethod
    def references(source: Any) -> Any:
        properties = source.properties
        found = {
            reference.prop_name: CrossReference([Object._read_by(_Found, _Link(one)) for one in reference.properties])
            for reference in properties.ref_props
        }
        return found if found or properties.ref_props_requested else None

    @staticmethod
    def collection(source: Any) -> str:
        name: str = source.properties.target_collection
        return name


class _Link:
    """What a reference leads to, in the two parts that a result has."""

    __slots__ = ("metadata", "properties")

    def __init__(self, properties: Any) -> None:
        self.properties = properties
        self.metadata = properties.metadata


class _Single(_Found):
    """Reads an object that was fetched by its id."""

    @staticmethod
    def metadata(source: Any) -> Any:
        metadata = source.metadata
        return MetadataSingleObjectReturn(
            _time(metadata.creation_time_unix),
            _time(metadata.last_update_time_unix),
            metadata.is_consistent if metadata.is_consistent_present else None,
        )


class _Generated(_Found):
    """Reads what a query found and generated."""

    @staticmethod
    def generative(source: Any) -> GenerativeSingle | None:
        for reply in source.generative.values:
            debug = reply.debug if reply.HasField("debug") else None
            return GenerativeSingle(_told(reply), reply.result, debug and _plain(debug))
        metadata = source.metadata
        return GenerativeSingle(None, metadata.generative, None) if metadata.generative_present else None


def _time(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _vectors(metadata: Any) -> Iterable[tuple[str, bytes, int]]:
    """Each vector's name, bytes and type."""
    if data := metadata.vector_bytes:
        yield vectors.UNNAMED, data, vectors.SINGLE
    elif metadata.vector:  # as servers told it once
        yield vectors.UNNAMED, vectors.encode(list(metadata.vector))[0], vectors.SINGLE
    for one in metadata.vectors:
        yield one.name, one.vector_bytes, one.type


# Replies; bytes that are none are a ResponseCannotBeDecodedError. `properties` and `references` are the models whose
# instances the objects are to have, where not dictionaries.


def query(
    reply: bytes, properties: Any = None, references: Any = None
) -> QueryReturn[Any, Any] | Unfinished[QueryReturn[Any, Any]]:
    """What a search found."""
    message = _parse(reply)
    objects, rest = _by_and_by(Object, reader(_Found, properties, references), message.results)
    found = QueryReturn[Any, Any](objects, _profile(message))
    return Unfinished(found, rest) if rest else found


def single(reply: bytes, properties: Any = None, references: Any = None) -> ObjectSingleReturn[Any, Any] | None:
    """The object that a search by id found, if there is one."""
    found = _objects(ObjectSingleReturn, reader(_Single, properties, references), _parse(reply).results)
    return found[0] if found else None


def group_by(reply: bytes, properties: Any = None, references: Any = None) -> GroupByReturn[Any, Any]:
    """What a search found, in groups."""
    message = _parse(reply)
    found = reader(_Found, properties, references)
    groups = {group.name: Group(**_group(group, found)) for group in message.group_by_results}
    return GroupByReturn(_of_all(groups), groups, _profile(message))


def generative(reply: bytes, properties: Any = None, references: Any = None) -> GenerativeReturn[Any, Any]:
    """What a search found, and what was generated from it."""
    message = _parse(reply)
    return GenerativeReturn(
        objects=_objects(GenerativeObject, reader(_Generated, properties, references), message.results),
        generative=_grouped(message),
        query_profile=_profile(message),
    )


def generative_group_by(
    reply: bytes, properties: Any = None, references: Any = None
) -> GenerativeGroupByReturn[Any, Any]:
    """What a search found, in groups, and what was generated from them."""
    message = _parse(reply)
    found = reader(_Found, properties, references)
    groups = {
        group.name: GenerativeGroup(**_group(group, found), generated=_text(group))
        for group in message.group_by_results
    }
    whole = _grouped(message)
    return GenerativeGroupByReturn(_of_all(groups), groups, whole.text if whole else None, _profile(message))


def _parse(reply: bytes) -> Any:
    try:
        return _REPLY.FromString(reply)
    except (DecodeError, ValueError) as error:  # ValueError: a text that is no Unicode
        raise ResponseCannotBeDecodedError(f"The reply cannot be read: {error}") from error


def _objects(cls: Any, reader: type[Reader], results: Iterable[bytes]) -> list[Any]:
    # Not by a method, as this is what a result costs that is never looked at.
    new, objects = cls.__new__, []
    for data in results:
        made = new(cls)
        made._reader = reader
        made._source = data
        objects.append(made)
    return objects


def _by_and_by(cls: Any, reader: type[Reader], results: Sequence[bytes]) -> tuple[list[Any], Iterator[None] | None]:
    """Objects, and if there are many, the steps that add those that are still missing."""
    objects = _objects(cls, reader, results[:AT_ONCE])

    def add() -> Iterator[None]:
        for start in range(AT_ONCE, len(results), AT_ONCE):
            yield
            objects.extend(_objects(cls, reader, results[start : start + AT_ONCE]))

    return objects, add() if len(results) > AT_ONCE else None


def _group(group: Any, found: type[Reader]) -> dict[str, Any]:
    objects = _objects(GroupByObject, found, group.objects)
    for one in objects:
        one.belongs_to_group = group.name
    return {
        "name": group.name,
        "min_distance": group.min_distance,
        "max_distance": group.max_distance,
        "number_of_objects": group.number_of_objects,
        "objects": objects,
        "rerank_score": group.rerank.score if group.HasField("rerank") else None,
    }


def _of_all(groups: Mapping[str, Group[Any, Any]]) -> list[GroupByObject[Any, Any]]:
    return [one for group in groups.values() for one in group.objects]


def _profile(message: Any) -> QueryProfileReturn | None:
    if not message.HasField("query_profile"):
        return None
    return QueryProfileReturn(
        [
            ShardProfileReturn(
                shard.name,
                shard.node,
                {name: SearchProfileReturn(dict(search.details)) for name, search in shard.searches.items()},
            )
            for shard in message.query_profile.shards
        ]
    )


def _grouped(message: Any) -> GenerativeGrouped | None:
    for reply in message.generative_grouped_results.values:
        return GenerativeGrouped(_told(reply), reply.result)
    # As servers told it once; newer ones always send this, too, but empty.
    text = message.generative_grouped_result
    return GenerativeGrouped(None, text) if text else None


def _text(group: Any) -> str | None:
    for reply in group.generative_result.values:
        text: str = reply.result
        return text
    return group.generative.result if group.HasField("generative") else None


def _told(reply: Any) -> Any:
    """What the provider of a model told, whichever it is."""
    kind = reply.metadata.WhichOneof("kind")
    return kind and _plain(getattr(reply.metadata, kind))


def _plain(message: Any) -> SimpleNamespace:
    """A message as a value that can be copied, compared and pickled."""
    values = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.has_presence and not message.HasField(field.name):
            value = None
        elif field.message_type and field.has_presence:
            value = _plain(value)
        elif hasattr(value, "extend"):
            value = [_plain(one) if field.message_type else one for one in value]
        values[field.name] = value
    return SimpleNamespace(**values)


# REST.


def json_object(body: Mapping[str, Any], data_types: Mapping[str, Any] | None = None) -> Object[Any, Any]:
    """An object of the REST interface.

    Args:
        body: The object.
        data_types: The types of its properties by name, in the server's words; without them dates and UUIDs stay texts,
            as JSON does not say what they are.

    Raises:
        ResponseCannotBeDecodedError: This is no object.
    """
    types = data_types or {}
    try:
        properties, references = {}, {}
        for name, value in (body.get("properties") or {}).items():
            if isinstance(value, list) and value and isinstance(value[0], dict) and "beacon" in value[0]:
                references[name] = CrossReference([_beacon(one["beacon"]) for one in value])
            else:
                properties[name] = from_json(value, types.get(name))
        found = dict(body.get("vectors") or {})
        if body.get("vector"):
            found[vectors.UNNAMED] = body["vector"]
        # JSON has the shortest digits of numbers of 32 bits; over gRPC the same vector has the same numbers.
        found = {name: vectors.to_lists(*vectors.encode(vector)) for name, vector in found.items()}
        times = (body.get(key) for key in ("creationTimeUnix", "lastUpdateTimeUnix"))
        created, updated = (None if time is None else _time(time) for time in times)
        return Object(
            UUID(body["id"]), MetadataReturn(created, updated), properties, references or None, found, body["class"]
        )
    except Exception as error:  # whatever can be wrong with it
        raise ResponseCannotBeDecodedError(f"The object cannot be read: {error!r}") from error


def _beacon(beacon: str) -> Object[Any, Any]:
    """What a beacon tells of an object: its id, and perhaps its collection."""
    *_, collection, uuid = beacon.split("/")
    return Object(UUID(uuid), MetadataReturn(), {}, None, {}, "" if collection == "localhost" else collection)
