"""The engine: what a Weaviate server does, behind two synchronous, thread-safe entry points, `rest` and `rpc`.

It knows neither sockets nor threads: one lock stands around everything, so that each request sees all finished writes.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from weaviate_hl.lite import access, router
from weaviate_hl.lite.bodies import unparsable
from weaviate_hl.lite.catalogue import Catalogue
from weaviate_hl.lite.errors import Code, LiteError, Refusal, RpcError, unsupported
from weaviate_hl.lite.modules import Modules, Vectorizer
from weaviate_hl.lite.settings import Settings
from weaviate_hl.lite.storage import Storage
from weaviate_hl.log import logger

Answer = tuple[int, dict[str, str], Any]


class Engine:
    """A Weaviate in this process.

    Args:
        path: The data file, made if it is not there; without one, data lives in memory until `close`.
        settings: The server's own settings, by their names; the environment fills in what is not given.
        vectorizers: Functions from texts to vectors, by the names of the modules that they stand for.
        approximate: Search large `hnsw` indexes with a graph, which needs usearch, instead of comparing all vectors.
        environ: What counts as the environment.

    Raises:
        LiteError: usearch is asked for and not installed; a setting is unknown or wrong; the file is in use, damaged,
            or newer than this version.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        settings: Mapping[str, object] | None = None,
        vectorizers: Mapping[str, Vectorizer] | None = None,
        approximate: bool = False,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        if approximate and find_spec("usearch") is None:
            raise LiteError(
                "approximate search needs usearch, which is not installed: pip install weaviate-hl[lite,usearch]"
            )
        self.approximate = approximate
        self.settings = Settings(settings, environ)
        self.modules = Modules(self.settings, vectorizers or {})
        self.storage = Storage(path)
        self.catalogue = Catalogue(self.storage)
        self.lock = threading.RLock()
        self.state: dict[str, Any] = {}
        """What handlers remember until the engine is closed, such as the progress of backups."""
        self.hostname = "http://lite"
        """Where it is served, as it tells those who ask."""
        self._closed = False

    def close(self) -> None:
        """Close the data file; data in memory is gone."""
        with self.lock:
            self._closed = True
            self.storage.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rest(
        self,
        method: str,
        path: str,
        query: router.Pairs = (),
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Answer a REST request.

        Args:
            method: The HTTP method.
            path: The path from `/v1` on, escaped as in a URL.
            query: The query parameters.
            body: The JSON value of the body, None for no body.
            headers: The headers that were sent.

        Returns:
            The status, headers, and the JSON value of the body, or None for an answer without one.
        """
        try:
            with self._working():
                call = router.route(method, path, query, body, _lower(headers))
                call.user = access.user_of_request(self.settings, call.operation, call.headers)
                answer = router.handler_of(call.operation)(self, call)
                return next(iter(call.operation.results)), {}, answer
        except Refusal as refusal:
            return refusal.status, {}, None if method == "HEAD" else refusal.body()
        except (sqlite3.Error, OSError) as error:
            return 500, {}, Refusal(f"data file: {error}").body()
        except RecursionError:
            return 400, {}, unparsable("it is nested too deeply").body()
        except LiteError:
            raise
        except Exception as error:
            return 500, {}, Refusal(_unexpected(f"{method} {path}", error)).body()

    def rpc(self, name: str, message: Any, metadata: Mapping[str, str] | None = None) -> Any:
        """Answer an rpc.

        Args:
            name: The name of the rpc, such as `Search`.
            message: Its request, a message of `weaviate_gen.grpc`.
            metadata: What gRPC sends beside the message.

        Raises:
            RpcError: The code and text with which the rpc failed.
        """
        try:
            with _told(), self._working():
                return self._handler(router.RPC, name, metadata, Code.UNKNOWN)(self, message)
        except (LiteError, RpcError):
            raise
        except Exception as error:
            raise RpcError(Code.INTERNAL, _unexpected(name, error)) from error

    def stream(self, name: str, messages: Iterable[Any], metadata: Mapping[str, str] | None = None) -> Iterator[Any]:
        """Answer an rpc whose requests and replies are streams.

        Raises:
            RpcError: The code and text with which the stream failed; replies may have come before.
        """
        with _told():
            with self._working():
                handler = self._handler(router.STREAMS, name, metadata, Code.UNAUTHENTICATED)
            yield from handler(self, iter(messages))

    def _handler(
        self,
        handlers: Mapping[str, router.RpcHandler],
        name: str,
        metadata: Mapping[str, str] | None,
        unknown_user: Code,
    ) -> router.RpcHandler:
        """What answers an rpc, for those who may make it."""
        if name not in handlers:
            raise RpcError(Code.UNIMPLEMENTED, unsupported(f"the rpc {name}").text)
        try:
            access.check_rpc(self.settings, name, _lower(metadata))
        except Refusal as refusal:
            raise RpcError(Code.PERMISSION_DENIED if refusal.status == 403 else unknown_user, refusal.text) from None
        return handlers[name]

    @contextmanager
    def _working(self) -> Iterator[None]:
        """One request at a time, none after the end, each after the chores, such as deleting what has expired."""
        with self.lock:
            if self._closed:
                raise LiteError("this engine is closed")
            for chore in router.CHORES:
                chore(self)
            yield


@contextmanager
def _told() -> Iterator[None]:
    """Tell as gRPC does what is refused, and what is wrong with the data file."""
    try:
        yield
    except Refusal as refusal:
        raise RpcError(Code.UNKNOWN, refusal.text) from None
    except sqlite3.Error as error:
        raise RpcError(Code.UNKNOWN, f"data file: {error}") from error


def _unexpected(what: str, error: Exception) -> str:
    """What is answered where lite has a mistake; the log has the traceback."""
    logger.error("lite: %s failed", what, exc_info=error)
    return f"lite has failed, which is a mistake in it: {type(error).__name__}: {error}"


def _lower(headers: Mapping[str, str] | None) -> Mapping[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}
