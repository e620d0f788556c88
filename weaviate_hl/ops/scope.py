"""What the calls of a collection have in common."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weaviate_hl.values.enums import ConsistencyLevel


class Scope:
    """Which objects calls are about, and how they are made.

    Args:
        collection: The collection.
        tenant: The tenant, if it is for one.
        consistency_level: How many copies must answer.
        validate: Whether arguments are checked.
        properties: The model of the collection's properties, if it has one.
        references: The model of its references.
    """

    __slots__ = ("collection", "consistency_level", "namespace", "properties", "references", "tenant", "validate")

    def __init__(
        self,
        collection: str,
        tenant: str | None = None,
        consistency_level: ConsistencyLevel | None = None,
        validate: bool = True,
        properties: Any = None,
        references: Any = None,
    ) -> None:
        self.collection = collection
        self.tenant = tenant
        self.consistency_level = consistency_level
        self.validate = validate
        self.properties = properties
        self.references = references
        self.namespace = "query"
        """Which searches: "query", "generate" or "aggregate"."""

    @property
    def query(self) -> dict[str, str | None]:
        """Those parts of it that are parameters of most requests."""
        return {"tenant": self.tenant, "consistency_level": self.consistency_level}

    def but(self, **changes: Any) -> Scope:
        """The same with other attributes."""
        made = copy(self)
        for name, value in changes.items():
            setattr(made, name, value)
        return made
