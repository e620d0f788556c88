"""Every argument of every public way to make a client or a setting: a wrong value is refused at the call, by name."""

from __future__ import annotations

import inspect
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import weaviate_hl
from weaviate_hl.auth import Auth
from weaviate_hl.embedded import EmbeddedOptions
from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.policy import RetryPolicy
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


class Other:
    """What no argument can be."""


HALF = "\ud800"
NO_TEXT = [5, b"bytes", Other(), [], {}]
TEXT = [*NO_TEXT, ""]
FLAG = [0, 1, "yes", None, Other()]
SECONDS = ["1", -1, True, float("nan"), float("inf"), 10**400, Other(), [1]]
COUNT = ["1", -1, True, 1.5, float("nan"), Other(), [1]]
PORT = [0, -1, 65536, "80", 80.0, True, None, Other()]
HOST = [
    *TEXT,
    None,
    "  ",
    "a b",
    "http://a",
    "a:1",
    "a/b",
    "a@b",
    "a..b",
    "a" * 64,
    "ä" * 64,
    "[::",
    "1::2::3",
    "a\n.b",
]
HEADERS = [5, "X: 1", [("X", "1")], {"X": None}, {"X": b"1"}, {5: "1"}, {"X Y": "1"}, {"": "1"}]
HEADERS += [{"X": "a\r\nY: b"}, {"X!": "1"}, {"Content-Length": "1"}, {"grpc-timeout": "1S"}, {"x-bin": "1"}]
SECRET = [*NO_TEXT, "", " blank ", "a\nb", HALF]
CREDENTIALS = [5, b"key", Other(), Auth, ["key"], {}]
PROXY = [5, b"http://p:1", Other(), "proxy:3128", "http://", "socks5://p:1", "http://p:99999", "http://[::1"]
SCOPE = [5, Other(), [1], [""], b"a"]
PEM = [5, b"/etc", Other(), "/nowhere", ".", "\0", __file__]
CONFIG = {"headers": HEADERS, "additional_config": [5, {}, Timeout(), Other()], "skip_init_checks": FLAG}
LOCAL = {"host": HOST, "port": PORT, "grpc_port": PORT}
CUSTOM = {
    **{f"{protocol}_host": HOST for protocol in ("http", "grpc")},
    **{f"{protocol}_port": PORT for protocol in ("http", "grpc")},
    **{f"{protocol}_secure": FLAG for protocol in ("http", "grpc")},
}
CUSTOM_RIGHT = {
    "http_host": "h", "http_port": 80, "http_secure": False, "grpc_host": "h", "grpc_port": 81, "grpc_secure": False,
}  # fmt: skip
CLOUD = {
    "cluster_url": [*NO_TEXT, None, "", "http://", "https://a/b", "a b", "a.weaviate.cloud:443", "a..b", HALF],
    "auth_credentials": [*CREDENTIALS, None, ""],
}
SAVED = {"persistence_data_path": TEXT, "binary_path": TEXT, "version": TEXT, "binary": TEXT}
OPTIONS = {"port": PORT[1:], "grpc_port": PORT[1:], "hostname": HOST, "sha256": [*TEXT, "abc"], **SAVED}
VARIABLES = [5, "A=1", [("A", "1")], {"A": 1}, {5: "1"}, {"A=": "1"}, {"": "1"}, {"A": "\0"}]
CLIENT: dict[str, list[Any]] = {
    "connection_params": ["http://localhost", 5, {}, Other()],
    "embedded_options": [5, {}, "", Other()],
    "auth_client_secret": CREDENTIALS,
    "additional_headers": HEADERS,
    "additional_config": CONFIG["additional_config"],
    "skip_init_checks": FLAG,
    "lite": [5, {}, Other()],
}
CLIENT_RIGHT = {"connection_params": ConnectionParams.from_url("http://localhost:8080", 50051)}
LITE = {
    "path": [5, b"/tmp", Other(), [], "", "a\0b"],
    "settings": [5, "A", [("A", "1")]],
    "vectorizers": [5, "A", [("A", len)], {"A": 5}],
    "approximate": FLAG,
    "headers": HEADERS,
    "additional_config": CONFIG["additional_config"],
    "auth_credentials": CREDENTIALS,
}

# Each callable, right values for what must be given, and wrong ones for each argument.
TABLE: list[tuple[Callable[..., Any], dict[str, Any], dict[str, list[Any]]]] = [
    *(
        (make, {}, {**LOCAL, **CONFIG, "auth_credentials": CREDENTIALS})
        for make in (weaviate_hl.connect_to_local, weaviate_hl.use_async_with_local)
    ),
    *(
        (make, {"cluster_url": "a.weaviate.cloud", "auth_credentials": "key"}, {**CLOUD, **CONFIG})
        for make in (
            weaviate_hl.connect_to_weaviate_cloud,
            weaviate_hl.connect_to_wcs,
            weaviate_hl.use_async_with_weaviate_cloud,
        )
    ),
    *(
        (make, CUSTOM_RIGHT, {**CUSTOM, **CONFIG, "auth_credentials": CREDENTIALS})
        for make in (weaviate_hl.connect_to_custom, weaviate_hl.use_async_with_custom)
    ),
    *(
        (
            make,
            {},
            {
                **OPTIONS,
                "headers": HEADERS,
                "additional_config": CONFIG["additional_config"],
                "environment_variables": VARIABLES,
            },
        )
        for make in (weaviate_hl.connect_to_embedded, weaviate_hl.use_async_with_embedded)
    ),
    *((make, {}, LITE) for make in (weaviate_hl.connect_to_lite, weaviate_hl.use_async_with_lite)),
    *((make, CLIENT_RIGHT, CLIENT) for make in (weaviate_hl.WeaviateClient, weaviate_hl.WeaviateAsyncClient)),
    (
        EmbeddedOptions,
        {},
        {
            **OPTIONS,
            "additional_env_vars": VARIABLES,
            "base_url": [*TEXT, "mirror", "http://elsewhere.example", "https://user:pass@h"],
        },
    ),
    (ProtocolParams, {"host": "h", "port": 1, "secure": False}, {"host": HOST, "port": PORT, "secure": FLAG}),
    (
        ConnectionParams,
        {"http": CLIENT_RIGHT["connection_params"].http, "grpc": CLIENT_RIGHT["connection_params"].grpc},
        {"http": ["h", 5, None, Other()], "grpc": ["h", 5, None, Other()]},
    ),
    (ConnectionParams.from_params, CUSTOM_RIGHT, CUSTOM),
    (
        ConnectionParams.from_url,
        {"url": "http://h", "grpc_port": 1},
        {
            "url": [
                *TEXT,
                None,
                "h",
                "ftp://h",
                "http://",
                "http://h:99999",
                "http://h/v1",
                "http://u:p@h",
                "http://[::",
            ],
            "grpc_port": PORT,
            "grpc_secure": FLAG,
        },
    ),
    (Timeout, {}, {"query": [*SECONDS, None], "insert": SECONDS, "init": SECONDS, "stream": SECONDS}),
    (Proxies, {}, {"http": PROXY, "https": PROXY, "grpc": PROXY}),
    (TLS, {}, {"ca_file": PEM, "cert": PEM, "key": PEM, "ssl_context": [5, "x", Other(), ssl]}),
    (
        ConnectionConfig,
        {},
        {
            "session_pool_connections": COUNT,
            "session_pool_maxsize": [*COUNT, 0],
            "session_pool_max_retries": COUNT,
            "session_pool_timeout": COUNT,
        },
    ),
    (
        GrpcConfig,
        {},
        {
            "channel_options": [5, "ab", b"ab", {"ab": 1}, ["ab"], [("a",)], [(1, 2)], [("a", 1.5)], [("a", None)]],
            "credentials": [5, "x", Other(), GrpcConfig],
        },
    ),
    (RetryPolicy, {}, {"attempts": [*COUNT, 0, None], "first": SECONDS, "longest": SECONDS}),
    (
        AdditionalConfig,
        {},
        {
            "connection": [5, {}, Other()],
            "proxies": [5, b"http://p", {"http": "http://p"}, "proxy:3128", "", Other()],
            "timeout": [5, 0, (1,), (1, 2, 3), ("1", 2), "30", Other()],
            "trust_env": FLAG,
            "grpc_config": [5, {}, [("a", 1)], Other()],
            "tls": [False, 5, {}, Other()],
            "grpc": ["http", True, None, 5, [], {}],
            "retry": [5, 0, {}, Other()],
            "integration": [*NO_TEXT, "", "a\r\nb", HALF],
            "telemetry": [5, "x", {}, Other()],
        },
    ),
    (Auth.api_key, {"api_key": "k"}, {"api_key": [*SECRET, None]}),
    (
        Auth.bearer_token,
        {"access_token": "t"},
        {"access_token": [*SECRET, None], "expires_in": SECONDS, "refresh_token": SECRET},
    ),
    (
        Auth.client_credentials,
        {"client_secret": "s"},
        {"client_secret": [*SECRET, None], "scope": SCOPE},
    ),
    (
        Auth.client_password,
        {"username": "u", "password": "p"},
        {"username": [*TEXT, None, HALF], "password": [*TEXT, None, HALF], "scope": SCOPE},
    ),
]


def cases() -> list[Any]:
    return [
        pytest.param(make, right, name, value, id=f"{make.__qualname__}-{name}-{str(value)[:20]!a}")
        for make, right, wrong in TABLE
        for name, values in wrong.items()
        for value in values
    ]


@pytest.mark.parametrize(("make", "right", "name", "value"), cases())
def test_a_wrong_value_is_refused_by_name(
    make: Callable[..., Any], right: dict[str, Any], name: str, value: Any
) -> None:
    with pytest.raises(WeaviateInvalidInputError) as caught:
        make(**{**right, name: value})
    assert name in str(caught.value)


@pytest.mark.parametrize(("make", "right", "wrong"), TABLE, ids=[make.__qualname__ for make, _, _ in TABLE])
def test_no_argument_is_missing_in_the_table(
    make: Callable[..., Any], right: dict[str, Any], wrong: dict[str, list[Any]]
) -> None:
    assert set(inspect.signature(make).parameters) == set(wrong)


def test_paths_may_be_of_any_kind_that_python_has(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("-----BEGIN TRUSTED CERTIFICATE-----\n")
    assert TLS(ca_file=file).ca_file == TLS(ca_file=str(file)).ca_file == str(file)
    assert weaviate_hl.use_async_with_lite(file)


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\n")
    with pytest.raises(WeaviateInvalidInputError, match="cert: .* has no private key in PEM form"):
        TLS(cert=file)
    with pytest.raises(WeaviateInvalidInputError, match="key: .* has no private key in PEM form"):
        TLS(cert=file, key=file)
    file.write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n")
    assert TLS(cert=file).cert == str(file)


def test_a_cluster_may_be_let_in_by_a_header() -> None:
    client = weaviate_hl.use_async_with_weaviate_cloud("a.weaviate.cloud", None, headers={"Authorization": "Bearer t"})
    assert not client.is_connected()
