"""Aggregations: the arguments of `collection.aggregate` become an AggregateRequest, its reply results. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from weaviate_gen.grpc.services import WeaviateMethods
from weaviate_gen.grpc.v1.aggregate_pb2 import AggregateReply, AggregateRequest

from weaviate_hl.errors import ResponseCannotBeDecodedError, WeaviateInvalidInputError
from weaviate_hl.op import RpcOp
from weaviate_hl.ops import near
from weaviate_hl.ops.checks import check
from weaviate_hl.ops.filters import to_message
from weaviate_hl.ops.search import Scope
from weaviate_hl.values.aggregates import (
    AggregateBoolean,
    AggregateDate,
    AggregateGroup,
    AggregateGroupByReturn,
    AggregateInteger,
    AggregateNumber,
    AggregateReference,
    AggregateResult,
    AggregateReturn,
    AggregateText,
    GroupedBy,
    TopOccurrence,
)
from weaviate_hl.values.inputs import GeoCoordinate
from weaviate_hl.values.metrics import GroupByAggregate, PropertyMetrics
from weaviate_hl.values.searches import NearMediaType

if TYPE_CHECKING:
    from weaviate_hl.values.filters import FilterReturn
    from weaviate_hl.values.inputs import Uuid
    from weaviate_hl.values.searches import Media, Move, TargetVectorJoinType


def over_all(scope: Scope, **more: Any) -> RpcOp[Any]:
    """Of all objects."""
    return _Aggregation(scope, "over_all").op(**more)


def near_text(
    scope: Scope, query: str | Sequence[str], *, move_to: Move | None, move_away: Move | None, **more: Any
) -> RpcOp[Any]:
    """Of what is near a text."""
    made = _Aggregation(scope, "near_text")
    near.text(made.check, made.request.near_text, query, move_to, move_away)
    return made.near(made.request.near_text, **more)


def near_vector(
    scope: Scope, near_vector: Any, *, target_vector: TargetVectorJoinType | None, **more: Any
) -> RpcOp[Any]:
    """Of what is near a vector."""
    made = _Aggregation(scope, "near_vector")
    near.vector(made.check, made.request.near_vector, near_vector, target_vector)
    return made.near(made.request.near_vector, **more)


def near_object(scope: Scope, near_object: Uuid, **more: Any) -> RpcOp[Any]:
    """Of what is near an object."""
    made = _Aggregation(scope, "near_object")
    made.request.near_object.id = made.check.uuid("near_object", near_object)
    return made.near(made.request.near_object, **more)


def near_image(scope: Scope, near_image: Media, **more: Any) -> RpcOp[Any]:
    """Of what is near an image."""
    made = _Aggregation(scope, "near_image")
    return made.near(near.media(made.check, made.request, "near_image", near_image, NearMediaType.IMAGE), **more)


def hybrid(
    scope: Scope,
    query: str | None,
    *,
    alpha: float | None,
    vector: Any,
    query_properties: Sequence[str] | None,
    max_vector_distance: float | None,
    bm25_operator: Any,
    target_vector: TargetVectorJoinType | None,
    **more: Any,
) -> RpcOp[Any]:
    """Of what is found by keywords and by vectors."""
    made = _Aggregation(scope, "hybrid")
    if query is not None or vector is not None:
        near.hybrid(
            made.check,
            made.request.hybrid,
            query,
            alpha=alpha,
            vector=vector,
            query_properties=query_properties,
            max_vector_distance=max_vector_distance,
            bm25_operator=bm25_operator,
            target_vector=target_vector,
        )
    return made.op(**more)


class _Aggregation:
    """A request that is being made: first what a method is about, then what is the same for all of them."""

    def __init__(self, scope: Scope, method: str) -> None:
        self.name = f"{scope.namespace}.{method}"
        self.scope = scope
        self.check = check(self.name, scope.validate)
        self.request = AggregateRequest(collection=scope.collection, tenant=scope.tenant or "")

    def near(
        self,
        message: Any,
        *,
        certainty: float | None,
        distance: float | None,
        object_limit: int | None,
        target_vector: TargetVectorJoinType | None = None,
        **more: Any,
    ) -> RpcOp[Any]:
        """The operation, with what all searches by vectors take."""
        if certainty is None and distance is None and object_limit is None:
            raise WeaviateInvalidInputError(
                f"{self.name}: all objects are near, more or less: give `object_limit`, `distance` or `certainty`"
            )
        near.threshold(self.check, message, certainty, distance)
        if target_vector is not None:
            near.targets(self.check, message, target_vector)
        return self.op(object_limit=object_limit, **more)

    def op(
        self,
        *,
        filters: FilterReturn | None,
        group_by: str | GroupByAggregate | None,
        total_count: bool,
        return_metrics: PropertyMetrics | Sequence[PropertyMetrics] | None,
        object_limit: int | None = None,
    ) -> RpcOp[Any]:
        """The operation, with what all methods take."""
        request, check = self.request, self.check
        request.objects_count = bool(check.boolean("total_count", total_count, required=True))
        if object_limit is not None:
            request.object_limit = check.whole("object_limit", object_limit) or 0
        if filters is not None:
            request.filters.CopyFrom(to_message(filters))
        if group_by is not None:
            group = GroupByAggregate(prop=group_by) if isinstance(group_by, str) else group_by
            check.one("group_by", group, GroupByAggregate, more=" or str")
            request.group_by.property = check.text("group_by.prop", group.prop, required=True)
            if group.limit is not None:
                request.limit = check.whole("group_by.limit", group.limit) or 0
        for metrics in check.several("return_metrics", return_metrics or [], PropertyMetrics):
            asked = request.aggregations.add(property=metrics.property_name)
            message = getattr(asked, metrics.kind)
            message.SetInParent()
            for name in metrics.metrics:
                setattr(message, name, True)
            if metrics.limit is not None:
                message.top_occurences_limit = check.whole("return_metrics.limit", metrics.limit) or 0
        read = _whole if group_by is None else _groups
        return RpcOp(WeaviateMethods.Aggregate, request, read, f"{self.name} of collection {self.scope.collection!r}")


# Replies.


def _whole(reply: AggregateReply) -> AggregateReturn:
    found = reply.single_result
    return AggregateReturn(_properties(found), _of(found, "objects_count"))


def _groups(reply: AggregateReply) -> AggregateGroupByReturn:
    return AggregateGroupByReturn(
        [
            AggregateGroup(_grouped_by(group.grouped_by), _properties(group), _of(group, "objects_count"))
            for group in reply.grouped_results.groups
        ]
    )


def _grouped_by(message: AggregateReply.Group.GroupedBy) -> GroupedBy:
    kind = message.WhichOneof("value")
    value: Any = getattr(message, kind) if kind else None
    if kind == "geo":
        value = GeoCoordinate(latitude=value.latitude, longitude=value.longitude)
    elif hasattr(value, "values"):
        value = list(value.values)
    return GroupedBy(message.path[0] if message.path else "", value)


def _properties(found: Any) -> dict[str, AggregateResult]:
    return {one.property: _result(one) for one in found.aggregations.aggregations}


def _result(message: AggregateReply.Aggregations.Aggregation) -> AggregateResult:
    kind = message.WhichOneof("aggregation")
    if kind is None:
        raise ResponseCannotBeDecodedError(f"The server says nothing about property {message.property!r} that is known")
    return _RESULTS[kind](getattr(message, kind))


def _numeric(kind: type[Any]) -> Callable[[Any], Any]:
    names = ("count", "maximum", "mean", "median", "minimum", "mode", "sum")
    return lambda message: kind(*(_of(message, name) for name in names))


def _plain(kind: type[Any]) -> Callable[[Any], Any]:
    return lambda message: kind(**{name: _of(message, name) for name in kind.__dataclass_fields__})


def _text(message: Any) -> AggregateText:
    occurrences = [TopOccurrence(one.occurs, one.value) for one in message.top_occurences.items]
    return AggregateText(_of(message, "count"), occurrences)


_RESULTS: dict[str, Callable[[Any], AggregateResult]] = {
    "int": _numeric(AggregateInteger),
    "number": _numeric(AggregateNumber),
    "boolean": _plain(AggregateBoolean),
    "date": _plain(AggregateDate),
    "text": _text,
    "reference": lambda message: AggregateReference(list(message.pointing_to)),
}


def _of(message: Any, name: str) -> Any:
    return getattr(message, name) if message.HasField(name) else None
