"""What all values stand on: what they have in common, and how they hold what they are given to its type.

A wrong argument is refused where it is given, by name; no secret is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from math import isfinite
from typing import Any, NoReturn, TypeVar, cast

from weaviate_hl.errors import WeaviateInvalidInputError

T = TypeVar("T")
Json = dict[str, Any]


class Value:
    """A plain value: what its slots hold is what it is."""

    __slots__ = ()

    def _slots(self) -> Json:
        names = [name for cls in reversed(type(self).__mro__) for name in cls.__dict__.get("__slots__", ())]
        return {name: getattr(self, name) for name in names}

    def __eq__(self, other: object) -> bool:
        return self._slots() == other._slots() if type(other) is type(self) else NotImplemented

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._slots().items())})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Json:
        """For models of Pydantic that have fields of this type."""
        return {"type": "is-instance", "cls": cls}


class Configuration(Value):
    """Base of all configurations."""

    __slots__ = ()

    def to_dict(self) -> Json:
        """What is sent, as JSON in dictionaries and lists; a copy."""
        return present(as_json(self._slots()))

    def _told(self) -> Json:
        return self.to_dict()

    def __repr__(self) -> str:
        shown = {name: without_secrets(name, value) for name, value in self._slots().items() if name[0] != "_"}
        told = ", ".join(f"{name}={value!r}" for name, value in shown.items() if value is not None and value != {})
        return f"{type(self).__name__}({told})"


def as_json(value: Any) -> Any:
    """A value as JSON; views give their own, not a copy."""
    if isinstance(value, Configuration):
        return value._told()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: as_json(one) for key, one in value.items()}
    return [as_json(one) for one in value] if isinstance(value, (list, tuple)) else value


def present(settings: Json) -> Json:
    """Without what was not given."""
    return {key: value for key, value in settings.items() if value is not None}


class Check:
    """Holds the arguments of one call to their types; errors name the call, the argument and what was given.

    Args:
        call: The call, or the factory.
        secret: Whether no text is to be shown: one may be a key in the wrong place.
    """

    __slots__ = ("_secret", "call")

    def __init__(self, call: str, *, secret: bool = False) -> None:
        self.call = call
        self._secret = secret

    def hold(self, name: str, value: T, wanted: str, fits: bool, required: bool) -> T:
        """The value, if it fits, or is missing and need not be there."""
        if not fits and (required or value is not None):
            self.refuse(name, wanted, value)
        return value

    def text(self, name: str, value: T, *, required: bool = False, nonempty: bool = False) -> T:
        if not isinstance(value, str):
            return self.hold(name, value, "a str", False, required)
        if nonempty and not value:
            self.refuse(name, "a str that is not empty", value)
        if not is_unicode(value):
            self.refuse(name, "a str in Unicode", value)
        return value

    def integer(self, name: str, value: T, *, required: bool = False) -> T:
        return self.hold(name, value, "an int", isinstance(value, int) and not isinstance(value, bool), required)

    def number(self, name: str, value: T, *, required: bool = False) -> T:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
        return self.hold(name, value, "a finite float", fits, required)

    def boolean(self, name: str, value: T, *, required: bool = False) -> T:
        return self.hold(name, value, "a bool", isinstance(value, bool), required)

    def choice(self, name: str, value: T, choices: tuple[str, ...], *, required: bool = False) -> T:
        if not (value in choices or (value is None and not required)):
            self.refuse(name, f"one of {', '.join(map(repr, choices))}", value)
        return value

    def enum(
        self, name: str, value: str | None, kind: type[Enum], *, open: bool = False, required: bool = False
    ) -> str | None:
        """The value of a member, given as the member or as its value (`open`: or as any other text)."""
        for member in kind:
            if value == member.value and isinstance(value, str):
                return cast(str, member.value)
        if not ((open and isinstance(value, str)) or (value is None and not required)):
            self.refuse(name, f"a {kind.__name__} ({', '.join(repr(m.value) for m in kind)})", value)
        return value

    def texts(self, name: str, value: Sequence[str] | None, *, required: bool = False) -> list[str] | None:
        if value is None and not required:
            return None
        if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
            self.refuse(name, "a list of str", value)
        for i, one in enumerate(value):
            self.text(f"{name}[{i}]", one, required=True)
        return list(value)

    def mapping(self, name: str, value: Mapping[str, Any] | None, *, required: bool = False) -> Json:
        if value is None and not required:
            return {}
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            self.refuse(name, "a dict with str as keys", value)
        return as_json(value)  # type: ignore[no-any-return]

    def config(self, name: str, value: T, *kinds: type[Any], required: bool = False) -> T:
        if not (isinstance(value, kinds) or (value is None and not required)):
            self.refuse(name, " or ".join(kind.__name__ for kind in kinds), value)
        return value

    def refuse(self, name: str, wanted: str, value: object) -> NoReturn:
        """Raise the error of a wrong argument."""
        given = f"a value of type {type(value).__name__}"
        if value is None or isinstance(value, (bool, int, float)):
            given = repr(value)
        elif isinstance(value, str) and not self._secret:
            shown = repr(without_secrets(name, str(value)))
            given = shown if len(shown) <= 60 else f"{shown[:57]}..."
        raise WeaviateInvalidInputError(f"{self.call}: `{name}` must be {wanted}, not {given}")


def is_unicode(value: str) -> bool:
    """Whether it can be sent: a lone surrogate, as file names may hold them, cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


SECRET_ENDINGS = ("apikey", "accesskey", "secretkey", "secret", "token", "password")


def without_secrets(name: str, value: Any) -> Any:
    """A value as it may be shown: no keys, and no password in an address."""
    if isinstance(value, Mapping):
        return {key: without_secrets(str(key), one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_secrets(name, one) for one in value]
    if value and name.lower().replace("_", "").replace("-", "").endswith(SECRET_ENDINGS):
        return "***"
    if isinstance(value, str) and "://" in value and "@" in value:
        scheme, _, rest = value.partition("://")
        return f"{scheme}://***@{rest.rpartition('@')[2]}"
    return value
