"""Models from end to end: collections created from them, objects written and read as them; lite and a real server."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, TypedDict
from uuid import UUID

import attrs
import pytest
from pydantic import BaseModel

from tests.collections.conftest import PREFIX
from tests.core.colours import Sync
from weaviate_hl import errors
from weaviate_hl.classes.config import DataType, ReferenceProperty, Tokenization
from weaviate_hl.classes.data import DataObject, GeoCoordinate
from weaviate_hl.classes.generics import CrossReference
from weaviate_hl.classes.query import GroupBy, QueryReference

U1, U2 = UUID(int=1), UUID(int=2)


class Place(TypedDict):
    city: str
    where: list[float]


@dataclass
class Person:
    name: str
    born: datetime | None = None


class PersonModel(BaseModel):
    name: str
    born: datetime | None = None


@attrs.define
class PersonAttrs:
    name: str
    born: datetime | None = None


VALUES: dict[str, Any] = {
    "text": Annotated[str, Tokenization.FIELD],
    "texts": list[str],
    "whole": int,
    "wholes": list[int],
    "number": float,
    "numbers": list[float],
    "truth": bool,
    "truths": list[bool],
    "moment": datetime,
    "moments": list[datetime],
    "uid": UUID,
    "uids": list[UUID],
    "blob": bytes,
    "spot": GeoCoordinate,
    "place": Place,
}
MAY = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
GIVEN: dict[str, Any] = {
    "text": "a b",
    "texts": ["a", "b"],
    "whole": 3,
    "wholes": [1, 2],
    "number": 4.0,
    "numbers": [0.5, 2.0],
    "truth": True,
    "truths": [True, False],
    "moment": MAY,
    "moments": [MAY],
    "uid": U1,
    "uids": [U1, U2],
    "blob": b"\x00\x01",
    "spot": GeoCoordinate(latitude=1.5, longitude=-2.25),
    "place": {"city": "Bonn", "where": [1.5, 2.5]},
}


def everything(person: Any) -> type[Any]:
    """A dataclass with a field of every type, and such persons."""
    hints = VALUES | {"author": person, "others": list[person]}
    return dataclass(type("Everything", (), {"__annotations__": hints}))


@pytest.mark.parametrize("person", [Person, PersonModel, PersonAttrs], ids=lambda one: one.__name__)
def test_what_was_written_is_what_is_read(colour: Sync, anywhere: Any, person: Any) -> None:
    model = everything(person)
    made = colour.call(anywhere.collections.create, PREFIX + "Everything", properties=model)
    ann, bo = person(name="Ann", born=MAY), person(name="Bo")
    written = model(**GIVEN, author=ann, others=[ann, bo])
    colour.call(made.data.insert, written, uuid=U1)
    result = colour.call(made.data.insert_many, [DataObject(written, uuid=U2)])
    assert not result.has_errors
    found = colour.call(made.query.fetch_objects).objects
    assert [one.uuid for one in found] == [U1, U2]
    assert [one.properties for one in found] == [written, written]
    assert colour.call(made.query.fetch_object_by_id, U1).properties == written


def test_the_collection_is_as_the_model_says(colour: Sync, anywhere: Any) -> None:
    made = colour.call(anywhere.collections.create, PREFIX + "Everything", properties=everything(Person))
    config = colour.call(made.config.get)
    told = {one.name: one for one in config.properties}
    assert told["blob"].data_type == DataType.BLOB
    assert told["text"].tokenization == Tokenization.FIELD
    assert told["others"].data_type == DataType.OBJECT_ARRAY
    assert [one.name for one in told["others"].nested_properties] == ["name", "born"]


class References(TypedDict):
    author: Annotated[
        CrossReference[PersonModel, None], ReferenceProperty(name="author", target_collection=PREFIX + "Person")
    ]


@dataclass
class Article:
    title: str
    tags: list[str] = field(default_factory=list)


@pytest.fixture
def articles(colour: Sync, anywhere: Any) -> Any:
    """A collection of dataclasses that refer to one of models of Pydantic."""
    persons = colour.call(anywhere.collections.create, PREFIX + "Person", properties=PersonModel)
    colour.call(persons.data.insert, PersonModel(name="Ann"), uuid=U2)
    made = colour.call(anywhere.collections.create, PREFIX + "Article", properties=Article, references=References)
    colour.call(made.data.insert, Article("Owls"), references={"author": U2}, uuid=U1)
    return made


def test_references_lead_to_instances(colour: Sync, articles: Any) -> None:
    (found,) = colour.call(articles.query.fetch_objects).objects
    assert found.properties == Article("Owls", [])
    (author,) = found.references["author"].objects
    assert (author.uuid, author.properties) == (U2, PersonModel(name="Ann"))


def test_a_query_may_ask_for_other_properties_than_the_model_of_the_collection(colour: Sync, articles: Any) -> None:
    class Titled(BaseModel):
        title: str

    query = articles.query
    for asked, wanted in (
        (["title"], {"title": "Owls"}),
        (Titled, Titled(title="Owls")),
        (dict, {"title": "Owls", "tags": []}),
        (False, {}),
    ):
        (found,) = colour.call(query.fetch_objects, return_properties=asked).objects
        assert found.properties == wanted
    (found,) = colour.call(query.fetch_objects, return_references=QueryReference(link_on="author")).objects
    assert found.references["author"].objects[0].properties["name"] == "Ann"
    assert found.properties == Article("Owls", [])


def test_a_model_may_be_given_when_a_collection_is_there_already(colour: Sync, anywhere: Any, articles: Any) -> None:
    for find in (anywhere.collections.use, anywhere.collections.get):
        plain, typed = find(articles.name), find(articles.name, Article, References)
        assert colour.call(plain.query.fetch_objects).objects[0].properties["title"] == "Owls"
        (found,) = colour.call(typed.with_consistency_level("ONE").query.fetch_objects).objects
        assert found.properties == Article("Owls")
        assert found.references["author"].objects[0].properties == PersonModel(name="Ann")


def test_data_may_be_written_with_another_model(colour: Sync, articles: Any) -> None:
    class Tagged(BaseModel):
        title: str
        tags: list[str]

    colour.call(articles.data.with_data_model(Tagged).replace, U1, Tagged(title="Off", tags=["x"]))
    assert colour.call(articles.query.fetch_object_by_id, U1).properties == Article("Off", ["x"])
    colour.call(articles.data.with_data_model(dict).update, U1, {"title": "Again"})
    assert colour.call(articles.query.fetch_object_by_id, U1).properties == Article("Again", ["x"])


def test_groups_and_searches_return_instances(colour: Sync, articles: Any) -> None:
    (found,) = colour.call(articles.query.bm25, "owls").objects
    assert found.properties == Article("Owls")
    group_by = GroupBy(prop="title", objects_per_group=1, number_of_groups=1)
    result = colour.call(articles.query.bm25, "owls", group_by=group_by)
    assert result.objects[0].properties == Article("Owls")
    assert result.groups["Owls"].objects[0].references["author"].objects[0].properties == PersonModel(name="Ann")


def test_a_value_that_does_not_fit_is_named_when_it_is_looked_at(colour: Sync, anywhere: Any, articles: Any) -> None:
    @dataclass
    class Wrong:
        title: int

    (found,) = colour.call(anywhere.collections.use(articles.name, Wrong).query.fetch_objects).objects
    for _ in range(2):
        with pytest.raises(errors.ResponseCannotBeDecodedError, match=rf"object {U1}: Wrong\.title: expected int, not"):
            found.properties  # noqa: B018
    assert found.uuid == U1


@pytest.mark.parametrize("wrong", [int, "Article", [Article], Article("Owls")], ids=repr)
def test_what_is_no_model_is_refused(colour: Sync, anywhere: Any, wrong: Any) -> None:
    collections = anywhere.collections
    with pytest.raises(errors.InvalidDataModelError, match="does not say what an object holds"):
        collections.use(PREFIX, wrong)
    with pytest.raises(errors.InvalidDataModelError, match="does not say what an object holds"):
        colour.call(collections.create, PREFIX + "Wrong", data_model_references=wrong)
    assert not colour.call(collections.exists, PREFIX + "Wrong")


def test_a_class_given_as_properties_that_is_no_model_is_refused(colour: Sync, anywhere: Any) -> None:
    with pytest.raises(errors.InvalidDataModelError, match="int does not say what an object holds"):
        colour.call(anywhere.collections.create, PREFIX + "Wrong", properties=int)
    with pytest.raises(errors.InvalidDataModelError, match="dict does not say what an object holds"):
        colour.call(anywhere.collections.create, PREFIX + "Wrong", properties=dict)
