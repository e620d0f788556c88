"""Searches over gRPC: plain, by keyword, by vector, hybrid, and what happens to results after them; figures."""

from __future__ import annotations

from typing import Any

from weaviate_gen.grpc.v1 import generative_pb2

from .kit import C, It, each, floats, join, matrix, near, scenario, uuid, vector, where

_CORPUS: dict[int, Any] = {
    1: {"body": "the quick brown fox", "title": "fox news", "n": 1},
    2: {"body": "the quick brown fox jumps over the lazy dog", "title": "dogs and cats", "n": 2},
    3: {"body": "lazy dog", "title": "", "n": 3},
    4: {"body": "quick quick fox", "title": "quick start", "n": 4},
    5: {"body": "brown bear eats the brown fox", "title": "bears", "n": 5},
}
_AND, _AND_CROSS = 2, 3
_ALL_META = {"uuid": True, "score": True, "distance": True, "certainty": True, "explain_score": True}


def _corpus(it: It, **more: Any) -> None:
    it.create(body="text", title="text", n="int", **more)
    it.insert(C, {n: {**own, "vector": [n, 1]} for n, own in _CORPUS.items()})


# Plain.


@each(
    "fetch",
    {
        "all": {},
        "limit": {"limit": 2},
        "limit and offset": {"limit": 2, "offset": 3},
        "cursor": {"after": uuid(2), "limit": 2},
        "cursor at nothing": {"after": "00000000-0000-0000-0000-0000000000aa", "limit": 2},
        "cursor and filter": {"after": uuid(2), "limit": 2, "filters": where("n", ">", 1)},
        "cursor and offset": {"after": uuid(2), "limit": 2, "offset": 1},
        "cursor and sort": {"after": uuid(2), "limit": 2, "sort_by": [{"path": ["n"]}]},
        "cursor and search": {"after": uuid(2), "limit": 2, "bm25_search": {"query": "fox"}},
        "a bad cursor": {"after": "zz", "limit": 2},
        "too far": {"offset": 1, "limit": 10_000},
        "a missing class": {"collection": "CgNothing"},
        "some properties": {"properties": {"non_ref_properties": ["title", "N"]}},
        "an unknown property": {"properties": {"non_ref_properties": ["zz"]}},
        "no metadata": {"metadata": {}},
        "times": {"metadata": {"creation_time_unix": True, "last_update_time_unix": True, "is_consistent": True}},
        "everything": {"properties": None, "metadata": _ALL_META},
        "vectors": {"metadata": {"vector": True}},
        "grouped": {"group_by": {"path": ["n"], "number_of_groups": 2, "objects_per_group": 1}},
    },
)
def _(it: It, request: Any) -> None:
    _corpus(it)
    it.search(**request)


_SORTED: dict[int, Any] = {
    9: {"t": "banana", "i": 2, "n": 1.5, "b": True, "d": "2020-01-02T00:00:00Z", "il": [2], "tl": ["b"], "bl": [True]},
    8: {"t": "Apple", "i": -1, "n": -2, "b": False, "d": "2020-01-02T01:00:00+05:00", "il": [1, 5], "tl": ["A", "z"]},
    7: {},
    6: {"t": "", "il": [], "tl": [], "bl": [], "i": 2, "g": {"latitude": 1, "longitude": 2}},
    5: {"t": "apple", "i": 10, "n": 1.25, "b": True, "d": "2019-01-01T00:00:00.5Z", "il": [1], "tl": ["a"]},
    4: {"t": "Éclair", "il": [1, 5, 0], "g": {"latitude": 5, "longitude": 1}},
    3: {"t": "zebra the", "i": 2},
}


@each("sort", {name: name for name in ("t", "i", "n", "b", "d", "il", "tl", "bl", "g", "p", "_id", "u", "o", "zz")})
def _(it: It, name: str) -> None:
    part = {"dataType": ["object"], "nestedProperties": [{"name": "a", "dataType": ["int"]}]}
    types = {
        "t": "text",
        "i": "int",
        "n": "number",
        "b": "boolean",
        "d": "date",
        "il": "int[]",
        "tl": "text[]",
        "bl": "boolean[]",
        "u": "uuid",
    }
    it.create(g="geoCoordinates", p="phoneNumber", o=part, **types)
    it.insert(
        C,
        {
            **_SORTED,
            5: {**_SORTED[5], "o": {"a": 2}, "p": {"input": "+491701234567"}},
            4: {**_SORTED[4], "o": {"a": 1}, "p": {"input": "+441612345000"}},
        },
    )
    for ascending in (True, False):
        it.ids(sort_by=[{"path": [name], "ascending": ascending}], limit=100)
    it.ids(sort_by=[{"path": ["i"], "ascending": True}, {"path": [name]}], limit=100)
    it.ids(sort_by=[{"path": [name, "x"]}])
    it.ids(sort_by=[{"path": []}])
    it.ids(sort_by=[{"path": [name]}], bm25_search={"query": "apple"})


# By keyword.


@each(
    "bm25",
    {
        "one word": {"query": "fox", "properties": ["body"]},
        "two words": {"query": "quick fox", "properties": ["body"]},
        "a word twice": {"query": "brown brown", "properties": ["body"]},
        "rare words": {"query": "lazy dog", "properties": ["body"]},
        "a stopword": {"query": "the", "properties": ["body"]},
        "a stopword and signs": {"query": "the FOX!", "properties": ["body"]},
        "a boost": {"query": "fox", "properties": ["body^3"]},
        "a boost that is none": {"query": "fox", "properties": ["body^x"]},
        "a boost of zero": {"query": "fox", "properties": ["body^0"]},
        "everywhere": {"query": "fox"},
        "two properties": {"query": "quick", "properties": ["body", "title"]},
        "two properties, boosted": {"query": "quick fox dog", "properties": ["body", "title^2"]},
        "a property twice": {"query": "fox", "properties": ["body", "body^2"]},
        "three words": {"query": "quick fox dog", "properties": ["body"]},
        "at least two": {
            "query": "quick fox dog",
            "properties": ["body"],
            "search_operator": {"operator": 1, "minimum_or_tokens_match": 2},
        },
        "at least two, two properties": {
            "query": "fox dog",
            "properties": ["body", "title"],
            "search_operator": {"operator": 1, "minimum_or_tokens_match": 2},
        },
        "more than there are": {
            "query": "fox dog",
            "properties": ["body"],
            "search_operator": {"operator": 1, "minimum_or_tokens_match": 5},
        },
        "and": {"query": "the quick fox", "properties": ["body"], "search_operator": {"operator": _AND}},
        "and, two properties": {
            "query": "lazy dogs",
            "properties": ["body", "title"],
            "search_operator": {"operator": _AND},
        },
        "and across": {
            "query": "jumps dogs",
            "properties": ["body", "title"],
            "search_operator": {"operator": _AND_CROSS},
        },
        "nothing": {"query": "zzz"},
        "no query": {"query": "", "properties": ["body"]},
        "an unknown property": {"query": "fox", "properties": ["zz"]},
        "a number": {"query": "fox", "properties": ["n"]},
        "first letter": {"query": "fox", "properties": ["Body"]},
    },
)
def _(it: It, query: Any) -> None:
    _corpus(it)
    it.search(bm25_search=query, metadata={"uuid": True, "score": True, "explain_score": "properties" in query})
    it.search(bm25_search=query, filters=where("n", ">", 2))
    it.ids(bm25_search=query, limit=2)
    it.ids(bm25_search=query, limit=2, offset=1)
    it.ids(bm25_search=query, autocut=1)


@scenario("bm25")
def other_settings(it: It) -> None:
    it.create(t="text", invertedIndexConfig={"bm25": {"k1": 2, "b": 0}})
    it.insert(C, {1: {"t": "a1 a1"}, 2: {"t": "a1 b1 b1 b1"}})
    it.search(bm25_search={"query": "a1"})


@scenario("bm25")
def lengths_lists_and_ties(it: It) -> None:
    it.create(t="text", l="text[]", w={"dataType": ["text"], "tokenization": "whitespace"})
    it.insert(
        C,
        {
            9: {"t": "alpha beta", "l": ["alpha beta", "gamma"], "w": "Alpha the beta"},
            8: {"t": "alpha beta", "l": ["alpha"], "w": "alpha"},
            7: {"t": "alpha beta gamma delta", "l": ["gamma gamma", "alpha alpha"]},
            6: {"t": "!!!", "l": []},
            5: {"t": "", "l": [""]},
            4: {},
            3: {"t": "the the the", "w": "the the the"},
        },
    )
    for query, names in (
        ("alpha", ["t"]),
        ("alpha", ["l"]),
        ("gamma", ["l"]),
        ("the Alpha", ["w"]),
        ("alpha", ["t", "w"]),
    ):
        it.search(bm25_search={"query": query, "properties": names})
        it.search(bm25_search={"query": query, "properties": names}, limit=1)
    cross = {"query": "alpha", "properties": ["t", "w"], "search_operator": {"operator": _AND_CROSS}}
    it.search(bm25_search=cross)


@each("bm25 tokenisations", {kind: kind for kind in ("word", "lowercase", "whitespace", "field", "trigram")})
def _(it: It, tokenization: str) -> None:
    it.create(t={"dataType": ["text"], "tokenization": tokenization})
    it.insert(C, {1: {"t": "Hello the World"}, 2: {"t": "hello-world"}, 3: {"t": "Helloworld"}, 4: {"t": "hello"}})
    for query in ("hello", "Hello the World", "hello-world", "the", "HELLOW"):
        it.search(bm25_search={"query": query})


@scenario("bm25")
def without_text(it: It) -> None:
    it.create(n="int", t={"dataType": ["text"], "indexSearchable": False})
    it.search(bm25_search={"query": "fox"})
    it.search(bm25_search={"query": "fox", "properties": ["t"]})


# By vector.

_POINTS: dict[int, Any] = {
    n: {"vector": numbers, "n": n} for n, numbers in enumerate(([1, 2, 3], [-1, 0.5, 2], [0, 0, 0], [3, 4, 0]), 1)
}
_METRICS = ("cosine", "dot", "l2-squared", "manhattan", "hamming")


@each("near", {f"{metric}, {index}": (metric, index) for metric in _METRICS for index in ("hnsw", "flat")})
def _(it: It, kind: Any) -> None:
    metric, index = kind
    it.create(n="int", vectorIndexType=index, vectorIndexConfig={"distance": metric})
    it.insert(C, _POINTS)

    def by_distance(reply: Any) -> Any:
        found = [result["metadata"] for result in reply["results"]]
        return sorted(found, key=lambda item: (round(item.get("distance", 0), 4), item["id"]))

    it.search(near_vector=near(1, 0, 1), show=by_distance)
    it.search(near_object={"id": uuid(1)}, show=by_distance)
    it.search(near_vector=near(1, 0, 1, distance=2.5), show=by_distance)
    it.search(near_vector=near(1, 0, 1), filters=where("n", ">", 1), show=by_distance)
    it.search(near_vector=near(1, 0, 1, certainty=0.7))
    it.search(near_object={"id": uuid(1), "distance": 0.3}, show=by_distance)


@each(
    "near, refused",
    {
        "another length": {"near_vector": near(1, 0)},
        "no vector": {"near_vector": {}},
        "two vectors": {"near_vector": {"vectors": [vector(1, 0, 1), vector(1, 0, 1)]}},
        "distance and certainty": {"near_vector": near(1, 0, 1, distance=1, certainty=1)},
        "a target that is not there": {"near_vector": near(1, 0, 1, targets={"target_vectors": ["v"]})},
        "no id": {"near_object": {}},
        "an unknown id": {"near_object": {"id": uuid(9)}},
        "an id without vector": {"near_object": {"id": uuid(8)}},
        "a bad id": {"near_object": {"id": "nope"}},
        "text": {"near_text": {"query": ["x"]}},
        "an image": {"near_image": {"image": "aGVsbG8="}},
        "audio": {"near_audio": {"audio": "aGVsbG8="}},
        "video": {"near_video": {"video": "aGVsbG8="}},
        "two searches": {"near_vector": near(1, 0, 1), "near_object": {"id": uuid(1)}},
        "a search and keywords": {"near_vector": near(1, 0, 1), "bm25_search": {"query": "x"}},
        "many vectors": {"near_vector": {"vectors": [matrix((1.0, 0.0, 1.0))]}},
    },
)
def _(it: It, request: Any) -> None:
    it.create(n="int")
    it.insert(C, {**_POINTS, 8: {}})
    it.search(**request)


@scenario("near")
def forms_of_a_vector(it: It) -> None:
    it.create()
    it.insert(C, {1: {"vector": [1, 0]}, 2: {"vector": [0, 1]}, 3: {"vector": [1, 1]}})
    it.search(near_vector={"vector_bytes": floats(1, 0.5)})
    it.search(near_vector={"vector": [1, 0.5]})
    it.search(near_vector=near(1, 0.5), limit=1)
    it.search(near_vector=near(1, 0.5), limit=1, offset=1)
    it.search(near_vector=near(1, 0.5), autocut=1)
    it.search(near_vector=near(1, 0.5), metadata={"vector": True})


@scenario("near")
def not_indexed(it: It) -> None:
    it.create(vectorIndexConfig={"skip": True})
    it.insert(C, {1: {"vector": [1, 0]}})
    it.search(near_vector=near(1, 0))


@scenario("near")
def an_empty_class(it: It) -> None:
    it.create(t="text")
    it.search(near_vector=near(1, 0))
    it.search(near_object={"id": uuid(1)})
    it.search(bm25_search={"query": "x"})
    it.search(hybrid_search={"query": "x", "alpha": 0.5, "vectors": [vector(1, 0)]})


@each(
    "autocut",
    {
        str(distances): distances
        for distances in (
            [1, 1.1, 1.2, 5, 5.1],
            [1, 1, 1, 1],
            [1, 2],
            [1],
            [1, 2, 3, 4],
            [1, 1.1, 3, 3.1, 7, 7.1],
            [0, 10, 10.1, 10.2],
            [1, 1.1, 1.2, 1.3, 9],
            [1, 5, 5.1, 9],
        )
    },
)
def _(it: It, distances: Any) -> None:
    it.create(vectorIndexConfig={"distance": "manhattan"})
    it.insert(C, {n: {"vector": [distance]} for n, distance in enumerate(distances, 1)})
    for jumps in (1, 2, 3):
        it.ids(near_vector=near(0), autocut=jumps, ordered=False)


# Several targets.

_PLANES = {name: {"vectorizer": {"none": {}}, "vectorIndexConfig": {"distance": "l2-squared"}} for name in "ab"}
_BOTH = {"target_vectors": ["a", "b"]}
_EACH = [{"name": name, "vectors": [vector(0, 0)]} for name in "ab"]


def _weights(**weights: float) -> list[Any]:
    return [{"target": name, "weight": weight} for name, weight in weights.items()]


@each(
    "targets",
    {
        "unspecified": near(0, 0, targets=_BOTH),
        "sum": near(0, 0, targets={**_BOTH, "combination": 1}),
        "minimum": near(0, 0, targets={**_BOTH, "combination": 2}),
        "average": near(0, 0, targets={**_BOTH, "combination": 3}),
        "relative": near(0, 0, targets={**_BOTH, "combination": 4, "weights_for_targets": _weights(a=0.5, b=2.0)}),
        "manual": near(0, 0, targets={**_BOTH, "combination": 5, "weights_for_targets": _weights(a=1.0, b=2.0)}),
        "one weight": near(0, 0, targets={**_BOTH, "combination": 5, "weights_for_targets": _weights(a=1.0)}),
        "one": near(0, 0, targets={"target_vectors": ["b"]}),
        "none named": near(0, 0),
        "an unknown one": near(0, 0, targets={"target_vectors": ["zz"]}),
        "a threshold": near(0, 0, distance=2, targets={**_BOTH, "combination": 1}),
        "a certainty": near(0, 0, certainty=0.5, targets={**_BOTH, "combination": 1}),
        "one vector each": {"vector_for_targets": _EACH, "targets": {**_BOTH, "combination": 1}},
        "different vectors": {
            "vector_for_targets": [_EACH[0], {"name": "b", "vectors": [vector(1, 0)]}],
            "targets": {**_BOTH, "combination": 1},
        },
        "two vectors for one": {
            "vector_for_targets": [
                {"name": "a", "vectors": [vector(0, 0), vector(1, 0)]},
                {"name": "b", "vectors": [vector(1, 0)]},
            ],
            "targets": {"target_vectors": ["a", "a", "b"], "combination": 3},
        },
        "too few vectors": {"vector_for_targets": _EACH[:1], "targets": _BOTH},
        "vectors of others": {"vector_for_targets": [_EACH[0], _EACH[0]], "targets": _BOTH},
    },
)
def _(it: It, query: Any) -> None:
    it.create(vectorConfig=_PLANES)
    a, b = {1: [0, 0], 2: [1, 0], 3: [2, 0], 4: [0, 1]}, {1: [1, 0], 2: [0, 0], 3: [3, 0], 5: [0, 2]}
    own = {n: {name: of[n] for name, of in (("a", a), ("b", b)) if n in of} for n in range(1, 6)}
    it.insert(C, {n: {"vectors": vectors} for n, vectors in own.items()})

    def by_distance(reply: Any) -> Any:
        found = [result["metadata"] for result in reply.get("results", ())]
        return sorted(found, key=lambda item: (round(item.get("distance", 0), 4), item["id"]))

    def shown(reply: Any) -> Any:
        return by_distance(reply)

    it.search(near_vector=query, show=shown)
    it.search(near_object={"id": uuid(1), "targets": query.get("targets", {})}, show=shown)


@each("multi-vectors", {metric: metric for metric in ("cosine", "dot")})
def _(it: It, metric: str) -> None:
    settings = {"distance": metric, "multivector": {"enabled": True}}
    it.create(vectorConfig={"m": {"vectorizer": {"none": {}}, "vectorIndexConfig": settings}})
    rows = {1: [[1, 0], [0, 1]], 2: [[3, 4]], 3: [[-1, 0], [2, 2], [0, 6]]}
    it.insert(C, {n: {"vectors": {"m": own}} for n, own in rows.items()})
    for query in (((1.0, 0.0),), ((2.0, 0.0),), ((1.0, 0.0), (0.0, 2.0))):
        it.search(near_vector={"vectors": [matrix(*query)], "targets": {"target_vectors": ["m"]}})
    it.search(near_vector=near(1, 0))
    it.search(near_vector={"vectors": [matrix((1.0, 0.0, 1.0))]})
    it.search(near_object={"id": uuid(1)})
    it.search(metadata={"vectors": ["m"]})
    it.search(near_vector={"vectors": [matrix((1.0, 0.0))], "selection": {"mmr": {"limit": 2, "balance": 0.5}}})


# Hybrid.

_RANKED, _RELATIVE = 1, 2


@each(
    "hybrid",
    {
        f"{name}, alpha {alpha}": {"fusion_type": fusion, "alpha": alpha}
        for name, fusion in (("ranked", _RANKED), ("relative", _RELATIVE), ("unspecified", 0))
        for alpha in (0, 0.25, 0.5, 0.75, 1)
    },
)
def _(it: It, settings: Any) -> None:
    _corpus(it)
    it.search(hybrid_search={"query": "quick fox", "properties": ["body"], "vectors": [vector(1, 0)], **settings})


_HYBRID = {"query": "quick fox", "properties": ["body"], "vectors": [vector(1, 0)], "alpha": 0.5}


@each(
    "hybrid variants",
    {
        "a farthest distance": {"hybrid_search": {**_HYBRID, "vector_distance": 0.03}},
        "a filter": {"hybrid_search": _HYBRID, "filters": where("n", ">", 2)},
        "and": {"hybrid_search": {**_HYBRID, "bm25_search_operator": {"operator": _AND}}},
        "one hit": {"hybrid_search": {**_HYBRID, "query": "bear"}},
        "no hit": {"hybrid_search": {**_HYBRID, "query": "zzz"}},
        "limit and offset": {"hybrid_search": _HYBRID, "limit": 2, "offset": 1},
        "autocut": {"hybrid_search": _HYBRID, "autocut": 1},
        "no query": {"hybrid_search": {**_HYBRID, "query": ""}},
        "no query and no vector": {"hybrid_search": {"alpha": 0.5}},
        "no vector": {"hybrid_search": {"query": "fox", "alpha": 0.5}},
        "no vector, alpha 0": {"hybrid_search": {"query": "fox"}},
        "alpha as a parameter": {"hybrid_search": {**_HYBRID, "use_alpha_param": True, "alpha_param": 0.25}},
        "a near vector inside": {
            "hybrid_search": {"query": "quick fox", "alpha": 0.5, "near_vector": near(1, 0, distance=0.03)}
        },
        "near text and query": {"hybrid_search": {"query": "fox", "alpha": 0.5, "near_text": {"query": ["x"]}}},
        "everywhere": {"hybrid_search": {**_HYBRID, "properties": []}},
        "an unknown property": {"hybrid_search": {**_HYBRID, "properties": ["zz"]}},
        "another length": {"hybrid_search": {**_HYBRID, "vectors": [vector(1, 0, 0)]}},
        "explained": {"hybrid_search": _HYBRID, "metadata": {"uuid": True, "explain_score": True}},
        "explained, ranked": {
            "hybrid_search": {**_HYBRID, "fusion_type": _RANKED},
            "metadata": {"uuid": True, "explain_score": True},
        },
    },
)
def _(it: It, request: Any) -> None:
    _corpus(it)
    it.search(**request)


# In groups.


def _groups(**more: Any) -> Any:
    return {"number_of_groups": 10, "objects_per_group": 10, **more}


@each("group by", {name: name for name in ("g", "n", "b", "d", "u", "l", "il", "zz", "r")})
def _(it: It, name: str) -> None:
    types = {
        "g": "text",
        "n": "number",
        "b": "boolean",
        "d": "date",
        "u": "uuid",
        "l": "text[]",
        "il": "int[]",
        "t": "text",
        "r": C,
    }
    it.create(vectorIndexConfig={"distance": "l2-squared"}, **types)
    day, link = "2020-01-01T00:00:00Z", [{"beacon": f"weaviate://localhost/{C}/{uuid(1)}"}]
    own: dict[int, Any] = {
        1: {"g": "A", "n": 1, "l": ["x", "y"], "b": True, "d": day, "u": uuid(7), "il": [1]},
        2: {"g": "B", "n": 2.5, "l": ["x"], "b": False, "d": "2020-01-01T01:00:00+01:00", "r": link},
        3: {"g": "A", "n": 1, "l": [], "il": [1, 2]},
        4: {},
        5: {"g": "C d", "n": 3, "l": ["y"], "u": uuid(7), "r": link},
    }
    it.insert(C, {n: {**mine, "t": "fox" + " pad" * n, "vector": [n]} for n, mine in own.items()})
    search, words = near(0), {"query": "fox", "properties": ["t"]}
    it.search(near_vector=search, group_by={"path": [name], **_groups()})
    it.search(near_vector=search, group_by={"path": [name], **_groups(number_of_groups=2, objects_per_group=1)})
    it.search(near_vector=search, group_by={"path": [name], **_groups()}, limit=2)
    it.search(near_vector=search, group_by={"path": [name], **_groups(number_of_groups=0)})
    it.search(bm25_search=words, group_by={"path": [name], **_groups()})
    hybrid = {**words, "vectors": [vector(0)], "alpha": 0.5}
    it.search(hybrid_search=hybrid, group_by={"path": [name], **_groups()})
    it.search(near_vector=search, group_by={"path": [name, "x"], **_groups()})


@scenario("group by")
def pages_of_groups(it: It) -> None:
    it.create(t="text", l="text[]")
    it.insert(C, {n: {"t": "fox" + " pad" * (n % 3), "l": ["x", str(n % 2)], "vector": [n, 1]} for n in range(1, 9)})
    for path in ("t", "l"):
        groups = {"group_by": {"path": [path], **_groups()}}
        for page in ({}, {"offset": 1}, {"limit": 1, "offset": 1}, {"limit": 4, "offset": 2}, {"offset": 9}):
            it.search(near_vector=near(1, 0), **groups, **page)
        for cut in (1, 2):
            it.search(near_vector=near(1, 0), autocut=cut, **groups)
        for threshold in (
            {"distance": 0.02},
            {"certainty": 0.99},
            {"selection": {"mmr": {"limit": 2, "balance": 0.5}}},
        ):
            it.search(near_vector=near(1, 0, **threshold), limit=5, **groups)
        for alpha in (1.0, 0.5):
            it.search(hybrid_search={"query": "pad", "vectors": [vector(1, 0)], "alpha": alpha}, limit=6, **groups)
    it.search(near_vector=near(1, 0), group_by={"path": ["t"], "number_of_groups": 2, "objects_per_group": 0})


@scenario("autocut")
def before_pages_of_keywords(it: It) -> None:
    it.create(t="text")
    it.insert(C, {n: {"t": "fox " * n + "pad " * (9 - n) * (n % 2)} for n in range(1, 9)})
    for cut in (1, 2, 3):
        for page in ({"offset": 1}, {"offset": 2, "limit": 3}, {"offset": 6}):
            it.search(bm25_search={"query": "fox"}, autocut=cut, **page)


@scenario("hybrid")
def without_words(it: It) -> None:
    it.create(f={"dataType": ["text"], "tokenization": "field"}, t="text")
    it.insert(C, {1: {"f": "", "vector": [1, 0]}, 2: {"f": "x", "t": "", "vector": [1, 1]}, 3: {"vector": [0, 1]}})
    for alpha in (0.0, 0.5, 1.0):
        for names in ([], ["f"], ["t"]):
            it.search(hybrid_search={"query": "", "vectors": [vector(1, 0)], "alpha": alpha, "properties": names})
    crossed = {"query": "", "vectors": [vector(1, 0)], "alpha": 0.5, "bm25_search_operator": {"operator": 3}}
    it.search(hybrid_search=crossed)


@scenario("hybrid")
def thresholds_within(it: It) -> None:
    it.create(t="text", vectorIndexConfig={"distance": "l2-squared"})
    it.insert(C, {n: {"t": "fox" * (n % 2), "vector": [n, 0]} for n in range(1, 6)})
    for threshold in ({"certainty": 0.9}, {"certainty": 0.0}, {"distance": 1.0}):
        it.search(hybrid_search={"query": "fox", "alpha": 0.5, "near_vector": near(1, 0, **threshold)})


@scenario("hybrid")
def targets_without_a_vector_leg(it: It) -> None:
    it.create(t="text", vectorConfig={name: {"vectorizer": {"none": {}}, "vectorIndexType": "hnsw"} for name in "ab"})
    it.insert(C, {1: {"t": "fox"}})
    it.search(hybrid_search={"query": "fox", "alpha": 0.0})
    it.search(hybrid_search={"query": "fox", "alpha": 0.0, "targets": {"target_vectors": ["a"]}})
    it.search(hybrid_search={"query": "fox", "alpha": 0.0, "targets": {"target_vectors": ["c"]}})


# Boosts and diversity.

_TWO = {"filter": where("n", "=", 2)}


@each(
    "boost",
    {
        **{f"filter, weight {weight}": {"conditions": [_TWO], "weight": weight} for weight in (0, 0.5, 0.9, 1)},
        "no weight": {"conditions": [_TWO]},
        "a negative condition": {"conditions": [{**_TWO, "weight": -1}], "weight": 1},
        "two conditions": {"conditions": [_TWO, {"property_value": {"property": "n"}, "weight": 2}], "weight": 1},
        **{
            f"property value {modifier}": {
                "conditions": [{"property_value": {"property": "n", "modifier": modifier}}],
                "weight": 0.5,
            }
            for modifier in (0, 1, 2)
        },
        **{
            f"numeric decay {curve}": {
                "conditions": [{"numeric_decay": {"property": "n", "origin": 1, "scale": 2, "curve": curve}}],
                "weight": 1,
            }
            for curve in (0, 1, 2, 3)
        },
        "an offset": {
            "conditions": [
                {"numeric_decay": {"property": "n", "origin": 1, "scale": 2, "offset": 1, "decay_value": 0.2}}
            ]
        },
        "a joined filter": {"conditions": [{"filter": join("Or", where("n", "=", 2), where("n", ">", 4))}]},
        "a text": {"conditions": [{"filter": where("title", "=", "bears")}]},
        "nothing": {"conditions": []},
        "too many": {"conditions": [_TWO] * 21},
        "too heavy": {"conditions": [_TWO], "weight": 1.5},
        "an empty condition": {"conditions": [{}]},
        "like": {"conditions": [{"filter": where("title", "Like", "b*")}]},
        "a text as a value": {"conditions": [{"property_value": {"property": "body"}}]},
        "a decay of text": {"conditions": [{"numeric_decay": {"property": "body", "scale": 1}}]},
        "a decay of numbers as times": {"conditions": [{"time_decay": {"property": "n", "scale": "1d"}}]},
        "no scale": {"conditions": [{"numeric_decay": {"property": "n"}}]},
        "a large decay": {"conditions": [{"numeric_decay": {"property": "n", "scale": 1, "decay_value": 2}}]},
        "an unknown property": {"conditions": [{"property_value": {"property": "zz"}}]},
        "a shallow depth": {"conditions": [_TWO], "depth": 2, "weight": 1},
    },
)
def _(it: It, boost: Any) -> None:
    _corpus(it)
    wanted = {"non_ref_properties": ["n"]}
    it.search(boost=boost, properties=wanted, bm25_search={"query": "fox", "properties": ["body"]})
    it.search(boost=boost, properties=wanted)
    if "bears" in str(boost):
        it.differs("A boost behind a vector search sees")
    it.search(boost=boost, properties=wanted, near_vector=near(1, 0))
    it.search(boost=boost, properties=wanted, hybrid_search=_HYBRID, limit=3)
    it.search(boost=boost, near_vector=near(1, 0))


@scenario("boost")
def what_filters_see(it: It) -> None:
    it.create(n="int", l="int[]", t="text", r=C)
    it.insert(C, {n: {"n": n, "l": [n], "t": "fox" + " pad" * n, "vector": [n, 1]} for n in range(1, 5)})
    times = where("_creationTimeUnix", ">", "2020-01-01T00:00:00Z")
    for given in (
        times,
        join("Not", times),
        where("l", "=", 3),
        where("len(t)", ">", 9),
        where({"count": {"on": "r"}}, "=", 0),
    ):
        it.search(boost={"conditions": [{"filter": given}, {**_TWO, "weight": 0.5}]}, bm25_search={"query": "fox"})
    groups = {"group_by": {"path": ["t"], **_groups()}}
    for more in (
        {},
        {"filters": where("n", ">", 0)},
        {"sort_by": [{"path": ["n"]}]},
        {"bm25_search": {"query": "fox"}},
    ):
        it.search(boost={"conditions": [{"filter": where("n", "=", 3)}]}, **more)
    it.search(boost={"conditions": [{"filter": where("n", "=", 3)}]}, bm25_search={"query": "fox"}, **groups)


@each(
    "time decay",
    {
        f"curve {curve}, offset {offset or 'none'}, scale {scale}": {"curve": curve, "offset": offset, "scale": scale}
        for curve, offset, scale in ((1, "", "2d"), (2, "", "48h"), (3, "", "2d"), (3, "1d", "2d"), (1, "", "foo"))
    },
)
def _(it: It, settings: Any) -> None:
    it.create(d="date")
    days = {1: "2020-01-01T00:00:00Z", 2: "2020-01-03T00:00:00Z", 3: "2020-01-11T00:00:00Z"}
    it.insert(C, {**{n: {"d": day} for n, day in days.items()}, 4: {}})
    condition = {"time_decay": {"property": "d", "origin": days[1], **settings}}
    it.search(boost={"conditions": [condition], "weight": 1}, properties=None)


_SPREAD = {1: [0, 0], 2: [0.2, 0], 3: [0, 0.2], 4: [3, 0], 5: [0, 4]}


@each("diversity", {f"balance {balance}": balance for balance in (1, 0.9, 0.5, 0)})
def _(it: It, balance: float) -> None:
    it.create(t="text", vectorIndexConfig={"distance": "l2-squared"})
    it.insert(C, {n: {"vector": place, "t": "fox" + " pad" * n} for n, place in _SPREAD.items()})
    mmr = {"mmr": {"limit": 3, "balance": balance}}
    it.search(near_vector=near(0.05, 0, selection=mmr), limit=5)
    it.search(near_object={"id": uuid(4), "selection": mmr}, limit=5)
    hybrid = {"query": "fox", "vectors": [vector(0.05, 0)], "alpha": 0.5, "selection": mmr}
    it.search(hybrid_search=hybrid, limit=5)


@scenario("diversity")
def with_pages_and_boosts(it: It) -> None:
    it.create(t="text", n="int", vectorIndexConfig={"distance": "l2-squared"})
    it.insert(C, {n: {"vector": place, "t": "fox" + " pad" * n, "n": n} for n, place in _SPREAD.items()})
    boost = {"conditions": [{"property_value": {"property": "n"}}], "weight": 0.5}
    mmr = {"mmr": {"limit": 2, "balance": 0.5}}
    hybrid = {"query": "fox", "vectors": [vector(0.05, 0)], "alpha": 0.5, "selection": mmr}
    for more in ({"limit": 3, "offset": 1}, {"limit": 3, "offset": 4}, {"limit": 4, "autocut": 1}):
        for boosted in ({}, {"boost": boost}):
            it.search(near_vector=near(0.05, 0, selection=mmr), properties=None, **more, **boosted)
            it.search(hybrid_search=hybrid, properties=None, **more, **boosted)
    nothing = where("n", ">", 9)
    it.search(near_vector=near(0.05, 0, selection={"mmr": {"limit": 6}}), limit=5, filters=nothing)


@scenario("diversity")
def what_is_refused(it: It) -> None:
    it.create()
    it.insert(C, {n: {"vector": place} for n, place in _SPREAD.items()})
    for mmr in ({"limit": 0}, {"limit": 6}, {"limit": 2, "balance": 1.5}):
        it.search(near_vector=near(0.05, 0, selection={"mmr": mmr}), limit=5)


# Modules.


@each(
    "rerank",
    {
        "a fetch": {"rerank": {"property": "body", "query": "x"}},
        "no query": {"rerank": {"property": "body"}},
        "keywords": {"rerank": {"property": "title"}, "bm25_search": {"query": "fox"}},
        "vectors": {"rerank": {"property": "body"}, "near_vector": near(1, 0), "limit": 3},
        "a number": {"rerank": {"property": "n"}},
        "an unknown property": {"rerank": {"property": "zz"}},
    },
)
def _(it: It, request: Any) -> None:
    _corpus(it, moduleConfig={"reranker-dummy": {}})
    it.search(**request)


@scenario("rerank")
def without_a_module(it: It) -> None:
    _corpus(it)
    it.search(rerank={"property": "body"})


_PROVIDER = generative_pb2.GenerativeDummy()
_DUMMY = [{"dummy": _PROVIDER}]


@each(
    "generative",
    {
        "single": {"single": {"prompt": "Say {title} of {n}"}},
        "single, empty": {"single": {"prompt": "Say {zz}"}},
        "single, no value": {"single": {"prompt": "Say {title}"}},
        "grouped": {"grouped": {"task": "Tell"}},
        "grouped, some": {"grouped": {"task": "Tell", "properties": {"values": ["n", "title"]}}},
        "both": {"single": {"prompt": "x"}, "grouped": {"task": "Tell"}},
        "a provider": {"single": {"prompt": "x", "queries": _DUMMY}},
        "metadata and debug": {
            "single": {"prompt": "x", "queries": [{"dummy": _PROVIDER, "return_metadata": True}], "debug": True}
        },
        "no provider": {"single": {"prompt": "x", "queries": [{"return_metadata": True}]}},
    },
)
def _(it: It, generative: Any) -> None:
    _corpus(it, moduleConfig={"generative-dummy": {}})
    it.search(generative=generative, limit=3)
    it.search(generative=generative, limit=2, bm25_search={"query": "fox"}, properties=None)


@scenario("generative")
def without_a_module_for_it(it: It) -> None:
    _corpus(it)
    it.search(generative={"single": {"prompt": "x"}})
    it.search(generative={"single": {"prompt": "x", "queries": _DUMMY}}, limit=1)


# Figures.

_FIGURES: dict[int, Any] = {
    1: {"i": 1, "n": 1.5, "t": "Hello World", "b": True, "d": "2020-01-01T00:00:00Z", "il": [1, 2], "nl": [0.5]},
    2: {"i": 2, "n": 2.5, "t": "Hello World", "b": False, "d": "2020-01-03T00:00:00.5+02:00", "il": [2, 3]},
    3: {"i": 2, "n": -1, "t": "bye", "b": True, "d": "2020-01-02T00:00:00Z", "il": [], "tl": [], "u": uuid(7)},
    4: {
        "i": 5,
        "n": 2.5,
        "t": "abc",
        "g": {"latitude": 1, "longitude": 2},
        "tl": ["a", "b"],
        "bl": [True, False],
        "dl": ["2020-01-01T00:00:00Z"],
    },
}
_KINDS = {
    "i": "int",
    "n": "number",
    "t": "text",
    "b": "boolean",
    "d": "date",
    "il": "int[]",
    "nl": "number[]",
    "tl": "text[]",
    "bl": "boolean[]",
    "dl": "date[]",
}
_NUMBERS = dict.fromkeys("count type sum mean mode median maximum minimum".split(), True)
_WANTED: dict[str, Any] = {
    **{name: {"int": _NUMBERS} for name in ("i", "il")},
    **{name: {"number": _NUMBERS} for name in ("n", "nl")},
    **{name: {"text": {"count": True, "type": True, "top_occurences": True}} for name in ("t", "tl")},
    **{name: {"boolean": {"count": True, "type": True, "total_true": True}} for name in ("b", "bl")},
    **{name: {"date": dict.fromkeys("count type median maximum minimum".split(), True)} for name in ("d", "dl")},
    "r": {"reference": {"type": True, "pointing_to": True}},
    "g": {"text": {"count": True}},
    "u": {"text": {"count": True}},
    "zz": {"int": _NUMBERS},
}


def _figures(it: It) -> None:
    it.create(r=C, g="geoCoordinates", u="uuid", **_KINDS)
    it.insert(C, {n: {**own, "vector": [n, 1]} for n, own in _FIGURES.items()})


@scenario("aggregate")
def modes(it: It) -> None:
    it.create(d="date", i="int", n="number")
    days = ("2020-01-02T00:00:00+02:00", "2020-01-01T22:00:00Z", "2020-01-01T22:00:00Z", "2019-01-01T00:00:00Z")
    it.insert(C, {n: {"d": day, "i": min(n, 3), "n": n // 2} for n, day in enumerate(days, 1)})
    wanted = [{"property": name, kind: {"mode": True}} for name, kind in (("d", "date"), ("i", "int"), ("n", "number"))]
    for one in wanted:
        it.rpc("Aggregate", collection=C, aggregations=[one])
        it.rpc("Aggregate", collection=C, aggregations=[one], filters=where("i", ">", 0))


@each("aggregate", {name: name for name in _WANTED})
def _(it: It, name: str) -> None:
    _figures(it)
    wanted = [{"property": name, **_WANTED[name]}]
    it.rpc("Aggregate", collection=C, aggregations=wanted, objects_count=True)
    it.rpc("Aggregate", collection=C, aggregations=wanted, filters=where("i", ">", 1))
    it.rpc("Aggregate", collection=C, aggregations=wanted, filters=where("i", ">", 100))
    it.rpc("Aggregate", collection=C, aggregations=[{"property": name}])

    def unordered(reply: Any) -> Any:
        groups = reply.get("grouped_results", {}).get("groups", ())
        for group in groups:
            group.get("aggregations", {}).get("aggregations", []).sort(key=lambda item: item["property"])
        return sorted(groups, key=lambda group: str(group.get("grouped_by")))

    it.rpc("Aggregate", collection=C, objects_count=True, group_by={"property": name}, show=unordered)
    if name == "g":
        return  # the server prints addresses
    counted = wanted if name == "i" else [{"property": "i", "int": {"sum": True, "count": True}}, *wanted]
    it.rpc("Aggregate", collection=C, aggregations=counted, group_by={"property": name}, show=unordered)


@each(
    "aggregate over a search",
    {
        "near vector": {"near_vector": near(1, 0), "object_limit": 2},
        "near vector, distance": {"near_vector": near(1, 0, distance=0.1)},
        "near vector, both": {"near_vector": near(1, 0, distance=0.1), "object_limit": 1},
        "near vector, neither": {"near_vector": near(1, 0)},
        "near object": {"near_object": {"id": uuid(1)}, "object_limit": 3},
        "near text": {"near_text": {"query": ["x"]}, "object_limit": 3},
        "hybrid": {"hybrid": {"query": "hello", "vectors": [vector(1, 0)], "alpha": 0.5}, "object_limit": 2},
        "hybrid, no limit": {"hybrid": {"query": "hello", "vectors": [vector(1, 0)], "alpha": 0.5}},
        "keywords": {"hybrid": {"query": "hello"}, "object_limit": 5},
        "a filter as well": {"near_vector": near(1, 0), "object_limit": 2, "filters": where("i", "=", 2)},
        "groups": {"near_vector": near(1, 0), "object_limit": 4, "group_by": {"property": "t"}, "limit": 1},
        "a missing class": {"collection": "CgNothing"},
        "more occurrences": {
            "aggregations": [{"property": "t", "text": {"top_occurences": True, "top_occurences_limit": 1}}]
        },
        "few groups": {"group_by": {"property": "t"}, "limit": 1},
        "a tenant": {"tenant": "a"},
    },
)
def _(it: It, request: Any) -> None:
    _figures(it)
    given = {"collection": C, "objects_count": True, "aggregations": [{"property": "i", "int": {"sum": True}}]}
    it.rpc("Aggregate", **{**given, **request})


@each(
    "aggregate over a search",
    {
        f"{metric}, {threshold}, limit {limit or 'none'}": (metric, threshold, limit)
        for metric in ("cosine", "l2-squared")
        for threshold in ({"distance": 0.5}, {"distance": 2.0}, {"distance": 9.0}, {"certainty": 0.0})
        for limit in (0, 3)
    },
)
def _(it: It, given: Any) -> None:
    metric, threshold, limit = given
    it.create(n="int", vectorIndexConfig={"distance": metric})
    it.insert(C, {n: {"n": n, "vector": [n, 1]} for n in range(1, 6)})
    limited = {"object_limit": limit} if limit else {}
    it.rpc("Aggregate", collection=C, objects_count=True, near_vector=near(1, 0, **threshold), **limited)


@scenario("aggregate over a search")
def words_in_all_texts(it: It) -> None:
    it.create(t="text", u="text", l="text[]")
    it.insert(C, {1: {"t": "fox", "vector": [1]}, 2: {"u": "fox", "vector": [2]}, 3: {"l": ["fox"], "vector": [3]}})
    for names in ([], ["t"], ["l"]):
        words = {"query": "fox", "alpha": 0.0, "properties": names, "vectors": [vector(1)]}
        it.rpc("Aggregate", collection=C, objects_count=True, hybrid=words, object_limit=5)


@scenario("aggregate")
def references(it: It) -> None:
    it.create(r=C, t="text")
    it.insert(C, {1: {"t": "x"}, 2: {"t": "y", "r": [{"beacon": f"weaviate://localhost/{C}/{uuid(1)}"}]}})
    for asked in (
        {"reference": {}},
        {"reference": {"type": True}},
        {"reference": {"pointing_to": True}},
        {"text": {}},
        {},
    ):
        for more in ({}, {"filters": where("t", "=", "y")}, {"filters": where("t", "=", "z")}):
            it.rpc("Aggregate", collection=C, aggregations=[{"property": "r", **asked}], **more)


@scenario("aggregate")
def what_is_not_indexed(it: It) -> None:
    kinds = {"i": 1, "n": 1.5, "b": True, "d": "2020-01-01T00:00:00Z", "t": "x"}
    types = dict(zip(kinds, ("int", "number", "boolean", "date", "text"), strict=True))
    it.create(**{name: {"dataType": [kind], "indexFilterable": False} for name, kind in types.items()})
    it.insert(C, {1: kinds})
    for name, kind in types.items():
        wanted = [{"property": name, kind: {"count": True}}]
        it.rpc("Aggregate", collection=C, aggregations=wanted)
        it.rpc("Aggregate", collection=C, aggregations=wanted, filters=where("t", "IsNull", False))
        it.rpc("Aggregate", collection=C, aggregations=wanted, group_by={"property": "t"})


@scenario("aggregate")
def figures_of_nothing(it: It) -> None:
    _figures(it)
    for name, kind, asked in (
        ("d", "date", {"median": True}),
        ("d", "date", {"type": True, "count": True}),
        ("il", "int", {"type": True, "sum": True}),
        ("n", "boolean", {"type": True}),
        ("t", "text", {"top_occurences_limit": 1}),
    ):
        for more in ({}, {"filters": where("i", ">", 100)}):
            it.rpc("Aggregate", collection=C, aggregations=[{"property": name, kind: asked}], **more)


@scenario("aggregate")
def the_spelling_of_dates(it: It) -> None:
    it.create(d="date", l="date[]", n="int")
    days = ("2020-01-01T02:00:00+02:00", "2020-01-01T00:00:00Z", "2020-01-01T02:00:00+02:00", "2021-01-01T00:00:00Z")
    it.insert(C, {n: {"d": day, "l": [day], "n": n} for n, day in enumerate(days, 1)})
    asked = dict.fromkeys(("minimum", "maximum", "count"), True)
    for name in ("d", "l"):
        for more in (
            {},
            {"filters": where("n", ">", 0)},
            {"filters": where("n", "<", 4)},
            {"filters": where("n", "<", 2)},
        ):
            it.rpc("Aggregate", collection=C, aggregations=[{"property": name, "date": asked}], **more)
    it.rpc(
        "Aggregate",
        collection=C,
        aggregations=[{"property": "l", "date": {"median": True}}],
        filters=where("n", "!=", 2),
    )
