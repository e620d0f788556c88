"""One value of a property, in and out of both protocols. Pure, but for the files that blobs may be given as.

Going out, each value is checked: what the server would change or lose is refused here. Coming in, nothing is: a kind of
value that this version does not know is returned as the bytes that it came in.
"""

from __future__ import annotations

import os
import re
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from io import IOBase
from math import isfinite
from numbers import Integral, Real
from struct import Struct
from typing import Any, Literal, TypeAlias
from uuid import UUID, SafeUUID
from warnings import warn

from weaviate_gen.grpc.raw import raw
from weaviate_gen.grpc.v1 import properties_pb2

from weaviate_hl.values import generics
from weaviate_hl.values.base import Json, is_unicode
from weaviate_hl.values.inputs import (
    MAX_INTEGER,
    GeoCoordinate,
    NanosecondDatetime,
    PhoneNumber,
    PhoneNumberType,
)

Kind: TypeAlias = Literal[
    "text", "uuid", "date", "blob", "int", "number", "boolean", "null", "struct", "object", "list"
]
"""What a value is to the protocols; `struct` is a place or a telephone number."""

TEXTS: frozenset[Kind] = frozenset(("text", "uuid", "date", "blob"))
"""Kinds that travel as texts."""


class BadValue(Exception):
    """A value that cannot be sent; `path` says where it lies in what was given."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.path = path

    def within(self, outer: str) -> BadValue:
        """The same, seen from further out."""
        inner = self.path if self.path[:1] in ("", "[") else f".{self.path}"
        return BadValue(self.reason, outer + inner)


_ORDER = "" if sys.byteorder == "little" else "<"  # the machine's own order takes half the time
packer = lru_cache(maxsize=256)(lambda count, code: Struct(f"{_ORDER}{count}{code}"))
"""One `Struct` for each number of numbers, in the order of the wire. Too large a number may become an infinite one."""


# Out.


def check_name(name: str) -> None:
    """See that the server can speak of a property: it cuts the first letter in two where that is not ASCII.

    Raises:
        BadValue: It cannot: its answer, about this object and all others of the request, would be lost.
    """
    if name[:1] > "\x7f":
        raise BadValue("the name of a property is made of ASCII letters, digits and underscores", name)


def kind_of(value: Any) -> tuple[Kind, Callable[[Any], Any]]:
    """The kind of a value, and what makes plain JSON of it, if it is no object or list.

    Raises:
        BadValue: No property can hold it.
    """
    return _KINDS.get(type(value)) or _learn(value)


def to_json(value: Any) -> Any:
    """A value as JSON.

    Raises:
        BadValue: It cannot be sent.
    """
    kind, convert = kind_of(value)
    if kind == "object":
        return {name: _under(name, to_json, inner) for name, inner in convert(value).items()}
    if kind == "list":
        items, kind = list_of(value)
        return [_under(f"[{i}]", to_json, item) for i, item in enumerate(items)] if kind == "object" else items
    return convert(value)


def _under(path: str, convert: Callable[[Any], Any], value: Any) -> Any:
    if type(path) is not str:
        raise BadValue("the name of a property is a text", str(path))
    try:
        _text(path)
        return convert(value)
    except BadValue as bad:
        raise bad.within(path) from None


def list_of(values: Any) -> tuple[list[Any], Kind]:
    """A list's values as plain JSON, and the one kind that they are of; objects are left as they are.

    Raises:
        BadValue: They are not of one kind, or not of a kind that lists can hold.
    """
    items = kind_of(values)[1](values)
    types = set(map(type, items))
    if len(types) == 1:
        (only,) = types
        if only is str and is_unicode("".join(items)):
            return items, "text"
        if only is bool:
            return items, "boolean"
        if only is int and min(items) >= -MAX_INTEGER and max(items) <= MAX_INTEGER:
            return items, "int"
        if only is float and isfinite(sum(items)):
            return items, "number"
    plain, kinds = [], set()
    for position, item in enumerate(items):
        try:
            kind, convert = kind_of(item)
            if kind in ("null", "list", "struct"):
                raise BadValue(f"a list cannot hold {item!r}")
            plain.append(convert(item))
        except BadValue as bad:
            raise bad.within(f"[{position}]") from None
        kinds.add(kind)
    if kinds == {"int", "number"}:
        return plain, "number"
    if len(kinds) > 1:
        raise BadValue(f"a list holds values of one kind, not of {' and '.join(sorted(kinds))}: {short(values)}")
    return plain, kinds.pop() if kinds else "null"


def _text(value: str) -> str:
    if not is_unicode(value):
        raise BadValue(f"expected a text in Unicode, not {value!a}")
    return value


def _integer(value: Any) -> int:
    number = int(value)
    if not -MAX_INTEGER <= number <= MAX_INTEGER:
        raise BadValue(
            f"the integer {number} is beyond 2**53, and the server keeps integers as doubles: it would become another; "
            "write it as a text"
        )
    return number


def _number(value: Any) -> float:
    number = float(value)
    if not isfinite(number):
        raise BadValue(f"expected a finite number, not {number!r}")
    return number


def rfc3339(value: date) -> str:
    """A date, or a datetime, as the server wants it: a date alone is its first moment in UTC.

    Raises:
        BadValue: It is no date, as NaT of pandas, or has none in UTC.
    """
    try:
        return _rfc3339(value)
    except (ValueError, OverflowError) as error:
        raise BadValue(f"expected a date, not {short(value)} ({error})") from None


def _rfc3339(value: date) -> str:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    offset = value.utcoffset()
    if offset is None:
        # As the classic clients do it: programs written for them go on, but are told.
        warn(f"{value!r} has no time zone: it is taken to be in UTC", UserWarning, stacklevel=3)
        value = value.replace(tzinfo=UTC)
    elif offset.seconds % 60 or offset.microseconds:  # local mean times; RFC 3339 knows whole minutes only
        value = value.astimezone(UTC)
    return value.isoformat(timespec="microseconds") if type(value) is datetime else _exact(value)


def _exact(value: datetime) -> str:
    """With the nanoseconds that subclasses of datetime may have, such as those of pandas."""
    text = datetime.combine(value.date(), value.timetz()).isoformat(timespec="microseconds")
    nanosecond = getattr(value, "nanosecond", 0)
    return f"{text[:26]}{nanosecond:03d}{text[26:]}" if nanosecond else text


def _place(value: GeoCoordinate) -> Json:
    return {"latitude": value.latitude, "longitude": value.longitude}


def _phone(value: PhoneNumber | PhoneNumberType) -> Json:
    plain = {"input": value.number}
    return plain | {"defaultCountry": value.default_country} if value.default_country else plain


def _base64(value: bytes) -> str:
    return b64encode(value).decode("ascii")


def _file(value: os.PathLike[str]) -> str:
    try:
        with open(value, "rb") as file:
            return _base64(file.read())
    except OSError as error:
        raise BadValue(f"cannot read the file: {error}") from None


def _stream(value: Any) -> str:
    try:
        data = value.read()
    except (OSError, ValueError) as error:  # ValueError: it is closed
        raise BadValue(f"cannot read the file: {error}") from None
    if not isinstance(data, bytes):
        raise BadValue("expected a file opened for reading bytes: open(..., 'rb')")
    return _base64(data)


def _array(value: Any) -> list[Any]:
    if value.ndim != 1 or getattr(value.dtype, "kind", "?") not in "biufUO":
        raise BadValue(f"a list of values has one dimension and holds numbers, booleans or texts, not {short(value)}")
    items: list[Any] = value.tolist()
    return items


def _itself(value: Any) -> Any:
    return value


_KINDS: dict[type, tuple[Kind, Callable[[Any], Any]]] = {
    str: ("text", _text),
    bool: ("boolean", _itself),
    int: ("int", _integer),
    float: ("number", _number),
    type(None): ("null", _itself),
    UUID: ("uuid", str),
    datetime: ("date", rfc3339),
    date: ("date", rfc3339),
    GeoCoordinate: ("struct", _place),
    PhoneNumber: ("struct", _phone),
    PhoneNumberType: ("struct", _phone),
    bytes: ("blob", _base64),
    bytearray: ("blob", _base64),
    memoryview: ("blob", lambda value: _base64(value.tobytes())),
    dict: ("object", _itself),
    list: ("list", _itself),
    tuple: ("list", list),
}
"""By type; the types of other values are added as they are met, subclasses as their bases."""

_ABSTRACT: tuple[tuple[type, Kind, Callable[[Any], Any]], ...] = (
    (Mapping, "object", _itself),
    (Sequence, "list", list),
    (os.PathLike, "blob", _file),
    (IOBase, "blob", _stream),
    (Integral, "int", _integer),
)


def _learn(value: Any) -> tuple[Kind, Callable[[Any], Any]]:
    cls = type(value)
    found: tuple[Kind, Callable[[Any], Any]] | None = next(
        (_KINDS[base] for base in cls.__mro__ if base in _KINDS), None
    )
    if found is None:
        found = next(((kind, convert) for base, kind, convert in _ABSTRACT if isinstance(value, base)), None)
    if found is None and hasattr(value, "dtype") and hasattr(value, "tolist"):  # numpy and its like
        if hasattr(value, "__len__"):
            found = ("list", _array)
        elif isinstance(value, Real):
            found = ("number", _number)
        elif value.dtype == bool:
            found = ("boolean", bool)
    if found is None and hasattr(value, "read"):  # a file in a wrapper, such as those of tempfile
        found = ("blob", _stream)
    if found is None and generics.kind_of(cls):
        found = ("object", generics.plain)
    if found is None:
        raise BadValue(f"no property can hold {short(value)}")
    _KINDS[cls] = found
    return found


def short(value: Any) -> str:
    """A value as errors show it."""
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) < 50 else text[:50] + '...'}"


# In: a Value of the raw view, which is read from its bytes. A tag is the number of the field and how it is written.

_VALUE = raw(properties_pb2.Value)
_PROPERTIES = raw(properties_pb2.Properties)
_double = Struct("<d").unpack_from
_new_uuid: Any = UUID.__new__
_set_int: Any = vars(UUID)["int"].__set__
_set_is_safe: Any = vars(UUID)["is_safe"].__set__
_UNKNOWN = SafeUUID.unknown
_from_bytes = int.from_bytes
_from_isoformat = datetime.fromisoformat


def read_properties(fields: Mapping[str, bytes]) -> dict[str, Any]:
    """The properties in a map of the raw view."""
    properties: dict[str, Any] = {}
    for name in fields:  # items() of such a map is slow
        value = fields[name]
        # The commonest by hand; the length must be all that is left, or it is a message of another form.
        if not value:
            properties[name] = None
        elif (tag := value[0]) == 0x6A and value[1] == len(value) - 2 < 128:
            properties[name] = value[2:].decode()
        elif tag == 0x09 and len(value) == 9:
            properties[name] = _double(value, 1)[0]
        elif tag == 0x32 and value[1] == len(value) - 2 < 28:  # too short for nanoseconds
            text = value[2:].decode()
            try:
                properties[name] = _from_isoformat(text)
            except ValueError:
                properties[name] = text
        else:
            properties[name] = _READERS[tag](value)
    return properties


def read(value: bytes) -> Any:
    """The value in a message of the raw view; its bytes if it is of a kind that this version does not know."""
    message = _VALUE.FromString(value)
    kind = message.WhichOneof("kind")
    if kind is None:
        return value or None
    return _READ[kind](getattr(message, kind))


def _read_bool(value: bytes) -> Any:
    return value[1] == 1 if len(value) == 2 and value[1] < 2 else read(value)


def _read_int(value: bytes) -> Any:
    size = len(value)
    if size == 2 and value[1] < 128:
        return value[1]
    if size == 3 and value[1] > 127 > value[2]:
        return value[1] & 127 | value[2] << 7
    return read(value)


def _read_object(value: bytes) -> Any:
    first, size = value[1], len(value)
    if first == size - 2 < 128:
        return read_properties(_PROPERTIES.FromString(value[2:]).fields)
    if first > 127 > value[2] and first & 127 | value[2] << 7 == size - 3:
        return read_properties(_PROPERTIES.FromString(value[3:]).fields)
    return read(value)


def _read_uuid(value: bytes) -> Any:
    return UUID(value[2:].decode()) if value[1] == len(value) - 2 == 36 else read(value)


_READERS: list[Callable[[bytes], Any]] = [read] * 256
_READERS[0x18] = _read_bool
_READERS[0x22] = _read_object
_READERS[0x3A] = _read_uuid
_READERS[0x40] = _read_int


def read_date(text: str) -> datetime | str:
    """A date of the server; the text itself where Python has no such date, as in the year 0."""
    try:
        moment = _from_isoformat(text)
    except ValueError:
        return text
    if len(text) > 27 and (found := _NANOSECONDS.search(text)):
        return NanosecondDatetime.of(moment, int(found[1].ljust(3, "0")))
    return moment


_NANOSECONDS = re.compile(r"\.\d{6}(\d{1,3})(?!\d)")


def uuid_of(data: bytes) -> UUID:
    """A UUID from its 16 bytes, without the checks of its constructor, which cost more than the rest of a result."""
    uuid: UUID = _new_uuid(UUID)
    _set_int(uuid, _from_bytes(data, "big"))
    _set_is_safe(uuid, _UNKNOWN)
    return uuid


def _uuid_or_text(text: str) -> UUID | str:
    try:
        return UUID(text)
    except ValueError:
        return text


def _read_list(message: Any) -> Any:
    kind = message.WhichOneof("kind")
    if kind is None:
        return message.SerializeToString() or []
    return _READ_LIST[kind](getattr(message, kind).values)


def _read_phone(message: Any) -> PhoneNumberType:
    return PhoneNumberType(
        number=message.input,
        country_code=message.country_code,
        default_country=message.default_country,
        international_formatted=message.international_formatted,
        national=message.national,
        national_formatted=message.national_formatted,
        valid=message.valid,
    )


def _as_place(latitude: float, longitude: float) -> GeoCoordinate:
    """A place from the server, which does not hold the numbers to any range."""
    place = GeoCoordinate.__new__(GeoCoordinate)
    place.latitude, place.longitude = latitude, longitude
    return place


_READ: dict[str, Callable[[Any], Any]] = {
    "number_value": _itself,
    "bool_value": _itself,
    "object_value": lambda message: read_properties(message.fields),
    "list_value": _read_list,
    "date_value": read_date,
    "uuid_value": _uuid_or_text,
    "int_value": _itself,
    "geo_value": lambda message: _as_place(message.latitude, message.longitude),
    "blob_value": _itself,
    "phone_value": _read_phone,
    "null_value": lambda _: None,
    "text_value": _itself,
}

_READ_LIST: dict[str, Callable[[Any], Any]] = {
    "number_values": lambda data: _numbers(data, "d"),
    "bool_values": list,
    "object_values": lambda messages: [read_properties(message.fields) for message in messages],
    "date_values": lambda texts: [read_date(text) for text in texts],
    "uuid_values": lambda texts: [_uuid_or_text(text) for text in texts],
    "int_values": lambda data: _numbers(data, "q"),
    "text_values": list,
}


def _numbers(data: bytes, code: str) -> list[Any]:
    return list(packer(len(data) // 8, code).unpack(data))


# In: JSON, which does not say what it is.


def from_json(value: Any, data_type: Any = None) -> Any:
    """A value of JSON.

    Args:
        value: The value.
        data_type: What it is, in the server's words, such as "date" or "uuid[]"; of an object, the types of its
            properties by name. Without, texts stay texts, and places and telephone numbers are known by their keys.
    """
    if isinstance(value, list):
        inner = data_type[:-2] if isinstance(data_type, str) and data_type.endswith("[]") else data_type
        return [from_json(item, inner) for item in value]
    if isinstance(value, dict):
        if value.keys() == {"latitude", "longitude"}:
            # JSON has the shortest digits of numbers of 32 bits; the same place has the same numbers over gRPC.
            return _as_place(*_PLACE.unpack(_PLACE.pack(value["latitude"], value["longitude"])))
        if "input" in value and value.keys() & {"internationalFormatted", "nationalFormatted"}:
            return _phone_from_json(value)
        types = data_type if isinstance(data_type, Mapping) else {}
        return {name: from_json(inner, types.get(name)) for name, inner in value.items()}
    read = _FROM_JSON.get(data_type) if isinstance(data_type, str) else None
    return value if read is None or value is None else read(value)


_PLACE = Struct("<2f")
_FROM_JSON: dict[str, Callable[[Any], Any]] = {"date": read_date, "uuid": _uuid_or_text, "number": float, "int": int}


def _phone_from_json(value: Json) -> PhoneNumberType:
    return PhoneNumberType(
        number=value["input"],
        country_code=value.get("countryCode", 0),
        default_country=value.get("defaultCountry", ""),
        international_formatted=value.get("internationalFormatted", ""),
        national=value.get("national", 0),
        national_formatted=value.get("nationalFormatted", ""),
        valid=value.get("valid", False),
    )
