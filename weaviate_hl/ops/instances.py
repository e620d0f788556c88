"""Values that were read become instances of the classes that say what objects hold. Pure.

A value is taken as it is where it fits, and made fit where it says the same in another form, such as the base64 text of
a blob; one that does not fit is an error that names the object and the property.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from enum import Enum
from functools import lru_cache, partial
from types import UnionType
from typing import Any, Literal, TypeAlias, Union
from uuid import UUID

from weaviate_hl.errors import ResponseCannotBeDecodedError
from weaviate_hl.ops.models import Annotation, Field, allows_more, fields, linked_models
from weaviate_hl.ops.values import short
from weaviate_hl.values.generics import kind_of, name_of
from weaviate_hl.values.inputs import GeoCoordinate, PhoneNumber, PhoneNumberType
from weaviate_hl.values.results import CrossReference, Object, Reader

Read: TypeAlias = Callable[[Any], Any]
"""Makes of a value what a model wants in its place."""


class Unsuitable(ResponseCannotBeDecodedError):
    """What was read does not fit the model."""


# Objects.


@lru_cache(maxsize=256)
def reader(base: type[Reader], properties: Any, references: Any) -> type[Reader]:
    """How objects are read whose properties and references become instances.

    Args:
        base: How they are read as dictionaries.
        properties: The model of their properties; None leaves the dictionary.
        references: The model of their references; None leaves the dictionary.

    Raises:
        InvalidDataModelError: One is no model.
    """
    models = {"properties": properties, "references": references}
    made = {name: _of_object(base, name, read) for name, model in models.items() if (read := builder(model))}
    return type(base.__name__, (base,), made) if made else base


def _of_object(base: type[Reader], name: str, read: Read) -> Any:
    values: Read = getattr(base, name)

    def instance(source: Any) -> Any:
        found = values(source)
        try:
            return None if found is None else read(found)
        except Unsuitable as bad:
            raise Unsuitable(f"object {base.uuid(source)}: {bad.message}") from bad  # type: ignore[attr-defined]

    return staticmethod(instance)


def _linked(properties: Any, references: Any, value: Any) -> Any:
    """What a reference leads to, its objects to be read as the models say."""
    for one in _hold(value, CrossReference).objects:
        _adopt(one, properties, references)
    return value


def _adopt(one: Object[Any, Any], properties: Any, references: Any) -> None:
    if one._source is not None:
        one._reader = reader(one._reader, properties, references)
        return
    for name, model in (("properties", properties), ("references", references)):
        if (read := builder(model)) and getattr(one, name) is not None:
            setattr(one, name, read(getattr(one, name)))


# Instances.


@lru_cache(maxsize=256)
def builder(model: Any) -> Read | None:
    """What makes instances of a model from values by name; None where the dictionary is the answer.

    A value that is missing is the default, or None where there is none. What the model does not know is left out,
    unless it is one of Pydantic that allows it.

    Raises:
        InvalidDataModelError: It names a type that cannot be found.
    """
    kind = kind_of(model)
    if kind is None:
        return None
    known = [(field, _reader_of(field.annotation)) for field in fields(model)]
    if kind == "typeddict":
        changed = [(field.name, read) for field, read in known if read and _holds_instances(field.annotation, ())]
        return partial(_replace, changed) if changed else None
    if kind == "pydantic":
        known = [(field, read and partial(_attempt, read)) for field, read in known]
        return partial(_validate, model, known, allows_more(model))
    return partial(_construct, model, known)


def _construct(model: Any, known: Sequence[tuple[Field, Read | None]], values: Mapping[str, Any]) -> Any:
    arguments = _arguments(model, known, values)
    try:
        return model(**arguments)
    except Exception as error:  # whatever a constructor of a user's raises
        raise Unsuitable(f"{name_of(model)} does not take {short(dict(values))}: {error}") from error


def _validate(model: Any, known: Sequence[tuple[Field, Read | None]], extra: bool, values: Mapping[str, Any]) -> Any:
    arguments = _arguments(model, known, values)
    if extra:
        names = {field.name for field, _ in known}
        arguments |= {name: value for name, value in values.items() if name not in names}
    try:
        return model.model_validate(arguments)
    except ValueError as error:
        raise Unsuitable(f"{name_of(model)} does not take it: {error}") from error


def _arguments(model: Any, known: Sequence[tuple[Field, Read | None]], values: Mapping[str, Any]) -> dict[str, Any]:
    arguments = {}
    for field, read in known:
        value = values.get(field.name)
        if field.argument is None or (value is None and _left_to_default(field, values)):
            continue
        try:
            arguments[field.argument] = value if value is None or read is None else read(value)
        except Unsuitable as bad:
            raise Unsuitable(f"{name_of(model)}.{field.name}: {bad.message}") from None
    return arguments


def _left_to_default(field: Field, values: Mapping[str, Any]) -> bool:
    """Whether the default stands in for None: the server returns None for whatever was never written."""
    return field.has_default and not (field.annotation.optional and field.name in values)


def _attempt(read: Read, value: Any) -> Any:
    """The value that the model wants if it is known how; else as it is, for the validators of the model to judge."""
    try:
        return read(value)
    except Unsuitable:
        return value


def _replace(changed: list[tuple[str, Read]], values: dict[str, Any]) -> dict[str, Any]:
    for name, read in changed:
        if values.get(name) is not None:
            values[name] = read(values[name])
    return values


def _holds_instances(annotation: Annotation, outer: tuple[Any, ...]) -> bool:
    """Whether something in a value of this type is no plain dictionary."""
    if annotation.origin is CrossReference:
        return True
    model = (annotation.item or annotation).model
    if model is None or model in outer:
        return False
    if kind_of(model) != "typeddict":
        return True
    return any(_holds_instances(field.annotation, (*outer, model)) for field in fields(model))


# Values.


def _reader_of(annotation: Annotation) -> Read | None:
    """How a value of a type is read; None where any is taken as it is. None itself is never given to it."""
    origin = annotation.origin
    if origin is CrossReference:
        return partial(_linked, *linked_models(annotation))
    if annotation.model:
        return partial(_nested, annotation.model)
    if item := annotation.item:
        return partial(_list, tuple if origin is tuple else list, _reader_of(item))
    if origin in (Union, UnionType):
        return partial(_either, annotation.type, [_reader_of(Annotation(one)) for one in annotation.arguments])
    if origin is Literal:
        return partial(_one_of, annotation.arguments)
    if isinstance(origin, type) and issubclass(origin, Enum):
        return partial(_convert, origin)
    return partial(_scalar, origin, _FORMS[origin]) if origin in _FORMS else None


def _nested(model: Any, value: Any) -> Any:
    read = builder(model)  # not earlier, as a model may hold itself
    values = _hold(value, Mapping)
    return values if read is None else read(values)


def _list(kind: type, read: Read | None, value: Any) -> Any:
    items = _hold(value, list)
    return kind(items if read is None else map(read, items))


def _either(kind: Any, reads: list[Read | None], value: Any) -> Any:
    for read in reads:
        with suppress(Unsuitable):
            return value if read is None else read(value)
    raise Unsuitable(f"expected {kind}, not {short(value)}")


def _one_of(values: tuple[Any, ...], value: Any) -> Any:
    if value not in values:
        raise Unsuitable(f"expected one of {values}, not {short(value)}")
    return value


def _hold(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind):
        raise Unsuitable(f"expected {kind.__name__}, not {short(value)}")
    return value


def _convert(kind: Read, value: Any) -> Any:
    try:
        return kind(value)
    except ValueError as error:
        raise Unsuitable(f"{short(value)} does not do: {error}") from None


def _scalar(kind: type, forms: Mapping[type, Read], value: Any) -> Any:
    if type(value) is kind:
        return value
    for base in type(value).__mro__ if type(value) is not bool else ():  # a truth value is no number
        if base in forms:
            return _convert(forms[base], value)
        if base is kind:
            return value
    raise Unsuitable(f"expected {kind.__name__}, not {short(value)}")


def _whole(number: float) -> int:
    if not number.is_integer():
        raise ValueError("it is no whole number")
    return int(number)


def _phone(number: PhoneNumberType) -> PhoneNumber:
    return PhoneNumber(number=number.number, default_country=number.default_country or None)


_FORMS: dict[Any, dict[type, Read]] = {
    str: {UUID: str, datetime: datetime.isoformat},
    bool: {},
    int: {float: _whole},
    float: {int: float},
    datetime: {},
    date: {datetime: datetime.date},
    UUID: {str: UUID},
    bytes: {str: b64decode},
    GeoCoordinate: {},
    PhoneNumber: {PhoneNumberType: _phone},
    PhoneNumberType: {},
}
"""The types that values have, and for each the others that say the same in another form."""
