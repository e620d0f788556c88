"""`collection.data`: writing and deleting the objects of a collection, and their references."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from weaviate_hl.checks import function
from weaviate_hl.colour.aio import monotonic, sleep, together
from weaviate_hl.errors import WeaviateBaseError
from weaviate_hl.ops import data as ops
from weaviate_hl.ops.checks import check
from weaviate_hl.ops.insertion import Insertion
from weaviate_hl.ops.models import require
from weaviate_hl.values.batch import (
    BatchObjectReturn,
    BatchReferenceReturn,
    DeleteManyObject,
    DeleteManyReturn,
    ErrorReference,
)
from weaviate_hl.values.generics import DataModel, Properties
from weaviate_hl.values.inputs import (
    DataObject,
    DataReference,
    DataReferenceMulti,
    ReferenceInput,
    ReferenceInputs,
    ReferenceToMulti,
    Uuid,
    VectorInput,
)

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.core import Transport
    from weaviate_hl.op import Op
    from weaviate_hl.ops.scope import Scope
    from weaviate_hl.values.filters import FilterReturn

Model = TypeVar("Model", bound=DataModel)

UPDATES = 16
"""How many objects are changed at the same time."""

BREATH = 200
"""How many objects are encoded before others get their turn in the event loop."""


class DataAsync(Generic[Properties]):
    """The objects of a collection, to write and delete: `collection.data`.

    Attributes:
        name: The name of the collection.
    """

    def __init__(self, transport: Transport, scope: Scope) -> None:
        self._transport = transport
        self._scope = scope
        self.name = scope.collection

    def with_data_model(self, data_model: type[Model]) -> DataAsync[Model]:
        """The same, for objects of another class. This one stays as it is, and nothing is sent.

        Args:
            data_model: A class that says what properties an object has: a TypedDict, a dataclass, a class of attrs, or
                a model of Pydantic.

        Raises:
            InvalidDataModelError: It is none of these.
        """
        if self._scope.validate:
            require(data_model)
        return DataAsync[Model](self._transport, self._scope)

    async def insert(
        self,
        properties: Properties,
        references: ReferenceInputs | None = None,
        uuid: Uuid | None = None,
        vector: VectorInput | None = None,
    ) -> UUID:
        """Add an object.

        Args:
            properties: Its properties.
            references: For each reference property where it leads: an id, several, or `ReferenceToMulti`.
            uuid: Its id; without, it gets a random one.
            vector: Its vector, or its vectors by name: lists, or anything that holds numbers as an array does.

        Returns:
            Its id.

        Raises:
            WeaviateInvalidInputError: It cannot be sent as it is; the message says where in it, and why.
            ObjectAlreadyExistsError: There is an object with this id.
            UnexpectedStatusCodeError: The server refused it.

        Example:
            uuid = await articles.data.insert({"title": "On clouds"}, vector=[0.1, 0.2, 0.3])
        """
        return await self._transport.execute(ops.insert(self._scope, properties, references, uuid, vector))

    async def insert_many(self, objects: Sequence[Properties | DataObject[Properties, Any]]) -> BatchObjectReturn:
        """Write objects; one whose id is there is replaced.

        They are sent in as many requests as the server's limit of size asks for, some at the same time. What becomes of
        one does not concern the others: the result has those that the server refused, and those of a request that
        failed, each with the reason.

        Args:
            objects: The objects: properties, or `DataObject` where there is more to say.

        Returns:
            The ids of those that were written, and the others with their errors, by place.

        Raises:
            WeaviateInvalidInputError: One cannot be sent as it is; the message says which, and where in it. Nothing was
                sent.
            WeaviateInsertManyAllFailedError: The server refused every one.
            WeaviateBaseError: Every request failed; see `insert`.

        Example:
            result = await articles.data.insert_many([{"title": "Clouds"}, DataObject({"title": "Rain"}, uuid=id)])
            for place, error in result.errors.items():
                print(place, error.message)
        """
        given = list(check("data.insert_many", self._scope.validate).iterable("objects", objects))
        started = monotonic()
        insertion = self._insertion()
        for start in range(0, len(given), BREATH):
            insertion.add(given[start : start + BREATH])
            await sleep(0)
        await self._send(insertion)
        return insertion.result(monotonic() - started)

    async def ingest(self, objs: Iterable[Properties | DataObject[Properties, Any]]) -> BatchObjectReturn:
        """Write as many objects as there are: they are taken one by one, and sent as they come.

        It keeps the promises of `insert_many`, but for objects that cannot be sent as they are: others may have been
        sent before them, so they are among the errors, too. What it keeps in memory of an object that was written is
        its id.

        Args:
            objs: Gives the objects: properties, or `DataObject` where there is more to say.

        Returns:
            The ids of those that were written, and the others with their errors, by place.

        Raises:
            WeaviateInsertManyAllFailedError: Not one was written.
            WeaviateBaseError: Every request failed; see `insert`.

        Example:
            result = await articles.data.ingest({"title": line} for line in open("titles.txt"))
        """
        given = check("data.ingest", self._scope.validate).iterable("objs", objs)
        started = monotonic()
        insertion = self._insertion()
        for one in given:
            insertion.offer(one)
            if insertion.waiting % BREATH == 0:
                await sleep(0)
            if insertion.is_full:
                await self._send(insertion)
        await self._send(insertion)
        return insertion.result(monotonic() - started)

    def _insertion(self) -> Insertion:
        return Insertion(self._scope, self._transport.limit)

    async def _send(self, insertion: Insertion) -> None:
        """Send what waits."""
        parts = insertion.parts()
        at_once = insertion.at_once if parts[1:] else 1
        insertion.settle(await self._in_parts(parts, insertion.operation, at_once, begun=bool(insertion.written)))

    async def _in_parts(
        self,
        parts: Sequence[slice],
        operation: Callable[[slice], Op[dict[int, str]]],
        at_once: int,
        *,
        begun: bool = False,
    ) -> dict[int, str]:
        """Send things in parts, and learn what was refused, by place.

        If every request fails, and nothing has been written before, the first error is raised.
        """
        refused: dict[int, str] = {}
        failed: list[WeaviateBaseError] = []
        todo = iter(parts)

        async def work() -> None:
            try:
                for part in todo:
                    try:
                        told = await self._transport.execute(operation(part))
                    except WeaviateBaseError as error:
                        failed.append(error)
                        told = dict.fromkeys(range(part.stop - part.start), ops.unsent(error))
                    refused.update((part.start + place, reason) for place, reason in told.items())
            except BaseException:  # interrupted: the others are to take no more
                for _ in todo:
                    pass
                raise

        await together(*[work] * min(at_once, len(parts)))
        if failed and len(failed) == len(parts) and not begun:
            raise failed[0]
        return refused

    async def replace(
        self,
        uuid: Uuid,
        properties: Properties,
        references: ReferenceInputs | None = None,
        vector: VectorInput | None = None,
    ) -> None:
        """Replace an object: what is not given, it no longer has. Its vectors, too.

        Args:
            uuid: Its id.
            properties: Its properties.
            references: For each reference property where it leads: an id, several, or `ReferenceToMulti`.
            vector: Its vector, or its vectors by name.

        Raises:
            WeaviateInvalidInputError: It cannot be sent as it is; the message says where in it, and why.
            UnexpectedStatusCodeError: There is no such object, or the server refused it.
        """
        await self._transport.execute(ops.replace(self._scope, uuid, properties, references, vector))

    async def update(
        self,
        uuid: Uuid,
        properties: Properties | None = None,
        references: ReferenceInputs | None = None,
        vector: VectorInput | None = None,
    ) -> None:
        """Change some of what an object has: what is not given stays. None removes a property.

        Args:
            uuid: Its id.
            properties: The properties that change.
            references: References that are added.
            vector: Its vector, or those of its vectors that change by name.

        Raises:
            WeaviateInvalidInputError: It cannot be sent as it is; the message says where in it, and why.
            UnexpectedStatusCodeError: There is no such object, or the server refused it.
        """
        await self._transport.execute(ops.update(self._scope, uuid, properties, references, vector))

    async def update_many(self, objects: Iterable[DataObject[Any, Any]]) -> BatchObjectReturn:
        """Change some of what each of several objects has, as `update` does: what is not given stays.

        The server has no request for several, so each object takes one; some are sent at the same time. What becomes
        of one does not concern the others.

        Args:
            objects: For each object its `uuid`, and the properties, references and vectors that change.

        Returns:
            The ids of those that were changed, and the others with their errors, by place.

        Raises:
            WeaviateInvalidInputError: One cannot be sent as it is; the message says which. Nothing was sent.
            WeaviateBaseError: Every request failed; see `update`.

        Example:
            result = await articles.data.update_many(DataObject({"read": True}, uuid=one) for one in ids)
            for place, error in result.errors.items():
                print(place, error.message)
        """
        checks = check("data.update_many", self._scope.validate)
        given = [
            checks.one(f"objects[{place}]", one, DataObject)
            for place, one in enumerate(checks.iterable("objects", objects))
        ]
        started = monotonic()
        updates = []
        for place, one in enumerate(given):
            updates.append(ops.update_of(self._scope, one, place))
            if place % BREATH == 0:
                await sleep(0)
        parts = [slice(place, place + 1) for place in range(len(updates))]
        each_once = len({op.request.path for op in updates}) == len(updates)
        at_once = UPDATES if each_once else 1  # of an object that is there twice, the last change stays
        refused = await self._in_parts(parts, lambda part: updates[part.start], at_once)
        return ops.updated(self._scope, given, refused, monotonic() - started)

    async def exists(self, uuid: Uuid) -> bool:
        """Whether there is an object with this id."""
        return await self._transport.execute(ops.exists(self._scope, uuid)) is not None

    async def delete_by_id(self, uuid: Uuid) -> bool:
        """Delete an object.

        Args:
            uuid: Its id.

        Returns:
            Whether the server did; newer servers say so of objects that they do not have, too.
        """
        return await self._transport.execute(ops.delete(self._scope, uuid)) is not None

    async def delete_many(
        self, where: FilterReturn, *, verbose: bool = False, dry_run: bool = False
    ) -> DeleteManyReturn[list[DeleteManyObject] | None]:
        """Delete the objects that a filter matches, as many as the server deletes at a time: 10,000 unless it is
        configured otherwise. The result tells how many there were, and how many were deleted; call again for the rest.

        Args:
            where: The filter.
            verbose: Whether to return the objects, too.
            dry_run: Delete nothing, only tell what would be.

        Raises:
            WeaviateInvalidInputError: It is no filter.
            WeaviateDeleteManyError: The server refused it.

        Example:
            told = await articles.data.delete_many(Filter.by_property("year").less_than(1900))
            print(told.successful, "of", told.matches)
        """
        checks = check("data.delete_many", self._scope.validate)
        checks.boolean("verbose", verbose, required=True)
        checks.boolean("dry_run", dry_run, required=True)
        return await self._transport.execute(ops.delete_many(self._scope, where, verbose, dry_run))

    async def delete_all_matching(
        self, where: FilterReturn, *, progress: Callable[[DeleteManyReturn[None]], object] | None = None
    ) -> DeleteManyReturn[None]:
        """Delete the objects that a filter matches, however many: `delete_many`, again and again.

        If it breaks off, what has been deleted stays deleted, and it can be called again.

        Args:
            where: The filter.
            progress: Called after every request, with the sums up to then: `matches` is how many objects there have
                been to delete, `successful` how many are deleted.

        Returns:
            The sums. Only objects that could not be deleted are left, and `failed` says how many.

        Raises:
            WeaviateInvalidInputError: It is no filter, or `progress` cannot be called.
            WeaviateDeleteManyError: The server refused it.

        Example:
            old = Filter.by_property("year").less_than(1900)
            told = await articles.data.delete_all_matching(old, progress=print)
        """
        if progress is not None:
            function("data.delete_all_matching: `progress`", progress)
        op = ops.delete_many(self._scope, where)
        deleted = 0
        while True:
            told = await self._transport.execute(op)
            deleted, seen = deleted + told.successful, deleted + told.matches
            sums = DeleteManyReturn(failed=told.failed, matches=seen, objects=None, successful=deleted)
            if progress is not None:
                progress(sums)
            if not told.successful or told.matches == told.successful + told.failed:
                return sums

    async def reference_add(self, from_uuid: Uuid, from_property: str, to: Uuid | ReferenceToMulti) -> None:
        """Add a reference to those that an object has.

        Args:
            from_uuid: The object.
            from_property: Its reference property.
            to: The object that it leads to.

        Raises:
            WeaviateInvalidInputError: One of the arguments cannot be sent as it is.
            UnexpectedStatusCodeError: There is no such object, or property.
        """
        self._check_property("data.reference_add", from_property)
        for op in ops.reference_add(self._scope, from_uuid, from_property, to):
            await self._transport.execute(op)

    async def reference_add_many(self, refs: Sequence[DataReference | DataReferenceMulti]) -> BatchReferenceReturn:
        """Add references to those that objects have.

        Args:
            refs: The references.

        Returns:
            Those that were not added, by place: a reference that leads to several objects has as many places.

        Raises:
            WeaviateInvalidInputError: One cannot be sent as it is; the message says which. Nothing was sent.
            WeaviateBaseError: Every request failed.

        Example:
            await articles.data.reference_add_many([DataReference("writtenBy", article, author)])
        """
        checks = check("data.reference_add_many", self._scope.validate)
        given = checks.several("refs", refs, DataReference, DataReferenceMulti)
        started = monotonic()
        references = ops.expand(self._scope, given)
        parts = [slice(start, start + ops.MOST) for start in range(0, len(references), ops.MOST)]
        level = self._scope.consistency_level
        refused = await self._in_parts(
            parts, lambda part: ops.batch_references(references[part], level), at_once=1
        )  # one after the other, as references have an order
        errors = {place: ErrorReference(reason, references[place]) for place, reason in sorted(refused.items())}
        return BatchReferenceReturn(monotonic() - started, errors, bool(errors))

    async def reference_delete(self, from_uuid: Uuid, from_property: str, to: Uuid | ReferenceToMulti) -> None:
        """Remove a reference. If there is no such reference, that is no error.

        Args:
            from_uuid: The object that has it.
            from_property: Its reference property.
            to: The object that it leads to.

        Raises:
            WeaviateInvalidInputError: One of the arguments cannot be sent as it is.
            UnexpectedStatusCodeError: There is no such object, or property.
        """
        self._check_property("data.reference_delete", from_property)
        for op in ops.reference_delete(self._scope, from_uuid, from_property, to):
            await self._transport.execute(op)

    async def reference_replace(self, from_uuid: Uuid, from_property: str, to: ReferenceInput) -> None:
        """Replace all references that an object has in a property.

        Args:
            from_uuid: The object.
            from_property: Its reference property.
            to: The object, or the objects, that it then leads to.

        Raises:
            WeaviateInvalidInputError: One of the arguments cannot be sent as it is.
            UnexpectedStatusCodeError: There is no such object, or property.
        """
        self._check_property("data.reference_replace", from_property)
        await self._transport.execute(ops.reference_replace(self._scope, from_uuid, from_property, to))

    def _check_property(self, call: str, from_property: str) -> None:
        check(call, self._scope.validate).name("from_property", from_property)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of collection {self.name!r}>"
