"""Lite on sockets: HTTP with uvicorn, gRPC with grpcio, for clients in any language."""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import LiteError
from weaviate_hl.lite.modules import Vectorizer

_WORKERS = 256  # a stream keeps one for as long as it lasts
_STOP = 0.5  # seconds that calls have to end when the server stops


def serve(
    path: str | Path | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    grpc_port: int = 50051,
    api_key: str | None = None,
    allow_hosts: Collection[str] = (),
    settings: Mapping[str, object] | None = None,
    vectorizers: Mapping[str, Vectorizer] | None = None,
    approximate: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Server:
    """Serve an engine, in threads of this process.

    Args:
        path: The data file, made if it is not there; without one, data lives in memory until the server stops.
        host: The address to listen at. One that other machines reach needs API keys.
        port: The port of HTTP: REST and gRPC-web. 0 picks a free one.
        grpc_port: The port of gRPC. 0 picks a free one.
        api_key: The key that every request must bring; the settings have finer ways.
        allow_hosts: Names by which requests may call this server, beside the host, addresses and localhost.
        settings: The server's own settings, by their names; the environment fills in what is not given.
        vectorizers: Functions from texts to vectors, by the names of the modules that they stand for.
        approximate: Search large `hnsw` indexes with a graph, which needs usearch, instead of comparing all vectors.
        environ: What counts as the environment.

    Returns:
        The server, which runs until `stop`, or until the end of `with`.

    Raises:
        LiteError: A port is in use; usearch is not installed; a setting is unknown; the data file is in use, damaged
            or too new.

    Example:
        with weaviate_hl.lite.serve(port=0, grpc_port=0) as server:
            client = weaviate_hl.connect_to_local(port=server.http_port, grpc_port=server.grpc_port)
    """
    if api_key is not None:
        settings = _with_key(api_key, settings or {})
    engine = Engine(path, settings=settings, vectorizers=vectorizers, approximate=approximate, environ=environ)
    try:
        return Server(engine, host, port, grpc_port, allow_hosts)
    except BaseException:
        engine.close()
        raise


def _with_key(api_key: str, settings: Mapping[str, object]) -> dict[str, object]:
    """The settings, and those of one administrator who has a key."""
    for name in settings:
        if name.startswith("AUTHENTICATION_"):
            raise LiteError(f"the API key and {name} both say who may come in: give one of them")
    if not api_key.strip() or "," in api_key:
        raise LiteError("the API key must not be empty, and cannot have a comma")
    return {
        **settings,
        "AUTHENTICATION_APIKEY_ENABLED": True,
        "AUTHENTICATION_APIKEY_ALLOWED_KEYS": api_key,
        "AUTHENTICATION_APIKEY_USERS": "admin",
        "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": False,
    }


class Server:
    """An engine that is being served; made by `serve`, closed with its engine by `stop`."""

    http_port: int
    """The port of REST and gRPC-web."""
    grpc_port: int
    """The port of gRPC."""

    def __init__(self, engine: Engine, host: str, port: int, grpc_port: int, allow_hosts: Collection[str]) -> None:
        for number in (port, grpc_port):
            if not 0 <= number <= 65535:
                raise LiteError(f"a port is a number from 0 to 65535, not {number}")
        family, address = _resolve(host)
        if not ipaddress.ip_address(address).is_loopback and engine.settings.authentication_anonymous_access_enabled:
            raise LiteError(f"{host} can be reached by other machines: serving there needs an API key (--api-key)")
        self.host = f"[{address}]" if family == socket.AF_INET6 else address
        self._engine = engine
        self._listener = _listen(family, address, port)
        self.http_port = self._listener.getsockname()[1]
        engine.hostname = self.url
        try:
            self._workers = ThreadPoolExecutor(_WORKERS, "lite gRPC")
            self._grpc, self.grpc_port = _grpc_server(engine, self._workers, f"{self.host}:{grpc_port}")
            self._http = _http_server(engine, frozenset(name.lower() for name in ("localhost", host, *allow_hosts)))
        except BaseException:
            self._listener.close()
            raise
        self._grpc.start()
        self._thread = threading.Thread(
            target=self._http.run, kwargs={"sockets": [self._listener]}, name="lite HTTP", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """The address of HTTP."""
        return f"http://{self.host}:{self.http_port}"

    @property
    def grpc_address(self) -> str:
        """The address of gRPC."""
        return f"{self.host}:{self.grpc_port}"

    @property
    def needs_key(self) -> bool:
        """Whether requests must bring an API key."""
        return not self._engine.settings.authentication_anonymous_access_enabled

    def stop(self) -> None:
        """Take no more calls, let those that run end, and close the data file. Stopping again does nothing."""
        self._http.should_exit = True
        ended = self._grpc.stop(_STOP)
        self._thread.join()
        ended.wait()
        self._workers.shutdown()
        self._listener.close()
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Server of lite at {self.url}, gRPC at {self.grpc_address}>"


def _resolve(host: str) -> tuple[socket.AddressFamily, str]:
    """The address that a name stands for, the older kind first."""
    try:
        found = socket.getaddrinfo(host or None, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise LiteError(f"cannot listen at {host}: {error}") from None
    family, *_, address = min(found)
    return family, str(address[0])


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    # Said to be TCP, which socket.create_server leaves out: asyncio sends at once only where it knows that.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(512)
        return listener
    except OSError as error:
        listener.close()
        raise _taken(f"{address}:{port}", "--port", error) from None


def _grpc_server(engine: Engine, workers: ThreadPoolExecutor, address: str) -> tuple[Any, int]:
    import grpc

    from weaviate_hl.lite.native import Rpcs
    from weaviate_hl.lite.status import MAX_MESSAGE_SIZE

    options = [
        ("grpc.so_reuseport", 0),  # or two servers would share a port
        ("grpc.max_receive_message_length", MAX_MESSAGE_SIZE),
        ("grpc.max_send_message_length", MAX_MESSAGE_SIZE),
    ]
    server = grpc.server(workers, handlers=[Rpcs(engine)], options=options)
    try:
        return server, server.add_insecure_port(address)
    except RuntimeError as error:
        raise _taken(address, "--grpc-port", error) from None


def _http_server(engine: Engine, hosts: frozenset[str]) -> Any:
    try:
        import uvicorn
    except ImportError:
        raise LiteError("lite is served by uvicorn, which is not installed: pip install weaviate-hl[lite]") from None
    from weaviate_hl.lite.http import Application

    config = uvicorn.Config(
        Application(engine, hosts),
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="critical",  # what goes wrong the application logs
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=120,
        timeout_graceful_shutdown=_STOP,  # type: ignore[arg-type]  # it takes parts of seconds, too
    )
    return uvicorn.Server(config)


def _taken(address: str, option: str, error: Exception) -> LiteError:
    return LiteError(f"cannot listen at {address}: {error}; is another server there? Choose another port with {option}")
