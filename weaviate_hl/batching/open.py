"""The batches that are in their blocks: what becomes of them when the process forks, or ends before the block does."""

from __future__ import annotations

import atexit
import os
from typing import Protocol


class Batch(Protocol):
    """What is kept here."""

    def disown(self) -> None:
        """In a fork of the process: the batch is the parent's."""

    def tell_of_loss(self) -> None:
        """The process ends, and the block was not left."""


OPEN: set[Batch] = set()


def _disown_all() -> None:
    for batch in OPEN:
        batch.disown()
    OPEN.clear()


def _tell_of_losses() -> None:
    for batch in [*OPEN]:
        batch.tell_of_loss()


atexit.register(_tell_of_losses)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown_all)
