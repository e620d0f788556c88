"""What the factories of values/providers.py return.

A configuration is a plain value: `to_dict()` is what is sent, equality is by content, `repr` shows no secrets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.values.base import Check, Configuration, Json, as_json, present
from weaviate_hl.values.enums import GenerativeSearches, StopwordsPreset

# Settings.


class Settings(Configuration):
    """A configuration that is its settings."""

    __slots__ = ("settings",)

    def __init__(self, *, settings: Json | None = None) -> None:
        self.settings = settings or {}

    def to_dict(self) -> Json:
        return as_json(self.settings)  # type: ignore[no-any-return]


class ModuleConfig(Settings):
    """A module of the server and its settings; `to_dict` gives the settings."""

    __slots__ = ("module",)

    def __init__(self, *, module: str, settings: Json | None = None) -> None:
        super().__init__(settings=settings)
        self.module = module


class VectorizerConfigCreate(ModuleConfig):
    """The vectorizer of a collection without named vectors."""

    __slots__ = ()


class GenerativeProvider(ModuleConfig):
    """The generative model of a collection."""

    __slots__ = ()


class RerankerProvider(ModuleConfig):
    """The reranker of a collection."""

    __slots__ = ()


# The keyword index, the cluster, tenants, time to live: only their types differ, so that none is taken for another.


class InvertedIndexConfigCreate(Settings):
    """The keyword index of a new collection."""

    __slots__ = ()


class InvertedIndexConfigUpdate(Settings):
    """Changes of the keyword index."""

    __slots__ = ()


class ReplicationConfigCreate(Settings):
    """The replication of a new collection."""

    __slots__ = ()


class ReplicationConfigUpdate(Settings):
    """Changes of the replication."""

    __slots__ = ()


class AsyncReplicationConfigCreate(Settings):
    """The comparison of copies in a new collection."""

    __slots__ = ()


class AsyncReplicationConfigUpdate(Settings):
    """Changes of the comparison of copies."""

    __slots__ = ()


class ShardingConfigCreate(Settings):
    """The shards of a new collection."""

    __slots__ = ()


class MultiTenancyConfigCreate(Settings):
    """Whether a new collection has tenants."""

    __slots__ = ()


class MultiTenancyConfigUpdate(Settings):
    """Changes of how tenants are treated."""

    __slots__ = ()


class ObjectTTLConfigCreate(Settings):
    """When the objects of a new collection expire."""

    __slots__ = ()


class ObjectTTLConfigUpdate(Settings):
    """Changes of when objects expire."""

    __slots__ = ()


# Vector index.


class QuantizerConfig(Settings):
    """How the vectors of an index are compressed."""

    __slots__ = ()
    kind: ClassVar[str]

    def in_index(self) -> Json:
        """What it adds to the settings of an index."""
        return {self.kind: self.to_dict()}


class QuantizerConfigCreate(QuantizerConfig):
    """The compression of a new index."""

    __slots__ = ()


class PQConfigCreate(QuantizerConfigCreate):
    """Product quantization."""

    __slots__ = ()
    kind = "pq"


class BQConfigCreate(QuantizerConfigCreate):
    """Binary quantization."""

    __slots__ = ()
    kind = "bq"


class SQConfigCreate(QuantizerConfigCreate):
    """Scalar quantization."""

    __slots__ = ()
    kind = "sq"


class RQConfigCreate(QuantizerConfigCreate):
    """Rotational quantization."""

    __slots__ = ()
    kind = "rq"


class UncompressedConfigCreate(QuantizerConfigCreate):
    """No compression, even where the server compresses by default."""

    __slots__ = ()
    kind = "none"

    def in_index(self) -> Json:
        return {"skipDefaultQuantization": True}


class QuantizerConfigUpdate(QuantizerConfig):
    """Changes of the compression."""

    __slots__ = ()


class PQConfigUpdate(QuantizerConfigUpdate):
    """Changes of product quantization."""

    __slots__ = ()
    kind = "pq"


class BQConfigUpdate(QuantizerConfigUpdate):
    """Changes of binary quantization."""

    __slots__ = ()
    kind = "bq"


class SQConfigUpdate(QuantizerConfigUpdate):
    """Changes of scalar quantization."""

    __slots__ = ()
    kind = "sq"


class RQConfigUpdate(QuantizerConfigUpdate):
    """Changes of rotational quantization."""

    __slots__ = ()
    kind = "rq"


class MultiVectorEncodingConfigCreate(Settings):
    """How a multi-vector becomes one vector."""

    __slots__ = ()
    kind: ClassVar[str] = "muvera"


class MultiVectorConfigCreate(Settings):
    """How multi-vectors are indexed."""

    __slots__ = ("encoding",)

    def __init__(
        self, *, settings: Json | None = None, encoding: MultiVectorEncodingConfigCreate | None = None
    ) -> None:
        super().__init__(settings=settings)
        self.encoding = encoding

    def to_dict(self) -> Json:
        encoding = {} if self.encoding is None else {self.encoding.kind: self.encoding.to_dict()}
        return super().to_dict() | encoding


class VectorIndexConfig(Settings):
    """A vector index, with the compression and the multi-vectors in it."""

    __slots__ = ("multi_vector", "quantizer")
    kind: ClassVar[str]
    takes_quantizer: ClassVar[bool] = False
    takes_multi_vector: ClassVar[bool] = False

    def __init__(
        self,
        *,
        settings: Json | None = None,
        quantizer: QuantizerConfig | None = None,
        multi_vector: MultiVectorConfigCreate | None = None,
    ) -> None:
        super().__init__(settings=settings)
        self.quantizer = quantizer
        self.multi_vector = multi_vector

    def to_dict(self) -> Json:
        quantizer = {} if self.quantizer is None else self.quantizer.in_index()
        multi_vector = {} if self.multi_vector is None else {"multivector": self.multi_vector.to_dict()}
        return super().to_dict() | quantizer | multi_vector


class VectorIndexConfigCreate(VectorIndexConfig):
    """A new vector index."""

    __slots__ = ()


class VectorIndexConfigHNSWCreate(VectorIndexConfigCreate):
    """A new hnsw index."""

    __slots__ = ()
    kind = "hnsw"
    takes_quantizer = True
    takes_multi_vector = True


class VectorIndexConfigFlatCreate(VectorIndexConfigCreate):
    """A new flat index."""

    __slots__ = ()
    kind = "flat"
    takes_quantizer = True


class VectorIndexConfigDynamicCreate(VectorIndexConfigCreate):
    """A new dynamic index: the two indexes in it have quantizers of their own."""

    __slots__ = ()
    kind = "dynamic"


class VectorIndexConfigHFreshCreate(VectorIndexConfigCreate):
    """A new hfresh index."""

    __slots__ = ()
    kind = "hfresh"
    takes_quantizer = True
    takes_multi_vector = True


class VectorIndexConfigSkipCreate(VectorIndexConfigCreate):
    """No vector index: for the server, an hnsw index that is skipped."""

    __slots__ = ()
    kind = "hnsw"


class VectorIndexConfigUpdate(VectorIndexConfig):
    """Changes of a vector index."""

    __slots__ = ()


class VectorIndexConfigHNSWUpdate(VectorIndexConfigUpdate):
    """Changes of an hnsw index."""

    __slots__ = ()
    kind = "hnsw"


class VectorIndexConfigFlatUpdate(VectorIndexConfigUpdate):
    """Changes of a flat index."""

    __slots__ = ()
    kind = "flat"


class VectorIndexConfigDynamicUpdate(VectorIndexConfigUpdate):
    """Changes of a dynamic index."""

    __slots__ = ()
    kind = "dynamic"


class VectorIndexConfigHFreshUpdate(VectorIndexConfigUpdate):
    """Changes of an hfresh index."""

    __slots__ = ()
    kind = "hfresh"


# Vectors.


class VectorConfigCreate(ModuleConfig):
    """A vector of a new collection: what makes it, of which properties, and how it is indexed."""

    __slots__ = ("index", "name", "properties")

    def __init__(
        self,
        *,
        module: str,
        settings: Json | None = None,
        name: str | None = None,
        properties: list[str] | None = None,
        index: VectorIndexConfig | None = None,
    ) -> None:
        super().__init__(module=module, settings=settings)
        self.name = name
        self.properties = properties
        self.index = index

    def to_dict(self) -> Json:
        """Name, vectorizer, properties and index; `entry` is what stands in a collection."""
        told: Json = {"name": self.name, "vectorizer": {self.module: super().to_dict()}}
        if self.properties is not None:
            told["properties"] = list(self.properties)
        return told | self._index()

    def entry(self) -> tuple[str, Json]:
        """Its key and value in the `vectorConfig` of a collection."""
        settings = super().to_dict()
        if self.properties is not None:
            settings["properties"] = list(self.properties)
        return self.name or "default", {"vectorizer": {self.module: settings}} | self._index()

    def _index(self) -> Json:
        if self.index is None:
            return {}
        return {"vectorIndexType": self.index.kind, "vectorIndexConfig": self.index.to_dict()}


class NamedVectorConfigCreate(VectorConfigCreate):
    """A named vector of a new collection, in the older spelling."""

    __slots__ = ()


class VectorConfigUpdate(Configuration):
    """Changes of a vector: of its index."""

    __slots__ = ("index", "name")

    def __init__(self, *, index: VectorIndexConfigUpdate, name: str | None = None) -> None:
        self.index = index
        self.name = name

    def to_dict(self) -> Json:
        return {"name": self.name, "vectorIndexType": self.index.kind, "vectorIndexConfig": self.index.to_dict()}


class NamedVectorConfigUpdate(VectorConfigUpdate):
    """Changes of a named vector, in the older spelling."""

    __slots__ = ()


class Multi2VecField(Configuration):
    """A property to vectorize, with its weight among the properties.

    Args:
        name: The property.
        weight: Its weight; given for all properties of a medium or for none.
    """

    __slots__ = ("name", "weight")

    def __init__(self, *, name: str, weight: float | None = None) -> None:
        check = Check("Multi2VecField")
        self.name = check.text("name", name, required=True)
        self.weight = check.number("weight", weight)


# Text analysis.


class StopwordsCreate(Configuration):
    """The words that queries leave out.

    Args:
        preset: A list that the server brings.
        additions: Words to leave out, besides the preset.
        removals: Words to keep, although the preset leaves them out.
    """

    __slots__ = ("additions", "preset", "removals")

    def __init__(
        self,
        *,
        preset: str | None = None,
        additions: Sequence[str] | None = None,
        removals: Sequence[str] | None = None,
    ) -> None:
        check = Check("StopwordsCreate")
        self.preset = check.enum("preset", preset, StopwordsPreset)
        self.additions = check.texts("additions", additions)
        self.removals = check.texts("removals", removals)


class TextAnalyzerConfigCreate(Configuration):
    """How the text of a property is analyzed; attributes have the server's names.

    Args:
        ascii_fold: Whether accents are ignored.
        ascii_fold_ignore: Characters that keep their accents.
        stopword_preset: The words that queries leave out: a preset of the server or of your own.
    """

    __slots__ = ("asciiFold", "asciiFoldIgnore", "stopwordPreset")

    def __init__(
        self,
        *,
        ascii_fold: bool | None = None,
        ascii_fold_ignore: Sequence[str] | None = None,
        stopword_preset: str | None = None,
    ) -> None:
        check = Check("TextAnalyzerConfigCreate")
        self.asciiFold = check.boolean("ascii_fold", ascii_fold)
        self.asciiFoldIgnore = check.texts("ascii_fold_ignore", ascii_fold_ignore)
        self.stopwordPreset = check.enum("stopword_preset", stopword_preset, StopwordsPreset, open=True)


# Run time.


class Label(str):
    """The label of a value in a gRPC enumeration."""

    __slots__ = ()


class GenerativeConfigRuntime(Settings):
    """The generative model of one search: settings by the field names of a gRPC message."""

    __slots__ = ("message",)

    def __init__(self, *, message: str, settings: Json | None = None) -> None:
        super().__init__(settings=settings)
        self.message = message

    @property
    def generative(self) -> GenerativeSearches:
        """The server's module that asks the model."""
        return GenerativeSearches(f"generative-{'palm' if self.message == 'google' else self.message}")

    def to_dict(self) -> Json:
        return {self.message: super().to_dict()}

    def fill(
        self,
        provider: Any,
        *,
        return_metadata: bool = False,
        images: Sequence[str] = (),
        image_properties: Sequence[str] = (),
    ) -> None:
        """Fill a gRPC message `GenerativeProvider`.

        Args:
            provider: The message, empty.
            return_metadata: Whether the reply tells what the generation took.
            images: Images for the prompt, in base64.
            image_properties: Properties with images for the prompt.

        Raises:
            WeaviateInvalidInputError: The message has no place for a value.
        """
        if return_metadata:
            provider.return_metadata = True
        message = getattr(provider, self.message)
        message.SetInParent()  # the kind of provider is told even when nothing else is
        with_images = {"images": list(images) or None, "image_properties": list(image_properties) or None}
        for name, value in (self.settings | present(with_images)).items():
            if not hasattr(message, name):
                raise WeaviateInvalidInputError(f"GenerativeConfig: models of `{self.message}` take no `{name}`")
            if isinstance(value, list):
                texts = getattr(message, name)
                texts.SetInParent()
                texts.values.extend(value)
            elif isinstance(value, Label):
                if not hasattr(message, value):
                    raise WeaviateInvalidInputError(f"GenerativeConfig: the server knows no {value} for `{name}`")
                setattr(message, name, getattr(message, value))
            else:
                setattr(message, name, value)


class IntegrationConfig(Settings):
    """Keys and limits of a model provider for all requests of a client."""

    __slots__ = ("_headers", "header")

    def __init__(self, *, header: str, settings: Json, headers: dict[str, str]) -> None:
        super().__init__(settings=settings)
        self.header = header
        self._headers = headers

    def headers(self) -> dict[str, str]:
        """The headers to send with each request; they hold the key."""
        return {self._headers[name]: str(value) for name, value in self.settings.items()}
