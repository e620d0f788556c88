"""Native gRPC: a channel to the server's gRPC port."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import grpc.aio

from weaviate_hl.colour.aio import ASYNC, CancelledError, cancellations_of_task
from weaviate_hl.deadline import Deadline
from weaviate_hl.fork import GATE, POLLING
from weaviate_hl.trust import proxy_for, roots_pem

if TYPE_CHECKING:
    from weaviate_gen.grpc import Method

    from weaviate_hl.settings import AdditionalConfig, ProtocolParams

Metadata = list[tuple[str, str]]


# How gRPC tells that it could not connect; a server's own words must not be taken for it.
NOT_CONNECTED = ("failed to connect to all addresses; last error: ", "DNS resolution failed for ", "errors resolving ")


class RpcFailed(Exception):
    """A call that failed: the name of its code, the server's words, and its trailing metadata."""

    by_server = False  # whether the server is known to have said it, as over HTTP

    def __init__(self, code: str, text: str, trailers: dict[str, str | bytes] | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.trailers = trailers or {}

    @property
    def unreachable(self) -> bool:
        """Whether nobody answered at the address, so that the server has seen nothing."""
        return self.code == "UNAVAILABLE" and not self.by_server and self.text.startswith(NOT_CONNECTED)

    @property
    def wants_credentials(self) -> bool:
        """Whether somebody who speaks gRPC asks for credentials: the server, or a proxy, but not one of HTTP alone."""
        refused = self.code in ("UNAUTHENTICATED", "PERMISSION_DENIED")
        return refused and not self.text.startswith("Received http2 header")

    @property
    def is_tls(self) -> bool:
        """Whether the other side was reached, but TLS could not be agreed on."""
        text = self.text.lower()
        words = ("ssl", "handshake", "certificate", "tls", "verification")
        return self.code == "UNAVAILABLE" and any(word in text for word in words)


class Native:
    """A channel to a gRPC port.

    Args:
        params: The port's address.
        config: TLS, proxies and options.
    """

    def __init__(self, params: ProtocolParams, config: AdditionalConfig) -> None:
        proxy = proxy_for(config, "grpc", params)
        given = config.grpc_config
        options: dict[str, Any] = {
            "grpc.max_send_message_length": -1,  # the server's limit is known after connecting, and is kept above
            "grpc.max_receive_message_length": -1,
            "grpc.use_local_subchannel_pool": 1,  # or a child would inherit the parent's connection: see fork.py
            "grpc.enable_http_proxy": 0,  # which would heed the environment, too
            **(_tunnel(proxy, params) if proxy else {}),
            **dict((given.channel_options if given else None) or ()),
        }
        target = params.address if proxy is None else urlsplit(proxy).netloc.rpartition("@")[2]
        self._callables: dict[Method[Any, Any], Any] = {}  # one path may be read as more than one kind of reply
        if params.secure:
            credentials = given.credentials if given else None
            if credentials is None:
                tls = config.tls
                credentials = grpc.ssl_channel_credentials(
                    roots_pem(config),
                    _read(tls.key or tls.cert),
                    _read(tls.cert),
                )
            self._channel: Any = grpc.aio.secure_channel(target, credentials, list(options.items()))
        else:
            self._channel = grpc.aio.insecure_channel(target, list(options.items()))
        if ASYNC:
            POLLING.here = True

    async def call(self, method: Method[Any, Any], message: bytes, metadata: Metadata, deadline: Deadline) -> Any:
        """Make a call with one request and one reply.

        Raises:
            RpcFailed: It failed.
        """
        sent: Any = tuple(metadata)
        callable_ = self._callables.get(method)
        if callable_ is None:
            callable_ = self._callables[method] = self._channel.unary_unary(
                method.path, response_deserializer=method.reply.FromString
            )
        cancellations = cancellations_of_task()
        try:
            if ASYNC:
                return await callable_(message, timeout=deadline.remaining(), metadata=sent)
            else:
                with GATE:
                    return callable_(message, timeout=deadline.remaining(), metadata=sent)
        except grpc.RpcError as error:
            raise failed(error) from None
        except CancelledError:
            if cancellations_of_task() > cancellations:
                raise
            raise RpcFailed("CANCELLED", "the channel was closed") from None

    def stream(self, method: Method[Any, Any], requests: Any, timeout: float | None, metadata: Any) -> Replies:
        """Open a stream in both directions: an iterator of requests in, an iterator of replies out."""
        connect = self._channel.stream_stream(
            method.path, request_serializer=_serialize, response_deserializer=method.reply.FromString
        )
        if ASYNC:
            return Replies(connect(requests, timeout=timeout, metadata=tuple(metadata)))
        else:
            with GATE:
                return Replies(connect(requests, timeout=timeout, metadata=tuple(metadata)))

    async def close(self) -> None:
        """Close the channel."""
        channel, self._channel = self._channel, None
        self._callables.clear()
        if channel is not None:
            await channel.close()


class Replies:
    """The replies of a stream as they come; a failure is `RpcFailed`."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self._messages = aiter(call)

    def __aiter__(self) -> Replies:
        return self

    async def __anext__(self) -> Any:
        cancellations = cancellations_of_task()
        try:
            return await anext(self._messages)
        except grpc.RpcError as error:
            raise failed(error) from None
        except CancelledError:
            if cancellations_of_task() > cancellations:
                raise
            raise RpcFailed("CANCELLED", "the stream was cancelled") from None

    def cancel(self) -> None:
        """End the stream at once."""
        self._call.cancel()


def failed(error: Any) -> RpcFailed:
    """What is known of a failed call."""
    return RpcFailed(error.code().name, error.details() or "", dict(error.trailing_metadata() or ()))


def _tunnel(proxy: str, params: ProtocolParams) -> dict[str, str]:
    """The options of a channel to a proxy that has it lead on to the server."""
    parts = urlsplit(proxy)
    options = {"grpc.http_connect_server": params.address, "grpc.default_authority": params.address}
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        options["grpc.http_connect_headers"] = f"Proxy-Authorization:Basic {b64encode(login.encode()).decode()}"
    return options


def _serialize(message: Any) -> bytes:
    return message if type(message) is bytes else message.SerializeToString()


def _read(path: str | None) -> bytes | None:
    if path is None:
        return None
    with open(path, "rb") as file:
        return file.read()
