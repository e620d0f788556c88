"""Searches that fail on their way: each failure is an error of its own."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from typing import Any

import grpc
import pytest
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.aggregate_pb2 import AggregateReply
from weaviate_gen.grpc.v1.search_get_pb2 import SearchReply

from tests.core.colours import Async, Sync
from tests.servers.dead import ClosedPort
from tests.servers.fake import FakeWeaviate
from tests.servers.faults import RpcFault
from weaviate_hl import errors
from weaviate_hl.classes.generate import GenerativeConfig, GenerativeParameters
from weaviate_hl.policy import RetryPolicy
from weaviate_hl.settings import ConnectionParams, Timeout


def articles(colour: Sync, server: Any, **settings: Any) -> Any:
    return colour.connect(server, checks=False, grpc="native", **settings).collections.use("Article")


def test_what_the_server_refuses_is_told_with_its_words(colour: Sync, fake: FakeWeaviate) -> None:
    fake.fail(RpcFault(grpc.StatusCode.UNKNOWN, "no such prop with name 'nope'"), on="Search")
    with pytest.raises(errors.WeaviateQueryError) as caught:
        colour.call(articles(colour, fake).query.bm25, "wind", query_properties=["nope"])
    assert caught.value.message == "query.bm25 of collection 'Article' failed: no such prop with name 'nope'"
    assert (caught.value.server_text, caught.value.status) == ("no such prop with name 'nope'", "UNKNOWN")


def test_a_closed_port_is_told(colour: Sync) -> None:
    with ClosedPort() as closed:
        params = ConnectionParams.from_params(closed.host, closed.port, False, closed.host, closed.port, False)
        nobody = articles(colour, params, retry=RetryPolicy(attempts=1))
        with pytest.raises(errors.WeaviateGRPCUnavailableError, match="query.fetch_objects of collection 'Article'"):
            colour.call(nobody.query.fetch_objects)


def test_a_deadline_is_told(colour: Sync, fake: FakeWeaviate) -> None:
    fake.fail(RpcFault(delay=5), on="Search")
    slow = articles(colour, fake, timeout=Timeout(init=5, query=0.3, insert=5))
    with pytest.raises(errors.WeaviateTimeoutError, match="query.hybrid of collection 'Article'"):
        colour.call(slow.query.hybrid, "wind")


def test_a_cancelled_search_is_cancelled(fake: FakeWeaviate) -> None:
    fake.fail(RpcFault(delay=5), on="Search")
    colour = Async()
    try:
        slow = articles(colour, fake)

        async def cancelled() -> bool:
            task = asyncio.ensure_future(slow.query.fetch_objects())
            await asyncio.sleep(0.2)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                return True
            return False

        started = time.monotonic()
        assert asyncio.run_coroutine_threadsafe(cancelled(), colour.loop).result(10)
        assert time.monotonic() - started < 3
    finally:
        colour.close()


def test_a_reply_that_cannot_be_read_is_told(colour: Sync, fake: FakeWeaviate) -> None:
    results: Any = [{"metadata": {"id": "no UUID"}}]
    fake.on_rpc(WeaviateMethods.Search, lambda request, call: SearchReply(results=results))
    (found,) = colour.call(articles(colour, fake).query.fetch_objects).objects
    with pytest.raises(errors.ResponseCannotBeDecodedError):
        _ = found.uuid


@pytest.mark.parametrize("call", ["query", "aggregate", "generate"])
def test_files_are_not_read_in_the_event_loop(fake: FakeWeaviate, call: str) -> None:
    """A file whose reading takes until the loop has gone on."""
    gone_on = threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert gone_on.wait(5), "the loop stands still"
            return b"cat"

    fake.on_rpc(WeaviateMethods.Search, SearchReply())
    fake.on_rpc(WeaviateMethods.Aggregate, AggregateReply())
    colour = Async()
    try:
        found = articles(colour, fake)
        colour.loop.call_soon_threadsafe(colour.loop.call_later, 0.2, gone_on.set)
        if call == "generate":
            prompt = GenerativeParameters.single_prompt(prompt="what is it?", images=[Slow()])
            provider = GenerativeConfig.openai(model="x")
            colour.call(found.generate.fetch_objects, single_prompt=prompt, generative_provider=provider)
        else:
            more = {"object_limit": 3} if call == "aggregate" else {}
            colour.call(getattr(found, call).near_image, Slow(), **more)
    finally:
        colour.close()
