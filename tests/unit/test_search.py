"""Searches and aggregations: the message of every recorded call, what is refused, and how signatures look."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, get_overloads
from uuid import UUID

import numpy as np
import pytest
from google.protobuf.json_format import MessageToDict
from weaviate_gen.grpc.v1 import search_get_pb2
from weaviate_gen.grpc.v1.aggregate_pb2 import AggregateReply

from weaviate_hl import errors
from weaviate_hl.aio.collection import CollectionAsync
from weaviate_hl.classes.aggregate import GroupByAggregate
from weaviate_hl.classes.config import ConsistencyLevel
from weaviate_hl.classes.generate import GenerativeConfig, GenerativeParameters
from weaviate_hl.classes.query import (
    BM25Operator,
    Boost,
    Diversity,
    Filter,
    GeoCoordinate,
    GroupBy,
    HybridFusion,
    HybridVector,
    MetadataQuery,
    Metrics,
    Move,
    NearMediaType,
    NearVector,
    QueryNested,
    QueryReference,
    Rerank,
    Sort,
    TargetVectors,
)
from weaviate_hl.op import Unfinished
from weaviate_hl.ops import decode
from weaviate_hl.outputs.query import MetadataReturn, Object, QueryReturn
from weaviate_hl.sync.collection import Collection

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = json.loads((ROOT / "tests/golden/searches.json").read_text("utf-8"))
U1, U2, U3 = (f"0000000{i}-0000-0000-0000-00000000000{i}" for i in (1, 2, 3))

Call = Callable[[Any], Any]

# What is recorded are the messages of the reference client, which agree with what the server understands.
CASES: dict[str, Call] = {
    "query.fetch_default": lambda col: col.query.fetch_objects(),
    "query.fetch_page": lambda col: col.query.fetch_objects(limit=5, offset=10),
    "query.fetch_after": lambda col: col.query.fetch_objects(limit=5, after=U1),
    "query.fetch_by_id": lambda col: col.query.fetch_object_by_id(U1),
    "query.fetch_by_id_vector": lambda col: col.query.fetch_object_by_id(U1, include_vector=True),
    "query.fetch_by_ids": lambda col: col.query.fetch_objects_by_ids([U1, U2], limit=2),
    "query.fetch_props": lambda col: col.query.fetch_objects(return_properties=["title", "wordCount"]),
    "query.fetch_one_prop": lambda col: col.query.fetch_objects(return_properties="title"),
    "query.fetch_no_props": lambda col: col.query.fetch_objects(return_properties=False),
    "query.fetch_nested": lambda col: col.query.fetch_objects(
        return_properties=["title", QueryNested(name="meta", properties=["a", QueryNested(name="b", properties=["c"])])]
    ),
    "query.fetch_metadata": lambda col: col.query.fetch_objects(
        return_metadata=MetadataQuery(
            creation_time=True,
            last_update_time=True,
            distance=True,
            certainty=True,
            score=True,
            explain_score=True,
            is_consistent=True,
        )
    ),
    "query.fetch_metadata_full": lambda col: col.query.fetch_objects(return_metadata=MetadataQuery.full()),
    "query.fetch_metadata_list": lambda col: col.query.fetch_objects(return_metadata=["creation_time", "score"]),
    "query.fetch_vector": lambda col: col.query.fetch_objects(include_vector=True),
    "query.fetch_named_vectors": lambda col: col.query.fetch_objects(include_vector=["a", "b"]),
    "query.fetch_reference": lambda col: col.query.fetch_objects(
        return_references=QueryReference(
            link_on="hasAuthor",
            return_properties=["name"],
            return_metadata=MetadataQuery(creation_time=True),
            include_vector=True,
        )
    ),
    "query.fetch_reference_deep": lambda col: col.query.fetch_objects(
        return_references=[
            QueryReference(
                link_on="hasAuthor", return_references=QueryReference(link_on="writesFor", return_properties=["name"])
            ),
            QueryReference.MultiTarget(link_on="hasAny", target_collection="Publisher", return_properties=["p"]),
        ]
    ),
    "query.sort": lambda col: col.query.fetch_objects(sort=Sort.by_property("title", ascending=False)),
    "query.sort_chain": lambda col: col.query.fetch_objects(
        sort=Sort.by_property("title").by_creation_time(ascending=False).by_id()
    ),
    "query.tenant": lambda col: col.with_tenant("tenantA").query.fetch_objects(limit=1),
    "query.consistency": lambda col: col.with_consistency_level(ConsistencyLevel.QUORUM).query.fetch_objects(limit=1),
    "query.bm25": lambda col: col.query.bm25(query="hello"),
    "query.bm25_full": lambda col: col.query.bm25(
        query="hello world",
        query_properties=["title^2", "body"],
        limit=3,
        offset=1,
        auto_limit=2,
        operator=BM25Operator.or_(minimum_match=2),
        return_metadata=MetadataQuery(score=True),
    ),
    "query.bm25_and": lambda col: col.query.bm25(query="hello world", operator=BM25Operator.and_()),
    "query.near_vector": lambda col: col.query.near_vector(near_vector=[0.5, 1.0, -2.0], limit=2),
    "query.near_vector_full": lambda col: col.query.near_vector(
        near_vector=[0.5, 1.0],
        certainty=0.7,
        limit=2,
        offset=1,
        auto_limit=1,
        filters=Filter.by_property("title").like("a*"),
        return_metadata=MetadataQuery(distance=True),
        include_vector=True,
    ),
    "query.near_vector_target": lambda col: col.query.near_vector(
        near_vector=[0.5, 1.0], target_vector="a", distance=0.3
    ),
    "query.near_vector_per_target": lambda col: col.query.near_vector(
        near_vector={"a": [0.5, 1.0], "b": [1.0, 2.0, 3.0]}, target_vector=["a", "b"]
    ),
    "query.near_vector_sum": lambda col: col.query.near_vector(
        near_vector=[0.5, 1.0], target_vector=TargetVectors.sum(["a", "b"])
    ),
    "query.near_vector_average": lambda col: col.query.near_vector(
        near_vector=[0.5, 1.0], target_vector=TargetVectors.average(["a", "b"])
    ),
    "query.near_vector_minimum": lambda col: col.query.near_vector(
        near_vector=[0.5, 1.0], target_vector=TargetVectors.minimum(["a", "b"])
    ),
    "query.near_vector_weights": lambda col: col.query.near_vector(
        near_vector=[0.5, 1.0], target_vector=TargetVectors.manual_weights({"a": 0.25, "b": 0.75})
    ),
    "query.near_vector_relative": lambda col: col.query.near_vector(
        near_vector=[0.5, 1.0], target_vector=TargetVectors.relative_score({"a": 0.25, "b": 0.75})
    ),
    "query.near_vector_multi": lambda col: col.query.near_vector(
        near_vector=[[0.5, 1.0], [1.0, 2.0]], target_vector="mv"
    ),
    "query.near_vector_group": lambda col: col.query.near_vector(
        near_vector=[0.5, 1.0], limit=10, group_by=GroupBy(prop="title", number_of_groups=2, objects_per_group=3)
    ),
    "query.near_vector_rerank": lambda col: col.query.near_vector(
        near_vector=[0.5, 1.0], limit=10, rerank=Rerank(prop="title", query="q")
    ),
    "query.near_text": lambda col: col.query.near_text(query="hello"),
    "query.near_text_full": lambda col: col.query.near_text(
        query=["a", "b"],
        distance=0.4,
        limit=2,
        auto_limit=3,
        move_to=Move(force=0.5, concepts="up", objects=U1),
        move_away=Move(force=0.25, concepts=["x", "y"], objects=[U2, U3]),
        target_vector="a",
    ),
    "query.near_object": lambda col: col.query.near_object(near_object=U1, limit=2),
    "query.near_object_full": lambda col: col.query.near_object(
        near_object=U1, certainty=0.9, target_vector=["a", "b"], limit=2
    ),
    "query.near_image": lambda col: col.query.near_image(near_image="aW1n", limit=1),
    "query.near_media_audio": lambda col: col.query.near_media(
        media="c25k", media_type=NearMediaType.AUDIO, limit=1, distance=0.2
    ),
    "query.near_media_video": lambda col: col.query.near_media(
        media="dmlk", media_type=NearMediaType.VIDEO, certainty=0.2
    ),
    "query.hybrid": lambda col: col.query.hybrid(query="hello"),
    "query.hybrid_full": lambda col: col.query.hybrid(
        query="hello",
        alpha=0.25,
        vector=[0.5, 1.0],
        query_properties=["title^3"],
        fusion_type=HybridFusion.RANKED,
        limit=3,
        offset=1,
        auto_limit=2,
        max_vector_distance=0.6,
        bm25_operator=BM25Operator.or_(minimum_match=1),
        return_metadata=MetadataQuery(score=True, explain_score=True),
    ),
    "query.hybrid_keyword": lambda col: col.query.hybrid(query="hello", alpha=0),
    "query.hybrid_vector_only": lambda col: col.query.hybrid(query=None, vector=[1.0, 2.0], alpha=1),
    "query.hybrid_near_vector": lambda col: col.query.hybrid(
        query="h",
        vector=HybridVector.near_vector(vector=[1.0, 2.0], distance=0.3),
        fusion_type=HybridFusion.RELATIVE_SCORE,
    ),
    "query.hybrid_near_text": lambda col: col.query.hybrid(
        query="h", vector=HybridVector.near_text(query="big", certainty=0.3, move_to=Move(force=0.5, concepts="up"))
    ),
    "query.hybrid_targets": lambda col: col.query.hybrid(
        query="h", vector={"a": [1.0], "b": [2.0, 3.0]}, target_vector=["a", "b"]
    ),
    "query.hybrid_group": lambda col: col.query.hybrid(
        query="h", group_by=GroupBy(prop="title", number_of_groups=2, objects_per_group=3)
    ),
    "generate.single": lambda col: col.generate.fetch_objects(limit=1, single_prompt="say {title}"),
    "generate.grouped": lambda col: col.generate.bm25(query="x", grouped_task="sum up", grouped_properties=["title"]),
    "generate.both": lambda col: col.generate.near_vector(
        near_vector=[1.0], single_prompt="s {title}", grouped_task="g", limit=2
    ),
    "generate.near_text": lambda col: col.generate.near_text(query="x", grouped_task="g"),
    "generate.hybrid": lambda col: col.generate.hybrid(query="x", single_prompt="s", alpha=0.5),
    "generate.near_object": lambda col: col.generate.near_object(near_object=U1, grouped_task="g"),
    "generate.by_ids": lambda col: col.generate.fetch_objects_by_ids([U1], single_prompt="s"),
    "generate.provider": lambda col: col.generate.fetch_objects(
        limit=1,
        single_prompt="s",
        generative_provider=GenerativeConfig.openai(model="m", temperature=0.5, max_tokens=10),
    ),
    "generate.provider_anthropic": lambda col: col.generate.bm25(
        query="q",
        grouped_task="g",
        generative_provider=GenerativeConfig.anthropic(model="m", base_url="http://x.example", stop_sequences=["a"]),
    ),
    "generate.parameters": lambda col: col.generate.near_text(
        query="q",
        single_prompt=GenerativeParameters.single_prompt(prompt="say {title}", metadata=True, debug=True),
        grouped_task=GenerativeParameters.grouped_task(prompt="sum", non_blob_properties=["title"], metadata=True),
    ),
    "aggregate.count": lambda col: col.aggregate.over_all(total_count=True),
    "aggregate.metrics": lambda col: col.aggregate.over_all(
        return_metrics=[
            Metrics("n").integer(count=True, maximum=True, mean=True, median=True, minimum=True, mode=True, sum_=True),
            Metrics("f").number(mean=True),
            Metrics("title").text(
                count=True, top_occurrences_count=True, top_occurrences_value=True, min_occurrences=2
            ),
            Metrics("ok").boolean(percentage_true=True, total_true=True),
            Metrics("when").date_(maximum=True, minimum=True),
            Metrics("ref").reference(pointing_to=True),
        ]
    ),
    "aggregate.group": lambda col: col.aggregate.over_all(
        group_by=GroupByAggregate(prop="title", limit=3), total_count=True
    ),
    "aggregate.group_str": lambda col: col.aggregate.over_all(group_by="title"),
    "aggregate.filtered": lambda col: col.aggregate.over_all(filters=Filter.by_property("n").greater_than(1)),
    "aggregate.near_vector": lambda col: col.aggregate.near_vector(
        near_vector=[1.0, 2.0], object_limit=5, total_count=True
    ),
    "aggregate.near_text": lambda col: col.aggregate.near_text(
        query="x", distance=0.3, return_metrics=Metrics("n").integer(sum_=True)
    ),
    "aggregate.near_object": lambda col: col.aggregate.near_object(near_object=U1, certainty=0.5, object_limit=3),
    "aggregate.hybrid": lambda col: col.aggregate.hybrid(
        query="x", alpha=0.3, object_limit=4, return_metrics=Metrics("n").integer(mean=True)
    ),
    "aggregate.tenant": lambda col: col.with_tenant("tenantA").aggregate.over_all(total_count=True),
    "query.bm25_none": lambda col: col.query.bm25(query=None, filters=Filter.by_property("a").equal(1)),
    "query.bm25_cross": lambda col: col.query.bm25(query="a b", operator=BM25Operator.and_cross()),
    "query.hybrid_none": lambda col: col.query.hybrid(query=None),
    "query.hybrid_none_boost": lambda col: col.query.hybrid(
        query=None, alpha=0.5, boost=Boost.filter(Filter.by_property("a").equal(1), weight=0.5)
    ),
    "query.by_ids_gen": lambda col: col.query.fetch_objects_by_ids((UUID(u) for u in [U1, U2]), offset=1, after=None),
    "query.dict_one": lambda col: col.query.near_vector(near_vector={"a": [1.0]}, target_vector="a"),
    "query.dict_lists": lambda col: col.query.near_vector(
        near_vector={"a": [[1.0, 2.0], [3.0, 4.0]], "b": [2.0]}, target_vector=["a", "b"]
    ),
    "query.lov1": lambda col: col.query.near_vector(
        near_vector={"a": NearVector.list_of_vectors([1.0, 2.0], [3.0, 4.0]), "b": [2.0]}, target_vector=["a", "b"]
    ),
    "query.lov1_sum": lambda col: col.query.near_vector(
        near_vector={"a": NearVector.list_of_vectors([1.0, 2.0], [3.0, 4.0]), "b": [2.0]},
        target_vector=TargetVectors.sum(["a", "b"]),
    ),
    "query.lov1_weights": lambda col: col.query.near_vector(
        near_vector={"a": NearVector.list_of_vectors([1.0, 2.0], [3.0, 4.0]), "b": [2.0]},
        target_vector=TargetVectors.manual_weights({"a": [0.5, 0.25], "b": 1}),
    ),
    "query.lov1_one": lambda col: col.query.near_vector(
        near_vector={"a": NearVector.list_of_vectors([1.0, 2.0], [3.0, 4.0])}, target_vector="a"
    ),
    "query.lov2": lambda col: col.query.near_vector(
        near_vector={"a": NearVector.list_of_vectors([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0]]), "b": [2.0]},
        target_vector=["a", "b"],
    ),
    "query.multi_no_target": lambda col: col.query.near_vector(near_vector=[[1.0, 2.0], [3.0, 4.0]]),
    "query.weights_list_only": lambda col: col.query.near_vector(
        near_vector=[1.0], target_vector=TargetVectors.relative_score({"a": [0.5, 0.25], "b": 1})
    ),
    "query.hybrid_multi": lambda col: col.query.hybrid(query="x", vector=[[1.0, 2.0], [3.0, 4.0]], target_vector="mv"),
    "query.hybrid_vec_target": lambda col: col.query.hybrid(query="x", vector=[1.0, 2.0], target_vector="a"),
    "query.hybrid_vec_targets": lambda col: col.query.hybrid(query="x", vector=[1.0, 2.0], target_vector=["a", "b"]),
    "query.hybrid_dict_multi": lambda col: col.query.hybrid(query="x", vector={"a": [[1.0, 2.0]]}, target_vector="a"),
    "query.hybrid_lov": lambda col: col.query.hybrid(
        query="x", vector={"a": NearVector.list_of_vectors([1.0, 2.0], [3.0, 4.0])}, target_vector=["a"]
    ),
    "query.hybrid_nv_dict": lambda col: col.query.hybrid(
        query="x", vector=HybridVector.near_vector({"a": [1.0], "b": [2.0]}, certainty=0.5), target_vector=["a", "b"]
    ),
    "query.hybrid_nt": lambda col: col.query.hybrid(
        query="x",
        vector=HybridVector.near_text(["a", "b"], distance=0.5, move_away=Move(0.5, concepts="x", objects=[U1])),
        target_vector="a",
        alpha=0.7,
    ),
    "query.hybrid_noquery_nt": lambda col: col.query.hybrid(query=None, vector=HybridVector.near_text("a")),
    "query.mmr": lambda col: col.query.near_text(
        "a", limit=10, diversity_selection=Diversity.mmr(limit=3, balance=0.5)
    ),
    "query.mmr_vec": lambda col: col.query.near_vector([1.0], diversity_selection=Diversity.mmr(limit=3)),
    "query.mmr_obj": lambda col: col.query.near_object(U1, diversity_selection=Diversity.mmr(balance=0.25)),
    "query.mmr_img": lambda col: col.query.near_image("aW1n", diversity_selection=Diversity.mmr()),
    "query.mmr_hybrid": lambda col: col.query.hybrid("a", diversity_selection=Diversity.mmr(limit=3, balance=0.5)),
    "query.boost_filter": lambda col: col.query.bm25(
        "a", boost=Boost.filter(Filter.by_property("a").equal(1), weight=2.0, depth=5)
    ),
    "query.boost_filter2": lambda col: col.query.bm25("a", boost=Boost.filter(Filter.by_property("a").equal(1))),
    "query.boost_time": lambda col: col.query.bm25(
        "a",
        boost=Boost.time_decay(
            "t",
            origin=datetime(2024, 1, 1, tzinfo=UTC),
            scale=timedelta(days=2, hours=1, milliseconds=5),
            offset=timedelta(minutes=5),
            curve=Boost.Curve.GAUSSIAN,
            decay=0.5,
        ),
    ),
    "query.boost_time2": lambda col: col.query.bm25(
        "a", boost=Boost.time_decay("t", scale="7d", origin="now", offset="1h")
    ),
    "query.boost_time3": lambda col: col.query.bm25("a", boost=Boost.time_decay("t", scale=timedelta(days=2))),
    "query.boost_time4": lambda col: col.query.bm25(
        "a", boost=Boost.time_decay("t", scale=timedelta(microseconds=1500))
    ),
    "query.boost_num": lambda col: col.query.bm25(
        "a",
        boost=Boost.numeric_decay(
            "p", origin=1, scale=2, offset=0.5, curve=Boost.Curve.GAUSSIAN, decay=0.25, weight=3, depth=7
        ),
    ),
    "query.boost_prop": lambda col: col.query.bm25(
        "a", boost=Boost.numeric_property("p", modifier=Boost.Modifier.LOG1P, weight=0.5)
    ),
    "query.boost_prop2": lambda col: col.query.bm25("a", boost=Boost.numeric_property("p")),
    "query.boost_blend_one": lambda col: col.query.near_text(
        "a", boost=Boost.blend(Boost.numeric_property("p", weight=0.5))
    ),
    "query.boost_blend_blend": lambda col: col.query.near_text(
        "a",
        boost=Boost.blend(
            [
                Boost.blend([Boost.numeric_property("p"), Boost.numeric_property("q")], weight=0.3),
                Boost.numeric_property("r", weight=0.1),
            ],
            weight=0.5,
        ),
    ),
    "query.profile": lambda col: col.query.fetch_objects(return_metadata=MetadataQuery(query_profile=True)),
    "query.profile_full": lambda col: col.query.fetch_objects(return_metadata=MetadataQuery.full_with_profile()),
    "query.profile_list": lambda col: col.query.fetch_objects(return_metadata=["query_profile"]),
    "query.by_id_refs": lambda col: col.query.fetch_object_by_id(
        U1, include_vector=["a"], return_properties=["x"], return_references=QueryReference(link_on="r")
    ),
    "query.refs_no_props": lambda col: col.query.fetch_objects(
        return_properties=False, return_references=QueryReference(link_on="r", return_properties=False)
    ),
    "query.refs_true_props": lambda col: col.query.fetch_objects(return_properties=True),
    "query.refs_props_names": lambda col: col.query.fetch_objects(
        return_properties=["a"],
        return_references=QueryReference(link_on="r", return_properties=True, include_vector=["v"]),
    ),
    "query.nested_only": lambda col: col.query.fetch_objects(return_properties=QueryNested(name="m", properties="a")),
    "query.empty_props": lambda col: col.query.fetch_objects(return_properties=[]),
    "query.limit0": lambda col: col.query.fetch_objects(limit=0, offset=0),
    "query.rerank_noq": lambda col: col.query.near_text("a", rerank=Rerank(prop="t")),
    "query.bm25_group": lambda col: col.query.bm25(
        "a", group_by=GroupBy(prop="t", objects_per_group=2, number_of_groups=3), rerank=Rerank(prop="t")
    ),
    "query.move_none": lambda col: col.query.near_text("a", move_to=Move(force=0.5, concepts=["a", "b"])),
    "query.img_full": lambda col: col.query.near_image("aW1n", target_vector=["a", "b"], certainty=0.5, limit=2),
    "query.media_depth": lambda col: col.query.near_media("aW1n", NearMediaType.DEPTH, target_vector="a"),
    "query.media_imu": lambda col: col.query.near_media("aW1n", NearMediaType.IMU),
    "query.media_th": lambda col: col.query.near_media("aW1n", NearMediaType.THERMAL),
    "query.media_img": lambda col: col.query.near_media("aW1n", NearMediaType.IMAGE),
    "query.auto_limit": lambda col: col.query.bm25("a", auto_limit=3),
    "query.sort_two": lambda col: col.query.fetch_objects(sort=Sort.by_update_time().by_property("a", False)),
    "query.after_uuid": lambda col: col.query.fetch_objects(after=UUID(U1), limit=2),
    "query.fetch_filters_after": lambda col: col.query.fetch_objects(after="", limit=2),
    "query.consistency_mt": lambda col: (
        col.with_tenant("t").with_consistency_level(ConsistencyLevel.ALL).query.bm25("a")
    ),
    "generate.gen_images_prov": lambda col: col.generate.fetch_objects(
        single_prompt=GenerativeParameters.single_prompt(
            "a", images=["aW1n"], image_properties=["i"], metadata=True, debug=True
        ),
        grouped_task=GenerativeParameters.grouped_task("g", images="aW1n", image_properties=["j"], metadata=True),
        generative_provider=GenerativeConfig.openai(model="m"),
    ),
    "generate.gen_grouped_props": lambda col: col.generate.fetch_objects(
        grouped_task=GenerativeParameters.grouped_task("g", non_blob_properties=["a"]), grouped_properties=["b"]
    ),
    "generate.gen_none": lambda col: col.generate.fetch_objects(),
    "generate.gen_group": lambda col: col.generate.bm25(
        "a", single_prompt="s", group_by=GroupBy(prop="t", objects_per_group=2, number_of_groups=3)
    ),
    "generate.gen_mmr": lambda col: col.generate.near_text(
        "a", grouped_task="s", diversity_selection=Diversity.mmr(limit=3)
    ),
    "generate.gen_xai_img": lambda col: col.generate.fetch_objects(
        single_prompt=GenerativeParameters.single_prompt("a", image_properties=["i"]),
        generative_provider=GenerativeConfig.xai(model="m"),
    ),
    "aggregate.agg_vec_targets": lambda col: col.aggregate.near_vector([1.0], target_vector=["a", "b"], object_limit=2),
    "aggregate.agg_vec_dict": lambda col: col.aggregate.near_vector(
        {"a": [1.0], "b": [2.0]}, target_vector=["a", "b"], distance=0.5
    ),
    "aggregate.agg_hybrid": lambda col: col.aggregate.hybrid(
        "q",
        alpha=0.25,
        vector=[1.0, 2.0],
        query_properties=["a"],
        object_limit=3,
        bm25_operator=BM25Operator.or_(2),
        filters=Filter.by_property("a").equal(1),
        group_by="g",
        target_vector="t",
        max_vector_distance=0.5,
        total_count=False,
    ),
    "aggregate.agg_hybrid_none": lambda col: col.aggregate.hybrid(None, vector=[1.0]),
    "aggregate.agg_text": lambda col: col.aggregate.over_all(
        return_metrics=[
            Metrics("a").text(),
            Metrics("b").integer(),
            Metrics("c").number(),
            Metrics("d").boolean(),
            Metrics("e").date_(),
            Metrics("f").reference(),
        ]
    ),
    "aggregate.agg_nocount": lambda col: col.aggregate.over_all(total_count=False),
    "aggregate.agg_move": lambda col: col.aggregate.near_text(
        ["a", "b"],
        certainty=0.5,
        move_to=Move(0.5, objects=U1),
        move_away=Move(0.25, concepts="b"),
        object_limit=2,
        target_vector="t",
    ),
    "aggregate.agg_group_int": lambda col: col.aggregate.near_object(
        U1, object_limit=2, group_by=GroupByAggregate(prop="n"), target_vector="v"
    ),
    "aggregate.agg_cons": lambda col: col.with_consistency_level(ConsistencyLevel.ONE).aggregate.over_all(),
    "query.hyb_none_alpha": lambda col: col.query.hybrid(query=None, vector=[1.0], alpha=0.5),
    "query.hyb_none_alpha0": lambda col: col.query.hybrid(query=None, vector=[1.0], alpha=0),
    "query.hyb_none_nt_alpha": lambda col: col.query.hybrid(
        query=None, vector=HybridVector.near_text("a"), alpha=0.5, max_vector_distance=0.3
    ),
    "query.hyb_empty": lambda col: col.query.hybrid(query=""),
    "query.bm25_empty": lambda col: col.query.bm25(query=""),
    "query.blend_nested_w": lambda col: col.query.near_text(
        "a",
        boost=Boost.blend(
            [
                Boost.blend([Boost.numeric_property("p", weight=0.5), Boost.numeric_property("q")], weight=0.3),
                Boost.numeric_property("r"),
            ]
        ),
    ),
    "query.boost_off": lambda col: col.query.bm25(
        "a", boost=Boost.time_decay("t", scale=timedelta(hours=36), offset=timedelta(0))
    ),
    "query.boost_off2": lambda col: col.query.bm25(
        "a", boost=Boost.time_decay("t", scale=timedelta(hours=1, seconds=1))
    ),
    "query.boost_off3": lambda col: col.query.bm25("a", boost=Boost.time_decay("t", scale=timedelta(milliseconds=100))),
    "query.boost_tz": lambda col: col.query.bm25(
        "a",
        boost=Boost.time_decay(
            "t", origin=datetime(2024, 1, 1, 3, 4, 5, 678, tzinfo=timezone(timedelta(hours=2))), scale="1d"
        ),
    ),
    "generate.grouped_props_str": lambda col: col.generate.fetch_objects(
        grouped_task="g", grouped_properties=["a", "b"], generative_provider=GenerativeConfig.openai()
    ),
    "aggregate.agg_hyb_both_none": lambda col: col.aggregate.hybrid(None),
    "aggregate.agg_hyb_alpha": lambda col: col.aggregate.hybrid("a"),
    "aggregate.agg_metrics_one": lambda col: col.aggregate.over_all(return_metrics=Metrics("n").number(sum_=True)),
    "aggregate.agg_filters_group": lambda col: col.aggregate.over_all(
        filters=Filter.by_property("a").equal(1), group_by="x", return_metrics=[Metrics("n").number(sum_=True)]
    ),
    "aggregate.agg_nv_multi": lambda col: col.aggregate.near_vector([[1.0, 2.0]], target_vector="a", object_limit=1),
    "query.mv_sum": lambda col: col.query.near_text("a", target_vector=TargetVectors.sum(["a", "b"])),
    "query.dict_order": lambda col: col.query.near_vector(
        near_vector={"b": [1.0], "a": [2.0]}, target_vector=["a", "b"]
    ),
    "query.lov2_w": lambda col: col.query.near_vector(
        near_vector={"a": NearVector.list_of_vectors([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0]]), "b": [2.0]},
        target_vector=TargetVectors.manual_weights({"b": 1, "a": [0.1, 0.2]}),
    ),
    "query.by_id_meta": lambda col: col.query.fetch_object_by_id(
        U1, return_properties=QueryNested(name="a", properties=["b"])
    ),
    "query.fetch_none_after_filters": lambda col: col.query.fetch_objects(
        after=U1, filters=Filter.by_property("a").equal(1)
    ),
}


class Recorder:
    """Stands in the place of a transport: keeps the operations that it is given."""

    def __init__(self) -> None:
        self.ops: list[Any] = []

    def execute(self, op: Any) -> None:
        self.ops.append(op)


class AsyncRecorder(Recorder):
    """The same, asynchronously."""

    async def execute(self, op: Any) -> None:  # type: ignore[override]
        super().execute(op)


def sent(call: Call, *, validate: bool = True) -> Any:
    """The operation of a call, which is the same in both colours."""
    recorder, other = Recorder(), AsyncRecorder()
    call(Collection(recorder, "Article", validate))  # type: ignore[arg-type]
    asyncio.run(call(CollectionAsync(other, "Article", validate)))  # type: ignore[arg-type]
    (op,), (op_of_async,) = recorder.ops, other.ops
    assert op.message == op_of_async.message
    return op


def told(call: Call) -> dict[str, Any]:
    """The message of a call, without what is the same in all of them."""
    message: dict[str, Any] = MessageToDict(sent(call).message, preserving_proto_field_name=True)
    assert message.pop("collection") == "Article"
    assert {message.pop(flag, True) for flag in ("uses_123_api", "uses_125_api", "uses_127_api")} == {True}
    return message


def test_all_recorded_calls_are_made() -> None:
    assert CASES.keys() == GOLDEN.keys()


@pytest.mark.parametrize("name", CASES)
def test_messages_are_as_recorded(name: str) -> None:
    assert canonical(told(CASES[name])) == canonical(GOLDEN[name])


def canonical(value: Any) -> Any:
    """Numbers of 32 bits are not what was written."""
    if isinstance(value, dict):
        return {key: canonical(one) for key, one in value.items()}
    if isinstance(value, list):
        return [canonical(one) for one in value]
    return round(value, 6) if isinstance(value, float) else value


# What calls refuse, by the words that say why.
REFUSED: dict[str, Call] = {
    "query.bm25: `query` must be a str, not 3": lambda col: col.query.bm25(3),
    "query.bm25: `query_properties` must be a list of str": lambda col: col.query.bm25("a", query_properties="title"),
    "query.bm25: `operator` must be BM25OperatorOptions": lambda col: col.query.bm25("a", operator="and"),
    "query.fetch_objects: `limit` must be an int from 0": lambda col: col.query.fetch_objects(limit=-1),
    "query.fetch_objects: `limit` must be an int, not True": lambda col: col.query.fetch_objects(limit=True),
    "query.fetch_objects: `offset` must be an int from 0": lambda col: col.query.fetch_objects(offset=2**32),
    "query.fetch_objects: `after` must be a UUID": lambda col: col.query.fetch_objects(after="first"),
    "query.fetch_objects: `sort` must be Sorting": lambda col: col.query.fetch_objects(sort="title"),
    "Expected a filter": lambda col: col.query.fetch_objects(filters="title"),
    "query.fetch_objects: `include_vector` must be a list of str": lambda col: col.query.fetch_objects(
        include_vector=3
    ),
    "`return_metadata` must be one of 'certainty'": lambda col: col.query.fetch_objects(return_metadata=["vector"]),
    "`return_properties[1]` must be str or QueryNested": lambda col: col.query.fetch_objects(
        return_properties=["title", 3]
    ),
    "`return_references[0]` must be QueryReferenceBase": lambda col: col.query.fetch_objects(
        return_references=["hasA"]
    ),
    "`return_references['r'].return_properties[0]`": lambda col: col.query.fetch_objects(
        return_references=QueryReference(link_on="r", return_properties=[3])  # type: ignore[list-item]
    ),
    "query.fetch_object_by_id: `uuid` must be a UUID": lambda col: col.query.fetch_object_by_id("1"),
    "query.fetch_objects_by_ids: `ids` must be a list": lambda col: col.query.fetch_objects_by_ids(U1),
    "query.fetch_objects_by_ids: `ids[1]` must be a UUID": lambda col: col.query.fetch_objects_by_ids([U1, 2]),
    "query.near_vector: `near_vector[1]`: expected a number": lambda col: col.query.near_vector([1.0, "a"]),
    "query.near_vector: `near_vector[1]`: expected a finite": lambda col: col.query.near_vector([1.0, float("nan")]),
    "query.near_vector: `near_vector` must be a vector that is not empty": lambda col: col.query.near_vector([]),
    "query.near_vector: `near_vector['a'][0]`": lambda col: col.query.near_vector({"a": ["x"]}),
    "there are vectors for 'a', 'b', but `target_vector` names 'a'": lambda col: col.query.near_vector(
        {"a": [1.0], "b": [1.0]}, target_vector="a"
    ),
    "query.near_vector: `certainty` must be a finite float": lambda col: col.query.near_vector([1.0], certainty="high"),
    "query.near_vector: `target_vector` must be a list of str": lambda col: col.query.near_vector([1], target_vector=3),
    "`target_vector['a']` must be a finite float": lambda col: col.query.near_vector(
        [1.0],
        target_vector=TargetVectors.manual_weights({"a": "x"}),  # type: ignore[dict-item]
    ),
    "query.near_vector: `diversity_selection` must be MMR": lambda col: col.query.near_vector(
        [1.0], diversity_selection=3
    ),
    "query.near_text: `query` must be a list of str": lambda col: col.query.near_text(3),
    "query.near_text: `move_to` must be Move": lambda col: col.query.near_text("a", move_to="b"),
    "query.near_text: `move_to.objects` must be a UUID": lambda col: col.query.near_text(
        "a", move_to=Move(1, objects="b")
    ),
    "Move: give `concepts`, or `objects`": lambda col: Move(0.5),
    "NearVector.list_of_vectors: give at least one": lambda col: NearVector.list_of_vectors(),
    "query.near_object: `near_object` must be a UUID": lambda col: col.query.near_object(None),
    "query.near_image: `near_image` must be a file": lambda col: col.query.near_image("no such file.png"),
    "query.near_image: `near_image` cannot be read": lambda col: col.query.near_image(Path("/no/such/file.png")),
    "query.near_image: `near_image` must be a str, not None": lambda col: col.query.near_image(None),
    "query.near_image: `near_image` must be a medium that is not empty": lambda col: col.query.near_image(b""),
    "query.near_media: `media_type` must be a NearMediaType": lambda col: col.query.near_media("aW1n", "smell"),
    "query.hybrid: `alpha` must be a number from 0 to 1": lambda col: col.query.hybrid("a", alpha=1.5),
    "query.hybrid: `vector[0]`": lambda col: col.query.hybrid("a", vector=["x"]),
    "query.hybrid: `fusion_type` must be a HybridFusion": lambda col: col.query.hybrid("a", fusion_type="best"),
    "query.hybrid: `bm25_operator` must be": lambda col: col.query.hybrid("a", bm25_operator="and"),
    "query.bm25: `group_by` must be GroupBy": lambda col: col.query.bm25("a", group_by="title"),
    "query.bm25: `rerank` must be Rerank": lambda col: col.query.bm25("a", rerank="title"),
    "query.bm25: `boost` must be BoostReturn": lambda col: col.query.bm25("a", boost=2),
    "query.bm25: `boost.curve` must be BoostCurve": lambda col: col.query.bm25(
        "a",
        boost=Boost.time_decay("t", scale="7d", curve="steep"),  # type: ignore[arg-type]
    ),
    "query.bm25: `boost.scale` must be a finite float": lambda col: col.query.bm25(
        "a",
        boost=Boost.numeric_decay("n", origin=1, scale="7d"),  # type: ignore[arg-type]
    ),
    "Boost.blend: give `depth` to `blend`": lambda col: Boost.blend([Boost.numeric_property("n", depth=3)]),
    "generate.bm25: `grouped_properties` need a `grouped_task`": lambda col: col.generate.bm25(
        "a", single_prompt="s", grouped_properties=["title"]
    ),
    "generate.bm25: `generative_provider` needs": lambda col: col.generate.bm25(
        "a", generative_provider=GenerativeConfig.dummy()
    ),
    "the images of `single_prompt` need a `generative_provider`": lambda col: col.generate.bm25(
        "a", single_prompt=GenerativeParameters.single_prompt("s", images="aW1n")
    ),
    "generate.bm25: `single_prompt` must be SinglePrompt": lambda col: col.generate.bm25("a", single_prompt=3),
    "generate.bm25: `generative_provider` must be": lambda col: col.generate.bm25(
        "a", single_prompt="s", generative_provider="openai"
    ),
    "aggregate.near_vector: all objects are near": lambda col: col.aggregate.near_vector([1.0]),
    "aggregate.over_all: `return_metrics` must be": lambda col: col.aggregate.over_all(return_metrics="count"),
    "aggregate.over_all: `group_by` must be GroupByAggregate": lambda col: col.aggregate.over_all(group_by=3),
    "aggregate.over_all: `total_count` must be a bool": lambda col: col.aggregate.over_all(total_count=None),
    "Metrics.text: `limit` and `min_occurrences`": lambda col: Metrics("t").text(limit=1, min_occurrences=2),
}


@pytest.mark.parametrize("why", REFUSED)
def test_wrong_arguments_are_named(why: str) -> None:
    with pytest.raises(errors.WeaviateInvalidInputError) as caught:
        sent(REFUSED[why])
    assert why in str(caught.value)


def test_unchecked_arguments_go_to_the_server() -> None:
    op = sent(lambda col: col.query.hybrid("a", alpha=1.5, limit=3), validate=False)
    assert (op.message.hybrid_search.alpha_param, op.message.limit) == (1.5, 3)


def test_media_come_from_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(b"img")
    for given in (
        lambda: path,
        lambda: str(path),
        lambda: io.BytesIO(b"img"),
        lambda: memoryview(b"img"),
        lambda: b"img",
    ):
        call = partial(lambda col, given: col.query.near_image(given()), given=given)
        assert told(call) == GOLDEN["query.media_img"]


@pytest.mark.parametrize(
    "vector", [[0.5, 1.0, -2.0], (0.5, 1, -2), np.array([0.5, 1, -2]), np.array([0.5, 1, -2], "<f2")]
)
def test_vectors_of_every_kind_are_sent_as_bytes(vector: Any) -> None:
    assert told(lambda col: col.query.near_vector(vector, limit=2)) == GOLDEN["query.near_vector"]


def test_names_of_vectors_may_be_one() -> None:
    assert told(lambda col: col.query.fetch_objects(include_vector="a"))["metadata"]["vectors"] == ["a"]


def test_vectors_by_name_need_no_target_vector() -> None:
    by_name = {"b": [1.0], "a": [2.0]}
    near = told(lambda col: col.query.near_vector(by_name))["near_vector"]
    assert near["targets"] == {"target_vectors": ["b", "a"]}
    assert [one["name"] for one in near["vector_for_targets"]] == ["b", "a"]


def test_no_ids_are_no_objects() -> None:
    both = told(lambda col: col.query.fetch_objects_by_ids([]))["filters"]
    assert {one["operator"] for one in both["filters"]} == {"OPERATOR_EQUAL", "OPERATOR_NOT_EQUAL"}
    assert len({one["value_text"] for one in both["filters"]}) == 1


class Pages(Recorder):
    """Answers fetches from so many objects, and notes what is asked."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def execute(self, op: Any) -> Any:
        message = op.message
        start = UUID(message.after).int + 1 if message.after else 0
        self.ops.append((start, message.limit))
        ids = range(start, min(start + message.limit, self.count))
        return QueryReturn([Object(UUID(int=i), MetadataReturn(), {}, None, {}, "Article") for i in ids])


@pytest.mark.parametrize(
    ("there", "given", "asked", "found"),
    [
        (2000, {"limit": 1200}, [(0, 500), (500, 500), (1000, 200)], 1200),
        (700, {"limit": 1200}, [(0, 500), (500, 500)], 700),
        (500, {"limit": 1000}, [(0, 500), (500, 500)], 500),
        (2000, {"limit": 600, "after": UUID(int=99)}, [(100, 500), (600, 100)], 600),
        (2000, {"limit": 500}, [(0, 500)], 500),
        (2000, {"limit": 600, "include_vector": False}, [(0, 600)], 600),
        (2000, {"limit": 600, "filters": Filter.by_property("a").equal(1)}, [(0, 600)], 600),
        (2000, {"limit": 600, "sort": Sort.by_property("a")}, [(0, 600)], 600),
        (2000, {"limit": 600, "offset": 1}, [(0, 600)], 600),
    ],
)
def test_many_vectors_are_fetched_in_pages(there: int, given: Any, asked: Any, found: int) -> None:
    server = Pages(there)
    articles: Any = Collection(server, "Article")  # type: ignore[arg-type]
    objects = articles.query.fetch_objects(**{"include_vector": True} | given).objects
    assert server.ops == asked
    first = asked[0][0]
    assert [one.uuid.int for one in objects] == list(range(first, first + found))


# Signatures.

PUBLIC = {
    f"{name}.{method}": getattr(cls, method)
    for collection in (Collection(Recorder(), "A"), CollectionAsync(AsyncRecorder(), "A"))  # type: ignore[arg-type]
    for name, cls in ((name, type(getattr(collection, name))) for name in ("query", "generate", "aggregate"))
    for method in vars(cls)
    if not method.startswith("_")
}


@pytest.mark.parametrize("name", PUBLIC)
def test_signatures_and_docstrings_tell_every_parameter(name: str) -> None:
    method = PUBLIC[name]
    signature = inspect.signature(method)
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    assert not kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    doc = inspect.getdoc(method) or ""
    for parameter in list(signature.parameters.values())[1:]:
        assert parameter.annotation is not parameter.empty
        assert f"    {parameter.name}: " in doc
    choices = [name for name in ("return_properties", "return_references", "group_by") if name in signature.parameters]
    overloads = get_overloads(method)
    assert len(overloads) == 2 ** len(choices)
    assert {tuple(inspect.signature(one).parameters) for one in overloads} == {tuple(signature.parameters)}
    returned = {inspect.signature(one).return_annotation for one in overloads}
    assert len(returned) == len(overloads)


# Replies.


def test_an_aggregation_is_read() -> None:
    def many(message: Any, **given: Any) -> Any:
        return message(**given)

    aggregation = AggregateReply.Aggregations.Aggregation
    single = AggregateReply.Single(
        objects_count=3,
        aggregations=AggregateReply.Aggregations(
            aggregations=[
                aggregation(property="n", int=many(aggregation.Integer, count=3, sum=6, mean=2)),
                aggregation(property="x", number=many(aggregation.Number, maximum=0.5, mode=0)),
                aggregation(property="ok", boolean=many(aggregation.Boolean, percentage_true=0.25, total_false=0)),
                aggregation(property="d", date=many(aggregation.Date, minimum="2024-01-01T00:00:00Z")),
                many(aggregation, property="t", text={"top_occurences": {"items": [{"value": "a", "occurs": 2}]}}),
                many(aggregation, property="r", reference={"pointing_to": ["Author"]}),
            ]
        ),
    )
    whole = sent(lambda col: col.aggregate.over_all()).parse(AggregateReply(single_result=single))
    n, x, ok, d, t, r = (whole.properties[name] for name in ("n", "x", "ok", "d", "t", "r"))
    assert (whole.total_count, n.count, n.sum_, n.mean, n.maximum) == (3, 3, 6, 2.0, None)
    assert (x.maximum, x.mode, x.sum_) == (0.5, 0.0, None)
    assert (ok.percentage_true, ok.total_false, ok.total_true) == (0.25, 0, None)
    assert (d.minimum, d.maximum) == ("2024-01-01T00:00:00Z", None)
    assert (t.count, [(one.value, one.count) for one in t.top_occurrences]) == (None, [("a", 2)])
    assert r.pointing_to == ["Author"]


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("text", "a", "a"),
        ("int", 0, 0),
        ("boolean", False, False),
        ("number", 0.5, 0.5),
        ("texts", {"values": ["a", "b"]}, ["a", "b"]),
        ("ints", {"values": [1]}, [1]),
        ("geo", {"latitude": 1.5, "longitude": 2.5}, GeoCoordinate(latitude=1.5, longitude=2.5)),
    ],
)
def test_groups_of_an_aggregation_are_read(kind: str, given: Any, value: Any) -> None:
    group = {"grouped_by": {"path": ["p"], kind: given}, "objects_count": 2}
    groups: Any = {"groups": [group]}
    reply = AggregateReply(grouped_results=groups)
    (read,) = sent(lambda col: col.aggregate.over_all(group_by="p")).parse(reply).groups
    assert (read.grouped_by.prop, read.grouped_by.value, read.total_count, read.properties) == ("p", value, 2, {})


def test_great_replies_are_read_in_steps() -> None:
    count = decode.AT_ONCE * 2 + 5
    results: Any = [{"metadata": {"id": str(UUID(int=i))}} for i in range(count)]
    reply = search_get_pb2.SearchReply(results=results)
    unfinished = decode.query(reply.SerializeToString())
    assert isinstance(unfinished, Unfinished)
    seen = [len(unfinished.answer.objects) for _ in unfinished.steps]
    assert seen == [decode.AT_ONCE, decode.AT_ONCE * 2]
    assert [one.uuid.int for one in unfinished.answer.objects] == list(range(count))
    assert isinstance(decode.query(search_get_pb2.SearchReply().SerializeToString()), QueryReturn)


READ: list[Call] = [
    lambda col: col.query.fetch_objects(),
    lambda col: col.query.fetch_object_by_id(U1),
    lambda col: col.query.bm25("a", group_by=GroupBy(prop="p", objects_per_group=1, number_of_groups=1)),
    lambda col: col.generate.bm25("a"),
    lambda col: col.generate.bm25("a", group_by=GroupBy(prop="p", objects_per_group=1, number_of_groups=1)),
]


@pytest.mark.parametrize("call", READ)
def test_bytes_that_are_no_reply_are_told(call: Call) -> None:
    """Random bytes, and a reply cut short or with bytes changed: they are read, or refused as what cannot be read."""
    parse, chance = sent(call).parse, random.Random(7)
    metadata: Any = {"id_as_bytes": UUID(U1).bytes, "vector_bytes": bytes(16), "distance": 1, "distance_present": True}
    properties: Any = {
        "non_ref_props": {"fields": {"title": {"text_value": "x" * 9}, "when": {"date_value": "2024-01-01T00:00:00Z"}}},
        "ref_props": [{"prop_name": "r", "properties": [{"metadata": metadata}]}],
    }
    result: Any = {"metadata": metadata, "properties": properties, "generative": {"values": [{"result": "y"}]}}
    groups: Any = [{"name": "g", "objects": [result] * 2}]
    whole = search_get_pb2.SearchReply(results=[result] * 3, group_by_results=groups).SerializeToString()
    for _ in range(600):
        data = bytearray(whole)
        match chance.randrange(3):
            case 0:
                data = bytearray(chance.randbytes(chance.randrange(200)))
            case 1:
                del data[chance.randrange(len(data)) :]
            case _:
                for _ in range(3):
                    data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            found = parse(bytes(data))
            for one in getattr(found, "objects", [found] if found else []):
                vars(one)
        except errors.ResponseCannotBeDecodedError:
            pass
