"""One collection, many tenants: each has its objects to itself, and can be put to sleep."""

from __future__ import annotations

import weaviate_hl
from weaviate_hl.classes.config import Configure, DataType, Property
from weaviate_hl.classes.tenants import TenantActivityStatus, TenantUpdate, TenantUpdateActivityStatus
from weaviate_hl.errors import WeaviateBaseError


def main() -> None:
    """Create, use and deactivate tenants."""
    with weaviate_hl.connect_to_lite() as client:
        notes = client.collections.create(
            "Note",
            properties=[Property(name="text", data_type=DataType.TEXT)],
            multi_tenancy_config=Configure.multi_tenancy(enabled=True),
        )
        notes.tenants.create(["ann", "bo"])
        notes.with_tenant("ann").data.insert({"text": "water the plants"})
        for name in ("ann", "bo"):
            print(name, [one.properties["text"] for one in notes.with_tenant(name).query.fetch_objects().objects])

        notes.tenants.update(TenantUpdate(name="ann", activity_status=TenantUpdateActivityStatus.INACTIVE))
        status = notes.tenants.get()["ann"].activity_status
        print("ann is", "asleep" if status == TenantActivityStatus.INACTIVE else "awake")
        try:
            notes.with_tenant("ann").query.fetch_objects()
        except WeaviateBaseError as error:
            print("as expected:", error.server_text)


if __name__ == "__main__":
    main()
