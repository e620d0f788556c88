"""What the tests of lite share: an engine behind a few words, filters, vectors and the UUIDs of the golden tables."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
from on_sockets import OnSockets
from weaviate_gen.grpc.v1 import base_pb2 as base
from weaviate_gen.grpc.v1 import base_search_pb2 as base_search
from weaviate_gen.grpc.v1 import search_get_pb2 as search_get

from weaviate_hl.lite import Engine, RpcError

Json = dict[str, Any]


def uuid(n: int) -> str:
    """The UUIDs of the golden tables."""
    return f"00000000-0000-0000-0000-{n:012d}"


def vector(*numbers: float, name: str = "") -> Any:
    return base.Vectors(name=name, vector_bytes=struct.pack(f"<{len(numbers)}f", *numbers), type=1)


def multi_vector(rows: list[list[float]], name: str = "") -> Any:
    flat = [number for row in rows for number in row]
    data = struct.pack("<H", len(rows[0])) + struct.pack(f"<{len(flat)}f", *flat)
    return base.Vectors(name=name, vector_bytes=data, type=2)


OPERATORS = {
    "Equal": 1,
    "NotEqual": 2,
    ">": 3,
    ">=": 4,
    "<": 5,
    "<=": 6,
    "And": 7,
    "Or": 8,
    "Geo": 9,
    "Like": 10,
    "IsNull": 11,
    "ContainsAny": 12,
    "ContainsAll": 13,
    "ContainsNone": 14,
    "Not": 15,
}


def where(target: Any, operator: str, value: Any) -> Any:
    """A filter message; the target is a property's name or a message."""
    made = base.Filters(operator=OPERATORS[operator])
    if isinstance(target, str):
        made.target.property = target
    else:
        made.target.CopyFrom(target)
    lists = {str: "value_text_array", bool: "value_boolean_array", int: "value_int_array", float: "value_number_array"}
    ones = {str: "value_text", bool: "value_boolean", int: "value_int", float: "value_number"}
    if isinstance(value, list):
        field = getattr(made, lists[type(value[0])] if value else "value_text_array")
        field.SetInParent()
        field.values.extend(value)
    elif isinstance(value, tuple):
        made.value_geo.latitude, made.value_geo.longitude, made.value_geo.distance = value
    else:
        setattr(made, ones[type(value)], value)
    return made


def join(operator: str, *operands: Any) -> Any:
    return base.Filters(operator=OPERATORS[operator], filters=operands)


def near(*numbers: float, **more: Any) -> Any:
    return base_search.NearVector(vectors=[vector(*numbers)], **more)


class Lite:
    """An engine and what tests do with it all the time."""

    def __init__(self, engine: Engine | OnSockets) -> None:
        self.engine: Any = engine

    def rest(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        """Status and body; the path without `/v1`."""
        status, _, answer = self.engine.rest(method, f"/v1{path}", {k: str(v) for k, v in query.items()}, body)
        return status, answer

    def ok(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The body of an answer that must be a success."""
        status, answer = self.rest(method, path, body, **query)
        assert status < 300, answer
        return answer

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
        """The status and text of an answer that must be a refusal."""
        status, answer = self.rest(method, path, body, **query)
        assert status >= 400
        if answer is None:
            return status, ""
        return status, answer["message"] if "message" in answer else answer["error"][0]["message"]

    def create(self, name: str, properties: Json | None = None, **more: Any) -> None:
        """A class; properties as `{name: data type or the rest of its definition}`."""
        made = []
        for key, given in (properties or {}).items():
            made.append({"name": key, **(given if isinstance(given, dict) else {"dataType": [given]})})
        if "vectorConfig" not in more:
            more.setdefault("vectorizer", "none")
        self.ok("POST", "/schema", {"class": name, "properties": made, **more})

    def insert(self, name: str, n: int, properties: Json | None = None, **more: Any) -> Json:
        body = {"class": name, "id": uuid(n), "properties": properties or {}, **more}
        inserted: Json = self.ok("POST", "/objects", body)
        return inserted

    def get(self, name: str, n: int, **query: Any) -> Json:
        found: Json = self.ok("GET", f"/objects/{name}/{uuid(n)}", **query)
        return found

    def search(self, name: str, **request: Any) -> Any:
        """The reply; everything of metadata is asked for unless the request says otherwise."""
        every = search_get.MetadataRequest(uuid=True, score=True, distance=True, certainty=True)
        request.setdefault("metadata", every)
        request.setdefault("limit", 100)
        return self.engine.rpc("Search", search_get.SearchRequest(collection=name, uses_127_api=True, **request))

    def ids(self, name: str, **request: Any) -> list[int]:
        """The numbers of the objects found, in order."""
        return [int(result.metadata.id[-12:]) for result in self.search(name, **request).results]

    def failure(self, rpc: str, message: Any) -> str:
        """The text with which an rpc fails."""
        with pytest.raises(RpcError) as caught:
            self.engine.rpc(rpc, message)
        return caught.value.text

    def no_search(self, name: str, **request: Any) -> str:
        """The text with which a search fails."""
        with pytest.raises(RpcError) as caught:
            self.search(name, **request)
        return caught.value.text


Start = Callable[..., Lite]
