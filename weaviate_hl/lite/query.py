"""The rpc `Search`: which objects a request finds, in which order, and what happens to them before they are shown."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from weaviate_hl.lite import extend, ttl
from weaviate_hl.lite.catalogue import Collection, Shard, capitalised, shard_of
from weaviate_hl.lite.encode import parse_uuid
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal, refuse_if, unsupported, within
from weaviate_hl.lite.filters import evaluate, from_message
from weaviate_hl.lite.index import CREATED, ID, UPDATED, Index, Rows
from weaviate_hl.lite.results import Encoder, Found, Selection
from weaviate_hl.lite.router import rpc
from weaviate_hl.lite.search import order
from weaviate_hl.lite.storage import Row

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1 import search_get_pb2 as pb

    from weaviate_hl.lite.boosts import Boost

_BY_VECTOR = ("near_vector", "near_object", "near_text")
_MEDIA = ("near_image", "near_audio", "near_video", "near_depth", "near_thermal", "near_imu")
_SEARCHES = ("hybrid_search", "bm25_search", *_BY_VECTOR, *_MEDIA)
_PLAIN = "explorer: list class: "
_VECTOR = "explorer: get class: concurrentTargetVectorSearch): explorer: get class: "
_LAYERS: Mapping[str, str] = {
    "": _PLAIN,
    "near_vector": _VECTOR,
    "near_object": _VECTOR,
    "near_text": "explorer: get class: vectorize params: ",
    "bm25_search": "explorer: get class: ",
    "hybrid_search": "explorer: get class: ",
}
"""What stands before a refusal that comes from the search itself."""
_EARLIER = ("explorer: ", "extract target vectors: ", "near_", "cannot combine")  # what is refused before a search


@rpc("Search")
def search(engine: Engine, request: pb.SearchRequest, reply: pb.SearchReply) -> None:
    start = time.perf_counter()
    reply.generative_grouped_result = ""
    _Search(engine, request).fill(reply)
    if request.metadata.query_profile:
        extend.profile(engine, request, reply, time.perf_counter() - start)


def _kind_of(request: pb.SearchRequest) -> str:
    """The one search that a request asks for, `""` for a plain fetch."""
    kinds: list[Any] = [name for name in _SEARCHES if request.HasField(name)]  # type: ignore[arg-type]
    if len(kinds) > 1:
        if "bm25_search" in kinds:
            raise Refusal("conflict: both near<Media> and keyword-based (bm25) arguments present, choose one")
        one, other = map(_spoken, kinds[:2])
        raise Refusal(f"found both '{one}' and '{other}' parameters which are conflicting, choose one instead")
    kind = kinds[0] if kinds else ""
    if kind in _MEDIA:
        raise unsupported(f"searches by media ({_spoken(kind)})").within(
            "explorer: get class: vectorize params: could not vectorize input for collection "
            f"{request.collection} with search-type {_spoken(kind)}. Make sure a vectorizer module is configured for "
            "this collection: "
        )
    return str(kind)


def _spoken(kind: str) -> str:
    """The name of a search in refusals: `hybrid`, `nearVector`, `nearIMU`."""
    first, _, rest = kind.removesuffix("_search").partition("_")
    return first + (rest.upper() if rest == "imu" else rest.capitalize())


class _Search:
    """One request, checked; `fill` runs it."""

    def __init__(self, engine: Engine, request: pb.SearchRequest) -> None:
        self.engine = engine
        self.request = request
        missing = f"could not find class {capitalised(request.collection)} in schema"
        self.collection = engine.catalogue.need(request.collection, missing)
        self.kind = _kind_of(request)
        properties = request.properties if request.HasField("properties") else None
        self.selection = Selection(engine, self.collection, properties)
        self.filter = from_message(engine, self.collection, request.filters) if request.HasField("filters") else None
        self.limit = request.limit or engine.settings.query_defaults_limit
        self.offset = request.offset
        self.end = self.offset + self.limit
        with within(f"{_PLAIN}search: invalid pagination params: "):
            check_page(engine, self.offset, self.limit)
        refuse_if(request.sort_by and self.kind, "sorting cannot be combined with search")
        with within("invalid 'sort' parameter: "):
            self.keys = sort_keys(self.collection, [(list(item.path), item.ascending) for item in request.sort_by])
        self._check_cursor()
        if request.HasField("group_by"):
            if len(request.group_by.path) != 1:
                raise Refusal(f"groupby path can only have one entry, received [{' '.join(request.group_by.path)}]")
            refuse_if(not self.kind, "group is not present map[]")
        self.boost = None
        if request.HasField("boost"):
            from weaviate_hl.lite.boosts import Boost

            boost = Boost(engine, self.collection, request.boost)
            self.boost = boost if boost.weight else None
        self.generation = None
        if request.HasField("generative"):
            self.generation = extend.Generation(engine, self.selection, request)
        if request.HasField("rerank"):
            extend.check_rerank(engine, self.selection, request.rerank)
        with within(f"{_PLAIN}search: object search at index {self.collection.name.lower()}: "):
            self.shard: Shard = shard_of(engine.catalogue, self.collection, request.tenant)

    @property
    def index(self) -> Index:
        return self.shard.index

    def _check_cursor(self) -> None:
        if not (after := self.request.after):
            return
        refuse_if(self.kind, "other params cannot be set with after and limit parameters")
        with within("cursor api: invalid 'after' parameter: "):
            check_cursor({"where": self.filter, "offset": self.offset, "sort": self.keys})
            with within(f"after parameter '{after}' is not a valid uuid: "):
                parse_uuid(after)

    # Running.

    def fill(self, reply: pb.SearchReply) -> None:
        request = self.request
        encoder = Encoder(self.engine, self.selection, request.metadata, request.tenant)
        try:
            found = ttl.alive(self.collection, self._searched() if self.kind else self._fetched())
            if request.HasField("group_by"):
                self._fill_groups(reply, encoder, found)
                return
            if request.HasField("rerank"):
                extend.rerank(found, request.rerank)
            if self.generation:
                self.generation.run(found, reply)
        except Refusal as problem:
            raise problem.within("" if problem.text.startswith(_EARLIER) else _LAYERS[self.kind]) from None
        for item in found:
            encoder.result(result := reply.results.add(), item)
            if self.generation:
                self.generation.fill(result, item)

    def _rows(self) -> Rows | None:
        """The rows that the filter leaves, None without one."""
        if self.filter is None:
            return None
        with within(_PLAIN):
            return evaluate(self.engine, self.shard, self.filter)

    def _load(self, rows: Sequence[int]) -> list[Found]:
        return [Found(row) for row in load(self.engine, self.index, rows)]

    def _fetched(self) -> list[Found]:
        """A plain fetch: by UUID, or by document id behind a filter, or sorted."""
        if self.boost:
            rows = self._ordered()[: max(self.boost.depth, self.end)]
            return self._boosted(self.boost, rows, [0.0] * len(rows), self._load(rows))
        if self.filter is None:
            after = self.request.after
            return [Found(row) for row in listed(self.engine, self.shard, self.limit, self.offset, self.keys, after)]
        return self._load(self._ordered()[self.offset : self.end])

    def _ordered(self) -> list[int]:
        rows = self._rows()
        listed = by_uuid(self.index) if rows is None else self.index.listed(rows)
        return sort_rows(self.index, listed, self.keys)

    def _searched(self) -> list[Found]:
        """A search by vector, by keyword or both."""
        from weaviate_hl.lite import searching

        scope = searching.Scope(self.engine, self.shard, self._rows())
        depth = self.boost.depth if self.boost else None
        hits, has_certainty = searching.search(scope, self.kind, self.request, self.limit, self.offset, depth)
        found = self._load([row for row, _, _ in hits])
        by_vector = self.kind in _BY_VECTOR
        for item, (_, value, explain) in zip(found, hits, strict=True):
            if by_vector:
                item.distance, item.certainty = value, 1 - value / 2 if has_certainty else None
            else:
                item.score, item.explain = value, explain
        if self.boost:
            primary = [-value if by_vector else value for _, value, _ in hits]
            return self._boosted(self.boost, [row for row, _, _ in hits], primary, found)
        return found

    def _boosted(
        self, boost: Boost, rows: Sequence[int], primary: Sequence[float], found: Sequence[Found]
    ) -> list[Found]:
        """The page of what was found, with the scores and in the order that a boost gives."""
        # The server's conditions see what it loads: nothing, if no property is wanted.
        blind = self.request.HasField("properties") and not self.selection.names
        values = [{} if blind else item.properties for item in found]
        by_row = dict(zip(rows, found, strict=True))
        ranked = boost.rank(rows, primary, values, self.index.uuids.__getitem__)
        for row, score in ranked:
            by_row[row].score = score
        return [by_row[row] for row, _ in ranked[self.offset : self.end]]

    def _fill_groups(self, reply: pb.SearchReply, encoder: Encoder, found: list[Found]) -> None:
        wanted = self.request.group_by
        prop = self.collection.prop(wanted.path[0])
        if self.generation or self.request.HasField("rerank"):
            raise unsupported("rerank or generative search together with group_by")
        self.selection.with_property(prop.name)
        by_vector = self.kind in _BY_VECTOR

        def names(position: int) -> list[str]:
            value = found[position].properties.get(prop.name)
            if prop.is_reference:
                value = [reference["beacon"] for reference in value or ()]
            return order.group_names(value, prop.type, by_vector)

        for item in found:
            item.distance = item.distance or 0.0
        hits = [(i, item.distance or 0.0) for i, item in enumerate(found)]
        for group in order.group_by(hits, names, wanted.number_of_groups, wanted.objects_per_group):
            message = reply.group_by_results.add(
                name=group.name,
                min_distance=group.minimum,
                max_distance=group.maximum,
                number_of_objects=len(group.members),
            )
            for position in group.members:
                encoder.result(message.objects.add(), found[position], grouped=True)


# What REST lists share with `Search`.


def check_page(engine: Engine, offset: int, limit: int) -> None:
    """Refuse a page that ends too far down."""
    most = engine.settings.query_maximum_results
    if offset + limit > most:
        raise Refusal(
            f"query maximum results exceeded: the total limit calculated from the provided offset '{offset}' and limit "
            f"'{limit}' exceeds the configured value for QUERY_MAXIMUM_RESULTS '{most}'. If you've supplied a negative "
            "offset or limit, this may be an underflow error"
        )


def check_cursor(given: Mapping[str, object]) -> None:
    """Refuse what cannot stand beside a cursor."""
    for name, value in given.items():
        refuse_if(value, f"{name} cannot be set with after and limit parameters")


SortKey = tuple[str, str, bool]
"""A column, its data type, and whether descending."""


def sort_keys(collection: Collection, given: Sequence[tuple[list[str], bool]]) -> list[SortKey]:
    """Paths and whether ascending, checked."""
    keys = []
    for i, (path, ascending) in enumerate(given):
        with within(f"sort parameter at position {i}: "):
            keys.append((*_sort_column(collection, path), not ascending))
    return keys


def _sort_column(collection: Collection, path: list[str]) -> tuple[str, str]:
    refuse_if(not path or not path[0], "path parameter cannot be empty")
    if len(path) > 1:
        raise Refusal(f"sorting by reference not supported, path must have exactly one argument, got {len(path)}")
    name = path[0]
    if name in ("id", ID):
        return ID, "bytes"
    if name in (CREATED, UPDATED):
        return name, "int"
    prop = collection.prop(name)
    refuse_if(prop.is_reference, f'sorting by reference not supported, property "{name}" is a ref prop to the class')
    if prop.kind == "uuid":
        rule = "sorting by uuid is currently not supported"
        plea = "if you believe it should be, please open a feature request"
        raise Refusal(f'prop "{name}" is of type uuid/uuid[]: {rule} - {plea}')
    return name, prop.type


def sort_rows(index: Index, rows: list[int], keys: Sequence[SortKey]) -> list[int]:
    """Rows sorted by columns; equal ones keep their order."""
    columns = []
    for name, data_type, descending in keys:
        column = index.column(name)
        columns.append(order.Key([column[row] for row in rows], data_type, descending))
    return order.sort_documents(rows, columns) if keys else rows


def by_uuid(index: Index) -> list[int]:
    """All rows, in the order in which objects are listed."""
    return sorted(index.listed(index.all), key=index.uuids.__getitem__)


def load(engine: Engine, index: Index, rows: Sequence[int]) -> list[Row]:
    """Stored objects of rows, in their order."""
    docs = [index.docs[row] for row in rows]
    stored = engine.storage.by_doc(docs)
    return [stored[doc] for doc in docs]


def listed(engine: Engine, shard: Shard, limit: int, offset: int, keys: Sequence[SortKey], after: str) -> list[Row]:
    """A page of all objects: sorted, or by UUID, perhaps from after one of them on."""
    if keys:
        return load(engine, shard.index, sort_rows(shard.index, by_uuid(shard.index), keys)[offset : offset + limit])
    return engine.storage.page(shard.id, limit, offset, parse_uuid(after).bytes if after else b"")
