"""`client.batch` and `collection.batch`: the kinds of batches, and what became of the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Unpack

from weaviate_hl.batching import plans
from weaviate_hl.batching.options import BatchOptions, Options
from weaviate_hl.colour.aio import sleep
from weaviate_hl.errors import WeaviateBaseError, WeaviateInvalidInputError
from weaviate_hl.ops import schema
from weaviate_hl.ops.checks import check
from weaviate_hl.values.enums import ConsistencyLevel
from weaviate_hl.values.generics import Properties

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from weaviate_hl.aio.batch_block import ClientBatchAsync, CollectionBatchAsync
    from weaviate_hl.aio.batch_run import RunningBatchAsync
    from weaviate_hl.aio.transport.core import Transport
    from weaviate_hl.batching.journal import Journal
    from weaviate_hl.values.batch import BatchResult, ErrorObject, ErrorReference
    from weaviate_hl.values.inputs import Shard

INDEXING_LOOK = 0.25
"""Seconds between two looks whether vectors are indexed."""

BUSY = ("INDEXING", "LOADING")
"""What a shard says of itself that will be something else in a while; one that is read-only stays that."""


class Batching:
    """What `client.batch` and `collection.batch` have in common: what became of the last batch.

    Attributes:
        transport: The connection.
        last: The batch that was entered or left last.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.last: RunningBatchAsync | None = None

    @property
    def failed_objects(self) -> list[ErrorObject]:
        """The objects of the last batch that were not stored, or not known to be."""
        return [] if self.last is None else self.last.failed_objects

    @property
    def failed_references(self) -> list[ErrorReference]:
        """The references of the last batch that were not stored, or not known to be."""
        return [] if self.last is None else self.last.failed_references

    @property
    def results(self) -> BatchResult:
        """What became of the last batch; of the objects that were stored, the last 100,000."""
        from weaviate_hl.values.batch import BatchResult

        return BatchResult() if self.last is None else self.last.results

    async def wait_for_vector_indexing(self, shards: list[Shard] | None = None, how_many_failures: int = 5) -> None:
        """Wait until the server has indexed all vectors; this matters where it does so in the background.

        Args:
            shards: What to wait for; without, the collections and tenants of the last batch.
            how_many_failures: How many failed looks at the server, one after another, are put up with.
        """
        places = self._places() if shards is None else _places_of(shards)
        failures = 0
        while places:
            try:
                told = await self.transport.execute(schema.shards(*places[-1]))
            except WeaviateBaseError:
                failures += 1
                if failures >= how_many_failures:
                    raise
            else:
                failures = 0
                if not any(shard.status in BUSY or shard.vector_queue_size for shard in told):
                    places.pop()
                    continue
            await sleep(INDEXING_LOOK)

    def _places(self) -> list[tuple[str, str | None]]:
        return [] if self.last is None else self.last.places


def _places_of(shards: Sequence[Shard]) -> list[tuple[str, str | None]]:
    from weaviate_hl.values.inputs import Shard

    for shard in shards:
        if not isinstance(shard, Shard):
            raise WeaviateInvalidInputError(f"`shards` must be a list of Shard(collection=...), not {shards!r}")
    return [(shard.collection, shard.tenant) for shard in shards]


class ClientBatchingAsync(Batching):
    """Writes objects and references of any collections, many at a time: `client.batch`.

    Example:
        async with client.batch.dynamic() as batch:
            await batch.add_object("Article", {"title": "Hello"})
    """

    def dynamic(
        self, consistency_level: ConsistencyLevel | None = None, **options: Unpack[BatchOptions]
    ) -> ClientBatchAsync:
        """Requests whose size follows the time that the server takes.

        Args:
            consistency_level: How many copies of an object must answer; None leaves it to the server.
            **options: See `BatchOptions`.
        """
        return self._begin(plans.dynamic(), consistency_level, options)

    def fixed_size(
        self,
        batch_size: int = 100,
        concurrent_requests: int = 2,
        consistency_level: ConsistencyLevel | None = None,
        **options: Unpack[BatchOptions],
    ) -> ClientBatchAsync:
        """Requests of so many objects each.

        Args:
            batch_size: The objects of a request; fewer where they have more than 2 MB.
            concurrent_requests: How many requests are under way at once.
            consistency_level: How many copies of an object must answer; None leaves it to the server.
            **options: See `BatchOptions`.
        """
        return self._begin(plans.fixed_size(batch_size, concurrent_requests), consistency_level, options)

    def rate_limit(
        self,
        requests_per_minute: int,
        consistency_level: ConsistencyLevel | None = None,
        **options: Unpack[BatchOptions],
    ) -> ClientBatchAsync:
        """So many objects in a minute, as for a provider of vectors that allows so many requests.

        Args:
            requests_per_minute: The most objects in a minute.
            consistency_level: How many copies of an object must answer; None leaves it to the server.
            **options: See `BatchOptions`.
        """
        return self._begin(plans.rate_limit(requests_per_minute), consistency_level, options)

    def stream(
        self,
        *,
        concurrency: int | None = None,
        consistency_level: ConsistencyLevel | None = None,
        **options: Unpack[BatchOptions],
    ) -> ClientBatchAsync:
        """Streams whose pace the server sets; requests where there are none.

        Args:
            concurrency: How many streams are open at once; one if it is not given.
            consistency_level: How many copies of an object must answer; None leaves it to the server.
            **options: See `BatchOptions`.
        """
        return self._begin(plans.stream(concurrency), consistency_level, options)

    experimental = stream

    def _begin(self, plan: plans.Plan, level: ConsistencyLevel | None, options: BatchOptions) -> ClientBatchAsync:
        from weaviate_hl.aio.batch_block import ClientBatchAsync

        check("client.batch", True).enum("consistency_level", level, ConsistencyLevel)
        return ClientBatchAsync(self, plan, level, Options(**options))


class CollectionBatchingAsync(Batching, Generic[Properties]):
    """Writes objects and references of a collection, many at a time: `collection.batch`.

    Example:
        async with articles.batch.dynamic() as batch:
            await batch.add_object({"title": "Hello"})
    """

    def __init__(
        self, transport: Transport, name: str, tenant: str | None, consistency_level: ConsistencyLevel | None
    ) -> None:
        super().__init__(transport)
        self._name = name
        self._tenant = tenant
        self._level = consistency_level

    def dynamic(self, **options: Unpack[BatchOptions]) -> CollectionBatchAsync[Properties]:
        """Requests whose size follows the time that the server takes.

        Args:
            **options: See `BatchOptions`.
        """
        return self._begin(plans.dynamic(), options)

    def fixed_size(
        self, batch_size: int = 100, concurrent_requests: int = 2, **options: Unpack[BatchOptions]
    ) -> CollectionBatchAsync[Properties]:
        """Requests of so many objects each.

        Args:
            batch_size: The objects of a request; fewer where they have more than 2 MB.
            concurrent_requests: How many requests are under way at once.
            **options: See `BatchOptions`.
        """
        return self._begin(plans.fixed_size(batch_size, concurrent_requests), options)

    def rate_limit(self, requests_per_minute: int, **options: Unpack[BatchOptions]) -> CollectionBatchAsync[Properties]:
        """So many objects in a minute, as for a provider of vectors that allows so many requests.

        Args:
            requests_per_minute: The most objects in a minute.
            **options: See `BatchOptions`.
        """
        return self._begin(plans.rate_limit(requests_per_minute), options)

    def stream(
        self, *, concurrency: int | None = None, **options: Unpack[BatchOptions]
    ) -> CollectionBatchAsync[Properties]:
        """Streams whose pace the server sets; requests where there are none.

        Args:
            concurrency: How many streams are open at once; one if it is not given.
            **options: See `BatchOptions`.
        """
        return self._begin(plans.stream(concurrency), options)

    experimental = stream

    async def insert_from(
        self,
        source: Any,
        *,
        uuid: str | None = None,
        vector: str | Sequence[str] | None = None,
        references: Sequence[str] = (),
        journal: str | os.PathLike[str] | None = None,
        stream: bool = False,
        **options: Unpack[BatchOptions],
    ) -> BatchResult:
        """Write all objects of a file, a table or an iterable.

        Args:
            source: The path of a .jsonl, .ndjson (also .gz) or .parquet file, a DataFrame, an Arrow table or anything
                with the Arrow stream interface, or an iterable of mappings, `DataObject`s or instances of a data model.
            uuid: The column with the ids; without, they get random ones, or, with a journal, lasting ones.
            vector: The column with the vectors, or the columns of named vectors.
            references: The columns with references.
            journal: A file that notes which rows are stored. Called again with the same source and journal, an import
                that was interrupted goes on: rows that are stored are left out, those that failed are tried again.
            stream: Whether to send by streams, as `stream` does, rather than as `dynamic` does.
            **options: See `BatchOptions`.

        Raises:
            WeaviateInvalidInputError: It is no source, or the journal is that of another import.
            WeaviateBatchValidationError: A row cannot be sent as it is; it is named, and what was before it is stored.
            WeaviateBatchError: The batch has ended by an error.

        Example:
            await articles.batch.insert_from("articles.jsonl", vector="embedding", journal="articles.journal")
        """
        from weaviate_hl.batching.journal import Journal
        from weaviate_hl.batching.sources import Columns, objects

        rows = objects(source, Columns(uuid, vector, references))
        plan = plans.stream(None) if stream else plans.dynamic()
        book = None if journal is None else Journal(journal, self._name, self._tenant)
        try:
            async with self._begin(plan, options, book) as batch:
                await batch.add_all(rows)
        finally:
            if book is not None:
                book.close()
        return batch.results

    def _begin(
        self, plan: plans.Plan, options: BatchOptions, journal: Journal | None = None
    ) -> CollectionBatchAsync[Properties]:
        from weaviate_hl.aio.batch_block import CollectionBatchAsync

        return CollectionBatchAsync[Properties](
            self._name, self._tenant, self, plan, self._level, Options(**options), journal
        )

    def _places(self) -> list[tuple[str, str | None]]:
        return [(self._name, self._tenant)]
