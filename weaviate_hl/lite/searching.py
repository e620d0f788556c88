"""Searches over one shard: by vector, by keyword, and both; from messages to rows with distances or scores.

The algorithms are in `search`; here is what the request says, which index of the shard it means, and what is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from weaviate_hl.lite.catalogue import Collection, Property, Shard, Target, uncapitalised
from weaviate_hl.lite.encode import one_of_enum, parse_uuid, vector_of
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal, refuse_if
from weaviate_hl.lite.index import VECTORS, Rows
from weaviate_hl.lite.search import approximate, bm25, combine
from weaviate_hl.lite.search import vectors as exact
from weaviate_hl.lite.search.postings import Postings
from weaviate_hl.lite.vectors import (
    LEGACY,
    MultiVector,
    Vector,
    dimensions,
    float32,
    from_bytes,
    from_numbers,
    shortest,
    unpack,
)

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1 import base_search_pb2 as pb

Numbers = NDArray[np.float32]
Hits = list[tuple[int, float]]

# By their numbers.
_METHODS: tuple[combine.Method, ...] = ("minimum", "sum", "minimum", "average", "relative", "manual")
_OPERATORS: tuple[bm25.Operator, ...] = ("or", "or", "and", "and_cross")

_LARGEST = float(np.finfo(np.float32).max)
_ALPHA = 0.75  # how much the vector counts where nothing is said
LEG = 100  # how deep each leg of a hybrid search goes at least


def numbers(vector: Vector) -> Numbers:
    """A vector as an array, a multi-vector as one with a row for each of its vectors."""
    if isinstance(vector, MultiVector):
        return np.frombuffer(vector, "<f4", offset=2).reshape(-1, vector.dimensions or 1)
    return np.frombuffer(vector, "<f4")


class Scope:
    """Where a search looks: a shard, and what a filter leaves of it."""

    def __init__(self, engine: Engine, shard: Shard, allowed: Rows | None) -> None:
        self.engine = engine
        self.shard = shard
        self.collection = shard.collection
        self.index = shard.index
        self.allow = None if allowed is None else np.frombuffer(self.index.flags(allowed), bool)

    def vectors(self, target: Target) -> exact.VectorIndex | exact.MultiVectorIndex:
        refuse_if(target.skipped, "cannot vector-search on a class not vector-indexed")

        def make() -> exact.VectorIndex | exact.MultiVectorIndex:
            if target.multi:
                return exact.MultiVectorIndex(target.distance)
            if self.engine.approximate and target.index_type == "hnsw" and target.distance in approximate.METRICS:
                return approximate.ApproximateIndex(target.distance, target.config)
            return exact.VectorIndex(target.distance)

        def read(vectors: Mapping[str, Vector]) -> Numbers | None:
            vector = vectors.get(target.name)
            return numbers(vector) if vector else None

        made = self.index.structure(VECTORS, target.name, make, read)
        if isinstance(made, approximate.ApproximateIndex):
            made.settings = target.config  # which may have changed since
        return made

    def only(self, rows: Iterable[int]) -> Scope:
        """The same, but of these rows alone."""
        scope = Scope(self.engine, self.shard, None)
        scope.allow = np.zeros(len(self.index), bool)
        scope.allow[list(rows)] = True
        return scope

    def uuid(self, row: int) -> bytes:
        return self.index.uuids[row]


# By vector.


@dataclass(frozen=True, slots=True)
class VectorQuery:
    """What to be near to: an input for each target, how several are combined, and how far away is too far."""

    inputs: Sequence[tuple[Target, Vector]]
    method: combine.Method = "minimum"
    weights: Sequence[float] | None = None
    distance: float | None = None
    certainty: float | None = None

    @property
    def has_certainty(self) -> bool:
        """Whether its results have a certainty: with one target, under cosine."""
        return len(self.inputs) == 1 and self.inputs[0][0].distance == "cosine"

    def run(self, scope: Scope, limit: int) -> Hits:
        """The closest rows, closest first."""
        if not self.inputs:
            return []
        try:
            if len(self.inputs) == 1:
                target, vector = self.inputs[0]
                return scope.vectors(target).search(numbers(vector), limit, scope.allow)
            found = [scope.vectors(target).distances(numbers(vector), scope.allow) for target, vector in self.inputs]
        except exact.DimensionsError as problem:
            name = scope.collection.name.lower()
            where = f"vector search: object vector search at index {name}: shard {name}_{scope.shard.name}"
            raise Refusal(f"{where}: vector search: knn search: {problem}") from None
        return combine.combine_targets(found, self.method, self.weights, limit)

    def near_enough(self, hits: Hits) -> Hits:
        """The hits that the threshold leaves."""
        return exact.within(hits, self.distance, self.certainty)


Near = Any  # NearVector, NearObject or NearTextSearch


def targets_of(collection: Collection, names: Sequence[str]) -> list[Target]:
    """The targets that a request names; the only one if it names none."""
    known = collection.targets
    if not names:
        if len(known) > 1:
            problem = "has multiple vectors, but no target vectors were provided"
            raise Refusal(f"extract target vectors: class {collection.name} {problem}")
        return list(known.values())
    for name in names:
        if name not in known or name == LEGACY:
            listed = " ".join(sorted(name for name in known if name))
            raise Refusal(
                f"extract target vectors: class {collection.name} does not have named vector {name} configured. "
                f"Available named vectors [{listed}]"
            )
    return [known[name] for name in names]


def _target_names(message: Near) -> list[str]:
    return list(message.targets.target_vectors if message.HasField("targets") else message.target_vectors)


def _query(message: Near, inputs: Sequence[tuple[Target, Vector]], what: str) -> VectorQuery:
    """The query with the combination and thresholds that its message asks for."""
    distance = message.distance if message.HasField("distance") else None
    certainty = message.certainty if message.HasField("certainty") else None
    if distance is not None and certainty is not None:
        raise Refusal(f"{what}: cannot provide distance and certainty")
    if certainty:
        refuse_if(len(inputs) > 1, "multiple target vectors are not supported with certainty")
        for target, _ in inputs:
            if reason := exact.certainty_refusal(target.distance):
                raise Refusal(reason)
    method, weights = _combination(message.targets, [target.name for target, _ in inputs])
    return VectorQuery(inputs, method, weights, distance, certainty or None)


def _combination(targets: pb.Targets, names: Sequence[str]) -> tuple[combine.Method, list[float] | None]:
    method = one_of_enum(_METHODS, targets.combination)
    if method not in ("manual", "relative"):
        return method, None
    given = [(weight.target, weight.weight) for weight in targets.weights_for_targets]
    if len(given) != len(names):
        raise Refusal(
            f"extract target vectors: number of weights ({len(given)}) does not match number of targets ({len(names)})"
        )
    weights = []
    for name in names:  # a target that is repeated takes its weights in their order
        position = next((i for i, (target, _) in enumerate(given) if target == name), None)
        if position is None:
            raise Refusal(f"extract target vectors: target vector {name} not found in target vectors")
        weights.append(given.pop(position)[1])
    return method, weights


def near(scope: Scope, kind: str, message: Near) -> VectorQuery:
    """The search of a field of a request: `near_vector`, `near_object` or `near_text`."""
    if kind == "near_vector":
        return near_vector(scope.collection, message)
    return near_object(scope, message) if kind == "near_object" else near_text(scope, message)


def near_vector(collection: Collection, message: pb.NearVector) -> VectorQuery:
    """A search near given vectors, in any of the forms in which a message gives them."""
    names = _target_names(message)
    targets = targets_of(collection, names)
    per_target = [(item.name, _inputs(item)) for item in message.vector_for_targets]
    if not per_target and message.vector_per_target:
        per_target = [(name, [from_bytes(message.vector_per_target[name])]) for name in names]
    if per_target:
        _check_names(list(dict.fromkeys(names)), [name for name, _ in per_target])
        known = {target.name: target for target in targets}
        given = [(known.get(name, targets[0]), vector) for name, vectors in per_target for vector in vectors]
    else:
        vector = _single(message, "near_vector")
        if isinstance(vector, MultiVector) and not all(target.multi for target in targets):
            raise Refusal("near_vector: provided vector is a multi vector but vector index supports regular vectors")
        given = [(target, vector) for target in targets]
    inputs = [(target, part) for target, vector in given for part in _split(target, vector)]
    for target, vector in inputs:
        if target.multi and not isinstance(vector, MultiVector):
            raise Refusal("near_vector: provided vector is a regular vector but vector index supports multi vectors")
        refuse_if(not vector, "near_vector: vector is required")
    return _query(message, inputs, "near_vector")


def _check_names(wanted: Sequence[str], given: Sequence[str]) -> None:
    if wanted and len(wanted) != len(given):
        raise Refusal("near_vector: vector for target must have the same lengths as target vectors")
    for name, other in zip(wanted, given, strict=False):
        if name != other:
            lists = f"All target vectors: [{' '.join(wanted)}] all vectors for targets [{' '.join(given)}]"
            raise Refusal(f"near_vector: vector for target {name} is required. {lists}")


def _inputs(item: pb.VectorForTarget) -> list[Vector]:
    return [vector_of(vectors) for vectors in item.vectors] or [from_bytes(item.vector_bytes)]


def _single(message: Any, what: str) -> Vector:
    """The one vector of a message: the newest form of those that are set."""
    refuse_if(len(message.vectors) > 1, f"{what}: only 1 vector supported, found {len(message.vectors)} vectors")
    if message.vectors:
        return vector_of(message.vectors[0])
    vector = from_bytes(message.vector_bytes) or from_numbers(message.vector)
    refuse_if(not vector, f"{what}: vector is required")
    return vector


def _split(target: Target, vector: Vector) -> list[Vector]:
    """Several inputs for a target of single vectors may come as one multi-vector."""
    if target.multi or not isinstance(vector, MultiVector):
        return [vector]
    size = 4 * dimensions(vector)
    return [vector[start : start + size] for start in range(2, len(vector), size or 1)]


def near_object(scope: Scope, message: pb.NearObject) -> VectorQuery:
    """A search near the stored vectors of an object of the same shard."""
    refuse_if(not message.id, "near_object: id is required")
    targets = targets_of(scope.collection, _target_names(message))
    row = scope.engine.storage.find(scope.shard.id, parse_uuid(message.id).bytes)
    if row is None:
        raise Refusal("vectorize search vector: nearObject params: vector not found")
    vectors = unpack(row.vectors)
    if not all(target.name in vectors for target in targets):
        problem = f"nearObject search-object with id {message.id} has no vector"
        raise Refusal(f"vectorize search vector: nearObject params: {problem}")
    return _query(message, [(target, vectors[target.name]) for target in targets], "near_object")


def near_text(scope: Scope, message: pb.NearTextSearch) -> VectorQuery:
    """A search near the vector that a registered function makes of texts, perhaps moved."""
    targets = targets_of(scope.collection, _target_names(message))
    refuse_if(not message.query, "nearText: the query must have at least one text")
    inputs = []
    for target in targets:
        vector = np.mean(_together(embed(scope, target, list(message.query), "nearText")), axis=0)
        if message.HasField("move_to"):
            vector = _moved(scope, target, vector, message.move_to, "moveTo", most=1)
        if message.HasField("move_away"):
            vector = _moved(scope, target, vector, message.move_away, "moveAwayFrom", most=_LARGEST)
        inputs.append((target, vector.astype("<f4").tobytes()))
    return _query(message, inputs, "near_text")


def _moved(
    scope: Scope, target: Target, vector: Numbers, move: pb.NearTextSearch.Move, label: str, most: float
) -> Numbers:
    """A vector moved to others or away from them, at most so far."""
    if not move.concepts and not move.uuids:
        if move.force:
            raise Refusal(f"'nearText.{label}' parameter needs to have defined either 'concepts' or 'objects' fields")
        return vector
    if not 0 <= move.force <= most:  # nor is it infinite or no number
        raise Refusal(f"force must be between 0 and 1: got {move.force:.6f}")
    anchors = embed(scope, target, list(move.concepts), "nearText") if move.concepts else []
    for text in move.uuids:
        row = scope.engine.storage.find(scope.shard.id, parse_uuid(text).bytes)
        anchor = unpack(row.vectors).get(target.name) if row else None
        if anchor is None:
            raise Refusal(f"nearText.{label}: object {text} has no vector")
        anchors.append(anchor)
    together = _together([vector.astype("<f4").tobytes(), *anchors])
    return exact.moved(vector, together[1:], move.force if label == "moveTo" else -move.force)


def _together(vectors: Sequence[Vector]) -> Numbers:
    """Vectors of one length as the rows of an array."""
    lengths = sorted({dimensions(vector) for vector in vectors})
    refuse_if(len(lengths) > 1, f"vectorize params: texts and objects have vectors of different lengths: {lengths}")
    return np.stack([numbers(vector) for vector in vectors])


def embed(scope: Scope, target: Target, texts: list[str], what: str) -> list[Vector]:
    """The vectors of texts; refused where no function makes them."""
    if target.vectorizer == "none" or target.vectorizer not in scope.engine.modules.vectorizers:
        name = scope.collection.name
        if what == "hybrid":
            raise Refusal(f"VectorFromInput was called without vectorizer on class {name} for input {texts[0]}")
        how = "Make sure a vectorizer module is configured for this collection"
        raise Refusal(f"could not vectorize input for collection {name} with search-type {what}. {how}")
    vectors: list[Vector] = []
    for vector in scope.engine.modules.embed(target, [text.lower() for text in texts]):
        if isinstance(vector, Refusal):
            raise vector.within("remote client vectorize: ")
        vectors.append(vector)
    return vectors


# By keyword.


class KeywordQuery:
    """Which words to find in which properties, and how many of them."""

    def __init__(
        self, collection: Collection, query: str, names: Sequence[str], options: pb.SearchOperatorOptions
    ) -> None:
        self.query = query
        boosts = dict(bm25.parse_boost(name) for name in names)
        self._fields = {_searchable(collection, uncapitalised(name)): boost for name, boost in boosts.items()}
        if not self._fields:
            self._fields = {prop: 1.0 for prop in collection.properties.values() if prop.searchable}
        refuse_if(not self._fields, "No properties provided, and no indexed properties found in class")
        operator = one_of_enum(_OPERATORS, options.operator)
        if operator == "and_cross" and len({prop.analyzer for prop in self._fields}) > 1:
            rule = "requires all searched properties to share the same tokenization and analyzer settings"
            raise Refusal(f"OPERATOR_AND_CROSS {rule}")
        given = collection.inverted.get("bm25") or {}
        self._settings: dict[str, Any] = {"k1": given.get("k1", 1.2), "b": given.get("b", 0.75)}
        self._settings |= {"operator": operator, "minimum": options.minimum_or_tokens_match}

    def run(self, scope: Scope, limit: int) -> Hits:
        """The best rows, best first."""
        what: dict[str, Any] = {"total": scope.index.count, "allow": scope.allow, "limit": limit, "tie": scope.uuid}
        return bm25.search(self._indexed(scope), self.query, **self._settings, **what)

    def explain(self, scope: Scope, row: int) -> str:
        """The words behind a hit, as the server lists them."""
        terms = bm25.explain(self._indexed(scope), self.query, row).items()
        return "".join(f", BM25F_{term}_frequency:{tf}, BM25F_{term}_propLength:{size}" for term, (tf, size) in terms)

    def _indexed(self, scope: Scope) -> list[bm25.Field]:
        return [
            bm25.Field(scope.index.structure(prop.name, "keywords", Postings, prop.tokens), prop.analyzer, boost)
            for prop, boost in self._fields.items()
        ]


def _searchable(collection: Collection, name: str) -> Property:
    prop = collection.properties.get(name)
    if prop is None or not prop.searchable:
        raise Refusal(
            f"Searching by property '{name}' requires inverted index. Is `indexSearchable` option of property '{name}' "
            "enabled? Set it to `true` or leave empty"
        )
    return prop


def keyword(collection: Collection, message: pb.BM25) -> KeywordQuery:
    """A keyword search from its message."""
    refuse_if(not message.query, "keyword search (bm25) must have query set")
    return KeywordQuery(collection, message.query, message.properties, message.search_operator)


# Both.


class HybridQuery:
    """A keyword and a vector search, and how much each counts."""

    def __init__(self, scope: Scope, message: pb.Hybrid) -> None:
        self._scope = scope
        self._ranked = message.fusion_type == 1
        given = message.alpha_param if message.HasField("alpha_param") else _ALPHA
        self._alpha = float(given if message.use_alpha_param else message.alpha)
        self._farthest = message.vector_distance if message.WhichOneof("threshold") else None
        inner = message.near_text if message.HasField("near_text") else message.near_vector
        self.targets = targets_of(scope.collection, _target_names(message) or _target_names(inner))
        self._keyword: KeywordQuery | None = None
        self._vector: VectorQuery | None = None
        self._name = "hybridVector"
        self._names: list[str] = []
        self._distances: dict[int, float] = {}
        if self._alpha < 1:
            options = message.bm25_search_operator
            self._keyword = KeywordQuery(scope.collection, message.query, message.properties, options)
        if self._alpha > 0:
            self._vector = self._vector_leg(message)
        if message.HasField("near_text") and message.query:
            raise Refusal("cannot combine nearText and query in hybrid search")

    def _vector_leg(self, message: pb.Hybrid) -> VectorQuery:
        if message.HasField("near_text"):
            self._name = "nearText"
            return near_text(self._scope, _with_targets(message.near_text, message))
        if message.HasField("near_vector"):
            self._name = "nearVector"
            near = _with_targets(message.near_vector, message)
            near.ClearField("certainty")  # which the server forgets
            return near_vector(self._scope.collection, near)
        targets = targets_of(self._scope.collection, _target_names(message))
        if message.vectors or message.vector_bytes or message.vector:
            given = _single(message, "hybrid")
            inputs = [(target, vector) for target in targets for vector in _split(target, given)]
        else:
            inputs = [(target, embed(self._scope, target, [message.query], "hybrid")[0]) for target in targets]
        method, weights = _combination(message.targets, [target.name for target, _ in inputs])
        return VectorQuery(inputs, method, weights)

    def run(self, depth: int) -> list[combine.Fused]:
        """What the legs found, each so deep, with fused scores, best first."""
        near: Hits = []
        scope = self._scope
        if self._vector:
            near = self._vector.near_enough(self._vector.run(scope, depth))
            if self._farthest is not None:
                near = [hit for hit in near if hit[1] <= self._farthest]
                scope = scope.only(row for row, _ in near)
        self._distances = dict(near)
        closeness = [(row, float(np.float32(1) - np.float32(distance))) for row, distance in near]
        words = self._keyword.run(scope, depth) if self._keyword else []
        named = {
            f"vector,{self._name}": combine.Leg(self._alpha, closeness),
            "keyword,bm25": combine.Leg(1 - self._alpha, words),
        }
        used = {name: leg for name, leg in named.items() if leg.weight > 0}
        self._names = list(used)
        return combine.fuse(list(used.values()), ranked=self._ranked, tie=scope.uuid)

    def distance(self, result: combine.Fused) -> float:
        """How far a result is: where keywords found it as well, the server has forgotten it."""
        return self._distances.get(result.document, 0.0) if max(result.parts) == 0 else 0.0

    def explain(self, result: combine.Fused) -> str:
        """How a score came about."""
        document = UUID(bytes=self._scope.uuid(result.document))
        parts = []
        for leg, (score, part) in result.parts.items():
            start = f"\nHybrid (Result Set {self._names[leg]}) Document {document}"
            if self._ranked:
                parts.append(f"{start} contributed {_short(part)} to the score")
            else:
                parts.append(f"{start}: original score {_short(score)}, normalized score: {_short(part)}")
        return "".join(parts) if self._ranked else " - ".join(reversed(parts))


def _short(number: float) -> str:
    return str(shortest(float32(number)))


def _with_targets(near: Near, hybrid: pb.Hybrid) -> Near:
    """A search inside of a hybrid one, which may name the targets in its place."""
    copied = type(near)()
    copied.CopyFrom(near)  # a message of a caller in this process stays as it was
    if hybrid.HasField("targets") and not near.HasField("targets"):
        copied.targets.CopyFrom(hybrid.targets)
    elif hybrid.target_vectors and not near.target_vectors:
        copied.target_vectors.extend(hybrid.target_vectors)
    return copied


# After a search.


def selection(targets: Sequence[Target], message: Any, limit: int) -> pb.Selection.MMR | None:
    """Maximal marginal relevance, if a search asks for it, checked."""
    if not message.selection.HasField("mmr"):
        return None
    mmr: pb.Selection.MMR = message.selection.mmr
    if mmr.limit < 1:
        raise Refusal("MMR limit must be at least 1")
    if mmr.limit > limit:
        raise Refusal(f"MMR limit ({mmr.limit}) cannot be larger than the query limit ({limit})")
    if not 0 <= mmr.balance <= 1:
        raise Refusal("MMR balance must be between 0 and 1")
    for target in targets:
        if target.multi:
            raise Refusal(f'MMR selection is not supported with multi-vector indexes (target vector "{target.name}")')
    return mmr


def diversified(
    scope: Scope, targets: Sequence[Target], rows: Sequence[int], away: Sequence[float], mmr: pb.Selection.MMR
) -> list[int]:
    """The positions of the results that maximal marginal relevance picks, in the order of picking."""
    if not targets:
        return list(range(min(len(rows), mmr.limit)))
    index = scope.vectors(targets[0])
    vectors = [index.vector(row) if row in index else None for row in rows]
    return combine.diversify(away, vectors, targets[0].distance, mmr.limit, mmr.balance)
