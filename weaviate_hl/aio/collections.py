"""`client.collections`: creating, finding and deleting collections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from weaviate_hl.aio.collection import CollectionAsync
from weaviate_hl.ops import models, schema
from weaviate_hl.ops.checks import check
from weaviate_hl.values.generics import Properties, References
from weaviate_hl.values.schema import CollectionConfig, CollectionConfigSimple

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.core import Transport
    from weaviate_hl.values.configuration import (
        GenerativeProvider,
        InvertedIndexConfigCreate,
        MultiTenancyConfigCreate,
        NamedVectorConfigCreate,
        ObjectTTLConfigCreate,
        ReplicationConfigCreate,
        RerankerProvider,
        ShardingConfigCreate,
        VectorConfigCreate,
        VectorIndexConfigCreate,
        VectorizerConfigCreate,
    )
    from weaviate_hl.values.properties import Property, ReferenceProperty, ReferencePropertyMultiTarget


class CollectionsAsync:
    """The collections of a server: `client.collections`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(
        self,
        name: str,
        *,
        description: str | None = None,
        generative_config: GenerativeProvider | None = None,
        inverted_index_config: InvertedIndexConfigCreate | None = None,
        multi_tenancy_config: MultiTenancyConfigCreate | None = None,
        object_ttl_config: ObjectTTLConfigCreate | None = None,
        properties: Sequence[Property] | type[Properties] | None = None,
        references: Sequence[ReferenceProperty | ReferencePropertyMultiTarget] | type[References] | None = None,
        replication_config: ReplicationConfigCreate | None = None,
        reranker_config: RerankerProvider | None = None,
        sharding_config: ShardingConfigCreate | None = None,
        vector_index_config: VectorIndexConfigCreate | None = None,
        vectorizer_config: VectorizerConfigCreate | Sequence[NamedVectorConfigCreate] | None = None,
        vector_config: VectorConfigCreate | Sequence[VectorConfigCreate] | None = None,
        data_model_properties: type[Properties] | None = None,
        data_model_references: type[References] | None = None,
        skip_argument_validation: bool = False,
    ) -> CollectionAsync[Properties, References]:
        """Create a collection.

        Args:
            name: Its name; it begins with a capital letter.
            description: What it is, for people and agents.
            generative_config: Its generative model: `Configure.Generative...`.
            inverted_index_config: Its keyword index: `Configure.inverted_index(...)`.
            multi_tenancy_config: Whether it has tenants: `Configure.multi_tenancy(...)`.
            object_ttl_config: When its objects expire: `Configure.ObjectTTL...`.
            properties: Its properties; or a class that says what properties an object has, from which they are made,
                and which is then the data model, too.
            references: Its references to objects of other collections, or a class in the same way.
            replication_config: How many copies there are: `Configure.replication(...)`.
            reranker_config: Its reranker: `Configure.Reranker...`.
            sharding_config: How its objects are spread: `Configure.sharding(...)`.
            vector_index_config: The index of its vector, in the older spelling that goes with `vectorizer_config`.
            vectorizer_config: What makes its vectors, in the older spelling: `Configure.Vectorizer...`, or a list of
                `Configure.NamedVectors...`.
            vector_config: Its vectors: `Configure.Vectors...`, `Configure.MultiVectors...`, or a list of them. With
                none of the three, objects have one vector that you provide.
            data_model_properties: A class that says what properties an object has: queries return its instances. Here
                it says nothing to the server, where `properties` are made when they are first written.
            data_model_references: A class that says what references an object has, in the same way.
            skip_argument_validation: Leave it to the server to check arguments, here and in calls of the collection.

        Returns:
            The collection, to work with.

        Raises:
            WeaviateInvalidInputError: An argument is wrong; it is named.
            InvalidDataModelError: A class cannot be a data model, or has a type that the server has no equivalent for.
            UnexpectedStatusCodeError: The server refuses it, such as when there is one of the name.

        Example:
            await client.collections.create(
                "Article",
                properties=[Property(name="title", data_type=DataType.TEXT)],
                vector_config=Configure.Vectors.self_provided(),
            )

            @dataclass
            class Article:
                title: str

            articles = await client.collections.create("Article", properties=Article)
        """
        if data_model_properties is None and models.is_class(properties):
            data_model_properties = cast("type[Properties]", properties)
        if data_model_references is None and models.is_class(references):
            data_model_references = cast("type[References]", references)
        models.require(data_model_properties, data_model_references)
        body = schema.new_collection(
            check("collections.create", not skip_argument_validation),
            name,
            description=description,
            properties=properties,
            references=references,
            vectorizer_config=vectorizer_config,
            vector_index_config=vector_index_config,
            vector_config=vector_config,
            generative_config=generative_config,
            inverted_index_config=inverted_index_config,
            multi_tenancy_config=multi_tenancy_config,
            object_ttl_config=object_ttl_config,
            replication_config=replication_config,
            reranker_config=reranker_config,
            sharding_config=sharding_config,
        )
        created = await self._transport.execute(schema.create(body))
        return self.use(created, data_model_properties, data_model_references, skip_argument_validation)

    async def create_from_dict(self, config: Mapping[str, Any]) -> CollectionAsync:
        """Create a collection from the server's JSON, such as `collection.config.get().to_dict()`.

        Args:
            config: The JSON.

        Returns:
            The collection, to work with.

        Raises:
            WeaviateInvalidInputError: It is no dictionary with a name in "class".
            UnexpectedStatusCodeError: The server refuses it.
        """
        checks = check("collections.create_from_dict", True)
        body = checks.mapping("config", config, required=True)
        checks.name('config["class"]', body.get("class", ""))
        name = ""
        for op in schema.recreate(body):
            name = await self._transport.execute(op)
        return self.use(name)

    async def create_from_config(self, config: CollectionConfig) -> CollectionAsync:
        """Create a collection that is configured as another one is or was.

        Args:
            config: What `collection.config.get()` or `collections.export_config` gave, perhaps changed. What this
                client does not know in it is kept.

        Returns:
            The collection, to work with.

        Raises:
            WeaviateInvalidInputError: It is no configuration of a collection.
            UnexpectedStatusCodeError: The server refuses it.

        Example:
            config = await client.collections.export_config("Article")
            config.name = "ArticleCopy"
            await client.collections.create_from_config(config)
        """
        check("collections.create_from_config", True).config("config", config, CollectionConfig, required=True)
        return await self.create_from_dict(config.to_dict())

    def use(
        self,
        name: str,
        data_model_properties: type[Properties] | None = None,
        data_model_references: type[References] | None = None,
        skip_argument_validation: bool = False,
    ) -> CollectionAsync[Properties, References]:
        """A collection to work with. This asks the server nothing, not even whether it exists.

        Args:
            name: Its name, or one of its aliases.
            data_model_properties: A class that says what properties an object has.
            data_model_references: A class that says what references an object has.
            skip_argument_validation: Leave it to the server to check arguments.

        Raises:
            WeaviateInvalidInputError: The name is no text.
            InvalidDataModelError: A class cannot be a data model.

        Example:
            articles = client.collections.use("Article")
        """
        models.require(data_model_properties, data_model_references)
        name = check("collections.use", not skip_argument_validation).collection("name", name)
        return CollectionAsync(
            self._transport,
            name,
            not skip_argument_validation,
            properties=data_model_properties,
            references=data_model_references,
        )

    def get(
        self,
        name: str,
        data_model_properties: type[Properties] | None = None,
        data_model_references: type[References] | None = None,
        skip_argument_validation: bool = False,
    ) -> CollectionAsync[Properties, References]:
        """The same as `use`, in the older spelling."""
        return self.use(name, data_model_properties, data_model_references, skip_argument_validation)

    async def exists(self, name: str) -> bool:
        """Whether there is a collection, or an alias, of this name."""
        op = schema.exists(check("collections.exists", True).collection("name", name))
        return await self._transport.execute(op) is not None

    async def delete(self, name: str | Sequence[str]) -> None:
        """Delete collections with all their objects. One that does not exist is no error.

        Args:
            name: One or several names.

        Raises:
            WeaviateInvalidInputError: A name is no text.
        """
        checks = check("collections.delete", True)
        names = [checks.collection("name", one) for one in checks.several("name", name, str)]
        for one in names:
            await self._transport.execute(schema.delete(one))

    async def delete_all(self) -> None:
        """Delete all collections with all their objects. This cannot be undone."""
        for name in await self._transport.execute(schema.configs(simple=True)):
            await self._transport.execute(schema.delete(name))

    @overload
    async def list_all(self, simple: Literal[False]) -> dict[str, CollectionConfig]: ...
    @overload
    async def list_all(self, simple: Literal[True] = True) -> dict[str, CollectionConfigSimple]: ...
    @overload
    async def list_all(
        self, simple: bool = True
    ) -> dict[str, CollectionConfig] | dict[str, CollectionConfigSimple]: ...
    async def list_all(self, simple: bool = True) -> dict[str, CollectionConfig] | dict[str, CollectionConfigSimple]:
        """The configurations of all collections, by their names.

        Args:
            simple: Whether what most programs need is enough.
        """
        found = await self._transport.execute(schema.configs(simple))
        return cast("dict[str, CollectionConfig] | dict[str, CollectionConfigSimple]", found)

    async def export_config(self, name: str) -> CollectionConfig:
        """The configuration of a collection, to keep or to create another one from.

        Raises:
            UnexpectedStatusCodeError: There is no such collection (status 404).
        """
        op = schema.config(check("collections.export_config", True).collection("name", name), simple=False)
        return cast(CollectionConfig, await self._transport.execute(op))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._transport.place}>"
