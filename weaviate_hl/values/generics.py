"""What a collection is generic over, and how classes say what its objects hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, TypeAlias

from typing_extensions import TypeVar

from weaviate_hl.values.base import Value

if TYPE_CHECKING:
    from weaviate_hl.values.inputs import MetadataQuery
    from weaviate_hl.values.results import CrossReferences


class Dataclass(Protocol):
    """A dataclass, or a class of attrs for those type checkers that take it for one."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class AttrsClass(Protocol):
    """A class of attrs."""

    __attrs_attrs__: ClassVar[Any]


class PydanticModel(Protocol):
    """A model of Pydantic."""

    __pydantic_fields__: ClassVar[dict[str, Any]]


DataModel: TypeAlias = Mapping[str, Any] | Dataclass | AttrsClass | PydanticModel
"""What the properties, or the references, of an object may be: a dictionary, or an instance of a model."""

Properties = TypeVar("Properties", bound=DataModel, default=dict[str, Any])
References = TypeVar("References", bound=DataModel | None, default=None)
TProperties = TypeVar("TProperties", bound=DataModel, default=dict[str, Any])
TReferences = TypeVar("TReferences", bound=DataModel | None, default="CrossReferences")

N = TypeVar("N")
Nested = Annotated[N, "nested"]
"""Marks a property that holds objects: `Nested[Author]`. The class alone says the same."""


class CrossReferenceAnnotation(Value):
    """What is to be returned of the objects that a reference leads to, written into a model of references.

    Args:
        include_vector: Whether to return their vectors.
        metadata: Which metadata to return.
        target_collection: The collection that it leads to, of a reference that may lead to several.

    Example:
        class ArticleReferences(TypedDict):
            author: Annotated[CrossReference[Author, None], CrossReferenceAnnotation(include_vector=True)]
    """

    __slots__ = ("include_vector", "metadata", "target_collection")

    def __init__(
        self,
        include_vector: bool = False,
        metadata: MetadataQuery | None = None,
        target_collection: str | None = None,
    ) -> None:
        self.include_vector = include_vector
        self.metadata = metadata
        self.target_collection = target_collection
