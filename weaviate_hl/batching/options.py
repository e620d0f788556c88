"""How a batch tells of itself, and what it does when things fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, TypedDict

from weaviate_hl.batching.machine import Counts
from weaviate_hl.errors import WeaviateInvalidInputError

if TYPE_CHECKING:
    from weaviate_hl.values.batch import ErrorObject, ErrorReference

OnFailure: TypeAlias = "Callable[[ErrorObject | ErrorReference], None]"
OnProgress: TypeAlias = Callable[[Counts], None]


class BatchOptions(TypedDict, total=False):
    """What all kinds of batches take.

    Attributes:
        raise_on_failure: Whether leaving the block raises an error, rather than warns, when something was not stored.
        on_failure: Called with each thing that was not stored; no warning is given then.
        progress: True shows how far it is; a function is called with the counts, a few times in a second.
        retry_for: For how many seconds something is tried again, and a server that is away is waited for.
    """

    raise_on_failure: bool
    on_failure: OnFailure | None
    progress: bool | OnProgress
    retry_for: float


class Options:
    """The options of a batch, checked."""

    __slots__ = ("on_failure", "progress", "raise_on_failure", "retry_for")

    def __init__(
        self,
        raise_on_failure: bool = False,
        on_failure: OnFailure | None = None,
        progress: bool | OnProgress = False,
        retry_for: float = 60.0,
    ) -> None:
        if on_failure is not None and not _is_plain_function(on_failure):
            raise WeaviateInvalidInputError("batch: `on_failure` must be a function, and not an `async def`")
        if not isinstance(progress, bool) and not _is_plain_function(progress):
            raise WeaviateInvalidInputError("batch: `progress` must be True, False or a function, not an `async def`")
        if isinstance(retry_for, bool) or not isinstance(retry_for, (int, float)) or not retry_for >= 0:
            raise WeaviateInvalidInputError("batch: `retry_for` must be a number of seconds, 0 or more")
        self.raise_on_failure = raise_on_failure
        self.on_failure = on_failure
        self.progress = progress
        self.retry_for = float(retry_for)


def _is_plain_function(given: object) -> bool:
    """Whether it does its work when called: nobody would await an `async def`, and failures would be lost."""
    from inspect import iscoroutinefunction  # slow to load

    return callable(given) and not iscoroutinefunction(given)
