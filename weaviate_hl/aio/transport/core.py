"""The transport: takes an operation, gives its answer. Credentials, retries, timeouts, errors and the choice between
native gRPC and gRPC over HTTP are here and nowhere else.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast
from weakref import WeakSet

from weaviate_gen.grpc import WEB_SINCE, HealthMethods
from weaviate_gen.rest.api.meta import get as meta
from weaviate_gen.rest.api.well_known import openid_configuration, ready
from weaviate_gen.rest.errors import MalformedBody
from weaviate_gen.rest.operation import Request

from weaviate_hl import errors
from weaviate_hl.aio.transport.stream import Stream
from weaviate_hl.aio.transport.tokens import Tokens
from weaviate_hl.aio.transport.web import Web
from weaviate_hl.answers import Answer, Broken, RpcFailed
from weaviate_hl.auth import AuthCredentials, OidcAuth
from weaviate_hl.call_options import CURRENT
from weaviate_hl.colour.aio import (
    ASYNC,
    Calls,
    Kept,
    Lock,
    Semaphore,
    in_loop,
    in_thread,
    locked,
    sleep,
    together,
    within,
)
from weaviate_hl.deadline import Deadline
from weaviate_hl.fork import GATE, POLLING
from weaviate_hl.log import logger, warn
from weaviate_hl.op import Op, RestOp, RpcOp, Unfinished
from weaviate_hl.policy import Failure, Stage
from weaviate_hl.telemetry import Call
from weaviate_hl.versions import LOWEST, Version, require

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.http import Http
    from weaviate_hl.aio.transport.native import Native
    from weaviate_hl.settings import AdditionalConfig, ConnectionParams

T = TypeVar("T")
DEFAULT_LIMIT = 104_858_000
SECRETS = ("key", "authorization", "secret", "token", "cookie", "password")
AT_ONCE = 64
"""Calls in flight at most, asynchronously: more at once only make each other, and the event loop, slower."""
AT_A_TURN = 32
"""Calls that begin in one turn of the event loop, of hundreds that are made at once."""

NOT_TLS = ("wrong version number", "record layer failure", "packet length too long", "unknown protocol")
HUNG_UP = ("Socket closed", "Connection reset by peer", "Connection reset by peer (104)")
WANTS_TLS = "the port speaks TLS"
FORKED = "Native gRPC cannot be used asynchronously in the child of a process that has used it so"
TLS_PROXY = "Native gRPC cannot use a proxy that is itself reached by https"
REMEDIES = {
    WANTS_TLS: "Connect with grpc_secure=True",
    FORKED: "Start processes with multiprocessing.get_context('spawn'), or use AdditionalConfig(grpc=\"web\")",
    TLS_PROXY: 'Give gRPC a proxy reached by http, Proxies(grpc="http://..."), or use AdditionalConfig(grpc="web")',
}
_abandoned: list[Any] = []  # what a parent process opened: a child must neither use nor close it


class Failed(Exception):
    """An attempt that failed: what it was for the policy, and the error it is if there is no other attempt."""

    def __init__(self, failure: Failure, error: errors.WeaviateBaseError, header: str | None = None) -> None:
        super().__init__(error)
        self.failure = failure
        self.error = error
        self.header = header


class Transport:
    """A connection to one server.

    Args:
        params: Where the server is.
        config: Everything else about the connection.
        credentials: How to log in.
        headers: Sent with every request, over both protocols.
    """

    def __init__(
        self,
        params: ConnectionParams,
        config: AdditionalConfig,
        credentials: AuthCredentials | None,
        headers: Mapping[str, str],
    ) -> None:
        self.params = params
        self.config = config
        self.credentials = credentials
        self.headers = headers
        self.version = ""
        self.limit = DEFAULT_LIMIT
        self.connected = False
        self._wanted = config.grpc if config.tls.ssl_context is None else "web"
        self.protocol = "native" if self._wanted == "auto" else self._wanted
        self._copied = False
        self._kept: Kept | None = None
        self._turns: dict[object, Lock] = {}
        self._sleeping = False  # to be connected by the first call, after unpickling
        self._undecided = self._wanted == "auto"

    async def _open(self) -> None:
        with GATE:  # modules are imported: a child of a fork in the middle would wait for import's locks for ever
            self._http, self._native = self._channels()
        self._web = Web(self._http, self.params.base_url)
        self._tokens = Tokens(self.credentials, self._http, copied=self._copied)
        self._deciding = Lock()
        self._streams: WeakSet[Stream[Any]] = WeakSet()
        self._calls = Calls()
        self._kept = Kept(self, [channel for channel in (self._native, self._http) if channel is not None])
        await self._kept.begin()
        if ASYNC:
            self._loop = asyncio.get_running_loop()
            self._slots = Semaphore(AT_ONCE)
        self._process = os.getpid()  # last: other threads go by it

    def _channels(self) -> tuple[Http, Native | None]:
        from weaviate_hl.aio.transport.http import Http  # not before: lite does without these libraries
        from weaviate_hl.aio.transport.native import Native

        tls = self.params.http.secure or isinstance(self.credentials, OidcAuth)
        native = None
        if self._wanted != "web":
            obstacle = self._obstacle()
            if obstacle and self._wanted == "native":
                raise errors.WeaviateGRPCUnavailableError(obstacle, hint=REMEDIES[obstacle])
            native = None if obstacle else Native(self.params.grpc, self.config)
        return Http(self.params.http, self.config, tls=tls), native

    def _obstacle(self) -> str | None:
        """Why native gRPC cannot be used, if so; the texts of `REMEDIES`."""
        if ASYNC:  # noqa: SIM102 - the twin knows this form only
            if POLLING.in_parent:
                return FORKED
        from weaviate_hl.trust import proxy_for

        if (proxy_for(self.config, "grpc", self.params.grpc) or "").startswith("https:"):
            return TLS_PROXY
        return None

    @property
    def place(self) -> str:
        """Where it leads, for people."""
        return self.params.base_url

    # Connecting

    def turn(self) -> Lock:
        """Held by the one who connects: others who want to wait, and find the connection open.

        There is one for each process, as a child may inherit one that is held, and for each event loop.
        """
        if ASYNC:
            return self._turns.setdefault((os.getpid(), id(asyncio.get_running_loop())), Lock())
        else:
            return self._turns.setdefault(os.getpid(), Lock())

    async def connect(self, *, checks: bool = True) -> None:
        """Open the connection; with checks, see that the server is there, ready, and new enough.

        Raises:
            WeaviateConnectionError: It cannot be reached, or is not ready, or not a Weaviate server.
        """
        if self.connected:
            self._check_loop()
            return
        _warn_of_plain_secrets(self.params, self.credentials, self.headers)
        await self._open()
        self._sleeping = False
        try:
            if checks:
                await self._check(self._patience())
            elif self._tokens.needs_provider:
                await self._log_in(self._patience())
        except errors.WeaviateConnectionError:
            if self._kept is not None:
                await self.close()
                raise
        except BaseException:
            await self.close()
            raise
        if self._kept is None:  # somebody did not wait
            raise errors.WeaviateClosedClientError("The client was closed while it was connecting")
        self.connected = True

    async def _check(self, deadline: Deadline) -> None:
        told, _, native, web = await together(
            lambda: self._ask_meta(deadline),
            lambda: self._check_ready(deadline),
            lambda: self._probe("native", deadline),
            lambda: self._probe("web", deadline),
        )
        self.version = str((told or {}).get("version", ""))
        if not self.version:
            raise errors.WeaviateStartUpError(f"What answers at {self.params.base_url} is not a Weaviate server")
        if Version.parse(self.version) < Version.parse(LOWEST):
            raise errors.WeaviateStartUpError(
                f"The server is version {self.version}, this client needs {LOWEST} or later", hint="Upgrade the server"
            )
        self.limit = (told or {}).get("grpcMaxMessageSize") or DEFAULT_LIMIT
        if not isinstance(self.limit, int):
            raise errors.WeaviateStartUpError(
                f"The server at {self.params.base_url} names a grpcMaxMessageSize that is no number: {self.limit!r}"
            )
        self._choose(native, web)

    async def _log_in(self, deadline: Deadline) -> None:
        configuration = await self._ask(openid_configuration.request(), deadline, [], absent=404)
        await self._tokens.discover(configuration, deadline)

    async def _ask_meta(self, deadline: Deadline) -> dict[str, Any] | None:
        if self._tokens.needs_provider:
            await self._log_in(deadline)
        headers, _ = await self._headers(deadline, None)
        return await self._ask(meta.request(), deadline, list(headers.items()))

    async def _check_ready(self, deadline: Deadline) -> None:
        answer = await self._answer(ready.request(), deadline, [])
        if answer.status == 503:
            raise errors.WeaviateStartUpError(
                f"The server at {self.params.base_url} is not ready", hint="Wait until it has started, then try again"
            )

    async def _ask(
        self, request: Request, deadline: Deadline, headers: list[tuple[str, str]], absent: int | None = None
    ) -> dict[str, Any] | None:
        """The JSON that one of the requests while connecting is answered with."""
        answer = await self._answer(request, deadline, headers)
        if answer.status == absent:
            return None
        if answer.status == 400 and b"HTTPS" in answer.body:
            raise errors.WeaviateConnectionError(
                f"The server at {self.params.http.address} speaks https, not http", hint="Connect with http_secure=True"
            )
        if answer.status in (401, 403):
            raise errors.from_answer("Connecting", answer.status, self._hide(_text(answer)))
        try:
            told = json.loads(answer.body)
        except ValueError:
            told = None
        if answer.status != 200 or not isinstance(told, dict):
            raise errors.WeaviateStartUpError(
                f"What answers at {self.params.base_url} is not a Weaviate server: "
                f"{request.path} gives status {answer.status}"
            )
        return told

    async def _answer(self, request: Request, deadline: Deadline, headers: list[tuple[str, str]]) -> Answer:
        try:
            return await self._http.send(request.method, self.params.base_url + request.path, headers, None, deadline)
        except TimeoutError as error:
            raise deadline.error(f"Connecting to {self.params.base_url}") from error
        except Broken as error:
            raise self._unreachable(error) from error

    def _patience(self) -> Deadline:
        """The time that connecting has as a whole."""
        return Deadline(self.config.timeout.init)

    def _unreachable(self, broken: Broken) -> errors.WeaviateConnectionError:
        """The error of an HTTP port that does not answer."""
        reason = broken.reason.lower()
        hint = "Is the server running, and is this its address?"
        if broken.stage == "TLS":
            hint = "Give its certificate authority: AdditionalConfig(tls=TLS(ca_file=...))"
            if any(word in reason for word in NOT_TLS):
                hint = "The server speaks http, not https: connect with http_secure=False"
        elif broken.sent and ("illegal" in reason or "malformed" in reason or "h2" in reason or "invalid" in reason):
            hint = "It does not speak HTTP/1.1: is this the gRPC port?"
        error = errors.WeaviateConnectionError(
            f"No HTTP connection to {self.params.base_url}: {broken.stage}: {broken.reason}", hint=hint
        )
        error.outcome = "unknown" if broken.sent else "not sent"
        return error

    async def _probe(self, protocol: str, deadline: Deadline) -> RpcFailed | None:
        """Ask the health service over one of the protocols, without credentials; None means it answered."""
        if self._wanted not in ("auto", protocol):
            return None
        if protocol == "native" and self._native is None:
            return RpcFailed("UNAVAILABLE", self._obstacle() or "")
        channel = self._web if protocol == "web" or self._native is None else self._native
        try:
            await channel.call(HealthMethods.Check, b"", [], deadline)
        except RpcFailed as failed:
            if failed.wants_credentials:  # of which it was given none
                return None
            return await self._hung_up(failed, deadline) if protocol == "native" else failed
        except (Broken, TimeoutError) as error:
            return RpcFailed("UNAVAILABLE", str(error) or "no answer in time")
        return None

    async def _hung_up(self, failed: RpcFailed, deadline: Deadline) -> RpcFailed:
        """A port that hung up may want TLS: it is asked."""
        from weaviate_hl.trust import proxy_for, speaks_tls

        where = self.params.grpc
        plain = not where.secure and proxy_for(self.config, "grpc", where) is None
        if not plain or not failed.text.endswith(HUNG_UP):
            return failed
        tls = await in_thread(partial(speaks_tls, where.host, where.port, deadline))
        return RpcFailed("UNAVAILABLE", WANTS_TLS) if tls else failed

    def _choose(self, native: RpcFailed | None, web: RpcFailed | None) -> None:
        """Settle how gRPC travels, from what the probes found."""
        if native is None and self._wanted != "web":
            self.protocol = "native"
        elif web is None and (self._wanted == "web" or (self._wanted == "auto" and native and _has_no_grpc(native))):
            self.protocol = "web"
            if native is not None and self._wanted == "auto":
                logger.info(
                    "the gRPC port %s does not answer (%s): gRPC goes over the HTTP port",
                    self.params.grpc.address,
                    native.text,
                )
        elif self._wanted != "web" and native is not None:
            raise errors.WeaviateGRPCUnavailableError(
                f"No native gRPC connection to {self.params.grpc.address}: {_stage(native)}: {native.text}",
                status=native.code,
                hint=_advice(native, web, self.version),
            )
        else:
            raise errors.WeaviateGRPCUnavailableError(
                f"No gRPC over HTTP at {self.params.base_url}: {web.text if web else ''}",
                status=web.code if web else None,
                hint=f'Servers before {WEB_SINCE} need grpc="native"',
            )
        self._undecided = False

    # Calls

    async def execute(self, op: Op[T], *, timeout: float | None = None, headers: Mapping[str, str] | None = None) -> T:
        """Run an operation: with credentials, retries where they are safe, and within its time as a whole.

        Args:
            op: The operation.
            timeout: Its time in seconds, instead of the one that the client has for its class.
            headers: Sent with this call alone.
        """
        await self._ready()
        if ASYNC:
            await self._calls.queue(AT_A_TURN)
        if self.config.telemetry is None:
            return await self._execute(op, timeout, headers)
        over, where = (self.protocol, self.params.grpc) if isinstance(op, RpcOp) else ("http", self.params.http)
        end = self.config.telemetry(Call(op.name, where.host, where.port, over))
        try:
            result = await self._execute(op, timeout, headers)
        except BaseException as error:
            end(error)
            raise
        end(None)
        return result

    async def _execute(self, op: Op[T], timeout: float | None, headers: Mapping[str, str] | None) -> T:
        if op.since is not None and self.version:
            require(op.doing, op.since, self.version)
        options = CURRENT.get()
        if timeout is None:
            timeout = options.timeout or getattr(self.config.timeout, op.timeout)
        deadline, headers = Deadline(timeout), {**options.headers, **(headers or {})}
        try:
            async with self._calls.scope():
                return await self._attempts(op, deadline, headers, op.idempotent or bool(options.retry_writes))
        except Exception as error:
            if self.connected:
                raise
            raise errors.WeaviateClosedClientError(
                f"{op.doing}: the client was closed, and what the server has done is not known", operation=op.name
            ) from error

    async def _attempts(self, op: Op[T], deadline: Deadline, headers: Mapping[str, str], repeatable: bool) -> T:
        attempt, renewed = 0, False
        while True:
            attempt += 1
            try:
                if isinstance(op, RestOp):
                    return await self._rest(cast(RestOp[T], op), deadline, headers)
                return await self._rpc(cast(RpcOp[T], op), deadline, headers)
            except TimeoutError as error:
                raise deadline.error(op.doing, op.name, attempt) from error
            except Failed as failed:
                refused = isinstance(failed.error, errors.UnauthenticatedError)
                if refused and not renewed and self._tokens.expire(failed.header):
                    renewed = True
                    continue
                left = deadline.remaining()
                pause = self.config.retry.pause(
                    failed.failure, attempt, repeatable, float("inf") if left is None else left, random.random
                )
                if pause is None or not self.connected:
                    failed.error.attempts = attempt
                    raise failed.error from failed.__cause__
                logger.debug("%s: attempt %d failed, next in %.2f s: %s", op.name, attempt, pause, failed.error.message)
                await self._calls.pause(pause)

    async def _rest(self, op: RestOp[T], deadline: Deadline, extra: Mapping[str, str] | None) -> T:
        request = op.request
        headers, authorization = await self._headers(deadline, extra)
        content = None
        if request.body is not None:
            headers["content-type"] = "application/json"
            try:
                content = json.dumps(request.body, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
            except (TypeError, ValueError, RecursionError) as error:
                raise errors.WeaviateInvalidInputError(f"{op.doing}: the body is not JSON: {error}") from None
        sent = [*headers.items(), *request.headers.items()]
        url = self.params.base_url + request.path
        try:
            answer = await self._http.send(request.method, url, sent, content, deadline, request.query)
        except Broken as error:
            unreachable = self._unreachable(error)
            unreachable.operation = op.name
            unreachable.message = f"{op.doing} failed: {unreachable.message}"
            raise Failed(Failure("broken" if error.sent else "connect"), unreachable) from error
        if answer.status in op.absent:
            return None  # type: ignore[return-value]  # an op with `absent` says so in its type
        if answer.status not in request.operation.results:
            told = errors.from_answer(
                op.doing,
                answer.status,
                self._hide(_text(answer)),
                op.error,
                operation=op.name,
                request_id=answer.headers.get("x-request-id"),
            )
            raise Failed(Failure("answer", answer.status, _retry_after(answer.headers)), told, authorization)
        try:
            return op.parse(answer.status, answer.headers, answer.body)
        except MalformedBody as error:
            raise errors.ResponseCannotBeDecodedError(
                self._hide(f"{op.doing}: {error}"), operation=op.name, status=answer.status
            ) from None

    async def _rpc(self, op: RpcOp[T], deadline: Deadline, extra: Mapping[str, str] | None) -> T:
        message = self._packed(op)
        if self._undecided:
            await self._decide(deadline)
        headers, authorization = await self._headers(deadline, extra)
        metadata = list(headers.items())
        try:
            if ASYNC:
                async with within(deadline), self._slots:
                    reply = await self._channel().call(op.method, message, metadata, deadline)
            else:
                reply = await self._channel().call(op.method, message, metadata, deadline)
        except RpcFailed as failed:
            failed.text = self._hide(failed.text)
            if failed.code == "DEADLINE_EXCEEDED":
                raise TimeoutError from failed
            stage: Stage = "connect" if failed.unreachable else "broken" if failed.code == "UNAVAILABLE" else "answer"
            raise Failed(
                Failure(stage, failed.code, _retry_after(failed.trailers)), self._grpc_error(op, failed), authorization
            ) from failed
        except Broken as error:
            unreachable = self._unreachable(error)
            unreachable.operation = op.name
            unreachable.message = f"{op.doing} failed: {unreachable.message}"
            raise Failed(Failure("broken" if error.sent else "connect"), unreachable) from error
        answer = op.parse(reply)
        if not isinstance(answer, Unfinished):
            return answer
        for _ in answer.steps:
            await sleep(0)
        return answer.answer

    def _hide(self, text: str) -> str:
        """What a server says, without the secrets that it was sent, should it repeat them."""
        named = [value for name, value in self.headers.items() if _is_secret(name)]
        for value in (*named, self._tokens.current() or ""):
            secret = value.rpartition(" ")[2]  # of "Bearer ..."
            if len(secret) > 5:
                text = text.replace(secret, "***")
        return text

    def _packed(self, op: RpcOp[Any]) -> bytes:
        """The message as it is sent, if the server takes one of its size."""
        packed: bytes = op.message if type(op.message) is bytes else op.message.SerializeToString()
        if len(packed) > self.limit:
            raise op.error(
                f"{op.doing}: the request has {len(packed):,} bytes, the server takes {self.limit:,}",
                operation=op.name,
                status="RESOURCE_EXHAUSTED",
                hint="Send less at once, or raise GRPC_MAX_MESSAGE_SIZE at the server",
            )
        return packed

    def _grpc_error(self, op: Op[Any], failed: RpcFailed) -> errors.WeaviateBaseError:
        error = errors.from_answer(op.doing, failed.code, failed.text, op.error, operation=op.name)
        if isinstance(error, errors.WeaviateGRPCUnavailableError):
            where = self.params.grpc.address if self.protocol == "native" else self.params.base_url
            error.message = (
                f"{op.doing} failed: no answer over {self.protocol} gRPC from {where}: {_stage(failed)}: {failed.text}"
            )
            error.outcome = "not sent" if failed.unreachable else "unknown"
            if failed.unreachable:
                error.hint = _advice(failed, None, self.version)
        return error

    async def _decide(self, deadline: Deadline) -> None:
        """Find out how gRPC travels, before the first call of a client that was connected without checks."""
        async with locked(self._deciding, deadline):
            if not self._undecided:
                return
            patience, left = self.config.timeout.init, deadline.remaining()
            native = await self._probe("native", Deadline(patience if left is None else min(patience, left / 2)))
            left = deadline.remaining()
            web = None
            if native is not None:
                web = await self._probe("web", Deadline(patience if left is None else min(patience, left)))
                if deadline.remaining() == 0:
                    raise TimeoutError
            try:
                self._choose(native, web)
            except errors.WeaviateGRPCUnavailableError as error:
                nobody = native is not None and _has_no_grpc(native)
                raise Failed(Failure("connect" if nobody else "answer"), error) from None

    def _channel(self) -> Native | Web:
        return self._web if self.protocol == "web" or self._native is None else self._native

    async def _headers(self, deadline: Deadline, extra: Mapping[str, str] | None) -> tuple[dict[str, str], str | None]:
        """What goes with a call, names in lower case, and the authorization that the credentials give."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        authorization = await self._tokens.header(deadline) if self.credentials is not None else None
        if authorization is not None:
            headers["authorization"] = authorization
        headers |= {name.lower(): value for name, value in (extra or {}).items()}
        return headers, authorization

    # Streams

    def stream(
        self, op: RpcOp[T], *, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> Stream[T]:
        """An rpc that streams both ways. It is opened when it is first written to or read from.

        Args:
            op: The operation. Its message is an iterator of requests, or None: they are written to the stream then.
            timeout: When it must have ended, in seconds; without one it may take as long as it does.
            headers: Sent with this stream alone.
        """
        return Stream(self, op, Deadline(timeout), {**CURRENT.get().headers, **(headers or {})})

    async def can_stream(self) -> bool:
        """Whether streams can be opened: gRPC over HTTP has none."""
        await self._ready()
        if self._undecided:
            try:
                await self._decide(Deadline(None))
            except Failed as failed:
                raise failed.error from None
        return not isinstance(self._channel(), Web)

    async def open_stream(
        self, stream: Stream[Any], op: RpcOp[Any], requests: Any, deadline: Deadline, headers: Mapping[str, str] | None
    ) -> Any:
        """The replies of a stream that begins now; for `Stream`."""
        if not await self.can_stream():
            raise errors.WeaviateGRPCUnavailableError(
                f"{op.doing}: {op.name} is a stream, which needs native gRPC; this client speaks gRPC over HTTP",
                operation=op.name,
                hint=f"Open the gRPC port {self.params.grpc.address} to this machine, or write with BatchObjects",
            )
        sent, _ = await self._headers(self._patience() if deadline.end is None else deadline, headers)
        self._streams.add(stream)
        channel = cast("Native", self._native)
        return channel.stream(op.method, requests, deadline.remaining(), list(sent.items()))

    def stream_failed(self, op: RpcOp[Any], failed: RpcFailed, deadline: Deadline) -> errors.WeaviateBaseError:
        """The error of a stream that has failed."""
        failed.text = self._hide(failed.text)
        if failed.code == "DEADLINE_EXCEEDED":
            return deadline.error(op.doing, op.name)
        error = self._grpc_error(op, failed)
        if isinstance(error, errors.UnauthenticatedError):
            self._tokens.expire(self._tokens.current())  # so that the next one is opened with another
        return error

    # Its life

    async def _ready(self) -> None:
        """See that a call can be made: by this process, in this event loop."""
        if not self.connected or self._process != os.getpid():
            async with self.turn():
                await self._wake()
        self._check_loop()

    def _check_loop(self) -> None:
        if ASYNC:  # noqa: SIM102 - the twin knows this form only
            if self._loop is not asyncio.get_running_loop():
                raise errors.WeaviateInvalidInputError(
                    "This client was connected in another event loop: use it there, or close it and connect it here"
                )

    async def _wake(self) -> None:
        """A call finds the connection unusable: not there yet, closed, or opened by another process."""
        if self.connected and self._process == os.getpid():
            return  # another call was faster
        if self.connected:
            if ASYNC:
                raise errors.WeaviateClosedClientError(
                    "An asynchronous client cannot be used in a process that was forked after it connected",
                    hint="Connect in the child, or start processes with multiprocessing.get_context('spawn')",
                )
            await self.forked()
        elif self._sleeping:
            await self.connect(checks=False)
        else:
            raise errors.WeaviateClosedClientError(
                "The client is closed" if hasattr(self, "_http") else "The client is not connected",
                hint="Before using it, run `await client.connect()`, or open it with `async with`",
            )

    async def forked(self) -> None:
        """This process is a child of the one that connected: leave its connections alone, and have new ones."""
        _abandoned.extend((self._http, self._native, self._kept))
        tokens, self._copied = self._tokens, True
        await self._open()
        self._tokens = tokens.inherited(self._http)

    async def close(self) -> None:
        """Close all connections; calls that are under way end with an error. Closing again does nothing."""
        self.connected = self._sleeping = False
        kept, self._kept = self._kept, None
        if kept is None:
            return
        if self._process != os.getpid():
            _abandoned.extend((self._http, self._native, kept))
            return
        if ASYNC:
            await in_loop(self._loop, partial(self._release, kept))
        else:
            self._release(kept)

    async def _release(self, kept: Kept) -> None:
        await self._calls.end()
        for stream in list(self._streams):
            await stream.cancel()
        await kept.close()

    def __getstate__(self) -> dict[str, Any]:
        self.config.check_portable()
        kept = ("params", "config", "credentials", "headers", "version", "limit", "protocol", "_wanted", "_undecided")
        return {name: getattr(self, name) for name in kept} | {
            "connected": False,
            "_copied": True,
            "_kept": None,
            "_turns": {},
            "_sleeping": self.connected or self._sleeping,
        }


def _has_no_grpc(failed: RpcFailed) -> bool:
    """Whether nothing at the address speaks gRPC: the port is closed, refused or silent, or it is an HTTP proxy.

    A certificate that is not trusted, or a port of another kind, is a mistake that the user must hear of.
    """
    if (
        failed.code == "DEADLINE_EXCEEDED"
        or failed.text in (FORKED, TLS_PROXY)
        or "NO_APPLICATION_PROTOCOL" in failed.text
    ):
        return True
    if failed.text.startswith("Received http2 header with status"):
        return True
    return failed.unreachable and not failed.is_tls and "http1.x" not in failed.text


def _stage(failed: RpcFailed) -> str:
    if failed.is_tls:
        return "TLS"
    return "connecting" if failed.unreachable or failed.code == "DEADLINE_EXCEEDED" else "the call"


def _advice(native: RpcFailed, web: RpcFailed | None, version: str) -> str:
    if remedy := REMEDIES.get(native.text):
        return remedy
    if any(words in native.text.lower() for words in ("wrong_version_number", *NOT_TLS)):
        return "The gRPC port does not speak TLS: connect with grpc_secure=False"
    if "http1.x" in native.text:
        return "It speaks HTTP/1.1: is this the REST port? The gRPC port is 50051 unless the server says otherwise"
    if native.is_tls:
        return "Is gRPC's port served with TLS as configured? Give its certificate authority: TLS(ca_file=...)"
    if web is not None:
        return f"Is the port open? Servers from {WEB_SINCE} need no gRPC port; this one is {version or 'unknown'}"
    return "Is the port open to this machine?"


def _text(answer: Answer) -> str:
    """What the server says in an answer that is no success, in any of the forms it has for that."""
    try:
        told = json.loads(answer.body)
    except ValueError:
        return answer.body[:500].decode("utf-8", "replace").strip()
    if isinstance(told, dict):
        error = told.get("error", told.get("message"))
        if isinstance(error, list):
            return "; ".join(str(e.get("message", e)) if isinstance(e, dict) else str(e) for e in error)
        if error is not None:
            return str(error)
    return str(told)[:500] if told else ""


def _retry_after(headers: Mapping[str, str | bytes]) -> float | None:
    """The seconds that a server asks for, as a number or as a date."""
    value = str(headers.get("retry-after", ""))
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    from email.utils import parsedate_to_datetime  # slow to load, and seldom needed

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _is_secret(header: str) -> bool:
    """Whether a header of this name carries a secret."""
    return any(word in header.lower() for word in SECRETS)


def _warn_of_plain_secrets(
    params: ConnectionParams, credentials: AuthCredentials | None, headers: Mapping[str, str]
) -> None:
    secret = credentials is not None or any(map(_is_secret, headers))
    plain = [p.address for p in (params.http, params.grpc) if not p.secure and not p.is_loopback]
    if secret and plain:
        warn(f"Credentials are sent unencrypted to {plain[0]}: use https")
