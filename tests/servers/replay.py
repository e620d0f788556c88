"""Answers of a real server, kept by the tests that ask for them, so that these tests run where there is no server.

    WEAVIATE_HL_TEST_SERVER="127.0.0.1:8080 127.0.0.1:50051" pytest tests/collections --record-server

With `--record-server` a proxy stands between the tests marked `server` and the server, and writes down, for each test
that passes, what was asked and answered: in `tests/recorded/`, a file for each test module. Without a server the same
tests get those answers over real sockets, HTTP and native gRPC. A request is known by its method, path and body; ids
and times in it may be others than those recorded, and answers then have the new ids. A test of which nothing is
recorded, or that is marked `live`, is skipped and says so. Both colours share a recording: they must ask the same.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from weaviate_gen.grpc import METHODS, WEB_PATH, Method

from .faults import RpcFault
from .http_wire import HttpServer, Received, Reply
from .native import NativeServer
from .sockets import LOOPBACK, Address, ReservedPort

FOLDER = Path(__file__).parents[1] / "recorded"
VARIABLE = "WEAVIATE_HL_TEST_SERVER"
REPLAYING = "WEAVIATE_HL_TEST_REPLAYING"
ID = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{8})(?![0-9a-f])")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
BACKUPS = re.compile(r'/[^"\\ ]*/backups(?=\\*")')  # a folder of the server's machine
KEPT = ("content-type", "grpc-status", "grpc-message", "retry-after", "x-request-id")
Json = dict[str, Any]


class Recording:
    """What is recorded of a test module: answers, each once, and for each section which request had which."""

    def __init__(self, path: Path) -> None:
        self.path = path
        known = json.loads(path.read_text()) if path.exists() else {"answers": [], "sections": {}}
        self._answers: list[Json] = known["answers"]
        self.sections: dict[str, list[Json]] = known["sections"]

    def answer(self, asked: Json) -> Json:
        """The answer of a recorded request."""
        return self._answers[asked["answer"]]

    def add(self, section: str, request: str, body: Any, answer: Json) -> None:
        if answer not in self._answers:
            self._answers.append(answer)
        asked = {"request": request, "body": body, "answer": self._answers.index(answer)}
        self.sections.setdefault(section, []).append(asked)

    def save(self) -> None:
        """Write it, without answers that nobody asks for any more."""
        if not self.sections:
            self.path.unlink(missing_ok=True)
            return
        used = sorted({asked["answer"] for section in self.sections.values() for asked in section})
        sections = [
            f"{_line(name)}: {_lines([asked | {'answer': used.index(asked['answer'])} for asked in section])}"
            for name, section in sorted(self.sections.items())
        ]
        self.path.parent.mkdir(exist_ok=True)
        answers, told = BACKUPS.sub("/backups", _lines([self._answers[i] for i in used])), ",\n".join(sections)
        self.path.write_text(f'{{"answers": {answers},\n"sections": {{\n{told}\n}}}}\n')


def _lines(values: list[Any]) -> str:
    return "[\n" + ",\n".join(map(_line, values)) + "\n]"


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class ReplayServer(HttpServer):
    """Gives the answers of a recording, or (with `upstream`) those of a server, which it writes down."""

    def __init__(self, recording: Recording, http: Address, native: Address, upstream: list[Address] | None) -> None:
        super().__init__(port=http[1])
        self.recording = recording
        self.section = ""
        self._native_address = native
        self._upstream = upstream
        self._lock_ = threading.Lock()
        self._left: dict[str, list[Json]] = {}
        self._ids: dict[str, str] = {}
        self._native = NativeServer(self._serve_rpc, lambda received: None)
        self._channel: Any = None

    def start(self) -> None:
        super().start()
        if self._upstream is not None:
            self._channel = grpc.insecure_channel("{}:{}".format(*self._upstream[1]))
        self._native.start("{}:{}".format(*self._native_address))

    def stop(self) -> None:
        self._native.stop()
        if self._channel is not None:
            self._channel.close()
        super().stop()

    def begin(self, section: str) -> None:
        """From now on it is this test, or this fixture, that asks."""
        self.section = section
        self._ids = {}
        if self._upstream is not None:
            self.recording.sections.pop(section, None)
            return
        self._left = defaultdict(list)
        for asked in self.recording.sections.get(section, ()):
            self._left[_key(asked["request"], asked["body"])].append(asked)

    def answer(self, received: Received) -> Reply:
        request = f"{received.verb} {received.target}"
        body = _readable(received)
        if self._upstream is not None:
            answer = self._ask_http(received)
            with self._lock_:
                self.recording.add(self.section, request, body, answer)
        else:
            found = self._find(request, body)
            if found is None:
                return Reply(501, {"error": [{"message": f"not recorded: {request} {json.dumps(body)}"}]})
            answer = found
        return Reply(answer["status"], self._content(answer), answer["headers"])

    def _serve_rpc(self, method: Method[Any, Any], received: Received, messages: Iterator[bytes]) -> Iterator[bytes]:
        if method.client_streaming:
            raise RpcFault(grpc.StatusCode.UNIMPLEMENTED, "streams are not recorded")
        message = next(messages)
        request, body = f"rpc {method.path}", _as_json(method, message)
        if self._upstream is not None:
            answer = self._ask_rpc(method, message, received)
            with self._lock_:
                self.recording.add(self.section, request, body, answer)
        else:
            found = self._find(request, body)
            if found is None:
                raise RpcFault(grpc.StatusCode.UNIMPLEMENTED, f"not recorded: {request} {json.dumps(body)}")
            answer = found
        if "code" in answer:
            raise RpcFault(grpc.StatusCode[answer["code"]], self._content({"text": answer["details"]}).decode())
        yield self._content(answer)

    def _find(self, request: str, body: Any) -> Json | None:
        """What was answered to a request: the next of the section's answers to it, at the end the last one again."""
        key = _key(request, body)
        with self._lock_:
            waiting = self._left.get(key) or [
                asked
                for section in self.recording.sections.values()
                for asked in section
                if _key(asked["request"], asked["body"]) == key
            ]
            if not waiting:
                return None
            asked = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            olds, news = (ID.findall(_text(*each)) for each in ((asked["request"], asked["body"]), (request, body)))
            self._ids |= dict(zip(olds, news, strict=True))
        return self.recording.answer(asked)

    def _content(self, answer: Json) -> bytes:
        """The body of an answer, with the ids of those who ask now."""
        content = base64.b64decode(answer["base64"]) if "base64" in answer else answer["text"].encode()
        for old, new in self._ids.items():
            content = content.replace(old.encode(), new.encode())
            if len(old) > 8:  # a whole one, which may be sent as bytes too
                content = content.replace(bytes.fromhex(old.replace("-", "")), bytes.fromhex(new.replace("-", "")))
        return content

    def _ask_http(self, received: Received) -> Json:
        assert self._upstream is not None
        connection = http.client.HTTPConnection(*self._upstream[0], timeout=120)
        try:
            hop = ("host", "connection", "content-length", "accept-encoding", "transfer-encoding")
            headers = {name: value for name, value in received.headers.items() if name not in hop}
            connection.request(received.verb, received.target, received.body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
            kept = {name.lower(): value for name, value in answer.getheaders() if name.lower() in KEPT}
        finally:
            connection.close()
        return {"status": answer.status, "headers": kept, **_stored(content)}

    def _ask_rpc(self, method: Method[Any, Any], message: bytes, received: Received) -> Json:
        call = self._channel.unary_unary(method.path)
        own = ("user-agent", "grpc-accept-encoding")
        metadata = tuple(pair for pair in received.raw_headers if pair[0] not in own)
        try:
            return _stored(call(message, timeout=120, metadata=metadata), binary=True)
        except grpc.RpcError as error:
            return {"code": error.code().name, "details": error.details() or ""}


def _stored(content: bytes, *, binary: bool = False) -> Json:
    try:
        return {"base64": base64.b64encode(content).decode()} if binary else {"text": content.decode()}
    except UnicodeDecodeError:
        return _stored(content, binary=True)


def _readable(received: Received) -> Any:
    """The body of a request over HTTP, as JSON."""
    path = received.target.removeprefix(WEB_PATH)
    if path in METHODS:
        return _as_json(METHODS[path], received.body[5:])
    return json.loads(received.body) if received.body else None


def _as_json(method: Method[Any, Any], message: bytes) -> Any:
    return MessageToDict(method.request.FromString(message), preserving_proto_field_name=True)


def _text(request: str, body: Any) -> str:
    return f"{request} {json.dumps(body, sort_keys=True)}"


def _key(request: str, body: Any) -> str:
    return TIME.sub("<time>", ID.sub("<id>", _text(request, body)))


class Stage:
    """Puts a `ReplayServer` where the tests of each module expect the server."""

    def __init__(self) -> None:
        self.upstream: list[Address] | None = None
        self._ports: list[ReservedPort] = []
        self._server: ReplayServer | None = None

    def prepare(self, record: bool) -> None:
        """Settle where that is, before tests are imported: they look at the environment."""
        named = "" if REPLAYING in os.environ else os.environ.get(VARIABLE, "")
        if record:
            if not named or "PYTEST_XDIST_WORKER" in os.environ:
                raise pytest.UsageError(f"--record-server needs {VARIABLE}, and one process")
            self.upstream = [_address(each) for each in named.split()]
        elif named or not FOLDER.is_dir():
            return
        else:
            os.environ[REPLAYING] = "1"  # for workers of xdist, which inherit what is named below
            os.environ.pop("PYTEST_XDIST_WORKER", None)  # recordings have the names of a single process
        self._ports = [ReservedPort(), ReservedPort()]
        os.environ[VARIABLE] = " ".join(f"{LOOPBACK}:{each.port}" for each in self._ports)

    def applies(self, item: pytest.Item) -> bool:
        return bool(self._ports) and item.get_closest_marker("server") is not None

    def is_live(self, item: pytest.Item) -> bool:
        """Whether a test is not for recording, as with requests that are made at random."""
        return item.get_closest_marker("live") is not None

    def enter(self, item: pytest.Item) -> None:
        """A test begins; without a recording of it, it is skipped."""
        path = FOLDER / f"{item.path.parent.name}-{item.path.stem}.json"
        if self._server is not None and self._server.recording.path != path:
            self.leave()
        recording = self._server.recording if self._server is not None else Recording(path)
        section = _section(item.name)
        if self.is_live(item):
            recording.sections.pop(section, None)
        if self.upstream is None and section not in recording.sections:
            pytest.skip(
                f"needs a Weaviate server: set {VARIABLE} (nothing is recorded of it, see tests/servers/replay)"
            )
        if self._server is None:
            http, native = ((each.host, each.port) for each in self._ports)
            self._server = ReplayServer(recording, http, native, self.upstream)
            self._server.start()
        self._server.begin(section)

    def fixture(self, name: str) -> str | None:
        """A fixture of more than one test asks now; gives who asked before."""
        if self._server is None:
            return None
        before = self._server.section
        self._server.begin(f"fixture {name}")
        return before

    def resume(self, section: str | None) -> None:
        if self._server is not None and section is not None:
            self._server.begin(section)

    def forget(self, item: pytest.Item) -> None:
        """What a test asks is not worth keeping."""
        if self._server is not None and self.upstream is not None:
            self._server.recording.sections.pop(_section(item.name), None)

    def leave(self) -> None:
        """The tests of a module are over."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
            if self.upstream is not None:
                server.recording.save()

    def close(self) -> None:
        self.leave()
        for each in self._ports:
            each.close()


def _section(name: str) -> str:
    return re.sub(r"\b(?:sync|async)\b-?", "", name).replace("-]", "]")


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host, int(port)


STAGE = Stage()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-server", action="store_true", help="write down what a server answers to tests of it")
    STAGE.prepare("--record-server" in sys.argv)  # options are parsed when some conftests have been imported


def pytest_unconfigure() -> None:
    STAGE.close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if STAGE.applies(item):
        STAGE.enter(item)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Any:
    shared = fixturedef.scope != "function"
    before = STAGE.fixture(fixturedef.argname) if shared else None
    try:
        return (yield)
    finally:
        STAGE.resume(before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if STAGE.applies(item) and (report.failed or STAGE.is_live(item)):
        STAGE.forget(item)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Any:
    try:
        return (yield)
    finally:
        if STAGE.applies(item) and (nextitem is None or not STAGE.applies(nextitem)):
            STAGE.leave()
