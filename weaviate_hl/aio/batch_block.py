"""Batches in their blocks: what `client.batch.dynamic()` and its like give to a `with` statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic

from weaviate_hl.aio.batch_run import BatchUUIDAsync, RunningBatchAsync
from weaviate_hl.batching.items import ObjectItem
from weaviate_hl.errors import WeaviateBatchValidationError
from weaviate_hl.values.generics import Properties
from weaviate_hl.values.inputs import DataObject, ReferenceInput, ReferenceInputs, Uuid
from weaviate_hl.values.properties import class_name
from weaviate_hl.values.tenants import Tenant, tenant_name


class ClientBatchAsync(RunningBatchAsync):
    """A batch of a client, in its block: objects and references of any collections."""

    async def add_object(
        self,
        collection: str,
        properties: Mapping[str, Any] | None = None,
        references: ReferenceInputs | None = None,
        uuid: Uuid | None = None,
        vector: Any = None,
        tenant: str | Tenant | None = None,
    ) -> BatchUUIDAsync:
        """Add an object. It is sent with others; when too much is under way, this waits.

        Args:
            collection: The collection to write it to.
            properties: Its properties.
            references: Where its references lead.
            uuid: Its id; without, it gets a random one. An object that has the id is replaced.
            vector: Its vector, or its vectors by name.
            tenant: The tenant that it belongs to.

        Returns:
            Its id; `.result()` waits until it is stored.

        Raises:
            WeaviateBatchValidationError: It cannot be sent as it is; it is not part of the batch then.
            WeaviateBatchError: The batch has ended by an error.
        """
        name, tenant = _name(collection), _tenant(tenant)
        text, data = self._encode(self._encoder(name, tenant), properties, references, uuid, vector)
        item = ObjectItem(text, data, name, tenant)
        await self._add(item)
        return BatchUUIDAsync(item, self)

    async def add_reference(
        self,
        from_uuid: Uuid,
        from_collection: str,
        from_property: str,
        to: ReferenceInput,
        tenant: str | Tenant | None = None,
    ) -> None:
        """Add a reference, or several. They are sent when the objects that they join are stored.

        Args:
            from_uuid: The object that has the reference.
            from_collection: Its collection.
            from_property: The property.
            to: The object that it leads to, several, or `ReferenceToMulti`; an empty list adds none.
            tenant: The tenant of the objects.

        Raises:
            WeaviateBatchValidationError: It is no reference; it is not part of the batch then.
            WeaviateBatchError: The batch has ended by an error.
        """
        await self._add_references(_name(from_collection), _tenant(tenant), from_uuid, from_property, to)


class CollectionBatchAsync(RunningBatchAsync, Generic[Properties]):
    """A batch of a collection, in its block."""

    def __init__(self, name: str, tenant: str | None, *running: Any) -> None:
        super().__init__(*running)
        self._name = name
        self._tenant = tenant
        self._one_encoder = self._encoder(name, tenant)

    async def add_object(
        self,
        properties: Properties | None = None,
        references: ReferenceInputs | None = None,
        uuid: Uuid | None = None,
        vector: Any = None,
    ) -> BatchUUIDAsync:
        """Add an object. It is sent with others; when too much is under way, this waits.

        Args:
            properties: Its properties.
            references: Where its references lead.
            uuid: Its id; without, it gets a random one. An object that has the id is replaced.
            vector: Its vector, or its vectors by name.

        Returns:
            Its id; `.result()` waits until it is stored.

        Raises:
            WeaviateBatchValidationError: It cannot be sent as it is; it is not part of the batch then.
            WeaviateBatchError: The batch has ended by an error.
        """
        text, data = self._encode(self._one_encoder, properties, references, uuid, vector)
        item = ObjectItem(text, data, self._name, self._tenant)
        await self._add(item)
        return BatchUUIDAsync(item, self)

    async def add_reference(self, from_uuid: Uuid, from_property: str, to: ReferenceInput) -> None:
        """Add a reference, or several. They are sent when the objects that they join are stored.

        Args:
            from_uuid: The object that has the reference.
            from_property: The property.
            to: The object that it leads to, several, or `ReferenceToMulti`; an empty list adds none.

        Raises:
            WeaviateBatchValidationError: It is no reference; it is not part of the batch then.
            WeaviateBatchError: The batch has ended by an error.
        """
        await self._add_references(self._name, self._tenant, from_uuid, from_property, to)

    async def add_all(self, objects: Iterable[DataObject[Any, Any]]) -> None:
        """Add objects, but for those that the journal of the batch knows to be stored.

        Args:
            objects: The objects, in the order of all imports with this journal.

        Raises:
            WeaviateBatchValidationError: One of them cannot be sent as it is; its row is named.
        """
        journal = self._journal
        for row, one in enumerate(objects):
            uuid = one.uuid
            if journal is not None:
                if journal.has(row):
                    continue
                uuid = journal.uuid(row) if uuid is None else uuid
            try:
                text, data = self._encode(self._one_encoder, one.properties, one.references, uuid, one.vector)
            except WeaviateBatchValidationError as error:
                raise WeaviateBatchValidationError(f"Row {row}: {error.message}") from None
            item = ObjectItem(text, data, self._name, self._tenant)
            if journal is not None:
                journal.add(item, row)
            await self._add(item)


def _name(collection: str) -> str:
    if not isinstance(collection, str) or not collection:
        raise WeaviateBatchValidationError(f"`collection` must be the name of a collection, not {collection!r}")
    return class_name(collection)


def _tenant(tenant: str | Tenant | None) -> str | None:
    if tenant is None or type(tenant) is str:
        return tenant
    if not isinstance(tenant, (str, Tenant)):
        raise WeaviateBatchValidationError(f"`tenant` must be the name of a tenant or a Tenant, not {tenant!r}")
    return tenant_name(tenant)
