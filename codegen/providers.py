"""The `providers` stage: specs/providers/*.toml become the typed factories of weaviate_hl/values/providers.py.

The tables hold every fact once; docs/providers.md shows how. Here they are checked and merged (a factory's own facts,
over the words of arguments.toml, in the frame of its namespace), and each factory is printed as one plain function.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from codegen.errors import CodegenError
from codegen.output import Output, header
from codegen.tables import read_toml

SOURCE = "specs/providers"
TARGET = "weaviate_hl/values/providers.py"
CONFIGURATION = "weaviate_hl/values/configuration.py"
ENUMS = "weaviate_hl/values/enums.py"

Table = dict[str, Any]

# What the tables may say. In an argument, any other key is a namespace or a family that overrides it.
NAMESPACE_KEYS = frozenset("at also_at doc table opt_in returns suffix names index wire signature".split())
FACTORY_KEYS = frozenset(
    "module message header returns family in name same_as without signature always together arguments".split()
)
ARGUMENT_KEYS = frozenset(
    "type doc wire required nullable default unset constant choices suggest nonempty sent to header in".split()
)

# A type in the tables: its annotation, and the method of `FactoryCheck` that holds a value to it.
PLAIN_TYPES = {
    "str": ("str", "text"),
    "int": ("int", "integer"),
    "float": ("float", "number"),
    "bool": ("bool", "boolean"),
    "url": ("str", "url"),
    "secret": ("str", "secret"),
    "field": ("str", "field"),
    "fields": ("Sequence[str | Multi2VecField]", "fields"),
    "seconds": ("int | timedelta", "seconds"),
    "list[str]": ("Sequence[str]", "texts"),
    "dict": ("Mapping[str, Any]", "mapping"),
    "dict[str, list[str]]": ("Mapping[str, Sequence[str]]", "text_lists"),
}


def generate(output: Output) -> None:
    """Write the factories."""
    files = {
        path.stem: read_toml(path.read_text("utf-8"), f"{SOURCE}/{path.name}")
        for path in output.find(SOURCE).glob("*.toml")
    }
    for needed in ("namespaces", "arguments"):
        if needed not in files:
            raise CodegenError(f"{SOURCE}/{needed}.toml is missing")
    reader = _Reader(files, _classes(output, CONFIGURATION), _classes(output, ENUMS))
    output.write(TARGET, _module(reader.read()))


def _classes(output: Output, path: str) -> set[str]:
    tree = ast.parse(output.find(path).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.ClassDef)}


# What is printed.


@dataclass
class Argument:
    """An argument of one factory in one namespace, or a constant that stands in its place."""

    name: str
    wire: str
    suffix: str
    said: Table

    @property
    def kind(self) -> str:
        return str(self.said.get("type", "")).partition(" ")[0]

    @property
    def names(self) -> list[str]:
        """What follows in the type: an enumeration, configuration classes, the labels of a gRPC enumeration."""
        if self.kind not in ("config", "enum", "label"):
            return []
        names = str(self.said["type"]).partition(" ")[2].split(" | ")
        return [name + self.suffix for name in names] if self.kind == "config" else names

    @property
    def takes_none(self) -> bool:
        return self.said.get("default") is None and bool(self.said.get("nullable", not self.said.get("required")))

    @property
    def in_settings(self) -> bool:
        return "to" not in self.said and bool(self.said.get("sent", True))

    def parameter(self) -> str:
        """The argument in the signature."""
        if values := self.said.get("choices") or self.said.get("suggest"):
            kinds = [f"Literal[{', '.join(map(_literal, values))}]"] + ["str"] * ("suggest" in self.said)
        elif self.names:
            kinds = [name for name in self.names if name != "str"] + ["str"] * (self.kind == "enum")
        else:
            kinds = [PLAIN_TYPES[self.said["type"]][0]]
        annotation = " | ".join(kinds + ["None"] * self.takes_none)
        return f"{self.name}: {annotation}" + ("" if self.said.get("required") else f" = {self.default()}")

    def default(self) -> str:
        return _literal(self.said.get("default"))

    def value(self) -> str:
        """The expression for what is sent."""
        if "constant" in self.said:
            return _literal(self.said["constant"])
        given = [_literal(self.name), self.name]
        if "choices" in self.said:
            method = "choice"
            given.append(_literal(tuple(self.said["choices"])))
        elif self.names:
            method = self.kind
            given += [_literal(self.names[0])] if method == "label" else [name for name in self.names if name != "str"]
            given += ["open=True"] * ("str" in self.names)
        else:
            method = PLAIN_TYPES[self.said["type"]][1]
        given += ["required=True"] * (not self.takes_none) + ["nonempty=True"] * bool(self.said.get("nonempty"))
        checked = f"check.{method}({', '.join(given)})"
        if "unset" in self.said:
            return f"{_literal(self.said['unset'])} if {self.name} is None else {checked}"
        return checked

    def line(self) -> str:
        """The argument in the docstring."""
        return f"{self.name}: {self.said['doc']}" + ("" if self.said.get("sent", True) else " Without effect.")


@dataclass
class Factory:
    """One factory in one namespace."""

    path: str
    said: Table
    namespace: Table
    positional: list[Argument]
    keyword: list[Argument]
    constants: list[Argument]
    always: list[str]  # keys on the wire that are sent even when empty
    together: list[str]  # arguments of which all or none are given

    @property
    def arguments(self) -> list[Argument]:
        return self.positional + self.keyword

    @property
    def returns(self) -> str:
        returns = self.said.get("returns") or self.namespace["returns"]
        return f"{returns}{self.namespace.get('suffix', '')}"

    def lines(self, name: str) -> Iterator[str]:
        parameters = [a.parameter() for a in self.positional]
        parameters += ["*"] * bool(self.keyword) + [a.parameter() for a in self.keyword]
        yield "@staticmethod"
        yield f"def {name}({', '.join(parameters)}) -> {self.returns}:"
        if self.arguments:
            yield f'    """{self.said["doc"]}'
            yield ""
            yield "    Args:"
            yield from (f"        {a.line()}" for a in self.arguments)
            yield '    """'
            secret = ", secret=True" if any(a.kind == "secret" for a in self.arguments) else ""
            yield f'    check = FactoryCheck("{self.path}"{secret})'
        else:
            yield f'    """{self.said["doc"]}"""'
        if self.together:
            yield f"    check.together({_keywords(self.together)})"
        for a in self.arguments:
            if not a.said.get("sent", True):
                yield f'    check.unsent("{a.name}", {a.value()}, {a.default()})'
        yield f"    return {self.returns}({', '.join(self._given())})"

    def _given(self) -> Iterator[str]:
        """The keywords of the value: what it is on the wire, what has a place of its own, and the settings."""
        identity = self.namespace.get("names")
        if identity in self.said:
            yield f"{identity}={_literal(self.said[identity])}"
        placed = [a for a in self.arguments if "to" in a.said]
        if "index" in self.namespace:  # these arguments make one index together
            of_index = [a.name for a in placed if a.said["to"] == "index"]
            placed = [a for a in placed if a.said["to"] != "index"]
            yield f"index=check.{self.namespace['index']}({_keywords(of_index)})"
        for a in placed:
            yield f"{a.said['to']}={a.value()}"
        settings = [a for a in self.constants + self.arguments if a.in_settings]
        if settings:
            yield f"settings=present({self._settings(settings)})"
        if identity == "header":
            headers = {a.name: _literal(f"X-{self.said[identity]}-{a.said['header']}") for a in settings}
            yield f"headers={_dict(headers)}"

    def _settings(self, arguments: list[Argument]) -> str:
        told: dict[str, str] = {}
        for a in arguments:
            outer, _, inner = a.wire.rpartition(".")
            if not outer:
                told[inner] = a.value()
            elif outer not in told:
                nested = {
                    b.wire.removeprefix(f"{outer}."): b.value() for b in arguments if b.wire.startswith(f"{outer}.")
                }
                told[outer] = f"{'present' if outer in self.always else 'group'}({_dict(nested)})"
        fields = {a.wire: a.name for a in arguments if a.kind == "fields"}
        if fields:
            told["weights"] = f"weights({_dict(fields)})"
        return _dict(told)


@dataclass
class Alias:
    """Another name for a class."""

    target: str

    def lines(self, name: str) -> Iterator[str]:
        yield f"{name} = {self.target}"


@dataclass
class Class:
    """A class that holds factories, other such classes and names for them."""

    doc: str = ""
    members: dict[str, Factory | Class | Alias] = field(default_factory=dict)

    def at(self, path: str) -> Class:
        """The class at a path below, made if it is not there."""
        found = self
        for part in filter(None, path.split(".")):
            inner = found.members.setdefault(part, Class())
            if not isinstance(inner, Class):
                raise CodegenError(f"{SOURCE}: {path}: {part} is a factory and a class at once")
            found = inner
        return found

    def lines(self, name: str) -> Iterator[str]:
        yield f"class {name}:"
        yield f'    """{self.doc}"""'
        for member, value in self.members.items():
            yield ""
            yield from (f"    {line}" if line else "" for line in value.lines(member))

    def factories(self) -> Iterator[Factory]:
        for value in self.members.values():
            if isinstance(value, Factory):
                yield value
            elif isinstance(value, Class):
                yield from value.factories()


def _module(root: Class) -> str:
    enums: set[str] = set()
    classes = {"Multi2VecField"}
    for factory in root.factories():
        classes.add(factory.returns)
        for argument in factory.arguments:
            if argument.kind == "enum":
                enums.update(name for name in argument.names if name != "str")
            elif argument.kind == "config":
                classes.update(argument.names)
    lines = [
        '"""Factories of configuration: what a collection, a vector, a search or a client is set up with.',
        "",
        f"Each checks its arguments and returns a value of {CONFIGURATION}.",
        "docs/providers.md shows where to add a provider or an argument.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from collections.abc import Mapping, Sequence",
        "from typing import TYPE_CHECKING, Any, Literal",
        "",
        "from weaviate_hl.values.base import present",
        f"from weaviate_hl.values.configuration import {', '.join(sorted(classes))}",
        f"from weaviate_hl.values.enums import {', '.join(sorted(enums))}",
        "from weaviate_hl.values.factories import FactoryCheck, group, weights",
        "",
        "if TYPE_CHECKING:",
        "    from datetime import timedelta",
    ]
    for name, value in root.members.items():
        lines += ["", "", *value.lines(name)]
    return header("providers", f"{SOURCE}/*.toml") + "\n".join(lines) + "\n"


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _dict(pairs: dict[str, str]) -> str:
    return "{" + ", ".join(f"{_literal(key)}: {value}" for key, value in pairs.items()) + "}"


def _keywords(names: Iterable[str]) -> str:
    return ", ".join(f"{name}={name}" for name in names)


# Reading the tables.


class _Reader:
    """The tables, checked and merged into a tree of classes and factories."""

    def __init__(self, files: dict[str, Table], classes: set[str], enums: set[str]) -> None:
        self.files = files
        self.classes = classes
        self.enums = enums
        self.namespaces: Table = files["namespaces"]
        self.words: Table = files["arguments"]
        signatures = [n.get("signature") for n in self.namespaces.values() if isinstance(n, dict)]
        self.families = {family for s in signatures if isinstance(s, dict) for family in s}
        self.root = Class()

    def read(self) -> Class:
        for name, said in self.words.items():
            self._check_argument(f"arguments.toml: {name}", said)
        for key, namespace in self.namespaces.items():
            where = f"namespaces.toml: {key}"
            _check(where, namespace, NAMESPACE_KEYS)
            _need(where, namespace, "at", "doc", "table")
            if namespace["table"] not in self.files:
                raise CodegenError(f"{SOURCE}/{where}.table: there is no {namespace['table']}.toml")
            self.root.at(namespace["at"]).doc = namespace["doc"]
            for path, said, docs in self._factories(namespace["table"], self.files[namespace["table"]]):
                self._add(key, path, said, docs)
            if "also_at" in namespace:
                outer, _, name = namespace["also_at"].rpartition(".")
                self.root.at(outer).members[name] = Alias(namespace["at"])
        return self.root

    def _factories(
        self, file: str, table: Table, outer: str = "", docs: dict[str, str] | None = None
    ) -> Iterator[tuple[str, Table, dict[str, str]]]:
        """The factories of a file: path, table, and the docstrings of the classes on the path."""
        docs = docs or {}
        for name, said in table.items():
            path = f"{outer}.{name}".lstrip(".")
            where = f"{file}.toml: {path}"
            _check(where, said)
            if not FACTORY_KEYS.isdisjoint(said):
                yield path, said, docs
            else:  # a class, which holds the tables below it
                _need(where, said, "doc")
                below = {key: value for key, value in said.items() if key != "doc"}
                yield from self._factories(file, below, path, {**docs, path: said["doc"]})

    def _add(self, key: str, path: str, said: Table, docs: dict[str, str]) -> None:
        """Put one factory where it stands in one namespace, if it is there at all."""
        namespace = self.namespaces[key]
        where = f"{namespace['table']}.toml: {path}"
        said = self._inherited(namespace["table"], where, said)
        _check(where, said, FACTORY_KEYS | {"doc"})
        _need(where, said, "doc")
        for by_namespace in ("name", "signature", "always", "together"):
            if isinstance(said.get(by_namespace), dict):
                _check(f"{where}.{by_namespace}", said[by_namespace], self.namespaces)
        if key not in _known(f"{where}.in", said.get("in", [] if namespace.get("opt_in") else [key]), self.namespaces):
            return
        outer, _, name = path.rpartition(".")
        name = said.get("name", {}).get(key, name)
        at = f"{namespace['at']}.{outer}".rstrip(".")
        for inner, doc in docs.items():
            self.root.at(f"{namespace['at']}.{inner}").doc = doc
        home = self.root.at(at)
        if name in home.members:
            raise CodegenError(f"{SOURCE}/{where}: there is a {at}.{name} already")
        home.members[name] = self._factory(where, f"{at}.{name}", key, said)

    def _inherited(self, file: str, where: str, said: Table) -> Table:
        if "same_as" not in said:
            return said
        other = self.files[file].get(said["same_as"])
        if other is None or "same_as" in other:
            raise CodegenError(f"{SOURCE}/{where}.same_as: {said['same_as']} is no table with facts of its own")
        arguments = other.get("arguments", {})
        without = _known(f"{where}.without", said.get("without", []), arguments)
        kept = {name: argument for name, argument in arguments.items() if name not in without}
        return {**other, **said, "arguments": {**kept, **said.get("arguments", {})}}

    def _factory(self, where: str, path: str, key: str, said: Table) -> Factory:
        namespace = self.namespaces[key]
        if "returns" not in said | namespace:
            raise CodegenError(f"{SOURCE}/{where}.returns is missing")
        own: dict[str, Argument] = {}
        for name, entry in said.get("arguments", {}).items():
            here = f"{where}.arguments.{name}"
            self._check_argument(here, entry)
            if argument := self._argument(here, name, entry, key, said):
                own[name] = argument
        constants = [a for a in own.values() if "constant" in a.said]
        parameters = {name: a for name, a in own.items() if "constant" not in a.said}
        positional, keyword = self._ordered(where, key, said, parameters)
        arguments = positional + keyword
        together = said.get("together", {}).get(key, [])
        _known(f"{where}.together", together, [a.name for a in arguments])
        always = said.get("always", {}).get(key, [])
        factory = Factory(path, said, namespace, positional, keyword, constants, always, together)
        if factory.returns not in self.classes:
            raise CodegenError(f"{SOURCE}/{where}.returns: there is no {factory.returns} in {CONFIGURATION}")
        sent = [a.wire for a in constants + arguments if a.in_settings]
        for wire in sent:
            if sent.count(wire) > 1:
                raise CodegenError(f"{SOURCE}/{where}: two arguments go to {wire} in {key}")
        return factory

    def _argument(self, where: str, name: str, entry: Table, key: str, factory: Table) -> Argument | None:
        """An argument as a factory has it in a namespace, if it has it there."""
        merged: Table = {}
        for said in (self.words.get(name, {}), entry):  # the factory's own words win, and in both the narrower ones
            for narrow in (said, said.get(factory.get("family", ""), {}), said.get(key, {})):
                merged |= {k: v for k, v in narrow.items() if k in ARGUMENT_KEYS}
        if key not in _known(f"{where}.in", merged.get("in", [key]), self.namespaces):
            return None
        namespace = self.namespaces[key]
        wire = name if namespace.get("wire") == "names" else merged.get("wire") or _camel_case(name)
        argument = Argument(name, wire, namespace.get("suffix", ""), merged)
        if "constant" in merged:
            return argument
        _need(where, merged, "type", "doc", *["header"] * (namespace.get("names") == "header"))
        if merged["type"] not in PLAIN_TYPES and not argument.names:
            raise CodegenError(f"{SOURCE}/{where}.type: {merged['type']!r} is not a type")
        if argument.kind == "enum":
            _known(f"{where}.type", argument.names, self.enums | {"str"})
        elif argument.kind == "config":
            _known(f"{where}.type", argument.names, self.classes)
        return argument

    def _ordered(
        self, where: str, key: str, said: Table, own: dict[str, Argument]
    ) -> tuple[list[Argument], list[Argument]]:
        """The arguments in their order: those that may be given by position, and those that may not."""
        where = f"{where}.signature"
        frame = self.namespaces[key].get("signature", "*, ...")
        if isinstance(frame, dict):
            frame = frame[_known(f"{where} of the family", [said.get("family", "(none)")], frame)[0]]
        signature = said.get("signature", {})
        signature = signature.get(key, frame) if isinstance(signature, dict) else signature
        arguments = dict(own)
        for name in _split(frame):
            if name not in ("*", "...", *own) and (argument := self._argument(f"{where}.{name}", name, {}, key, said)):
                arguments[name] = argument
        elsewhere = said.get("arguments", {}).keys() - arguments.keys()  # one signature may serve several namespaces
        order = [name for name in _split(signature) if name not in elsewhere]
        _known(where, order, ["*", "...", *arguments])
        if sorted(order) != sorted({*order, "*", "..."}):
            raise CodegenError(f"{SOURCE}/{where}: needs each name once, one `*` and one `...`")
        framed = [name for name in _split(frame) if name != "*"]
        place = framed.index("...")
        framed[place : place + 1] = [name for name in own if name not in framed]
        place = order.index("...")
        order[place : place + 1] = [name for name in framed if name not in order]
        star = order.index("*")
        required = [bool(arguments[name].said.get("required")) for name in order[:star]]
        if required != sorted(required, reverse=True):
            raise CodegenError(f"{SOURCE}/{where}: a required argument follows one that is not")
        return [arguments[name] for name in order[:star]], [arguments[name] for name in order[star + 1 :]]

    def _check_argument(self, where: str, said: object) -> None:
        narrower = self.namespaces.keys() | self.families
        said = _check(where, said, ARGUMENT_KEYS | narrower)
        for name in narrower & said.keys():
            _check(f"{where}.{name}", said[name], ARGUMENT_KEYS)


def _check(where: str, said: object, keys: Iterable[str] | None = None) -> Table:
    """Refuse what is not a table, a key that is not known, and words that would end a docstring."""
    if not isinstance(said, dict):
        raise CodegenError(f"{SOURCE}/{where}: unknown key, or not a table")
    unknown = [] if keys is None else [key for key in said if key not in keys]
    if unknown:
        raise CodegenError(f"{SOURCE}/{where}.{unknown[0]}: unknown key")
    doc = said.get("doc")
    if isinstance(doc, str) and ("\\" in doc or '"' in doc or "\n" in doc):
        raise CodegenError(f"{SOURCE}/{where}.doc: one line, without quotation marks or backslashes")
    return said


def _need(where: str, said: Table, *keys: str) -> None:
    for key in keys:
        if key not in said:
            raise CodegenError(f"{SOURCE}/{where}.{key} is missing")


def _known(where: str, names: list[str], known: Iterable[str]) -> list[str]:
    for name in names:
        if name not in known:
            raise CodegenError(f"{SOURCE}/{where}: there is no {name}")
    return names


def _split(signature: str) -> list[str]:
    return [name.strip() for name in signature.split(",")]


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
