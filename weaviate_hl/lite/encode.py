"""Objects between gRPC messages and the JSON in which they are kept, in both directions."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from weaviate_hl.lite.catalogue import Collection, Json, Property, no_such_property, uncapitalised
from weaviate_hl.lite.errors import Refusal
from weaviate_hl.lite.objects import GivenVectors
from weaviate_hl.lite.references import point
from weaviate_hl.lite.values import normal_uuid
from weaviate_hl.lite.vectors import LEGACY, MultiVector, Vector, from_bytes, from_numbers, to_numbers

if TYPE_CHECKING:
    from weaviate_gen.grpc.google.protobuf.struct_pb2 import Struct
    from weaviate_gen.grpc.google.protobuf.struct_pb2 import Value as StructValue
    from weaviate_gen.grpc.v1 import base_pb2, batch_pb2, properties_pb2

T = TypeVar("T")

_MULTI_FP32 = 2


# From messages.


def parse_uuid(text: str) -> UUID:
    """A UUID of a message, refused in the words of the server's parser."""
    known = text if len(text) == 36 else normal_uuid(text)
    try:
        return UUID(known or "")
    except ValueError:
        reason = "invalid UUID format" if len(text) in (32, 36, 38, 45) else f"invalid UUID length: {len(text)}"
        raise Refusal(reason) from None


def properties_of(message: batch_pb2.BatchObject.Properties | base_pb2.ObjectPropertiesValue) -> Json:
    """The properties of a message but for its references; a list named as empty ends empty."""
    properties = _struct(message.non_ref_properties)
    for numbers in message.number_array_properties:
        values = _numbers(numbers.values_bytes) if numbers.values_bytes else list(numbers.values)
        properties[numbers.prop_name] = values
    for kind in (message.int_array_properties, message.text_array_properties, message.boolean_array_properties):
        for item in kind:
            properties[item.prop_name] = list(item.values)
    for single in message.object_properties:
        properties[single.prop_name] = properties_of(single.value)
    for several in message.object_array_properties:
        properties[several.prop_name] = [properties_of(value) for value in several.values]
    for name in message.empty_list_props:
        properties[name] = []
    return properties


def references_of(message: batch_pb2.BatchObject.Properties, collection: Collection | None) -> Json:
    """The references of a message as lists of beacons; the collection says where single-target ones point to."""
    found: dict[str, list[Json]] = {}
    for single in message.single_target_ref_props:
        targets = _targets(collection, single.prop_name)
        if len(targets) > 1:
            raise Refusal(f"target is a multi-target reference, need single target [{' '.join(targets)}]")
        found.setdefault(single.prop_name, []).extend(point(targets[0], uuid) for uuid in single.uuids)
    for multi in message.multi_target_ref_props:
        targets = _targets(collection, multi.prop_name)
        if len(targets) < 2:
            raise Refusal(f"target is a single-target reference, need multi-target [{' '.join(targets)}]")
        found.setdefault(multi.prop_name, []).extend(point(multi.target_collection, uuid) for uuid in multi.uuids)
    return found


def _targets(collection: Collection | None, name: str) -> list[str]:
    prop = collection.properties.get(uncapitalised(name)) if collection else None
    if prop is None:
        raise no_such_property(name, collection.name if collection else "")
    if not prop.is_reference:
        raise Refusal(f"property '{name}' is not a reference-type")
    return prop.data_type


def _struct(struct: Struct) -> Json:
    return {name: _value(value) for name, value in struct.fields.items()}


def _value(value: StructValue) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _struct(value.struct_value)
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    return None if kind in (None, "null_value") else getattr(value, kind)


def vectors_of(message: batch_pb2.BatchObject) -> GivenVectors:
    single = from_bytes(message.vector_bytes) or from_numbers(message.vector)
    return single, {vectors.name: vector_of(vectors) for vectors in message.vectors}


def vector_of(vectors: base_pb2.Vectors) -> Vector:
    """One vector of a message, single or multi by its type."""
    return from_bytes(vectors.vector_bytes, multi=vectors.type == _MULTI_FP32)


def one_of_enum(choices: Sequence[T], number: int) -> T:
    """What a number of an enum stands for; as on the server, one that the enum lacks stands for the first."""
    return choices[number] if 0 <= number < len(choices) else choices[0]


def _numbers(data: bytes) -> list[float]:
    if len(data) % 8:
        raise Refusal(f"values_bytes must be whole float64 numbers, got {len(data)} bytes")
    return _little_endian(array("d", data)).tolist()


def _little_endian(numbers: array[Any]) -> array[Any]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


# Into messages.


def fill_properties(
    fields: properties_pb2.Properties,
    known: Mapping[str, Property],
    names: Iterable[str],
    values: Mapping[str, Any],
    nested: Mapping[str, Nested],
) -> None:
    """Write top-level properties into a message; those without a value are null."""
    for name in names:
        _fill(fields.fields[name], known[name], values.get(name), nested.get(name))


class Nested:
    """Which parts of an object property are wanted."""

    __slots__ = ("inner", "names")

    def __init__(self, names: Iterable[str], inner: Mapping[str, Nested]) -> None:
        self.names = {*names, *inner}
        self.inner = inner


def _fill(field: properties_pb2.Value, prop: Property, value: Any, wanted: Nested | None) -> None:
    kind = prop.kind
    if value is None:
        field.null_value = 0  # type: ignore[assignment]
    elif prop.is_list:
        _fill_list(field.list_value, prop, value, wanted)
    elif kind == "object":
        field.object_value.SetInParent()
        _fill_object(field.object_value, prop, value, wanted)
    elif kind == "geoCoordinates":
        field.geo_value.latitude, field.geo_value.longitude = value["latitude"], value["longitude"]
    elif kind == "phoneNumber":
        phone = field.phone_value
        phone.country_code, phone.national = value["countryCode"], value["national"]
        phone.input, phone.default_country = value["input"], value.get("defaultCountry", "")
        phone.national_formatted = value["nationalFormatted"]
        phone.international_formatted = value["internationalFormatted"]
        phone.valid = value.get("valid", False)
    elif kind in _SCALARS:
        setattr(field, _SCALARS[kind], value)
    else:  # a reference that is asked for by its name alone
        raise Refusal(f"creating primitive value for {prop.name}: proto: invalid type: models.MultipleRef")


_SCALARS = {kind: f"{kind}_value" for kind in ("text", "int", "number", "date", "uuid", "blob")}
_SCALARS |= {"boolean": "bool_value", "blobHash": "blob_value"}
_LISTS = {"text": "text_values", "boolean": "bool_values", "date": "date_values", "uuid": "uuid_values"}


def _fill_list(field: properties_pb2.ListValue, prop: Property, value: list[Any], wanted: Nested | None) -> None:
    if prop.kind == "object":
        field.object_values.SetInParent()
        for item in value:
            _fill_object(field.object_values.values.add(), prop, item, wanted)
    elif prop.kind == "int":
        field.int_values.values = _little_endian(array("q", value)).tobytes()
    elif prop.kind == "number":
        field.number_values.values = _little_endian(array("d", value)).tobytes()
    else:
        values = getattr(field, _LISTS[prop.kind])
        values.SetInParent()
        values.values.extend(value)


def _fill_object(fields: properties_pb2.Properties, prop: Property, value: Json, wanted: Nested | None) -> None:
    """Write what an object has of its parts; blobs only if they are named."""
    for name, item in value.items():
        nested = prop.nested.get(name)
        if nested is None or (name not in wanted.names if wanted else nested.kind in ("blob", "blobHash")):
            continue
        _fill(fields.fields[name], nested, item, wanted.inner.get(name) if wanted else None)


def fill_vectors(message: Any, vectors: Mapping[str, Vector], *, every: bool, names: Iterable[str]) -> None:
    """Write the vectors that were asked for into the metadata of a result."""
    wanted = set(names)
    for name, vector in vectors.items():
        if name == LEGACY:
            if every:
                message.vector_bytes = vector
                message.vector.extend(to_numbers(vector))
        elif every or name in wanted:
            message.vectors.add(name=name, vector_bytes=vector, type=1 + isinstance(vector, MultiVector))
