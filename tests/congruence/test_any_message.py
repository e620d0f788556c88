"""Messages made at random, as any client may send them, are answered or refused; lite never stumbles over them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from weaviate_gen.grpc.v1 import aggregate_pb2, batch_delete_pb2, batch_pb2, search_get_pb2, tenants_pb2

from weaviate_hl.lite import Code, Engine, RpcError

RPCS: dict[str, type[Any]] = {
    "Search": search_get_pb2.SearchRequest,
    "Aggregate": aggregate_pb2.AggregateRequest,
    "BatchObjects": batch_pb2.BatchObjectsRequest,
    "BatchReferences": batch_pb2.BatchReferencesRequest,
    "BatchDelete": batch_delete_pb2.BatchDeleteRequest,
    "TenantsGet": tenants_pb2.TenantsGetRequest,
}
PROPERTIES = {"t": "text", "i": "int", "n": "number[]", "d": "date", "g": "geoCoordinates", "u": "uuid"}
F = FieldDescriptor
VALUES: dict[int, tuple[Any, ...]] = {
    F.TYPE_STRING: ("", "A", *PROPERTIES, "default", "t^2", "len(t)", "_id", "00000000-0000-0000-0000-000000000001"),
    F.TYPE_BYTES: (b"", b"x", b"\0\0\x80?\0\0\0@", b"\2\0" + b"\0\0\x80?" * 2),
    F.TYPE_BOOL: (True, False),
    F.TYPE_FLOAT: (0.0, 0.5, 1.5, -1.0, float("nan"), float("inf")),
    F.TYPE_DOUBLE: (0.0, 0.5, 1.5, -1.0, float("nan"), float("inf")),
    F.TYPE_ENUM: (0, 1, 2, 3, 99),
    F.TYPE_UINT32: (0, 1, 5, 2**31),
    F.TYPE_UINT64: (0, 1, 5, 2**31),
}
NUMBERS = (0, 1, 2, -1, 2**31 - 1)


def _fill(message: Message, chance: random.Random, depth: int = 0) -> None:
    for field in message.DESCRIPTOR.fields:
        if chance.random() > 0.3 or depth > 5:
            continue
        one = getattr(message, field.name)
        values = VALUES.get(field.type, NUMBERS)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        if hasattr(one, "extend"):
            for _ in range(chance.randint(1, 2)):
                if field.message_type is None:
                    one.append(chance.choice(values))
                else:
                    _fill(one.add(), chance, depth + 1)
        elif field.message_type is None:
            setattr(message, field.name, chance.choice(values))
        else:
            one.SetInParent()
            _fill(one, chance, depth + 1)


def _request(rpc: str, chance: random.Random) -> Any:
    request = RPCS[rpc]()
    _fill(request, chance)
    if rpc == "Search":  # at most one search, or it is only ever refused
        ways = [field.name for field in request.DESCRIPTOR.fields if field.name.startswith(("near_", "bm25", "hybrid"))]
        for name in [*set(ways) - {chance.choice(ways)}, "tenant"]:
            request.ClearField(name)
    if hasattr(request, "collection"):
        request.collection = "A"
    return request


@pytest.mark.parametrize("rpc", RPCS)
def test_no_message_finds_a_mistake(rpc: str, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(rpc)
    modules = {"generative-dummy": {}, "reranker-dummy": {}}
    indexed = dict.fromkeys(("indexNullState", "indexPropertyLength", "indexTimestamps"), True)
    made = {"class": "A", "vectorizer": "text2vec-lite", "moduleConfig": modules, "invertedIndexConfig": indexed}
    made["properties"] = [{"name": name, "dataType": [kind]} for name, kind in PROPERTIES.items()]
    for _ in range(20):
        with Engine(settings={"ENABLE_MODULES": list(modules)}, environ={}) as engine:
            engine.rest("POST", "/v1/schema", (), made)
            for i in range(3):
                values = {"t": f"word {i}", "i": i, "n": [i, 0.5], "d": "2020-01-01T00:00:00Z"}
                engine.rest("POST", "/v1/objects", (), {"class": "A", "properties": values})
            for _ in range(40):
                request = _request(rpc, chance)
                try:
                    engine.rpc(rpc, request)
                except RpcError as error:
                    assert error.code is Code.UNKNOWN, (error, request)
    assert not caplog.records
