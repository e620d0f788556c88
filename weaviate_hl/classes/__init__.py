"""What users build requests from: `import weaviate_hl.classes as wvc`."""

from typing import TYPE_CHECKING

from weaviate_hl.lazy import lazy

if TYPE_CHECKING:
    from weaviate_hl.classes import aggregate as aggregate
    from weaviate_hl.classes import batch as batch
    from weaviate_hl.classes import config as config
    from weaviate_hl.classes import data as data
    from weaviate_hl.classes import generate as generate
    from weaviate_hl.classes import generic as generic
    from weaviate_hl.classes import generics as generics
    from weaviate_hl.classes import init as init
    from weaviate_hl.classes import query as query
    from weaviate_hl.classes import tenants as tenants
else:
    __getattr__ = lazy(
        __name__,
        {},
        ("aggregate", "batch", "config", "data", "generate", "generic", "generics", "init", "query", "tenants"),
    )
