"""What a server says about itself: liveness, version, nodes, shards, users. Lite is one healthy node."""

from __future__ import annotations

from weaviate_gen import SERVER_VERSION
from weaviate_gen.rest.api import operations

from weaviate_hl.lite.catalogue import Collection, Json, Shard, capitalised
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal, not_found
from weaviate_hl.lite.router import Call, rest

NODE = "node1"
MAX_MESSAGE_SIZE = 104_858_000


@rest("well_known", "live", "ready")
def ready(engine: Engine, call: Call) -> None:
    """Lite is alive and ready as long as it answers."""


@rest("well_known", "root")
def root(engine: Engine, call: Call) -> Json:
    links = {}
    for operation in operations():
        if operation.method == "GET" and "{" not in operation.path and operation.tag != "well_known":
            links[operation.path] = {"href": operation.path, "name": operation.id}
    return {"links": list(links.values())}


@rest("well_known", "openid_configuration")
def openid(engine: Engine, call: Call) -> None:
    raise not_found()  # which means: this server has no OIDC


@rest("meta", "get")
def meta(engine: Engine, call: Call) -> Json:
    return {
        "hostname": engine.hostname,
        "version": SERVER_VERSION,
        "modules": engine.modules.meta(),
        "grpcMaxMessageSize": MAX_MESSAGE_SIZE,
    }


# Nodes and shards.


@rest("nodes", "get")
def nodes(engine: Engine, call: Call) -> Json:
    return _nodes(engine, call, list(engine.catalogue.collections.values()))


@rest("nodes", "get_class")
def nodes_of_class(engine: Engine, call: Call) -> Json:
    name = capitalised(call.text("className"))
    return _nodes(engine, call, [engine.catalogue.need(name, f'class "{name}" not found', 404)])


def _nodes(engine: Engine, call: Call, collections: list[Collection]) -> Json:
    node: Json = {"name": NODE, "status": "HEALTHY", "version": SERVER_VERSION, "operationalMode": "ReadWrite"}
    node |= {"batchStats": {"queueLength": 0, "ratePerSecond": 0}, "shards": None}
    if call.choice("output", "minimal", "verbose") == "verbose":
        only = call.text("shardName")
        node["shards"] = shards = [
            _node_shard(engine, shard)
            for collection in collections
            for shard in collection.shards.values()
            if only in ("", shard.name) and shard.activity == "HOT"
        ]
        node["stats"] = {"shardCount": len(shards), "objectCount": sum(shard["objectCount"] for shard in shards)}
    return {"nodes": [node]}


def _node_shard(engine: Engine, shard: Shard) -> Json:
    return {
        "name": shard.name,
        "class": shard.collection.name,
        "objectCount": engine.storage.count(shard.id),
        "vectorIndexingStatus": shard.status,
        "vectorQueueLength": 0,
        "compressed": False,
        "loaded": True,
        "numberOfReplicas": 1,
        "replicationFactor": 1,
        "asyncReplicationStatus": [],
    }


@rest("schema", "objects_shards_get")
def shards(engine: Engine, call: Call) -> list[Json]:
    tenant = call.text("tenant")
    return [
        {"name": shard.name, "status": shard.status, "vectorQueueSize": 0}
        for shard in _collection(engine, call, "get shards status for").shards.values()
        if tenant in ("", shard.name)
    ]


@rest("schema", "objects_shards_update")
def update_shard(engine: Engine, call: Call) -> Json:
    status = call.body.get("status") or ""
    collection = _collection(engine, call, "update shard status to")
    if status not in ("READY", "READONLY", "INDEXING", "SHUTDOWN"):
        raise Refusal(f"{status}: invalid storage status", 500)
    if shard := collection.shards.get(call.text("shardName")):
        shard.status = status
        engine.catalogue.save_shard(shard)
    return {"status": status}


def _collection(engine: Engine, call: Call, what: str) -> Collection:
    name = capitalised(call.text("className"))
    return engine.catalogue.need(name, f"cannot {what} a non-existing index for {name}: not found", 404)


@rest("cluster", "get_statistics")
def statistics(engine: Engine, call: Call) -> Json:
    node: Json = {"name": NODE, "status": "HEALTHY", "leaderId": NODE, "leaderAddress": "", "candidates": {}}
    node |= dict.fromkeys(("ready", "open", "dbLoaded", "bootstrapped", "isVoter"), True)
    node["raft"] = {"state": "Leader"}
    return {"statistics": [node], "synchronized": True}


@rest("tasks", "list")
def tasks(engine: Engine, call: Call) -> Json:
    return {}


@rest("replication", "get_collection_sharding_state")
def sharding_state(engine: Engine, call: Call) -> Json:
    collection = engine.catalogue.need(call.text("collection"))
    only = call.text("shard")
    found = [name for name in collection.shards if only in ("", name)]
    if only and not found:
        raise not_found()
    shards = [{"shard": name, "replicas": [NODE]} for name in found]
    return {"shardingState": {"collection": collection.name, "shards": shards}}


# Users: database users are switched off (see `router.OFF`).


@rest("users", "get_own_info")
def own_info(engine: Engine, call: Call) -> Json:
    if call.user is None:
        raise Refusal("", 401)
    return {"username": call.user, "roles": None, "groups": None}


@rest("authz", "get_roles")
@rest("users", "list_all_users")
def users(engine: Engine, call: Call) -> list[Json]:
    return []
