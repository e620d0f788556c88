"""The `search` stage: the table codegen/search.toml becomes the clients' methods that search and aggregate.

A method of the table has up to twenty parameters, and its result's type depends on three of them. Here each is written
out: an overload for every combination of what these three say, and the implementation, which type checkers, editors
and `inspect.signature` show in full, and which hands its arguments to a function of the same name in weaviate_hl/ops/.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from codegen.errors import CodegenError
from codegen.output import Output, header
from codegen.tables import read_toml

SOURCE = "codegen/search.toml"
FOLDER = "weaviate_hl/aio"
WIDTH = 120

Table = dict[str, Any]

CLASS_KEYS = frozenset("doc ops methods returns also".split())
METHOD_KEYS = frozenset("doc signature classes returns example paged parameters".split())
PARAMETER_KEYS = frozenset("type default doc".split())

# What a result's type depends on: for each parameter its type in one overload and in the other. `group_by` chooses the
# class of the result, the others its arguments.
CHOICES = {
    "return_properties": ("Properties", "TProperties"),
    "return_references": ("References", "TReferences"),
    "group_by": (0, 1),
}
# What may name files.
FILES = frozenset("near_image media single_prompt grouped_task".split())
# All that the annotations may name; ruff takes away what a module does not use.
IMPORTS = """
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, overload

from weaviate_hl.aio import searching
from weaviate_hl.ops import {ops}
from weaviate_hl.values.aggregates import AggregateGroupByReturn, AggregateReturn
from weaviate_hl.values.configuration import GenerativeConfigRuntime
from weaviate_hl.values.filters import FilterReturn
from weaviate_hl.values.generics import Properties, References, TProperties, TReferences
from weaviate_hl.values.inputs import (
    GroupBy, MetadataName, MetadataQuery, Rerank, ReturnProperties, ReturnReferences, Sorting, Uuid,
)
from weaviate_hl.values.metrics import GroupByAggregate, PropertyMetrics
from weaviate_hl.values.results import (
    GenerativeGroupByReturn, GenerativeReturn, GroupByReturn, ObjectSingleReturn, QueryReturn,
)
from weaviate_hl.values.searches import (
    BM25OperatorOptions, BoostReturn, GroupedTask, HybridFusion, HybridVectorType, Media, MMR, Move, NearMediaType,
    NearVectorInputType, SinglePrompt, TargetVectorJoinType,
)

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.core import Transport
    from weaviate_hl.ops.scope import Scope
"""


def generate(output: Output) -> None:
    """Write a module for each class of the table."""
    table = read_toml(output.find(SOURCE).read_text("utf-8"), SOURCE)
    for made in _Reader(table).read():
        output.write(f"{FOLDER}/{made.name}.py", header("search", SOURCE) + "\n".join(made.lines()) + "\n")


# What is printed.


@dataclass
class Parameter:
    """A parameter of one method."""

    name: str
    said: Table
    keyword_only: bool

    @property
    def optional(self) -> str:
        """The type without what stands for nothing."""
        return str(self.said["type"]).removesuffix(" | None")

    def text(self, choice: int | None = None) -> str:
        """The parameter in a signature; with a choice, as it is in the overload for that."""
        kind, default = self.said["type"], self.said.get("default")
        if choice is not None:
            kind, default = ("None", default) if choice == 0 else (self.optional, None)
        return f"{self.name}: {kind}" + ("" if default is None else f" = {default}")


@dataclass
class Method:
    """A method of one class."""

    name: str
    said: Table
    owner: str
    ops: str
    results: list[str]
    parameters: list[Parameter]

    @property
    def _choices(self) -> list[str]:
        return [parameter.name for parameter in self.parameters if parameter.name in CHOICES]

    def lines(self) -> Iterator[str]:
        for values in product((0, 1), repeat=len(self._choices)):
            chosen = dict(zip(self._choices, values, strict=True))
            yield "@overload"
            yield f"async def {self.name}({self._signature(chosen)}) -> {self._result(chosen)}: ..."
        results = self.results if "group_by" in self._choices else self.results[:1]
        everything = " | ".join(map(self._of_any, results))
        yield f"async def {self.name}({self._signature({})}) -> {everything}:"
        yield from (f"    {line}".rstrip() for line in self._docstring())
        given = [f"{p.name}={p.name}" if p.keyword_only else p.name for p in self.parameters]
        call = f"{self.ops}.{self.name}({', '.join(['self._scope', *given])})"
        if files := [p.name for p in self.parameters if p.name in FILES]:
            call = f"await searching.make(lambda: {call}, {', '.join(files)})"
        paged = self.owner in self.said.get("paged", ())
        execute = "searching.fetch(self._transport, " if paged else "self._transport.execute("
        yield f"    found: {everything} = await {execute}{call})"
        yield "    return found"

    def _signature(self, chosen: Mapping[str, int]) -> str:
        parts, star = ["self"], False
        for parameter in self.parameters:
            if parameter.keyword_only and not star:
                parts, star = [*parts, "*"], True
            parts.append(parameter.text(chosen.get(parameter.name)))
        return ", ".join(parts)

    def _result(self, chosen: Mapping[str, int]) -> str:
        result = self.results[chosen.get("group_by", 0)]
        arguments = [
            CHOICES[name][chosen[name]] for name in ("return_properties", "return_references") if name in chosen
        ]
        kind, *none = result.split(" | ")
        return " | ".join([f"{kind}[{', '.join(map(str, arguments))}]" if arguments else kind, *none])

    def _of_any(self, result: str) -> str:
        kind, *none = result.split(" | ")
        return " | ".join([f"{kind}[Any, Any]" if "return_properties" in self._choices else kind, *none])

    def _docstring(self) -> Iterator[str]:
        yield f'"""{self.said["doc"]}'
        if self.said.get("also"):
            yield ""
            yield from textwrap.wrap(self.said["also"], WIDTH - 8)
        yield ""
        yield "Args:"
        for parameter in self.parameters:
            text = f"{parameter.name}: {parameter.said['doc']}"
            yield from textwrap.wrap(text, WIDTH - 8, initial_indent="    ", subsequent_indent="        ")
        yield ""
        yield "Raises:"
        yield "    WeaviateInvalidInputError: An argument is wrong; it is named."
        yield "    WeaviateQueryError: The server refuses the search, and says why."
        if "example" in self.said:
            yield ""
            yield "Example:"
            yield f"    {self.said['example'].replace('{class}', self.owner)}"
        yield '"""'


@dataclass
class Class:
    """A class, and the module that has it."""

    name: str
    said: Table
    methods: list[Method]

    def lines(self) -> Iterator[str]:
        generic = any(parameter.name == "return_properties" for m in self.methods for parameter in m.parameters)
        yield f'"""{self.said["doc"]}"""'
        yield IMPORTS.format(ops=self.said["ops"])
        yield ""
        yield f"class {self.name.capitalize()}Async{'(Generic[Properties, References])' if generic else ''}:"
        yield f'    """{self.said["doc"]}"""'
        yield ""
        yield "    def __init__(self, transport: Transport, scope: Scope) -> None:"
        yield "        self._transport = transport"
        yield f'        self._scope = scope.but(namespace="{self.name}")'
        for method in self.methods:
            yield ""
            yield from (f"    {line}".rstrip() for line in method.lines())


# Reading the table.


class _Reader:
    """The table, checked and expanded."""

    def __init__(self, table: Table) -> None:
        _check("", table, frozenset(("classes", "groups", "methods", "parameters")))
        self.classes: Table = table["classes"]
        self.groups: Table = table["groups"]
        self.methods: Table = table["methods"]
        self.parameters: Table = table["parameters"]
        self.unused = {f"parameters.{name}" for name in self.parameters} | {f"groups.{name}" for name in self.groups}

    def read(self) -> list[Class]:
        for name, said in self.parameters.items():
            _check(f"parameters.{name}", said, PARAMETER_KEYS | self.classes.keys())
        made = [self._class(name, _check(f"classes.{name}", said, CLASS_KEYS)) for name, said in self.classes.items()]
        if self.unused:
            raise CodegenError(f"{SOURCE}: nothing uses {min(self.unused)}")
        return made

    def _class(self, name: str, said: Table) -> Class:
        methods = []
        for method, told in self.methods[said["methods"]].items():
            where = f"methods.{said['methods']}.{method}"
            _check(where, told, METHOD_KEYS)
            if name not in told.get("classes", [name]):
                continue
            results = [told["returns"]] if "returns" in told else said["returns"]
            parameters = list(self._signature(where, told, name))
            methods.append(Method(method, told | {"also": said.get("also")}, name, said["ops"], results, parameters))
        return Class(name, said, methods)

    def _signature(self, where: str, method: Table, owner: str) -> Iterator[Parameter]:
        keyword_only = False
        for name in self._names(f"{where}.signature", method["signature"], owner):
            if name == "*":
                keyword_only = True
                continue
            if name not in self.parameters:
                raise CodegenError(f"{SOURCE}: {where}.signature: there is no parameter {name!r}")
            self.unused.discard(f"parameters.{name}")
            said = self.parameters[name]
            said = said | said.get(owner, {}) | method.get("parameters", {}).get(name, {})
            yield Parameter(name, said, keyword_only)

    def _names(self, where: str, signature: str, owner: str) -> Iterator[str]:
        for word in (word.strip() for word in signature.split(",")):
            if not word.startswith("@"):
                yield word
                continue
            group, _, only = word[1:].partition(":")
            if group not in self.groups:
                raise CodegenError(f"{SOURCE}: {where}: there is no group {group!r}")
            self.unused.discard(f"groups.{group}")
            if only in ("", owner):
                yield from self._names(where, self.groups[group], owner)


def _check(where: str, said: object, keys: frozenset[str]) -> Table:
    """Refuse what is no table, a key that is not known, and words that would end a docstring."""
    if not isinstance(said, dict):
        raise CodegenError(f"{SOURCE}: {where}: not a table")
    if unknown := said.keys() - keys:
        raise CodegenError(f"{SOURCE}: {where}.{min(unknown)}: unknown key")
    if '"""' in str(said.get("doc", "")) or "\\" in str(said.get("doc", "")):
        raise CodegenError(f"{SOURCE}: {where}.doc: no quotation marks that end a docstring, no backslashes")
    return said
