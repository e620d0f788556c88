"""Bodies of REST requests: refused, as by the server's parser, where JSON has another type than the interface says."""

from __future__ import annotations

import functools
import struct
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from weaviate_gen.rest import bodies

from weaviate_hl.lite.errors import Refusal

_LARGEST = 3.4028235677973366e38  # what rounds to more is no float32
_KINDS = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}
_SCALARS: dict[Any, tuple[str, tuple[type, ...]]] = {
    str: ("string", (str,)),
    bool: ("bool", (bool,)),
    int: ("int64", (int,)),
    float: ("float64", (int, float)),
}


def well_formed(value: Any) -> Any:
    """JSON as Go's parser reads it: half of a surrogate pair, which no text may hold, is U+FFFD."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {well_formed(name): well_formed(inner) for name, inner in value.items()}
    if isinstance(value, list) and not (value and isinstance(value[0], float)):  # vectors are long
        return [well_formed(item) for item in value]
    return value


def check(body: Any, kind: str) -> None:
    """Refuse a body that is not of this kind, a name of `weaviate_gen.rest.bodies` or a list of such."""
    _check(body, _type_of(kind), f"value of type models.{kind}", "")


@functools.cache
def _type_of(kind: str) -> Any:
    def holder() -> None: ...

    holder.__annotations__ = {"body": kind}
    return get_type_hints(holder, dict(vars(bodies)))["body"]


_fields_of = functools.cache(get_type_hints)


def _check(value: Any, wanted: Any, place: str, path: str) -> None:
    """Look at a value and what is in it; `place` is how Go calls where it stands, `path` how it came there."""
    if get_origin(wanted) in (Union, UnionType):
        if value is None:
            return
        wanted = next(one for one in reversed(get_args(wanted)) if one is not type(None))
    inner = get_origin(wanted)
    if wanted is Any:
        return
    if is_typeddict(wanted):
        _need(value, (dict,), place)
        for name, field in _fields_of(wanted).items():
            if value.get(name) is not None:
                _check(value[name], field, f"struct field {wanted.__name__}{path}.{name}", f"{path}.{name}")
    elif inner is list:
        _need(value, (list,), place)
        (item_type,) = get_args(wanted)
        if item_type is float:
            _check_vector(value, f"{place} of type float32")
        else:
            for item in value:
                _check(item, item_type, place, path)
    elif inner is dict:
        _need(value, (dict,), place)
        for item in value.values():
            _check(item, get_args(wanted)[1], place, path)
    else:
        name, types = _SCALARS.get(wanted, _SCALARS[str])
        _need(value, types, f"{place} of type {name}")


def _check_vector(values: list[Any], place: str) -> None:
    try:
        struct.pack(f"<{len(values)}f", *values)  # vectors are long
    except (struct.error, OverflowError):
        for item in values:
            _need(item, (int, float), place)
            if abs(item) > _LARGEST:
                raise unparsable(f"json: cannot unmarshal number {item} into Go {place}") from None


def _need(value: Any, types: tuple[type, ...], place: str) -> None:
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        shown = f"number {value}" if isinstance(value, float) else _KINDS.get(type(value), "null")
        raise unparsable(f"json: cannot unmarshal {shown} into Go {place}")


def unparsable(reason: str) -> Refusal:
    """The refusal of a body that is not the JSON it should be."""
    return Refusal(f'parsing body body from "" failed, because {reason}', 400, code=400)
