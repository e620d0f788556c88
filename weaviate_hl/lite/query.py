"""The rpc `Search`: which objects a request finds, in which order, and what happens to them before they are shown."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from weaviate_hl.lite import extend, ttl
from weaviate_hl.lite.catalogue import Collection, Target, capitalised, shard_of
from weaviate_hl.lite.encode import parse_uuid
from weaviate_hl.lite.errors import Refusal, unsupported
from weaviate_hl.lite.filters import evaluate, explained, from_message
from weaviate_hl.lite.index import CREATED, ID, UPDATED, Index, Rows
from weaviate_hl.lite.objects import index_of, no_such_property
from weaviate_hl.lite.results import Encoder, Found, Selection
from weaviate_hl.lite.router import rpc
from weaviate_hl.lite.search import order
from weaviate_hl.lite.storage import Row

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1 import search_get_pb2 as pb

    from weaviate_hl.lite.engine import Engine
    from weaviate_hl.lite.searching import Scope

_SEARCHES = {
    "hybrid_search": "hybrid",
    "bm25_search": "bm25",
    "near_vector": "nearVector",
    "near_object": "nearObject",
    "near_text": "nearText",
    "near_image": "nearImage",
    "near_audio": "nearAudio",
    "near_video": "nearVideo",
    "near_depth": "nearDepth",
    "near_thermal": "nearThermal",
    "near_imu": "nearIMU",
}
_BY_VECTOR = ("near_vector", "near_object", "near_text")
_PLAIN = "explorer: list class: "
_VECTOR = "explorer: get class: concurrentTargetVectorSearch): explorer: get class: "
SEARCH_PREFIX: Mapping[str, str] = {
    "near_vector": _VECTOR,
    "near_object": _VECTOR,
    "near_text": "explorer: get class: vectorize params: ",
    "bm25_search": "explorer: get class: ",
    "hybrid_search": "explorer: get class: ",
}


_UNPREFIXED = ("explorer: ", "extract target vectors: ", "near_", "cannot combine")  # what is refused before a search


@rpc("Search")
def search(engine: Engine, request: pb.SearchRequest) -> pb.SearchReply:
    from weaviate_gen.grpc.v1 import search_get_pb2 as pb

    start = time.perf_counter()
    reply = pb.SearchReply(generative_grouped_result="")
    _Search(engine, request).fill(reply)
    reply.took = time.perf_counter() - start
    if request.metadata.query_profile:
        extend.profile(engine, request, reply)
    return reply


def kind_of(request: Any) -> str:
    """The one search that a request asks for, `""` for a plain fetch."""
    kinds = [name for name in _SEARCHES if request.HasField(name)]
    if len(kinds) > 1:
        if "bm25_search" in kinds:
            raise Refusal("conflict: both near<Media> and keyword-based (bm25) arguments present, choose one")
        one, other = (_SEARCHES[name] for name in kinds[:2])
        raise Refusal(f"found both '{one}' and '{other}' parameters which are conflicting, choose one instead")
    kind = kinds[0] if kinds else ""
    if kind and kind not in SEARCH_PREFIX:
        raise unsupported(f"searches by media ({_SEARCHES[kind]})").within(
            "explorer: get class: vectorize params: could not vectorize input for collection "
            f"{request.collection} with search-type {_SEARCHES[kind]}. Make sure a vectorizer module is configured for "
            "this collection: "
        )
    return kind


class _Search:
    """One request, checked; `fill` runs it."""

    def __init__(self, engine: Engine, request: pb.SearchRequest) -> None:
        self.engine = engine
        self.request = request
        found = engine.catalogue.find(request.collection)
        if found is None:
            raise Refusal(f"could not find class {capitalised(request.collection)} in schema")
        self.collection: Collection = found
        self.kind = kind_of(request)
        self.selection = Selection(engine, found, request.properties if request.HasField("properties") else None)
        self.filter = from_message(engine, found, request.filters) if request.HasField("filters") else None
        settings = engine.settings
        self.limit = request.limit or settings.query_defaults_limit
        self.offset = request.offset
        if self.offset + self.limit > settings.query_maximum_results:
            raise Refusal(f"{_PLAIN}search: invalid pagination params: {too_many(engine, self.offset, self.limit)}")
        self.keys = self._sort_keys()
        self._check_cursor()
        if request.HasField("group_by"):
            if len(request.group_by.path) != 1:
                raise Refusal(f"groupby path can only have one entry, received [{' '.join(request.group_by.path)}]")
            if not self.kind:
                raise Refusal("group is not present map[]")
        self.boost = None
        if request.HasField("boost"):
            from weaviate_hl.lite.boosts import Boost

            self.boost = Boost(engine, found, request.boost)
            if self.boost.weight == 0:
                self.boost = None
        self.generation = None
        if request.HasField("generative"):
            self.generation = extend.Generation(engine, self.selection, request)
        if request.HasField("rerank"):
            extend.check_rerank(engine, self.selection, request.rerank)
        self.shard = self._shard()
        self._index: Index | None = None

    @property
    def index(self) -> Index:
        if self._index is None:
            self._index = index_of(self.engine, self.shard)
        return self._index

    def _shard(self) -> Any:
        try:
            return shard_of(self.engine.catalogue, self.collection, self.request.tenant)
        except Refusal as problem:
            name = self.collection.name.lower()
            raise problem.within(f"{_PLAIN}search: object search at index {name}: ") from None

    def _sort_keys(self) -> list[tuple[str, str, bool]]:
        if self.request.sort_by and self.kind:
            raise Refusal("sorting cannot be combined with search")
        return sort_keys(self.collection, [(list(item.path), item.ascending) for item in self.request.sort_by])

    def _check_cursor(self) -> None:
        after = self.request.after
        if not after:
            return
        if self.kind:
            raise Refusal("other params cannot be set with after and limit parameters")
        for name, given in (("where", self.filter), ("offset", self.offset), ("sort", self.keys)):
            if given:
                raise Refusal(
                    f"cursor api: invalid 'after' parameter: {name} cannot be set with after and limit parameters"
                )
        try:
            parse_uuid(after)
        except Refusal as problem:
            raise problem.within(
                f"cursor api: invalid 'after' parameter: after parameter '{after}' is not a valid uuid: "
            ) from None

    # Running.

    def fill(self, reply: pb.SearchReply) -> None:
        request = self.request
        metadata = request.metadata
        encoder = Encoder(self.engine, self.selection, metadata, request.tenant)
        try:
            found = self._searched() if self.kind else self._fetched()
            found = ttl.alive(self.collection, found)
            if request.HasField("group_by"):
                self._fill_groups(reply, encoder, found)
                return
            if request.HasField("rerank"):
                extend.rerank(found, request.rerank)
            if self.generation:
                self.generation.run(found, reply)
        except Refusal as problem:
            prefix = "" if problem.text.startswith(_UNPREFIXED) else SEARCH_PREFIX.get(self.kind, _PLAIN)
            raise problem.within(prefix) from None
        for item in found:
            encoder.result(result := reply.results.add(), item)
            if self.generation:
                self.generation.fill(result, item)

    def _rows(self) -> Rows | None:
        """The rows that the filter leaves, None without one."""
        if self.filter is None:
            return None
        try:
            return evaluate(self.engine, self.collection, self.shard, self.request.tenant, self.filter)
        except Refusal as problem:
            raise problem.within(_PLAIN + explained(self.collection, self.shard)) from None

    def _load(self, rows: Sequence[int]) -> list[Found]:
        docs = [self.index.docs[row] for row in rows]
        stored = self.engine.storage.by_doc(docs)
        return [Found(stored[doc]) for doc in docs]

    def _fetched(self) -> list[Found]:
        """A plain fetch: by UUID, or by document id behind a filter, or sorted."""
        end = self.offset + self.limit
        if self.boost:
            return self._boosted_fetch()
        if self.filter is None and not self.keys:
            after = parse_uuid(self.request.after).bytes if self.request.after else b""
            return [Found(row) for row in self.engine.storage.page(self.shard.id, self.limit, self.offset, after)]
        return self._load(self._ordered()[self.offset : end])

    def _ordered(self) -> list[int]:
        rows = self._rows()
        if rows is None:
            listed = self.index.listed(self.index.all)
            listed.sort(key=self.index.uuids.__getitem__)
        else:
            listed = self.index.listed(rows)
        return sort_rows(self.index, listed, self.keys)

    def _boosted_fetch(self) -> list[Found]:
        assert self.boost is not None  # noqa: S101
        rows = self._ordered()[: max(self.boost.depth, self.offset + self.limit)]
        return self._page(self._boosted(self._load(rows)))

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

        scope = Scope(self.engine, self.collection, self.shard, self.index, self._rows())
        searches = {"bm25_search": self._keyword, "hybrid_search": self._hybrid}
        return searches.get(self.kind, self._near)(scope)

    def _depth(self) -> int:
        end = self.offset + self.limit
        return max(self.boost.depth, end) if self.boost else end

    def _page(self, found: list[Found]) -> list[Found]:
        return found[self.offset : self.offset + self.limit]

    def _cut(self, found: list[Found]) -> list[Found]:
        """What autocut leaves."""
        if not self.request.autocut:
            return found
        from weaviate_hl.lite.search.combine import autocut

        by_vector = self.kind in _BY_VECTOR
        return found[: autocut([item.distance if by_vector else item.score for item in found], self.request.autocut)]

    def _near(self, scope: Scope) -> list[Found]:
        """By vector: groups are made first, pages are of groups, and thresholds come last."""
        from weaviate_hl.lite import searching

        message = getattr(self.request, self.kind)
        query = searching.near(scope, self.kind, message)
        targets = [target for target, _ in query.inputs]
        mmr = searching.selection(targets, message, self.limit)
        hits = query.run(scope, self._depth())
        found = self._load([row for row, _ in hits])
        for item, (_, distance) in zip(found, hits, strict=True):
            item.distance, item.near = distance, True
            item.certainty = 1 - distance / 2 if query.has_certainty else None
        found = self._grouped(found)
        whole = self.boost or mmr
        found = self._page(self._boosted(self._cut(found))) if whole else self._cut(self._page(found))
        if mmr:
            away = [item.score if self.boost else -item.distance for item in found]
            found = self._diverse(scope, targets, found, away, mmr)
        return [found[i] for i, _ in query.near_enough([(i, item.distance) for i, item in enumerate(found)])]

    def _keyword(self, scope: Scope) -> list[Found]:
        from weaviate_hl.lite import searching

        query = searching.keyword(self.collection, self.request.bm25_search)
        hits = query.run(scope, self._depth())
        found = self._load([row for row, _ in hits])
        for item, (row, score) in zip(found, hits, strict=True):
            item.score = score
            item.explain = query.explain(scope, row) if self.request.metadata.explain_score else ""
        return self._grouped(self._page(self._boosted(self._cut(found))))

    def _hybrid(self, scope: Scope) -> list[Found]:
        """Both: groups are made of a page, and boosted as such."""
        from weaviate_hl.lite import searching

        message = self.request.hybrid_search
        query = searching.HybridQuery(scope, message)
        mmr = searching.selection(query.targets, message, self.limit)
        hits = query.run(max(searching.LEG, self.limit, self._depth() if self.boost or mmr else 0))
        found = self._load([hit.document for hit in hits])
        for item, hit in zip(found, hits, strict=True):
            item.score, item.explain, item.distance = hit.score, query.explain(hit), query.distance(hit)
        if mmr:
            found = self._page(self._boosted(self._cut(found)[: self._depth()]))
            return self._grouped(self._diverse(scope, query.targets, found, [item.score for item in found], mmr))
        found = self._cut(found[: self._depth()])
        if self.boost:
            return self._page(self._boosted(self._grouped(found)))
        return self._grouped(self._page(found))

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
        prop = self.collection.properties.get(name)
        if prop is None:
            raise no_such_property(name, self.collection.name)
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


def too_many(engine: Engine, offset: int, limit: int) -> str:
    """The refusal of a page that ends too far down."""
    most = engine.settings.query_maximum_results
    return (
        f"query maximum results exceeded: the total limit calculated from the provided offset '{offset}' and limit "
        f"'{limit}' exceeds the configured value for QUERY_MAXIMUM_RESULTS '{most}'. If you've supplied a "
        "negative offset or limit, this may be an underflow error"
    )


_SORT_COLUMNS = {"id": ID, **{name: name for name in (ID, CREATED, UPDATED)}}


def sort_keys(collection: Collection, given: Sequence[tuple[list[str], bool]]) -> list[tuple[str, str, bool]]:
    """Columns, their data types and whether descending, checked."""
    keys = []
    for i, (path, ascending) in enumerate(given):
        prefix = f"invalid 'sort' parameter: sort parameter at position {i}: "
        if not path or not path[0]:
            raise Refusal(prefix + "path parameter cannot be empty")
        if len(path) > 1:
            raise Refusal(
                prefix + f"sorting by reference not supported, path must have exactly one argument, got {len(path)}"
            )
        name = path[0]
        if name in _SORT_COLUMNS:
            keys.append((_SORT_COLUMNS[name], "bytes" if _SORT_COLUMNS[name] == ID else "int", not ascending))
            continue
        prop = collection.properties.get(name)
        if prop is None:
            raise no_such_property(name, collection.name).within(prefix)
        if prop.is_reference:
            raise Refusal(f'{prefix}sorting by reference not supported, property "{name}" is a ref prop to the class')
        if prop.kind == "uuid":
            raise Refusal(
                f'{prefix}prop "{name}" is of type uuid/uuid[]: sorting by uuid is currently not supported - if '
                "you believe "
                "it should be, please open a feature request"
            )
        keys.append((name, prop.type, not ascending))
    return keys


def sort_rows(index: Index, rows: list[int], keys: Sequence[tuple[str, str, bool]]) -> list[int]:
    """Rows sorted by columns; equal ones keep their order."""
    if not keys:
        return rows
    columns = []
    for name, data_type, descending in keys:
        column = index.column(name)
        columns.append(order.Key([column[row] for row in rows], data_type, descending))
    return order.sort_documents(rows, columns)


def page_of(engine: Engine, rows: Sequence[int], index: Index) -> list[Row]:
    """Stored objects of rows, in their order."""
    stored = engine.storage.by_doc([index.docs[row] for row in rows])
    return [stored[index.docs[row]] for row in rows]
