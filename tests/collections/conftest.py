"""Where tests of collections run: on the engine in this process, and on a real server where one is named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.core.colours import Sync
from weaviate_hl.lite import Engine
from weaviate_hl.settings import ConnectionParams

SERVER = os.environ.get("WEAVIATE_HL_TEST_SERVER", "")
REAL = pytest.param(
    "server",
    marks=[pytest.mark.server, pytest.mark.skipif(not SERVER, reason="WEAVIATE_HL_TEST_SERVER names no server")],
)
PREFIX = "CD" + os.environ.get("PYTEST_XDIST_WORKER", "main").title()  # workers share the server


@pytest.fixture(params=["lite", REAL])
def anywhere(request: pytest.FixtureRequest, colour: Sync) -> Iterator[Any]:
    """A client; what it makes is called PREFIX and something, and is deleted afterwards."""
    if request.param == "lite":
        made = colour.client(lite=Engine)
        colour.call(made.connect)
    else:
        (host, port), (grpc_host, grpc_port) = (address.rsplit(":", 1) for address in SERVER.split())
        made = colour.connect(ConnectionParams.from_params(host, int(port), False, grpc_host, int(grpc_port), False))

    def clean() -> None:
        mine = [name for name in colour.call(made.collections.list_all) if name.startswith(PREFIX)]
        colour.call(made.collections.delete, mine)

    clean()
    yield made
    clean()
