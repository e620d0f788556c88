"""One stream of a batch (the rpc BatchStream): what to say next, and what the server's words mean. Pure.

The server names what it speaks of by keys, so that at most one item of each key is in a stream (`Mode.by_key`). It
takes messages into a queue (Acks), works on them, and tells of each item how it ended (Results). A message has objects
of one collection: of several, the server confuses which of them failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from weaviate_gen.grpc.v1 import base_pb2, batch_pb2

from weaviate_hl.batching.items import Item, ObjectItem, ReferenceItem, Verdict
from weaviate_hl.batching.machine import Machine
from weaviate_hl.log import logger
from weaviate_hl.ops import encode

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1.batch_pb2 import BatchStreamReply


class Talk:
    """The client's side of one stream.

    Args:
        machine: The batch.
        consistency_level: "ONE", "QUORUM" or "ALL".

    Attributes:
        started: Whether the server has agreed to listen.
    """

    def __init__(self, machine: Machine, consistency_level: str | None = None) -> None:
        self._machine = machine
        self._level = consistency_level
        self._in_flight: dict[str, Item] = {}
        self._taken: set[str] = set()  # references that the server has in its queue
        self._heard: float | None = None
        self.started = False
        self._leaving = False

    def over(self) -> bool:
        """Whether nothing more is to be said: half-close."""
        return self._leaving or self._machine.finished

    def next(self, now: float) -> bytes | None:
        """The next message, if there is one now."""
        if self._heard is None:
            self._heard = now
            return start(self._level)
        if not self.started or self._leaving:
            return None
        part = self._machine.take(now)
        if part is None:
            return None
        if not self._in_flight:
            self._heard = now
        for item in part.items:
            self._in_flight[item.key] = item
        if part.kind == "objects":
            objects = cast("Sequence[ObjectItem]", part.items)
            return encode.stream_data([item.data for item in objects])
        return references_data(cast("Sequence[ReferenceItem]", part.items))

    def silent(self, now: float) -> float:
        """For how many seconds the server has said nothing, though something is expected of it."""
        waiting = self._in_flight or not self.started
        return now - self._heard if waiting and self._heard is not None else 0.0

    def receive(self, reply: BatchStreamReply, now: float) -> None:
        """The server has said something."""
        self._heard = now
        kind = reply.WhichOneof("message")
        if kind == "results":
            self._receive_results(reply.results, now)
        elif kind == "acks":
            self._taken.update(reply.acks.beacons)
        elif kind == "started":
            self.started = True
        elif kind == "backoff":
            self._machine.size = max(1, reply.backoff.batch_size)
        elif kind == "shutting_down":
            self._leaving = True
        elif kind == "out_of_memory":
            self._receive_out_of_memory(reply.out_of_memory, now)

    def _receive_results(self, results: BatchStreamReply.Results, now: float) -> None:
        machine, in_flight = self._machine, self._in_flight
        machine.heard()
        for error in results.errors:  # before the successes: the server may list an item in both
            if item := in_flight.pop(error.uuid.lower() or error.beacon, None):
                machine.refuse(item, error.error, now)
        stored = (in_flight.pop(success.uuid.lower() or success.beacon, None) for success in results.successes)
        machine.store(filter(None, stored))
        if self._taken:
            self._taken.intersection_update(in_flight)

    def _receive_out_of_memory(self, told: BatchStreamReply.OutOfMemory, now: float) -> None:
        """The server has not taken these, and ends the stream."""
        self._leaving = True
        logger.warning("the server is short of memory: the batch waits %d s, as it asks", told.wait_time)
        keys = (*(uuid.lower() for uuid in told.uuids), *told.beacons)
        items = [item for key in keys if (item := self._in_flight.pop(key, None))]
        self._machine.failed(items, "later", "the server was short of memory", now)
        self._machine.rest(told.wait_time, now)

    def ended(self, verdict: Verdict | None, reason: str, now: float) -> None:
        """The stream has ended.

        Args:
            verdict: What its failure means; None: the server ended it in good order.
            reason: The failure in words.
            now: The moment.
        """
        self._leaving = True
        left = list(self._in_flight.values())
        self._in_flight.clear()
        if verdict is None:
            lost: dict[Verdict, list[Item]] = {"later": [], "unknown": []}
            for item in left:
                untaken = isinstance(item, ReferenceItem) and item.key not in self._taken
                lost["later" if untaken else "unknown"].append(item)
            for what, items in lost.items():
                if items:
                    self._machine.failed(items, what, "the server ended the stream without a word of it", now)
            return
        for item in left:
            item.unsure = item.unsure or isinstance(item, ReferenceItem)  # the end says nothing of single messages
        self._machine.failed(left, "unknown" if left and verdict in ("away", "later") else verdict, reason, now)


def start(consistency_level: str | None) -> bytes:
    """The first message of a stream."""
    level = consistency_level and base_pb2.ConsistencyLevel.Value(f"CONSISTENCY_LEVEL_{consistency_level}")
    first = batch_pb2.BatchStreamRequest.Start(consistency_level=level or None)
    return batch_pb2.BatchStreamRequest(start=first).SerializeToString()


def references_data(items: Sequence[ReferenceItem]) -> bytes:
    """The message of references."""
    message = batch_pb2.BatchStreamRequest()
    for item in items:
        message.data.references.values.add(
            name=item.name,
            from_collection=item.collection,
            from_uuid=item.from_uuid,
            to_collection=item.to_collection,
            to_uuid=item.to_uuid,
            tenant=item.tenant,
        )
    return message.SerializeToString()
