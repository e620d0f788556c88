"""Where tests of collections run: wherever `tests.servers.places` knows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.core.colours import Sync
from tests.servers.places import LITE, REAL, client_at

PREFIX = "CD" + os.environ.get("PYTEST_XDIST_WORKER", "main").title()  # workers share the server


@pytest.fixture(params=[*LITE, REAL])
def anywhere(request: pytest.FixtureRequest, colour: Sync) -> Iterator[Any]:
    """A client; what it makes is called PREFIX and something, and is deleted afterwards."""
    client = client_at(request.param, colour, request)

    def clean() -> None:
        for alias in colour.call(client.alias.list_all):
            if alias.startswith(PREFIX):
                colour.call(client.alias.delete, alias_name=alias)
        mine = [name for name in colour.call(client.collections.list_all) if name.startswith(PREFIX)]
        colour.call(client.collections.delete, mine)

    clean()
    yield client
    clean()
