"""The server's gRPC interface as descriptors and as canonical .proto text, whichever of the two it comes from.

Pure but for running protoc. What differs between two sources of one interface (order, comments, source positions,
options for other languages, the folder that imports start from) is gone after reading, so that equal interfaces give
equal text, and the text of two versions differs in nothing but what the server changed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    OneofDescriptorProto,
    ServiceDescriptorProto,
)
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from google.protobuf.message import DecodeError, Message

from codegen.errors import CodegenError

WELL_KNOWN = "google/protobuf/"
"""Where the files that ship with protobuf itself live: imported by the interface, never part of it."""

_ROOT = "weaviate/"
"""What relocation puts before a file's path: `v1/base.proto` is too common a name to share a pool with others."""

_SOURCE = "grpc/proto"
_SOURCE_SET = "grpc.binpb"
_BANNER = "// Printed by codegen/protos.py from the server's interface: do not edit, run scripts/regen.sh.\n"

_Field = FieldDescriptorProto
_Item = TypeVar("_Item", bound=Message)
_Declared = TypeVar(
    "_Declared",
    DescriptorProto,
    FieldDescriptorProto,
    EnumDescriptorProto,
    EnumValueDescriptorProto,
    ServiceDescriptorProto,
    MethodDescriptorProto,
)
_by_name = attrgetter("name")
_SCALARS = {
    number: name.removeprefix("TYPE_").lower()
    for name, number in _Field.Type.items()
    if number not in (_Field.TYPE_MESSAGE, _Field.TYPE_ENUM, _Field.TYPE_GROUP)
}
# Ranges in a descriptor end after their last number, those of an enum on it; `max` is the highest number there is.
_LAST_FIELD = 2**29 - 1
_LAST_VALUE = 2**31 - 1


def read_source(path: Path) -> FileDescriptorSet:
    """The interface of a server: of a checkout (`grpc/proto/v1/*.proto`), or of a file that holds a FileDescriptorSet.

    A folder without .proto files may hold such a file as `grpc.binpb`.
    """
    protos = path / _SOURCE
    if path.is_file():
        found = _parse_set(path)
    elif names := sorted(f"v1/{file.name}" for file in protos.glob("v1/*.proto")):
        found = compile_protos([protos], names)
    elif (path / _SOURCE_SET).is_file():
        found = _parse_set(path / _SOURCE_SET)
    else:
        raise CodegenError(f"{path}: holds neither {_SOURCE}/v1/*.proto nor {_SOURCE_SET}")
    return _canonical_set(FileDescriptorSet(file=(moved(file, _path_in_specs) for file in found.file)))


def load_protos(folder: Path) -> FileDescriptorSet:
    """The interface as `write_protos` printed it: specs/grpc, or another folder laid out like it."""
    return _canonical_set(compile_protos([folder], names_in(folder)))


def names_in(folder: Path) -> list[str]:
    """The .proto files in a folder, by the path they are imported by."""
    if names := sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.proto")):
        return names
    raise CodegenError(f"{folder}: holds no .proto files")


def write_protos(files: FileDescriptorSet) -> dict[str, str]:
    """Canonical .proto text of what `read_source` or `load_protos` gave, by path relative to specs/grpc."""
    known = _all_names(files)
    texts = {file.name: _Printer(file, known).text() for file in files.file}
    _verify(files, texts)
    return texts


def compile_protos(folders: Sequence[Path], names: Sequence[str]) -> FileDescriptorSet:
    """Run protoc: the descriptors of the files `names`, sought in `folders`, and of all they import, imports first."""
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch, "set.binpb")
        command = [sys.executable, "-m", "grpc_tools.protoc", *(f"-I{folder}" for folder in folders)]
        command += ["--include_imports", f"--descriptor_set_out={target}", *names]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
        if done.returncode:
            raise CodegenError(_first_error(done.stderr, folders))
        return _parse_set(target)


def canonical(file: FileDescriptorProto) -> FileDescriptorProto:
    """The file without what only its source, or another language, is about, and all of it in canonical order."""
    if file.syntax != "proto3":
        raise CodegenError(f"{file.name}: only syntax proto3 is supported, not {file.syntax or 'proto2'}")
    if file.public_dependency or file.weak_dependency or file.option_dependency:
        raise CodegenError(f"{file.name}: only plain imports are supported")
    _refuse_extensions(file.name, file.extension)
    _check_options(file.name, file.options)
    result = FileDescriptorProto(
        name=file.name,
        package=file.package,
        dependency=sorted(file.dependency),
        message_type=sorted((_canonical_message(file.name, m) for m in file.message_type), key=_by_name),
        enum_type=sorted((_canonical_enum(file.name, e) for e in file.enum_type), key=_by_name),
        service=sorted((_canonical_service(file.name, s) for s in file.service), key=_by_name),
        syntax=file.syntax,
    )
    if file.options.deprecated:
        result.options.deprecated = True
    return result


def moved(file: FileDescriptorProto, move: Callable[[str], str]) -> FileDescriptorProto:
    """The file at another path, as are those that it imports."""
    result = FileDescriptorProto()
    result.CopyFrom(file)
    result.name = move(file.name)
    result.dependency[:] = map(move, file.dependency)
    return result


def _path_in_specs(name: str) -> str:
    """The path by which specs/grpc knows a file; what protobuf brings itself stays where it is."""
    return name if name.startswith((WELL_KNOWN, _ROOT)) else _ROOT + name


def _canonical_set(files: FileDescriptorSet) -> FileDescriptorSet:
    """The interface's own files, each after what it imports, and else by name."""
    own = [canonical(file) for file in files.file if not file.name.startswith(WELL_KNOWN)]
    by_name = {file.name: file for file in own}
    if len(by_name) != len(own):
        raise CodegenError("what was read holds two files of one name")
    ordered: dict[str, FileDescriptorProto] = {}

    def place(name: str, importers: tuple[str, ...]) -> None:
        if name in importers:
            raise CodegenError(f"{name}: imports itself, over {importers[-1]}")
        if name in by_name and name not in ordered:
            for dependency in by_name[name].dependency:
                place(dependency, (*importers, name))
            ordered[name] = by_name[name]

    for name in sorted(by_name):
        place(name, ())
    return FileDescriptorSet(file=ordered.values())


def _canonical_message(file: str, message: DescriptorProto) -> DescriptorProto:
    where = f"{file}: {message.name}"
    _refuse_extensions(where, message.extension, message.extension_range)
    result = _copy(where, message)
    _replace(result.enum_type, sorted((_canonical_enum(file, e) for e in message.enum_type), key=_by_name))
    nested = [_canonical_message(file, m) for m in message.nested_type]
    _replace(result.reserved_range, sorted(message.reserved_range, key=lambda r: r.start))
    result.reserved_name[:] = sorted(message.reserved_name)
    fields = [_canonical_field(where, field) for field in message.field]

    # A oneof is one block in the text, so its fields stand together, where the lowest of their numbers belongs.
    first: dict[int | None, int] = {}
    for field in sorted(fields, key=attrgetter("number")):
        first.setdefault(_real_oneof(field), field.number)
    first.pop(None, None)
    fields.sort(key=lambda f: (first.get(_real_oneof(f), f.number), f.number))
    # protoc lists the oneofs that stand for `optional` behind the real ones.
    old = [index for index in first if index is not None] + [f.oneof_index for f in fields if f.proto3_optional]
    for index in old:
        _check_options(where, message.oneof_decl[index].options)
    _replace(result.oneof_decl, [OneofDescriptorProto(name=message.oneof_decl[index].name) for index in old])
    for field in fields:
        if field.HasField("oneof_index"):
            field.oneof_index = old.index(field.oneof_index)
    _replace(result.field, fields)

    # The entries of maps come into being where their field stands: behind all messages, in the order of the fields.
    position = {field.type_name.rpartition(".")[2]: index for index, field in enumerate(fields)}
    nested.sort(key=lambda m: (True, position[m.name], "") if m.options.map_entry else (False, 0, m.name))
    _replace(result.nested_type, nested)
    return result


def _real_oneof(field: FieldDescriptorProto) -> int | None:
    """The oneof that a field was declared in; `optional` is one in descriptors only."""
    return field.oneof_index if field.HasField("oneof_index") and not field.proto3_optional else None


def _canonical_field(where: str, field: FieldDescriptorProto) -> FieldDescriptorProto:
    where = f"{where}.{field.name}"
    if field.type == _Field.TYPE_GROUP:
        raise CodegenError(f"{where}: groups are not supported")
    if field.label == _Field.LABEL_REQUIRED or field.HasField("default_value"):
        raise CodegenError(f"{where}: required fields and defaults are not supported")
    result = _copy(where, field)
    if field.json_name == _json_name(field.name):
        result.ClearField("json_name")
    return result


def _canonical_enum(file: str, enum: EnumDescriptorProto) -> EnumDescriptorProto:
    where = f"{file}: {enum.name}"
    result = _copy(where, enum)
    values = [_copy(f"{where}.{value.name}", value) for value in enum.value]
    # proto3 wants zero first, also where negative numbers exist.
    _replace(result.value, sorted(values, key=lambda v: (v.number != 0, v.number, v.name)))
    _replace(result.reserved_range, sorted(enum.reserved_range, key=lambda r: r.start))
    result.reserved_name[:] = sorted(enum.reserved_name)
    return result


def _canonical_service(file: str, service: ServiceDescriptorProto) -> ServiceDescriptorProto:
    where = f"{file}: {service.name}"
    result = _copy(where, service)
    _replace(result.method, sorted((_copy(f"{where}.{m.name}", m) for m in service.method), key=_by_name))
    return result


def _copy(where: str, item: _Declared) -> _Declared:
    """A copy to put in order; options that only look set are not."""
    _check_options(where, item.options)
    result = type(item)()
    result.CopyFrom(item)
    if not item.options.ByteSize():
        result.ClearField("options")
    return result


def _replace(target: RepeatedCompositeFieldContainer[_Item], items: Iterable[_Item]) -> None:
    copies = list(items)
    del target[:]
    target.extend(copies)


def _refuse_extensions(where: str, *extensions: Sequence[Message]) -> None:
    if any(extensions):
        raise CodegenError(f"{where}: extensions are not supported")


def _check_options(where: str, options: Message) -> None:
    """Options that descriptor.proto declares are kept; those that a file declares itself are extensions of it."""
    declared = type(options)()
    declared.CopyFrom(options)
    declared.DiscardUnknownFields()
    structured = any(field.is_extension or field.message_type for field, _ in options.ListFields())
    if structured or declared.ByteSize() != options.ByteSize():
        raise CodegenError(f"{where}: only the simple options of proto3 are supported")


def _json_name(name: str) -> str:
    """The JSON name that protoc gives to a field without one."""
    first, *others = name.split("_")
    return first + "".join(other[:1].upper() + other[1:] for other in others)


# Text.


class _Printer:
    """Prints one file; `known` is all that a name in it could mean."""

    def __init__(self, file: FileDescriptorProto, known: set[str]) -> None:
        self.file = file
        self.known = known

    def text(self) -> str:
        file = self.file
        blocks = [['syntax = "proto3";'], [f"package {file.package};"] if file.package else []]
        blocks.append([f'import "{name}";' for name in file.dependency])
        blocks.append([f"option {option};" for option in _options(file.options)])
        blocks += [list(self.service(service)) for service in file.service]
        blocks += [list(_enum(enum)) for enum in file.enum_type]
        blocks += [list(self.message(message, file.package)) for message in file.message_type]
        return _BANNER + "\n\n".join("\n".join(block) for block in blocks if block) + "\n"

    def service(self, service: ServiceDescriptorProto) -> Iterator[str]:
        yield f"service {service.name} {{"
        yield from (f"  option {option};" for option in _options(service.options))
        scope = _join(self.file.package, service.name)
        for method in service.method:
            request = "stream " * method.client_streaming + self.reference(method.input_type, scope)
            reply = "stream " * method.server_streaming + self.reference(method.output_type, scope)
            options = "".join(f" option {option};" for option in _options(method.options))
            yield f"  rpc {method.name}({request}) returns ({reply})" + (f" {{{options} }}" if options else ";")
        yield "}"

    def message(self, message: DescriptorProto, scope: str) -> Iterator[str]:
        scope = _join(scope, message.name)
        yield f"message {message.name} {{"
        yield from (f"  option {option};" for option in _options(message.options))
        ranges = [(r.start, r.end - 1) for r in message.reserved_range]
        yield from _indented(_reserved(ranges, message.reserved_name, _LAST_FIELD))
        for enum in message.enum_type:
            yield from _indented(_enum(enum))
        for nested in message.nested_type:
            if not nested.options.map_entry:
                yield from _indented(self.message(nested, scope))
        entries = {_join(scope, nested.name): nested for nested in message.nested_type if nested.options.map_entry}
        oneof = None
        for field in message.field:
            index = _real_oneof(field)
            if index != oneof and oneof is not None:
                yield "  }"
            if index != oneof and index is not None:
                yield f"  oneof {message.oneof_decl[index].name} {{"
            oneof = index
            yield ("  " if oneof is None else "    ") + self.field(field, scope, entries)
        if oneof is not None:
            yield "  }"
        yield "}"

    def field(self, field: FieldDescriptorProto, scope: str, entries: dict[str, DescriptorProto]) -> str:
        if entry := entries.get(field.type_name.removeprefix(".")):
            key, value = (self.kind(part, scope) for part in entry.field)
            kind = f"map<{key}, {value}>"
        else:
            kind = self.kind(field, scope)
            if field.proto3_optional:
                kind = f"optional {kind}"
            elif field.label == _Field.LABEL_REPEATED:
                kind = f"repeated {kind}"
        options = [f"json_name = {_quoted(field.json_name)}"] if field.json_name else []
        return f"{kind} {field.name} = {field.number}{_bracketed(options + _options(field.options))};"

    def kind(self, field: FieldDescriptorProto, scope: str) -> str:
        return _SCALARS.get(field.type) or self.reference(field.type_name, scope)

    def reference(self, type_name: str, scope: str) -> str:
        """A type as `scope` can name it: relative to its package, or in full where something nearer has that name."""
        full = type_name.removeprefix(".")
        short = full.removeprefix(f"{self.file.package}.") if self.file.package else full
        first = short.partition(".")[0]
        while scope and _join(scope, first) not in self.known:
            scope = scope.rpartition(".")[0]
        return short if _join(scope, short) == full else type_name


def _enum(enum: EnumDescriptorProto) -> Iterator[str]:
    yield f"enum {enum.name} {{"
    yield from (f"  option {option};" for option in _options(enum.options))
    ranges = [(r.start, r.end) for r in enum.reserved_range]
    yield from _indented(_reserved(ranges, enum.reserved_name, _LAST_VALUE))
    yield from (f"  {value.name} = {value.number}{_bracketed(_options(value.options))};" for value in enum.value)
    yield "}"


def _options(options: Message) -> list[str]:
    """Each option that is set, as `name = value`; what marks the entry of a map is that it is written as a map."""
    result = []
    for field, value in options.ListFields():
        if field.enum_type:
            text = field.enum_type.values_by_number[value].name
        elif isinstance(value, bool):
            text = str(value).lower()
        else:
            text = _quoted(value) if isinstance(value, str) else str(value)
        result.append(f"{field.name} = {text}")
    return result


def _reserved(ranges: Iterable[tuple[int, int]], names: Iterable[str], last: int) -> Iterator[str]:
    if numbers := [str(low) if low == high else f"{low} to {'max' if high == last else high}" for low, high in ranges]:
        yield f"reserved {', '.join(numbers)};"
    if quoted := [_quoted(name) for name in names]:
        yield f"reserved {', '.join(quoted)};"


def _all_names(files: FileDescriptorSet) -> set[str]:
    """Packages with their prefixes, messages, enums: what the first part of a type's name is looked up among."""
    known: set[str] = set()

    def add(scope: str, messages: Iterable[DescriptorProto], enums: Iterable[EnumDescriptorProto]) -> None:
        known.update(_join(scope, enum.name) for enum in enums)
        for message in messages:
            name = _join(scope, message.name)
            known.add(name)
            add(name, message.nested_type, message.enum_type)

    for package in {"google.protobuf", *(file.package for file in files.file)}:
        parts = package.split(".")
        known.update(".".join(parts[: count + 1]) for count in range(len(parts)))
    for file in files.file:
        add(file.package, file.message_type, file.enum_type)
    return known


def _join(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name


def _quoted(text: str) -> str:
    plain = (c if c.isprintable() and c not in '"\\' else "".join(f"\\x{b:02x}" for b in c.encode()) for c in text)
    return f'"{"".join(plain)}"'


def _bracketed(options: Sequence[str]) -> str:
    return f" [{', '.join(options)}]" if options else ""


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


# Tools.


def _verify(files: FileDescriptorSet, texts: dict[str, str]) -> None:
    """Whatever the printer does not know of shows here, instead of being lost."""
    with tempfile.TemporaryDirectory() as scratch:
        for path, text in texts.items():
            target = Path(scratch, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        try:
            printed = {file.name: file for file in load_protos(Path(scratch)).file}
        except CodegenError as error:
            reason = str(error).removeprefix(f"{scratch}/")
            raise CodegenError(f"what was read does not hold together: {reason}") from None
    for file in files.file:
        if printed[file.name] != file:
            raise CodegenError(f"{file.name}: holds a construct that cannot be printed faithfully")


def _parse_set(path: Path) -> FileDescriptorSet:
    try:
        files = FileDescriptorSet.FromString(path.read_bytes())
    except DecodeError as error:
        raise CodegenError(f"{path}: is not a FileDescriptorSet ({error})") from error
    if not files.file or not all(file.name for file in files.file):
        raise CodegenError(f"{path}: is not a FileDescriptorSet (no files in it)")
    return files


def _first_error(stderr: str, folders: Sequence[Path]) -> str:
    """The first of protoc's complaints, with the file as the caller can open it."""
    lines = [line for line in stderr.splitlines() if ": warning: " not in line]
    named = [line for line in lines if ".proto:" in line]  # protoc's libraries may speak of themselves first
    line = next(iter(named or lines), "protoc failed without saying why")
    file = line.partition(":")[0]
    found = next((folder / file for folder in folders if (folder / file).is_file()), None)
    return f"{found}{line.removeprefix(file)}" if found else line
