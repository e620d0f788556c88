"""The journal of an import: a file that says which rows are stored, so that an import can go on where it ended.

Its lines are JSON. The first names the import; the others say, as it happens, which rows were stored (ranges, both ends
included) and which failed. Rows without an id get one that follows from the journal and the number of the row: what was
sent, but not noted, before a crash is written over rather than written twice.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias
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
        WeaviateInvalidInputError: The file is no journal, or that of another import.
    """

    def __init__(self, path: str | os.PathLike[str], collection: str, tenant: str | None) -> None:
        self._path = Path(path)
        self._lock = Lock()
        self._rows: dict[int, int] = {}  # of what is under way: the row of each object
        mine = {"journal": 1, "collection": collection, "tenant": tenant}
        lines = self._read()
        head = lines[0] if lines else mine | {"seed": uuid4().hex}
        if head | mine != head or "seed" not in head:
            raise WeaviateInvalidInputError(f"{self._path} is not the journal of an import to {collection!r}")
        self._seed = UUID(str(head["seed"]))
        stored = sorted((first, last) for line in lines[1:] for first, last in line.get("stored", ()))
        self._stored = _merged(stored)
        self._starts = [first for first, _ in self._stored]
        self._file = open(self._path, "a", encoding="utf-8")  # noqa: SIM115 - closed by `close`
        self._write("" if lines else head)

    def _read(self) -> list[Any]:
        if not self._path.exists():
            return []
        lines = self._path.read_text(encoding="utf-8").splitlines()
        found = []
        for number, line in enumerate(lines, 1):
            try:
                found.append(json.loads(line or "{}"))
            except ValueError:
                if number < 2:
                    raise WeaviateInvalidInputError(f"{self._path} is no journal") from None
                # half a line, written when the import ended: the rows that it speaks of are written again
        return found

    def has(self, row: int) -> bool:
        """Whether a row was stored before."""
        place = bisect_right(self._starts, row) - 1
        return place >= 0 and row <= self._stored[place][1]

    def uuid(self, row: int) -> UUID:
        """The id of a row that has none."""
        return uuid5(self._seed, str(row))

    def add(self, index: int, row: int) -> None:
        """Row `row` is about to be added as object `index`."""
        with self._lock:
            self._rows[index] = row

    def note(self, stored: Sequence[int], failed: Iterable[Item]) -> None:
        """Objects were settled."""
        with self._lock:
            if stored:
                rows = sorted(self._rows.pop(index) for index in stored)
                self._write({"stored": _merged((row, row) for row in rows)})
            for item in failed:
                if isinstance(item, ObjectItem):
                    row = self._rows.pop(item.index)
                    self._write({"failed": row, "uuid": item.uuid, "outcome": item.outcome, "reason": item.reason})
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, line: Any) -> None:
        self._file.write(("" if line == "" else json.dumps(line)) + "\n")


def _merged(ranges: Iterable[Range]) -> list[Range]:
    """Sorted ranges with those joined that touch."""
    found: list[Range] = []
    for first, last in ranges:
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found
