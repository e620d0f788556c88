"""The stand-ins of tests/servers do what they say, as seen by clients that are not ours."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import shutil
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import httpx2
import pytest
from weaviate_gen.grpc import (
    WEB_PATH,
    HealthMethods,
    HealthStub,
    Method,
    WeaviateMethods,
    WeaviateStub,
)
from weaviate_gen.grpc.google.rpc.error_details_pb2 import ErrorInfo
from weaviate_gen.grpc.google.rpc.status_pb2 import Status
from weaviate_gen.grpc.v1.batch_pb2 import BatchStreamReply, BatchStreamRequest
from weaviate_gen.grpc.v1.health_weaviate_pb2 import WeaviateHealthCheckRequest
from weaviate_gen.grpc.v1.search_get_pb2 import SearchReply, SearchRequest

from tests.servers.certificates import Certificates, Pair
from tests.servers.dead import BlackHole, ClosedPort, dead_addresses, names
from tests.servers.fake import FakeWeaviate, openid_of
from tests.servers.faults import HttpFault, RpcFault
from tests.servers.http_wire import Received, Reply
from tests.servers.nginx import Nginx
from tests.servers.node_oidc import NodeOidcProvider
from tests.servers.node_oidc import installed as node_oidc_installed
from tests.servers.oidc import DISCOVERY, OidcProvider
from tests.servers.process import FakeProcess
from tests.servers.proxies import ConnectProxy, CutProxy, Target
from tests.servers.real import ANONYMOUS, RealCluster, RealServer
from tests.servers.sockets import Address

pytest_plugins = ["tests.servers.fixtures"]

SERVING = 1
HEALTH = WeaviateHealthCheckRequest()
SEARCH = SearchRequest(collection="Article")


@contextlib.contextmanager
def channel(address: Address, credentials: Any = None, **options: Any) -> Iterator[grpc.Channel]:
    target = ":".join(map(str, address))
    settings = [(f"grpc.{name}", value) for name, value in options.items()]
    made = (
        grpc.secure_channel(target, credentials, options=settings)
        if credentials
        else grpc.insecure_channel(target, options=settings)
    )
    with made as opened:
        yield opened


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=5, trust_env=False) as client:
        yield client


def web(client: httpx2.Client, url: str, method: Method[Any, Any], message: Any, **headers: str) -> httpx2.Response:
    """A unary call over gRPC-web."""
    packed = message.SerializeToString()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(
        url + WEB_PATH + method.path,
        content=b"\0" + struct.pack(">I", len(packed)) + packed,
        headers={"content-type": "application/grpc-web+proto", "x-grpc-web": "1", **headers},
    )


def frames(body: bytes) -> list[tuple[int, bytes]]:
    found = []
    while body:
        flag, size = struct.unpack(">BI", body[:5])
        found.append((flag, body[5 : 5 + size]))
        body = body[5 + size :]
    return found


def fails(stub_call: Any, message: Any, **settings: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        stub_call(message, **{"timeout": 5, **settings})
    error: Any = caught.value
    return error.code(), error.details()


def seconds(call: Any, *expected: type[BaseException]) -> float:
    start = time.monotonic()
    with pytest.raises(expected) if expected else contextlib.nullcontext():
        call()
    return time.monotonic() - start


class TestFakeWeaviate:
    def test_it_answers_as_a_fresh_server(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        meta = http.get(f"{fake.url}/v1/meta")
        assert meta.json() == {
            "grpcMaxMessageSize": 104858000,
            "hostname": fake.url,
            "modules": {},
            "version": "1.38.11",
        }
        statuses = {name: http.get(f"{fake.url}/v1/.well-known/{name}").status_code for name in ("live", "ready")}
        assert statuses == {"live": 200, "ready": 200}
        assert http.get(f"{fake.url}/v1/.well-known/openid-configuration").status_code == 404
        with channel(fake.grpc_address) as native:
            assert HealthStub(native).Check(HEALTH).status == SERVING
        answer = web(http, fake.url, HealthMethods.Check, HEALTH)
        assert answer.headers["content-type"] == "application/grpc-web+proto"
        assert answer.content == b"\0\0\0\0\2\x08\1\x80\0\0\0\x20Grpc-Message: \r\nGrpc-Status: 0\r\n"
        fake.ready = False
        assert http.get(f"{fake.url}/v1/.well-known/ready").status_code == 503
        assert fake.accepted == 1, "one connection was kept alive"

    def test_what_has_no_answer_says_so(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        answer = http.get(f"{fake.url}/v1/schema")
        assert (answer.status_code, answer.json()["message"]) == (501, "the fake has no answer to GET /v1/schema")
        with channel(fake.grpc_address) as native:
            words = "the fake has no answer to Search"
            assert fails(WeaviateStub(native).Search, SEARCH) == (grpc.StatusCode.UNIMPLEMENTED, words)
            unknown: Any = native.unary_unary("/weaviate.v1.Weaviate/Nope")
            words = "unknown method Nope for service weaviate.v1.Weaviate"
            assert fails(unknown, b"") == (grpc.StatusCode.UNIMPLEMENTED, words)

    def test_scripts_and_the_record(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        fake.on_rest("GET", "/v1/schema", {"classes": []})
        fake.on_rest("*", "/v1/objects/*", lambda request: Reply(200, request.json(), {"X-Seen": request.method}))
        fake.on_rest("HEAD", "/v1/objects/*", 204)
        fake.on_rest("DELETE", "/v1/objects/*", (422, {"error": [{"message": "no"}]}))
        assert http.get(f"{fake.url}/v1/schema?a=1&b=%C3%A4").json() == {"classes": []}
        put = http.put(f"{fake.url}/v1/objects/A%20b", json={"x": 1}, headers={"X-OpenAI-Api-Key": "sk"})
        assert (put.json(), put.headers["x-seen"]) == ({"x": 1}, "PUT")
        assert http.head(f"{fake.url}/v1/objects/1").status_code == 204
        assert http.delete(f"{fake.url}/v1/objects/1").json() == {"error": [{"message": "no"}]}
        get, put_, head, delete = fake.requests()
        assert (get.method, get.path, get.query) == ("GET", "/v1/schema", {"a": "1", "b": "ä"})
        assert (put_.path, put_.target, put_.json()) == ("/v1/objects/A b", "/v1/objects/A%20b", {"x": 1})
        assert put_.headers["x-openai-api-key"] == "sk"
        assert ("X-OpenAI-Api-Key", "sk") in put_.raw_headers
        assert [each.number for each in (get, put_, head, delete)] == [1, 2, 3, 4]
        assert fake.requests("DELETE /v1/objects/*") == [delete]
        fake.forget()
        assert fake.received == []

    def test_a_chunked_request_and_answer(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        fake.on_rest("POST", "/v1/batch/objects", lambda request: Reply(body=request.body * 2, chunked=True))
        answer = http.post(f"{fake.url}/v1/batch/objects", content=iter([b"a" * 3000, b"b"]))
        assert answer.content == (b"a" * 3000 + b"b") * 2
        assert answer.headers["transfer-encoding"] == "chunked"

    def test_rpcs_over_both_protocols(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        def search(message: SearchRequest, call: Received) -> SearchReply:
            call.trailers["seen"] = call.headers.get("authorization", "")
            return SearchReply(took=message.limit)

        fake.on_rpc(WeaviateMethods.Search, search)
        request = SearchRequest(collection="Article", limit=3)
        with channel(fake.grpc_address) as native:
            reply, call = WeaviateStub(native).Search.with_call(request, metadata=(("authorization", "Bearer k"),))
        assert reply.took == 3
        assert dict(call.trailing_metadata()) == {"seen": "Bearer k"}
        answer = web(http, fake.url, WeaviateMethods.Search, request, authorization="Bearer k", grpc_timeout="2S")
        (flag, message), (last, trailers) = frames(answer.content)
        assert (flag, SearchReply.FromString(message).took, last) == (0, 3, 0x80)
        assert b"Seen: Bearer k\r\n" in trailers
        first, second = fake.rpcs("Search")
        assert (first.protocol, second.protocol) == ("grpc", "grpc-web")
        assert first.message == second.message == request
        assert first.path == second.path == WeaviateMethods.Search.path
        assert first.deadline is None
        assert second.deadline is not None and 1 < second.deadline - time.monotonic() < 2
        assert fake.requests() == []

    def test_a_stream(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        def stream(messages: Iterator[BatchStreamRequest], call: Received) -> Iterator[BatchStreamReply]:
            for message in messages:
                if message.HasField("start"):
                    yield BatchStreamReply(started=BatchStreamReply.Started())

        fake.on_rpc(WeaviateMethods.BatchStream, stream)
        start = BatchStreamRequest(start=BatchStreamRequest.Start())
        stop = BatchStreamRequest(stop=BatchStreamRequest.Stop())
        with channel(fake.grpc_address) as native:
            (reply,) = WeaviateStub(native).BatchStream(iter([start, stop]), timeout=5)
        assert reply.HasField("started")
        assert fake.rpcs("BatchStream")[0].messages == [start, stop]
        assert web(http, fake.url, WeaviateMethods.BatchStream, start).status_code == 505

    def test_gzip_over_grpc_web(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        import gzip

        packed = gzip.compress(HEALTH.SerializeToString())
        body = b"\1" + struct.pack(">I", len(packed)) + packed
        headers = {"content-type": "application/grpc-web+proto", "grpc-encoding": "gzip"}
        answer = http.post(fake.url + WEB_PATH + HealthMethods.Check.path, content=body, headers=headers)
        (flag, message), (_, trailers) = frames(answer.content)
        assert (flag, gzip.decompress(message)) == (1, b"\x08\1")
        assert b"Grpc-Status: 0" in trailers

    def test_an_older_server_has_no_grpc_web(self, http: httpx2.Client) -> None:
        with FakeWeaviate(version="1.38.2") as server:
            answer = web(http, server.url, HealthMethods.Check, HEALTH)
        assert answer.status_code == 404
        assert answer.json()["message"].endswith("was not found")

    def test_other_misuse_of_grpc_web(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        url = fake.url + WEB_PATH
        headers = {"content-type": "application/grpc-web+proto"}
        assert http.post(url + "/weaviate.v1.Weaviate/Nope", headers=headers).text == "Not Found\n"
        assert http.post(url + HealthMethods.Check.path, json={}).status_code == 404
        assert http.get(url + HealthMethods.Check.path, headers=headers).status_code == 405
        short = http.post(url + HealthMethods.Check.path, headers=headers, content=b"\0\0\0\0\xff12")
        assert (short.status_code, short.content) == (200, b"")
        assert (short.headers["grpc-status"], short.headers["grpc-message"]) == ("2", "unexpected EOF")
        assert web(http, fake.url, HealthMethods.Check, HEALTH, grpc_timeout="xx").status_code == 400

    def test_api_keys(self, http: httpx2.Client) -> None:
        with FakeWeaviate(api_keys=["key"]) as server, channel(server.grpc_address) as native:
            server.on_rpc("Search", SearchReply())
            good = {"authorization": "Bearer key"}
            bad = {"authorization": "Bearer nope"}
            anonymous = http.get(f"{server.url}/v1/meta")
            assert (anonymous.status_code, anonymous.headers["content-type"]) == (401, "text/plain; charset=utf-8")
            assert "anonymous access not enabled" in json.loads(anonymous.text)["message"]
            refused = http.get(f"{server.url}/v1/meta", headers=bad)
            assert refused.status_code == 401
            assert refused.json() == {"code": 401, "message": "unauthorized: invalid api key"}
            assert http.get(f"{server.url}/v1/meta", headers=good).status_code == 200
            assert http.get(f"{server.url}/v1/.well-known/ready").status_code == 200
            words = "extract auth: unauthorized: invalid api key"
            stub = WeaviateStub(native)
            assert fails(stub.Search, SEARCH) == (grpc.StatusCode.UNKNOWN, words)
            assert fails(stub.Search, SEARCH, metadata=tuple(bad.items())) == (grpc.StatusCode.UNKNOWN, words)
            assert stub.Search(SEARCH, metadata=tuple(good.items())) == SearchReply()
            assert HealthStub(native).Check(HEALTH).status == SERVING
            over_web = web(http, server.url, WeaviateMethods.Search, SEARCH, **bad)
            assert (over_web.headers["grpc-status"], over_web.headers["grpc-message"]) == ("2", words)
            assert (over_web.status_code, over_web.content) == (200, b"")

    def test_the_largest_message(self, http: httpx2.Client) -> None:
        with FakeWeaviate(max_message_size=1000) as server, channel(server.grpc_address) as native:
            server.on_rpc("Search", lambda message, call: SearchReply(generative_grouped_result="x" * message.limit))
            assert http.get(f"{server.url}/v1/meta").json()["grpcMaxMessageSize"] == 1000
            code, words = fails(WeaviateStub(native).Search, SearchRequest(collection="x" * 2000))
            assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert words == "grpc: received message larger than max (2003 vs. 1000)"
            code, words = fails(WeaviateStub(native).Search, SearchRequest(limit=2000))
            assert "trying to send message larger than max" in words
            answer = web(http, server.url, WeaviateMethods.Search, SearchRequest(collection="x" * 2000))
            assert answer.headers["grpc-status"] == "8"

    @pytest.mark.parametrize("kind", ["off", "silent", "unreachable"])
    def test_without_native_grpc(self, kind: Any, http: httpx2.Client) -> None:
        with FakeWeaviate(grpc=kind) as server, channel(server.grpc_address) as native:
            assert http.get(f"{server.url}/v1/meta").status_code == 200
            code, words = fails(HealthStub(native).Check, HEALTH, timeout=0.3)
            expected = grpc.StatusCode.UNAVAILABLE if kind == "off" else grpc.StatusCode.DEADLINE_EXCEEDED
            assert code is expected
            assert ("refused" in words) == (kind == "off")

    def test_native_grpc_stops_and_comes_back(self, fake: FakeWeaviate) -> None:
        options = {"min_reconnect_backoff_ms": 50, "initial_reconnect_backoff_ms": 50}
        with channel(fake.grpc_address, **options) as native:
            assert HealthStub(native).Check(HEALTH).status == SERVING
            fake.stop_grpc()
            assert fails(HealthStub(native).Check, HEALTH)[0] is grpc.StatusCode.UNAVAILABLE
            fake.start_grpc()
            assert HealthStub(native).Check(HEALTH, wait_for_ready=True, timeout=5).status == SERVING

    def test_a_grpc_client_at_the_http_port(self, fake: FakeWeaviate) -> None:
        with channel(fake.address) as native:
            assert fails(HealthStub(native).Check, HEALTH)[0] is grpc.StatusCode.UNAVAILABLE

    def test_many_at_once(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        fake.on_rpc("Search", SearchReply(took=1))
        with channel(fake.grpc_address) as native, ThreadPoolExecutor(32) as pool:
            native_calls = [pool.submit(WeaviateStub(native).Search, SEARCH) for _ in range(200)]
            http_calls = [pool.submit(http.get, f"{fake.url}/v1/meta") for _ in range(200)]
            assert all(call.result().took == 1 for call in native_calls)
            assert all(call.result().status_code == 200 for call in http_calls)
        assert sorted(each.number for each in fake.received) == list(range(1, 401))

    def test_its_end_frees_who_waits_and_leaves_no_thread(self, http: httpx2.Client) -> None:
        before = threading.active_count()
        with FakeWeaviate() as server, ThreadPoolExecutor() as pool, channel(server.grpc_address) as native:
            server.fail(HttpFault(hang=True))
            server.fail(RpcFault(hang=True))
            waiting: list[Future[Any]] = [
                pool.submit(http.get, f"{server.url}/v1/meta"),
                pool.submit(HealthStub(native).Check, HEALTH),
            ]
            while len(server.received) < 2:
                time.sleep(0.01)
            start = time.monotonic()
            server.stop()
            assert all(call.exception(5) for call in waiting)
            assert time.monotonic() - start < 2
        assert threading.active_count() == before


class TestFaults:
    def test_by_number_and_path(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        fake.on_rest("GET", "/v1/schema", {"classes": []})
        fault = HttpFault(status=503, body={"error": "busy"}, retry_after=2)
        rule = fake.fail(fault, on="GET /v1/schema", at=[1, 3])
        answers = [http.get(f"{fake.url}/v1/schema") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [503, 200, 503, 200]
        assert (answers[0].headers["retry-after"], answers[0].json()) == ("2", {"error": "busy"})
        assert http.get(f"{fake.url}/v1/meta").status_code == 200
        assert rule.seen == 4
        fake.fail(HttpFault(status=500), at=range(1, 3))
        assert [http.get(f"{fake.url}/v1/meta").status_code for _ in range(3)] == [500, 500, 200]
        fake.fail(HttpFault(status=500))
        fake.clear_faults()
        assert http.get(f"{fake.url}/v1/meta").status_code == 200

    def test_delay(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        fake.fail(HttpFault(delay=0.2), on="/v1/meta")
        fake.fail(RpcFault(delay=0.2), on=HealthMethods.Check)
        assert 0.2 <= seconds(lambda: http.get(f"{fake.url}/v1/meta")) < 0.5
        with channel(fake.grpc_address) as native:
            assert 0.2 <= seconds(lambda: HealthStub(native).Check(HEALTH)) < 0.5
        assert 0.2 <= seconds(lambda: web(http, fake.url, HealthMethods.Check, HEALTH)) < 0.5

    @pytest.mark.parametrize("part", ["drip_headers", "drip_body"])
    def test_dripping_defeats_a_timeout_per_read(self, part: str, fake: FakeWeaviate) -> None:
        fake.fail(HttpFault(**{part: 0.01}), on="/v1/meta")  # type: ignore[arg-type]
        with httpx2.Client(timeout=0.1, trust_env=False) as client:
            assert seconds(lambda: client.get(f"{fake.url}/v1/meta").json()) > 0.5

    @pytest.mark.parametrize("fault", [HttpFault(hang=True), HttpFault(delay=9), HttpFault(drip_headers=9)])
    def test_a_client_that_gives_up_is_seen(self, fault: HttpFault, fake: FakeWeaviate) -> None:
        fake.fail(fault)
        with httpx2.Client(timeout=0.1, trust_env=False) as client:
            assert seconds(lambda: client.get(f"{fake.url}/v1/meta"), httpx2.ReadTimeout) < 0.5
        until(lambda: fake.received[0].abandoned)

    @pytest.mark.parametrize(
        ("fault", "got", "end"),
        [
            (HttpFault(cut="before"), "nothing", "FIN"),
            (HttpFault(cut="headers"), "some headers", "FIN"),
            (HttpFault(cut="body"), "some body", "FIN"),
            (HttpFault(cut=5), "HTTP/", "FIN"),
            (HttpFault(reset=True), "nothing", "RST"),
            (HttpFault(cut="body", reset=True), "some body", "RST"),
        ],
    )
    def test_cuts(self, fault: HttpFault, got: str, end: str, fake: FakeWeaviate, http: httpx2.Client) -> None:
        fake.fail(fault, at=1)
        with socket.create_connection(fake.address, timeout=5) as connection:
            connection.sendall(b"GET /v1/meta HTTP/1.1\r\nHost: x\r\n\r\n")
            received, ended = b"", "FIN"
            try:
                while data := connection.recv(4096):
                    received += data
            except ConnectionResetError:
                ended = "RST"
        assert ended == end
        if got == "nothing":
            assert received == b""
        elif got == "some headers":
            assert received.startswith(b"HTTP/1.1 200 OK\r\n") and b"\r\n\r\n" not in received
        elif got == "some body":
            head, _, body = received.partition(b"\r\n\r\n")
            length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
            assert 0 < len(body) < length
        else:
            assert received == got.encode()
        assert http.get(f"{fake.url}/v1/meta").status_code == 200

    def test_a_cut_answer_had_its_effect(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        written: list[Any] = []

        def write(request: Received) -> dict[str, Any]:
            written.append(request.json())
            return {}

        fake.on_rest("POST", "/v1/objects", write)
        fake.fail(HttpFault(cut="before"), on="/v1/objects", at=1)
        with pytest.raises(httpx2.RemoteProtocolError):
            http.post(f"{fake.url}/v1/objects", json={"n": 1})
        assert written == [{"n": 1}]

    def test_rpc_faults_over_both_protocols(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        fake.on_rpc("Search", SearchReply())
        fault = RpcFault(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "grenze: ä%\n",
            reason="LIMIT_EXCEEDED",
            domain="weaviate.usagelimits",
            info={"limit": "objects"},
            trailers={"retry": "later"},
        )
        fake.fail(fault, on=WeaviateMethods.Search, at=[1, 2])
        with channel(fake.grpc_address) as native:
            with pytest.raises(grpc.RpcError) as caught:
                WeaviateStub(native).Search(SEARCH)
            error: Any = caught.value
            over_web = web(http, fake.url, WeaviateMethods.Search, SEARCH)
            assert WeaviateStub(native).Search(SEARCH) == SearchReply()
        assert (error.code(), error.details()) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "grenze: ä%\n")
        trailers = dict(error.trailing_metadata())
        assert trailers["retry"] == over_web.headers["retry"] == "later"
        binary = over_web.headers["grpc-status-details-bin"]
        assert base64.b64decode(binary + "==") == trailers["grpc-status-details-bin"]
        info = ErrorInfo()
        assert Status.FromString(trailers["grpc-status-details-bin"]).details[0].Unpack(info)
        assert (info.reason, info.domain, info.metadata["limit"]) == (
            "LIMIT_EXCEEDED",
            "weaviate.usagelimits",
            "objects",
        )
        assert over_web.headers["grpc-status"] == "8"
        assert over_web.headers["grpc-message"] == "grenze: %C3%A4%25%0A"

    def test_a_deadline_passes(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        fake.fail(RpcFault(hang=True), on="Check")
        with channel(fake.grpc_address) as native:
            assert fails(HealthStub(native).Check, HEALTH, timeout=0.1)[0] is grpc.StatusCode.DEADLINE_EXCEEDED
        answer = web(http, fake.url, HealthMethods.Check, HEALTH, grpc_timeout="100m")
        assert (answer.headers["grpc-status"], answer.headers["grpc-message"]) == ("4", "context deadline exceeded")

    def test_a_cancelled_rpc_is_seen(self, fake: FakeWeaviate) -> None:
        fake.fail(RpcFault(hang=True))
        with channel(fake.grpc_address) as native:
            call = HealthStub(native).Check.future(HEALTH)
            until(lambda: fake.received)
            call.cancel()
            until(lambda: fake.received[0].abandoned)

    def test_http_faults_on_an_rpc(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        fake.fail(HttpFault(cut="body"), on=HealthMethods.Check, at=1)
        with pytest.raises(httpx2.RemoteProtocolError):
            web(http, fake.url, HealthMethods.Check, HEALTH)
        assert web(http, fake.url, HealthMethods.Check, HEALTH).status_code == 200
        assert len(fake.rpcs("Check")) == 2
        with channel(fake.grpc_address) as native:
            assert HealthStub(native).Check(HEALTH).status == SERVING


class TestCertificates:
    def test_tls_on_both_ports(self, fake_tls: FakeWeaviate, certificates: Certificates, http: httpx2.Client) -> None:
        trusting = ssl.create_default_context(cafile=certificates.ca)
        roots = grpc.ssl_channel_credentials(Path(certificates.ca).read_bytes())
        with httpx2.Client(verify=trusting, trust_env=False) as client:
            assert client.get(f"{fake_tls.url}/v1/meta").status_code == 200
            answer = client.get(f"https://localhost:{fake_tls.port}/v1/meta")
            assert answer.status_code == 200
            assert frames(web(client, fake_tls.url, HealthMethods.Check, HEALTH).content)[0] == (0, b"\x08\1")
        with channel(("localhost", fake_tls.grpc_port), roots) as native:
            assert HealthStub(native).Check(HEALTH).status == SERVING
        with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            http.get(f"{fake_tls.url}/v1/meta")
        plain = http.get(f"http://127.0.0.1:{fake_tls.port}/v1/meta")
        assert (plain.status_code, plain.text) == (400, "Client sent an HTTP request to an HTTPS server.\n")

    def test_https_against_http(self, fake: FakeWeaviate, certificates: Certificates) -> None:
        trusting = ssl.create_default_context(cafile=certificates.ca)
        with (
            httpx2.Client(verify=trusting, trust_env=False, timeout=5) as client,
            pytest.raises(httpx2.ConnectError, match=r"(?i)wrong.version.number"),
        ):
            client.get(f"https://127.0.0.1:{fake.port}/v1/meta")
        with channel(fake.grpc_address, grpc.ssl_channel_credentials(Path(certificates.ca).read_bytes())) as native:
            assert fails(HealthStub(native).Check, HEALTH)[0] is grpc.StatusCode.UNAVAILABLE

    def test_mtls_on_both_ports(self, certificates: Certificates) -> None:
        def ask(server: FakeWeaviate, pair: Pair) -> int:
            with httpx2.Client(verify=pair.client_context(certificates.ca), trust_env=False) as client:
                return client.get(f"{server.url}/v1/meta").status_code

        with FakeWeaviate(certificate=certificates.server, client_ca=certificates.ca) as server:
            assert ask(server, certificates.client) == 200
            with channel(server.grpc_address, certificates.client.grpc_channel_credentials(certificates.ca)) as native:
                assert HealthStub(native).Check(HEALTH).status == SERVING
            assert [each.peer for each in server.received] == ["client", "client"]
            for wrong in (certificates.stranger, certificates.expired_client):
                with pytest.raises((httpx2.ReadError, httpx2.ConnectError, httpx2.RemoteProtocolError)):
                    ask(server, wrong)
            with channel(
                server.grpc_address, certificates.stranger.grpc_channel_credentials(certificates.ca)
            ) as native:
                assert fails(HealthStub(native).Check, HEALTH)[0] is grpc.StatusCode.UNAVAILABLE
            roots = grpc.ssl_channel_credentials(Path(certificates.ca).read_bytes())
            with channel(server.grpc_address, roots) as native:
                assert fails(HealthStub(native).Check, HEALTH)[0] is grpc.StatusCode.UNAVAILABLE
            assert len(server.received) == 2

    @pytest.mark.parametrize(
        ("name", "words"),
        [("expired", "has expired"), ("other_name", "mismatch"), ("stranger", "unable to get local issuer")],
    )
    def test_bad_certificates(self, name: str, words: str, certificates: Certificates) -> None:
        trusting = ssl.create_default_context(cafile=certificates.ca)
        roots = grpc.ssl_channel_credentials(Path(certificates.ca).read_bytes())
        with FakeWeaviate(certificate=getattr(certificates, name)) as server:
            with (
                httpx2.Client(verify=trusting, trust_env=False) as client,
                pytest.raises(httpx2.ConnectError, match=words),
            ):
                client.get(f"{server.url}/v1/meta")
            with channel(server.grpc_address, roots) as native:
                assert fails(HealthStub(native).Check, HEALTH)[0] is grpc.StatusCode.UNAVAILABLE
            assert server.received == []


class TestConnectProxy:
    def test_http_by_absolute_url(self, fake: FakeWeaviate) -> None:
        fake.on_rest("POST", "/v1/objects", lambda request: request.json())
        with (
            ConnectProxy(routes={"cluster.test": fake.address}) as proxy,
            httpx2.Client(proxy=proxy.url, trust_env=False) as client,
        ):
            assert client.get("http://cluster.test/v1/meta?x=1").status_code == 200
            assert client.post("http://cluster.test/v1/objects", json={"a": 1}).json() == {"a": 1}
            assert proxy.targets == [Target("GET", "cluster.test", 80), Target("POST", "cluster.test", 80)]
        assert fake.received[0].target == "/v1/meta?x=1"

    def test_https_and_native_grpc_by_connect(self, fake_tls: FakeWeaviate, certificates: Certificates) -> None:
        trusting = ssl.create_default_context(cafile=certificates.ca)
        roots = grpc.ssl_channel_credentials(Path(certificates.ca).read_bytes())
        with ConnectProxy(auth=("user", "secret")) as proxy:
            with httpx2.Client(proxy=proxy.url, verify=trusting, trust_env=False) as client:
                assert client.get(f"{fake_tls.url}/v1/meta").status_code == 200
            with channel(fake_tls.grpc_address, roots, http_proxy=proxy.url) as native:
                assert HealthStub(native).Check(HEALTH).status == SERVING
            assert proxy.targets == [
                Target("CONNECT", "127.0.0.1", fake_tls.port),
                Target("CONNECT", "127.0.0.1", fake_tls.grpc_port),
            ]
            assert proxy.refused == 0

    def test_native_grpc_without_tls(self, fake: FakeWeaviate) -> None:
        with ConnectProxy() as proxy, channel(fake.grpc_address, http_proxy=proxy.url) as native:
            assert HealthStub(native).Check(HEALTH).status == SERVING
            assert proxy.targets == [Target("CONNECT", "127.0.0.1", fake.grpc_port)]

    def test_it_refuses(self, fake: FakeWeaviate) -> None:
        with ConnectProxy(auth=("user", "secret")) as proxy:
            wrong = proxy.url.replace("secret", "guess")
            with httpx2.Client(proxy=wrong, trust_env=False) as client:
                assert client.get(f"{fake.url}/v1/meta").status_code == 407
            with channel(fake.grpc_address, http_proxy=wrong) as native:
                assert fails(HealthStub(native).Check, HEALTH)[0] is grpc.StatusCode.UNAVAILABLE
            assert proxy.refused >= 2
            assert proxy.targets == []
        with ConnectProxy(refuse_connect=403) as proxy, channel(fake.grpc_address, http_proxy=proxy.url) as native:
            assert fails(HealthStub(native).Check, HEALTH)[0] is grpc.StatusCode.UNAVAILABLE
        with ClosedPort() as closed, ConnectProxy() as proxy, httpx2.Client(proxy=proxy.url, trust_env=False) as client:
            assert client.get(f"http://127.0.0.1:{closed.port}/").status_code == 502
        assert fake.received == []


class TestCutProxy:
    def test_it_passes_everything_on_and_counts(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        fake.on_rest("POST", "/v1/objects", lambda request: Reply(body=request.body))
        big = b"x" * 3_000_000
        with CutProxy(fake.address) as wire:
            assert http.post(f"http://127.0.0.1:{wire.port}/v1/objects", content=big).content == big
            assert (wire.accepted, wire.connected) == (1, 1)
            assert wire.up > len(big) < wire.down
        with CutProxy(fake.grpc_address) as wire, channel(wire.address) as native:
            assert HealthStub(native).Check(HEALTH).status == SERVING

    @pytest.mark.parametrize("reset", [False, True])
    def test_cut_now(self, reset: bool, fake: FakeWeaviate) -> None:
        fake.fail(HttpFault(hang=True))
        with CutProxy(fake.address) as wire, socket.create_connection(wire.address, timeout=5) as connection:
            connection.sendall(b"GET /v1/meta HTTP/1.1\r\nHost: x\r\n\r\n")
            until(lambda: fake.received)
            assert wire.cut(reset=reset) == 1
            with pytest.raises(ConnectionResetError) if reset else contextlib.nullcontext():
                assert connection.recv(1) == b""
            until(lambda: wire.connected == 0)
            until(lambda: fake.received[0].abandoned)

    def test_cut_after(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        request = b"GET /v1/meta HTTP/1.1\r\nHost: x\r\n\r\n"
        with CutProxy(fake.address) as wire:
            wire.cut_after(down=20)
            wire.cut_after(up=10)
            wire.cut_after(up=0)
            with socket.create_connection(wire.address, timeout=5) as connection:
                connection.sendall(request)
                received = b""
                while data := connection.recv(4096):
                    received += data
            assert received == b"HTTP/1.1 200 OK\r\nConten"[:20]
            assert (len(fake.received), wire.down) == (1, 20)
            for _ in range(2):
                with socket.create_connection(wire.address, timeout=5) as connection:
                    connection.sendall(request)
                    with contextlib.suppress(ConnectionResetError):
                        assert connection.recv(1) == b""
            assert len(fake.received) == 1, "the request never arrived"
            assert http.get(f"http://127.0.0.1:{wire.port}/v1/meta").status_code == 200

    def test_refuse_and_accept(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        with CutProxy(fake.address) as wire:
            url = f"http://127.0.0.1:{wire.port}/v1/meta"
            assert http.get(url).status_code == 200
            wire.refuse()
            assert http.get(url).status_code == 200, "an open connection stays"
            with httpx2.Client(trust_env=False) as other, pytest.raises(httpx2.ConnectError):
                other.get(url)
            wire.cut()
            wire.accept()
            until(lambda: wire.connected == 0)
            assert http.get(url).status_code == 200
            assert wire.accepted == 2

    def test_delay_and_pause(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        with CutProxy(fake.address) as wire, ThreadPoolExecutor() as pool:
            url = f"http://127.0.0.1:{wire.port}/v1/meta"
            wire.delay = 0.1
            assert 0.2 <= seconds(lambda: http.get(url)) < 0.5
            wire.delay = 0
            wire.pause()
            waiting = pool.submit(http.get, url)
            time.sleep(0.2)
            assert not waiting.done()
            wire.resume()
            assert waiting.result(5).status_code == 200

    def test_nobody_behind_it(self) -> None:
        with (
            ClosedPort() as closed,
            CutProxy(closed.address) as wire,
            socket.create_connection(wire.address, timeout=5) as connection,
            pytest.raises(ConnectionResetError),
        ):
            connection.recv(1)


class TestDead:
    def test_connecting_never_ends(self, no_connect: BlackHole) -> None:
        with httpx2.Client(timeout=0.2, trust_env=False) as client:
            assert 0.2 <= seconds(lambda: client.get(no_connect.url), httpx2.ConnectTimeout) < 0.4
            assert 0.2 <= seconds(lambda: client.get(no_connect.url), httpx2.ConnectTimeout) < 0.4

    def test_nothing_is_answered(self, no_answer: BlackHole) -> None:
        with httpx2.Client(timeout=0.2, trust_env=False) as client:
            assert 0.2 <= seconds(lambda: client.get(no_answer.url), httpx2.ReadTimeout) < 0.4
        assert no_answer.received.startswith(b"GET / HTTP/1.1\r\n")
        assert no_answer.accepted == 1

    def test_refused(self) -> None:
        with ClosedPort() as closed, pytest.raises(ConnectionRefusedError):
            socket.create_connection(closed.address)

    def test_a_name_with_two_dead_addresses(self) -> None:
        with dead_addresses() as (host, port):
            found = {address[:2] for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
            assert found == {("127.0.0.1", port), ("127.0.0.2", port)}
            taken = seconds(lambda: socket.create_connection((host, port), timeout=0.2), TimeoutError)
            assert 0.4 <= taken < 0.6, "each address has the whole timeout"

            async def connect() -> None:
                await asyncio.wait_for(asyncio.open_connection(host, port), 0.2)

            assert 0.2 <= seconds(lambda: asyncio.run(connect()), TimeoutError) < 0.4

    def test_slow_and_unknown_names(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        with names({"cluster.test": ["127.0.0.1"]}, delay=0.2) as asked:
            taken = seconds(lambda: http.get(f"http://cluster.test:{fake.port}/v1/meta"))
            assert 0.2 <= taken < 0.5
            assert asked == ["cluster.test"]
        with names({"nowhere.test": None}), pytest.raises(httpx2.ConnectError):
            http.get("http://nowhere.test/")


class TestNginx:
    def test_http_passes_and_native_grpc_does_not(self, fake: FakeWeaviate, http: httpx2.Client) -> None:
        with Nginx(fake.address) as front:
            assert http.get(f"{front.url}/v1/meta").json()["version"] == "1.38.11"
            assert frames(web(http, front.url, HealthMethods.Check, HEALTH).content)[0] == (0, b"\x08\1")
            with channel(front.address) as native:
                assert fails(HealthStub(native).Check, HEALTH)[0] is grpc.StatusCode.UNAVAILABLE
            fake.refuse()
            fake.drop()
            assert http.get(f"{front.url}/v1/meta").status_code == 502
            assert front.log()[0] == "200 GET /v1/meta HTTP/1.1"

    @pytest.mark.parametrize("http2", [False, True])
    def test_https(self, http2: bool, fake: FakeWeaviate, certificates: Certificates) -> None:
        trusting = ssl.create_default_context(cafile=certificates.ca)
        roots = grpc.ssl_channel_credentials(Path(certificates.ca).read_bytes())
        with Nginx(fake.address, certificate=certificates.server, http2=http2) as front:
            with httpx2.Client(verify=trusting, trust_env=False) as client:
                assert client.get(f"{front.url}/v1/meta").status_code == 200
                assert frames(web(client, front.url, HealthMethods.Check, HEALTH).content)[0] == (0, b"\x08\1")
            with channel(front.address, roots) as native:
                code, words = fails(HealthStub(native).Check, HEALTH)
                if http2:
                    assert (code, words) == (grpc.StatusCode.UNKNOWN, "Received http2 header with status: 501")
                else:
                    assert code is grpc.StatusCode.UNAVAILABLE


def token(client: httpx2.Client, issuer: str, status: int = 200, /, **form: str) -> dict[str, Any]:
    """What the token endpoint answers. `auth` is "id:secret" for the header; otherwise they are in the form."""
    endpoint = client.get(issuer + DISCOVERY).json()["token_endpoint"]
    user, _, secret = form.pop("auth", "").partition(":")
    auth = httpx2.BasicAuth(user, secret) if user else httpx2.USE_CLIENT_DEFAULT
    answer = client.post(endpoint, data=form, auth=auth)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


class TestOidcProvider:
    def test_each_grant(self, http: httpx2.Client) -> None:
        with OidcProvider(clients={"weaviate": "secret", "public": None}, expires_in=60) as provider:
            ours = {"grant_type": "client_credentials", "scope": "a b"}
            first = token(http, provider.issuer, auth="weaviate:secret", **ours)
            assert (first["token_type"], first["expires_in"], first["scope"]) == ("Bearer", 60, "a b")
            assert "refresh_token" not in first
            token(http, provider.issuer, client_id="weaviate", client_secret="secret", **ours)
            assert token(http, provider.issuer, 401, auth="weaviate:x", **ours)["error"] == "invalid_client"
            assert token(http, provider.issuer, 400, client_id="public", **ours)["error"] == "unauthorized_client"
            user = {"grant_type": "password", "username": "ann", "client_id": "public", "scope": "openid"}
            got = token(http, provider.issuer, password="password", **user)
            claims = json.loads(base64.urlsafe_b64decode(got["access_token"].split(".")[1] + "=="))
            assert (claims["sub"], claims["aud"], claims["iss"]) == ("ann", "public", provider.issuer)
            assert got["id_token"]
            assert token(http, provider.issuer, 400, password="x", **user)["error"] == "invalid_grant"
            again = {"grant_type": "refresh_token", "refresh_token": got["refresh_token"], "client_id": "public"}
            assert "refresh_token" not in token(http, provider.issuer, **again)
            assert token(http, provider.issuer, **again)["access_token"]
            provider.revoke()
            assert token(http, provider.issuer, 400, **again)["error"] == "invalid_grant"
            assert provider.grants == ["client_credentials"] * 4 + ["password"] * 2 + ["refresh_token"] * 3
            assert len(provider.requests(DISCOVERY)) == 9

    def test_rotation(self, http: httpx2.Client) -> None:
        with OidcProvider(rotate=True) as provider:
            ours = {"client_id": "weaviate", "client_secret": "client-secret"}
            user = {"grant_type": "password", "username": "ann", "password": "password", **ours}
            first = token(http, provider.issuer, **user)["refresh_token"]
            again = {"grant_type": "refresh_token", **ours}
            second = token(http, provider.issuer, refresh_token=first, **again)["refresh_token"]
            assert second != first
            refused = token(http, provider.issuer, 400, refresh_token=first, **again)
            assert refused["error"] == "invalid_grant"
            token(http, provider.issuer, 400, refresh_token=second, **again)

    def test_faults_and_an_outage(self, oidc: OidcProvider, http: httpx2.Client) -> None:
        ours = {"grant_type": "client_credentials", "auth": "weaviate:client-secret"}
        oidc.fail(HttpFault(status=500, body={"error": "server_error"}), on="/token", at=1)
        oidc.fail(HttpFault(status=200, body="{not json"), on="/token", at=2)
        oidc.fail(HttpFault(delay=0.2), on="/token", at=3)
        assert token(http, oidc.issuer, 500, **ours) == {"error": "server_error"}
        with pytest.raises(json.JSONDecodeError):
            token(http, oidc.issuer, **ours)
        assert seconds(lambda: token(http, oidc.issuer, **ours)) >= 0.2
        oidc.refuse()
        oidc.drop()
        with pytest.raises((httpx2.ConnectError, httpx2.RemoteProtocolError)):
            token(http, oidc.issuer, **ours)
        oidc.accept()
        assert token(http, oidc.issuer, **ours)["access_token"]

    def test_with_the_fake(self, http: httpx2.Client) -> None:
        with (
            OidcProvider(tokens="opaque", expires_in=0.3) as provider,
            FakeWeaviate(
                authorize=provider.refusal, openid=openid_of(provider.issuer, "weaviate", ["openid"])
            ) as server,
        ):
            told = http.get(f"{server.url}/v1/.well-known/openid-configuration").json()
            assert told["href"] == provider.issuer + DISCOVERY
            assert (told["clientId"], told["scopes"]) == ("weaviate", ["openid"])
            good = {"authorization": f"Bearer {provider.issue('ann')}"}
            assert http.get(f"{server.url}/v1/meta", headers=good).status_code == 200
            time.sleep(0.35)
            refused = http.get(f"{server.url}/v1/meta", headers=good)
            assert refused.status_code == 401
            assert "token is expired" in refused.json()["message"]
            assert "[OIDC]" in http.get(f"{server.url}/v1/meta").text

    def test_over_tls(self, certificates: Certificates) -> None:
        trusting = ssl.create_default_context(cafile=certificates.ca)
        with (
            OidcProvider(tls=certificates.server.server_context()) as provider,
            httpx2.Client(verify=trusting, trust_env=False) as client,
        ):
            assert provider.issuer.startswith("https://")
            assert client.get(provider.issuer + DISCOVERY).json()["issuer"] == provider.issuer


class TestNodeOidcProvider:
    def test_each_grant(self, node_oidc: NodeOidcProvider, http: httpx2.Client) -> None:
        issuer = node_oidc.issuer
        ours = {"grant_type": "client_credentials"}
        assert token(http, issuer, auth="weaviate:client-secret", **ours)["expires_in"] == 300
        token(http, issuer, client_id="weaviate-post", client_secret="client-secret", **ours)
        assert token(http, issuer, 401, auth="weaviate:guess", **ours)["error"] == "invalid_client"
        user = {"grant_type": "password", "username": "ann", "scope": "openid offline_access"}
        assert token(http, issuer, 400, client_id="weaviate-public", password="x", **user)["error"] == "invalid_grant"
        first = token(http, issuer, client_id="weaviate-public", password="password", **user)
        claims = json.loads(base64.urlsafe_b64decode(first["access_token"].split(".")[1] + "=="))
        assert (claims["sub"], claims["aud"], claims["iss"]) == ("ann", "weaviate", issuer)
        claims = json.loads(base64.urlsafe_b64decode(first["id_token"].split(".")[1] + "=="))
        assert (claims["sub"], claims["aud"]) == ("ann", "weaviate-public")
        again = {"grant_type": "refresh_token", "client_id": "weaviate-public"}
        second = token(http, issuer, refresh_token=first["refresh_token"], **again)
        assert second["refresh_token"] != first["refresh_token"]
        token(http, issuer, 400, refresh_token=first["refresh_token"], **again)
        token(http, issuer, 400, refresh_token=second["refresh_token"], **again)
        assert node_oidc.grants()[-3:] == [
            ("refresh_token", "ok"),
            ("refresh_token", "invalid_grant"),
            ("refresh_token", "invalid_grant"),
        ]

    def test_its_lock_file_names_no_registry(self) -> None:
        lock = Path(__file__).parents[1] / "servers" / "node_oidc" / "package-lock.json"
        packages = json.loads(lock.read_text())["packages"]
        assert packages["node_modules/oidc-provider"]["integrity"]
        assert not [name for name, package in packages.items() if "resolved" in package]


def prepare(server: FakeWeaviate) -> None:
    """What the process of the next test runs."""
    server.on_rpc("Search", SearchReply(took=7))


class TestFakeProcess:
    def test_it_is_scripted_asked_and_killed(self, certificates: Certificates) -> None:
        roots = grpc.ssl_channel_credentials(Path(certificates.ca).read_bytes())
        trusting = ssl.create_default_context(cafile=certificates.ca)
        setup = "tests.unit.test_servers:prepare"
        with FakeProcess(setup=setup, version="1.30.0", certificate=certificates.server) as server:
            with httpx2.Client(verify=trusting, trust_env=False) as client:
                assert client.get(f"{server.url}/v1/meta").json()["version"] == "1.30.0"
            with channel(server.grpc_address, roots) as native:
                assert WeaviateStub(native).Search(SEARCH).took == 7
                seen = [(each["protocol"], each["method"]) for each in server.received()]
                assert seen == [("http", "GET"), ("grpc", "Search")]
                server.forget()
                assert server.received() == []
                server.kill()
                assert fails(WeaviateStub(native).Search, SEARCH)[0] is grpc.StatusCode.UNAVAILABLE


class TestRealServer:
    """Skipped, aloud, where WEAVIATE_HL_TEST_BINARY names no server binary."""

    def search(self, server: RealServer, bearer: str) -> tuple[grpc.StatusCode, str]:
        with channel(server.grpc_address) as native:
            return fails(WeaviateStub(native).Search, SEARCH, metadata=(("authorization", f"Bearer {bearer}"),))

    def test_it_accepts_tokens(
        self, binary: str, oidc: OidcProvider, node_oidc: NodeOidcProvider, http: httpx2.Client
    ) -> None:
        ours = {"grant_type": "client_credentials", "auth": "weaviate:client-secret"}
        user = {
            "grant_type": "password",
            "username": "ann",
            "password": "password",
            "client_id": "weaviate-public",
            "scope": "openid offline_access",
        }
        first, second = RealServer(oidc.settings_for()), RealServer(node_oidc.settings_for())
        with contextlib.ExitStack() as stack:
            for server in (first, second):
                stack.callback(server.remove)
                server.launch()
            for server, provider in ((first, oidc), (second, node_oidc)):
                server.wait_ready()
                told = http.get(f"{server.url}/v1/.well-known/openid-configuration").json()
                assert (told["href"], told["clientId"]) == (provider.issuer + DISCOVERY, "weaviate")
                bearer = token(http, provider.issuer, **ours)["access_token"]
                headers = {"authorization": f"Bearer {bearer}"}
                assert http.get(f"{server.url}/v1/schema", headers=headers).json() == {"classes": []}
                assert self.search(server, bearer)[1] == "could not find class Article in schema"
                assert http.get(f"{server.url}/v1/schema").status_code == 401
                words = "extract auth: unauthorized: failed to verify signature"
                assert self.search(server, bearer[:-20] + "A" * 20)[1].startswith(words)
            signed_in = token(http, node_oidc.issuer, **user)
            again = {"grant_type": "refresh_token", "client_id": "weaviate-public"}
            refreshed = token(http, node_oidc.issuer, refresh_token=signed_in["refresh_token"], **again)
            for bearer in (signed_in["access_token"], refreshed["access_token"]):
                assert self.search(second, bearer)[1] == "could not find class Article in schema"
            expired = oidc.issue("ann", expires_in=-1)
            answer = http.get(f"{first.url}/v1/schema", headers={"authorization": f"Bearer {expired}"})
            assert answer.status_code == 401
            assert oidc.refusal(expired) == answer.json()["message"]
            assert self.search(first, "opaque")[1] == f"extract auth: {oidc.refusal('opaque')}"

    def test_it_comes_back_with_its_data(self, binary: str, http: httpx2.Client, certificates: Certificates) -> None:
        with RealServer() as server:
            created = http.post(f"{server.url}/v1/schema", json={"class": "Article", "vectorizer": "none"})
            assert created.status_code == 200
            server.kill()
            assert not server.running
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(server.address)
            server.restart()
            (found,) = http.get(f"{server.url}/v1/schema").json()["classes"]
            assert found["class"] == "Article"

    def test_tls(self, binary: str, certificates: Certificates) -> None:
        trusting = ssl.create_default_context(cafile=certificates.ca)
        roots = grpc.ssl_channel_credentials(Path(certificates.ca).read_bytes())
        with (
            RealServer(certificate=certificates.server) as server,
            httpx2.Client(verify=trusting, trust_env=False) as client,
            channel(server.grpc_address, roots) as native,
        ):
            assert client.get(f"{server.url}/v1/meta").status_code == 200
            assert HealthStub(native).Check(HEALTH).status == SERVING

    def test_a_cluster(self, binary: str, http: httpx2.Client) -> None:
        with RealCluster(3, ANONYMOUS) as nodes:
            status = http.get(f"{nodes[0].url}/v1/nodes").json()
            assert sorted(node["name"] for node in status["nodes"]) == ["node1", "node2", "node3"]
            nodes[1].kill()
            assert http.get(f"{nodes[2].url}/v1/meta").status_code == 200


class TestMissing:
    """What is not there skips the test and says why."""

    @pytest.fixture(autouse=True)
    def nothing_installed(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
        monkeypatch.delenv("WEAVIATE_HL_TEST_BINARY", raising=False)
        node_oidc_installed.cache_clear()
        yield
        node_oidc_installed.cache_clear()

    @pytest.mark.parametrize(
        ("made", "words"),
        [
            (lambda: Nginx(("127.0.0.1", 1)), "nginx is not installed"),
            (NodeOidcProvider, "node is not installed"),
            (RealServer, "WEAVIATE_HL_TEST_BINARY does not name a Weaviate server binary"),
            (RealCluster, "WEAVIATE_HL_TEST_BINARY does not name a Weaviate server binary"),
        ],
    )
    def test_it_is_said(self, made: Any, words: str) -> None:
        with pytest.raises(pytest.skip.Exception, match=words), made():
            raise AssertionError("it started")

    def test_a_wrong_binary_is_no_reason_to_skip(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("WEAVIATE_HL_TEST_BINARY", str(tmp_path / "nothing"))
        with pytest.raises(pytest.fail.Exception, match="names what is no program"), RealServer():
            raise AssertionError("it started")


def until(condition: Any) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
