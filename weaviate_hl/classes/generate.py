"""What generative queries are made with."""

from weaviate_hl.values.providers import GenerativeConfig

__all__ = ["GenerativeConfig"]
