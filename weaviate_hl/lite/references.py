"""References between objects: beacons, what they may point to, and the REST calls that add, replace and remove them."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from weaviate_hl.lite.catalogue import Collection, Json, Property, Shard, shard_of
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal
from weaviate_hl.lite.storage import Row
from weaviate_hl.lite.values import kind_of, show

_BEACON = re.compile(r"weaviate://[^/]+/(?:([^/]+)/)?([^/#]+)")


def beacon(class_name: str, uuid: object) -> str:
    """Where an object is: `weaviate://localhost/<Class>/<uuid>`, without the class if that is not known."""
    return f"weaviate://localhost/{class_name}/{uuid}" if class_name else f"weaviate://localhost/{uuid}"


def split(text: str) -> tuple[str, UUID]:
    """The class (`""` if it names none) and the UUID of a beacon; what is no beacon is refused."""
    match = _BEACON.fullmatch(text)
    if match is None:
        raise Refusal(f"invalid cref URI: path must be of format '<class>/<uuid>', but got '{text}'")
    try:
        return match[1] or "", UUID(match[2])
    except ValueError:
        position = 2 if match[1] else 1  # "1nd" is the server's
        raise Refusal(f"invalid cref URI: {position}nd path segment must be uuid, but got '{match[2]}'") from None


def whole(prop: Property, text: str) -> tuple[str, UUID]:
    """A beacon's class and UUID; the class is added if the property has only one."""
    return named(prop, *split(text))


def named(prop: Property, class_name: str, uuid: UUID) -> tuple[str, UUID]:
    """The same of a class (`""` for none) and a UUID."""
    return prop.data_type[0] if not class_name and len(prop.data_type) == 1 else class_name, uuid


def point(class_name: str, uuid: object) -> Json:
    """A reference as it is stored."""
    return {"beacon": beacon(class_name, uuid)}


def check(engine: Engine, shard: Shard, prop: Property, value: Any, source: str) -> list[Json]:
    """The references of a property in the form in which they are kept; all must exist."""
    if not isinstance(value, list):
        raise Refusal(f"reference property is not a slice {show(value, source)}")
    kept = []
    for item in value:
        if not isinstance(item, dict):
            raise Refusal("reference property is not a map: map[string]interface {}")
        text = item.get("beacon")
        if not isinstance(text, str):
            raise Refusal(f"beacon property is not a string: {kind_of(text, source)}")
        class_name, uuid = whole(prop, text)
        if target(engine, class_name, uuid, shard.tenant, prop) is None:
            name = f"{shard.collection.name}:{prop.name}"
            raise Refusal(f"invalid cref: 'cref' {name}: no object with id {uuid} found")
        kept.append(point(class_name, uuid))
    return kept


def target(engine: Engine, class_name: str, uuid: UUID, tenant: str, prop: Property) -> Row | None:
    """The object that a reference points to; without a class, looked for in all that the property may point to."""
    for name in [class_name] if class_name else prop.data_type:
        if (collection := engine.catalogue.find(name)) is not None:
            row = engine.storage.find(shard_for(engine, collection, tenant).id, uuid.bytes)
            if row is not None:
                return row
    return None


def shard_for(engine: Engine, collection: Collection, tenant: str) -> Shard:
    """Where the target of a reference lies: with the same tenant, or in a class without tenants."""
    return shard_of(engine.catalogue, collection, tenant if collection.multi_tenant else "")
