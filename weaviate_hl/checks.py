"""How what users give is held to its type where it comes in. Errors name the argument, and show no value that may be
a secret.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import float_info
from typing import Any, TypeVar, cast

from weaviate_hl.errors import WeaviateInvalidInputError

Number = int | float
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def instance(name: str, value: T | None, kind: type[Any]) -> T:
    """A value of a class."""
    if not isinstance(value, kind):
        raise WeaviateInvalidInputError(f"{name}: must be {kind.__name__}, got {type(value).__name__}")
    return cast(T, value)


def function(name: str, value: F) -> F:
    """Something that can be called."""
    if not callable(value):
        raise WeaviateInvalidInputError(f"{name}: must be a function, got {type(value).__name__}")
    return value


def seconds(name: str, value: Number) -> Number:
    """A time in seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= float_info.max:
        raise WeaviateInvalidInputError(f"{name}: must be a number of seconds, 0 or more, got {value!r}")
    return value


def count(name: str, value: int, lowest: int = 0, highest: int | None = None) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int) or value < lowest or (highest and value > highest):
        limits = f", {lowest} or more" if highest is None else f" from {lowest} to {highest}"
        raise WeaviateInvalidInputError(f"{name}: must be a whole number{limits}, got {value!r}")
    return value


def text(name: str, value: str) -> str:
    """A string with something in it, which can be sent."""
    if not isinstance(value, str) or not value:
        given = "an empty one" if isinstance(value, str) else type(value).__name__
        raise WeaviateInvalidInputError(f"{name}: must be a string that is not empty, got {given}")
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise WeaviateInvalidInputError(f"{name}: has a character that cannot be sent") from None
    return value
