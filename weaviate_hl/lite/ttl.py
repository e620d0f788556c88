"""The time to live of objects: which are expired, and the periodic deletion of those that are."""

from __future__ import annotations

import time
from typing import Any

from weaviate_hl.lite.catalogue import Collection, Json
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.index import CREATED, UPDATED
from weaviate_hl.lite.objects import delete, now
from weaviate_hl.lite.results import Found
from weaviate_hl.lite.router import before_each
from weaviate_hl.lite.search.dates import instant

_STATE = "ttl: next deletion"


def _config(collection: Collection) -> Json | None:
    config: Json = collection.config.get("objectTtlConfig") or {}
    return config if config.get("enabled") else None


def _expired(config: Json, value: Any) -> bool:
    """Whether an object is expired, by what it has of the property that its life is counted from."""
    if value is None:
        return False
    base = value if isinstance(value, int) else instant(value) // 1_000_000
    return bool(base + config["defaultTtl"] * 1000 <= now())


def alive(collection: Collection, found: list[Found]) -> list[Found]:
    """What remains of a page once expired objects are left out, where the class wants that."""
    config = _config(collection)
    if config is None or not config["filterExpiredObjects"]:
        return found

    def base(item: Found) -> Any:
        times = {CREATED: item.row.created, UPDATED: item.row.updated}
        return times.get(config["deleteOn"]) or item.properties.get(config["deleteOn"])

    return [item for item in found if not _expired(config, base(item))]


@before_each
def delete_if_due(engine: Engine) -> None:
    """Delete expired objects, as often as the schedule says."""
    every = engine.settings.objects_ttl_delete_schedule
    if not every:
        return
    due = engine.state.setdefault(_STATE, time.monotonic() + every)
    if time.monotonic() < due:
        return
    engine.state[_STATE] = time.monotonic() + every
    for collection in engine.catalogue.collections.values():
        if config := _config(collection):
            for shard in collection.shards.values():
                if shard.activity == "HOT" and shard.status != "READONLY":
                    index, column = shard.index, shard.index.column(config["deleteOn"])
                    rows = [row for row in index.listed(index.all) if _expired(config, column[row])]
                    delete(engine, shard, [index.docs[row] for row in rows])
