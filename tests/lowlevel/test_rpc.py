"""Stubs over native gRPC, sync and asyncio, against a server in this process that is made from METHODS alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import grpc.aio
import pytest
from weaviate_gen.grpc import (
    METHODS,
    HealthAsyncStub,
    HealthStub,
    WeaviateAsyncStub,
    WeaviateMethods,
    WeaviateStub,
)
from weaviate_gen.grpc.google.rpc.error_details_pb2 import ErrorInfo
from weaviate_gen.grpc.google.rpc.status_pb2 import Status
from weaviate_gen.grpc.v1.batch_pb2 import (
    BatchObject,
    BatchObjectsReply,
    BatchObjectsRequest,
    BatchStreamReply,
    BatchStreamRequest,
)
from weaviate_gen.grpc.v1.health_weaviate_pb2 import WeaviateHealthCheckRequest, WeaviateHealthCheckResponse
from weaviate_gen.grpc.v1.search_get_pb2 import SearchReply, SearchRequest

Context = grpc.ServicerContext


def search(request: SearchRequest, context: Context) -> SearchReply:
    if request.collection == "Missing":
        status = Status(code=8, message="limit reached")
        status.details.add().Pack(ErrorInfo(reason="LIMIT", domain="weaviate.usagelimits"))
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "limit reached")
    if request.collection == "Slow":
        time.sleep(0.5)
    seen = dict(context.invocation_metadata())
    context.set_trailing_metadata((("seen", seen.get("authorization", "")),))
    reply = SearchReply(took=0.5)
    for number in range(request.limit):
        result = reply.results.add()
        result.metadata.id = str(number)
        result.properties.non_ref_props.fields["title"].text_value = f"{request.collection} {number}"
    return reply


def batch_objects(request: BatchObjectsRequest, context: Context) -> BatchObjectsReply:
    bad = [index for index, item in enumerate(request.objects) if not item.collection]
    return BatchObjectsReply(errors=[BatchObjectsReply.BatchError(index=index, error="no collection") for index in bad])


def batch_stream(requests: Iterator[BatchStreamRequest], context: Context) -> Iterator[BatchStreamReply]:
    for request in requests:
        kind = request.WhichOneof("message")
        if kind == "start":
            yield BatchStreamReply(started=BatchStreamReply.Started())
        elif kind == "data":
            uuids = [item.uuid for item in request.data.objects.values]
            yield BatchStreamReply(acks=BatchStreamReply.Acks(uuids=uuids))
        else:
            return


def check(request: WeaviateHealthCheckRequest, context: Context) -> WeaviateHealthCheckResponse:
    return WeaviateHealthCheckResponse(status=WeaviateHealthCheckResponse.SERVING)


HANDLERS: dict[str, Callable[..., Any]] = {
    "/weaviate.v1.Weaviate/Search": search,
    "/weaviate.v1.Weaviate/BatchObjects": batch_objects,
    "/weaviate.v1.Weaviate/BatchStream": batch_stream,
    "/grpc.health.v1.Health/Check": check,
}


class Service(grpc.GenericRpcHandler):
    """Serves the rpcs of METHODS that HANDLERS has an answer to."""

    def service(self, handler_call_details: Any) -> Any:
        method = METHODS[handler_call_details.method]
        if method.path not in HANDLERS:
            return None
        make = grpc.stream_stream_rpc_method_handler if method.client_streaming else grpc.unary_unary_rpc_method_handler
        return make(
            HANDLERS[method.path],
            request_deserializer=method.request.FromString,
            response_serializer=method.reply.SerializeToString,
        )


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    server.add_generic_rpc_handlers((Service(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(grace=None).wait()


@pytest.fixture
def channel(address: str) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(address) as opened:
        yield opened


def steps() -> list[BatchStreamRequest]:
    data = BatchStreamRequest.Data(objects={"values": [{"uuid": "1"}, {"uuid": "2"}]})
    return [
        BatchStreamRequest(start=BatchStreamRequest.Start()),
        BatchStreamRequest(data=data),
        BatchStreamRequest(stop=BatchStreamRequest.Stop()),
    ]


def test_facts() -> None:
    assert METHODS[WeaviateMethods.Search.path] is WeaviateMethods.Search
    search = WeaviateMethods.Search
    assert (search.service, search.name) == ("weaviate.v1.Weaviate", "Search")
    assert (search.request, search.reply) == (SearchRequest, SearchReply)
    assert not search.client_streaming
    assert WeaviateMethods.BatchStream.client_streaming
    assert WeaviateMethods.BatchStream.server_streaming
    assert repr(search) == "<Method /weaviate.v1.Weaviate/Search>"


def test_unary(channel: grpc.Channel) -> None:
    stub = WeaviateStub(channel)
    reply = stub.Search(SearchRequest(collection="Song", limit=2), timeout=10, wait_for_ready=True)
    assert [result.properties.non_ref_props.fields["title"].text_value for result in reply.results] == [
        "Song 0",
        "Song 1",
    ]
    objects = [BatchObject(collection="Song"), BatchObject()]
    errors = stub.BatchObjects(BatchObjectsRequest(objects=objects), compression=grpc.Compression.Gzip).errors
    assert [(error.index, error.error) for error in errors] == [(1, "no collection")]
    assert stub.Search.future(SearchRequest(limit=1)).result(timeout=10).took == 0.5
    assert HealthStub(channel).Check(WeaviateHealthCheckRequest()).status == WeaviateHealthCheckResponse.SERVING


@pytest.mark.parametrize("make", [tuple, list])
def test_metadata(channel: grpc.Channel, make: Callable[[Any], Any]) -> None:
    metadata = make([("authorization", "Bearer key")])
    _, call = WeaviateStub(channel).Search.with_call(SearchRequest(), metadata=metadata)
    assert dict(call.trailing_metadata())["seen"] == "Bearer key"
    assert call.code() == grpc.StatusCode.OK


def test_errors(channel: grpc.Channel) -> None:
    stub = WeaviateStub(channel)
    with pytest.raises(grpc.RpcError) as caught:
        stub.Search(SearchRequest(collection="Missing"))
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert caught.value.details() == "limit reached"
    info = ErrorInfo()
    status = Status.FromString(dict(caught.value.trailing_metadata())["grpc-status-details-bin"])
    assert status.details[0].Unpack(info)
    assert info.domain == "weaviate.usagelimits"
    with pytest.raises(grpc.RpcError) as caught:
        stub.Search(SearchRequest(collection="Slow"), timeout=0.1)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


def test_stream(channel: grpc.Channel) -> None:
    replies = WeaviateStub(channel).BatchStream(iter(steps()), timeout=10, metadata=(("a", "b"),))
    kinds = [(reply.WhichOneof("message"), list(reply.acks.uuids)) for reply in replies]
    assert kinds == [("started", []), ("acks", ["1", "2"])]


@pytest.mark.parametrize("make", [tuple, list])
def test_async(address: str, make: Callable[[Any], Any]) -> None:
    async def scenario() -> None:
        async with grpc.aio.insecure_channel(address) as channel:
            stub = WeaviateAsyncStub(channel)
            reply = await stub.Search(SearchRequest(collection="Song", limit=2), timeout=10, wait_for_ready=True)
            assert len(reply.results) == 2
            many = [stub.BatchObjects(BatchObjectsRequest(objects=[BatchObject()])) for _ in range(5)]
            assert [len((await call).errors) for call in many] == [1] * 5
            health = await HealthAsyncStub(channel).Check(WeaviateHealthCheckRequest())
            assert health.status == WeaviateHealthCheckResponse.SERVING

            call = stub.Search(SearchRequest(), metadata=make([("authorization", "Bearer key")]))
            await call
            assert dict(iter(await call.trailing_metadata()))["seen"] == "Bearer key"
            assert await call.code() == grpc.StatusCode.OK

            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.Search(SearchRequest(collection="Missing"))
            assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
            assert dict(iter(caught.value.trailing_metadata()))["grpc-status-details-bin"]
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.Search(SearchRequest(collection="Slow"), timeout=0.1)
            assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED

            replies = stub.BatchStream(iter(steps()), timeout=10)
            assert [reply.WhichOneof("message") async for reply in replies] == ["started", "acks"]

            exchange = stub.BatchStream(timeout=10)
            for step in steps():
                await exchange.write(step)
            await exchange.done_writing()
            first = await exchange.read()
            assert isinstance(first, BatchStreamReply)
            assert first.WhichOneof("message") == "started"
            await exchange.read()
            assert await exchange.read() is grpc.aio.EOF

    asyncio.run(scenario())
