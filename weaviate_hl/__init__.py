"""A client for the Weaviate vector database.

Example:
    import weaviate_hl

    with weaviate_hl.connect_to_local() as client:
        print(client.is_ready())
"""

from typing import TYPE_CHECKING

from weaviate_hl.lazy import lazy
from weaviate_hl.version import __version__

if TYPE_CHECKING:
    from weaviate_hl import auth as auth
    from weaviate_hl import classes as classes
    from weaviate_hl import collections as collections
    from weaviate_hl import config as config
    from weaviate_hl import connect as connect
    from weaviate_hl import embedded as embedded
    from weaviate_hl import exceptions as exceptions
    from weaviate_hl import lite as lite
    from weaviate_hl import outputs as outputs
    from weaviate_hl import telemetry as telemetry
    from weaviate_hl.aio.client import WeaviateAsyncClient
    from weaviate_hl.aio.copying import copy as copy_async
    from weaviate_hl.call_options import options
    from weaviate_hl.connect import (
        connect_to_custom,
        connect_to_embedded,
        connect_to_lite,
        connect_to_local,
        connect_to_wcs,
        connect_to_weaviate_cloud,
        use_async_with_custom,
        use_async_with_embedded,
        use_async_with_lite,
        use_async_with_local,
        use_async_with_weaviate_cloud,
    )
    from weaviate_hl.sync.client import WeaviateClient
    from weaviate_hl.sync.copying import copy

__all__ = [
    "WeaviateAsyncClient",
    "WeaviateClient",
    "__version__",
    "connect_to_custom",
    "connect_to_embedded",
    "connect_to_lite",
    "connect_to_local",
    "connect_to_wcs",
    "connect_to_weaviate_cloud",
    "copy",
    "copy_async",
    "options",
    "use_async_with_custom",
    "use_async_with_embedded",
    "use_async_with_lite",
    "use_async_with_local",
    "use_async_with_weaviate_cloud",
]


def _load(module: str) -> object:
    """Import a module while no fork can happen: a child of one in the middle would wait for import's locks for ever."""
    from importlib import import_module

    from weaviate_hl.fork import GATE

    with GATE:
        return import_module(module)


if not TYPE_CHECKING:  # for type checkers this would be a promise that any name exists
    __getattr__ = lazy(
        __name__,
        {
            "WeaviateAsyncClient": "weaviate_hl.aio.client",
            "WeaviateClient": "weaviate_hl.sync.client",
            "copy": "weaviate_hl.sync.copying",
            "copy_async": "weaviate_hl.aio.copying:copy",
            "options": "weaviate_hl.call_options",
            **{name: "weaviate_hl.connect" for name in __all__ if name.startswith(("connect_to_", "use_async_with_"))},
        },
        (
            "auth",
            "classes",
            "collections",
            "config",
            "connect",
            "embedded",
            "exceptions",
            "lite",
            "outputs",
            "telemetry",
        ),
        _load,
    )
