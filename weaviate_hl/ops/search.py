"""Searches: the arguments of `collection.query` and `collection.generate` become a SearchRequest. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from weaviate_gen.grpc.v1 import base_pb2
from weaviate_gen.grpc.v1 import search_get_pb2 as messages
from weaviate_gen.grpc.v1.search_get_pb2 import MetadataRequest, PropertiesRequest, SearchRequest

from weaviate_hl.op import RpcOp
from weaviate_hl.ops import boosts, decode, models, near, prompting
from weaviate_hl.ops.checks import ArgumentCheck, check
from weaviate_hl.ops.filters import to_message
from weaviate_hl.ops.scope import Scope
from weaviate_hl.values.filters import Filter, FilterReturn
from weaviate_hl.values.inputs import (
    GroupBy,
    MetadataQuery,
    QueryNested,
    QueryReferenceBase,
    QueryReferenceMultiTarget,
    Rerank,
    Sorting,
)
from weaviate_hl.values.searches import NearMediaType

if TYPE_CHECKING:
    from weaviate_hl.values.inputs import Uuid
    from weaviate_hl.values.results import QueryReturn
    from weaviate_hl.values.searches import (
        MMR,
        BM25OperatorOptions,
        BoostReturn,
        HybridVectorType,
        Media,
        Move,
        TargetVectorJoinType,
    )


class Builder:
    """Makes a request: first what a method is about, then what is the same for all of them."""

    def __init__(self, scope: Scope, method: str) -> None:
        self.name = f"{scope.namespace}.{method}"
        self.scope = scope
        self.check = check(self.name, scope.validate)
        self.request: Any = self.begin(collection=scope.collection, tenant=scope.tenant or "")

    @staticmethod
    def begin(*, collection: str, tenant: str) -> Any:
        """The message, with what is known from the start."""
        raise NotImplementedError

    @property
    def hybrid(self) -> Any:
        """The part of the message that is for a hybrid search."""
        raise NotImplementedError

    def near(
        self,
        message: Any,
        *,
        certainty: float | None,
        distance: float | None,
        target_vector: TargetVectorJoinType | None = None,
        **more: Any,
    ) -> RpcOp[Any]:
        """The operation, with what all that goes by vectors takes."""
        near.threshold(self.check, message, certainty, distance)
        if target_vector is not None:
            near.targets(self.check, message, target_vector)
        return self.op(**more)

    def op(self, *args: Any, **more: Any) -> RpcOp[Any]:
        """The operation, with what all methods take."""
        raise NotImplementedError


class _Search(Builder):
    def __init__(self, scope: Scope, method: str) -> None:
        super().__init__(scope, method)
        if scope.consistency_level is not None:
            level = base_pb2.ConsistencyLevel.Value(f"CONSISTENCY_LEVEL_{scope.consistency_level.value}")
            self.request.consistency_level = level

    @staticmethod
    def begin(**known: Any) -> SearchRequest:
        return SearchRequest(**known, uses_123_api=True, uses_125_api=True, uses_127_api=True)

    @property
    def hybrid(self) -> Any:
        return self.request.hybrid_search

    def near(self, message: Any, *, diversity_selection: MMR | None = None, **more: Any) -> RpcOp[Any]:
        near.selection(self.check, message, diversity_selection)
        return super().near(message, **more)

    def op(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        auto_limit: int | None = None,
        after: Uuid | None = None,
        filters: FilterReturn | None = None,
        sort: Sorting | None = None,
        group_by: GroupBy | None = None,
        rerank: Rerank | None = None,
        boost: BoostReturn | None = None,
        include_vector: bool | str | Sequence[str] = False,
        return_metadata: MetadataQuery | Sequence[str] | None = None,
        return_properties: Any = None,
        return_references: Any = None,
        read: Callable[..., Any] | None = None,
        **prompts: Any,
    ) -> RpcOp[Any]:
        request, check = self.request, self.check
        request.limit = check.whole("limit", limit)
        request.offset = check.whole("offset", offset)
        request.autocut = check.whole("auto_limit", auto_limit)
        if after:
            request.after = check.uuid("after", after)
        if filters is not None:
            request.filters.CopyFrom(to_message(filters))
        if sort is not None:
            for name, ascending in check.one("sort", sort, Sorting).sorts:
                request.sort_by.add(path=[name], ascending=ascending)
        if group_by is not None:
            _group(check, request.group_by, group_by)
        if rerank is not None:
            _rerank(check, request.rerank, rerank)
        if boost is not None:
            boosts.fill(check, request.boost, boost)
        if self.scope.namespace == "generate":
            prompting.fill(check, request.generative, **prompts)
        _metadata(check, request.metadata, return_metadata, include_vector)
        properties, return_properties = models.asked(return_properties, self.scope.properties, models.returned)
        references, return_references = models.asked(return_references, self.scope.references, models.references)
        if (asked := _properties(check, return_properties, return_references)) is not None:
            request.properties.CopyFrom(asked)
        read = read or _READ[self.scope.namespace, group_by is not None]
        if properties or references:
            read = partial(read, properties=properties, references=references)
        return RpcOp(decode.SEARCH, request, read, f"{self.name} of collection {self.scope.collection!r}")


_READ: dict[tuple[str, bool], Callable[..., Any]] = {
    ("query", False): decode.query,
    ("query", True): decode.group_by,
    ("generate", False): decode.generative,
    ("generate", True): decode.generative_group_by,
}


def _group(check: ArgumentCheck, message: messages.GroupBy, given: GroupBy) -> None:
    check.one("group_by", given, GroupBy)
    message.path.append(check.text("group_by.prop", given.prop, required=True))
    message.number_of_groups = check.whole("group_by.number_of_groups", given.number_of_groups)
    message.objects_per_group = check.whole("group_by.objects_per_group", given.objects_per_group)


def _rerank(check: ArgumentCheck, message: messages.Rerank, given: Rerank) -> None:
    check.one("rerank", given, Rerank)
    message.property = check.text("rerank.prop", given.prop, required=True)
    if given.query is not None:
        message.query = check.text("rerank.query", given.query)


# Methods. `start` is what kind of request they make: ops/aggregate.py has another.


def fetch_object_by_id(scope: Scope, uuid: Uuid, include_vector: Any = False, **returned: Any) -> RpcOp[Any]:
    """The object with an id."""
    search = _Search(scope, "fetch_object_by_id")
    by_id = Filter.by_id().equal(search.check.uuid("uuid", uuid))
    metadata = MetadataQuery(creation_time=True, last_update_time=True, is_consistent=True)
    return search.op(
        limit=1, filters=by_id, include_vector=include_vector, return_metadata=metadata, read=decode.single, **returned
    )


def fetch_objects_by_ids(scope: Scope, ids: Iterable[Uuid], **more: Any) -> RpcOp[Any]:
    """The objects with these ids."""
    search = _Search(scope, "fetch_objects_by_ids")
    uuids = [search.check.uuid(f"ids[{i}]", uuid) for i, uuid in enumerate(search.check.iterable("ids", ids))]
    return search.op(filters=_any_of(uuids), **more)


def _any_of(uuids: list[str]) -> FilterReturn:
    """Objects with one of these ids."""
    if not uuids:  # no object is like that
        return Filter.by_id().equal(UUID(int=0)) & Filter.by_id().not_equal(UUID(int=0))
    each: list[FilterReturn] = [Filter.by_id().equal(uuid) for uuid in uuids]
    return each[0] if len(each) == 1 else Filter.any_of(each)


def fetch_objects(scope: Scope, **more: Any) -> RpcOp[Any]:
    """Objects in the order of their ids, or in another."""
    return _Search(scope, "fetch_objects").op(**more)


def page(
    scope: Scope, size: int, after: Uuid | None, filters: FilterReturn | None, **returned: Any
) -> RpcOp[QueryReturn[Any, Any]]:
    """So many of all objects, or of those that a filter matches, in the order of their ids, after one of them."""
    search = _Search(scope.but(namespace="collection"), "iterator")
    if filters is None:
        return search.op(limit=size, after=after, read=decode.query, **returned)
    if after:  # the server takes no cursor beside a filter; but it compares and sorts ids, whatever their shard
        filters &= Filter.by_id().greater_than(search.check.uuid("after", after))
    return search.op(limit=size, filters=filters, sort=Sorting().by_id(), read=decode.query, **returned)


PAGE = 500
"""How many objects with vectors come in one reply: some megabytes."""


def is_great(request: SearchRequest) -> bool:
    """Whether a fetch would bring more vectors than a page, and may be cut: by ids, where nothing else is the order."""
    vectors = request.metadata.vector or request.metadata.vectors
    whole = request.filters.ListFields() or request.sort_by or request.offset or request.metadata.query_profile
    return bool(vectors and request.limit > PAGE and not whole)


def bm25(
    scope: Scope,
    query: str | None,
    *,
    query_properties: Sequence[str] | None,
    operator: BM25OperatorOptions | None,
    **more: Any,
) -> RpcOp[Any]:
    """By keywords."""
    search = _Search(scope, "bm25")
    if query is not None:
        near.keywords(search.check, search.request.bm25_search, query, query_properties)
        if operator is not None:
            near.operator(search.check, search.request.bm25_search.search_operator, "operator", operator)
    return search.op(**more)


def hybrid(
    scope: Scope, query: str | None, *, vector: HybridVectorType | None, start: type[Builder] = _Search, **more: Any
) -> RpcOp[Any]:
    """By keywords and by vectors."""
    search = start(scope, "hybrid")
    own = {name: more.pop(name) for name in _HYBRID if name in more}
    if query is not None or vector is not None:
        near.hybrid(search.check, search.hybrid, query, vector=vector, **own)
    return search.op(**more)


_HYBRID = (
    "alpha",
    "bm25_operator",
    "diversity_selection",
    "fusion_type",
    "max_vector_distance",
    "query_properties",
    "target_vector",
)


def near_text(
    scope: Scope,
    query: str | Sequence[str],
    *,
    move_to: Move | None,
    move_away: Move | None,
    start: type[Builder] = _Search,
    **more: Any,
) -> RpcOp[Any]:
    """Near a text."""
    search = start(scope, "near_text")
    near.text(search.check, search.request.near_text, query, move_to, move_away)
    return search.near(search.request.near_text, **more)


def near_vector(
    scope: Scope,
    near_vector: Any,
    *,
    target_vector: TargetVectorJoinType | None,
    start: type[Builder] = _Search,
    **more: Any,
) -> RpcOp[Any]:
    """Near a vector."""
    search = start(scope, "near_vector")
    near.vector(search.check, search.request.near_vector, near_vector, target_vector)
    return search.near(search.request.near_vector, **more)


def near_object(scope: Scope, near_object: Uuid, *, start: type[Builder] = _Search, **more: Any) -> RpcOp[Any]:
    """Near an object."""
    search = start(scope, "near_object")
    search.request.near_object.id = search.check.uuid("near_object", near_object)
    return search.near(search.request.near_object, **more)


def near_image(scope: Scope, near_image: Media, *, start: type[Builder] = _Search, **more: Any) -> RpcOp[Any]:
    """Near an image."""
    search = start(scope, "near_image")
    message = near.media(search.check, search.request, "near_image", near_image, NearMediaType.IMAGE)
    return search.near(message, **more)


def near_media(scope: Scope, media: Media, media_type: NearMediaType, **more: Any) -> RpcOp[Any]:
    """Near an image, a sound or the like."""
    search = _Search(scope, "near_media")
    return search.near(near.media(search.check, search.request, "media", media, media_type), **more)


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
        message.vectors.extend(check.texts(f"{where}include_vector", names, required=True))
    if isinstance(asked, MetadataQuery):
        names = [name for name in MetadataQuery.__slots__ if getattr(asked, name)]
    else:
        names = check.texts(f"{where}return_metadata", asked)
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
        argument = f"{where}return_properties"
        _ask(check, argument, properties or [], message.non_ref_properties, message.object_properties)
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


def _ask(check: ArgumentCheck, argument: str, properties: Any, names: Any, objects: Any) -> None:
    """Ask for properties: those that hold values go to the names, those that hold objects to the objects."""
    for one in check.several(argument, properties, str, QueryNested):
        if isinstance(one, QueryNested):
            nested = objects.add(prop_name=one.name)
            inner = f"{argument}[{one.name!r}]"
            _ask(check, inner, one.properties, nested.primitive_properties, nested.object_properties)
        else:
            names.append(one)
