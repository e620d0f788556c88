"""From what a search found to the messages of its reply: properties, references and metadata as asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from weaviate_hl.lite import references
from weaviate_hl.lite.catalogue import Collection, Json, uncapitalised
from weaviate_hl.lite.encode import Nested, fill_properties, fill_vectors
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal, within
from weaviate_hl.lite.storage import Row
from weaviate_hl.lite.vectors import unpack

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1 import search_get_pb2 as pb

_DEPTH = 5  # how many references deep a result goes


@dataclass
class Found:
    """An object that a search found, and what the search says of it."""

    row: Row
    distance: float | None = None
    certainty: float | None = None
    score: float = 0.0
    explain: str = ""
    rerank: float | None = None
    generated: str | None = None

    @cached_property
    def properties(self) -> Json:
        properties: Json = json.loads(self.row.properties)
        return properties


class Selection:
    """Which properties and references of a collection a request wants, checked."""

    def __init__(
        self, engine: Engine, collection: Collection, request: pb.PropertiesRequest | None, depth: int = 0
    ) -> None:
        if depth > _DEPTH:
            raise Refusal(f"nested references are limited to depth {_DEPTH}")
        self.collection = collection
        self.nested: dict[str, Nested] = {}
        self.references: list[Linked] = []
        if request is None or request.return_all_nonref_properties:
            known = collection.properties.values()
            self.names = [p.name for p in known if not p.is_reference and p.kind not in ("blob", "blobHash")]
        else:
            self.names = [uncapitalised(name) for name in request.non_ref_properties]
        if request is None:
            return
        for item in request.object_properties:
            name = uncapitalised(item.prop_name)
            self.nested[name] = _nested(item)
            if name not in self.names:
                self.names.append(name)
        for name in self.names:
            with within(f"extract properties request: get property by name {name} for class {collection.name}: "):
                collection.prop(name)
        self.references = [Linked(engine, collection, reference, depth) for reference in request.ref_properties]

    def with_property(self, name: str) -> None:
        """Want one more property."""
        prop = self.collection.prop(name)
        if name not in self.names and not prop.is_reference:
            self.names.append(name)


def _nested(request: pb.ObjectPropertiesRequest) -> Nested:
    return Nested(request.primitive_properties, {item.prop_name: _nested(item) for item in request.object_properties})


class Linked:
    """Which references a request wants to see through, and what of their targets."""

    def __init__(self, engine: Engine, collection: Collection, request: pb.RefPropertiesRequest, depth: int) -> None:
        with within("extract properties request: "):
            self.prop = collection.prop(uncapitalised(request.reference_property))
            target = request.target_collection
            if not target and len(self.prop.data_type) > 1:
                what = f"from collection {collection.name} and property {self.prop.name}"
                listed = f"Available linked collections are [{' '.join(self.prop.data_type)}]"
                raise Refusal(f"multi target references {what} with need an explicitlinked collection. {listed}")
            target = target or self.prop.data_type[0]
            self.target = engine.catalogue.need(target, f"could not find class {target} in schema")
        properties = request.properties if request.HasField("properties") else None
        self.selection = Selection(engine, self.target, properties, depth + 1)
        self.metadata = request.metadata


@dataclass
class Encoder:
    """Writes objects into messages, for one request."""

    engine: Engine
    selection: Selection
    metadata: pb.MetadataRequest
    tenant: str

    def result(self, message: pb.SearchResult, found: Found, *, grouped: bool = False) -> None:
        """Write one result."""
        self._properties(message.properties, self.selection, found.properties)
        metadata, wanted = message.metadata, self.metadata
        metadata.SetInParent()
        _row_metadata(metadata, found.row, wanted)
        if wanted.distance and found.distance is not None:
            metadata.distance, metadata.distance_present = found.distance, True
        if wanted.certainty and found.certainty is not None:
            metadata.certainty, metadata.certainty_present = found.certainty, True
        if wanted.score and not grouped:
            metadata.score, metadata.score_present = found.score, True
        if wanted.explain_score and not grouped:
            metadata.explain_score, metadata.explain_score_present = found.explain, True
        if found.rerank is not None:
            metadata.rerank_score, metadata.rerank_score_present = found.rerank, True

    def _properties(self, message: pb.PropertiesResult, selection: Selection, values: Mapping[str, Any]) -> None:
        message.target_collection = selection.collection.name
        if selection.names:
            known = selection.collection.properties
            message.non_ref_props.SetInParent()
            fill_properties(message.non_ref_props, known, selection.names, values, selection.nested)
        for linked in selection.references:
            message.ref_props_requested = True
            targets = self._targets(linked, values.get(linked.prop.name) or ())
            if targets:
                result = message.ref_props.add(prop_name=linked.prop.name)
                for row in targets:
                    inner = result.properties.add()
                    self._properties(inner, linked.selection, json.loads(row.properties))
                    inner.metadata.SetInParent()
                    _row_metadata(inner.metadata, row, linked.metadata)

    def _targets(self, linked: Linked, beacons: Iterable[Json]) -> Sequence[Row]:
        """The objects of the wanted collection that references point to and that still exist."""
        whole = [references.whole(linked.prop, reference["beacon"]) for reference in beacons]
        name = linked.target.name
        uuids = [uuid for class_name, uuid in whole if class_name in ("", name)]
        rows = (references.target(self.engine, name, uuid, self.tenant, linked.prop) for uuid in uuids)
        return [row for row in rows if row is not None]


def _row_metadata(metadata: pb.MetadataResult, row: Row, wanted: pb.MetadataRequest) -> None:
    if wanted.uuid:
        metadata.id, metadata.id_as_bytes = str(UUID(bytes=row.uuid)), row.uuid
    if wanted.creation_time_unix:
        metadata.creation_time_unix, metadata.creation_time_unix_present = row.created, True
    if wanted.last_update_time_unix:
        metadata.last_update_time_unix, metadata.last_update_time_unix_present = row.updated, True
    if wanted.vector or wanted.vectors:
        fill_vectors(metadata, unpack(row.vectors), every=wanted.vector, names=wanted.vectors)
