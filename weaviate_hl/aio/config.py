"""`collection.config`: the configuration of a collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, cast, overload

from weaviate_hl.ops import schema
from weaviate_hl.ops.checks import check
from weaviate_hl.values.configuration import VectorConfigCreate
from weaviate_hl.values.properties import Property

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.core import Transport
    from weaviate_hl.values.configuration import (
        GenerativeProvider,
        InvertedIndexConfigUpdate,
        MultiTenancyConfigUpdate,
        NamedVectorConfigUpdate,
        ObjectTTLConfigUpdate,
        ReplicationConfigUpdate,
        RerankerProvider,
        VectorConfigUpdate,
        VectorIndexConfigUpdate,
    )
    from weaviate_hl.values.properties import IndexName, ReferenceProperty, ReferencePropertyMultiTarget
    from weaviate_hl.values.schema import CollectionConfig, CollectionConfigSimple, ShardStatus, ShardTypes


class ConfigAsync:
    """The configuration of a collection: `collection.config`."""

    def __init__(self, transport: Transport, name: str, tenant: str | None, validate: bool) -> None:
        self._transport = transport
        self._name = name
        self._tenant = tenant
        self._validate = validate

    @overload
    async def get(self, simple: Literal[False] = False) -> CollectionConfig: ...
    @overload
    async def get(self, simple: Literal[True]) -> CollectionConfigSimple: ...
    @overload
    async def get(self, simple: bool = False) -> CollectionConfig | CollectionConfigSimple: ...
    async def get(self, simple: bool = False) -> CollectionConfig | CollectionConfigSimple:
        """The configuration of the collection.

        Args:
            simple: Whether what most programs need is enough.

        Raises:
            UnexpectedStatusCodeError: There is no such collection (status 404).
        """
        return await self._transport.execute(schema.config(self._name, simple))

    async def update(
        self,
        *,
        description: str | None = None,
        property_descriptions: Mapping[str, str] | None = None,
        inverted_index_config: InvertedIndexConfigUpdate | None = None,
        multi_tenancy_config: MultiTenancyConfigUpdate | None = None,
        object_ttl_config: ObjectTTLConfigUpdate | None = None,
        replication_config: ReplicationConfigUpdate | None = None,
        vector_index_config: VectorIndexConfigUpdate | None = None,
        vectorizer_config: VectorIndexConfigUpdate | Sequence[NamedVectorConfigUpdate] | None = None,
        vector_config: VectorConfigUpdate | Sequence[VectorConfigUpdate] | None = None,
        generative_config: GenerativeProvider | None = None,
        reranker_config: RerankerProvider | None = None,
    ) -> None:
        """Change the configuration of the collection, as far as the server lets it be changed.

        It reads the configuration, changes what is given, and writes it back; what is not given stays.

        Args:
            description: What the collection is.
            property_descriptions: What properties are, by their names.
            inverted_index_config: Changes of the keyword index: `Reconfigure.inverted_index(...)`.
            multi_tenancy_config: Changes of how tenants are treated: `Reconfigure.multi_tenancy(...)`.
            object_ttl_config: Changes of when objects expire: `Reconfigure.ObjectTTL...`.
            replication_config: Changes of the replication: `Reconfigure.replication(...)`.
            vector_index_config: Changes of the index of a collection without named vectors.
            vectorizer_config: The same, or `Reconfigure.NamedVectors.update(...)`, in the older spelling.
            vector_config: Changes of vectors: `Reconfigure.Vectors.update(...)`, or a list of them.
            generative_config: The generative model from now on: `Reconfigure.Generative...`.
            reranker_config: The reranker from now on: `Reconfigure.Reranker...`.

        Raises:
            WeaviateInvalidInputError: An argument is wrong, or does not fit the collection; it is named.
            UnexpectedStatusCodeError: The server refuses a change, such as one of what is immutable.

        Example:
            await articles.config.update(
                vector_config=Reconfigure.Vectors.update(
                    name="title", vector_index_config=Reconfigure.VectorIndex.hnsw(ef=128)
                )
            )
        """
        changes = schema.Changes(
            check("config.update", self._validate),
            description=description,
            property_descriptions=property_descriptions,
            vectorizer_config=vectorizer_config,
            vector_index_config=vector_index_config,
            vector_config=vector_config,
            inverted_index_config=inverted_index_config,
            multi_tenancy_config=multi_tenancy_config,
            object_ttl_config=object_ttl_config,
            replication_config=replication_config,
            generative_config=generative_config,
            reranker_config=reranker_config,
        )
        current = await self._transport.execute(schema.read(self._name))
        await self._transport.execute(schema.update(self._name, changes.apply(current)))

    async def add_property(self, prop: Property) -> None:
        """Add a property to the collection. Objects that are there have no value for it.

        Args:
            prop: The property.

        Raises:
            WeaviateInvalidInputError: It is no property, or there is one of its name.
        """
        check("config.add_property", self._validate).config("prop", prop, Property, required=True)
        current = await self._transport.execute(schema.read(self._name))
        await self._transport.execute(schema.add_property(self._name, prop, current))

    async def add_reference(self, ref: ReferenceProperty | ReferencePropertyMultiTarget) -> None:
        """Add a reference to objects of other collections.

        Args:
            ref: The reference.

        Raises:
            WeaviateInvalidInputError: It is no reference, or there is a property of its name.
        """
        check("config.add_reference", self._validate).config("ref", ref, *schema.REFERENCES, required=True)
        current = await self._transport.execute(schema.read(self._name))
        await self._transport.execute(schema.add_property(self._name, ref, current))

    async def add_vector(self, *, vector_config: VectorConfigCreate | Sequence[VectorConfigCreate]) -> None:
        """Add named vectors to the collection. Objects that are there do not have them until they are written again.

        Args:
            vector_config: The vectors: `Configure.Vectors...`, or a list of them.

        Raises:
            WeaviateInvalidInputError: It is no vector, or there is one of its name.
        """
        checks = check("config.add_vector", self._validate)
        added = schema.named_vectors(checks.several("vector_config", vector_config, VectorConfigCreate))
        current = await self._transport.execute(schema.read(self._name))
        await self._transport.execute(schema.update(self._name, schema.with_vectors(current, added)))

    async def delete_property_index(self, property_name: str, index_name: IndexName) -> None:
        """Delete an index of a property; the property and its values stay. It cannot be made again.

        Args:
            property_name: The property.
            index_name: "searchable", "filterable" or "rangeFilters".

        Raises:
            WeaviateInvalidInputError: There is no index of this name.
            UnexpectedStatusCodeError: There is no such property.
        """
        checks = check("config.delete_property_index", self._validate)
        await self._transport.execute(schema.delete_index(checks, self._name, property_name, index_name))

    async def get_shards(self) -> list[ShardStatus]:
        """The shards of the collection, or that of the tenant, and whether they can be written to."""
        return await self._transport.execute(schema.shards(self._name, self._tenant))

    async def update_shards(
        self, status: Literal["READY", "READONLY"], shard_names: str | Sequence[str] | None = None
    ) -> dict[str, ShardTypes]:
        """Set whether shards can be written to.

        Args:
            status: "READY", or "READONLY" to refuse writes.
            shard_names: The shards; all when left out.

        Returns:
            The status of each of them, by name.

        Raises:
            WeaviateInvalidInputError: An argument is wrong; it is named.
        """
        checks = check("config.update_shards", self._validate)
        checks.choice("status", status, ("READY", "READONLY"), required=True)
        if shard_names is None:
            names = [one.name for one in await self.get_shards()]
        else:
            names = cast(list[str], checks.several("shard_names", shard_names, str))
        return {name: await self._transport.execute(schema.update_shard(self._name, name, status)) for name in names}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of collection {self._name!r}>"
