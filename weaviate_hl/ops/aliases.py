"""Second names of collections: arguments to operations, answers to values. Pure."""

from __future__ import annotations

from typing import cast

from weaviate_gen.rest.api.schema import (
    aliases_create,
    aliases_delete,
    aliases_get,
    aliases_get_alias,
    aliases_update,
)

from weaviate_hl.op import ABSENT, RestOp, there
from weaviate_hl.values.base import Json
from weaviate_hl.values.schema import AliasReturn

SINCE = "1.32.0"


def create(alias: str, collection: str) -> RestOp[None]:
    """Give a collection a second name."""
    return RestOp(
        aliases_create.request(body={"alias": alias, "class": collection}),
        aliases_create.parse,
        f"Creating alias {alias!r} of collection {collection!r}",
        timeout="insert",
        since=SINCE,
    ).then(lambda told: None)


def list_all(collection: str | None) -> RestOp[dict[str, AliasReturn]]:
    """All aliases by their names, or those of a collection."""
    return RestOp(aliases_get.request(class_=collection), aliases_get.parse, "Reading all aliases", since=SINCE).then(
        lambda told: {one.alias: one for one in map(AliasReturn.of, cast("list[Json]", told.get("aliases") or []))}
    )


def get(alias: str) -> RestOp[AliasReturn | None]:
    """An alias, or None."""
    return RestOp(
        aliases_get_alias.request(alias),
        aliases_get_alias.parse,
        f"Reading alias {alias!r}",
        absent=ABSENT,
        since=SINCE,
    ).then(lambda told: AliasReturn.of(cast(Json, told)))


def update(alias: str, collection: str) -> RestOp[bool | None]:
    """Let an alias name another collection; None means that there is no such alias."""
    return RestOp(
        aliases_update.request(alias, body={"class": collection}),
        there,
        f"Changing alias {alias!r} to collection {collection!r}",
        timeout="insert",
        idempotent=True,
        absent=ABSENT,
        since=SINCE,
    )


def delete(alias: str) -> RestOp[bool | None]:
    """Delete an alias; None means that there is none."""
    return RestOp(
        aliases_delete.request(alias),
        there,
        f"Deleting alias {alias!r}",
        timeout="insert",
        absent=ABSENT,
        since=SINCE,
    )
