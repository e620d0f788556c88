"""Results as tables: in notebooks, and for pandas, Arrow and Polars, which load when they are asked for.

A table has a column for the id, for each property, and for each reference with the ids that it leads to; then for what
a group, a generative model or the query told, and for each vector. One that a property takes the name of gets an
underscore before its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from weaviate_hl.errors import ResponseCannotBeDecodedError, WeaviatePackageNotInstalledError
from weaviate_hl.values.base import Value
from weaviate_hl.values.generics import plain

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from weaviate_hl.values.aggregates import AggregateGroup, AggregateReturn
    from weaviate_hl.values.schema import CollectionConfigSimple

Key: TypeAlias = tuple[int, str]
"""What a column holds, by the place of its kind, and its name."""

ID, PROPERTY, REFERENCE, TOLD, VECTOR = range(5)

ROWS = 20
"""How many rows a notebook shows."""
WIDTH = 100
"""How many characters of a value it shows."""


class Tabular:
    """Objects that can be looked at as a table."""

    objects: list[Any]

    def to_pandas(self) -> pandas.DataFrame:
        """A data frame of pandas. Times are in UTC, vectors are arrays of numpy.

        Raises:
            WeaviatePackageNotInstalledError: pandas is not installed.
        """
        pandas = _library("pandas")
        return pandas.DataFrame({name: column for name, _, column in _columns(self.objects)})

    def to_arrow(self) -> pyarrow.Table:
        """A table of Arrow. Times are in UTC, vectors are lists of floats of 32 bits, of one size where they have one.

        Raises:
            WeaviatePackageNotInstalledError: pyarrow is not installed.
            ResponseCannotBeDecodedError: The values of a property are of different types.
        """
        arrow = _library("pyarrow")
        made = {}
        for name, kind, column in _columns(self.objects):
            made[name] = _vector_array(arrow, column) if kind == VECTOR else _array(arrow, name, column)
        return arrow.table(made)

    def to_polars(self) -> polars.DataFrame:
        """A data frame of Polars: what `to_arrow` gives.

        Raises:
            WeaviatePackageNotInstalledError: polars or pyarrow is not installed.
            ResponseCannotBeDecodedError: The values of a property are of different types.
        """
        return _library("polars").from_arrow(self.to_arrow())  # type: ignore[no-any-return]

    def _repr_html_(self) -> str:
        generated = getattr(self, "generated", None)
        return (f"<p>{_escape(generated)}</p>" if generated else "") + of_objects(self.objects)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise WeaviatePackageNotInstalledError(name) from error


def _array(arrow: Any, name: str, column: list[Any]) -> Any:
    try:
        return arrow.array(column)
    except arrow.ArrowException as error:
        raise ResponseCannotBeDecodedError(
            f"{name!r} cannot be a column of Arrow: {error}", hint="to_pandas() takes values of different types"
        ) from error


def _vector_array(arrow: Any, column: list[Any]) -> Any:
    shapes = {vector.shape for vector in column if vector is not None}
    sizes = {shape[-1] for shape in shapes}
    kind = arrow.list_(arrow.float32(), sizes.pop() if len(sizes) == 1 else -1)
    if any(len(shape) == 2 for shape in shapes):
        kind, column = arrow.list_(kind), [vector if vector is None else list(vector) for vector in column]
    return arrow.array(column, kind)


# Columns.


def _columns(objects: Sequence[Any], arrays: bool = True) -> list[tuple[str, int, list[Any]]]:
    """The name, kind and values of each column."""
    rows = [dict(_row(one, arrays)) for one in objects]
    keys = sorted(dict.fromkeys(key for row in rows for key in row), key=itemgetter(0))
    taken = {name for kind, name in keys if kind in (PROPERTY, REFERENCE)}
    columns = []
    for key in keys:
        kind, name = key
        while kind not in (PROPERTY, REFERENCE) and name in taken:
            name = f"_{name}"
        columns.append((name, kind, [row.get(key) for row in rows]))
    return columns


def _row(one: Any, arrays: bool) -> Iterator[tuple[Key, Any]]:
    yield (ID, "uuid"), str(one.uuid)
    for name, value in _by_name(one.properties):
        yield (PROPERTY, name), _plain(value)
    for name, reference in _by_name(one.references):
        yield (REFERENCE, name), None if reference is None else [str(target.uuid) for target in reference.objects]
    told = {name: getattr(one, name, None) for name in ("belongs_to_group", "generated")} | vars(one.metadata)
    for name, value in told.items():
        if value is not None:
            yield (TOLD, name), _plain(value)
    for name, vector in (one.vector_arrays() if arrays else one.vector).items():
        yield (VECTOR, "vector" if name == "default" else f"vector_{name}"), vector


def _by_name(values: Any) -> Iterable[tuple[str, Any]]:
    """The values in a dictionary, or in an instance of a model."""
    return () if values is None else plain(values).items()


def _plain(value: Any) -> Any:
    """A value as all libraries know it."""
    if isinstance(value, datetime):
        with suppress(OverflowError):  # where Python has no such moment
            return value.astimezone(UTC)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Value):
        return value._slots()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, int, float, bytes, datetime)):
        return value
    return {name: _plain(inner) for name, inner in _by_name(value)}


# Notebooks.


def of_objects(objects: Sequence[Any]) -> str:
    """Objects in HTML; of many, the first."""
    columns = _columns(objects[:ROWS], arrays=False)
    more = len(objects) - ROWS
    return _table([name for name, _, _ in columns], zip(*(column for _, _, column in columns), strict=True)) + (
        f"<p>and {more} more</p>" if more > 0 else ""
    )


def of_configuration(config: CollectionConfigSimple) -> str:
    """The properties and references of a collection in HTML."""
    rows = [(one.name, str(one.data_type), one.description) for one in config.properties]
    rows += [(one.name, ", ".join(one.target_collections), one.description) for one in config.references]
    return f"<p><b>{_escape(config.name)}</b> {_escape(config.description or '')}</p>" + _table(
        ["property", "type", "description"], rows
    )


def of_aggregates(found: Sequence[AggregateReturn | AggregateGroup]) -> str:
    """What was told of all objects, or of each group, in HTML: a row for each property."""
    rows: list[dict[str, Any]] = []
    for one in found:
        group = getattr(one, "grouped_by", None)
        common = {"group": group and group.value, "objects": one.total_count}
        told = [{"property": name} | vars(metrics) for name, metrics in one.properties.items()]
        rows += [common | more for more in told or [{}]]
    names = [name for name in dict.fromkeys(chain(*rows)) if any(row.get(name) is not None for row in rows)]
    return _table(names, [[row.get(name) for name in names] for row in rows])


def of_facts(facts: Mapping[str, Any]) -> str:
    """Facts by name in HTML, those that are known."""
    known = {name: value for name, value in facts.items() if value is not None}
    return _table(list(known), [known.values()])


def _table(names: Sequence[str], rows: Any) -> str:
    head = "".join(f"<th>{_escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return _escape(text if len(text) <= WIDTH else text[:WIDTH] + "...")


def _escape(text: str) -> str:
    from html import escape  # only notebooks need it

    return escape(text)
