"""The properties and references of a new collection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.values.base import Check, Configuration, Json, present
from weaviate_hl.values.configuration import TextAnalyzerConfigCreate
from weaviate_hl.values.enums import DataType, Tokenization

RESERVED = ("id", "_id", "_additional")
"""Names that the server keeps for itself."""


def class_name(name: str) -> str:
    """A collection's name as the server has it: its first letter is a capital."""
    return name[:1].upper() + name[1:]


class PropertyBase(Configuration):
    """What properties and references have in common."""

    __slots__ = ("description", "name")

    def __init__(self, *, name: str, description: str | None = None) -> None:
        check = Check(type(self).__name__)
        self.name = self.check_name(check.text("name", name, required=True, nonempty=True))
        self.description = check.text("description", description)

    @staticmethod
    def check_name(v: str) -> str:
        """The name, unless the server keeps it for itself.

        Raises:
            WeaviateInvalidInputError: It does.
        """
        if v in RESERVED:
            raise WeaviateInvalidInputError(f"`name`: {v!r} is reserved: choose another name for the property")
        return v

    def _refer(self, collections: Sequence[str]) -> Json:
        """As a reference to objects of these collections."""
        data_type = [class_name(one) for one in collections]
        return present({"name": self.name, "dataType": data_type, "description": self.description})


class Property(PropertyBase):
    """A property of a collection, or of an object property.

    Args:
        name: Its name.
        data_type: What it holds.
        description: What it is, for people and agents.
        index_filterable: Whether filters find it quickly; the server's default is yes.
        index_searchable: Whether keyword searches find it; the server's default is yes for texts.
        index_range_filters: Whether comparisons of numbers and dates find it quickly; the server's default is no.
        nested_properties: The properties of an object, or of the objects of an array.
        skip_vectorization: Whether vectorizers leave its value out.
        text_analyzer: How its text is analyzed: `Configure.text_analyzer(...)`.
        tokenization: How its text is cut into words; the server's default is by word.
        vectorize_property_name: Whether vectorizers take its name in, too.

    Raises:
        WeaviateInvalidInputError: An argument is wrong; it is named.

    Example:
        Property(name="title", data_type=DataType.TEXT, tokenization=Tokenization.LOWERCASE)
    """

    __slots__ = (
        "dataType",
        "indexFilterable",
        "indexRangeFilters",
        "indexSearchable",
        "nestedProperties",
        "skip_vectorization",
        "textAnalyzer",
        "tokenization",
        "vectorize_property_name",
    )

    def __init__(
        self,
        *,
        name: str,
        data_type: DataType | str,
        description: str | None = None,
        index_filterable: bool | None = None,
        index_searchable: bool | None = None,
        index_range_filters: bool | None = None,
        nested_properties: Property | Sequence[Property] | None = None,
        skip_vectorization: bool = False,
        text_analyzer: TextAnalyzerConfigCreate | None = None,
        tokenization: Tokenization | str | None = None,
        vectorize_property_name: bool = True,
    ) -> None:
        super().__init__(name=name, description=description)
        check = Check(f"Property {name!r}")
        check.enum("data_type", data_type, DataType, required=True)
        check.enum("tokenization", tokenization, Tokenization)
        self.dataType = DataType(data_type)
        self.indexFilterable = check.boolean("index_filterable", index_filterable)
        self.indexSearchable = check.boolean("index_searchable", index_searchable)
        self.indexRangeFilters = check.boolean("index_range_filters", index_range_filters)
        self.nestedProperties = _nested(check, nested_properties)
        self.skip_vectorization = check.boolean("skip_vectorization", skip_vectorization, required=True)
        self.textAnalyzer = check.config("text_analyzer", text_analyzer, TextAnalyzerConfigCreate)
        self.tokenization = None if tokenization is None else Tokenization(tokenization)
        self.vectorize_property_name = check.boolean("vectorize_property_name", vectorize_property_name, required=True)

    def to_dict(self) -> Json:
        """All that it says; ops/schema.py puts what concerns vectorizers where the server looks for it."""
        return super().to_dict() | {"dataType": [self.dataType.value]}


def _nested(check: Check, given: Property | Sequence[Property] | None) -> list[Property] | None:
    if given is None:
        return None
    if isinstance(given, Property) or not isinstance(given, Sequence):
        return [check.config("nested_properties", given, Property, required=True)]
    return [check.config(f"nested_properties[{i}]", one, Property, required=True) for i, one in enumerate(given)]


class ReferencePropertyMultiTarget(PropertyBase):
    """A reference to objects of several collections.

    Args:
        name: Its name.
        target_collections: The collections whose objects it may name.
        description: What it is, for people and agents.
    """

    __slots__ = ("target_collections",)

    def __init__(self, *, name: str, target_collections: Sequence[str], description: str | None = None) -> None:
        super().__init__(name=name, description=description)
        check = Check(f"ReferenceProperty.MultiTarget {name!r}")
        self.target_collections = check.texts("target_collections", target_collections, required=True)

    def to_dict(self) -> Json:
        return self._refer(self.target_collections or ())


class ReferenceProperty(PropertyBase):
    """A reference to objects of another collection; `ReferenceProperty.MultiTarget` of several.

    Args:
        name: Its name.
        target_collection: The collection whose objects it names.
        description: What it is, for people and agents.

    Raises:
        WeaviateInvalidInputError: An argument is wrong; it is named.

    Example:
        ReferenceProperty(name="hasAuthor", target_collection="Author")
    """

    __slots__ = ("target_collection",)
    MultiTarget: ClassVar[type[ReferencePropertyMultiTarget]] = ReferencePropertyMultiTarget

    def __init__(self, *, name: str, target_collection: str, description: str | None = None) -> None:
        super().__init__(name=name, description=description)
        check = Check(f"ReferenceProperty {name!r}")
        self.target_collection = check.text("target_collection", target_collection, required=True, nonempty=True)

    def to_dict(self) -> Json:
        return self._refer([self.target_collection])


PropertyType = Property | ReferenceProperty | ReferencePropertyMultiTarget
IndexName = Literal["searchable", "filterable", "rangeFilters"]
