"""Results as tables: notebooks, pandas, Arrow and Polars."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from weaviate_gen.grpc.v1.base_pb2 import Vectors
from weaviate_gen.grpc.v1.properties_pb2 import Properties, Value
from weaviate_gen.grpc.v1.search_get_pb2 import MetadataResult, PropertiesResult, SearchReply, SearchResult

import weaviate_hl
from weaviate_hl.classes.config import DataType, Property, ReferenceProperty
from weaviate_hl.classes.data import GeoCoordinate
from weaviate_hl.errors import ResponseCannotBeDecodedError, WeaviatePackageNotInstalledError
from weaviate_hl.ops import decode
from weaviate_hl.values.aggregates import (
    AggregateGroup,
    AggregateGroupByReturn,
    AggregateInteger,
    AggregateReturn,
    GroupedBy,
)
from weaviate_hl.values.results import (
    CrossReference,
    GenerativeGrouped,
    GenerativeObject,
    GenerativeReturn,
    GenerativeSingle,
    GroupByObject,
    GroupByReturn,
    MetadataReturn,
    Object,
    QueryReturn,
)

U1, U2, U3 = (UUID(int=number) for number in (1, 2, 3))
MAY = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)


def of(uuid: UUID, properties: Any, references: Any = None, vector: Any = None, **metadata: Any) -> Object[Any, Any]:
    return Object(uuid, MetadataReturn(**metadata), properties, references, vector or {}, "A")


def result(*objects: Object[Any, Any]) -> QueryReturn[Any, Any]:
    return QueryReturn(list(objects))


MIXED = result(
    of(
        U1,
        {
            "text": "a",
            "whole": 3,
            "moment": MAY.astimezone(timezone(timedelta(hours=2))),
            "uid": U3,
            "spot": GeoCoordinate(latitude=1.5, longitude=2.5),
            "nested": {"moments": [MAY]},
        },
        {"author": CrossReference([of(U2, {}), of(U3, {})])},
        {"default": [1.0, 2.0], "title": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]},
        distance=0.5,
    ),
    of(U2, {"text": None, "whole": 4, "more": True}, None, {"default": [3.0, 4.0]}, distance=0.75),
)
NAMES = [
    "uuid",
    "text",
    "whole",
    "moment",
    "uid",
    "spot",
    "nested",
    "more",
    "author",
    "distance",
    "vector",
    "vector_title",
]


def test_arrow_has_a_typed_column_for_everything() -> None:
    table = MIXED.to_arrow()
    assert table.column_names == NAMES
    assert table.schema.field("vector").type == pa.list_(pa.float32(), 2)
    assert table.schema.field("vector_title").type == pa.list_(pa.list_(pa.float32(), 3))
    assert table.schema.field("moment").type == pa.timestamp("us", "UTC")
    assert table.to_pylist() == [
        {
            "uuid": str(U1),
            "text": "a",
            "whole": 3,
            "moment": MAY,
            "uid": str(U3),
            "spot": {"latitude": 1.5, "longitude": 2.5},
            "nested": {"moments": [MAY]},
            "more": None,
            "author": [str(U2), str(U3)],
            "distance": 0.5,
            "vector": [1.0, 2.0],
            "vector_title": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        },
        {
            "uuid": str(U2),
            "text": None,
            "whole": 4,
            "moment": None,
            "uid": None,
            "spot": None,
            "nested": None,
            "more": True,
            "author": None,
            "distance": 0.75,
            "vector": [3.0, 4.0],
            "vector_title": None,
        },
    ]


def test_polars_has_the_same() -> None:
    frame = MIXED.to_polars()
    assert frame.columns == NAMES
    assert frame.schema["vector"] == pl.Array(pl.Float32, 2)
    assert frame.schema["moment"] == pl.Datetime("us", "UTC")
    assert frame["whole"].to_list() == [3, 4]
    assert frame["vector"].to_list() == [[1.0, 2.0], [3.0, 4.0]]


def test_pandas_has_the_same() -> None:
    frame = MIXED.to_pandas()
    assert list(frame.columns) == NAMES
    assert frame["uuid"].tolist() == [str(U1), str(U2)]
    assert frame["moment"][0] == MAY
    assert frame["spot"][0] == {"latitude": 1.5, "longitude": 2.5}
    assert frame["whole"].sum() == 7
    assert [vector.tolist() for vector in frame["vector"]] == [[1.0, 2.0], [3.0, 4.0]]
    assert frame["vector"][0].dtype == np.float32


def test_vectors_of_different_sizes_are_lists() -> None:
    table = result(of(U1, {}, vector={"default": [1.0]}), of(U2, {}, vector={"default": [1.0, 2.0]})).to_arrow()
    assert table.schema.field("vector").type == pa.list_(pa.float32())


def test_vectors_that_nobody_looked_at_are_not_made_into_lists() -> None:
    vector = np.arange(4, dtype="<f4").tobytes()
    reply = SearchReply(
        results=[
            SearchResult(
                metadata=MetadataResult(id_as_bytes=U1.bytes, vector_bytes=vector),
                properties=PropertiesResult(non_ref_props=Properties(fields={"t": Value(text_value="a")})),
            ),
            SearchResult(
                metadata=MetadataResult(
                    id_as_bytes=U2.bytes,
                    vectors=[Vectors(name="own", vector_bytes=vector, type=Vectors.VECTOR_TYPE_SINGLE_FP32)],
                )
            ),
        ]
    )
    found = decode.query(reply.SerializeToString())
    assert isinstance(found, QueryReturn)
    assert found.to_arrow().to_pylist() == [
        {"uuid": str(U1), "t": "a", "vector": [0, 1, 2, 3], "vector_own": None},
        {"uuid": str(U2), "t": None, "vector": None, "vector_own": [0, 1, 2, 3]},
    ]
    assert found.objects[1].vector_arrays().keys() == {"own"}


def test_a_property_keeps_its_name() -> None:
    table = result(of(U1, {"uuid": "mine", "_uuid": "too", "distance": 7}, distance=0.5)).to_arrow()
    assert table.to_pylist() == [{"__uuid": str(U1), "uuid": "mine", "_uuid": "too", "distance": 7, "_distance": 0.5}]


def test_instances_of_models_are_rows_too() -> None:
    @dataclass
    class Inner:
        n: int

    @dataclass
    class Article:
        title: str
        inner: Inner

    assert result(of(U1, Article("On", Inner(3)))).to_arrow().to_pylist() == [
        {"uuid": str(U1), "title": "On", "inner": {"n": 3}}
    ]


def test_groups_and_what_was_generated_have_columns() -> None:
    grouped: Any = GroupByObject(U1, MetadataReturn(), {}, None, {}, "A", belongs_to_group="g")
    assert GroupByReturn([grouped], {}).to_arrow().to_pylist() == [{"uuid": str(U1), "belongs_to_group": "g"}]
    told: Any = GenerativeObject(
        U1, MetadataReturn(), {}, None, {}, "A", generative=GenerativeSingle(None, "a <b>", None)
    )
    found = GenerativeReturn(objects=[told], generative=GenerativeGrouped(None, "all & more"))
    assert found.to_arrow().to_pylist() == [{"uuid": str(U1), "generated": "a <b>"}]
    html = found._repr_html_()
    assert html.startswith("<p>all &amp; more</p><table>")
    assert "<td>a &lt;b&gt;</td>" in html


@pytest.mark.parametrize("empty", [result(), GroupByReturn([], {}), CrossReference([])])
def test_nothing_found_is_an_empty_table(empty: Any) -> None:
    assert len(empty.to_pandas()) == 0
    assert empty.to_arrow().num_rows == 0
    assert empty.to_polars().height == 0
    assert "<table>" in empty._repr_html_()


def test_values_of_different_types_are_an_error_that_names_the_column() -> None:
    found = result(of(U1, {"n": 1}), of(U2, {"n": "a"}))
    for make in (found.to_arrow, found.to_polars):
        with pytest.raises(ResponseCannotBeDecodedError, match=r"'n' cannot be a column of Arrow.*to_pandas\(\)"):
            make()
    assert found.to_pandas()["n"].tolist() == [1, "a"]


@pytest.mark.parametrize(
    ("method", "missing"),
    [("to_pandas", "pandas"), ("to_arrow", "pyarrow"), ("to_polars", "polars"), ("to_polars", "pyarrow")],
)
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, method: str, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(WeaviatePackageNotInstalledError, match=f"{missing} is not installed. pip install {missing}"):
        getattr(MIXED, method)()


# Notebooks.


def test_a_notebook_shows_the_first_rows_shortened_and_escaped() -> None:
    found = result(*(of(UUID(int=n), {"text": f"<script>{n}" + "x" * 500, "n": None}) for n in range(30)))
    html = found._repr_html_()
    assert html.count("<tr>") == 21
    assert html.endswith("<p>and 10 more</p>")
    assert "<script>" not in html
    assert "&lt;script&gt;0x" in html
    assert "x" * 100 not in html
    assert "None" not in html
    assert "<td>[1.0, 2.0]</td>" in MIXED._repr_html_()
    assert "<td>[1.0, 2.0]</td>" in MIXED.objects[0]._repr_html_()


def test_a_notebook_shows_a_configuration() -> None:
    with weaviate_hl.connect_to_lite() as client:
        made = client.collections.create(
            "Article",
            description="<all>",
            properties=[Property(name="title", data_type=DataType.TEXT, description="what it is called")],
            references=[ReferenceProperty(name="next", target_collection="Article")],
        )
        for simple in (True, False):
            html = made.config.get(simple=simple)._repr_html_()
            assert "<b>Article</b> &lt;all&gt;" in html
            assert "<td>title</td><td>text</td><td>what it is called</td>" in html
            assert "<td>next</td><td>Article</td>" in html


def test_a_notebook_shows_aggregates() -> None:
    metrics = AggregateInteger(count=3, maximum=9, mean=None, median=None, minimum=None, mode=None, sum_=None)
    whole = AggregateReturn({"n": metrics}, 3)._repr_html_()
    assert "<th>objects</th><th>property</th><th>count</th><th>maximum</th></tr>" in whole
    assert "<td>3</td><td>n</td><td>3</td><td>9</td>" in whole
    group = AggregateGroup(GroupedBy("t", "<a>"), {}, 2)
    assert "<td>&lt;a&gt;</td><td>2</td>" in AggregateGroupByReturn([group])._repr_html_()


def test_a_notebook_shows_a_collection() -> None:
    with weaviate_hl.connect_to_lite() as client:
        html = client.collections.use("Article").with_tenant("<ann>")._repr_html_()
    assert "<th>collection</th><th>tenant</th></tr>" in html
    assert "<td>Article</td><td>&lt;ann&gt;</td>" in html
