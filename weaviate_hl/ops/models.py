"""What classes say that objects hold: TypedDicts, dataclasses, classes of attrs and models of Pydantic. Pure.

All four come down to `Field`s, from which the rest is told: what a query is to return, the properties of a new
collection. How instances are made is in ops/instances.py, how they are taken apart in values/generics.py. A class is
read once, and no library is loaded which is not in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NotRequired, Required, Union, get_args, get_origin
from uuid import UUID

from typing_extensions import Doc, ReadOnly, get_type_hints, is_typeddict

from weaviate_hl.errors import InvalidDataModelError
from weaviate_hl.values.enums import DataType, Tokenization
from weaviate_hl.values.generics import CrossReferenceAnnotation, Kind, kind_of, name_of, no_model
from weaviate_hl.values.inputs import (
    GeoCoordinate,
    PhoneNumber,
    PhoneNumberType,
    QueryNested,
    QueryReference,
    QueryReferenceBase,
)
from weaviate_hl.values.properties import Property, ReferenceProperty, ReferencePropertyMultiTarget
from weaviate_hl.values.results import CrossReference


class Annotation:
    """A type as it was written, taken apart.

    Attributes:
        type: The type itself, without what is around it.
        origin: What it is an instance of, as `list` of `list[int]`; itself where it is not generic.
        arguments: What it is generic over.
        optional: Whether None is a value of it.
        extras: What `Annotated` adds.
    """

    __slots__ = ("arguments", "extras", "optional", "origin", "type")

    def __init__(self, given: Any, extras: Sequence[Any] = ()) -> None:
        self.optional = False
        self.extras = tuple(extras)
        while (inner := self._unwrap(given)) is not None:
            given = inner
        self.type = given
        self.origin: Any = get_origin(given) or given
        self.arguments = get_args(given)

    def _unwrap(self, given: Any) -> Any:
        """What is within the outermost wrapper, if there is one."""
        origin = get_origin(given)
        if origin is Annotated:
            self.extras += given.__metadata__
            return given.__origin__
        if origin in (Required, NotRequired, ReadOnly, Final):
            return get_args(given)[0]
        if origin in (Union, UnionType):
            others = [one for one in get_args(given) if one is not NoneType]
            if len(others) < len(get_args(given)):
                self.optional = True
                return others[0] if len(others) == 1 else Union[tuple(others)]  # noqa: UP007 - of as many as there are
        # `type X = ...` and NewType.
        return getattr(given, "__value__", None) or getattr(given, "__supertype__", None)

    @property
    def item(self) -> Annotation | None:
        """The type of the items, if this is a list of something."""
        if not (isinstance(self.origin, type) and issubclass(self.origin, Sequence) and self.arguments):
            return None
        return None if issubclass(self.origin, str) else Annotation(self.arguments[0])

    @property
    def model(self) -> Any:
        """The class itself if it is one that says what an object holds."""
        return self.type if kind_of(self.type) else None

    def added(self, *kinds: type) -> Any:
        """What `Annotated` adds of these kinds."""
        return next((one for one in self.extras if isinstance(one, kinds)), None)


class Field:
    """A property, or a reference, of a model.

    Attributes:
        name: What the server calls it.
        argument: What the constructor calls it; None if it takes none.
        has_default: Whether the constructor does without it.
        description: What the model tells of it.
    """

    __slots__ = ("annotation", "argument", "description", "has_default", "name")

    def __init__(
        self,
        name: str,
        annotation: Annotation,
        *,
        argument: str | None = None,
        has_default: bool = False,
        description: str | None = None,
    ) -> None:
        self.name = name
        self.annotation = annotation
        self.argument = argument
        self.has_default = has_default
        documented = annotation.added(Doc)
        self.description = description or (documented.documentation if documented else None)


# What a class says.


@lru_cache(maxsize=256)
def fields(model: Any) -> tuple[Field, ...]:
    """The properties, or references, that a model says an object has.

    Raises:
        InvalidDataModelError: It is no model, or names a type that cannot be found.
    """
    kind = kind_of(model)
    if kind is None:
        raise no_model(model)
    try:
        return tuple(_FIELDS[kind](get_origin(model) or model))
    except NameError as error:
        raise InvalidDataModelError(
            f"A type of {name_of(model)} cannot be found: {error}", hint="Define it where the class is defined"
        ) from error


def require(*models: Any) -> None:
    """Refuse what is neither None, nor a model, nor the type of a dictionary.

    Raises:
        InvalidDataModelError: One is something else.
    """
    for model in models:
        if model is not None and kind_of(model) is None and not _is_mapping(model):
            raise no_model(model)


def _of_typeddict(cls: Any) -> Iterator[Field]:
    for name, hint in get_type_hints(cls, include_extras=True).items():
        yield Field(name, Annotation(hint), argument=name)


def _of_dataclass(cls: Any) -> Iterator[Field]:
    from dataclasses import MISSING, fields

    hints = get_type_hints(cls, include_extras=True)
    for field in fields(cls):
        yield Field(
            field.name,
            Annotation(hints[field.name]),
            argument=field.name if field.init else None,
            has_default=(field.default, field.default_factory) != (MISSING, MISSING),
        )


def _of_attrs(cls: Any) -> Iterator[Field]:
    from attr import NOTHING

    hints = get_type_hints(cls, include_extras=True)
    for field in cls.__attrs_attrs__:
        yield Field(
            field.name,
            Annotation(hints.get(field.name, Any)),
            argument=field.alias if field.init else None,
            has_default=field.default is not NOTHING,
        )


def _of_pydantic(cls: Any) -> Iterator[Field]:
    if not cls.__pydantic_complete__:
        cls.model_rebuild()
    for attribute, field in cls.model_fields.items():
        if field.exclude:
            continue
        # As it writes them: a model with aliases is written, and read, by them.
        name = field.serialization_alias or attribute
        read_as = field.validation_alias
        yield Field(
            name,
            Annotation(field.annotation, field.metadata),
            argument=attribute if read_as is None else read_as if isinstance(read_as, str) else name,
            has_default=not field.is_required(),
            description=field.description,
        )
    for name, computed in cls.model_computed_fields.items():
        yield Field(computed.alias or name, Annotation(computed.return_type), description=computed.description)


_FIELDS: dict[Kind, Callable[[Any], Iterator[Field]]] = {
    "typeddict": _of_typeddict,
    "dataclass": _of_dataclass,
    "attrs": _of_attrs,
    "pydantic": _of_pydantic,
}


# What a query is to return.


def returned(model: Any) -> list[str | QueryNested] | None:
    """The properties that a model says an object has, to be asked for; None, which is all, where it may have any.

    Raises:
        InvalidDataModelError: It is no model, or holds itself.
    """
    return None if _is_mapping(model) or allows_more(model) else list(_returned(model, ()))


def asked(given: Any, common: Any, ask: Callable[[Any], Any]) -> tuple[Any, Any]:
    """The model that a query's results are read with, if any, and what it asks for.

    Args:
        given: What was given to the query: a model, or what to ask for; None for what is common.
        common: The model of the collection, if it has one.
        ask: What is asked for to fill a model: `returned` or `references`.
    """
    model = common if given is None else given
    return (model, ask(model)) if is_class(model) else (None, given)


def is_class(given: Any) -> bool:
    """Whether it is a class, where it may be something else that is wanted; perhaps one that is no model."""
    return given is Any or isinstance(given, type) or get_origin(given) is not None


def _is_mapping(model: Any) -> bool:
    """Whether the model is any dictionary."""
    origin = get_origin(model) or model
    return origin is Any or (isinstance(origin, type) and issubclass(origin, Mapping) and not is_typeddict(model))


def allows_more(model: Any) -> bool:
    """Whether instances keep what the model does not know."""
    return kind_of(model) == "pydantic" and model.model_config.get("extra") == "allow"


def _returned(model: Any, outer: tuple[Any, ...]) -> Iterator[str | QueryNested]:
    within = _within(model, outer)
    for field in fields(model):
        _refuse_reference(model, field)
        annotation = field.annotation
        nested = (annotation.item or annotation).model
        if nested is None or allows_more(nested):
            yield field.name
        else:
            yield QueryNested(name=field.name, properties=list(_returned(nested, within)))


def _within(model: Any, outer: tuple[Any, ...]) -> tuple[Any, ...]:
    if model in outer:
        raise InvalidDataModelError(
            f"{name_of(model)} leads back to itself", hint="A query must say how deep to go: end it with another class"
        )
    return (*outer, model)


def _refuse_reference(model: Any, field: Field) -> None:
    if field.annotation.origin is CrossReference:
        raise InvalidDataModelError(
            f"{name_of(model)}.{field.name} is a reference, among properties",
            hint="Write references into a class of their own",
        )


def references(model: Any) -> list[QueryReferenceBase]:
    """The references that a model says an object has, to be asked for.

    Raises:
        InvalidDataModelError: It is no model of references, or leads back to itself.
    """
    return [] if _is_mapping(model) else list(_references(model, ()))


def _references(model: Any, outer: tuple[Any, ...]) -> Iterator[QueryReferenceBase]:
    within = _within(model, outer)
    for field in fields(model):
        properties, linked = _linked(model, field)
        told = field.annotation.added(QueryReferenceBase)
        if told is not None:
            yield told
            continue
        options = field.annotation.added(CrossReferenceAnnotation) or CrossReferenceAnnotation()
        what: dict[str, Any] = {
            "link_on": field.name,
            "include_vector": options.include_vector,
            "return_metadata": options.metadata,
            "return_properties": None if properties is None else returned(properties),
            "return_references": None if linked is None else list(_references(linked, within)),
        }
        if options.target_collection is None:
            yield QueryReference(**what)
        else:
            yield QueryReference.MultiTarget(target_collection=options.target_collection, **what)


def _linked(model: Any, field: Field) -> tuple[Any, Any]:
    annotation = field.annotation
    if annotation.origin is not CrossReference:
        raise InvalidDataModelError(
            f"{name_of(model)}.{field.name} is {name_of(annotation.type)}, not a reference",
            hint="Write it as CrossReference[Properties, References]; References is None where they are not wanted",
        )
    return linked_models(annotation)


def linked_models(reference: Annotation) -> tuple[Any, Any]:
    """The models of the properties and of the references of what a reference leads to; None for any, or none."""
    models = (Annotation(one).type for one in (*reference.arguments, Any, Any)[:2])
    properties, linked = (None if one is NoneType or _is_mapping(one) else one for one in models)
    return properties, linked


# The properties of a new collection.

_DATA_TYPES: dict[type, DataType] = {
    str: DataType.TEXT,
    bool: DataType.BOOL,
    int: DataType.INT,
    float: DataType.NUMBER,
    date: DataType.DATE,
    UUID: DataType.UUID,
    bytes: DataType.BLOB,
    GeoCoordinate: DataType.GEO_COORDINATES,
    PhoneNumber: DataType.PHONE_NUMBER,
    PhoneNumberType: DataType.PHONE_NUMBER,
}


def properties_of(model: Any) -> list[Property]:
    """The properties of a collection whose objects are as a model says.

    `Annotated` may add a `DataType` or a `Tokenization`, a `Doc` that describes it, or a whole `Property`.

    Raises:
        InvalidDataModelError: A type has no equivalent on the server.
        WeaviateInvalidInputError: A name is one that the server keeps for itself.
    """
    return list(_properties(model, ()))


def _properties(model: Any, outer: tuple[Any, ...]) -> Iterator[Property]:
    within = _within(model, outer)
    for field in fields(model):
        _refuse_reference(model, field)
        annotation, item = field.annotation, field.annotation.item
        given: Property | None = annotation.added(Property)
        if given is not None:
            _same_name(model, field, given)
            yield given
            continue
        nested = (item or annotation).model
        yield Property(
            name=field.name,
            data_type=annotation.added(DataType) or _data_type(model, field),
            description=field.description,
            tokenization=annotation.added(Tokenization) or (item.added(Tokenization) if item else None),
            nested_properties=list(_properties(nested, within)) if nested else None,
        )


def _same_name(model: Any, field: Field, given: Property | ReferenceProperty | ReferencePropertyMultiTarget) -> None:
    if given.name != field.name:
        raise InvalidDataModelError(
            f"{name_of(model)}.{field.name} is annotated with {type(given).__name__} {given.name!r}",
            hint="Give both the same name",
        )


def _data_type(model: Any, field: Field) -> DataType:
    item = field.annotation.item
    one = item or field.annotation
    found = one.added(DataType) or (DataType.OBJECT if one.model else _scalar(one))
    try:
        if found is not None:
            return DataType(f"{found}[]") if item else found
    except ValueError:
        pass  # the server has no lists of it
    raise InvalidDataModelError(
        f"{name_of(model)}.{field.name}: the server has no data type for {name_of(field.annotation.type)}",
        hint="Say which it is: Annotated[..., DataType.TEXT], or Annotated[..., Property(...)]",
    )


def _scalar(annotation: Annotation) -> DataType | None:
    if annotation.origin is Literal:
        kinds = {_of_class(type(value)) for value in annotation.arguments}
        return kinds.pop() if len(kinds) == 1 else None
    return _of_class(annotation.origin)


def _of_class(cls: Any) -> DataType | None:
    return next((_DATA_TYPES[base] for base in getattr(cls, "__mro__", ()) if base in _DATA_TYPES), None)


def reference_properties_of(model: Any) -> list[ReferenceProperty | ReferencePropertyMultiTarget]:
    """The references of a collection whose objects have those that a model says.

    A reference leads to the collection that its annotation names, else to that of the name of the class of its
    properties. `Annotated` may add a whole `ReferenceProperty`.

    Raises:
        InvalidDataModelError: It is no model of references, or does not say where one leads.
    """
    return [_reference_property(model, field) for field in fields(model)]


def _reference_property(model: Any, field: Field) -> ReferenceProperty | ReferencePropertyMultiTarget:
    properties, _ = _linked(model, field)
    given: Any = field.annotation.added(ReferenceProperty, ReferencePropertyMultiTarget)
    if given is not None:
        _same_name(model, field, given)
        return given  # type: ignore[no-any-return]
    told = field.annotation.added(CrossReferenceAnnotation)
    target = told.target_collection if told else None
    if target is None and properties is None:
        raise InvalidDataModelError(
            f"{name_of(model)}.{field.name} does not say to which collection it leads",
            hint="Write Annotated[CrossReference[...], ReferenceProperty(name=..., target_collection=...)]",
        )
    return ReferenceProperty(
        name=field.name, target_collection=target or name_of(properties), description=field.description
    )
