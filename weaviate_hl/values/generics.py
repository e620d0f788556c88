"""What a collection is generic over: the types of its properties and of its references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import TypeVar

if TYPE_CHECKING:
    from weaviate_hl.values.results import CrossReferences

Properties = TypeVar("Properties", default=dict[str, Any])
References = TypeVar("References", default=None)

# What one call asks for instead.
TProperties = TypeVar("TProperties", default=dict[str, Any])
TReferences = TypeVar("TReferences", default="CrossReferences")
