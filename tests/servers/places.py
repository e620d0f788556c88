"""Where a test of the client runs: on lite, in this process and over both protocols, and on a real server if named."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.core.colours import Sync
from tests.servers.fixtures import SETTINGS, VECTORIZERS
from weaviate_hl.lite import Engine
from weaviate_hl.settings import ConnectionParams

LITE = ("lite", "lite native", "lite web")
SERVER = os.environ.get("WEAVIATE_HL_TEST_SERVER", "")
REAL = pytest.param(
    "server",
    marks=[pytest.mark.server, pytest.mark.skipif(not SERVER, reason="WEAVIATE_HL_TEST_SERVER names no server")],
)


def client_at(place: str, colour: Sync, request: pytest.FixtureRequest, **config: Any) -> Any:
    """A connected client of one of LITE, or of REAL. On sockets, tests share the fixture `lite_server`."""
    if place == "lite":
        client = colour.client(lite=lambda: Engine(settings=SETTINGS, vectorizers=VECTORIZERS, environ={}))
        colour.call(client.connect)
        return client
    if place != "server":
        served = request.getfixturevalue("lite_server")
        return colour.connect(_params(served.http_port, served.grpc_port), grpc=place.removeprefix("lite "), **config)
    (host, port), (grpc_host, grpc_port) = (address.rsplit(":", 1) for address in SERVER.split())
    return colour.connect(_params(int(port), int(grpc_port), host, grpc_host), **config)


def _params(port: int, grpc_port: int, host: str = "127.0.0.1", grpc_host: str = "127.0.0.1") -> ConnectionParams:
    return ConnectionParams.from_params(host, port, False, grpc_host, grpc_port, False)
