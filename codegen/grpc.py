"""The `grpc` stage: specs/grpc → generated/weaviate_gen/grpc, messages in a private pool, typed by stubs.

Runtime code is the same for every interface and lies in codegen/templates/grpc; what is written here are the
descriptors, the modules that name what they hold, and the services.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

from codegen import protos
from codegen.errors import CodegenError
from codegen.output import Output, header
from codegen.tables import read_toml

SOURCE = "specs/grpc"
PACKAGE = "weaviate_gen.grpc"
FOLDER = f"generated/{PACKAGE.replace('.', '/')}"
TEMPLATES = Path(__file__).parent / "templates" / "grpc"

_ADDITIONS = "specs/additions.toml"
_DESCRIPTIONS = "specs/descriptions.toml"
# The type of an rpc's calls, by whether client and server stream: of a Channel, and of an AsyncChannel.
_CALLS = {
    (False, False): ("Unary[{0}, {1}]", "AsyncUnary[{0}, {1}]"),
    (False, True): ("Streaming[{0}, {1}]", "AsyncStreaming[{0}, {1}]"),
    (True, False): ("Unary[Iterator[{0}], {1}]", "AsyncUnary[AsyncIterable[{0}] | Iterable[{0}], {1}]"),
    (True, True): ("Streaming[Iterator[{0}], {1}]", "AsyncExchanging[{0}, {1}]"),
}


@dataclass(frozen=True)
class Interface:
    """All that there is to generate from."""

    files: list[FileDescriptorProto]
    """The server's, our additions and what these import, each file after its imports; descriptions are comments."""
    descriptions: dict[str, str]
    """Text by the full name of what it describes."""
    web: dict[str, str]
    """Where gRPC-web is answered, and since which version."""
    raw: list[str]
    """The full names of the fields that the raw view has as bytes."""

    @property
    def with_messages(self) -> list[FileDescriptorProto]:
        """The files that become modules; services have a module of their own."""
        return [file for file in self.files if file.message_type or file.enum_type]


def generate(output: Output) -> None:
    """Write the package."""
    interface = read_interface(output)
    for template in sorted(TEMPLATES.glob("*.py")):
        source = f"codegen/templates/grpc/{template.name}"
        output.write(f"{FOLDER}/{template.name}", header("grpc", source) + template.read_text("utf-8"))
    files = {
        "__init__.py": _root(interface),
        "descriptors.py": _descriptors(
            interface.files, "The interface as serialized FileDescriptorProtos, each file after what it imports."
        ),
        "raw_descriptors.py": _descriptors(
            _raw(interface), "The files of the interface that differ in the raw view (raw.py)."
        ),
        "services.py": _services(interface),
    }
    files |= _modules(interface)
    for path, text in files.items():
        output.write(f"{FOLDER}/{path}", header("grpc", SOURCE) + text)


def read_interface(output: Output) -> Interface:
    """Compile specs/grpc and what additions.toml adds, and put descriptions.toml where comments would be."""
    additions: dict[str, Any] = {"protos": {}, "well_known": [], "web": {}, "raw": {}}
    additions |= _words(output, _ADDITIONS)
    if additions["web"].keys() != {"path", "since"}:
        raise CodegenError(f"{_ADDITIONS}: [grpc.web] must say path and since")
    folder = output.find(SOURCE)
    known = protos.names_in(folder)
    added = {
        name: text
        for name, text in additions["protos"].items()  # one that imports what an older server lacks is left out
        if {found for found in re.findall(r'import "([^"]+)"', text) if not found.startswith("google/")} <= {*known}
    }
    names = [*known, *added, *additions["well_known"]]
    with tempfile.TemporaryDirectory() as scratch:
        for name, text in added.items():
            target = Path(scratch, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        try:
            compiled = protos.compile_protos([folder, Path(scratch)], names)
        except CodegenError as error:
            raise CodegenError(str(error).replace(f"{scratch}/", f"{_ADDITIONS}: ")) from None
    files = [protos.canonical(file) for file in compiled.file]
    descriptions = _words(output, _DESCRIPTIONS)
    for file in files:
        _describe(file, descriptions)
    return Interface(files, descriptions, additions["web"], additions["raw"].get("fields", []))


def run_plugin(module: str, files: Iterable[FileDescriptorProto], parameter: str = "") -> dict[str, str]:
    """Run a plugin of protoc, as protoc would, on files with all their imports: the text of what it writes, by path.

    It runs beside the plugin's own tools, and out of reach of any project's settings.
    """
    request = CodeGeneratorRequest(proto_file=files, parameter=parameter)
    request.file_to_generate[:] = [file.name for file in request.proto_file]
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=request.SerializeToString(),
            capture_output=True,
            cwd=scratch,
            env={"PATH": str(Path(sys.executable).parent), "PYTHONHASHSEED": "0"},
            check=False,
        )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["it says nothing"]
        raise CodegenError(f"{module} failed: {lines[-1]}")
    response = CodeGeneratorResponse.FromString(done.stdout)
    if response.error:
        raise CodegenError(f"{module} failed: {response.error.splitlines()[0]}")
    return {file.name: file.content for file in response.file}


def _words(output: Output, path: str) -> dict[str, Any]:
    try:
        table: dict[str, Any] = read_toml(output.find(path).read_text("utf-8"), path)["grpc"]
    except (OSError, KeyError) as error:
        raise CodegenError(f"{path}: has no readable table [grpc] ({error})") from error
    return table


# Modules of messages.


def _modules(interface: Interface) -> Iterator[tuple[str, str]]:
    """For each file a stub, a module that holds what the stub promises, and the packages that lead there."""
    files = [protos.moved(file, _path_of_stub) for file in interface.files]
    stubs = run_plugin("mypy_protobuf.main", files, "quiet")
    for file in interface.with_messages:
        path = _path(file.name)
        yield f"{path}.pyi", _stub(stubs[f"{PACKAGE.replace('.', '/')}/{path}.pyi"])
        code = f"from {PACKAGE}.messages import fill\n\n__getattr__, __dir__ = fill({file.name!r}, globals())\n"
        yield f"{path}.py", code
        for folder in Path(path).parents[:-1]:
            yield f"{folder.as_posix()}/__init__.py", '"""Messages, a module for each file of the interface."""\n'


def _path(file: str) -> str:
    """Where a file's module lies: that all is Weaviate's, the package says already."""
    return file.removeprefix("weaviate/").removesuffix(".proto") + "_pb2"


def _path_of_stub(name: str) -> str:
    """The path of a file as stubs need it: they import each other by that of the file they are made from."""
    return f"{PACKAGE.replace('.', '/')}/{name.removeprefix('weaviate/')}"


def _stub(text: str) -> str:
    """The stub without its header, which keeps import sorting off."""
    # Each class narrows DESCRIPTOR, which its base declares as one of two types; pyright minds, users would mind more.
    return "# pyright: reportIncompatibleVariableOverride=false\n" + text.split('"""', 2)[2].lstrip()


def _descriptors(files: Iterable[FileDescriptorProto], doc: str) -> str:
    lines = [_docstring(doc), "", "FILES: dict[str, bytes] = {"]
    for file in files:
        plain = FileDescriptorProto()
        plain.CopyFrom(file)
        plain.ClearField("source_code_info")
        lines.append(f"    {file.name!r}: {plain.SerializeToString(deterministic=True)!r},")
    return "\n".join([*lines, "}", ""])


def _raw(interface: Interface) -> Iterator[FileDescriptorProto]:
    """The files that fields of [grpc.raw] are in, with these fields as bytes: on the wire, a message is just that."""
    wanted = set(interface.raw)  # one that an older server lacks is left out

    def redeclare(scope: str, message: DescriptorProto) -> None:
        for field in message.field:
            if field.type == field.TYPE_MESSAGE and f"{scope}.{field.name}" in wanted:
                field.type = field.TYPE_BYTES
                field.ClearField("type_name")
        for nested in message.nested_type:
            redeclare(f"{scope}.{nested.name}", nested)

    for file in interface.files:
        changed = FileDescriptorProto()
        changed.CopyFrom(file)
        for message in changed.message_type:
            redeclare(f"{file.package}.{message.name}", message)
        if changed != file:
            yield changed


# Descriptions.


def _describe(file: FileDescriptorProto, descriptions: dict[str, str]) -> None:
    """Put descriptions where protoc puts comments, so that plugins make docstrings of them."""
    for path, name in declared(file):
        if text := descriptions.get(name):
            file.source_code_info.location.add(path=path, span=[0, 0, 0], leading_comments=f" {text}\n")
    # betterproto2 asks for comments without asking whether there are any.
    file.source_code_info.SetInParent()


def declared(file: FileDescriptorProto) -> Iterator[tuple[list[int], str]]:
    """The path, as SourceCodeInfo has it, and the full name of each message and enum."""

    def walk(scope: str, path: list[int], message: DescriptorProto) -> Iterator[tuple[list[int], str]]:
        yield path, scope
        for index, nested in enumerate(message.nested_type):
            yield from walk(f"{scope}.{nested.name}", [*path, message.NESTED_TYPE_FIELD_NUMBER, index], nested)
        for index, enum in enumerate(message.enum_type):
            yield [*path, message.ENUM_TYPE_FIELD_NUMBER, index], f"{scope}.{enum.name}"

    for index, message in enumerate(file.message_type):
        yield from walk(f"{file.package}.{message.name}", [file.MESSAGE_TYPE_FIELD_NUMBER, index], message)
    for index, enum in enumerate(file.enum_type):
        yield [file.ENUM_TYPE_FIELD_NUMBER, index], f"{file.package}.{enum.name}"


# Services.


def _services(interface: Interface) -> str:
    """Of each service the facts, and a stub for either colour of channel; all in one module, as there are few."""
    services = [(file, service) for file in interface.files for service in file.service]
    types = {name for _, service in services for m in service.method for name in (m.input_type, m.output_type)}
    homes = {
        f".{file.package}.{m.name}": (_path(file.name), m.name) for file in interface.files for m in file.message_type
    }
    if nested := sorted(types - homes.keys()):
        raise CodegenError(f"{SOURCE}: {nested[0]} is nested, which the message of an rpc is not expected to be")
    imported = sorted({homes[name] for name in types})
    names = [name for _, name in imported] + [service.name for _, service in services]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise CodegenError(f"{SOURCE}: {twice[0]} would be the name of two things in services.py")

    lines = [
        '"""The services: facts about rpcs (`...Methods`), and stubs over channels (`...Stub`, `...AsyncStub`)."""',
        "",
        "from __future__ import annotations",
        "from typing import TYPE_CHECKING, Any",
        f"from {PACKAGE}.methods import Method, bind",
        *(f"from {PACKAGE}.{path.replace('/', '.')} import {name}" for path, name in imported),
        "if TYPE_CHECKING:",
        "    from collections.abc import AsyncIterable, Iterable, Iterator",
        f"    from {PACKAGE} import calls",
    ]
    for file, service in services:
        lines += _service(f"{file.package}.{service.name}", service, interface.descriptions)
    methods = [f"{service.name}Methods.{method.name}" for _, service in services for method in service.method]
    lines += ["METHODS: dict[str, Method[Any, Any]] = {", "    method.path: method", "    for method in ("]
    lines += [*(f"        {method}," for method in methods), "    )", "}", '"""Every rpc, by its path."""', ""]
    return "\n".join(lines)


def _service(full_name: str, service: ServiceDescriptorProto, descriptions: dict[str, str]) -> Iterator[str]:
    said = descriptions.get(full_name, f"The service {full_name}.")
    yield from [f"class {service.name}Methods:", f"    {_docstring(f'Facts about the rpcs of {full_name}.')}", ""]
    for method in service.method:
        facts = [repr(full_name), repr(method.name), _type(method.input_type), _type(method.output_type)]
        facts += [f"{side}_streaming=True" for side in ("client", "server") if getattr(method, f"{side}_streaming")]
        yield f"    {method.name} = Method({', '.join(facts)})"
        yield from _rpc_doc(full_name, method, descriptions, "    ")
    for colour, prefix in enumerate(("", "Async")):
        yield from [f"class {service.name}{prefix}Stub:", f"    {_docstring(said)}", ""]
        yield f"    def __init__(self, channel: calls.{prefix}Channel) -> None:"
        for method in service.method:
            call = _CALLS[method.client_streaming, method.server_streaming][colour]
            call = call.format(_type(method.input_type), _type(method.output_type))
            yield f"        self.{method.name}: calls.{call} = bind(channel, {service.name}Methods.{method.name})"
            yield from _rpc_doc(full_name, method, descriptions, "        ")


def _rpc_doc(service: str, method: MethodDescriptorProto, descriptions: dict[str, str], indent: str) -> Iterator[str]:
    if text := descriptions.get(f"{service}.{method.name}"):
        yield indent + _docstring(text)


def _type(type_name: str) -> str:
    return type_name.rpartition(".")[2]


def _docstring(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"""{escaped}"""'


def _root(interface: Interface) -> str:
    """The package: what it offers beside the modules of messages, looked up when asked for."""
    services = [service.name for file in interface.files for service in file.service]
    where = {f"{name}{kind}": "services" for name in services for kind in ("Methods", "Stub", "AsyncStub")}
    where |= {"Method": "methods", "METHODS": "services"}
    imports = [f"    from {PACKAGE}.{module} import {name}" for name, module in where.items()]
    table = [f"    {name!r}: {module!r}," for name, module in sorted(where.items())]
    offered = sorted([*where, "WEB_PATH", "WEB_SINCE"])
    return _ROOT.format(
        imports="\n".join(imports),
        offered="\n".join(f"    {name!r}," for name in offered),
        table="\n".join(table),
        path=interface.web["path"],
        since=interface.web["since"],
    )


_ROOT = '''"""The server's gRPC interface: stubs, facts about each rpc, and in `v1` the messages.

Names are looked up when asked for, so that importing this package loads neither protobuf nor anything else.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
{imports}

__all__ = (
{offered}
)

WEB_PATH = {path!r}
"""Where the REST port answers gRPC-web: what stands before the path of a method."""

WEB_SINCE = {since!r}
"""The first server version that answers gRPC-web."""

_WHERE = {{
{table}
}}

if not TYPE_CHECKING:  # for type checkers this would be a promise that any name exists

    def __getattr__(name: str) -> object:
        if name not in _WHERE:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(f"{{__name__}}.{{_WHERE[name]}}"), name)
        return value

    def __dir__() -> list[str]:
        return sorted({{*globals(), *_WHERE}})
'''
