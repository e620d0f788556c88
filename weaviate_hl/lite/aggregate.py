"""The rpc `Aggregate`: figures over the objects of a shard, of those a filter leaves, or of those a search finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from weaviate_hl.lite.catalogue import Collection, Property, Shard, capitalised, shard_of
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal, refuse_if, unsupported, within
from weaviate_hl.lite.filters import evaluate, from_message
from weaviate_hl.lite.index import Index
from weaviate_hl.lite.router import rpc
from weaviate_hl.lite.search import aggregate as figures

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1 import aggregate_pb2 as pb

    from weaviate_hl.lite.searching import Scope

_TOP = 5
_GROUPS = 100
_UNGROUPED = ("geoCoordinates", "phoneNumber", "object", "blob", "blobHash")
_KINDS = ("int", "number", "text", "boolean", "date", "reference")  # with a message of the same name each


_Wanted = Sequence[tuple[Property, Any]]


@rpc("Aggregate")
def aggregate(engine: Engine, request: pb.AggregateRequest, reply: pb.AggregateReply) -> None:
    with within("parse params: "):
        missing = f"could not find class {capitalised(request.collection)} in schema"
        collection = engine.catalogue.need(request.collection, missing)
        wanted = [(_property(collection, item.property), item) for item in request.aggregations]
        node = from_message(engine, collection, request.filters) if request.HasField("filters") else None
        search = _search_of(request)
    with within("aggregate: "):
        shard = shard_of(engine.catalogue, collection, request.tenant)
        index = shard.index
        allowed = None if node is None else evaluate(engine, shard, node)
        if search:
            from weaviate_hl.lite.searching import Scope

            rows = _found(Scope(engine, shard, allowed), request, search)
        elif allowed is None and not wanted and not request.HasField("group_by"):
            rows = [0] * index.count  # only counted
        else:
            rows = index.listed(index.all if allowed is None else allowed)
        _fill(reply, shard, request, rows, wanted)


def _property(collection: Collection, name: str) -> Property:
    with within(f"property {name}: "):
        return collection.prop(name)


def _search_of(request: pb.AggregateRequest) -> str:
    kind = request.WhichOneof("search") or ""
    if kind not in ("", "hybrid", "near_vector", "near_object", "near_text"):
        raise unsupported(f"searches by media ({kind})").within("could not vectorize input: ")
    return kind


def _found(scope: Scope, request: pb.AggregateRequest, kind: str) -> list[int]:
    """The rows that a search finds, best first."""
    from weaviate_hl.lite import searching

    limit = request.object_limit if request.HasField("object_limit") else None
    if kind == "hybrid":
        most = scope.engine.settings.query_defaults_limit if limit is None else limit
        return [hit[0] for hit in searching.HybridQuery(scope, request.hybrid).run(most)]
    query = searching.near(scope, kind, getattr(request, kind))
    refuse_if(len(query.inputs) > 1, "found more than one target vector for aggregation")
    if limit is None and query.distance is None and query.certainty is None:
        raise Refusal("must provide certainty or objectLimit with vector search")
    hits = query.run(scope, len(scope.index) if limit is None else limit)
    return [row for row, _ in query.near_enough(hits)]


def _fill(
    reply: pb.AggregateReply, shard: Shard, request: pb.AggregateRequest, rows: Sequence[int], wanted: _Wanted
) -> None:
    index = shard.index
    if not request.HasField("group_by"):
        reply.single_result.objects_count = len(rows) if request.objects_count else 0
        as_written = request.HasField("filters") or bool(request.WhichOneof("search"))
        for prop, item in wanted:
            _aggregation(reply.single_result.aggregations, prop, item, index, rows, as_written)
        return
    if request.group_by.collection and capitalised(request.group_by.collection) != capitalised(request.collection):
        raise Refusal(f"grouping by a property of another collection is not supported: {request.group_by.collection}")
    by = shard.collection.properties.get(request.group_by.property)
    if by is None:
        return
    column = index.column(by.name)
    values = [(row, _elements(by, column[row])) for row in rows]
    if by.kind in _UNGROUPED and any(own for _, own in values):
        raise Refusal(f"unrecognized grouped by value type: *models.{by.type[:1].upper()}{by.type[1:]}")
    limit = request.limit if request.HasField("limit") else _GROUPS
    for value, members in figures.grouped(values, limit):
        group = reply.grouped_results.groups.add(objects_count=len(members))
        group.grouped_by.path.append(by.name)
        if by.kind in ("int", "number"):
            group.grouped_by.number = value
        elif by.kind == "boolean":
            group.grouped_by.boolean = value
        else:
            group.grouped_by.text = value
        for prop, item in wanted:
            _aggregation(group.aggregations, prop, item, index, members, as_written=True)


def _elements(prop: Property, value: Any) -> list[Any]:
    """The single values that an object has of a property."""
    if value is None:
        return []
    if prop.is_reference:
        return [reference["beacon"] for reference in value]
    return value if prop.is_list else [value]


def _aggregation(reply: Any, prop: Property, wanted: Any, index: Index, rows: Iterable[int], as_written: bool) -> None:
    """Write the figures of one property; its data type decides which, whatever was asked for."""
    if prop.kind in ("geoCoordinates", "phoneNumber"):
        raise Refusal(f"aggregate properties: property {prop.name}: dataType {prop.kind} can't be aggregated")
    refuse_if(prop.kind not in _KINDS, f"unrecoginzed dataType {prop.kind}")
    asked = getattr(wanted, wanted.WhichOneof("aggregation") or "text")
    if prop.is_reference and not asked.ListFields():
        return
    message = reply.aggregations.add(property=prop.name)
    result = getattr(message, prop.kind)
    result.SetInParent()
    if prop.is_reference:
        if getattr(asked, "type", False):
            result.type = "cref"
        if getattr(asked, "pointing_to", False):
            result.pointing_to.extend(prop.data_type)
        return
    column = index.column(prop.name)
    values = [element for row in rows for element in _elements(prop, column[row])]
    if prop.kind in ("text", "boolean") or asked.ListFields():
        result.type = prop.type if getattr(asked, "type", False) else ""
    if prop.kind == "text":
        limited = wanted.WhichOneof("aggregation") == "text" and asked.HasField("top_occurences_limit")
        found = figures.texts(values, asked.top_occurences_limit if limited else _TOP)
        result.count = found["count"]
        for value, occurs in found.get("top_occurrences", ()):
            result.top_occurences.items.add(value=value, occurs=occurs)
    elif prop.kind == "boolean":
        for name, figure in figures.booleans(values).items():
            setattr(result, name, figure)
    else:
        found = figures.dates(values, as_written) if prop.kind == "date" else figures.numbers(values)
        for name, figure in found.items():
            if getattr(asked, name, False):
                setattr(result, name, figure)
