"""Approximate search, asked for: the answers of exact search, wherever objects lie and whatever became of them."""

from __future__ import annotations

import importlib.util
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lite_kit import Lite, Start, near, uuid, where
from weaviate_gen.grpc.v1 import batch_pb2

import weaviate_hl
from weaviate_hl.lite import LiteError, serve
from weaviate_hl.lite.search.approximate import ApproximateIndex
from weaviate_hl.lite.vector_index import complete

COUNT = 1500
CHANCE = np.random.default_rng(0)
AXES = CHANCE.standard_normal((5, 16)).astype(np.float32)
VECTORS = CHANCE.standard_normal((COUNT + 20, 5)).astype(np.float32) @ AXES
OBJECTS, QUERIES = VECTORS[:COUNT], VECTORS[COUNT:].tolist()


@pytest.fixture
def grown(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of graphs that were searched."""
    sizes: list[int] = []
    grow: Callable[[Any], Any] = ApproximateIndex._grown

    def told(index: ApproximateIndex) -> Any:
        graph = grow(index)
        sizes.append(len(graph))
        return graph

    monkeypatch.setattr(ApproximateIndex, "_grown", told)
    return sizes


def create(lite: Lite, **more: Any) -> None:
    config = {"vectorIndexConfig": {"flatSearchCutoff": 0}, **more}
    lite.create("A", {"n": "int"}, **config)


def fill(lite: Lite, tenant: str = "") -> None:
    request = batch_pb2.BatchObjectsRequest()
    for n, vector in enumerate(OBJECTS):
        one = request.objects.add(collection="A", uuid=uuid(n), tenant=tenant, vector_bytes=vector.tobytes())
        one.properties.non_ref_properties.update({"n": n})
    assert not lite.engine.rpc("BatchObjects", request).errors


def closest(lite: Lite, **asked: Any) -> list[dict[str, float]]:
    """For each query the ten closest objects, with their distances."""
    replies = [lite.search("A", near_vector=near(*query), limit=10, **asked) for query in QUERIES]
    return [{one.metadata.id: one.metadata.distance for one in reply.results} for reply in replies]


def assert_alike(found: list[dict[str, float]], exact: list[dict[str, float]]) -> None:
    """Nearly the same objects, each at the same distance."""
    for one, other in zip(found, exact, strict=True):
        assert len(one) == 10
        shared = one.keys() & other.keys()
        assert {id: one[id] for id in shared} == pytest.approx({id: other[id] for id in shared}, abs=1e-5)
    assert sum(len(one.keys() & other.keys()) for one, other in zip(found, exact, strict=True)) >= 190


def test_searches_find_what_exact_ones_find(start: Start, grown: list[int], tmp_path: Path) -> None:
    graph, exact = start(tmp_path / "data", approximate=True), start()
    for lite in (graph, exact):
        create(lite)
        fill(lite)
    assert_alike(closest(graph), closest(exact))
    half = where("n", "<", COUNT // 2)
    assert_alike(closest(graph, filters=half), closest(exact, filters=half))
    for lite in (graph, exact):
        lite.ok("DELETE", "/batch/objects", {"match": {"class": "A", "where": WHERE}})
        lite.ok("PATCH", f"/objects/A/{uuid(1)}", {"vector": QUERIES[0]})
    assert_alike(closest(graph), closest(exact))
    assert closest(graph)[0][uuid(1)] == pytest.approx(0, abs=1e-6)
    assert set(grown) == {COUNT, COUNT - 500}
    graph.engine.close()
    again = start(tmp_path / "data", approximate=True)
    assert_alike(closest(again), closest(exact))
    again.engine.close()
    assert closest(start(tmp_path / "data")) == closest(exact)


WHERE = {"path": ["n"], "operator": "GreaterThanEqual", "valueInt": COUNT - 500}


def test_each_tenant_has_a_graph_of_its_own(start: Start, grown: list[int]) -> None:
    lite, exact = start(approximate=True), start()
    create(exact)
    fill(exact)
    create(lite, multiTenancyConfig={"enabled": True})
    lite.ok("POST", "/schema/A/tenants", [{"name": "ann"}, {"name": "bob"}])
    fill(lite, "ann")
    lite.insert("A", 1, {"n": 1}, tenant="bob", vector=QUERIES[0])
    assert closest(lite, tenant="bob")[0] == {uuid(1): pytest.approx(0, abs=1e-6)}
    assert_alike(closest(lite, tenant="ann"), closest(exact))
    assert set(grown) == {COUNT}


def test_changes_of_the_configuration_keep_the_graph(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lite = start(approximate=True, ENABLE_MODULES="backup-filesystem", BACKUP_FILESYSTEM_PATH=str(tmp_path))
    lite.create("Other")
    lite.ok("POST", "/backups/filesystem", {"id": "other"})
    lite.ok("DELETE", "/schema/Other")
    create(lite)
    fill(lite)
    graphs: list[tuple[Any, int]] = []
    grow: Callable[[Any], Any] = ApproximateIndex._grown

    def told(index: ApproximateIndex) -> Any:
        graphs.append((grow(index), index.settings["ef"]))
        return graphs[-1][0]

    monkeypatch.setattr(ApproximateIndex, "_grown", told)
    before = closest(lite)
    config = lite.ok("GET", "/schema/A")
    config["vectorIndexConfig"]["ef"] = 77
    lite.ok("PUT", "/schema/A", config | {"description": "changed"})
    lite.ok("POST", "/backups/filesystem/other/restore", {})
    assert closest(lite) == before
    assert len({id(graph) for graph, _ in graphs}) == 1
    assert {ef for _, ef in graphs} == {-1, 77}


def test_an_index_that_is_skipped_from_now_on_is_forgotten(start: Start) -> None:
    lite = start()
    lite.create("A", {"n": "int"})
    lite.insert("A", 1, vector=[1, 2])
    assert lite.ids("A", near_vector=near(1, 2)) == [1]
    config = lite.ok("GET", "/schema/A")
    config["vectorIndexConfig"]["skip"] = True
    lite.ok("PUT", "/schema/A", config)
    lite.insert("A", 2, {"n": 2}, vector=[1, 2, 3])
    assert lite.ids("A", filters=where("n", "Equal", 2)) == [2]


@pytest.mark.skipif(os.name != "posix", reason="sends itself a signal, as a terminal does")
def test_an_interrupt_leaves_a_graph_that_goes_on_growing() -> None:
    config = complete("hnsw", {"flatSearchCutoff": 0, "efConstruction": 1000})
    index = ApproximateIndex("cosine", config)
    vectors = CHANCE.standard_normal((6000, 16)).astype(np.float32)
    for document, vector in enumerate(vectors):
        index.add(document, vector)
    threading.Timer(0.1, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        index.search(vectors[0], 5)
    for document in (0, 5999):
        index.remove(document)
    assert index.search(vectors[1], 1) == [(1, pytest.approx(0, abs=1e-6))]
    assert len(index) == len(index._graph) == 5998


@pytest.mark.parametrize("index", [{"vectorIndexType": "flat", "vectorIndexConfig": {}}, {"vectorIndexConfig": {}}])
def test_flat_and_small_indexes_are_searched_exactly(start: Start, grown: list[int], index: Any) -> None:
    graph, exact = start(approximate=True), start()
    for lite in (graph, exact):
        create(lite, **index)
        fill(lite)
    assert closest(graph) == closest(exact)
    assert not grown


def test_it_is_not_used_unless_asked_for(start: Start, grown: list[int]) -> None:
    lite = start()
    create(lite)
    fill(lite)
    assert closest(lite)
    assert not grown


def test_what_to_install_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr("weaviate_hl.lite.engine.find_spec", lambda name: None if name == "usearch" else find(name))
    line = r"pip install weaviate-hl\[lite,usearch\]"
    with pytest.raises(LiteError, match=line):
        serve(port=0, grpc_port=0, approximate=True, environ={})
    with pytest.raises(weaviate_hl.errors.WeaviateStartUpError, match=line):
        weaviate_hl.connect_to_lite(approximate=True)
    with weaviate_hl.connect_to_lite() as client:
        assert client.is_ready()
    with pytest.raises(weaviate_hl.errors.WeaviateInvalidInputError, match="approximate"):
        weaviate_hl.connect_to_lite(approximate="yes")  # type: ignore[arg-type]
