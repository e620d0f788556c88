"""What a collection is generic over: the types of its properties and of its references."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypeVar

Properties = TypeVar("Properties", default=dict[str, Any])
References = TypeVar("References", default=None)
