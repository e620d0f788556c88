"""What exists: collections, their shards (one, or one for each tenant) and aliases, in memory beside the data file.

A `Collection` is its configuration as REST shows it, and the same made ready for use: properties, targets, analysers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from weaviate_hl.lite.errors import TenantRefusal
from weaviate_hl.lite.index import Index
from weaviate_hl.lite.search.text import Analyzer, stopwords
from weaviate_hl.lite.storage import Storage
from weaviate_hl.lite.vectors import LEGACY

Json = dict[str, Any]

PRIMITIVES = frozenset(
    "text int number boolean date uuid geoCoordinates phoneNumber blob blobHash object string".split()
)
LISTS = frozenset(f"{kind}[]" for kind in "text int number boolean date uuid object string".split())


class Property:
    """A property, nested ones included, made ready for use."""

    def __init__(self, config: Json, collection: Json) -> None:
        self.config = config
        self.name: str = config["name"]
        self.data_type: list[str] = config["dataType"]
        first = self.data_type[0]
        self.is_reference = first not in PRIMITIVES and first not in LISTS
        self.is_list = first.endswith("[]")
        self.kind = "reference" if self.is_reference else first.removesuffix("[]")
        """The type of one value: text, int, ..., object or reference."""
        self.filterable = bool(config.get("indexFilterable"))
        self.searchable = bool(config.get("indexSearchable"))
        self.rangeable = bool(config.get("indexRangeFilters"))
        self.nested = {nested["name"]: Property(nested, collection) for nested in config.get("nestedProperties") or ()}
        self.analyzer = analyzer(config, collection) if config.get("tokenization") else Analyzer()

    @property
    def type(self) -> str:
        """The data type as the schema spells it."""
        return self.data_type[0]


def analyzer(config: Mapping[str, Any], collection: Mapping[str, Any]) -> Analyzer:
    """How a property with this configuration is cut into tokens."""
    inverted = collection.get("invertedIndexConfig") or {}
    given = inverted.get("stopwords") or {}
    presets = inverted.get("stopwordPresets") or {}
    text = config.get("textAnalyzer") or {}
    if preset := text.get("stopwordPreset"):
        stop = stopwords(preset, presets=presets)
    else:
        stop = stopwords(given.get("preset") or "en", given.get("additions") or (), given.get("removals") or ())
    fold, ignore = bool(text.get("asciiFold")), frozenset(text.get("asciiFoldIgnore") or ())
    return Analyzer(config.get("tokenization") or "word", stop, fold, ignore)


@dataclass(frozen=True, slots=True)
class Target:
    """A vector that the objects of a collection can have."""

    name: str
    index_type: str
    config: Json
    vectorizer: str
    module: Json

    @property
    def multi(self) -> bool:
        return bool(self._settings.get("multivector", {}).get("enabled"))

    @property
    def distance(self) -> str:
        return str(self.config.get("distance") or "cosine")

    @property
    def _settings(self) -> Json:
        return self.config.get("hnsw", self.config) if self.index_type == "dynamic" else self.config

    @property
    def skipped(self) -> bool:
        return bool(self.config.get("skip"))


@dataclass(slots=True)
class Shard:
    """Where the objects of a collection, or of one tenant, lie."""

    id: int
    name: str
    activity: str = "HOT"
    status: str = "READY"
    dimensions: dict[str, int] = field(default_factory=dict)
    index: Index | None = None


class Collection:
    """A class of the schema."""

    def __init__(self, id: int, config: Json) -> None:
        self.id = id
        self.shards: dict[str, Shard] = {}
        self.configure(config)

    def configure(self, config: Json) -> None:
        """Take a configuration, complete and checked."""
        self.config = config
        self.name: str = config["class"]
        self.properties = {prop["name"]: Property(prop, config) for prop in config.get("properties") or ()}
        self.targets = {target.name: target for target in _targets(config)}
        tenancy = config.get("multiTenancyConfig") or {}
        self.multi_tenant = bool(tenancy.get("enabled"))
        self.auto_create = bool(tenancy.get("autoTenantCreation"))
        self.auto_activate = bool(tenancy.get("autoTenantActivation"))

    @property
    def inverted(self) -> Json:
        return self.config.get("invertedIndexConfig") or {}

    @property
    def since(self) -> Mapping[str, int]:
        """From which document id on objects have a null state for properties that were added later."""
        return self.config.get(SINCE) or {}

    def only_shard(self) -> Shard:
        """The shard of a collection without tenants."""
        return next(iter(self.shards.values()))

    def shown(self) -> Json:
        """The configuration as REST shows it; a copy, for callers in this process may change what they get."""
        return {key: deepcopy(value) for key, value in self.config.items() if key != SINCE}


SINCE = "*since"
"""The one key of a stored configuration that REST does not show."""


def _targets(config: Json) -> Iterator[Target]:
    if "vectorizer" in config:
        name = config["vectorizer"]
        module = (config.get("moduleConfig") or {}).get(name) or {}
        yield Target(LEGACY, config["vectorIndexType"], config["vectorIndexConfig"], name, module)
    for name, entry in (config.get("vectorConfig") or {}).items():
        (vectorizer, module), *_ = entry["vectorizer"].items()
        yield Target(name, entry["vectorIndexType"], entry["vectorIndexConfig"], vectorizer, module or {})


def capitalised(name: str) -> str:
    """A class name as the server understands it: its first letter in upper case."""
    return name[:1].upper() + name[1:]


class Catalogue:
    """All collections, shards and aliases; every change goes to the data file first."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.collections: dict[str, Collection] = {}
        self.aliases: dict[str, str] = dict(storage.load("aliases"))
        by_id: dict[int, Collection] = {}
        for id, name, config in storage.load("collections"):
            self.collections[name] = by_id[id] = Collection(id, json.loads(config))
        for id, collection, name, activity, status, dimensions in storage.load("shards"):
            by_id[collection].shards[name] = Shard(id, name, activity, status, json.loads(dimensions))

    def find(self, name: str) -> Collection | None:
        """The collection of this name or alias, in any spelling of the first letter."""
        name = capitalised(name)
        return self.collections.get(name) or self.collections.get(self.aliases.get(name, ""))

    def create(self, config: Json) -> Collection:
        config = deepcopy(config)
        with self._storage.transaction():
            collection = Collection(self._storage.add_collection(config["class"], json.dumps(config)), config)
            if not collection.multi_tenant:
                for _ in range(config["shardingConfig"]["actualCount"]):
                    self.add_shard(collection, _shard_name())
        self.collections[collection.name] = collection
        return collection

    def configure(self, collection: Collection, config: Json, *, only_adds: bool = False) -> None:
        """Give a collection another configuration; indexes survive one that only adds properties."""
        self._storage.set_config(collection.id, json.dumps(config))
        collection.configure(deepcopy(config))
        if not only_adds:
            for shard in collection.shards.values():
                shard.index = None

    def drop(self, name: str) -> None:
        self._storage.drop_collection(self.collections[name].id)
        del self.collections[name]

    def add_shard(self, collection: Collection, name: str, activity: str = "HOT") -> Shard:
        shard = Shard(self._storage.add_shard(collection.id, name, activity), name, activity)
        collection.shards[name] = shard
        return shard

    def save_shard(self, shard: Shard) -> None:
        self._storage.set_shard(shard.id, shard.activity, shard.status, json.dumps(shard.dimensions))

    def drop_shard(self, collection: Collection, name: str) -> None:
        self._storage.drop_shard(collection.shards.pop(name).id)

    def set_alias(self, name: str, collection: str) -> None:
        self._storage.set_alias(name, collection)
        self.aliases[name] = collection

    def drop_alias(self, name: str) -> None:
        self._storage.drop_alias(name)
        del self.aliases[name]


def _shard_name() -> str:
    return uuid4().hex[:12]


def shard_of(catalogue: Catalogue, collection: Collection, tenant: str | None) -> Shard:
    """The shard that a request with this tenant (or none) speaks of; a cold one is woken if the class says so.

    Raises:
        TenantRefusal: In the server's words: a tenant is missing, not wanted, unknown or not active.
    """
    if not collection.multi_tenant:
        if tenant:
            raise TenantRefusal(f"class {collection.name} has multi-tenancy disabled, but request was with tenant")
        return collection.only_shard()
    if not tenant:
        raise TenantRefusal(f"class {collection.name} has multi-tenancy enabled, but request was without tenant")
    shard = collection.shards.get(tenant)
    if shard is None:
        raise TenantRefusal(f'tenant not found: "{tenant}"')
    if shard.activity != "HOT":
        if not collection.auto_activate or shard.activity != "COLD":
            raise TenantRefusal(f"tenant not active: '{tenant}'")
        shard.activity = "HOT"
        catalogue.save_shard(shard)
    return shard
