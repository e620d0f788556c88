"""What generative queries are told."""

from weaviate_hl.values.configuration import GenerativeConfigRuntime
from weaviate_hl.values.searches import GroupedTask, SinglePrompt

__all__ = ["GenerativeConfigRuntime", "GroupedTask", "SinglePrompt"]
