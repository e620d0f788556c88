"""What queries are made with."""

from weaviate_hl.values.filters import Filter, FilterReturn
from weaviate_hl.values.inputs import (
    GeoCoordinate,
    GroupBy,
    MetadataQuery,
    QueryNested,
    QueryReference,
    Rerank,
    Sort,
)
from weaviate_hl.values.providers import GenerativeConfig

__all__ = [
    "Filter",
    "FilterReturn",
    "GenerativeConfig",
    "GeoCoordinate",
    "GroupBy",
    "MetadataQuery",
    "QueryNested",
    "QueryReference",
    "Rerank",
    "Sort",
]
