"""Who answers scenarios, and `--record`, which writes down what a server answers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.servers.real import BINARY, RealServer
from tests.servers.replay import REPLAYING
from weaviate_hl.lite import Engine, serve

from .kit import RECORDED, SCENARIOS, WORLDS, Answering, It, Lite, Scenario, Server

RUNNING = "WEAVIATE_HL_TEST_SERVER"
Ask = Callable[..., It]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="write down what a server answers to the scenarios")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks a server gets the scenarios for which one is named, and one skip for all others."""
    if "server" not in metafunc.fixturenames:
        return
    running = REPLAYING not in os.environ and os.environ.get(RUNNING)
    asked: list[Any] = list(SCENARIOS)
    if not os.environ.get(BINARY):
        asked = [name for name, scenario in SCENARIOS.items() if running and scenario.world == "main"]
    if left := len(SCENARIOS) - len(asked):
        reason = f"{left} scenarios: {BINARY} names no server to start" + (
            f", {RUNNING} none that runs" * (not running)
        )
        asked.append(pytest.param("", marks=pytest.mark.skip(reason=reason), id="without a server"))
    metafunc.parametrize("name", asked)


@pytest.fixture(scope="session")
def recorded(request: pytest.FixtureRequest) -> Iterator[dict[str, list[Any]]]:
    """What a server answered, by scenario; after a run with `--record`, what it answers now."""
    answers: dict[str, list[Any]] = {}
    for path in RECORDED.glob("*.json"):
        answers |= json.loads(path.read_text())
    yield answers
    if not request.config.getoption("--record", False):
        return
    areas: dict[str, dict[str, list[Any]]] = {}
    for id in sorted(answers.keys() & SCENARIOS.keys()):
        areas.setdefault(id.partition(":")[0], {})[id] = answers[id]
    for area, own in areas.items():
        lines = ",\n".join(f"{json.dumps(id)}:{_short(own[id])}" for id in own)
        (RECORDED / f"{area.replace(' ', '_')}.json").write_text(f"{{\n{lines}\n}}\n")


def _short(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@pytest.fixture(params=["in process", "on sockets"])
def lite(request: pytest.FixtureRequest, tmp_path: Path, recorded: dict[str, list[Any]]) -> Ask:
    """Ask lite: a fresh engine, or one on sockets that scenarios share."""
    if request.param == "on sockets":
        asking: Ask = request.getfixturevalue("served")
        return asking

    def ask(scenario: Scenario) -> It:
        settings = {**WORLDS[scenario.world], "BACKUP_FILESYSTEM_PATH": str(tmp_path / "backups")}
        with Engine(settings=settings, environ={}) as engine:
            return _ask(Lite(engine), scenario, recorded.get(scenario.id))

    return ask


@pytest.fixture(scope="session")
def served(recorded: dict[str, list[Any]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Ask lite on sockets, with the settings of the scenario's world."""
    with ExitStack() as running:

        @cache
        def address(world: str) -> tuple[str, int]:
            settings = {**WORLDS[world], "BACKUP_FILESYSTEM_PATH": str(tmp_path_factory.mktemp("backups"))}
            started = running.enter_context(serve(port=0, grpc_port=0, settings=settings, environ={}))
            return "127.0.0.1", started.http_port

        yield _asking(address, recorded)


@pytest.fixture(scope="session")
def server(recorded: dict[str, list[Any]]) -> Iterator[Ask]:
    """Ask a server with the settings of the scenario's world: our own, or for the main world one that runs."""
    started: dict[str, RealServer] = {}

    def address(world: str) -> tuple[str, int]:
        if not os.environ.get(BINARY) and world == "main":
            host, _, port = os.environ[RUNNING].split()[0].rpartition(":")
            return host, int(port)
        if world not in started:
            server = RealServer(WORLDS[world])
            server.__enter__()
            started[world] = server
        return started[world].address

    yield _asking(address, recorded)
    for own in started.values():
        own.remove()


def _asking(address: Callable[[str], tuple[str, int]], recorded: dict[str, list[Any]]) -> Ask:
    """Ask the server of a scenario's world, and delete what was made."""

    def ask(scenario: Scenario, again: bool = True) -> It:
        answering = Server(address(scenario.world))
        try:
            return _ask(answering, scenario, recorded.get(scenario.id) if again else None)
        finally:
            _tidy(answering, "write-key" if scenario.world == "keys" else "")
            answering.close()

    return ask


def _ask(world: Answering, scenario: Scenario, recorded: list[Any] | None) -> It:
    it = It(world, recorded)
    scenario.ask(it)
    it.answers = json.loads(json.dumps(it.answers))
    return it


def _tidy(world: Answering, key: str) -> None:
    """Delete what a scenario made; classes and aliases of others stay."""
    _, schema = world.rest("GET", "/v1/schema", {}, None, key)
    for name in (made["class"] for made in schema["classes"]):
        if name.startswith("Cg"):
            world.rest("DELETE", f"/v1/schema/{name}", {}, None, key)
    _, known = world.rest("GET", "/v1/aliases", {}, None, key)
    for name in (made["alias"] for made in (known or {}).get("aliases") or ()):
        if name.startswith("Cg"):
            world.rest("DELETE", f"/v1/aliases/{name}", {}, None, key)
