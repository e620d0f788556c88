"""The gRPC port: a handler for grpcio's server that gives every rpc to the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from weaviate_gen.grpc import METHODS, HealthMethods, Method

from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Code, RpcError
from weaviate_hl.log import logger

_CODES = {code.value[0]: code for code in grpc.StatusCode}


def call(engine: Engine, method: Method[Any, Any], message: bytes, metadata: Mapping[str, str]) -> bytes:
    """The reply to an rpc with one request; the health service always says yes.

    Raises:
        RpcError: The rpc failed.
    """
    if method is HealthMethods.Check:
        reply = method.reply(status=method.reply.SERVING)
    else:
        reply = engine.rpc(method.name, _parse(method, message), metadata)
    return bytes(reply.SerializeToString())


def _parse(method: Method[Any, Any], message: bytes) -> Any:
    try:
        return method.request.FromString(message)
    except DecodeError:
        raise RpcError(Code.INTERNAL, f"the request is not a {method.request.__name__}") from None


class Rpcs(grpc.GenericRpcHandler):
    """Finds the function for an rpc by its path."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """What grpcio asks for each rpc; None means that there is none."""
        method = METHODS.get(handler_call_details.method)
        if method is None:
            return None
        if method.client_streaming:
            return grpc.stream_stream_rpc_method_handler(partial(self._stream, method))
        return grpc.unary_unary_rpc_method_handler(partial(self._unary, method))

    def _unary(self, method: Method[Any, Any], message: bytes, context: Any) -> bytes:
        try:
            return call(self._engine, method, message, _metadata(context))
        except RpcError as error:
            context.abort(_CODES[error.code], error.text)
            raise

    def _stream(self, method: Method[Any, Any], messages: Iterator[bytes], context: Any) -> Iterator[bytes]:
        try:
            for reply in self._engine.stream(method.name, map(partial(_parse, method), messages), _metadata(context)):
                yield reply.SerializeToString()
        except RpcError as error:
            context.abort(_CODES[error.code], error.text)
        except grpc.RpcError:
            return  # the client is gone
        except Exception as error:
            logger.exception("lite: %s failed", method.name)
            context.abort(grpc.StatusCode.INTERNAL, f"lite has failed: {type(error).__name__}: {error}")


def _metadata(context: Any) -> dict[str, str]:
    return {pair.key: pair.value for pair in context.invocation_metadata() if isinstance(pair.value, str)}
