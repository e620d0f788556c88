"""Native gRPC: a channel to the server's gRPC port."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import grpc.aio

from weaviate_hl.answers import Metadata, RpcFailed
from weaviate_hl.colour.aio import ASYNC, CancelledError, cancellations_of_task
from weaviate_hl.deadline import Deadline
from weaviate_hl.fork import GATE, POLLING
from weaviate_hl.trust import proxy_for, read, roots_pem

if TYPE_CHECKING:
    from weaviate_gen.grpc import Method

    from weaviate_hl.settings import AdditionalConfig, ProtocolParams


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
            "grpc.initial_reconnect_backoff_ms": 100,
            "grpc.max_reconnect_backoff_ms": 1000,  # two minutes otherwise, for which a server that is back is not seen
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
                    read(tls.key or tls.cert) if tls.cert else None,
                    read(tls.cert) if tls.cert else None,
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
        with Failures("the channel was closed"):
            if ASYNC:
                return await callable_(message, timeout=deadline.remaining(), metadata=sent)
            else:
                with GATE:
                    return callable_(message, timeout=deadline.remaining(), metadata=sent)

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
        with Failures("the stream was cancelled"):
            return await anext(self._messages)

    def cancel(self) -> None:
        """End the stream at once."""
        self._call.cancel()


class Failures:
    """Has what the library raises be `RpcFailed`: its own errors, and cancellations that are not those of the task."""

    __slots__ = ("_cancellations", "_cancelled")

    def __init__(self, cancelled: str) -> None:
        self._cancelled = cancelled

    def __enter__(self) -> None:
        self._cancellations = cancellations_of_task()

    def __exit__(self, kind: type[BaseException] | None, error: Any, traceback: object) -> None:
        if isinstance(error, grpc.RpcError):
            told: Any = error
            raise RpcFailed(told.code().name, told.details() or "", dict(told.trailing_metadata() or ())) from None
        if isinstance(error, CancelledError) and cancellations_of_task() <= self._cancellations:
            raise RpcFailed("CANCELLED", self._cancelled) from None


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
