"""Lite on sockets: what any client in any language meets."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import grpc
import pytest
from lite_kit import uuid
from weaviate_gen.grpc import HealthStub, WeaviateStub
from weaviate_gen.grpc.v1 import batch_pb2, health_weaviate_pb2, search_get_pb2, tenants_pb2

import weaviate_hl
from tests.core.colours import Sync
from weaviate_hl import errors
from weaviate_hl.__main__ import main
from weaviate_hl.lite import LiteError, Server, serve
from weaviate_hl.lite.storage import MIGRATIONS
from weaviate_hl.settings import ConnectionParams

KEYS = {
    "AUTHENTICATION_APIKEY_ENABLED": True,
    "AUTHENTICATION_APIKEY_ALLOWED_KEYS": "one,two,three",
    "AUTHENTICATION_APIKEY_USERS": "ann,bob,cyd",
    "AUTHORIZATION_ADMINLIST_ENABLED": True,
    "AUTHORIZATION_ADMINLIST_USERS": "ann",
    "AUTHORIZATION_ADMINLIST_READONLY_USERS": "bob",
}


EVERYWHERE = "0.0.0.0"  # noqa: S104
WEB_SEARCH = "/v1/grpc-web/weaviate.v1.Weaviate/Search"


def start(path: Path | None = None, **options: Any) -> Server:
    return serve(path, port=0, grpc_port=0, environ={}, **options)


@pytest.fixture
def server() -> Iterator[Server]:
    with start() as started:
        yield started


def params(server: Server) -> ConnectionParams:
    return ConnectionParams.from_params("127.0.0.1", server.http_port, False, "127.0.0.1", server.grpc_port, False)


def ask(
    server: Server, method: str, path: str, body: str | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Raw HTTP: status, headers and body."""
    connection = HTTPConnection("127.0.0.1", server.http_port, timeout=10)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


# Clients


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_both_protocols_answer(colour: Sync, server: Server, protocol: str) -> None:
    client = colour.connect(params(server), grpc=protocol)
    assert colour.call(client.get_meta)["hostname"] == server.url
    colour.call(client.rest.schema.objects_create, body={"class": "A", "vectorizer": "none"})
    request = batch_pb2.BatchObjectsRequest()
    request.objects.add(collection="A", uuid=uuid(1))
    assert not colour.call(client.grpc.BatchObjects, request).errors
    assert colour.call(client.rest.objects.class_get, "A", uuid(1)).id == uuid(1)
    with pytest.raises(errors.WeaviateBaseError, match="class not found"):
        colour.call(client.grpc.TenantsGet, tenants_pb2.TenantsGetRequest(collection="B"))


@pytest.mark.parametrize("protocol", ["native", "web"])
@pytest.mark.parametrize("name", ["", " ", "a\nb", "100 %", "b\u00e4r", "\U0001f43b "])
def test_reasons_arrive_whole(colour: Sync, server: Server, protocol: str, name: str) -> None:
    client = colour.connect(params(server), grpc=protocol)
    colour.call(client.rest.schema.objects_create, body={"class": "A", "vectorizer": "none"})
    request = search_get_pb2.SearchRequest(collection="A", uses_127_api=True)
    request.hybrid_search.query, request.hybrid_search.alpha = name, 1
    with pytest.raises(errors.WeaviateBaseError) as caught:
        colour.call(client.grpc.Search, request)
    assert f"without vectorizer on class A for input {name}".rstrip() in str(caught.value)


def test_streams_and_the_health_service(server: Server) -> None:
    assert ask(server, "POST", "/v1/schema", '{"class": "A", "vectorizer": "none"}', content_type="application/json")
    with grpc.insecure_channel(server.grpc_address) as channel:
        assert HealthStub(channel).Check(health_weaviate_pb2.WeaviateHealthCheckRequest(service="any")).status == 1
        data = batch_pb2.BatchStreamRequest(data=batch_pb2.BatchStreamRequest.Data())
        data.data.objects.values.add(collection="A", uuid=uuid(1))
        data.data.objects.values.add(collection="A", uuid="no uuid")
        first = batch_pb2.BatchStreamRequest(start=batch_pb2.BatchStreamRequest.Start())
        replies = list(WeaviateStub(channel).BatchStream(iter([first, data])))
        assert [reply.WhichOneof("message") for reply in replies] == ["started", "backoff", "acks", "results"]
        assert [success.uuid for success in replies[-1].results.successes] == [uuid(1)]
        assert [error.uuid for error in replies[-1].results.errors] == ["no uuid"]
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/weaviate.v1.Weaviate/Nope")(b"")
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_message_that_is_none(server: Server) -> None:
    with grpc.insecure_channel(server.grpc_address) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/weaviate.v1.Weaviate/Search")(b"\xff")
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "not a SearchRequest" in (caught.value.details() or "")


@pytest.mark.parametrize(
    ("path", "headers", "body", "status", "text"),
    [
        ("/v1/schema", {}, "{}", 415, "application/octet-stream"),
        ("/v1/schema", {"content_type": "text/plain"}, "{}", 415, "text/plain"),
        ("/v1/schema", {"content_type": "application/json"}, '{"class":', 400, "failed, because"),
        ("/v1/schema", {"content_type": "application/json"}, '{"x": NaN}', 400, "NaN is not JSON"),
        ("/v1/schema", {"content_type": "application/json"}, "[" * 100_000, 400, "failed, because"),
        ("/v1/schema", {"content_type": "application/json", "content_encoding": "gzip"}, "{}", 415, "compressed"),
        ("/v1/schema", {"content_type": "application/json"}, None, 422, "body is required"),
        ("/nothing", {"content_type": "application/json"}, "{}", 404, "path /nothing was not found"),
        ("/v1/grpc-web/weaviate.v1.Weaviate/Nope", {"content_type": "application/grpc-web"}, "", 404, "Not Found"),
        (WEB_SEARCH, {"content_type": "text/plain"}, "", 404, "Not Found"),
        (WEB_SEARCH, {"content_type": "application/grpc-web"}, "abc", 400, "frame"),
    ],
)
def test_http_that_is_wrong(
    server: Server, path: str, headers: dict[str, str], body: str | None, status: int, text: str
) -> None:
    answer = ask(server, "POST", path, body, **headers)
    assert answer[0] == status
    assert text in answer[2].decode()


def test_a_body_that_is_too_large(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.http_port), timeout=10) as connection:
        connection.sendall(b"POST /v1/objects HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000000\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("place", [{}, {"host": EVERYWHERE, "api_key": "secret"}], ids=["here", "everywhere"])
def test_names_that_were_not_given_lead_nowhere(place: dict[str, Any]) -> None:
    """A page of the web that has its own name lead to this machine, which browsers take for its own server."""
    with start(allow_hosts=["lite.internal"], **place) as server:
        key = {"authorization": "Bearer secret"} if place else {}
        for name in (
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "[x]",
            "",
        ):
            status, _, body = ask(server, "GET", "/v1/meta", host=name, **key)
            assert (status, b"--allow-host" in body) == (403, True)
            web = {"content_type": "application/grpc-web", **key}
            assert ask(server, "POST", WEB_SEARCH, "", host=name, **web)[0] == 403
        for name in ("localhost", "127.0.0.1:1", "[::1]:80", "LOCALHOST", "192.168.7.7", "lite.internal:80"):
            assert ask(server, "GET", "/v1/meta", host=name, **key)[0] == 200


def test_the_grpc_port_does_not_speak_as_pages_of_the_web_do(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.grpc_port), timeout=10) as connection:
        path = "/weaviate.v1.Weaviate/Search"
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n".encode())
        answer = b""
        while part := connection.recv(1000):
            answer += part
    assert not answer.startswith(b"HTTP/1")


def test_browsers_that_ask_for_leave_get_none(server: Server) -> None:
    answer = ask(server, "OPTIONS", "/v1/objects", origin="http://a", access_control_request_method="POST")
    assert not any(name.startswith("access-control") for name in answer[1])


def test_a_mistake_of_lite_is_answered_and_logged(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret place")

    monkeypatch.setattr("weaviate_hl.lite.router.CHORES", [broken])
    status, _, body = ask(server, "GET", "/v1/meta")
    assert status == 500
    assert "which is a mistake in it: ZeroDivisionError" in json.loads(body)["error"][0]["message"]
    assert b"Traceback" not in body
    assert "Traceback" in caplog.text
    with grpc.insecure_channel(server.grpc_address) as channel, pytest.raises(grpc.RpcError) as caught:
        WeaviateStub(channel).TenantsGet(tenants_pb2.TenantsGetRequest())
    assert caught.value.code() is grpc.StatusCode.INTERNAL


# Keys


def test_keys_and_what_their_users_may_do(colour: Sync) -> None:
    with start(settings=KEYS) as server:
        with pytest.raises(errors.AuthenticationFailedError):
            colour.connect(params(server))
        admin, reader = (
            colour.connect(params(server), auth=weaviate_hl.auth.Auth.api_key(key)) for key in ("one", "two")
        )
        colour.call(admin.rest.schema.objects_create, body={"class": "A", "vectorizer": "none"})
        assert colour.call(reader.collections.list_all)
        with pytest.raises(errors.InsufficientPermissionsError, match="user 'bob' has insufficient permissions"):
            colour.call(reader.collections.delete, "A")
        with pytest.raises(errors.InsufficientPermissionsError, match="user 'bob' has insufficient permissions"):
            colour.call(reader.grpc.BatchObjects, batch_pb2.BatchObjectsRequest())
        nobody = colour.connect(params(server), auth=weaviate_hl.auth.Auth.api_key("three"))
        with pytest.raises(errors.InsufficientPermissionsError, match="user 'cyd'"):
            colour.call(nobody.collections.list_all)


def test_other_machines_need_a_key() -> None:
    with pytest.raises(LiteError, match="needs an API key"):
        start(host=EVERYWHERE)
    with start(host=EVERYWHERE, api_key="secret") as server:
        assert ask(server, "GET", "/v1/meta")[0] == 401
        assert ask(server, "GET", "/v1/meta", authorization="Bearer secret")[0] == 200


# Starting and stopping


def test_ports_and_data_that_are_taken(server: Server, tmp_path: Path) -> None:
    with pytest.raises(LiteError, match=rf"cannot listen at 127.0.0.1:{server.http_port}.*--port"):
        serve(port=server.http_port, grpc_port=0, environ={})
    with pytest.raises(LiteError, match=rf"cannot listen at 127.0.0.1:{server.grpc_port}.*--grpc-port"):
        serve(port=0, grpc_port=server.grpc_port, environ={})
    with pytest.raises(LiteError, match="from 0 to 65535, not 99999"):
        serve(port=0, grpc_port=99999, environ={})
    with pytest.raises(LiteError, match="cannot listen at no.such.host.invalid"):
        start(host="no.such.host.invalid")
    with start(tmp_path / "data"), pytest.raises(LiteError, match="in use"):
        start(tmp_path / "data")
    with start(tmp_path / "data"):
        pass


def test_a_request_that_never_ends_does_not_keep_the_server(caplog: pytest.LogCaptureFixture) -> None:
    with start() as server:
        connection = socket.create_connection(("127.0.0.1", server.http_port), timeout=10)
        connection.sendall(b"POST /v1/objects HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        assert ask(server, "GET", "/v1/meta")[0] == 200
    with connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 503 ")
    assert "Traceback" not in caplog.text


class Process:
    """The command, in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "weaviate_hl", "lite", "--port", "0", "--grpc-port", "0", *arguments],
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.said = [self._process.stdout.readline() for _ in range(5)]
        self.http_port = int(self.said[1].rsplit(":", 1)[1])
        self.grpc_port = int(self.said[2].rsplit(":", 1)[1])

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal; the exit status, and what came on standard error."""
        self._process.send_signal(number)
        _, told = self._process.communicate(timeout=10)
        return self._process.returncode, told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_within_a_second_when_asked_to(number: int) -> None:
    process = Process("--set", "QUERY_DEFAULTS_LIMIT=3")
    with weaviate_hl.connect_to_local(port=process.http_port, grpc_port=process.grpc_port) as client:
        assert client.is_ready()
        requests: Iterator[Any] = iter([batch_pb2.BatchStreamRequest(start=batch_pb2.BatchStreamRequest.Start())])
        replies = client.grpc.BatchStream(requests)
        assert next(replies).WhichOneof("message") == "started"
        begun = time.monotonic()
        assert process.end(number) == (0, "")
        assert time.monotonic() - begun < 1.5
    assert "connect_to_local" in process.said[3]


def test_an_acknowledged_write_survives_kill(tmp_path: Path) -> None:
    """Killed in the middle of an import: what was acknowledged over either port is there, and nothing is in halves."""
    path = tmp_path / "data"
    process = Process("--path", str(path))
    acknowledged: list[str] = []
    with grpc.insecure_channel(f"127.0.0.1:{process.grpc_port}") as channel:
        stub = WeaviateStub(channel)
        for batch in range(20):
            request = batch_pb2.BatchObjectsRequest()
            for n in range(50):
                request.objects.add(collection="A", uuid=uuid(50 * batch + n))
            assert not stub.BatchObjects(request).errors
            acknowledged += [item.uuid for item in request.objects]
        future = stub.BatchObjects.future(request)
        process.end(signal.SIGKILL)
        future.cancel()
    with start(path) as again:
        for name in acknowledged:
            assert ask(again, "HEAD", f"/v1/objects/A/{name}")[0] == 204


def test_the_command_refuses_without_a_traceback(
    server: Server, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for arguments, text in (
        (["--port", str(server.http_port)], "cannot listen at"),
        (["--set", "NO_SUCH=1"], "does not know the setting NO_SUCH"),
        (["--path", str(tmp_path)], "is a folder"),
        (["--host", EVERYWHERE], "--api-key"),
        (["--api-key", "k", "--set", "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED=true"], "give one of them"),
    ):
        assert main(["lite", *arguments]) == 1
        told = capsys.readouterr().err
        assert text in told
        assert told.startswith("weaviate-hl: ")
    with pytest.raises(SystemExit):
        main(["lite", "--set", "NAME"])
    assert "must be NAME=VALUE" in capsys.readouterr().err


def test_a_file_of_the_first_format_is_read(tmp_path: Path) -> None:
    path = tmp_path / "data"
    first = sqlite3.connect(path)
    first.executescript(MIGRATIONS[0] + "PRAGMA application_id = 2003332145; PRAGMA user_version = 1;")
    first.close()
    with start(path) as server:
        assert ask(server, "GET", "/v1/schema")[2] == b'{"classes": []}'
