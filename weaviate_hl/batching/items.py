"""What a batch is made of: an item for each object and for each reference."""

from __future__ import annotations

from typing import Literal, TypeAlias

Outcome: TypeAlias = Literal["stored", "failed", "unknown"]
"""What became of an item. Unknown: it was sent, and what the server did with it could not be found out."""

Verdict: TypeAlias = Literal["refused", "later", "away", "unknown", "smaller"]
"""What a failure means: it will not change; it was not done and may be later; nobody was there to do it; it may have
been done; or it was too much at once."""


class Item:
    """What is sent and accounted for by itself.

    Attributes:
        key: What the server calls it in its replies; among items with the same key one waits for the other.
        collection: The collection that it is written to.
        tenant: The tenant of it.
        size: Its bytes in a request.
        index: Its number among the objects, or among the references, of a batch.
        outcome: What became of it; None as long as that is open.
        reason: Why it failed, or why the outcome is unknown.
        retryable: Whether it may succeed later as it is.
    """

    __slots__ = (
        "collection",
        "generation",
        "index",
        "key",
        "outcome",
        "reason",
        "retryable",
        "since",
        "size",
        "tenant",
        "unsure",
        "waiting",
    )
    index: int
    generation: int
    reason: str
    retryable: bool
    tenant: str | None

    def __init__(self, key: str, collection: str, size: int) -> None:
        self.key = key
        self.collection = collection
        self.size = size
        self.outcome: Outcome | None = None
        self.since: float | None = None  # when it first had to be tried again
        self.unsure = False  # sent, and no word of it
        self.waiting: list[Item] | None = None  # those that may go only when this one is settled


class ObjectItem(Item):
    """An object.

    Attributes:
        data: The object as bytes of a request; empty when it is stored.
    """

    __slots__ = ("data", "uuid")

    def __init__(self, uuid: str, data: bytes, collection: str, tenant: str | None = None) -> None:
        # The same as Item.__init__, without the call: this is made once for every object.
        self.key = uuid.lower()
        self.collection = collection
        self.size = len(data)
        self.outcome = None
        self.since = None
        self.unsure = False
        self.waiting = None
        self.uuid = uuid
        self.data = data
        self.tenant = tenant


class ReferenceItem(Item):
    """A reference from a property of an object to one other object.

    Attributes:
        from_uuid: The object that has the property.
        name: The property.
        to_uuid: The object that it leads to.
        to_collection: Its collection, where the property may lead to several.
    """

    __slots__ = ("from_uuid", "name", "to_collection", "to_uuid")

    def __init__(
        self,
        from_collection: str,
        from_uuid: str,
        name: str,
        to_uuid: str,
        to_collection: str | None = None,
        tenant: str | None = None,
    ) -> None:
        key = f"weaviate://localhost/{from_collection}/{from_uuid.lower()}/{name}"
        super().__init__(key, from_collection, 200 + len(key))
        self.from_uuid = from_uuid.lower()
        self.name = name
        self.to_uuid = to_uuid.lower()
        self.to_collection = to_collection
        self.tenant = tenant
