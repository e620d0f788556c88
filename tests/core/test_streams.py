"""Streams: opened, written, read and ended from both sides, with the errors and the credentials of any other call."""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.batch_pb2 import BatchStreamReply, BatchStreamRequest

from tests.core.colours import Sync
from tests.servers.fake import FakeWeaviate, openid_of
from tests.servers.faults import RpcFault
from tests.servers.oidc import OidcProvider
from weaviate_hl import errors
from weaviate_hl.auth import Auth
from weaviate_hl.op import RpcOp
from weaviate_hl.settings import Timeout

START = BatchStreamRequest(start=BatchStreamRequest.Start())
DATA = BatchStreamRequest(data=BatchStreamRequest.Data())


def importing(message: Any = None) -> RpcOp[Any]:
    return RpcOp(
        WeaviateMethods.BatchStream, message, lambda reply: reply, "Importing", error=errors.WeaviateBatchStreamError
    )


def echo(messages: Iterator[Any], call: Any) -> Iterator[Any]:
    """Answers each message at once, with how many there were."""
    for count, _ in enumerate(messages, 1):
        yield BatchStreamReply(acks=BatchStreamReply.Acks(uuids=[str(count)]))


@pytest.fixture
def client(colour: Sync, fake: FakeWeaviate) -> Any:
    fake.on_rpc(WeaviateMethods.BatchStream, echo)
    return colour.connect(fake)


def read(colour: Sync, stream: Any) -> Any:
    return colour.call(stream.__anext__ if colour.name == "async" else stream.__next__)


def read_all(colour: Sync, stream: Any) -> list[Any]:
    if colour.name == "sync":
        return list(stream)

    async def every() -> list[Any]:
        return [reply async for reply in stream]

    replies: list[Any] = colour.call(every)
    return replies


def test_requests_are_written_while_replies_are_read(colour: Sync, fake: FakeWeaviate, client: Any) -> None:
    stream = client._transport.stream(importing(), headers={"X-Once": "1"})
    for count in range(1, 4):
        colour.call(stream.write, START.SerializeToString() if count == 1 else DATA)
        assert read(colour, stream).acks.uuids == [str(count)]
    colour.call(stream.done_writing)
    assert read_all(colour, stream) == []
    with pytest.raises(errors.WeaviateBatchStreamError, match="Importing: the stream has ended"):
        colour.call(stream.write, DATA)
    (call,) = fake.rpcs("BatchStream")
    assert [message.WhichOneof("message") for message in call.messages] == ["start", "data", "data"]
    assert dict(call.headers)["x-once"] == "1"


def test_a_writer_is_held_back_by_a_slow_server(colour: Sync, fake: FakeWeaviate, client: Any) -> None:
    go = threading.Event()
    fake.on_rpc(WeaviateMethods.BatchStream, lambda messages, call: go.wait(30) and echo(messages, call))
    stream = client._transport.stream(importing())
    large = BatchStreamRequest(data=DATA.data)
    large.data.objects.values.add(collection="x" * 1_000_000)
    written: list[int] = []

    def write() -> None:
        for count in range(50):
            colour.call(stream.write, large)
            written.append(count)
        colour.call(stream.done_writing)

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(1)
    assert len(written) < 25
    go.set()
    assert len(read_all(colour, stream)) == 50
    writer.join()


def test_the_low_level_streams_too(colour: Sync, fake: FakeWeaviate, client: Any) -> None:
    replies = client.grpc.BatchStream(iter([START, DATA]), metadata=[("x-once", "1")])
    assert [reply.acks.uuids[0] for reply in read_all(colour, replies)] == ["1", "2"]
    assert dict(fake.rpcs("BatchStream")[0].headers)["x-once"] == "1"
    with pytest.raises(errors.WeaviateInvalidInputError, match="compression"):
        client.grpc.BatchStream(iter([START]), compression=1)
    with pytest.raises(errors.WeaviateInvalidInputError, match="taken from what was given"):
        colour.call(client.grpc.BatchStream(iter([START])).write, DATA)


def test_an_error_of_the_requests_is_told_as_it_is(colour: Sync, client: Any) -> None:
    def failing() -> Iterator[Any]:
        yield START
        raise LookupError("of the program")

    with pytest.raises(LookupError, match="of the program"):
        read_all(colour, client.grpc.BatchStream(failing()))
    with pytest.raises(
        errors.WeaviateInvalidInputError, match="BatchStream: must be given a BatchStreamRequest, got str"
    ):
        read_all(colour, client.grpc.BatchStream(["start"]))
    stream = client.grpc.BatchStream()
    with pytest.raises(errors.WeaviateInvalidInputError, match="must be given a BatchStreamRequest, got NoneType"):
        colour.call(stream.write, None)
    assert len(read_all(colour, client.grpc.BatchStream([START, DATA.SerializeToString()]))) == 2


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (grpc.StatusCode.UNKNOWN, "no such class", errors.WeaviateBatchStreamError),
        (grpc.StatusCode.UNAUTHENTICATED, "who are you", errors.AuthenticationFailedError),
        (grpc.StatusCode.PERMISSION_DENIED, "not you", errors.InsufficientPermissionsError),
        (grpc.StatusCode.UNAVAILABLE, "going away", errors.WeaviateGRPCUnavailableError),
        (grpc.StatusCode.CANCELLED, "enough", errors.WeaviateBatchStreamError),
    ],
)
def test_a_failure_is_told_as_that_of_any_call(
    colour: Sync, fake: FakeWeaviate, client: Any, code: grpc.StatusCode, text: str, kind: type[Exception]
) -> None:
    def fail(messages: Iterator[Any], call: Any) -> Iterator[Any]:
        yield BatchStreamReply()
        raise RpcFault(code, text)

    fake.on_rpc(WeaviateMethods.BatchStream, fail)
    stream = client._transport.stream(importing())
    colour.call(stream.write, START)
    read(colour, stream)
    for _ in range(2):
        with pytest.raises(kind, match=f"Importing failed.*{text}") as caught:
            read(colour, stream)
    assert isinstance(caught.value, errors.WeaviateBaseError)
    assert (caught.value.operation, caught.value.status) == ("BatchStream", code.name)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301
    with pytest.raises(kind, match=text):
        colour.call(stream.write, DATA)


@pytest.mark.parametrize("given", ["with the stream", "with the client"])
def test_a_stream_has_a_time_if_it_is_given_one(colour: Sync, fake: FakeWeaviate, given: str) -> None:
    fake.on_rpc(WeaviateMethods.BatchStream, lambda messages, call: iter(call.wait(10) and ()))
    client = colour.connect(fake, timeout=Timeout(init=5, stream=30 if given == "with the stream" else 0.3))
    stream = client._transport.stream(importing(), timeout=0.3 if given == "with the stream" else None)
    with pytest.raises(errors.WeaviateTimeoutError, match=r"Importing took longer than 0\.3 s"):
        read(colour, stream)


def test_one_that_waits_is_told_of_a_cancelled_stream(colour: Sync, client: Any) -> None:
    stream = client._transport.stream(importing())
    colour.call(stream.write, START)
    read(colour, stream)
    timer = threading.Timer(0.2, lambda: colour.call(stream.cancel))
    timer.start()
    with pytest.raises(errors.WeaviateBatchStreamError, match="was cancelled"):
        read(colour, stream)
    timer.join()
    with pytest.raises(errors.WeaviateBatchStreamError, match="was cancelled"):
        colour.call(stream.write, DATA)


def test_one_that_waits_is_told_of_a_closed_client(colour: Sync, client: Any) -> None:
    stream = client._transport.stream(importing())
    colour.call(stream.write, START)
    read(colour, stream)
    timer = threading.Timer(0.2, lambda: colour.call(client.close))
    timer.start()
    with pytest.raises(errors.WeaviateClosedClientError, match="Importing: the client was closed"):
        read(colour, stream)
    timer.join()
    for each in (stream, client._transport.stream(importing())):
        with pytest.raises(errors.WeaviateClosedClientError):
            colour.call(each.write, DATA)


def test_over_http_there_are_none(colour: Sync, fake: FakeWeaviate) -> None:
    client = colour.connect(fake, grpc="web")
    assert not colour.call(client._transport.can_stream)
    with pytest.raises(errors.WeaviateGRPCUnavailableError, match=r"needs native gRPC.*write with BatchObjects"):
        read(colour, client.grpc.BatchStream(iter([START])))
    assert colour.call(colour.connect(fake)._transport.can_stream)


def test_a_token_is_renewed_before_a_stream_begins(colour: Sync, oidc: OidcProvider) -> None:
    with FakeWeaviate(authorize=oidc.refusal, openid=openid_of(oidc.issuer, "weaviate")) as server:
        server.on_rpc(WeaviateMethods.BatchStream, echo)
        client = colour.connect(server, auth=Auth.client_credentials("client-secret"))
        fresh = client._transport._tokens.current()
        client._transport._tokens._expires = 0.0
        assert len(read_all(colour, client.grpc.BatchStream(iter([START])))) == 1
        assert dict(server.rpcs("BatchStream")[0].headers)["authorization"] != fresh
        oidc._access.clear()
        with pytest.raises(errors.AuthenticationFailedError):
            read(colour, client._transport.stream(importing()))  # of one that is being written grpc may tell less
        assert len(read_all(colour, client.grpc.BatchStream(iter([START])))) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_stream_stays_with_its_process(colour: Sync, client: Any) -> None:
    stream = client._transport.stream(importing())
    stream._process = -1
    with pytest.raises(errors.WeaviateClosedClientError, match="belongs to the parent"):
        colour.call(stream.write, START)
