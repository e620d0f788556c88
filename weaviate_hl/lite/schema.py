"""The schema over REST: classes, their properties, what can be changed about them, aliases, and how texts are cut."""

from __future__ import annotations

from weaviate_hl.lite import schema_rules as rules
from weaviate_hl.lite.catalogue import SINCE, Collection, Json, Property, analyzer, capitalised
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal, not_found, refuse_if, unsupported, within
from weaviate_hl.lite.router import Call, one_of, rest
from weaviate_hl.lite.search.text import PRESETS, Analyzer, refusal


def create_class(engine: Engine, given: Json) -> Collection:
    """Make a class; refuse one that cannot be, or whose name is taken."""
    catalogue = engine.catalogue
    name = rules.class_name(given.get("class") or "")
    refuse_if(name in catalogue.collections, f"class name {name} already exists")
    refuse_if(name in catalogue.aliases, f"alias name {name} already exists")
    for kind, names in (("class", catalogue.collections), ("alias", catalogue.aliases)):
        for other in names:
            refuse_if(other.lower() == name.lower(), f'class already exists: found similar {kind} "{other}"')
    return catalogue.create(_complete(engine, given))


def _complete(engine: Engine, given: Json, *, updating: bool = False) -> Json:
    scheduled = bool(engine.settings.objects_ttl_delete_schedule)
    classes = engine.catalogue.collections.keys()
    return rules.complete_class(given, engine.modules, classes, scheduled=scheduled, updating=updating)


def add_property(engine: Engine, collection: Collection, given: Json) -> Json:
    """Add a property to a class."""
    for key in ("name", "dataType"):
        refuse_if(not given.get(key), f"property must contain {key}")
    presets = collection.inverted.get("stopwordPresets") or {}
    prop = rules.complete_property(given, engine.catalogue.collections.keys(), presets, "")
    if any(prop["name"].lower() == name.lower() for name in collection.properties):
        raise rules.duplicate_property(collection.name, prop["name"].lower())
    rules.add_module_settings([prop], collection.config)
    # An object has a null state for the properties that there were when it was written.
    since = {**collection.since, prop["name"]: engine.storage.next_doc}
    properties = [*(collection.config["properties"] or ()), prop]
    config = {**collection.config, "properties": properties, SINCE: since}
    engine.catalogue.configure(collection, config, only_adds=True)
    return prop


def replace_property(engine: Engine, collection: Collection, prop: Json) -> None:
    """Give an existing property another configuration."""
    properties = [prop if old["name"] == prop["name"] else old for old in collection.config["properties"]]
    engine.catalogue.configure(collection, {**collection.config, "properties": properties})


def _real(engine: Engine, call: Call, missing: str = 'class "{}": not found') -> Collection:
    """A class by its name, where the server does not look at aliases."""
    name = capitalised(call.text("className"))
    if name not in engine.catalogue.collections:
        raise Refusal(missing.format(name), 422 if missing else 404)
    return engine.catalogue.collections[name]


@rest("schema", "dump")
def dump(engine: Engine, call: Call) -> Json:
    return {"classes": [collection.shown() for collection in engine.catalogue.collections.values()]}


@rest("schema", "objects_get")
def get_class(engine: Engine, call: Call) -> Json:
    return engine.catalogue.need(call.text("className")).shown()


@rest("schema", "objects_create")
def post_class(engine: Engine, call: Call) -> Json:
    return create_class(engine, call.body).shown()


@rest("schema", "objects_delete")
def delete_class(engine: Engine, call: Call) -> None:
    name = capitalised(call.text("className"))
    if name in engine.catalogue.collections:
        engine.catalogue.drop(name)


@rest("schema", "objects_update")
def put_class(engine: Engine, call: Call) -> Json:
    collection = _real(engine, call, missing="")
    config = _complete(engine, call.body, updating=True)
    if (factor := config["replicationConfig"]["factor"]) > 1:
        shard = next(iter(collection.shards), "")
        raise Refusal(
            f'not enough replicas in shard "{shard}" to increase replication factor to {factor} for class '
            f'"{collection.name}"'
        )
    with within("updating schema: TYPE_UPDATE_CLASS: bad request :parse class update: "):
        rules.check_update(collection.config, config)
    engine.catalogue.configure(collection, {**rules.stored(collection.config, config), SINCE: collection.since})
    return config


@rest("schema", "objects_properties_add")
def post_property(engine: Engine, call: Call) -> Json:
    return add_property(engine, _real(engine, call), call.body)


_FLAGS = {"filterable": "indexFilterable", "searchable": "indexSearchable", "rangeFilters": "indexRangeFilters"}


@rest("schema", "objects_properties_delete")
def drop_property_index(engine: Engine, call: Call) -> None:
    index, name = call.text("indexName"), call.text("propertyName")
    one_of(index, "indexName", "path", tuple(_FLAGS))
    collection = _real(engine, call)
    prop = collection.properties.get(name)
    if prop is None:
        raise Refusal(f"property name {name}: not found")
    replace_property(engine, collection, {**prop.config, _FLAGS[index]: False})


@rest("schema", "objects_vectors_delete")
def drop_vector_index(engine: Engine, call: Call) -> None:
    prefix = "alter schema drop vector index endpoint is experimental and disabled by default: "
    raise unsupported("dropping the index of a vector", 500).within(prefix)


@rest("schema", "objects_indexes_get")
def get_indexes(engine: Engine, call: Call) -> Json:
    collection = engine.catalogue.need(call.text("className"))
    return {"collection": collection.name, "properties": [_indexes(prop) for prop in collection.properties.values()]}


def _indexes(prop: Property) -> Json:
    """Which indexes a property has."""
    shown: Json = {"name": prop.name, "dataType": prop.type}
    if prop.config.get("description"):
        shown["description"] = prop.config["description"]
    kinds = {"filterable": prop.filterable, "searchable": prop.searchable, "rangeable": prop.rangeable}
    tokenization = {"tokenization": prop.config["tokenization"]} if prop.kind == "text" else {}
    indexes: list[Json] = [{"type": kind, "status": "ready", **tokenization} for kind, has in kinds.items() if has]
    for index in indexes:
        if index["type"] == "searchable":
            index["algorithm"] = "blockmax"
    return {**shown, "indexes": indexes or None}


@rest("schema", "objects_indexes_update")
def update_indexes(engine: Engine, call: Call) -> None:
    raise unsupported("RUNTIME_REINDEX_ENABLED", 400).within("runtime reindex is disabled: ")


# Aliases.


def _alias_target(engine: Engine, call: Call) -> str:
    name = capitalised(call.body.get("class") or "")
    refuse_if(name not in engine.catalogue.collections, f'validation: target class "{name}" does not exist')
    return name


def _existing_alias(engine: Engine, call: Call) -> str:
    name = capitalised(call.text("aliasName"))
    if name not in engine.catalogue.aliases:
        raise not_found()
    return name


def _shown_alias(engine: Engine, alias: str) -> Json:
    return {"alias": alias, "class": engine.catalogue.aliases[alias]}


@rest("schema", "aliases_create")
def create_alias(engine: Engine, call: Call) -> Json:
    given = call.body.get("alias") or ""
    try:
        alias = rules.class_name(given)
    except Refusal:
        raise Refusal(f"'{given}' is not a valid alias name") from None
    collection = _alias_target(engine, call)
    refuse_if(alias in engine.catalogue.aliases, f"create alias: {alias}, alias already exists")
    refuse_if(alias in engine.catalogue.collections, f"create alias: class {alias} already exists", 500)
    engine.catalogue.set_alias(alias, collection)
    return _shown_alias(engine, alias)


@rest("schema", "aliases_get")
def get_aliases(engine: Engine, call: Call) -> Json:
    wanted = capitalised(call.text("class"))
    aliases = engine.catalogue.aliases
    return {"aliases": [_shown_alias(engine, alias) for alias in aliases if wanted in ("", aliases[alias])]}


@rest("schema", "aliases_get_alias")
def get_alias(engine: Engine, call: Call) -> Json:
    return _shown_alias(engine, _existing_alias(engine, call))


@rest("schema", "aliases_update")
def update_alias(engine: Engine, call: Call) -> Json:
    alias = _existing_alias(engine, call)
    engine.catalogue.set_alias(alias, _alias_target(engine, call))
    return _shown_alias(engine, alias)


@rest("schema", "aliases_delete")
def delete_alias(engine: Engine, call: Call) -> None:
    engine.catalogue.drop_alias(_existing_alias(engine, call))


# How texts are cut, for any settings or for those of a property.

_LONGEST = 10_000


def _tokens(cut: Analyzer, text: str) -> Json:
    refuse_if(len(text) > _LONGEST, f"text exceeds maximum allowed length of {_LONGEST:,} characters")
    return {"indexed": cut.index(text), "query": cut.query(text)}


@rest("tokenize", "tokenize")
def tokenize(engine: Engine, call: Call) -> Json:
    body = call.body
    for key in ("text", "tokenization"):
        if body.get(key) is None:
            raise Refusal(f"{key} in body is required", code=602)
    tokenization = body["tokenization"]
    one_of(tokenization, "tokenization", "body", rules.TOKENIZATIONS)
    refuse_if(refusal(tokenization), f"unsupported tokenization strategy: {tokenization}")
    stop, presets = body.get("stopwords") or {}, body.get("stopwordPresets") or {}
    refuse_if(stop and presets, "stopwords and stopwordPresets are mutually exclusive; pass only one")
    options = body.get("analyzerConfig") or {}
    for preset in (options.get("stopwordPreset"), stop.get("preset")):
        refuse_if(preset and preset not in PRESETS and preset not in presets, f'unknown stopword preset "{preset}"')
    if options.get("asciiFoldIgnore") and not options.get("asciiFold"):
        raise Refusal("asciiFoldIgnore requires asciiFold to be enabled")
    collection = {"invertedIndexConfig": {"stopwords": stop, "stopwordPresets": presets}}
    cut = analyzer({"tokenization": tokenization, "textAnalyzer": options}, collection)
    tokens = _tokens(cut, body["text"])
    if options.get("stopwordPreset"):  # then they are left out whatever the tokenisation
        tokens["query"] = [token for token in tokens["query"] if token not in cut.stopwords]
    return tokens


@rest("schema", "objects_properties_tokenize")
def tokenize_property(engine: Engine, call: Call) -> Json:
    collection = engine.catalogue.need(call.text("className"))
    name = call.text("propertyName").lower()
    prop = next((prop for prop in collection.properties.values() if prop.name.lower() == name), None)
    if prop is None:
        raise not_found()
    refuse_if(prop.kind != "text", "tokenization is not enabled for this property")
    return _tokens(prop.analyzer, call.body.get("text") or "")
