"""What generative queries are made with."""

from weaviate_hl.values.providers import GenerativeConfig
from weaviate_hl.values.searches import GenerativeParameters

__all__ = ["GenerativeConfig", "GenerativeParameters"]
