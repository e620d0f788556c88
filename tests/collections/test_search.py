"""Searches end to end: the same on lite and on a real server, in both colours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest

from tests.core.colours import Sync
from tests.servers.places import LITE, REAL, client_at
from weaviate_hl import errors
from weaviate_hl.classes.aggregate import GroupByAggregate
from weaviate_hl.classes.config import Configure, DataType, Property, ReferenceProperty
from weaviate_hl.classes.data import DataObject
from weaviate_hl.classes.generate import GenerativeConfig, GenerativeParameters
from weaviate_hl.classes.query import (
    BM25Operator,
    Boost,
    Diversity,
    Filter,
    GroupBy,
    HybridFusion,
    HybridVector,
    MetadataQuery,
    Metrics,
    NearVector,
    QueryNested,
    QueryReference,
    Rerank,
    Sort,
    TargetVectors,
)
from weaviate_hl.classes.tenants import Tenant

IDS = [UUID(int=i + 1) for i in range(6)]
TEXTS = ["wind power", "wind of change", "the power of the sun", "sun", "water", "wind wind power"]


@pytest.fixture(params=[*LITE, REAL])
def client(request: pytest.FixtureRequest, colour: Sync) -> Any:
    """A client of lite or of a server."""
    return client_at(request.param, colour, request)


@pytest.fixture
def name(client: Any, colour: Sync) -> Iterator[str]:
    """A name for a collection, which is gone after the test."""
    made = f"SearchTest{uuid4().hex[:8]}"
    yield made
    colour.call(client.collections.delete, made)


@pytest.fixture
def articles(client: Any, colour: Sync, name: str) -> Any:
    """Six objects with two vectors and a multi-vector."""
    made = colour.call(
        client.collections.create,
        name,
        properties=[
            Property(name="title", data_type=DataType.TEXT),
            Property(name="year", data_type=DataType.INT),
            Property(name="rating", data_type=DataType.NUMBER),
            Property(name="live", data_type=DataType.BOOL),
            Property(name="when", data_type=DataType.DATE),
            Property(
                name="place",
                data_type=DataType.OBJECT,
                nested_properties=[
                    Property(name="city", data_type=DataType.TEXT),
                    Property(name="zip", data_type=DataType.TEXT),
                ],
            ),
        ],
        references=[ReferenceProperty(name="next", target_collection=name)],
        generative_config=Configure.Generative.custom("generative-dummy"),
        reranker_config=Configure.Reranker.custom("reranker-dummy"),
        vector_config=[
            Configure.Vectors.self_provided(name="a"),
            Configure.Vectors.self_provided(name="b"),
            Configure.MultiVectors.self_provided(name="m"),
        ],
    )
    objects: list[DataObject[Any, Any]] = [
        DataObject(
            {
                "title": title,
                "year": 2000 + i,
                "rating": i / 2,
                "live": i % 2 == 0,
                "when": datetime(2024, 1, i + 1, tzinfo=UTC),
                "place": {"city": f"city {i}", "zip": str(i)},
            },
            uuid=IDS[i],
            vector={"a": [1.0, float(i)], "b": [float(i), 2.0, 3.0], "m": [[1.0, float(i)], [2.0, 3.0]]},
        )
        for i, title in enumerate(TEXTS)
    ]
    assert not colour.call(made.data.insert_many, objects).has_errors
    for here, there in pairwise(IDS):
        colour.call(made.data.reference_add, here, "next", there)
    return made


def years(found: Any) -> list[int]:
    return [one.properties["year"] - 2000 for one in found.objects]


def test_objects_are_fetched(articles: Any, colour: Sync) -> None:
    def fetch(**given: Any) -> list[int]:
        return years(colour.call(articles.query.fetch_objects, **given))

    assert fetch() == [0, 1, 2, 3, 4, 5]
    assert fetch(limit=2, offset=1) == [1, 2]
    assert fetch(limit=2, after=IDS[2]) == [3, 4]
    assert fetch(sort=Sort.by_property("live").by_property("year", ascending=False)) == [5, 3, 1, 4, 2, 0]
    assert sorted(fetch(filters=Filter.by_property("year").greater_than(2003) | Filter.by_id().equal(IDS[0]))) == [
        0,
        4,
        5,
    ]
    assert sorted(years(colour.call(articles.query.fetch_objects_by_ids, [IDS[4], str(IDS[1]), uuid4()]))) == [1, 4]
    assert colour.call(articles.query.fetch_objects_by_ids, []).objects == []


def test_one_object_is_fetched(articles: Any, colour: Sync, name: str) -> None:
    one = colour.call(articles.query.fetch_object_by_id, IDS[1], include_vector=["a", "m"])
    assert (one.uuid, one.properties["title"], one.collection) == (IDS[1], "wind of change", name)
    assert one.vector == {"a": [1.0, 1.0], "m": [[1.0, 1.0], [2.0, 3.0]]}
    assert one.metadata.creation_time <= one.metadata.last_update_time
    assert one.references is None
    assert colour.call(articles.query.fetch_object_by_id, uuid4()) is None


def test_what_is_returned_can_be_chosen(articles: Any, colour: Sync) -> None:
    two = QueryReference(
        link_on="next",
        return_properties=["title"],
        return_references=QueryReference(link_on="next", return_properties="year", include_vector="b"),
    )
    found = colour.call(
        articles.query.fetch_objects,
        limit=1,
        include_vector=True,
        return_properties=["year", QueryNested(name="place", properties="city")],
        return_references=two,
        return_metadata=["creation_time"],
    )
    (one,) = found.objects
    assert one.properties == {"year": 2000, "place": {"city": "city 0"}}
    assert one.vector.keys() == {"a", "b", "m"}
    assert one.metadata.creation_time is not None
    assert one.metadata.last_update_time is None
    (second,) = one.references["next"].objects
    (third,) = second.references["next"].objects
    assert (second.properties, third.properties) == ({"title": "wind of change"}, {"year": 2002})
    assert third.vector == {"b": [2.0, 2.0, 3.0]}
    assert colour.call(articles.query.fetch_objects, limit=1, return_properties=False).objects[0].properties == {}


def test_keywords_are_found(articles: Any, colour: Sync) -> None:
    def bm25(*query: Any, **given: Any) -> list[int]:
        return years(colour.call(articles.query.bm25, *query, **given))

    assert bm25("change") == [1]
    assert set(bm25("wind power", operator=BM25Operator.and_())) == {0, 5}
    assert set(bm25("wind power water", operator=BM25Operator.or_(minimum_match=2))) == {0, 5}
    assert bm25("sun", query_properties=["title^2"], limit=1) == [3]
    assert set(bm25("sun", filters=Filter.by_property("live").equal(True))) == {2}
    assert bm25(None, limit=2) == [0, 1]
    (one,) = colour.call(articles.query.bm25, "change", return_metadata=["score", "explain_score"]).objects
    assert one.metadata.score > 0
    assert one.metadata.explain_score


def test_vectors_are_found(articles: Any, colour: Sync) -> None:
    def near(vector: Any, **given: Any) -> list[int]:
        return years(colour.call(articles.query.near_vector, vector, limit=2, **given))

    assert near([1.0, 5.0], target_vector="a") == [5, 4]
    assert near(np.array([1, 5], "f4"), target_vector="a") == [5, 4]
    assert near([1.0, 1.0], target_vector="a", distance=0.0001) == [1]
    assert near({"a": [1.0, 3.0], "b": [3.0, 2.0, 3.0]}) == [3, 4]
    assert (
        near({"a": [1.0, 0.0], "b": [5.0, 2.0, 3.0]}, target_vector=TargetVectors.manual_weights({"a": 1, "b": 0}))[0]
        == 0
    )
    several = {"a": NearVector.list_of_vectors([1.0, 2.0], [1.0, 2.0]), "b": [2.0, 2.0, 3.0]}
    assert near(several, target_vector=TargetVectors.sum(["a", "b"]))[0] == 2
    assert near([[1.0, 5.0], [2.0, 3.0]], target_vector="m")[0] == 5
    (one,) = colour.call(
        articles.query.near_vector, [1.0, 5.0], target_vector="a", limit=1, return_metadata=["distance", "certainty"]
    ).objects
    assert one.metadata.distance == pytest.approx(0, abs=1e-5)
    assert one.metadata.certainty == pytest.approx(1, abs=1e-5)
    assert years(colour.call(articles.query.near_object, IDS[3], target_vector="a", limit=1)) == [3]


def test_vectors_and_keywords_are_found_together(articles: Any, colour: Sync) -> None:
    def hybrid(*query: Any, **given: Any) -> list[int]:
        return years(colour.call(articles.query.hybrid, *query, **given))

    near = {"vector": [1.0, 4.0], "target_vector": "a"}
    assert hybrid("water", alpha=0, target_vector="a") == [4]
    assert hybrid("water", **near, limit=1) == [4]
    assert hybrid(None, **near, limit=1) == [4]
    assert hybrid("change", vector={"a": [1.0, 0.0]}, alpha=0.1, limit=1) == [1]
    assert hybrid("change", vector=HybridVector.near_vector([1.0, 0.0], distance=0.9), target_vector="a", limit=1)
    assert hybrid("change", **near, fusion_type=HybridFusion.RANKED, alpha=0.1, limit=1) == [1]
    assert hybrid(None, limit=2) == [0, 1]


def test_results_are_grouped(articles: Any, colour: Sync) -> None:
    found = colour.call(
        articles.query.near_vector,
        [1.0, 5.0],
        target_vector="a",
        limit=6,
        group_by=GroupBy(prop="live", objects_per_group=2, number_of_groups=2),
    )
    assert {name: years(group) for name, group in found.groups.items()} == {"false": [5, 3], "true": [4, 2]}
    assert {one.belongs_to_group for one in found.objects} == {"true", "false"}
    assert found.groups["false"].number_of_objects == 2


def test_results_are_lifted_and_made_to_differ(articles: Any, colour: Sync) -> None:
    lifted = Boost.blend([Boost.numeric_property("year"), Boost.time_decay("when", scale="1d", weight=0)], weight=1)
    assert years(colour.call(articles.query.bm25, "wind", boost=lifted))[0] == 5
    some = colour.call(
        articles.query.near_vector, [1.0, 2.0], target_vector="a", limit=6,
        diversity_selection=Diversity.mmr(limit=3, balance=0.5),
    )  # fmt: skip
    assert len(some.objects) == 3
    assert years(some)[0] == 2


def test_results_are_reranked(articles: Any, colour: Sync) -> None:
    found = colour.call(articles.query.bm25, "wind", rerank=Rerank(prop="title", query="which"))
    scores = [one.metadata.rerank_score for one in found.objects]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == len("wind wind power")  # so much for the dummy's taste


def test_texts_are_generated(articles: Any, colour: Sync) -> None:
    found = colour.call(
        articles.generate.bm25, "change", single_prompt="say {title}", grouped_task="sum", grouped_properties=["year"]
    )
    (one,) = found.objects
    assert "say wind of change" in one.generated
    assert "sum: [{" in found.generated
    assert '"year":"2001"' in found.generated
    assert "title" not in found.generated
    assert one.properties["title"] == "wind of change"


def test_a_search_may_choose_its_model(articles: Any, colour: Sync) -> None:
    prompt = GenerativeParameters.single_prompt("say {title}", debug=True)
    (one,) = colour.call(
        articles.generate.bm25, "change", single_prompt=prompt, generative_provider=GenerativeConfig.dummy()
    ).objects
    assert "say wind of change" in one.generative.text


@pytest.mark.parametrize("client", [REAL], indirect=True)
def test_texts_are_generated_from_groups(articles: Any, colour: Sync) -> None:
    found = colour.call(
        articles.generate.near_vector,
        [1.0, 5.0],
        target_vector="a",
        limit=2,
        single_prompt="say {title}",
        grouped_task="sum up",
        group_by=GroupBy(prop="live", objects_per_group=1, number_of_groups=2),
    )
    assert "sum up" in found.generated
    assert "say wind wind power" in found.groups["false"].generated
    assert "say water" in found.groups["true"].generated


def test_objects_are_aggregated(articles: Any, colour: Sync) -> None:
    metrics = [
        Metrics("year").integer(),
        Metrics("rating").number(mean=True),
        Metrics("title").text(limit=1),
        Metrics("live").boolean(percentage_true=True, total_false=True),
        Metrics("when").date_(minimum=True, maximum=True),
    ]
    told = colour.call(articles.aggregate.over_all, return_metrics=metrics)
    year, rating, title, live, when = (told.properties[one] for one in ("year", "rating", "title", "live", "when"))
    assert (told.total_count, year.count, year.minimum, year.maximum, year.sum_) == (6, 6, 2000, 2005, 12015)
    assert (rating.mean, rating.maximum) == (1.25, None)
    assert (title.count, [one.count for one in title.top_occurrences]) == (6, [1])
    assert (live.percentage_true, live.total_false) == (0.5, 3)
    assert (when.minimum, when.maximum) == ("2024-01-01T00:00:00Z", "2024-01-06T00:00:00Z")


def test_groups_are_aggregated(articles: Any, colour: Sync) -> None:
    told = colour.call(
        articles.aggregate.over_all, group_by="live", return_metrics=Metrics("year").integer(maximum=True)
    )
    found = {one.grouped_by.value: (one.total_count, one.properties["year"].maximum) for one in told.groups}
    assert found == {True: (3, 2004), False: (3, 2005)}
    some = colour.call(articles.aggregate.over_all, group_by=GroupByAggregate(prop="year", limit=2))
    assert [one.total_count for one in some.groups] == [1, 1]


def test_what_a_search_finds_is_aggregated(articles: Any, colour: Sync) -> None:
    def count(method: str, *given: Any, **more: Any) -> int:
        told = colour.call(getattr(articles.aggregate, method), *given, target_vector="a", **more)
        return int(told.total_count)

    assert count("near_vector", [1.0, 5.0], object_limit=2) == 2
    assert count("near_object", IDS[0], distance=0.0001) == 1
    assert count("hybrid", "change", vector=[1.0, 1.0], alpha=0, object_limit=10) == 1
    filtered = colour.call(articles.aggregate.over_all, filters=Filter.by_property("live").equal(True))
    assert filtered.total_count == 3


def test_tenants_are_searched_apart(client: Any, colour: Sync, name: str) -> None:
    made = colour.call(
        client.collections.create,
        name,
        properties=[Property(name="title", data_type=DataType.TEXT)],
        multi_tenancy_config=Configure.multi_tenancy(enabled=True),
    )
    colour.call(made.tenants.create, [Tenant(name="ada"), Tenant(name="bob")])
    colour.call(made.with_tenant("ada").data.insert, {"title": "wind"})
    assert len(colour.call(made.with_tenant("ada").query.bm25, "wind").objects) == 1
    assert colour.call(made.with_tenant("bob").query.bm25, "wind").objects == []
    assert colour.call(made.with_tenant("ada").aggregate.over_all).total_count == 1
    with pytest.raises(errors.WeaviateQueryError, match="tenant"):
        colour.call(made.query.bm25, "wind")


@pytest.mark.parametrize("namespace", ["query", "generate", "aggregate"])
def test_errors_of_the_server_tell_what_was_asked_of_which_collection(
    client: Any, colour: Sync, name: str, namespace: str
) -> None:
    missing = getattr(client.collections.use(name), namespace)
    with pytest.raises(
        errors.WeaviateQueryError, match=f"^{namespace}.near_vector of collection '{name}' failed"
    ) as caught:
        colour.call(missing.near_vector, [1.0], distance=0.5)
    assert name in str(caught.value.server_text)


def test_a_profile_is_returned_when_it_is_asked_for(articles: Any, colour: Sync) -> None:
    found = colour.call(articles.query.fetch_objects, return_metadata=MetadataQuery.full_with_profile())
    assert found.query_profile is not None
    assert found.query_profile.shards[0].searches
    assert colour.call(articles.query.fetch_objects).query_profile is None


@pytest.mark.parametrize("client", [REAL], indirect=True)
def test_graphql_is_asked_as_it_is_written(client: Any, articles: Any, colour: Sync, name: str) -> None:
    told = colour.call(client.graphql_raw_query, f"{{ Get {{ {name}(limit: 1) {{ title }} }} }}")
    assert told.get == {name: [{"title": TEXTS[0]}]}
    assert (told.aggregate, told.explore, told.errors) == ({}, {}, None)
    told = colour.call(client.graphql_raw_query, f"{{ Get {{ {name}(limit: 1) {{ nope }} }} }}")
    assert "nope" in told.errors[0]["message"]


def test_many_vectors_come_in_pages_as_one_list(client: Any, colour: Sync, name: str) -> None:
    made = colour.call(client.collections.create, name, vector_config=Configure.Vectors.self_provided())
    objects: list[DataObject[Any, Any]] = [
        DataObject({}, uuid=UUID(int=i + 1), vector=[float(i), 1.0]) for i in range(1100)
    ]
    assert not colour.call(made.data.insert_many, objects).has_errors
    found = colour.call(made.query.fetch_objects, limit=1050, include_vector=True).objects
    assert [one.uuid.int for one in found] == list(range(1, 1051))
    assert found[-1].vector == {"default": [1049.0, 1.0]}
