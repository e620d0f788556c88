"""What calls return, for type annotations: `import weaviate_hl.outputs as wvo`."""

from typing import TYPE_CHECKING

from weaviate_hl.lazy import lazy

if not TYPE_CHECKING:
    __getattr__ = lazy(__name__, {}, ("config", "tenants"))
