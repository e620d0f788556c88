"""Aliases over REST: other names of collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weaviate_hl.lite.catalogue import capitalised
from weaviate_hl.lite.errors import Refusal, not_found
from weaviate_hl.lite.router import Call, check_fields, rest
from weaviate_hl.lite.schema_rules import class_name

if TYPE_CHECKING:
    from weaviate_hl.lite.engine import Engine

Json = dict[str, Any]


def _target(engine: Engine, call: Call) -> str:
    check_fields(call.body, "Alias", (("alias", "string"), ("class", "string")))
    name = capitalised(call.body.get("class") or "")
    if name not in engine.catalogue.collections:
        raise Refusal(f'validation: target class "{name}" does not exist')
    return name


def _existing(engine: Engine, call: Call) -> str:
    name = capitalised(call.text("aliasName"))
    if name not in engine.catalogue.aliases:
        raise not_found()
    return name


def _shown(engine: Engine, alias: str) -> Json:
    return {"alias": alias, "class": engine.catalogue.aliases[alias]}


@rest("schema", "aliases_create")
def create(engine: Engine, call: Call) -> Json:
    given = call.body.get("alias") or ""
    try:
        alias = class_name(given)
    except Refusal:
        raise Refusal(f"'{given}' is not a valid alias name") from None
    collection = _target(engine, call)
    if alias in engine.catalogue.aliases:
        raise Refusal(f"create alias: {alias}, alias already exists")
    if alias in engine.catalogue.collections:
        raise Refusal(f"create alias: class {alias} already exists", 500)
    engine.catalogue.set_alias(alias, collection)
    return _shown(engine, alias)


@rest("schema", "aliases_get")
def get_all(engine: Engine, call: Call) -> Json:
    wanted = capitalised(call.text("class"))
    aliases = engine.catalogue.aliases
    return {"aliases": [_shown(engine, alias) for alias in aliases if wanted in ("", aliases[alias])]}


@rest("schema", "aliases_get_alias")
def get_one(engine: Engine, call: Call) -> Json:
    return _shown(engine, _existing(engine, call))


@rest("schema", "aliases_update")
def update(engine: Engine, call: Call) -> Json:
    alias = _existing(engine, call)
    engine.catalogue.set_alias(alias, _target(engine, call))
    return _shown(engine, alias)


@rest("schema", "aliases_delete")
def delete(engine: Engine, call: Call) -> None:
    engine.catalogue.drop_alias(_existing(engine, call))
