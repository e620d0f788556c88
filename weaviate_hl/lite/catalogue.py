"""What exists: collections, their shards (one, or one for each tenant) and aliases, in memory beside the data file.

A `Collection` is its configuration as REST shows it, and the same made ready for use: properties, targets, analysers.
A `Shard` is where objects lie, with the index that finds them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from weaviate_hl.lite.errors import Refusal, TenantRefusal
from weaviate_hl.lite.index import Index
from weaviate_hl.lite.search.text import Analyzer, stopwords
from weaviate_hl.lite.storage import Row, Storage
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
        self.indexed = self.filterable or self.searchable or self.rangeable
        self.nested = {nested["name"]: Property(nested, collection) for nested in config.get("nestedProperties") or ()}
        self.analyzer = analyzer(config, collection) if config.get("tokenization") else Analyzer()

    @property
    def type(self) -> str:
        """The data type as the schema spells it."""
        return self.data_type[0]

    def tokens(self, value: Any) -> list[str]:
        """The tokens of a text, or of a list of texts."""
        if isinstance(value, str):
            return self.analyzer.index(value)
        return [token for text in value or () for token in self.analyzer.index(text)]


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
        return bool(self.config.get("multivector", {}).get("enabled"))

    @property
    def distance(self) -> str:
        return str(self.config.get("distance") or "cosine")

    @property
    def skipped(self) -> bool:
        return bool(self.config.get("skip"))


@dataclass(slots=True, eq=False)
class Shard:
    """Where the objects of a collection, or of one tenant, lie."""

    storage: Storage
    collection: Collection
    id: int
    name: str
    activity: str = "HOT"
    status: str = "READY"
    dimensions: dict[str, int] = field(default_factory=dict)
    _index: Index | None = None

    @property
    def tenant(self) -> str:
        """The tenant whose objects lie here, `""` in a collection without tenants."""
        return self.name if self.collection.multi_tenant else ""

    @property
    def index(self) -> Index:
        """The index in memory, built if there is none."""
        if self._index is None or self._index.worn:
            self._index = Index(self.storage, self.id)
        return self._index

    def forget_index(self) -> None:
        """Let the index be built anew when it is needed next."""
        self._index = None

    def configured(self) -> None:
        """Let what the collection's configuration changes be built anew; vectors are the same under any."""
        if self._index is not None:
            self._index.keep_vectors([target.name for target in self.collection.targets.values() if not target.skipped])

    def follow(self, removed: Iterable[int], added: Iterable[tuple[Row, Json]] = ()) -> None:
        """Bring the index, if there is one, up to what was just committed."""
        if (index := self._index) is None:
            return
        self._index = None  # if something fails on the way, the index is built anew
        for doc in removed:
            index.remove(doc)
        for row, properties in added:
            index.add(row, properties)
        self._index = index


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

    def prop(self, name: str) -> Property:
        """A property by its name; refused if there is none."""
        if (prop := self.properties.get(name)) is None:
            raise no_such_property(name, self.name)
        return prop

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


def no_such_property(name: str, class_name: str) -> Refusal:
    return Refusal(
        f"no such prop with name '{name}' found in class '{class_name}' in the schema. Check your schema files for "
        "which properties in this class are available"
    )


def uncapitalised(name: str) -> str:
    """The name of a property as the server understands it."""
    return name[:1].lower() + name[1:]


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
            shard = Shard(storage, by_id[collection], id, name, activity, status, json.loads(dimensions))
            shard.collection.shards[name] = shard

    def find(self, name: str) -> Collection | None:
        """The collection of this name or alias, in any spelling of the first letter."""
        name = capitalised(name)
        return self.collections.get(name) or self.collections.get(self.aliases.get(name, ""))

    def need(self, name: str, missing: str = "", status: int = 0) -> Collection:
        """The same, but refused with a text (404 without one) if there is none."""
        if (collection := self.find(name)) is None:
            raise Refusal(missing, status or (422 if missing else 404))
        return collection

    def create(self, config: Json) -> Collection:
        with self._storage.transaction():
            collection = self._add(deepcopy(config))
            if not collection.multi_tenant:
                for _ in range(config["shardingConfig"]["actualCount"]):
                    self.add_shard(collection, uuid4().hex[:12])
        self.collections[collection.name] = collection
        return collection

    def _add(self, config: Json) -> Collection:
        statement = "INSERT INTO collections (name, config) VALUES (?, ?)"
        return Collection(self._storage.run(statement, config["class"], json.dumps(config)), config)

    def take(self, other: Catalogue, names: list[str], *, overwrite_aliases: bool = False) -> None:
        """Take over collections of another data file, with their objects, and the aliases that stand for them."""
        for name in names:
            made = self.collections[name] = self._add(other.collections[name].config)
            for shard in other.collections[name].shards.values():
                new = self.add_shard(made, shard.name, shard.activity)
                new.status, new.dimensions = shard.status, shard.dimensions
                self.save_shard(new)
                rows = [row._replace(doc=self._storage.new_docs(1)) for row in shard.storage.rows(shard.id)]
                self._storage.insert(new.id, rows)
        for alias, name in other.aliases.items():
            taken = alias in self.collections or (alias in self.aliases and not overwrite_aliases)
            if name in names and not taken:
                self.set_alias(alias, name)

    def adopt(self, restored: Catalogue, names: list[str]) -> None:
        """Show what another catalogue of the same data file took over; what was here keeps its indexes."""
        self.collections |= {name: restored.collections[name] for name in names}
        self.aliases = restored.aliases

    def configure(self, collection: Collection, config: Json, *, only_adds: bool = False) -> None:
        """Give a collection another configuration; indexes survive if it only adds properties, vectors always."""
        self._storage.run("UPDATE collections SET config = ? WHERE id = ?", json.dumps(config), collection.id)
        collection.configure(deepcopy(config))
        if not only_adds:
            for shard in collection.shards.values():
                shard.configured()

    def drop(self, name: str) -> None:
        self._storage.run("DELETE FROM collections WHERE id = ?", self.collections[name].id)
        self.collections.pop(name).shards.clear()  # they know each other: indexes need not wait for the collector

    def add_shard(self, collection: Collection, name: str, activity: str = "HOT") -> Shard:
        statement = "INSERT INTO shards (collection, name, activity) VALUES (?, ?, ?)"
        id = self._storage.run(statement, collection.id, name, activity)
        shard = collection.shards[name] = Shard(self._storage, collection, id, name, activity)
        return shard

    def save_shard(self, shard: Shard) -> None:
        statement = "UPDATE shards SET activity = ?, status = ?, dimensions = ? WHERE id = ?"
        self._storage.run(statement, shard.activity, shard.status, json.dumps(shard.dimensions), shard.id)

    def drop_shard(self, collection: Collection, name: str) -> None:
        self._storage.run("DELETE FROM shards WHERE id = ?", collection.shards.pop(name).id)

    def set_alias(self, name: str, collection: str) -> None:
        self._storage.run("INSERT OR REPLACE INTO aliases VALUES (?, ?)", name, collection)
        self.aliases[name] = collection

    def drop_alias(self, name: str) -> None:
        self._storage.run("DELETE FROM aliases WHERE name = ?", name)
        del self.aliases[name]


def shard_of(catalogue: Catalogue, collection: Collection, tenant: str | None) -> Shard:
    """The shard that a request with this tenant (or none) speaks of; a cold one is woken if the class says so."""
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
