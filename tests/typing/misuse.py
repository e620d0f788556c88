"""What type checkers refuse, line by line where `# wrong` says so: read by test_typing.py, never run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from weaviate_hl import WeaviateAsyncClient, WeaviateClient
from weaviate_hl.classes.config import DataType, Property


class Typed(TypedDict):
    title: str


@dataclass
class Data:
    title: str


class Own:
    title: str


def models(client: WeaviateClient) -> None:
    client.collections.use("Article", int)  # wrong
    client.collections.use("Article", Own)  # wrong
    client.collections.use("Article", Data("On"))  # wrong
    client.collections.use("Article", Data, int)  # wrong
    client.collections.create("Article", properties=Own)  # wrong
    client.collections.create("Article", properties=[Data])  # wrong
    client.collections.create("Article", properties=[Property(name="title")])  # wrong
    client.collections.create("Article", propertys=[Property(name="title", data_type=DataType.TEXT)])  # wrong


def writing(client: WeaviateClient) -> None:
    data = client.collections.use("Article", Data).data
    data.insert({"title": "On"})  # wrong
    data.insert_many([Typed(title="On")])  # wrong
    typed = client.collections.use("Article", Typed).data
    typed.insert({"titel": "On"})  # wrong
    typed.insert(Data("On"))  # wrong
    typed.with_data_model(Data).insert({"title": "On"})  # wrong
    client.collections.use("Article").data.insert("On")  # wrong


def reading(client: WeaviateClient) -> None:
    articles = client.collections.use("Article", Data)
    found = articles.query.fetch_objects().objects[0]
    _ = found.properties.titel  # wrong
    found.properties["title"]  # wrong
    found.references["author"]  # wrong
    articles.query.fetch_objects(limt=3)  # wrong
    articles.query.fetch_objects(limit="3")  # wrong
    articles.query.fetch_objects(return_properties=Own)  # wrong
    articles.query.fetch_objects(return_metadata=["colour"])  # wrong
    articles.query.near_vector("0.5")  # wrong
    articles.query.near_image(3)  # wrong
    articles.query.bm25("on", group_by="title")  # wrong
    articles.aggregate.over_all(return_metrics="words")  # wrong
    articles.iterator(return_properties=Typed, cachesize=3)  # wrong
    for one in articles.iterator(return_properties=Typed):
        one.properties["titel"]  # wrong


async def colours(client: WeaviateAsyncClient) -> None:
    articles = client.collections.use("Article")
    _ = articles.query.fetch_objects().objects  # wrong
    for _ in articles.iterator():  # wrong
        pass
