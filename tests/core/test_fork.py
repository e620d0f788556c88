"""Processes that fork: children work, or say at once why they cannot, and parents lose nothing."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc.aio
import pytest
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.batch_pb2 import BatchObjectsReply, BatchObjectsRequest
from weaviate_gen.grpc.v1.search_get_pb2 import SearchReply, SearchRequest

import weaviate_hl
from tests.servers.fake import FakeWeaviate
from tests.servers.process import FakeProcess
from weaviate_hl import errors
from weaviate_hl.settings import AdditionalConfig, ConnectionParams, Timeout

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
REQUEST = SearchRequest(collection="Article")


@pytest.fixture
def outside() -> Iterator[FakeProcess]:
    """A server in a process of its own, since a fork must not copy it."""
    with FakeProcess(setup="tests.core.test_fork:prepare") as server:
        yield server


def prepare(server: FakeWeaviate) -> None:
    server.on_rpc(WeaviateMethods.Search, SearchReply())
    server.on_rpc(WeaviateMethods.BatchObjects, BatchObjectsReply())


def client_of(server: FakeProcess, grpc: Any) -> weaviate_hl.WeaviateAsyncClient:
    params = ConnectionParams.from_params(*server.address, False, *server.grpc_address, False)
    return weaviate_hl.WeaviateAsyncClient(
        params, additional_config=AdditionalConfig(grpc=grpc, timeout=Timeout(init=20))
    )


def child(work: Callable[[], int]) -> int | None:
    """The exit status of a child that does some work, 1 if that fails; None if it hangs."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            asyncio._set_running_loop(None)
            status = work()
        finally:
            os._exit(status)
    return wait_for(process, 30)


def wait_for(child: int, seconds: float = 60) -> int | None:
    """A child's exit status; None if it hangs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return None


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_children_of_a_busy_parent(outside: FakeProcess, protocol: Any) -> None:
    host, port = outside.address
    params = ConnectionParams.from_params(host, port, False, *outside.grpc_address, False)
    client = weaviate_hl.WeaviateClient(
        params, additional_config=AdditionalConfig(grpc=protocol, timeout=Timeout(init=20))
    )
    client.connect()
    failures: list[BaseException] = []
    calls, stop = [0], threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                client.grpc.BatchObjects(BatchObjectsRequest(), timeout=30)  # which is not repeated
                calls[0] += 1
            except BaseException as error:
                failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    ended = []
    for _ in range(50):
        process = os.fork()
        if process == 0:
            status = 1
            try:
                client.grpc.Search(REQUEST, timeout=20)
                status = 0 if client.get_meta()["version"] else 2
            finally:
                os._exit(status)
        ended.append(wait_for(process))
    stop.set()
    for thread in threads:
        thread.join()
    client.close()
    assert ended == [0] * 50
    assert not failures
    assert calls[0] > 50


@pytest.mark.parametrize("closed", [False, True])
def test_a_new_asynchronous_client_in_a_child_uses_http(outside: FakeProcess, closed: bool) -> None:
    async def search() -> int:
        async with client_of(outside, "auto") as mine:
            await mine.grpc.Search(REQUEST)
            return 0 if mine._transport.route.protocol == "web" else 2

    async def main() -> list[int | None]:
        async with client_of(outside, "native") as client:
            await client.grpc.Search(REQUEST)
            if closed:
                await client.close()
            statuses = [child(lambda: asyncio.run(search())) for _ in range(8)]
            if not closed:
                await client.grpc.Search(REQUEST)
            return statuses

    assert asyncio.run(main()) == [0] * 8


def test_a_channel_of_another_library_in_the_parent_counts_too(outside: FakeProcess) -> None:
    async def search() -> int:
        async with client_of(outside, "auto") as mine:
            return 10 if mine._transport.route.protocol == "native" else 20

    async def main() -> int | None:
        async with grpc.aio.insecure_channel("{}:{}".format(*outside.grpc_address)) as channel:
            await channel.channel_ready()
            return child(lambda: asyncio.run(search()))

    assert asyncio.run(main()) == 20


def test_a_new_asynchronous_client_that_must_be_native_says_that_it_cannot(outside: FakeProcess) -> None:
    async def connect() -> int:
        try:
            async with client_of(outside, "native"):
                return 1
        except errors.WeaviateGRPCUnavailableError as error:
            return 0 if "'spawn'" in str(error) else 2

    async def main() -> int | None:
        async with client_of(outside, "native"):
            return child(lambda: asyncio.run(connect()))

    assert asyncio.run(main()) == 0


def test_without_grpc_over_http_it_names_spawn() -> None:
    async def connect(server: FakeProcess) -> int:
        try:
            async with client_of(server, "auto"):
                return 1
        except errors.WeaviateGRPCUnavailableError as error:
            return 0 if "'spawn'" in str(error) else 2

    async def main(server: FakeProcess) -> int | None:
        async with client_of(server, "auto"):
            return child(lambda: asyncio.run(connect(server)))

    with FakeProcess(setup="tests.core.test_fork:prepare", version="1.30.0") as server:
        assert asyncio.run(main(server)) == 0


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_an_asynchronous_client_says_that_it_cannot_be_forked(outside: FakeProcess, protocol: str) -> None:
    async def main() -> int | None:
        async with client_of(outside, protocol) as client:

            def use() -> int:
                try:
                    asyncio.run(client.get_meta())
                except errors.WeaviateClosedClientError as error:
                    return 0 if "spawn" in str(error) else 2
                return 3

            return child(use)

    assert asyncio.run(main()) == 0


def test_calls_in_flight_are_not_lost_by_the_parent(outside: FakeProcess) -> None:
    async def main() -> None:
        async with client_of(outside, "native") as client:
            for _ in range(10):
                calls = [asyncio.ensure_future(client.grpc.Search(REQUEST)) for _ in range(8)]
                await asyncio.sleep(0)
                child(lambda: 0)
                await asyncio.gather(*calls)

    asyncio.run(main())


def test_a_fork_in_the_middle_of_the_first_import() -> None:
    code = """
import os, signal, sys, threading, time, weaviate_hl
def connect():
    try:
        weaviate_hl.connect_to_local("127.0.0.1", 1, 2)
    except weaviate_hl.errors.WeaviateConnectionError:
        pass
threading.Thread(target=connect).start()
while "httpx2" not in sys.modules and "httpx" not in sys.modules:
    time.sleep(0.0005)
child = os.fork()
if child == 0:
    signal.alarm(20)
    connect()
    os._exit(0)
sys.exit(os.waitpid(child, 0)[1])
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
