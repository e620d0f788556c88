"""Configurations: how they combine, what they refuse, and what they never show."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from weaviate_hl.errors import WeaviateBaseError, WeaviateInvalidInputError
from weaviate_hl.values import enums
from weaviate_hl.values.base import Configuration
from weaviate_hl.values.configuration import Multi2VecField, StopwordsCreate, TextAnalyzerConfigCreate
from weaviate_hl.values.factories import FactoryCheck
from weaviate_hl.values.providers import Configure, GenerativeConfig, Integrations, Reconfigure

VectorIndex = Configure.VectorIndex
Quantizer = VectorIndex.Quantizer
MultiVector = VectorIndex.MultiVector


# A vector and its index.


@pytest.mark.parametrize(
    ("value", "name", "entry"),
    [
        (Configure.Vectors.self_provided(), "default", {}),
        (
            Configure.Vectors.self_provided(name="a", quantizer=Quantizer.rq(bits=8, rescore_limit=5)),
            "a",
            {
                "vectorIndexType": "hnsw",
                "vectorIndexConfig": {"rq": {"enabled": True, "bits": 8, "rescoreLimit": 5}},
            },
        ),
        (
            Configure.Vectors.self_provided(
                vector_index_config=VectorIndex.flat(
                    distance_metric=enums.VectorDistances.L2_SQUARED, quantizer=Quantizer.bq(cache=True)
                )
            ),
            "default",
            {
                "vectorIndexType": "flat",
                "vectorIndexConfig": {"distance": "l2-squared", "bq": {"enabled": True, "cache": True}},
            },
        ),
        (
            Configure.Vectors.self_provided(
                vector_index_config=VectorIndex.flat(vector_cache_max_objects=5), quantizer=Quantizer.bq()
            ),
            "default",
            {
                "vectorIndexType": "flat",
                "vectorIndexConfig": {"vectorCacheMaxObjects": 5, "bq": {"enabled": True}},
            },
        ),
        (
            Configure.Vectors.self_provided(
                vector_index_config=VectorIndex.dynamic(
                    threshold=5, hnsw=VectorIndex.hnsw(ef=10, quantizer=Quantizer.sq()), flat=VectorIndex.flat()
                )
            ),
            "default",
            {
                "vectorIndexType": "dynamic",
                "vectorIndexConfig": {"threshold": 5, "hnsw": {"ef": 10, "sq": {"enabled": True}}, "flat": {}},
            },
        ),
        (
            Configure.NamedVectors.none("own", vector_index_config=VectorIndex.none()),
            "own",
            {"vectorIndexType": "hnsw", "vectorIndexConfig": {"skip": True}},
        ),
        (
            Configure.Vectors.self_provided(quantizer=Quantizer.none()),
            "default",
            {"vectorIndexType": "hnsw", "vectorIndexConfig": {"skipDefaultQuantization": True}},
        ),
        (
            Configure.MultiVectors.self_provided(
                encoding=MultiVector.Encoding.muvera(ksim=4),
                multi_vector_config=MultiVector.multi_vector(aggregation="maxSim"),
                vector_index_config=VectorIndex.hnsw(ef=3),
                quantizer=Quantizer.bq(),
            ),
            "default",
            {
                "vectorIndexType": "hnsw",
                "vectorIndexConfig": {
                    "ef": 3,
                    "bq": {"enabled": True},
                    "multivector": {
                        "enabled": True,
                        "aggregation": "maxSim",
                        "muvera": {"enabled": True, "ksim": 4},
                    },
                },
            },
        ),
        (
            Configure.MultiVectors.self_provided(
                vector_index_config=VectorIndex.hnsw(multi_vector=MultiVector.multi_vector(aggregation="maxSim"))
            ),
            "default",
            {
                "vectorIndexType": "hnsw",
                "vectorIndexConfig": {"multivector": {"enabled": True, "aggregation": "maxSim"}},
            },
        ),
    ],
)
def test_entry_of_a_vector(value: Any, name: str, entry: dict[str, Any]) -> None:
    assert value.entry() == (name, {"vectorizer": {"none": {}}} | entry)


def test_properties_stand_with_the_vectorizer() -> None:
    value = Configure.Vectors.text2vec_cohere(name="title", source_properties=["title"])
    settings = {"vectorizeClassName": True, "properties": ["title"]}
    assert value.entry() == ("title", {"vectorizer": {"text2vec-cohere": settings}})
    assert value.to_dict()["properties"] == ["title"]


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (
            lambda: Configure.Vectors.self_provided(
                quantizer=Quantizer.bq(), vector_index_config=VectorIndex.hnsw(quantizer=Quantizer.sq())
            ),
            "each name a quantizer",
        ),
        (
            lambda: Configure.Vectors.self_provided(
                quantizer=Quantizer.bq(), vector_index_config=VectorIndex.dynamic()
            ),
            "takes no `quantizer`",
        ),
        (
            lambda: Configure.MultiVectors.self_provided(vector_index_config=VectorIndex.flat()),
            "takes no multi-vectors",
        ),
        (
            lambda: Configure.MultiVectors.self_provided(
                encoding=MultiVector.Encoding.muvera(ksim=1),
                multi_vector_config=MultiVector.multi_vector(encoding=MultiVector.Encoding.muvera(ksim=2)),
            ),
            "`encoding` is given twice",
        ),
        (
            lambda: Configure.MultiVectors.self_provided(
                multi_vector_config=MultiVector.multi_vector(aggregation="maxSim"),
                vector_index_config=VectorIndex.hnsw(multi_vector=MultiVector.multi_vector()),
            ),
            "each say how multi-vectors are indexed",
        ),
        (lambda: Configure.inverted_index(bm25_b=0.5), "`bm25_b` and `bm25_k1` are given together or not at all"),
        (lambda: Configure.Vectorizer.text2vec_aws(), "`region` must be a str that is not empty, not ''"),
        (lambda: Configure.ObjectTTL.delete_by_creation_time(None), "`time_to_live` must be an int or a timedelta"),  # type: ignore[arg-type]
    ],
)
def test_what_does_not_go_together_is_refused(call: Callable[[], object], problem: str) -> None:
    with pytest.raises(WeaviateInvalidInputError, match=problem) as caught:
        call()
    assert str(caught.value).startswith("Configure.")


def test_a_shared_index_is_not_changed() -> None:
    index = VectorIndex.hnsw(ef=3)
    Configure.MultiVectors.self_provided(
        vector_index_config=index, quantizer=Quantizer.bq(), encoding=MultiVector.Encoding.muvera()
    )
    assert index.to_dict() == {"ef": 3}


def test_changes_are_of_another_type() -> None:
    with pytest.raises(WeaviateInvalidInputError, match="must be BQConfigUpdate or RQConfigUpdate, not a value of"):
        Reconfigure.VectorIndex.flat(quantizer=Quantizer.bq())  # type: ignore[arg-type]
    update = Reconfigure.Vectors.update(name="a", vector_index_config=Reconfigure.VectorIndex.hnsw(ef=3))
    assert update.to_dict() == {"name": "a", "vectorIndexType": "hnsw", "vectorIndexConfig": {"ef": 3}}


def test_nested_settings() -> None:
    frequency = Configure.Replication.async_config(frequency=3)
    assert Configure.replication(factor=2, async_config=frequency).to_dict() == {
        "factor": 2,
        "asyncConfig": {"frequency": 3},
    }
    assert Reconfigure.VectorIndex.Quantizer.pq(encoder_type="tile").to_dict() == {
        "enabled": True,
        "encoder": {"type": "tile"},
    }
    assert Reconfigure.inverted_index(bm25_b=0.5).to_dict() == {"bm25": {"b": 0.5}, "stopwords": {}}


# Values.


VALUES: list[Configuration] = [
    Configure.Vectors.text2vec_openai(name="a", model="m", quantizer=Quantizer.bq()),
    Configure.Vectorizer.none(),
    VectorIndex.dynamic(hnsw=VectorIndex.hnsw(ef=1)),
    GenerativeConfig.openai(stop=["x"], verbosity="low"),
    Integrations.openai(api_key="sk-1"),
    Multi2VecField(name="image", weight=0.5),
    StopwordsCreate(preset="en", additions=["x"]),
    TextAnalyzerConfigCreate(ascii_fold=True),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_compare_and_copy(value: Configuration) -> None:
    assert copy.deepcopy(value) == copy.copy(value) == value
    assert value != Configure.Reranker.transformers()
    assert value != value.to_dict()
    assert not hasattr(value, "__dict__")
    with pytest.raises(TypeError, match="unhashable"):
        hash(value)


def test_modules_with_the_same_settings_differ() -> None:
    assert Configure.Reranker.cohere(model="m") != Configure.Reranker.jinaai(model="m")
    assert Configure.Generative.palm("p") == Configure.Generative.google("p")


def test_dictionaries_are_copies() -> None:
    settings = {"nested": {"list": [1], "none": None}}
    value = Configure.Vectors.custom(module_name="text2vec-acme", module_config=settings)
    settings["nested"]["list"].append(2)  # type: ignore[union-attr]
    value.to_dict()["vectorizer"]["text2vec-acme"]["nested"]["list"].append(3)
    assert value.to_dict()["vectorizer"] == {"text2vec-acme": {"nested": {"list": [1], "none": None}}}


def test_repr() -> None:
    value = Configure.Vectors.text2vec_cohere(name="a", model="m")
    assert repr(value) == (
        "VectorConfigCreate(settings={'model': 'm', 'vectorizeClassName': True}, module='text2vec-cohere', name='a')"
    )
    assert repr(Configure.Vectorizer.none()) == "VectorizerConfigCreate(module='none')"


def test_secrets_are_never_shown() -> None:
    secret = "sk-123456"
    shown = [
        repr(Integrations.openai(api_key=secret, base_url=f"https://me:{secret}@example.com/v1")),
        repr(Configure.Reranker.custom("reranker-acme", {"apiKey": secret, "inner": [{"client_secret": secret}]})),
        repr(Configure.Reranker.cohere(base_url=f"https://{secret}@example.com")),
    ]
    calls: list[Callable[[], object]] = [
        lambda: Integrations.openai(api_key=b"sk-123456"),  # type: ignore[arg-type]
        lambda: Integrations.openai(api_key="x", requests_per_minute_embeddings=secret),  # type: ignore[arg-type]
        lambda: Configure.Reranker.cohere(base_url=f"ftp://me:{secret}@example.com"),
        lambda: Configure.Vectors.custom(module_name="x", name={"apiKey": secret}),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(WeaviateInvalidInputError) as caught:
            call()
        shown.append(str(caught.value))
    assert not [text for text in shown if secret in text]
    assert "'max_tokens': 7" in repr(GenerativeConfig.mistral(max_tokens=7))


def test_headers_of_an_integration() -> None:
    value = Integrations.cohere(api_key="k", requests_per_minute_embeddings=7, base_url="https://x.example")
    assert value.headers() == {
        "X-Cohere-Api-Key": "k",
        "X-Cohere-Ratelimit-RequestPM-Embedding": "7",
        "X-Cohere-Baseurl": "https://x.example",
    }


def test_weights_of_fields() -> None:
    value = Configure.Vectors.multi2vec_clip(
        image_fields=[Multi2VecField(name="image", weight=0.75)], text_fields=["title", "text"]
    )
    assert value.settings == {
        "imageFields": ["image"],
        "textFields": ["title", "text"],
        "weights": {"imageFields": [0.75]},
    }
    with pytest.raises(WeaviateInvalidInputError, match="`image_fields` must be a list in which all"):
        Configure.Vectors.multi2vec_clip(image_fields=[Multi2VecField(name="a", weight=1), "b"])


def test_values_that_users_make_themselves() -> None:
    assert StopwordsCreate(preset=enums.StopwordsPreset.EN, removals=["a"]).to_dict() == {
        "preset": "en",
        "removals": ["a"],
    }
    assert TextAnalyzerConfigCreate(stopword_preset="mine").to_dict() == {"stopwordPreset": "mine"}
    with pytest.raises(WeaviateInvalidInputError, match="StopwordsCreate: `preset` must be a StopwordsPreset"):
        StopwordsCreate(preset="english")


def test_enumerations_are_texts() -> None:
    assert {kind.__name__: [member.value for member in kind] for kind in ENUMERATIONS} == ENUMERATIONS_HAVE
    assert f"{enums.VectorDistances.COSINE}" == "cosine"


ENUMERATIONS = (enums.VectorDistances, enums.VectorFilterStrategy, enums.PQEncoderType, enums.PQEncoderDistribution)
ENUMERATIONS_HAVE = {
    "VectorDistances": ["cosine", "dot", "l2-squared", "hamming", "manhattan"],
    "VectorFilterStrategy": ["sweeping", "acorn"],
    "PQEncoderType": ["kmeans", "tile"],
    "PQEncoderDistribution": ["log-normal", "normal"],
}


# Checks.


check = FactoryCheck("Factory")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("http://x.example", "http://x.example/"),
        ("https://x.example:8080", "https://x.example:8080/"),
        ("http://x.example/", "http://x.example/"),
        ("http://x.example/v1", "http://x.example/v1"),
        ("http://x.example?a=/b", "http://x.example/?a=/b"),
        (None, None),
    ],
)
def test_addresses(given: str | None, sent: str | None) -> None:
    assert check.url("a", given) == sent


class Address:
    """As the address classes of other libraries."""

    scheme, host = "http", "x.example"

    def __str__(self) -> str:
        return "http://x.example/v1"


def test_addresses_of_other_libraries() -> None:
    assert check.url("a", Address()) == "http://x.example/v1"  # type: ignore[arg-type]


def test_time() -> None:
    assert check.seconds("a", timedelta(days=1)) == 86400
    assert check.seconds("a", timedelta(seconds=-5)) == -5
    assert Configure.ObjectTTL.delete_by_creation_time(60).to_dict() == {
        "enabled": True,
        "deleteOn": "_creationTimeUnix",
        "defaultTtl": 60,
    }


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (lambda: check.text("a", 1), "a str, not 1"),
        (lambda: check.text("a", None, required=True), "a str, not None"),
        (lambda: check.integer("a", True), "an int, not True"),
        (lambda: check.integer("a", 1.0), "an int, not 1.0"),
        (lambda: check.integer("a", "1"), "an int, not '1'"),
        (lambda: check.number("a", False), "a finite float, not False"),
        (lambda: check.number("a", float("nan")), "a finite float, not nan"),
        (lambda: check.boolean("a", 1), "a bool, not 1"),
        (lambda: check.texts("a", "title"), "a list of str, not 'title'"),
        (lambda: check.texts("a", {"title"}), "a list of str, not a value of type set"),  # type: ignore[arg-type]
        (lambda: check.fields("a", "title"), "a list of str or of Multi2VecField, not 'title'"),
        (lambda: check.mapping("a", {1: 2}), "a dict with str as keys, not a value of type dict"),  # type: ignore[dict-item]
        (lambda: check.text_lists("a", ["b"]), "a dict with str as keys and lists of str as values, not a value"),  # type: ignore[arg-type]
        (lambda: check.choice("a", "left", ("LEFT", "RIGHT")), "one of 'LEFT', 'RIGHT', not 'left'"),
        (lambda: check.enum("a", "tyle", enums.PQEncoderType), "a PQEncoderType ('kmeans', 'tile'), not 'tyle'"),
        (lambda: check.url("a", "x.example"), "an address that begins with http:// or https://, not 'x.example'"),
        (lambda: check.url("a", "http://"), "an address that begins with http:// or https://, not 'http://'"),
        (lambda: check.seconds("a", timedelta(seconds=1.5)), "an int or a timedelta, in whole seconds, not a value"),
        (lambda: check.seconds("a", True), "an int or a timedelta, in whole seconds, not True"),
        (lambda: check.text("a", "", nonempty=True), "a str that is not empty, not ''"),
        (lambda: check.integer("a", "x" * 80), "an int, not 'xxxx"),
    ],
)
def test_wrong_types(call: Callable[[], object], wanted: str) -> None:
    with pytest.raises(WeaviateInvalidInputError) as caught:
        call()
    assert str(caught.value).startswith(f"Factory: `a` must be {wanted}")
    assert len(str(caught.value)) < 150
    assert isinstance(caught.value, WeaviateBaseError)
    assert caught.value.message == str(caught.value)


def test_a_wrong_element_is_named() -> None:
    with pytest.raises(WeaviateInvalidInputError, match=r"`a\[1\]` must be a str, not 2"):
        check.texts("a", ["x", 2])  # type: ignore[list-item]
    with pytest.raises(WeaviateInvalidInputError, match=r"`a\['b'\]\[0\]` must be a str, not 2"):
        check.text_lists("a", {"b": [2]})  # type: ignore[list-item]


def test_arguments_without_effect_warn() -> None:
    with pytest.warns(UserWarning, match=r"Quantizer\.sq: `cache` has no effect") as caught:
        Quantizer.sq(cache=True)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="`vectorize_collection_name` has no effect"):
        Configure.Vectorizer.multi2vec_clip(vectorize_collection_name=False)
