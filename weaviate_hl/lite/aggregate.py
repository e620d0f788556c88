"""The rpc `Aggregate`: figures over the objects of a shard, of those a filter leaves, or of those a search finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from weaviate_hl.lite.catalogue import Collection, Property, Shard, capitalised, shard_of
from weaviate_hl.lite.encode import int64
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
_INDEXED = ("int", "number", "boolean", "date")  # whose figures the server reads from the filterable index
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
        query = searching.HybridQuery(scope, _over_texts(scope.collection, request.hybrid))
        most = scope.engine.settings.query_defaults_limit if limit is None else limit
        return [result.document for result in query.run(most)]
    near = searching.near(scope, kind, getattr(request, kind))
    refuse_if(len(near.inputs) > 1, "found more than one target vector for aggregation")
    certainty = near.certainty or 0.0
    if near.distance is not None:
        certainty = 1 - near.distance / 2  # whatever the metric
    if limit is None and certainty <= 0:
        raise Refusal("must provide certainty or objectLimit with vector search")
    hits = near.run(scope, len(scope.index) if limit is None else limit)
    return [row for row, _ in (near.near_enough(hits) if certainty > 0 else hits)]


def _over_texts(collection: Collection, hybrid: Any) -> Any:
    """A hybrid search whose words are looked for in all texts, whatever it names, as the server does here."""
    copied = type(hybrid)()
    copied.CopyFrom(hybrid)
    copied.properties[:] = [
        prop.name for prop in collection.properties.values() if prop.type == "text" and prop.searchable
    ]
    return copied


def _fill(
    reply: pb.AggregateReply, shard: Shard, request: pb.AggregateRequest, rows: Sequence[int], wanted: _Wanted
) -> None:
    index = shard.index
    if not request.HasField("group_by"):
        reply.single_result.objects_count = len(rows) if request.objects_count else 0
        chosen = request.HasField("filters") or bool(request.WhichOneof("search"))
        for prop, item in wanted:
            _aggregation(reply.single_result.aggregations, prop, item, index, rows, chosen)
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
            _aggregation(group.aggregations, prop, item, index, members, chosen=True)


def _elements(prop: Property, value: Any) -> list[Any]:
    """The single values that an object has of a property."""
    if value is None:
        return []
    if prop.is_reference:
        return [reference["beacon"] for reference in value]
    return value if prop.is_list else [value]


def _aggregation(reply: Any, prop: Property, wanted: Any, index: Index, rows: Iterable[int], chosen: bool) -> None:
    """Write the figures of one property; its data type decides which, whatever was asked for.

    Of all objects (where none were chosen by a filter, a search or groups) the server reads some figures from its
    indexes, which know no references, and dates in UTC only.
    """
    if prop.kind in ("geoCoordinates", "phoneNumber"):
        raise Refusal(f"aggregate properties: property {prop.name}: dataType {prop.kind} can't be aggregated")
    refuse_if(prop.kind not in _KINDS, f"unrecoginzed dataType {prop.kind}")
    if not chosen and not prop.is_list and prop.kind in _INDEXED and not prop.filterable:
        raise Refusal(f"aggregate properties: property {prop.name}: could not find bucket for prop {prop.name}")
    asked = getattr(wanted, wanted.WhichOneof("aggregation") or "text")
    typed = getattr(asked, "type", False)
    if prop.is_reference and not typed and not chosen:
        return
    message = reply.aggregations.add(property=prop.name)
    result = getattr(message, prop.kind)
    result.SetInParent()
    column = index.column(prop.name)
    values = [element for row in rows for element in _elements(prop, column[row])]
    if prop.is_reference:
        result.type = "cref" if typed else ""
        result.pointing_to.extend(prop.data_type if typed else dict.fromkeys(values))
    elif prop.kind == "text":
        limited = wanted.WhichOneof("aggregation") == "text" and asked.top_occurences
        limited = limited and asked.HasField("top_occurences_limit")
        found = figures.texts(values, asked.top_occurences_limit if limited else _TOP)
        result.count = found["count"]
        for value, occurs in found.get("top_occurrences", ()):
            result.top_occurences.items.add(value=value, occurs=occurs)
    elif prop.kind == "boolean":
        for name, figure in figures.booleans(values).items():
            setattr(result, name, figure)
    else:
        dated = prop.kind == "date"
        found = figures.dates(values, chosen or prop.is_list) if dated else figures.numbers(values)
        for name, figure in found.items():
            if getattr(asked, name, False):
                whole = prop.kind == "int" and name not in ("mean", "median")
                setattr(result, name, int64(figure) if whole else figure)
    if not prop.is_reference and (prop.kind in ("text", "boolean") or result.ListFields()):
        result.type = prop.type if typed else ""
