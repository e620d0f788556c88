"""The transport: takes an operation, gives its answer. Credentials, retries, timeouts and errors are here and nowhere
else; how gRPC travels is in route.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast
from weakref import WeakSet

from weaviate_gen.rest.api.meta import get as meta
from weaviate_gen.rest.api.well_known import openid_configuration, ready
from weaviate_gen.rest.errors import MalformedBody
from weaviate_gen.rest.operation import Request

from weaviate_hl import errors
from weaviate_hl.aio.transport.route import Route
from weaviate_hl.aio.transport.stream import Stream
from weaviate_hl.aio.transport.tokens import Tokens
from weaviate_hl.aio.transport.web import Web
from weaviate_hl.answers import Answer, Broken, RpcFailed, retry_after
from weaviate_hl.auth import AuthCredentials, OidcAuth
from weaviate_hl.call_options import CURRENT
from weaviate_hl.colour.aio import ASYNC, Calls, Kept, Lock, in_loop, sleep, together, within
from weaviate_hl.deadline import Deadline
from weaviate_hl.fork import GATE
from weaviate_hl.log import logger, warn
from weaviate_hl.op import Op, RestOp, RpcOp, Unfinished
from weaviate_hl.policy import Failed, Failure, Stage
from weaviate_hl.telemetry import Call
from weaviate_hl.versions import LOWEST, Version, require

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.http import Http
    from weaviate_hl.aio.transport.native import Native
    from weaviate_hl.settings import AdditionalConfig, ConnectionParams

T = TypeVar("T")
DEFAULT_LIMIT = 104_858_000
SECRETS = ("key", "authorization", "secret", "token", "cookie", "password")
_abandoned: list[Any] = []  # what a parent process opened: a child must neither use nor close it


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
        self.route = Route(config)
        self._copied = False
        self._kept: Kept | None = None
        self._turns: dict[object, Lock] = {}
        self._sleeping = False  # to be connected by the first call, after unpickling

    async def _open(self) -> None:
        with GATE:  # modules are imported: a child of a fork in the middle would wait for import's locks for ever
            self._http, native = self._channels()
        self.route.open(self.params, native, Web(self._http, self.params.base_url))
        self._tokens = Tokens(self.credentials, self._http, copied=self._copied)
        self._streams: WeakSet[Stream[Any]] = WeakSet()
        self._calls = Calls()
        self._kept = Kept(self, [channel for channel in (native, self._http) if channel is not None])
        await self._kept.begin()
        if ASYNC:
            self._loop = asyncio.get_running_loop()
        self._process = os.getpid()  # last: other threads go by it

    def _channels(self) -> tuple[Http, Native | None]:
        native = self.route.make_native(self.params)
        from weaviate_hl.aio.transport.http import Http  # not before: lite does without this library

        tls = self.params.http.secure or isinstance(self.credentials, OidcAuth)
        return Http(self.params.http, self.config, tls=tls), native

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
            deadline = Deadline(self.config.timeout.init)
            await (self._check(deadline) if checks else self._log_in(deadline))
        except BaseException as error:
            if self._kept is not None or not isinstance(error, errors.WeaviateConnectionError):
                await self.close()
                raise
        if self._kept is None:  # somebody did not wait
            raise errors.WeaviateClosedClientError("The client was closed while it was connecting")
        self.connected = True

    async def _check(self, deadline: Deadline) -> None:
        told, _, native, web = await together(
            lambda: self._ask_meta(deadline),
            lambda: self._check_ready(deadline),
            lambda: self.route.probe_native(deadline),
            lambda: self.route.probe_web(deadline),
        )
        self.version = str(told.get("version", ""))
        if not self.version:
            raise errors.WeaviateStartUpError(f"What answers at {self.params.base_url} is not a Weaviate server")
        if Version.parse(self.version) < Version.parse(LOWEST):
            raise errors.WeaviateStartUpError(
                f"The server is version {self.version}, this client needs {LOWEST} or later", hint="Upgrade the server"
            )
        self.limit = told.get("grpcMaxMessageSize") or DEFAULT_LIMIT
        if not isinstance(self.limit, int):
            raise errors.WeaviateStartUpError(
                f"The server at {self.params.base_url} names a grpcMaxMessageSize that is no number: {self.limit!r}"
            )
        self.route.choose(native, web, self.version)

    async def _log_in(self, deadline: Deadline) -> None:
        if self._tokens.needs_provider:
            configuration = await self._ask(openid_configuration.request(), deadline, absent=404)
            await self._tokens.discover(configuration, deadline)

    async def _ask_meta(self, deadline: Deadline) -> dict[str, Any]:
        await self._log_in(deadline)
        headers, _ = await self._headers(deadline, {})
        return await self._ask(meta.request(), deadline, headers) or {}

    async def _check_ready(self, deadline: Deadline) -> None:
        answer = await self._answer(ready.request(), deadline)
        if answer.status == 503:
            raise errors.WeaviateStartUpError(
                f"The server at {self.params.base_url} is not ready", hint="Wait until it has started, then try again"
            )

    async def _ask(
        self, request: Request, deadline: Deadline, headers: Mapping[str, str] | None = None, absent: int | None = None
    ) -> dict[str, Any] | None:
        """The JSON object that one of the requests while connecting is answered with."""
        answer = await self._answer(request, deadline, headers)
        if answer.status == absent:
            return None
        if answer.status == 400 and b"HTTPS" in answer.body:
            raise errors.WeaviateConnectionError(
                f"The server at {self.params.http.address} speaks https, not http", hint="Connect with http_secure=True"
            )
        if answer.status in (401, 403):
            raise errors.from_answer("Connecting", answer.status, _hide(answer.said, headers or {}))
        told = answer.object
        if answer.status != 200 or told is None:
            raise errors.WeaviateStartUpError(
                f"What answers at {self.params.base_url} is not a Weaviate server: "
                f"{request.path} gives status {answer.status}"
            )
        return told

    async def _answer(self, request: Request, deadline: Deadline, headers: Mapping[str, str] | None = None) -> Answer:
        url, sent = self.params.base_url + request.path, list((headers or {}).items())
        try:
            return await self._http.send(request.method, url, sent, None, deadline)
        except TimeoutError as error:
            raise deadline.error(f"Connecting to {self.params.base_url}") from error
        except Broken as error:
            raise self._unreachable(error) from error

    def _unreachable(self, broken: Broken, op: Op[Any] | None = None) -> errors.WeaviateConnectionError:
        """The error of an HTTP port that does not answer."""
        error = errors.WeaviateConnectionError(
            f"{f'{op.doing} failed: ' if op else ''}No HTTP connection to {self.params.base_url}: {broken}",
            operation=op.name if op else None,
            hint=broken.advice,
        )
        error.outcome = "unknown" if broken.sent else "not sent"
        return error

    # Calls

    async def execute(self, op: Op[T], *, timeout: float | None = None, headers: Mapping[str, str] | None = None) -> T:
        """Run an operation: with credentials, retries where they are safe, and within its time as a whole.

        Args:
            op: The operation.
            timeout: Its time in seconds, instead of the one that the client has for its class.
            headers: Sent with this call alone.
        """
        await self._ready()
        await self._calls.queue()
        if self.config.telemetry is None:
            return await self._execute(op, timeout, headers)
        over, where = (self.route.protocol, self.params.grpc) if isinstance(op, RpcOp) else ("http", self.params.http)
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
            closed = errors.WeaviateClosedClientError(
                f"{op.doing}: the client was closed, and what the server has done is not known", operation=op.name
            )
            closed.outcome = "unknown"
            raise closed from error

    async def _attempts(self, op: Op[T], deadline: Deadline, headers: Mapping[str, str], repeatable: bool) -> T:
        attempt, renewed = 0, False
        while True:
            attempt += 1
            try:
                return await self._attempt(op, deadline, headers)
            except TimeoutError as error:
                raise deadline.error(op.doing, op.name, attempt) from error
            except Failed as failed:
                refused = isinstance(failed.error, errors.UnauthenticatedError)
                if refused and not renewed and self._tokens.expire(failed.authorization):
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

    async def _attempt(self, op: Op[T], deadline: Deadline, extra: Mapping[str, str]) -> T:
        """Send it once.

        Raises:
            Failed: Another attempt may be of use.
            TimeoutError: The deadline has passed.
        """
        headers, authorization = await self._headers(deadline, extra)
        try:
            if isinstance(op, RestOp):
                return await self._rest(cast(RestOp[T], op), headers, deadline)
            return await self._rpc(cast(RpcOp[T], op), headers, deadline)
        except Failed as failed:
            failed.authorization = authorization
            raise
        except Broken as broken:
            failure = Failure("broken" if broken.sent else "connect")
            raise Failed(failure, self._unreachable(broken, op)) from broken

    async def _rest(self, op: RestOp[T], headers: dict[str, str], deadline: Deadline) -> T:
        request = op.request
        content = None
        if request.body is not None:
            headers["content-type"] = "application/json"
            try:
                content = json.dumps(request.body, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
            except (TypeError, ValueError, RecursionError) as error:
                raise errors.WeaviateInvalidInputError(f"{op.doing}: the body is not JSON: {error}") from None
        sent = [*headers.items(), *request.headers.items()]
        url = self.params.base_url + request.path
        answer = await self._http.send(request.method, url, sent, content, deadline, request.query)
        if answer.status in op.absent:
            return None  # type: ignore[return-value]  # an op with `absent` says so in its type
        if answer.status not in request.operation.results:
            told = errors.from_answer(
                op.doing,
                answer.status,
                _hide(answer.said, headers),
                op.error,
                operation=op.name,
                request_id=answer.headers.get("x-request-id"),
            )
            raise Failed(Failure("answer", answer.status, retry_after(answer.headers)), told)
        try:
            return op.parse(answer.status, answer.headers, answer.body)
        except MalformedBody as error:
            raise errors.ResponseCannotBeDecodedError(
                _hide(f"{op.doing}: {error}", headers), operation=op.name, status=answer.status
            ) from None

    async def _rpc(self, op: RpcOp[T], headers: dict[str, str], deadline: Deadline) -> T:
        message = self._packed(op)
        if self.route.undecided:
            await self.route.decide(deadline)
        try:
            async with within(deadline), self._calls.slots:
                reply = await self.route.channel.call(op.method, message, list(headers.items()), deadline)
        except RpcFailed as failed:
            error = self._grpc_error(op, failed, headers)
            if failed.code == "DEADLINE_EXCEEDED":
                raise TimeoutError from failed
            stage: Stage = "connect" if failed.unreachable else "broken" if failed.code == "UNAVAILABLE" else "answer"
            raise Failed(Failure(stage, failed.code, retry_after(failed.trailers)), error) from failed
        answer = op.parse(reply)
        if not isinstance(answer, Unfinished):
            return answer
        for _ in answer.steps:
            await sleep(0)
        return answer.answer

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

    def _grpc_error(self, op: Op[Any], failed: RpcFailed, sent: Mapping[str, str]) -> errors.WeaviateBaseError:
        failed.text = _hide(failed.text, sent)
        error = errors.from_answer(op.doing, failed.code, failed.text, op.error, operation=op.name)
        if isinstance(error, errors.WeaviateGRPCUnavailableError):
            over = self.route.protocol
            where = self.params.grpc.address if over == "native" else self.params.base_url
            error.message = f"{op.doing} failed: no answer over {over} gRPC from {where}: {failed.told}"
            error.outcome = "not sent" if failed.unreachable else "unknown"
            if failed.unreachable:
                error.hint = failed.advice()
        return error

    async def _headers(self, deadline: Deadline, extra: Mapping[str, str]) -> tuple[dict[str, str], str | None]:
        """What goes with a call, names in lower case, and the authorization that the credentials give."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        authorization = await self._tokens.header(deadline) if self.credentials is not None else None
        if authorization is not None:
            headers["authorization"] = authorization
        headers |= {name.lower(): value for name, value in extra.items()}
        return headers, authorization

    # Streams

    def stream(
        self, op: RpcOp[T], *, timeout: float | None = None, headers: Mapping[str, str] | None = None
    ) -> Stream[T]:
        """An rpc that streams both ways. It is opened when it is first written to or read from.

        Args:
            op: The operation. Its message is an iterator of requests, or None: they are written to the stream then.
            timeout: When it must have ended, in seconds, instead of the client's time for streams, if it has one.
            headers: Sent with this stream alone.
        """
        deadline = Deadline(self.config.timeout.stream if timeout is None else timeout)
        return Stream(self, op, deadline, {**CURRENT.get().headers, **(headers or {})})

    async def can_stream(self) -> bool:
        """Whether streams can be opened: gRPC over HTTP has none."""
        await self._ready()
        if self.route.undecided:
            try:
                await self.route.decide(Deadline(None))
            except Failed as failed:
                raise failed.error from None
        return not isinstance(self.route.channel, Web)

    async def open_stream(
        self, stream: Stream[Any], op: RpcOp[Any], requests: Any, deadline: Deadline, headers: Mapping[str, str]
    ) -> Any:
        """The replies of a stream that begins now; for `Stream`."""
        if not await self.can_stream():
            raise errors.WeaviateGRPCUnavailableError(
                f"{op.doing}: {op.name} is a stream, which needs native gRPC; this client speaks gRPC over HTTP",
                operation=op.name,
                hint=f"Open the gRPC port {self.params.grpc.address} to this machine, or write with BatchObjects",
            )
        patience = Deadline(self.config.timeout.init) if deadline.end is None else deadline
        sent, _ = await self._headers(patience, headers)
        self._streams.add(stream)
        return cast("Native", self.route.native).stream(op.method, requests, deadline.remaining(), list(sent.items()))

    def stream_failed(
        self, op: RpcOp[Any], failed: RpcFailed, deadline: Deadline, headers: Mapping[str, str]
    ) -> errors.WeaviateBaseError:
        """The error of a stream that has failed."""
        if failed.code == "DEADLINE_EXCEEDED":
            return deadline.error(op.doing, op.name)
        authorization = self._tokens.current()
        error = self._grpc_error(op, failed, {**self.headers, "authorization": authorization or "", **headers})
        if isinstance(error, errors.UnauthenticatedError):
            self._tokens.expire(authorization)  # so that the next one is opened with another
        return error

    # Its life

    async def _ready(self) -> None:
        """See that a call can be made: by this process, in this event loop."""
        if not self.connected or self._process != os.getpid():
            async with self.turn():
                await self._wake()
        self._check_loop()

    def _check_loop(self) -> None:
        if ASYNC and self._loop is not asyncio.get_running_loop():
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
        _abandoned.extend((self._http, self.route.native, self._kept))
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
            _abandoned.extend((self._http, self.route.native, kept))
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
        kept = ("params", "config", "credentials", "headers", "version", "limit", "route")
        return {name: getattr(self, name) for name in kept} | {
            "connected": False,
            "_copied": True,
            "_kept": None,
            "_turns": {},
            "_sleeping": self.connected or self._sleeping,
        }


def _hide(text: str, sent: Mapping[str, str]) -> str:
    """What a server says, without the secrets in the headers that it was sent, should it repeat them."""
    for name, value in sent.items():
        secret = value.rpartition(" ")[2]  # of "Bearer ..."
        if len(secret) > 5 and _is_secret(name):
            text = text.replace(secret, "***")
    return text


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
