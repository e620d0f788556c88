"""The values of properties: what each data type accepts, in which form it is kept, and how a wrong one is refused.

Values arrive as JSON. They differ by protocol in one thing only: REST tells whole numbers from others, gRPC does not.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from weaviate_hl.lite.catalogue import Json, Property
from weaviate_hl.lite.errors import Refusal
from weaviate_hl.lite.search.order import go_number
from weaviate_hl.lite.vectors import float32, shortest

REST, GRPC = "json.Number", "float64"
"""The protocol that a value came by, named by what the server calls its numbers."""


class _Wrong(Exception):
    """Why a value is refused, without the property's name."""


def normalise(prop: Property, value: Any, class_name: str, source: str, path: str = "") -> Any:
    """A value in the form in which it is kept, or its refusal by the data type; references are checked elsewhere."""
    path = path or prop.name
    label = _LABELS.get(prop.type) or _LABELS.get(prop.kind, prop.kind)
    try:
        if prop.kind == "object":
            return _object_value(prop, value, class_name, source, path)
        if not prop.is_list:
            return _ONE[prop.kind](value, source)
        label += " array"
        return _list(prop.kind, value, source)
    except _Wrong as wrong:
        raise Refusal(f"invalid {label} property '{path}' on class '{class_name}': {wrong}") from None


_LABELS = {"int": "integer", "object[]": "object[]"}


def _list(kind: str, value: Any, source: str) -> list[Any]:
    label = "integer" if kind in ("int", "number") else kind  # the server says so of numbers, too
    if not isinstance(value, list):
        article = "an" if label == "integer" else "a"
        raise _Wrong(f"not {article} {label} array, but {kind_of(value, source)}")
    check = _ONE[kind]
    try:
        return [check(item, source) for item in value]
    except _Wrong:
        raise _Wrong(f"invalid {label} array value: {show(value, source)}") from None


def _object_value(prop: Property, value: Any, class_name: str, source: str, path: str) -> Any:
    if not prop.is_list:
        return _object(prop, value, class_name, source, path)
    if not isinstance(value, list):
        raise _Wrong(f"not an object array, but {kind_of(value, source)}")
    kept = []
    for i, item in enumerate(value):
        try:
            kept.append(_object(prop, item, class_name, source, path))
        except _Wrong as wrong:
            raise _Wrong(f"invalid object '{i}' in array: {wrong}") from None
    return kept


def _object(prop: Property, value: Any, class_name: str, source: str, path: str) -> Json:
    if not isinstance(value, dict):
        raise _Wrong(f"object must be a map, but got: {kind_of(value, source)}")
    kept = {}
    for name in sorted(value):
        nested, inner = prop.nested.get(name), f"{path}.{name}"
        if nested is None:
            raise _Wrong(f"unknown property '{inner}'")
        try:
            item = value[name]
            kept[name] = None if item is None else normalise(nested, item, class_name, source, inner)
        except Refusal as problem:
            raise _Wrong(f"property '{inner}': {problem.text}") from None
    return kept


Check = Callable[[Any, str], Any]
"""What brings a single value into the form in which it is kept, or raises `_Wrong`; it also gets the protocol."""


def _of_type(kind: type, name: str) -> Check:
    def check(value: Any, source: str) -> Any:
        if not isinstance(value, kind):
            raise _Wrong(f"not a {name}, but {kind_of(value, source)}")
        return value

    return check


def _of_format(normal: Callable[[str], str | None], name: str) -> Check:
    def check(value: Any, source: str) -> str:
        kept = normal(value) if isinstance(value, str) else None
        if kept is None:
            raise _Wrong(f"requires a string {name}, but the given value is '{show(value, source)}'")
        return kept

    return check


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _integer(value: Any, source: str) -> int:
    whole = _is_number(value) and (isinstance(value, int) or (source == GRPC and value.is_integer()))
    if whole and -(2**63) <= value < 2**63:
        return value if isinstance(value, int) and -(2**53) <= value <= 2**53 else int(float(value))
    if source == REST and _is_number(value):
        raise _Wrong(f"the JSON number '{value}' could not be converted to an int")
    raise _Wrong(f"requires an integer, the given value is '{show(value, source)}'")


def _number(value: Any, source: str) -> float | int:
    if not _is_number(value) or not math.isfinite(value):
        raise _Wrong(f"requires a float, the given value is '{show(value, source)}'")
    return plain_number(float(value))


def plain_number(number: float) -> float | int:
    """A number as the server's JSON shows it: a whole one without its point, and with no more digits than it needs."""
    return int(Decimal(repr(number))) if number.is_integer() and abs(number) < 1e21 else number


def _blob(value: Any, source: str) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"not a blob base64 string, but {kind_of(value, source)}")
    try:
        if value and base64.b64decode(value, validate=True):
            return value
    except (binascii.Error, ValueError):
        pass
    raise _Wrong("not a valid blob base64 string")


def _blob_hash(value: Any, source: str) -> str:
    import hashlib  # slow to load, and seldom needed

    # The server hashes the text, not the bytes that it stands for.
    return hashlib.sha256(_blob(value, source).encode()).hexdigest()


def _geo(value: Any, source: str) -> Json:
    if not isinstance(value, dict):
        raise _Wrong(f"geoCoordinates must be a map, but got: {kind_of(value, source)}")
    for field in ("longitude", "latitude"):
        if field not in value:
            raise _Wrong(f"geoCoordinates is missing required field '{field}'")
    kept: Json = {}
    for field in ("latitude", "longitude"):
        number = value[field]
        if not _is_number(number):
            raise _Wrong(f"invalid {field}: must be json.Number or float, but got {kind_of(number, source)}")
        try:
            kept[field] = shortest(float32(number))
        except OverflowError:
            raise _Wrong(f"invalid {field}: {number} is too large") from None
    return kept


def _phone(value: Any, source: str) -> Json:
    if not isinstance(value, dict):
        raise _Wrong(f"phoneNumber must be a map, but got: {kind_of(value, source)}")
    text, country = value.get("input"), value.get("defaultCountry")
    if text is None:
        raise _Wrong("phoneNumber is missing required field 'input'")
    for field, given in (("input", text), ("defaultCountry", country)):
        if not isinstance(given, str) and given is not None:
            raise _Wrong(f"phoneNumber.{field} must be a string, but got: {kind_of(given, source)}")
    try:
        import phonenumbers  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:
        raise _Wrong("lite parses phone numbers with the package phonenumbers: pip install phonenumbers") from None
    try:
        number = phonenumbers.parse(text, country.upper() if country else None)
    except phonenumbers.NumberParseException as error:
        missing = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
        reason = "invalid or missing defaultCountry" if missing else "the phone number supplied is not a number"
        raise _Wrong(f"invalid phone number: {reason}") from None
    formats = phonenumbers.PhoneNumberFormat
    kept: Json = {
        "input": text,
        "countryCode": number.country_code,
        "national": number.national_number,
        "nationalFormatted": phonenumbers.format_number(number, formats.NATIONAL),
        "internationalFormatted": phonenumbers.format_number(number, formats.INTERNATIONAL),
    }
    if phonenumbers.is_valid_number(number):
        kept["valid"] = True
    if country:
        kept["defaultCountry"] = country.upper()
    return kept


# Dates and UUIDs.

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)
_UUID = re.compile(
    r"(?:urn:uuid:)?([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})", re.IGNORECASE
)
_BARE = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)


def normal_date(text: str) -> str | None:
    """An RFC 3339 date as it is kept, None if it is none: at most nanoseconds, no zeros behind, Z for no offset."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.group(1, 2, 3, 4, 5, 6))
    if not (year and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1] and hour < 24):
        return None
    if minute > 59 or second > 59 or int(match[9] or 0) > 23 or int(match[10] or 0) > 59:
        return None
    fraction = (match[7] or "")[:9].rstrip("0")
    offset = f"{match[8]}{match[9]}:{match[10]}" if match[8] and (match[9], match[10]) != ("00", "00") else "Z"
    return text[:19] + (f".{fraction}" if fraction else "") + offset


def normal_uuid(text: str) -> str | None:
    """A UUID in its usual form, None if it is none; braces, `urn:uuid:` and no dashes are accepted."""
    bare = text[1:-1] if len(text) == 38 else text
    if match := _UUID.fullmatch(bare):
        return "-".join(match.groups()).lower()
    if _BARE.fullmatch(text):
        text = text.lower()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    return None


_ONE: Mapping[str, Check] = {
    "text": _of_type(str, "string"),
    "int": _integer,
    "number": _number,
    "boolean": _of_type(bool, "bool"),
    "date": _of_format(normal_date, "with a RFC3339 formatted date"),
    "uuid": _of_format(normal_uuid, "of UUID format"),
    "blob": _blob,
    "blobHash": _blob_hash,
    "geoCoordinates": _geo,
    "phoneNumber": _phone,
}


# As Go prints what it refuses.


def kind_of(value: Any, source: str) -> str:
    """What the server calls the type of a value."""
    names: dict[type, str] = {bool: "bool", int: source, float: source, str: "string"}
    names |= {list: "[]interface {}", dict: "map[string]interface {}"}
    return names.get(type(value), "<nil>")


def show(value: Any, source: str = GRPC) -> str:
    """A value as the server prints it; REST keeps a number as it was spelt."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{' '.join(show(item, source) for item in value)}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{show(item, source)}' for key, item in sorted(value.items()))}]"
    if value is None:
        return "<nil>"
    return go_number(value) if isinstance(value, float) and source == GRPC else str(value)
