"""Objects, whatever protocol they come by: accepting, writing, merging and deleting them.

Accepting brings an object into the form in which it is kept or refuses it; writing is one transaction, then the indexes
in memory follow.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from weaviate_hl.lite import auto_schema, references
from weaviate_hl.lite.catalogue import Collection, Json, Shard, capitalised, uncapitalised
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal
from weaviate_hl.lite.modules import corpus
from weaviate_hl.lite.storage import Row, Storage
from weaviate_hl.lite.tenants import shard_for_write
from weaviate_hl.lite.values import normalise
from weaviate_hl.lite.vectors import LEGACY, MultiVector, Vector, dimensions, pack, unpack

GivenVectors = tuple[Vector | None, Mapping[str, Vector]]
"""The vectors of an object as it came: the one without a name, and those with."""
_READ_ONLY = "store is read-only due to: manually set by user"


def now() -> int:
    """The time as the server keeps it: milliseconds."""
    return time.time_ns() // 1_000_000


@dataclass(slots=True, eq=False)
class Draft:
    """An object that was accepted and can be written."""

    shard: Shard
    uuid: UUID
    properties: Json
    vectors: dict[str, Vector]
    created: int = 0
    updated: int = field(default_factory=now)
    packed: bytes = b""

    def __post_init__(self) -> None:
        self.created = self.created or self.updated

    @property
    def collection(self) -> Collection:
        return self.shard.collection


# Accepting.


def accept(
    engine: Engine,
    name: str,
    uuid: UUID,
    tenant: str,
    properties: Json,
    vectors: GivenVectors,
    source: str,
    missing: str,
) -> Draft:
    """An object in the form in which it is kept; `missing` is what to say if there is no such class, by its name."""
    collection = collection_for_write(engine, name, properties, source, missing)
    shard = shard_for_write(engine.catalogue, collection, tenant)
    return Draft(shard, uuid, keep_properties(engine, shard, properties, source), place_vectors(collection, vectors))


def collection_for_write(engine: Engine, name: str, properties: Json, source: str, missing: str) -> Collection:
    """The collection that an object goes to; auto-schema makes what it lacks."""
    if not engine.settings.autoschema_enabled:
        return engine.catalogue.need(name, missing.format(capitalised(name)))
    if not name:
        raise Refusal("the given class is empty")
    return auto_schema.extend(engine, engine.catalogue.find(name), name, properties, source)


def keep_properties(engine: Engine, shard: Shard, properties: Json, source: str) -> Json:
    """Properties in the form in which they are kept, in the order of their names."""
    kept: Json = {}
    for name, value in properties.items():
        if value is None:
            continue
        prop = shard.collection.prop(uncapitalised(name))
        if prop.is_reference:
            kept[prop.name] = references.check(engine, shard, prop, value, source)
        else:
            kept[prop.name] = normalise(prop, value, shard.collection.name, source)
    return dict(sorted(kept.items()))


def place_vectors(collection: Collection, given: GivenVectors) -> dict[str, Vector]:
    """The vectors of an object by the targets that they are for."""
    targets = collection.targets
    vector, named = given
    placed: dict[str, Vector] = {}
    if vector:
        if LEGACY not in targets and len(targets) != 1:
            raise Refusal(f"collection {collection.name} configuration does not have single vector index")
        placed[LEGACY if LEGACY in targets else next(iter(targets))] = vector
    for name, one in named.items():
        if not one:
            continue
        if name in targets and name != LEGACY:
            placed[name] = one
        elif name == "default" and LEGACY in targets:
            placed[LEGACY] = one
        else:
            raise Refusal(f"collection {collection.name} does not have configuration for vector {name}")
    return placed


# Writing.


def vectorize(engine: Engine, drafts: Sequence[Draft]) -> dict[Draft, Refusal]:
    """Make the vectors that objects lack and that their class has a vectorizer for.

    Returns:
        The objects for which that failed, and why.
    """
    problems: dict[Draft, Refusal] = {}
    for collection in {draft.collection.id: draft.collection for draft in drafts}.values():
        for target in collection.targets.values():
            if not engine.modules.vectorizes(target):
                continue
            wanting = [draft for draft in drafts if draft.collection is collection and target.name not in draft.vectors]
            texts = [corpus(collection, target, draft.properties) for draft in wanting]
            for draft, vector in zip(wanting, engine.modules.embed(target, texts), strict=True):
                if isinstance(vector, Refusal):
                    problems[draft] = vector.within(f"vectorize target vector {target.name}: update vector: ")
                else:
                    draft.vectors[target.name] = vector
    return problems


def check_vectors(draft: Draft) -> None:
    """Refuse vectors that do not fit what the shard holds; the first one fixes the number of dimensions."""
    shard = draft.shard
    if shard.status == "READONLY":
        raise Refusal(_READ_ONLY, 500)
    for name, vector in draft.vectors.items():
        target = draft.collection.targets[name]
        multi = isinstance(vector, MultiVector)
        if multi != target.multi:
            called = "addMultiBatch called on non-multivector" if multi else "AddBatch called on multivector"
            raise Refusal(f"{called} index", 500)
        size, known = dimensions(vector), shard.dimensions.get(name)
        if known is not None and size != known and not target.skipped:
            kind, where = ("multi vector", " at position 0") if multi else ("vector", "")
            reason = f"new node has a {kind} with length {size}{where}. Existing nodes have vectors with length {known}"
            if target.index_type == "flat":
                reason = f"insert called with a vector of the wrong size: {size}. Saved length: {known}"
            elif not multi:
                reason += ": vector dimensions do not match the index dimensions"
            named = f"{name} for target {kind} " if name else "for "
            raise Refusal(f"Validate vector index {named}{draft.uuid}: {reason}", 500)


def write(engine: Engine, drafts: Sequence[Draft]) -> list[Refusal | None]:
    """Write objects, over those that exist; of those with one UUID the last wins.

    Returns:
        For each the reason why it was not written, or None.
    """
    problems = vectorize(engine, drafts)
    outcome: list[Refusal | None] = [problems.get(draft) for draft in drafts]
    by_shard: dict[Shard, dict[bytes, Draft]] = {}
    grown: set[Shard] = set()
    for i, draft in enumerate(drafts):
        if draft in problems:
            continue
        try:
            check_vectors(draft)
        except Refusal as problem:
            outcome[i] = problem
            continue
        for name, vector in draft.vectors.items():
            if name not in draft.shard.dimensions:
                draft.shard.dimensions[name] = dimensions(vector)
                grown.add(draft.shard)
        draft.packed = pack(draft.vectors)
        by_shard.setdefault(draft.shard, {})[draft.uuid.bytes] = draft
    with engine.storage.transaction():
        written = [
            (shard, *_write_shard(engine.storage, shard, list(unique.values()))) for shard, unique in by_shard.items()
        ]
        for shard in grown:
            engine.catalogue.save_shard(shard)
    for shard, removed, added in written:
        shard.follow(removed, added)
    return outcome


def _write_shard(storage: Storage, shard: Shard, drafts: list[Draft]) -> tuple[list[int], list[tuple[Row, Json]]]:
    """The documents that are gone or written anew, and the rows that now stand for the drafts."""
    known = storage.known(shard.id, [draft.uuid.bytes for draft in drafts])
    doc = storage.new_docs(len(drafts))
    new, added = [], []
    for draft in drafts:
        text = json.dumps(draft.properties, separators=(",", ":"), ensure_ascii=False)
        row = Row(doc, draft.uuid.bytes, draft.created, draft.updated, text, draft.packed)
        doc += 1
        old = known.get(row.uuid)
        if old and _same_place(draft, old):
            row = row._replace(doc=old.doc)
            storage.replace(row)
        else:
            new.append(row)
        added.append((row, draft.properties))
    removed = [old.doc for old in known.values()]
    storage.delete(set(removed).difference(row.doc for row, _ in added))
    storage.insert(shard.id, new)
    return removed, added


def _same_place(draft: Draft, old: Row) -> bool:
    """Whether an object keeps its document id: the server gives a new one when a vector or a place changes."""
    if draft.packed != old.vectors:
        return False
    places = [prop.name for prop in draft.collection.properties.values() if prop.kind == "geoCoordinates"]
    before = json.loads(old.properties) if places else {}
    return all(before.get(name) == draft.properties.get(name) for name in places)


def write_one(engine: Engine, draft: Draft, layers: str = "put object: import into index {}: put local object") -> None:
    """Write one object, or raise why it was not written."""
    for failed in vectorize(engine, [draft]).values():
        raise failed
    (problem,) = write(engine, [draft])
    if problem is not None:
        where = layers.format(draft.collection.name.lower())
        raise problem.within(f'{where}: shard="{draft.shard.name}": store object in LSM store: ')


def delete(engine: Engine, shard: Shard, docs: Sequence[int]) -> None:
    """Delete objects by their document ids."""
    if docs and shard.status == "READONLY":
        raise Refusal(_READ_ONLY, 500)
    with engine.storage.transaction():
        engine.storage.delete(docs)
    shard.follow(docs)


def rewrite(
    engine: Engine, shard: Shard, row: Row, properties: Json, vectors: Mapping[str, Vector] | None = None
) -> None:
    """Write an object anew with other properties and, where given, other vectors; the rest stays."""
    kept = unpack(row.vectors)
    before = json.loads(row.properties)
    for target in shard.collection.targets.values():
        text = corpus(shard.collection, target, properties)
        if engine.modules.vectorizes(target) and text != corpus(shard.collection, target, before):
            kept.pop(target.name, None)
    draft = Draft(
        shard, UUID(bytes=row.uuid), dict(sorted(properties.items())), {**kept, **(vectors or {})}, row.created
    )
    write_one(engine, draft, "msg:repo.merge code:500 err:merge into index {}: update local object")
