"""The id that `add_object` returns: made for every object, so nothing is worked out before it is asked for."""

from __future__ import annotations

from typing import Any
from uuid import UUID, SafeUUID


class TextUUID(UUID):
    """A UUID that is kept as its text, which is what most want of it."""

    __slots__ = ("_text",)
    is_safe = SafeUUID.unknown  # type: ignore[misc]
    __setattr__ = object.__setattr__  # type: ignore[assignment]  # UUID's own refuses; here too nothing changes later

    def __init__(self, text: str) -> None:
        self._text = text

    @property  # type: ignore[misc]
    def int(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The id as a number, from which UUID makes all else."""
        return int(self._text.replace("-", ""), 16)

    def __str__(self) -> str:
        return self._text.lower()

    def __reduce__(self) -> tuple[Any, ...]:
        return UUID, (self._text,)
