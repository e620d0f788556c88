"""Engines that end with their test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lite_kit import Lite, Start

from weaviate_hl.lite import Engine


@pytest.fixture
def start() -> Iterator[Start]:
    """Start engines that end with the test."""
    engines: list[Engine] = []

    def make(path: Path | None = None, vectorizers: Any = None, **settings: Any) -> Lite:
        engine = Engine(path, settings=settings, vectorizers=vectorizers, environ={})
        engines.append(engine)
        return Lite(engine)

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def lite(start: Start) -> Lite:
    """An engine in memory, auto-schema off."""
    return start(AUTOSCHEMA_ENABLED=False)
