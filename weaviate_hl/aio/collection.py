"""A collection: what `client.collections.use` and `create` return, and where its namespaces hang from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, overload

from weaviate_hl.aio.batch import CollectionBatchingAsync
from weaviate_hl.aio.config import ConfigAsync
from weaviate_hl.aio.data import DataAsync
from weaviate_hl.aio.iterator import ObjectIteratorAsync, ObjectScanAsync
from weaviate_hl.aio.query import QueryAsync
from weaviate_hl.aio.tenants import TenantsAsync
from weaviate_hl.colour.aio import ASYNC
from weaviate_hl.ops import scan, schema
from weaviate_hl.ops.checks import check
from weaviate_hl.ops.scope import Scope
from weaviate_hl.values.enums import ConsistencyLevel
from weaviate_hl.values.generics import Properties, References, TProperties, TReferences
from weaviate_hl.values.tables import of_facts
from weaviate_hl.values.tenants import Tenant, tenant_name

if TYPE_CHECKING:
    from weaviate_hl.aio.aggregate import AggregateAsync
    from weaviate_hl.aio.generate import GenerateAsync
    from weaviate_hl.aio.transport.core import Transport
    from weaviate_hl.values.filters import FilterReturn
    from weaviate_hl.values.inputs import MetadataName, MetadataQuery, ReturnProperties, ReturnReferences, Uuid
    from weaviate_hl.values.schema import Shard


class CollectionAsync(Generic[Properties, References]):
    """A collection; made by `client.collections.use(...)` or `create(...)`.

    It is cheap: it holds a name, and asks the server nothing until one of its methods is called.

    Attributes:
        name: Its name.
        batch: Writes many objects and references.
        config: Its configuration.
        data: Its objects, to write and delete.
        query: Searches.
        aggregate: Counts and metrics.
        generate: Searches whose results a generative model works on.
        tenants: Its tenants.
    """

    def __init__(
        self,
        connection: Transport,
        name: str,
        validate_arguments: bool = True,
        consistency_level: ConsistencyLevel | None = None,
        tenant: str | None = None,
        properties: type[Properties] | None = None,
        references: type[References] | None = None,
    ) -> None:
        self._transport = connection
        self._scope = scope = Scope(name, tenant, consistency_level, validate_arguments, properties, references)
        self.name = name
        self.batch = CollectionBatchingAsync[Properties](connection, name, tenant, consistency_level)
        self.config = ConfigAsync(connection, name, tenant, validate_arguments)
        self.data = DataAsync[Properties](connection, scope)
        self.tenants = TenantsAsync(connection, name, validate_arguments)
        self.query: QueryAsync[Properties, References] = QueryAsync(connection, scope)

    @cached_property
    def aggregate(self) -> AggregateAsync:
        """Counts and metrics."""
        from weaviate_hl.aio.aggregate import AggregateAsync

        return AggregateAsync(self._transport, self._scope)

    @cached_property
    def generate(self) -> GenerateAsync[Properties, References]:
        """Searches whose results a generative model works on."""
        from weaviate_hl.aio.generate import GenerateAsync

        return GenerateAsync(self._transport, self._scope)

    @property
    def tenant(self) -> str | None:
        """The tenant that its calls concern, if any."""
        return self._scope.tenant

    @property
    def consistency_level(self) -> ConsistencyLevel | None:
        """How many copies of an object must answer its calls; None leaves it to the server."""
        return self._scope.consistency_level

    def with_tenant(self, tenant: str | Tenant | None) -> CollectionAsync[Properties, References]:
        """The same collection, for one tenant. This one stays as it is, and nothing is sent.

        Args:
            tenant: The tenant or its name; None for no tenant.

        Raises:
            WeaviateInvalidInputError: It is neither.
        """
        if tenant is None:
            return self._but(tenant=None)
        checks = check("collection.with_tenant", self._scope.validate)
        name = checks.name("tenant", tenant_name(checks.one("tenant", tenant, str, Tenant)))
        return self._but(tenant=name)

    def with_consistency_level(
        self, consistency_level: ConsistencyLevel | None
    ) -> CollectionAsync[Properties, References]:
        """The same collection, with another consistency level. This one stays as it is, and nothing is sent.

        Args:
            consistency_level: How many copies of an object must answer; None leaves it to the server.

        Raises:
            WeaviateInvalidInputError: It is no consistency level.
        """
        checks = check("collection.with_consistency_level", self._scope.validate)
        checks.enum("consistency_level", consistency_level, ConsistencyLevel)
        level = None if consistency_level is None else ConsistencyLevel(consistency_level)
        return self._but(consistency_level=level)

    def _but(self, **changes: Any) -> CollectionAsync[Properties, References]:
        new = self._scope.but(**changes)
        return CollectionAsync(
            self._transport, self.name, new.validate, new.consistency_level, new.tenant, new.properties, new.references
        )

    @overload
    def iterator(
        self,
        include_vector: bool | str | Sequence[str] = False,
        return_metadata: MetadataQuery | Sequence[MetadataName] | None = None,
        *,
        return_properties: None = None,
        return_references: None = None,
        after: Uuid | None = None,
        cache_size: int | None = None,
        filters: FilterReturn | None = None,
        concurrent_requests: int = 1,
    ) -> ObjectIteratorAsync[Properties, References]: ...
    @overload
    def iterator(
        self,
        include_vector: bool | str | Sequence[str] = False,
        return_metadata: MetadataQuery | Sequence[MetadataName] | None = None,
        *,
        return_properties: None = None,
        return_references: type[TReferences] | ReturnReferences,
        after: Uuid | None = None,
        cache_size: int | None = None,
        filters: FilterReturn | None = None,
        concurrent_requests: int = 1,
    ) -> ObjectIteratorAsync[Properties, TReferences]: ...
    @overload
    def iterator(
        self,
        include_vector: bool | str | Sequence[str] = False,
        return_metadata: MetadataQuery | Sequence[MetadataName] | None = None,
        *,
        return_properties: type[TProperties] | ReturnProperties,
        return_references: None = None,
        after: Uuid | None = None,
        cache_size: int | None = None,
        filters: FilterReturn | None = None,
        concurrent_requests: int = 1,
    ) -> ObjectIteratorAsync[TProperties, References]: ...
    @overload
    def iterator(
        self,
        include_vector: bool | str | Sequence[str] = False,
        return_metadata: MetadataQuery | Sequence[MetadataName] | None = None,
        *,
        return_properties: type[TProperties] | ReturnProperties,
        return_references: type[TReferences] | ReturnReferences,
        after: Uuid | None = None,
        cache_size: int | None = None,
        filters: FilterReturn | None = None,
        concurrent_requests: int = 1,
    ) -> ObjectIteratorAsync[TProperties, TReferences]: ...
    def iterator(
        self,
        include_vector: bool | str | Sequence[str] = False,
        return_metadata: MetadataQuery | Sequence[MetadataName] | None = None,
        *,
        return_properties: type[TProperties] | ReturnProperties | None = None,
        return_references: type[TReferences] | ReturnReferences | None = None,
        after: Uuid | None = None,
        cache_size: int | None = None,
        filters: FilterReturn | None = None,
        concurrent_requests: int = 1,
    ) -> ObjectIteratorAsync[Any, Any]:
        """All objects of the collection, or of the tenant, one after another, in the order of their ids.

        They come in pages, so that memory stays as it is however many there are. After a break or an error, go on with
        `after=iterator.cursor`.

        Args:
            include_vector: Whether to return vectors, or the names of those to return.
            return_metadata: Which metadata to return.
            return_properties: Which properties to return: names, `QueryNested`, a class that names them, or whether
                any; without, all of them.
            return_references: Which references to follow: `QueryReference(...)`, several, or a class that names them.
            after: Begin after the object with this id; there need be none that has it.
            cache_size: How many objects to ask for at once: by default 100, at most what the server returns at once.
            filters: Only objects that this matches. The server goes through all matches for every page: ask for large
                ones.
            concurrent_requests: How many pages to ask for at the same time, and so to hold. The order stays. It helps
                where ids are random, or made of what objects hold; where they are close to each other, as those that
                count up, pages come one by one.

        Raises:
            WeaviateInvalidInputError: An argument is wrong; it is named.
            WeaviateQueryError: The server refuses it, and says why; raised by the loop.

        Example:
            async for article in articles.iterator():
                print(article.uuid, article.properties)

            recent = Filter.by_property("year").greater_than(2020)
            async for article in articles.iterator(filters=recent, cache_size=1000, concurrent_requests=4):
                print(article.uuid)
        """
        asked = scan.scan(
            self._scope,
            cache_size,
            concurrent_requests,
            filters,
            include_vector=include_vector,
            return_metadata=return_metadata,
            return_properties=return_properties,
            return_references=return_references,
        )
        asked.page(after)  # so that a wrong argument is refused here, not in the loop
        return ObjectIteratorAsync(lambda: ObjectScanAsync(self._transport, asked, after))

    async def exists(self) -> bool:
        """Whether the server has the collection."""
        return await self._transport.execute(schema.exists(self.name)) is not None

    async def shards(self) -> list[Shard]:
        """The shards of the collection on all nodes, with how many objects each has."""
        return await self._transport.execute(schema.nodes(self.name))

    async def length(self) -> int:
        """How many objects the collection, or the tenant, has."""
        return await self._transport.execute(schema.count(self.name, self._scope.tenant))

    async def to_string(self) -> str:
        """The configuration of the collection as JSON text."""
        return json.dumps((await self.config.get()).to_dict(), indent=2, ensure_ascii=False)

    if not ASYNC:

        def __len__(self) -> int:
            """How many objects the collection, or the tenant, has."""
            return self.length()

        def __bool__(self) -> bool:
            return True

    def __repr__(self) -> str:
        told = "".join(f", {what} {value}" for what, value in self._facts().items() if value is not None)
        return f"<{type(self).__name__} {self.name!r}{told}>"

    def _repr_html_(self) -> str:
        return of_facts({"collection": self.name} | self._facts())

    def _facts(self) -> dict[str, str | None]:
        return {"tenant": self._scope.tenant, "consistency level": self._scope.consistency_level}
