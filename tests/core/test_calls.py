"""Calls: retries where they are safe, time as a whole, many at once, forks and pickles, and how failures are told."""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.batch_pb2 import BatchObjectsRequest
from weaviate_gen.grpc.v1.search_get_pb2 import SearchReply, SearchRequest
from weaviate_gen.rest.api.objects import create
from weaviate_gen.rest.api.schema import dump, objects_get

import weaviate_hl
from tests.core.colours import Sync, params_of
from tests.servers.dead import BlackHole, dead_addresses, names
from tests.servers.fake import FakeWeaviate
from tests.servers.faults import HttpFault, RpcFault
from tests.servers.process import FakeProcess
from tests.servers.proxies import CutProxy
from weaviate_hl import errors
from weaviate_hl.call_options import CURRENT
from weaviate_hl.op import RestOp, RpcOp
from weaviate_hl.policy import RetryPolicy
from weaviate_hl.settings import TLS, AdditionalConfig, ConnectionParams, GrpcConfig, Timeout
from weaviate_hl.telemetry import Call, End, opentelemetry

QUICK = RetryPolicy(attempts=4, first=0.01, longest=0.2)
REQUEST = SearchRequest(collection="Article")


def read() -> RestOp[Any]:
    return RestOp(dump.request(), dump.parse, "Reading the schema")


def write() -> RestOp[Any]:
    return RestOp(create.request(body={"class": "A"}), create.parse, "Creating an object", timeout="insert")


def search(idempotent: bool = True) -> RpcOp[Any]:
    return RpcOp(WeaviateMethods.Search, REQUEST, lambda reply: reply, "Searching 'Article'", idempotent=idempotent)


@pytest.fixture
def client(colour: Sync, fake: FakeWeaviate) -> Any:
    fake.on_rest("GET", "/v1/schema", {"classes": []})
    fake.on_rest("POST", "/v1/objects", {"class": "A"})
    fake.on_rpc(WeaviateMethods.Search, SearchReply())
    made = colour.connect(fake, retry=QUICK)
    fake.forget()
    return made


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_tried_again(colour: Sync, fake: FakeWeaviate, client: Any, status: int) -> None:
    fake.fail(HttpFault(status=status), on="GET /v1/schema", at=[1, 2])
    assert colour.call(client._transport.execute, read()) == {"classes": []}
    assert len(fake.requests("GET /v1/schema")) == 3


def test_a_write_is_not_tried_again(colour: Sync, fake: FakeWeaviate, client: Any) -> None:
    fake.fail(HttpFault(status=503, body='{"error":[{"message":"busy"}]}'), on="POST /v1/objects", at=1)
    with pytest.raises(errors.UnexpectedStatusCodeError, match="busy") as caught:
        colour.call(client._transport.execute, write())
    assert (caught.value.status_code, caught.value.attempts, caught.value.operation) == (503, 1, "objects.create")
    assert len(fake.requests("POST /v1/objects")) == 1


def test_it_gives_up_after_its_attempts(colour: Sync, fake: FakeWeaviate, client: Any) -> None:
    fake.fail(HttpFault(status=503), on="GET /v1/schema")
    with pytest.raises(errors.UnexpectedStatusCodeError, match="4 attempts"):
        colour.call(client._transport.execute, read())
    assert len(fake.requests("GET /v1/schema")) == 4


def test_a_server_that_names_a_time_is_waited_for(colour: Sync, fake: FakeWeaviate, client: Any) -> None:
    fake.fail(HttpFault(status=429, retry_after=0.15), on="GET /v1/schema", at=1)
    started = time.monotonic()
    colour.call(client._transport.execute, read())
    assert time.monotonic() - started >= 0.15


def test_a_server_that_names_a_time_over_http_is_waited_for(colour: Sync, fake: FakeWeaviate, client: Any) -> None:
    client._transport.route.protocol = "web"
    for fault in (HttpFault(status=503, retry_after=0.15), HttpFault(status=503, retry_after=60)):
        fake.fail(fault, on="POST */Search", at=1)
        started = time.monotonic()
        if fault.retry_after == 60:
            with pytest.raises(errors.WeaviateGRPCUnavailableError):
                colour.call(client._transport.execute, search())
            assert time.monotonic() - started < 0.15
        else:
            colour.call(client._transport.execute, search())
            assert time.monotonic() - started >= 0.15


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_breaks(colour: Sync, fake: FakeWeaviate, client: Any, reset: bool) -> None:
    fake.fail(HttpFault(cut="body", reset=reset), on="GET /v1/schema", at=1)
    assert colour.call(client._transport.execute, read()) == {"classes": []}
    fake.fail(HttpFault(cut="body", reset=reset), on="POST /v1/objects", at=1)
    with pytest.raises(errors.WeaviateConnectionError) as caught:
        colour.call(client._transport.execute, write())
    assert caught.value.outcome == "unknown"
    assert len(fake.requests("POST /v1/objects")) == 1


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_a_search_is_tried_again(colour: Sync, fake: FakeWeaviate, client: Any, protocol: Any) -> None:
    client._transport.route.protocol = protocol
    fake.fail(RpcFault(grpc.StatusCode.UNAVAILABLE, "draining"), on="Search", at=[1, 2])
    colour.call(client._transport.execute, search())
    assert len(fake.rpcs("Search")) == 3
    fake.forget()
    fake.fail(RpcFault(grpc.StatusCode.UNAVAILABLE, "draining"), on="Search", at=1)
    with pytest.raises(errors.WeaviateGRPCUnavailableError, match="draining") as caught:
        colour.call(client._transport.execute, search(idempotent=False))
    assert caught.value.outcome == "unknown"


@pytest.mark.parametrize("protocol", ["native", "web"])
@pytest.mark.parametrize("text", ["DNS lookup of node failed", "failed to connect to all addresses of shard"])
def test_a_server_that_speaks_like_a_network(
    colour: Sync, fake: FakeWeaviate, client: Any, protocol: Any, text: str
) -> None:
    client._transport.route.protocol = protocol
    fake.fail(RpcFault(grpc.StatusCode.UNAVAILABLE, text), on="BatchObjects")
    with pytest.raises(errors.WeaviateGRPCUnavailableError) as caught:
        colour.call(client.grpc.BatchObjects, BatchObjectsRequest())
    assert (caught.value.outcome, len(fake.rpcs("BatchObjects"))) == ("unknown", 1)


def test_the_low_level_repeats_reads_only(colour: Sync, fake: FakeWeaviate, client: Any) -> None:
    fake.fail(RpcFault(grpc.StatusCode.UNAVAILABLE, "draining"), on="Search", at=1)
    colour.call(client.grpc.Search, REQUEST)
    assert len(fake.rpcs("Search")) == 2


CODES = [
    (grpc.StatusCode.UNKNOWN, "could not find class", errors.WeaviateQueryError),
    (grpc.StatusCode.UNKNOWN, "extract auth: unauthorized: invalid api key", errors.AuthenticationFailedError),
    (grpc.StatusCode.UNAUTHENTICATED, "who are you", errors.AuthenticationFailedError),
    (grpc.StatusCode.PERMISSION_DENIED, "not you", errors.InsufficientPermissionsError),
    (grpc.StatusCode.DEADLINE_EXCEEDED, "too slow", errors.WeaviateTimeoutError),
    (grpc.StatusCode.RESOURCE_EXHAUSTED, "limit reached", errors.WeaviateQueryError),
    (grpc.StatusCode.FAILED_PRECONDITION, "restricted", errors.WeaviateQueryError),
    (grpc.StatusCode.UNIMPLEMENTED, "what", errors.WeaviateQueryError),
    (grpc.StatusCode.INTERNAL, "oops", errors.WeaviateQueryError),
]


@pytest.mark.parametrize("protocol", ["native", "web"])
@pytest.mark.parametrize(("code", "text", "kind"), CODES, ids=lambda value: getattr(value, "name", None))
def test_what_the_server_answers_is_told(
    colour: Sync,
    fake: FakeWeaviate,
    client: Any,
    protocol: Any,
    code: grpc.StatusCode,
    text: str,
    kind: type[Exception],
) -> None:
    client._transport.route.protocol = protocol
    fake.fail(RpcFault(code, f"{text} äß"), on="Search")
    with pytest.raises(kind) as caught:
        colour.call(client._transport.execute, search())
    if code is not grpc.StatusCode.DEADLINE_EXCEEDED:
        assert f"{text} äß" in str(caught.value)
        assert "Searching 'Article'" in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert (type(again), str(again)) == (type(caught.value), str(caught.value))


@pytest.mark.parametrize(
    ("status", "body", "kind", "text"),
    [
        (401, '{"code":401,"message":"no key"}', errors.AuthenticationFailedError, "no key"),
        (403, '{"error":[{"message":"a"},{"message":"b"}]}', errors.InsufficientPermissionsError, "a; b"),
        (404, "", errors.UnexpectedStatusCodeError, "there is none"),
        (422, '{"error":[{"message":"bad name"}]}', errors.UnexpectedStatusCodeError, "bad name"),
        (499, '{"error":"gone"}', errors.UnexpectedStatusCodeError, "gone"),
        (500, "<html>oops</html>", errors.UnexpectedStatusCodeError, "oops"),
        (520, "[1]", errors.UnexpectedStatusCodeError, "1"),
        (200, "<html>", errors.ResponseCannotBeDecodedError, "not JSON"),
    ],
)
def test_what_rest_answers_is_told(
    colour: Sync, fake: FakeWeaviate, client: Any, status: int, body: str, kind: type[Exception], text: str
) -> None:
    fake.fail(HttpFault(status=status, body=body), on="GET /v1/schema/Article")
    op = RestOp(objects_get.request("Article"), objects_get.parse, "Reading collection 'Article'")
    with pytest.raises(kind, match=text):
        colour.call(client._transport.execute, op)


def test_what_is_absent_may_be_none(colour: Sync, fake: FakeWeaviate, client: Any) -> None:
    fake.on_rest("GET", "/v1/schema/Article", 404)
    op = RestOp(objects_get.request("Article"), objects_get.parse, "Reading", absent=frozenset({404}))
    assert colour.call(client._transport.execute, op) is None


def test_an_operation_that_needs_a_newer_server(colour: Sync, client: Any) -> None:
    op = RestOp(dump.request(), dump.parse, "Reading the schema", since="9.0.0")
    with pytest.raises(
        errors.WeaviateUnsupportedFeatureError, match=r"needs Weaviate 9\.0\.0; this server is 1\.38\.11"
    ):
        colour.call(client._transport.execute, op)


@pytest.mark.parametrize("body", [{"a": float("nan")}, {"a": object()}, {"a": {1, 2}}])
def test_a_body_that_is_not_json(colour: Sync, fake: FakeWeaviate, client: Any, body: Any) -> None:
    op = RestOp(create.request(body=body), create.parse, "Creating an object")
    with pytest.raises(errors.WeaviateInvalidInputError, match="not JSON"):
        colour.call(client._transport.execute, op)
    assert not fake.requests("POST /v1/objects")


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_a_message_beyond_the_servers_limit_is_not_sent(colour: Sync, protocol: Any) -> None:
    with FakeWeaviate(max_message_size=1000) as server:
        client = colour.connect(server, grpc=protocol)
        with pytest.raises(errors.WeaviateQueryError, match=r"2,0\d\d bytes, the server takes 1,000.*Send less"):
            colour.call(client.grpc.Search, SearchRequest(collection="x" * 2000))
        assert not server.rpcs("Search")


def test_headers_of_one_call(colour: Sync, fake: FakeWeaviate, client: Any) -> None:
    colour.call(client._transport.execute, read(), headers={"X-Once": "1"})
    colour.call(client._transport.execute, search(), headers={"X-Once": "2"})
    colour.call(client._transport.execute, read())
    assert [r.headers.get("x-once") for r in fake.requests("GET /v1/schema")] == ["1", None]
    assert dict(fake.rpcs("Search")[0].headers)["x-once"] == "2"


# Options of single calls


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_a_block_has_options_of_its_own(colour: Sync, fake: FakeWeaviate, protocol: Any) -> None:
    fake.on_rest("GET", "/v1/schema", {"classes": []})
    fake.on_rpc(WeaviateMethods.Search, SearchReply())
    client = colour.connect(fake, grpc=protocol, headers={"X-OpenAI-Api-Key": "mine", "X-Kept": "1"})

    def search_with(**options: Any) -> Any:
        return colour.call(in_block, client, **options)

    search_with(headers={"x-openai-api-key": "theirs"})
    colour.call(client.grpc.Search, REQUEST)
    for received in (fake.rpcs("Search"), fake.requests("GET /v1/schema")):
        seen = [(dict(each.headers)["x-openai-api-key"], dict(each.headers)["x-kept"]) for each in received]
        assert seen[:1] == [("theirs", "1")]
    assert dict(fake.rpcs("Search")[1].headers)["x-openai-api-key"] == "mine"
    raw = [name.lower() for name, _ in fake.rpcs("Search")[0].raw_headers]
    assert raw.count("x-openai-api-key") == 1

    fake.fail(RpcFault(delay=3), on="Search")
    with pytest.raises(errors.WeaviateTimeoutError, match=r"longer than 0\.3 s"):
        search_with(timeout=0.3)


def in_block(client: Any, **given: Any) -> Any:
    """Calls of the low level with options, in either colour."""
    if isinstance(client, weaviate_hl.WeaviateClient):
        with weaviate_hl.options(**given):
            client.rest.schema.dump()
            return client.grpc.Search(REQUEST)

    async def run() -> Any:
        with weaviate_hl.options(**given):
            await client.rest.schema.dump()
            return await client.grpc.Search(REQUEST)

    return run()


def test_a_write_is_repeated_where_that_is_asked_for(colour: Sync, fake: FakeWeaviate, client: Any) -> None:
    fake.fail(HttpFault(cut="body"), on="POST /v1/objects", at=1)

    def create_one() -> Any:
        if colour.name == "sync":
            with weaviate_hl.options(retry_writes=True):
                return client._transport.execute(write())

        async def run() -> Any:
            with weaviate_hl.options(timeout=9), weaviate_hl.options(retry_writes=True):
                return await client._transport.execute(write())

        return run()

    assert colour.call(create_one) == {"class": "A"}
    assert len(fake.requests("POST /v1/objects")) == 2


def test_blocks_nest() -> None:
    with weaviate_hl.options(timeout=5, headers={"A": "1", "B": "1"}) as outer:
        with weaviate_hl.options(headers={"b": "2"}, retry_writes=True), outer:
            now = CURRENT.get()
            assert (now.timeout, now.headers, now.retry_writes) == (5, {"a": "1", "b": "1"}, True)
        assert CURRENT.get().retry_writes is None
    assert CURRENT.get().timeout is None


@pytest.mark.parametrize(
    ("given", "name"),
    [({"timeout": 0}, "timeout"), ({"timeout": "x"}, "timeout"), ({"timeout": True}, "timeout"),
     ({"headers": {"a b": "c"}}, "headers"), ({"headers": 5}, "headers"), ({"retry_writes": 1}, "retry_writes")],
)  # fmt: skip
def test_options_that_cannot_be(given: Any, name: str) -> None:
    with pytest.raises(errors.WeaviateInvalidInputError, match=name):
        weaviate_hl.options(**given)


# Time as a whole


def within_a_second(colour: Sync, call: Any, *args: Any, **options: Any) -> None:
    """A call ends after a second, give or take 50 ms: never earlier, and later only if the machine was busy then."""
    took: list[float] = []
    for _ in range(3):
        started = time.monotonic()
        with pytest.raises(errors.WeaviateTimeoutError):
            colour.call(call, *args, **options)
        took.append(time.monotonic() - started)
        assert took[-1] >= 0.95
        if took[-1] <= 1.05:
            return
    pytest.fail(f"it took {took} s")


@pytest.mark.parametrize(
    "fault", [HttpFault(drip_headers=0.05), HttpFault(drip_body=0.2), HttpFault(hang=True), HttpFault(delay=5)]
)
def test_a_server_that_takes_its_time(colour: Sync, fake: FakeWeaviate, client: Any, fault: HttpFault) -> None:
    fake.on_rest("GET", "/v1/schema", {"classes": ["x" * 100]})
    fake.fail(fault, on="GET /v1/schema")
    within_a_second(colour, client._transport.execute, read(), timeout=1)


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_a_search_that_takes_its_time(colour: Sync, fake: FakeWeaviate, client: Any, protocol: Any) -> None:
    client._transport.route.protocol = protocol

    def slow(message: Any, call: Any) -> SearchReply:
        time.sleep(1.6)
        return SearchReply()

    fake.on_rpc(WeaviateMethods.Search, slow)
    within_a_second(colour, client._transport.execute, search(), timeout=1)


@pytest.mark.parametrize("protocol", ["native", "web"])
@pytest.mark.parametrize("seconds", [1e9, 1e10, 1e300])
def test_a_time_longer_than_systems_know(colour: Sync, fake: FakeWeaviate, protocol: Any, seconds: float) -> None:
    fake.on_rpc(WeaviateMethods.Search, SearchReply())
    client = colour.connect(fake, grpc=protocol, timeout=Timeout(query=seconds, insert=seconds, init=seconds))
    assert colour.call(client.get_meta)["version"] == "1.38.11"
    colour.call(client.grpc.Search, SearchRequest(), timeout=seconds)
    assert all(float(rpc.headers["grpc-timeout"][:-1]) < 1e8 for rpc in fake.rpcs() if rpc.protocol == "grpc-web")


def test_retries_are_within_the_time(colour: Sync, fake: FakeWeaviate) -> None:
    client = colour.connect(fake, checks=False, retry=RetryPolicy(attempts=1000, first=0.05, longest=0.05))
    fake.fail(HttpFault(status=503), on="GET /v1/schema")
    started = time.monotonic()
    with pytest.raises(errors.WeaviateBaseError):
        colour.call(client._transport.execute, read(), timeout=1)
    assert 0.8 <= time.monotonic() - started <= 1.25


@pytest.mark.parametrize("kind", ["connect", "read"])
def test_a_black_hole(colour: Sync, kind: Any) -> None:
    with BlackHole(kind) as hole:
        params = ConnectionParams.from_params("127.0.0.1", hole.address[1], False, "127.0.0.1", hole.address[1], False)
        client = colour.connect(params, checks=False, retry=QUICK)
        within_a_second(colour, client._transport.execute, read(), timeout=1)
        within_a_second(colour, client._transport.execute, search(), timeout=1)


def test_a_name_with_two_dead_addresses(colour: Sync) -> None:
    with dead_addresses() as (host, port):
        client = colour.connect(ConnectionParams.from_params(host, port, False, host, port, False), checks=False)
        within_a_second(colour, client._transport.execute, read(), timeout=1)


def test_a_name_that_takes_long_to_look_up(colour: Sync) -> None:
    with names({"slow.test": ["127.0.0.1"]}, delay=3):
        client = colour.connect(
            ConnectionParams.from_params("slow.test", 1, False, "slow.test", 1, False), checks=False
        )
        within_a_second(colour, client._transport.execute, read(), timeout=1)


# Many at once


def test_many_threads_share_a_client(fake: FakeWeaviate) -> None:
    fake.on_rest("GET", "/v1/schema", {"classes": []})
    fake.on_rpc(WeaviateMethods.Search, SearchReply())
    failures: list[BaseException] = []
    colour = Sync()
    client = colour.connect(fake)

    def work() -> None:
        try:
            for _ in range(5):
                client._transport.execute(read(), timeout=30)
                client._transport.execute(search(), timeout=30)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    colour.close()
    assert not failures
    assert len(fake.rpcs("Search")) == len(fake.requests("GET /v1/schema")) == 320


def test_many_tasks_share_a_client(fake: FakeWeaviate) -> None:
    fake.on_rest("GET", "/v1/schema", {"classes": []})
    fake.on_rpc(WeaviateMethods.Search, SearchReply())

    async def main() -> None:
        config = AdditionalConfig(timeout=Timeout(init=10))
        async with weaviate_hl.WeaviateAsyncClient(params_of(fake), additional_config=config) as client:
            calls = [client._transport.execute(read() if n % 2 else search(), timeout=60) for n in range(500)]
            await asyncio.gather(*calls)

    asyncio.run(main())
    assert len(fake.rpcs("Search")) == len(fake.requests("GET /v1/schema")) == 250


def test_a_cancelled_task_is_cancelled(fake: FakeWeaviate) -> None:
    fake.fail(HttpFault(hang=True), on="GET /v1/schema")

    async def main() -> None:
        async with weaviate_hl.WeaviateAsyncClient(params_of(fake)) as client:
            task = asyncio.create_task(client._transport.execute(read()))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await client.get_meta())["version"] == "1.38.11"

    asyncio.run(main())


# A server that comes and goes


def test_a_server_that_restarts(colour: Sync, fake: FakeWeaviate) -> None:
    fake.on_rest("GET", "/v1/schema", {"classes": []})
    fake.on_rpc(WeaviateMethods.Search, SearchReply())
    with CutProxy(fake.address) as http, CutProxy(fake.grpc_address) as native:
        params = ConnectionParams.from_params(
            "127.0.0.1", http.address[1], False, "127.0.0.1", native.address[1], False
        )
        client = colour.connect(params, retry=RetryPolicy(attempts=20, first=0.05, longest=0.3))
        colour.call(client._transport.execute, read())
        colour.call(client._transport.execute, search())
        for proxy in (http, native):
            proxy.cut(reset=True)
            proxy.refuse()

        def accept() -> None:
            http.accept()
            native.accept()

        timer = threading.Timer(0.5, accept)
        timer.start()
        assert colour.call(client._transport.execute, read()) == {"classes": []}
        colour.call(client._transport.execute, search())
        timer.join()


# Processes


@pytest.fixture
def outside() -> Iterator[FakeProcess]:
    """A server in a process of its own, since a fork must not copy it."""
    with FakeProcess(setup="tests.core.test_calls:prepare") as server:
        yield server


def prepare(server: FakeWeaviate) -> None:
    server.on_rpc(WeaviateMethods.Search, SearchReply())


def ask(client: Any) -> str:
    return str(client.get_meta()["version"])


def test_many_threads_that_first_use_an_unpickled_client_open_one_connection(outside: FakeProcess) -> None:
    host, port = outside.address
    params = ConnectionParams.from_params(host, port, False, *outside.grpc_address, False)
    with weaviate_hl.WeaviateClient(params, additional_config=AdditionalConfig(timeout=Timeout(init=20))) as client:
        copy = pickle.loads(pickle.dumps(client))  # noqa: S301
    opened: list[Any] = []
    began = copy._transport._open

    def open_slowly() -> None:
        time.sleep(0.1)
        began()
        opened.append(copy._transport._http)

    copy._transport._open = open_slowly
    threads = [threading.Thread(target=copy.get_meta) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    copy.close()
    assert len(opened) == 1


def test_a_client_pickles(outside: FakeProcess) -> None:
    host, port = outside.address
    params = ConnectionParams.from_params(host, port, False, *outside.grpc_address, False)
    with weaviate_hl.WeaviateClient(params, additional_config=AdditionalConfig(timeout=Timeout(init=20))) as client:
        copy = pickle.loads(pickle.dumps(client))  # noqa: S301
        assert copy.get_meta()["version"] == "1.38.11"
        copy.close()
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            assert pool.map(ask, [client]) == ["1.38.11"]
    closed = pickle.loads(pickle.dumps(client))  # noqa: S301
    with pytest.raises(errors.WeaviateClosedClientError):
        closed.get_meta()


def hook(call: Call, /) -> End:
    """A hook that can be pickled."""
    return lambda error: None


NOT_PORTABLE: dict[str, tuple[dict[str, Any], str]] = {
    "ssl_context": ({"tls": TLS(ssl_context=ssl.create_default_context())}, "its ssl_context cannot.*ca_file=, cert="),
    "credentials": (
        {"grpc_config": GrpcConfig(credentials=grpc.ssl_channel_credentials())},
        "its credentials of grpc_config cannot.*ca_file=, cert=",
    ),
    "a hook made on the spot": ({"telemetry": lambda call: None}, "its telemetry hook cannot.*top level"),
}


@pytest.mark.parametrize("case", NOT_PORTABLE)
def test_what_cannot_be_pickled_is_named(colour: Sync, case: str) -> None:
    config, said = NOT_PORTABLE[case]
    client = colour.client(
        connection_params=ConnectionParams.from_params("localhost", 1, True, "localhost", 2, True),
        additional_config=AdditionalConfig(**config),
    )
    for value in (client, client.collections, client.collections.use("Article")):
        with pytest.raises(errors.WeaviateInvalidInputError, match=said):
            pickle.dumps(value)


def test_what_watches_calls_may_be_pickled(colour: Sync) -> None:
    where = ConnectionParams.from_params("localhost", 1, False, "localhost", 2, False)
    for telemetry in (opentelemetry(), hook):
        client = colour.client(connection_params=where, additional_config=AdditionalConfig(telemetry=telemetry))
        copy = pickle.loads(pickle.dumps(client))  # noqa: S301
        assert type(copy._transport.config.telemetry) is type(telemetry)


# Telemetry


def test_every_call_is_told_to_the_hook(colour: Sync, fake: FakeWeaviate) -> None:
    seen: list[tuple[Call, BaseException | None]] = []
    fake.on_rpc(WeaviateMethods.Search, SearchReply())
    fake.on_rest("GET", "/v1/schema", 500)
    client = colour.connect(fake, telemetry=lambda call: lambda error: seen.append((call, error)))
    colour.call(client._transport.execute, search())
    with pytest.raises(errors.UnexpectedStatusCodeError):
        colour.call(client._transport.execute, read())
    (first, none), (second, error) = seen
    assert (first.operation, first.protocol, first.port, none) == ("Search", "native", fake.grpc_port, None)
    assert (second.operation, second.protocol, second.port) == ("schema.dump", "http", fake.port)
    assert isinstance(error, errors.UnexpectedStatusCodeError)


def test_opentelemetry_gets_spans(colour: Sync, fake: FakeWeaviate) -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    fake.on_rest("GET", "/v1/schema", 422)
    client = colour.connect(fake, telemetry=opentelemetry())
    colour.call(client.get_meta)
    with pytest.raises(errors.UnexpectedStatusCodeError):
        colour.call(client._transport.execute, read())
    ok, failed = exporter.get_finished_spans()[-2:]
    assert (ok.name, ok.status.is_ok) == ("weaviate meta.get", True)
    assert dict(failed.attributes or {})["error.type"] == "UnexpectedStatusCodeError"
    assert not failed.status.is_ok


# The low level


def test_every_generated_operation_goes_over_the_client(colour: Sync, fake: FakeWeaviate, client: Any) -> None:
    fake.on_rest("GET", "/v1/schema/Article", {"class": "Article", "new": 1})
    found = colour.call(client.rest.schema.objects_get, "Article")
    assert (found.class_, found["new"]) == ("Article", 1)
    with pytest.raises(errors.UnexpectedStatusCodeError):
        colour.call(client.rest.schema.objects_get, "Other")
    assert isinstance(colour.call(client.grpc.Search, REQUEST, timeout=5, metadata=[("x-once", "1")]), SearchReply)
    assert dict(fake.rpcs("Search")[-1].headers)["x-once"] == "1"
