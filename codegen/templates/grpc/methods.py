"""What is known of an rpc, and how a channel makes a callable of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from weaviate_gen.grpc.calls import AsyncChannel, Channel

Request = TypeVar("Request", bound="Message")
Reply = TypeVar("Reply", bound="Message")


class Method(Generic[Request, Reply]):
    """The facts about an rpc; `path` is its name on the wire, in native gRPC as in gRPC-web."""

    __slots__ = ("client_streaming", "name", "path", "reply", "request", "server_streaming", "service")

    def __init__(
        self,
        service: str,
        name: str,
        request: type[Request],
        reply: type[Reply],
        *,
        client_streaming: bool = False,
        server_streaming: bool = False,
    ) -> None:
        self.service = service
        self.name = name
        self.path = f"/{service}/{name}"
        self.request = request
        self.reply = reply
        self.client_streaming = client_streaming
        self.server_streaming = server_streaming

    def __repr__(self) -> str:
        return f"<Method {self.path}>"


def bind(channel: Channel | AsyncChannel, method: Method[Any, Any]) -> Any:
    """The callable that a channel, of either colour, makes of an rpc; stubs say its type."""
    if method.client_streaming:
        connect = channel.stream_stream if method.server_streaming else channel.stream_unary
    else:
        connect = channel.unary_stream if method.server_streaming else channel.unary_unary
    return connect(
        method.path,
        request_serializer=method.request.SerializeToString,
        response_deserializer=method.reply.FromString,
    )
