"""gRPC over the HTTP port: gRPC-web, one request and one reply, for servers from 1.38.3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weaviate_gen.grpc import WEB_PATH

from weaviate_hl import grpc_web
from weaviate_hl.answers import Broken, Metadata, RpcFailed
from weaviate_hl.deadline import Deadline

if TYPE_CHECKING:
    from weaviate_gen.grpc import Method

    from weaviate_hl.aio.transport.http import Http

# What statuses of proxies mean.
CODES = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", **dict.fromkeys((429, 502, 503, 504), "UNAVAILABLE")}


class Web:
    """gRPC-web over an HTTP client that others use too.

    Args:
        http: The HTTP client.
        base_url: The server's REST address.
    """

    def __init__(self, http: Http, base_url: str) -> None:
        self._http = http
        self._prefix = base_url + WEB_PATH

    async def call(self, method: Method[Any, Any], message: bytes, metadata: Metadata, deadline: Deadline) -> Any:
        """Make a call with one request and one reply.

        Raises:
            RpcFailed: It failed.
            Broken: There is no answer.
            TimeoutError: The deadline has passed.
        """
        headers = [*grpc_web.HEADERS, *metadata]
        left = deadline.remaining()
        if left is not None:
            headers.append(("grpc-timeout", grpc_web.timeout(left)))
        url = self._prefix + method.path
        answer = await self._http.send("POST", url, headers, grpc_web.frame(message), deadline)
        if answer.status == 404:
            raise RpcFailed("UNIMPLEMENTED", "the server does not speak gRPC-web at this address")
        if answer.status != 200:
            text = answer.body[:300].decode("utf-8", "replace")
            raise RpcFailed(
                CODES.get(answer.status, "UNKNOWN"), f"HTTP status {answer.status}: {text}", dict(answer.headers)
            )
        try:
            reply, code, text, trailers = grpc_web.read(answer.headers, answer.body)
        except grpc_web.Incomplete as error:
            raise Broken("reading the answer", str(error), sent=True) from error
        if code != "OK":
            failed = RpcFailed(code, text, {**answer.headers, **trailers})
            failed.by_server = True
            raise failed
        return method.reply.FromString(reply)
