"""Lite: a small Weaviate in pure Python, for a first try and for tests that need no server.

`Engine` is all of it, behind `rest` and `rpc`; `serve` puts it on sockets. It answers as a server does; what it does
not do it refuses by name.

Where to look: `router` (from requests to handlers), `catalogue` (what exists), `storage` (the data file), `index` (what
is held in memory), `objects` (writing), `filters` and `query` (finding), `search/` (the algorithms), `access` (keys);
`serving`, `http` and `native` (the two ports).
"""

from typing import TYPE_CHECKING

from weaviate_hl.lazy import lazy

# Importing what answers requests registers it in `router`.
from weaviate_hl.lite import aggregate, backup, batch, objects_rest, query, schema, status, tenants, ttl  # noqa: F401
from weaviate_hl.lite.engine import Answer, Engine
from weaviate_hl.lite.errors import Code, LiteError, RpcError
from weaviate_hl.lite.modules import Vectorizer

if TYPE_CHECKING:
    from weaviate_hl.lite.serving import Server, serve

__all__ = ["Answer", "Code", "Engine", "LiteError", "RpcError", "Server", "Vectorizer", "serve"]

if not TYPE_CHECKING:
    __getattr__ = lazy(__name__, dict.fromkeys(("Server", "serve"), "weaviate_hl.lite.serving"))
