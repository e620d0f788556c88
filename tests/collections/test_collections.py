"""Collections, configuration, tenants and aliases, on lite and on a real server, in both colours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.collections.conftest import PREFIX
from tests.core.colours import Sync
from weaviate_hl import errors
from weaviate_hl.classes.config import (
    Configure,
    ConsistencyLevel,
    DataType,
    Property,
    Reconfigure,
    ReferenceProperty,
    ReplicationDeletionStrategy,
    Tokenization,
)
from weaviate_hl.classes.tenants import Tenant, TenantActivityStatus, TenantCreate, TenantUpdate


@pytest.fixture
def client(anywhere: Any) -> Any:
    """A client of any of the places."""
    return anywhere


FULL: dict[str, Any] = {
    "description": "everything",
    "properties": [
        Property(name="title", data_type=DataType.TEXT, tokenization=Tokenization.FIELD, skip_vectorization=True),
        Property(
            name="meta",
            data_type=DataType.OBJECT,
            nested_properties=Property(name="n", data_type=DataType.NUMBER_ARRAY),
        ),
        Property(name="body", data_type="text", text_analyzer=Configure.text_analyzer(ascii_fold=True)),
    ],
    "vector_config": [
        Configure.Vectors.self_provided(name="own"),
        Configure.Vectors.text2vec_openai(
            name="text",
            source_properties=["title"],
            vector_index_config=Configure.VectorIndex.flat(quantizer=Configure.VectorIndex.Quantizer.bq(cache=True)),
        ),
        Configure.MultiVectors.self_provided(
            name="many", encoding=Configure.VectorIndex.MultiVector.Encoding.muvera(ksim=3)
        ),
        Configure.Vectors.self_provided(name="hfresh", vector_index_config=Configure.VectorIndex.hfresh()),
    ],
    "generative_config": Configure.Generative.openai(model="m"),
    "reranker_config": Configure.Reranker.cohere(),
    "inverted_index_config": Configure.inverted_index(
        index_null_state=True, stopwords_additions=["zz"], stopword_presets={"mine": ["a"]}
    ),
    "sharding_config": Configure.sharding(desired_count=2),
    "replication_config": Configure.replication(deletion_strategy=ReplicationDeletionStrategy.DELETE_ON_CONFLICT),
}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "bare": {},
    "full": FULL,
    "no properties": {"properties": []},
    "tenants": {"multi_tenancy_config": Configure.multi_tenancy(auto_tenant_creation=True)},
    "older spelling": {
        "vectorizer_config": Configure.Vectorizer.text2vec_openai(vectorize_collection_name=False),
        "vector_index_config": Configure.VectorIndex.hnsw(ef=9),
        "properties": [Property(name="t", data_type=DataType.TEXT, vectorize_property_name=False)],
    },
    "no vectorizer": {"vectorizer_config": Configure.Vectorizer.none()},
}


@pytest.mark.parametrize("arguments", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_collection_can_be_created_again_from_its_configuration(
    colour: Sync, client: Any, arguments: dict[str, Any]
) -> None:
    name = PREFIX + "Again"
    colour.call(client.collections.create, name, **arguments)
    before = colour.call(client.collections.export_config, name)
    told = before.to_dict()
    repr(before)
    collections = client.collections
    for create, config in ((collections.create_from_config, before), (collections.create_from_dict, told)):
        colour.call(collections.delete, name)
        again = colour.call(create, config)
        assert colour.call(again.config.get).to_dict() == told


def test_a_collection_with_both_kinds_of_vectors_can_be_created_again(colour: Sync, client: Any) -> None:
    both = colour.call(client.collections.create, PREFIX + "Both", vectorizer_config=Configure.Vectorizer.none())
    colour.call(both.config.add_vector, vector_config=Configure.Vectors.self_provided(name="later"))
    before = colour.call(both.config.get)
    colour.call(client.collections.delete, both.name)
    again = colour.call(client.collections.create_from_config, before)
    assert colour.call(again.config.get).to_dict() == before.to_dict()


def test_the_life_of_a_collection(colour: Sync, client: Any) -> None:
    collections = client.collections
    made = colour.call(collections.create, "c" + PREFIX[1:] + "Life")
    assert made.name == PREFIX + "Life"
    assert colour.call(made.exists)
    assert colour.call(collections.exists, made.name)
    with pytest.raises(errors.UnexpectedStatusCodeError, match="already exists"):
        colour.call(collections.create, made.name)
    assert made.name in colour.call(collections.list_all)
    assert colour.call(collections.list_all, simple=False)[made.name] == colour.call(made.config.get)
    assert colour.call(made.length) == 0
    if colour.name == "sync":
        assert len(made) == 0
        assert made
    assert PREFIX in colour.call(made.to_string)
    assert [shard.collection for shard in colour.call(made.shards)] == [made.name]
    colour.call(collections.delete, [made.name, PREFIX + "NeverWas"])
    assert not colour.call(made.exists)
    with pytest.raises(errors.UnexpectedStatusCodeError) as caught:
        colour.call(made.config.get)
    assert caught.value.status_code == 404


def test_other_faces_of_a_collection(colour: Sync, client: Any) -> None:
    plain = client.collections.use(PREFIX)
    other = plain.with_tenant(Tenant(name="alice")).with_consistency_level(ConsistencyLevel.QUORUM)
    assert (plain.tenant, plain.consistency_level) == (None, None)
    assert (other.tenant, other.consistency_level) == ("alice", ConsistencyLevel.QUORUM)
    assert other.with_tenant(None).tenant is None
    assert "alice" in repr(other)


def test_changes(colour: Sync, client: Any) -> None:
    articles = colour.call(client.collections.create, PREFIX + "Article", **FULL)
    colour.call(
        articles.config.update,
        description="new",
        property_descriptions={"title": "the title"},
        inverted_index_config=Reconfigure.inverted_index(bm25_b=0.5, stopwords_additions=["q"]),
        vector_config=Reconfigure.Vectors.update(
            name="own",
            vector_index_config=Reconfigure.VectorIndex.hnsw(ef=77, quantizer=Reconfigure.VectorIndex.Quantizer.rq()),
        ),
        generative_config=Reconfigure.Generative.cohere(model="n"),
        reranker_config=Reconfigure.Reranker.cohere(model="r"),
    )
    config = colour.call(articles.config.get)
    assert config.description == "new"
    assert {one.name: one.description for one in config.properties}["title"] == "the title"
    assert (config.inverted_index_config.bm25.b, config.inverted_index_config.bm25.k1) == (0.5, 1.2)
    assert config.inverted_index_config.stopwords.additions == ["q"]
    index = config.vector_config["own"].vector_index_config
    assert (index.ef, type(index.quantizer).__name__) == (77, "RQConfig")
    assert config.generative_config.to_dict() == {"generative-cohere": {"model": "n"}}
    assert config.reranker_config.model == {"model": "r"}


def test_additions(colour: Sync, client: Any) -> None:
    articles = colour.call(client.collections.create, PREFIX + "Article", **FULL)
    author = colour.call(client.collections.create, PREFIX + "Author")
    config = articles.config
    colour.call(config.add_property, Property(name="extra", data_type=DataType.TEXT, skip_vectorization=True))
    colour.call(config.add_reference, ReferenceProperty(name="by", target_collection=author.name))
    colour.call(
        config.add_reference,
        ReferenceProperty.MultiTarget(name="any", target_collections=[author.name, articles.name]),
    )
    colour.call(config.add_vector, vector_config=Configure.Vectors.self_provided(name="later"))
    colour.call(config.delete_property_index, "title", "searchable")
    now = colour.call(config.get)
    properties = {one.name: one for one in now.properties}
    assert properties["extra"].vectorizer_configs["text2vec-openai"].skip
    assert not properties["title"].index_searchable
    assert {one.name: one.target_collections for one in now.references} == {
        "by": [author.name],
        "any": [author.name, articles.name],
    }
    assert "later" in colour.call(config.get, simple=True).vector_config
    with pytest.raises(errors.WeaviateInvalidInputError, match="already exists"):
        colour.call(config.add_property, Property(name="extra", data_type=DataType.INT))


def test_shards(colour: Sync, client: Any) -> None:
    made = colour.call(client.collections.create, PREFIX, sharding_config=Configure.sharding(desired_count=2))
    shards = colour.call(made.config.get_shards)
    assert [one.status for one in shards] == ["READY", "READY"]
    first = shards[0].name
    assert colour.call(made.config.update_shards, "READONLY", first) == {first: "READONLY"}
    assert set(colour.call(made.config.update_shards, "READY").values()) == {"READY"}


def test_tenants(colour: Sync, client: Any) -> None:
    made = colour.call(client.collections.create, PREFIX, multi_tenancy_config=Configure.multi_tenancy())
    tenants = made.tenants
    inactive = Tenant(name="b", activity_status=TenantActivityStatus.INACTIVE)
    colour.call(tenants.create, ["a", inactive, TenantCreate(name="c")])
    colour.call(tenants.create, "a")
    assert colour.call(tenants.get) == {"a": Tenant(name="a"), "b": inactive, "c": Tenant(name="c")}
    assert colour.call(tenants.get_by_names, ["b", "zz"]) == {"b": inactive}
    assert colour.call(tenants.get_by_name, inactive) == inactive
    assert colour.call(tenants.get_by_name, "zz") is None
    assert colour.call(tenants.exists, "a")
    assert not colour.call(tenants.exists, "zz")
    colour.call(tenants.activate, inactive)
    colour.call(tenants.deactivate, ["a"])
    colour.call(tenants.update, [TenantUpdate(name="c", activity_status="INACTIVE")])
    assert {name: str(one.activity_status) for name, one in colour.call(tenants.get).items()} == {
        "a": "INACTIVE",
        "b": "ACTIVE",
        "c": "INACTIVE",
    }
    many = [f"many{i}" for i in range(120)]
    colour.call(tenants.create, many)
    colour.call(tenants.deactivate, many)
    assert {str(one.activity_status) for one in colour.call(tenants.get_by_names, many).values()} == {"INACTIVE"}
    colour.call(tenants.remove, [*many, "b", Tenant(name="c"), "zz"])
    assert list(colour.call(tenants.get)) == ["a"]
    assert colour.call(made.with_tenant("b").config.get_shards) == []
    with pytest.raises(errors.UnexpectedStatusCodeError, match="offload"):
        colour.call(tenants.offload, "a")


def test_a_collection_without_tenants(colour: Sync, client: Any) -> None:
    made = colour.call(client.collections.create, PREFIX)
    with pytest.raises(errors.WeaviateTenantGetError, match="multi-tenancy is not enabled"):
        colour.call(made.tenants.get)
    with pytest.raises(errors.UnexpectedStatusCodeError, match="multi-tenancy is not enabled"):
        colour.call(made.tenants.create, "a")


def test_aliases(colour: Sync, client: Any) -> None:
    first = colour.call(client.collections.create, PREFIX + "First")
    second = colour.call(client.collections.create, PREFIX + "Second")
    alias = PREFIX + "Alias"
    colour.call(client.alias.create, alias_name=alias, target_collection=first.name)
    found = colour.call(client.alias.get, alias_name=alias)
    assert (found.alias, found.collection) == (alias, first.name)
    assert colour.call(client.alias.list_all)[alias] == found
    assert colour.call(client.alias.list_all, collection=second.name) == {}
    assert colour.call(client.alias.update, alias_name=alias, new_target_collection=second.name)
    assert colour.call(client.collections.use(alias).config.get).name == second.name
    assert colour.call(client.alias.exists, alias_name=alias)
    assert colour.call(client.alias.delete, alias_name=alias)
    assert not colour.call(client.alias.delete, alias_name=alias)
    assert not colour.call(client.alias.exists, alias_name=alias)
    assert colour.call(client.alias.get, alias_name=alias) is None
    assert not colour.call(client.alias.update, alias_name=alias, new_target_collection=first.name)
