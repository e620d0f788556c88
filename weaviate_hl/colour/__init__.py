"""What differs between the colours beyond `await`: `aio` and `sync` define the same names, each in its own way.

The asynchronous client imports them from `weaviate_hl.colour.aio`, its generated twin from `weaviate_hl.colour.sync`.
Neither knows anything of Weaviate, and only `aio` loads asyncio.
"""

from __future__ import annotations

from collections.abc import Iterable


def raise_first(errors: Iterable[BaseException]) -> None:
    """Raise the first of the errors, if there is any, with a note of each other one: none is lost."""
    if failed := list(errors):
        first, *others = failed
        for other in others:
            if other is not first and repr(other) != repr(first):
                first.add_note(f"At the same time: {type(other).__name__}: {other}")
        raise first
