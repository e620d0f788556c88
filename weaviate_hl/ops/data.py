"""Objects and references are written and deleted: arguments to operations, answers to values. Pure.

What is about many at a time knows nothing of a collection: `batch_objects` and `batch_references` are for whoever sends
batches, of one collection or of several.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from weaviate_gen.grpc.services import WeaviateMethods
from weaviate_gen.grpc.v1 import base_pb2
from weaviate_gen.rest.api.batch import references_create
from weaviate_gen.rest.api.objects import (
    class_delete,
    class_head,
    class_patch,
    class_put,
    class_references_create,
    class_references_delete,
    class_references_put,
    create,
)

from weaviate_hl.errors import (
    ResponseCannotBeDecodedError,
    WeaviateBaseError,
    WeaviateBatchError,
    WeaviateDeleteManyError,
    WeaviateInvalidInputError,
    WeaviateTimeoutError,
)
from weaviate_hl.op import ABSENT, RestOp, RpcOp, there
from weaviate_hl.ops import encode, filters
from weaviate_hl.ops.scope import Scope
from weaviate_hl.ops.values import BadValue
from weaviate_hl.values.base import Json
from weaviate_hl.values.batch import (
    BatchObject,
    BatchObjectReturn,
    BatchReference,
    DeleteManyObject,
    DeleteManyReturn,
    ErrorObject,
)
from weaviate_hl.values.filters import FilterReturn
from weaviate_hl.values.inputs import DataObject, DataReference, DataReferenceMulti, ReferenceToMulti, Uuid

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1.batch_delete_pb2 import BatchDeleteReply
    from weaviate_gen.grpc.v1.batch_pb2 import BatchObjectsReply
    from weaviate_gen.rest import bodies

MOST = 1000
"""How many objects, or references, are sent with one request."""

MOST_BYTES = 16 * 2**20
"""The size of a request with more than one object, where the server allows it."""


# One object.


def insert(
    scope: Scope,
    properties: Any,
    references: Mapping[str, Any] | None = None,
    uuid: Uuid | None = None,
    vector: Any = None,
) -> RestOp[UUID]:
    """Add an object; the answer is its id."""
    body = encode.json_object(scope.collection, _given(properties), uuid, vector, references, scope.tenant)
    return RestOp(
        create.request(body=_object(body), consistency_level=scope.consistency_level),
        create.parse,
        f"Inserting an object into collection {scope.collection!r}",
        timeout="insert",
    ).then(_id_of)


def _id_of(told: Mapping[str, Any]) -> UUID:
    try:
        return UUID(told["id"])
    except (KeyError, TypeError, ValueError) as error:
        raise ResponseCannotBeDecodedError(f"The server's answer has no id of the object: {error!r}") from error


def replace(
    scope: Scope,
    uuid: Uuid,
    properties: Any,
    references: Mapping[str, Any] | None = None,
    vector: Any = None,
) -> RestOp[None]:
    """Replace all that an object has."""
    which = identify(uuid)
    body = encode.json_object(scope.collection, _given(properties), which, vector, references, scope.tenant)
    return RestOp(
        class_put.request(scope.collection, which, body=_object(body), consistency_level=scope.consistency_level),
        class_put.parse,
        _doing("Replacing", scope, which),
        timeout="insert",
        idempotent=True,
    ).then(lambda told: None)


def update(
    scope: Scope,
    uuid: Uuid,
    properties: Any = None,
    references: Mapping[str, Any] | None = None,
    vector: Any = None,
) -> RestOp[None]:
    """Change some of what an object has."""
    which = identify(uuid)
    body = encode.json_object(scope.collection, properties, None, vector, references, scope.tenant)
    return RestOp(
        class_patch.request(scope.collection, which, body=_object(body), consistency_level=scope.consistency_level),
        class_patch.parse,
        _doing("Updating", scope, which),
        timeout="insert",
        idempotent=not references,  # which are added to those that are there
    )


def update_of(scope: Scope, given: DataObject[Any, Any], place: int) -> RestOp[dict[int, str]]:
    """Change some of what one of several objects has; the answer is that nothing was refused."""
    try:
        op = update(scope, cast("Uuid", given.uuid), given.properties, given.references, given.vector)
    except WeaviateInvalidInputError as error:
        raise WeaviateInvalidInputError(f"Object {place}, {error.message}") from None
    return op.then(lambda told: {})


def updated(
    scope: Scope, given: Sequence[DataObject[Any, Any]], refused: Mapping[int, str], elapsed_seconds: float
) -> BatchObjectReturn:
    """What became of objects that were to be changed."""
    errors = {}
    for place, reason in sorted(refused.items()):
        one = given[place]
        told = BatchObject(scope.collection, one.properties, one.uuid, one.vector, one.references, scope.tenant, place)
        errors[place] = ErrorObject(reason, told, one.uuid)
    uuids = {place: UUID(str(one.uuid)) for place, one in enumerate(given) if place not in refused}
    return BatchObjectReturn(elapsed_seconds=elapsed_seconds, errors=errors, uuids=uuids)


def exists(scope: Scope, uuid: Uuid) -> RestOp[bool | None]:
    """Whether there is an object; None means no."""
    which = identify(uuid)
    return RestOp(
        class_head.request(scope.collection, which, **scope.query),
        there,
        _doing("Looking for", scope, which),
        absent=ABSENT,
    )


def delete(scope: Scope, uuid: Uuid) -> RestOp[bool | None]:
    """Delete an object; None means that the server says there is none."""
    which = identify(uuid)
    return RestOp(
        class_delete.request(scope.collection, which, **scope.query),
        there,
        _doing("Deleting", scope, which),
        timeout="insert",
        idempotent=True,
        absent=ABSENT,
    )


def identify(uuid: Uuid) -> str:
    """The id of an object that is there, as text.

    Raises:
        WeaviateInvalidInputError: It is none.
    """
    try:
        if uuid is None:
            raise BadValue("expected the UUID of an object, not None", "uuid")
        return encode.identify(uuid)
    except BadValue as bad:
        raise _invalid(bad) from None


def _given(properties: Any) -> Any:
    return {} if properties is None else properties


def _object(body: Json) -> bodies.Object:
    return cast("bodies.Object", body)


def _doing(what: str, scope: Scope, uuid: str) -> str:
    return f"{what} object {uuid} of collection {scope.collection!r}"


def _invalid(bad: BadValue, where: str = "") -> WeaviateInvalidInputError:
    return WeaviateInvalidInputError(f"{where}{bad.path}: {bad.reason}")


# Its references.


def reference_add(scope: Scope, from_uuid: Uuid, from_property: str, to: Any) -> Iterator[RestOp[None]]:
    """Add references, one at a time, as the server wants it."""
    which = identify(from_uuid)
    for beacon in _beacons(to, from_property):
        yield RestOp(
            class_references_create.request(scope.collection, which, from_property, body=beacon, **scope.query),
            class_references_create.parse,
            _doing(f"Adding to reference {from_property!r} of", scope, which),
            timeout="insert",
        )


def reference_delete(scope: Scope, from_uuid: Uuid, from_property: str, to: Any) -> Iterator[RestOp[None]]:
    """Remove references, one at a time, as the server wants it."""
    which = identify(from_uuid)
    for beacon in _beacons(to, from_property):
        yield RestOp(
            class_references_delete.request(scope.collection, which, from_property, body=beacon, **scope.query),
            class_references_delete.parse,
            _doing(f"Removing from reference {from_property!r} of", scope, which),
            timeout="insert",
            idempotent=True,
        )


def reference_replace(scope: Scope, from_uuid: Uuid, from_property: str, to: Any) -> RestOp[None]:
    """Replace all references of a property."""
    which = identify(from_uuid)
    return RestOp(
        class_references_put.request(
            scope.collection, which, from_property, body=_beacons(to, from_property), **scope.query
        ),
        class_references_put.parse,
        _doing(f"Replacing reference {from_property!r} of", scope, which),
        timeout="insert",
        idempotent=True,
    )


def _beacons(to: Any, name: str) -> list[bodies.SingleRef]:
    try:
        return cast("list[bodies.SingleRef]", encode.beacons(to, name))
    except BadValue as bad:
        raise _invalid(bad) from None


# Many at a time.


def batch_objects(pieces: Sequence[bytes], consistency_level: str | None = None) -> RpcOp[dict[int, str]]:
    """Write objects; the answer is what the server says of those that it refused, by place.

    It may be sent again: the objects have their ids.

    Args:
        pieces: The objects, as `ops.encode` makes them.
        consistency_level: "ONE", "QUORUM" or "ALL".
    """
    return RpcOp(
        WeaviateMethods.BatchObjects,
        encode.request(pieces, consistency_level),
        _refused,
        f"Writing {len(pieces)} objects",
        timeout="insert",
        error=WeaviateBatchError,
    )


def _refused(reply: BatchObjectsReply) -> dict[int, str]:
    return {one.index: one.error for one in reply.errors}


def batch_references(
    references: Sequence[BatchReference], consistency_level: str | None = None
) -> RestOp[dict[int, str]]:
    """Add references; the answer is what the server says of those that it refused, by place."""
    body = [cast("bodies.BatchReference", _reference_json(one)) for one in references]
    return RestOp(
        references_create.request(body=body, consistency_level=consistency_level),
        references_create.parse,
        f"Adding {len(body)} references",
        timeout="insert",
        error=WeaviateBatchError,
    ).then(refusals)


def _reference_json(given: BatchReference) -> Json:
    source, to = given.from_object_collection, given.to_object_collection
    body = {
        "from": f"weaviate://localhost/{source}/{given.from_object_uuid}/{given.from_property_name}",
        "to": f"weaviate://localhost/{f'{to}/' if to else ''}{given.to_object_uuid}",
    }
    return body if given.tenant is None else body | {"tenant": given.tenant}


def refusals(told: Sequence[Any]) -> dict[int, str]:
    """What the answer to a batch over REST says of what was refused, by place."""
    errors: dict[int, str] = {}
    for place, one in enumerate(told):
        result = one.get("result") or {}
        if result.get("status") != "SUCCESS":
            reasons = (result.get("errors") or {}).get("error") or []
            errors[place] = "; ".join(reason.get("message", "") for reason in reasons) or "the server gave no reason"
    return errors


def expand(scope: Scope, references: Iterable[DataReference | DataReferenceMulti]) -> list[BatchReference]:
    """References to one object each, out of references that may lead to several.

    Raises:
        WeaviateInvalidInputError: One of them is none; the message says which.
    """
    made: list[BatchReference] = []
    for place, given in enumerate(references):
        to: Any = given.to_uuid
        if isinstance(given, DataReferenceMulti):
            to = ReferenceToMulti(target_collection=given.target_collection, uuids=to)
        try:
            source = encode.identify(given.from_uuid or "")
            uuids, target = encode.targets(to, given.from_property)
        except BadValue as bad:
            raise _invalid(bad, f"Reference {place}, ") from None
        for uuid in uuids:
            made.append(
                BatchReference(scope.collection, source, given.from_property, uuid, target, scope.tenant, len(made))
            )
    return made


def unsent(error: WeaviateBaseError) -> str:
    """What is said of each thing in a request that failed as a whole."""
    known = not isinstance(error, WeaviateTimeoutError) and getattr(error, "outcome", "not sent") == "not sent"
    return str(error) if known else f"{error}. It is not known whether the server has acted on it"


def delete_many(
    scope: Scope, where: FilterReturn, verbose: bool = False, dry_run: bool = False
) -> RpcOp[DeleteManyReturn[list[DeleteManyObject] | None]]:
    """Delete what a filter matches."""
    method = WeaviateMethods.BatchDelete
    level = scope.consistency_level
    request = method.request(
        collection=scope.collection,
        filters=filters.to_message(where),
        verbose=verbose,
        dry_run=dry_run,
        consistency_level=base_pb2.ConsistencyLevel.Value(f"CONSISTENCY_LEVEL_{level}") if level else None,
        tenant=scope.tenant,
    )

    def read(reply: BatchDeleteReply) -> DeleteManyReturn[list[DeleteManyObject] | None]:
        objects = [_deleted(one) for one in reply.objects] if verbose else None
        return DeleteManyReturn(reply.failed, reply.matches, objects, reply.successful)

    return RpcOp(
        method,
        request,
        read,
        f"Deleting objects of collection {scope.collection!r}",
        timeout="insert",
        idempotent=dry_run,  # the numbers of a second time would not tell what the first has done
        error=WeaviateDeleteManyError,
    )


def _deleted(told: Any) -> DeleteManyObject:
    return DeleteManyObject(UUID(bytes=told.uuid), told.successful, told.error or None)
