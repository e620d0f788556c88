"""Single objects over REST: create, read, replace, merge, delete, list, and their references."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any
from uuid import UUID, uuid4

from weaviate_hl.lite import objects, query, references
from weaviate_hl.lite.catalogue import Collection, Json, Property, Shard, capitalised, shard_of, uncapitalised
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal, TenantRefusal, not_found, refuse_if, within
from weaviate_hl.lite.objects import Draft, GivenVectors
from weaviate_hl.lite.router import Call, as_uuid, consistency, rest
from weaviate_hl.lite.storage import Row
from weaviate_hl.lite.values import REST, show
from weaviate_hl.lite.vectors import LEGACY, Vector, from_json, to_json, unpack

NOT_IN_SCHEMA = 'class "{}" not found in schema'


# Between JSON and what is kept.


def shown(collection: Collection, row: Row, properties: Json, vectors: Mapping[str, Vector], tenant: str) -> Json:
    """An object as REST shows it."""
    body: Json = {"class": collection.name, "properties": properties, "id": str(UUID(bytes=row.uuid))}
    body |= {"creationTimeUnix": row.created, "lastUpdateTimeUnix": row.updated}
    named = {name: to_json(vector) for name, vector in vectors.items()}
    if LEGACY in named:
        body["vector"] = named.pop(LEGACY)
    if named:
        body["vectors"] = named
    if tenant:
        body["tenant"] = tenant
    return body


def read(collection: Collection, row: Row, tenant: str, with_vectors: bool) -> Json:
    """A stored object as GET shows it: references have an address, vectors only if asked for."""
    properties = addressed(collection, json.loads(row.properties))
    vectors = unpack(row.vectors) if with_vectors else {}
    return {**shown(collection, row, properties, vectors, tenant), "vectorWeights": None}


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
    vectors = vectors_of(body)
    identity = uuid or (as_uuid(body["id"], "id in body") if body.get("id") else uuid4())
    name, tenant, properties = body.get("class") or "", body.get("tenant") or "", body.get("properties") or {}
    return objects.accept(engine, name, identity, tenant, properties, vectors, REST, missing)


def check_body(body: Json, where: str = "id in body") -> None:
    properties = body.get("properties")
    if properties is not None and not isinstance(properties, dict):
        raise Refusal(f"invalid object: could not recognize object's properties: {show(properties, REST)}")
    if body.get("id"):
        as_uuid(body["id"], where)


def vectors_of(body: Json) -> GivenVectors:
    vector = body.get("vector")
    return vector and from_json(vector), {k: from_json(v) for k, v in (body.get("vectors") or {}).items() if v}


# Finding.


def _find(engine: Engine, call: Call, tenant: str | None = None) -> tuple[Shard, Row | None]:
    """Where an object lies; a path without a class looks in every class without tenants."""
    uuid = as_uuid(call.text("id"), "id in path")
    consistency(call)
    if "className" in call.values:
        collection = engine.catalogue.need(call.text("className"))
        shard = shard_of(engine.catalogue, collection, call.text("tenant") if tenant is None else tenant)
        return shard, engine.storage.find(shard.id, uuid.bytes)
    for collection in engine.catalogue.collections.values():
        if not collection.multi_tenant:
            shard = collection.only_shard()
            if row := engine.storage.find(shard.id, uuid.bytes):
                return shard, row
    raise not_found()


def _existing(engine: Engine, call: Call, tenant: str | None = None) -> tuple[Shard, Row]:
    shard, row = _find(engine, call, tenant)
    if row is None:
        raise not_found()
    return shard, row


def _with_vectors(call: Call) -> bool:
    """Whether a request wants vectors as well."""
    names = [name.strip() for name in call.text("include").split(",") if name.strip()]
    for name in names:
        refuse_if(name != "vector", f"unrecognized property '{name}' in ?include list", 400)
    return bool(names)


# Handlers.


@rest("objects", "create")
def create(engine: Engine, call: Call) -> Json:
    consistency(call)
    draft = _valid(engine, call.body)
    refuse_if(engine.storage.find(draft.shard.id, draft.uuid.bytes), f"id '{draft.uuid}' already exists")
    objects.write_one(engine, draft)
    return _reply(call.body, draft)


def _valid(engine: Engine, body: Json, *, uuid: UUID | None = None, dry_run: bool = False) -> Draft:
    """An object from a body, accepted; a dry run makes its vectors as well, which may fail."""
    try:
        draft = draft_from(engine, body, uuid=uuid)
        for failed in objects.vectorize(engine, [draft]).values() if dry_run else ():
            raise failed
        return draft
    except Refusal as problem:
        if problem.text.startswith("invalid object: "):
            raise
        layer = "determine shard: " if isinstance(problem, TenantRefusal) else "invalid object: "
        raise problem.within(layer) from None


def written(draft: Draft) -> Json:
    """An object as it was just written; a copy, since indexes hold the values as well."""
    row = Row(0, draft.uuid.bytes, draft.created, draft.updated, "", b"")
    return shown(draft.collection, row, deepcopy(draft.properties), draft.vectors, draft.shard.tenant)


def _reply(body: Json, draft: Draft) -> Json:
    reply = written(draft)
    reply["properties"] = addressed(draft.collection, reply["properties"])
    return reply | ({"id": body["id"]} if body.get("id") else {})


@rest("objects", "validate")
def validate(engine: Engine, call: Call) -> None:
    refuse_if(not call.body.get("id"), "invalid object: invalid UUID length: 0")
    _valid(engine, call.body, dry_run=True)


@rest("objects", "class_get", "get")
def get(engine: Engine, call: Call) -> Json:
    with_vectors = _with_vectors(call)
    shard, row = _existing(engine, call)
    return read(shard.collection, row, call.text("tenant"), with_vectors)


@rest("objects", "class_head", "head")
def head(engine: Engine, call: Call) -> None:
    _existing(engine, call)


@rest("objects", "class_delete", "delete")
def remove(engine: Engine, call: Call) -> None:
    as_uuid(call.text("id"), "id in path")
    if name := capitalised(call.text("className")):
        text = "could not delete object from vector repo: delete from non-existing index for"
        engine.catalogue.need(name, f"{text} {name}", 500)
    shard, row = _find(engine, call)
    if row is not None:
        objects.delete(engine, shard, [row.doc])


@rest("objects", "class_put", "update")
def put(engine: Engine, call: Call) -> Json:
    body = call.body
    check_body(body)
    uuid = as_uuid(call.text("id"), "id in path")
    if not body.get("id") or as_uuid(body["id"], "id in body") != uuid:
        raise Refusal("invalid update: field 'id' is immutable")
    refuse_if(not body.get("class"), "invalid object: " + NOT_IN_SCHEMA.format(""))
    find = engine.catalogue.find
    if "className" in call.values and find(body["class"]) is not find(call.text("className")):
        raise not_found()
    _, row = _existing(engine, call, body.get("tenant") or "")
    draft = _valid(engine, body, uuid=uuid)
    draft.created = row.created
    objects.write_one(engine, draft)
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
    shard, row = _existing(engine, call, body.get("tenant") or "")
    given = {uncapitalised(name): value for name, value in (body.get("properties") or {}).items()}
    with within("msg:bad request code:400 err:"):
        collection = objects.collection_for_write(engine, shard.collection.name, given, REST, NOT_IN_SCHEMA)
        kept = objects.keep_properties(engine, shard, given, REST)
        vectors = objects.place_vectors(collection, vectors_of(body))
    old = json.loads(row.properties)
    for name, value in kept.items():
        if collection.properties[name].is_reference:
            kept[name] = [*old.get(name, ()), *value]
    merged = {name: value for name, value in {**old, **kept}.items() if given.get(name, value) is not None}
    objects.rewrite(engine, shard, row, merged, vectors)


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
    method, name = call.operation.method, capitalised(call.text("className"))
    if name and method != "PUT":
        engine.catalogue.need(name, f'msg:collection not found code:400 err:collection "{name}" not found in schema')
    shard, row = (_find if method == "POST" else _existing)(engine, call)
    with within(f"msg:{'validate' if method == 'POST' else 'bad'} inputs code:400 err:"):
        prop = shard.collection.prop(call.text("propertyName"))
        refuse_if(not prop.is_reference, f"property '{prop.name}' is not a reference-type")
    kept = [_reference(engine, shard, prop, item["beacon"], must_exist=method != "DELETE") for item in given]
    if row is None:
        raise not_found()
    properties = json.loads(row.properties)
    old = properties.get(prop.name)
    properties[prop.name] = change(old or [], kept)
    if method != "DELETE" or properties[prop.name] != (old or []):
        objects.rewrite(engine, shard, row, properties)


def _reference(engine: Engine, source: Shard, prop: Property, beacon: str, *, must_exist: bool) -> Json:
    class_name, uuid = references.whole(prop, beacon)
    if class_name[:1].islower():  # the server names the source
        reason = f'target class "{source.collection.name}" not found in schema'
        raise Refusal(f"msg:multi-tenancy violation code:500 err:{reason}", 500)
    if must_exist and references.target(engine, class_name, uuid, source.tenant, prop) is None:
        reason = f"validate reference: no object with id {uuid} found"
        raise Refusal(f"msg:validate existence code:400 err:{reason}")
    return references.point(class_name, uuid)


# Lists.


@rest("objects", "list")
def list_objects(engine: Engine, call: Call) -> Json:
    with_vectors = _with_vectors(call)
    limit = call.integer("limit")
    limit = engine.settings.query_defaults_limit if limit is None else limit
    offset = call.integer("offset") or 0
    query.check_page(engine, offset, limit)
    if call.text("class"):
        collection = engine.catalogue.need(call.text("class"))
        shard = shard_of(engine.catalogue, collection, call.text("tenant"))
        found = [read(collection, row, "", with_vectors) for row in _page(engine, call, shard, limit, offset)]
        deprecations: list[Json] | None = []
    else:
        if call.text("after"):
            rule = "after parameter not allowed, cursor must be specific to one class, set class query param"
            raise Refusal(f"list objects: {rule}", 500)
        found = _everywhere(engine, limit, offset, with_vectors)
        deprecations = None
    body: Json = {"objects": found, "deprecations": deprecations}
    return body | {"totalResults": len(found)} if found else body


def _everywhere(engine: Engine, limit: int, offset: int, with_vectors: bool) -> list[Json]:
    found: list[Json] = []
    for collection in engine.catalogue.collections.values():
        if not collection.multi_tenant and len(found) < offset + limit:
            rows = engine.storage.page(collection.only_shard().id, offset + limit - len(found))
            found += [read(collection, row, "", with_vectors) for row in rows]
    return found[offset : offset + limit]


def _page(engine: Engine, call: Call, shard: Shard, limit: int, offset: int) -> list[Row]:
    names = [name for name in call.text("sort").split(",") if name]
    orders = call.text("order").split(",")
    paths = [([name], i >= len(orders) or orders[i] != "desc") for i, name in enumerate(names)]
    with within("msg:sorting code:400 err:"):
        keys = query.sort_keys(shard.collection, paths)
    if after := call.text("after"):
        with within("msg:cursor api: invalid 'after' parameter code:400 err:"):
            query.check_cursor({"offset": offset, "sort": keys})
    return query.listed(engine, shard, limit, offset, keys, after)
