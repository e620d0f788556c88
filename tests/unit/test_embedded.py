"""The embedded server: downloads from a mirror on loopback, and a stand-in (tests/embedded) as the binary."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import pickle
import re
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from weaviate_gen import SERVER_VERSION

import weaviate_hl
from weaviate_hl import embedded
from weaviate_hl.embedded import Embedded, EmbeddedDB, EmbeddedOptions, process, release
from weaviate_hl.errors import (
    WeaviateBaseError,
    WeaviateEmbeddedInvalidVersionError,
    WeaviateInvalidInputError,
    WeaviateStartUpError,
)

ROOT = Path(__file__).resolve().parents[2]
HELPERS = ROOT / "tests/embedded"
STAND_IN = f"#!{sys.executable} -IS\n{(HELPERS / 'stand_in.py').read_text()}".encode()
REAL_BINARY = os.environ.get(embedded.BINARY_VARIABLE)

pytestmark = pytest.mark.skipif(not sys.platform.startswith(("linux", "darwin")), reason="embeds on Linux and macOS")
Make = Callable[..., Embedded]


@pytest.fixture(autouse=True)
def _no_named_binary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(embedded.BINARY_VARIABLE, raising=False)


@pytest.fixture
def stand_in(tmp_path: Path) -> str:
    path = tmp_path / "stand_in"
    path.write_bytes(STAND_IN)
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def make(tmp_path: Path, stand_in: str) -> Iterator[Make]:
    """Makes servers that are stopped when the test ends."""
    made: list[Embedded] = []

    def new(*, mode: str | None = None, **options: Any) -> Embedded:
        if mode is not None:
            options["additional_env_vars"] = {"STAND_IN": mode} | options.get("additional_env_vars", {})
        if "base_url" not in options and "version" not in options:
            options.setdefault("binary", stand_in)
        defaults: dict[str, Any] = {"port": 0, "grpc_port": 0, "binary_path": str(tmp_path / "cache")}
        made.append(
            Embedded(
                EmbeddedOptions(str(options.pop("persistence_data_path", tmp_path / "data")), **defaults | options)
            )
        )
        return made[-1]

    yield new
    for each in made:
        each.stop()


class Mirror:
    """A web server with files by their path; a list is sent as far as it goes, a string is redirected to."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | str | list[bytes]] = {}
        self.asked: list[str] = []
        self.before: Callable[[str], object] = lambda path: None
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.asked.append(self.path)
                mirror.before(self.path)
                content = mirror.files.get(self.path)
                if isinstance(content, str):
                    self.send_response(302)
                    self.send_header("Location", content)
                else:
                    self.send_response(404 if content is None else 200)
                whole = b"".join(content) if isinstance(content, list) else b"" if isinstance(content, str) else content
                self.send_header("Content-Length", str(len(whole or b"")))
                self.end_headers()
                self.wfile.write(content[0] if isinstance(content, list) else whole or b"")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def release(self, archive: bytes, version: str = SERVER_VERSION, checksum: str | None = "sha256") -> str:
        """Put a release there; its path."""
        path = release._archive_url(EmbeddedOptions(version=version, base_url=self.url)).removeprefix(self.url)
        self.files[path] = archive
        if checksum:
            self.files[f"{path}.{checksum}"] = f"{hashlib.new(checksum, archive).hexdigest()}\n".encode()
        return path


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror()
    yield mirror
    mirror.server.shutdown()
    mirror.server.server_close()


def tar_of(*members: tuple[str, bytes | str, bytes]) -> bytes:
    """A .tar.gz: name, content (or the target of a link), and type of each member."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content, kind in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            if isinstance(content, str):
                member.linkname = content
                archive.addfile(member)
            else:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def zip_of(name: str, content: bytes, mode: int = 0) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, content)
    return file.getvalue()


SERVER = ("weaviate", STAND_IN, tarfile.REGTYPE)
ARCHIVE = tar_of(("LICENSE", b"BSD", tarfile.REGTYPE), SERVER, ("README.md", b"read", tarfile.REGTYPE))


def gone(pid: int, seconds: float = 0) -> bool:
    """Whether a process ends in time. One that nobody waits for any more stays a zombie: that has ended."""
    end = time.monotonic() + seconds
    while True:
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
        if not state or state.startswith("Z"):
            return True
        if time.monotonic() >= end:
            return False
        time.sleep(0.05)


# Options


def test_defaults_are_the_documented_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    options = EmbeddedOptions()
    assert (options.port, options.grpc_port, options.hostname) == (8079, 50060, "127.0.0.1")
    assert options.version == SERVER_VERSION == embedded.WEAVIATE_VERSION
    assert options.persistence_data_path == embedded.DEFAULT_PERSISTENCE_DATA_PATH
    assert options.binary_path == embedded.DEFAULT_BINARY_PATH
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    folder = embedded._default_folder("XDG_DATA_HOME", "~/.local/share", "weaviate")
    assert folder == str(Path.home() / ".local/share/weaviate")
    monkeypatch.setenv("XDG_DATA_HOME", "/elsewhere")
    assert embedded._default_folder("XDG_DATA_HOME", "~/.local/share", "weaviate") == "/elsewhere/weaviate"


def test_options_are_dataclasses_for_those_who_need_that() -> None:
    options = EmbeddedOptions(port=5)
    assert list(asdict(options)) == [
        "persistence_data_path",
        "binary_path",
        "version",
        "port",
        "hostname",
        "additional_env_vars",
        "grpc_port",
    ]
    ours = EmbeddedOptions(base_url="https://mirror.example/releases", sha256="a" * 64)
    for each in options, ours:
        assert EmbeddedOptions(**asdict(each)) == each == pickle.loads(pickle.dumps(each))  # noqa: S301
    assert replace(ours, port=7).sha256 == "a" * 64


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("persistence_data_path", ""),
        ("binary_path", 5),
        ("hostname", None),
        ("port", 65536),
        ("port", True),
        ("grpc_port", "50060"),
        ("additional_env_vars", ["LOG_LEVEL"]),
        ("additional_env_vars", {"LOG_LEVEL": 1}),
        ("additional_env_vars", {"A=B": "1"}),
        ("additional_env_vars", {"GRPC_PORT": "1"}),
        ("binary", b"path"),
        ("sha256", "abc"),
        ("base_url", "http://mirror.example/releases"),
        ("base_url", "http://127.0.0.1.evil.example/"),
        ("base_url", "http://localhost:80@evil.example/"),
        ("base_url", "https://user:password@mirror.example"),
        ("version", "http://mirror.example/weaviate.tar.gz"),
        ("version", "file:///weaviate.tar.gz"),
        ("version", None),
    ],
)
def test_a_wrong_option_is_named(argument: str, value: Any) -> None:
    with pytest.raises(WeaviateInvalidInputError, match=f"^{argument}") as caught:
        EmbeddedOptions(**{argument: value})
    assert "password" not in str(caught.value)


def test_options_that_do_not_go_together() -> None:
    with pytest.raises(WeaviateInvalidInputError, match=r"^grpc_port"):
        EmbeddedOptions(port=9000, grpc_port=9000)
    with pytest.raises(WeaviateInvalidInputError, match=r"^sha256"):
        EmbeddedOptions(binary="/bin/true", sha256="a" * 64)


@pytest.mark.parametrize("version", ["1.38", "newest", "../../etc", "1.38.11/..", "deadbeef"])
def test_what_is_no_version(version: str) -> None:
    with pytest.raises(WeaviateEmbeddedInvalidVersionError, match="version"):
        EmbeddedOptions(version=version)


def test_secrets_are_not_shown() -> None:
    with pytest.raises(WeaviateInvalidInputError) as caught:
        EmbeddedOptions(additional_env_vars={"A_KEY": "very\0secret"})
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(EmbeddedOptions(additional_env_vars={"A_KEY": "very secret"}))


def test_importing_loads_nothing_heavy() -> None:
    heavy = "subprocess urllib.request tarfile ssl asyncio dataclasses pathlib logging fcntl"
    code = (
        "import sys; before = set(sys.modules); import weaviate_hl.embedded; "
        f"print(set({heavy.split()}) & (set(sys.modules) - before))"
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "generated")])
    shown = subprocess.run(
        [sys.executable, "-S", "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "set()"


def test_windows_is_told_what_there_is_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    for call in Embedded().start, EmbeddedDB.check_supported_platform:
        with pytest.raises(WeaviateStartUpError, match=r"connect_to_lite\(\).*Docker.*Weaviate Cloud"):
            call()


# Where the binary comes from


@pytest.mark.parametrize(
    ("platform", "machine", "archive"),
    [
        ("linux", "x86_64", "weaviate-v1.2.3-linux-amd64.tar.gz"),
        ("linux", "aarch64", "weaviate-v1.2.3-linux-arm64.tar.gz"),
        ("darwin", "arm64", "weaviate-v1.2.3-darwin-all.zip"),
        ("darwin", "x86_64", "weaviate-v1.2.3-darwin-all.zip"),
    ],
)
def test_the_archive_of_a_release(platform: str, machine: str, archive: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os, "uname", lambda: type("", (), {"machine": machine}))
    for version in "1.2.3", "v1.2.3":
        url = release._archive_url(EmbeddedOptions(version=version))
        assert url == f"https://github.com/weaviate/weaviate/releases/download/v1.2.3/{archive}"


def test_an_architecture_without_releases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: type("", (), {"machine": "riscv64"}))
    with pytest.raises(WeaviateStartUpError, match=r"riscv64.*binary="):
        Embedded(EmbeddedOptions()).start()


def test_download_start_and_cache(mirror: Mirror, make: Make, tmp_path: Path) -> None:
    path = mirror.release(ARCHIVE)
    seen: list[tuple[int, int | None]] = []
    server = make(base_url=mirror.url)
    address = server.start(progress=lambda done, total: seen.append((done, total)))
    assert server.is_running
    assert urllib.request.urlopen(f"http://127.0.0.1:{address.http_port}/v1/.well-known/ready").status == 200
    assert seen[0] == (0, len(ARCHIVE))
    assert seen[-1] == (len(ARCHIVE), len(ARCHIVE))
    assert mirror.asked == [path, f"{path}.sha256"]
    server.stop()
    assert not server.is_running
    server.start()
    assert len(mirror.asked) == 2  # the second time from the cache
    assert [file.read_bytes() for file in (tmp_path / "cache").iterdir()] == [STAND_IN]


def test_the_latest_version(mirror: Mirror, tmp_path: Path) -> None:
    path = mirror.release(ARCHIVE, version="9.8.7")
    mirror.files["/latest"] = b'{"tag_name": "v9.8.7", "other": 1}'
    release.binary(EmbeddedOptions(version="latest", base_url=mirror.url, binary_path=str(tmp_path)), None)
    assert mirror.asked == ["/latest", path, f"{path}.sha256"]
    for answer in b"[]", b"{}", b"<html>", b'{"tag_name": "../x"}':
        mirror.files["/latest"] = answer
        with pytest.raises(WeaviateStartUpError, match=r"which release is the latest.*version="):
            release.binary(EmbeddedOptions(version="latest", base_url=mirror.url, binary_path=str(tmp_path)), None)


def test_a_zip_by_its_url_and_checksum(mirror: Mirror, tmp_path: Path) -> None:
    archive = zip_of("weaviate", STAND_IN, 0o100755)
    mirror.files["/somewhere/server.zip"] = archive
    options = EmbeddedOptions(
        version=f"{mirror.url}/somewhere/server.zip",
        sha256=hashlib.sha256(archive).hexdigest().upper(),
        binary_path=str(tmp_path),
    )
    assert Path(release.binary(options, None)).read_bytes() == STAND_IN
    assert mirror.asked == ["/somewhere/server.zip"]  # no published checksum is asked for


def test_a_cached_server_does_not_stand_in_for_a_verified_one(mirror: Mirror, tmp_path: Path) -> None:
    mirror.release(ARCHIVE)
    options = EmbeddedOptions(base_url=mirror.url, binary_path=str(tmp_path))
    release.binary(options, None)
    with pytest.raises(WeaviateStartUpError, match="checksum"):
        release.binary(replace(options, sha256="0" * 64), None)


ARCHIVES = {  # what no release is like, and what is said of it
    "parent": (tar_of(SERVER, ("../escape", b"x", tarfile.REGTYPE)), "'../escape'"),
    "absolute": (tar_of(SERVER, ("/etc/escape", b"x", tarfile.REGTYPE)), "'/etc/escape'"),
    "link": (tar_of(SERVER, ("link", "/etc/passwd", tarfile.SYMTYPE)), "'link'"),
    "hard link": (tar_of(SERVER, ("hard", "weaviate", tarfile.LNKTYPE)), "'hard'"),
    "server is a link": (tar_of(("weaviate", "/bin/sh", tarfile.SYMTYPE)), "'weaviate'"),
    "device": (tar_of(SERVER, ("device", "", tarfile.CHRTYPE)), "'device'"),
    "pipe": (tar_of(SERVER, ("pipe", "", tarfile.FIFOTYPE)), "'pipe'"),
    "zip, parent": (zip_of("../weaviate", STAND_IN), "'../weaviate'"),
    "zip, link": (zip_of("weaviate", b"/bin/sh", 0o120777), "'weaviate'"),
    "zip, backslash": (zip_of("a\\weaviate", STAND_IN), "holds"),
    "no server": (tar_of(("README.md", b"", tarfile.REGTYPE)), "no file named weaviate"),
    "half": (ARCHIVE[: len(ARCHIVE) // 2], "cannot be downloaded"),
    "no zip": (b"PK, but no archive", "cannot be downloaded"),
    "no archive": (b"no archive at all", "cannot be downloaded"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_that_no_release_is_like(name: str, mirror: Mirror, tmp_path: Path) -> None:
    archive, message = ARCHIVES[name]
    mirror.release(archive)
    cache = tmp_path / "a/cache"
    with pytest.raises(WeaviateStartUpError, match=re.escape(message)):
        release.binary(EmbeddedOptions(base_url=mirror.url, binary_path=str(cache)), None)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []  # nothing left, nothing outside


def test_downloads_that_go_wrong(mirror: Mirror, tmp_path: Path) -> None:
    options = EmbeddedOptions(base_url=mirror.url, binary_path=str(tmp_path))

    def fails(kind: type[WeaviateBaseError], message: str) -> None:
        with pytest.raises(kind, match=message):
            release.binary(options, None)
        assert list(tmp_path.iterdir()) == []

    fails(WeaviateEmbeddedInvalidVersionError, f"no release.*v{SERVER_VERSION}.*version=")
    path = mirror.release(ARCHIVE, checksum=None)
    fails(WeaviateStartUpError, "No checksum .* is published.*sha256=")
    mirror.files[f"{path}.sha256"] = b"<html>sorry</html>"
    fails(WeaviateStartUpError, "holds no checksum")
    mirror.files[f"{path}.sha256"] = hashlib.sha256(b"another").hexdigest().encode()
    fails(WeaviateStartUpError, "has the sha256 checksum .*, and should have")
    mirror.release(ARCHIVE)
    mirror.files[path] = [ARCHIVE[:100], ARCHIVE[100:]]
    fails(WeaviateStartUpError, f"broke off after 100 of {len(ARCHIVE)} bytes.*binary=")
    for elsewhere in "http://mirror.example/x.tar.gz", "file:///etc/passwd":
        mirror.files[path] = elsewhere
        fails(WeaviateStartUpError, "redirects to an address that is not https|not allowed")
    mirror.server.shutdown()
    mirror.server.server_close()
    fails(WeaviateStartUpError, f"cannot be downloaded.*{embedded.BINARY_VARIABLE}")


def test_md5_is_second_best_and_said_aloud(mirror: Mirror, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = mirror.release(ARCHIVE, checksum="md5")
    options = EmbeddedOptions(base_url=mirror.url, binary_path=str(tmp_path))
    with caplog.at_level(logging.WARNING):
        release.binary(options, None)
    assert mirror.asked == [path, f"{path}.sha256", f"{path}.md5"]
    assert "MD5" in caplog.text
    assert "sha256=" in caplog.text
    mirror.release(ARCHIVE, version="1.0.0", checksum="md5")
    mirror.files = {name: b"0" * 32 if name.endswith("md5") else content for name, content in mirror.files.items()}
    with pytest.raises(WeaviateStartUpError, match="md5 checksum"):
        release.binary(replace(options, version="1.0.0"), None)


def test_two_downloads_at_once(mirror: Mirror, tmp_path: Path) -> None:
    path = mirror.release(ARCHIVE)
    both = threading.Barrier(2, timeout=10)
    mirror.before = lambda asked: both.wait() if asked == path else None
    options = EmbeddedOptions(base_url=mirror.url, binary_path=str(tmp_path))
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(release.binary(options, None))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1]
    assert Path(found[0]).read_bytes() == STAND_IN
    assert len(list(tmp_path.iterdir())) == 1


def test_the_progress_line_is_for_terminals(mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return is_terminal

    mirror.release(ARCHIVE)
    for is_terminal in True, False:
        monkeypatch.setattr(sys, "stderr", stderr := Terminal())
        folder = str(tmp_path / str(is_terminal))
        release.binary(EmbeddedOptions(base_url=mirror.url, binary_path=folder), None)
        name = "Downloading weaviate-v"
        assert (name in stderr.getvalue()) is is_terminal
        assert stderr.getvalue().endswith(" MB\n" if is_terminal else "")


def test_an_existing_binary(make: Make, stand_in: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(WeaviateInvalidInputError, match=r"^binary: .*nowhere"):
        make(binary=str(tmp_path / "nowhere")).start()
    monkeypatch.setenv(embedded.BINARY_VARIABLE, str(tmp_path / "elsewhere"))
    with pytest.raises(WeaviateInvalidInputError, match=f"^{embedded.BINARY_VARIABLE}: .*elsewhere"):
        make(binary=None).start()
    monkeypatch.setenv(embedded.BINARY_VARIABLE, stand_in)
    assert release.binary(EmbeddedOptions(), None) == stand_in
    assert release.binary(EmbeddedOptions(binary=sys.executable), None) == sys.executable  # an option wins


# The running server


def test_environment_of_the_server(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_APIKEY", "ours alone")
    server = make(additional_env_vars={"LOG_LEVEL": "debug", "QUERY_DEFAULTS_LIMIT": "7"})
    address = server.start()
    environment = json.loads((tmp_path / "data/environment.json").read_text())
    assert "OPENAI_APIKEY" not in environment
    assert environment["PATH"] == os.environ["PATH"]
    assert environment["AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED"] == "true"
    assert environment["GRPC_PORT"] == str(address.grpc_port)
    assert (environment["LOG_LEVEL"], environment["QUERY_DEFAULTS_LIMIT"]) == ("debug", "7")
    ports = {address.http_port, address.grpc_port} | {int(environment[name]) for name in process.PORTS}
    assert len(ports) == 2 + len(process.PORTS)
    server.stop()
    make(additional_env_vars={"AUTHENTICATION_APIKEY_ENABLED": "true"}).start()
    environment = json.loads((tmp_path / "data/environment.json").read_text())
    assert "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED" not in environment


def test_a_folder_keeps_the_name_of_its_server(tmp_path: Path) -> None:
    assert process._node_name(tmp_path, 8079) == "Embedded_at_8079"
    (tmp_path / "schema.db").touch()
    assert process._node_name(tmp_path, 9000) == "Embedded_at_8079"
    (tmp_path / "embedded.node").unlink()  # now it is the folder of another client, which goes by the port
    assert process._node_name(tmp_path, 9000) == "Embedded_at_9000"
    assert process._node_name(tmp_path, 9001) == "Embedded_at_9001"


def test_several_servers_side_by_side(make: Make, tmp_path: Path) -> None:
    first, second = make(), make(persistence_data_path=str(tmp_path / "other"))
    assert len({*first.start(), *second.start()}) == 5  # one host, four ports
    first.stop()
    assert second.is_running
    first.stop()  # again: nothing


def test_starting_twice_is_starting_once(make: Make, tmp_path: Path) -> None:
    server = make()
    address = server.start()
    assert server.start() == address
    os.kill(int((tmp_path / "data/pid").read_text()), signal.SIGKILL)
    while server.is_running:
        time.sleep(0.01)
    server.start()
    assert server.is_running


def test_a_server_outlives_the_thread_that_started_it(make: Make) -> None:
    server = make()
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
    time.sleep(0.2)
    assert server.is_running


def test_a_server_that_ends_at_once(make: Make, tmp_path: Path) -> None:
    server = make(mode="crash", additional_env_vars={"SOME_API_KEY": "first-secret,second-secret"})
    with pytest.raises(WeaviateStartUpError, match="ended with code 1 before it was ready") as caught:
        server.start()
    text = str(caught.value)
    assert "line 99" in text
    assert "line 1\n" not in text
    assert "cannot start with ***,***" in text
    assert str(tmp_path / "data/embedded.log") in text
    assert not server.is_running
    server.options.additional_env_vars = None
    server.start()
    assert "line 99" in (tmp_path / "data/embedded.log.1").read_text()


def test_a_file_that_is_no_program(make: Make, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("\0")
    (tmp_path / "text").chmod(0o755)
    with pytest.raises(WeaviateStartUpError, match=r"ended with code 12[67]"):
        make(binary=str(tmp_path / "text")).start()


def test_a_server_that_is_never_ready(make: Make, tmp_path: Path) -> None:
    with pytest.raises(WeaviateStartUpError, match=r"not ready after 0\.7 s.*embedded\.log"):
        make(mode="never").start(timeout=0.7)
    assert gone(int((tmp_path / "data/pid").read_text()))


def test_a_server_that_does_not_want_to_end(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SHELL", [part.replace("sleep 10", "sleep 0.2") for part in process.SHELL])
    server = make(mode="stubborn")
    server.start()
    pid = int((tmp_path / "data/pid").read_text())
    started = time.monotonic()
    server.stop()
    assert 0.2 <= time.monotonic() - started < 5
    assert gone(pid)


@pytest.mark.parametrize("argument", ["port", "grpc_port"])
def test_a_port_in_use(argument: str, make: Make) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WeaviateStartUpError, match=rf"^{argument}: {port} is in use.*another {argument}="):
            make(**{argument: port}).start()


def test_given_ports_are_used(make: Make) -> None:
    port, grpc_port = process.free_ports(2)
    assert make(port=port, grpc_port=grpc_port).start() == ("127.0.0.1", port, grpc_port)


def test_a_data_folder_in_use(make: Make, tmp_path: Path) -> None:
    first, second = make(), make()
    address = first.start()
    started = time.monotonic()
    with pytest.raises(WeaviateStartUpError, match=rf"in use .* process {os.getpid()} .*{address.http_port}"):
        second.start()
    assert time.monotonic() - started < 1  # its owner lives: no waiting
    assert first.is_running
    first.stop()
    second.start()


def test_a_lock_that_was_left_behind_means_nothing(make: Make, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/embedded.lock").write_text(f"{os.getpid()} 1 2 and what else there was")
    address = make().start()
    lock = (tmp_path / "data/embedded.lock").read_text()
    assert lock == f"{os.getpid()} {address.http_port} {address.grpc_port}"


def test_a_data_folder_that_cannot_be_used(make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WeaviateStartUpError, match=r"cannot be started in .*file"):
        make(persistence_data_path=str(tmp_path / "file")).start()


def test_the_server_ends_when_its_parent_is_killed(make: Make, stand_in: str, tmp_path: Path) -> None:
    """Even while a fork of the parent lives on; and its data folder can be used again at once."""
    environment = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "generated")])}
    parent = subprocess.Popen(
        [sys.executable, str(HELPERS / "parent.py"), stand_in, str(tmp_path / "data")],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        pid, fork, is_running = parent.stdout.readline().split()
        assert is_running == "True"  # though the fork has called stop()
        assert (tmp_path / "data/fork").read_text() == "False"
        parent.kill()
        parent.wait()
        make().start()
        assert gone(int(pid))
        os.kill(int(fork), signal.SIGKILL)


def test_the_methods_of_the_official_class(stand_in: str, tmp_path: Path) -> None:
    folders: dict[str, Any] = {"persistence_data_path": str(tmp_path / "data"), "binary_path": str(tmp_path / "cache")}
    server = EmbeddedDB(EmbeddedOptions(**folders, binary=stand_in, port=embedded.get_random_port(), grpc_port=0))
    assert embedded.EmbeddedV3 is embedded.EmbeddedV4 is EmbeddedDB
    server.ensure_paths_exist()
    assert (tmp_path / "cache").is_dir()
    server.ensure_weaviate_binary_exists()
    assert not server.is_listening()
    try:
        server.ensure_running()
        server.wait_till_listening()
        assert server.is_listening()
    finally:
        server.stop()
    assert not server.is_listening()


def test_a_client_pickles_only_while_its_server_does_not_run(make: Make) -> None:
    client = weaviate_hl.WeaviateClient(embedded_options=make().options)
    assert not pickle.loads(pickle.dumps(client)).is_connected()  # noqa: S301
    client._embedded = server = make()
    server.start()
    with pytest.raises(WeaviateInvalidInputError, match=r"embedded server belongs .*connect_to_local\(port="):
        pickle.dumps(client)
    assert pickle.dumps(client.collections.use("Article"))


# With the released server


@pytest.mark.skipif(
    not REAL_BINARY, reason=f"set {embedded.BINARY_VARIABLE} to the path of a Weaviate server to run it"
)
def test_the_real_server_keeps_its_data_and_has_company(make: Make, tmp_path: Path) -> None:
    def ask(path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{address.http_port}/v1/{path}"
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return json.load(answer)

    server, other = make(binary=REAL_BINARY), make(binary=REAL_BINARY, persistence_data_path=str(tmp_path / "other"))
    address = server.start()
    ask("objects", {"class": "Article", "properties": {"title": "kept"}})
    other.start()
    assert ask("nodes")["nodes"][0]["status"] == "HEALTHY"
    server.stop()
    address = server.start()  # on other ports
    assert [each["properties"] for each in ask("objects?class=Article")["objects"]] == [{"title": "kept"}]
    assert other.is_running
