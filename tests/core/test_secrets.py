"""No secret shows: not in logs of any library, nor in warnings, errors, tracebacks, representations or on stderr."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import grpc
import pytest
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.batch_pb2 import BatchStreamRequest
from weaviate_gen.grpc.v1.search_get_pb2 import SearchReply, SearchRequest

import weaviate_hl
from tests.core.colours import Sync, params_of
from tests.servers.dead import ClosedPort
from tests.servers.fake import FakeWeaviate, openid_of
from tests.servers.faults import HttpFault, RpcFault
from tests.servers.oidc import DISCOVERY, OidcProvider
from tests.servers.proxies import ConnectProxy
from weaviate_hl import errors
from weaviate_hl.auth import Auth, AuthCredentials
from weaviate_hl.policy import RetryPolicy
from weaviate_hl.settings import AdditionalConfig, ConnectionParams, Proxies, Timeout

MARK = "5ecret"  # a part of every secret here, which is all that must be looked for
KEY = f"api-{MARK}-key"
OPENAI = f"openai-{MARK}-key"
COHERE = f"cohere-{MARK}-key"
REQUEST = SearchRequest(collection="Article")
QUICK = RetryPolicy(attempts=2, first=0.01, longest=0.01)


class Ear(logging.Handler):
    """Hears all that any library logs, at every level."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(f"{record.name}: {record.getMessage()} {record.args!r}")
        if record.exc_info:
            self.heard.append("".join(traceback.format_exception(*record.exc_info)))


@pytest.fixture
def ear() -> Iterator[Ear]:
    """Listens to the root of all loggers, and to each by itself, at DEBUG."""
    made, root = Ear(), logging.getLogger()
    names = ("weaviate_hl", "httpx", "httpx2", "httpcore", "httpcore2", "hpack", "h11", "grpc", "asyncio")
    loggers = [root, *map(logging.getLogger, names), *map(logging.getLogger, list(root.manager.loggerDict))]
    levels = [(logger, logger.level) for logger in loggers]
    root.addHandler(made)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield made
        made.heard += [str(warning.message) for warning in warned]
    root.removeHandler(made)
    for logger, level in levels:
        logger.setLevel(level)


def drive(colour: Sync, ear: Ear, server: FakeWeaviate, auth: Any, **config: Any) -> int:
    """Connect and call, with whatever comes of it; gives the number of failures, and listens to each."""
    failures = 0

    def attempt(call: Any, *args: Any, **options: Any) -> Any:
        nonlocal failures
        try:
            with weaviate_hl.options(headers={"X-Cohere-Api-Key": COHERE}):
                return colour.call(call, *args, **options)
        except errors.WeaviateBaseError as error:
            failures += 1
            known = [str(error), repr(error), repr(vars(error)), repr(pickle.loads(pickle.dumps(error)))]  # noqa: S301
            ear.heard += [*known, "".join(traceback.format_exception(error))]

    client = colour.client(
        connection_params=server if isinstance(server, ConnectionParams) else params_of(server),
        auth_client_secret=auth,
        additional_headers={"X-OpenAI-Api-Key": OPENAI},
        additional_config=AdditionalConfig(timeout=Timeout(init=2, query=2), retry=QUICK, **config),
    )
    attempt(client.connect)
    attempt(client.get_meta)
    attempt(client.grpc.Search, REQUEST)
    attempt(client.rest.schema.dump)
    attempt(client.rest.objects.create, body={"class": "Article"})
    if client.is_connected():
        attempt(lambda: next_of(client.grpc.BatchStream(iter([BatchStreamRequest()]))))
    shown = [client, client.collections, client.rest, client.grpc, client._transport, client._transport.config]
    transport = client._transport
    shown += [getattr(transport, name, None) for name in ("credentials", "_tokens", "_http", "route")]
    shown += [getattr(transport.route, name, None) for name in ("native", "channel")] if transport.connected else []
    shown += [pickle.loads(pickle.dumps(client)), pickle.loads(pickle.dumps(transport.credentials))]  # noqa: S301
    ear.heard += [repr(value) for value in shown] + [str(value) for value in shown]
    colour.call(client.close)
    return failures


def next_of(stream: Any) -> Any:
    return stream.__anext__() if hasattr(stream, "__anext__") else next(stream)


def assert_silent(ear: Ear, capfd: pytest.CaptureFixture[str], *more: str, libraries: tuple[str, ...] = ()) -> None:
    captured = capfd.readouterr()
    heard = [*(text for text in ear.heard if not text.startswith(libraries)), captured.out, captured.err]
    for secret in (MARK, *more):
        assert not [text for text in heard if secret in text]


@pytest.fixture
def server() -> Iterator[FakeWeaviate]:
    with FakeWeaviate(api_keys=[KEY]) as made:
        made.on_rpc(WeaviateMethods.Search, SearchReply())
        made.on_rest("GET", "/v1/schema", {"classes": []})
        made.on_rest("POST", "/v1/objects", {"class": "Article"})
        yield made


@pytest.mark.parametrize("protocol", ["native", "web"])
@pytest.mark.parametrize("auth", [KEY, Auth.api_key(KEY), Auth.api_key(f"wrong-{MARK}"), Auth.bearer_token(MARK * 3)])
def test_keys(colour: Sync, ear: Ear, capfd: Any, server: FakeWeaviate, auth: Any, protocol: Any) -> None:
    assert drive(colour, ear, server, auth, grpc=protocol) >= (0 if auth in (KEY, Auth.api_key(KEY)) else 5)
    assert any("weaviate" in text.lower() for text in ear.heard)
    assert_silent(ear, capfd)


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_a_server_that_repeats_what_it_was_sent(
    colour: Sync, ear: Ear, capfd: Any, server: FakeWeaviate, protocol: Any
) -> None:
    said = f"I was told Bearer {KEY} and {OPENAI}, {COHERE}"
    server.fail(HttpFault(status=500, body=json.dumps({"error": [{"message": said}]})), on="GET /v1/schema")
    server.fail(HttpFault(status=200, body=said), on="POST /v1/objects")
    server.fail(RpcFault(grpc.StatusCode.INTERNAL, said), on=WeaviateMethods.Search)
    server.fail(RpcFault(grpc.StatusCode.INTERNAL, said), on=WeaviateMethods.BatchStream)
    assert drive(colour, ear, server, KEY, grpc=protocol) == 4
    assert any("I was told Bearer *** and ***, ***" in text for text in ear.heard)
    assert_silent(ear, capfd, libraries=("httpcore", "grpc"))  # at DEBUG they tell what a server answers


def test_a_refusal_while_connecting_that_repeats_the_key(
    colour: Sync, ear: Ear, capfd: Any, server: FakeWeaviate
) -> None:
    server.fail(HttpFault(status=401, body=f"no {KEY} here"), on="GET /v1/meta")
    assert drive(colour, ear, server, KEY)
    assert any("no *** here" in text for text in ear.heard)
    assert_silent(ear, capfd)


def test_nobody_there(colour: Sync, ear: Ear, capfd: Any) -> None:
    with ClosedPort() as closed, ClosedPort() as other:
        where = ConnectionParams.from_params("127.0.0.1", closed.port, False, "127.0.0.1", other.port, False)
        assert drive(colour, ear, where, KEY) >= 4  # type: ignore[arg-type]
    assert_silent(ear, capfd)


def test_keys_over_plain_http_to_elsewhere(colour: Sync, ear: Ear, capfd: Any) -> None:
    where = ConnectionParams.from_params("db.invalid", 1, False, "db.invalid", 2, False)
    assert drive(colour, ear, where, KEY) >= 4  # type: ignore[arg-type]
    assert_silent(ear, capfd)


@pytest.mark.parametrize("password", [MARK, f"wrong-{MARK}"])
def test_a_proxys_password(colour: Sync, ear: Ear, capfd: Any, server: FakeWeaviate, password: str) -> None:
    with ConnectProxy(auth=("user", MARK)) as proxy:
        url = proxy.url.replace(f":{MARK}@", f":{password}@")
        failures = drive(colour, ear, server, KEY, proxies=Proxies(http=url, grpc=url))
        assert (failures > 1) == (password != MARK)
    assert_silent(ear, capfd)


WRONG = f"wrong {MARK} &+%"
FLOWS: dict[str, tuple[AuthCredentials, str]] = {  # and what the provider is sent
    "client credentials": (Auth.client_credentials(MARK), MARK),
    "wrong client credentials": (Auth.client_credentials(WRONG), WRONG),
    "password": (Auth.client_password("ann", MARK), MARK),
    "wrong password": (Auth.client_password("ann", WRONG), WRONG),
    "bearer": (Auth.bearer_token(f"x.{MARK}.y", 0, refresh_token=f"refresh-{MARK}"), f"refresh-{MARK}"),
    "bearer alone": (Auth.bearer_token(f"x.{MARK}.y"), ""),
}
FAULTS: dict[str, HttpFault] = {
    "none": HttpFault(),
    "500": HttpFault(status=500, body=f"oops {MARK}"),
    "malformed": HttpFault(status=200, body=json.dumps({"access_token": f"{MARK}\n", "expires_in": 60})),
    "no token": HttpFault(status=200, body=json.dumps({"refresh_token": MARK})),
    "a wrong lifetime": HttpFault(status=200, body=json.dumps({"access_token": MARK, "expires_in": "soon"})),
    "cut": HttpFault(cut="body"),
}


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
@pytest.mark.parametrize("fault", [*FAULTS, "repeats"])
@pytest.mark.parametrize("flow", FLOWS)
def test_oidc(colour: Sync, ear: Ear, capfd: Any, flow: str, fault: str, method: str) -> None:
    public = "password" in flow
    with OidcProvider(clients={"weaviate": None if public else MARK}, users={"ann": MARK}) as provider:
        settings = openid_of(provider.issuer, "weaviate", ["openid"])
        with FakeWeaviate(authorize=provider.refusal, openid=settings) as server:
            server.on_rpc(WeaviateMethods.Search, SearchReply())
            document = provider.discovery() | {"token_endpoint_auth_methods_supported": [method]}
            provider.fail(HttpFault(status=200, body=json.dumps(document)), on=DISCOVERY)
            auth, sent = FLOWS[flow]
            repeated = {"error": f"not {sent}", "error_description": f"not {sent} or {quote_plus(sent)}"}
            repeats = HttpFault(status=400, body=json.dumps(repeated))
            if fault != "none":
                provider.fail(FAULTS.get(fault, repeats), on="/token")
            drive(colour, ear, server, auth)
            tokens = [token for token in provider._access if provider.grants]
    assert_silent(ear, capfd, *tokens)
