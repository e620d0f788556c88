"""What calls about collections, their configuration, their tenants and aliases send: requests.json beside this file.

A call that is added or changed is recorded with `WEAVIATE_HL_GOLDEN=write pytest tests/golden/schema`; read the diff.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import weaviate_hl.classes.config as wvcc
import weaviate_hl.classes.tenants as wvct
from tests.golden.kit import Recorder, recorded
from weaviate_hl.sync.alias import Alias
from weaviate_hl.sync.collections import Collections

ARTICLE = {
    "class": "Article",
    "properties": [{"name": "title", "dataType": ["text"]}, {"name": "hasAuthor", "dataType": ["Author"]}],
    "invertedIndexConfig": {"bm25": {"b": 0.75, "k1": 1.2}, "stopwords": {"preset": "en", "additions": None}},
    "moduleConfig": {"generative-openai": {"model": "old"}, "text2vec-openai": {}},
    "multiTenancyConfig": {"enabled": False},
    "replicationConfig": {"factor": 1},
    "vectorConfig": {
        "a": {"vectorizer": {"none": {}}, "vectorIndexType": "hnsw", "vectorIndexConfig": {"ef": -1, "new": 1}},
        "b": {"vectorizer": {"text2vec-openai": {}}, "vectorIndexType": "flat", "vectorIndexConfig": {}},
    },
    "ofANewerServer": {"kept": True},
}
OLD = {
    "class": "Old",
    "vectorizer": "none",
    "vectorIndexType": "hnsw",
    "vectorIndexConfig": {"ef": -1, "pq": {"enabled": False, "segments": 0}},
}
ANSWERS: dict[str, Any] = {
    "schema.objects.get": lambda path: OLD if path.endswith("Old") else ARTICLE,
    "schema.dump": lambda path: {"classes": [ARTICLE, OLD]},
    "schema.objects.shards.get": lambda path: [{"name": "s1", "status": "READY"}, {"name": "s2", "status": "READY"}],
    "schema.objects.shards.update": lambda path: {"status": "READONLY"},
    "nodes.get.class": lambda path: {"nodes": []},
    "tenants.get.one": lambda path: {"name": "alice", "activityStatus": "HOT"},
    "aliases.get": lambda path: {"aliases": None},
    "aliases.get.alias": lambda path: {"alias": "Articles", "class": "Article"},
}


CALLS = """
collections.create("Article")
collections.create("article", description="news", properties=[Property(name="title", data_type=DataType.TEXT, description="t", index_filterable=True, index_searchable=False, index_range_filters=False, tokenization=Tokenization.FIELD, text_analyzer=Configure.text_analyzer(ascii_fold=True))])
collections.create("Article", properties=[Property(name="o", data_type=DataType.OBJECT, nested_properties=[Property(name="n", data_type=DataType.INT_ARRAY)])])
collections.create("Article", properties=[], references=[ReferenceProperty(name="by", target_collection="author"), ReferenceProperty.MultiTarget(name="any", target_collections=["A", "b"])])
collections.create("Article", properties=[Property(name="t", data_type=DataType.TEXT, skip_vectorization=True)], vector_config=[Configure.Vectors.self_provided(name="a"), Configure.Vectors.text2vec_openai(name="b")])
collections.create("Article", properties=[Property(name="t", data_type=DataType.TEXT)], vectorizer_config=Configure.Vectorizer.text2vec_openai(), vector_index_config=Configure.VectorIndex.flat())
collections.create("Article", vectorizer_config=Configure.Vectorizer.none())
collections.create("Article", vector_index_config=Configure.VectorIndex.hnsw(ef=8))
collections.create("Article", vectorizer_config=[Configure.NamedVectors.none(name="a")])
collections.create("Article", generative_config=Configure.Generative.openai(), reranker_config=Configure.Reranker.cohere(model="m"), vectorizer_config=Configure.Vectorizer.text2vec_cohere())
collections.create("Article", inverted_index_config=Configure.inverted_index(bm25_b=0.5, bm25_k1=1.0), multi_tenancy_config=Configure.multi_tenancy(), object_ttl_config=Configure.ObjectTTL.delete_by_creation_time(60), replication_config=Configure.replication(factor=3))
collections.create("Article", sharding_config=Configure.sharding(desired_count=2))
collections.create_from_dict({"class": "Article", "ofANewerServer": 1})
collections.create_from_config(collections.export_config("Article"))
collections.create_from_dict({"class": "Article", "multiTenancyConfig": {"enabled": True}, "shardingConfig": {"desiredCount": 0, "key": ""}})
collections.create_from_dict({"class": "Article", "multiTenancyConfig": {"enabled": True}, "shardingConfig": {"desiredCount": 1}})
collections.create_from_dict({"class": "Article", "vectorizer": "none", "vectorIndexConfig": {"ef": 1}, "vectorConfig": {"later": {}}})
collections.exists("article")
collections.delete("Article")
collections.delete(["Article", "Author"])
collections.delete_all()
collections.list_all()
collections.export_config("Article")
article.exists()
article.shards()
len(article)
len(article.with_tenant("alice"))
article.config.get()
article.config.update(description="", property_descriptions={"title": "the title"})
article.config.update(inverted_index_config=Reconfigure.inverted_index(bm25_b=0.5, stopwords_additions=["x"]), replication_config=Reconfigure.replication(factor=2), multi_tenancy_config=Reconfigure.multi_tenancy(auto_tenant_creation=True), object_ttl_config=Reconfigure.ObjectTTL.disable())
article.config.update(generative_config=Reconfigure.Generative.cohere(model="new"), reranker_config=Reconfigure.Reranker.cohere())
article.config.update(vector_config=[Reconfigure.Vectors.update(name="a", vector_index_config=Reconfigure.VectorIndex.hnsw(ef=8)), Reconfigure.Vectors.update(name="b", vector_index_config=Reconfigure.VectorIndex.flat(quantizer=Reconfigure.VectorIndex.Quantizer.bq()))])
article.config.update(vectorizer_config=[Reconfigure.NamedVectors.update(name="a", vector_index_config=Reconfigure.VectorIndex.hnsw(ef=8))])
old.config.update(vectorizer_config=Reconfigure.VectorIndex.hnsw(ef=8, quantizer=Reconfigure.VectorIndex.Quantizer.pq()))
old.config.update(vector_index_config=Reconfigure.VectorIndex.hnsw(ef=8))
old.config.update(vector_config=Reconfigure.Vectors.update(vector_index_config=Reconfigure.VectorIndex.hnsw(ef=8)))
article.config.add_property(Property(name="n", data_type=DataType.NUMBER, vectorize_property_name=False))
old.config.add_property(Property(name="n", data_type=DataType.NUMBER))
article.config.add_reference(ReferenceProperty(name="by", target_collection="Author"))
article.config.add_vector(vector_config=[Configure.Vectors.self_provided(name="c"), Configure.Vectors.self_provided(name="d", vector_index_config=Configure.VectorIndex.flat())])
article.config.delete_property_index("title", "searchable")
article.config.get_shards()
article.with_tenant("alice").config.get_shards()
article.config.update_shards("READONLY", "s 1/2")
article.config.update_shards("READY")
article.tenants.create("alice")
article.tenants.create(["alice", Tenant(name="bob", activity_status=TenantActivityStatus.INACTIVE), TenantCreate(name="carol", activity_status="COLD")])
article.tenants.update(TenantUpdate(name="alice", activity_status=TenantUpdateActivityStatus.OFFLOADED))
article.tenants.activate(["alice", Tenant(name="bob")])
article.tenants.deactivate("alice")
article.tenants.offload("alice")
article.tenants.remove([Tenant(name="alice"), "bob"])
article.tenants.get()
article.tenants.get_by_names(["alice", Tenant(name="bob")])
article.tenants.get_by_names([])
article.tenants.get_by_name("alice")
article.tenants.exists(Tenant(name="alice"))
alias.create(alias_name="articles", target_collection="article")
alias.list_all()
alias.list_all(collection="article")
alias.get(alias_name="Articles")
alias.exists(alias_name="Articles")
alias.update(alias_name="Articles", new_target_collection="Other")
alias.delete(alias_name="Articles")
""".strip().splitlines()  # noqa: E501


def sent(call: str) -> Any:
    recorder: Any = Recorder(ANSWERS)
    collections = Collections(recorder)
    scope = {**vars(wvcc), **vars(wvct), "collections": collections, "alias": Alias(recorder)}
    scope |= {"article": collections.use("Article"), "old": collections.use("Old")}
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


def test_many_tenants_are_changed_in_several_requests() -> None:
    recorder: Any = Recorder(ANSWERS)
    Collections(recorder).use("Article").tenants.activate([f"t{i}" for i in range(201)])
    assert [len(body) for _, _, _, body in recorder.sent] == [100, 100, 1]
