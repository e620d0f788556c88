"""The engine: what a Weaviate server does, behind two synchronous, thread-safe entry points, `rest` and `rpc`.

It knows neither sockets nor threads: one lock stands around everything, so that each request sees all finished writes.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from weaviate_hl.lite import (
    aggregate,
    aliases,
    backup,
    batch,
    listing,
    objects_rest,
    query,
    router,
    schema,
    server,
    tenants,
    tokenization,
    ttl,
)
from weaviate_hl.lite.catalogue import Catalogue
from weaviate_hl.lite.errors import Code, LiteError, Refusal, RpcError, unsupported
from weaviate_hl.lite.modules import Modules, Vectorizer
from weaviate_hl.lite.settings import Settings
from weaviate_hl.lite.storage import Storage

HANDLERS = (aggregate, aliases, backup, batch, listing, objects_rest, query, schema, server, tenants, tokenization)
"""The modules whose functions answer requests: to import one is to register it."""

Answer = tuple[int, dict[str, str], Any]


class Engine:
    """A Weaviate in this process.

    Args:
        path: The data file, made if it is not there; without one, data lives in memory until `close`.
        settings: The server's own settings, by their names; the environment fills in what is not given.
        vectorizers: Functions from texts to vectors, by the names of the modules that they stand for.
        environ: What counts as the environment.

    Raises:
        LiteError: A setting is unknown or wrong; the file is in use, damaged, or newer than this version.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        settings: Mapping[str, object] | None = None,
        vectorizers: Mapping[str, Vectorizer] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.settings = Settings(settings, environ)
        self.modules = Modules(self.settings, vectorizers or {})
        self.storage = Storage(path)
        self.catalogue = Catalogue(self.storage)
        self.lock = threading.RLock()
        self.state: dict[str, Any] = {}
        """What handlers remember until the engine is closed, such as the progress of backups."""
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
                ttl.delete_if_due(self)
                call = router.route(method, path, query, body, _lower(headers))
                if call.operation.tag not in _OPEN:
                    call.user = self._user(call.headers, status=401)
                    if (call.operation.tag, call.operation.name) not in _OWN:
                        self._authorize(call.user, reading=call.operation.method in ("GET", "HEAD"))
                answer = router.handler_of(call.operation)(self, call)
                return next(iter(call.operation.results)), {}, answer
        except Refusal as refusal:
            return refusal.status, {}, None if method == "HEAD" else refusal.body()
        except sqlite3.Error as error:
            return 500, {}, Refusal(f"data file: {error}").body()

    def rpc(self, name: str, message: Any, metadata: Mapping[str, str] | None = None) -> Any:
        """Answer an rpc.

        Args:
            name: The name of the rpc, such as `Search`.
            message: Its request, a message of `weaviate_gen.grpc`.
            metadata: What gRPC sends beside the message.

        Raises:
            RpcError: The code and text with which the rpc failed.
        """
        return self._answer(router.RPC, name, message, metadata, Code.UNKNOWN)

    def stream(self, name: str, messages: Iterable[Any], metadata: Mapping[str, str] | None = None) -> Iterator[Any]:
        """Answer an rpc whose requests and replies are streams.

        Raises:
            RpcError: The code and text with which the stream failed; replies may have come before.
        """
        replies = self._answer(router.STREAMS, name, iter(messages), metadata, Code.UNAUTHENTICATED)
        try:
            yield from replies
        except Refusal as refusal:
            raise RpcError(Code.UNKNOWN, refusal.text) from None

    def _answer(
        self,
        handlers: Mapping[str, Callable[[Engine, Any], Any]],
        name: str,
        message: Any,
        metadata: Mapping[str, str] | None,
        unknown_user: Code,
    ) -> Any:
        handler = handlers.get(name)
        if handler is None:
            raise RpcError(Code.UNIMPLEMENTED, unsupported(f"the rpc {name}").text)
        try:
            with self._working():
                try:
                    user = self._user(_lower(metadata), status=0)
                except Refusal as refusal:
                    raise RpcError(unknown_user, refusal.text) from None
                try:
                    self._authorize(user, reading=name in _READING)
                except Refusal as refusal:
                    raise RpcError(Code.PERMISSION_DENIED, refusal.text) from None
                ttl.delete_if_due(self)
                return handler(self, message)
        except Refusal as refusal:
            raise RpcError(Code.UNKNOWN, refusal.text) from None
        except sqlite3.Error as error:
            raise RpcError(Code.UNKNOWN, f"data file: {error}") from error

    def _working(self) -> threading.RLock:
        if self._closed:
            raise LiteError("this engine is closed")
        return self.lock

    def _user(self, headers: Mapping[str, str], status: int) -> str | None:
        """Who asks: a user of the API keys, or None for anonymous."""
        scheme, _, key = headers.get("authorization", "").partition(" ")
        settings = self.settings
        if scheme.lower() == "bearer" and key:
            if user := settings.user_of(key):
                return user
            reason = "unauthorized: invalid api key" if settings.authentication_apikey_enabled else _NO_SCHEME
        elif settings.authentication_anonymous_access_enabled:
            return None
        else:
            ways = "[API-keys]" if settings.authentication_apikey_enabled else "[]"
            reason = (
                "anonymous access not enabled. Please authenticate through one of the available methods: " + ways
                if status
                else "unauthorized: invalid api key"
            )
        raise Refusal(reason, status, code=status) if status else Refusal(f"extract auth: {reason}")

    def _authorize(self, user: str | None, *, reading: bool) -> None:
        if not self.settings.allows(user, reading=reading):
            name = user or "anonymous"
            what = f"forbidden action: user '{name}' has insufficient permissions"
            raise Refusal(f"adminlist: authorization, {what}", 403)


_OPEN = ("well_known",)  # the tags of operations that answer anyone
_OWN = (("meta", "get"), ("users", "get_own_info"))  # operations that answer every user
_READING = ("Search", "Aggregate", "TenantsGet")

_NO_SCHEME = (
    "no authentication scheme is configured (API Key or OIDC), but an 'Authorization' header was provided. "
    "Please configure "
    "an auth scheme or remove the header for anonymous access"
)


def _lower(headers: Mapping[str, str] | None) -> Mapping[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


__all__: Sequence[str] = ("Answer", "Engine")
