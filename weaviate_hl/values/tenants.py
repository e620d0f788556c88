"""Tenants: their names, and whether their data is at hand."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Any, ClassVar, Generic, TypeVar, cast

from weaviate_hl.values.base import Check, Configuration, Json
from weaviate_hl.values.views import known

E = TypeVar("E", bound=Enum)


class TenantActivityStatus(StrEnum):
    """Whether the data of a tenant is at hand: in memory and on disk, on disk only, or in the cloud."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    OFFLOADED = "OFFLOADED"
    OFFLOADING = "OFFLOADING"
    ONLOADING = "ONLOADING"
    HOT = "HOT"
    COLD = "COLD"
    FROZEN = "FROZEN"


class TenantCreateActivityStatus(StrEnum):
    """What a new tenant can be."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    HOT = "HOT"
    COLD = "COLD"


class TenantUpdateActivityStatus(StrEnum):
    """What a tenant can be made."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    OFFLOADED = "OFFLOADED"
    HOT = "HOT"
    COLD = "COLD"
    FROZEN = "FROZEN"


# What the server stores, and what we call it.
STORED = {
    "HOT": "ACTIVE",
    "COLD": "INACTIVE",
    "FROZEN": "OFFLOADED",
    "FREEZING": "OFFLOADING",
    "UNFREEZING": "ONLOADING",
}
SENT = {name: stored for stored, name in STORED.items()}


class TenantBase(Configuration, Generic[E]):
    """What the kinds of tenant have in common.

    Attributes:
        name: Its name.
        activityStatus: Its status as the server stores it, such as `HOT`.
        activityStatusInternal: The same as `activity_status`.
    """

    __slots__ = ("activityStatus", "activityStatusInternal", "name")
    kind: ClassVar[type[Enum]]

    def __init__(
        self,
        *,
        name: str,
        activity_status: E | str | None = None,
        activityStatus: str | None = None,  # noqa: N803
    ) -> None:
        check = Check(type(self).__name__)
        self.name = check.text("name", name, required=True, nonempty=True)
        if activity_status is not None:
            check.enum("activity_status", cast(str, activity_status), self.kind)
        status = str(activity_status or activityStatus or "ACTIVE")
        self.activityStatus = SENT.get(status, status)
        self.activityStatusInternal: E | str = known(self.kind, STORED.get(status, status))  # type: ignore[assignment]

    @property
    def activity_status(self) -> E | str:
        """Its status; what this client does not know stays a text."""
        return self.activityStatusInternal

    def to_dict(self) -> Json:
        """What is sent."""
        return {"name": self.name, "activityStatus": self.activityStatus}

    def _slots(self) -> dict[str, Any]:
        return {"name": self.name, "activity_status": self.activity_status}


class Tenant(TenantBase[TenantActivityStatus]):
    """A tenant of a collection.

    Args:
        name: Its name.
        activity_status: Whether its data is at hand.
        activityStatus: The same as the server stores it; for what comes from elsewhere.

    Raises:
        WeaviateInvalidInputError: An argument is wrong; it is named.
    """

    __slots__ = ()
    kind = TenantActivityStatus


class TenantCreate(TenantBase[TenantCreateActivityStatus]):
    """A new tenant; see `Tenant`."""

    __slots__ = ()
    kind = TenantCreateActivityStatus


class TenantUpdate(TenantBase[TenantUpdateActivityStatus]):
    """A change of a tenant; see `Tenant`."""

    __slots__ = ()
    kind = TenantUpdateActivityStatus


TenantCreateInputType = str | Tenant | TenantCreate
TenantUpdateInputType = Tenant | TenantUpdate
TenantOutputType = Tenant


def tenant_name(tenant: str | Tenant) -> str:
    """The name of a tenant."""
    return tenant if isinstance(tenant, str) else tenant.name
