"""Bodies in which one value is of another JSON type are answered or refused; lite never stumbles over them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from weaviate_hl.lite import Engine

from . import scenarios_objects, scenarios_operations, scenarios_schema  # noqa: F401
from .kit import SCENARIOS, WORLDS, It, Lite

AREAS = ("defaults", "updates", "batch", "batch delete", "backup", "named vectors", "references", "tenants", "tokenize")
ODD: tuple[Any, ...] = (None, 1, -1, 1.5, "x", "", True, [], {}, [1], ["x"], {"a": 1}, [None], [[]], 2**70)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*path, key))


def _with(body: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    changed = holder = deepcopy(body)
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = odd
    return changed


class Odd(Lite):
    """Sends each body also with another value at one place."""

    def __init__(self, engine: Engine, chance: random.Random) -> None:
        super().__init__(engine)
        self._chance = chance

    def rest(self, method: str, path: str, query: Mapping[str, str], body: Any, key: str) -> tuple[int, Any]:
        if body is not None:
            odd = _with(body, self._chance.choice(list(_places(body))), self._chance.choice(ODD))
            _, answer = super().rest(method, path, query, odd, key)
            assert "lite has failed" not in str(answer), (method, path, odd)
        return super().rest(method, path, query, body, key)


@pytest.mark.parametrize("name", [name for name, scenario in SCENARIOS.items() if scenario.area in AREAS])
def test_other_types_are_refused_or_taken(
    name: str, tmp_path: Path, recorded: dict[str, list[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    scenario = SCENARIOS[name]
    settings = {**WORLDS[scenario.world], "BACKUP_FILESYSTEM_PATH": str(tmp_path)}
    with Engine(settings=settings, environ={}) as engine:
        try:
            scenario.ask(It(Odd(engine, random.Random(name)), recorded.get(name)))
        except AssertionError as error:
            assert "lite has failed" not in str(error)  # a preparation fails where an odd body was taken before it
    assert not caplog.records
