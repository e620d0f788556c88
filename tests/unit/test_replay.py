"""What is recorded of a server is given again, over real sockets, with the ids of those who ask."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.search_get_pb2 import PropertiesResult, SearchReply, SearchRequest, SearchResult

import weaviate_hl
from tests.servers.fake import FakeWeaviate
from tests.servers.faults import RpcFault
from tests.servers.replay import Recording, ReplayServer
from tests.servers.sockets import ReservedPort
from weaviate_hl import errors
from weaviate_hl.settings import AdditionalConfig


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Any]:
    """Makes servers, of one recording, for a place that stays the same."""
    ports = [ReservedPort(), ReservedPort()]
    http, native = ((each.host, each.port) for each in ports)

    def make(upstream: FakeWeaviate | None = None) -> ReplayServer:
        real = None if upstream is None else [upstream.address, upstream.grpc_address]
        made = ReplayServer(Recording(tmp_path / "recorded.json"), http, native, real)
        made.begin("test")
        return made

    yield make
    for each in ports:
        each.close()


def ask(server: ReplayServer, id: str, protocol: Any = "native") -> tuple[str, str]:
    """Write an object and search for it; gives the two ids that come back."""
    config = AdditionalConfig(grpc=protocol)
    with weaviate_hl.connect_to_local(
        port=server.port, grpc_port=server._native_address[1], additional_config=config
    ) as client:
        written = client.rest.objects.create(body={"class": "Article", "id": id})
        found = client.grpc.Search(SearchRequest(collection="Article", uses_127_api=True, tenant=id))
        return str(written.id), str(UUID(bytes=found.results[0].metadata.id_as_bytes))


@pytest.mark.parametrize("protocol", ["native", "web"])
def test_what_was_recorded_is_given_with_other_ids(stage: Any, fake: FakeWeaviate, protocol: Any) -> None:
    def search(message: Any, call: Any) -> SearchReply:
        result = SearchResult(properties=PropertiesResult())
        result.metadata.id_as_bytes = UUID(message.tenant).bytes
        return SearchReply(results=[result])

    fake.on_rest("POST", "/v1/objects", lambda request: (200, request.json()))
    fake.on_rpc(WeaviateMethods.Search, search)
    first, second = str(uuid4()), str(uuid4())
    with stage(fake) as recorder:
        assert ask(recorder, first, protocol) == (first, first)
        recorder.recording.save()
    fake.stop()
    with stage() as player:
        assert ask(player, second, protocol) == (second, second)


def test_answers_to_one_request_come_in_their_order(stage: Any, fake: FakeWeaviate) -> None:
    count = iter(range(3))
    fake.on_rest("GET", "/v1/schema", lambda request: {"at": next(count)})

    def read(server: ReplayServer) -> int:
        with urllib.request.urlopen(f"{server.url}/v1/schema") as answer:  # noqa: S310
            return int(json.loads(answer.read())["at"])

    with stage(fake) as recorder:
        assert [read(recorder) for _ in range(3)] == [0, 1, 2]
        recorder.recording.save()
    with stage() as player:
        assert [read(player) for _ in range(4)] == [0, 1, 2, 2]


def test_errors_are_recorded_too(stage: Any, fake: FakeWeaviate) -> None:
    def fail(message: Any, call: Any) -> SearchReply:
        raise RpcFault(grpc.StatusCode.INVALID_ARGUMENT, f"nothing in {message.collection}")

    fake.on_rpc(WeaviateMethods.Search, fail)
    fake.on_rest("GET", "/v1/schema", (422, {"error": [{"message": "no schema"}]}))
    for server in (fake, None):
        with stage(server) as here:
            where = {"port": here.port, "grpc_port": here._native_address[1]}
            with weaviate_hl.connect_to_local(**where) as client:
                with pytest.raises(errors.WeaviateQueryError, match="nothing in Article"):
                    client.grpc.Search(SearchRequest(collection="Article"))
                with pytest.raises(errors.UnexpectedStatusCodeError, match="no schema"):
                    client.rest.schema.dump()
            here.recording.save()


def test_what_was_not_recorded_is_told(stage: Any) -> None:
    with stage() as player:
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{player.url}/v1/nodes")  # noqa: S310
        with caught.value as answer:
            assert answer.status == 501
            assert b"not recorded: GET /v1/nodes" in answer.read()


def test_a_recording_keeps_each_answer_once(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "recorded.json")
    same = {"status": 200, "headers": {}, "text": "{}"}
    for section in ("one", "two"):
        recording.add(section, "GET /v1/meta", None, dict(same))
    recording.add("one", "rpc /x", None, {"base64": base64.b64encode(b"x").decode()})
    recording.sections.pop("one")
    recording.save()
    again = Recording(recording.path)
    assert json.loads(recording.path.read_text())["answers"] == [same]
    assert again.answer(again.sections["two"][0]) == same
    again.sections.clear()
    again.save()
    assert not recording.path.exists()
