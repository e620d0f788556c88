"""Objects, whatever protocol they come by: accepting, writing, merging and deleting them.

Accepting brings an object into the form in which it is kept or refuses it; writing is one transaction, then the indexes
in memory follow.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from weaviate_hl.lite import auto_schema, references
from weaviate_hl.lite.catalogue import Collection, Shard
from weaviate_hl.lite.errors import Refusal
from weaviate_hl.lite.index import Index
from weaviate_hl.lite.modules import corpus
from weaviate_hl.lite.storage import Row
from weaviate_hl.lite.tenants import shard_for_write
from weaviate_hl.lite.values import normalise
from weaviate_hl.lite.vectors import LEGACY, MultiVector, Vector, dimensions, pack, unpack

if TYPE_CHECKING:
    from weaviate_hl.lite.engine import Engine

Json = dict[str, Any]


class Draft:
    """An object that was accepted and can be written."""

    __slots__ = ("collection", "created", "packed", "properties", "shard", "tenant", "updated", "uuid", "vectors")

    def __init__(
        self,
        collection: Collection,
        shard: Shard,
        uuid: UUID,
        properties: Json,
        vectors: dict[str, Vector],
        tenant: str = "",
        created: int = 0,
    ) -> None:
        self.collection = collection
        self.shard = shard
        self.uuid = uuid
        self.properties = properties
        self.vectors = vectors
        self.tenant = tenant
        self.updated = now()
        self.created = created or self.updated
        self.packed = b""


def now() -> int:
    """The time as the server keeps it: milliseconds."""
    return time.time_ns() // 1_000_000


def index_of(engine: Engine, shard: Shard) -> Index:
    """The shard's index in memory, built if there is none."""
    if shard.index is None or shard.index.worn:
        shard.index = Index(engine.storage, shard.id)
    return shard.index


# Accepting.


def accept(
    engine: Engine,
    class_name: str,
    uuid: UUID,
    tenant: str,
    properties: Mapping[str, Any],
    vector: Vector | None,
    vectors: Mapping[str, Vector],
    source: str,
    *,
    missing: str,
) -> Draft:
    """An object in the form in which it is kept.

    Args:
        missing: What to say if there is no such class, with a place for its name.

    Raises:
        Refusal: The class, the tenant, a property or a vector is not right.
    """
    collection = collection_for_write(engine, class_name, properties, source, missing)
    shard = shard_for_write(engine.catalogue, collection, tenant)
    kept = keep_properties(engine, collection, properties, tenant, source)
    return Draft(collection, shard, uuid, kept, place_vectors(collection, vector, vectors), tenant)


def collection_for_write(
    engine: Engine, class_name: str, properties: Mapping[str, Any], source: str, missing: str
) -> Collection:
    """The collection that an object goes to; auto-schema makes what it lacks."""
    if not class_name and engine.settings.autoschema_enabled:
        raise Refusal("the given class is empty")
    collection = engine.catalogue.find(class_name)
    if engine.settings.autoschema_enabled:
        return auto_schema.extend(engine, collection, class_name, properties, source)
    if collection is None:
        raise Refusal(missing.format(class_name[:1].upper() + class_name[1:]))
    return collection


def keep_properties(
    engine: Engine, collection: Collection, properties: Mapping[str, Any], tenant: str, source: str
) -> Json:
    """Properties in the form in which they are kept, in the order of their names."""
    kept: Json = {}
    known = collection.properties
    for name, value in properties.items():
        if value is None:
            continue
        name = name[:1].lower() + name[1:]
        prop = known.get(name)
        if prop is None:
            raise no_such_property(name, collection.name)
        if prop.is_reference:
            kept[name] = references.check(engine, collection, prop, value, tenant, source)
        else:
            kept[name] = normalise(prop, value, collection.name, source)
    return dict(sorted(kept.items()))


def no_such_property(name: str, class_name: str) -> Refusal:
    return Refusal(
        f"no such prop with name '{name}' found in class '{class_name}' in the schema. Check your schema files "
        "for which properties in this class are available"
    )


def place_vectors(collection: Collection, vector: Vector | None, vectors: Mapping[str, Vector]) -> dict[str, Vector]:
    """The vectors of an object by the targets that they are for."""
    targets = collection.targets
    placed: dict[str, Vector] = {}
    if vector:
        if LEGACY in targets:
            placed[LEGACY] = vector
        elif len(targets) == 1:
            placed[next(iter(targets))] = vector
        else:
            raise Refusal(f"collection {collection.name} configuration does not have single vector index")
    for name, given in vectors.items():
        if not given:
            continue
        if name in targets and name != LEGACY:
            placed[name] = given
        elif name == "default" and LEGACY in targets:
            placed[LEGACY] = given
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
        raise Refusal("store is read-only due to: manually set by user", 500)
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
    by_shard: dict[int, dict[bytes, Draft]] = {}
    grown: dict[int, Shard] = {}
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
                grown[draft.shard.id] = draft.shard
        draft.packed = pack(draft.vectors)
        by_shard.setdefault(draft.shard.id, {})[draft.uuid.bytes] = draft
    with engine.storage.transaction():
        written = [_write_shard(engine, list(unique.values())) for unique in by_shard.values()]
        for shard in grown.values():
            engine.catalogue.save_shard(shard)
    for shard, removed, added in written:
        _follow(shard, removed, added)
    return outcome


_Written = tuple[Shard, list[int], list[tuple[Row, Json]]]


def _write_shard(engine: Engine, drafts: list[Draft]) -> _Written:
    storage, shard = engine.storage, drafts[0].shard
    known = storage.known(shard.id, [draft.uuid.bytes for draft in drafts])
    doc = storage.new_docs(len(drafts))
    new, added, removed, gone = [], [], [], []
    for draft in drafts:
        text = json.dumps(draft.properties, separators=(",", ":"), ensure_ascii=False)
        row = Row(doc, draft.uuid.bytes, draft.created, draft.updated, text, draft.packed)
        doc += 1
        old = known.get(row.uuid) if known else None
        if old is not None:
            removed.append(old.doc)
            if _same_place(draft, old):
                row = row._replace(doc=old.doc)
                storage.replace(row)
                added.append((row, draft.properties))
                continue
            gone.append(old.doc)
        new.append(row)
        added.append((row, draft.properties))
    storage.delete(gone)
    storage.insert(shard.id, new)
    return shard, removed, added


def _same_place(draft: Draft, old: Row) -> bool:
    """Whether an object keeps its document id: the server gives a new one when a vector or a place changes."""
    if draft.packed != old.vectors:
        return False
    places = [prop.name for prop in draft.collection.properties.values() if prop.kind == "geoCoordinates"]
    before = json.loads(old.properties) if places else {}
    return all(before.get(name) == draft.properties.get(name) for name in places)


def _follow(shard: Shard, removed: Iterable[int], added: Iterable[tuple[Row, Json]]) -> None:
    """Bring the index in memory up to what was just committed."""
    index = shard.index
    if index is None:
        return
    shard.index = None  # if something fails on the way, the index is built anew
    for doc in removed:
        index.remove(doc)
    for row, properties in added:
        index.add(row, properties)
    shard.index = index


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
        raise Refusal("store is read-only due to: manually set by user", 500)
    with engine.storage.transaction():
        engine.storage.delete(docs)
    _follow(shard, docs, ())


def rewrite(
    engine: Engine,
    collection: Collection,
    shard: Shard,
    row: Row,
    tenant: str,
    properties: Json,
    vectors: Mapping[str, Vector] | None = None,
) -> None:
    """Write an object anew with other properties and, where given, other vectors; the rest stays."""
    kept = unpack(row.vectors)
    before = json.loads(row.properties)
    for target in collection.targets.values():
        text = corpus(collection, target, properties)
        if engine.modules.vectorizes(target) and text != corpus(collection, target, before):
            kept.pop(target.name, None)
    merged = {**kept, **(vectors or {})}
    draft = Draft(
        collection, shard, UUID(bytes=row.uuid), dict(sorted(properties.items())), merged, tenant, row.created
    )
    write_one(engine, draft, "msg:repo.merge code:500 err:merge into index {}: update local object")
