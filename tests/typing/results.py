"""What type checkers know of results: read by mypy and basedpyright (test_typing.py), never run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, TypedDict, assert_type
from uuid import UUID

import attrs
from pydantic import BaseModel

from weaviate_hl import WeaviateAsyncClient, WeaviateClient
from weaviate_hl.classes.config import DataType, Property
from weaviate_hl.classes.data import DataObject
from weaviate_hl.classes.generics import CrossReference
from weaviate_hl.classes.query import GroupBy, HybridVector, NearVector, QueryReference
from weaviate_hl.collections import Collection, CollectionAsync
from weaviate_hl.outputs.aggregate import AggregateGroupByReturn, AggregateReturn
from weaviate_hl.outputs.query import (
    CrossReferences,
    GenerativeGroupByReturn,
    GenerativeReturn,
    GroupByReturn,
    Object,
    ObjectSingleReturn,
    QueryReturn,
)


class Typed(TypedDict):
    title: str


@dataclass
class Data:
    title: str


@attrs.define
class Attrs:
    title: str


class Model(BaseModel):
    title: str


class Links(TypedDict):
    author: CrossReference[Model, None]


def plain(client: WeaviateClient) -> None:
    articles = client.collections.use("Article")
    assert_type(articles, Collection[dict[str, Any], None])
    found = articles.query.fetch_objects()
    assert_type(found, QueryReturn[dict[str, Any], None])
    assert_type(found.objects[0].properties, dict[str, Any])
    assert_type(found.objects[0].references, None)
    assert_type(articles.query.fetch_objects(return_properties=["title"]), QueryReturn[dict[str, Any], None])
    assert_type(articles.query.fetch_objects(return_properties=True), QueryReturn[dict[str, Any], None])
    assert_type(
        articles.query.fetch_objects(return_references=QueryReference(link_on="author")),
        QueryReturn[dict[str, Any], CrossReferences],
    )
    assert_type(articles.data.insert({"title": "On"}), UUID)
    for one in articles.iterator():
        assert_type(one, Object[dict[str, Any], None])


def of_the_collection(client: WeaviateClient) -> None:
    typed = client.collections.use("Article", Typed)
    assert_type(typed, Collection[Typed, None])
    assert_type(typed.query.fetch_objects().objects[0].properties, Typed)
    assert_type(client.collections.use("Article", Data).query.bm25("on").objects[0].properties, Data)
    assert_type(client.collections.use("Article", Attrs).query.bm25("on").objects[0].properties, Attrs)
    assert_type(client.collections.use("Article", Model).query.bm25("on").objects[0].properties, Model)
    both = client.collections.get("Article", Data, Links)
    assert_type(both, Collection[Data, Links])
    assert_type(both.with_tenant("a").with_consistency_level(None), Collection[Data, Links])
    found = both.query.fetch_objects()
    assert_type(found, QueryReturn[Data, Links])
    assert_type(found.objects[0].references["author"], CrossReference[Model, None])
    assert_type(found.objects[0].references["author"].objects[0].properties, Model)
    assert_type(both.query.fetch_object_by_id(UUID(int=1)), ObjectSingleReturn[Data, Links] | None)
    assert_type(next(both.iterator()), Object[Data, Links])
    assert_type(next(iter(both.iterator())).properties.title, str)


def of_a_query(client: WeaviateClient) -> None:
    articles = client.collections.use("Article", Data, Links)
    assert_type(articles.query.fetch_objects(return_properties=Model), QueryReturn[Model, Links])
    assert_type(articles.query.fetch_objects(return_properties="title"), QueryReturn[dict[str, Any], Links])
    assert_type(articles.query.near_vector([1.0], return_properties=Typed).objects[0].properties["title"], str)
    assert_type(articles.iterator(return_properties=Attrs).cursor, UUID | str | None)
    for one in articles.iterator(return_properties=Attrs):
        assert_type(one, Object[Attrs, Links])
    plain_one = client.collections.use("Article")
    assert_type(plain_one.query.fetch_objects(return_references=Links), QueryReturn[dict[str, Any], Links])
    assert_type(next(plain_one.iterator(return_properties=Typed, return_references=Links)), Object[Typed, Links])
    group_by = GroupBy(prop="title", objects_per_group=1, number_of_groups=1)
    assert_type(articles.query.bm25("on", group_by=group_by), GroupByReturn[Data, Links])


def generated_and_counted(collection: Collection[Data, Links], group_by: GroupBy | None) -> None:
    found = collection.query.bm25("on", group_by=group_by)
    assert_type(found, QueryReturn[Data, Links] | GroupByReturn[Data, Links])
    told = collection.generate.hybrid("on", single_prompt="sum up", group_by=group_by)
    assert_type(told, GenerativeReturn[Data, Links] | GenerativeGroupByReturn[Data, Links])
    assert_type(collection.generate.near_object("1", return_properties=Model), GenerativeReturn[Model, Links])
    assert_type(collection.aggregate.over_all(), AggregateReturn)
    assert_type(collection.aggregate.near_vector([1.0], group_by="title"), AggregateGroupByReturn)


def near(collection: Collection[Data, None], vector: list[float], by_name: dict[str, list[float]]) -> None:
    near_vector, hybrid = collection.query.near_vector, collection.query.hybrid
    for one in (near_vector(vector), near_vector(by_name), near_vector([[1, 2]]), hybrid("on", vector=by_name)):
        assert_type(one, QueryReturn[Data, None])
    near_vector({"a": [1.0], "b": [[1.0], [2.0]], "c": NearVector.list_of_vectors([1.0], [2.0])})
    hybrid(None, vector=HybridVector.near_vector(vector, distance=0.5))
    collection.query.near_image(Path("cat.png"))
    collection.query.near_image(BytesIO(b"cat"))


def written(client: WeaviateClient) -> None:
    client.collections.use("Article", Typed).data.insert({"title": "On"})
    data = client.collections.use("Article", Data).data
    data.insert(Data("On"))
    data.insert_many([Data("On"), DataObject(Data("On"), uuid=UUID(int=1))])
    data.with_data_model(Model).insert(Model(title="On"))


def created(client: WeaviateClient) -> None:
    create = client.collections.create
    assert_type(create("Article"), Collection[dict[str, Any], None])
    listed = create("Article", properties=[Property(name="title", data_type=DataType.TEXT)])
    assert_type(listed, Collection[dict[str, Any], None])
    assert_type(create("Article", properties=Data), Collection[Data, None])
    assert_type(create("Article", properties=Typed, references=Links), Collection[Typed, Links])
    assert_type(create("Article", data_model_properties=Model), Collection[Model, None])
    assert_type(create("Article", data_model_properties=Mapping[str, int]), Collection[Mapping[str, int], None])


async def of_both_colours(client: WeaviateAsyncClient) -> None:
    articles = await client.collections.create("Article", properties=Data, references=Links)
    assert_type(articles, CollectionAsync[Data, Links])
    assert_type(await articles.query.fetch_objects(), QueryReturn[Data, Links])
    assert_type(await articles.query.fetch_objects(return_properties=Model), QueryReturn[Model, Links])
    assert_type(await articles.data.insert(Data("On")), UUID)
    async for one in articles.iterator():
        assert_type(one, Object[Data, Links])
    async for other in articles.iterator(return_properties=["title"]):
        assert_type(other, Object[dict[str, Any], Links])
    assert_type(await anext(articles.iterator(return_properties=Typed)), Object[Typed, Links])
