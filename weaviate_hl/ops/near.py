"""The messages of near_*, bm25 and hybrid, which searches and aggregations share. Pure, but for reading media files."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping, Sequence
from typing import Any

from weaviate_gen.grpc.v1 import base_search_pb2 as messages

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.ops import vectors
from weaviate_hl.ops.checks import ArgumentCheck
from weaviate_hl.values.searches import (
    MMR,
    BM25OperatorOptions,
    BM25OperatorOr,
    HybridFusion,
    HybridNearText,
    HybridNearVector,
    ListOfVectorsQuery,
    Media,
    Move,
    MultiTargetVectorJoin,
    NearMediaType,
    TargetVectorJoinType,
)

# What several of them have.


def threshold(check: ArgumentCheck, message: Any, certainty: float | None, distance: float | None) -> None:
    """How near results must be, in one measure or the other."""
    if certainty is not None:
        message.certainty = check.number("certainty", certainty)
    if distance is not None:
        message.distance = check.number("distance", distance)


def targets(check: ArgumentCheck, message: Any, given: TargetVectorJoinType | None, vectors: Any = None) -> None:
    """Which named vectors are searched, and how their distances become one.

    If there is a vector for each (`vectors` is a dict), the server wants both in the same order.
    """
    if given is None:
        given = list(vectors) if isinstance(vectors, Mapping) else []
    join = given if isinstance(given, MultiTargetVectorJoin) else MultiTargetVectorJoin(None, given)
    plain = join.target_vectors
    names = [plain] if isinstance(plain, str) else check.texts("target_vector", plain, required=True)
    if isinstance(vectors, Mapping):
        if set(names) != set(vectors):
            raise WeaviateInvalidInputError(
                f"{check.call}: there are vectors for {', '.join(map(repr, vectors))}, "
                f"but `target_vector` names {', '.join(map(repr, names))}"
            )
        names = list(vectors)
    if join.combination is not None:
        label = f"COMBINATION_METHOD_TYPE_{join.combination}"
        message.targets.combination = messages.CombinationMethod.Value(label)
    for name in names:
        weights = join.weights[name] if join.weights else None
        for weight in weights if isinstance(weights, Sequence) else [weights]:
            message.targets.target_vectors.append(name)  # again for each vector that has a weight of its own
            if weight is not None:
                check.number(f"target_vector[{name!r}]", weight)
                message.targets.weights_for_targets.add(target=name, weight=weight)


def selection(check: ArgumentCheck, message: Any, diversity: MMR | None) -> None:
    """How results are chosen that differ from each other."""
    if diversity is None:
        return
    check.one("diversity_selection", diversity, MMR)
    chosen = message.selection.mmr
    chosen.SetInParent()
    if diversity.limit is not None:
        chosen.limit = check.whole("diversity_selection.limit", diversity.limit)
    if diversity.balance is not None:
        chosen.balance = check.number("diversity_selection.balance", diversity.balance)


def _named_vectors(check: ArgumentCheck, argument: str, message: Any, given: Mapping[str, Any]) -> None:
    """A vector, or several, for each of several named vectors."""
    for name, vector in given.items():
        where = f"{argument}[{name!r}]"
        target = message.vector_for_targets.add(name=name)
        if not isinstance(vector, ListOfVectorsQuery):
            _add(target.vectors, check.vector(where, vector), name)
        elif vector.dimensionality == "1D":  # they travel as the rows of one
            _add(target.vectors, check.vector(where, list(vector.vectors)), name)
        else:
            for i, one in enumerate(vector.vectors):
                _add(target.vectors, check.vector(f"{where}[{i}]", one), name)


def _add(message: Any, vector: tuple[bytes, int], name: str = "") -> None:
    data, kind = vector
    message.add(name=name, vector_bytes=data, type=kind)


# Each of them.


def vector(
    check: ArgumentCheck, message: messages.NearVector, given: Any, target_vector: TargetVectorJoinType | None
) -> None:
    """Near a vector, or near one for each of several named vectors."""
    targets(check, message, target_vector, given)
    if isinstance(given, Mapping):
        _named_vectors(check, "near_vector", message, given)
    else:
        _add(message.vectors, check.vector("near_vector", given))


def text(
    check: ArgumentCheck,
    message: messages.NearTextSearch,
    query: str | Sequence[str],
    move_to: Move | None,
    move_away: Move | None,
) -> None:
    """Near a text, or near the middle of several."""
    message.query.extend([query] if isinstance(query, str) else check.texts("query", query, required=True))
    for name, move in {"move_to": move_to, "move_away": move_away}.items():
        if move is not None:
            check.one(name, move, Move)
            moved = getattr(message, name)
            moved.force = check.number(f"{name}.force", move.force, required=True)
            concepts, objects = move.concepts or (), move.objects or ()
            moved.concepts.extend([concepts] if isinstance(concepts, str) else concepts)
            for uuid in objects if isinstance(objects, (list, tuple)) else [objects]:
                moved.uuids.append(check.uuid(f"{name}.objects", uuid))


def media(check: ArgumentCheck, request: Any, argument: str, given: Media, kind: NearMediaType | str) -> Any:
    """Near an image, a sound or the like; the message."""
    name = str(check.enum("media_type", kind, NearMediaType, required=True))
    message = getattr(request, f"near_{name}")
    setattr(message, name, base64_of(check, argument, given))
    return message


def base64_of(check: ArgumentCheck, argument: str, given: Any) -> str:
    """A medium in base64: that of a file, of bytes, or a text that is base64 already."""
    try:
        if hasattr(given, "read"):
            given = given.read()
        elif _is_path(given):
            with open(given, "rb") as file:
                given = file.read()
    except OSError as error:
        raise WeaviateInvalidInputError(f"{check.call}: `{argument}` cannot be read: {error}") from error
    if isinstance(given, (bytes, bytearray, memoryview)):
        if not given:
            check.refuse(
                argument, "a medium that is not empty, such as a file that has not been read to its end", given
            )
        return base64.b64encode(given).decode()
    check.text(argument, given, required=True, nonempty=True)
    try:
        binascii.a2b_base64(given, strict_mode=True)
    except ValueError:
        check.refuse(argument, "a file, the name of a file, bytes or base64", given)
    return str(given)


def may_read(given: Any) -> bool:
    """Whether a medium, or a prompt with images, may have to be read from files."""
    return hasattr(given, "read") or _is_path(given) or getattr(given, "images", None) is not None


def _is_path(given: Any) -> bool:
    return isinstance(given, os.PathLike) or (isinstance(given, str) and os.path.isfile(given))


def keywords(
    check: ArgumentCheck,
    message: messages.BM25 | messages.Hybrid,
    query: str,
    properties: Sequence[str] | None,
) -> None:
    """The query of a search by keywords, and the properties that it reads."""
    message.query = check.text("query", query, required=True)
    message.properties.extend(check.texts("query_properties", properties))


def operator(
    check: ArgumentCheck,
    message: messages.SearchOperatorOptions,
    argument: str,
    given: BM25OperatorOptions,
) -> None:
    """How many of the words must be found."""
    check.one(argument, given, BM25OperatorOptions)
    message.operator = messages.SearchOperatorOptions.Operator.Value(given.operator)
    if isinstance(given, BM25OperatorOr):
        message.minimum_or_tokens_match = check.whole(argument, given.minimum_should_match)


def hybrid(
    check: ArgumentCheck,
    message: messages.Hybrid,
    query: str | None,
    *,
    alpha: float | None = None,
    vector: Any = None,
    query_properties: Sequence[str] | None = None,
    fusion_type: HybridFusion | None = None,
    max_vector_distance: float | None = None,
    bm25_operator: BM25OperatorOptions | None = None,
    target_vector: TargetVectorJoinType | None = None,
    diversity_selection: MMR | None = None,
) -> None:
    """By keywords and by vectors."""
    keywords(check, message, query or "", query_properties)
    message.use_alpha_param = True
    if query is None:
        message.alpha_param = 1  # there is nothing but the vector
    elif alpha is not None:
        message.alpha_param = check.fraction("alpha", alpha)
    if fusion_type is not None:
        check.enum("fusion_type", fusion_type, HybridFusion)
        message.fusion_type = messages.Hybrid.FusionType.Value(fusion_type)
    if max_vector_distance is not None:
        message.vector_distance = check.number("max_vector_distance", max_vector_distance)
    if bm25_operator is not None:
        operator(check, message.bm25_search_operator, "bm25_operator", bm25_operator)
    selection(check, message, diversity_selection)
    plain: Any = message
    if isinstance(vector, HybridNearText):
        threshold(check, message.near_text, vector.certainty, vector.distance)
        text(check, message.near_text, vector.query, vector.move_to, vector.move_away)
        vector = None
    elif isinstance(vector, HybridNearVector):
        threshold(check, message.near_vector, vector.certainty, vector.distance)
        plain, vector = message.near_vector, vector.vector
    targets(check, message, target_vector, vector)
    if isinstance(vector, Mapping):
        _named_vectors(check, "vector", message.near_vector, vector)
    elif vector is not None:
        data, kind = check.vector("vector", vector)
        if kind == vectors.SINGLE:
            plain.vector_bytes = data
        else:
            _add(plain.vectors, (data, kind))
