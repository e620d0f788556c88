"""Collections and their configuration: arguments to operations, answers to values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast, get_args

from weaviate_gen.rest.api.nodes import get_class as nodes_get
from weaviate_gen.rest.api.schema import (
    dump,
    objects_create,
    objects_delete,
    objects_get,
    objects_properties_add,
    objects_properties_delete,
    objects_shards_get,
    objects_shards_update,
    objects_update,
)

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.op import ABSENT, RestOp, RpcOp, there
from weaviate_hl.ops import models
from weaviate_hl.ops.checks import ArgumentCheck
from weaviate_hl.values.base import Json
from weaviate_hl.values.configuration import (
    GenerativeProvider,
    InvertedIndexConfigCreate,
    InvertedIndexConfigUpdate,
    ModuleConfig,
    MultiTenancyConfigCreate,
    MultiTenancyConfigUpdate,
    NamedVectorConfigCreate,
    NamedVectorConfigUpdate,
    ObjectTTLConfigCreate,
    ObjectTTLConfigUpdate,
    ReplicationConfigCreate,
    ReplicationConfigUpdate,
    RerankerProvider,
    Settings,
    ShardingConfigCreate,
    VectorConfigCreate,
    VectorConfigUpdate,
    VectorIndexConfigCreate,
    VectorIndexConfigUpdate,
    VectorizerConfigCreate,
)
from weaviate_hl.values.enums import Vectorizers
from weaviate_hl.values.properties import (
    IndexName,
    Property,
    PropertyBase,
    ReferenceProperty,
    ReferencePropertyMultiTarget,
)
from weaviate_hl.values.schema import CollectionConfig, CollectionConfigSimple, Shard, ShardStatus, ShardTypes

if TYPE_CHECKING:
    from weaviate_gen.rest import bodies

NONE = Vectorizers.NONE.value

# What is given to `create` and `update` and travels as it is: the argument, its key, and its types.
SECTIONS: dict[str, tuple[str, type[Settings], type[Settings] | None]] = {
    "inverted_index_config": ("invertedIndexConfig", InvertedIndexConfigCreate, InvertedIndexConfigUpdate),
    "multi_tenancy_config": ("multiTenancyConfig", MultiTenancyConfigCreate, MultiTenancyConfigUpdate),
    "object_ttl_config": ("objectTtlConfig", ObjectTTLConfigCreate, ObjectTTLConfigUpdate),
    "replication_config": ("replicationConfig", ReplicationConfigCreate, ReplicationConfigUpdate),
    "sharding_config": ("shardingConfig", ShardingConfigCreate, None),
}
# The same for modules, whose key is their name.
MODULES: dict[str, type[ModuleConfig]] = {"generative_config": GenerativeProvider, "reranker_config": RerankerProvider}

# Collections.


def create(body: Mapping[str, Any]) -> RestOp[str]:
    """Create a collection; the answer is its name."""
    return RestOp(
        objects_create.request(body=cast("bodies.Class", body)),
        objects_create.parse,
        f"Creating collection {body.get('class')!r}",
        timeout="insert",
    ).then(_name)


def recreate(body: Json) -> list[RestOp[str]]:
    """Create a collection from what the server has told of another, one operation after the other.

    What the server tells is not always what it takes: a collection with tenants has sharding that is all zeros, and one
    that got named vectors later has both kinds of vectors, where only one can be created with it.
    """
    tenants, sharding = body.get("multiTenancyConfig"), body.get("shardingConfig")
    if (
        isinstance(tenants, dict)
        and tenants.get("enabled")
        and not (isinstance(sharding, dict) and any(sharding.values()))
    ):
        body = {key: value for key, value in body.items() if key != "shardingConfig"}
    if body.get("vectorConfig") and body.get("vectorIndexConfig"):
        return [
            create({key: value for key, value in body.items() if key != "vectorConfig"}),
            update(body["class"], body),
        ]
    return [create(body)]


def delete(name: str) -> RestOp[None]:
    """Delete a collection, if there is one."""
    return RestOp(
        objects_delete.request(name),
        objects_delete.parse,
        f"Deleting collection {name!r}",
        timeout="insert",
        idempotent=True,
    )


def _name(told: bodies.Class) -> str:
    return cast(Json, told)["class"]  # type: ignore[no-any-return]


def exists(name: str) -> RestOp[bool | None]:
    """Whether there is a collection; None means no."""
    return RestOp(objects_get.request(name), there, f"Looking for collection {name!r}", absent=ABSENT)


def read(name: str) -> RestOp[Json]:
    """The configuration of a collection, as JSON."""
    return RestOp(
        objects_get.request(name), objects_get.parse, f"Reading the configuration of collection {name!r}"
    ).then(lambda told: cast(Json, told))


def config(name: str, simple: bool) -> RestOp[CollectionConfig | CollectionConfigSimple]:
    """The configuration of a collection."""
    return read(name).then(CollectionConfigSimple.of if simple else CollectionConfig.of)


def configs(simple: bool) -> RestOp[dict[str, CollectionConfig | CollectionConfigSimple]]:
    """The configurations of all collections, by their names."""
    kind = CollectionConfigSimple if simple else CollectionConfig
    return RestOp(dump.request(), dump.parse, "Reading the configuration of all collections").then(
        lambda told: {_name(one): kind.of(cast(Json, one)) for one in told.get("classes") or ()}
    )


def count(name: str, tenant: str | None) -> RpcOp[int]:
    """How many objects a collection has."""
    from weaviate_gen.grpc import WeaviateMethods  # protobuf loads when it is first needed

    request = WeaviateMethods.Aggregate.request(collection=name, objects_count=True, tenant=tenant or "")
    return RpcOp(
        WeaviateMethods.Aggregate,
        request,
        lambda reply: int(reply.single_result.objects_count),
        f"Counting the objects of collection {name!r}",
    )


def nodes(name: str) -> RestOp[list[Shard]]:
    """The shards of a collection, on all nodes."""

    def shards(told: bodies.NodesStatusResponse) -> list[Shard]:
        found = []
        for node in told.get("nodes") or ():
            for one in node.get("shards") or ():
                shard = Shard.of(cast(Json, one))
                shard.node = node.get("name", "")
                found.append(shard)
        return found

    return RestOp(
        nodes_get.request(name, output="verbose"), nodes_get.parse, f"Reading the shards of collection {name!r}"
    ).then(shards)


# The body of a new collection.


def new_collection(
    check: ArgumentCheck,
    name: str,
    *,
    description: str | None,
    properties: Sequence[Property] | type[Any] | None,
    references: Sequence[ReferenceProperty | ReferencePropertyMultiTarget] | type[Any] | None,
    vectorizer_config: VectorizerConfigCreate | Sequence[NamedVectorConfigCreate] | None,
    vector_index_config: VectorIndexConfigCreate | None,
    vector_config: VectorConfigCreate | Sequence[VectorConfigCreate] | None,
    **configs: Settings | None,
) -> Json:
    """The body of `create`; `configs` are those of SECTIONS and MODULES.

    Raises:
        WeaviateInvalidInputError: An argument is wrong, or two contradict each other.
    """
    body: Json = {"class": check.collection("name", name)}
    if check.text("description", description) is not None:
        body["description"] = description
    vectors = _vectors(check, vectorizer_config, vector_index_config, vector_config)
    modules = vectors.pop("moduleConfig", {})
    for argument, (key, kind, _) in SECTIONS.items():
        if (section := check.config(argument, configs[argument], kind)) is not None:
            body[key] = section.to_dict()
    for argument, module_kind in MODULES.items():
        if (module := check.config(argument, cast("ModuleConfig | None", configs[argument]), module_kind)) is not None:
            modules[module.module] = module.to_dict()
    if modules:
        body["moduleConfig"] = modules
    if models.is_class(properties):
        properties = models.properties_of(properties)
    if models.is_class(references):
        references = models.reference_properties_of(references)
    given: list[Property] = [] if properties is None else check.several("properties", properties, Property)
    referred: list[PropertyBase] = [] if references is None else check.several("references", references, *REFERENCES)
    if properties is not None or references is not None:
        makers = vectorizers(vectors)
        body["properties"] = [property_body(one, makers) if makers else one.to_dict() for one in given]
        body["properties"] += [one.to_dict() for one in referred]
    return body | vectors


REFERENCES = (ReferenceProperty, ReferencePropertyMultiTarget)


def _vectors(
    check: ArgumentCheck,
    vectorizer_config: VectorizerConfigCreate | Sequence[NamedVectorConfigCreate] | None,
    vector_index_config: VectorIndexConfigCreate | None,
    vector_config: VectorConfigCreate | Sequence[VectorConfigCreate] | None,
) -> Json:
    """Named vectors, or the one vector without a name of older collections."""
    check.config("vector_index_config", vector_index_config, VectorIndexConfigCreate)
    if vector_config is not None:
        if vectorizer_config is not None or vector_index_config is not None:
            raise WeaviateInvalidInputError(
                "collections.create: `vector_config` stands for both `vectorizer_config` and `vector_index_config`: "
                "give it alone"
            )
        return {"vectorConfig": _named(check, "vector_config", vector_config, VectorConfigCreate)}
    if vectorizer_config is None and vector_index_config is None:
        return {"vectorConfig": {"default": {"vectorizer": {NONE: {}}}}}
    if vectorizer_config is not None and not isinstance(vectorizer_config, VectorizerConfigCreate):
        named = _named(check, "vectorizer_config", vectorizer_config, NamedVectorConfigCreate)
        if vector_index_config is not None:
            raise WeaviateInvalidInputError(
                "collections.create: `vector_index_config` is given with each of the named vectors, not beside them"
            )
        return {"vectorConfig": named}
    told: Json = {"vectorizer": NONE if vectorizer_config is None else vectorizer_config.module}
    if vectorizer_config is not None and vectorizer_config.module != NONE:
        told["moduleConfig"] = {vectorizer_config.module: vectorizer_config.to_dict()}
    if vector_index_config is not None:
        told["vectorIndexType"] = vector_index_config.kind
        told["vectorIndexConfig"] = vector_index_config.to_dict()
    return told


def _named(check: ArgumentCheck, argument: str, given: Any, kind: type[VectorConfigCreate]) -> dict[str, Json]:
    if isinstance(given, Sequence) and not given:  # the server answers nothing
        check.refuse(argument, f"a {kind.__name__}, or a list with at least one", given)
    return named_vectors(check.several(argument, given, kind))


def named_vectors(given: Sequence[VectorConfigCreate]) -> dict[str, Json]:
    """The entries of `vectorConfig`.

    Raises:
        WeaviateInvalidInputError: Two have the same name.
    """
    entries: dict[str, Json] = {}
    for one in given:
        name, entry = one.entry()
        if name in entries:
            raise WeaviateInvalidInputError(f"`vector_config`: two vectors are named {name!r}; give each a `name`")
        entries[name] = entry
    return entries


def vectorizers(body: Mapping[str, Any]) -> list[str]:
    """The modules that make the vectors of a collection, from its JSON."""
    named = [module for one in (body.get("vectorConfig") or {}).values() for module in one.get("vectorizer") or {}]
    return [module for module in dict.fromkeys([body.get("vectorizer") or NONE, *named]) if module != NONE]


def property_body(given: Property, makers: Sequence[str]) -> Json:
    """A property, with what it says about vectorizing said to each vectorizer."""
    body = given.to_dict()
    told = {"skip": body.pop("skip_vectorization"), "vectorizePropertyName": body.pop("vectorize_property_name")}
    if makers:
        body["moduleConfig"] = {maker: dict(told) for maker in makers}
    return body


# Changes.


def update(name: str, body: Mapping[str, Any]) -> RestOp[str]:
    """Replace the configuration of a collection, as far as it can be changed; the answer is its name."""
    return RestOp(
        objects_update.request(name, body=cast("bodies.Class", body)),
        objects_update.parse,
        f"Changing the configuration of collection {name!r}",
        timeout="insert",
        idempotent=True,
    ).then(_name)


class Changes:
    """The arguments of `config.update`, checked; they are applied to what the server has.

    Raises:
        WeaviateInvalidInputError: An argument is wrong, or two contradict each other.
    """

    __slots__ = ("description", "index", "modules", "property_descriptions", "sections", "vectors")

    def __init__(
        self,
        check: ArgumentCheck,
        *,
        description: str | None,
        property_descriptions: Mapping[str, str] | None,
        vectorizer_config: VectorIndexConfigUpdate | Sequence[NamedVectorConfigUpdate] | None,
        vector_index_config: VectorIndexConfigUpdate | None,
        vector_config: VectorConfigUpdate | Sequence[VectorConfigUpdate] | None,
        **configs: Settings | None,
    ) -> None:
        self.description = check.text("description", description)
        self.property_descriptions = check.mapping("property_descriptions", property_descriptions)
        for name, text in self.property_descriptions.items():
            check.text(f"property_descriptions[{name!r}]", text, required=True)
        vectors = (vectorizer_config, vector_index_config, vector_config)
        if sum(one is not None for one in vectors) > 1:
            raise WeaviateInvalidInputError(
                "config.update: give only one of `vectorizer_config`, `vector_index_config` and `vector_config`"
            )
        self.index = check.config("vector_index_config", vector_index_config, VectorIndexConfigUpdate)
        self.vectors: list[VectorConfigUpdate] = []
        if isinstance(vectorizer_config, VectorIndexConfigUpdate):
            self.index = vectorizer_config
        elif vectorizer_config is not None:
            self.vectors += check.several("vectorizer_config", vectorizer_config, NamedVectorConfigUpdate)
        if vector_config is not None:
            self.vectors += check.several("vector_config", vector_config, VectorConfigUpdate)
        self.sections = {
            key: section.to_dict()
            for argument, (key, _, kind) in SECTIONS.items()
            if kind is not None and (section := check.config(argument, configs[argument], kind)) is not None
        }
        self.modules = {
            module.module: module.to_dict()
            for argument, module_kind in MODULES.items()
            if (module := check.config(argument, cast("ModuleConfig | None", configs[argument]), module_kind))
        }

    def apply(self, current: Json) -> Json:
        """The configuration of a collection with the changes in it.

        Raises:
            WeaviateInvalidInputError: It has no such property or vector, or another kind of index.
        """
        body = merged(current, self.sections)
        if self.description is not None:
            body["description"] = self.description
        if self.property_descriptions:
            body["properties"] = self._described(current)
        if self.modules:
            kinds = {module.partition("-")[0] for module in self.modules}
            kept = {k: v for k, v in (current.get("moduleConfig") or {}).items() if k.partition("-")[0] not in kinds}
            body["moduleConfig"] = kept | self.modules
        named = current.get("vectorConfig") or {}
        for one in self.vectors:
            name = one.name or "default"
            if name in named:
                body["vectorConfig"] = body["vectorConfig"] | {
                    name: _reindexed(named[name], one.index, f"vector {name!r}")
                }
            elif one.name is None and "vectorIndexConfig" in current:
                body |= _reindexed(current, one.index, "the collection")
            else:
                known = ", ".join(map(repr, named)) or "no named vectors"
                raise WeaviateInvalidInputError(f"`vector_config`: there is no vector {name!r}, but {known}")
        if self.index is not None:
            if "vectorIndexConfig" not in current:
                raise WeaviateInvalidInputError(
                    "The collection has named vectors: change the index of one with "
                    "vector_config=Reconfigure.Vectors.update(name=..., vector_index_config=...)"
                )
            body |= _reindexed(current, self.index, "the collection")
        return body

    def _described(self, current: Json) -> list[Json]:
        properties = current.get("properties") or []
        names = [one["name"] for one in properties]
        if missing := [name for name in self.property_descriptions if name not in names]:
            raise WeaviateInvalidInputError(
                f"`property_descriptions`: there is no property {missing[0]!r}, but {', '.join(map(repr, names))}"
            )
        texts = self.property_descriptions
        return [one | {"description": texts[one["name"]]} if one["name"] in texts else one for one in properties]


def _reindexed(current: Json, index: VectorIndexConfigUpdate, what: str) -> Json:
    """What has an index, with changes in it."""
    kind = current.get("vectorIndexType")
    if kind not in (None, index.kind):
        raise WeaviateInvalidInputError(f"The index of {what} is of the kind {kind!r}, not {index.kind!r}")
    return current | {"vectorIndexConfig": merged(current.get("vectorIndexConfig") or {}, index.to_dict())}


def merged(current: Json, changes: Mapping[str, Any]) -> Json:
    """JSON with changes in it, which are more JSON of the same form."""
    return current | {
        key: merged(current[key], value) if isinstance(value, dict) and isinstance(current.get(key), dict) else value
        for key, value in changes.items()
    }


def with_vectors(current: Json, added: Mapping[str, Json]) -> Json:
    """The configuration of a collection with more named vectors.

    Raises:
        WeaviateInvalidInputError: It has one of the name.
    """
    named = current.get("vectorConfig") or {}
    if taken := [name for name in added if name in named]:
        raise WeaviateInvalidInputError(f"`vector_config`: there is a vector {taken[0]!r} already; give another `name`")
    return current | {"vectorConfig": named | {k: {"vectorIndexType": "hnsw"} | v for k, v in added.items()}}


def add_property(name: str, given: PropertyBase, current: Json) -> RestOp[None]:
    """Add a property or a reference to a collection.

    Raises:
        WeaviateInvalidInputError: It has one of the name.
    """
    if any(one["name"].lower() == given.name.lower() for one in current.get("properties") or ()):
        raise WeaviateInvalidInputError(f"Property {given.name!r} already exists in collection {name!r}")
    body = property_body(given, vectorizers(current)) if isinstance(given, Property) else given.to_dict()
    return RestOp(
        objects_properties_add.request(name, body=cast("bodies.Property", body)),
        objects_properties_add.parse,
        f"Adding property {given.name!r} to collection {name!r}",
        timeout="insert",
    ).then(lambda told: None)


def delete_index(check: ArgumentCheck, name: str, property_name: str, index_name: IndexName) -> RestOp[None]:
    """Delete an index of a property."""
    check.name("property_name", property_name)
    check.choice("index_name", index_name, get_args(IndexName), required=True)
    return RestOp(
        objects_properties_delete.request(name, property_name, index_name),
        objects_properties_delete.parse,
        f"Deleting the index {index_name!r} of property {property_name!r} of collection {name!r}",
        timeout="insert",
        idempotent=True,
    )


# Shards.


def shards(name: str, tenant: str | None) -> RestOp[list[ShardStatus]]:
    """The shards of a collection, and whether they can be written to."""
    return RestOp(
        objects_shards_get.request(name, tenant=tenant),
        objects_shards_get.parse,
        f"Reading the shards of collection {name!r}",
    ).then(lambda told: [ShardStatus.of(cast(Json, one)) for one in told])


def update_shard(name: str, shard: str, status: ShardTypes) -> RestOp[ShardTypes]:
    """Set whether a shard can be written to; the answer is its status."""
    return RestOp(
        objects_shards_update.request(name, shard, body={"status": status}),
        objects_shards_update.parse,
        f"Setting shard {shard!r} of collection {name!r} to {status!r}",
        timeout="insert",
        idempotent=True,
    ).then(lambda told: cast(ShardTypes, told.get("status", status)))
