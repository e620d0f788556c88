"""Where tests of collections run: on lite, in this process and over both protocols, and on a real server if named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.core.colours import Sync
from tests.servers.fixtures import VECTORIZERS
from weaviate_hl.lite import Engine
from weaviate_hl.settings import ConnectionParams

SERVER = os.environ.get("WEAVIATE_HL_TEST_SERVER", "")
REAL = pytest.param(
    "server",
    marks=[pytest.mark.server, pytest.mark.skipif(not SERVER, reason="WEAVIATE_HL_TEST_SERVER names no server")],
)
PREFIX = "CD" + os.environ.get("PYTEST_XDIST_WORKER", "main").title()  # workers share the server


@pytest.fixture(params=["lite", "lite native", "lite web", REAL])
def anywhere(request: pytest.FixtureRequest, colour: Sync) -> Iterator[Any]:
    """A client; what it makes is called PREFIX and something, and is deleted afterwards."""
    place, _, protocol = request.param.partition(" ")
    if protocol:
        served = request.getfixturevalue("lite_server")
        made = colour.connect(_params("127.0.0.1", served.http_port, "127.0.0.1", served.grpc_port), grpc=protocol)
    elif place == "lite":
        made = colour.client(lite=lambda: Engine(vectorizers=VECTORIZERS, environ={}))
        colour.call(made.connect)
    else:
        (host, port), (grpc_host, grpc_port) = (address.rsplit(":", 1) for address in SERVER.split())
        made = colour.connect(_params(host, int(port), grpc_host, int(grpc_port)))

    def clean() -> None:
        for alias in colour.call(made.alias.list_all):
            if alias.startswith(PREFIX):
                colour.call(made.alias.delete, alias_name=alias)
        mine = [name for name in colour.call(made.collections.list_all) if name.startswith(PREFIX)]
        colour.call(made.collections.delete, mine)

    clean()
    yield made
    clean()


def _params(host: str, port: int, grpc_host: str, grpc_port: int) -> ConnectionParams:
    return ConnectionParams.from_params(host, port, False, grpc_host, grpc_port, False)
