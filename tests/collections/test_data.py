"""Objects and references written and deleted, on the engine in this process and on a real server, in both colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from weaviate_gen.rest.api.objects import class_get

from tests.collections.conftest import PREFIX
from tests.core.colours import Sync
from weaviate_hl import errors
from weaviate_hl.classes.config import Configure, ConsistencyLevel, DataType, Property, ReferenceProperty
from weaviate_hl.classes.data import DataObject, DataReference, ReferenceToMulti
from weaviate_hl.classes.query import Filter
from weaviate_hl.op import RestOp
from weaviate_hl.ops import decode

U1, U2, U3, U4 = (UUID(f"0000000{i}-0000-0000-0000-00000000000{i}") for i in (1, 2, 3, 4))
PROPERTIES = [Property(name="t", data_type=DataType.TEXT), Property(name="n", data_type=DataType.INT)]


class Articles:
    """A collection, and what is in it."""

    def __init__(self, colour: Sync, collection: Any) -> None:
        self.collection = collection
        self.data = collection.data
        self._call = colour.call

    def __getattr__(self, name: str) -> Any:
        """The methods of `data`, called."""
        return lambda *args, **options: self._call(getattr(self.data, name), *args, **options)

    def get(self, uuid: UUID) -> Any:
        """An object as REST has it; None if there is none."""
        op: RestOp[Any] = RestOp(
            class_get.request(self.collection.name, str(uuid), include="vector", tenant=self.collection.tenant),
            class_get.parse,
            "Reading",
            absent=frozenset({404}),
        )
        told = self._call(self.collection._transport.execute, op)
        return None if told is None else decode.json_object(told)

    def count(self) -> int:
        count: int = self._call(self.collection.length)
        return count

    def links(self, name: str) -> list[UUID]:
        """Where a reference of the first object leads."""
        found = self.get(U1).references
        return [one.uuid for one in found[name].objects] if found else []


@pytest.fixture
def articles(colour: Sync, anywhere: Any) -> Articles:
    return Articles(colour, colour.call(anywhere.collections.create, PREFIX, properties=PROPERTIES))


def test_some_of_what_each_of_several_objects_has_is_changed(articles: Articles) -> None:
    articles.insert_many([DataObject({"t": "a", "n": n}, uuid=one, vector=[n, 2]) for n, one in enumerate([U1, U2])])
    changes: list[tuple[Any, Any]] = [(10, U1), (11, str(U2)), ("x", U2), (12, U3), (13, U1)]
    told = articles.update_many(DataObject({"n": n}, uuid=one) for n, one in changes)
    assert told.uuids == {0: U1, 1: U2, 4: U1}
    assert sorted(told.errors) == [2, 3]
    assert told.errors[3].object_.uuid == U3
    for one, n, vector in [(U1, 13, [0, 2]), (U2, 11, [1, 2])]:
        found = articles.get(one)
        assert (found.properties, found.vector) == ({"t": "a", "n": n}, {"default": vector})
    assert articles.update_many([]).uuids == {}
    with pytest.raises(errors.UnexpectedStatusCodeError, match=str(U3)):
        articles.update_many([DataObject({"n": 1}, uuid=U3)])
    for wrong, text in [
        ({"n": 1}, "DataObject"),
        (DataObject({"n": 1}), "UUID"),
        (DataObject({"n": {1}}, uuid=U1), "n"),
    ]:
        with pytest.raises(errors.WeaviateInvalidInputError, match=rf"1\b.*{text}"):
            articles.update_many([DataObject({"n": 77}, uuid=U1), wrong])
    assert articles.get(U1).properties["n"] == 13


def test_all_that_a_filter_matches_is_deleted(articles: Articles) -> None:
    articles.insert_many([{"n": n} for n in range(10)])
    told = articles.delete_all_matching(Filter.by_property("n").greater_than(3))
    assert (told.successful, told.matches, told.failed) == (6, 6, 0)
    assert articles.count() == 4


def test_insert(articles: Articles) -> None:
    made = articles.insert({"t": "x", "n": 3})
    assert type(made) is UUID
    assert articles.get(made).properties == {"t": "x", "n": 3}
    assert articles.insert({}, uuid=str(U1), vector=[0.5, 1.0]) == U1
    assert articles.get(U1).properties == {}
    assert articles.get(U1).vector == {"default": [0.5, 1.0]}
    with pytest.raises(errors.ObjectAlreadyExistsError, match="already exists") as caught:
        articles.insert({"t": "y"}, uuid=U1)
    assert caught.value.status_code == 422
    with pytest.raises(errors.UnexpectedStatusCodeError, match="not a string"):
        articles.insert({"t": 1})
    assert articles.count() == 2


def test_vectors_by_name(colour: Sync, anywhere: Any) -> None:
    made = colour.call(
        anywhere.collections.create,
        PREFIX,
        vector_config=[
            Configure.Vectors.self_provided(name="a"),
            Configure.MultiVectors.self_provided(name="m"),
        ],
    )
    articles = Articles(colour, made)
    vectors = {"a": np.array([1.5, 2.5], "f4"), "m": [[1.0, 2.0], [3.0, 4.0]]}
    articles.insert({}, uuid=U1, vector=vectors)
    articles.insert_many([DataObject(uuid=U2, vector=vectors)])
    for uuid in (U1, U2):
        assert articles.get(uuid).vector == {"a": [1.5, 2.5], "m": [[1.0, 2.0], [3.0, 4.0]]}
    articles.update(U1, vector={"a": (9, 8)})
    assert articles.get(U1).vector == {"a": [9.0, 8.0], "m": [[1.0, 2.0], [3.0, 4.0]]}
    articles.replace(U1, {}, vector={"a": [7, 6]})
    assert articles.get(U1).vector == {"a": [7.0, 6.0]}


def test_update_changes_what_is_given_and_replace_all(articles: Articles) -> None:
    articles.insert({"t": "x", "n": 3}, uuid=U1, vector=[1, 2])
    articles.update(U1, {"n": 4})
    assert articles.get(U1).properties == {"t": "x", "n": 4}
    articles.update(U1, {"t": None}, vector=[3, 4])
    assert (articles.get(U1).properties, articles.get(U1).vector) == ({"n": 4}, {"default": [3.0, 4.0]})
    articles.update(U1)
    articles.replace(U1, {"t": "y"})
    assert (articles.get(U1).properties, articles.get(U1).vector) == ({"t": "y"}, {})


def test_what_is_not_there(articles: Articles) -> None:
    for change in (articles.update, articles.replace):
        with pytest.raises(errors.UnexpectedStatusCodeError, match=f"{U1} .*there is none") as caught:
            change(U1, {"t": "x"})
        assert caught.value.status_code == 404
    assert articles.exists(U1) is False
    assert articles.delete_by_id(U1) is True
    for change in (articles.reference_add, articles.reference_replace, articles.reference_delete):
        with pytest.raises(errors.UnexpectedStatusCodeError):
            change(U1, "t", U2)
    with pytest.raises(errors.UnexpectedStatusCodeError, match="'t' is not a reference"):
        articles.reference_add(U1, "t", U2)


def test_exists_and_delete(articles: Articles) -> None:
    articles.insert({}, uuid=U1)
    assert articles.exists(str(U1)) is True
    assert articles.delete_by_id(U1) is True
    assert articles.exists(U1) is False


def test_insert_many(articles: Articles) -> None:
    articles.insert({"t": "old"}, uuid=U1, vector=[1, 2])
    given = [
        {"t": "no id"},
        DataObject({"t": "new"}, U1, [3, 4]),
        DataObject({"t": 5}, U2),
        DataObject({"t": "x"}, str(U3), vector=[1, 2, 3]),
        {"t": "y", "n": 1.5},
        DataObject(uuid=U4),
    ]
    result = articles.insert_many(given)
    assert result.has_errors
    assert list(result.errors) == [2, 3, 4]
    assert list(result.uuids) == [0, 1, 5]
    assert (result.uuids[1], result.uuids[5]) == (U1, U4)
    assert result.all_responses == [
        result.uuids[0], U1, result.errors[2], result.errors[3], result.errors[4], U4
    ]  # fmt: skip
    assert result.elapsed_seconds > 0
    first, second, third = result.errors.values()
    assert "not a string" in first.message
    assert "vector" in second.message
    assert (first.original_uuid, second.original_uuid) == (U2, str(U3))
    assert (first.object_.properties, first.object_.index, first.object_.collection) == ({"t": 5}, 2, PREFIX)
    assert third.object_.properties is given[4]
    assert third.original_uuid
    assert articles.get(result.uuids[0]).properties == {"t": "no id"}
    assert (articles.get(U1).properties, articles.get(U1).vector) == ({"t": "new"}, {"default": [3.0, 4.0]})
    assert articles.get(U2) is None


def test_insert_many_of_which_all_are_refused(articles: Articles) -> None:
    with pytest.raises(errors.WeaviateInsertManyAllFailedError, match="Not one of 3 objects was written: .*not a str"):
        articles.insert_many([{"t": 1}, {"t": 2}, {"t": 3}])
    assert articles.count() == 0


def test_nothing_is_sent_of_what_cannot_be(articles: Articles) -> None:
    with pytest.raises(errors.WeaviateInvalidInputError, match=r"Object 1, property 'n': the integer 2\d+ is beyond"):
        articles.insert_many([{"n": 1}, {"n": 2 * 10**16}])
    with pytest.raises(errors.WeaviateInvalidInputError, match=rf"Object 2 \({U1}\), vector\[1\]: .*nan"):
        articles.insert_many([{"n": 1}, {}, DataObject(uuid=U1, vector=[1, float("nan")])])
    for way in (articles.insert, lambda given: articles.update(U1, given), lambda given: articles.replace(U1, given)):
        with pytest.raises(errors.WeaviateInvalidInputError, match="property 'n': the integer"):
            way({"n": -(2**53) - 1})
    with pytest.raises(errors.WeaviateInvalidInputError, match="'n'"):
        articles.delete_many(Filter.by_property("n").equal(2**53 + 1))
    assert articles.count() == 0


def test_no_objects_at_all(articles: Articles) -> None:
    for call in (articles.insert_many, articles.ingest):
        result = call([])
        assert (result.uuids, result.errors, result.all_responses, result.has_errors) == ({}, {}, [], False)
    assert articles.reference_add_many([]).errors == {}


def test_ingest(articles: Articles) -> None:
    result = articles.ingest({"n": n if n != 700 else 2**60} for n in range(1001))
    assert len(result.uuids) == 1000
    assert list(result.errors) == [700]
    assert "Object 700, property 'n': the integer" in result.errors[700].message
    assert result.errors[700].object_.properties == {"n": 2**60}
    assert articles.count() == 1000
    assert articles.get(result.uuids[701]).properties == {"n": 701}


def test_ingest_of_which_nothing_can_be_sent(articles: Articles) -> None:
    with pytest.raises(errors.WeaviateInsertManyAllFailedError, match="Not one of 2 objects .*the integer"):
        articles.ingest([{"n": 2**60}, {"n": 2**61}])


@dataclass
class Article:
    t: str
    n: int


def test_models(articles: Articles) -> None:
    articles.data = articles.data.with_data_model(Article)
    articles.insert(Article("x", 1), uuid=U1)
    articles.insert_many([Article("y", 2), DataObject(Article("z", 3), U2)])
    articles.update(U2, Article("w", 4))
    assert articles.get(U1).properties == {"t": "x", "n": 1}
    assert articles.get(U2).properties == {"t": "w", "n": 4}
    assert articles.count() == 3
    for wrong in (int, "Article"):
        with pytest.raises(errors.InvalidDataModelError, match="does not say what an object holds"):
            articles.with_data_model(wrong)


def test_delete_many(articles: Articles) -> None:
    articles.insert_many([DataObject({"n": 1}, U1), DataObject({"n": 2}, U2), {"n": 3}])
    where = Filter.by_property("n").less_than(3)
    dry = articles.delete_many(where, dry_run=True, verbose=True)
    assert (dry.matches, dry.successful, dry.failed) == (2, 2, 0)
    assert {(one.uuid, one.successful, one.error) for one in dry.objects} == {(U1, True, None), (U2, True, None)}
    assert articles.count() == 3
    told = articles.delete_many(where)
    assert (told.matches, told.successful, told.failed, told.objects) == (2, 2, 0, None)
    assert articles.count() == 1
    assert articles.delete_many(where, verbose=True).objects == []
    with pytest.raises(errors.WeaviateDeleteManyError, match="nope"):
        articles.delete_many(Filter.by_property("nope").equal(1))
    for wrong in ("n < 3", None):
        with pytest.raises(errors.WeaviateInvalidInputError, match="filter"):
            articles.delete_many(wrong)
    with pytest.raises(errors.WeaviateInvalidInputError, match="dry_run"):
        articles.delete_many(where, dry_run="yes")


def test_tenants_and_consistency(colour: Sync, anywhere: Any) -> None:
    made = colour.call(
        anywhere.collections.create,
        PREFIX,
        properties=PROPERTIES,
        references=[ReferenceProperty(name="to", target_collection=PREFIX)],
        multi_tenancy_config=Configure.multi_tenancy(),
    )
    colour.call(made.tenants.create, ["alice", "bob"])
    alice = Articles(colour, made.with_tenant("alice").with_consistency_level(ConsistencyLevel.ALL))
    bob = Articles(colour, made.with_tenant("bob"))
    alice.insert({"t": "x"}, uuid=U1)
    alice.insert_many([DataObject({"t": "y"}, U2)])
    alice.ingest([DataObject({"t": "z"}, U3)])
    alice.update(U1, {"n": 1})
    alice.replace(U2, {"n": 2})
    alice.reference_add(U1, "to", U2)
    alice.reference_add_many([DataReference("to", U1, U3)])
    assert alice.links("to") == [U2, U3]
    alice.reference_delete(U1, "to", U2)
    assert alice.links("to") == [U3]
    alice.reference_replace(U1, "to", [U2])
    assert alice.links("to") == [U2]
    assert (alice.exists(U1), bob.exists(U1), bob.count()) == (True, False, 0)
    assert bob.delete_many(Filter.by_property("n").equal(2)).matches == 0
    assert alice.delete_many(Filter.by_property("n").equal(2)).successful == 1
    alice.delete_by_id(U1)
    assert alice.count() == 1
    nobody = Articles(colour, made)
    for call in (nobody.insert, lambda given: nobody.insert_many([given])):
        with pytest.raises(errors.WeaviateBaseError, match="multi-tenancy enabled, but request was without tenant"):
            call({"t": "x"})
    with pytest.raises(errors.WeaviateDeleteManyError, match="without tenant"):
        nobody.delete_many(Filter.by_property("n").equal(2))


@pytest.fixture
def linked(colour: Sync, anywhere: Any) -> Articles:
    """A collection with references to itself, and to several."""
    other = colour.call(anywhere.collections.create, PREFIX + "Other")
    colour.call(other.data.insert_many, [DataObject(uuid=U3), DataObject(uuid=U4)])
    made = colour.call(
        anywhere.collections.create,
        PREFIX,
        properties=PROPERTIES,
        references=[
            ReferenceProperty(name="to", target_collection=other.name),
            ReferenceProperty.MultiTarget(name="any", target_collections=[PREFIX, other.name]),
        ],
    )
    colour.call(made.data.insert_many, [DataObject(uuid=U1), DataObject(uuid=U2)])
    return Articles(colour, made)


def test_references(linked: Articles) -> None:
    linked.reference_add(U1, "to", U3)
    linked.reference_add(str(U1), "to", str(U4))
    assert linked.links("to") == [U3, U4]
    linked.reference_delete(U1, "to", U3)
    linked.reference_delete(U1, "to", uuid4())
    assert linked.links("to") == [U4]
    linked.reference_replace(U1, "to", [U3, U4])
    assert linked.links("to") == [U3, U4]
    linked.reference_replace(U1, "to", U3)
    assert linked.links("to") == [U3]
    linked.reference_replace(U1, "to", [])
    assert linked.links("to") == []
    with pytest.raises(errors.UnexpectedStatusCodeError, match="nope"):
        linked.reference_add(U1, "nope", U3)


def test_references_to_one_of_several(linked: Articles) -> None:
    other = (PREFIX + "Other")[0].lower() + (PREFIX + "Other")[1:]
    linked.reference_add(U1, "any", ReferenceToMulti(target_collection=other, uuids=[U3, U4]))
    linked.reference_add(U1, "any", ReferenceToMulti(target_collection=PREFIX, uuids=U2))
    assert linked.links("any") == [U3, U4, U2]
    linked.reference_delete(U1, "any", ReferenceToMulti(target_collection=other, uuids=U3))
    assert linked.links("any") == [U4, U2]
    linked.reference_replace(U1, "any", ReferenceToMulti(target_collection=PREFIX, uuids=U2))
    assert linked.links("any") == [U2]


def test_references_written_with_objects(linked: Articles) -> None:
    to_several = ReferenceToMulti(target_collection=PREFIX + "Other", uuids=[U4])
    references = {"to": [U3, U4], "any": to_several}
    made = [
        linked.insert({"t": "x"}, references),
        *linked.insert_many([DataObject({}, references=references)]).uuids.values(),
    ]
    for uuid in made:
        found = linked.get(uuid).references
        assert {name: [one.uuid for one in link.objects] for name, link in found.items()} == {
            "to": [U3, U4],
            "any": [U4],
        }
    linked.update(made[0], references={"to": U3})
    assert [one.uuid for one in linked.get(made[0]).references["to"].objects] == [U3, U4, U3]
    linked.replace(made[0], {"t": "y"}, {"to": U4})
    assert [one.uuid for one in linked.get(made[0]).references["to"].objects] == [U4]


def test_many_references(linked: Articles) -> None:
    result = linked.reference_add_many(
        [
            DataReference("to", U1, [U3, U4]),
            DataReference("nope", U1, U3),
            DataReference.MultiTarget("any", U1, U2, PREFIX),
        ]
    )
    assert (linked.links("to"), linked.links("any")) == ([U3, U4], [U2])
    assert result.has_errors
    assert list(result.errors) == [2]
    assert "nope" in result.errors[2].message
    reference = result.errors[2].reference
    assert (reference.from_property_name, reference.to_object_uuid, reference.index) == ("nope", str(U3), 2)
    with pytest.raises(errors.WeaviateInvalidInputError, match="Reference 1, reference 'to': expected a UUID"):
        linked.reference_add_many([DataReference("to", U1, U3), DataReference("to", U1, "x")])
    with pytest.raises(errors.WeaviateInvalidInputError, match="refs"):
        linked.reference_add_many([("to", U1, U3)])
