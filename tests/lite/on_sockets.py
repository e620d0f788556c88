"""An engine that is asked over HTTP and gRPC, in the words of `Engine`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import grpc
from weaviate_gen.grpc import WeaviateMethods

from weaviate_hl.lite import Answer, Code, Engine, RpcError
from weaviate_hl.lite.serving import Server


class Ports:
    """Two ports for all engines of a test run, since starting and stopping takes longer than most tests."""

    engine: Engine

    def __init__(self) -> None:
        self.engine = Engine(environ={})
        self.server = Server(self, "127.0.0.1", 0, 0, ())  # type: ignore[arg-type]
        self.http = HTTPConnection("127.0.0.1", self.server.http_port, timeout=60)
        self.channel = grpc.insecure_channel(self.server.grpc_address)

    def __getattr__(self, name: str) -> Any:
        """What the server uses of an engine is that of the one which is asked."""
        return getattr(self.engine, name)

    def stop(self) -> None:
        self.http.close()
        self.channel.close()
        self.server.stop()


class OnSockets:
    """An engine behind the ports; what is no request goes to itself."""

    def __init__(self, engine: Engine, ports: Ports) -> None:
        self._engine = engine
        self._ports = ports

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def rest(
        self,
        method: str,
        path: str,
        query: Any = (),
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        self._ports.engine = self._engine
        url = f"{path}?{urlencode(query)}" if query else path
        content = None if body is None else json.dumps(body)
        self._ports.http.request(method, url, content, {"content-type": "application/json", **(headers or {})})
        answer = self._ports.http.getresponse()
        told = answer.read()
        return answer.status, dict(answer.getheaders()), json.loads(told) if told else None

    def rpc(self, name: str, message: Any, metadata: Mapping[str, str] | None = None) -> Any:
        self._ports.engine = self._engine
        method = getattr(WeaviateMethods, name)
        call = self._ports.channel.unary_unary(method.path, method.request.SerializeToString, method.reply.FromString)
        try:
            return call(message, metadata=tuple((metadata or {}).items()))
        except grpc.RpcError as error:
            raise _translated(error) from None

    def stream(self, name: str, messages: Iterable[Any], metadata: Mapping[str, str] | None = None) -> Iterator[Any]:
        self._ports.engine = self._engine
        method = getattr(WeaviateMethods, name)
        call = self._ports.channel.stream_stream(method.path, method.request.SerializeToString, method.reply.FromString)
        try:
            yield from call(iter(messages), metadata=tuple((metadata or {}).items()))
        except grpc.RpcError as error:
            raise _translated(error) from None


def _translated(error: Any) -> RpcError:
    return RpcError(Code(error.code().value[0]), error.details())
