"""What a collection is generic over, and how classes say what its objects hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol, TypeAlias, get_origin

from typing_extensions import TypeVar, is_typeddict

from weaviate_hl.errors import InvalidDataModelError
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

Kind: TypeAlias = Literal["typeddict", "dataclass", "attrs", "pydantic"]
"""How such a class is written."""

Properties = TypeVar("Properties", bound=DataModel, default=dict[str, Any])
References = TypeVar("References", bound=DataModel | None, default=None)
TProperties = TypeVar("TProperties", bound=DataModel, default=dict[str, Any])
TReferences = TypeVar("TReferences", bound=DataModel | None, default="CrossReferences")

# What a class is, and its instances as values by name. A class is known by the attributes that its library gives it.


def kind_of(model: Any) -> Kind | None:
    """Which kind of model a class is, if it is one."""
    cls = get_origin(model) or model
    if not isinstance(cls, type):
        return None
    if is_typeddict(cls):
        return "typeddict"
    if hasattr(cls, "model_validate") and hasattr(cls, "model_fields"):
        one_value = getattr(cls, "__pydantic_root_model__", False)  # it has no name
        return None if one_value else "pydantic"
    if hasattr(cls, "__dataclass_fields__"):
        return "dataclass"
    return "attrs" if hasattr(cls, "__attrs_attrs__") else None


def no_model(model: Any) -> InvalidDataModelError:
    """The error of what is no model."""
    return InvalidDataModelError(
        f"{name_of(model)} does not say what an object holds",
        hint="Give a TypedDict, a dataclass, a class of attrs or a model of Pydantic",
    )


def name_of(model: Any) -> str:
    """A class as errors show it."""
    return getattr(model, "__name__", None) or repr(model)


def plain(given: Any) -> Mapping[str, Any]:
    """An object as values by name: a dictionary as it is, an instance of a model as a new one.

    What is nested in it stays as it is: an instance there becomes a dictionary when it is encoded.

    Raises:
        InvalidDataModelError: It is neither.
    """
    if type(given) is dict:
        return given
    cls: Any = type(given)
    return given if isinstance(given, Mapping) else _writer(cls)(given)


@lru_cache(maxsize=256)
def _writer(model: Any) -> Callable[[Any], dict[str, Any]]:
    """What makes values by name of instances of a model.

    Raises:
        InvalidDataModelError: It is no model.
    """
    from dataclasses import fields as dataclass_fields

    kind = kind_of(model)
    if kind is None:
        raise no_model(model)
    if kind == "pydantic":
        return lambda given: given.model_dump(by_alias=True)
    # Types need not be known for this, and those of classes in functions cannot be.
    names = [field.name for field in (model.__attrs_attrs__ if kind == "attrs" else dataclass_fields(model))]
    return lambda given: {name: getattr(given, name) for name in names}


# Annotations.

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
