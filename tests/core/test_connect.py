"""Connecting: what is checked, how gRPC travels, and what each mistake is told as."""

from __future__ import annotations

import logging
import re
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.search_get_pb2 import SearchReply, SearchRequest

import weaviate_hl
from tests.core.colours import Sync, params_of
from tests.servers.certificates import Certificates
from tests.servers.dead import BlackHole, ClosedPort
from tests.servers.fake import FakeWeaviate
from tests.servers.faults import HttpFault, RpcFault
from tests.servers.nginx import Nginx
from tests.servers.proxies import ConnectProxy, CutProxy
from tests.servers.sockets import Listener
from weaviate_hl import errors, trust
from weaviate_hl.auth import Auth
from weaviate_hl.lite import Engine
from weaviate_hl.settings import TLS, AdditionalConfig, ConnectionParams, Proxies, Timeout

REQUEST = SearchRequest(collection="Article")
SLOW = Timeout(init=20)


def search(colour: Sync, client: Any) -> str:
    """Search over the client; gives the protocol that it went over."""
    colour.call(client.grpc.Search, REQUEST)
    return str(client._transport.route.protocol)


@pytest.fixture(autouse=True)
def _answer(request: pytest.FixtureRequest) -> None:
    for name in ("fake", "fake_tls"):
        if name in request.fixturenames:
            request.getfixturevalue(name).on_rpc(WeaviateMethods.Search, SearchReply())


def test_it_asks_for_meta_and_readiness_and_probes_grpc(colour: Sync, fake: FakeWeaviate) -> None:
    client = colour.connect(fake)
    assert client.is_connected()
    assert {r.path for r in fake.requests("GET *")} == {"/v1/meta", "/v1/.well-known/ready"}
    assert {r.protocol for r in fake.rpcs()} == {"grpc", "grpc-web"}
    assert client._transport.version == "1.38.11"
    assert search(colour, client) == "native"
    assert [r.protocol for r in fake.rpcs("Search")] == ["grpc"]


def test_connecting_again_and_closing_again_do_nothing(colour: Sync, fake: FakeWeaviate) -> None:
    client = colour.connect(fake)
    asked = len(fake.requests("GET *"))
    colour.call(client.connect)
    assert len(fake.requests("GET *")) == asked
    colour.call(client.close)
    colour.call(client.close)
    assert not client.is_connected()
    for call in (client.get_meta, client.is_ready, client.is_live):
        with pytest.raises(errors.WeaviateClosedClientError, match=r"closed.*client\.connect\(\)"):
            colour.call(call)
    colour.call(client.connect)
    assert colour.call(client.get_meta)["version"] == "1.38.11"


def test_many_that_connect_a_client_at_once_open_one_connection(colour: Sync, fake: FakeWeaviate) -> None:
    client = colour.client(connection_params=params_of(fake))
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: colour.call(client.connect), range(16)))
    assert len(fake.requests("GET /v1/meta")) == 1
    assert search(colour, client) == "native"


def test_a_client_that_is_closed_while_it_connects(colour: Sync, fake: FakeWeaviate) -> None:
    fake.fail(HttpFault(hang=True), on="GET /v1/meta")
    client = colour.client(connection_params=params_of(fake), additional_config=AdditionalConfig(timeout=SLOW))
    with ThreadPoolExecutor(1) as pool:
        connecting = pool.submit(colour.call, client.connect)
        while not fake.requests("GET /v1/meta"):
            time.sleep(0.01)
        colour.call(client.close)
        with pytest.raises(errors.WeaviateClosedClientError, match="while it was connecting"):
            connecting.result(10)
    assert not client.is_connected()


def test_a_client_that_was_never_connected_says_so(colour: Sync, fake: FakeWeaviate) -> None:
    client = colour.client(connection_params=params_of(fake))
    how = {"sync": r"`client\.connect\(\)`.*`with`", "async": r"`await client\.connect\(\)`.*`async with`"}[colour.name]
    for call in (client.get_meta, client.is_ready, lambda: client.grpc.Search(REQUEST)):
        with pytest.raises(errors.WeaviateClosedClientError, match=f"is not connected. .*{how}"):
            colour.call(call)


def test_without_checks_nothing_is_asked(colour: Sync, fake: FakeWeaviate) -> None:
    client = colour.connect(fake, checks=False)
    assert not fake.requests()
    assert not fake.rpcs()
    assert search(colour, client) == "native"


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_a_protocol_that_was_asked_for_is_the_only_one(colour: Sync, fake: FakeWeaviate, protocol: Any) -> None:
    client = colour.connect(fake, grpc=protocol)
    assert search(colour, client) == protocol
    assert {r.protocol for r in fake.rpcs()} == {"grpc" if protocol == "native" else "grpc-web"}


def test_a_closed_grpc_port_selects_the_http_port_and_says_so_once(
    colour: Sync, caplog: pytest.LogCaptureFixture
) -> None:
    with FakeWeaviate(grpc="off") as server, ClosedPort() as closed:
        server.on_rpc(WeaviateMethods.Search, SearchReply())
        with caplog.at_level(logging.INFO, "weaviate_hl"):
            client = colour.connect(params_of(server, closed.port))
            assert search(colour, client) == "web"
            search(colour, client)
        said = [r for r in caplog.records if "goes over the HTTP port" in r.message]
        assert len(said) == 1


def test_without_checks_the_first_call_finds_the_way(colour: Sync) -> None:
    with FakeWeaviate(grpc="off") as server, ClosedPort() as closed:
        server.on_rpc(WeaviateMethods.Search, SearchReply())
        client = colour.connect(params_of(server, closed.port), checks=False)
        assert search(colour, client) == "web"


def test_a_silent_grpc_port_selects_the_http_port(colour: Sync) -> None:
    with FakeWeaviate(grpc="silent") as server:
        server.on_rpc(WeaviateMethods.Search, SearchReply())
        client = colour.connect(server, timeout=Timeout(init=1))
        assert search(colour, client) == "web"


def test_without_checks_a_silent_grpc_port_is_not_waited_for_long(colour: Sync) -> None:
    with FakeWeaviate(grpc="silent") as server:
        server.on_rpc(WeaviateMethods.Search, SearchReply())
        client = colour.connect(server, checks=False, timeout=Timeout(init=0.5, query=20))
        started = time.monotonic()
        assert search(colour, client) == "web"
        assert time.monotonic() - started < 5
        assert colour.call(client._transport.can_stream) is False


def test_grpc_without_tls_to_a_port_with_tls(
    colour: Sync, fake: FakeWeaviate, fake_tls: FakeWeaviate, certificates: Certificates
) -> None:
    params = ConnectionParams.from_params("127.0.0.1", fake.port, False, "127.0.0.1", fake_tls.grpc_port, False)
    for protocol in ("auto", "native"):
        with pytest.raises(errors.WeaviateGRPCUnavailableError, match="the port speaks TLS.*grpc_secure=True"):
            colour.connect(params, grpc=protocol)
    client = colour.connect(params, checks=False)
    with pytest.raises(errors.WeaviateGRPCUnavailableError, match="grpc_secure=True"):
        colour.call(client.grpc.Search, REQUEST)


def test_grpc_with_tls_to_a_port_without(colour: Sync, fake: FakeWeaviate) -> None:
    params = ConnectionParams.from_params("127.0.0.1", fake.port, False, "127.0.0.1", fake.grpc_port, True)
    with pytest.raises(errors.WeaviateGRPCUnavailableError, match="does not speak TLS.*grpc_secure=False"):
        colour.connect(params)


def test_a_port_that_hangs_up_is_no_port_with_tls(colour: Sync, fake: FakeWeaviate) -> None:
    with CutProxy(fake.grpc_address) as front:
        front.cut_after(up=0, connections=100)
        client = colour.connect(params_of(fake, front.port))
        assert search(colour, client) == "web"


def test_a_port_that_hangs_up_and_then_says_nothing_is_not_waited_for_twice(colour: Sync, fake: FakeWeaviate) -> None:
    class Moody(Listener):
        def serve(self, connection: socket.socket, number: int) -> None:
            self.stopping.wait(0.6 if self.accepted == 1 else None)

    with Moody() as moody:
        begun = time.monotonic()
        with pytest.raises(errors.WeaviateGRPCUnavailableError):
            colour.connect(params_of(fake, moody.port), grpc="native", timeout=Timeout(init=1))
        assert time.monotonic() - begun < 1.3


@pytest.mark.parametrize("protocol", ["native", "web", "auto"])
def test_a_probe_that_is_asked_for_credentials_has_found_grpc(colour: Sync, fake: FakeWeaviate, protocol: Any) -> None:
    fake.fail(RpcFault(grpc.StatusCode.UNAUTHENTICATED, "the gateway wants a key"), on="Check")
    client = colour.connect(fake, grpc=protocol)
    assert search(colour, client) == ("web" if protocol == "web" else "native")


def test_a_grpc_port_with_an_untrusted_certificate_is_told_not_avoided(
    colour: Sync, fake: FakeWeaviate, fake_tls: FakeWeaviate
) -> None:
    params = ConnectionParams.from_params("127.0.0.1", fake.port, False, "127.0.0.1", fake_tls.grpc_port, True)
    with pytest.raises(errors.WeaviateGRPCUnavailableError, match="TLS.*ca_file"):
        colour.connect(params)


def test_native_grpc_is_not_given_up_when_it_was_asked_for(colour: Sync) -> None:
    with FakeWeaviate(grpc="off") as server, ClosedPort() as closed:
        with pytest.raises(errors.WeaviateGRPCUnavailableError, match=rf"127\.0\.0\.1:{closed.port}: connecting"):
            colour.connect(params_of(server, closed.port), grpc="native")


def test_a_server_without_grpc_over_http(colour: Sync) -> None:
    with FakeWeaviate(version="1.30.0", grpc="off", web=False) as server, ClosedPort() as closed:
        with pytest.raises(
            errors.WeaviateGRPCUnavailableError, match=r"1\.38\.3 need no gRPC port; this one is 1\.30\.0"
        ):
            colour.connect(params_of(server, closed.port))
        with pytest.raises(errors.WeaviateGRPCUnavailableError, match='grpc="native"'):
            colour.connect(server if server.grpc_port else params_of(server, closed.port), grpc="web")


@pytest.mark.parametrize("version", ["1.26.9", "0.9"])
def test_a_server_that_is_too_old(colour: Sync, version: str) -> None:
    with FakeWeaviate(version=version) as server, pytest.raises(errors.WeaviateStartUpError, match="needs 1.27.0"):
        colour.connect(server)


def test_a_server_that_is_not_ready(colour: Sync) -> None:
    with FakeWeaviate(ready=False) as server, pytest.raises(errors.WeaviateStartUpError, match="not ready"):
        colour.connect(server)


def test_something_that_is_no_weaviate(colour: Sync, fake: FakeWeaviate) -> None:
    fake.on_rest("GET", "/v1/meta", 404)
    with pytest.raises(errors.WeaviateStartUpError, match="not a Weaviate server"):
        colour.connect(fake)


@pytest.mark.parametrize("size", ["abc", [1], 1.5])
def test_a_server_whose_limit_makes_no_sense(colour: Sync, fake: FakeWeaviate, size: Any) -> None:
    fake.on_rest("GET", "/v1/meta", {"version": "1.38.11", "grpcMaxMessageSize": size})
    with pytest.raises(errors.WeaviateStartUpError, match="grpcMaxMessageSize"):
        colour.connect(fake)


def test_nobody_there(colour: Sync) -> None:
    with ClosedPort() as closed, ClosedPort() as other:
        params = ConnectionParams.from_params("127.0.0.1", closed.port, False, "127.0.0.1", other.port, False)
        with pytest.raises(errors.WeaviateConnectionError, match="connecting.*refused.*Is the server running"):
            colour.connect(params)


def test_the_grpc_port_given_as_the_http_port(colour: Sync, fake: FakeWeaviate) -> None:
    params = ConnectionParams.from_params("127.0.0.1", fake.grpc_port, False, "127.0.0.1", fake.grpc_port, False)
    with pytest.raises(errors.WeaviateConnectionError, match="is this the gRPC port"):
        colour.connect(params)


def test_the_http_port_given_as_the_grpc_port(colour: Sync, fake: FakeWeaviate) -> None:
    with pytest.raises(errors.WeaviateGRPCUnavailableError, match="is this the REST port"):
        colour.connect(params_of(fake, fake.port))


def test_tls_to_a_grpc_port_that_has_none(colour: Sync, fake: FakeWeaviate) -> None:
    params = ConnectionParams.from_params("127.0.0.1", fake.port, False, "127.0.0.1", fake.grpc_port, True)
    with pytest.raises(errors.WeaviateGRPCUnavailableError, match="TLS.*does not speak TLS.*grpc_secure=False"):
        colour.connect(params)


def test_https_to_a_server_that_speaks_http(colour: Sync, fake: FakeWeaviate) -> None:
    params = ConnectionParams.from_params("127.0.0.1", fake.port, True, "127.0.0.1", fake.grpc_port, True)
    with pytest.raises(errors.WeaviateConnectionError, match="speaks http, not https"):
        colour.connect(params)


def test_a_black_hole(colour: Sync, no_connect: BlackHole) -> None:
    params = ConnectionParams.from_params("127.0.0.1", no_connect.port, False, "127.0.0.1", no_connect.port, False)
    with pytest.raises(errors.WeaviateTimeoutError, match="took longer than 0.5 s"):
        colour.connect(params, timeout=Timeout(init=0.5))


# TLS


def test_a_private_authority(colour: Sync, fake_tls: FakeWeaviate, certificates: Certificates) -> None:
    client = colour.connect(fake_tls, tls=TLS(ca_file=certificates.ca))
    assert search(colour, client) == "native"
    assert colour.call(client.is_ready)


def test_an_unknown_authority(colour: Sync, fake_tls: FakeWeaviate) -> None:
    with pytest.raises(errors.WeaviateConnectionError, match="TLS.*ca_file"):
        colour.connect(fake_tls)


@pytest.mark.parametrize("which", ["expired", "other_name"])
def test_a_certificate_that_does_not_hold(colour: Sync, certificates: Certificates, which: str) -> None:
    with FakeWeaviate(certificate=getattr(certificates, which)) as server:
        with pytest.raises(errors.WeaviateConnectionError, match="TLS"):
            colour.connect(server, tls=TLS(ca_file=certificates.ca))


def test_a_server_that_asks_for_a_certificate(colour: Sync, certificates: Certificates) -> None:
    with FakeWeaviate(certificate=certificates.server, client_ca=certificates.ca) as server:
        server.on_rpc(WeaviateMethods.Search, SearchReply())
        mine = certificates.client
        client = colour.connect(server, tls=TLS(ca_file=certificates.ca, cert=mine.cert, key=mine.key))
        assert search(colour, client) == "native"
        client = colour.connect(server, tls=TLS(ca_file=certificates.ca, cert=mine.cert, key=mine.key), grpc="web")
        assert search(colour, client) == "web"
        with pytest.raises(errors.WeaviateConnectionError):
            colour.connect(server, tls=TLS(ca_file=certificates.ca))


def test_a_context_of_the_users_own(colour: Sync, fake_tls: FakeWeaviate, certificates: Certificates) -> None:
    context = ssl.create_default_context(cafile=certificates.ca)
    client = colour.connect(fake_tls, tls=TLS(ssl_context=context))
    assert search(colour, client) == "web"


def test_a_file_that_holds_a_broken_certificate(colour: Sync, fake_tls: FakeWeaviate, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    with pytest.raises(errors.WeaviateInvalidInputError, match=r"ca\.pem cannot be used"):
        colour.connect(fake_tls, tls=TLS(ca_file=file))


# Proxies and the environment


@pytest.mark.parametrize(
    ("name", "value"), [("https_proxy", "http://[::"), ("https_proxy", "socks5://p:1"), ("SSL_CERT_FILE", "/nowhere")]
)
def test_an_environment_that_makes_no_sense_is_told(
    colour: Sync, fake_tls: FakeWeaviate, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for variable in (*HOSTILE, "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv(name, value)
    for checks in (True, False):
        with pytest.raises(errors.WeaviateInvalidInputError, match=f"{name}|{re.escape(value)}"):
            colour.connect(fake_tls, trust_env=True, checks=checks)


def test_a_certificate_that_is_gone_when_it_is_needed(
    colour: Sync, fake: FakeWeaviate, fake_tls: FakeWeaviate, certificates: Certificates, tmp_path: Path
) -> None:
    pem = tmp_path / "mine.pem"
    pem.write_text(Path(certificates.client.cert).read_text() + Path(certificates.client.key).read_text())
    params = ConnectionParams.from_params("127.0.0.1", fake.port, False, "127.0.0.1", fake_tls.grpc_port, True)
    for tls in (TLS(ca_file=pem), TLS(ca_file=certificates.ca, cert=pem)):
        client = colour.client(connection_params=params, additional_config=AdditionalConfig(tls=tls))
        pem.rename(tmp_path / "gone")
        with pytest.raises(errors.WeaviateInvalidInputError, match=r"mine\.pem cannot be used: No such file"):
            colour.call(client.connect)
        (tmp_path / "gone").rename(pem)


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_key_behind_a_pass_phrase_is_not_asked_for_at_the_terminal(
    certificates: Certificates, tmp_path: Path, form: PrivateFormat
) -> None:
    key = load_pem_private_key(Path(certificates.client.key).read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"phrase")))
    with pytest.raises(
        errors.WeaviateInvalidInputError, match=r"TLS: key: .*locked\.key' has a key behind a pass phrase"
    ):
        TLS(cert=certificates.client.cert, key=locked)


def test_a_key_of_another_certificate_is_named(certificates: Certificates) -> None:
    tls = TLS(ca_file=certificates.ca, cert=certificates.client.cert, key=certificates.server.key)
    with pytest.raises(errors.WeaviateInvalidInputError, match=r"client\.pem with .*server\.key cannot be used"):
        trust.ssl_context(AdditionalConfig(tls=tls))


def test_one_proxy_for_everything(
    colour: Sync, fake_tls: FakeWeaviate, certificates: Certificates, connect_proxy: ConnectProxy
) -> None:
    client = colour.connect(fake_tls, tls=TLS(ca_file=certificates.ca), proxies=connect_proxy.url)
    assert search(colour, client) == "native"
    assert {target.port for target in connect_proxy.targets} == {fake_tls.port, fake_tls.grpc_port}


def test_a_proxy_that_was_given_is_used_whatever_the_environment_says(
    colour: Sync,
    fake_tls: FakeWeaviate,
    certificates: Certificates,
    connect_proxy: ConnectProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("no_proxy", "no_grpc_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "*,127.0.0.1")
    client = colour.connect(fake_tls, tls=TLS(ca_file=certificates.ca), proxies=connect_proxy.url, grpc="native")
    assert search(colour, client) == "native"
    assert {target.port for target in connect_proxy.targets} == {fake_tls.port, fake_tls.grpc_port}


def test_names_are_looked_up_and_checked_beyond_the_proxy(colour: Sync, certificates: Certificates) -> None:
    def through(proxy: ConnectProxy, name: str) -> Any:
        params = ConnectionParams.from_params("localhost", server.port, True, name, server.grpc_port, True)
        return colour.connect(
            params, tls=TLS(ca_file=certificates.ca), proxies=proxy.url.replace("user:p", "us%65r:p"), grpc="native"
        )

    with FakeWeaviate(certificate=certificates.server) as server:
        server.on_rpc(WeaviateMethods.Search, SearchReply())
        routes = {"localhost": server.address, "other.test": server.grpc_address, "127.0.0.1": server.grpc_address}
        with ConnectProxy(auth=("user", "pass"), routes=routes) as proxy:
            assert search(colour, through(proxy, "127.0.0.1")) == "native"
            with pytest.raises(errors.WeaviateGRPCUnavailableError, match="TLS"):
                through(proxy, "other.test")


def test_a_proxy_reached_by_https(colour: Sync, fake: FakeWeaviate, certificates: Certificates) -> None:
    with tls_front(certificates) as (url, proxy):
        trusting = TLS(ca_file=certificates.ca)
        assert search(colour, colour.connect(fake, tls=trusting, proxies=url)) == "web"
        assert {target.port for target in proxy.targets} == {fake.port}
        with pytest.raises(errors.WeaviateConnectionError, match="TLS"):
            colour.connect(fake, proxies=url)
        with pytest.raises(errors.WeaviateGRPCUnavailableError, match="cannot use a proxy.*reached by http"):
            colour.connect(fake, tls=trusting, proxies=url, grpc="native")


@contextmanager
def tls_front(certificates: Certificates) -> Iterator[tuple[str, ConnectProxy]]:
    """A proxy behind TLS."""
    with ConnectProxy() as proxy, socket.create_server(("127.0.0.1", 0)) as listener:
        context = certificates.server.server_context(None)

        def serve() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=carry, args=[plain], daemon=True).start()

        def carry(plain: socket.socket) -> None:
            with suppress(OSError), context.wrap_socket(plain, server_side=True) as client:
                with socket.create_connection(proxy.address) as inner:
                    threading.Thread(target=copy, args=[inner, client], daemon=True).start()
                    copy(client, inner)

        def copy(source: socket.socket, sink: socket.socket) -> None:
            with suppress(OSError):
                while data := source.recv(65536):
                    sink.sendall(data)

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", proxy
        listener.shutdown(socket.SHUT_RDWR)


def test_a_proxy_with_a_password(colour: Sync, fake_tls: FakeWeaviate, certificates: Certificates) -> None:
    with ConnectProxy(auth=("user", "pass")) as proxy:
        url = proxy.url
        client = colour.connect(fake_tls, tls=TLS(ca_file=certificates.ca), proxies=Proxies(https=url), grpc="web")
        assert search(colour, client) == "web"
        with pytest.raises(errors.WeaviateConnectionError, match="proxy"):
            wrong = url.replace(":pass@", ":wrong@")
            colour.connect(fake_tls, tls=TLS(ca_file=certificates.ca), proxies=Proxies(https=wrong), grpc="web")


HOSTILE = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "grpc_proxy")


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """An environment that would lead every request astray."""
    for name in HOSTILE:
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login thief password stolen\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "netrc"))


def test_the_environment_does_not_count(
    colour: Sync, fake_tls: FakeWeaviate, certificates: Certificates, hostile: None
) -> None:
    client = colour.connect(fake_tls, tls=TLS(ca_file=certificates.ca), auth=Auth.api_key("mine"))
    assert search(colour, client) == "native"
    assert {r.headers["authorization"] for r in fake_tls.requests("GET /v1/meta")} == {"Bearer mine"}


def test_the_environment_counts_where_it_is_trusted(
    colour: Sync,
    fake_tls: FakeWeaviate,
    certificates: Certificates,
    connect_proxy: ConnectProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    for name in HOSTILE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", connect_proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    client = colour.connect(fake_tls, trust_env=True)
    assert search(colour, client) == "native"
    assert len(connect_proxy.targets) >= 2
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    before = len(connect_proxy.targets)
    colour.connect(fake_tls, trust_env=True)
    assert len(connect_proxy.targets) == before


def test_the_environments_certificates_do_not_count(
    colour: Sync, fake_tls: FakeWeaviate, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(trust, "_SYSTEM", [])
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    with pytest.raises(errors.WeaviateConnectionError, match="TLS"):
        colour.connect(fake_tls)
    colour.connect(fake_tls, tls=TLS(ca_file=certificates.ca))
    assert not (tmp_path / "keys").exists()


def test_without_checks_an_untrusted_certificate_is_told_not_avoided(
    colour: Sync, fake: FakeWeaviate, fake_tls: FakeWeaviate
) -> None:
    params = ConnectionParams.from_params("127.0.0.1", fake.port, False, "127.0.0.1", fake_tls.grpc_port, True)
    client = colour.connect(params, checks=False)
    with pytest.raises(errors.WeaviateGRPCUnavailableError, match="TLS"):
        colour.call(client.grpc.Search, REQUEST)


@pytest.mark.parametrize("http2", [False, True])
def test_a_front_that_only_forwards_http(colour: Sync, certificates: Certificates, http2: bool) -> None:
    with (
        FakeWeaviate(grpc="off") as server,
        Nginx(server.address, certificate=certificates.server, http2=http2) as front,
    ):
        server.on_rpc(WeaviateMethods.Search, SearchReply())
        port = int(front.url.rsplit(":", 1)[1])
        params = ConnectionParams.from_params("127.0.0.1", port, True, "127.0.0.1", port, True)
        client = colour.connect(params, tls=TLS(ca_file=certificates.ca))
        assert search(colour, client) == "web"
        assert colour.call(client.get_meta)["version"] == "1.38.11"


# Headers


def test_headers_travel_on_both_protocols(colour: Sync, fake: FakeWeaviate) -> None:
    for protocol in ("native", "web"):
        fake.forget()
        client = colour.connect(
            fake,
            headers={"X-OpenAI-Api-Key": "k"},
            auth=Auth.api_key("mine"),
            integration="framework/1.0",
            grpc=protocol,
        )
        colour.call(client.get_meta)
        search(colour, client)
        for received in (fake.requests("GET /v1/meta")[-1], fake.rpcs("Search")[-1]):
            headers = {name.lower(): value for name, value in dict(received.headers).items()}
            assert headers["x-openai-api-key"] == "k"
            assert headers["authorization"] == "Bearer mine"
            assert headers["x-weaviate-client-integration"] == "framework/1.0"
            assert headers["x-weaviate-client"].startswith("weaviate-hl-python/")


def test_probes_carry_no_credentials(colour: Sync, fake: FakeWeaviate) -> None:
    colour.connect(fake, auth=Auth.api_key("mine"), headers={"X-OpenAI-Api-Key": "k"})
    for received in [*fake.rpcs(), *fake.requests("GET /v1/.well-known/*")]:
        headers = {name.lower() for name in dict(received.headers)}
        assert not headers & {"authorization", "x-openai-api-key"}


def test_credentials_over_plain_http_to_elsewhere_are_warned_of(colour: Sync) -> None:
    client = colour.client(
        connection_params=ConnectionParams.from_params("db.example", 80, False, "db.example", 81, False),
        auth_client_secret=Auth.api_key("secret-key"),
        skip_init_checks=True,
    )
    with pytest.warns(UserWarning, match="unencrypted to db.example:80") as caught:
        colour.call(client.connect)
    assert len(caught) == 1
    assert "secret-key" not in str(caught[0].message)


def test_the_warning_comes_first_and_points_at_the_program(colour: Sync) -> None:
    elsewhere = ConnectionParams.from_params("db.invalid", 80, False, "db.invalid", 81, False)
    client = colour.client(connection_params=elsewhere, auth_client_secret=Auth.api_key("k"))

    async def connect() -> None:
        await client.connect()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="unencrypted"):
            colour.call(client.connect)
    with pytest.warns(UserWarning, match="unencrypted") as caught:
        with pytest.raises(errors.WeaviateConnectionError):
            colour.call(connect if colour.name == "async" else lambda: client.connect())
    assert caught[0].filename == __file__


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_a_refused_key(colour: Sync, protocol: Any) -> None:
    with FakeWeaviate(api_keys=["right"]) as server:
        server.on_rpc(WeaviateMethods.Search, SearchReply())
        assert search(colour, colour.connect(server, auth=Auth.api_key("right"), grpc=protocol)) == protocol
        with pytest.raises(errors.AuthenticationFailedError, match="invalid api key"):
            colour.connect(server, auth=Auth.api_key("wr0ng"))
        client = colour.connect(server, auth=Auth.api_key("wr0ng"), checks=False, grpc=protocol)
        with pytest.raises(errors.AuthenticationFailedError) as caught:
            search(colour, client)
        assert "wr0ng" not in str(caught.value)


# Lite


def test_lite_in_process(colour: Sync, tmp_path: Any) -> None:
    client = colour.client(lite=lambda: Engine(tmp_path / "data"))
    colour.call(client.connect)
    assert colour.call(client.get_meta)["version"] == "1.38.11"
    assert colour.call(client.is_ready)
    colour.call(client.collections.create, "Article")
    assert colour.call(client.collections.exists, "Article")
    reply = colour.call(client.grpc.Search, SearchRequest(collection="Article", limit=1, uses_127_api=True))
    assert not reply.results
    with pytest.raises(errors.WeaviateQueryError, match="could not find class"):
        colour.call(client.grpc.Search, SearchRequest(collection="Other"))
    with pytest.raises(errors.UnexpectedStatusCodeError, match="already exists"):
        colour.call(client.collections.create, "Article")
    second = colour.client(lite=lambda: Engine(tmp_path / "data"))
    with pytest.raises(errors.WeaviateStartUpError, match="in use"):
        colour.call(second.connect)
    colour.call(client.close)
    again = colour.client(lite=lambda: Engine(tmp_path / "data"))
    colour.call(again.connect)
    assert colour.call(again.collections.exists, "Article")


def test_lite_refuses_a_setting_that_it_does_not_know() -> None:
    with pytest.raises(errors.WeaviateStartUpError, match="NO_SUCH_SETTING"):
        weaviate_hl.connect_to_lite(settings={"NO_SUCH_SETTING": "1"})


def test_lite_asks_for_the_key_of_its_settings() -> None:
    settings = {
        "AUTHENTICATION_APIKEY_ENABLED": "true",
        "AUTHENTICATION_APIKEY_ALLOWED_KEYS": "k",
        "AUTHENTICATION_APIKEY_USERS": "u",
        "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "false",
    }
    with weaviate_hl.connect_to_lite(settings=settings, auth_credentials="k") as client:
        assert client.get_meta()["version"]
    with pytest.raises(errors.AuthenticationFailedError):
        weaviate_hl.connect_to_lite(settings=settings)
