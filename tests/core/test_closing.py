"""The end of a client: calls that are under way end at once and say why, and nothing is left behind."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.search_get_pb2 import SearchReply, SearchRequest

import weaviate_hl
from tests.core.colours import Async, Sync, params_of
from tests.servers.dead import BlackHole, names
from tests.servers.fake import FakeWeaviate
from tests.servers.faults import HttpFault
from tests.servers.process import FakeProcess
from weaviate_hl import errors
from weaviate_hl.settings import AdditionalConfig, ConnectionConfig, ConnectionParams, Timeout

REQUEST = SearchRequest(collection="Article")


def never(message: Any, call: Any) -> SearchReply:
    """Answers when nobody waits any more."""
    call.wait(30)
    return SearchReply()


def ends_with_the_client(colour: Sync, client: Any, *calls: Any) -> None:
    """Closes the client under calls: each ends at once with the one error that says so."""
    ended: list[BaseException] = []

    def make(call: Any) -> None:
        try:
            colour.call(call)
        except BaseException as error:
            ended.append(error)

    threads = [threading.Thread(target=make, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    assert not ended
    started = time.monotonic()
    colour.call(client.close)
    for thread in threads:
        thread.join(10)
    assert time.monotonic() - started < 2
    assert [type(error) for error in ended] == [errors.WeaviateClosedClientError] * len(calls), ended
    assert "was closed" in str(ended[0])


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_a_search_under_way(colour: Sync, fake: FakeWeaviate, protocol: Any) -> None:
    fake.on_rpc(WeaviateMethods.Search, never)
    client = colour.connect(fake, grpc=protocol, timeout=Timeout(query=30))
    ends_with_the_client(colour, client, *[lambda: client.grpc.Search(REQUEST)] * 3)


@pytest.mark.parametrize(
    "fault", [HttpFault(hang=True), HttpFault(drip_body=0.1), HttpFault(status=503, retry_after=4)]
)
def test_a_rest_call_under_way(colour: Sync, fake: FakeWeaviate, fault: HttpFault) -> None:
    fake.on_rest("GET", "/v1/schema", {"classes": ["x" * 1000]})
    fake.fail(fault, on="GET /v1/schema")
    client = colour.connect(fake, timeout=Timeout(query=30))
    ends_with_the_client(colour, client, *[client.rest.schema.dump] * 3)


def test_calls_that_wait_for_a_free_connection(colour: Sync, fake: FakeWeaviate) -> None:
    fake.fail(HttpFault(hang=True), on="GET /v1/schema")
    one = ConnectionConfig(session_pool_connections=1, session_pool_maxsize=1, session_pool_timeout=20)
    client = colour.connect(fake, timeout=Timeout(query=30), connection=one)
    ends_with_the_client(colour, client, *[client.rest.schema.dump] * 4)
    assert len(fake.requests("GET /v1/schema")) == 1


def test_a_call_that_is_connecting(colour: Sync, no_connect: BlackHole) -> None:
    params = ConnectionParams.from_params("127.0.0.1", no_connect.port, False, "127.0.0.1", no_connect.port, False)
    client = colour.connect(params, checks=False, timeout=Timeout(query=30))
    ends_with_the_client(colour, client, client.rest.schema.dump)


def test_a_call_that_looks_a_name_up(colour: Sync) -> None:
    with names({"slow.test": ["127.0.0.1"]}, delay=8):
        params = ConnectionParams.from_params("slow.test", 1, False, "slow.test", 1, False)
        client = colour.connect(params, checks=False, timeout=Timeout(query=30))
        ends_with_the_client(colour, client, client.rest.schema.dump)


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_a_task_that_is_cancelled_while_the_client_closes_is_cancelled(fake: FakeWeaviate, protocol: Any) -> None:
    fake.on_rpc(WeaviateMethods.Search, never)

    async def main() -> None:
        config = AdditionalConfig(grpc=protocol, timeout=Timeout(init=10))
        client = weaviate_hl.WeaviateAsyncClient(params_of(fake), additional_config=config)
        await client.connect()
        mine, other = (asyncio.ensure_future(client.grpc.Search(REQUEST)) for _ in range(2))
        await asyncio.sleep(0.3)
        mine.cancel()
        await client.close()
        with pytest.raises(asyncio.CancelledError):
            await mine
        with pytest.raises(errors.WeaviateClosedClientError):
            await other

    asyncio.run(main())


# Event loops


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_a_client_of_another_event_loop_is_told_and_can_be_closed(fake: FakeWeaviate, protocol: Any) -> None:
    fake.on_rpc(WeaviateMethods.Search, SearchReply())
    colour = Async()
    client = colour.connect(fake, grpc=protocol)
    colour.call(client.grpc.Search, REQUEST)

    async def elsewhere() -> None:
        stream = client.grpc.BatchStream()
        for use in (client.get_meta, client.connect, lambda: client.grpc.Search(REQUEST), stream.done_writing):
            with pytest.raises(errors.WeaviateInvalidInputError, match="another event loop"):
                await use()
        await client.close()
        assert not client.is_connected()
        await client.connect()
        await client.grpc.Search(REQUEST)
        await client.close()

    asyncio.run(elsewhere())
    colour.close()


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_a_client_whose_event_loop_has_ended(fake: FakeWeaviate, protocol: Any) -> None:
    fake.on_rpc(WeaviateMethods.Search, SearchReply())
    config = AdditionalConfig(grpc=protocol, timeout=Timeout(init=10))
    client = weaviate_hl.WeaviateAsyncClient(params_of(fake), additional_config=config)

    async def use() -> None:
        await client.connect()
        await client.grpc.Search(REQUEST)

    asyncio.run(use())
    with pytest.raises(errors.WeaviateInvalidInputError, match="another event loop"):
        asyncio.run(use())
    asyncio.run(client.close())
    asyncio.run(use())
    asyncio.run(client.close())


# The end of the interpreter

SYNC = """
client = weaviate_hl.connect_to_local({host!r}, {port}, {grpc_port})
client.is_ready()
client.grpc.Search(REQUEST)
{ending}
"""
ASYNC = """
import asyncio
async def main():
    asyncio.get_running_loop().slow_callback_duration = 60  # or it tells how long loading libraries has taken
    client = weaviate_hl.use_async_with_local({host!r}, {port}, {grpc_port})
    await client.connect()
    await client.is_ready()
    await client.grpc.Search(REQUEST)
    {ending}
asyncio.run(main())
"""
KEPT = "global kept; kept = client"
CASES = [
    (SYNC, ""),
    (SYNC, "client.close()"),
    (SYNC, "del client"),
    (SYNC, "import gc; del client; gc.collect()"),
    (ASYNC, ""),
    (ASYNC, KEPT),
    (ASYNC, "await client.close()"),
    (ASYNC, "del client; import gc; gc.collect(); await asyncio.sleep(0.2)"),
    (ASYNC, "global busy; busy = asyncio.ensure_future(client.get_meta())"),
]


@pytest.mark.parametrize(("code", "ending"), CASES)
def test_nothing_is_said_at_the_interpreters_end(code: str, ending: str) -> None:
    with FakeProcess(setup="tests.core.test_fork:prepare") as server:
        (host, port), (_, grpc_port) = server.address, server.grpc_address
        script = "import weaviate_hl\nfrom weaviate_gen.grpc.v1.search_get_pb2 import SearchRequest\n"
        script += "REQUEST = SearchRequest(collection='Article')\n"
        script += code.format(host=host, port=port, grpc_port=grpc_port, ending=ending)
        command = [sys.executable, "-W", "error", "-X", "dev", "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
