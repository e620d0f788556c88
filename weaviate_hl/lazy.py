"""Packages whose names load when they are first used (PEP 562), so that importing costs next to nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any


def lazy(
    package: str,
    where: Mapping[str, str],
    modules: Iterable[str] = (),
    load: Callable[[str], Any] = import_module,
) -> Callable[[str], Any]:
    """A `__getattr__` for a package.

    Args:
        package: Its `__name__`.
        where: The module of each name; the name itself may differ: `module:name`.
        modules: Submodules that may be reached as attributes.
        load: Imports a module.
    """
    submodules = frozenset(modules)

    def find(name: str) -> Any:
        if name in submodules:
            return import_module(f"{package}.{name}")
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, _, other = where[name].partition(":")
        value = getattr(load(module), other or name)
        setattr(sys.modules[package], name, value)
        return value

    return find
