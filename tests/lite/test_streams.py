"""BatchStream in this process: the same iterators as over a channel, in both colours."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import pytest
from lite_kit import uuid
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1 import batch_pb2

import weaviate_hl
from tests.core.colours import Async, Sync
from weaviate_hl import errors
from weaviate_hl.lite import Engine
from weaviate_hl.op import RpcOp


@pytest.fixture
def client(colour: Sync) -> Any:
    made = colour.client(lite=lambda: Engine(environ={}))
    colour.call(made.connect)
    colour.call(made.rest.schema.objects_create, body={"class": "A", "vectorizer": "none"})
    return made


def start() -> Any:
    return batch_pb2.BatchStreamRequest(start=batch_pb2.BatchStreamRequest.Start())


def data(*numbers: int) -> Any:
    made = batch_pb2.BatchStreamRequest(data=batch_pb2.BatchStreamRequest.Data())
    for n in numbers:
        made.data.objects.values.add(collection="A", uuid=uuid(n))
    return made


async def later(items: Iterable[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


def exchange(colour: Sync, client: Any, requests: Iterable[Any], **options: Any) -> list[Any]:
    """All replies to all requests."""

    async def read() -> list[Any]:
        return [reply async for reply in client.grpc.BatchStream(later(requests), **options)]

    return colour.call(read) if isinstance(colour, Async) else list(client.grpc.BatchStream(iter(requests), **options))


def test_everything_sent_is_acknowledged_and_written(colour: Sync, client: Any) -> None:
    replies = exchange(colour, client, [start(), data(1, 2), data(), data(3), data(4)])
    kinds = [reply.WhichOneof("message") for reply in replies]
    assert kinds == ["started", "backoff", "acks", "results", "acks", "results", "acks", "results"]
    assert [list(reply.acks.uuids) for reply in replies[2::2]] == [[uuid(1), uuid(2)], [uuid(3)], [uuid(4)]]
    written = [success.uuid for reply in replies[3::2] for success in reply.results.successes]
    assert written == [uuid(n) for n in (1, 2, 3, 4)]


def test_serialized_messages_go_as_well(colour: Sync, client: Any) -> None:
    replies = exchange(colour, client, [start().SerializeToString(), data(1).SerializeToString()])
    assert replies[-1].results.successes[0].uuid == uuid(1)


def test_other_calls_are_answered_while_a_stream_waits(colour: Sync, client: Any) -> None:
    """The requests come from another thread, one by one, as from a pump."""
    todo: queue.Queue[Any] = queue.Queue()
    seen: queue.Queue[Any] = queue.Queue()

    def requests() -> Iterator[Any]:
        yield from iter(todo.get, None)

    async def later_requests() -> AsyncIterator[Any]:
        while (item := await asyncio.to_thread(todo.get)) is not None:
            yield item

    async def read() -> None:
        async for reply in client.grpc.BatchStream(later_requests()):
            seen.put(reply)

    def read_in_thread() -> None:
        if isinstance(colour, Async):
            colour.call(read)
        else:
            for reply in client.grpc.BatchStream(requests()):
                seen.put(reply)

    reader = threading.Thread(target=read_in_thread)
    reader.start()
    try:
        todo.put(start())
        assert seen.get(timeout=10).WhichOneof("message") == "started"
        assert seen.get(timeout=10).WhichOneof("message") == "backoff"
        todo.put(data(1))
        assert seen.get(timeout=10).WhichOneof("message") == "acks"
        assert seen.get(timeout=10).WhichOneof("message") == "results"
        assert colour.call(client.rest.objects.class_get, "A", uuid(1)).id == uuid(1)
    finally:
        todo.put(None)
        reader.join(10)
    assert not reader.is_alive()


def test_everything_may_be_written_before_anything_is_read(colour: Sync, client: Any) -> None:
    """As over a channel: the engine does not wait for the reader."""
    op: RpcOp[Any] = RpcOp(WeaviateMethods.BatchStream, None, lambda reply: reply, "Importing")

    async def run() -> list[Any]:
        async with client._transport.stream(op) as stream:
            for message in (start(), data(1), data(2), data(3)):
                await stream.write(message)
            await stream.done_writing()
            return [reply async for reply in stream]

    def run_sync() -> list[Any]:
        with client._transport.stream(op) as stream:
            for message in (start(), data(1), data(2), data(3)):
                stream.write(message)
            stream.done_writing()
            return list(stream)

    assert len(colour.call(run if isinstance(colour, Async) else run_sync)) == 8


def test_a_stream_that_does_not_start_is_refused(colour: Sync, client: Any) -> None:
    with pytest.raises(errors.WeaviateBaseError, match="first message must be a start message"):
        exchange(colour, client, [data(1)])


def test_an_error_of_the_callers_requests_is_the_callers(colour: Sync, client: Any) -> None:
    def broken() -> Iterator[Any]:
        yield start()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        exchange(colour, client, broken())


def test_a_cancelled_stream_leaves_no_thread() -> None:
    async def forever() -> AsyncIterator[Any]:
        yield start()
        await asyncio.sleep(3600)

    async def run() -> None:
        async with weaviate_hl.use_async_with_lite() as client:
            replies = client.grpc.BatchStream(forever())
            assert [(await anext(replies)).WhichOneof("message") for _ in range(2)] == ["started", "backoff"]
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(replies), 0.1)

    before = set(threading.enumerate())
    asyncio.run(run())
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()


def test_a_deadline_ends_a_stream(colour: Sync, client: Any) -> None:
    over = threading.Event()

    def silent() -> Iterator[Any]:
        yield start()
        over.wait(60)

    async def later_silent() -> AsyncIterator[Any]:
        yield start()
        await asyncio.sleep(60)

    async def read() -> list[Any]:
        return [reply async for reply in client.grpc.BatchStream(later_silent(), timeout=0.3)]

    with pytest.raises(errors.WeaviateTimeoutError):
        if isinstance(colour, Async):
            colour.call(read)
        else:
            list(client.grpc.BatchStream(silent(), timeout=0.3))
    over.set()
