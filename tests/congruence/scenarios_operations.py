"""What surrounds data: backups, nodes, meta, keys, times to live."""

from __future__ import annotations

import time
from typing import Any

from .kit import C, D, It, each, near, scenario, uuid, where

_ONCE = f"t{time.time_ns()}"


def _status(it: It, path: str) -> Any:
    """Ask until a backup or its restoration is done, as clients do."""
    for _ in range(200):
        found = it._world.rest("GET", f"/v1{path}", {}, None, it.key)[1]
        if found["status"] in ("SUCCESS", "FAILED"):
            break
        time.sleep(0.05)
    return it.get(path, show=lambda found: {"status": found["status"], "keys": sorted(set(found) - {"error"})})


def _id(name: str) -> str:
    return f"cg-{name}-{_ONCE}"


def _shown(answer: Any) -> Any:
    return {key: answer[key] for key in ("backend", "classes", "status")}


@scenario("backup")
def there_and_back(it: It) -> None:
    it.create(t="text", vectorConfig={"v": {"vectorizer": {"none": {}}}})
    it.create(D)
    it.insert(C, {1: {"t": "fox", "vectors": {"v": [1, 2]}}})
    id = _id("one")
    it.post("/backups/filesystem", {"id": id, "include": [C]}, show=_shown)
    _status(it, f"/backups/filesystem/{id}")
    it.post(f"/backups/filesystem/{id}/restore", {}, show=_shown)
    _status(it, f"/backups/filesystem/{id}/restore")
    it.delete(f"/schema/{C}")
    it.post(f"/backups/filesystem/{id}/restore", {"include": [C]}, show=_shown)
    _status(it, f"/backups/filesystem/{id}/restore")
    it.get(f"/objects/{C}/{uuid(1)}", include="vector")
    it.search(bm25_search={"query": "fox"})
    it.ids(filters=where("t", "=", "fox"))


@scenario("backup")
def aliases_come_back(it: It) -> None:
    it.create()
    it.create(D)
    id = _id("aliases")
    for alias in ("CgGone", "CgMoved"):
        it.post("/aliases", {"alias": alias, "class": C})
    it.post("/backups/filesystem", {"id": id, "include": [C]}, show=_shown)
    _status(it, f"/backups/filesystem/{id}")
    it.delete("/aliases/CgGone")
    it.put("/aliases/CgMoved", {"class": D})
    for overwrite in (False, True):
        it.delete(f"/schema/{C}")
        it.post(f"/backups/filesystem/{id}/restore", {"overwriteAlias": overwrite}, show=_shown)
        _status(it, f"/backups/filesystem/{id}/restore")
        for alias in ("CgGone", "CgMoved"):
            it.get(f"/aliases/{alias}")


@scenario("backup")
def what_is_not_possible(it: It) -> None:
    it.create()
    id = _id("two")

    def same(answer: Any) -> str:
        return "done"

    def start(**body: Any) -> None:
        it.post("/backups/filesystem", body, show=same)

    start(id="A b", include=[C])
    start(id=id, include=[C], exclude=[C])
    start(id=id, include=[C, C])
    start(id=id, include=["CgNothing"])
    it.post("/backups/nothing", {"id": id, "include": [C]})
    it.post("/backups/filesystem/cg-no-such/restore", {}, words=False)
    it.get("/backups/filesystem/cg-no-such", words=False)
    it.get("/backups/filesystem/cg-no-such/restore", words=False)
    it.delete("/backups/filesystem/cg-no-such")
    for odd in ("UP", "..%2F..%2Fcg-x"):
        it.post(f"/backups/filesystem/{odd}/restore", {}, words=False)
        it.get(f"/backups/filesystem/{odd}", words=False)
        it.delete(f"/backups/filesystem/{odd}")
    start(id=id, include=[C])
    _status(it, f"/backups/filesystem/{id}")
    it.post(f"/backups/filesystem/{id}/restore", {"include": [D]}, show=same)


@scenario("nodes")
def nodes(it: It) -> None:
    it.create()

    def shown(found: Any) -> Any:
        (node,) = found["nodes"]
        shards = node.get("shards")
        return {"keys": sorted(set(node) - {"gitHash"}), "shards": shards and [{**s, "name": "*"} for s in shards]}

    it.get(f"/nodes/{C}", show=shown)
    it.get(f"/nodes/{C}", output="verbose", show=shown)
    it.get("/nodes/CgNothing")
    it.get("/nodes", output="foo")


@each(
    "server",
    {
        "live": "/.well-known/live",
        "ready": "/.well-known/ready",
        "openid": "/.well-known/openid-configuration",
        "tasks": "/tasks",
        "users": "/users/db",
        "own info": "/users/own-info",
        "namespaces": "/namespaces",
    },
)
def _(it: It, path: str) -> None:
    it.get(path)


@scenario("server")
def meta(it: It) -> None:
    it.get("/meta", show=lambda found: (sorted(found), found["version"]))


@scenario("server")
def what_is_switched_off(it: It) -> None:
    it.post("/users/db/someone", {})
    it.differs("Classifications")
    it.post("/classifications/", {"class": C, "classifyProperties": ["a"], "basedOnProperties": ["b"]})
    it.get("/authz/roles")
    it.rest("POST", "/nothing/at/all", {})


@each(
    "keys",
    {"none": "", "wrong": "foo", "a writer": "write-key", "a reader": "read-key", "nobody": "no-key"},
    world="keys",
)
def _(it: It, key: str) -> None:
    it.key = "write-key"
    it.create(t="text")
    it.insert(C, {1: {"t": "fox"}})
    it.key = key
    it.get("/meta", show=lambda found: found["version"])
    it.get("/.well-known/ready")
    it.get("/users/own-info")
    it.get(f"/schema/{C}", show=lambda found: found["class"])
    it.get(f"/objects/{C}/{uuid(1)}")
    it.ids()
    it.rpc("Aggregate", collection=C, objects_count=True)
    it.post("/objects", {"class": C, "id": uuid(2)})
    if key.startswith(("read", "no")):
        it.differs("`BatchObjects` of a user who may not write")
    it.rpc("BatchObjects", objects=[{"collection": C, "uuid": uuid(3)}])
    it.rpc("BatchDelete", collection=C, filters=where("t", "=", "fox"))
    it.post("/batch/objects", {"objects": [{"class": C, "id": uuid(4)}]})
    it.delete(f"/objects/{C}/{uuid(1)}")
    it.post("/schema", {"class": D, "vectorizer": "none"}, show=lambda found: found["class"])
    it.get("/nodes", show=lambda _: "nodes")
    it.delete(f"/schema/{C}")


@scenario("ttl")
def expired_objects_are_not_found(it: It) -> None:
    config = {"enabled": True, "defaultTtl": 0, "deleteOn": "d", "filterExpiredObjects": True}
    it.create(d="date", t="text", objectTtlConfig=config)
    days = {1: "2020-01-01T00:00:00Z", 2: "2120-01-01T00:00:00Z"}
    it.insert(C, {**{n: {"d": day, "t": "fox", "vector": [1]} for n, day in days.items()}, 3: {"t": "fox"}})
    it.ids()
    it.ids(limit=1)
    it.ids(bm25_search={"query": "fox"}, properties=None)
    it.ids(near_vector=near(1), properties=None)
    it.differs("A keyword search that asks for no properties finds expired objects")
    it.ids(bm25_search={"query": "fox"})
    it.get(f"/objects/{C}/{uuid(1)}")
    it.rpc("Aggregate", collection=C, objects_count=True)
