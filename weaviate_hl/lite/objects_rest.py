"""Single objects over REST: create, read, replace, merge, delete, list, and their references."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from weaviate_hl.lite import references
from weaviate_hl.lite.catalogue import Collection, Property, Shard, capitalised, shard_of
from weaviate_hl.lite.encode import parse_uuid
from weaviate_hl.lite.errors import Refusal, TenantRefusal, not_found
from weaviate_hl.lite.objects import (
    Draft,
    accept,
    delete,
    index_of,
    keep_properties,
    no_such_property,
    place_vectors,
    rewrite,
    vectorize,
    write_one,
)
from weaviate_hl.lite.query import page_of, sort_keys, sort_rows, too_many
from weaviate_hl.lite.router import Call, as_uuid, consistency, rest
from weaviate_hl.lite.storage import Row
from weaviate_hl.lite.values import REST, show
from weaviate_hl.lite.vectors import LEGACY, Vector, from_json, to_json, unpack

if TYPE_CHECKING:
    from weaviate_hl.lite.engine import Engine

Json = dict[str, Any]

NOT_IN_SCHEMA = 'class "{}" not found in schema'


# Between JSON and what is kept.


def shown(
    collection: Collection,
    row: Row | None,
    properties: Mapping[str, Any],
    vectors: Mapping[str, Vector] | None,
    tenant: str,
    **more: Any,
) -> Json:
    """An object as REST shows it; `vectors` None leaves them out."""
    body: Json = {"class": collection.name, **more, "properties": properties}
    if row is not None:
        body |= {"id": str(UUID(bytes=row.uuid)), "creationTimeUnix": row.created, "lastUpdateTimeUnix": row.updated}
    named = {name: to_json(vector) for name, vector in (vectors or {}).items()}
    if LEGACY in named:
        body["vector"] = named.pop(LEGACY)
    if named:
        body["vectors"] = named
    if tenant:
        body["tenant"] = tenant
    return body


def read(collection: Collection, row: Row, tenant: str, include: frozenset[str]) -> Json:
    """A stored object as GET shows it: references have an address, vectors only if asked for."""
    properties = json.loads(row.properties)
    vectors = unpack(row.vectors) if "vector" in include else None
    return shown(collection, row, addressed(collection, properties), vectors, tenant, vectorWeights=None)


def addressed(collection: Collection, properties: Json) -> Json:
    """Properties with an address beside every reference."""
    for name, value in properties.items():
        prop = collection.properties.get(name)
        if prop is not None and prop.is_reference:
            properties[name] = [{**reference, "href": _address(reference["beacon"])} for reference in value]
    return properties


def _address(beacon: str) -> str:
    class_name, uuid = references.split(beacon)
    return f"/v1/objects/{class_name}/{uuid}" if class_name else f"/v1/objects/{uuid}"


def draft_from(engine: Engine, body: Json, *, missing: str = NOT_IN_SCHEMA, uuid: UUID | None = None) -> Draft:
    """An object from a body, accepted."""
    check_body(body)
    vector, vectors = vectors_of(body)
    identity = uuid or (as_uuid(body["id"], "id in body") if body.get("id") else uuid4())
    name, tenant, properties = body.get("class") or "", body.get("tenant") or "", body.get("properties") or {}
    return accept(engine, name, identity, tenant, properties, vector, vectors, REST, missing=missing)


def check_body(body: Json, where: str = "id in body") -> None:
    properties = body.get("properties")
    if properties is not None and not isinstance(properties, dict):
        raise Refusal(f"invalid object: could not recognize object's properties: {show(properties, REST)}")
    if body.get("id"):
        as_uuid(body["id"], where)


def vectors_of(body: Json) -> tuple[Vector | None, dict[str, Vector]]:
    """The vectors of a body: the one without a name, and those with."""
    vector = body.get("vector")
    return vector and from_json(vector), {k: from_json(v) for k, v in (body.get("vectors") or {}).items() if v}


# Finding.


def _shard(engine: Engine, collection: Collection, tenant: str) -> Shard:
    return shard_of(engine.catalogue, collection, tenant)


def _find(engine: Engine, call: Call, tenant: str | None = None) -> tuple[Collection, Shard, Row | None]:
    """Where an object lies; a path without a class looks in every class without tenants."""
    uuid = as_uuid(call.text("id"), "id in path")
    consistency(call)
    tenant = call.text("tenant") if tenant is None else tenant
    if "className" in call.values:
        collection = engine.catalogue.find(call.text("className"))
        if collection is None:
            raise not_found()
        shard = _shard(engine, collection, tenant)
        return collection, shard, engine.storage.find(shard.id, uuid.bytes)
    for collection in engine.catalogue.collections.values():
        if not collection.multi_tenant:
            shard = collection.only_shard()
            if row := engine.storage.find(shard.id, uuid.bytes):
                return collection, shard, row
    raise not_found()


def _existing(engine: Engine, call: Call, tenant: str | None = None) -> tuple[Collection, Shard, Row]:
    collection, shard, row = _find(engine, call, tenant)
    if row is None:
        raise not_found()
    return collection, shard, row


_INCLUDES = ("vector",)


def included(call: Call) -> frozenset[str]:
    """What a request wants beside the object itself."""
    names = [name.strip() for name in call.text("include").split(",") if name.strip()]
    for name in names:
        if name not in _INCLUDES:
            raise Refusal(f"unrecognized property '{name}' in ?include list", 400)
    return frozenset(names)


# Handlers.


@rest("objects", "create")
def create(engine: Engine, call: Call) -> Json:
    consistency(call)
    try:
        draft = draft_from(engine, call.body)
    except Refusal as problem:
        raise _invalid(problem) from None
    if engine.storage.find(draft.shard.id, draft.uuid.bytes):
        raise Refusal(f"id '{draft.uuid}' already exists")
    write_one(engine, draft)
    return _reply(call.body, draft)


def _invalid(problem: Refusal) -> Refusal:
    if problem.code or problem.text.startswith("invalid object: "):
        return problem
    return problem.within("determine shard: " if isinstance(problem, TenantRefusal) else "invalid object: ")


def written(draft: Draft) -> Json:
    """An object as it was just written; a copy, since indexes hold the values as well."""
    row = Row(0, draft.uuid.bytes, draft.created, draft.updated, "", b"")
    return shown(draft.collection, row, deepcopy(draft.properties), draft.vectors, draft.tenant)


def _reply(body: Json, draft: Draft) -> Json:
    reply = written(draft)
    reply["properties"] = addressed(draft.collection, reply["properties"])
    if body.get("id"):
        reply["id"] = body["id"]
    return reply


@rest("objects", "validate")
def validate(engine: Engine, call: Call) -> None:
    if not call.body.get("id"):
        raise Refusal("invalid object: invalid UUID length: 0")
    try:
        draft = draft_from(engine, call.body)
        for problem in vectorize(engine, [draft]).values():
            raise problem
    except Refusal as problem:
        raise _invalid(problem) from None


@rest("objects", "class_get", "get")
def get(engine: Engine, call: Call) -> Json:
    include = included(call)
    collection, _, row = _existing(engine, call)
    return read(collection, row, call.text("tenant"), include)


@rest("objects", "class_head", "head")
def head(engine: Engine, call: Call) -> None:
    _existing(engine, call)


@rest("objects", "class_delete", "delete")
def remove(engine: Engine, call: Call) -> None:
    name = call.text("className")
    as_uuid(call.text("id"), "id in path")
    if name and engine.catalogue.find(name) is None:
        name = capitalised(name)
        text = "could not delete object from vector repo: delete from non-existing index for"
        raise Refusal(f"{text} {name}", 500)
    _, shard, row = _find(engine, call)
    if row is not None:
        delete(engine, shard, [row.doc])


@rest("objects", "class_put", "update")
def put(engine: Engine, call: Call) -> Json:
    body = call.body
    check_body(body)
    uuid = as_uuid(call.text("id"), "id in path")
    if not body.get("id") or as_uuid(body["id"], "id in body") != uuid:
        raise Refusal("invalid update: field 'id' is immutable")
    if not body.get("class"):
        raise Refusal("invalid object: " + NOT_IN_SCHEMA.format(""))
    if "className" in call.values and engine.catalogue.find(body["class"]) is not engine.catalogue.find(
        call.text("className")
    ):
        raise not_found()
    _, _, row = _existing(engine, call, body.get("tenant") or "")
    try:
        draft = draft_from(engine, body, uuid=uuid)
    except Refusal as problem:
        raise _invalid(problem) from None
    draft.created = row.created
    write_one(engine, draft)
    reply = _reply(body, draft)
    if body.get("properties") is None:
        del reply["properties"]
    return reply


@rest("objects", "class_patch", "patch")
def patch(engine: Engine, call: Call) -> None:
    body = call.body
    if body is None:
        raise Refusal("", 400)
    check_body(body)
    tenant = body.get("tenant") or ""
    collection, shard, row = _existing(engine, call, tenant)
    given = {name[:1].lower() + name[1:]: value for name, value in (body.get("properties") or {}).items()}
    try:
        if engine.settings.autoschema_enabled:
            from weaviate_hl.lite import auto_schema

            auto_schema.extend(engine, collection, collection.name, given, REST)
        kept = keep_properties(engine, collection, given, tenant, REST)
        vectors = place_vectors(collection, *vectors_of(body))
    except Refusal as problem:
        raise problem if problem.code else problem.within("msg:bad request code:400 err:") from None
    old = json.loads(row.properties)
    for name, value in kept.items():
        if collection.properties[name].is_reference:
            kept[name] = [*old.get(name, ()), *value]
    merged = {name: value for name, value in {**old, **kept}.items() if given.get(name, value) is not None}
    rewrite(engine, collection, shard, row, tenant, merged, vectors)


# References of one object.


@rest("objects", "class_references_create", "references_create")
def add_reference(engine: Engine, call: Call) -> None:
    _change_references(engine, call, [call.body], lambda old, given: [*old, *given])


@rest("objects", "class_references_put", "references_update")
def replace_references(engine: Engine, call: Call) -> None:
    _change_references(engine, call, call.body, lambda old, given: given)


@rest("objects", "class_references_delete", "references_delete")
def delete_reference(engine: Engine, call: Call) -> None:
    _change_references(engine, call, [call.body], lambda old, given: [one for one in old if one not in given])


def _change_references(
    engine: Engine, call: Call, given: list[Any], change: Callable[[list[Json], list[Json]], list[Json]]
) -> None:
    """Change the references of a property; the order of the checks is the server's."""
    for item in given:
        text = item.get("beacon") if isinstance(item, dict) else None
        if not isinstance(text, str) or "://" not in text:
            raise Refusal(f"beacon in body must be of type uri: {json.dumps(text)}", code=601)
    method, name, tenant = call.operation.method, call.text("className"), call.text("tenant")
    if name and method != "PUT" and engine.catalogue.find(name) is None:
        raise Refusal(f'msg:collection not found code:400 err:collection "{capitalised(name)}" not found in schema')
    collection, shard, row = (_find if method == "POST" else _existing)(engine, call)
    prop = _reference_property(collection, call.text("propertyName"), "validate" if method == "POST" else "bad")
    kept = [_reference(engine, collection, prop, item["beacon"], tenant, method != "DELETE") for item in given]
    if row is None:
        raise not_found()
    properties = json.loads(row.properties)
    old = properties.get(prop.name)
    properties[prop.name] = change(old or [], kept)
    if method != "DELETE" or properties[prop.name] != (old or []):
        rewrite(engine, collection, shard, row, tenant, properties)


def _reference_property(collection: Collection, name: str, what: str) -> Property:
    prop = collection.properties.get(name)
    prefix = f"msg:{what} inputs code:400 err:"
    if prop is None:
        raise no_such_property(name, collection.name).within(prefix)
    if not prop.is_reference:
        raise Refusal(f"{prefix}property '{name}' is not a reference-type")
    return prop


def _reference(engine: Engine, source: Collection, prop: Property, beacon: str, tenant: str, must_exist: bool) -> Json:
    class_name, uuid = references.whole(prop, beacon)
    if class_name[:1].islower():  # the server names the source
        raise Refusal(f'msg:multi-tenancy violation code:500 err:target class "{source.name}" not found in schema', 500)
    if must_exist and references.target(engine, class_name, uuid, tenant, prop) is None:
        reason = f"validate reference: no object with id {uuid} found"
        raise Refusal(f"msg:validate existence code:400 err:{reason}")
    return references.point(class_name, uuid)


# Lists.


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
