"""Logging in with OIDC: every flow, renewal, and everything that can go wrong at the provider."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.search_get_pb2 import SearchReply, SearchRequest
from weaviate_gen.rest.api.meta import get as meta

import weaviate_hl
from tests.core.colours import Sync, params_of
from tests.core.test_fork import wait_for
from tests.servers.fake import FakeWeaviate, openid_of
from tests.servers.faults import HttpFault
from tests.servers.node_oidc import NodeClient, NodeOidcProvider
from tests.servers.oidc import OidcProvider, weaviate_settings
from tests.servers.real import RealServer
from weaviate_hl import errors
from weaviate_hl.auth import Auth, AuthCredentials
from weaviate_hl.deadline import Deadline
from weaviate_hl.op import RestOp
from weaviate_hl.settings import AdditionalConfig, ConnectionParams, Timeout

FLOWS: dict[str, Callable[[OidcProvider], AuthCredentials]] = {
    "client credentials": lambda p: Auth.client_credentials("secret"),
    "password": lambda p: Auth.client_password("ann", "pw"),
    "bearer": lambda p: Auth.bearer_token(p.issue("ann"), expires_in=60),
}
REQUEST = SearchRequest(collection="Article")


@pytest.fixture
def provider(request: pytest.FixtureRequest) -> Iterator[OidcProvider]:
    """One whose client has a secret; for users, who log in without it, a public one."""
    public = "password" in str(getattr(request.node, "callspec", None) and request.node.callspec.params.get("flow"))
    with OidcProvider(clients={"weaviate": None if public else "secret"}, users={"ann": "pw"}, expires_in=60) as made:
        yield made


def guarded(provider: OidcProvider) -> FakeWeaviate:
    """A server that lets in only those with a token of the provider."""
    return FakeWeaviate(authorize=provider.refusal, openid=openid_of(provider.issuer, "weaviate", ["openid"]))


@pytest.fixture
def server(provider: OidcProvider) -> Iterator[FakeWeaviate]:
    with guarded(provider) as made:
        made.on_rpc(WeaviateMethods.Search, SearchReply())
        yield made


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("protocol", ["native", "web"])
def test_each_flow_reaches_rest_and_grpc(
    colour: Sync, provider: OidcProvider, server: FakeWeaviate, flow: str, protocol: Any
) -> None:
    client = colour.connect(server, auth=FLOWS[flow](provider), grpc=protocol)
    colour.call(client.get_meta)
    colour.call(client.grpc.Search, REQUEST)
    authorized = [
        dict(r.headers)["authorization"] for r in (server.requests("GET /v1/meta")[-1], server.rpcs("Search")[-1])
    ]
    assert authorized[0] == authorized[1]
    assert authorized[0].startswith("Bearer ")


@pytest.mark.parametrize(
    ("flow", "auth", "scope"),
    [
        ("client credentials", Auth.client_credentials("secret", scope=["a", "b"]), "scope=a+b"),
        ("password", Auth.client_password("ann", "pw", scope="c"), "scope=c+openid+offline_access"),
    ],
)
def test_scopes_are_asked_for(
    colour: Sync, provider: OidcProvider, server: FakeWeaviate, flow: str, auth: Any, scope: str
) -> None:
    colour.connect(server, auth=auth)
    assert scope in provider.requests("POST /token")[0].body.decode()


def test_a_token_is_renewed_before_it_expires(colour: Sync) -> None:
    with OidcProvider(clients={"weaviate": None}, users={"ann": "pw"}, expires_in=2, rotate=True) as provider:
        with guarded(provider) as server:
            client = colour.connect(server, auth=Auth.client_password("ann", "pw"))
            for _ in range(8):
                assert colour.call(client.get_meta)
                time.sleep(0.5)
            grants = provider.grants
            assert grants[0] == "password"
            assert set(grants[1:]) == {"refresh_token"}
            assert 2 <= len(grants) <= 5


def test_many_callers_cause_one_renewal(provider: OidcProvider, server: FakeWeaviate) -> None:
    colour = Sync()
    client = colour.connect(server, auth=Auth.client_credentials("secret"))
    client._transport._tokens._expires = 0.0
    provider.fail(HttpFault(delay=0.3), on="/token")
    threads = [threading.Thread(target=client.get_meta) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    colour.close()
    assert provider.grants == ["client_credentials"] * 2


def test_many_tasks_cause_one_renewal(provider: OidcProvider, server: FakeWeaviate) -> None:
    async def main() -> None:
        config = AdditionalConfig(timeout=Timeout(init=10))
        client = weaviate_hl.WeaviateAsyncClient(
            params_of(server), None, Auth.client_credentials("secret"), None, config
        )
        async with client:
            client._transport._tokens._expires = 0.0
            await asyncio.gather(*(client.get_meta() for _ in range(50)))

    asyncio.run(main())
    assert provider.grants == ["client_credentials"] * 2


def test_a_token_that_the_server_refuses_is_renewed_once(colour: Sync, provider: OidcProvider) -> None:
    revoked: list[str] = []  # as when the clocks differ: the client thinks that its token is good

    def refusal(token: str) -> str | None:
        return "unauthorized: oidc: token is expired" if token in revoked else provider.refusal(token)

    with FakeWeaviate(authorize=refusal, openid=openid_of(provider.issuer, "weaviate", ["openid"])) as server:
        server.on_rpc(WeaviateMethods.Search, SearchReply())
        client = colour.connect(server, auth=Auth.client_credentials("secret"))
        for number, call in enumerate([client.get_meta, lambda: client.grpc.Search(REQUEST)], 2):
            revoked.append(str(client._transport._tokens._header).removeprefix("Bearer "))
            colour.call(call)
            assert provider.grants == ["client_credentials"] * number


def test_a_bearer_token_that_cannot_be_renewed(colour: Sync, provider: OidcProvider, server: FakeWeaviate) -> None:
    client = colour.connect(server, auth=Auth.bearer_token(provider.issue("ann"), expires_in=60))
    client._transport._tokens._expires = 0.0
    with pytest.raises(errors.AuthenticationFailedError, match="expired.*refresh_token"):
        colour.call(client.get_meta)


FAULTS = {
    "500": (HttpFault(status=500), "refused"),
    "not JSON": (HttpFault(status=200, body="{not json"), "refused"),
    "no token": (HttpFault(status=200, body="{}"), "no access_token"),
    "invalid client": (HttpFault(status=401, body='{"error":"invalid_client","error_description":"who"}'), "who"),
    "invalid scope": (HttpFault(status=400, body='{"error":"invalid_scope"}'), "invalid_scope"),
    "cut": (HttpFault(cut="body"), "cannot be reached|refused"),
    "slow": (HttpFault(delay=8), "did not answer in time"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_provider_that_fails_is_asked_again_by_the_next_call(
    colour: Sync, provider: OidcProvider, server: FakeWeaviate, fault: str
) -> None:
    client = colour.connect(server, auth=Auth.client_credentials("secret"), timeout=Timeout(init=2, query=1))
    client._transport._tokens._expires = 0.0
    what, said = FAULTS[fault]
    provider.fail(what, on="/token", at=1)
    with pytest.raises(errors.AuthenticationFailedError, match=said) as caught:
        colour.call(client.get_meta)
    assert "secret" not in str(caught.value)
    assert isinstance(caught.value, errors.MissingScopeError) == (fault == "invalid scope")
    assert colour.call(client.get_meta)["version"]


ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "a token that is no text": ({"access_token": 5}, "no access_token"),
    "a token that no header can carry": ({"access_token": "a\nb"}, "no header can carry"),
    "a lifetime that is no number": ({"access_token": "t", "expires_in": "abc"}, "expires_in is 'abc'"),
    "a lifetime below zero": ({"access_token": "t", "expires_in": -5}, "expires_in is -5"),
    "a lifetime without end": ({"access_token": "t", "expires_in": float("inf")}, "expires_in is inf"),
    "a lifetime that is a list": ({"access_token": "t", "expires_in": []}, r"expires_in is \[\]"),
    "a refresh token that is no text": ({"access_token": "t", "refresh_token": 5}, "refresh_token is not text"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_that_makes_no_sense_is_told(
    colour: Sync, provider: OidcProvider, server: FakeWeaviate, case: str
) -> None:
    answer, said = ANSWERS[case]
    provider.fail(HttpFault(status=200, body=json.dumps(answer)), on="/token")
    with pytest.raises(errors.AuthenticationFailedError, match=said):
        colour.connect(server, auth=Auth.client_credentials("secret"))


def test_a_lifetime_may_be_text(colour: Sync, provider: OidcProvider, server: FakeWeaviate) -> None:
    answer = {"access_token": provider.issue("ann"), "expires_in": "3600"}
    provider.fail(HttpFault(status=200, body=json.dumps(answer)), on="/token", at=1)
    client = colour.connect(server, auth=Auth.client_credentials("secret"))
    colour.call(client.get_meta)
    assert len(provider.grants) == 1


OPENID: dict[str, tuple[Any, str]] = {
    "no address": ({"clientId": "weaviate"}, "names no href"),
    "an address that is no text": ({"clientId": "weaviate", "href": 5}, "names no href"),
    "an address that is no URL": ({"clientId": "weaviate", "href": "http://[::"}, "href .* that is no URL"),
    "an address without a host": ({"clientId": "weaviate", "href": "/openid"}, "href .* that is no URL"),
    "a port that is none": ({"clientId": "weaviate", "href": "http://h:99999/"}, "href .* that is no URL"),
    "a name that is none": ({"clientId": "weaviate", "href": f"http://{'a' * 64}.example/"}, "href .* that is no URL"),
    "a client that is no text": ({"clientId": 5, "href": "http://127.0.0.1/"}, "names no clientId"),
    "scopes that are text": ({"href": "http://127.0.0.1/", "scopes": "openid"}, "scopes .* no list of texts"),
    "scopes that are numbers": ({"href": "http://127.0.0.1/", "scopes": [1]}, "scopes .* no list of texts"),
}


@pytest.mark.parametrize("case", OPENID)
def test_a_server_whose_oidc_settings_make_no_sense_is_told(colour: Sync, fake: FakeWeaviate, case: str) -> None:
    fake.openid, said = OPENID[case]
    with pytest.raises(errors.AuthenticationFailedError, match=f"The server .*{said}|{said}"):
        colour.connect(fake, auth=Auth.client_credentials("secret"))


DOCUMENTS: dict[str, tuple[Any, str]] = {
    "no endpoint": ({}, "names no token_endpoint"),
    "an endpoint that is no text": ({"token_endpoint": ["https://h/"]}, "names no token_endpoint"),
    "an endpoint that is no URL": ({"token_endpoint": "https://[::/"}, "token_endpoint .* that is no URL"),
    "an endpoint of another kind": ({"token_endpoint": "ftp://h/"}, "token_endpoint .* that is no URL"),
    "methods that are a number": (
        {"token_endpoint": "https://h/", "token_endpoint_auth_methods_supported": 5},
        "token_endpoint_auth_methods_supported .* no list of texts",
    ),
    "no object": ([], "refused"),
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_a_provider_whose_document_makes_no_sense_is_told(
    colour: Sync, provider: OidcProvider, server: FakeWeaviate, case: str
) -> None:
    document, said = DOCUMENTS[case]
    provider.fail(HttpFault(status=200, body=json.dumps(document)), on="/.well-known/openid-configuration")
    with pytest.raises(errors.AuthenticationFailedError, match=f"identity provider.*{said}"):
        colour.connect(server, auth=Auth.client_credentials("secret"))


def test_wrong_secrets_are_told_without_showing_them(
    colour: Sync, provider: OidcProvider, server: FakeWeaviate
) -> None:
    for auth in (Auth.client_credentials("wr0ng"), Auth.client_password("ann", "wr0ng")):
        with pytest.raises(errors.AuthenticationFailedError) as caught:
            colour.connect(server, auth=auth)
        assert "wr0ng" not in str(caught.value)


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_a_provider_that_repeats_the_secret(
    colour: Sync, provider: OidcProvider, server: FakeWeaviate, method: str
) -> None:
    document = provider.discovery() | {"token_endpoint_auth_methods_supported": [method]}
    provider.fail(HttpFault(status=200, body=json.dumps(document)), on="/.well-known/openid-configuration")
    said = '{"error":"invalid_client","error_description":"no client has s3cr3t"}'
    provider.fail(HttpFault(status=401, body=said), on="/token")
    with pytest.raises(errors.AuthenticationFailedError, match="no client has") as caught:
        colour.connect(server, auth=Auth.client_credentials("s3cr3t"))
    assert "s3cr3t" not in str(caught.value)
    assert "s3cr3t" not in str(caught.value.server_text)


def test_a_call_does_not_wait_longer_for_a_token_than_it_may(
    colour: Sync, provider: OidcProvider, server: FakeWeaviate
) -> None:
    client = colour.connect(server, auth=Auth.client_credentials("secret"))
    client._transport._tokens._expires = 0.0
    provider.fail(HttpFault(delay=4), on="/token")
    op = RestOp(meta.request(), meta.parse, "Reading meta")
    first = threading.Thread(target=lambda: colour.call(client._transport.execute, op, timeout=10))
    first.start()
    time.sleep(0.3)
    started = time.monotonic()
    with pytest.raises(errors.WeaviateTimeoutError):
        colour.call(client._transport.execute, op, timeout=1)
    assert time.monotonic() - started < 1.5
    first.join()


def test_oidc_is_asked_for_while_the_other_checks_run(colour: Sync, provider: OidcProvider) -> None:
    others = threading.Event()

    def openid(_: Any) -> Any:
        assert others.wait(5)
        return openid_of(provider.issuer, "weaviate", ["openid"])

    def is_ready(_: Any) -> int:
        others.set()
        return 200

    with guarded(provider) as server:
        server.on_rest("GET", "/v1/.well-known/openid-configuration", openid)
        server.on_rest("GET", "/v1/.well-known/ready", is_ready)
        assert colour.connect(server, auth=Auth.client_credentials("secret")).is_connected()


@pytest.mark.parametrize("checks", [True, False])
def test_connecting_has_one_time_for_all_its_steps(
    colour: Sync, provider: OidcProvider, server: FakeWeaviate, checks: bool
) -> None:
    slow = HttpFault(delay=0.6)
    server.fail(slow, on="GET /v1/*")
    provider.fail(slow)
    client = colour.client(
        connection_params=params_of(server),
        auth_client_secret=Auth.client_credentials("secret"),
        additional_config=AdditionalConfig(timeout=Timeout(init=1)),
        skip_init_checks=not checks,
    )
    with pytest.raises(
        (errors.AuthenticationFailedError, errors.WeaviateTimeoutError), match="in time|longer than 1 s"
    ):
        colour.call(client.connect)
    assert not client.is_connected()


def test_a_server_without_oidc(colour: Sync, fake: FakeWeaviate) -> None:
    with pytest.raises(errors.AuthenticationFailedError, match="no OIDC set up"):
        colour.connect(fake, auth=Auth.client_credentials("secret"))


def test_no_secret_is_sent_over_plain_http_to_elsewhere(colour: Sync) -> None:
    elsewhere = "http://idp.example/token"
    with OidcProvider(clients={"weaviate": "secret"}, token_endpoint=elsewhere) as provider:
        with guarded(provider) as server, pytest.raises(errors.AuthenticationFailedError, match="not https"):
            colour.connect(server, auth=Auth.client_credentials("secret"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_refresh_token_belongs_to_one_process(provider: OidcProvider, server: FakeWeaviate) -> None:
    colour = Sync()
    client = colour.connect(server, auth=Auth.bearer_token(provider.issue("ann"), 60, refresh_token="r"))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            client._transport.forked()
            client._transport._tokens._expires = 0.0
            asked = len(provider.requests("POST /token"))
            client._transport._tokens.header(Deadline(5))
        except errors.AuthenticationFailedError as error:
            status = 0 if "belongs to the process" in str(error) and asked == 0 else 2
        finally:
            os._exit(status)
    assert wait_for(child) == 0
    copy = pickle.loads(pickle.dumps(client))  # noqa: S301
    colour.close()
    copy._transport._sleeping = True
    with pytest.raises(errors.AuthenticationFailedError, match="belongs to the process"):
        copy.connect()
        copy._transport._tokens._expires = 0.0
        copy.get_meta()
    copy.close()


# With a real identity provider, and real servers


@pytest.mark.timeout(300)
def test_every_flow_with_a_real_provider_and_server(colour: Sync, binary: Any) -> None:
    who = NodeClient("weaviate-post", "client-secret", "client_secret_post"), NodeClient("weaviate-public")
    for id, flows in (
        ("weaviate-post", [Auth.client_credentials("client-secret")]),
        ("weaviate-public", [Auth.client_password("ann", "pw")]),
    ):
        with (
            NodeOidcProvider(clients=who, users={"ann": "pw"}, audience=id) as provider,
            RealServer(weaviate_settings(provider.issuer, id, ("openid", "offline_access"))) as server,
        ):
            log_in(colour, server, flows)


def log_in(colour: Sync, server: RealServer, flows: list[Any]) -> None:
    """Every flow ends in a search that the server lets in; the token of the first serves as a bearer token too."""
    params = ConnectionParams.from_params("127.0.0.1", server.port, False, "127.0.0.1", server.grpc_port, False)
    for auth in flows:
        client = colour.connect(params, auth=auth)
        token = str(colour.call(client._transport._tokens.header, Deadline(5))).removeprefix("Bearer ")
        bearer = colour.connect(params, auth=Auth.bearer_token(token))
        for known in (client, bearer):
            assert colour.call(known.rest.users.get_own_info).username
            with pytest.raises(errors.WeaviateQueryError, match="could not find class"):
                colour.call(known.grpc.Search, REQUEST)
