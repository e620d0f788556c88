"""The configuration of a collection as the server tells it: what `collection.config.get()` returns.

The attributes have our names and types, `to_dict()` gives the server's JSON with everything in it, also what this
client does not know. It can be changed and given to `client.collections.create_from_config`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from weaviate_hl.values.base import Json, as_json
from weaviate_hl.values.enums import (
    DataType,
    GenerativeSearches,
    MultiVectorAggregation,
    PQEncoderDistribution,
    PQEncoderType,
    ReplicationDeletionStrategy,
    Rerankers,
    StopwordsPreset,
    Tokenization,
    VectorDistances,
    VectorFilterStrategy,
    VectorIndexType,
    Vectorizers,
)
from weaviate_hl.values.views import Field, Inside, Member, NamedParts, OptionalPart, Part, View, known

if TYPE_CHECKING:
    from datetime import timedelta

E = TypeVar("E", bound=Enum)
M = TypeVar("M", bound=View)
T = TypeVar("T")

ShardTypes = Literal["READONLY", "READY", "INDEXING"]

# Modules: their JSON is {name: settings}.


def _read(json: Json) -> Json:
    return next(iter(json.values()), None) or {}


def _write(json: Json) -> Json:
    name = next(iter(json), "")  # it may still get its name
    json[name] = json.get(name) or {}
    settings: Json = json[name]
    return settings


class _Name(Member[E]):
    """The name of a module."""

    def take(self, json: Json) -> E | str:
        return known(self.kind, next(iter(json), None))

    def put(self, json: Json, value: E | str) -> None:
        settings = _write(json)
        json.clear()
        json[as_json(value)] = settings


class _Setting(Field[T]):
    """One setting of a module."""

    def take(self, json: Json) -> T:
        return super().take(_read(json))

    def put(self, json: Json, value: T) -> None:
        super().put(_write(json), value)


class _Model(Field[dict[str, Any]]):
    """The settings of a module but for those that have attributes of their own."""

    held = True

    def __init__(self, *others: str) -> None:
        super().__init__()
        self.others = others

    def take(self, json: Json) -> Json:
        return {key: one for key, one in _read(json).items() if key not in self.others}

    def put(self, json: Json, value: Json) -> None:
        settings = _write(json)
        others = {key: one for key, one in settings.items() if key in self.others}
        settings.clear()
        settings.update(others | value)


class GenerativeConfig(View):
    """The generative model of a collection."""

    __slots__ = ()
    generative = _Name(GenerativeSearches)
    model = _Model()


class RerankerConfig(View):
    """The reranker of a collection."""

    __slots__ = ()
    reranker = _Name(Rerankers)
    model = _Model()


class VectorizerConfig(View):
    """What makes the vectors of a collection without named vectors."""

    __slots__ = ()
    vectorizer = _Name(Vectorizers)
    model = _Model("vectorizeClassName")
    vectorize_collection_name = _Setting[bool]("vectorizeClassName", False)


class NamedVectorizerConfig(View):
    """What makes a named vector, and of which properties; None means of all."""

    __slots__ = ()
    vectorizer = _Name(Vectorizers)
    model = _Model("properties")
    source_properties = _Setting[list[str] | None]("properties")


class PropertyVectorizerConfig(View):
    """What a vectorizer does with a property."""

    __slots__ = ()
    skip = Field[bool](default=False)
    vectorize_property_name = Field[bool](default=False)


class _ModuleOf(Inside[M | None, M]):
    """The module of a collection whose name begins so."""

    def __init__(self, kind: type[M], prefix: str) -> None:
        super().__init__(kind, "moduleConfig")
        self.prefix = prefix

    def take(self, json: Json) -> M | None:
        mine = {k: v for k, v in (json.get(self.key) or {}).items() if k.startswith(self.prefix)}
        return self.kind.of(mine) if mine else None

    def put(self, json: Json, value: M | None) -> None:
        others = {k: v for k, v in (json.get(self.key) or {}).items() if not k.startswith(self.prefix)}
        json[self.key] = others | (as_json(value) or {})


class _VectorizerOf(Field[VectorizerConfig | None]):
    """The vectorizer of a collection without named vectors, with its settings; None where users bring the vectors."""

    held = True

    def take(self, json: Json) -> VectorizerConfig | None:
        name = json.get("vectorizer")
        if name in (None, Vectorizers.NONE):
            return None
        return VectorizerConfig.of({name: (json.get("moduleConfig") or {}).get(name)})

    def put(self, json: Json, value: VectorizerConfig | None) -> None:
        told = as_json(value) or {"none": None}
        modules = {k: v for k, v in (json.get("moduleConfig") or {}).items() if k != json.get("vectorizer")}
        modules |= {name: settings for name, settings in told.items() if settings is not None}
        json["vectorizer"] = next(iter(told))
        if modules or "moduleConfig" in json:
            json["moduleConfig"] = modules


# Vector index.


class PQEncoderConfig(View):
    """How product quantization encodes."""

    __slots__ = ()
    type_ = Member(PQEncoderType, "type")
    distribution = Member(PQEncoderDistribution)


class PQConfig(View):
    """Product quantization."""

    __slots__ = ()
    internal_bit_compression = Field[bool]("bitCompression", False)
    segments = Field[int]()
    centroids = Field[int]()
    training_limit = Field[int]()
    encoder = Part(PQEncoderConfig)

    @property
    def bit_compression(self) -> bool:
        """The earlier name of `internal_bit_compression`."""
        return self.internal_bit_compression


class BQConfig(View):
    """Binary quantization."""

    __slots__ = ()
    cache = Field[bool | None]()
    rescore_limit = Field[int | None]()


class SQConfig(View):
    """Scalar quantization."""

    __slots__ = ()
    cache = Field[bool | None]()
    rescore_limit = Field[int | None]()
    training_limit = Field[int | None]()


class RQConfig(View):
    """Rotational quantization."""

    __slots__ = ()
    cache = Field[bool | None]()
    bits = Field[int | None]()
    rescore_limit = Field[int | None]()


QUANTIZERS: dict[str, type[View]] = {"pq": PQConfig, "bq": BQConfig, "sq": SQConfig, "rq": RQConfig}


def _enable(json: Json, key: str, value: View | None) -> None:
    """Write what is enabled, or say of what is there that it is not."""
    if value is not None:
        json[key] = value._told() | {"enabled": True}
    elif json.get(key):
        json[key]["enabled"] = False


class _Quantizer(Field[PQConfig | BQConfig | SQConfig | RQConfig | None]):
    """The compression that is enabled."""

    held = True

    def take(self, json: Json) -> Any:
        on = (key for key in QUANTIZERS if (json.get(key) or {}).get("enabled"))
        return next((QUANTIZERS[key].of(json[key]) for key in on), None)

    def put(self, json: Json, value: Any) -> None:
        for key, kind in QUANTIZERS.items():
            _enable(json, key, value if type(value) is kind else None)


class MuveraConfig(View):
    """A multi-vector encoded as one vector."""

    __slots__ = ()
    enabled = Field[bool]()
    ksim = Field[int]()
    dprojections = Field[int]()
    repetitions = Field[int]()


class _WhereEnabled(OptionalPart[M]):
    """A view of an object inside, or None where it is not enabled."""

    def take(self, json: Json) -> M | None:
        return super().take(json) if (json.get(self.key) or {}).get("enabled") else None

    def put(self, json: Json, value: M | None) -> None:
        _enable(json, self.key, value)


class MultiVectorConfig(View):
    """How multi-vectors are indexed."""

    __slots__ = ()
    encoding = _WhereEnabled(MuveraConfig, "muvera")
    aggregation = Member(MultiVectorAggregation)


class VectorIndexConfig(View):
    """A vector index, of a kind that this client need not know."""

    __slots__ = ()
    kind: ClassVar[str] = ""
    distance_metric = Member(VectorDistances, "distance")
    multi_vector = _WhereEnabled(MultiVectorConfig, "multivector")
    quantizer = _Quantizer()

    @classmethod
    def vector_index_type(cls) -> str:
        """The kind of index, as the server names it."""
        return cls.kind


class VectorIndexConfigHNSW(VectorIndexConfig):
    """An hnsw index."""

    __slots__ = ()
    kind = "hnsw"
    cleanup_interval_seconds = Field[int]()
    dynamic_ef_min = Field[int]()
    dynamic_ef_max = Field[int]()
    dynamic_ef_factor = Field[int]()
    ef = Field[int]()
    ef_construction = Field[int]()
    filter_strategy = Member(VectorFilterStrategy)
    flat_search_cutoff = Field[int]()
    max_connections = Field[int]()
    skip = Field[bool](default=False)
    vector_cache_max_objects = Field[int]()


class VectorIndexConfigFlat(VectorIndexConfig):
    """A flat index."""

    __slots__ = ()
    kind = "flat"
    vector_cache_max_objects = Field[int]()


class VectorIndexConfigDynamic(VectorIndexConfig):
    """A dynamic index: flat until it holds `threshold` objects, then hnsw."""

    __slots__ = ()
    kind = "dynamic"
    hnsw = OptionalPart(VectorIndexConfigHNSW)
    flat = OptionalPart(VectorIndexConfigFlat)
    threshold = Field[int]()


class VectorIndexConfigHFresh(VectorIndexConfig):
    """An hfresh index."""

    __slots__ = ()
    kind = "hfresh"
    max_posting_size_kb = Field[int]("maxPostingSizeKB")
    replicas = Field[int]()
    search_probe = Field[int]()


INDEXES: dict[str, type[VectorIndexConfig]] = {
    cls.kind: cls
    for cls in (VectorIndexConfigHNSW, VectorIndexConfigFlat, VectorIndexConfigDynamic, VectorIndexConfigHFresh)
}
AnyVectorIndexConfig = (
    VectorIndexConfigHNSW | VectorIndexConfigFlat | VectorIndexConfigDynamic | VectorIndexConfigHFresh
)


class _Index(Field[T]):
    """The vector index beside a `vectorIndexType`."""

    held = True

    def __init__(self) -> None:
        super().__init__("vectorIndexConfig")

    def take(self, json: Json) -> Any:
        told = json.get(self.key)
        return None if told is None else INDEXES.get(json.get("vectorIndexType", ""), VectorIndexConfig).of(told)

    def put(self, json: Json, value: Any) -> None:
        super().put(json, value)
        if value is not None and value.kind:
            json["vectorIndexType"] = value.kind


class NamedVectorConfig(View):
    """A named vector: what makes it, and how it is indexed."""

    __slots__ = ()
    vectorizer = Part(NamedVectorizerConfig)
    vector_index_config = _Index[AnyVectorIndexConfig]()


# Properties.


class TextAnalyzerConfig(View):
    """How the text of a property is analyzed."""

    __slots__ = ()
    ascii_fold = Field[bool](default=False)
    ascii_fold_ignore = Field[list[str] | None]()
    stopword_preset = Field[str | None]()


class _DataType(Member[DataType]):
    """The one type of a property, which the server tells as a list."""

    def take(self, json: Json) -> DataType | str:
        return known(DataType, next(iter(json.get(self.key) or ()), None))

    def put(self, json: Json, value: DataType | str) -> None:
        json[self.key] = [as_json(value)]


class _Nested(Field["list[NestedProperty] | None"]):
    """The properties of an object."""

    held = True

    def take(self, json: Json) -> list[NestedProperty] | None:
        told = json.get(self.key)
        return None if told is None else [NestedProperty.of(one) for one in told]


class NestedProperty(View):
    """A property of an object property."""

    __slots__ = ()
    name = Field[str]()
    description = Field[str | None]()
    data_type = _DataType(DataType)
    index_filterable = Field[bool](default=False)
    index_range_filters = Field[bool](default=False)
    index_searchable = Field[bool](default=False)
    nested_properties = _Nested()
    text_analyzer = OptionalPart(TextAnalyzerConfig)
    tokenization = Member(Tokenization)


class PropertyConfig(NestedProperty):
    """A property of a collection.

    Attributes:
        vectorizer: The vectorizer of the collection, if that has no named vectors.
        vectorizer_configs: What each vectorizer does with the property.
    """

    __slots__ = ("vectorizer",)
    vectorizer_configs = NamedParts(PropertyVectorizerConfig, "moduleConfig")

    def __init__(self, *, vectorizer: str | None = None, **fields: Any) -> None:
        self.vectorizer = vectorizer
        super().__init__(**fields)

    @property
    def vectorizer_config(self) -> PropertyVectorizerConfig | None:
        """What the vectorizer of a collection without named vectors does with the property."""
        return (self.vectorizer_configs or {}).get(self.vectorizer or "")

    @vectorizer_config.setter
    def vectorizer_config(self, value: PropertyVectorizerConfig | None) -> None:
        self.vectorizer_configs = None if value is None else {self.vectorizer or "": value}


class ReferencePropertyConfig(View):
    """A reference of a collection."""

    __slots__ = ()
    name = Field[str]()
    description = Field[str | None]()
    target_collections = Field[list[str]]("dataType")


class _Properties(Inside[list[M], M]):
    """The properties of a collection, or its references: one list, in which references have collections as types."""

    def _mine(self, told: Json) -> bool:
        refers = all(one[:1].isupper() for one in told.get("dataType") or ["?"])
        return refers is (self.kind is ReferencePropertyConfig)

    def take(self, json: Json) -> list[M]:
        mine = [self.kind.of(one) for one in json.get(self.key) or () if self._mine(one)]
        for one in mine:
            if isinstance(one, PropertyConfig):
                one.vectorizer = json.get("vectorizer")
        return mine

    def put(self, json: Json, value: list[M]) -> None:
        told = {id(one): one for one in as_json(value)}
        kept = [one for one in json.get(self.key) or () if id(one) in told or not self._mine(one)]
        json[self.key] = kept + [one for key, one in told.items() if key not in map(id, kept)]


# The collection.


class BM25Config(View):
    """The numbers of keyword search."""

    __slots__ = ()
    b = Field[float]()
    k1 = Field[float]()


class StopwordsConfig(View):
    """The words that keyword searches leave out."""

    __slots__ = ()
    preset = Member(StopwordsPreset)
    additions = Field[list[str] | None]()
    removals = Field[list[str] | None]()


class InvertedIndexConfig(View):
    """The keyword index."""

    __slots__ = ()
    bm25 = Part(BM25Config)
    cleanup_interval_seconds = Field[int]()
    index_null_state = Field[bool](default=False)
    index_property_length = Field[bool](default=False)
    index_timestamps = Field[bool](default=False)
    stopwords = Part(StopwordsConfig)
    stopword_presets = Field[dict[str, list[str]] | None]()


class MultiTenancyConfig(View):
    """Whether there are tenants, and how they are treated."""

    __slots__ = ()
    enabled = Field[bool](default=False)
    auto_tenant_creation = Field[bool](default=False)
    auto_tenant_activation = Field[bool](default=False)


class AsyncReplicationConfig(View):
    """How copies are compared and repaired."""

    __slots__ = ()
    max_workers = Field[int | None]()
    hashtree_height = Field[int | None]()
    frequency = Field[int | None]()
    frequency_while_propagating = Field[int | None]()
    alive_nodes_checking_frequency = Field[int | None]()
    logging_frequency = Field[int | None]()
    diff_batch_size = Field[int | None]()
    diff_per_node_timeout = Field[int | None]()
    pre_propagation_timeout = Field[int | None]()
    propagation_timeout = Field[int | None]()
    propagation_limit = Field[int | None]()
    propagation_delay = Field[int | None]()
    propagation_concurrency = Field[int | None]()
    propagation_batch_size = Field[int | None]()


class ReplicationConfig(View):
    """How many copies there are, and what keeps them equal."""

    __slots__ = ()
    factor = Field[int]()
    async_enabled = Field[bool](default=False)
    deletion_strategy = Member(ReplicationDeletionStrategy)
    async_config = OptionalPart(AsyncReplicationConfig)


class ShardingConfig(View):
    """How the objects are spread over shards."""

    __slots__ = ()
    virtual_per_physical = Field[int]()
    desired_count = Field[int]()
    actual_count = Field[int]()
    desired_virtual_count = Field[int]()
    actual_virtual_count = Field[int]()
    key = Field[str]()
    strategy = Field[str]()
    function = Field[str]()


class _Sharding(OptionalPart[ShardingConfig]):
    """The shards; a collection with tenants has none of its own, though the server tells some zeros."""

    def take(self, json: Json) -> ShardingConfig | None:
        return None if (json.get("multiTenancyConfig") or {}).get("enabled") else super().take(json)

    def settle(self, json: Json, value: ShardingConfig | None) -> None:
        if value is not None:
            super().settle(json, value)


class _Seconds(Field["timedelta | None"]):
    """A time that travels in seconds."""

    def take(self, json: Json) -> timedelta | None:
        from datetime import timedelta  # costs time to import, and few need it

        told = json.get(self.key)
        return None if told is None else timedelta(seconds=told)

    def put(self, json: Json, value: timedelta | None) -> None:
        super().put(json, value and int(value.total_seconds()))  # type: ignore[arg-type]


_TTL_TIMES = {"_creationTimeUnix": "creationTime", "_lastUpdateTimeUnix": "updateTime"}


class _DeleteOn(Field[str | None]):
    """`creationTime`, `updateTime`, or a property that holds a date."""

    def take(self, json: Json) -> str | None:
        told = super().take(json)
        return _TTL_TIMES.get(told or "", told)

    def put(self, json: Json, value: str | None) -> None:
        super().put(json, next((key for key, name in _TTL_TIMES.items() if name == value), value))


class ObjectTTLConfig(View):
    """When objects expire."""

    __slots__ = ()
    enabled = Field[bool](default=False)
    time_to_live = _Seconds("defaultTtl")
    delete_on = _DeleteOn()
    filter_expired_objects = Field[bool](default=False)


class CollectionConfigSimple(View):
    """What most programs need to know of a collection."""

    __slots__ = ()
    name = Field[str]("class")
    description = Field[str | None]()
    generative_config = _ModuleOf(GenerativeConfig, "generative-")
    object_ttl_config = OptionalPart(ObjectTTLConfig)
    properties = _Properties(PropertyConfig)
    references = _Properties(ReferencePropertyConfig, "properties")
    reranker_config = _ModuleOf(RerankerConfig, "reranker-")
    vectorizer_config = _VectorizerOf()
    vectorizer = Member(Vectorizers)
    vector_config = NamedParts(NamedVectorConfig)

    def _repr_html_(self) -> str:
        from weaviate_hl.values.tables import of_configuration  # for notebooks only

        return of_configuration(self)


class CollectionConfig(CollectionConfigSimple):
    """The configuration of a collection. `to_dict()` is the server's JSON, to keep or to create another one from."""

    __slots__ = ()
    inverted_index_config = Part(InvertedIndexConfig)
    multi_tenancy_config = Part(MultiTenancyConfig)
    replication_config = Part(ReplicationConfig)
    sharding_config = _Sharding(ShardingConfig)
    vector_index_config = _Index[AnyVectorIndexConfig | None]()
    vector_index_type = Member(VectorIndexType)


# Shards and aliases.


class ShardStatus(View):
    """A shard of a collection, and whether it can be written to."""

    __slots__ = ()
    name = Field[str]()
    status = Field[ShardTypes]()
    vector_queue_size = Field[int](default=0)


class Shard(View):
    """A shard on a node of the cluster."""

    __slots__ = ("node",)
    name = Field[str]()
    collection = Field[str]("class")
    object_count = Field[int](default=0)
    vector_indexing_status = Field[str]()
    vector_queue_length = Field[int](default=0)
    compressed = Field[bool](default=False)
    loaded = Field[bool | None]()

    def __init__(self, *, node: str = "", **fields: Any) -> None:
        self.node = node
        super().__init__(**fields)


class AliasReturn(View):
    """An alias, and the collection that it names."""

    __slots__ = ()
    alias = Field[str]()
    collection = Field[str]("class")
