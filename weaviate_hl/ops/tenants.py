"""The tenants of a collection: arguments to operations, answers to values. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from weaviate_gen.rest.api.schema import tenant_exists, tenants_create, tenants_delete, tenants_get_one, tenants_update

from weaviate_hl.errors import WeaviateTenantGetError
from weaviate_hl.op import ABSENT, RestOp, RpcOp, there
from weaviate_hl.values.tenants import Tenant, TenantCreate, TenantUpdate, tenant_name

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1.tenants_pb2 import TenantActivityStatus, TenantsGetReply
    from weaviate_gen.rest import bodies

MOST = 100
"""How many tenants the server changes with one request."""

STATUS = "TENANT_ACTIVITY_STATUS_"


def create(name: str, tenants: Sequence[str | Tenant | TenantCreate]) -> RestOp[None]:
    """Add tenants; those that are there stay as they are."""
    given = [Tenant(name=one) if isinstance(one, str) else one for one in tenants]
    return RestOp(
        tenants_create.request(name, body=[cast("bodies.Tenant", one.to_dict()) for one in given]),
        tenants_create.parse,
        f"Adding {len(given)} tenants to collection {name!r}",
        timeout="insert",
        idempotent=True,
    ).then(lambda told: None)


def update(name: str, tenants: Sequence[Tenant | TenantUpdate]) -> Iterator[RestOp[None]]:
    """Change the status of tenants, as many at a time as the server takes."""
    for start in range(0, len(tenants), MOST):
        some = tenants[start : start + MOST]
        yield RestOp(
            tenants_update.request(name, body=[cast("bodies.Tenant", one.to_dict()) for one in some]),
            tenants_update.parse,
            f"Changing {len(some)} tenants of collection {name!r}",
            timeout="insert",
            idempotent=True,
        ).then(lambda told: None)


def remove(name: str, tenants: Sequence[str | Tenant]) -> RestOp[None]:
    """Remove tenants with their data, as far as they are there."""
    return RestOp(
        tenants_delete.request(name, body=[tenant_name(one) for one in tenants]),
        tenants_delete.parse,
        f"Removing {len(tenants)} tenants of collection {name!r}",
        timeout="insert",
        idempotent=True,
    )


def exists(name: str, tenant: str) -> RestOp[bool | None]:
    """Whether there is a tenant; None means no."""
    return RestOp(
        tenant_exists.request(name, tenant),
        there,
        f"Looking for tenant {tenant!r} of collection {name!r}",
        absent=ABSENT,
    )


def get_one(name: str, tenant: str) -> RestOp[Tenant | None]:
    """A tenant, or None."""
    return RestOp(
        tenants_get_one.request(name, tenant),
        tenants_get_one.parse,
        f"Reading tenant {tenant!r} of collection {name!r}",
        absent=ABSENT,
    ).then(lambda told: Tenant(name=told.get("name", tenant), activityStatus=told.get("activityStatus")))


def get(name: str, tenants: Sequence[str | Tenant] | None = None) -> RpcOp[dict[str, Tenant]]:
    """The tenants of a collection by their names: all, or those named."""
    from weaviate_gen.grpc import WeaviateMethods  # protobuf loads when it is first needed

    method = WeaviateMethods.TenantsGet
    request = method.request(collection=name)
    if tenants is not None:
        request.names.values.extend(map(tenant_name, tenants))
    return RpcOp(method, request, _tenants, f"Reading the tenants of collection {name!r}", error=WeaviateTenantGetError)


def _tenants(reply: TenantsGetReply) -> dict[str, Tenant]:
    return {one.name: Tenant(name=one.name, activityStatus=_status(one.activity_status)) for one in reply.tenants}


def _status(number: TenantActivityStatus.ValueType) -> str:
    from weaviate_gen.grpc.v1.tenants_pb2 import TenantActivityStatus

    try:
        return TenantActivityStatus.Name(number).removeprefix(STATUS)
    except ValueError:  # of a newer server
        return f"UNKNOWN_{number}"
