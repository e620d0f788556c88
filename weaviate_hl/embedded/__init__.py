"""The server's released binary as a child of this process: what users set, and the object that starts and stops it.

Nothing heavy is loaded before `start()`: release.py knows how the binary is had, process.py how it runs.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from weaviate_gen import SERVER_VERSION

from weaviate_hl.checks import count, instance
from weaviate_hl.errors import (
    WeaviateEmbeddedInvalidVersionError,
    WeaviateInvalidInputError,
    WeaviateStartUpError,
)
from weaviate_hl.settings import Setting, host_name

if TYPE_CHECKING:
    from dataclasses import Field

    from weaviate_hl.embedded.process import Process

Progress = Callable[[int, int | None], None]
"""Told during a download how many bytes there are, and how many there will be if that is known."""


def _default_folder(variable: str, home: str, name: str) -> str:
    base = os.environ.get(variable) or os.path.expanduser(home)  # noqa: PTH111 - pathlib is off the import path
    return f"{base}/{name}"


DEFAULT_BINARY_PATH = _default_folder("XDG_CACHE_HOME", "~/.cache", "weaviate-embedded")
DEFAULT_PERSISTENCE_DATA_PATH = _default_folder("XDG_DATA_HOME", "~/.local/share", "weaviate")
DEFAULT_PORT = 8079
DEFAULT_GRPC_PORT = 50060
GITHUB_RELEASE_DOWNLOAD_URL = "https://github.com/weaviate/weaviate/releases/download/"
WEAVIATE_VERSION = SERVER_VERSION

BINARY_VARIABLE = "WEAVIATE_HL_EMBEDDED_BINARY"
"""The environment variable that names an existing executable: with it nothing is downloaded."""

_OURS = {"binary", "sha256", "base_url"}
_OPTIONS_OF_VARIABLES = {"GRPC_PORT": "grpc_port", "PERSISTENCE_DATA_PATH": "persistence_data_path"}


class _Fields:
    """What `dataclasses.asdict(options)` reads, which frameworks call, without dataclasses on the import path.

    Options that only this client has are among them only when they are set: the seven that frameworks know stay seven.
    """

    def __get__(self, options: EmbeddedOptions | None, owner: type[EmbeddedOptions]) -> dict[str, Field[Any]]:
        from dataclasses import fields, make_dataclass

        values = vars(options or owner())
        names = [name for name, value in values.items() if name not in _OURS or value is not None]
        return {field.name: field for field in fields(make_dataclass(owner.__name__, names))}


class EmbeddedOptions(Setting):
    """How the embedded server runs, and where it comes from.

    Args:
        persistence_data_path: The folder of its data. One server at a time can use it; its log is in there too.
        binary_path: The folder in which downloaded servers are kept.
        version: A release such as "1.38.11", "latest", or the URL of an archive.
        port: The port of the REST interface; 0 picks a free one.
        hostname: The address that the REST interface listens on. The server decides about its other ports: gRPC listens
            on every interface.
        additional_env_vars: Settings of the server. They win over ours; their values are never shown.
        grpc_port: The port of gRPC; 0 picks a free one.
        binary: An existing executable to run: nothing is downloaded. The environment variable
            `WEAVIATE_HL_EMBEDDED_BINARY` does the same.
        sha256: The checksum that the downloaded archive must have, instead of the published one.
        base_url: A mirror with the layout of `GITHUB_RELEASE_DOWNLOAD_URL`. For `version="latest"` it has a file
            `latest` with `{"tag_name": "v1.38.11"}`, as GitHub's API answers.

    Raises:
        WeaviateInvalidInputError: An option is wrong; the message names it.
        WeaviateEmbeddedInvalidVersionError: `version` is none of the three.
    """

    _SECRETS = frozenset({"additional_env_vars"})
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]] = _Fields()  # type: ignore[assignment]  # a descriptor

    def __init__(
        self,
        persistence_data_path: str = DEFAULT_PERSISTENCE_DATA_PATH,
        binary_path: str = DEFAULT_BINARY_PATH,
        version: str = WEAVIATE_VERSION,
        port: int = DEFAULT_PORT,
        hostname: str = "127.0.0.1",
        additional_env_vars: dict[str, str] | None = None,
        grpc_port: int = DEFAULT_GRPC_PORT,
        binary: str | None = None,
        sha256: str | None = None,
        base_url: str | None = None,
    ) -> None:
        self.persistence_data_path = _text("persistence_data_path", persistence_data_path)
        self.binary_path = _text("binary_path", binary_path)
        self.version = _text("version", version)
        self.port = count("port", port, 0, 65535)  # 0: a free one
        self.hostname = host_name("hostname", hostname)
        self.additional_env_vars = (
            None if additional_env_vars is None else variables("additional_env_vars", additional_env_vars)
        )
        self.grpc_port = count("grpc_port", grpc_port, 0, 65535)
        self.binary = None if binary is None else _text("binary", binary)
        self.sha256 = None if sha256 is None else _text("sha256", sha256).lower()
        self.base_url = None if base_url is None else _url("base_url", base_url)
        if port == grpc_port != 0:
            raise WeaviateInvalidInputError(f"grpc_port: must be another than port, both are {port}")
        if "://" in self.version:
            _url("version", self.version)
        elif not re.fullmatch(r"latest|v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", self.version):
            raise WeaviateEmbeddedInvalidVersionError(
                f"version: {self.version!r} is not a release",
                hint='Give one like "1.38.11", "latest", or the URL of an archive',
            )
        if self.sha256 is not None and not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise WeaviateInvalidInputError("sha256: must be 64 hexadecimal digits")
        if self.sha256 and self.binary:
            raise WeaviateInvalidInputError("sha256: is of the archive to download; with binary= there is none")


def _text(name: str, value: str | os.PathLike[str]) -> str:
    text = os.fspath(value) if isinstance(value, (str, os.PathLike)) else ""
    if not isinstance(text, str) or not text or "\0" in text:
        raise WeaviateInvalidInputError(f"{name}: must be a string, not empty, got {type(value).__name__}")
    return text


def _url(name: str, value: str) -> str:
    if re.search("[^!-?A-~]", _text(name, value)) or not is_safe(value):  # errors show URLs: no passwords in them
        raise WeaviateInvalidInputError(f"{name}: must be an https URL without credentials, or http on this machine")
    return value


def variables(option: str, given: Mapping[str, str]) -> dict[str, str]:
    """The server's settings that were given as this option, checked. Their values may be secrets and are not shown."""
    instance(option, given, Mapping)
    for name, value in given.items():
        if not isinstance(name, str) or not re.fullmatch(r"[^=\0]+", name):
            raise WeaviateInvalidInputError(f"{option}: {name!r} cannot be the name of a variable")
        if not isinstance(value, str) or "\0" in value:
            raise WeaviateInvalidInputError(f"{option}[{name!r}]: must be a string, got {type(value).__name__}")
        if name in _OPTIONS_OF_VARIABLES:
            raise WeaviateInvalidInputError(f"{option}: instead of {name}, give {_OPTIONS_OF_VARIABLES[name]}=")
    return dict(given)


def is_loopback_url(url: str) -> bool:
    """Whether a URL is plain HTTP that stays on this machine."""
    return re.match(r"http://(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?(/|$)", url) is not None


def is_safe(url: str) -> bool:
    """Whether nobody on the way can change what a URL gives."""
    return url.startswith("https://") or is_loopback_url(url)


class Address(NamedTuple):
    """Where a running server answers."""

    host: str
    http_port: int
    grpc_port: int


class Embedded:
    """A server that runs as a child of this process, and ends with it, however this ends.

    Args:
        options: How it runs, and where it comes from.
    """

    def __init__(self, options: EmbeddedOptions | None = None) -> None:
        self.options = options or EmbeddedOptions()
        self._process: Process | None = None

    @property
    def is_running(self) -> bool:
        """Whether the server has been started and has not ended."""
        return self._process is not None and self._process.is_running

    def start(self, progress: Progress | None = None, timeout: float = 60) -> Address:
        """Start the server unless it runs, and wait until it is ready. Blocks.

        Args:
            progress: Told how a download goes; may raise to end it. Without it, a terminal shows a line on stderr.
            timeout: Seconds that the server has to be ready, the download not counted.

        Returns:
            Where it answers.

        Raises:
            WeaviateStartUpError: It cannot be downloaded, its data folder or a port is in use, or it was not ready in
                time. The message has the last lines of its log.
            WeaviateEmbeddedInvalidVersionError: There is no such release for this system.
        """
        check_supported_platform()
        from weaviate_hl.embedded import process, release

        running = self._process
        if running is None or not running.is_running:
            self.stop()
            running = self._process = process.start(release.binary(self.options, progress), self.options)
        try:
            return running.wait_ready(timeout)
        except BaseException:  # an interrupt too: nothing stays behind
            self.stop()
            raise

    def stop(self) -> None:
        """End the server, and wait until it has ended. Does nothing if it does not run."""
        process, self._process = self._process, None
        if process is not None:
            process.stop()


class EmbeddedDB(Embedded):
    """`Embedded` with the methods of the official client's class."""

    def ensure_running(self) -> None:
        """Start the server unless it runs."""
        self.start()

    def wait_till_listening(self) -> None:
        """Start the server unless it runs, and wait until it is ready."""
        self.start()

    def is_listening(self) -> bool:
        """Whether both ports are answered."""
        from weaviate_hl.embedded.process import answers

        ports = self._process.address[1:] if self._process else (self.options.port, self.options.grpc_port)
        return all(answers(self.options.hostname, port) for port in ports)

    def ensure_weaviate_binary_exists(self) -> None:
        """Download the server unless it is in the cache."""
        from weaviate_hl.embedded import release

        release.binary(self.options, None)

    def ensure_paths_exist(self) -> None:
        """Make the folders of the server's data and of downloaded servers."""
        for path in self.options.persistence_data_path, self.options.binary_path:
            os.makedirs(os.path.expanduser(path), exist_ok=True)  # noqa: PTH103, PTH111

    @staticmethod
    def check_supported_platform() -> None:
        """Raise where no server can be embedded."""
        check_supported_platform()


EmbeddedV3 = EmbeddedV4 = EmbeddedDB


def check_supported_platform() -> None:
    """Raise where no server can be embedded."""
    if not sys.platform.startswith(("linux", "darwin")):
        raise WeaviateStartUpError(
            "An embedded server needs Linux or macOS",
            hint="Here, use connect_to_lite(), a server in Docker with connect_to_local(), or Weaviate Cloud with "
            "connect_to_weaviate_cloud()",
        )


def get_random_port() -> int:
    """A port that is free now."""
    from weaviate_hl.embedded.process import free_ports

    return free_ports(1)[0]


__all__ = [
    "BINARY_VARIABLE",
    "DEFAULT_BINARY_PATH",
    "DEFAULT_GRPC_PORT",
    "DEFAULT_PERSISTENCE_DATA_PATH",
    "DEFAULT_PORT",
    "GITHUB_RELEASE_DOWNLOAD_URL",
    "WEAVIATE_VERSION",
    "Address",
    "Embedded",
    "EmbeddedDB",
    "EmbeddedOptions",
    "EmbeddedV3",
    "EmbeddedV4",
    "Progress",
    "WeaviateStartUpError",
    "get_random_port",
]
