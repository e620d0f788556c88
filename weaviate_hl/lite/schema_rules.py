"""What makes a class definition complete and correct: names, defaults, and the refusals, in the server's words.

Pure functions over JSON; `schema` answers the requests.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from weaviate_hl.lite import vector_index
from weaviate_hl.lite.catalogue import LISTS, PRIMITIVES, Json, capitalised, uncapitalised
from weaviate_hl.lite.errors import Refusal, refuse_if, within
from weaviate_hl.lite.modules import Modules
from weaviate_hl.lite.router import one_of
from weaviate_hl.lite.search.text import PRESETS, refusal
from weaviate_hl.lite.values import REST, kind_of

TOKENIZATIONS = ("word", "lowercase", "whitespace", "field", "trigram", "gse", "kagome_kr", "kagome_ja", "gse_ch")
_STRATEGIES = ("NoAutomatedResolution", "DeleteOnConflict", "TimeBasedResolution")
_RESERVED = ("_additional", "_id", "id")
_SUFFIXES = ("_searchable", "_rangeable", "_temp", "__meta_count", "_propertyLength", "_nullState")
_GRAPHQL = "are restricted to valid GraphQL names, which must be “/{}/”"
_SHARDING = {
    "virtualPerPhysical": 128,
    "desiredCount": 1,
    "actualCount": 1,
    "desiredVirtualCount": 128,
    "actualVirtualCount": 128,
    "key": "_id",
    "strategy": "hash",
    "function": "murmur3",
}
NO_SHARDING = {key: type(value)() for key, value in _SHARDING.items()}


# Names.


def class_name(name: str) -> str:
    """A class name as it is stored; refuses one that cannot be."""
    name = capitalised(name)
    refuse_if(name.lower() == "raft", "parse class name: class name `raft` is reserved")
    if not re.fullmatch(r"[A-Z][_0-9A-Za-z]*", name) or len(name) > 255:
        longer = ". Name should not be longer than 255 characters" if len(name) > 255 else ""
        raise Refusal(f"'{name}' is not a valid class name{longer}")
    return name


def property_name(name: str) -> str:
    name = uncapitalised(name)
    refuse_if(name in _RESERVED, f"'{name}' is a reserved property name")
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            raise Refusal(f"'{name}' is not a valid property name: suffix '{suffix}' is reserved for internal indices")
    if len(name) > 231:
        raise Refusal(f"'{name}' is not a valid property name. Name should not be longer than 231 characters.")
    if not re.fullmatch(r"[_A-Za-z][_0-9A-Za-z]*", name):
        rule = _GRAPHQL.format("[_A-Za-z][_0-9A-Za-z]{0,230}")
        raise Refusal(f"'{name}' is not a valid property name. Property names in Weaviate {rule}")
    return name


def _check_objects(given: Json, *names: str) -> None:
    """Refuse what must be an object, where the interface itself says nothing."""
    for name in names:
        if given.get(name) is not None and not isinstance(given[name], dict):
            raise Refusal(f"{name} must be an object, got {kind_of(given[name], REST)}")


# Properties.


def complete_property(given: Json, classes: Collection[str], presets: Mapping[str, Any], where: str) -> Json:
    """A property with everything filled in.

    Args:
        classes: The names of classes that a reference can point to.
        presets: The class's own stopword presets.
        where: Where the property stands in the body, for refusals.
    """
    name = property_name(given.get("name") or "")
    data_type, tokenization = _data_type(given, name, classes)
    kind = data_type[0].removesuffix("[]") if data_type[0] in PRIMITIVES | LISTS else "reference"
    _check_objects(given, "moduleConfig")
    prop: Json = {"name": name, "dataType": data_type, **_index_flags(given, kind, data_type[0])}
    prop |= _common(given, kind, tokenization, where)
    if given.get("textAnalyzer"):
        prop["textAnalyzer"] = _text_analyzer(given["textAnalyzer"], name, data_type[0], prop, presets)
    if given.get("moduleConfig") is not None:
        prop["moduleConfig"] = given["moduleConfig"]
    return prop | _parts(given, kind, name, where)


def _common(given: Json, kind: str, tokenization: str | None, where: str) -> Json:
    """What top-level and nested properties may have."""
    config = {"description": given["description"]} if given.get("description") else {}
    if tokenization:
        config["tokenization"] = _tokenization(tokenization, kind, f"{where}.tokenization")
    return config


def _parts(given: Json, kind: str, path: str, where: str) -> Json:
    """The properties that objects consist of; nothing else has some."""
    nested = given.get("nestedProperties") or ()
    if kind == "object":
        return {"nestedProperties": _nested_properties(nested, path, where)}
    refuse_if(nested, f"property '{path}': nestedProperties not allowed for data types other than object/object[]")
    return {}


def _data_type(given: Json, name: str, classes: Collection[str]) -> tuple[list[str], str | None]:
    """The data type, and the tokenisation that goes with it; the old string types become text."""
    types: list[str] = given.get("dataType") or []
    tokenization = given.get("tokenization") or None
    listed = f"property '{name}': invalid dataType: [{' '.join(types)}]: "
    refuse_if(not types, listed + "dataType must have at least one element")
    first = types[0]
    if len(types) == 1 and first in ("string", "string[]"):
        tokens = {None: "whitespace", "word": "whitespace", "field": "field"}
        refuse_if(tokenization not in tokens, f"tokenization '{tokenization}' is not allowed for data type '{first}'")
        return [first.replace("string", "text")], tokens[tokenization]
    if len(types) == 1 and first in PRIMITIVES | LISTS:
        return [first], tokenization or ("word" if first.startswith("text") else None)
    for target in types:
        if not target[:1].isupper():
            refuse_if(len(types) == 1, f"{listed}unknown primitive data type '{target}'")
            raise Refusal(f"{listed}'{target}' is not a valid class name")
        refuse_if(target not in classes, "bad request: reference property to nonexistent class")
    return list(types), tokenization


_ONLY_FOR = "`{}` is allowed only for {} data types. For other data types set false or leave empty"
_NESTED_ONLY_FOR = "`{}` is not allowed for other than {} data types"


def _index_flags(given: Json, kind: str, data_type: str) -> dict[str, bool]:
    flags = {"indexFilterable": True, "indexSearchable": kind == "text", "indexRangeFilters": False}
    old = given.get("indexInverted")
    if old is not None:
        if any(given.get(flag) is not None for flag in flags):
            raise Refusal(
                "`indexInverted` is deprecated and can not be set together with `indexFilterable`, `indexSearchable` "
                "or `indexRangeFilters`"
            )
        flags |= {"indexFilterable": old, "indexSearchable": old and kind == "text"}
    return _given_flags(given, flags, data_type, _ONLY_FOR)


def _given_flags(given: Json, flags: dict[str, bool], data_type: str, rule: str) -> dict[str, bool]:
    """Flags as they were given, or as they are else; some are for some data types only."""
    flags |= {flag: given[flag] for flag in flags if given.get(flag) is not None}
    if flags["indexSearchable"] and data_type not in ("text", "text[]"):
        raise Refusal(rule.format("indexSearchable", "text/text[]"))
    if flags["indexRangeFilters"] and data_type not in ("int", "number", "date"):
        raise Refusal(rule.format("indexRangeFilters", "number/int/date"))
    return flags


def _tokenization(tokenization: str, kind: str, where: str) -> str:
    one_of(tokenization, where, "body", TOKENIZATIONS)
    if kind != "text":
        whose = {"reference": "reference data type", "object": "object/object[] data types"}
        raise Refusal(f"tokenization is not allowed for {whose.get(kind) or f'data type {kind!r}'}")
    if reason := refusal(tokenization):
        raise Refusal(reason)
    return tokenization


def _text_analyzer(given: Json, name: str, data_type: str, prop: Json, presets: Mapping[str, Any]) -> Json:
    ignored, preset = given.get("asciiFoldIgnore") or [], given.get("stopwordPreset")
    with within(f"property '{name}': "):
        if data_type not in ("text", "text[]"):
            raise Refusal(f"processing options are only allowed for text and text[] data types, got '{data_type}'")
        refuse_if(ignored and not given.get("asciiFold"), "asciiFoldIgnore requires asciiFold to be enabled")
        for letter in ignored:
            refuse_if(len(letter) != 1, f'each asciiFoldIgnore entry must be a single character, got "{letter}"')
        if preset and (tokens := prop["tokenization"]) != "word":
            raise Refusal(f'stopwordPreset is only supported with tokenization "word", got "{tokens}"')
        if preset and preset not in PRESETS and preset not in presets:
            known = "must be a built-in preset ('en', 'none') or defined in invertedIndexConfig.stopwordPresets"
            raise Refusal(f'unknown stopword preset "{preset}"; {known}')
    return {key: given[key] for key in ("asciiFold", "asciiFoldIgnore", "stopwordPreset") if given.get(key)}


def complete_nested(prop: Json) -> Json:
    """An object property with everything filled in that its nested properties lack."""
    return {**prop, "nestedProperties": _nested_properties(prop["nestedProperties"], prop["name"], "")}


def _nested_properties(given: Iterable[Json], parent: str, where: str) -> list[Json]:
    nested = [_nested_property(prop, parent, f"{where}.nestedProperties.{i}") for i, prop in enumerate(given)]
    if not nested:
        raise Refusal(f"property '{parent}': At least one nested property is required for data type object/object[]")
    return nested


def _nested_property(given: Json, parent: str, where: str) -> Json:
    name = given.get("name") or ""
    if not re.fullmatch(r"[_A-Za-z][_0-9A-Za-z]*", name):
        rule = _GRAPHQL.format("[_A-Za-z][_0-9A-Za-z]*")
        raise Refusal(
            f"'{name}' is not a valid nested property name of '{parent}'. NestedProperty names in Weaviate {rule}"
        )
    path = f"{parent}.{name}"
    types: list[str] = given.get("dataType") or []
    first = types[0] if types else ""
    kind = first.removesuffix("[]")
    with within(f"property '{path}': "):
        refuse_if(first in ("geoCoordinates", "phoneNumber"), f"data type '{first}' not allowed as nested property")
        refuse_if(kind == "string", f"data type '{first}' is deprecated and not allowed as nested property")
        refuse_if(len(types) != 1 or first not in PRIMITIVES | LISTS, "reference data type not allowed")
        flags = {"indexFilterable": kind not in ("blob", "blobHash"), "indexSearchable": kind == "text"}
        flags = _given_flags(given, {**flags, "indexRangeFilters": False}, first, _NESTED_ONLY_FOR)
    common = _common(given, kind, given.get("tokenization") or ("word" if kind == "text" else None), where)
    return {"name": name, "dataType": [first], **flags, **common, **_parts(given, kind, path, where)}


# The sections of a class.


def _inverted(given: Json) -> Json:
    bm25, stop = given.get("bm25"), given.get("stopwords") or {}
    config: Json = {
        "bm25": {"b": bm25.get("b") or 0, "k1": bm25.get("k1") or 0} if bm25 else {"b": 0.75, "k1": 1.2},
        "cleanupIntervalSeconds": given.get("cleanupIntervalSeconds") or 60,
        "stopwords": _stopwords(stop),
        "usingBlockMaxWAND": True,
    }
    refuse_if(config["bm25"]["k1"] < 0, "BM25.k1 must be >= 0")
    refuse_if(not 0 <= config["bm25"]["b"] <= 1, "BM25.b must be >= 0 and <= 1")
    refuse_if(config["cleanupIntervalSeconds"] < 0, "cleanup interval seconds must be > 0")
    for flag in ("indexNullState", "indexPropertyLength", "indexTimestamps"):
        if given.get(flag):
            config[flag] = True
    if presets := given.get("stopwordPresets"):
        for name, words in presets.items():
            refuse_if(not words, f'stopwordPresets: preset "{name}" must have at least one word')
            if any(not word.strip() for word in words):
                raise Refusal(f'stopwordPresets: preset "{name}" contains empty or whitespace-only word')
        config["stopwordPresets"] = presets
    return config


def _stopwords(given: Json) -> Json:
    preset = given.get("preset") or "en"
    additions, removals = given.get("additions"), given.get("removals")
    refuse_if(preset not in PRESETS, f"stopwordPreset '{preset}' does not exist")
    for kind, words in (("additions", additions), ("removals", removals)):
        refuse_if(any(not word.strip() for word in words or ()), f"cannot use whitespace in stopword.{kind}")
    for word in additions or ():
        refuse_if(word in (removals or ()), f"found '{word}' in both stopwords.additions and stopwords.removals")
    if additions:
        additions = [word for word in additions if word not in PRESETS[preset]] or None
    return {"preset": preset, "additions": additions, "removals": removals}


def _tenancy(given: Json) -> Json:
    config = {key: given.get(key) is True for key in ("enabled", "autoTenantCreation", "autoTenantActivation")}
    for key in ("autoTenantCreation", "autoTenantActivation"):
        refuse_if(config[key] and not config["enabled"], f"can't enable {key} on a non-multi-tenant class")
    return config


def _replication(given: Json) -> Json:
    factor, strategy = given.get("factor") or 1, given.get("deletionStrategy") or "TimeBasedResolution"
    one_of(strategy, "replicationConfig.deletionStrategy", "body", _STRATEGIES)
    config = {"factor": max(factor, 1), "asyncEnabled": False, "deletionStrategy": strategy}
    if given.get("asyncConfig"):
        config["asyncConfig"] = given["asyncConfig"]
    return config


def _sharding(given: Json) -> Json:
    for choice in ("on key", "with strategy", "with function"):
        key = choice.split()[1]
        only = _SHARDING[key]
        if given.get(key, only) != only:
            raise Refusal(
                f"parse sharding config: sharding only supported {choice} '{only}' for now, got: {given[key]}"
            )
    count = given.get("desiredCount", 1)
    virtual = given.get("virtualPerPhysical", 128)
    refuse_if(not isinstance(count, int) or count < 1, "invalid sharding state: physical shards unavailable")
    refuse_if(not isinstance(virtual, int) or virtual < 1, "invalid sharding state: virtual shards unavailable")
    config = dict(_SHARDING, virtualPerPhysical=virtual, desiredCount=count, actualCount=count)
    return config | {"desiredVirtualCount": count * virtual, "actualVirtualCount": count * virtual}


_TTL_TIMES = ("_creationTimeUnix", "_lastUpdateTimeUnix")


def _ttl(given: Json, config: Json, scheduled: bool, creating: bool) -> Json:
    keys: Json = {"enabled": False, "defaultTtl": 0, "deleteOn": "", "filterExpiredObjects": False}
    ttl = {key: given.get(key) or default for key, default in keys.items()}
    if not ttl["enabled"]:
        return ttl
    delete_on, life = ttl["deleteOn"], ttl["defaultTtl"]
    if not scheduled:
        example = "set OBJECTS_TTL_DELETE_SCHEDULE, e.g. '@every 1h'"
        raise Refusal(f"objects TTL needs a running background scheduler: {example}")
    refuse_if(not delete_on, 'missing value for "deleteOn"')
    if delete_on in _TTL_TIMES:
        if creating:
            config["invertedIndexConfig"]["indexTimestamps"] = True
        elif not config["invertedIndexConfig"].get("indexTimestamps"):
            need = 'Enable "invertedIndexConfig.indexTimestamps"'
            raise Refusal(f'"deleteOn"="{delete_on}" requires indexed timestamps. {need}')
        if life < 60:
            need = f'Required minimum "60" seconds, given "{life}" seconds'
            raise Refusal(f'defaultTtl value too small for "deleteOn"="{delete_on}". {need}')
        return ttl
    prop = next((prop for prop in config["properties"] or () if prop["name"] == delete_on), None)
    with within(f'property "{delete_on}" set as "deleteOn" '):
        if prop is None:
            raise Refusal("not found")
        refuse_if(prop["dataType"] != ["date"], 'should have "date" data type')
        if not (prop["indexFilterable"] or prop["indexRangeFilters"]):
            raise Refusal("should have filterable or rangeable index enabled")
    return ttl


def _vector_sections(given: Json, config: Json, modules: Modules, updating: bool) -> None:
    """Fill in either the three legacy keys or `vectorConfig`; a class that was updated may have both."""
    named = given.get("vectorConfig") or {}
    legacy = any(given.get(key) for key in ("vectorizer", "vectorIndexType", "vectorIndexConfig"))
    if named and legacy and not updating:
        raise Refusal("creating a class with both a class level vector index and named vectors is forbidden")
    if named:
        config["vectorConfig"] = {name: _named_vector(name, entry, modules) for name, entry in named.items()}
    if legacy or not named:
        vectorizer = given.get("vectorizer") or modules.default
        _known_vectorizer(vectorizer, modules)
        index_type = given.get("vectorIndexType") or "hnsw"
        config["vectorizer"], config["vectorIndexType"] = vectorizer, index_type
        config["vectorIndexConfig"] = _index_config(index_type, given, "class.VectorIndexConfig can not parse: ")
        if config["vectorIndexConfig"].get("multivector", {}).get("enabled"):
            only = "multi vector type index type is only configurable using named vectors"
            raise Refusal(f"class.VectorIndexConfig {only}")
        if vectorizer != "none":
            module = dict((config.get("moduleConfig") or {}).get(vectorizer) or {})
            config.setdefault("moduleConfig", {})[vectorizer] = {"vectorizeClassName": True, **module}


def _index_config(index_type: str, given: Json, prefix: str) -> Json:
    try:
        return vector_index.complete(index_type, given.get("vectorIndexConfig"))
    except Refusal as problem:
        raise problem.within(prefix if problem.text.startswith("parse") else "") from None


def _named_vector(name: str, given: Json, modules: Modules) -> Json:
    if not given:
        raise Refusal(f"vectorConfig.{name} in body is required", code=602)
    if not re.fullmatch(r"[_A-Za-z][_0-9A-Za-z]{0,229}", name):
        rule = _GRAPHQL.format("[_A-Za-z][_0-9A-Za-z]{0,229}")
        raise Refusal(
            f'class.VectorConfig target vector name "{name}" is not valid, in Weaviate target vector names {rule}.'
        )
    vectorizer = given.get("vectorizer")
    if not isinstance(vectorizer, dict):
        raise Refusal(f"class.VectorConfig.Vectorizer must be an object, got {kind_of(vectorizer, REST)}")
    if len(vectorizer) != 1:
        raise Refusal(f"class.VectorConfig.Vectorizer must consist only 1 configuration, got: {len(vectorizer)}")
    (module, settings), *_ = vectorizer.items()
    index_type = given.get("vectorIndexType") or "hnsw"
    with within(f'target vector "{name}": '):
        _known_vectorizer(module, modules)
        index = _index_config(index_type, given, "parse vector index config: ")
    if module != "none":
        settings = {"vectorizeClassName": True, **(settings or {})}
    return {"vectorizer": {module: settings}, "vectorIndexType": index_type, "vectorIndexConfig": index}


def _known_vectorizer(name: str, modules: Modules) -> None:
    refuse_if(name != "none" and name not in modules.vectorizers, f'vectorizer: no module with name "{name}" present')


def complete_class(
    given: Json, modules: Modules, classes: Collection[str], *, scheduled: bool, updating: bool = False
) -> Json:
    """A class with everything filled in, in the order in which REST shows it.

    Args:
        classes: The names of existing classes.
        scheduled: Whether expired objects are deleted, which a time to live needs.
        updating: Whether the class exists already.
    """
    name = class_name(given.get("class") or "")
    config: Json = {"class": name}
    if given.get("description"):
        config["description"] = given["description"]
    config["invertedIndexConfig"] = _inverted(given.get("invertedIndexConfig") or {})
    _check_objects(given, "moduleConfig", "shardingConfig")
    if given.get("moduleConfig") is not None:
        config["moduleConfig"] = {**given["moduleConfig"]}
    config["multiTenancyConfig"] = _tenancy(given.get("multiTenancyConfig") or {})
    config["properties"] = _properties(given.get("properties"), name, classes, config)
    config["replicationConfig"] = _replication(given.get("replicationConfig") or {})
    sharding = given.get("shardingConfig")
    if config["multiTenancyConfig"]["enabled"]:
        refuse_if(sharding and not updating, "cannot have both shardingConfig and multiTenancyConfig")
        config["shardingConfig"] = dict(NO_SHARDING)
    else:
        config["shardingConfig"] = _sharding(sharding or {})
    if (factor := config["replicationConfig"]["factor"]) > 1 and not updating:
        found = f"could not find enough weaviate nodes for replication: 1 available, {factor} requested"
        raise Refusal(f"init sharding state: {found}")
    _vector_sections(given, config, modules, updating)
    add_module_settings(config["properties"] or (), config)
    if given.get("objectTtlConfig") is not None:
        with within("ObjectTTLConfig: "):
            config["objectTtlConfig"] = _ttl(given["objectTtlConfig"], config, scheduled, not updating)
    return config


def _properties(given: list[Json] | None, name: str, classes: Collection[str], config: Json) -> list[Json] | None:
    if given is None:
        return None
    presets = config["invertedIndexConfig"].get("stopwordPresets") or {}
    seen: set[str] = set()
    properties = []
    for i, prop in enumerate(given):
        properties.append(complete_property(prop, {*classes, name}, presets, f"properties.{i}"))
        if (lower := properties[-1]["name"].lower()) in seen:
            raise duplicate_property(name, lower)
        seen.add(lower)
    return properties


def duplicate_property(class_name: str, name: str) -> Refusal:
    return Refusal(f'class "{class_name}": conflict for property "{name}": already in use or provided multiple times')


def add_module_settings(properties: Iterable[Json], config: Json) -> None:
    """Give properties the settings that the class's vectorizers keep with them."""
    names = [config.get("vectorizer"), *(next(iter(v["vectorizer"])) for v in config.get("vectorConfig", {}).values())]
    for prop in properties:
        for module in names:
            if module not in (None, "none"):
                given = (prop.get("moduleConfig") or {}).get(module) or {}
                defaults = {"skip": False, "vectorizePropertyName": module == "text2vec-bigram"}
                prop["moduleConfig"] = {**(prop.get("moduleConfig") or {}), module: {**defaults, **given}}


# Updates.


def check_update(old: Json, new: Json) -> None:
    """Refuse a change of what cannot change, and a body that leaves out what must stay."""
    before, after = old["multiTenancyConfig"]["enabled"], new["multiTenancyConfig"]["enabled"]
    if before != after:
        raise Refusal(f"{'disabling' if before else 'enabling'} multi-tenancy for an existing class is not supported")
    refuse_if(old["class"] != new["class"], _immutable("class name", old["class"], new["class"]))
    for flag in ("indexTimestamps", "indexNullState", "indexPropertyLength"):
        a, b = (str(config["invertedIndexConfig"].get(flag, False)).lower() for config in (old, new))
        if a != b:
            label = flag.removesuffix("s")
            raise Refusal(f'"{label}" setting is immutable. Value changed from "{a}" to "{b}"')
    for key, label in _SHARDS:
        if (a := old["shardingConfig"][key]) != (b := new["shardingConfig"][key]):
            raise Refusal("validate sharding config: " + _immutable(label, a, b))
    _check_properties(old["properties"] or [], new["properties"] or [])
    _check_modules(old, new)
    _check_vectors(old, new)


_SHARDS = (
    ("desiredCount", "re-sharding not supported yet: shard count"),
    ("virtualPerPhysical", "virtual shards per physical"),
)


def _immutable(label: str, a: object, b: object) -> str:
    return f'{label} is immutable: attempted change from "{a}" to "{b}"'


def _check_properties(old: list[Json], new: list[Json]) -> None:
    def bare(properties: list[Json]) -> dict[str, Any]:
        return {prop["name"]: _without_descriptions(prop) for prop in properties}

    if bare(old) != bare(new):
        raise Refusal(
            "property fields other than description cannot be updated through updating the class. Use the add property "
            'feature (e.g. "POST /v1/schema/{className}/properties") to add additional properties'
        )


def _without_descriptions(prop: Json) -> Json:
    kept = {key: value for key, value in prop.items() if key != "description"}
    if "nestedProperties" in kept:
        kept["nestedProperties"] = [_without_descriptions(nested) for nested in kept["nestedProperties"]]
    return kept


def _check_modules(old: Json, new: Json) -> None:
    a, b = (old.get("moduleConfig") or {}), (new.get("moduleConfig") or {})
    for module in b if a else ():
        if a.get(module) != b[module] and not module.startswith(("generative", "reranker")):
            got = f"Got: {module} for class: {old['class']}"
            raise Refusal(f"can only update generative and reranker module configs. {got}")


def stored(old: Json, new: Json) -> Json:
    """An updated class as it is stored: properties in order, and the modules that no other one replaces stay."""
    modules = new.get("moduleConfig") or {}
    kinds = {module.split("-")[0] for module in modules}
    kept = {name: value for name, value in (old.get("moduleConfig") or {}).items() if name.split("-")[0] not in kinds}
    config = {**new, "moduleConfig": {**kept, **modules}} if kept else new
    properties = config["properties"]
    return {**config, "properties": properties and sorted(properties, key=lambda prop: prop["name"])}


def _check_vectors(old: Json, new: Json) -> None:
    if "vectorizer" in old:
        _check_same(old, new, "vectorizer", "vectorizer")
        _check_index(old, new, "validate vector index config: ")
    elif "vectorizer" in new:
        raise Refusal(_immutable("vectorizer", "", new["vectorizer"]))
    for name, entry in (old.get("vectorConfig") or {}).items():
        after = (new.get("vectorConfig") or {}).get(name)
        if after is None:
            raise Refusal(f'missing config for vector "{name}"')
        if entry["vectorizer"] != after["vectorizer"]:
            raise Refusal(f'vectorizer config of vector "{name}" is immutable for class {old["class"]}')
        _check_index(entry, after, f'invalid update for vector "{name}": ')


def _check_same(old: Json, new: Json, key: str, label: str) -> None:
    refuse_if(old[key] != new.get(key), _immutable(label, old[key], new.get(key, "")))


def _check_index(old: Json, new: Json, prefix: str) -> None:
    _check_same(old, new, "vectorIndexType", "vector index type")
    with within(prefix):
        vector_index.check_update(old["vectorIndexType"], old["vectorIndexConfig"], new["vectorIndexConfig"])
