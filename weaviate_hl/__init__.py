"""A client for the Weaviate vector database."""

from weaviate_hl.version import __version__

__all__ = ["__version__"]
