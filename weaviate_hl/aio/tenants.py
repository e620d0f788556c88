"""`collection.tenants`: the tenants of a collection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from weaviate_hl.ops import tenants as ops
from weaviate_hl.ops.checks import check
from weaviate_hl.values.tenants import (
    Tenant,
    TenantActivityStatus,
    TenantCreate,
    TenantCreateInputType,
    TenantUpdate,
    TenantUpdateInputType,
    tenant_name,
)

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.core import Transport


class TenantsAsync:
    """The tenants of a collection: `collection.tenants`."""

    def __init__(self, transport: Transport, name: str, validate: bool) -> None:
        self._transport = transport
        self._name = name
        self._validate = validate

    async def create(self, tenants: TenantCreateInputType | Sequence[TenantCreateInputType]) -> None:
        """Add tenants. Those that are there stay as they are.

        Args:
            tenants: One or several, by name or as `Tenant`, which says whether their data is at hand.

        Raises:
            WeaviateInvalidInputError: It is none of these.
            UnexpectedStatusCodeError: The collection has no tenants, or a name is not allowed.

        Example:
            await articles.tenants.create(["alice", "bob"])
        """
        given = check("tenants.create", self._validate).several("tenants", tenants, str, Tenant, TenantCreate)
        await self._transport.execute(ops.create(self._name, given))

    async def remove(self, tenants: str | Tenant | Sequence[str | Tenant]) -> None:
        """Remove tenants with all their objects. Those that are not there are no error.

        Args:
            tenants: One or several, by name or as `Tenant`.

        Raises:
            WeaviateInvalidInputError: It is none of these.
        """
        given = check("tenants.remove", self._validate).several("tenants", tenants, str, Tenant)
        await self._transport.execute(ops.remove(self._name, given))

    async def update(self, tenants: TenantUpdateInputType | Sequence[TenantUpdateInputType]) -> None:
        """Change whether the data of tenants is at hand. Many are changed in several requests.

        Args:
            tenants: One or several, each with its new status.

        Raises:
            WeaviateInvalidInputError: It is none of these.
            UnexpectedStatusCodeError: There is no such tenant, or the server cannot do it.

        Example:
            await articles.tenants.update(Tenant(name="alice", activity_status=TenantActivityStatus.INACTIVE))
        """
        await self._update(check("tenants.update", self._validate).several("tenants", tenants, Tenant, TenantUpdate))

    async def activate(self, tenant: str | Tenant | Sequence[str | Tenant]) -> None:
        """Load the data of tenants.

        Args:
            tenant: One or several, by name or as `Tenant`.
        """
        await self._set("tenants.activate", tenant, TenantActivityStatus.ACTIVE)

    async def deactivate(self, tenant: str | Tenant | Sequence[str | Tenant]) -> None:
        """Unload the data of tenants; it stays on the server's disk.

        Args:
            tenant: One or several, by name or as `Tenant`.
        """
        await self._set("tenants.deactivate", tenant, TenantActivityStatus.INACTIVE)

    async def offload(self, tenant: str | Tenant | Sequence[str | Tenant]) -> None:
        """Move the data of tenants to the cloud, which the server must be configured for.

        Args:
            tenant: One or several, by name or as `Tenant`.
        """
        await self._set("tenants.offload", tenant, TenantActivityStatus.OFFLOADED)

    async def get(self) -> dict[str, Tenant]:
        """All tenants, by their names.

        Raises:
            WeaviateTenantGetError: The collection has no tenants.
        """
        return await self._transport.execute(ops.get(self._name))

    async def get_by_names(self, tenants: Sequence[str | Tenant]) -> dict[str, Tenant]:
        """Some tenants, by their names. Those that are not there are left out.

        Args:
            tenants: Their names, or the tenants.

        Raises:
            WeaviateInvalidInputError: It is no list of these.
        """
        given = check("tenants.get_by_names", self._validate).several("tenants", tenants, str, Tenant)
        return await self._transport.execute(ops.get(self._name, given)) if given else {}

    async def get_by_name(self, tenant: str | Tenant) -> Tenant | None:
        """A tenant, or None if there is none of this name.

        Args:
            tenant: Its name, or the tenant.
        """
        return await self._transport.execute(ops.get_one(self._name, self._one("tenants.get_by_name", tenant)))

    async def exists(self, tenant: str | Tenant) -> bool:
        """Whether there is a tenant of this name.

        Args:
            tenant: Its name, or the tenant.
        """
        op = ops.exists(self._name, self._one("tenants.exists", tenant))
        return await self._transport.execute(op) is not None

    def _one(self, call: str, tenant: str | Tenant) -> str:
        return check(call, self._validate).name("tenant", tenant.name if isinstance(tenant, Tenant) else tenant)

    async def _set(
        self, call: str, tenant: str | Tenant | Sequence[str | Tenant], status: TenantActivityStatus
    ) -> None:
        given = check(call, self._validate).several("tenant", tenant, str, Tenant)
        await self._update([Tenant(name=tenant_name(one), activity_status=status) for one in given])

    async def _update(self, tenants: Sequence[Tenant | TenantUpdate]) -> None:
        for op in ops.update(self._name, tenants):
            await self._transport.execute(op)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of collection {self._name!r}>"
