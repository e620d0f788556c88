"""Collections, for type annotations."""

from typing import TYPE_CHECKING

from weaviate_hl.lazy import lazy

if TYPE_CHECKING:
    from weaviate_hl.aio.collection import CollectionAsync
    from weaviate_hl.sync.collection import Collection

__all__ = ["Collection", "CollectionAsync"]

if not TYPE_CHECKING:  # for type checkers this would be a promise that any name exists
    __getattr__ = lazy(
        __name__, {"Collection": "weaviate_hl.sync.collection", "CollectionAsync": "weaviate_hl.aio.collection"}
    )
