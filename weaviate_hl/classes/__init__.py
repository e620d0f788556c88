"""What users build requests from: `import weaviate_hl.classes as wvc`."""

from typing import TYPE_CHECKING

from weaviate_hl.lazy import lazy

if not TYPE_CHECKING:
    __getattr__ = lazy(__name__, {}, ("config", "data", "generate", "init", "query", "tenants"))
