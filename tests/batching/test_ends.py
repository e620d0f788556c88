"""How the blocks of batches end when something comes between: signals, timeouts, forks, and the functions of users."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import grpc
import pytest
from weaviate_gen.grpc import WeaviateMethods

import weaviate_hl
from tests.batching.kit import KINDS, Store, begin, enter, fill, ids, leave, silent_stream
from tests.servers.fake import FakeWeaviate
from tests.servers.faults import RpcFault
from weaviate_hl import errors
from weaviate_hl.batching.journal import Journal


@pytest.fixture
def articles(fake: FakeWeaviate, store: Store) -> Iterator[Any]:
    with weaviate_hl.connect_to_local(port=fake.port, grpc_port=fake.grpc_port) as client:
        yield client.collections.use("Article")


# Interrupted.


@pytest.mark.filterwarnings("ignore::weaviate_hl.errors.WeaviateBatchWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", ["dynamic", "stream"])
def test_a_signal_in_the_middle_of_adding_ends_the_block_at_once(articles: Any, kind: str) -> None:
    """A signal comes at any place in the code; the 60 times are to meet those that matter."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    interrupted = 0
    try:
        for _ in range(60):
            batch = begin(articles.batch, kind)
            try:
                with batch:
                    signal.setitimer(signal.ITIMER_REAL, 0.01)
                    end = time.monotonic() + 0.05
                    while time.monotonic() < end:
                        batch.add_object({"n": 1})
                    signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                interrupted += 1
            assert batch.counts.pending == 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert interrupted > 30


@pytest.mark.parametrize("kind", KINDS)
def test_a_timeout_in_the_block_does_not_wait_for_the_server(fake: FakeWeaviate, store: Store, kind: str) -> None:
    fake.fail(RpcFault(hang=True), on=WeaviateMethods.BatchObjects)
    fake.on_rpc(WeaviateMethods.BatchStream, silent_stream)

    async def main() -> Any:
        async with weaviate_hl.use_async_with_local(port=fake.port, grpc_port=fake.grpc_port) as client:
            batch = begin(client.collections.use("Article").batch, kind)

            async def block() -> None:
                async with batch:
                    while True:
                        await batch.add_object({})
                        await asyncio.sleep(0.001)

            with pytest.warns(errors.WeaviateBatchWarning, match="not known"), pytest.raises(TimeoutError):
                await asyncio.wait_for(block(), 0.5)
            return batch

    began = time.monotonic()
    batch = asyncio.run(main())
    assert time.monotonic() - began < 10
    assert batch.counts.pending == 0 and batch.counts.unknown > 0
    assert batch.counts.failed + batch.counts.unknown == batch.counts.submitted == len(batch.failed_objects)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here")
@pytest.mark.parametrize("kind", ["dynamic", "stream"])
def test_in_a_fork_the_batch_is_that_of_the_parent(fake: FakeWeaviate, store: Store, articles: Any, kind: str) -> None:
    refused: list[bool] = []
    with begin(articles.batch, kind) as batch:
        added = [batch.add_object({"n": number}) for number in range(500)][-1]
        batch.flush()
        late = batch.add_object({"n": 500})
        if not (child := os.fork()):
            for call in (lambda: batch.add_object({}), batch.flush, late.result):
                try:
                    call()
                except errors.WeaviateBatchError as error:
                    refused.append("forked" in str(error))
            batch.__exit__(None, None, None)
            os._exit(0 if refused == [True] * 3 else 1)
        batch.add_object({"n": 501})
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert batch.counts == (502, 502, 0, 0) and len(store.objects) == 502
    assert added.result() == added


NEVER_LEFT = """
import sys, weaviate_hl
client = weaviate_hl.connect_to_local(port=int(sys.argv[1]), grpc_port=int(sys.argv[2]))
batch = client.collections.use("Article").batch.fixed_size(100)
batch.__enter__()
batch.add_object({"n": 1})
batch.flush()
batch.add_object({"n": 2})
"""


def test_a_block_that_is_never_left_is_told_of_when_the_process_ends(fake: FakeWeaviate, store: Store) -> None:
    program = [sys.executable, "-c", NEVER_LEFT, str(fake.port), str(fake.grpc_port)]
    ended = subprocess.run(program, capture_output=True, text=True, check=True, timeout=60)
    assert "WeaviateBatchWarning: The process ends within the block of a batch: 1 of 2 " in ended.stderr
    assert len(store.objects) == 1


# Functions of users.


def test_what_failed_may_be_added_again_by_the_function_that_is_told(store: Store, articles: Any) -> None:
    """Also when nobody else adds, as at the end, and when there is no room."""
    given = ids(3000)
    store.refused = dict.fromkeys(given[::3], "no")

    def again(told: Any) -> None:
        batch.add_object({"again": True})

    with articles.batch.fixed_size(10, 2, on_failure=again) as batch:
        batch._machine._most = 100
        for uuid in given:
            batch.add_object({}, uuid=uuid)
    assert batch.counts == (4000, 3000, 1000, 0)
    assert len(store.objects) == 3000


@pytest.mark.parametrize("how", ["flush", "result"])
def test_the_function_that_is_told_cannot_wait_for_its_batch(store: Store, articles: Any, how: str) -> None:
    given = ids(30)
    store.refused = {given[0]: "no"}

    def wait(told: Any) -> None:
        if how == "flush":
            batch.flush()
        else:
            batch.add_object({}).result()

    with pytest.raises(errors.WeaviateBatchError, match="cannot wait"):
        with articles.batch.fixed_size(100, on_failure=wait) as batch:
            for uuid in given:
                batch.add_object({}, uuid=uuid)
    assert batch.counts.pending == 0


def test_a_progress_function_that_fails_hides_no_failures(colour: Any, client: Any, store: Store) -> None:
    def fail(counts: Any) -> None:
        raise ZeroDivisionError

    given = ids(3)
    store.refused = {given[0]: "no"}
    batch = enter(colour, client.collections.use("Article").batch.dynamic(progress=fail))
    fill(colour, batch, given)
    with pytest.raises(errors.WeaviateBatchError, match=r"broke: ZeroDivisionError.*of 3 .* not stored"):
        leave(colour, batch)


def test_a_journal_that_cannot_be_written_ends_the_import(
    colour: Any, client: Any, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "note", full)
    articles = client.collections.use("Article")
    rows = ({"n": number} for number in range(3000))
    with pytest.raises(errors.WeaviateBatchError, match="No space left"):
        colour.call(articles.batch.insert_from, rows, journal=tmp_path / "journal")
    counts = articles.batch.last.counts
    assert counts.pending == 0


def test_after_a_batch_in_a_batch_each_tells_of_its_own_failures(colour: Any, client: Any, store: Store) -> None:
    given = ids(2)
    store.refused = {given[0]: "no"}
    batching = client.collections.use("Article").batch
    outer = enter(colour, batching.dynamic())
    fill(colour, outer, given[:1])
    inner = enter(colour, batching.dynamic())
    fill(colour, inner, given[1:])
    leave(colour, inner)
    assert not batching.failed_objects
    with pytest.warns(errors.WeaviateBatchWarning):
        leave(colour, outer)
    assert len(batching.failed_objects) == 1
    batching.dynamic()  # which is never entered
    assert len(batching.failed_objects) == 1


@pytest.mark.parametrize("how", ["nobody", "on_failure", "journal"])
def test_of_more_failures_than_are_kept_somebody_must_hear(
    colour: Any, client: Any, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    for name in ("aio", "sync"):
        monkeypatch.setattr(f"weaviate_hl.{name}.batch_run.KEPT", 10)
    given = ids(300)
    store.refused = dict.fromkeys(given, "no")
    told: list[Any] = []
    options: dict[str, Any] = {"on_failure": told.append} if how == "on_failure" else {}
    if how == "journal":
        options["journal"] = tmp_path / "journal"
    articles = client.collections.use("Article")
    rows = [{"id": uuid} for uuid in given]
    if how == "nobody":
        with pytest.raises(errors.WeaviateBatchError, match="More than 10 .*on_failure"):
            colour.call(articles.batch.insert_from, rows, uuid="id")
        return
    with pytest.warns(errors.WeaviateBatchWarning) if how == "journal" else nullcontext():
        colour.call(articles.batch.insert_from, rows, uuid="id", **options)
    assert articles.batch.last.counts == (300, 0, 300, 0)
    assert len(articles.batch.failed_objects) == 10
    heard = len(told) if how == "on_failure" else options["journal"].read_text().count('{"failed"')
    assert heard == 300


# What one thing does to others.


def test_a_tenant_that_cannot_be_made_fails_alone(colour: Any, client: Any, fake: FakeWeaviate, store: Store) -> None:
    """The server refuses a request as a whole for it."""

    def write(message: Any, call: Any) -> Any:
        if any(one.tenant == "bad" for one in message.objects):
            raise RpcFault(grpc.StatusCode.UNKNOWN, "auto create tenants: 'bad' is not a valid tenant name")
        return store._objects(message, call)

    fake.on_rpc(WeaviateMethods.BatchObjects, write)
    batch = enter(colour, client.batch.dynamic(on_failure=lambda told: None))
    for number in range(30):
        tenant = "bad" if number == 7 else f"t{number % 3}"
        colour.call(batch.add_object, "Article", {"n": number}, tenant=tenant)
    leave(colour, batch)
    assert batch.counts == (30, 29, 1, 0)
    (failed,) = batch.failed_objects
    assert failed.object_.tenant == "bad"


@pytest.mark.parametrize("kind", ["dynamic", "stream"])
def test_references_go_while_objects_keep_coming(articles: Any, store: Store, kind: str) -> None:
    source, target = ids(2)
    done = threading.Event()
    with begin(articles.batch, kind) as batch:

        def add() -> None:
            while not done.is_set():
                batch.add_object({"n": 1})

        threads = [threading.Thread(target=add) for _ in range(3)]
        for thread in threads:
            thread.start()
        batch.add_reference(source, "next", target)
        end = time.monotonic() + 10
        while not store.references and time.monotonic() < end:
            time.sleep(0.01)
        went = bool(store.references)
        done.set()
        for thread in threads:
            thread.join()
    assert went
