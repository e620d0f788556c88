"""The schemas of the REST interface as TypedDicts: the view of the bodies that costs nothing and loses nothing.

Keys the server may leave out are optional, and what it may send as null says so (Go sends an absent list as null). An
enumeration reads `Literal[...] | str`, so that editors offer today's values and a newer server's pass.
"""

from __future__ import annotations

from keyword import iskeyword

from codegen.errors import CodegenError
from codegen.openapi import SCHEMAS, Interface, is_any, kind
from codegen.output import header
from codegen.swagger import Json

PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
HEAD = '''"""The JSON bodies of the REST interface, as types. Nothing of this is needed at run time."""

from __future__ import annotations

from typing import Any, Literal, Required, TypeAlias, TypedDict
'''


def render(interface: Interface) -> str:
    """The module `weaviate_gen.rest.bodies`."""
    module = _Module(interface.schemas)
    for name, schema in sorted(interface.schemas.items()):
        module.declare(name, schema)
    return header("bodies", "specs/rest/openapi.json") + HEAD + "".join(module.parts)


def type_of(schema: Json | None, prefix: str) -> str:
    """The type of a body that an operation takes or gives: plain types, and schemas by name below `prefix`."""
    if schema is None:
        return "None"
    if "$ref" in schema:
        return f"{prefix}{schema['$ref'].removeprefix(SCHEMAS)}"
    if "items" in schema:
        return f"list[{type_of(schema['items'], prefix)}]"
    if is_any(schema):
        return "Any"
    if kind(schema) in PLAIN:
        return PLAIN[kind(schema)]
    raise CodegenError(f"a body of this form has no name: {schema}")


class _Module:
    def __init__(self, schemas: dict[str, Json]) -> None:
        self.schemas = schemas
        self.parts: list[str] = []

    def declare(self, name: str, schema: Json) -> None:
        fields, required = self._fields(schema)
        if not fields:
            quoted = self._type(schema, name, in_class=False)
            self.parts.append(f"\n{name}: TypeAlias = {quoted!r}\n")
            return
        types = {
            key: f"Required[{text}]" if key in required else text
            for key, part in fields.items()
            for text in [self._type(part, name + key[:1].upper() + key[1:])]
        }
        if all(key.isidentifier() and not iskeyword(key) for key in types):
            body = "".join(f"    {key}: {text}\n" for key, text in types.items())
            self.parts.append(f"\n\nclass {name}(TypedDict, total=False):\n{body}")
        else:
            body = "".join(f"    {key!r}: {text!r},\n" for key, text in types.items())
            self.parts.append(f"\n\n{name} = TypedDict({name!r}, {{\n{body}}}, total=False)\n")

    def _fields(self, schema: Json) -> tuple[dict[str, Json], set[str]]:
        """The properties of an object, those of its parts included."""
        fields: dict[str, Json] = {}
        required: set[str] = set(schema.get("required", ()))
        for part in schema.get("allOf", ()):
            source = self.schemas[part["$ref"].removeprefix(SCHEMAS)] if "$ref" in part else part
            more, needed = self._fields(source)
            fields |= more
            required |= needed
        return fields | schema.get("properties", {}), required

    def _type(self, schema: Json, name: str, *, in_class: bool = True) -> str:
        text = self._bare(schema, name)
        absent_as_null = in_class and "items" in schema and not schema.get("x-omitempty")
        return f"{text} | None" if (schema.get("nullable") or absent_as_null) and text != "Any" else text

    def _bare(self, schema: Json, name: str) -> str:
        if "$ref" in schema:
            return str(schema["$ref"].removeprefix(SCHEMAS))
        if len(schema.get("allOf", ())) == 1:
            return self._bare(schema["allOf"][0], name)
        if is_any(schema):
            return "Any"
        if "properties" in schema or "allOf" in schema:
            self.declare(name, schema)
            return name
        if "items" in schema:
            return f"list[{self._type(schema['items'], name + 'Item')}]"
        if kind(schema) == "object":
            extra = schema.get("additionalProperties")
            return f"dict[str, {self._type(extra, name + 'Value') if isinstance(extra, dict) else 'Any'}]"
        if "enum" in schema:
            return f"Literal[{', '.join(repr(value) for value in schema['enum'])}] | str"
        return PLAIN[kind(schema)]
