"""The HTTP port: an ASGI application that gives requests to the engine, REST and gRPC-web alike."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from weaviate_gen.grpc import METHODS, WEB_PATH

from weaviate_hl.grpc_web import frame
from weaviate_hl.lite.bodies import unparsable
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal, RpcError
from weaviate_hl.lite.native import call
from weaviate_hl.lite.status import MAX_MESSAGE_SIZE
from weaviate_hl.log import logger

Answer = tuple[int, Mapping[str, str], bytes]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

_JSON = "application/json"
_WEB = ("application/grpc-web", "application/grpc-web+proto")
_TRAILERS = b"grpc-status:0\r\n"
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F))).replace("%", "")  # no spaces: a header must not end with one


class Application:
    """Answers HTTP requests.

    Args:
        engine: What answers.
        hosts: The names under which it may be asked, without port, beside any address: a page of the web that has its
            own name lead to this machine must not get at the data.
    """

    def __init__(self, engine: Engine, hosts: frozenset[str]) -> None:
        self._engine = engine
        self._hosts = hosts

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """What ASGI servers call."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            self._check(headers)
            body = await _read(receive)
            status, told, content = await asyncio.to_thread(self._answer, scope, headers, body)
        except Refusal as refusal:
            status, told, content = _refused(refusal)
        except asyncio.CancelledError:  # it took too long to end while the server stops
            status, told, content = _refused(Refusal("lite is stopping", 503, code=503))
        except Exception as error:
            logger.exception("lite: %s failed", scope["path"])
            status, told, content = _refused(Refusal(f"lite has failed: {type(error).__name__}: {error}", 500))
        sent = [(name.encode(), value.encode()) for name, value in told.items()]
        sent.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": content})

    def _check(self, headers: Mapping[str, str]) -> None:
        host = _without_port(headers.get("host", ""))
        if host.lower() not in self._hosts and not _is_address(host):
            raise Refusal(f"lite is not to be asked as {host!r}; --allow-host lets names of yours in", 403, code=403)
        if int(headers.get("content-length", "0")) > MAX_MESSAGE_SIZE:
            raise _too_large()

    def _answer(self, scope: Mapping[str, Any], headers: Mapping[str, str], body: bytes) -> Answer:
        path = scope["raw_path"].decode("latin-1")
        if path.startswith(WEB_PATH + "/"):
            return self._web(scope["method"], path.removeprefix(WEB_PATH), headers, body)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        status, told, answer = self._engine.rest(scope["method"], path, query, _parsed(headers, body), headers)
        if answer is None:
            return status, told, b""
        return status, {"content-type": _JSON, **told}, json.dumps(answer).encode()

    def _web(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        method = METHODS.get(path)
        kind = headers.get("content-type", "").partition(";")[0].strip()
        if verb != "POST" or method is None or method.client_streaming or kind not in _WEB:
            return 404, {"content-type": "text/plain"}, b"Not Found"
        told = {"content-type": _WEB[1]}
        try:
            reply = call(self._engine, method, _message(body), headers)
        except RpcError as error:
            return (
                200,
                {**told, "grpc-status": str(int(error.code)), "grpc-message": quote(error.text, _PRINTABLE)},
                b"",
            )
        return 200, told, frame(reply) + struct.pack(">BI", 0x80, len(_TRAILERS)) + _TRAILERS


def _refused(refusal: Refusal) -> Answer:
    return refusal.status, {"content-type": _JSON}, json.dumps(refusal.body()).encode()


async def _read(receive: Receive) -> bytes:
    """The body, up to what is allowed."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal("the body was cut off", 400, code=400)  # which nobody hears
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_MESSAGE_SIZE:
            raise _too_large()
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _too_large() -> Refusal:
    return Refusal(f"a body must not have more than {MAX_MESSAGE_SIZE} bytes", 413, code=413)


def _parsed(headers: Mapping[str, str], body: bytes) -> Any:
    """The JSON value of a body. A page of the web cannot send its type without asking, and is never answered."""
    if not body:
        return None
    kind = headers.get("content-type", "application/octet-stream").partition(";")[0].strip().lower()
    if kind != _JSON:
        raise Refusal(f'unsupported media type "{kind}", only [{_JSON}] are allowed', 415, code=415)
    if headers.get("content-encoding", "identity") != "identity":
        raise Refusal("lite takes no compressed bodies", 415, code=415)
    try:
        return json.loads(body.decode(errors="replace"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise unparsable(str(error)) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _message(body: bytes) -> bytes:
    """The message of a gRPC-web request: one frame."""
    if len(body) < 5 or body[0] != 0 or struct.unpack_from(">I", body, 1)[0] != len(body) - 5:
        raise Refusal("the body is not one gRPC-web frame", 400, code=400)
    return body[5:]


def _without_port(host: str) -> str:
    """`[::1]:80` as `::1`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
