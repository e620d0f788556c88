"""How to search: vectors, targets, operators, boosts, diversity, prompts. They know nothing of the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from os import PathLike
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Literal, TypeAlias

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.values.base import Value
from weaviate_hl.values.inputs import HasArray, HasDLPack, Uuid

if TYPE_CHECKING:
    from weaviate_hl.values.filters import FilterReturn

Vector: TypeAlias = Sequence[float] | Sequence[Sequence[float] | HasArray] | HasArray | HasDLPack
"""A vector, or a multi-vector."""

Media: TypeAlias = str | PathLike[str] | bytes | bytearray | memoryview | BinaryIO
"""A path, a file that is open for reading bytes, bytes, or a str: the name of a file, or base64."""


# Keywords.


class BM25OperatorOptions(Value):
    """How many of the words of a query must be found: made by `BM25Operator`."""

    __slots__ = ()
    operator: ClassVar[str]


class BM25OperatorOr(BM25OperatorOptions):
    """At least so many of the words."""

    __slots__ = ("minimum_should_match",)
    operator: ClassVar[str] = "OPERATOR_OR"

    def __init__(self, minimum_should_match: int) -> None:
        self.minimum_should_match = minimum_should_match


class BM25OperatorAnd(BM25OperatorOptions):
    """All words, in one property."""

    __slots__ = ()
    operator: ClassVar[str] = "OPERATOR_AND"


class BM25OperatorAndCross(BM25OperatorOptions):
    """All words, in whichever properties."""

    __slots__ = ()
    operator: ClassVar[str] = "OPERATOR_AND_CROSS"


class BM25Operator:
    """How many of the words of a query must be found."""

    @staticmethod
    def or_(minimum_match: int) -> BM25OperatorOptions:
        """At least so many of them, in one property."""
        return BM25OperatorOr(minimum_match)

    @staticmethod
    def and_() -> BM25OperatorOptions:
        """All of them, in one property."""
        return BM25OperatorAnd()

    @staticmethod
    def and_cross() -> BM25OperatorOptions:
        """All of them, in whichever properties."""
        return BM25OperatorAndCross()


# Vectors.


class NearMediaType(StrEnum):
    """What a medium is."""

    AUDIO = "audio"
    DEPTH = "depth"
    IMAGE = "image"
    IMU = "imu"
    THERMAL = "thermal"
    VIDEO = "video"


class Move(Value):
    """Where to move a search by text: nearer to these concepts and objects, or away from them.

    Args:
        force: How far, from 0 to 1.
        objects: The ids of objects.
        concepts: Texts.

    Raises:
        WeaviateInvalidInputError: There are neither objects nor concepts.
    """

    __slots__ = ("concepts", "force", "objects")

    def __init__(
        self,
        force: float,
        objects: Sequence[Uuid] | Uuid | None = None,
        concepts: Sequence[str] | str | None = None,
    ) -> None:
        if not objects and not concepts:
            raise WeaviateInvalidInputError("Move: give `concepts`, or `objects`, or both")
        self.force = force
        self.objects = objects
        self.concepts = concepts


class ListOfVectorsQuery(Value):
    """Several vectors that are searched for at once in one named vector: made by `NearVector.list_of_vectors`.

    Args:
        dimensionality: "1D" if they are vectors, "2D" if they are multi-vectors.
        vectors: The vectors.
    """

    __slots__ = ("dimensionality", "vectors")

    def __init__(self, *, dimensionality: Literal["1D", "2D"], vectors: Sequence[Vector]) -> None:
        self.dimensionality = dimensionality
        self.vectors = vectors

    @staticmethod
    def is_one_dimensional(self_: ListOfVectorsQuery) -> bool:
        """Whether these are vectors."""
        return self_.dimensionality == "1D"

    @staticmethod
    def is_two_dimensional(self_: ListOfVectorsQuery) -> bool:
        """Whether these are multi-vectors."""
        return self_.dimensionality == "2D"


class NearVector:
    """What may be searched for in a named vector beside a vector."""

    @staticmethod
    def list_of_vectors(*vectors: Vector) -> ListOfVectorsQuery:
        """Several vectors, or multi-vectors, at once.

        Raises:
            WeaviateInvalidInputError: There are none.

        Example:
            near_vector={"title": NearVector.list_of_vectors([0.1, 0.2], [0.3, 0.4])}
        """
        if not vectors:
            raise WeaviateInvalidInputError("NearVector.list_of_vectors: give at least one vector")
        return ListOfVectorsQuery(dimensionality="2D" if _has_rows(vectors[0]) else "1D", vectors=vectors)


def _has_rows(vector: Any) -> bool:
    first = vector[0] if hasattr(vector, "__len__") and len(vector) else None
    return hasattr(first, "__len__") and getattr(first, "shape", None) != ()


NearVectorInputType: TypeAlias = Mapping[str, Vector | ListOfVectorsQuery] | Vector


class MultiTargetVectorJoin(Value):
    """The named vectors that are searched, and how their distances become one: made by `TargetVectors`."""

    __slots__ = ("combination", "target_vectors", "weights")

    def __init__(
        self,
        combination: str | None,
        target_vectors: str | Sequence[str],
        weights: Mapping[str, float | Sequence[float]] | None = None,
    ) -> None:
        self.combination = combination
        self.target_vectors = target_vectors
        self.weights = weights


class TargetVectors:
    """How the distances to several named vectors become one."""

    @staticmethod
    def sum(target_vectors: Sequence[str]) -> MultiTargetVectorJoin:
        """Their sum."""
        return MultiTargetVectorJoin("SUM", target_vectors)

    @staticmethod
    def average(target_vectors: Sequence[str]) -> MultiTargetVectorJoin:
        """Their average."""
        return MultiTargetVectorJoin("AVERAGE", target_vectors)

    @staticmethod
    def minimum(target_vectors: Sequence[str]) -> MultiTargetVectorJoin:
        """The least of them."""
        return MultiTargetVectorJoin("MIN", target_vectors)

    @staticmethod
    def manual_weights(weights: Mapping[str, float | Sequence[float]]) -> MultiTargetVectorJoin:
        """The sum of each times its weight; a list of weights where there is a list of vectors."""
        return MultiTargetVectorJoin("MANUAL", list(weights), weights)

    @staticmethod
    def relative_score(weights: Mapping[str, float | Sequence[float]]) -> MultiTargetVectorJoin:
        """Each scaled to what was found, then the sum of each times its weight."""
        return MultiTargetVectorJoin("RELATIVE_SCORE", list(weights), weights)


TargetVectorJoinType: TypeAlias = str | Sequence[str] | MultiTargetVectorJoin


class MMR(Value):
    """Results that differ from each other, by maximal marginal relevance: `Diversity.mmr`.

    Args:
        limit: How many to choose, from as many as the `limit` of the search.
        balance: From 0, only the difference counts, to 1, only the distance to the query counts.
    """

    __slots__ = ("balance", "limit")

    def __init__(self, limit: int | None = None, balance: float | None = None) -> None:
        self.limit = limit
        self.balance = balance


class Diversity:
    """How to choose results that differ from each other."""

    mmr: ClassVar = MMR


# Keywords and vectors.


class HybridFusion(StrEnum):
    """How the results by keywords and by vectors become one list."""

    RANKED = "FUSION_TYPE_RANKED"
    RELATIVE_SCORE = "FUSION_TYPE_RELATIVE_SCORE"


class HybridNearText(Value):
    """Near a text, which the collection's vectorizer makes a vector of. Arguments as for `query.near_text`."""

    __slots__ = ("certainty", "distance", "move_away", "move_to", "query")

    def __init__(
        self,
        query: str | Sequence[str],
        *,
        certainty: float | None = None,
        distance: float | None = None,
        move_to: Move | None = None,
        move_away: Move | None = None,
    ) -> None:
        self.query = query
        self.certainty = certainty
        self.distance = distance
        self.move_to = move_to
        self.move_away = move_away


class HybridNearVector(Value):
    """Near a vector. Arguments as for `query.near_vector`."""

    __slots__ = ("certainty", "distance", "vector")

    def __init__(
        self, vector: NearVectorInputType, *, certainty: float | None = None, distance: float | None = None
    ) -> None:
        self.vector = vector
        self.certainty = certainty
        self.distance = distance


class HybridVector:
    """The search by vectors of a hybrid search, where more is said than a vector."""

    near_text: ClassVar = HybridNearText
    near_vector: ClassVar = HybridNearVector


HybridVectorType: TypeAlias = NearVectorInputType | HybridNearText | HybridNearVector


# Boosts.


class BoostCurve(StrEnum):
    """How a boost becomes less with the distance: `Boost.Curve`."""

    EXPONENTIAL = "exp"
    GAUSSIAN = "gauss"
    LINEAR = "linear"


class BoostModifier(StrEnum):
    """What is made of a number that boosts: `Boost.Modifier`."""

    LOG1P = "log1p"
    SQRT = "sqrt"


class BoostCondition(Value):
    """One thing that boosts.

    Attributes:
        kind: Which: "filter", "time_decay", "numeric_decay" or "property_value".
        settings: What it is given.
        weight: What it counts among several.
    """

    __slots__ = ("kind", "settings", "weight")

    def __init__(self, kind: str, settings: Mapping[str, Any], weight: float | None = None) -> None:
        self.kind = kind
        self.settings = settings
        self.weight = weight


class BoostReturn(Value):
    """What lifts results in their order: made by `Boost`.

    Attributes:
        conditions: What boosts.
        weight: What it counts beside the search, from 0 to 1.
        depth: How many results of the search are considered.
    """

    __slots__ = ("conditions", "depth", "weight")

    def __init__(
        self, conditions: Sequence[BoostCondition], weight: float | None = None, depth: int | None = None
    ) -> None:
        self.conditions = list(conditions)
        self.weight = weight
        self.depth = depth


class Boost:
    """What lifts results in their order.

    All take `weight`, what the boost counts beside the search (from 0 to 1; the server's default is 0.5), or among
    others when it is blended; and `depth`, how many results of the search are considered (100).

    Example:
        boost=Boost.time_decay("published", scale="7d", weight=0.3)
    """

    Curve: ClassVar = BoostCurve
    Modifier: ClassVar = BoostModifier

    @staticmethod
    def filter(filter: FilterReturn, *, weight: float | None = None, depth: int | None = None) -> BoostReturn:
        """Lift what is like this."""
        return BoostReturn([BoostCondition("filter", {"filter": filter})], weight, depth)

    @staticmethod
    def time_decay(
        property: str,
        *,
        origin: str | datetime | None = None,
        scale: str | timedelta,
        offset: str | timedelta | None = None,
        curve: BoostCurve | None = None,
        decay: float | None = None,
        weight: float | None = None,
        depth: int | None = None,
    ) -> BoostReturn:
        """Lift what is near in time.

        Args:
            property: A date.
            origin: When the boost is greatest: a datetime, a text in RFC 3339, or "now", which is the default.
            scale: How far from there it is `decay`: as in "7d", "12h", "30m", "5s".
            offset: Up to how far from there it stays greatest.
            curve: How it becomes less; the server's default is exponential.
            decay: What it is at `scale`, between 0 and 1; the server's default is 0.5.
            weight: What it counts.
            depth: How many results are considered.
        """
        settings = {
            "property": property,
            "origin": "now" if origin is None else origin,
            "scale": scale,
            "offset": offset,
            "curve": curve,
            "decay": decay,
        }
        return BoostReturn([BoostCondition("time_decay", settings)], weight, depth)

    @staticmethod
    def numeric_decay(
        property: str,
        *,
        origin: float,
        scale: float,
        offset: float | None = None,
        curve: BoostCurve | None = None,
        decay: float | None = None,
        weight: float | None = None,
        depth: int | None = None,
    ) -> BoostReturn:
        """Lift what has a number near to another. Arguments as for `time_decay`."""
        settings = {
            "property": property,
            "origin": origin,
            "scale": scale,
            "offset": offset,
            "curve": curve,
            "decay": decay,
        }
        return BoostReturn([BoostCondition("numeric_decay", settings)], weight, depth)

    @staticmethod
    def numeric_property(
        name: str,
        *,
        modifier: BoostModifier | None = None,
        weight: float | None = None,
        depth: int | None = None,
    ) -> BoostReturn:
        """Lift what has a great number.

        Args:
            name: The property.
            modifier: What is made of the number first.
            weight: What it counts.
            depth: How many results are considered.
        """
        return BoostReturn([BoostCondition("property_value", {"property": name, "modifier": modifier})], weight, depth)

    @staticmethod
    def blend(
        boosts: BoostReturn | Sequence[BoostReturn], *, weight: float | None = None, depth: int | None = None
    ) -> BoostReturn:
        """Several boosts at once, each by its own weight.

        Args:
            boosts: The boosts.
            weight: What they count together.
            depth: How many results are considered.

        Raises:
            WeaviateInvalidInputError: One of them has a depth of its own.
        """
        conditions = []
        for boost in [boosts] if isinstance(boosts, BoostReturn) else boosts:
            if boost.depth is not None:
                raise WeaviateInvalidInputError("Boost.blend: give `depth` to `blend`, not to what is blended")
            for one in boost.conditions:
                own = boost.weight if one.weight is None else one.weight
                conditions.append(BoostCondition(one.kind, one.settings, own))
        return BoostReturn(conditions, weight, depth)


# Prompts.


class SinglePrompt(Value):
    """What to generate from each object: `GenerativeParameters.single_prompt`.

    Args:
        prompt: The text, in which a property in braces stands for its value.
        image_properties: The properties with images that the model sees.
        images: Other images that the model sees: paths, open files, bytes or base64.
        metadata: Whether to return what the model's provider tells.
        debug: Whether to return the prompt as the model saw it.
    """

    __slots__ = ("debug", "image_properties", "images", "metadata", "prompt")

    def __init__(
        self,
        prompt: str,
        *,
        image_properties: Sequence[str] | None = None,
        images: Media | Iterable[Media] | None = None,
        metadata: bool = False,
        debug: bool = False,
    ) -> None:
        self.prompt = prompt
        self.image_properties = image_properties
        self.images = images
        self.metadata = metadata
        self.debug = debug


class GroupedTask(Value):
    """What to generate from all objects together: `GenerativeParameters.grouped_task`.

    Args:
        prompt: The text.
        non_blob_properties: The properties that the model sees; without, all of them.
        image_properties: The properties with images that the model sees.
        images: Other images that the model sees: paths, open files, bytes or base64.
        metadata: Whether to return what the model's provider tells.
    """

    __slots__ = ("image_properties", "images", "metadata", "non_blob_properties", "prompt")

    def __init__(
        self,
        prompt: str,
        *,
        non_blob_properties: Sequence[str] | None = None,
        image_properties: Sequence[str] | None = None,
        images: Media | Iterable[Media] | None = None,
        metadata: bool = False,
    ) -> None:
        self.prompt = prompt
        self.non_blob_properties = non_blob_properties
        self.image_properties = image_properties
        self.images = images
        self.metadata = metadata


class GenerativeParameters:
    """Prompts that say more than a text. Images and metadata are for searches with a `generative_provider`."""

    single_prompt: ClassVar = SinglePrompt
    grouped_task: ClassVar = GroupedTask
