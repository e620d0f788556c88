"""Searches: the arguments of `collection.query` and `collection.generate` become a SearchRequest. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from weaviate_gen.grpc.v1 import base_pb2
from weaviate_gen.grpc.v1.search_get_pb2 import MetadataRequest, PropertiesRequest, SearchRequest

from weaviate_hl.op import RpcOp
from weaviate_hl.ops import decode, models
from weaviate_hl.ops import filters as filter_ops
from weaviate_hl.ops.checks import ArgumentCheck, check
from weaviate_hl.values.filters import Filter, FilterReturn
from weaviate_hl.values.inputs import MetadataQuery, QueryNested, QueryReferenceBase, QueryReferenceMultiTarget, Sorting

if TYPE_CHECKING:
    from weaviate_hl.values.enums import ConsistencyLevel
    from weaviate_hl.values.inputs import Uuid


class Scope:
    """What all searches of a collection have in common.

    Args:
        collection: The collection.
        tenant: The tenant, if it is for one.
        consistency_level: How many copies must answer.
        validate: Whether arguments are checked.
        properties: The model of the collection's properties, if it has one.
        references: The model of its references.
        namespace: Which searches: "query", "generate" or "aggregate".
    """

    __slots__ = ("collection", "consistency_level", "namespace", "properties", "references", "tenant", "validate")

    def __init__(
        self,
        collection: str,
        *,
        tenant: str | None = None,
        consistency_level: ConsistencyLevel | None = None,
        validate: bool = True,
        properties: Any = None,
        references: Any = None,
        namespace: str = "query",
    ) -> None:
        self.collection = collection
        self.tenant = tenant
        self.consistency_level = consistency_level
        self.validate = validate
        self.properties = properties
        self.references = references
        self.namespace = namespace

    def of(self, namespace: str) -> Scope:
        """The same for other searches."""
        return Scope(**{name: getattr(self, name) for name in self.__slots__} | {"namespace": namespace})


def fetch_object_by_id(scope: Scope, uuid: Uuid, include_vector: Any = False, **returned: Any) -> RpcOp[Any]:
    """The object with an id."""
    search = _Search(scope, "fetch_object_by_id")
    by_id = Filter.by_id().equal(search.check.uuid("uuid", uuid))
    search.read = decode.single
    metadata = MetadataQuery(creation_time=True, last_update_time=True, is_consistent=True)
    return search.op(limit=1, filters=by_id, include_vector=include_vector, return_metadata=metadata, **returned)


def fetch_objects_by_ids(scope: Scope, ids: Iterable[Uuid], **more: Any) -> RpcOp[Any]:
    """The objects with these ids."""
    search = _Search(scope, "fetch_objects_by_ids")
    uuids = [search.check.uuid(f"ids[{i}]", uuid) for i, uuid in enumerate(search.check.iterable("ids", ids))]
    return search.op(filters=Filter.any_of([Filter.by_id().equal(uuid) for uuid in uuids]) if uuids else _NONE, **more)


def fetch_objects(scope: Scope, **more: Any) -> RpcOp[Any]:
    """Objects in the order of their ids, or in another."""
    return _Search(scope, "fetch_objects").op(**more)


_NONE = Filter.by_id().equal(UUID(int=0)) & Filter.by_id().not_equal(UUID(int=0))
"""What no object is like."""


class _Search:
    """A request that is being made: first what a method is about, then what is the same for all of them (`op`)."""

    def __init__(self, scope: Scope, method: str) -> None:
        self.name = f"{scope.namespace}.{method}"
        self.scope = scope
        self.check = check(self.name, scope.validate)
        self.read: Any = decode.query if scope.namespace == "query" else decode.generative
        self.request = SearchRequest(
            collection=scope.collection,
            tenant=scope.tenant or "",
            uses_123_api=True,
            uses_125_api=True,
            uses_127_api=True,
        )
        if scope.consistency_level is not None:
            level = base_pb2.ConsistencyLevel.Value(f"CONSISTENCY_LEVEL_{scope.consistency_level.value}")
            self.request.consistency_level = level

    def op(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        after: Uuid | None = None,
        filters: FilterReturn | None = None,
        sort: Sorting | None = None,
        include_vector: bool | str | Sequence[str] = False,
        return_metadata: MetadataQuery | Sequence[str] | None = None,
        return_properties: Any = None,
        return_references: Any = None,
    ) -> RpcOp[Any]:
        """The operation, with what all methods take."""
        request, check = self.request, self.check
        request.limit = check.whole("limit", limit) or 0
        request.offset = check.whole("offset", offset) or 0
        if after:
            request.after = check.uuid("after", after)
        if filters is not None:
            request.filters.CopyFrom(filter_ops.to_message(filters))
        if sort is not None:
            for name, ascending in check.one("sort", sort, Sorting).sorts:
                request.sort_by.add(path=[name], ascending=ascending)
        _metadata(check, request.metadata, return_metadata, include_vector)
        properties, return_properties = models.asked(return_properties, self.scope.properties, models.returned)
        references, return_references = models.asked(return_references, self.scope.references, models.references)
        asked = _properties(check, return_properties, return_references)
        if asked is not None:
            request.properties.CopyFrom(asked)
        read = (
            partial(self.read, properties=properties, references=references) if properties or references else self.read
        )
        return RpcOp(decode.SEARCH, request, read, f"{self.name} of collection {self.scope.collection!r}")


# What is to be returned.

_METADATA = {"creation_time": "creation_time_unix", "last_update_time": "last_update_time_unix"}


def _metadata(
    check: ArgumentCheck,
    message: MetadataRequest,
    asked: MetadataQuery | Sequence[str] | None,
    include_vector: bool | str | Sequence[str],
    where: str = "",
) -> None:
    message.uuid = True
    if isinstance(include_vector, bool):
        message.vector = include_vector
    else:
        names = [include_vector] if isinstance(include_vector, str) else include_vector
        message.vectors.extend(check.texts(f"{where}include_vector", names, required=True) or ())
    if isinstance(asked, MetadataQuery):
        names = [name for name in MetadataQuery.__slots__ if getattr(asked, name)]
    else:
        names = check.texts(f"{where}return_metadata", asked) or []
    for name in names:
        check.choice(f"{where}return_metadata", name, MetadataQuery.__slots__, required=True)
        setattr(message, _METADATA.get(name, name), True)


def _properties(check: ArgumentCheck, properties: Any, references: Any, where: str = "") -> PropertiesRequest | None:
    """Which properties and references to return; None for all properties and nothing else."""
    if properties is None or properties is True:
        if not references:
            return None
        message = PropertiesRequest(return_all_nonref_properties=True)
    else:
        message = PropertiesRequest()
        named = check.several(f"{where}return_properties", properties or [], str, QueryNested)
        _name(check, named, message.non_ref_properties, message.object_properties, where)
    for one in check.several(f"{where}return_references", references or [], QueryReferenceBase):
        inner = f"{where}return_references[{one.link_on!r}]."
        reference = message.ref_properties.add(reference_property=one.link_on)
        if isinstance(one, QueryReferenceMultiTarget):
            reference.target_collection = one.target_collection
        _metadata(check, reference.metadata, one.return_metadata, one.include_vector, inner)
        asked = _properties(check, one.return_properties, one.return_references, inner)
        if asked is not None:
            reference.properties.CopyFrom(asked)
    return message


def _name(check: ArgumentCheck, properties: Iterable[str | QueryNested], names: Any, objects: Any, where: str) -> None:
    """Tell properties that hold objects from those that hold values."""
    for one in properties:
        if isinstance(one, QueryNested):
            nested = objects.add(prop_name=one.name)
            inner = check.several(f"{where}return_properties[{one.name!r}]", one.properties, str, QueryNested)
            _name(check, inner, nested.primitive_properties, nested.object_properties, where)
        else:
            names.append(one)
