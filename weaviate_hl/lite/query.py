"""The rpc `Search`: which objects a request finds, in which order, and what happens to them before they are shown."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
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

    from weaviate_hl.lite.catalogue import Target
    from weaviate_hl.lite.searching import Scope

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
            return self._page(self._boosted(self._load(self._ordered()[: max(self.boost.depth, self.end)])))
        if self.filter is None:
            after = self.request.after
            return [Found(row) for row in listed(self.engine, self.shard, self.limit, self.offset, self.keys, after)]
        return self._load(self._ordered()[self.offset : self.end])

    def _ordered(self) -> list[int]:
        rows = self._rows()
        listed = by_uuid(self.index) if rows is None else self.index.listed(rows)
        return sort_rows(self.index, listed, self.keys)

    def _boosted(self, found: list[Found]) -> list[Found]:
        """Results in the order that boosts give them, with new scores."""
        if not self.boost:
            return found
        # The server's conditions see what it loads: nothing where no property is wanted, but for groups and lists.
        seen = self.request.HasField("group_by") if self.kind else self.filter is None and not self.keys
        wanted = not self.request.HasField("properties") or self.selection.names
        blind = not wanted and (self.kind in _BY_VECTOR or not seen)
        primary = [-item.distance if self.kind in _BY_VECTOR else item.score for item in found]
        values = [{} if blind else item.properties for item in found]
        uuids = [item.row.uuid for item in found]
        ranked = self.boost.rank(range(len(found)), primary, values, uuids.__getitem__)
        for position, score in ranked:
            found[position].score = score
        return [found[position] for position, _ in ranked]

    def _searched(self) -> list[Found]:
        """A search by vector, by keyword or both."""
        from weaviate_hl.lite.searching import Scope

        scope = Scope(self.engine, self.shard, self._rows())
        searches = {"bm25_search": self._keyword, "hybrid_search": self._hybrid}
        return searches.get(self.kind, self._near)(scope)

    def _depth(self) -> int:
        return max(self.boost.depth, self.end) if self.boost else self.end

    def _page(self, found: list[Found], start: int = 0) -> list[Found]:
        """The page that is shown; the results before `start` were not even loaded."""
        return found[self.offset - start : self.end - start]

    def _kept(self, values: list[float]) -> int:
        """How many of these distances or scores autocut leaves."""
        from weaviate_hl.lite.search.combine import autocut

        return autocut(values, self.request.autocut) if self.request.autocut else len(values)

    def _near(self, scope: Scope) -> list[Found]:
        """By vector: groups are made first, pages are of groups, and thresholds come last."""
        from weaviate_hl.lite import searching

        message = getattr(self.request, self.kind)
        query = searching.near(scope, self.kind, message)
        targets = [target for target, _ in query.inputs]
        mmr = searching.selection(targets, message, self.limit)
        whole = self.boost or mmr
        start = 0 if whole or self.request.HasField("group_by") else self.offset
        hits = query.run(scope, self._depth())[start:]
        found = self._load([row for row, _ in hits])
        for item, (_, distance) in zip(found, hits, strict=True):
            item.distance, item.near = distance, True
            item.certainty = 1 - distance / 2 if query.has_certainty else None
        found = self._grouped(found)
        if not whole:
            found = self._page(found, start)
        found = found[: self._kept([item.distance for item in found])]
        if whole:
            found = self._page(self._boosted(found))
        if mmr:
            away = [item.score if self.boost else -item.distance for item in found]
            found = self._diverse(scope, targets, found, away, mmr)
        return [found[i] for i, _ in query.near_enough([(i, item.distance) for i, item in enumerate(found)])]

    def _keyword(self, scope: Scope) -> list[Found]:
        from weaviate_hl.lite import searching

        query = searching.keyword(self.collection, self.request.bm25_search)
        start = 0 if self.boost else self.offset
        hits = query.run(scope, self._depth())
        hits = hits[start : self._kept([score for _, score in hits])]
        found = self._load([row for row, _ in hits])
        for item, (row, score) in zip(found, hits, strict=True):
            item.score = score
            item.explain = query.explain(scope, row) if self.request.metadata.explain_score else ""
        return self._grouped(self._page(self._boosted(found), start))

    def _hybrid(self, scope: Scope) -> list[Found]:
        """Both: groups are made of a page, and boosted as such."""
        from weaviate_hl.lite import searching

        message = self.request.hybrid_search
        query = searching.HybridQuery(scope, message)
        mmr = searching.selection(query.targets, message, self.limit)
        hits = query.run(max(searching.LEG, self.limit, self._depth() if self.boost or mmr else 0))
        hits = hits if mmr else hits[: self._depth()]
        start = 0 if self.boost or mmr else self.offset
        hits = hits[: self._kept([hit.score for hit in hits])][start : self._depth()]
        found = self._load([hit.document for hit in hits])
        for item, hit in zip(found, hits, strict=True):
            item.score, item.explain, item.distance = hit.score, query.explain(hit), query.distance(hit)
        if mmr:
            found = self._page(self._boosted(found))
            return self._grouped(self._diverse(scope, query.targets, found, [item.score for item in found], mmr))
        if self.boost:
            return self._page(self._boosted(self._grouped(found)))
        return self._grouped(self._page(found, start))

    def _diverse(
        self, scope: Scope, targets: Sequence[Target], found: list[Found], relevance: Sequence[float], mmr: Any
    ) -> list[Found]:
        """What maximal marginal relevance picks."""
        from weaviate_hl.lite.searching import diversified

        if self.boost or self.kind == "hybrid_search":  # scores, spread over 0 to 1
            low, span = min(relevance, default=0), max(relevance, default=0) - min(relevance, default=0)
            relevance = [(score - low) / span - 1 if span else 0.0 for score in relevance]
        rows = [self.index.row_of(item.row.doc) for item in found]
        return [found[i] for i in diversified(scope, targets, rows, [-value for value in relevance], mmr)]

    def _grouped(self, found: list[Found]) -> list[Found]:
        """The first member of each group, which knows all; results as they are where no groups are wanted."""
        if not self.request.HasField("group_by"):
            return found
        wanted = self.request.group_by
        name = wanted.path[0]
        prop = self.collection.prop(name)
        by_vector = self.kind in _BY_VECTOR

        def names(position: int) -> list[str]:
            value = found[position].properties.get(name)
            if prop.is_reference:
                value = [reference["beacon"] for reference in value or ()]
            return order.group_names(value, prop.type, by_vector)

        hits = [(position, item.distance) for position, item in enumerate(found)]
        groups = order.group_by(hits, names, wanted.number_of_groups, wanted.objects_per_group)
        return [replace(found[group.members[0]], group=(group, [found[i] for i in group.members])) for group in groups]

    def _fill_groups(self, reply: pb.SearchReply, encoder: Encoder, found: list[Found]) -> None:
        if self.generation or self.request.HasField("rerank"):
            raise unsupported("rerank or generative search together with group_by")
        self.selection.with_property(self.request.group_by.path[0])
        for item in found:
            assert item.group is not None  # noqa: S101
            group, members = item.group
            message = reply.group_by_results.add(
                name=group.name,
                min_distance=item.distance,
                max_distance=group.maximum if self.kind in _BY_VECTOR else item.distance,
                number_of_objects=len(members),
            )
            for member in members:
                encoder.result(message.objects.add(), member, grouped=True)


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
