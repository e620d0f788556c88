"""What is read of tenants."""

from weaviate_hl.values.tenants import Tenant, TenantActivityStatus, TenantOutputType

__all__ = ["Tenant", "TenantActivityStatus", "TenantOutputType"]
