"""A batch under way: sends what batching/machine.py says may be sent, and tells it what came of that.

Those who add and those who send meet under one guard: a lock for threads, nothing for tasks. Nobody sends, or calls
what users gave, while holding it.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from weaviate_gen.grpc.services import WeaviateMethods

from weaviate_hl.batching import requests
from weaviate_hl.batching.ids import TextUUID
from weaviate_hl.batching.items import Item, ObjectItem, ReferenceItem, Verdict
from weaviate_hl.batching.journal import Journal
from weaviate_hl.batching.machine import KEPT, KEPT_BYTES, PART_BYTES, Counts, Machine, Part, by_place, said
from weaviate_hl.batching.open import OPEN
from weaviate_hl.batching.options import Options
from weaviate_hl.batching.plans import Plan
from weaviate_hl.batching.progress import Progress
from weaviate_hl.batching.stream import Talk
from weaviate_hl.batching.verdicts import verdict_of
from weaviate_hl.colour.aio import ASYNC, Bell, Guard, Strand, monotonic, sleep
from weaviate_hl.errors import (
    WeaviateBaseError,
    WeaviateBatchError,
    WeaviateBatchValidationError,
    WeaviateBatchWarning,
    WeaviateClosedClientError,
    WeaviateInvalidInputError,
    WeaviateTimeoutError,
    WeaviateUnsupportedFeatureError,
)
from weaviate_hl.log import logger, warn
from weaviate_hl.op import Op, RpcOp
from weaviate_hl.ops.encode import Encoder, identify, targets
from weaviate_hl.ops.values import BadValue, check_name
from weaviate_hl.values.batch import BatchObjectReturn, BatchReferenceReturn, BatchResult, ErrorObject, ErrorReference

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from weaviate_gen.grpc.v1.batch_pb2 import BatchStreamReply

    from weaviate_hl.aio.batch import Batching
    from weaviate_hl.aio.transport.stream import Stream
    from weaviate_hl.values.inputs import Uuid

T = TypeVar("T")
ENCODERS = 1000
"""How many pairs of collection and tenant are remembered."""
AROUND = 16
"""The bytes of a message beside its objects, at most."""
LOOK = 1.0
"""Seconds after which a stream looks whether its server is still there."""


class BatchUUIDAsync(TextUUID):
    """The id of an object that was added to a batch; like any other, but it knows what became of its object."""

    __slots__ = ("_batch", "_item")

    def __init__(self, item: ObjectItem, batch: RunningBatchAsync) -> None:
        self._text = item.uuid
        self._item = item
        self._batch = batch

    async def result(self, timeout: float | None = None) -> UUID:
        """Wait until the object is stored.

        Args:
            timeout: For how many seconds; without, for as long as it takes.

        Returns:
            The id.

        Raises:
            WeaviateBatchError: The object was not stored, or it is not known whether it was.
            WeaviateTimeoutError: The time is over.
        """
        return await self._batch.outcome(self._item, timeout)


class RunningBatchAsync:
    """A batch in its block: what both kinds, of a client and of a collection, have in common.

    Args:
        batching: What it was made by, which tells of the last batch.
        plan: How it is sent.
        consistency_level: How many copies of an object must answer.
        options: What else a user wants.
        journal: What notes which objects are stored.
    """

    def __init__(
        self,
        batching: Batching,
        plan: Plan,
        consistency_level: str | None,
        options: Options,
        journal: Journal | None = None,
    ) -> None:
        self._batching = batching
        self._transport = batching.transport
        self._plan = plan
        self._level = consistency_level
        self._options = options
        self._journal = journal
        self._make_bells()
        self._machine = Machine(plan.mode)
        self._machine.close()  # until the block begins
        self._strands: list[Strand] = []
        self._sending: dict[int, Sequence[Item]] = {}
        self._streams: dict[Talk, Stream[BatchStreamReply]] = {}
        self._failures: list[Item] = []
        self._failed_bytes = 0
        self._encoders: dict[tuple[str, str | None], Encoder] = {}
        self._places: dict[tuple[str, str | None], None] = {}
        self._entered = False
        self._most = self._transport.limit
        self._began = self._ended = 0.0

    def _make_bells(self) -> None:
        self._guard = Guard()
        self._todo = Bell(self._guard)  # for those who send
        self._unsure = Bell(self._guard)  # for who looks for what is unsure
        self._change = Bell(self._guard)  # for those who wait

    # The block

    async def __aenter__(self) -> Self:
        if self._entered:
            raise WeaviateInvalidInputError("A batch is entered once: make another one")
        self._entered = True
        stream = self._plan.stream and await self._transport.can_stream()
        if self._plan.stream and not stream:
            logger.warning("streams need native gRPC, and this client speaks gRPC over HTTP: the batch sends requests")
            self._plan.mode.by_key = False
        self._machine = Machine(
            self._plan.mode,
            patience=self._options.retry_for,
            part_bytes=min(PART_BYTES, self._transport.limit - 1000),
        )
        self._most = self._transport.limit - AROUND
        self._machine.noted = None if self._journal is None else []
        self._began = monotonic()
        self._progress = Progress(self._options.progress)
        senders = [self._talk if stream else self._work] * self._plan.concurrency
        self._strands = [Strand(call) for call in (*senders, self._look)]
        OPEN.add(self)
        self._batching.last = self
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self not in OPEN:  # this is a fork of the process that has entered it
            return
        raised = exc_value
        try:
            if raised is None or isinstance(raised, (Exception, GeneratorExit, SystemExit)):
                await self._drain()
            else:
                self._abandon(raised)
        except BaseException as error:
            raised = error
            self._abandon(error)
            raise
        finally:
            OPEN.discard(self)
            self._batching.last = self
            self._ended = monotonic()
            try:
                self._progress.end(self.counts)
            finally:
                self._conclude(raised)

    async def _drain(self) -> None:
        """Wait until everything is settled."""
        with self._guard:
            self._machine.close()
            self._ring()
        for strand in self._strands:
            await strand.join()

    def _abandon(self, error: BaseException) -> None:
        """The block was interrupted, as by Ctrl-C or a timeout: nobody will wait for what is under way."""
        self._give_up(error, "the batch was interrupted")
        for strand in self._strands:
            strand.cancel()

    def _conclude(self, raised: BaseException | None) -> None:
        """Say at the end what went wrong, in one way."""
        told = self._summary()
        error = self._machine.error
        if error is not None and error is not raised:
            failed = error if isinstance(error, WeaviateBatchError) else self._broken()
            failed.hint = ". ".join(filter(None, (failed.hint, told))) or None
            if raised is None:
                raise failed from (None if failed is error else error)
            raised.add_note(str(failed))
        elif told and self._options.raise_on_failure and raised is None:
            raise WeaviateBatchError(told)
        elif told and self._options.on_failure is None:
            warn(told, WeaviateBatchWarning, each=True)

    def disown(self) -> None:
        """In a fork of the process: those who send are not here, and their lock may be held for ever."""
        self._make_bells()
        self._strands = []
        self._machine = Machine(self._plan.mode)
        self._machine.stop(RuntimeError("the process was forked, and its parent goes on with the batch"))

    def tell_of_loss(self) -> None:
        """The process ends, and the block was not left."""
        counts = self.counts
        if lost := counts.submitted - counts.stored:
            told = f"{lost:,} of {counts.submitted:,} objects and references are lost"
            warnings.warn(f"The process ends within the block of a batch: {told}", WeaviateBatchWarning, stacklevel=1)

    def _summary(self) -> str:
        counts = self.counts
        if not counts.failed + counts.unknown:
            return ""
        unknown = f", and of {counts.unknown:,} it is not known whether they were stored" if counts.unknown else ""
        first = f". The first: {self._failures[0].reason}" if self._failures else ""
        return (
            f"{counts.failed:,} of {counts.submitted:,} objects and references were not stored{unknown}{first}. "
            "See failed_objects and failed_references"
        )

    # Adding

    def _encoder(self, collection: str, tenant: str | None) -> Encoder:
        place = (collection, tenant)
        if (encoder := self._encoders.get(place)) is None:
            if not collection.isascii():  # the server could not even refuse it: see `check_name`
                raise WeaviateBatchValidationError(
                    f"{collection!r} is no name of a collection: it is made of ASCII letters, digits and underscores"
                )
            if len(self._encoders) >= ENCODERS:
                self._encoders.clear()
            try:
                encoder = self._encoders[place] = Encoder(collection, tenant)
            except UnicodeEncodeError as error:
                raise WeaviateBatchValidationError(f"`tenant`: {error}") from None
            self._places[place] = None
        return encoder

    def _encode(
        self, encoder: Encoder, properties: Any, references: Any, uuid: Uuid | None, vector: Any
    ) -> tuple[str, bytes]:
        index = self._machine.submitted[ObjectItem]
        try:
            made = encoder.encode_parts(properties, uuid, vector, references, index)
        except WeaviateInvalidInputError as error:
            raise WeaviateBatchValidationError(error.message) from None
        if len(made[1]) > self._most:
            raise WeaviateBatchValidationError(
                f"Object {index} ({made[0]}) has {len(made[1]):,} bytes, the server takes {self._most:,} at once",
                hint="GRPC_MAX_MESSAGE_SIZE of the server raises that",
            )
        return made

    async def _add_references(
        self, collection: str, tenant: str | None, from_uuid: Any, from_property: str, to: Any
    ) -> None:
        if not isinstance(from_property, str) or not from_property:
            raise WeaviateBatchValidationError(f"`from_property` must be the name of a property, not {from_property!r}")
        if from_uuid is None:  # which `identify` would make one for
            raise WeaviateBatchValidationError("`from_uuid` must be the id of an object, not None")
        try:
            check_name(from_property)
            source = identify(from_uuid)
            uuids, target = targets(to, from_property)
            f"{collection}{from_property}{target}{tenant}".encode()  # now, as no one is there when it goes out
        except UnicodeEncodeError as error:
            raise WeaviateBatchValidationError(f"A reference of {from_uuid}: {error}") from None
        except BadValue as bad:
            where = "from_uuid" if bad.path == "uuid" else bad.path
            raise WeaviateBatchValidationError(f"{where}: {bad.reason}") from None
        for uuid in uuids:
            await self._add(ReferenceItem(collection, source, from_property, uuid, target, tenant))

    async def _add(self, item: Item) -> None:
        """Add an item when there is room for it."""
        with self._guard:
            while self._machine.blocked and not (self._is_sender() and self._machine.error is None):
                self._check()
                await self._change.wait()
            try:
                wake = self._machine.add(item)
            except BaseException:  # a signal: it may come at any place
                self._machine.interrupted(item)
                self._ring()
                raise
            if wake:
                self._todo.notify()
        if ASYNC:  # noqa: SIM102 - the twin knows this form only
            if wake:
                await sleep(0)  # let those who send begin

    def _is_sender(self) -> bool:
        """Whether `on_failure` calls this: nobody sends, or makes room, while those who send wait."""
        return any(strand.is_current() for strand in self._strands)

    def _check(self) -> None:
        if self._machine.closing:
            raise WeaviateBatchValidationError("Objects and references are added within the block of the batch")
        if (error := self._machine.error) is not None:
            raise self._broken() from error

    def _broken(self) -> WeaviateBatchError:
        return WeaviateBatchError(f"The batch broke: {said(self._machine.error)}")

    def _check_waiting(self) -> None:
        if self._is_sender():
            raise WeaviateInvalidInputError("`on_failure` and `progress` cannot wait for the batch that calls them")

    async def flush(self) -> None:
        """Send everything that was added so far, and wait until it is settled."""
        self._check_waiting()
        with self._guard:
            generation = self._machine.flush()
            self._todo.notify_all()
            while not self._machine.flushed(generation):
                await self._change.wait()
            if self._machine.error is not None:
                self._check()

    async def outcome(self, item: ObjectItem, timeout: float | None) -> UUID:
        """Wait for an object; see `BatchUUID.result`."""
        end = None if timeout is None else monotonic() + timeout
        with self._guard:
            if item.outcome is None:
                self._check_waiting()
                if self not in OPEN:  # in a fork
                    self._check()
                self._machine.flush()
                self._todo.notify_all()
            while item.outcome is None:
                left = None if end is None else end - monotonic()
                if left is not None and left <= 0:
                    raise WeaviateTimeoutError(f"Object {item.uuid} was not stored within {timeout:g} s")
                await self._change.wait(left)
        if item.outcome != "stored":
            raise WeaviateBatchError(f"Object {item.uuid} was not stored: {requests.failure(item).message}")
        return UUID(item.uuid)

    # Sending: requests

    async def _work(self) -> None:
        """Send parts, one after another, until there is nothing more to do."""
        try:
            while (part := await self._next(self._take, self._machine.wait, self._todo)) is not None:
                # It lives until the next one is made: else the system gets its memory, and is asked for it anew.
                _request = await self._send(part)
        except BaseException as error:  # nobody foresaw it: the block ends with it
            self._give_up(error, f"the batch broke: {error!r}")

    async def _next(
        self, take: Callable[[float], T | None], wait: Callable[[float], float | None], bell: Bell
    ) -> T | None:
        """What there is to do; None at the end."""
        with self._guard:
            while not self._machine.finished:
                now = monotonic()
                if (job := take(now)) is not None:
                    return job
                await bell.wait(wait(now))
            return None

    def _take(self, now: float) -> Part | None:
        if (part := self._machine.take(now)) is not None:
            self._sending[id(part)] = part.items
        return part

    def _take_unsure(self, now: float) -> ReferenceItem | None:
        if (item := self._machine.take_unsure(now)) is not None:
            self._sending[id(item)] = [item]
        return item

    async def _send(self, part: Part) -> Op[Any]:
        """Send a part; the request."""
        op = requests.write(part, self._level)
        machine, began = self._machine, monotonic()
        try:
            refused = await self._transport.execute(op)
        except WeaviateBaseError as error:
            verdict, parts = verdict_of(error), by_place(part)
            if verdict == "refused" and error.status == "UNKNOWN" and len(parts) > 1:
                for one in parts:  # one place, as a tenant that cannot be made, is why: the others are free of it
                    await self._send(one)
            else:
                self._tell(partial(machine.failed, part.items, verdict, str(error)))
        else:
            self._tell(partial(machine.done, part, refused, seconds=monotonic() - began))
        self._sending.pop(id(part), None)
        return op

    async def _look(self) -> None:
        """See about references of unknown outcome: the server would append them once more."""
        machine = self._machine
        try:
            while (item := await self._next(self._take_unsure, machine.wait_unsure, self._unsure)) is not None:
                try:
                    there = await self._transport.execute(requests.is_there(item))
                except WeaviateBaseError as error:
                    closed = isinstance(error, WeaviateClosedClientError)
                    self._tell(partial(machine.failed, [item], "refused" if closed else "unknown", str(error)))
                else:
                    self._tell(partial(machine.checked, item, bool(there)))
                del self._sending[id(item)]
        except BaseException as error:  # nobody foresaw it: the block ends with it
            self._give_up(error, f"the batch broke: {error!r}")

    # Sending: streams

    async def _talk(self) -> None:
        """Send by streams, one after another as they break, until there is nothing more to do."""
        try:
            while await self._next(self._machine.calls, self._machine.wait, self._todo):
                talk = Talk(self._machine, self._level)
                verdict, reason = await self._converse(talk)
                self._tell(partial(talk.ended, verdict, reason))
                del self._streams[talk]
                if verdict == "refused":
                    await self._work()
        except BaseException as error:  # nobody foresaw it: the block ends with it
            self._give_up(error, f"the batch broke: {error!r}")

    async def _converse(self, talk: Talk) -> tuple[Verdict | None, str]:
        """One stream from its beginning to its end; what the end means."""
        op: RpcOp[BatchStreamReply] = RpcOp(
            WeaviateMethods.BatchStream,
            self._messages(talk),
            lambda reply: reply,
            "Streaming a batch",
            error=WeaviateBatchError,
        )
        self._streams[talk] = self._transport.stream(op)
        try:
            async with self._streams[talk] as stream:
                async for reply in stream:
                    self._tell(partial(talk.receive, reply))
        except WeaviateBaseError as error:
            if error.status == "UNIMPLEMENTED" or isinstance(error, WeaviateUnsupportedFeatureError):
                logger.warning("this server has no streams: the batch sends requests")
                return "refused", str(error)
            verdict = verdict_of(error)
            if verdict != "refused" or error.status == "UNKNOWN":
                return "unknown" if verdict == "refused" else verdict, str(error)
            raise
        return None, ""

    async def _messages(self, talk: Talk) -> AsyncIterator[bytes]:
        """What is sent in a stream: whoever sends it asks for it."""
        while (message := await self._message(talk)) is not None:
            yield message
        if not talk.over():
            await self._streams[talk].cancel()

    async def _message(self, talk: Talk) -> bytes | None:
        with self._guard:
            while not talk.over():
                now = monotonic()
                if (message := talk.next(now)) is not None:
                    return message
                if talk.silent(now) > self._transport.config.timeout.insert:
                    break
                wait = self._machine.wait(now) if talk.started else None
                await self._todo.wait(LOOK if wait is None else min(wait, LOOK))
            return None

    # What comes of it

    def _tell(self, what: Callable[[float], None]) -> None:
        """Tell the machine what happened, and all others what follows from it."""
        with self._guard:
            what(monotonic())
            news = self._news()
            listens = bool(news) and self._options.on_failure is not None
            self._machine.listeners += listens
            self._ring()
        if listens:
            try:
                self._report(news)
            finally:
                with self._guard:
                    self._machine.listeners -= 1
                    self._ring()
        if self._progress.due():
            self._progress.tell(self.counts)

    def _report(self, news: list[Item]) -> None:
        if self._options.on_failure is not None:
            for item in news:
                self._options.on_failure(requests.failure(item))

    def _news(self) -> list[Item]:
        """What has failed since the last time; it is kept, and noted with what was stored."""
        news, self._machine.news = self._machine.news, []
        self._keep(news)
        if (journal := self._journal) is not None:
            noted, self._machine.noted = self._machine.noted or (), []
            self._journal = None  # if it cannot be written, that is said once
            journal.note(noted, news)
            self._journal = journal
        return news

    def _ring(self) -> None:
        for bell in (self._todo, self._unsure, self._change):
            bell.notify_all()

    def _keep(self, news: list[Item]) -> None:
        """Keep what failed, so many at most; what is more is told, or noted, or else the last that is taken."""
        for item in news:
            if len(self._failures) < KEPT and self._failed_bytes < KEPT_BYTES:
                self._failures.append(item)
                self._failed_bytes += item.size
            elif self._options.on_failure is None and self._journal is None:
                self._machine.stop(
                    WeaviateBatchError(
                        f"More than {len(self._failures):,} objects and references failed",
                        hint="Give on_failure=..., which gets each of them, to go on",
                    )
                )
                return

    def _give_up(self, error: BaseException, why: str) -> None:
        """End the batch: what is under way is settled without waiting for it."""
        with self._guard:
            self._machine.stop(error)
            for items in [*self._sending.values()]:
                self._machine.failed(items, "unknown", why, monotonic())
            for talk in [*self._streams]:
                talk.ended("unknown", why, monotonic())
            news = self._news()
            self._ring()
        for item in news:
            with suppress(Exception):  # it may be what has ended the batch
                self._report([item])

    # Accounts

    @property
    def counts(self) -> Counts:
        """How many objects and references were added, and what became of them."""
        with self._guard:
            objects, references = self._machine.counts(ObjectItem), self._machine.counts(ReferenceItem)
        return Counts(*map(sum, zip(objects, references, strict=True)))

    @property
    def number_errors(self) -> int:
        """How many objects and references were not stored, or not known to be, so far."""
        counts = self.counts
        return counts.failed + counts.unknown

    @property
    def failed_objects(self) -> list[ErrorObject]:
        """The objects that were not stored, or not known to be, so far."""
        return [cast(ErrorObject, requests.failure(item)) for item in self._failed(ObjectItem)]

    @property
    def failed_references(self) -> list[ErrorReference]:
        """The references that were not stored, or not known to be, so far."""
        return [cast(ErrorReference, requests.failure(item)) for item in self._failed(ReferenceItem)]

    @property
    def results(self) -> BatchResult:
        """What became of everything so far; of the objects that were stored, the last 100,000."""
        with self._guard:
            stored = self._machine.stored()
        seconds = (self._ended or monotonic()) - self._began
        objects = {one.object_.index: one for one in self.failed_objects}
        references = {one.reference.index: one for one in self.failed_references}
        found = BatchResult()
        found.objs = BatchObjectReturn(None, seconds, objects, {place: UUID(id_) for place, id_ in stored.items()})
        found.refs = BatchReferenceReturn(seconds, references, bool(references))
        return found

    @property
    def places(self) -> list[tuple[str, str | None]]:
        """The collections and tenants that objects were added to."""
        return list(self._places)

    def _failed(self, kind: type[Item]) -> list[Item]:
        with self._guard:
            failed = list(self._failures)
        return [item for item in failed if isinstance(item, kind)]
