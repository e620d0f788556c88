"""What becomes of many objects or references that were written or deleted at once.

Plain data. Things are named by their place among those that were given, from 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from weaviate_hl.values.inputs import Uuid

T = TypeVar("T")


@dataclass
class BatchObject:
    """An object that was to be written."""

    collection: str
    properties: Any = None
    uuid: Uuid | None = None
    vector: Any = None
    references: Mapping[str, Any] | None = None
    tenant: str | None = None
    index: int = 0


@dataclass
class BatchReference:
    """A reference that was to be written."""

    from_object_collection: str
    from_object_uuid: Uuid
    from_property_name: str
    to_object_uuid: Uuid
    to_object_collection: str | None = None
    tenant: str | None = None
    index: int = 0


@dataclass
class ErrorObject:
    """An object that was not written, or of which that is not known.

    Attributes:
        message: Why.
        object_: The object.
        original_uuid: Its id.
        retryable: Whether it may be written later as it is.
        unknown: Whether it is not known if it was written.
    """

    message: str
    object_: BatchObject
    original_uuid: Uuid | None = None
    retryable: bool = False
    unknown: bool = False


@dataclass
class ErrorReference:
    """A reference that was not written, or of which that is not known.

    Attributes:
        message: Why.
        reference: The reference.
        retryable: Whether it may be written later as it is.
        unknown: Whether it is not known if it was written.
    """

    message: str
    reference: BatchReference
    retryable: bool = False
    unknown: bool = False


@dataclass
class Error:
    """Why an object was not written."""

    message: str
    code: int | None = None
    original_uuid: Uuid | None = None


@dataclass
class RefError:
    """Why a reference was not written."""

    message: str


class BatchObjectReturn:
    """What became of objects.

    Attributes:
        errors: Those that were not written, by place.
        has_errors: Whether there are any.
        elapsed_seconds: How long it took.
    """

    def __init__(
        self,
        _all_responses: list[UUID | ErrorObject] | None = None,
        elapsed_seconds: float = 0.0,
        errors: dict[int, ErrorObject] | None = None,
        uuids: dict[int, UUID] | None = None,
        has_errors: bool = False,
    ) -> None:
        self.elapsed_seconds = elapsed_seconds
        self.errors = {} if errors is None else errors
        self.has_errors = has_errors or bool(errors)
        self._ids = b""
        self._all_responses = _all_responses
        if uuids is not None:
            self.uuids = uuids

    @classmethod
    def of_ids(cls, ids: bytes, errors: dict[int, ErrorObject], elapsed_seconds: float) -> BatchObjectReturn:
        """The result of objects with these ids, of 16 bytes each; they become UUIDs when they are looked at."""
        made = cls(elapsed_seconds=elapsed_seconds, errors=errors)
        made._ids = ids
        return made

    @cached_property
    def uuids(self) -> dict[int, UUID]:
        """The ids of those that were written, by place."""
        ids = (UUID(bytes=self._ids[start : start + 16]) for start in range(0, len(self._ids), 16))
        return {place: uuid for place, uuid in enumerate(ids) if place not in self.errors}

    @property
    def all_responses(self) -> list[UUID | ErrorObject]:
        """For each object its id or its error, in the order in which they were given."""
        if self._all_responses is not None:
            return self._all_responses
        both: dict[int, UUID | ErrorObject] = {**self.uuids, **self.errors}
        return [both[place] for place in sorted(both)]

    def add_uuids(self, uuids: Mapping[int, UUID]) -> None:
        """Add objects that were written, by place."""
        self.uuids.update(uuids)

    def add_errors(self, errors: Mapping[int, ErrorObject]) -> None:
        """Add objects that were not written, by place."""
        self.errors.update(errors)
        self.has_errors = self.has_errors or bool(errors)

    def __add__(self, other: BatchObjectReturn) -> BatchObjectReturn:
        """Both, with the places of the other after those of this one."""
        first = len(self.uuids) + len(self.errors)
        return BatchObjectReturn(
            elapsed_seconds=self.elapsed_seconds + other.elapsed_seconds,
            errors=self.errors | {first + place: error for place, error in other.errors.items()},
            uuids=self.uuids | {first + place: uuid for place, uuid in other.uuids.items()},
        )

    def __repr__(self) -> str:
        return f"<BatchObjectReturn: {len(self.uuids)} written, {len(self.errors)} failed>"


@dataclass
class BatchReferenceReturn:
    """What became of references.

    Attributes:
        elapsed_seconds: How long it took.
        errors: Those that were not written, by place; a reference to several objects has as many places.
        has_errors: Whether there are any.
    """

    elapsed_seconds: float = 0.0
    errors: dict[int, ErrorReference] = field(default_factory=dict)
    has_errors: bool = False

    def add_errors(self, errors: Mapping[int, ErrorReference]) -> None:
        """Add references that were not written, by place."""
        self.errors.update(errors)
        self.has_errors = self.has_errors or bool(errors)

    def __add__(self, other: BatchReferenceReturn) -> BatchReferenceReturn:
        """Both, with the places of the other after those of this one."""
        first = max(self.errors, default=-1) + 1
        errors = self.errors | {first + place: error for place, error in other.errors.items()}
        elapsed = self.elapsed_seconds + other.elapsed_seconds
        return BatchReferenceReturn(elapsed, errors, self.has_errors or other.has_errors)


class BatchResult:
    """What became of all that was sent in a batch.

    Attributes:
        objs: The objects.
        refs: The references.
    """

    def __init__(self) -> None:
        self.objs = BatchObjectReturn()
        self.refs = BatchReferenceReturn()


@dataclass
class DeleteManyObject:
    """An object that a filter matched.

    Attributes:
        uuid: Its id.
        successful: Whether it was deleted, or would be.
        error: Why not.
    """

    uuid: UUID
    successful: bool
    error: str | None = None


@dataclass
class DeleteManyReturn(Generic[T]):
    """What became of the objects that a filter matched.

    Attributes:
        failed: How many could not be deleted.
        matches: How many it matched; the server deletes a limited number of them at a time, 10,000 unless it is
            configured otherwise.
        objects: The objects, if they were asked for.
        successful: How many were deleted, or would be.
    """

    failed: int
    matches: int
    objects: T
    successful: int
