"""`insert_from`: what is read, and imports that go on where they ended."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from weaviate_gen.grpc import WeaviateMethods
from weaviate_gen.grpc.v1.batch_pb2 import BatchObject

from tests.batching.kit import Store
from tests.servers.fake import FakeWeaviate
from weaviate_hl import errors
from weaviate_hl.classes.data import DataObject
from weaviate_hl.ops import vectors

ROWS = [
    {"key": str(uuid4()), "title": f"row {number}", "embedding": [float(number), 0.5], "author": str(uuid4())}
    for number in range(30)
]


@pytest.fixture
def store(fake: FakeWeaviate) -> Store:
    return Store(fake)


@pytest.fixture
def articles(fake: FakeWeaviate, store: Store, colour: Any) -> Any:
    return colour.connect(fake).collections.use("Article")


def received(fake: FakeWeaviate) -> list[BatchObject]:
    return [one for call in fake.rpcs(WeaviateMethods.BatchObjects) for one in call.messages[0].objects]


@dataclass
class Article:
    title: str


@pytest.mark.parametrize("kind", ["iterable", "jsonl", "jsonl.gz", "parquet", "arrow", "pandas"])
def test_all_kinds_of_sources(colour: Any, articles: Any, fake: FakeWeaviate, tmp_path: Path, kind: str) -> None:
    source: Any = iter(ROWS)
    if kind.startswith("jsonl"):
        source = tmp_path / f"rows.{kind}"
        text = "\n\n".join(map(json.dumps, ROWS)).encode()
        source.write_bytes(gzip.compress(text) if kind.endswith("gz") else text)
    elif kind in ("parquet", "arrow"):
        pa = pytest.importorskip("pyarrow")
        source = pa.Table.from_pylist(ROWS)
        if kind == "parquet":
            from pyarrow import parquet

            parquet.write_table(source, tmp_path / "rows.parquet")
            source = str(tmp_path / "rows.parquet")
    elif kind == "pandas":
        source = pytest.importorskip("pandas").DataFrame(ROWS)
    insert = articles.batch.insert_from
    result = colour.call(insert, source, uuid="key", vector="embedding", references=["author"])
    found = {one.uuid: one for one in received(fake)}
    assert set(found) == {row["key"] for row in ROWS} and len(result.objs.uuids) == 30
    for row in ROWS:
        one = found[row["key"]]
        assert one.properties.non_ref_properties["title"] == row["title"]
        assert list(one.properties.non_ref_properties) == ["title"]
        assert vectors.to_list(one.vector_bytes) == row["embedding"]
        assert list(one.properties.single_target_ref_props[0].uuids) == [row["author"]]


def test_objects_and_models_are_sources_too(colour: Any, articles: Any, fake: FakeWeaviate) -> None:
    colour.call(articles.batch.insert_from, [DataObject({"title": "a"}, ROWS[0]["key"]), Article("b")])
    assert [one.properties.non_ref_properties["title"] for one in received(fake)] == ["a", "b"]


def test_missing_values_of_tables_are_none(colour: Any, articles: Any, fake: FakeWeaviate) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.5, None], "t": [pandas.NaT, pandas.Timestamp("2024-01-01", tz="UTC")]})
    colour.call(articles.batch.insert_from, frame)
    first, second = (dict(one.properties.non_ref_properties) for one in received(fake))
    assert first == {"a": 1.5, "t": None}
    assert second == {"a": None, "t": "2024-01-01T00:00:00.000000+00:00"}


def test_an_import_goes_on_where_it_ended(
    colour: Any, articles: Any, fake: FakeWeaviate, store: Store, tmp_path: Path
) -> None:
    journal = tmp_path / "import.journal"

    def breaking() -> Iterator[Any]:
        yield from ({"n": number} for number in range(500))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        colour.call(articles.batch.insert_from, breaking(), journal=journal)
    assert len(store.objects) == 500
    result = colour.call(articles.batch.insert_from, ({"n": number} for number in range(800)), journal=journal)
    assert len(store.objects) == 800 and set(store.objects.values()) == {1}
    assert len(result.objs.uuids) == 300
    assert len({one.properties.non_ref_properties["n"] for one in received(fake)}) == 800


def test_rows_that_failed_or_were_not_noted_are_written_again_with_the_same_ids(
    colour: Any, articles: Any, store: Store, tmp_path: Path
) -> None:
    journal = tmp_path / "import.journal"
    rows = [{"n": number} for number in range(300)]
    colour.call(articles.batch.insert_from, rows[:1], journal=journal)
    (first,) = store.objects
    journal.write_text(journal.read_text().splitlines()[0] + '\n{"stored": [[0')  # it ended within a line
    told: list[Any] = []
    colour.call(articles.batch.insert_from, rows, journal=journal, on_failure=told.append)
    assert len(store.objects) == 300 and store.objects[first] == 2
    store.refused = {first: "no"}
    head = journal.read_text().splitlines()[0]
    journal.write_text(head + "\n")
    colour.call(articles.batch.insert_from, rows, journal=journal, on_failure=told.append)
    (failed,) = told
    lines = [json.loads(line or "{}") for line in journal.read_text().splitlines()]
    assert [line["failed"] for line in lines if "failed" in line] == [0] and str(failed.original_uuid) == first
    store.refused.clear()
    colour.call(articles.batch.insert_from, rows, journal=journal)
    assert len(store.objects) == 300 and store.objects[first] == 3


def test_a_row_that_cannot_be_sent_is_named(colour: Any, articles: Any, store: Store) -> None:
    with pytest.raises(errors.WeaviateBatchValidationError, match="Row 1.*'n'"):
        colour.call(articles.batch.insert_from, [{"n": 1}, {"n": float("nan")}])
    assert len(store.objects) == 1


def test_bad_sources_are_named(colour: Any, articles: Any, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"a": 1}\n[1]\n')
    other = tmp_path / "other.journal"
    other.write_text('{"journal": 1, "collection": "Other", "tenant": null, "seed": "0"}\n')
    for source, options, word in (
        (3, {}, "source"),
        ({"a": 1}, {}, "source"),
        ("rows.csv", {}, r"rows\.csv"),
        (bad, {}, "line 2"),
        ([], {"journal": other}, "another|journal of an import"),
        ([], {"journal": bad}, "journal"),
    ):
        with pytest.raises(errors.WeaviateInvalidInputError, match=word):
            colour.call(articles.batch.insert_from, source, **options)
