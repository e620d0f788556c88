"""What a batch sends, and what it tells of its failures. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, cast
from uuid import UUID

from google.protobuf.json_format import MessageToDict
from weaviate_gen.grpc.v1 import batch_pb2
from weaviate_gen.rest.api.objects import class_get

from weaviate_hl.batching.items import Item, ObjectItem, ReferenceItem
from weaviate_hl.batching.machine import Part
from weaviate_hl.op import ABSENT, Op, RestOp
from weaviate_hl.ops import data, vectors
from weaviate_hl.values.batch import BatchObject, BatchReference, ErrorObject, ErrorReference
from weaviate_hl.values.inputs import ReferenceToMulti

# What goes out.


def write(part: Part, consistency_level: str | None) -> Op[dict[int, str]]:
    """Send a part; the answer is why items were refused, by position."""
    if part.kind == "objects":
        objects = cast("Sequence[ObjectItem]", part.items)
        return data.batch_objects([item.data for item in objects], consistency_level)
    return data.batch_references([_reference(cast(ReferenceItem, item)) for item in part.items], consistency_level)


def is_there(item: ReferenceItem) -> RestOp[bool | None]:
    """Whether an object has a reference; None means that there is no such object."""
    beacon = f"{item.to_collection or ''}/{item.to_uuid}"

    def has(told: Any) -> bool | None:
        links = (told.get("properties") or {}).get(item.name) or ()
        return any(str(link.get("beacon", "")).lower().endswith(beacon.lower()) for link in links)

    return RestOp(
        class_get.request(item.collection, item.from_uuid, tenant=item.tenant),
        class_get.parse,
        f"Looking for a reference of object {item.from_uuid} of collection {item.collection!r}",
        absent=ABSENT,
    ).then(has)


# What has failed.


def failure(item: Item) -> ErrorObject | ErrorReference:
    """An item that was not stored, or of which that is not known, as users see it."""
    unknown = item.outcome == "unknown"
    message = f"{item.reason}. It is not known whether the server has stored it" if unknown else item.reason
    if isinstance(item, ObjectItem):
        return ErrorObject(message, _object(item), UUID(item.uuid), item.retryable, unknown)
    return ErrorReference(message, _reference(cast(ReferenceItem, item)), item.retryable, unknown)


def _reference(item: ReferenceItem) -> BatchReference:
    return BatchReference(
        item.collection, item.from_uuid, item.name, item.to_uuid, item.to_collection, item.tenant, item.index
    )


def _object(item: ObjectItem) -> BatchObject:
    """An object as it was sent: out of its bytes, so that nothing else of it need be kept."""
    (sent,) = batch_pb2.BatchObjectsRequest.FromString(item.data).objects
    return BatchObject(
        collection=item.collection,
        properties=_properties(sent.properties),
        uuid=UUID(item.uuid),
        vector=_vector(sent),
        references=dict(_references(sent.properties)) or None,
        tenant=item.tenant,
        index=item.index,
    )


def _properties(sent: Any) -> dict[str, Any]:
    found: dict[str, Any] = MessageToDict(sent.non_ref_properties)
    for numbers in sent.number_array_properties:
        packed = numbers.values_bytes
        found[numbers.prop_name] = list(struct.unpack(f"<{len(packed) // 8}d", packed) if packed else numbers.values)
    for kind in (sent.int_array_properties, sent.text_array_properties, sent.boolean_array_properties):
        found.update((values.prop_name, list(values.values)) for values in kind)
    found.update((one.prop_name, _properties(one.value)) for one in sent.object_properties)
    found.update((one.prop_name, [_properties(each) for each in one.values]) for one in sent.object_array_properties)
    found.update((name, []) for name in sent.empty_list_props)
    return found


def _references(sent: Any) -> Iterator[tuple[str, Any]]:
    for one in sent.single_target_ref_props:
        yield one.prop_name, list(one.uuids)
    for one in sent.multi_target_ref_props:
        yield one.prop_name, ReferenceToMulti(target_collection=one.target_collection, uuids=list(one.uuids))


def _vector(sent: Any) -> Any:
    if sent.vector_bytes:
        return vectors.to_list(sent.vector_bytes)
    return {one.name: vectors.to_lists(one.vector_bytes, one.type) for one in sent.vectors} or None
