"""What users set: right values are kept, wrong ones refused by name, secrets never shown."""

from __future__ import annotations

import pickle
import ssl
from pathlib import Path
from typing import Any

import pytest

import weaviate_hl
from weaviate_hl.auth import Auth, credentials_of
from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.settings import (
    TLS,
    AdditionalConfig,
    ConnectionConfig,
    ConnectionParams,
    GrpcConfig,
    ProtocolParams,
    Proxies,
    Timeout,
)

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Timeout(query=-1), "timeout query"),
        (lambda: Timeout(insert="1"), "timeout insert"),  # type: ignore[arg-type]
        (lambda: Timeout(init=True), "timeout init"),
        (lambda: Timeout(query=float("nan")), "timeout query"),
        (lambda: AdditionalConfig(timeout=(1,)), "timeout"),  # type: ignore[arg-type]
        (lambda: AdditionalConfig(timeout=5), "timeout"),  # type: ignore[arg-type]
        (lambda: AdditionalConfig(grpc="http"), "grpc"),  # type: ignore[arg-type]
        (lambda: AdditionalConfig(trust_env="yes"), "trust_env"),  # type: ignore[arg-type]
        (lambda: AdditionalConfig(proxies="proxy:3128"), "proxies.http"),
        (lambda: AdditionalConfig(proxies={"http": "http://p"}), "proxies"),  # type: ignore[arg-type]
        (lambda: AdditionalConfig(integration="a\r\nb"), "integration"),
        (
            lambda: AdditionalConfig(tls=TLS(ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)), grpc="native"),
            "ca_file, cert, key|ca_file=, cert=, key=",
        ),
        (lambda: ConnectionConfig(session_pool_maxsize=0), "session_pool_maxsize"),
        (lambda: TLS(ca_file="/nowhere/ca.pem"), "ca_file: .* No such file"),
        (lambda: TLS(cert=5), "cert must be the path"),  # type: ignore[arg-type]
        (lambda: TLS(key=__file__), "key is given without cert"),
        (lambda: TLS(ca_file=__file__, ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)), "either ssl_context"),
        (lambda: ProtocolParams(host="", port=1, secure=False), "host"),
        (lambda: ProtocolParams(host="  ", port=1, secure=False), "host"),
        (lambda: ProtocolParams(host="http://x", port=1, secure=False), "host"),
        (lambda: ProtocolParams(host="x:1", port=1, secure=False), "host"),
        (lambda: ProtocolParams(host="x", port=0, secure=False), "port"),
        (lambda: ProtocolParams(host="x", port=65536, secure=False), "port"),
        (lambda: ProtocolParams(host="x", port="80", secure=False), "port"),  # type: ignore[arg-type]
        (lambda: ProtocolParams(host="x", port=80, secure=1), "secure"),  # type: ignore[arg-type]
        (lambda: ConnectionParams.from_url("localhost:8080", 50051), "url"),
        (lambda: ConnectionParams.from_url("http://localhost:99999", 50051), "url"),
        (lambda: ConnectionParams.from_url("http://localhost/v1", 50051), "url"),
        (lambda: ConnectionParams.from_url(None, 50051), "url"),  # type: ignore[arg-type]
        (lambda: Auth.api_key(""), "api_key"),
        (lambda: Auth.api_key("a "), "api_key"),
        (lambda: AdditionalConfig(timeout=0), "timeout"),  # type: ignore[arg-type]
        (lambda: AdditionalConfig(tls=False), "tls"),  # type: ignore[arg-type]
        (lambda: AdditionalConfig(connection={}), "connection"),  # type: ignore[arg-type]
        (lambda: AdditionalConfig(retry=5), "retry"),  # type: ignore[arg-type]
        (lambda: AdditionalConfig(telemetry=5), "telemetry"),  # type: ignore[arg-type]
        (lambda: GrpcConfig(channel_options=5), "channel_options"),  # type: ignore[arg-type]
        (lambda: TLS(ssl_context="x"), "ssl_context"),  # type: ignore[arg-type]
        (lambda: Proxies(http="http://h:99999"), "proxies.http"),
        (lambda: Proxies(http="http://[::1"), "proxies.http"),
        (lambda: Auth.client_credentials("s", scope=5), "scope"),  # type: ignore[arg-type]
        (lambda: weaviate_hl.connect_to_local(host="a..b"), "http_host"),
        (lambda: weaviate_hl.connect_to_local(host="a" * 64), "http_host"),
        (lambda: weaviate_hl.connect_to_local(grpc_port=0), "grpc_port"),
        (lambda: weaviate_hl.connect_to_local(headers={"X-Foo(": "1"}), "headers"),
        (lambda: Auth.api_key(None), "api_key"),  # type: ignore[arg-type]
        (lambda: Auth.api_key("a\nb"), "api_key"),
        (lambda: Auth.bearer_token("t", expires_in=-1), "expires_in"),
        (lambda: Auth.client_credentials(""), "client_secret"),
        (lambda: Auth.client_credentials("s", scope=[1]), "scope"),  # type: ignore[list-item]
        (lambda: Auth.client_password("", "p"), "username"),
        (lambda: Auth.client_password("u", ""), "password"),
        (lambda: credentials_of(5), "auth_credentials"),  # type: ignore[arg-type]
        (lambda: weaviate_hl.connect_to_local(host=""), "host"),
        (lambda: weaviate_hl.connect_to_local(port=0), "port"),
        (lambda: weaviate_hl.connect_to_local(headers={"X": None}), "headers"),  # type: ignore[dict-item]
        (lambda: weaviate_hl.connect_to_local(headers={"X Y": "1"}), "headers"),
        (lambda: weaviate_hl.connect_to_local(headers=[("X", "1")]), "headers"),  # type: ignore[arg-type]
        (lambda: weaviate_hl.connect_to_local(headers={"X": "a\r\nY: b"}), "headers"),
        (lambda: weaviate_hl.connect_to_local(additional_config={}), "additional_config"),  # type: ignore[arg-type]
        (lambda: weaviate_hl.connect_to_local(auth_credentials=""), "auth_credentials"),
        (lambda: weaviate_hl.connect_to_weaviate_cloud("", "k"), "cluster_url"),
        (lambda: weaviate_hl.connect_to_weaviate_cloud("https://a/b", "k"), "cluster_url"),
        (lambda: weaviate_hl.connect_to_custom("h", 80, False, "h", -1, False), "port"),
        (lambda: weaviate_hl.WeaviateClient(), "connection_params"),
        (lambda: weaviate_hl.WeaviateClient("http://localhost"), "connection_params"),  # type: ignore[arg-type]
    ],
)
def test_wrong_values_are_refused_by_name(make: Any, named: str) -> None:
    with pytest.raises(WeaviateInvalidInputError, match=named):
        make()


@pytest.mark.parametrize(
    "value",
    [
        Auth.api_key(SECRET),
        Auth.bearer_token(SECRET, refresh_token=SECRET),
        Auth.client_credentials(SECRET),
        Auth.client_password("user", SECRET),
        AdditionalConfig(proxies=f"http://user:{SECRET}@proxy:3128"),
        Proxies(grpc=f"http://user:{SECRET}@proxy:3128"),
        weaviate_hl.WeaviateClient(
            ConnectionParams.from_url("http://localhost:8080", 50051),
            auth_client_secret=Auth.api_key(SECRET),
            additional_headers={"X-OpenAI-Api-Key": SECRET},
        ),
    ],
)
def test_secrets_are_not_shown(value: object) -> None:
    assert SECRET not in repr(value)
    assert SECRET not in str(value)


@pytest.mark.parametrize("headers", [{"X-Key": f"{SECRET}\n"}, {"X-Key": f"{SECRET}é"}])
def test_secrets_are_not_in_errors(headers: dict[str, str]) -> None:
    with pytest.raises(WeaviateInvalidInputError) as caught:
        weaviate_hl.connect_to_local(headers=headers)
    assert SECRET not in str(caught.value)


def test_a_url_becomes_addresses() -> None:
    params = ConnectionParams.from_url("https://db.example:8443", 50052)
    assert (params.http.host, params.http.port, params.http.secure) == ("db.example", 8443, True)
    assert (params.grpc.host, params.grpc.port, params.grpc.secure) == ("db.example", 50052, True)
    assert params.base_url == "https://db.example:8443"
    assert ConnectionParams.from_url("http://[::1]", 1).base_url == "http://[::1]:80"


@pytest.mark.parametrize(
    ("url", "http", "grpc"),
    [
        (
            "https://abc.c0.europe-west3.gcp.weaviate.cloud",
            "abc.c0.europe-west3.gcp.weaviate.cloud",
            "grpc-abc.c0.europe-west3.gcp.weaviate.cloud",
        ),
        ("abc.weaviate.network/", "abc.weaviate.network", "abc.grpc.weaviate.network"),
    ],
)
def test_a_cloud_cluster_has_its_grpc_host(url: str, http: str, grpc: str) -> None:
    client = weaviate_hl.use_async_with_weaviate_cloud(url, "key")
    params = client._transport.params
    assert (params.http.host, params.grpc.host) == (http, grpc)
    assert (params.http.port, params.grpc.port, params.http.secure, params.grpc.secure) == (443, 443, True, True)
    assert client._transport.headers["X-Weaviate-Cluster-Url"] == f"https://{http}"


def test_a_tuple_of_timeouts_is_query_and_insert() -> None:
    timeout = AdditionalConfig(timeout=(5, 15)).timeout
    assert (timeout.query, timeout.insert, timeout.init) == (5, 15, 2)


def test_values_compare_and_pickle(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----")
    config = AdditionalConfig(timeout=Timeout(query=1), tls=TLS(ca_file=tmp_path / "ca.pem"), proxies="http://p:1")
    again = pickle.loads(pickle.dumps(config))  # noqa: S301
    assert again.timeout == config.timeout
    assert again.tls == config.tls
    assert again.proxies == Proxies(http="http://p:1", https="http://p:1", grpc="http://p:1")
    assert config.timeout != Timeout(query=2)
