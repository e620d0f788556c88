"""Searches and aggregations through `Search` and `Aggregate`: the golden tables of a running 1.38.11."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lite_kit import Lite, Start, multi_vector, near, uuid, vector, where
from weaviate_gen.grpc.v1 import aggregate_pb2 as aggregate
from weaviate_gen.grpc.v1 import base_pb2 as types
from weaviate_gen.grpc.v1 import base_search_pb2 as base
from weaviate_gen.grpc.v1 import batch_pb2 as batch
from weaviate_gen.grpc.v1 import generative_pb2 as generative
from weaviate_gen.grpc.v1 import search_get_pb2 as pb

from weaviate_hl.lite import RpcError

CORPUS = {
    1: ("the quick brown fox", "fox news"),
    2: ("the quick brown fox jumps over the lazy dog", "dogs and cats"),
    3: ("lazy dog", ""),
    4: ("quick quick fox", "quick start"),
    5: ("brown bear eats the brown fox", "bears"),
}
SCORES, DISTANCES = "score", "distance"


@pytest.fixture
def corpus(start: Start) -> Lite:
    lite = start(AUTOSCHEMA_ENABLED=False, ENABLE_MODULES="generative-dummy,reranker-dummy")
    modules = {"generative-dummy": {}, "reranker-dummy": {}}
    lite.create("A", {"body": "text", "title": "text", "n": "int", "k": "uuid"}, moduleConfig=modules)
    for n, (body, title) in CORPUS.items():
        lite.insert("A", n, {"body": body, "title": title, "n": n}, vector=[n, 1])
    return lite


def same(reply: Any, expected: str, what: str = SCORES) -> None:
    """Compare with a golden line such as `4:0.5310516 · 1:0.4032578`."""
    wanted = [part.split(":") for part in expected.split(" · ")] if expected else []
    found = [(int(result.metadata.id[-12:]), getattr(result.metadata, what)) for result in reply.results]
    assert [n for n, _ in found] == [int(n) for n, _ in wanted]
    assert [number for _, number in found] == pytest.approx([float(number) for _, number in wanted], rel=2e-6, abs=2e-6)


def options(operator: int, minimum: int | None = None) -> Any:
    return base.SearchOperatorOptions(operator=operator, minimum_or_tokens_match=minimum)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "properties", "operator", "expected"),
    [
        ("fox", ["body"], None, "4:0.1544602 · 1:0.1403327 · 5:0.1186318 · 2:0.09629525"),
        ("brown brown", ["body"], None, "5:0.629485 · 1:0.5258502 · 2:0.3608345"),
        ("the", ["body"], None, ""),
        ("fox", ["body^3"], None, "4:0.4633805 · 1:0.4209982 · 5:0.3558953 · 2:0.2888857"),
        ("fox", [], None, "1:0.8249983 · 4:0.4700503 · 5:0.361018 · 2:0.2930439"),
        (
            "quick fox dog",
            ["body", "title^2"],
            None,
            "4:1.877612 · 1:1.649997 · 2:0.8791317 · 3:0.5226679 · 5:0.361018",
        ),
        ("quick fox dog", ["body"], options(1, 2), "2:0.5697564 · 4:0.5310516 · 1:0.4032578"),
        ("the quick fox", ["body"], options(2), "4:0.5310516 · 1:0.4032578 · 2:0.2767125"),
        ("lazy dogs", ["body", "title"], options(2), ""),
        ("jumps dogs", ["body", "title"], options(3), "2:0.9871615"),
    ],
)
def test_keywords(corpus: Lite, query: str, properties: list[str], operator: Any, expected: str) -> None:
    search = base.BM25(query=query, properties=properties, search_operator=operator)
    same(corpus.search("A", bm25_search=search), expected)


FOX = base.BM25(query="fox", properties=["body"])


def test_keywords_and_the_rest_of_a_request(corpus: Lite) -> None:
    same(corpus.search("A", bm25_search=FOX, filters=where("n", ">", 2)), "4:0.1544602 · 5:0.1186318")
    same(corpus.search("A", bm25_search=FOX, limit=2, offset=1), "1:0.1403327 · 5:0.1186318")
    three = base.BM25(query="quick fox dog", properties=["body"])
    assert corpus.ids("A", bm25_search=three, autocut=1) == [2, 4, 3, 1]
    wanted = pb.MetadataRequest(explain_score=True)
    explained = corpus.search("A", bm25_search=FOX, metadata=wanted).results[0].metadata.explain_score
    assert explained == ", BM25F_fox_frequency:1, BM25F_fox_propLength:3"
    assert "Searching by property 'n' requires inverted index" in corpus.no_search(
        "A", bm25_search=base.BM25(query="x", properties=["n"])
    )
    assert "must have query set" in corpus.no_search("A", bm25_search=base.BM25(properties=["body"]))


def test_keywords_follow_every_write(corpus: Lite) -> None:
    assert corpus.ids("A", bm25_search=FOX) == [4, 1, 5, 2]
    corpus.ok("PATCH", f"/objects/A/{uuid(3)}", {"properties": {"body": "fox"}})
    corpus.ok("DELETE", f"/objects/A/{uuid(4)}")
    corpus.insert("A", 6, {"body": "a fox among many words of text"})
    assert corpus.ids("A", bm25_search=FOX) == [3, 1, 5, 6, 2]


def hybrid(alpha: float, query: str = "quick fox", **more: Any) -> dict[str, Any]:
    more.setdefault("vectors", [vector(1, 0)])
    return {
        "hybrid_search": base.Hybrid(query=query, properties=["body"], alpha_param=alpha, use_alpha_param=True, **more)
    }


@pytest.mark.parametrize(
    ("alpha", "relative", "ranked"),
    [
        (0, "4:1 · 1:0.6901367 · 2:0.3833004 · 5:0", "4:0.01666667 · 1:0.01639344 · 2:0.01612903 · 5:0.01587302"),
        (
            0.5,
            "4:0.9809157 · 2:0.5341333 · 5:0.5 · 3:0.4416811 · 1:0.3450683",
            "4:0.01653006 · 5:0.01626984 · 1:0.01600922 · 2:0.01600102 · 3:0.008064516",
        ),
        (
            1,
            "5:1 · 4:0.9618313 · 3:0.8833621 · 2:0.6849663 · 1:0",
            "5:0.01666667 · 4:0.01639344 · 3:0.01612903 · 2:0.01587302 · 1:0.015625",
        ),
    ],
)
def test_hybrid(corpus: Lite, alpha: float, relative: str, ranked: str) -> None:
    same(corpus.search("A", **hybrid(alpha)), relative)
    same(corpus.search("A", **hybrid(alpha, fusion_type=1)), ranked)


def test_hybrid_without_alpha_leans_to_the_vector(corpus: Lite) -> None:
    unsaid = base.Hybrid(query="quick fox", properties=["body"], vectors=[vector(1, 0)], use_alpha_param=True)
    assert corpus.ids("A", hybrid_search=unsaid) == corpus.ids("A", **hybrid(0.75, vectors=[vector(1, 0)]))
    unsaid.query = "nothing"  # words that no object has
    assert len(corpus.ids("A", hybrid_search=unsaid)) == 5


def test_hybrid_and_the_rest_of_a_request(corpus: Lite) -> None:
    same(corpus.search("A", **hybrid(0.5, vector_distance=0.03)), "4:0.5 · 5:0.5")
    same(corpus.search("A", **hybrid(0.5), filters=where("n", ">", 2)), "4:0.8363795 · 5:0.5 · 3:0")
    same(corpus.search("A", **hybrid(0.5, query="bear")), "5:1 · 4:0.4809156 · 3:0.4416811 · 2:0.3424831 · 1:0")
    same(corpus.search("A", **hybrid(0.5), limit=2, offset=1), "2:0.5341333 · 5:0.5")
    same(corpus.search("A", **hybrid(0.5), autocut=1), "4:0.9809157")
    wanted = pb.MetadataRequest(explain_score=True)
    explained = corpus.search("A", **hybrid(0.5), metadata=wanted).results[0].metadata.explain_score
    assert explained == (
        f"\nHybrid (Result Set keyword,bm25) Document {uuid(4)}: original score 0.53105164, normalized score: 0.5 - "
        f"\nHybrid (Result Set vector,hybridVector) Document {uuid(4)}: original score 0.97014254, normalized "
        "score: 0.48091564"
    )
    text = corpus.no_search("A", **hybrid(0.5, vectors=[]))
    assert text.endswith("VectorFromInput was called without vectorizer on class A for input quick fox")


VECTORS = {1: [1, 2, 3], 2: [-1, 0.5, 2], 3: [0, 0, 0], 4: [3, 4, 0]}


@pytest.mark.parametrize("index", ["hnsw", "flat"])
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("cosine", "1:0.2440711 · 4:0.5757359 · 2:0.6913933 · 3:1"),
        ("dot", "1:-4 · 4:-3 · 2:-1 · 3:-0"),
        ("l2-squared", "3:2 · 2:5.25 · 1:8 · 4:21"),
        ("manhattan", "3:2 · 2:3.5 · 1:4 · 4:7"),
        ("hamming", "1:2 · 3:2 · 2:3 · 4:3"),
    ],
)
def test_distances(lite: Lite, index: str, metric: str, expected: str) -> None:
    lite.create("A", vectorIndexType=index, vectorIndexConfig={"distance": metric})
    for n, numbers in VECTORS.items():
        lite.insert("A", n, vector=numbers)
    lite.insert("A", 5)
    same(lite.search("A", near_vector=near(1, 0, 1)), expected, DISTANCES)


def test_near(lite: Lite) -> None:
    lite.create("A", {"n": "int"})
    for n, numbers in VECTORS.items():
        lite.insert("A", n, {"n": n}, vector=numbers)
    lite.insert("A", 5)
    assert lite.ids("A", near_vector=near(1, 0, 1, distance=0.6)) == [1, 4]
    assert lite.ids("A", near_vector=near(1, 0, 1, certainty=0.7)) == [1, 4]
    assert lite.ids("A", near_vector=near(1, 0, 1), limit=2, offset=1) == [4, 2]
    assert lite.ids("A", near_vector=near(1, 0, 1), filters=where("n", ">", 1)) == [4, 2, 3]
    itself = lite.search("A", near_object=base.NearObject(id=uuid(1)))
    same(itself, "1:0 · 2:0.3001459 · 4:0.4120253 · 3:1", DISTANCES)
    assert itself.results[1].metadata.certainty == pytest.approx(1 - 0.3001459 / 2)
    lite.ok("DELETE", f"/objects/A/{uuid(4)}")
    lite.ok("PATCH", f"/objects/A/{uuid(3)}", {"vector": [1, 0, 1]})
    assert lite.ids("A", near_vector=near(1, 0, 1)) == [3, 1, 2]


@pytest.mark.parametrize(
    ("search", "text"),
    [
        (
            {"near_vector": near(1, 0, 1, distance=0.5, certainty=0.5)},
            "near_vector: cannot provide distance and certainty",
        ),
        ({"near_vector": base.NearVector()}, "near_vector: vector is required"),
        ({"near_vector": near(1, 0)}, "vector lengths don't match"),
        ({"near_vector": base.NearVector(vectors=[vector(1), vector(1)])}, "only 1 vector supported, found 2 vectors"),
        ({"near_object": base.NearObject()}, "near_object: id is required"),
        ({"near_object": base.NearObject(id=uuid(9))}, "nearObject params: vector not found"),
        ({"near_object": base.NearObject(id=uuid(5))}, f"nearObject search-object with id {uuid(5)} has no vector"),
        (
            {"near_text": base.NearTextSearch(query=["x"])},
            "could not vectorize input for collection A with search-type nearText",
        ),
        (
            {"near_vector": near(1, 0, 1), "near_object": base.NearObject(id=uuid(1))},
            "found both 'nearVector' and 'nearObject' parameters which are conflicting, choose one instead",
        ),
        ({"near_vector": near(1, 0, 1), "sort_by": [pb.SortBy(path=["n"])]}, "sorting cannot be combined with search"),
        (
            {"near_vector": near(1, 0, 1), "after": uuid(1)},
            "other params cannot be set with after and limit parameters",
        ),
        (
            {"near_vector": near(1, 0, 1, targets=base.Targets(target_vectors=["v"]))},
            "class A does not have named vector v configured. Available named vectors []",
        ),
    ],
)
def test_vector_searches_that_are_refused(lite: Lite, search: dict[str, Any], text: str) -> None:
    lite.create("A", {"n": "int"})
    lite.insert("A", 1, vector=[1, 2, 3])
    lite.insert("A", 5)
    assert text in lite.no_search("A", **search)


def test_certainty_is_of_cosine_alone(lite: Lite) -> None:
    lite.create("A", vectorIndexConfig={"distance": "dot"})
    lite.insert("A", 1, vector=[1, 2])
    assert not lite.search("A", near_vector=near(1, 0)).results[0].metadata.certainty_present
    assert "can't compute and return certainty" in lite.no_search("A", near_vector=near(1, 0, certainty=0.5))


def test_near_text(start: Start) -> None:
    words = {"cat": [1.0, 0.0], "dog": [0.0, 1.0], "pet": [1.0, 1.0]}
    lite = start(
        AUTOSCHEMA_ENABLED=False, vectorizers={"text2vec-x": lambda texts: [words[text.split()[-1]] for text in texts]}
    )
    lite.create("A", {"t": "text"}, vectorizer="text2vec-x")
    for n, word in enumerate(words, 1):
        lite.insert("A", n, {"t": word})
    assert lite.ids("A", near_text=base.NearTextSearch(query=["Cat"])) == [1, 3, 2]
    move = base.NearTextSearch.Move(force=1, concepts=["dog"])
    assert lite.ids("A", near_text=base.NearTextSearch(query=["cat"], move_to=move))[0] == 3
    missing = base.NearTextSearch.Move(force=0.5)
    text = lite.no_search("A", near_text=base.NearTextSearch(query=["cat"], move_to=missing))
    assert "needs to have defined either 'concepts' or 'objects'" in text
    alone = base.Hybrid(query="dog", alpha_param=1, use_alpha_param=True)
    assert lite.ids("A", hybrid_search=alone)[0] == 2


@pytest.fixture
def targets(lite: Lite) -> Lite:
    config = {"vectorizer": {"none": {}}, "vectorIndexConfig": {"distance": "l2-squared"}}
    lite.create("A", vectorConfig={"a": config, "b": config})
    given = {1: ([0, 0], [1, 0]), 2: ([1, 0], [0, 0]), 3: ([2, 0], [3, 0]), 4: ([0, 1], None), 5: (None, [0, 2])}
    for n, (a, b) in given.items():
        lite.insert("A", n, vectors={name: value for name, value in (("a", a), ("b", b)) if value})
    return lite


@pytest.mark.parametrize(
    ("combination", "weights", "expected"),
    [
        (0, {}, {1: 0, 2: 0, 4: 1, 3: 4, 5: 4}),
        (1, {}, {1: 1, 2: 1, 3: 13}),
        (3, {}, {1: 0.5, 2: 0.5, 3: 6.5}),
        (5, {"a": 1, "b": 2}, {2: 1, 1: 2, 3: 22}),
        (4, {"a": 1, "b": 1}, {1: 0.1111111, 2: 0.25, 3: 2}),
    ],
)
def test_several_targets(
    targets: Lite, combination: Any, weights: dict[str, float], expected: dict[int, float]
) -> None:
    weighted = [base.WeightsForTarget(target=name, weight=weight) for name, weight in weights.items()]
    wanted = base.Targets(target_vectors=["a", "b"], combination=combination, weights_for_targets=weighted)
    results = targets.search("A", near_vector=near(0, 0, targets=wanted)).results
    found = {int(result.metadata.id[-12:]): result.metadata.distance for result in results}
    assert found == pytest.approx(expected)
    assert list(found.values()) == sorted(found.values())
    assert not results[0].metadata.certainty_present


def test_an_input_for_each_target(targets: Lite) -> None:
    def search(names: list[str], inputs: list[Any], **more: Any) -> dict[str, Any]:
        wanted = base.Targets(target_vectors=names, combination=1, **more)
        return {"near_vector": base.NearVector(vector_for_targets=inputs, targets=wanted)}

    one, other = (
        base.VectorForTarget(name="a", vectors=[vector(0, 0)]),
        base.VectorForTarget(name="b", vectors=[vector(1, 0)]),
    )
    two = base.VectorForTarget(name="a", vectors=[multi_vector([[0, 0], [1, 0]])])
    same(targets.search("A", **search(["a", "b"], [one, other])), "1:0 · 2:2 · 3:8", DISTANCES)
    same(targets.search("A", **search(["a", "a", "b"], [two, other])), "1:1 · 2:2 · 3:9", DISTANCES)
    assert "must have the same lengths as target vectors" in targets.no_search("A", **search(["a", "b"], [one]))
    assert "vector for target a is required" in targets.no_search("A", **search(["a", "b"], [other, one]))
    assert "has multiple vectors, but no target vectors were provided" in targets.no_search("A", near_vector=near(0, 0))
    manual = base.Targets(target_vectors=["a", "b"], combination=5)
    text = targets.no_search("A", near_vector=near(0, 0, targets=manual))
    assert "number of weights (0) does not match number of targets (2)" in text


def test_multi_vectors(lite: Lite) -> None:
    lite.create(
        "A", vectorConfig={"m": {"vectorizer": {"none": {}}, "vectorIndexConfig": {"multivector": {"enabled": True}}}}
    )
    for n, rows in {1: [[1, 0], [0, 1]], 2: [[3, 4]], 3: [[-1, 0], [2, 2], [0, 6]]}.items():
        lite.insert("A", n, vectors={"m": rows})
    search = base.NearVector(vectors=[multi_vector([[1, 0], [0, 2]])])
    same(lite.search("A", near_vector=search), "3:-8 · 2:-7 · 1:-2", DISTANCES)
    assert "vector index supports multi vectors" in lite.no_search("A", near_vector=near(1, 0))


# What happens after a search.


@pytest.fixture
def groups(lite: Lite) -> Lite:
    properties = {"g": {"dataType": ["text"], "tokenization": "field"}, "n": "number", "l": "text[]", "t": "text"}
    lite.create("A", properties, vectorIndexConfig={"distance": "l2-squared"})
    given: dict[int, dict[str, Any]] = {
        1: {"g": "A", "n": 1, "l": ["x", "y"]},
        2: {"g": "B", "n": 2.5, "l": ["x"]},
        3: {"g": "A", "n": 1, "l": []},
        4: {},
        5: {"g": "C d", "n": 3, "l": ["y"]},
    }
    for n, properties_ in given.items():
        lite.insert("A", n, properties_ | {"t": "fox" + " pad" * n}, vector=[n])
    return lite


@pytest.mark.parametrize(
    ("path", "number", "size", "limit", "expected"),
    [
        ("g", 9, 9, 9, [("A", 1, 9, [1, 3]), ("B", 4, 4, [2]), ("", 16, 16, [4]), ("C d", 25, 25, [5])]),
        ("n", 9, 9, 9, [("1", 1, 9, [1, 3]), ("2.5", 4, 4, [2]), ("", 16, 16, [4]), ("3", 25, 25, [5])]),
        ("l", 9, 9, 9, [("x", 1, 4, [1, 2]), ("y", 1, 25, [1, 5]), ("", 9, 16, [3, 4])]),
        ("g", 2, 1, 9, [("A", 1, 1, [1]), ("B", 4, 4, [2])]),
        ("g", 9, 9, 2, [("A", 1, 1, [1]), ("B", 4, 4, [2])]),
    ],
)
def test_groups(groups: Lite, path: str, number: int, size: int, limit: int, expected: list[Any]) -> None:
    by = pb.GroupBy(path=[path], number_of_groups=number, objects_per_group=size)
    reply = groups.search("A", near_vector=near(0), group_by=by, limit=limit, properties=pb.PropertiesRequest())
    assert not reply.results
    found = [
        (item.name, item.min_distance, item.max_distance, [int(o.metadata.id[-12:]) for o in item.objects])
        for item in reply.group_by_results
    ]
    assert found == expected
    assert list(reply.group_by_results[0].objects[0].properties.non_ref_props.fields) == [path]


def test_groups_of_words(groups: Lite) -> None:
    search = base.BM25(query="fox", properties=["t"])
    for path, expected in (("g", {"A": 2, "B": 1, "C d": 1}), ("n", {})):
        by = pb.GroupBy(path=[path], number_of_groups=9, objects_per_group=9)
        reply = groups.search("A", bm25_search=search, group_by=by)
        assert {item.name: item.number_of_objects for item in reply.group_by_results} == expected


def boosted(weight: float | None = None, *conditions: Any, **more: Any) -> dict[str, Any]:
    conditions = conditions or (pb.Boost.Condition(filter=where("n", "Equal", 2)),)
    return {"boost": pb.Boost(conditions=conditions, weight=weight, **more)}


def test_boosts(corpus: Lite) -> None:
    keyword = {"bm25_search": FOX}
    same(corpus.search("A", **keyword, **boosted(0.5)), "2:1 · 4:1 · 1:0.6056909 · 5:0")
    same(corpus.search("A", **keyword, **boosted(1)), "2:1 · 1:0 · 4:0 · 5:0")
    value = pb.Boost.Condition(property_value=pb.Boost.PropertyValueFunction(property="n"))
    same(corpus.search("A", **keyword, **boosted(0.5, value)), "4:1 · 5:0.7560137 · 1:0.3380758 · 2:0")
    decay = pb.Boost.Condition(numeric_decay=pb.Boost.NumericDecayFunction(property="n", origin=1, scale=2))
    same(corpus.search("A", **boosted(1, decay)), "1:1 · 2:0.6094757 · 3:0.3333333 · 4:0.1380712 · 5:0")
    near_one = corpus.search("A", near_vector=near(1, 0), **boosted(0.5))
    same(near_one, "2:1 · 5:0.5934837 · 4:0.5708312 · 3:0.524261 · 1:0")
    blind = corpus.ids("A", **keyword, **boosted(0.5), properties=pb.PropertiesRequest())
    assert blind == [4, 1, 5, 2]


@pytest.mark.parametrize(
    ("boost", "text"),
    [
        (pb.Boost(), "boost: at least one condition is required"),
        (boosted(1.5)["boost"], "boost: weight must be between 0 and 1, got 1.500000"),
        (boosted(1, pb.Boost.Condition())["boost"], "boost condition[0]: exactly one of 'filter', 'decay'"),
        (
            boosted(1, pb.Boost.Condition(filter=where("body", "Like", "a")))["boost"],
            "boost condition[0] filter: operator Like is not supported in boost conditions",
        ),
        (
            boosted(1, pb.Boost.Condition(time_decay=pb.Boost.TimeDecayFunction(property="n", scale="1d")))["boost"],
            'time_decay: property "n" must be of type date, got int',
        ),
    ],
)
def test_boosts_that_are_refused(corpus: Lite, boost: Any, text: str) -> None:
    assert text in corpus.no_search("A", boost=boost)


def test_diversity(lite: Lite) -> None:
    lite.create("A", vectorIndexConfig={"distance": "l2-squared"})
    for n, numbers in {1: [0, 0], 2: [0.2, 0], 3: [0, 0.2], 4: [3, 0], 5: [0, 4]}.items():
        lite.insert("A", n, vector=numbers)

    def search(limit: int, balance: float) -> dict[str, Any]:
        selection = base.Selection(mmr=base.Selection.MMR(limit=limit, balance=balance))
        return {"near_vector": near(0.05, 0, selection=selection), "limit": 5}

    assert lite.ids("A", **search(3, 1)) == [1, 2, 3]
    assert lite.ids("A", **search(3, 0.5)) == [1, 4, 2]
    assert lite.ids("A", **search(3, 0)) == [1, 5, 4]
    assert "MMR limit (9) cannot be larger than the query limit (5)" in lite.no_search("A", **search(9, 0.5))


def test_reranking(corpus: Lite) -> None:
    reply = corpus.search("A", rerank=pb.Rerank(property="body", query="x"), properties=pb.PropertiesRequest())
    assert [int(result.metadata.id[-1]) for result in reply.results] == [2, 5, 1, 4, 3]
    assert reply.results[0].metadata.rerank_score == len(CORPUS[2][0])
    assert "body" in reply.results[0].properties.non_ref_props.fields
    corpus.create("B", {"t": "text"})
    assert "unknown capability: rerank" in corpus.no_search("B", rerank=pb.Rerank(property="t"))


def test_generating(corpus: Lite) -> None:
    single = generative.GenerativeSearch.Single(prompt="say {title} {n}")
    grouped = generative.GenerativeSearch.Grouped(task="sum up", properties={"values": ["n"]})
    reply = corpus.search("A", generative=generative.GenerativeSearch(single=single, grouped=grouped), limit=2)
    text = "You want me to generate something based on the following prompt: {}. With settings: . I'm sorry"
    assert reply.results[0].generative.values[0].result.startswith(text.format("say fox news 1"))
    together = reply.generative_grouped_results.values[0].result
    assert together.startswith(text.format('sum up: [{"n":"1"},{"n":"2"}]'))
    other = generative.GenerativeProvider(openai=generative.GenerativeOpenAI())
    single.queries.append(other)
    refused = corpus.no_search("A", generative=generative.GenerativeSearch(single=single))
    assert "client not found, provider: generative-openai" in refused


def test_a_profile(corpus: Lite) -> None:
    wanted = pb.MetadataRequest(query_profile=True)
    (shard,) = corpus.search("A", bm25_search=FOX, metadata=wanted).query_profile.shards
    assert shard.searches["keyword"].details["kwd_6_res_count"] == "4"


# Aggregations.

VALUES: dict[int, dict[str, Any]] = {
    1: {"i": 1, "n": 1.5, "t": "Hello World", "b": True, "d": "2020-01-01T00:00:00Z", "il": [1, 2], "tl": ["a", "b"]},
    2: {
        "i": 2,
        "n": 2.5,
        "t": "Hello World",
        "b": False,
        "d": "2020-01-03T00:00:00.5+02:00",
        "il": [2, 3],
        "tl": ["b", "c"],
    },
    3: {"i": 2, "n": -1, "t": "bye", "b": True, "d": "2020-01-02T00:00:00Z", "il": [], "tl": []},
    4: {"i": 5, "n": 2.5, "t": "abc", "r": [{"beacon": f"weaviate://localhost/A/{uuid(1)}"}]},
}
Request, Wanted = aggregate.AggregateRequest, aggregate.AggregateRequest.Aggregation
NUMBERS = dict.fromkeys("count type sum mean mode median maximum minimum".split(), True)


@pytest.fixture
def values(lite: Lite) -> Lite:
    kinds = {
        "i": "int",
        "n": "number",
        "t": "text",
        "b": "boolean",
        "d": "date",
        "il": "int[]",
        "tl": "text[]",
        "r": "A",
    }
    lite.create("A", {**kinds, "geo": "geoCoordinates", "u": "uuid", "e": "int"})
    for n, properties in VALUES.items():
        lite.insert("A", n, properties, vector=[n, 1])
    return lite


def figures(lite: Lite, wanted: Any, **more: Any) -> Any:
    reply = lite.engine.rpc("Aggregate", Request(collection="A", aggregations=[wanted], **more))
    (item,) = reply.single_result.aggregations.aggregations
    assert item.property == wanted.property
    return getattr(item, item.WhichOneof("aggregation"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("i", {"count": 4, "type": "int", "sum": 10, "mean": 2.5, "median": 2, "mode": 2, "minimum": 1, "maximum": 5}),
        (
            "n",
            {
                "count": 4,
                "type": "number",
                "sum": 5.5,
                "mean": 1.375,
                "median": 2,
                "mode": 2.5,
                "minimum": -1,
                "maximum": 2.5,
            },
        ),
        ("il", {"count": 4, "type": "int[]", "sum": 8, "mean": 2, "median": 2, "mode": 2, "minimum": 1, "maximum": 3}),
        ("e", {"count": 0, "type": "int"}),
    ],
)
def test_figures_of_numbers(values: Lite, name: str, expected: dict[str, Any]) -> None:
    found = figures(values, Wanted(property=name, int=Wanted.Integer(**NUMBERS)))
    assert {field.name: value for field, value in found.ListFields()} == expected
    few = figures(values, Wanted(property="i", int=Wanted.Integer(sum=True)))
    assert {field.name: value for field, value in few.ListFields()} == {"type": "", "sum": 10}


def test_figures_of_other_types(values: Lite) -> None:
    texts = figures(values, Wanted(property="t", text=Wanted.Text()))
    assert [(item.value, item.occurs) for item in texts.top_occurences.items] == [
        ("Hello World", 2),
        ("abc", 1),
        ("bye", 1),
    ]
    one = figures(values, Wanted(property="tl", text=Wanted.Text(top_occurences_limit=1)))
    assert [(item.value, item.occurs) for item in one.top_occurences.items] == [("b", 2)]
    booleans = figures(values, Wanted(property="b", boolean=Wanted.Boolean()))
    assert (booleans.count, booleans.total_true, booleans.percentage_true) == (3, 2, pytest.approx(2 / 3))
    dates = figures(values, Wanted(property="d", date=Wanted.Date(median=True, maximum=True)))
    assert (dates.median, dates.maximum) == ("2020-01-02T00:00:00Z", "2020-01-02T22:00:00.5Z")
    assert not dates.HasField("count")
    references = figures(values, Wanted(property="r", reference=Wanted.Reference(type=True, pointing_to=True)))
    assert (references.type, list(references.pointing_to)) == ("cref", ["A"])


def test_groups_of_an_aggregation(values: Lite) -> None:
    def grouped(name: str, **more: Any) -> dict[Any, int]:
        request = Request(collection="A", group_by=Request.GroupBy(collection="A", property=name), **more)
        reply = values.engine.rpc("Aggregate", request)
        return {
            getattr(item.grouped_by, item.grouped_by.WhichOneof("value")): item.objects_count
            for item in reply.grouped_results.groups
        }

    assert grouped("t") == {"Hello World": 2, "abc": 1, "bye": 1}
    assert grouped("i") == {2.0: 2, 1.0: 1, 5.0: 1}
    assert grouped("il") == {2.0: 2, 1.0: 1, 3.0: 1}
    assert grouped("b") == {True: 2, False: 1}
    assert grouped("i", limit=1) == {2.0: 2}
    assert grouped("zz") == grouped("e") == {}


def test_which_objects_take_part(values: Lite) -> None:
    def count(**more: Any) -> int:
        reply = values.engine.rpc("Aggregate", Request(collection="A", objects_count=True, **more))
        return int(reply.single_result.objects_count)

    assert count() == 4
    assert values.engine.rpc("Aggregate", Request(collection="A")).single_result.objects_count == 0
    assert count(filters=where("i", "Equal", 2)) == 2
    assert count(near_vector=near(1, 0), object_limit=3) == 3
    assert count(near_vector=near(1, 0, distance=0.06)) == 2
    assert count(near_object=base.NearObject(id=uuid(1)), object_limit=2) == 2
    assert count(hybrid=base.Hybrid(query="hello", alpha_param=0, use_alpha_param=True), object_limit=9) == 2
    text = values.failure("Aggregate", Request(collection="A", near_vector=near(1, 0)))
    assert text == "aggregate: must provide certainty or objectLimit with vector search"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("geo", "property geo: dataType geoCoordinates can't be aggregated"),
        ("u", "unrecoginzed dataType uuid"),
        ("zz", "property zz: no such prop"),
    ],
)
def test_figures_that_are_refused(values: Lite, name: str, text: str) -> None:
    request = Request(collection="A", aggregations=[Wanted(property=name, int=Wanted.Integer(count=True))])
    assert text in values.failure("Aggregate", request)


def test_texts_have_vectors_without_a_model(start: Start) -> None:
    lite = start(ENABLE_MODULES="text2vec-bigram", AUTOSCHEMA_ENABLED=False)
    for name in ("text2vec-lite", "text2vec-bigram"):
        lite.create("A", {"t": "text"}, vectorizer=name)
        for n, text in enumerate(("a quick brown fox", "lazy dogs", "foxes run"), 1):
            lite.insert("A", n, {"t": text})
        assert lite.ids("A", near_text=base.NearTextSearch(query=["foxes"]))[0] == 3
        assert lite.ids("A", near_text=base.NearTextSearch(query=["brown fox"]))[0] == 1
        lite.ok("DELETE", "/schema/A")
    status, text = lite.refused("POST", "/schema", {"class": "B", "vectorizer": "text2vec-contextionary"})
    assert (status, text) == (422, 'vectorizer: no module with name "text2vec-contextionary" present')


@pytest.mark.parametrize(
    ("vectorizer", "problem"),
    [
        (lambda texts: [], "text2vec-x failed: it gave 0 vectors for 1 texts"),
        (lambda texts: None, "text2vec-x failed: TypeError: "),
        (lambda texts: [["a"]], "text2vec-x failed: vectors must be lists of numbers"),
        (lambda texts: [None], "text2vec-x failed: vectors must be lists of numbers"),
        (lambda texts: [b"abcd"], "text2vec-x failed: vectors must have numbers"),
        (lambda texts: [[]], "text2vec-x failed: vectors must have numbers"),
        (lambda texts: [[1, float("nan")]], "text2vec-x failed: vectors must have numbers, all of them finite"),
        (lambda texts: [[float("inf"), -float("inf")]], "text2vec-x failed: vectors must have numbers, all of them"),
        (lambda texts: np.array([[1e39]]), "text2vec-x failed: vectors must have numbers, all of them finite"),
        (lambda texts: texts[1], "text2vec-x failed: IndexError: list index out of range"),
    ],
)
def test_a_vectorizer_that_fails_is_told_by_its_name(
    start: Start, vectorizer: Callable[[list[str]], Any], problem: str
) -> None:
    lite = start(AUTOSCHEMA_ENABLED=False, vectorizers={"text2vec-x": vectorizer})
    lite.create("A", {"t": "text"}, vectorizer="text2vec-x")
    status, text = lite.refused("POST", "/objects", {"class": "A", "properties": {"t": "x"}})
    assert status == 500
    assert text.startswith("vectorize target vector : update vector: " + problem)
    lite.insert("A", 1, {"t": "x"}, vector=[1])
    assert lite.refused("PATCH", f"/objects/A/{uuid(1)}", {"properties": {"t": "y"}})[0] == 500
    assert lite.get("A", 1, include="vector")["vector"] == [1]
    for asked in ({"near_text": base.NearTextSearch(query=["x"])}, {"hybrid_search": base.Hybrid(query="x", alpha=1)}):
        assert "remote client vectorize: " + problem in lite.no_search("A", **asked)


WORDS: dict[str, Any] = {"short": [1.0], "nan": [float("nan"), 0.0], "text": "ab", "none": None}


def by_words(texts: list[str]) -> list[Any]:
    if "raise" in texts:
        raise OSError("no such model")
    return [WORDS.get(text, [float(len(text)), 1.0]) for text in texts]


@pytest.mark.parametrize("wrong", [*WORDS, "raise"])
@pytest.mark.parametrize("way", ["rest", "rpc"])
def test_a_vectorizer_that_fails_with_one_text_fails_with_its_object_alone(start: Start, way: str, wrong: str) -> None:
    lite = start(AUTOSCHEMA_ENABLED=False, vectorizers={"text2vec-x": by_words})
    lite.create("A", {"t": "text"}, vectorConfig={"v": MODULE})
    texts = ["one", wrong, "three"]
    if way == "rest":
        objects = [{"class": "A", "id": uuid(n), "properties": {"t": text}} for n, text in enumerate(texts, 1)]
        told = lite.ok("POST", "/batch/objects", {"objects": objects})
        failed = {
            n: one["result"]["errors"]["error"][0]["message"] for n, one in enumerate(told) if "errors" in one["result"]
        }
    else:
        request = batch.BatchObjectsRequest()
        for n, text in enumerate(texts, 1):
            added = request.objects.add(collection="A", uuid=uuid(n))
            added.properties.non_ref_properties.update({"t": text})
        failed = {error.index: error.error for error in lite.engine.rpc("BatchObjects", request).errors}
    assert list(failed) == [1]
    assert "vector dimensions do not match" in failed[1] or "text2vec-x failed: " in failed[1]
    assert lite.ids("A", near_text=base.NearTextSearch(query=["one"])) == [1, 3]
    assert lite.get("A", 3, include="vector")["vectors"] == {"v": [5, 1]}


MODULE = {"vectorizer": {"text2vec-x": {"vectorizeClassName": False}}, "vectorIndexType": "hnsw"}


def test_vectors_of_several_lengths_are_no_query(start: Start) -> None:
    lite = start(AUTOSCHEMA_ENABLED=False, vectorizers={"text2vec-x": by_words})
    lite.create("A", {"t": "text"}, vectorConfig={"v": MODULE, "w": MODULE})
    lite.insert("A", 1, {"t": "one"}, vectors={"w": [1, 2, 3]})
    several = "vectors of different lengths: [1, 2]"
    assert several in lite.no_search("A", near_text=base.NearTextSearch(query=["one", "short"], target_vectors=["v"]))
    move = base.NearTextSearch.Move(concepts=["short"], force=0.5)
    near = base.NearTextSearch(query=["one"], target_vectors=["v"], move_to=move)
    assert several in lite.no_search("A", near_text=near)
    near.move_to.concepts[:], near.target_vectors[:] = [], ["w"]
    near.move_to.uuids.append(uuid(1))
    assert "vectors of different lengths: [2, 3]" in lite.no_search("A", near_text=near)
    wrong = lite.no_search("A", near_text=base.NearTextSearch(query=["short"], target_vectors=["v"]))
    assert "vector lengths don't match" in wrong


@pytest.mark.parametrize("data", [b"x", b"\0\0\x80?x"])
def test_bytes_that_are_no_vector_are_refused_before_they_are_kept(lite: Lite, data: bytes) -> None:
    lite.create("A", vectorConfig={"v": {"vectorizer": {"none": {}}, "vectorIndexType": "hnsw"}})
    lite.insert("A", 1, vectors={"v": [1]})
    item = batch.BatchObject(collection="A", uuid=uuid(2), vectors=[types.Vectors(name="v", vector_bytes=data)])
    reply = lite.engine.rpc("BatchObjects", batch.BatchObjectsRequest(objects=[item]))
    assert "whole float32 numbers" in reply.errors[0].error
    for query in (base.NearVector(vector_bytes=data), base.NearVector(vectors=[types.Vectors(vector_bytes=data)])):
        with pytest.raises(RpcError, match="UNKNOWN: .*whole float32 numbers"):
            lite.ids("A", near_vector=query)
    no_size = types.Vectors(vector_bytes=b"\0\0" + data, type="VECTOR_TYPE_MULTI_FP32")
    with pytest.raises(RpcError, match="UNKNOWN: .*dimension cannot be 0"):
        lite.ids("A", near_vector=base.NearVector(vectors=[no_size]))
    assert lite.ids("A", near_vector=base.NearVector(vector=[1])) == [1]


def test_a_number_that_an_enum_lacks_stands_for_the_first(lite: Lite) -> None:
    lite.create("A", {"t": "text"})
    lite.insert("A", 1, {"t": "x"})
    options: Any = base.SearchOperatorOptions(operator=99)  # type: ignore[arg-type]
    assert lite.ids("A", bm25_search=base.BM25(query="x y", search_operator=options)) == [1]
