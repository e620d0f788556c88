"""How collections are configured."""

from weaviate_hl.values.configuration import Multi2VecField, StopwordsCreate, TextAnalyzerConfigCreate
from weaviate_hl.values.enums import (
    ConsistencyLevel,
    DataType,
    GenerativeSearches,
    MultiVectorAggregation,
    PQEncoderDistribution,
    PQEncoderType,
    ReplicationDeletionStrategy,
    Rerankers,
    StopwordsPreset,
    Tokenization,
    VectorDistances,
    VectorFilterStrategy,
    VectorIndexType,
    Vectorizers,
)
from weaviate_hl.values.properties import IndexName, Property, ReferenceProperty, ReferencePropertyMultiTarget
from weaviate_hl.values.providers import Configure, Integrations, Reconfigure
from weaviate_hl.values.schema import TextAnalyzerConfig

ConfigFactory = Configure

__all__ = [
    "ConfigFactory",
    "Configure",
    "ConsistencyLevel",
    "DataType",
    "GenerativeSearches",
    "IndexName",
    "Integrations",
    "Multi2VecField",
    "MultiVectorAggregation",
    "PQEncoderDistribution",
    "PQEncoderType",
    "Property",
    "Reconfigure",
    "ReferenceProperty",
    "ReferencePropertyMultiTarget",
    "ReplicationDeletionStrategy",
    "Rerankers",
    "StopwordsCreate",
    "StopwordsPreset",
    "TextAnalyzerConfig",
    "TextAnalyzerConfigCreate",
    "Tokenization",
    "VectorDistances",
    "VectorFilterStrategy",
    "VectorIndexType",
    "Vectorizers",
]
