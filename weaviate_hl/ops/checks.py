"""How operations hold their arguments to their types, unless a user has asked to skip that. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.ops import vectors
from weaviate_hl.ops.values import BadValue
from weaviate_hl.values.base import Check
from weaviate_hl.values.properties import class_name

T = TypeVar("T")


class ArgumentCheck(Check):
    """The checks of a call of a client."""

    __slots__ = ()

    def name(self, argument: str, value: str) -> str:
        """A name that is a part of an address."""
        self.text(argument, value, required=True, nonempty=True)
        if value in (".", ".."):
            self.refuse(argument, "a name", value)
        return value

    def collection(self, argument: str, value: str) -> str:
        """The name of a collection, as the server has it."""
        return class_name(self.name(argument, value))

    def whole(self, argument: str, value: int | None, least: int = 0) -> int:
        """A number from 0, or more, that the wire has room for; without one, it is 0."""
        self.integer(argument, value)
        if value is not None and not least <= value < 2**32:
            self.refuse(argument, f"an int from {least} to 4294967295", value)
        return value or 0

    def texts(self, name: str, value: Sequence[str] | None, *, required: bool = False) -> list[str]:
        """A list of texts; without one, it is empty."""
        return super().texts(name, value, required=required) or []

    def fraction(self, argument: str, value: float) -> float:
        """A number from 0 to 1."""
        self.number(argument, value, required=True)
        if not 0 <= value <= 1:
            self.refuse(argument, "a number from 0 to 1", value)
        return value

    def uuid(self, argument: str, value: Any) -> str:
        """An id, as text."""
        try:
            return str(value if isinstance(value, UUID) else UUID(value))
        except (AttributeError, TypeError, ValueError):
            self.refuse(argument, "a UUID, or a str that is one", value)
        return str(value)

    def vector(self, argument: str, value: Any) -> tuple[bytes, int]:
        """A vector or multi-vector as on the wire, and its type."""
        try:
            data, kind = vectors.encode(value)
        except BadValue as bad:
            raise WeaviateInvalidInputError(f"{self.call}: `{argument}{bad.path}`: {bad.reason}") from None
        if not data:
            self.refuse(argument, "a vector that is not empty", value)
        return data, kind

    def one(self, argument: str, value: T, *kinds: type[Any], more: str = "") -> T:
        """A value of one of these kinds."""
        if not isinstance(value, kinds):
            self.refuse(argument, " or ".join(kind.__name__ for kind in kinds) + more, value)
        return value

    def several(self, argument: str, value: Any, *kinds: type[Any]) -> list[Any]:
        """One or several of these kinds, as a list."""
        if isinstance(value, (*kinds, str, bytes)) or not isinstance(value, Sequence):
            return [self.one(argument, value, *kinds, more=", or a list of them")]
        return [self.one(f"{argument}[{i}]", one, *kinds) for i, one in enumerate(value)]

    def iterable(self, argument: str, value: Any) -> Iterable[Any]:
        """What gives one thing after another; not one thing that happens to do so, too."""
        if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
            self.refuse(argument, "a list", value)
        return value


class Unchecked(ArgumentCheck):
    """Takes arguments as they are."""

    __slots__ = ()

    def refuse(self, name: str, wanted: str, value: object) -> None:  # type: ignore[override]
        """Let it pass: the server will say."""


def check(call: str, validate: bool) -> ArgumentCheck:
    """The checks of a call, such as `collections.create`."""
    return ArgumentCheck(call) if validate else Unchecked(call)
