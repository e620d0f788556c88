"""`client.rest` and `client.grpc`: a wrong argument is refused by name before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.aggregate_pb2 import AggregateRequest
from weaviate_gen.grpc.v1.search_get_pb2 import SearchReply, SearchRequest
from weaviate_gen.rest import models

from tests.core.colours import Sync
from tests.servers.fake import FakeWeaviate
from weaviate_hl.errors import WeaviateInvalidInputError

REQUEST = SearchRequest(collection="Article")
ID = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def client(colour: Sync, fake: FakeWeaviate) -> Any:
    fake.on_rpc(WeaviateMethods.Search, SearchReply())
    made = colour.connect(fake)
    fake.forget()
    return made


WRONG_RPCS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any], str]] = {
    "another message": ("Search", (AggregateRequest(),), {}, "Search: must be given a SearchRequest, got Agg"),
    "no message": ("Search", (None,), {}, "must be given a SearchRequest, got NoneType"),
    "a dict": ("Search", ({"collection": "A"},), {}, "must be given a SearchRequest, got dict"),
    "a class": ("Search", (SearchRequest,), {}, "must be given a SearchRequest"),
    "a timeout that is text": ("Search", (REQUEST,), {"timeout": "x"}, "timeout: "),
    "a timeout below zero": ("Search", (REQUEST,), {"timeout": -1}, "timeout: "),
    "a timeout that is no number": ("Search", (REQUEST,), {"timeout": float("nan")}, "timeout: "),
    "a timeout that is a flag": ("Search", (REQUEST,), {"timeout": True}, "timeout: "),
    "metadata that is text": ("Search", (REQUEST,), {"metadata": "abc"}, "metadata: "),
    "metadata that is a number": ("Search", (REQUEST,), {"metadata": 5}, "metadata: "),
    "metadata without values": ("Search", (REQUEST,), {"metadata": [("a",)]}, "metadata: "),
    "metadata of bytes": ("Search", (REQUEST,), {"metadata": [("a", b"b")]}, r"metadata\['a'\]: "),
    "a name that is a number": ("Search", (REQUEST,), {"metadata": [(1, "b")]}, "metadata: 1 "),
    "a name that is a list": ("Search", (REQUEST,), {"metadata": [([], "b")]}, "metadata: "),
    "a name twice": ("Search", (REQUEST,), {"metadata": [("a", "b"), ("a", "c")]}, "metadata: "),
    "binary metadata": ("Search", (REQUEST,), {"metadata": [("a-bin", "b")]}, "metadata: 'a-bin'"),
    "a header of gRPC": ("Search", (REQUEST,), {"metadata": [("grpc-timeout", "1S")]}, "metadata: 'grpc-timeout'"),
    "a header of HTTP": ("Search", (REQUEST,), {"metadata": [("Content-Length", "1")]}, "metadata: 'Content-Length'"),
    "an unknown option": ("Search", (REQUEST,), {"compression": 1}, "not compression"),
    "requests that are a number": ("BatchStream", (5,), {}, "requests must be an iterator of BatchStreamRequest"),
    "a timeout of a stream": ("BatchStream", (), {"timeout": "x"}, "timeout: "),
    "metadata of a stream": ("BatchStream", (), {"metadata": 5}, "metadata: "),
}


@pytest.mark.parametrize("case", WRONG_RPCS)
def test_a_wrong_argument_of_an_rpc(colour: Sync, fake: FakeWeaviate, client: Any, case: str) -> None:
    name, positional, named, said = WRONG_RPCS[case]
    with pytest.raises(WeaviateInvalidInputError, match=said):
        colour.call(getattr(client.grpc, name), *positional, **named)
    assert not fake.rpcs()


@pytest.mark.parametrize("metadata", [{"X-Mine": "1"}, [("x-mine", "1")], (("X-Mine", "1"),)])
def test_metadata_in_each_form(colour: Sync, fake: FakeWeaviate, client: Any, metadata: Any) -> None:
    colour.call(client.grpc.Search, REQUEST, metadata=metadata, timeout=5)
    assert dict(fake.rpcs()[-1].headers)["x-mine"] == "1"


WRONG_REST: dict[str, tuple[str, str, tuple[Any, ...], dict[str, Any], str]] = {
    "no collection": ("schema", "objects_get", (None,), {}, "className must be given"),
    "an empty collection": ("schema", "objects_get", ("",), {}, "className must not be ''"),
    "a collection of bytes": ("schema", "objects_get", (b"A",), {}, "className must be text or a number, got bytes"),
    "no body": ("schema", "objects_create", (), {"body": None}, "a body must be given"),
    "a body that is text": ("schema", "objects_create", (), {"body": "A"}, "body must be a dict or a Class, got str"),
    "another model": ("schema", "objects_create", (), {"body": models.Tenant()}, "a dict or a Class, got Tenant"),
    "one of many": ("schema", "tenants_create", ("A",), {"body": {}}, r"body must be a list\[Tenant\], got dict"),
    "a wrong one": (
        "schema",
        "tenants_create",
        ("A",),
        {"body": [5]},
        r"body\[0\] must be a dict or a Tenant, got int",
    ),
    "a query": ("objects", "class_get", ("A", ID), {"tenant": {}}, "tenant must be text or a number, got dict"),
    "not JSON": ("objects", "create", (), {"body": {"a": object()}}, "body is not JSON"),
}


@pytest.mark.parametrize("case", WRONG_REST)
def test_a_wrong_argument_of_a_rest_operation(colour: Sync, fake: FakeWeaviate, client: Any, case: str) -> None:
    tag, name, positional, named, said = WRONG_REST[case]
    with pytest.raises(WeaviateInvalidInputError, match=said):
        colour.call(getattr(getattr(client.rest, tag), name), *positional, **named)
    assert not fake.requests()
