"""Lite: a small Weaviate in pure Python, for a first try and for tests that need no server.

`Engine` is all of it, behind `rest` and `rpc`. It answers as a server does; what it does not do it refuses by name.

Where to look: `router` (from requests to handlers), `catalogue` (what exists), `storage` (the data file), `index` (what
is held in memory), `objects` (writing), `filters` and `query` (finding), `search/` (the algorithms).
"""

from weaviate_hl.lite.engine import Answer, Engine
from weaviate_hl.lite.errors import Code, LiteError, RpcError
from weaviate_hl.lite.modules import Vectorizer

__all__ = ["Answer", "Code", "Engine", "LiteError", "RpcError", "Vectorizer"]
