"""One HTTP client for everything that travels over HTTP: REST, gRPC-web and the identity provider.

It sends bytes and gives back bytes. What an answer means is not known here.
"""

from __future__ import annotations

import errno
import os
import ssl
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from weaviate_hl.answers import Answer, Broken
from weaviate_hl.colour.aio import network_backend, socket_timeout, within
from weaviate_hl.deadline import Deadline
from weaviate_hl.http_library import httpcore, httpx
from weaviate_hl.trust import proxy_for, ssl_context

if TYPE_CHECKING:
    from weaviate_hl.settings import AdditionalConfig, ProtocolParams

ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    OSError,  # of TLS, which the library lets through
    UnicodeError,  # of a name that is none
)


class Http:
    """The HTTP client of a connection.

    Args:
        params: The address that most requests go to, which decides about the proxy.
        config: Limits, proxies and TLS.
        tls: Whether it will speak TLS, to the server or to an identity provider.
    """

    def __init__(self, params: ProtocolParams, config: AdditionalConfig, *, tls: bool) -> None:
        limits: dict[str, Any] = {
            "max_connections": config.connection.session_pool_maxsize,
            "max_keepalive_connections": config.connection.session_pool_connections,
            "keepalive_expiry": 60.0,
            "ssl_context": ssl_context(config) if tls else None,
        }
        self._network = network_backend()
        proxy = proxy_for(config, "http", params)
        self._wait_for_connection = config.connection.session_pool_timeout
        if proxy is None:
            self._pool: Any = httpcore.AsyncConnectionPool(network_backend=self._network, **limits)
        else:
            parts = urlsplit(proxy)
            login = (
                (unquote(parts.username).encode(), unquote(parts.password or "").encode()) if parts.username else None
            )
            plain = f"{parts.scheme}://{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
            limits["proxy_ssl_context"] = ssl_context(config) if parts.scheme == "https" else None
            self._pool = httpcore.AsyncHTTPProxy(plain, proxy_auth=login, network_backend=self._network, **limits)
        # The library's client adds what a transport lacks: decompression, and hooks for those who trace or mock it.
        self._client = httpx.AsyncClient(transport=Wire(self._pool), trust_env=False, timeout=None)

    async def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        content: bytes | None,
        deadline: Deadline,
        query: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        """Send a request and read its whole answer.

        Raises:
            Broken: There is no answer.
            TimeoutError: The deadline has passed.
        """
        waits = socket_timeout(deadline)
        pool = self._wait_for_connection
        left = deadline.remaining()
        timeouts = {"connect": waits, "read": waits, "write": waits, "pool": pool if left is None else min(pool, left)}
        request = httpx.Request(
            method, url, params=list(query) or None, headers=headers, content=content, extensions={"timeout": timeouts}
        )
        try:
            async with within(deadline):
                response = await self._client.send(request)
        except TimeoutError:
            raise
        except ERRORS as error:
            raise _broken(error, deadline) from error
        return Answer(response.status_code, response.headers, response.content)

    async def close(self) -> None:
        """Close all connections."""
        if self._network is not None:
            self._network.close()
        await self._client.aclose()


def _broken(error: Exception, deadline: Deadline) -> Exception:
    """What an error of the library means."""
    reason = _cause(error) or str(error) or type(error).__name__
    if isinstance(error, httpcore.PoolTimeout) and deadline.remaining() != 0:
        return Broken("waiting for a free connection", reason, sent=False)
    if isinstance(error, httpcore.TimeoutException):
        return TimeoutError(reason)
    if isinstance(error, httpcore.ConnectError | OSError | UnicodeError):
        return Broken("TLS" if "SSL" in reason or "certificate" in reason else "connecting", reason, sent=False)
    if isinstance(error, httpcore.ProxyError):
        return Broken("the proxy", reason, sent=False)
    if isinstance(error, httpcore.UnsupportedProtocol | httpcore.LocalProtocolError):
        return Broken("the request", "it cannot be sent as it is", sent=False)  # the library shows what may be a secret
    return Broken("reading the answer", reason, sent=True)


def _cause(error: BaseException | None) -> str | None:
    """What the system said, which libraries wrap in words of their own."""
    while error is not None:
        if isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, OSError) and error.errno is not None:
            plain = error.errno in errno.errorcode and not isinstance(error, ssl.SSLError)
            return os.strerror(error.errno) if plain else str(error)
        error = error.__cause__ or error.__context__
    return None


class Wire(httpx.AsyncBaseTransport):
    """httpx over a pool of httpcore that was made here, with our own sockets and proxy."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=Body(answer.stream), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class Body(httpx.AsyncByteStream):
    """The body of an answer, as it comes in."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
