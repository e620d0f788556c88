"""Tenants: shards of a collection that come, go, sleep and wake. REST manages them, gRPC lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from weaviate_hl.lite.catalogue import Catalogue, Collection, Json, Shard, capitalised, shard_of
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal, not_found, refuse_if, within
from weaviate_hl.lite.router import Call, one_of, rest, rpc

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1 import tenants_pb2 as pb

_STORED = {"ACTIVE": "HOT", "INACTIVE": "COLD", "OFFLOADED": "FROZEN"}
_STATUSES = "ACTIVE INACTIVE OFFLOADED OFFLOADING ONLOADING HOT COLD FROZEN FREEZING UNFREEZING".split()
_MOST = 100


def shard_for_write(catalogue: Catalogue, collection: Collection, tenant: str) -> Shard:
    """The shard that new objects go to; a class may make tenants as they come."""
    if collection.auto_create and tenant and tenant not in collection.shards:
        _check_name(tenant)
        return catalogue.add_shard(collection, tenant)
    return shard_of(catalogue, collection, tenant)


def _collection(engine: Engine, name: str) -> Collection:
    name = capitalised(name)
    collection = engine.catalogue.need(name, f'class "{name}": class not found')
    refuse_if(not collection.multi_tenant, f'multi-tenancy is not enabled for class "{name}"')
    return collection


def _check_name(name: str, prefix: str = "") -> None:
    refuse_if(not name, f"{prefix}empty tenant name")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise Refusal(
            f"{prefix} '{name}' is not a valid tenant name. should only contain alphanumeric characters (a-z, "
            "A-Z, 0-9), underscore (_), and hyphen (-), with a length between 1 and 64 characters"
        )


def _check(given: list[Json], creating: bool) -> list[tuple[str, str]]:
    """Names and statuses (`""` for none) of the tenants of a body, checked."""
    seen: set[str] = set()
    checked = []
    for i, tenant in enumerate(given):
        name, status = tenant.get("name") or "", tenant.get("activityStatus") or ""
        if status:
            one_of(status, "activityStatus", "body", _STATUSES)
        if creating:
            _check_name(name, f"tenant name at index {i}: ")
        refuse_if(name in seen, f"tenant name {name} existed multiple times")
        seen.add(name)
        status = _STORED.get(status, status)
        refuse_if(status == "FROZEN", "can't offload tenants, because offload-s3 module is not enabled")
        if status not in ("HOT", "COLD") and (status or not creating):
            raise Refusal(f"invalid activity status '{status}' for tenant \"{name}\"")
        checked.append((name, status))
    return checked


def _echo(tenants: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"name": name, **({"activityStatus": status} if status else {})} for name, status in tenants]


@rest("schema", "tenants_create")
def create(engine: Engine, call: Call) -> list[Json]:
    collection = _collection(engine, call.text("className"))
    tenants = _check(call.body, creating=True)
    with engine.storage.transaction():
        for name, status in tenants:
            if name not in collection.shards:
                engine.catalogue.add_shard(collection, name, status or "HOT")
    return _echo(tenants)


@rest("schema", "tenants_update")
def update(engine: Engine, call: Call) -> list[Json]:
    collection = _collection(engine, call.text("className"))
    refuse_if(len(call.body) > _MOST, f"maximum number of tenants allowed to be updated simultaneously is {_MOST}")
    tenants = _check(call.body, creating=False)
    missing = [name for name, _ in tenants if name not in collection.shards]
    with engine.storage.transaction():
        for name, status in tenants:
            if shard := collection.shards.get(name):
                shard.activity = status
                if status != "HOT":
                    shard.forget_index()
                engine.catalogue.save_shard(shard)
    if missing:
        raise Refusal(f"shard not found: {missing[0]}")
    return _echo(tenants)


@rest("schema", "tenants_delete")
def delete(engine: Engine, call: Call) -> None:
    collection = _collection(engine, call.text("className"))
    with engine.storage.transaction():
        for name in call.body:
            if name in collection.shards:
                engine.catalogue.drop_shard(collection, name)


@rest("schema", "tenants_get")
def get_all(engine: Engine, call: Call) -> list[Json]:
    collection = _collection(engine, call.text("className"))
    return _echo((shard.name, shard.activity) for shard in collection.shards.values())


@rest("schema", "tenants_get_one")
def get_one(engine: Engine, call: Call) -> Json:
    shard = _collection(engine, call.text("className")).shards.get(call.text("tenantName"))
    if shard is None:
        raise not_found()
    return _echo([(shard.name, shard.activity)])[0]


@rest("schema", "tenant_exists")
def exists(engine: Engine, call: Call) -> None:
    try:
        get_one(engine, call)
    except Refusal as problem:
        raise Refusal("", problem.status) from None  # HEAD has no body


@rpc("TenantsGet")
def tenants_get(engine: Engine, request: pb.TenantsGetRequest, reply: pb.TenantsGetReply) -> None:
    with within("get tenants: "):
        collection = _collection(engine, request.collection)
        names: Iterable[str] = collection.shards
        if request.WhichOneof("params") == "names":
            names = request.names.values
            refuse_if(not names, "must specify at least one tenant name")
    for name in names:
        if shard := collection.shards.get(name):
            reply.tenants.add(name=name, activity_status=f"TENANT_ACTIVITY_STATUS_{shard.activity}")
