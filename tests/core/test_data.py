"""What insert_many, ingest and reference_add_many promise where requests fail, are refused in part, or are limited."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from itertools import chain
from typing import Any
from uuid import UUID

import grpc
import pytest
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.batch_delete_pb2 import BatchDeleteReply
from weaviate_gen.grpc.v1.batch_pb2 import BatchObjectsReply

from tests.core.colours import Sync
from tests.golden.kit import Recorder
from tests.servers.fake import FakeWeaviate
from tests.servers.faults import HttpFault, RpcFault
from weaviate_hl import errors
from weaviate_hl.aio.collections import CollectionsAsync
from weaviate_hl.aio.data import BREATH
from weaviate_hl.classes.data import DataObject, DataReference, ReferenceToMulti
from weaviate_hl.classes.query import Filter
from weaviate_hl.ops.data import MOST
from weaviate_hl.ops.insertion import AT_ONCE
from weaviate_hl.policy import RetryPolicy
from weaviate_hl.settings import Timeout
from weaviate_hl.sync.collections import Collections
from weaviate_hl.values.batch import (
    BatchObjectReturn,
    BatchReference,
    BatchReferenceReturn,
    ErrorObject,
    ErrorReference,
)

BATCH = WeaviateMethods.BatchObjects
LIMIT = 1000
NOTHING: Any = None
NO_OBJECTS: list[Any] = ["x", b"x", {}, DataObject({}), 5, None]
U1 = UUID("00000001-0000-0000-0000-000000000001")
U2 = UUID("00000002-0000-0000-0000-000000000002")


def only_odd(message: Any, call: Any) -> BatchObjectsReply:
    """A server that refuses every object whose number is even."""
    reply = BatchObjectsReply()
    for index, one in enumerate(message.objects):
        number = int(one.properties.non_ref_properties["n"])
        if number % 2 == 0:
            reply.errors.add(index=index, error=f"{number} is even")
    return reply


@pytest.fixture
def server() -> Iterator[FakeWeaviate]:
    with FakeWeaviate(max_message_size=LIMIT) as made:
        made.on_rpc(BATCH, BatchObjectsReply())
        yield made


@pytest.fixture
def data(colour: Sync, server: FakeWeaviate) -> Any:
    client = colour.connect(
        server, retry=RetryPolicy(attempts=2, first=0.01, longest=0.02), timeout=Timeout(init=5, query=5, insert=2)
    )
    return client.collections.use("Article").data


def numbers(count: int) -> list[DataObject[Any, Any]]:
    """Objects of some 100 bytes each."""
    return [DataObject({"n": n, "t": "x" * 20}, UUID(int=n + 1)) for n in range(count)]


def sent(server: FakeWeaviate) -> list[list[int]]:
    """The numbers in each request, as they came."""
    messages: list[Any] = [call.messages[0] for call in server.rpcs(BATCH)]
    calls = [message.objects for message in messages]
    return [[int(one.properties.non_ref_properties["n"]) for one in objects] for objects in calls]


@pytest.mark.parametrize("call", ["insert_many", "ingest"])
def test_requests_keep_to_the_limit_of_size(colour: Sync, server: FakeWeaviate, data: Any, call: str) -> None:
    result = colour.call(getattr(data, call), numbers(50))
    assert result.uuids == {n: UUID(int=n + 1) for n in range(50)}
    assert not result.has_errors
    parts = sorted(sent(server))
    assert [*chain(*parts)] == list(range(50))
    sizes = [len(received.body) for received in server.rpcs(BATCH)]
    assert max(sizes) <= LIMIT
    assert len(sizes) < 10


def test_requests_keep_to_a_number_of_objects(colour: Sync, fake: FakeWeaviate) -> None:
    fake.on_rpc(BATCH, only_odd)
    data = colour.connect(fake).collections.use("Article").data
    result = colour.call(data.insert_many, numbers(2 * MOST + 1))
    assert sorted(map(len, sent(fake))) == [1, MOST, MOST]
    assert list(result.errors) == list(range(0, 2 * MOST + 1, 2))
    assert all(error.message == f"{n} is even" for n, error in result.errors.items())
    assert list(result.uuids) == list(range(1, 2 * MOST, 2))


@pytest.mark.parametrize("call", ["insert_many", "ingest"])
def test_an_object_that_is_too_large_fails_alone(colour: Sync, server: FakeWeaviate, data: Any, call: str) -> None:
    given = numbers(20)
    given[7] = DataObject({"n": 7, "t": "x" * LIMIT}, U1)
    result = colour.call(getattr(data, call), given)
    assert list(result.errors) == [7]
    assert "Object 7 has 1,0" in result.errors[7].message
    assert result.errors[7].object_.uuid == U1
    assert len(result.uuids) == 19
    assert sorted(chain(*sent(server))) == [n for n in range(20) if n != 7]


@pytest.mark.parametrize("call", ["insert_many", "ingest"])
def test_a_request_that_fails_is_told_for_each_of_its_objects(
    colour: Sync, server: FakeWeaviate, data: Any, call: str
) -> None:
    server.fail(RpcFault(grpc.StatusCode.INTERNAL, "disk full"), on=BATCH, at=2)
    result = colour.call(getattr(data, call), numbers(30))
    lost = sent(server)[1]
    assert sorted(result.errors) == lost
    assert all("disk full" in error.message for error in result.errors.values())
    assert "not known" not in result.errors[lost[0]].message
    assert sorted([*result.errors, *result.uuids]) == list(range(30))
    assert [type(one) for one in result.all_responses].count(UUID) == 30 - len(lost)


def test_errors_are_in_order_whoever_found_them(colour: Sync, server: FakeWeaviate, data: Any) -> None:
    server.on_rpc(BATCH, only_odd)
    given: list[Any] = numbers(12)
    given[7] = {"n": 2**60}
    result = colour.call(data.ingest, given)
    assert list(result.errors) == [0, 2, 4, 6, 7, 8, 10]
    assert [result.errors[n].message for n in (6, 8)] == ["6 is even", "8 is even"]
    assert list(result.uuids) == [1, 3, 5, 9, 11]


def test_where_the_outcome_is_unknown_it_is_said(colour: Sync, server: FakeWeaviate, data: Any) -> None:
    server.fail(RpcFault(hang=True), on=BATCH, at=1)
    result = colour.call(data.insert_many, numbers(30))
    assert sorted(result.errors) == sent(server)[0]
    assert all("not known whether" in error.message for error in result.errors.values())
    assert len(result.uuids) + len(result.errors) == 30


def test_a_request_that_breaks_is_sent_again(colour: Sync, server: FakeWeaviate, data: Any) -> None:
    server.fail(RpcFault(grpc.StatusCode.UNAVAILABLE, "restarting"), on=BATCH, at=2)
    result = colour.call(data.insert_many, numbers(30))
    assert not result.errors
    parts = [tuple(part) for part in sent(server)]
    assert len(parts) == len(set(parts)) + 1


@pytest.mark.parametrize("call", ["insert_many", "ingest"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (RpcFault(grpc.StatusCode.UNAUTHENTICATED, "who are you"), errors.UnauthenticatedError),
        (RpcFault(grpc.StatusCode.UNAVAILABLE, "restarting"), errors.WeaviateConnectionError),
        (RpcFault(grpc.StatusCode.UNKNOWN, "no"), errors.WeaviateBatchError),
    ],
)
def test_if_every_request_fails_so_does_the_call(
    colour: Sync, server: FakeWeaviate, data: Any, call: str, fault: RpcFault, kind: type[Exception]
) -> None:
    server.fail(fault, on=BATCH)
    with pytest.raises(kind, match=fault.details):
        colour.call(getattr(data, call), numbers(30))


def test_a_stream_ends_when_nothing_can_be_written(colour: Sync, server: FakeWeaviate, data: Any) -> None:
    server.fail(RpcFault(grpc.StatusCode.UNKNOWN, "no"), on=BATCH)
    taken: list[int] = []

    def endless() -> Iterator[Any]:
        while True:
            taken.append(len(taken))
            yield {"n": taken[-1] or 2**60, "t": "x" * 20}  # the first cannot be sent

    with pytest.raises(errors.WeaviateBatchError):
        colour.call(data.ingest, endless())
    assert len(taken) < 200


def test_requests_are_on_their_way_at_the_same_time(colour: Sync, server: FakeWeaviate, data: Any) -> None:
    here = threading.Barrier(AT_ONCE)

    def wait(message: Any, call: Any) -> BatchObjectsReply:
        here.wait(5)  # broken, and so an error, unless all come
        return BatchObjectsReply()

    server.on_rpc(BATCH, wait)
    assert not colour.call(data.insert_many, numbers(35)).errors
    assert len(sent(server)) == AT_ONCE


@pytest.mark.parametrize("call", ["insert_many", "ingest"])
def test_of_an_object_that_is_given_twice_the_last_one_stays(
    colour: Sync, server: FakeWeaviate, data: Any, call: str
) -> None:
    running: list[int] = []

    def one_at_a_time(message: Any, call: Any) -> BatchObjectsReply:
        running.append(1)
        time.sleep(0.01)
        assert len(running) == 1
        running.clear()
        return BatchObjectsReply()

    server.on_rpc(BATCH, one_at_a_time)
    given = numbers(30)
    given[29].uuid = str(given[0].uuid).upper()
    assert not colour.call(getattr(data, call), given).errors
    assert [*chain(*sent(server))] == list(range(30))


def test_the_references_of_a_request_that_fails(colour: Sync, fake: FakeWeaviate) -> None:
    def answer(request: Any) -> list[Any]:
        fine = {"result": {"status": "SUCCESS"}}
        bad = {"result": {"status": "FAILED", "errors": {"error": [{"message": "no such object"}]}}}
        return [bad if index == 5 else fine for index, _ in enumerate(request.json())]

    fake.on_rest("POST", "/v1/batch/references", answer)
    data = colour.connect(fake).collections.use("Article").data
    given = [DataReference("to", U1, UUID(int=n)) for n in range(2 * MOST + 10)]
    fake.fail(HttpFault(status=500, body="disk full"), on="POST /v1/batch/references", at=2)
    result = colour.call(data.reference_add_many, given)
    assert [len(request.json()) for request in fake.requests("POST /v1/batch/references")] == [MOST, MOST, 10]
    assert list(result.errors) == [5, *range(MOST, 2 * MOST), 2 * MOST + 5]
    assert result.errors[5].message == "no such object"
    assert "disk full" in result.errors[MOST].message
    assert result.errors[MOST].reference.to_object_uuid == str(UUID(int=MOST))
    fake.fail(HttpFault(status=500, body="disk full"), on="POST /v1/batch/references")
    with pytest.raises(errors.WeaviateBatchError, match="disk full"):
        colour.call(data.reference_add_many, given)


def test_more_matches_than_the_server_deletes(colour: Sync, fake: FakeWeaviate) -> None:
    fake.on_rpc(WeaviateMethods.BatchDelete, BatchDeleteReply(matches=10_500, successful=9_999, failed=1))
    data = colour.connect(fake).collections.use("Article").data
    told = colour.call(data.delete_many, Filter.by_property("n").greater_than(0))
    assert (told.matches, told.successful, told.failed, told.objects) == (10_500, 9_999, 1, None)


def test_all_that_matches_is_deleted_however_many(colour: Sync, fake: FakeWeaviate) -> None:
    replies = iter([(25_000, 9_999, 1), (15_001, 10_000, 0), (5_001, 5_000, 1)])

    def delete(message: Any, call: Any) -> BatchDeleteReply:
        matches, successful, failed = next(replies)
        return BatchDeleteReply(matches=matches, successful=successful, failed=failed)

    fake.on_rpc(WeaviateMethods.BatchDelete, delete)
    data = colour.connect(fake).collections.use("Article").data
    told: list[tuple[int, int]] = []
    sums = colour.call(
        data.delete_all_matching,
        Filter.by_property("n").greater_than(0),
        progress=lambda so_far: told.append((so_far.successful, so_far.matches)),
    )
    assert told == [(9_999, 25_000), (19_999, 25_000), (24_999, 25_000)]
    assert (sums.successful, sums.matches, sums.failed, sums.objects) == (24_999, 25_000, 1, None)


def test_a_deletion_ends_where_nothing_can_be_deleted(colour: Sync, fake: FakeWeaviate) -> None:
    fake.on_rpc(WeaviateMethods.BatchDelete, BatchDeleteReply(matches=20_000, successful=0, failed=10_000))
    data = colour.connect(fake).collections.use("Article").data
    sums = colour.call(data.delete_all_matching, Filter.by_property("n").greater_than(0))
    assert (sums.successful, sums.matches, sums.failed) == (0, 20_000, 10_000)
    with pytest.raises(errors.WeaviateInvalidInputError, match="progress"):
        colour.call(data.delete_all_matching, Filter.by_property("n").greater_than(0), progress=True)


def test_a_deletion_is_not_repeated_as_its_numbers_would_not_be_true(colour: Sync, fake: FakeWeaviate) -> None:
    fake.on_rpc(WeaviateMethods.BatchDelete, BatchDeleteReply())
    fake.fail(RpcFault(grpc.StatusCode.UNAVAILABLE, "gone"), on=WeaviateMethods.BatchDelete, at=1)
    data = colour.connect(fake).collections.use("Article").data
    where = Filter.by_property("n").greater_than(0)
    with pytest.raises(errors.WeaviateConnectionError, match="gone"):
        colour.call(data.delete_many, where)
    assert len(fake.rpcs(WeaviateMethods.BatchDelete)) == 1
    fake.fail(RpcFault(grpc.StatusCode.UNAVAILABLE, "gone"), on=WeaviateMethods.BatchDelete, at=1)
    colour.call(data.delete_many, where, dry_run=True)
    assert len(fake.rpcs(WeaviateMethods.BatchDelete)) == 3


# Without a server.


class Counted(dict[str, Any]):
    """Properties that are counted as long as they are there."""

    alive = most = 0

    def __init__(self, **values: Any) -> None:
        super().__init__(values)
        Counted.alive += 1
        Counted.most = max(Counted.most, Counted.alive)

    def __del__(self) -> None:
        Counted.alive -= 1


class Taking:
    """A transport whose server takes everything."""

    limit = 10_000_000

    def execute(self, op: Any) -> Any:
        return op.parse(op.method.reply())


def test_a_stream_is_not_kept() -> None:
    transport: Any = Taking()
    count = 5 * AT_ONCE * MOST
    result = Collections(transport).use("Article").data.ingest(Counted(n=n) for n in range(count))
    assert len(result.uuids) == count
    assert Counted.most <= AT_ONCE * MOST + 1


def test_an_interruption_ends_what_is_on_its_way() -> None:
    calls: list[int] = []

    class Interrupted(Taking):
        limit = LIMIT

        def execute(self, op: Any) -> Any:
            calls.append(len(calls))
            if threading.current_thread() is threading.main_thread():
                raise KeyboardInterrupt
            time.sleep(0.01)
            return super().execute(op)

    transport: Any = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        Collections(transport).use("Article").data.insert_many(numbers(1000))
    assert len(calls) < 20  # of 100


@pytest.mark.parametrize("call", ["insert_many", "ingest"])
def test_others_have_their_turn_while_objects_are_encoded(call: str) -> None:
    class TakingAsync(Taking):
        async def execute(self, op: Any) -> Any:
            return super().execute(op)

    async def run() -> int:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        transport: Any = TakingAsync()
        task = asyncio.create_task(others())
        await getattr(CollectionsAsync(transport).use("Article").data, call)([{"n": n} for n in range(2000)])
        task.cancel()
        return turns

    assert asyncio.run(run()) >= 2000 // BREATH


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("exists", (None,)), ("exists", ("x",)), ("delete_by_id", (3,)), ("update", ("x", {})), ("replace", ("x", {})),
        ("insert", ("x",)), ("insert", (["x"],)), ("insert", ({}, ["x"])), ("insert", ({}, {"to": None})),
        ("insert", ({}, None, "x")), ("insert", ({}, {1: U1})), ("insert", ({}, None, None, {1: [1]})),
        ("insert", ({}, None, None, "x")),
        *((call, (wrong,)) for call in ("insert_many", "ingest") for wrong in NO_OBJECTS),
        ("insert_many", (["x"],)), ("insert_many", ([{}, []],)), ("insert_many", ([DataObject({}, references=[U1])],)),
        ("insert_many", ([DataObject({}, references={1: U1})],)), ("insert_many", ([DataObject({}, vector={1: [1]})],)),
        ("reference_add", ("x", "to", U2)), ("reference_add", (U1, "to", "x")), ("reference_add", (U1, "", U2)),
        ("reference_add", (U1, "to", ReferenceToMulti(target_collection=NOTHING, uuids=U2))),
        ("reference_delete", (U1, None, U2)), ("reference_replace", (U1, "to", [U2, "x"])),
        ("reference_add_many", ([("to", U1, U2)],)), ("reference_add_many", ([DataReference("to", "x", U2)],)),
        ("reference_add_many", ([DataReference("to", U1, "x")],)), ("delete_many", ("x",)), ("delete_many", (None,)),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_before_anything_is_sent(call: str, arguments: Any) -> None:
    recorder: Any = Recorder({})
    with pytest.raises(errors.WeaviateInvalidInputError):
        getattr(Collections(recorder).use("Article").data, call)(*arguments)
    assert recorder.sent == []


def test_results_can_be_added() -> None:
    failed = ErrorObject("no", None)  # type: ignore[arg-type]
    first = BatchObjectReturn.of_ids(U1.bytes + U2.bytes, {1: failed}, 1.0)
    both = first + BatchObjectReturn(None, 2.0, uuids={0: U2})
    assert (both.uuids, both.errors, both.elapsed_seconds, both.has_errors) == ({0: U1, 2: U2}, {1: failed}, 3.0, True)
    assert both.all_responses == [U1, failed, U2]
    both.add_uuids({3: U1})
    both.add_errors({4: failed})
    assert both.all_responses == [U1, failed, U2, U1, failed]
    assert "3 written, 2 failed" in repr(both)
    reference = ErrorReference("no", BatchReference("A", U1, "to", U2))
    refs = BatchReferenceReturn(1.0, {3: reference}, True) + BatchReferenceReturn(1.0, {0: reference}, True)
    assert (list(refs.errors), refs.elapsed_seconds) == ([3, 4], 2.0)
