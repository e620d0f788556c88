"""Options of single calls: what the client is set to, but for the calls of a block."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

from weaviate_hl.checks import instance
from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.settings import headers_of

if TYPE_CHECKING:
    from typing import Self


class options:  # noqa: N801 - it is used like a function
    """The calls in a `with` block, by whichever client, have these options.

    They hold for the thread or task that entered the block, and for tasks that it starts in there. Blocks may be
    nested: what an inner one does not say is as in the outer one, and headers are added to those of the outer one. A
    time that a call is given itself goes first; streams take the headers only.

    Args:
        timeout: Seconds that each call may take as a whole, retries included.
        headers: Sent with each call, over both protocols; they win over the client's own.
        retry_writes: Whether calls that change something are also repeated when the server may have acted on them.

    Raises:
        WeaviateInvalidInputError: An argument is wrong; it is named.

    Example:
        with weaviate_hl.options(timeout=300, headers={"X-OpenAI-Api-Key": key}, retry_writes=True):
            client.collections.delete("Article")
    """

    __slots__ = ("_entered", "headers", "retry_writes", "timeout")

    def __init__(
        self,
        *,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        retry_writes: bool | None = None,
    ) -> None:
        if timeout is not None and not (type(timeout) in (int, float) and 0 < timeout < float("inf")):
            raise WeaviateInvalidInputError(f"timeout: must be a number of seconds greater than 0, got {timeout!r}")
        self.timeout = timeout
        self.headers = {name.lower(): value for name, value in headers_of("headers", headers).items()}
        self.retry_writes = None if retry_writes is None else instance("retry_writes", retry_writes, bool)
        self._entered: list[Token[options]] = []

    def __enter__(self) -> Self:
        self._entered.append(CURRENT.set(self._within(CURRENT.get())))
        return self

    def __exit__(self, *exc: Any) -> None:
        CURRENT.reset(self._entered.pop())

    def _within(self, outer: options) -> options:
        return options(
            timeout=outer.timeout if self.timeout is None else self.timeout,
            headers={**outer.headers, **self.headers},
            retry_writes=outer.retry_writes if self.retry_writes is None else self.retry_writes,
        )


CURRENT: ContextVar[options] = ContextVar("weaviate_hl.options", default=options())  # noqa: B039 - it does not change
"""Those of the block that runs."""
