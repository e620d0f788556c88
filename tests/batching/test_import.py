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
from tests.core.colours import Sync
from tests.servers.fake import FakeWeaviate
from weaviate_hl import errors
from weaviate_hl.batching.journal import Journal
from weaviate_hl.classes.data import DataObject
from weaviate_hl.ops import vectors

ROWS = [
    {"key": str(uuid4()), "title": f"row {number}", "embedding": [float(number), 0.5], "author": str(uuid4())}
    for number in range(30)
]


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


def test_what_is_added_for_a_row_that_failed_is_not_taken_for_another_row(
    fake: FakeWeaviate, store: Store, tmp_path: Path
) -> None:
    colour = Sync()  # a function that is told cannot await
    articles = colour.connect(fake).collections.use("Article")
    journal = tmp_path / "import.journal"
    given = [str(uuid4()) for _ in range(1000)]
    store.refused = dict.fromkeys(given[::2], "no")

    def instead(told: Any) -> None:
        articles.batch.last.add_object({"instead": True})

    rows = [{"id": uuid} for uuid in given]
    colour.call(articles.batch.insert_from, rows, uuid="id", journal=journal, on_failure=instead)
    assert articles.batch.last.counts == (1500, 1000, 500, 0)
    store.refused.clear()
    colour.call(articles.batch.insert_from, rows, uuid="id", journal=journal)
    assert {uuid: store.objects[uuid] for uuid in given} == dict.fromkeys(given, 1)
    colour.close()


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
        ([None], {}, "a row is None"),
        ("rows.csv", {}, r"rows\.csv"),
        (bad, {}, "line 2"),
        ([], {"journal": other}, "another|journal of an import"),
        ([], {"journal": bad}, "journal"),
    ):
        with pytest.raises(errors.WeaviateInvalidInputError, match=word):
            colour.call(articles.batch.insert_from, source, **options)


@pytest.mark.parametrize("journal", [b"\xff\xfe\x00", b"\0" * 50, b'{"journal": 1, "coll', b"[1]\n", b'{"seed": 3}\n'])
def test_a_file_that_is_no_journal_is_named(colour: Any, articles: Any, tmp_path: Path, journal: bytes) -> None:
    path = tmp_path / "import.journal"
    path.write_bytes(journal)
    with pytest.raises(errors.WeaviateInvalidInputError, match=r"import\.journal is no journal"):
        colour.call(articles.batch.insert_from, [{"n": 1}], journal=path)
    assert path.read_bytes() == journal


DAMAGES = [b"[1]", b'{"stored": "x"}', b'{"stored": [[1]]}', b'{"stored": null}', b'{"a": "\xc3']


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_entries_of_a_journal_say_nothing(
    colour: Any, articles: Any, store: Store, tmp_path: Path, damage: bytes
) -> None:
    journal = tmp_path / "import.journal"
    rows = [{"n": number} for number in range(20)]
    colour.call(articles.batch.insert_from, rows, journal=journal)
    head, *entries = journal.read_bytes().splitlines()
    journal.write_bytes(b"\n".join((head, damage, *entries, damage)))
    result = colour.call(articles.batch.insert_from, rows, journal=journal)
    assert len(store.objects) == 20 and set(store.objects.values()) == {1} and not result.objs.uuids


def test_the_journal_of_another_version_is_left_alone(colour: Any, articles: Any, tmp_path: Path) -> None:
    journal = tmp_path / "import.journal"
    colour.call(articles.batch.insert_from, [{"n": 1}], journal=journal)
    journal.write_text(journal.read_text().replace('"journal": 1', '"journal": 2'))
    with pytest.raises(errors.WeaviateInvalidInputError, match="by this version"):
        colour.call(articles.batch.insert_from, [{"n": 1}], journal=journal)


def test_two_imports_cannot_share_a_journal(colour: Any, articles: Any, store: Store, tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="files are locked on POSIX only")
    journal = tmp_path / "import.journal"
    first = Journal(journal, "Article", None)
    with pytest.raises(errors.WeaviateInvalidInputError, match="in use by another import"):
        colour.call(articles.batch.insert_from, [{"n": 1}], journal=journal)
    first.close()
    colour.call(articles.batch.insert_from, [{"n": 1}], journal=journal)
    assert len(store.objects) == 1


@pytest.mark.parametrize(
    "columns", [{"uuid": "idd"}, {"vector": "embeding"}, {"vector": ["n", "m"]}, {"references": ["autor"]}]
)
@pytest.mark.parametrize("kind", ["rows", "pandas", "arrow"])
def test_columns_that_are_not_there_are_named(
    colour: Any, articles: Any, store: Store, kind: str, columns: dict[str, Any]
) -> None:
    source: Any = [{"n": 1}]
    if kind == "pandas":
        source = pytest.importorskip("pandas").DataFrame(source)
    elif kind == "arrow":
        source = pytest.importorskip("pyarrow").Table.from_pylist(source)
    with pytest.raises(errors.WeaviateInvalidInputError, match="has no '(idd|embeding|m|autor)', but 'n'"):
        colour.call(articles.batch.insert_from, source, **columns)
    assert not store.objects


def test_rows_after_the_first_may_lack_vectors_but_not_ids(colour: Any, articles: Any, fake: FakeWeaviate) -> None:
    key = "id"
    rows = [{key: str(uuid4()), "v": [1.0]}, {key: None}, {"n": 1}]
    with pytest.raises(errors.WeaviateInvalidInputError, match="has no 'id', but 'n'"):
        colour.call(articles.batch.insert_from, rows, uuid=key, vector="v", references=())
    assert [len(one.vector_bytes) for one in received(fake)] == [4, 0]


@pytest.mark.parametrize(
    "name, content, word",
    [
        ("cut.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 1000)[:-20], "after line"),
        ("not.jsonl.gz", b'{"a": 1}\n', "gzip"),
        ("deep.jsonl", b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", "line 1"),
        ("latin.jsonl", b'{"a": 1}\n{"a": "\xe9"}\n', "line 2"),
        ("bad.parquet", b'{"a": 1}\n' * 100, "cannot be read"),
    ],
)
def test_files_that_cannot_be_read_are_named(
    colour: Any, articles: Any, tmp_path: Path, name: str, content: bytes, word: str
) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(errors.WeaviateInvalidInputError, match=f"{name}.*{word}"):
        colour.call(articles.batch.insert_from, path)


def test_lines_as_other_systems_write_them(colour: Any, articles: Any, fake: FakeWeaviate, tmp_path: Path) -> None:
    path = tmp_path / "ROWS.JSONL.GZ"
    path.write_bytes(gzip.compress(b'\xef\xbb\xbf{"n": 1}\r\n\r\n  \r\n{"n": 2}'))
    colour.call(articles.batch.insert_from, path)
    assert [one.properties.non_ref_properties["n"] for one in received(fake)] == [1, 2]


def test_tables_that_are_none_and_names_that_are_there_twice(colour: Any, articles: Any) -> None:
    pandas, pa = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    for source, word in (
        (pandas.Series([1, 2]), "table"),
        (pandas.DataFrame([[1, 2]], columns=["a", "a"]), "same name: a"),
        (pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), "same name: a"),
    ):
        with pytest.raises(errors.WeaviateInvalidInputError, match=word):
            colour.call(articles.batch.insert_from, source)


def test_vectors_in_all_kinds_of_columns(colour: Any, articles: Any, fake: FakeWeaviate) -> None:
    pa = pytest.importorskip("pyarrow")
    for kind in (pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float16(), 2)):
        fake.forget()
        table = pa.table({"v": pa.array([[1.0, 2.0], None, [3.0, 4.0]], type=kind)})
        colour.call(articles.batch.insert_from, table, vector="v")
        assert [vectors.to_list(one.vector_bytes) if one.vector_bytes else None for one in received(fake)] == [
            [1.0, 2.0],
            None,
            [3.0, 4.0],
        ]
