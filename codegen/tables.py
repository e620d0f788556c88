"""The TOML tables that people write, and stages read."""

import tomllib
from typing import Any

from codegen.errors import CodegenError


def read_toml(text: str, where: str) -> dict[str, Any]:
    """A table; `where` is what errors call it."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CodegenError(f"{where}: {error}") from None
