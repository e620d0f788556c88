"""Values that are views of the server's JSON: what `values/schema.py` is made of.

A `View` holds the JSON as the server told it; its attributes are `Field`s, which read it and write to it. What this
client does not know stays in the JSON, so that a view can be sent back with nothing lost. Views inside, and lists and
dictionaries of them, are made when first asked for and are then held, so that `to_dict()` tells what a program has
changed in them.
"""

from __future__ import annotations

from copy import deepcopy
from enum import Enum
from typing import Any, ClassVar, Generic, Self, TypeVar, cast, overload

from weaviate_hl.values.base import Configuration, Json, as_json

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
V = TypeVar("V", bound="View")


class Field(Generic[T]):
    """An attribute of a view: by itself, plain JSON at one key.

    Args:
        key: The key; left out, it is the attribute's name in the server's spelling.
        default: The value where nothing stands there.
    """

    held: ClassVar[bool] = False
    """Whether the value is made once and may be changed inside."""

    def __init__(self, key: str | None = None, default: Any = None) -> None:
        self.key = key or ""
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        first, *rest = name.split("_")
        self.key = self.key or first + "".join(map(str.title, rest))

    def take(self, json: Json) -> T:
        """The value, from the JSON of the view."""
        told = json.get(self.key)
        return self.default if told is None else told  # type: ignore[no-any-return]

    def put(self, json: Json, value: T) -> None:
        """Write a value to the JSON of the view; None takes it out."""
        if value is None:
            json.pop(self.key, None)
        else:
            json[self.key] = as_json(value)

    def settle(self, json: Json, value: T) -> None:
        """Write what was held, if it was changed. What nobody touched stays as it was: absent, or null."""
        if as_json(value) != as_json(self.take(json)):
            self.put(json, value)

    @overload
    def __get__(self, view: None, owner: type) -> Self: ...
    @overload
    def __get__(self, view: View, owner: type | None = None) -> T: ...
    def __get__(self, view: View | None, owner: type | None = None) -> Self | T:
        if view is None:
            return self
        if not self.held:
            return self.take(view._json)
        if self.name not in view._held:
            view._held[self.name] = self.take(view._json)
        return cast(T, view._held[self.name])

    def __set__(self, view: View, value: T) -> None:
        if self.held:
            view._held[self.name] = value
        self.put(view._json, value)


class View(Configuration):
    """A part of a configuration as the server told it; made of its JSON by `of`, or of its fields."""

    __slots__ = ("_held", "_json")
    fields: ClassVar[dict[str, Field[Any]]] = {}

    def __init__(self, **fields: Any) -> None:
        self._json: Json = {}
        self._held: dict[str, Any] = {}
        for name, value in fields.items():
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no {name!r}")
            setattr(self, name, value)

    def __init_subclass__(cls) -> None:
        cls.fields = cls.fields | {name: one for name, one in vars(cls).items() if isinstance(one, Field)}

    @classmethod
    def of(cls, json: Json) -> Self:
        """The view of what the server told; it is not copied."""
        view = cls()
        view._json = json
        return view

    def to_dict(self) -> Json:
        """The server's JSON, with all that this client does not know; a copy."""
        return deepcopy(self._told())

    def _told(self) -> Json:
        for name, value in self._held.items():
            self.fields[name].settle(self._json, value)
        return self._json

    def _slots(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.fields}

    def __eq__(self, other: object) -> bool:
        return self._told() == other._told() if type(other) is type(self) else NotImplemented


def known(kind: type[E], text: Any) -> E | str:
    """The member of an enumeration, or the text itself where there is none."""
    try:
        return kind(text)
    except ValueError:
        return cast(str, text)


class Member(Field[E | str]):
    """A member of an enumeration; what this client does not know stays a text."""

    def __init__(self, kind: type[E], key: str | None = None) -> None:
        super().__init__(key)
        self.kind = kind

    def take(self, json: Json) -> E | str:
        told = super().take(json)
        return told if told is None else known(self.kind, told)


class Inside(Field[T], Generic[T, V]):
    """A view of an object inside, or several."""

    held = True

    def __init__(self, kind: type[V], key: str | None = None) -> None:
        super().__init__(key)
        self.kind = kind


class Part(Inside[V, V]):
    """A view of an object inside, also where there is none."""

    def take(self, json: Json) -> V:
        told = json.get(self.key)
        return self.kind.of({} if told is None else told)


class OptionalPart(Inside[V | None, V]):
    """A view of an object inside, or None."""

    def take(self, json: Json) -> V | None:
        told = json.get(self.key)
        return None if told is None else self.kind.of(told)


class NamedParts(Inside[dict[str, V] | None, V]):
    """A dictionary of views, or None."""

    def take(self, json: Json) -> dict[str, V] | None:
        told = json.get(self.key)
        return None if told is None else {name: self.kind.of(one) for name, one in told.items()}
