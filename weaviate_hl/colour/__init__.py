"""What differs between the colours beyond `await`: `aio` and `sync` define the same names, each in its own way.

The asynchronous client imports them from `weaviate_hl.colour.aio`, its generated twin from `weaviate_hl.colour.sync`.
Neither knows anything of Weaviate, and only `aio` loads asyncio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NoReturn, TypeVar

A = TypeVar("A")
B = TypeVar("B")


def raise_first(errors: Iterable[BaseException]) -> None:
    """Raise the first of the errors, if there is any, with a note of each other one: none is lost."""
    if failed := list(errors):
        first, *others = failed
        for other in others:
            if other is not first and repr(other) != repr(first):
                first.add_note(f"At the same time: {type(other).__name__}: {other}")
        raise first


def make_all(
    work: Callable[[Iterator[A]], Iterator[B]], items: Iterator[A], put: Callable[[Callable[[], B]], object]
) -> None:
    """Do the work of an `Exchange`: hand over what it makes, then its error or its end, each as a call to be made."""
    try:
        for made in work(items):
            put(partial(_give, made))
    except BaseException as error:
        put(partial(_fail, error))
    else:
        put(end)


def end() -> NoReturn:
    """What an `Exchange` hands over last."""
    raise EOFError


def _give(made: B) -> B:
    return made


def _fail(error: BaseException) -> NoReturn:
    raise error
