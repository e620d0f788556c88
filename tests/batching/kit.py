"""A stand-in server that keeps what batches write to it, and counts how often."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.batch_pb2 import BatchObjectsReply, BatchStreamReply

from tests.servers.fake import FakeWeaviate

KINDS = ("dynamic", "fixed_size", "rate_limit", "stream")


class Store:
    """What was written to a `FakeWeaviate`.

    Attributes:
        objects: How often each id was written.
        references: How often each reference was appended.
        refused: Why objects are refused, by id.
    """

    def __init__(self, server: FakeWeaviate) -> None:
        self.objects: Counter[str] = Counter()
        self.references: Counter[tuple[str, str]] = Counter()
        self.refused: dict[str, str] = {}
        self.sizes: list[int] = []
        self.stream_faults: dict[int, BaseException] = {}
        self.messages = 0
        self._lock = threading.Lock()
        server.on_rpc(WeaviateMethods.BatchObjects, self._objects)
        server.on_rpc(WeaviateMethods.BatchStream, self._stream)
        server.on_rest("POST", "/v1/batch/references", self._references)
        server.on_rest("GET", "/v1/objects/*", self._read)

    def _write(self, uuid: str) -> str | None:
        with self._lock:
            if uuid in self.refused:
                return self.refused[uuid]
            self.objects[uuid] += 1
            return None

    def _objects(self, message: Any, call: Any) -> BatchObjectsReply:
        self.sizes.append(len(message.objects))
        reply = BatchObjectsReply()
        for index, one in enumerate(message.objects):
            if reason := self._write(one.uuid):
                reply.errors.add(index=index, error=reason)
        return reply

    def _references(self, request: Any) -> Any:
        answers = []
        for one in request.json():
            with self._lock:
                self.references[one["from"], one["to"].rpartition("/")[2]] += 1
            answers.append({**one, "result": {"status": "SUCCESS"}})
        return 200, answers

    def _read(self, request: Any) -> Any:
        _, collection, uuid = request.path.removeprefix("/v1/").split("/")
        properties: dict[str, list[Any]] = {}
        for (source, to), times in self.references.items():
            if f"/{collection}/{uuid}/" in source:
                beacon = {"beacon": f"weaviate://localhost/{collection}/{to}"}
                properties.setdefault(source.rpartition("/")[2], []).extend([beacon] * times)
        return {"class": collection, "id": uuid, "properties": properties}

    def _fault(self) -> None:
        with self._lock:
            self.messages += 1
            fault = self.stream_faults.get(self.messages)
        if fault is not None:
            raise fault

    def _stream(self, messages: Iterator[Any], call: Any) -> Iterator[BatchStreamReply]:
        for message in messages:
            self._fault()
            if message.HasField("start"):
                yield BatchStreamReply(started={})
                continue
            objects, references = message.data.objects.values, message.data.references.values
            ids, beacons = [one.uuid for one in objects], [self._beacon(one) for one in references]
            yield BatchStreamReply(acks={"uuids": ids, "beacons": beacons})
            results = BatchStreamReply.Results()
            for uuid in ids:
                if reason := self._write(uuid):
                    results.errors.add(uuid=uuid, error=reason)
                else:
                    results.successes.add(uuid=uuid)
            for one in references:
                with self._lock:
                    self.references[self._beacon(one), one.to_uuid] += 1
                results.successes.add(beacon=self._beacon(one))
            self._fault()
            yield BatchStreamReply(results=results)

    @staticmethod
    def _beacon(one: Any) -> str:
        return f"weaviate://localhost/{one.from_collection}/{one.from_uuid}/{one.name}"


def begin(batching: Any, kind: str, **options: Any) -> Any:
    """A batch of some kind, with small parts."""
    if kind == "fixed_size":
        return batching.fixed_size(10, 2, **options)
    if kind == "rate_limit":
        return batching.rate_limit(600_000, **options)
    return getattr(batching, kind)(**options)


def enter(colour: Any, batch: Any) -> Any:
    """Enter the block of a batch."""
    return colour.call(batch.__aenter__ if colour.name == "async" else batch.__enter__)


def leave(colour: Any, batch: Any, error: BaseException | None = None) -> None:
    """Leave it."""
    method = batch.__aexit__ if colour.name == "async" else batch.__exit__
    colour.call(method, type(error) if error else None, error, None)


def ids(count: int) -> list[str]:
    """Ids at random."""
    return [str(uuid4()) for _ in range(count)]


def fill(colour: Any, batch: Any, given: list[str]) -> list[Any]:
    """Add objects, from where their batch lives."""
    if colour.name == "sync":
        return [batch.add_object({"title": uuid}, uuid=uuid) for uuid in given]

    async def add() -> list[Any]:
        return [await batch.add_object({"title": uuid}, uuid=uuid) for uuid in given]

    return list(colour.call(add))


def fill_and_leave(colour: Any, batch: Any, given: list[str]) -> None:
    """Add objects and leave the block, as a `with` statement does it."""
    try:
        fill(colour, batch, given)
    except BaseException as error:
        leave(colour, batch, error)
        raise
    leave(colour, batch)


def silent_stream(messages: Iterator[Any], call: Any) -> Iterator[BatchStreamReply]:
    """A stream that begins, and says nothing more."""
    yield BatchStreamReply(started={})
    call.wait(30)
