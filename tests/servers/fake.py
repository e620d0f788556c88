"""A stand-in of a Weaviate server in this process.

    with FakeWeaviate(version="1.38.11") as server:
        server.on_rest("GET", "/v1/schema", {"classes": []})
        server.on_rest("POST", "/v1/objects", lambda request: (200, request.json()))
        server.on_rpc(WeaviateMethods.Search, lambda message, call: SearchReply(took=0.1))
        server.fail(HttpFault(status=503, retry_after=1), on="GET /v1/schema", at=1)
        server.fail(RpcFault(grpc.StatusCode.UNAVAILABLE, "going away"), on=WeaviateMethods.Search, at=[1, 2])
        ...                                              # http://127.0.0.1:{server.port}, 127.0.0.1:{server.grpc_port}
        assert server.rpcs(WeaviateMethods.Search)[0].message.collection == "Article"
        assert server.requests("/v1/schema")[0].headers["authorization"] == "Bearer key"

Without a script it answers like a fresh server to meta, live, ready, openid-configuration, and the health check over
native gRPC and gRPC-web. What has no answer is 501, or UNIMPLEMENTED, with a text that says so.

Do not fork a process in which it runs (grpcio's server does not survive that): `FakeProcess` is for such tests.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any, Literal
from urllib.parse import urlsplit

import grpc
from google.protobuf.message import DecodeError, Message
from weaviate_gen.grpc import METHODS, WEB_PATH, WEB_SINCE, HealthMethods, Method
from weaviate_gen.grpc.v1.health_weaviate_pb2 import WeaviateHealthCheckResponse

from . import grpc_web
from .certificates import Pair
from .dead import BlackHole
from .faults import HttpFault, RpcFault, Rule
from .http_wire import Answer, Handler, HttpServer, Received, Reply, as_reply, matcher
from .native import NativeServer
from .sockets import Address, ReservedPort

RpcAnswer = Message | Callable[..., Any]
"""A reply, or `(message, call) -> reply`; of a streaming rpc `(iterator of messages, call) -> iterator of replies`."""

_OPEN = ("/v1/.well-known/live", "/v1/.well-known/ready", "/v1/.well-known/openid-configuration")


class FakeWeaviate(HttpServer):
    """Weaviate on two ports of 127.0.0.1, over HTTP/1.1 and native gRPC.

    version: what meta says; servers before 1.38.3 have no gRPC-web (`web` overrides that).
    grpc: "on", "off" (the port refuses), "silent" (it takes connections and never answers) or "unreachable" (connecting
        to it never succeeds).
    certificate: speak TLS on both ports, as this server. client_ca: and demand client certificates of this authority.
    api_keys: accept these only. authorize: accept a bearer token if this returns None; its text is the refusal. With
        both, what looks like a JWT is for `authorize`.
    max_message_size: what meta says and both ways of gRPC hold to; None: meta does not say, nothing is refused.
    ready: what `/v1/.well-known/ready` says. `server.ready` can be changed at any time.
    openid: the answer of openid-configuration; 404 without. `openid_of` makes one.
    """

    def __init__(
        self,
        *,
        version: str = "1.38.11",
        grpc: Literal["on", "off", "silent", "unreachable"] = "on",
        web: bool | None = None,
        certificate: Pair | None = None,
        client_ca: str | None = None,
        api_keys: Iterable[str] = (),
        authorize: Callable[[str], str | None] | None = None,
        max_message_size: int | None = 104_858_000,
        ready: bool = True,
        openid: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(tls=certificate.server_context(client_ca) if certificate else None)
        self.version = version
        self.web = tuple(map(int, version.split("-")[0].split("."))) >= _SINCE if web is None else web
        self.max_message_size = max_message_size
        self.ready = ready
        self.openid = openid
        self.modules: dict[str, Any] = {}
        self.grpc_port = 0
        self._api_keys = frozenset((api_keys,) if isinstance(api_keys, str) else api_keys)
        self._authorize = authorize
        self._grpc_kind = grpc
        self._credentials = certificate.grpc_server_credentials(client_ca) if certificate else None
        self._grpc_stopping = threading.Event()
        self._grpc_reserved: ReservedPort | None = None
        self._black_hole: BlackHole | None = None
        self._native = NativeServer(self._serve_rpc, self._record_native)
        self._rest: list[tuple[Callable[[Received], bool], Answer | Handler]] = []
        self._rpc: dict[str, RpcAnswer] = {}
        self.on_rest("GET", "/v1/meta", lambda request: self.meta())
        self.on_rest("GET", "/v1/.well-known/live", 200)
        self.on_rest("GET", "/v1/.well-known/ready", lambda request: 200 if self.ready else 503)
        self.on_rest("GET", "/v1/.well-known/openid-configuration", lambda request: self.openid or 404)
        self.on_rpc(
            HealthMethods.Check, WeaviateHealthCheckResponse(status=WeaviateHealthCheckResponse.ServingStatus.SERVING)
        )

    # Its life

    @property
    def grpc_address(self) -> Address:
        return self.host, self.grpc_port

    def start(self) -> None:
        super().start()
        try:
            if self._grpc_kind in ("silent", "unreachable"):
                self._black_hole = BlackHole("read" if self._grpc_kind == "silent" else "connect")
                self._black_hole.start()
                self.grpc_port = self._black_hole.port
                return
            self._grpc_reserved = ReservedPort(self.host)
            self.grpc_port = self._grpc_reserved.port
            if self._grpc_kind == "on":
                self.start_grpc()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self.stopping.set()
        self.stop_grpc()
        if self._black_hole is not None:
            self._black_hole.stop()
        super().stop()
        if self._grpc_reserved is not None:
            self._grpc_reserved.close()

    def start_grpc(self) -> None:
        """Listen for native gRPC (again), on the same port."""
        self._grpc_stopping.clear()
        self._native.start(f"{self.host}:{self.grpc_port}", self._credentials)

    def stop_grpc(self) -> None:
        """End native gRPC: calls in flight fail with UNAVAILABLE, the port refuses."""
        self._grpc_stopping.set()
        self._native.stop()

    # Its script

    def on_rest(self, method: str, path: str, answer: Answer | Handler) -> None:
        """Answer requests to a path (`*` stands for anything) with this, or with what the function returns.

        An answer is a `Reply`, a status, a status and a body, or JSON. What was said last counts.
        """
        self._rest.append((matcher(f"{method} {path}"), answer))

    def on_rpc(self, method: Method[Any, Any] | str, answer: RpcAnswer) -> None:
        """Answer an rpc (`WeaviateMethods.Search` or "Search") with a message, or with what a function returns.

        The function gets the message (a streaming rpc: an iterator of messages) and the call, a `Received`. It may
        raise `RpcFault`; `call.wait(seconds)` ends early when the client or the server does.
        """
        self._rpc[_method(method).path] = answer

    def fail(
        self,
        fault: HttpFault | RpcFault,
        on: str | Method[Any, Any] | None = None,
        at: int | Container[int] | None = None,
    ) -> Rule:
        """Let requests fail: those to a path, those of an rpc, or any; all of them, or the first, second, ... of them.

        An HttpFault on an rpc is for gRPC-web; an RpcFault is for gRPC-web and native gRPC.
        """
        if isinstance(fault, HttpFault):
            return self.rules.add(fault, matcher(WEB_PATH + on.path if isinstance(on, Method) else on), at)
        path = None if on is None else _method(on).path
        return self.rules.add(fault, lambda call: call.protocol != "http" and path in (None, call.path), at)

    def rpcs(self, method: Method[Any, Any] | str | None = None) -> list[Received]:
        """The rpcs received, over native gRPC and gRPC-web, in their order."""
        path = None if method is None else _method(method).path
        return [call for call in list(self.received) if call.protocol != "http" and path in (None, call.path)]

    def forget(self) -> None:
        """Empty the record."""
        with self._lock:
            self.received.clear()

    def meta(self) -> dict[str, Any]:
        """What `/v1/meta` says."""
        size = {} if self.max_message_size is None else {"grpcMaxMessageSize": self.max_message_size}
        return {**size, "hostname": self.url, "modules": self.modules, "version": self.version}

    # What it does

    def answer(self, received: Received) -> Answer:
        if received.target == "*":  # the first line of HTTP/2: a gRPC client at the wrong port
            return Reply(404, {"code": 404, "message": "path * was not found"}, close=True)
        if self.web and received.target.startswith(WEB_PATH + "/"):
            return self._answer_web(received)
        if received.path not in _OPEN and (refused := self._refusal(received)) is not None:
            if "authorization" in received.headers:
                return 401, {"code": 401, "message": refused}
            methods = ", ".join(["API-keys"] * bool(self._api_keys) + ["OIDC"] * bool(self._authorize))
            return 401, (
                '{"code":401,"message": "anonymous access not enabled. '
                f'Please authenticate through one of the available methods: [{methods}]" }}'
            )
        for matches, answer in reversed(self._rest):
            if matches(received):
                return as_reply(answer(received) if callable(answer) else answer)
        if received.path.startswith(WEB_PATH):
            return 404, {"code": 404, "message": f"path {received.path} was not found"}
        return 501, {"code": 501, "message": f"the fake has no answer to {received.method} {received.path}"}

    def _refusal(self, received: Received) -> str | None:
        """Why a request is refused; None if it is not."""
        if not self._api_keys and self._authorize is None:
            return None
        scheme, _, credentials = received.headers.get("authorization", "").partition(" ")
        token = credentials if scheme.lower() == "bearer" else ""
        if self._authorize is not None and (not self._api_keys or token.count(".") == 2):
            return self._authorize(token)
        return None if token in self._api_keys else "unauthorized: invalid api key"

    def _answer_web(self, received: Received) -> Answer:
        """The gRPC-web of 1.38: what is no rpc is an HTTP error, what fails as an rpc is in headers."""
        nothing = Reply(404, "Not Found\n")
        method = METHODS.get(urlsplit(received.target).path.removeprefix(WEB_PATH))
        if method is None or received.headers.get("content-type", "").partition(";")[0] not in grpc_web.CONTENT_TYPES:
            return nothing
        if received.protocol == "http":
            return Reply(405, "Method Not Allowed\n", {"Allow": "POST"})
        if method.client_streaming:
            return Reply(505, "bidi streams require HTTP/2\n")
        try:
            if "grpc-timeout" in received.headers:
                received.deadline = received.at + grpc_web.timeout(received.headers["grpc-timeout"])
        except ValueError as error:
            return Reply(400, f"{error}\n")
        encoding = received.headers.get("grpc-encoding", "")
        try:
            (message,) = self._serve_rpc(method, received, iter((grpc_web.read(received.body, encoding),)))
        except grpc_web.BadFrame as error:
            code = grpc.StatusCode.UNKNOWN if "EOF" in str(error) else grpc.StatusCode.INTERNAL
            return Reply(headers=grpc_web.failure(code.value[0], str(error), {}))
        except RpcFault as fault:
            code = fault.code or grpc.StatusCode.UNKNOWN
            return Reply(headers=grpc_web.failure(code.value[0], fault.details, fault.trailers))
        compress = encoding == "gzip"
        headers = {"Content-Type": grpc_web.CONTENT_TYPE} | ({"Grpc-Encoding": "gzip"} if compress else {})
        body = grpc_web.frame(message, compress=compress) + grpc_web.trailers(received.trailers)
        return Reply(200, body, headers, chunked=True)

    def record(self, received: Received) -> None:
        path = urlsplit(received.target).path.removeprefix(WEB_PATH)
        if self.web and received.method == "POST" and received.path.startswith(WEB_PATH) and path in METHODS:
            received.protocol, received.method, received.path = "grpc-web", METHODS[path].name, path
        super().record(received)

    def _record_native(self, received: Received) -> None:
        super().record(received)
        received.stopping = self._grpc_stopping

    def _serve_rpc(self, method: Method[Any, Any], call: Received, data: Iterator[bytes]) -> Iterator[bytes]:
        """One rpc, of either protocol."""
        if method is not HealthMethods.Check and (refused := self._refusal(call)) is not None:
            if method.client_streaming:
                raise RpcFault(grpc.StatusCode.UNAUTHENTICATED, refused)
            raise RpcFault(grpc.StatusCode.UNKNOWN, f"extract auth: {refused}")
        messages = self._messages(method, call, data)
        first = None if method.client_streaming else next(messages)
        if fault := self.rules.find(call, RpcFault):
            if fault.hang or fault.delay:
                self._wait(call, None if fault.hang else fault.delay)
            if fault.code is not None:
                raise fault
        if (answer := self._rpc.get(method.path)) is None:
            raise RpcFault(grpc.StatusCode.UNIMPLEMENTED, f"the fake has no answer to {method.name}")
        reply: Any = answer(messages if first is None else first, call) if callable(answer) else answer
        if call.deadline is not None and time.monotonic() >= call.deadline:
            raise _late()
        for message in reply if method.server_streaming else (reply,):
            packed = message.SerializeToString()
            self._check("trying to send", len(packed))
            yield packed

    def _messages(self, method: Method[Any, Any], call: Received, data: Iterator[bytes]) -> Iterator[Message]:
        for packed in data:
            call.body = packed
            self._check("received", len(packed))
            try:
                call.messages.append(method.request.FromString(packed))
            except DecodeError:
                raise RpcFault(
                    grpc.StatusCode.INTERNAL,
                    "grpc: error unmarshalling request: proto:\xa0cannot parse invalid wire-format data",
                ) from None
            yield call.messages[-1]

    def _check(self, verb: str, size: int) -> None:
        if self.max_message_size is not None and size > self.max_message_size:
            words = f"grpc: {verb} message larger than max ({size} vs. {self.max_message_size})"
            raise RpcFault(grpc.StatusCode.RESOURCE_EXHAUSTED, words)

    @staticmethod
    def _wait(call: Received, seconds: float | None) -> None:
        if call.deadline is not None:
            left = call.deadline - time.monotonic()
            if seconds is None or left <= seconds:
                call.wait(max(0.0, left))
                raise _late()
        if not call.wait(seconds):
            raise RpcFault(grpc.StatusCode.CANCELLED, "the client has gone or the fake ends")


def openid_of(issuer: str, client_id: str, scopes: Iterable[str] = ()) -> dict[str, Any]:
    """What a server says at openid-configuration that trusts this issuer."""
    href = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    return {"clientId": client_id, "href": href} | ({"scopes": list(scopes)} if scopes else {})


_SINCE = tuple(map(int, WEB_SINCE.split(".")))


def _late() -> RpcFault:
    return RpcFault(grpc.StatusCode.DEADLINE_EXCEEDED, "context deadline exceeded")


def _method(method: Method[Any, Any] | str) -> Method[Any, Any]:
    if isinstance(method, Method):
        return method
    (found,) = (each for each in METHODS.values() if each.name == method)
    return found
