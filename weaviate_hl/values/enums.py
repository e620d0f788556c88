"""Enumerations of what users pass or read in a configuration: each member is the text that the server says."""

from __future__ import annotations

from enum import StrEnum


class DataType(StrEnum):
    """What a property holds."""

    TEXT = "text"
    TEXT_ARRAY = "text[]"
    INT = "int"
    INT_ARRAY = "int[]"
    BOOL = "boolean"
    BOOL_ARRAY = "boolean[]"
    NUMBER = "number"
    NUMBER_ARRAY = "number[]"
    DATE = "date"
    DATE_ARRAY = "date[]"
    UUID = "uuid"
    UUID_ARRAY = "uuid[]"
    GEO_COORDINATES = "geoCoordinates"
    BLOB = "blob"
    BLOB_HASH = "blobHash"
    PHONE_NUMBER = "phoneNumber"
    OBJECT = "object"
    OBJECT_ARRAY = "object[]"


class Tokenization(StrEnum):
    """How a text is cut into the words that keyword searches and filters find."""

    WORD = "word"
    WHITESPACE = "whitespace"
    LOWERCASE = "lowercase"
    FIELD = "field"
    TRIGRAM = "trigram"
    GSE = "gse"
    GSE_CH = "gse_ch"
    KAGOME_JA = "kagome_ja"
    KAGOME_KR = "kagome_kr"


class ConsistencyLevel(StrEnum):
    """How many copies of an object must answer."""

    ALL = "ALL"
    ONE = "ONE"
    QUORUM = "QUORUM"


class VectorDistances(StrEnum):
    """How the distance of two vectors is measured."""

    COSINE = "cosine"
    DOT = "dot"
    L2_SQUARED = "l2-squared"
    HAMMING = "hamming"
    MANHATTAN = "manhattan"


class VectorFilterStrategy(StrEnum):
    """How an hnsw index applies filters."""

    SWEEPING = "sweeping"
    ACORN = "acorn"


class VectorIndexType(StrEnum):
    """The kinds of vector index."""

    HNSW = "hnsw"
    FLAT = "flat"
    DYNAMIC = "dynamic"
    HFRESH = "hfresh"


class PQEncoderType(StrEnum):
    """How product quantization finds its centroids."""

    KMEANS = "kmeans"
    TILE = "tile"


class PQEncoderDistribution(StrEnum):
    """How the values are distributed that product quantization compresses."""

    LOG_NORMAL = "log-normal"
    NORMAL = "normal"


class MultiVectorAggregation(StrEnum):
    """How the distances of the vectors of a multi-vector become one."""

    MAX_SIM = "maxSim"


class StopwordsPreset(StrEnum):
    """The lists of stopwords that the server brings."""

    NONE = "none"
    EN = "en"


class ReplicationDeletionStrategy(StrEnum):
    """Which copy is right when an object was deleted in one of them."""

    DELETE_ON_CONFLICT = "DeleteOnConflict"
    NO_AUTOMATED_RESOLUTION = "NoAutomatedResolution"
    TIME_BASED_RESOLUTION = "TimeBasedResolution"


class Vectorizers(StrEnum):
    """The server's modules that make vectors."""

    NONE = "none"
    IMG2VEC_NEURAL = "img2vec-neural"
    MULTI2MULTI_JINAAI = "multi2multivec-jinaai"
    MULTI2MULTI_WEAVIATE = "multi2multivec-weaviate"
    MULTI2VEC_AWS = "multi2vec-aws"
    MULTI2VEC_BIND = "multi2vec-bind"
    MULTI2VEC_CLIP = "multi2vec-clip"
    MULTI2VEC_COHERE = "multi2vec-cohere"
    MULTI2VEC_JINAAI = "multi2vec-jinaai"
    MULTI2VEC_NVIDIA = "multi2vec-nvidia"
    MULTI2VEC_PALM = "multi2vec-palm"
    MULTI2VEC_TWELVELABS = "multi2vec-twelvelabs"
    MULTI2VEC_VOYAGEAI = "multi2vec-voyageai"
    REF2VEC_CENTROID = "ref2vec-centroid"
    TEXT2COLBERT_JINAAI = "text2colbert-jinaai"
    TEXT2VEC_AWS = "text2vec-aws"
    TEXT2VEC_COHERE = "text2vec-cohere"
    TEXT2VEC_CONTEXTIONARY = "text2vec-contextionary"
    TEXT2VEC_DATABRICKS = "text2vec-databricks"
    TEXT2VEC_DIGITALOCEAN = "text2vec-digitalocean"
    TEXT2VEC_GPT4ALL = "text2vec-gpt4all"
    TEXT2VEC_HUGGINGFACE = "text2vec-huggingface"
    TEXT2VEC_JINAAI = "text2vec-jinaai"
    TEXT2VEC_MISTRAL = "text2vec-mistral"
    TEXT2VEC_MODEL2VEC = "text2vec-model2vec"
    TEXT2VEC_MORPH = "text2vec-morph"
    TEXT2VEC_NVIDIA = "text2vec-nvidia"
    TEXT2VEC_OLLAMA = "text2vec-ollama"
    TEXT2VEC_OPENAI = "text2vec-openai"
    TEXT2VEC_PALM = "text2vec-palm"
    TEXT2VEC_TRANSFORMERS = "text2vec-transformers"
    TEXT2VEC_VOYAGEAI = "text2vec-voyageai"
    TEXT2VEC_WEAVIATE = "text2vec-weaviate"


class GenerativeSearches(StrEnum):
    """The server's modules that generate text."""

    ANTHROPIC = "generative-anthropic"
    ANYSCALE = "generative-anyscale"
    AWS = "generative-aws"
    COHERE = "generative-cohere"
    CONTEXTUALAI = "generative-contextualai"
    DATABRICKS = "generative-databricks"
    DEEPSEEK = "generative-deepseek"
    DUMMY = "generative-dummy"
    FRIENDLIAI = "generative-friendliai"
    MISTRAL = "generative-mistral"
    NVIDIA = "generative-nvidia"
    OLLAMA = "generative-ollama"
    OPENAI = "generative-openai"
    PALM = "generative-palm"
    XAI = "generative-xai"


class Rerankers(StrEnum):
    """The server's modules that rerank results."""

    NONE = "none"
    COHERE = "reranker-cohere"
    CONTEXTUALAI = "reranker-contextualai"
    JINAAI = "reranker-jinaai"
    NVIDIA = "reranker-nvidia"
    TRANSFORMERS = "reranker-transformers"
    VOYAGEAI = "reranker-voyageai"
