"""What calls return, for type annotations: `import weaviate_hl.outputs as wvo`."""

from typing import TYPE_CHECKING

from weaviate_hl.lazy import lazy

if TYPE_CHECKING:
    from weaviate_hl.outputs import aggregate as aggregate
    from weaviate_hl.outputs import batch as batch
    from weaviate_hl.outputs import config as config
    from weaviate_hl.outputs import data as data
    from weaviate_hl.outputs import generate as generate
    from weaviate_hl.outputs import query as query
    from weaviate_hl.outputs import tenants as tenants
else:
    __getattr__ = lazy(__name__, {}, ("aggregate", "batch", "config", "data", "generate", "query", "tenants"))
