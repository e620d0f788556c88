"""Aggregations: the arguments of `collection.aggregate` become an AggregateRequest, its reply results. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from weaviate_gen.grpc.services import WeaviateMethods
from weaviate_gen.grpc.v1.aggregate_pb2 import AggregateReply, AggregateRequest

from weaviate_hl.errors import ResponseCannotBeDecodedError, WeaviateInvalidInputError
from weaviate_hl.op import RpcOp
from weaviate_hl.ops import search
from weaviate_hl.ops.checks import ArgumentCheck
from weaviate_hl.ops.filters import to_message
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

if TYPE_CHECKING:
    from weaviate_hl.ops.scope import Scope
    from weaviate_hl.values.filters import FilterReturn


class _Aggregation(search.Builder):
    @staticmethod
    def begin(**known: Any) -> AggregateRequest:
        return AggregateRequest(**known)

    @property
    def hybrid(self) -> Any:
        return self.request.hybrid

    def near(self, message: Any, *, object_limit: int | None = None, **more: Any) -> RpcOp[Any]:
        if object_limit is None and more["certainty"] is None and more["distance"] is None:
            raise WeaviateInvalidInputError(
                f"{self.name}: all objects are near, more or less: give `object_limit`, `distance` or `certainty`"
            )
        return super().near(message, object_limit=object_limit, **more)

    def op(
        self,
        *,
        filters: FilterReturn | None,
        group_by: str | GroupByAggregate | None,
        total_count: bool,
        return_metrics: PropertyMetrics | Sequence[PropertyMetrics] | None,
        object_limit: int | None = None,
    ) -> RpcOp[Any]:
        request, check = self.request, self.check
        request.objects_count = bool(check.boolean("total_count", total_count, required=True))
        if object_limit is not None:
            request.object_limit = check.whole("object_limit", object_limit)
        if filters is not None:
            request.filters.CopyFrom(to_message(filters))
        if group_by is not None:
            group = GroupByAggregate(prop=group_by) if isinstance(group_by, str) else group_by
            check.one("group_by", group, GroupByAggregate, more=" or str")
            request.group_by.property = check.text("group_by.prop", group.prop, required=True)
            if group.limit is not None:
                request.limit = check.whole("group_by.limit", group.limit)
        for metrics in check.several("return_metrics", return_metrics or [], PropertyMetrics):
            _metrics(check, request.aggregations.add(property=metrics.property_name), metrics)
        read = _whole if group_by is None else _groups
        return RpcOp(WeaviateMethods.Aggregate, request, read, f"{self.name} of collection {self.scope.collection!r}")


def _metrics(check: ArgumentCheck, message: AggregateRequest.Aggregation, asked: PropertyMetrics) -> None:
    of_kind = getattr(message, asked.kind)
    of_kind.SetInParent()
    for name in asked.metrics:
        setattr(of_kind, name, True)
    if asked.limit is not None:
        of_kind.top_occurences_limit = check.whole("return_metrics.limit", asked.limit)


# Methods.


def over_all(scope: Scope, **more: Any) -> RpcOp[Any]:
    """Of all objects."""
    return _Aggregation(scope, "over_all").op(**more)


near_text = partial(search.near_text, start=_Aggregation)
near_vector = partial(search.near_vector, start=_Aggregation)
near_object = partial(search.near_object, start=_Aggregation)
near_image = partial(search.near_image, start=_Aggregation)
hybrid = partial(search.hybrid, start=_Aggregation)


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


def _plain(kind: type[Any]) -> Callable[[Any], Any]:
    names = [name.rstrip("_") for name in kind.__dataclass_fields__]
    return lambda message: kind(*(_of(message, name) for name in names))


def _text(message: Any) -> AggregateText:
    occurrences = [TopOccurrence(one.occurs, one.value) for one in message.top_occurences.items]
    return AggregateText(_of(message, "count"), occurrences)


_RESULTS: dict[str, Callable[[Any], AggregateResult]] = {
    "int": _plain(AggregateInteger),
    "number": _plain(AggregateNumber),
    "boolean": _plain(AggregateBoolean),
    "date": _plain(AggregateDate),
    "text": _text,
    "reference": lambda message: AggregateReference(list(message.pointing_to)),
}


def _of(message: Any, name: str) -> Any:
    return getattr(message, name) if message.HasField(name) else None
