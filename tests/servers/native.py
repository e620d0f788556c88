"""Native gRPC made from METHODS: every rpc goes through one function, which gets its facts and its bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from weaviate_gen.grpc import METHODS, Method

from .faults import RpcFault
from .http_wire import Received

Serve = Callable[[Method[Any, Any], Received, Iterator[bytes]], Iterator[bytes]]
"""Gets the serialized messages of the client one by one, yields those of the answer, raises RpcFault."""

_WORKERS = 128
_FOREVER = 1e9  # what grpcio says is left when the client set no deadline is more


class NativeServer(grpc.GenericRpcHandler):
    """Listens on a port that its caller has reserved, until `stop`."""

    def __init__(self, serve: Serve, record: Callable[[Received], None]) -> None:
        self._serve = serve
        self._record = record
        self._server: Any = None
        self._workers: ThreadPoolExecutor | None = None

    def start(self, address: str, credentials: Any = None) -> None:
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="fake gRPC")
        unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._server = grpc.server(self._workers, handlers=[self], options=[("grpc.so_reuseport", 1), *unlimited])
        if credentials is None:
            self._server.add_insecure_port(address)
        else:
            self._server.add_secure_port(address, credentials)
        self._server.start()

    def stop(self) -> None:
        """End all calls and connections, and listen no more. Handlers must have been told to end before."""
        if self._server is not None and self._workers is not None:
            self._server.stop(None).wait()
            self._workers.shutdown()
            self._server = self._workers = None

    def service(self, handler_call_details: Any) -> Any:
        """What grpcio calls for each rpc."""
        method = METHODS.get(handler_call_details.method)
        if method is None:
            return grpc.unary_unary_rpc_method_handler(_unknown(handler_call_details.method))
        if method.client_streaming:
            return grpc.stream_stream_rpc_method_handler(
                lambda messages, context: self._call(method, messages, context)
            )
        return grpc.unary_unary_rpc_method_handler(
            lambda message, context: b"".join(self._call(method, iter((message,)), context))
        )

    def _call(self, method: Method[Any, Any], messages: Iterator[bytes], context: Any) -> Iterator[bytes]:
        metadata = [(pair.key, pair.value) for pair in context.invocation_metadata() if isinstance(pair.value, str)]
        left = context.time_remaining()
        received = Received(
            protocol="grpc",
            method=method.name,
            path=method.path,
            headers=dict(metadata),
            raw_headers=metadata,
            peer=b"".join(context.auth_context().get("x509_common_name", ())).decode(),
            deadline=None if left is None or left > _FOREVER else time.monotonic() + left,
            is_gone=lambda: not context.is_active(),
        )
        self._record(received)
        try:
            yield from self._serve(method, received, messages)
            context.set_trailing_metadata(tuple(received.trailers.items()))
        except RpcFault as fault:
            context.set_trailing_metadata(tuple(fault.trailers.items()))
            context.abort(fault.code or grpc.StatusCode.UNKNOWN, fault.details)


def _unknown(path: str) -> Callable[[bytes, Any], bytes]:
    service, name = path.strip("/").split("/")
    known = any(method.service == service for method in METHODS.values())

    def handle(message: bytes, context: Any) -> bytes:
        context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"unknown method {name} for service {service}" if known else f"unknown service {service}",
        )
        return b""

    return handle
