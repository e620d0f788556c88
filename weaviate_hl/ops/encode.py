"""Objects to be written: as bytes of a BatchObjectsRequest, and as the JSON body of the REST interface. Pure.

Each object is encoded once, into a piece that is complete in itself: a batch is pieces one after another, so that it
can be split by size, and its parts sent again, without encoding anything anew. protobuf writes the properties; the rest
is put around them by hand, as protobuf would copy a vector several times.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar, cast
from uuid import UUID

from weaviate_gen.grpc.v1 import base_pb2, batch_pb2

from weaviate_hl.errors import InvalidDataModelError, WeaviateInsertInvalidPropertyError, WeaviateInvalidInputError
from weaviate_hl.ops import scalars, vectors
from weaviate_hl.ops.values import TEXTS, BadValue, kind_of, list_of, packer, short, to_json
from weaviate_hl.ops.varint import varint
from weaviate_hl.values.base import Json
from weaviate_hl.values.generics import DataModel, plain
from weaviate_hl.values.inputs import MAX_INTEGER, DataObject, ReferenceToMulti
from weaviate_hl.values.properties import class_name

T = TypeVar("T")
Piece: TypeAlias = tuple[str, bytes]
"""The id of an object, and all its bytes as an entry of `BatchObjectsRequest.objects`."""

_Properties = batch_pb2.BatchObject.Properties
_Target: TypeAlias = batch_pb2.BatchObject.Properties | base_pb2.ObjectPropertiesValue
_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}").fullmatch
_ID = "property 'id'"
_BEACON = re.compile("weaviate://[^/]*/(?:([^/]+)/)?([^/]+)").fullmatch


class Encoder:
    """Encodes objects of one collection, or of one tenant of it.

    Args:
        collection: The name of the collection.
        tenant: The tenant, if the collection has tenants.
    """

    __slots__ = ("_common",)

    def __init__(self, collection: str, tenant: str | None = None) -> None:
        self._common = batch_pb2.BatchObject(collection=collection, tenant=tenant or "").SerializeToString()

    def encode(self, given: DataObject[Any, Any] | DataModel, index: int = 0) -> Piece:
        """Encode an object, or the properties of one.

        Args:
            given: The object, or the properties of one: values by name, or an instance of a model.
            index: Its place among those given, for errors.

        Raises:
            WeaviateInvalidInputError: It cannot be sent as it is; the message says which object, where in it, and why.
        """
        if isinstance(given, DataObject):
            return self.encode_parts(given.properties, given.uuid, given.vector, given.references, index)
        if given is None:
            raise _invalid(BadValue("expected an object, not None"), None, index)
        return self.encode_parts(given, None, None, None, index)

    def encode_parts(
        self,
        properties: DataModel | None,
        uuid: str | UUID | None = None,
        vector: Any = None,
        references: Mapping[str, Any] | None = None,
        index: int = 0,
    ) -> Piece:
        """Encode an object given in parts; see `encode`."""
        try:
            text = identify(uuid)
            body = b"" if properties is None else _all(properties, _encode)
            if references is not None:
                message = _Properties()
                _fill_references(message, references)
                body += message.SerializeToString()
            head, data = (b"", b"") if vector is None else _vectors(vector)
        except BadValue as bad:
            raise _invalid(bad, uuid, index) from None
        except UnicodeEncodeError as error:  # the name of a vector, of a reference or of its target
            raise _invalid(BadValue(str(error)), uuid, index) from None
        # BatchObjectsRequest: objects = 1. BatchObject: uuid = 1, of 36 bytes, properties = 3.
        size, common = varint(len(body)), self._common
        whole = varint(39 + len(size) + len(body) + len(common) + len(head) + len(data))
        return text, b"".join((b"\n", whole, b"\n$", text.encode(), b"\x1a", size, body, common, head, data))


def request(pieces: Iterable[bytes], consistency_level: str | None = None) -> bytes:
    """The BatchObjectsRequest of encoded objects.

    Args:
        pieces: The objects.
        consistency_level: "ONE", "QUORUM" or "ALL".
    """
    level = consistency_level and base_pb2.ConsistencyLevel.Value(f"CONSISTENCY_LEVEL_{consistency_level}")
    tail = batch_pb2.BatchObjectsRequest(consistency_level=level or None).SerializeToString()
    return b"".join((*pieces, tail))


def stream_data(pieces: Sequence[bytes]) -> bytes:
    """The BatchStreamRequest of encoded objects: there they have the same number as in a BatchObjectsRequest."""
    size = sum(map(len, pieces))
    head = b"\n" + varint(size)  # BatchStreamRequest.Data: objects = 1
    return b"".join((b"\x12", varint(len(head) + size), head, *pieces))  # BatchStreamRequest: data = 2


def split(pieces: Sequence[bytes], most_bytes: int, most: int) -> Iterator[slice]:
    """The parts in which to send encoded objects, none of them above the limits but where a single object is.

    Args:
        pieces: The objects.
        most_bytes: The size of a part.
        most: The number of objects in a part.
    """
    start = size = 0
    for index, piece in enumerate(pieces):
        if index > start and (size + len(piece) > most_bytes or index - start == most):
            yield slice(start, index)
            start, size = index, 0
        size += len(piece)
    if start < len(pieces):
        yield slice(start, len(pieces))


def json_object(
    collection: str,
    properties: DataModel | None = None,
    uuid: str | UUID | None = None,
    vector: Any = None,
    references: Mapping[str, Any] | None = None,
    tenant: str | None = None,
) -> Json:
    """An object as the body of a REST request; what is not given is left out.

    Raises:
        WeaviateInvalidInputError: It cannot be sent as it is; the message says where in it, and why.
    """
    body: Json = {"class": collection}
    try:
        if uuid is not None:
            body["id"] = identify(uuid)
        if properties is not None or references:
            body["properties"] = _all({} if properties is None else properties, to_json)
        for name, target in _by_name({} if references is None else references, "references"):
            body["properties"][name] = beacons(target, name)
        if isinstance(vector, Mapping):
            named = _by_name(vector, "vectors")
            body["vectors"] = {name: _named(name, vectors.to_json, one) for name, one in named}
        elif vector is not None:
            body["vector"] = _named("", vectors.to_json, vector)
            if body["vector"] and type(body["vector"][0]) is list:
                raise _nameless()
    except BadValue as bad:
        raise _invalid(bad, uuid) from None
    return body if tenant is None else body | {"tenant": tenant}


def _invalid(bad: BadValue, uuid: str | UUID | None, index: int | None = None) -> WeaviateInvalidInputError:
    which = "The object" if index is None else f"Object {index}"
    where = f", {bad.path}" if bad.path else ""
    kind = WeaviateInsertInvalidPropertyError if bad.path == _ID else WeaviateInvalidInputError
    return kind(f"{which}{f' ({uuid})' if uuid else ''}{where}: {bad.reason}")


# Ids and references.


def identify(uuid: str | UUID | None) -> str:
    """An id as text; a random one if there is none.

    Raises:
        BadValue: It is none.
    """
    if uuid is None:
        # What uuid4 does, at a fifth of its price.
        digits = os.urandom(16).hex()
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
    if type(uuid) is str and _UUID(uuid):
        return uuid
    try:
        return str(uuid if isinstance(uuid, UUID) else UUID(uuid))
    except (TypeError, ValueError, AttributeError):
        raise BadValue(f"expected a UUID, not {short(uuid)}", "uuid") from None


def targets(given: Any, name: str) -> tuple[list[str], str | None]:
    """The ids that a reference leads to, and their collection if it was given; beacons are taken apart.

    Raises:
        BadValue: It is no reference.
    """
    collection: str | None = None
    several: Any = given
    if isinstance(given, ReferenceToMulti):
        if not isinstance(given.target_collection, str) or not given.target_collection:
            raise BadValue("`target_collection` is the name of a collection", f"reference {name!r}")
        collection, several = class_name(given.target_collection), given.uuids
    single = isinstance(several, (str, UUID, Mapping)) or not isinstance(several, Iterable)
    uuids: list[str] = []
    for position, one in enumerate([several] if single else cast("Iterable[Any]", several)):
        try:
            uuid = one.get("beacon") if isinstance(one, Mapping) else one
            if isinstance(uuid, str) and (beacon := _BEACON(uuid)):
                if uuids and beacon[1] != collection:
                    raise BadValue("all beacons of a reference lead to one collection")
                collection, uuid = beacon[1] or collection, beacon[2]
            if uuid is None:  # which `identify` would make one for
                raise BadValue("expected a UUID, not None")
            uuids.append(identify(uuid))
        except BadValue as bad:
            raise BadValue(bad.reason, f"reference {name!r}{'' if single else f'[{position}]'}") from None
    return uuids, collection


def _by_name(given: Mapping[str, T], what: str) -> Iterable[tuple[str, T]]:
    """The names and values of a mapping."""
    if not isinstance(given, Mapping):
        raise BadValue(f"expected a mapping by name, not {short(given)}", what)
    for name in given:
        if type(name) is not str:
            raise BadValue("a name is a text", f"{what}, {short(name)}")
    return given.items()


def beacons(given: Any, name: str) -> list[Json]:
    """A reference as REST has it.

    Raises:
        BadValue: It is no reference.
    """
    uuids, collection = targets(given, name)
    way = f"weaviate://localhost/{collection}/" if collection else "weaviate://localhost/"
    return [{"beacon": way + uuid} for uuid in uuids]


def _fill_references(message: batch_pb2.BatchObject.Properties, references: Mapping[str, Any]) -> None:
    for name, given in _by_name(references, "references"):
        uuids, collection = targets(given, name)
        if collection is None:
            message.single_target_ref_props.add(prop_name=name, uuids=uuids)
        else:
            message.multi_target_ref_props.add(prop_name=name, uuids=uuids, target_collection=collection)


# Properties.


def _all(properties: Any, convert: Callable[[Any], T]) -> T:
    """The properties of an object converted; errors name the property."""
    try:
        properties = properties if type(properties) is dict else plain(properties)
    except InvalidDataModelError:
        raise BadValue(f"expected values by name, not {short(properties)}", "properties") from None
    if "id" in properties:
        raise BadValue("the server's own name: give the id of the object as `uuid`, or choose another name", _ID)
    try:
        return convert(properties)
    except BadValue as bad:
        raise BadValue(bad.reason, f"property {bad.path!r}") from None


def _encode(properties: Mapping[str, Any]) -> bytes:
    """The properties of an object as bytes of `BatchObject.Properties`."""
    plain, others = scalars.split(properties)
    body = b"\n" + varint(len(plain)) + plain if plain else b""  # Properties: non_ref_properties = 1
    if others:
        message = _Properties()
        _fill(message, others)
        body += message.SerializeToString()
    return body


def _fill(message: _Target, properties: Mapping[str, Any]) -> None:
    """Write properties, of an object or of one nested in it."""
    fields = message.non_ref_properties.fields
    name: Any = ""
    try:
        for name, value in properties.items():
            kind = type(value)  # exact types first: they are nearly all, and bool is an int
            if kind is str:
                fields[name].string_value = value
            elif kind is float and value - value == 0:  # finite
                fields[name].number_value = value
            elif kind is bool:
                fields[name].bool_value = value
            elif kind is int and -MAX_INTEGER <= value <= MAX_INTEGER:
                fields[name].number_value = value
            else:
                _add(message, name, value)
    except BadValue as bad:
        raise bad.within(str(name)) from None
    except (TypeError, ValueError) as error:  # a text that is no Unicode, a name that is no text
        reason = str(error) if isinstance(name, str) else "the name of a property is a text"
        raise BadValue(reason, str(name)) from None


def _add(message: _Target, name: str, value: Any) -> None:
    kind, convert = kind_of(value)
    if kind == "object":
        nested = message.object_properties.add(prop_name=name)
        nested.value.SetInParent()
        _fill(nested.value, convert(value))
    elif kind == "list":
        _add_list(message, name, value)
    else:
        _set(message.non_ref_properties.fields[name], kind, convert(value))


def _set(field: Any, kind: str, plain: Any) -> None:
    if kind in TEXTS:
        field.string_value = plain
    elif kind == "null":
        field.null_value = 0
    elif kind == "boolean":
        field.bool_value = plain
    elif kind == "struct":
        for name, inner in plain.items():
            if type(inner) is str:
                field.struct_value.fields[name].string_value = inner
            else:
                field.struct_value.fields[name].number_value = inner
    else:
        field.number_value = plain


def _add_list(message: _Target, name: str, values: Any) -> None:
    items, kind = list_of(values)
    if not items:
        message.empty_list_props.append(name)
    elif kind in TEXTS:
        message.text_array_properties.add(prop_name=name, values=items)
    elif kind == "int":
        message.int_array_properties.add(prop_name=name, values=items)
    elif kind == "number":
        message.number_array_properties.add(prop_name=name, values_bytes=packer(len(items), "d").pack(*items))
    elif kind == "boolean":
        message.boolean_array_properties.add(prop_name=name, values=items)
    else:
        nested = message.object_array_properties.add(prop_name=name)
        for position, item in enumerate(items):
            try:
                _fill(nested.values.add(), item)
            except BadValue as bad:
                raise bad.within(f"[{position}]") from None


# Vectors.


def _vectors(given: Any) -> tuple[bytes, bytes]:
    """What is put behind an object, in two parts: vector_bytes = 6 without a name, vectors = 23 with names."""
    if hasattr(given, "keys") and isinstance(given, Mapping):  # in this order: an abstract class takes its time
        parts: list[bytes] = []
        for name, vector in _by_name(given, "vectors"):
            data, kind = _named(name, vectors.encode, vector)
            if data:
                # Vectors: name = 1 and type = 4, vector_bytes = 3.
                named: Any = base_pb2.Vectors(name=name, type=kind)  # type: ignore[arg-type]
                head = named.SerializeToString() + b"\x1a" + varint(len(data))
                parts += (b"\xba\x01", varint(len(head) + len(data)), head, data)
        return b"", b"".join(parts)
    data, kind = _named("", vectors.encode, given)
    if kind == vectors.MULTI:
        raise _nameless()
    return (b"2" + varint(len(data)) if data else b""), data


def _named(name: str, convert: Callable[[Any], T], vector: Any) -> T:
    """A vector converted; errors say which."""
    try:
        return convert(vector)
    except BadValue as bad:
        raise bad.within(f"vector {name!r}" if name else "vector") from None


def _nameless() -> BadValue:
    return BadValue("a multi-vector has a name: vector={name: [[...], [...]]}", "vector")
