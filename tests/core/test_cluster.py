"""A cluster of real servers of which one is killed in mid-use: reads succeed, and what became of writes is said."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import Any

import pytest
from weaviate_gen.grpc.v1.base_pb2 import ConsistencyLevel
from weaviate_gen.grpc.v1.batch_pb2 import BatchObject, BatchObjectsRequest
from weaviate_gen.grpc.v1.search_get_pb2 import MetadataRequest, SearchRequest

from tests.core.colours import Sync
from tests.servers.proxies import CutProxy
from tests.servers.real import RealCluster
from weaviate_hl import errors
from weaviate_hl.policy import RetryPolicy
from weaviate_hl.settings import ConnectionParams, Timeout

ARTICLE = {"class": "Article", "vectorizer": "none", "replicationConfig": {"factor": 3}}
SEARCH = SearchRequest(
    collection="Article", limit=100, metadata=MetadataRequest(uuid=True), uses_123_api=True, uses_127_api=True
)


def uuid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012}"


def writing(number: int) -> BatchObjectsRequest:
    one = BatchObject(uuid=uuid(number), collection="Article")
    return BatchObjectsRequest(objects=[one], consistency_level=ConsistencyLevel.CONSISTENCY_LEVEL_QUORUM)


@pytest.mark.parametrize("protocol", ["native", "web"])
@pytest.mark.timeout(300)
def test_a_node_that_is_killed_in_mid_use(colour: Sync, protocol: Any, caplog: pytest.LogCaptureFixture) -> None:
    with (
        RealCluster(3) as (killed, living, _),
        CutProxy(killed.address) as http,
        CutProxy(killed.grpc_address) as native,
    ):
        params = ConnectionParams.from_params("127.0.0.1", http.port, False, "127.0.0.1", native.port, False)
        client = colour.connect(
            params,
            grpc=protocol,
            timeout=Timeout(init=20, query=60, insert=60),
            retry=RetryPolicy(attempts=20, first=0.2, longest=2),
        )
        colour.call(client.rest.schema.objects_create, body=ARTICLE)
        for number in range(10):
            assert not colour.call(client.grpc.BatchObjects, writing(number)).errors
        outcomes: dict[str, Any] = {}

        def use(name: str, call: Any, *args: Any) -> None:
            try:
                outcomes[name] = colour.call(call, *args)
            except BaseException as error:
                outcomes[name] = error

        uses = [
            threading.Thread(target=use, args=each)
            for each in (
                ("object", partial(client.rest.objects.class_get, consistency_level="QUORUM"), "Article", uuid(0)),
                ("search", client.grpc.Search, SEARCH),
                ("write", client.grpc.BatchObjects, writing(10)),
            )
        ]
        with caplog.at_level(logging.DEBUG, "weaviate_hl"):
            for front in (http, native):
                front.pause()
            for each in uses:
                each.start()
            time.sleep(0.5)
            assert not outcomes
            killed.kill()  # while all three are on their way to it
            for front, node in ((http, living.address), (native, living.grpc_address)):
                front.target = node
                front.cut(reset=True)
                front.resume()
            for each in uses:
                each.join()

        assert outcomes["object"].id == uuid(0)
        assert {found.metadata.id for found in outcomes["search"].results} >= {uuid(number) for number in range(10)}
        retried = {record.getMessage().split(":")[0] for record in caplog.records if "next in" in record.getMessage()}
        assert retried >= {"objects.class.get", "Search"}
        assert isinstance(outcomes["write"], errors.WeaviateConnectionError)
        assert outcomes["write"].outcome == "unknown"
