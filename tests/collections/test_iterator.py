"""All objects, one after another, on the engine in this process and on a real server, in both colours."""

from __future__ import annotations

import gc
import itertools
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import grpc
import pytest
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.properties_pb2 import Properties, Value
from weaviate_gen.grpc.v1.search_get_pb2 import (
    MetadataResult,
    PropertiesResult,
    SearchReply,
    SearchRequest,
    SearchResult,
)

from tests.collections.conftest import PREFIX
from tests.core.colours import Sync
from tests.servers.fake import FakeWeaviate
from tests.servers.faults import RpcFault
from weaviate_hl import errors
from weaviate_hl.classes.config import Configure, DataType, Property
from weaviate_hl.classes.data import DataObject
from weaviate_hl.classes.query import Filter

IDS = [UUID(int=number) for number in range(1, 26)]


@pytest.fixture
def numbers(colour: Sync, anywhere: Any) -> Any:
    """A collection of 25 objects."""
    made = colour.call(
        anywhere.collections.create,
        PREFIX + "Numbers",
        properties=[Property(name="n", data_type=DataType.INT), Property(name="t", data_type=DataType.TEXT)],
    )
    objects: list[DataObject[Any, Any]] = [
        DataObject({"n": one.int, "t": str(one.int)}, uuid=one, vector=[one.int, 0.5]) for one in IDS
    ]
    assert not colour.call(made.data.insert_many, objects).has_errors
    return made


def loop(colour: Sync, iterator: Any) -> Iterator[Any]:
    """One loop over an iterator, of either colour."""
    if colour.name == "sync":
        yield from iterator
        return
    scan = aiter(iterator)
    while (found := colour.call(anext, scan, None)) is not None:
        yield found


def step(colour: Sync, iterator: Any) -> Any:
    """The next object of an iterator."""
    return colour.call(next if colour.name == "sync" else anext, iterator)


@pytest.mark.parametrize("cache_size", [None, 1, 7, 25, 26, 10_000])
def test_every_object_comes_once_in_the_order_of_ids(colour: Sync, numbers: Any, cache_size: int | None) -> None:
    found = list(loop(colour, numbers.iterator(cache_size=cache_size)))
    assert [one.uuid for one in found] == IDS
    assert [one.properties["n"] for one in found] == [one.int for one in IDS]
    assert found[0].vector == {}


SPREAD = sorted(uuid5(NAMESPACE_OID, str(number)) for number in range(40))


@pytest.mark.live  # requests at the same time, which differ only in their ids: a recording does not tell them apart
@pytest.mark.parametrize("asked", [{}, {"concurrent_requests": 3}, {"concurrent_requests": 3, "cache_size": 9}])
def test_a_filtered_or_concurrent_scan_is_complete_ordered_and_resumable(
    colour: Sync, numbers: Any, asked: Any
) -> None:
    """Ids that follow each other, all in one stretch, and ids that are spread."""
    objects: list[DataObject[Any, Any]] = [DataObject({"n": 100 + place}, uuid=one) for place, one in enumerate(SPREAD)]
    assert not colour.call(numbers.data.insert_many, objects).has_errors
    every, where = IDS + SPREAD, Filter.by_property("n").greater_than(20) & Filter.by_property("n").less_than(130)
    some = IDS[20:] + SPREAD[:30]
    assert [one.uuid for one in loop(colour, numbers.iterator(**asked))] == every
    assert [one.uuid for one in loop(colour, numbers.iterator(filters=where, **asked))] == some
    for place in (0, 4, 20):
        rest = numbers.iterator(filters=where, after=some[place], **asked)
        assert [one.uuid for one in loop(colour, rest)] == some[place + 1 :]
        assert rest.cursor == some[-1]
    nothing = numbers.iterator(filters=Filter.by_property("n").less_than(0), **asked)
    assert list(loop(colour, nothing)) == []


def test_what_is_returned_is_what_was_asked_for(colour: Sync, numbers: Any) -> None:
    first = step(colour, numbers.iterator(True, ["creation_time"], return_properties="t"))
    assert first.vector == {"default": [1.0, 0.5]}
    assert first.metadata.creation_time is not None
    assert first.properties == {"t": "1"}

    @dataclass
    class Number:
        n: int

    assert step(colour, numbers.iterator(return_properties=Number)).properties == Number(1)


def test_it_begins_after_an_id_that_need_not_be_there(colour: Sync, numbers: Any) -> None:
    assert step(colour, numbers.iterator(after=IDS[3])).uuid == IDS[4]
    assert step(colour, numbers.iterator(after=str(IDS[3]))).uuid == IDS[4]
    assert step(colour, numbers.iterator(after=UUID(int=0))).uuid == IDS[0]
    assert list(loop(colour, numbers.iterator(after=UUID(int=2**127)))) == []


def test_it_can_be_gone_on_with_from_its_cursor(colour: Sync, numbers: Any) -> None:
    iterator = numbers.iterator(cache_size=4)
    assert iterator.cursor is None
    for found in loop(colour, iterator):
        assert iterator.cursor == found.uuid
        if found.uuid == IDS[9]:
            break
    rest = numbers.iterator(after=iterator.cursor)
    assert rest.cursor == IDS[9]
    assert [one.uuid for one in loop(colour, rest)] == IDS[10:]
    assert rest.cursor == IDS[-1]


def test_each_loop_begins_anew_and_disturbs_no_other(colour: Sync, numbers: Any) -> None:
    iterator = numbers.iterator(after=IDS[-4], cache_size=2)
    pairs = [(a.uuid.int, b.uuid.int) for a in loop(colour, iterator) for b in loop(colour, iterator)]
    assert pairs == list(itertools.product([23, 24, 25], repeat=2))


def test_what_is_deleted_or_written_ahead_is_gone_or_seen(colour: Sync, numbers: Any) -> None:
    iterator = numbers.iterator(cache_size=5)
    seen = [step(colour, iterator).uuid for _ in range(5)]
    for uuid in (IDS[2], IDS[4], IDS[5]):  # behind, the cursor itself, ahead
        colour.call(numbers.data.delete_by_id, uuid)
    colour.call(numbers.data.insert, {"n": 99}, uuid=UUID(int=99))
    while True:
        try:
            seen.append(step(colour, iterator).uuid)
        except (StopIteration, StopAsyncIteration):
            break
    assert seen == [*IDS[:5], *IDS[6:], UUID(int=99)]


def test_a_tenant_is_gone_through_alone(colour: Sync, anywhere: Any) -> None:
    made = colour.call(
        anywhere.collections.create,
        PREFIX + "Tenants",
        multi_tenancy_config=Configure.multi_tenancy(auto_tenant_creation=True),
        properties=[Property(name="t", data_type=DataType.TEXT)],
    )
    for name in ("ann", "bo"):
        colour.call(made.with_tenant(name).data.insert, {"t": name})
    assert [one.properties for one in loop(colour, made.with_tenant("bo").iterator())] == [{"t": "bo"}]
    with pytest.raises(errors.WeaviateQueryError, match="tenant"):
        step(colour, made.iterator())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"cache_size": 0}, "`cache_size` must be an int from 1"),
        ({"cache_size": True}, "`cache_size`"),
        ({"cache_size": 2**32}, "`cache_size`"),
        ({"concurrent_requests": 0}, "`concurrent_requests` must be an int from 1"),
        ({"filters": "n > 3"}, "`filters` must be FilterReturn"),
        ({"after": "zz"}, "`after` must be a UUID"),
        ({"return_metadata": ["colour"]}, "return_metadata"),
        ({"return_properties": 7}, "return_properties"),
        ({"include_vector": 7}, "include_vector"),
    ],
)
def test_a_wrong_argument_is_refused_at_once(colour: Sync, numbers: Any, arguments: Any, text: str) -> None:
    with pytest.raises(errors.WeaviateInvalidInputError, match=rf"collection\.iterator.*{text}"):
        numbers.iterator(**arguments)


def test_more_at_once_than_the_server_gives_is_its_error(colour: Sync, numbers: Any) -> None:
    with pytest.raises(errors.WeaviateQueryError, match="10000"):
        step(colour, numbers.iterator(cache_size=10_001))


def test_a_collection_that_does_not_exist_is_an_error(colour: Sync, anywhere: Any) -> None:
    with pytest.raises(errors.WeaviateQueryError, match=PREFIX + "Nowhere"):
        step(colour, anywhere.collections.use(PREFIX + "Nowhere").iterator())


# Against a server that counts, or fails.


def page(message: SearchRequest, size: int) -> SearchReply:
    """As many objects after the cursor as are asked for, of so many in all."""
    start = UUID(message.after).int if message.after else 0
    return SearchReply(results=[result(number) for number in range(start + 1, min(start + message.limit, size) + 1)])


def result(number: int) -> SearchResult:
    fields = Properties(fields={"n": Value(int_value=number), "t": Value(text_value="x" * 1000)})
    return SearchResult(
        metadata=MetadataResult(id_as_bytes=UUID(int=number).bytes),
        properties=PropertiesResult(non_ref_props=fields),
    )


def test_a_page_that_fails_can_be_asked_for_again(colour: Sync) -> None:
    with FakeWeaviate() as server:
        server.on_rpc(WeaviateMethods.Search, lambda message, call: page(message, 6))
        server.fail(RpcFault(grpc.StatusCode.INTERNAL, "shard is broken"), on=WeaviateMethods.Search, at=2)
        iterator = colour.connect(server).collections.use("A").iterator(cache_size=3)
        seen = [step(colour, iterator).uuid.int for _ in range(3)]
        with pytest.raises(errors.WeaviateQueryError, match="shard is broken"):
            step(colour, iterator)
        assert iterator.cursor == UUID(int=3)
        seen += [step(colour, iterator).uuid.int for _ in range(3)]
        assert seen == [1, 2, 3, 4, 5, 6]


def test_nothing_is_asked_before_the_first_object_and_no_more_than_a_page(colour: Sync) -> None:
    with FakeWeaviate() as server:
        server.on_rpc(WeaviateMethods.Search, lambda message, call: page(message, 100))
        iterator = colour.connect(server).collections.use("A").iterator(cache_size=10)
        assert not server.rpcs(WeaviateMethods.Search)
        for _ in range(10):
            step(colour, iterator)
        assert len(server.rpcs(WeaviateMethods.Search)) == 1
        step(colour, iterator)
        first, second = (call.message for call in server.rpcs(WeaviateMethods.Search))
        assert (first.limit, first.after, second.limit, second.after) == (10, "", 10, str(UUID(int=10)))


def test_it_can_be_shared_and_each_object_goes_to_one(colour: Sync) -> None:
    with FakeWeaviate() as server:
        server.on_rpc(WeaviateMethods.Search, lambda message, call: page(message, 200))
        iterator = colour.connect(server).collections.use("A").iterator(cache_size=7)
        shared = iter(iterator) if colour.name == "sync" else aiter(iterator)

        def rest() -> list[int]:
            return [one.uuid.int for one in loop(colour, shared)]

        with ThreadPoolExecutor(4) as pool:
            taken = [number for part in pool.map(lambda _: rest(), range(4)) for number in part]
        assert sorted(taken) == list(range(1, 201))


def test_an_end_is_an_end(colour: Sync) -> None:
    with FakeWeaviate() as server:
        server.on_rpc(WeaviateMethods.Search, lambda message, call: page(message, 2))
        iterator = colour.connect(server).collections.use("A").iterator()
        assert [step(colour, iterator).uuid.int for _ in range(2)] == [1, 2]
        for _ in range(3):
            with pytest.raises((StopIteration, StopAsyncIteration)):
                step(colour, iterator)
        assert [call.message.limit for call in server.rpcs(WeaviateMethods.Search)] == [100, 100]


def test_memory_does_not_grow_with_the_number_of_objects(colour: Sync) -> None:
    def most(size: int) -> int:
        for _ in loop(colour, collection.iterator(cache_size=50)):
            break
        gc.collect()
        tracemalloc.start()
        try:
            server.on_rpc(WeaviateMethods.Search, lambda message, call: page(message, size))
            assert sum(1 for _ in loop(colour, collection.iterator(cache_size=50))) == size
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    with FakeWeaviate() as server:
        server.on_rpc(WeaviateMethods.Search, lambda message, call: page(message, 50))
        collection = colour.connect(server).collections.use("A")
        few, many = most(200), most(2_000)
        # 1,800 more objects of 1,000 bytes; the stand-in keeps the requests, which are small.
        assert many - few < 900_000


def test_an_object_that_does_not_fit_the_model_can_be_stepped_over(colour: Sync) -> None:
    @dataclass
    class Wrong:
        t: int

    with FakeWeaviate() as server:
        server.on_rpc(WeaviateMethods.Search, lambda message, call: page(message, 3))
        iterator = colour.connect(server).collections.use("A", Wrong).iterator(cache_size=1)
        seen = list(loop(colour, iterator))
        assert [one.uuid.int for one in seen] == [1, 2, 3]
        with pytest.raises(errors.ResponseCannotBeDecodedError, match=rf"object {UUID(int=2)}: Wrong\.t: expected int"):
            seen[1].properties  # noqa: B018
