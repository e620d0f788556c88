"""Engines that end with their test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lite_kit import Lite, Start
from on_sockets import OnSockets, Ports

from weaviate_hl.lite import Engine


@pytest.fixture(scope="session")
def ports() -> Iterator[Ports]:
    made = Ports()
    yield made
    made.stop()


@pytest.fixture(params=["in process", "on sockets"])
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Start engines that end with the test."""
    engines: list[Engine] = []

    def make(path: Path | None = None, vectorizers: Any = None, approximate: bool = False, **settings: Any) -> Lite:
        engine = Engine(path, settings=settings, vectorizers=vectorizers, approximate=approximate, environ={})
        engines.append(engine)
        if request.param == "in process":
            return Lite(engine)
        return Lite(OnSockets(engine, request.getfixturevalue("ports")))

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def lite(start: Start) -> Lite:
    """An engine in memory, auto-schema off."""
    return start(AUTOSCHEMA_ENABLED=False)
