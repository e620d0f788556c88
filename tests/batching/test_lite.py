"""Every kind of batch, written to lite, in this process and on sockets: what was added is there, refusals are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import pairwise
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

import weaviate_hl
from tests.batching.kit import KINDS, begin
from tests.servers.places import LITE
from weaviate_hl.classes.config import DataType, Property, ReferenceProperty
from weaviate_hl.classes.query import QueryReference
from weaviate_hl.settings import AdditionalConfig

OBJECTS = 250
NUMBER = Property(name="number", data_type=DataType.INT)
NEXT = ReferenceProperty(name="next", target_collection="Thing")


Connect = Callable[[str], Any]


@pytest.fixture(params=LITE)
def connect(request: pytest.FixtureRequest) -> Connect:
    """Makes a client of a colour."""

    def client_of(colour: str) -> Any:
        if request.param == "lite":
            return weaviate_hl.connect_to_lite() if colour == "sync" else weaviate_hl.use_async_with_lite()
        local = weaviate_hl.connect_to_local if colour == "sync" else weaviate_hl.use_async_with_local
        server, config = request.getfixturevalue("lite_server"), AdditionalConfig(grpc=request.param[5:])
        return local(port=server.http_port, grpc_port=server.grpc_port, additional_config=config)

    return client_of


@pytest.fixture
def things(connect: Connect) -> Iterator[Any]:
    with connect("sync") as client:
        yield client.collections.create("Thing", properties=[NUMBER], references=[NEXT])
        client.collections.delete("Thing")


@pytest.mark.parametrize("kind", KINDS)
def test_objects_and_references_of_a_batch_are_there_once(things: Any, kind: str) -> None:
    with begin(things.batch, kind) as batch:
        added = [batch.add_object({"number": number}) for number in range(OBJECTS)]
        for one, other in pairwise(added):
            batch.add_reference(one, "next", other)
    assert batch.counts == (2 * OBJECTS - 1, 2 * OBJECTS - 1, 0, 0)
    found = things.query.fetch_objects(limit=OBJECTS, return_references=QueryReference(link_on="next"))
    assert sorted(one.properties["number"] for one in found.objects) == list(range(OBJECTS))
    linked = {one.uuid: [to.uuid for to in one.references["next"].objects] for one in found.objects if one.references}
    assert linked == {one: [other] for one, other in pairwise(added)}


@pytest.mark.parametrize("kind", KINDS)
def test_threads_share_a_batch(things: Any, kind: str) -> None:
    def add(first: int, batch: Any) -> None:
        for number in range(first, first + OBJECTS):
            batch.add_object({"number": number})

    with begin(things.batch, kind) as batch:
        threads = [Thread(target=add, args=(OBJECTS * each, batch)) for each in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert batch.counts == (8 * OBJECTS, 8 * OBJECTS, 0, 0)
    assert things.length() == 8 * OBJECTS


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_refused_fails_alone(things: Any, kind: str) -> None:
    failed: list[Any] = []
    with begin(things.batch, kind, on_failure=failed.append) as batch:
        for number in range(20):
            batch.add_object({"number": "no number" if number == 7 else number})
    assert batch.counts == (20, 19, 1, 0)
    assert [one.object_.index for one in failed] == [7]


@pytest.mark.parametrize("kind", KINDS)
def test_tasks_share_a_batch_and_the_last_write_stays(connect: Connect, kind: str) -> None:
    same = uuid4()

    async def run() -> None:
        async with connect("async") as client:
            things = await client.collections.create("Thing", properties=[NUMBER])
            async with begin(things.batch, kind) as batch:

                async def add(first: int) -> None:
                    for number in range(first, first + 50):
                        await batch.add_object({"number": number})

                await asyncio.gather(*(add(50 * each) for each in range(8)))
                for number in range(20):
                    last = await batch.add_object({"number": number}, uuid=same)
                assert await last.result() == same
            assert batch.counts == (420, 420, 0, 0)
            assert await things.length() == 401
            kept = await things.query.fetch_object_by_id(same)
            assert kept is not None and kept.properties == {"number": 19}
            await client.collections.delete("Thing")

    asyncio.run(run())
