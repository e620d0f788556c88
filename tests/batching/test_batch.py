"""Batches against a stand-in server: what arrives, what is told of it, and that nothing is lost whatever goes wrong."""

from __future__ import annotations

import pickle
import threading
import time
import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import pytest
from weaviate_gen.grpc import WEB_PATH, WeaviateMethods
from weaviate_gen.grpc.v1.batch_pb2 import BatchStreamReply

from tests.batching.kit import KINDS, Store, begin, enter, fill, fill_and_leave, ids, leave, silent_stream
from tests.core.colours import params_of
from tests.servers.fake import FakeWeaviate
from tests.servers.faults import HttpFault, RpcFault
from tests.servers.proxies import CutProxy
from weaviate_hl import errors
from weaviate_hl.batching.machine import Machine
from weaviate_hl.classes.batch import Shard
from weaviate_hl.classes.config import Integrations
from weaviate_hl.settings import Timeout
from weaviate_hl.values.inputs import ReferenceToMulti


@pytest.mark.parametrize("kind", KINDS)
def test_everything_arrives_once(colour: Any, client: Any, store: Store, kind: str) -> None:
    given = ids(500)
    batching = client.collections.use("Article").batch
    batch = enter(colour, begin(batching, kind))
    added = fill(colour, batch, given)
    for source, target in pairwise(given[:50]):
        colour.call(batch.add_reference, source, "next", target)
    leave(colour, batch)
    assert batch.counts == (549, 549, 0, 0)
    assert store.objects == dict.fromkeys(given, 1)
    assert set(store.references.values()) == {1} and len(store.references) == 49
    assert [str(one) for one in added] == given
    assert list(batching.results.objs.uuids.values()) == [UUID(one) for one in given]
    assert not batching.failed_objects and not batching.failed_references and batch.number_errors == 0


def test_parts_of_fixed_size_have_that_size(colour: Any, client: Any, store: Store) -> None:
    batch = enter(colour, client.collections.use("Article").batch.fixed_size(7, 3))
    fill(colour, batch, ids(24))
    leave(colour, batch)
    assert sorted(store.sizes, reverse=True) == [7, 7, 7, 3]


def test_over_the_web_a_stream_becomes_requests_and_says_so_once(
    colour: Any, fake: FakeWeaviate, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    client = colour.connect(fake, grpc="web")
    given = ids(300)
    batch = enter(colour, client.collections.use("Article").batch.stream())
    fill(colour, batch, given)
    leave(colour, batch)
    assert batch.counts == (300, 300, 0, 0) and store.objects == dict.fromkeys(given, 1)
    assert [one.levelname for one in caplog.records if "native gRPC" in one.message] == ["WARNING"]


def test_a_server_without_streams_gets_requests(colour: Any, client: Any, fake: FakeWeaviate, store: Store) -> None:
    fake.fail(RpcFault(grpc.StatusCode.UNIMPLEMENTED, "unknown method"), on=WeaviateMethods.BatchStream)
    given = ids(300)
    batch = enter(colour, client.collections.use("Article").batch.stream())
    fill(colour, batch, given)
    leave(colour, batch)
    assert batch.counts == (300, 300, 0, 0) and store.objects == dict.fromkeys(given, 1)


# What is told of failures.


@pytest.mark.parametrize("kind", KINDS)
def test_refused_objects_are_told_and_warned_of(colour: Any, client: Any, store: Store, kind: str) -> None:
    given = ids(50)
    store.refused = {given[3]: "no such property", given[40]: "no such class"}
    batching = client.batch
    batch = enter(colour, begin(batching, kind))
    for number, uuid in enumerate(given):
        vector = [1.0, 2.0] if number == 3 else {"a": [1.0], "b": [[1.0, 2.0]]}
        tenant = None if number == 3 else "t"
        links = {"next": given[0]}
        colour.call(
            batch.add_object, "article", {"n": number, "of": {"a": [1, 2]}, "e": []}, links, uuid, vector, tenant
        )
    with pytest.warns(errors.WeaviateBatchWarning, match=r"2 of 50 .* not stored.*no such"):
        leave(colour, batch)
    assert batch.counts == (50, 48, 2, 0)
    assert batch.number_errors == 2
    first, second = sorted(batching.failed_objects, key=lambda one: one.object_.index)
    assert (first.message, first.retryable, first.unknown) == ("no such property", False, False)
    assert first.original_uuid == UUID(given[3])
    told = first.object_
    assert (told.collection, told.index, told.tenant, told.uuid) == ("Article", 3, None, UUID(given[3]))
    assert told.properties == {"n": 3, "of": {"a": [1, 2]}, "e": []}
    assert told.vector == [1.0, 2.0] and told.references == {"next": [given[0]]}
    assert second.object_.vector == {"a": [1.0], "b": [[1.0, 2.0]]} and second.object_.tenant == "t"
    assert set(batching.results.objs.errors) == {3, 40} and batching.results.objs.has_errors


def test_every_batch_warns_of_its_failures_and_names_the_line_that_made_it(
    colour: Any, client: Any, store: Store
) -> None:
    uuid = ids(1)[0]
    store.refused = {uuid: "no such property"}
    articles = client.collections.use("Article")

    def write() -> None:
        batch = enter(colour, articles.batch.dynamic())
        fill(colour, batch, [uuid])
        leave(colour, batch)

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")  # as Python has it: what one line says again is not shown
        write()
        write()
    assert [one.category for one in told] == [errors.WeaviateBatchWarning] * 2
    assert not any(Path(one.filename).is_relative_to(Path(errors.__file__).parent) for one in told)


def test_an_import_warns_of_its_failures_at_the_line_that_asked_for_it(colour: Any, client: Any, store: Store) -> None:
    uuid = ids(1)[0]
    store.refused = {uuid: "no such property"}
    articles = client.collections.use("Article")
    with pytest.warns(errors.WeaviateBatchWarning) as told:
        colour.call(articles.batch.insert_from, [{"id": uuid}], uuid="id")
    assert [one.filename for one in told if "/sync/" in one.filename or "/aio/" in one.filename] == []


@pytest.mark.parametrize("name", ["é", "Über", "标题"])
def test_names_that_the_server_cannot_write_in_its_answer_are_refused(
    colour: Any, client: Any, store: Store, name: str
) -> None:
    batch = enter(colour, client.batch.dynamic())
    good, other = ids(2)
    colour.call(batch.add_object, "Article", {"title": "a"}, None, good)
    for add, *given in (
        (batch.add_object, "Article", {name: "text"}),
        (batch.add_object, "Article", {name: ["a", "list"]}),
        (batch.add_object, name, {"title": "a"}),
        (batch.add_reference, good, "Article", name, other),
    ):
        with pytest.raises(errors.WeaviateBatchValidationError, match="ASCII letters"):
            colour.call(add, *given)
    leave(colour, batch)
    assert batch.counts == (1, 1, 0, 0) and store.objects == {good: 1}


@pytest.mark.parametrize("kind", ["dynamic", "stream"])
def test_names_that_are_no_unicode_are_refused_where_they_are_added(
    colour: Any, client: Any, store: Store, kind: str
) -> None:
    batch = enter(colour, getattr(client.batch, kind)())
    bad, (good, other) = "a\ud800", ids(2)
    target = ReferenceToMulti(target_collection=bad, uuids=other)
    colour.call(batch.add_object, "Article", {"title": "a"}, None, good)
    for add, *given in (
        (batch.add_object, "Article", None, None, None, None, bad),
        (batch.add_object, "Article", None, {bad: other}),
        (batch.add_object, "Article", None, {"next": target}),
        (batch.add_object, "Article", None, None, None, {bad: [1.0]}),
        (batch.add_reference, good, "Article", bad, other),
        (batch.add_reference, good, bad, "next", other),
        (batch.add_reference, good, "Article", "next", target),
        (batch.add_reference, good, "Article", "next", other, bad),
    ):
        with pytest.raises(errors.WeaviateBatchValidationError, match="surrogates"):
            colour.call(add, *given)
    leave(colour, batch)
    assert batch.counts == (1, 1, 0, 0)


@pytest.mark.parametrize("level", ["SOME", 3])
def test_a_consistency_level_that_is_none_is_refused_before_the_block(colour: Any, client: Any, level: Any) -> None:
    for kind in ("dynamic", "fixed_size", "stream"):
        with pytest.raises(errors.WeaviateInvalidInputError, match="consistency_level"):
            getattr(client.batch, kind)(consistency_level=level)
    with pytest.raises(errors.WeaviateInvalidInputError, match="consistency_level"):
        client.batch.rate_limit(60, level)


def test_a_function_for_failures_gets_each_and_there_is_no_warning(colour: Any, client: Any, store: Store) -> None:
    given = ids(30)
    store.refused = dict.fromkeys(given[:10], "no")
    told: list[Any] = []
    batch = enter(colour, client.collections.use("Article").batch.dynamic(on_failure=told.append))
    fill(colour, batch, given)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        leave(colour, batch)
    assert {str(one.original_uuid) for one in told} == set(given[:10])


def test_a_batch_can_raise_at_its_end(colour: Any, client: Any, store: Store) -> None:
    given = ids(3)
    store.refused = {given[1]: "no"}
    batch = enter(colour, client.collections.use("Article").batch.dynamic(raise_on_failure=True))
    fill(colour, batch, given)
    with pytest.raises(errors.WeaviateBatchError, match="1 of 3"):
        leave(colour, batch)


def test_a_function_for_failures_that_fails_ends_the_batch_with_its_error(
    colour: Any, client: Any, store: Store
) -> None:
    def fail(told: Any) -> None:
        raise ZeroDivisionError("mine")

    given = ids(30)
    store.refused = {given[0]: "no"}
    batch = enter(colour, client.collections.use("Article").batch.fixed_size(1, on_failure=fail))
    with pytest.raises(errors.WeaviateBatchError, match="mine") as raised:
        fill_and_leave(colour, batch, given)
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    assert batch.counts.pending == 0


def test_ids_tell_what_became_of_their_objects(colour: Any, client: Any, store: Store) -> None:
    good, bad = ids(2)
    store.refused = {bad: "no such property"}
    batch = enter(colour, client.collections.use("Article").batch.fixed_size(100, on_failure=lambda told: None))
    first, second = fill(colour, batch, [good, bad])
    assert colour.call(first.result, 5) == UUID(good)
    with pytest.raises(errors.WeaviateBatchError, match="no such property"):
        colour.call(second.result, 5)
    leave(colour, batch)
    assert isinstance(first, UUID) and first == UUID(good) and hash(first) == hash(UUID(good)) and str(first) == good
    assert pickle.loads(pickle.dumps(first)) == UUID(good)  # noqa: S301


def test_a_result_that_takes_too_long(colour: Any, client: Any, fake: FakeWeaviate, store: Store) -> None:
    fake.fail(RpcFault(delay=1), on=WeaviateMethods.BatchObjects)
    batch = enter(colour, client.collections.use("Article").batch.dynamic())
    (added,) = fill(colour, batch, ids(1))
    with pytest.raises(errors.WeaviateTimeoutError):
        colour.call(added.result, 0.05)
    leave(colour, batch)
    assert batch.counts == (1, 1, 0, 0)


def test_flush_waits_for_what_was_added_before(colour: Any, client: Any, store: Store) -> None:
    batch = enter(colour, client.collections.use("Article").batch.fixed_size(100))
    given = ids(5)
    fill(colour, batch, given)
    colour.call(batch.flush)
    assert store.objects == dict.fromkeys(given, 1) and batch.counts == (5, 5, 0, 0)
    leave(colour, batch)


def test_progress_is_told_to_a_function(colour: Any, client: Any, store: Store) -> None:
    told: list[Any] = []
    batch = enter(colour, client.collections.use("Article").batch.fixed_size(10, progress=told.append))
    fill(colour, batch, ids(100))
    leave(colour, batch)
    assert told[-1] == (100, 100, 0, 0)


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (({"a": float("nan")},), "property 'a'"),
        (({"a": 2**60},), "property 'a'"),
        (({"id": "x"},), "property 'id'"),
        (({}, None, "no uuid"), "uuid"),
        (({}, None, None, ["x"]), "vector"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(colour: Any, client: Any, store: Store, args: Any, word: str) -> None:
    batch = enter(colour, client.collections.use("Article").batch.dynamic())
    fill(colour, batch, ids(2))
    with pytest.raises(errors.WeaviateBatchValidationError, match=f"Object 2.*{word}"):
        colour.call(batch.add_object, *args)
    leave(colour, batch)
    assert batch.counts == (2, 2, 0, 0)


def test_bad_calls_are_named(colour: Any, client: Any, store: Store) -> None:
    async def never_awaited(told: Any) -> None:
        raise AssertionError

    for call, word in (
        (lambda: client.batch.fixed_size(0), "batch_size"),
        (lambda: client.batch.fixed_size(10, True), "concurrent_requests"),
        (lambda: client.batch.rate_limit("a"), "requests_per_minute"),
        (lambda: client.batch.stream(concurrency=0), "concurrency"),
        (lambda: client.batch.dynamic(on_failure=3), "on_failure"),
        (lambda: client.batch.dynamic(on_failure=never_awaited), "on_failure.*async def"),
        (lambda: client.batch.dynamic(progress=3), "progress"),
        (lambda: client.batch.dynamic(progress=never_awaited), "progress.*async def"),
        (lambda: client.batch.dynamic(retry_for=-1), "retry_for"),
    ):
        with pytest.raises(errors.WeaviateInvalidInputError, match=word):
            call()
    batch = client.batch.dynamic()
    with pytest.raises(errors.WeaviateBatchValidationError, match="within the block"):
        colour.call(batch.add_object, "Article")
    enter(colour, batch)
    with pytest.raises(errors.WeaviateBatchValidationError, match="collection"):
        colour.call(batch.add_object, None)
    with pytest.raises(errors.WeaviateBatchValidationError, match="from_property"):
        colour.call(batch.add_reference, ids(1)[0], "Article", "", ids(1)[0])
    with pytest.raises(errors.WeaviateBatchValidationError, match="UUID"):
        colour.call(batch.add_reference, "x", "Article", "next", ids(1)[0])
    with pytest.raises(errors.WeaviateBatchValidationError, match="next.*not None"):
        colour.call(batch.add_reference, ids(1)[0], "Article", "next", None)
    with pytest.raises(errors.WeaviateBatchValidationError, match="tenant"):
        colour.call(batch.add_object, "Article", tenant=3)
    leave(colour, batch)
    with pytest.raises(errors.WeaviateBatchValidationError, match="within the block"):
        colour.call(batch.add_object, "Article")
    with pytest.raises(errors.WeaviateInvalidInputError, match="entered once"):
        enter(colour, batch)


# What goes wrong on the way. Whatever it is: each item once in the accounts, and what is said to be stored is there.


def check(batch: Any, store: Store, given: list[str]) -> None:
    counts = batch.counts
    assert counts.submitted == len(given) and counts.pending == 0
    stored = set(store.objects)
    failed = {str(one.original_uuid) for one in batch.failed_objects if not one.unknown}
    unknown = {str(one.original_uuid) for one in batch.failed_objects if one.unknown}
    assert len(failed) == counts.failed and len(unknown) == counts.unknown
    assert stored.isdisjoint(failed), "said to have failed, but it is there"
    assert set(given) - failed - unknown <= stored, "said to be stored, but it is not there"


CODES = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
@pytest.mark.parametrize("at", range(1, 6))
def test_a_request_that_fails_is_made_up_for(
    colour: Any, client: Any, fake: FakeWeaviate, store: Store, code: Any, at: int
) -> None:
    fake.fail(RpcFault(code, "not now"), on=WeaviateMethods.BatchObjects, at=at)
    given = ids(50)
    batch = enter(colour, client.collections.use("Article").batch.fixed_size(10))
    fill(colour, batch, given)
    leave(colour, batch)
    assert batch.counts == (50, 50, 0, 0)
    assert store.objects == dict.fromkeys(given, 1)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
@pytest.mark.parametrize("at", range(1, 12))
def test_a_stream_that_fails_at_any_message_is_made_up_for(
    colour: Any, client: Any, store: Store, code: Any, at: int
) -> None:
    store.stream_faults = {at: RpcFault(code, "not now")}
    given = ids(500)
    batch = enter(colour, client.collections.use("Article").batch.stream())
    fill(colour, batch, given)
    for source in given[:20]:
        colour.call(batch.add_reference, source, "next", given[0])
    leave(colour, batch)
    assert batch.counts == (520, 520, 0, 0)
    assert set(store.objects) == set(given)
    assert len(store.references) == 20 and set(store.references.values()) == {1}, "a reference twice"


@pytest.mark.parametrize("status", [500, 502, 520, 524])
def test_objects_for_which_a_proxy_has_failed_are_sent_again(
    colour: Any, fake: FakeWeaviate, store: Store, status: int
) -> None:
    client = colour.connect(fake, grpc="web")
    fake.fail(HttpFault(status=status), on=f"POST {WEB_PATH}{WeaviateMethods.BatchObjects.path}", at=[1, 3])
    given = ids(50)
    batch = enter(colour, client.collections.use("Article").batch.fixed_size(10, 1))
    fill(colour, batch, given)
    leave(colour, batch)
    assert batch.counts == (50, 50, 0, 0) and store.objects.keys() == set(given)


def test_objects_that_are_too_many_for_a_proxy_are_halved(colour: Any, fake: FakeWeaviate, store: Store) -> None:
    client = colour.connect(fake, grpc="web")
    fake.fail(HttpFault(status=413), on=f"POST {WEB_PATH}{WeaviateMethods.BatchObjects.path}", at=1)
    given = ids(50)
    batch = enter(colour, client.collections.use("Article").batch.fixed_size(10, 1))
    fill(colour, batch, given)
    leave(colour, batch)
    assert batch.counts == (50, 50, 0, 0) and store.objects == dict.fromkeys(given, 1)
    assert max(store.sizes) == 5


@pytest.mark.parametrize("at", range(1, 4))
@pytest.mark.parametrize(
    "fault",
    [HttpFault(cut="before"), HttpFault(cut="body"), HttpFault(status=503), HttpFault(status=524)],
    ids=repr,
)
def test_references_of_unknown_outcome_are_looked_for_and_not_sent_twice(
    colour: Any, client: Any, fake: FakeWeaviate, store: Store, fault: HttpFault, at: int
) -> None:
    fake.fail(fault, on="POST /v1/batch/references", at=at)
    given = ids(30)
    batch = enter(colour, client.collections.use("Article").batch.fixed_size(10, 1))
    fill(colour, batch, given)
    for source in given:
        colour.call(batch.add_reference, source, "next", given[0])
    leave(colour, batch)
    assert batch.counts == (60, 60, 0, 0)
    assert len(store.references) == 30 and set(store.references.values()) == {1}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after", [0, 200, 3000, 20_000])
def test_connections_that_are_cut_lose_nothing(
    colour: Any, fake: FakeWeaviate, store: Store, kind: str, after: int
) -> None:
    with CutProxy(fake.grpc_address) as proxy:
        client = colour.connect(params_of(fake, proxy.port))
        proxy.cut_after(up=after, connections=2)
        proxy.cut()
        given = ids(800)
        batch = enter(colour, begin(client.collections.use("Article").batch, kind))
        fill(colour, batch, given)
        leave(colour, batch)
        check(batch, store, given)
        assert batch.counts == (800, 800, 0, 0)
        colour.call(client.close)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_stays_away_ends_the_batch_in_time(
    colour: Any, client: Any, fake: FakeWeaviate, store: Store, kind: str
) -> None:
    given = ids(100)
    batch = enter(colour, begin(client.collections.use("Article").batch, kind, retry_for=0.5))
    fill(colour, batch, given[:50])
    colour.call(batch.flush)
    fake.stop_grpc()
    with pytest.raises(errors.WeaviateBatchError, match="has not answered"):
        fill_and_leave(colour, batch, given[50:])
    check(batch, store, given)
    assert batch.counts.stored == 50
    assert all(one.retryable for one in batch.failed_objects)


def test_refusals_that_may_pass_are_tried_again(colour: Any, client: Any, store: Store) -> None:
    given = ids(20)
    store.refused = dict.fromkeys(given[:5], "connection to: API failed with status: 429")
    batch = enter(colour, client.collections.use("Article").batch.dynamic(retry_for=20))
    threading.Timer(0.5, store.refused.clear).start()
    fill(colour, batch, given)
    leave(colour, batch)
    assert batch.counts == (20, 20, 0, 0)


@pytest.mark.parametrize("given", [None, "no id", 7])
def test_a_reference_from_nothing_is_named_as_such(colour: Any, store: Store, fake: FakeWeaviate, given: Any) -> None:
    batch = enter(colour, colour.connect(fake).collections.use("Article").batch.dynamic())
    with pytest.raises(errors.WeaviateBatchValidationError, match=f"from_uuid.*{given}"):
        colour.call(batch.add_reference, given, "likes", ids(1)[0])
    leave(colour, batch)
    assert batch.counts == (0, 0, 0, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_larger_than_the_server_takes_is_refused_at_once(
    colour: Any, store: Store, fake: FakeWeaviate, kind: str
) -> None:
    fake.max_message_size = 20_000
    batch = enter(colour, begin(colour.connect(fake).collections.use("Article").batch, kind))
    fill(colour, batch, ids(40))
    sizes = range(19_800, 20_000, 4)  # what is just below the limit is taken, and goes
    taken = 0
    for size in sizes:
        try:
            colour.call(batch.add_object, {"title": "x" * size})
            taken += 1
        except errors.WeaviateBatchValidationError as error:
            assert "Object" in str(error) and "19,984" in str(error) and "GRPC_MAX_MESSAGE_SIZE" in str(error)
    leave(colour, batch)
    assert 10 < taken < len(sizes)
    assert batch.counts == (40 + taken, 40 + taken, 0, 0)


def test_objects_that_are_too_large_for_a_proxy_fail_alone(
    colour: Any, client: Any, fake: FakeWeaviate, store: Store
) -> None:
    def write(message: Any, call: Any) -> Any:
        if message.ByteSize() > 20_000:
            raise RpcFault(grpc.StatusCode.RESOURCE_EXHAUSTED, "message larger than max (20001 vs. 20000)")
        return store._objects(message, call)

    fake.on_rpc(WeaviateMethods.BatchObjects, write)
    batch = enter(colour, client.collections.use("Article").batch.dynamic(on_failure=lambda told: None))
    fill(colour, batch, ids(300))
    colour.call(batch.add_object, {"title": "x" * 50_000})
    leave(colour, batch)
    assert batch.counts == (301, 300, 1, 0)


def test_a_reference_to_nothing_is_none(colour: Any, client: Any, store: Store) -> None:
    batch = enter(colour, client.collections.use("Article").batch.dynamic())
    colour.call(batch.add_reference, ids(1)[0], "next", [])
    leave(colour, batch)
    assert batch.counts == (0, 0, 0, 0) and not store.references


def test_a_server_that_says_nothing_is_left(colour: Any, store: Store, fake: FakeWeaviate) -> None:
    client = colour.connect(fake, timeout=Timeout(init=5, query=5, insert=1))
    silent = iter([True])

    def stream(messages: Iterator[Any], call: Any) -> Iterator[BatchStreamReply]:
        if next(silent, False):
            yield BatchStreamReply(started={})
            call.wait(30)
        else:
            yield from store._stream(messages, call)

    fake.on_rpc(WeaviateMethods.BatchStream, stream)
    batch = enter(colour, client.collections.use("Article").batch.stream())
    given = ids(10)
    fill(colour, batch, given)
    leave(colour, batch)
    assert batch.counts == (10, 10, 0, 0)


def test_hints_of_the_server_are_followed(colour: Any, client: Any, fake: FakeWeaviate, store: Store) -> None:
    """It names a size; it is short of memory and takes nothing; it is shutting down and takes nothing more."""
    sizes: list[list[int]] = []

    def stream(messages: Iterator[Any], call: Any) -> Iterator[BatchStreamReply]:
        turn = len(sizes)
        mine: list[int] = []
        sizes.append(mine)
        for message in messages:
            if message.HasField("start"):
                yield BatchStreamReply(started={})
                yield BatchStreamReply(backoff={"batch_size": 5})
                continue
            uuids = [one.uuid for one in message.data.objects.values]
            mine.append(len(uuids))
            if turn == 0:
                yield BatchStreamReply(out_of_memory={"uuids": uuids, "wait_time": 1})
                return
            yield BatchStreamReply(acks={"uuids": uuids})
            if turn == 1:
                yield BatchStreamReply(shutting_down={})
            for uuid in uuids:
                store._write(uuid)
            yield BatchStreamReply(results={"successes": [{"uuid": one} for one in uuids]})

    fake.on_rpc(WeaviateMethods.BatchStream, stream)
    given = ids(2000)
    batch = enter(colour, client.collections.use("Article").batch.stream())
    fill(colour, batch, given)
    leave(colour, batch)
    assert batch.counts == (2000, 2000, 0, 0) and store.objects == dict.fromkeys(given, 1)
    assert len(sizes) >= 3
    assert max(sizes[2]) <= 5


def test_a_closed_client_ends_its_batch(colour: Any, client: Any, store: Store) -> None:
    batch = enter(colour, client.collections.use("Article").batch.stream(on_failure=lambda told: None))
    given = ids(5)
    fill(colour, batch, given)
    colour.call(batch.flush)
    colour.call(client.close)
    with pytest.raises(errors.WeaviateBaseError):
        fill_and_leave(colour, batch, ids(5))
    assert batch.counts.pending == 0 and batch.counts.stored == 5


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "stream"])
def test_what_is_with_the_server_when_the_client_is_closed_is_unknown(
    colour: Any, client: Any, fake: FakeWeaviate, store: Store, kind: str
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def write(message: Any, call: Any) -> Any:
        reply = store._objects(message, call)
        arrived.set()
        go_on.wait(5)
        return reply

    fake.on_rpc(WeaviateMethods.BatchObjects, write)
    given = ids(25)
    batch = enter(colour, begin(client.collections.use("Article").batch, kind, on_failure=lambda told: None))
    fill(colour, batch, given)
    assert arrived.wait(5)
    colour.call(client.close)
    go_on.set()
    leave(colour, batch)
    counts = batch.counts
    assert len(store.objects) <= counts.stored + counts.unknown and counts.pending == 0
    unknown = {str(one.original_uuid) for one in batch.failed_objects if one.unknown}
    assert store.objects.keys() <= unknown and unknown


def test_references_of_a_closed_client_are_not_asked_for_again_and_again(
    colour: Any, client: Any, fake: FakeWeaviate, store: Store
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def append(request: Any) -> Any:
        arrived.set()
        go_on.wait(5)
        return store._references(request)

    fake.on_rest("POST", "/v1/batch/references", append)
    source, target = ids(2)
    batch = enter(colour, client.collections.use("Article").batch.dynamic(on_failure=lambda told: None, retry_for=1))
    colour.call(batch.add_reference, source, "next", target)
    assert arrived.wait(5)
    colour.call(client.close)
    go_on.set()
    leave(colour, batch)  # without an error, as after a second of asking
    assert batch.counts == (1, 0, 0, 1)


def test_a_stream_whose_credentials_are_refused_ends_the_batch(
    colour: Any, client: Any, fake: FakeWeaviate, store: Store
) -> None:
    store.stream_faults = {3: RpcFault(grpc.StatusCode.UNAUTHENTICATED, "unauthorized: invalid api key")}
    batch = enter(colour, client.collections.use("Article").batch.stream())
    given = ids(10)
    with pytest.raises(errors.WeaviateBatchError, match="unauthorized"):
        fill_and_leave(colour, batch, given)
    check(batch, store, given)
    assert batch.counts.unknown == 10  # the fault came after the server had taken them


@pytest.mark.parametrize("kind", ["dynamic", "stream"])
def test_nobody_turns_in_circles_while_a_server_is_slow(
    colour: Any, client: Any, fake: FakeWeaviate, store: Store, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[str] = []

    def count(method: Any) -> Any:
        def counted(machine: Machine, now: float) -> Any:
            turns.append(method.__name__)
            return method(machine, now)

        return counted

    monkeypatch.setattr(Machine, "wait", count(Machine.wait))
    monkeypatch.setattr(Machine, "wait_unsure", count(Machine.wait_unsure))
    fake.fail(RpcFault(delay=0.7), on=WeaviateMethods.BatchObjects)
    fake.fail(RpcFault(delay=0.7), on=WeaviateMethods.BatchStream)
    batch = enter(colour, begin(client.batch, kind))
    for uuid in ids(10):
        colour.call(batch.add_object, "Article", uuid=uuid)
        time.sleep(0.15)
    leave(colour, batch)
    assert batch.counts == (10, 10, 0, 0)
    assert len(turns) < 200


@pytest.mark.parametrize("kind", ["dynamic", "stream"])
def test_an_interrupted_block_leaves_exact_accounts(fake: FakeWeaviate, store: Store, kind: str) -> None:
    """Objects are with a server that does not answer when the block is interrupted, others wait for them."""
    import asyncio

    import weaviate_hl

    fake.fail(RpcFault(hang=True), on=WeaviateMethods.BatchObjects)
    fake.on_rpc(WeaviateMethods.BatchStream, silent_stream)
    given = ids(100)

    async def main() -> Any:
        async with weaviate_hl.use_async_with_local(port=fake.port, grpc_port=fake.grpc_port) as client:
            batch = begin(client.collections.use("Article").batch, kind)

            async def block() -> None:
                async with batch:
                    for uuid in given + given[:10]:
                        await batch.add_object({}, uuid=uuid)

            with pytest.warns(errors.WeaviateBatchWarning), pytest.raises(TimeoutError):
                await asyncio.wait_for(block(), 1)
            return batch

    batch = asyncio.run(main())
    assert batch.counts == (110, 0, 10, 100)
    assert len(batch.failed_objects) == 110


def test_an_error_in_the_block_does_not_lose_what_was_added(colour: Any, client: Any, store: Store) -> None:
    batch = enter(colour, client.collections.use("Article").batch.fixed_size(100))
    given = ids(5)
    fill(colour, batch, given)
    leave(colour, batch, ZeroDivisionError())
    assert store.objects == dict.fromkeys(given, 1)


def test_sixty_four_threads_share_a_batch(fake: FakeWeaviate, store: Store) -> None:
    import weaviate_hl

    given = [ids(200) for _ in range(64)]
    with weaviate_hl.connect_to_local(port=fake.port, grpc_port=fake.grpc_port) as client:
        with client.collections.use("Article").batch.dynamic() as batch:
            threads = [
                threading.Thread(target=lambda mine=mine: [batch.add_object({"n": 1}, uuid=one) for one in mine])
                for mine in given
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert batch.counts == (12_800, 12_800, 0, 0)
    assert store.objects == dict.fromkeys([one for mine in given for one in mine], 1)


def test_keys_of_providers_travel_with_every_request(colour: Any, client: Any, fake: FakeWeaviate) -> None:
    colour.call(
        client.integrations.configure,
        [
            Integrations.cohere(api_key="my-key", requests_per_minute_embeddings=50),
            Integrations.openai(api_key="other"),
        ],
    )
    fake.forget()
    colour.call(client.get_meta)
    sent = fake.requests("/v1/meta")[-1].headers
    assert sent["x-cohere-api-key"] == "my-key" and sent["x-openai-api-key"] == "other"
    assert sent["x-cohere-ratelimit-requestpm-embedding"] == "50"
    with pytest.raises(errors.WeaviateInvalidInputError):
        client.integrations.configure("key")


def test_indexing_is_waited_for(colour: Any, client: Any, fake: FakeWeaviate, store: Store) -> None:
    told = iter([500, 500, ("INDEXING", 3), ("READY", 2)])

    def shards(request: Any) -> Any:
        answer = next(told, ("READY", 0))
        if isinstance(answer, int):
            return answer, {"error": [{"message": "not now"}]}
        return [{"name": "s", "status": answer[0], "vectorQueueSize": answer[1]}]

    fake.on_rest("GET", "/v1/schema/Article/shards", shards)
    batch = enter(colour, client.batch.dynamic())
    colour.call(batch.add_object, "Article")
    leave(colour, batch)
    colour.call(client.batch.wait_for_vector_indexing)
    assert next(told, None) is None
    read_only = [{"name": "s", "status": "READONLY", "vectorQueueSize": 0}]
    fake.on_rest("GET", "/v1/schema/Article/shards", lambda request: read_only)
    colour.call(client.batch.wait_for_vector_indexing, [Shard(collection="Article")])
    with pytest.raises(errors.WeaviateInvalidInputError, match="Shard"):
        colour.call(client.batch.wait_for_vector_indexing, ["Article"])
    fake.on_rest("GET", "/v1/schema/Article/shards", 500)
    with pytest.raises(errors.UnexpectedStatusCodeError):
        colour.call(client.collections.use("Article").batch.wait_for_vector_indexing, how_many_failures=1)
