"""Tenants."""

from weaviate_hl.values.tenants import (
    Tenant,
    TenantActivityStatus,
    TenantCreate,
    TenantCreateActivityStatus,
    TenantCreateInputType,
    TenantUpdate,
    TenantUpdateActivityStatus,
    TenantUpdateInputType,
)

__all__ = [
    "Tenant",
    "TenantActivityStatus",
    "TenantCreate",
    "TenantCreateActivityStatus",
    "TenantCreateInputType",
    "TenantUpdate",
    "TenantUpdateActivityStatus",
    "TenantUpdateInputType",
]
