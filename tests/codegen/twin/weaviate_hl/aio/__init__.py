"""Asynchronous client: an async library of books, small but of realistic shape."""

from weaviate_hl.aio.client import WeaviateAsyncClient as WeaviateAsyncClient
from weaviate_hl.aio.client import use_async_with_local as use_async_with_local

__all__ = ["WeaviateAsyncClient", "use_async_with_local"]
