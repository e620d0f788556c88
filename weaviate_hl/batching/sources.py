"""Where objects to be imported come from: files, tables, or anything that can be gone through."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.values.inputs import DataObject

Source: TypeAlias = Any
"""A path, a DataFrame, anything with the Arrow stream interface, or an iterable of objects."""

AT_ONCE = 1000


class Columns:
    """Which columns of a source are no properties.

    Args:
        uuid: The one with the ids.
        vector: The one with the vectors, or several with vectors by the same names.
        references: Those with references.

    Raises:
        WeaviateInvalidInputError: One has no name.
    """

    __slots__ = ("_required", "references", "uuid", "vector")

    def __init__(self, uuid: str | None, vector: str | Sequence[str] | None, references: Sequence[str]) -> None:
        self.uuid = uuid
        self.vector = vector
        self.references = (references,) if isinstance(references, str) else references
        self._required = (*(() if uuid is None else (uuid,)), *self.vectors, *self.references)
        for name in self._required:
            if not isinstance(name, str):
                raise WeaviateInvalidInputError(f"insert_from: the name of a column is a text, not {name!r}")

    def object(self, row: Any) -> DataObject[Any, Any]:
        """A row as an object."""
        if isinstance(row, DataObject):
            return row
        if row is None:  # which would be an object without properties
            raise WeaviateInvalidInputError("insert_from: a row is None, and no object")
        if not isinstance(row, Mapping):
            return DataObject(row)  # an instance of a data model, or what is refused when it is encoded
        self._look_for_columns(row)
        properties = dict(row)
        uuid = properties.pop(self.uuid, None) if self.uuid else None
        references = {name: link for name in self.references if (link := properties.pop(name, None)) is not None}
        return DataObject(properties, uuid, self._vector(properties), references or None)

    def _look_for_columns(self, row: Mapping[str, Any]) -> None:
        """The first row has all columns, or one is misspelt; each has its id, which may be None."""
        for name in self._required:
            if name not in row:
                raise WeaviateInvalidInputError(f"insert_from: a row has no {name!r}, but {', '.join(map(repr, row))}")
        self._required = () if self.uuid is None else (self.uuid,)

    def _vector(self, properties: dict[str, Any]) -> Any:
        if self.vector is None:
            return None
        if isinstance(self.vector, str):
            return properties.pop(self.vector, None)
        vectors = {name: vector for name in self.vector if (vector := properties.pop(name, None)) is not None}
        return vectors or None

    @property
    def vectors(self) -> Sequence[str]:
        """The columns with vectors."""
        return () if self.vector is None else (self.vector,) if isinstance(self.vector, str) else self.vector


def objects(source: Source, columns: Columns) -> Iterator[DataObject[Any, Any]]:
    """The objects of a source, one after another.

    Raises:
        WeaviateInvalidInputError: It is no source, or a line of it is no object.
    """
    return map(columns.object, _rows(source, columns))


def _rows(source: Source, columns: Columns) -> Iterator[Any]:
    if isinstance(source, (str, os.PathLike)):
        return _file(Path(source), columns)
    if hasattr(source, "iloc") and hasattr(source, "columns"):
        return _frame(source)
    if hasattr(source, "__arrow_c_stream__"):
        pyarrow = _pyarrow()
        return _arrow(lambda: pyarrow.RecordBatchReader.from_stream(source), type(source).__name__, columns)
    if isinstance(source, Iterable) and not isinstance(source, (Mapping, bytes)):
        return iter(source)
    raise WeaviateInvalidInputError(
        f"insert_from: `source` must be a path, a table or an iterable of objects, not {type(source).__name__}"
    )


def _file(path: Path, columns: Columns) -> Iterator[Any]:
    names = path.name.lower().removesuffix(".gz")
    if names.endswith((".jsonl", ".ndjson")):
        return _lines(path)
    if names.endswith(".parquet"):
        _pyarrow()
        from pyarrow.parquet import ParquetFile  # type: ignore[import-not-found,import-untyped,unused-ignore]

        return _arrow(lambda: ParquetFile(path).iter_batches(AT_ONCE), path.name, columns)
    raise WeaviateInvalidInputError(f"insert_from: {path.name}: files are .jsonl, .ndjson (also with .gz) or .parquet")


def _lines(path: Path) -> Iterator[Any]:
    number = 0
    try:
        with (gzip.open if path.suffix.lower() == ".gz" else open)(path, "rb") as file:
            for line in file:
                number += 1
                if not line.isspace():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise ValueError("not an object")
                    yield row
    except (ValueError, RecursionError) as error:
        raise WeaviateInvalidInputError(f"insert_from: {path.name}, line {number}: {error}") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise WeaviateInvalidInputError(f"insert_from: {path.name}, after line {number}: {error}") from None


def _arrow(read: Callable[[], Iterable[Any]], name: str, columns: Columns) -> Iterator[dict[str, Any]]:
    """Rows of Arrow's record batches, which may be large; vectors stay Arrow's own, which are not taken apart."""
    try:
        for batch in read():
            _check_unique(batch.schema.names)
            for start in range(0, batch.num_rows, AT_ONCE):
                yield from _arrow_rows(batch.slice(start, AT_ONCE), columns)
    except _pyarrow().ArrowException as error:
        raise WeaviateInvalidInputError(f"insert_from: {name} cannot be read as a table: {error}") from None


def _arrow_rows(batch: Any, columns: Columns) -> Iterator[dict[str, Any]]:
    vectors = {name: batch.column(name) for name in columns.vectors if name in batch.schema.names}
    plain = batch.select([name for name in batch.schema.names if name not in vectors])
    for place, row in enumerate(plain.to_pylist()):
        for name, column in vectors.items():
            row[name] = column[place] if column[place].is_valid else None
        yield row


def _frame(frame: Any) -> Iterator[dict[str, Any]]:
    """Rows of a DataFrame of pandas, which knows missing values as numbers that are none."""
    _check_unique([str(name) for name in frame.columns])
    for start in range(0, len(frame), AT_ONCE):
        for row in frame.iloc[start : start + AT_ONCE].to_dict("records"):
            yield {str(name): None if _is_missing(value) else value for name, value in row.items()}


def _check_unique(names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise WeaviateInvalidInputError(f"insert_from: several columns have the same name: {', '.join(twice)}")


def _is_missing(value: Any) -> bool:
    return type(value).__name__ in ("NaTType", "NAType") or (type(value) is float and value != value)


def _pyarrow() -> Any:
    try:
        import pyarrow  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        raise WeaviateInvalidInputError("insert_from: tables are read with pyarrow: pip install pyarrow") from None
    return pyarrow
