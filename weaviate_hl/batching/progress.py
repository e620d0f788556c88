"""How far a batch is, for people: by rich or tqdm where one is installed, or as plain lines."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from time import monotonic

from weaviate_hl.batching.machine import Counts
from weaviate_hl.batching.options import OnProgress

EVERY = 0.2
"""Seconds between two looks at the counts."""


class Progress:
    """Shows or tells the counts, a few times in a second and at the end.

    Args:
        wanted: True shows them; a function gets them.
    """

    def __init__(self, wanted: bool | OnProgress) -> None:
        self._tell: OnProgress | None = None
        self._end: Callable[[], None] | None = None
        self._next = 0.0
        if wanted is True:
            self._tell, self._end = _shown()
        elif wanted is not False:
            self._tell = wanted

    def due(self) -> bool:
        """Whether it is time to tell."""
        if self._tell is None or monotonic() < self._next:
            return False
        self._next = monotonic() + EVERY
        return True

    def tell(self, counts: Counts) -> None:
        """Tell or show the counts."""
        if self._tell is not None:
            self._tell(counts)

    def end(self, counts: Counts) -> None:
        """Tell or show them for the last time."""
        self.tell(counts)
        if self._end is not None:
            self._end()


def _shown() -> tuple[OnProgress, Callable[[], None]]:
    if find_spec("rich") is not None:
        return _rich()
    if find_spec("tqdm") is not None:
        return _tqdm()
    return _lines()


def _rich() -> tuple[OnProgress, Callable[[], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Bar(*columns, console=Console(stderr=True))
    task = bar.add_task("Importing", total=None)
    bar.start()

    def tell(counts: Counts) -> None:
        bar.update(
            task, completed=counts.submitted - counts.pending, total=counts.submitted, description=_failed(counts)
        )

    return tell, bar.stop


def _tqdm() -> tuple[OnProgress, Callable[[], None]]:
    from tqdm import tqdm  # type: ignore[import-not-found,import-untyped,unused-ignore]

    bar = tqdm(total=0)

    def tell(counts: Counts) -> None:
        bar.total = counts.submitted
        bar.n = counts.submitted - counts.pending
        bar.set_description(_failed(counts))

    return tell, bar.close


def _lines() -> tuple[OnProgress, Callable[[], None]]:
    shown = 0.0

    def tell(counts: Counts) -> None:
        nonlocal shown
        if not counts.pending or monotonic() - shown >= 5:
            shown = monotonic()
            done = counts.submitted - counts.pending
            sys.stderr.write(f"{_failed(counts)}: {done:,} of {counts.submitted:,}\n")

    return tell, lambda: None


def _failed(counts: Counts) -> str:
    bad = counts.failed + counts.unknown
    return f"Importing, {bad:,} failed" if bad else "Importing"
