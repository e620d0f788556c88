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
from weaviate_hl.values.metrics import Metrics
from weaviate_hl.values.providers import GenerativeConfig
from weaviate_hl.values.searches import (
    BM25Operator,
    Boost,
    BoostReturn,
    Diversity,
    HybridFusion,
    HybridVector,
    Move,
    NearMediaType,
    NearVector,
    TargetVectors,
)

__all__ = [
    "BM25Operator",
    "Boost",
    "BoostReturn",
    "Diversity",
    "Filter",
    "FilterReturn",
    "GenerativeConfig",
    "GeoCoordinate",
    "GroupBy",
    "HybridFusion",
    "HybridVector",
    "MetadataQuery",
    "Metrics",
    "Move",
    "NearMediaType",
    "NearVector",
    "QueryNested",
    "QueryReference",
    "Rerank",
    "Sort",
    "TargetVectors",
]
