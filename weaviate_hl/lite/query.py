"""The rpc `Search`: which objects a request finds, in which order, and what happens to them before they are shown."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
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
Hit = tuple[int, float, str]
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
        self.has_certainty = False
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
        return self._boosted(rows, [0.0] * len(rows), {})

    def _boosted(self, rows: Sequence[int], primary: Sequence[float], known: Mapping[int, Found]) -> list[Found]:
        assert self.boost is not None  # noqa: S101
        found = {row: known.get(row) or item for row, item in zip(rows, self._load(rows), strict=True)}
        # The server's conditions see what it loads: nothing, if no property is wanted.
        blind = self.request.HasField("properties") and not self.selection.names
        values = [{} if blind else found[row].properties for row in rows]
        ranked = self.boost.rank(rows, primary, values, self.index.uuids.__getitem__)
        for row, score in ranked:
            found[row].score = score
        return [found[row] for row, _ in ranked[self.offset : self.offset + self.limit]]

    def _searched(self) -> list[Found]:
        """A search by vector, by keyword or both: hits are rows, each with a distance or score and its explanation."""
        from weaviate_hl.lite.searching import Scope

        scope = Scope(self.engine, self.collection, self.shard, self.index, self._rows())
        searches = {"bm25_search": self._keyword, "hybrid_search": self._hybrid}
        by_vector = self.kind in _BY_VECTOR
        hits = searches.get(self.kind, self._near)(scope)
        rows = [row for row, _, _ in hits]
        found = self._load(rows)
        for item, (_, value, explain) in zip(found, hits, strict=True):
            if by_vector:
                item.distance, item.certainty = value, 1 - value / 2 if self.has_certainty else None
            else:
                item.score, item.explain = value, explain
        if self.boost:
            primary = [-value if by_vector else value for _, value, _ in hits]
            return self._boosted(rows, primary, dict(zip(rows, found, strict=True)))
        return found

    def _depth(self) -> int:
        end = self.offset + self.limit
        return max(self.boost.depth, end) if self.boost else end

    def _page(self, hits: list[Any]) -> list[Any]:
        """What pagination leaves; behind a boost it comes later."""
        return hits if self.boost else hits[self.offset : self.offset + self.limit]

    def _cut(self, hits: list[Any]) -> list[Any]:
        """What autocut leaves of hits."""
        if not self.request.autocut:
            return hits
        from weaviate_hl.lite.search.combine import autocut

        return hits[: autocut([hit[1] for hit in hits], self.request.autocut)]

    def _near(self, scope: Scope) -> list[Hit]:
        from weaviate_hl.lite import searching

        message = getattr(self.request, self.kind)
        query = searching.near(scope, self.kind, message)
        self.has_certainty = query.has_certainty
        found = query.near_enough(self._cut(self._page(query.run(scope, self._depth()))))
        hits = [(row, distance, "") for row, distance in found]
        return self._diverse(scope, [target for target, _ in query.inputs], hits, message)

    def _keyword(self, scope: Scope) -> list[Hit]:
        from weaviate_hl.lite import searching

        query = searching.keyword(self.collection, self.request.bm25_search)
        explained = self.request.metadata.explain_score
        hits = self._cut(self._page(query.run(scope, self._depth())))
        return [(row, score, query.explain(scope, row) if explained else "") for row, score in hits]

    def _hybrid(self, scope: Scope) -> list[Hit]:
        from weaviate_hl.lite import searching

        message = self.request.hybrid_search
        query = searching.HybridQuery(scope, message)
        hits = query.run(max(searching.LEG, self.limit, self.boost.depth if self.boost else 0))
        hits = self._cut(hits[: self._depth()])
        return self._diverse(scope, query.targets, hits if self.boost else hits[self.offset :], message)

    def _diverse(self, scope: Scope, targets: Sequence[Target], hits: list[Hit], message: Any) -> list[Hit]:
        """What maximal marginal relevance picks, if the request wants it."""
        if not hits or not message.selection.HasField("mmr"):
            return hits
        from weaviate_hl.lite.searching import diversified

        away = [value for _, value, _ in hits]
        if self.kind == "hybrid_search":  # scores, spread over 0 to 1
            low, span = min(away), max(away) - min(away)
            away = [1 - (score - low) / span if span else 0.0 for score in away]
        rows = [row for row, _, _ in hits]
        picked = diversified(scope, targets, rows, away, message.selection.mmr, self.limit)
        return [hits[position] for position in picked]

    def _fill_groups(self, reply: pb.SearchReply, encoder: Encoder, found: list[Found]) -> None:
        wanted = self.request.group_by
        name = wanted.path[0]
        prop = self.collection.properties.get(name)
        if prop is None:
            raise no_such_property(name, self.collection.name)
        if self.generation or self.request.HasField("rerank"):
            raise unsupported("rerank or generative search together with group_by")
        self.selection.with_property(name)
        by_vector = self.kind in _BY_VECTOR

        def names(position: int) -> list[str]:
            value = found[position].properties.get(name)
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
