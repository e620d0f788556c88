"""From a REST request to the function that answers it, by the generated operations: no path is spelled here or in lite.

A handler is registered under the tag and the name of its operation; it gets the engine and a `Call`, and gives the body
of the answer, or raises `Refusal`. The status is the operation's own for success. An operation that has no handler is
refused by name. rpcs are registered by name alone.
"""

from __future__ import annotations

import functools
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import unquote
from uuid import UUID

from weaviate_gen.rest.api import operations
from weaviate_gen.rest.operation import Operation

from weaviate_hl.lite.bodies import check, well_formed
from weaviate_hl.lite.errors import Refusal, unsupported

Pairs = Mapping[str, str] | Sequence[tuple[str, str]]


class Call:
    """A REST request that reached its operation: the values of its parameters, its body and its headers."""

    def __init__(self, operation: Operation, values: Mapping[str, str], body: Any, headers: Mapping[str, str]) -> None:
        self.operation = operation
        self.values = values
        self.body = body
        self.headers = headers
        self.user: str | None = None

    def text(self, name: str) -> str:
        """A parameter, `""` if it was not given."""
        return self.values.get(name, "")

    def integer(self, name: str) -> int | None:
        """A whole number among the query parameters."""
        text = self.values.get(name)
        if text is None:
            return None
        if not re.fullmatch(r"[+-]?\d{1,18}", text):
            raise Refusal(f"{name} in query must be of type int64: {json.dumps(text)}", code=601)
        if int(text) < 0:  # the server panics and answers 200 without a body
            raise Refusal(f"{name} in query must not be negative: {text}", code=601)
        return int(text)

    def flag(self, name: str) -> bool:
        return self.values.get(name) == "true"

    def choice(self, name: str, *choices: str) -> str:
        """One of a few words, the first if none was given."""
        text = self.values.get(name) or choices[0]
        if text not in choices:
            listed = ", ".join(json.dumps(choice) for choice in choices)
            raise Refusal(f"invalid {name}: {json.dumps(text)}, possible values are: {listed}")
        return text


Handler = Callable[[Any, Call], Any]
RpcHandler = Callable[[Any, Any], Any]
REST: dict[tuple[str, str], Handler] = {}
RpcHandlers = dict[str, RpcHandler]
RPC: RpcHandlers = {}
STREAMS: RpcHandlers = {}
CHORES: list[Callable[[Any], None]] = []
H = TypeVar("H", bound=Callable[..., Any])


def rest(tag: str, *names: str) -> Callable[[H], H]:
    """Register a handler for operations of a tag."""

    def register(handler: H) -> H:
        REST.update(((tag, name), handler) for name in names)
        return handler

    return register


def rpc(name: str) -> Callable[[Callable[[Any, Any, Any], None]], RpcHandler]:
    """Register a handler for an rpc: it gets the request and fills the reply, which also tells how long that took."""

    def register(handler: Callable[[Any, Any, Any], None]) -> RpcHandler:
        def answer(engine: Any, request: Any) -> Any:
            from weaviate_gen.grpc import WeaviateMethods

            start = time.perf_counter()
            reply = getattr(WeaviateMethods, name).reply()
            handler(engine, request, reply)
            reply.took = time.perf_counter() - start
            return reply

        RPC[name] = answer
        return answer

    return register


def before_each(handler: H) -> H:
    """Register what is to be seen to before each request: it gets the engine."""
    CHORES.append(handler)
    return handler


def stream(name: str) -> Callable[[H], H]:
    """Register a handler for an rpc that streams: it gets an iterator of requests and is a generator of replies."""

    def register(handler: H) -> H:
        STREAMS[name] = handler
        return handler

    return register


# Areas that lite has not, by tag, in the words of a server that has them switched off.
OFF: Mapping[str, tuple[int, str]] = {
    "users": (422, "db user management is not enabled"),
    "export": (422, "export API is disabled"),
    "search": (422, "rest search api is experimental and not enabled"),
    "aggregate": (422, "rest search api is experimental and not enabled"),
    "namespaces": (404, "namespaces are not enabled"),
}


def handler_of(operation: Operation) -> Handler:
    """The function that answers an operation; one that lite does not support is refused."""
    handler = REST.get((operation.tag, operation.name))
    if handler is None:
        status, reason = OFF.get(operation.tag, (501, ""))
        problem = unsupported(f"{operation.id} ({operation.method} {operation.path})", status)
        raise problem.within(f"{reason}: ") if reason else problem
    return handler


Methods = dict[str, Operation]


@functools.cache
def _paths() -> dict[tuple[int, str], list[tuple[list[str], Methods]]]:
    """The segments of every path and its operations by their methods, under what few paths have in common."""
    paths: dict[str, Methods] = {}
    for operation in operations():
        paths.setdefault(operation.path, {})[operation.method] = operation
    found: dict[tuple[int, str], list[tuple[list[str], Methods]]] = {}
    for path in sorted(paths):  # what is spelt out comes before what stands for anything: "{" is behind all letters
        key, names = _segments(path)
        found.setdefault(key, []).append((names, paths[path]))
    return found


def _segments(path: str) -> tuple[tuple[int, str], list[str]]:
    """How many segments a path has and the one behind `/v1`, and all of them."""
    segments = path.strip("/").split("/")
    return (len(segments), segments[1] if len(segments) > 1 else ""), segments


def _find(path: str) -> tuple[Methods, dict[str, str]]:
    """The operations at a path, and the values of its parameters."""
    key, segments = _segments(path)
    for names, methods in _paths().get(key, ()):
        pairs = list(zip(names, segments, strict=True))
        if all(name == text or (name[:1] == "{" and text) for name, text in pairs):
            return methods, {name[1:-1]: unquote(text) for name, text in pairs if name[:1] == "{"}
    raise Refusal(f"path {path} was not found", 404, code=404)


def route(method: str, path: str, query: Pairs, body: Any, headers: Mapping[str, str]) -> Call:
    """The call that a request makes; refused if there is no such path or method, or the interface says otherwise."""
    methods, values = _find(path)
    operation = methods.get(method)
    if operation is None:
        raise Refusal(f"method {method} is not allowed, but [{' '.join(sorted(methods))}] are", 405, code=405)
    values = {**dict(query.items() if isinstance(query, Mapping) else query), **values}
    for parameter in operation.parameters:
        if parameter.required and parameter.name not in values:
            raise Refusal(f"{parameter.name} in {parameter.location} is required", code=602)
    body = well_formed(body)
    if operation.body is not None and body is not None:
        check(body, operation.body)
    elif operation.body is not None and operation.body_required:
        raise Refusal("body in body is required", code=602)
    return Call(operation, values, body, headers)


def one_of(value: str, name: str, where: str, choices: Sequence[str]) -> None:
    """Refuse a word that the interface does not list."""
    if value not in choices:
        raise Refusal(f"{name} in {where} should be one of [{' '.join(choices)}]", code=606)


def as_uuid(text: object, where: str) -> UUID:
    """A UUID of a path or a body, in any spelling."""
    try:
        return UUID(str(text))
    except ValueError:
        raise Refusal(f"{where} must be of type uuid: {json.dumps(text)}", code=601) from None


def consistency(call: Call) -> None:
    """Check the consistency level, which has no effect on one node."""
    level = call.text("consistency_level")
    if level not in ("", "ONE", "QUORUM", "ALL"):
        known = "try one of the following: ['ONE', 'QUORUM', 'ALL']"
        raise Refusal(f"unrecognized consistency level '{level}', {known}", 400)
