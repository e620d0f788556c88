"""Objects in lists, over REST: all of them or those of a class, in pages, sorted, or from a cursor on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weaviate_hl.lite.catalogue import Collection, Shard, shard_of
from weaviate_hl.lite.encode import parse_uuid
from weaviate_hl.lite.errors import Refusal, not_found
from weaviate_hl.lite.objects import index_of
from weaviate_hl.lite.objects_rest import included, read
from weaviate_hl.lite.query import page_of, sort_keys, sort_rows, too_many
from weaviate_hl.lite.router import Call, rest
from weaviate_hl.lite.storage import Row

if TYPE_CHECKING:
    from weaviate_hl.lite.engine import Engine

Json = dict[str, Any]


@rest("objects", "list")
def list_objects(engine: Engine, call: Call) -> Json:
    include = included(call)
    limit = call.integer("limit")
    limit = engine.settings.query_defaults_limit if limit is None else limit
    offset = call.integer("offset") or 0
    if offset + limit > engine.settings.query_maximum_results:
        raise Refusal(too_many(engine, offset, limit))
    tenant = call.text("tenant")
    if not call.text("class"):
        if call.text("after"):
            raise Refusal(
                "list objects: after parameter not allowed, cursor must be specific to one class, set class "
                "query param",
                500,
            )
        deprecations: list[Json] | None = None
        objects = _everywhere(engine, limit, offset, include)
    else:
        collection = engine.catalogue.find(call.text("class"))
        if collection is None:
            raise not_found()
        shard = shard_of(engine.catalogue, collection, tenant)
        rows = _page(engine, call, collection, shard, limit, offset)
        deprecations = []
        objects = [read(collection, row, "", include) for row in rows]
    body: Json = {"objects": objects, "deprecations": deprecations}
    return body | {"totalResults": len(objects)} if objects else body


def _everywhere(engine: Engine, limit: int, offset: int, include: frozenset[str]) -> list[Json]:
    found: list[Json] = []
    for collection in engine.catalogue.collections.values():
        if not collection.multi_tenant and len(found) < offset + limit:
            rows = engine.storage.page(collection.only_shard().id, offset + limit - len(found))
            found += [read(collection, row, "", include) for row in rows]
    return found[offset : offset + limit]


def _page(engine: Engine, call: Call, collection: Collection, shard: Shard, limit: int, offset: int) -> list[Row]:
    names = [name for name in call.text("sort").split(",") if name]
    orders = call.text("order").split(",")
    ascending = [i >= len(orders) or orders[i] != "desc" for i in range(len(names))]
    try:
        keys = sort_keys(collection, [([name], up) for name, up in zip(names, ascending, strict=True)])
    except Refusal as problem:
        text = problem.text.removeprefix("invalid 'sort' parameter: ")
        raise Refusal(f"msg:sorting code:400 err:{text}") from None
    after = call.text("after")
    if after:
        for name, given in (("offset", offset), ("sort", keys)):
            if given:
                raise Refusal(
                    f"msg:cursor api: invalid 'after' parameter code:400 err:{name} cannot be set with after and limit "
                    "parameters"
                )
        return engine.storage.page(shard.id, limit, 0, parse_uuid(after).bytes)
    if not keys:
        return engine.storage.page(shard.id, limit, offset)
    index = index_of(engine, shard)
    rows = index.listed(index.all)
    rows.sort(key=index.uuids.__getitem__)
    return page_of(engine, sort_rows(index, rows, keys)[offset : offset + limit], index)
