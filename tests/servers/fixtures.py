"""pytest fixtures for the stand-ins as they come; tests that want another one enter it themselves.

Load them with `pytest_plugins = ["tests.servers.fixtures"]`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from weaviate_hl.lite import Server, Vectorizer, serve

from .certificates import Certificates
from .dead import BlackHole
from .fake import FakeWeaviate
from .node_oidc import NodeOidcProvider
from .oidc import OidcProvider
from .proxies import ConnectProxy
from .real import RealServer, real_binary


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A private authority and its certificates."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def fake() -> Iterator[FakeWeaviate]:
    """A server over http and native gRPC that demands nothing."""
    with FakeWeaviate() as server:
        yield server


@pytest.fixture
def fake_tls(certificates: Certificates) -> Iterator[FakeWeaviate]:
    """The same with TLS, certified by `certificates.ca`."""
    with FakeWeaviate(certificate=certificates.server) as server:
        yield server


@pytest.fixture
def connect_proxy() -> Iterator[ConnectProxy]:
    """An HTTP proxy that asks for nothing."""
    with ConnectProxy() as proxy:
        yield proxy


@pytest.fixture
def no_connect() -> Iterator[BlackHole]:
    """An address to which connecting never ends."""
    with BlackHole("connect") as hole:
        yield hole


@pytest.fixture
def no_answer() -> Iterator[BlackHole]:
    """An address that takes connections and never says anything."""
    with BlackHole("read") as hole:
        yield hole


@pytest.fixture
def oidc() -> Iterator[OidcProvider]:
    """An identity provider of ours: client weaviate/client-secret, user ann/password."""
    with OidcProvider() as provider:
        yield provider


@pytest.fixture(scope="session")
def node_oidc() -> Iterator[NodeOidcProvider]:
    """npm's oidc-provider: client weaviate/client-secret, public client weaviate-public, user ann/password."""
    with NodeOidcProvider() as provider:
        yield provider


@pytest.fixture(scope="session")
def binary() -> str:
    """The path of a real server's binary; skips the test where there is none."""
    return real_binary()


@pytest.fixture(scope="session")
def real() -> Iterator[RealServer]:
    """A real server that lets everybody in; its data is shared by the tests of the session."""
    with RealServer() as server:
        yield server


SETTINGS = {"ENABLE_MODULES": "generative-dummy,reranker-dummy"}
VECTORIZERS: dict[str, Vectorizer] = {"text2vec-openai": lambda texts: [[len(text), 1.0] for text in texts]}
"""What tests take for the modules of a real server."""


@pytest.fixture(scope="module")
def lite_server() -> Iterator[Server]:
    """Lite on sockets, shared by the tests of a module."""
    with serve(port=0, grpc_port=0, settings=SETTINGS, vectorizers=VECTORIZERS, environ={}) as server:
        yield server
