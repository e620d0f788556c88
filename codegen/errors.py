"""What goes wrong for a user of codegen, as one clear line."""

import tomllib
from typing import Any


class CodegenError(Exception):
    """A bad input or a failed tool; the command prints its text as one line and ends with status 1."""


def read_toml(text: str, where: str) -> dict[str, Any]:
    """A table that people write; `where` is what errors call it."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CodegenError(f"{where}: {error}") from None
