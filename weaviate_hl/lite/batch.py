"""Many objects or references in one request, over REST, gRPC and the stream: each item succeeds or fails by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from weaviate_hl.lite import references, router
from weaviate_hl.lite.catalogue import Json, Shard, capitalised, shard_of, uncapitalised
from weaviate_hl.lite.encode import parse_uuid, properties_of, references_of, vectors_of
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal, refuse_if, within
from weaviate_hl.lite.filters import Filter, evaluate, from_message, from_where
from weaviate_hl.lite.objects import Draft, accept, delete, now, write
from weaviate_hl.lite.objects_rest import check_body, draft_from, written
from weaviate_hl.lite.router import Call, consistency, one_of, rest, rpc
from weaviate_hl.lite.values import GRPC
from weaviate_hl.lite.vectors import unpack

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1 import batch_delete_pb2 as delete_pb
    from weaviate_gen.grpc.v1 import batch_pb2 as pb

T = TypeVar("T")

_MISSING = "class '{}' not present in schema"
_MOST_DELETED = 10_000


# Objects.


def write_all(
    engine: Engine, items: Iterable[T], to_draft: Callable[[T], Draft]
) -> tuple[list[Draft | None], dict[int, str]]:
    """Accept and write items; those that fail are in the second part, by position, with the reason."""
    drafts: list[Draft | None] = []
    problems: dict[int, str] = {}
    for i, item in enumerate(items):
        try:
            drafts.append(to_draft(item))
        except Refusal as problem:
            drafts.append(None)
            problems[i] = problem.text
    accepted = [(i, draft) for i, draft in enumerate(drafts) if draft is not None]
    outcome = write(engine, [draft for _, draft in accepted])
    for (i, _), refused in zip(accepted, outcome, strict=True):
        if refused is not None:
            problems[i] = refused.text
    return drafts, problems


def draft_of(engine: Engine, message: pb.BatchObject) -> Draft:
    """An object from gRPC, accepted."""
    uuid = parse_uuid(message.uuid)
    name, given = message.collection, message.properties
    properties = properties_of(given)
    if given.single_target_ref_props or given.multi_target_ref_props:
        properties |= references_of(given, engine.catalogue.find(name))
    return accept(engine, name, uuid, message.tenant, properties, vectors_of(message), GRPC, _MISSING)


@rpc("BatchObjects")
def batch_objects(engine: Engine, request: pb.BatchObjectsRequest, reply: pb.BatchObjectsReply) -> None:
    _, problems = write_all(engine, request.objects, lambda message: draft_of(engine, message))
    for i, text in sorted(problems.items()):
        reply.errors.add(index=i, error=text)


@rest("batch", "objects_create")
def post_objects(engine: Engine, call: Call) -> list[Json]:
    consistency(call)
    bodies = call.body.get("objects")
    refuse_if(not bodies, "invalid param 'objects': cannot be empty, need at least one object for batching")
    for i, body in enumerate(bodies):
        check_body(body, f"body.objects.{i}.id in body")
    drafts, problems = write_all(engine, bodies, lambda body: draft_from(engine, body, missing=_MISSING))
    times = dict.fromkeys(("creationTimeUnix", "lastUpdateTimeUnix"), now())
    replies = []
    for i, (body, draft) in enumerate(zip(bodies, drafts, strict=True)):
        shown = written(draft) if draft else {"properties": {}, **body, **times}
        replies.append({**shown, "deprecations": None, "result": _result(problems.get(i))})
    return replies


def _result(problem: str | None) -> Json:
    return {"status": "FAILED", **_errors(problem)} if problem else {"status": "SUCCESS"}


def _errors(problem: str) -> Json:
    return {"errors": {"error": [{"message": problem}]}} if problem else {}


# References.


_NO_REFERENCES = "invalid params: length cannot be 0, need at least one reference for batching"


@dataclass(frozen=True, slots=True)
class _Link:
    """A reference to add: from a property of an object to another object, whose class may not be named."""

    class_name: str
    uuid: UUID
    name: str
    to: tuple[str, UUID]
    tenant: str


_Sources = dict[tuple[int, bytes], tuple[Draft, list[int]]]
"""Objects that get references, by their shards and UUIDs, with the positions of these references."""


def add_references(engine: Engine, items: Iterable[T], to_link: Callable[[T], _Link]) -> dict[int, str]:
    """Add references; those that fail are in the result, by position, with the reason."""
    problems: dict[int, str] = {}
    sources: _Sources = {}
    for i, item in enumerate(items):
        try:
            link = to_link(item)
            draft, positions = _source(engine, link, sources)
            prop = draft.collection.properties.get(link.name)
            if prop is None:
                raise Refusal(f"ref batch: property '{link.name}' not found in schema")
            refuse_if(not prop.is_reference, f"ref batch: prop {link.name} is present, but not a ref, got: string")
            draft.properties.setdefault(link.name, []).append(references.point(*references.named(prop, *link.to)))
            positions.append(i)
        except Refusal as problem:
            problems[i] = problem.text
    changed = [source for source in sources.values() if source[1]]
    outcome = write(engine, [draft for draft, _ in changed])
    for (_, positions), refused in zip(changed, outcome, strict=True):
        if refused is not None:
            problems |= dict.fromkeys(positions, refused.text)
    return problems


def _source(engine: Engine, link: _Link, sources: _Sources) -> tuple[Draft, list[int]]:
    missing = f'source class "{capitalised(link.class_name)}" not found in schema'
    collection = engine.catalogue.need(link.class_name, missing)
    with within(f"source: get object {collection.name}/{link.uuid}: determine shard: "):
        shard = shard_of(engine.catalogue, collection, link.tenant)
    key = (shard.id, link.uuid.bytes)
    if key not in sources:
        row = engine.storage.find(*key)
        if row is None:
            raise Refusal(f"ref batch: object with id {link.uuid} not found")
        draft = Draft(shard, link.uuid, json.loads(row.properties), unpack(row.vectors), row.created)
        sources[key] = draft, []
    return sources[key]


def link_of(engine: Engine, message: pb.BatchReference) -> _Link:
    """A reference from gRPC."""
    name, to_name = uncapitalised(message.name), message.to_collection
    collection = engine.catalogue.find(message.from_collection)
    if not to_name and collection is not None:
        refuse_if(name not in collection.properties, f"property {name} does not exist for class {collection.name}")
        types = collection.properties[name].data_type
        to_name = types[0] if len(types) == 1 else ""
    _need_capital(message.from_collection)
    uuids = []
    for text in (message.from_uuid, message.to_uuid):
        try:
            uuids.append(UUID(text))
        except ValueError:
            raise Refusal(f"invalid cref URI: 2nd path segment must be uuid, but got '{text}'") from None
    return _Link(message.from_collection, uuids[0], name, (to_name, uuids[1]), message.tenant)


@rpc("BatchReferences")
def batch_references(engine: Engine, request: pb.BatchReferencesRequest, reply: pb.BatchReferencesReply) -> None:
    refuse_if(not request.references, _NO_REFERENCES)
    problems = add_references(engine, request.references, lambda message: link_of(engine, message))
    for i, text in sorted(problems.items()):
        reply.errors.add(index=i, error=text)


@rest("batch", "references_create")
def post_references(engine: Engine, call: Call) -> list[Json]:
    consistency(call)
    refuse_if(not call.body, _NO_REFERENCES)
    for body in call.body:
        for key in ("from", "to"):
            if "://" not in (body.get(key) or ""):
                raise Refusal(f"{key} in body must be of type uri: {json.dumps(body.get(key))}", code=601)
    problems = add_references(engine, call.body, _link_from)
    replies = []
    for i, body in enumerate(call.body):
        reply = {"to": _whole_target(engine, body)}
        if body["from"].split("/")[3][:1].isupper() and body["from"].count("/") > 4:
            reply["from"] = body["from"]
        replies.append({**reply, "result": _result(problems.get(i))})
    return replies


def _link_from(body: Json) -> _Link:
    source, _, name = body["from"].rpartition("/")
    class_name, uuid = references.split(source)
    _need_capital(class_name)
    return _Link(class_name, uuid, name, references.split(body["to"]), body.get("tenant") or "")


def _need_capital(class_name: str) -> None:
    refuse_if(not class_name[:1].isupper(), f"className must start with an uppercase letter, but got {class_name}")


def _whole_target(engine: Engine, body: Json) -> str:
    """Where a reference of a body points to, with the class if the property has only one."""
    try:
        link = _link_from(body)
        collection = engine.catalogue.find(link.class_name)
        prop = collection.properties.get(link.name) if collection else None
        return references.beacon(*references.named(prop, *link.to)) if prop else str(body["to"])
    except Refusal:
        return str(body["to"])


# Deleting what a filter matches.


class _Deletion:
    """What a batch delete found and did."""

    def __init__(self, engine: Engine, shard: Shard, node: Filter, dry_run: bool) -> None:
        index = shard.index
        rows = index.listed(evaluate(engine, shard, node))
        self.matches = len(rows)
        rows = rows[:_MOST_DELETED]
        self.uuids = [index.uuids[row] for row in rows]
        self.problem = ""
        if not dry_run:
            try:
                delete(engine, shard, [index.docs[row] for row in rows])
            except Refusal as problem:
                self.problem = problem.text
        self.successful, self.failed = (0, len(rows)) if self.problem else (len(rows), 0)


@rpc("BatchDelete")
def batch_delete(engine: Engine, request: delete_pb.BatchDeleteRequest, reply: delete_pb.BatchDeleteReply) -> None:
    with within("batch delete params: "):
        missing = f"could not find class {capitalised(request.collection)} in schema"
        collection = engine.catalogue.need(request.collection, missing)
        refuse_if(not request.HasField("filters"), "no filters in batch delete request")
        node = from_message(engine, collection, request.filters)
    with within("batch delete: cannot find objects: "):
        shard = shard_of(engine.catalogue, collection, request.tenant)
        done = _Deletion(engine, shard, node, request.dry_run)
    reply.matches, reply.successful, reply.failed = done.matches, done.successful, done.failed
    for uuid in done.uuids if request.verbose else ():
        reply.objects.add(uuid=uuid, successful=not done.problem, error=done.problem)


@rest("batch", "objects_delete")
def delete_objects(engine: Engine, call: Call) -> Json:
    consistency(call)
    match, output = call.body.get("match"), call.body.get("output") or "minimal"
    dry_run = call.body.get("dryRun") is True
    with within("validate: "):
        if not match:
            raise Refusal(f"empty match{'' if match is None else '.class'} clause", 500)
        refuse_if(not match.get("where"), "empty match.where clause", 500)
        if output not in ("minimal", "verbose"):
            raise Refusal(f'invalid output: "{output}", possible values are: "minimal", "verbose"', 500)
        one_of(match["where"].get("operator") or "", "match.match.where.operator", "body", _OPERATORS)
        name = match.get("class") or ""
        collection = engine.catalogue.need(name, f"failed to get class: {capitalised(name)}")
        node = from_where(engine, collection, match["where"])
    with within("batch delete objects: cannot find objects: "):
        shard = shard_of(engine.catalogue, collection, call.text("tenant"))
        done = _Deletion(engine, shard, node, dry_run)
    status = "DRYRUN" if dry_run else "FAILED" if done.problem else "SUCCESS"
    listed = done.uuids if output == "verbose" or done.problem else ()
    objects = [{"id": str(UUID(bytes=uuid)), "status": status, **_errors(done.problem)} for uuid in listed]
    return {
        "match": {"class": match["class"], "where": _echoed(match["where"])},
        "output": output,
        "dryRun": dry_run,
        "deletionTimeUnixMilli": call.body.get("deletionTimeUnixMilli") or -62135596800000,
        "results": {
            "matches": done.matches,
            "limit": _MOST_DELETED,
            "successful": 0 if dry_run else done.successful,
            "failed": done.failed,
            "objects": objects or None,
        },
    }


def _echoed(where: Json) -> Json:
    operands = where.get("operands")
    return {"path": None, **where, "operands": operands and [_echoed(operand) for operand in operands]}


_OPERATORS = (
    "And Or Equal Like NotEqual GreaterThan GreaterThanEqual LessThan LessThanEqual WithinGeoRange IsNull ContainsAny "
    "ContainsAll ContainsNone Not"
).split()


# The stream.

_BATCH_SIZE = 200


@router.stream("BatchStream")
def batch_stream(engine: Engine, messages: Iterator[pb.BatchStreamRequest]) -> Iterator[pb.BatchStreamReply]:
    """Started, a hint of the batch size, then for each message what was taken and what became of it."""
    from weaviate_gen.grpc.v1 import batch_pb2 as pb

    first = next(messages, None)
    if first is None:
        raise Refusal("initial stream message receive: EOF")
    refuse_if(first.WhichOneof("message") != "start", "first message must be a start message")
    yield pb.BatchStreamReply(started=pb.BatchStreamReply.Started())
    yield pb.BatchStreamReply(backoff=pb.BatchStreamReply.Backoff(batch_size=_BATCH_SIZE))
    for message in messages:
        kind = message.WhichOneof("message")
        if kind == "stop":
            continue  # a mark only: the client still closes its side
        refuse_if(kind != "data", "invalid batch send request: data field is nil")
        objects, links = message.data.objects.values, message.data.references.values
        if not objects and not links:
            continue
        uuids, beacons = [item.uuid for item in objects], [_beacon(link) for link in links]
        yield pb.BatchStreamReply(acks=pb.BatchStreamReply.Acks(uuids=uuids, beacons=beacons))
        with engine.lock:
            _, failed = write_all(engine, objects, lambda item: draft_of(engine, item))
            unlinked = add_references(engine, links, lambda link: link_of(engine, link))
        results = pb.BatchStreamReply.Results()
        _report(results, "uuid", uuids, failed)
        _report(results, "beacon", beacons, unlinked)
        yield pb.BatchStreamReply(results=results)


def _report(results: pb.BatchStreamReply.Results, key: str, names: Sequence[str], problems: dict[int, str]) -> None:
    for i, name in enumerate(names):
        if i in problems:
            setattr(results.errors.add(error=problems[i]), key, name)
        else:
            setattr(results.successes.add(), key, name)


def _beacon(link: pb.BatchReference) -> str:
    return f"weaviate://localhost/{link.from_collection}/{link.from_uuid}/{link.name}"
