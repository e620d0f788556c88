"""What calls about objects and references send: requests.json beside this file.

A call that is added or changed is recorded with `WEAVIATE_HL_GOLDEN=write pytest tests/golden/data`; read the diff.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import weaviate_hl.classes.data as wvcd
from tests.golden.kit import Recorder, recorded
from weaviate_hl.classes.config import ConsistencyLevel
from weaviate_hl.classes.query import Filter
from weaviate_hl.sync.collections import Collections

U1, U2, U3 = (f"0000000{i}-0000-0000-0000-00000000000{i}" for i in (1, 2, 3))
ANSWERS: dict[str, Callable[[str], object]] = {"batch.references.create": lambda path: []}

# `data` is of a collection, `mine` of one tenant of it, with a consistency level.
CALLS = """
data.insert({"title": "x", "n": 3}, uuid=U1)
data.insert({}, uuid=U1)
data.insert({"title": "x"}, {"hasAuthor": U2}, U1, [0.5, -1])
data.insert({"title": "x"}, uuid=U1, references={"hasAuthor": [U2, U3], "hasAny": ReferenceToMulti(target_collection="author", uuids=U2)}, vector={"a": [1], "m": [[1, 2], [3, 4]]})
mine.insert({"title": "x"}, uuid=U1)
data.insert_many([DataObject({"title": "x", "n": 3}, U1, [0.5, -1], {"hasAuthor": U2}), DataObject(uuid=U2)])
mine.insert_many([DataObject({"title": "x"}, U1)])
data.insert_many([])
mine.ingest(DataObject({"n": n}, uuid) for n, uuid in enumerate([U1, U2]))
data.replace(U1, {"title": "x"})
data.replace(U1, {"title": "x"}, {"hasAuthor": U2}, [0.5])
mine.replace(U1, {})
data.update(U1, {"title": "x", "n": None})
data.update(U1)
data.update(U1, references={"hasAuthor": U2}, vector={"a": [1]})
mine.update(U1, {"title": "x"})
data.exists(U1)
mine.exists(U1)
data.delete_by_id(U1)
mine.delete_by_id(U1)
data.delete_many(Filter.by_property("title").equal("x"))
mine.delete_many(Filter.by_id().contains_any([U1, U2]), verbose=True, dry_run=True)
data.reference_add(U1, "hasAuthor", U2)
mine.reference_add(U1, "hasAny", ReferenceToMulti(target_collection="Author", uuids=[U2, U3]))
data.reference_delete(U1, "hasAuthor", U2)
mine.reference_delete(U1, "hasAny", ReferenceToMulti(target_collection="Author", uuids=U2))
data.reference_replace(U1, "hasAuthor", [U2, U3])
data.reference_replace(U1, "hasAuthor", [])
mine.reference_replace(U1, "hasAny", ReferenceToMulti(target_collection="Author", uuids=U2))
data.reference_add_many([DataReference("hasAuthor", U1, U2), DataReference("hasAuthor", U1, [U2, U3]), DataReference.MultiTarget("hasAny", U1, U2, "Author")])
mine.reference_add_many([DataReference("hasAuthor", U1, U2)])
data.reference_add_many([])
""".strip().splitlines()  # noqa: E501


def sent(call: str) -> Any:
    recorder: Any = Recorder(ANSWERS)
    collection = Collections(recorder).use("Article")
    mine = collection.with_tenant("alice").with_consistency_level(ConsistencyLevel.QUORUM)
    scope = {**vars(wvcd), "Filter": Filter, "U1": U1, "U2": U2, "U3": U3, "data": collection.data, "mine": mine.data}
    eval(call, scope)  # noqa: S307
    return recorder.sent


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    return recorded(Path(__file__).with_name("requests.json"), CALLS, sent)


@pytest.mark.parametrize("call", CALLS)
def test_request(call: str, golden: dict[str, Any]) -> None:
    assert sent(call) == golden[call]


def test_nothing_else_is_recorded(golden: dict[str, Any]) -> None:
    assert list(golden) == CALLS
