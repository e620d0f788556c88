"""The data file: SQLite with a write-ahead log. What is in it survives `kill -9`.

The file belongs to one process at a time. Its format has a version: `MIGRATIONS` leads an older file to today's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from weaviate_hl.lite.errors import LiteError

APPLICATION_ID = 0x77686C31  # "whl1": how a file says that it is ours

# The statements that lead from version i to version i + 1. A published step never changes.
MIGRATIONS = (
    """
    CREATE TABLE collections (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, config TEXT NOT NULL);
    CREATE TABLE aliases (name TEXT PRIMARY KEY, collection TEXT NOT NULL);
    CREATE TABLE shards (
        id INTEGER PRIMARY KEY,
        collection INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
        name TEXT NOT NULL,
        activity TEXT NOT NULL DEFAULT 'HOT',
        status TEXT NOT NULL DEFAULT 'READY',
        dimensions TEXT NOT NULL DEFAULT '{}',
        UNIQUE (collection, name)
    );
    CREATE TABLE objects (
        doc INTEGER PRIMARY KEY AUTOINCREMENT,
        shard INTEGER NOT NULL REFERENCES shards ON DELETE CASCADE,
        uuid BLOB NOT NULL,
        created INTEGER NOT NULL,
        updated INTEGER NOT NULL,
        properties TEXT NOT NULL,
        vectors BLOB NOT NULL,
        UNIQUE (shard, uuid)
    );
    """,
)


class Row(NamedTuple):
    """An object as it is stored: properties as JSON text, vectors packed (see `vectors`)."""

    doc: int
    uuid: bytes
    created: int
    updated: int
    properties: str
    vectors: bytes


_COLUMNS = "doc, uuid, created, updated, properties, vectors"
_CHUNK = 500  # how many values one statement compares with: older SQLite takes 999


class Storage:
    """One open data file, or one in memory. Not thread-safe: the engine's lock stands around every use."""

    def __init__(self, path: str | Path | None) -> None:
        self._depth = 0
        if path is not None and Path(path).is_dir():
            raise LiteError(f"{path} is a folder; lite keeps its data in one file, such as {Path(path) / 'lite.db'}")
        try:
            self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False, timeout=0)
            self._open(path)
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise LiteError(f"{path} is in use by another process (or another engine of this one)") from error
            raise LiteError(f"{path} cannot be opened: {error}") from error
        except sqlite3.DatabaseError as error:
            raise LiteError(f"{path} is not a data file of lite: {error}") from error

    def _open(self, path: object) -> None:
        run = self._db.execute
        # Exclusive locking makes the file ours until closed, and keeps the log's index out of shared memory.
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")  # a commit reaches the operating system; only a power cut may lose it
        run("PRAGMA foreign_keys = ON")
        run("PRAGMA cache_size = -65536")
        run("BEGIN IMMEDIATE")
        ours = run("PRAGMA application_id").fetchone()[0]
        version = run("PRAGMA user_version").fetchone()[0]
        foreign = ours != APPLICATION_ID and run("SELECT count(*) FROM sqlite_master").fetchone()[0]
        run("COMMIT")
        if foreign:
            raise LiteError(f"{path} is an SQLite file, but not one of lite")
        if version > len(MIGRATIONS):
            raise LiteError(
                f"{path} has format {version}, this version of lite knows formats up to {len(MIGRATIONS)}: "
                "use a newer weaviate_hl"
            )
        for step in range(version, len(MIGRATIONS)):
            marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {step + 1};"
            self._db.executescript(f"BEGIN IMMEDIATE; {MIGRATIONS[step]} {marks} COMMIT;")
        last = run("SELECT max(seq) FROM sqlite_sequence WHERE name = 'objects'").fetchone()[0]
        self.next_doc = (last or 0) + 1

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an inner one is part of the outer one."""
        if self._depth:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        else:
            self._db.execute("COMMIT")
        finally:
            self._depth -= 1

    # Collections, aliases and shards: few, and held in memory by the catalogue, which has their statements.

    def load(self, table: str) -> list[tuple[Any, ...]]:
        """All rows of one of the small tables, in the order they were made."""
        return self._db.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()  # noqa: S608

    def run(self, statement: str, *values: object) -> int:
        """Run a statement; the id of the row that it inserted, if it did."""
        return self._db.execute(statement, values).lastrowid or 0

    # Objects.

    def new_docs(self, count: int) -> int:
        """Set aside document ids for new objects and give the first; they only grow, also over restarts."""
        first = self.next_doc
        self.next_doc += count
        return first

    def insert(self, shard: int, rows: Iterable[Row]) -> None:
        statement = f"INSERT INTO objects (shard, {_COLUMNS}) VALUES ({shard}, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        self._db.executemany(statement, rows)

    def replace(self, row: Row) -> None:
        """Write an object anew under the document id it has."""
        statement = "UPDATE objects SET created = ?, updated = ?, properties = ?, vectors = ? WHERE doc = ?"
        self._db.execute(statement, (*row[2:], row.doc))

    def delete(self, docs: Iterable[int]) -> None:
        self._db.executemany("DELETE FROM objects WHERE doc = ?", ((doc,) for doc in docs))

    def find(self, shard: int, uuid: bytes) -> Row | None:
        return next(self._select("WHERE shard = ? AND uuid = ?", shard, uuid), None)

    def known(self, shard: int, uuids: Sequence[bytes]) -> dict[bytes, Row]:
        """Those of these objects that exist."""
        return {row.uuid: row for row in self._where_in(f"shard = {shard} AND uuid", uuids)}

    def by_doc(self, docs: Sequence[int]) -> dict[int, Row]:
        """Objects by their document ids."""
        return {row.doc: row for row in self._where_in("doc", docs)}

    def page(self, shard: int, limit: int, offset: int = 0, after: bytes = b"") -> list[Row]:
        """Objects in the order of their UUIDs, from after one of them on."""
        where = "WHERE shard = ? AND uuid > ? ORDER BY uuid LIMIT ? OFFSET ?"
        return list(self._select(where, shard, after, limit, offset))

    def rows(self, shard: int) -> Iterator[Row]:
        """All objects, in the order of their document ids."""
        return self._select("WHERE shard = ? ORDER BY doc", shard)

    def count(self, shard: int) -> int:
        return int(self._db.execute("SELECT count(*) FROM objects WHERE shard = ?", (shard,)).fetchone()[0])

    def scan(self, shard: int, column: str) -> Iterator[tuple[Any, ...]]:
        """One column of every object, with its document id, in the order of these; what indexes are built from."""
        statement = f"SELECT doc, {column} FROM objects WHERE shard = ? ORDER BY doc"  # noqa: S608
        return self._db.execute(statement, (shard,))

    def _where_in(self, condition: str, values: Sequence[Any]) -> Iterator[Row]:
        for start in range(0, len(values), _CHUNK):
            part = values[start : start + _CHUNK]
            yield from self._select(f"WHERE {condition} IN ({','.join('?' * len(part))})", *part)

    def _select(self, where: str, *values: object) -> Iterator[Row]:
        statement = f"SELECT {_COLUMNS} FROM objects {where}"  # noqa: S608
        return map(Row._make, self._db.execute(statement, values))
