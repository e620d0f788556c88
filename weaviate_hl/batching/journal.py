"""The journal of an import: a file that says which rows are stored, so that an import can go on where it ended.

Its lines are JSON. The first names the import; the others say, as it happens, which rows were stored (ranges, both ends
included) and which failed. Rows without an id get one that follows from the journal and the number of the row: what was
sent, but not noted, before a crash is written over rather than written twice.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any, TextIO, TypeAlias
from uuid import UUID, uuid4, uuid5

from weaviate_hl.batching.items import Item, ObjectItem
from weaviate_hl.errors import WeaviateInvalidInputError

Range: TypeAlias = tuple[int, int]


class Journal:
    """The journal in a file, which is made if it is not there.

    Args:
        path: The file.
        collection: The collection that is written to.
        tenant: Its tenant.

    Raises:
        WeaviateInvalidInputError: The file is no journal, or that of another import, or an import is using it.
    """

    def __init__(self, path: str | os.PathLike[str], collection: str, tenant: str | None) -> None:
        self._path = Path(path)
        self._lock = Lock()
        self._rows: dict[Item, int] = {}  # of what is under way: the row of each object
        self._file = open(self._path, "a", encoding="utf-8")  # noqa: SIM115 - closed by `close`
        try:
            self._begin({"journal": 1, "collection": collection, "tenant": tenant})
        except BaseException:
            self.close()
            raise

    def _begin(self, mine: dict[str, Any]) -> None:
        if not _locked(self._file):
            raise WeaviateInvalidInputError(f"{self._path} is in use by another import")
        first, *others = self._path.read_bytes().split(b"\n")
        head = _entry(first) if first else mine | {"seed": uuid4().hex}
        try:
            self._seed = UUID(head["seed"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise WeaviateInvalidInputError(f"{self._path} is no journal: give another file") from None
        if head | mine != head:
            raise WeaviateInvalidInputError(
                f"{self._path} is not the journal of an import to {mine['collection']!r} by this version"
            )
        # An entry that is damaged, as half a line is that was written when the import ended, says nothing: its rows
        # are written again.
        self._stored = _merged(sorted(part for line in others for part in _stored(_entry(line))))
        self._starts = [start for start, _ in self._stored]
        self._write("" if first else head)

    def has(self, row: int) -> bool:
        """Whether a row was stored before."""
        place = bisect_right(self._starts, row) - 1
        return place >= 0 and row <= self._stored[place][1]

    def uuid(self, row: int) -> UUID:
        """The id of a row that has none."""
        return uuid5(self._seed, str(row))

    def add(self, item: ObjectItem, row: int) -> None:
        """An object is about to be added that is row `row`."""
        with self._lock:
            self._rows[item] = row

    def note(self, stored: Iterable[Item], failed: Iterable[Item]) -> None:
        """Objects were settled; those that are no rows, but were added by `on_failure`, are left out."""
        with self._lock:
            if rows := sorted(self._rows.pop(item) for item in stored if item in self._rows):
                self._write({"stored": _merged((row, row) for row in rows)})
            for item in failed:
                if isinstance(item, ObjectItem) and item in self._rows:
                    row = self._rows.pop(item)
                    self._write({"failed": row, "uuid": item.uuid, "outcome": item.outcome, "reason": item.reason})
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, line: Any) -> None:
        self._file.write(("" if line == "" else json.dumps(line)) + "\n")


def _locked(file: TextIO) -> bool:
    """Lock a file, where the system can, until it is closed."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _entry(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _stored(entry: dict[str, Any]) -> list[Range]:
    try:
        return [(int(first), int(last)) for first, last in entry.get("stored", ())]
    except (TypeError, ValueError):
        return []


def _merged(ranges: Iterable[Range]) -> list[Range]:
    """Sorted ranges with those joined that touch."""
    found: list[Range] = []
    for first, last in ranges:
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found
