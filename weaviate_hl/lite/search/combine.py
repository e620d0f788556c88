"""Making one ranking of several numbers: target vectors, hybrid legs, autocut, diversity (MMR) and boosts.

Rule: pure arithmetic over candidates that others have found. Documents are the kernel's integer ids, and `tie` is what
orders equal scores (the kernel passes the uuid of a document).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cmp_to_key
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weaviate_hl.lite.search.top import Documents, top
from weaviate_hl.lite.search.vectors import METRICS, Vector

Hit = tuple[int, float]
Tie = Callable[[int], Any]
Method = Literal["minimum", "sum", "average", "manual", "relative"]
Numbers = NDArray[np.float64]


def combine_targets(
    targets: Sequence[tuple[Documents, Vector]],
    method: Method = "minimum",
    weights: Sequence[float] | None = None,
    limit: int | None = None,
) -> list[Hit]:
    """Rank documents by one distance made of their distances to several target vectors, closest first.

    As on the server the candidates are the `limit` closest documents of each target, and those without a vector for
    some target drop out (except with "minimum"). A threshold is for the caller to apply to the result.

    Args:
        targets: For each target what `distances` of its index gave: documents, and their distances.
        method: How to combine; "relative" spreads each target's distances over 0 to 1 first.
        weights: One for each target, for "manual" and "relative".
        limit: How many to return.
    """
    candidates = np.unique(np.concatenate([ids[top(values, ids, limit)] for ids, values in targets]))
    table = np.full((len(targets), len(candidates)), np.nan)
    for row, (ids, values) in zip(table, targets, strict=True):
        present = np.isin(ids, candidates)
        row[np.searchsorted(candidates, ids[present])] = values[present]
    if method == "minimum":
        combined = np.nanmin(table, axis=0, initial=np.inf)
    else:
        complete = ~np.isnan(table).any(axis=0)
        candidates, table = candidates[complete], table[:, complete]
        if method == "relative":
            table = np.array([_spread(row) for row in table])
        if method in ("manual", "relative"):
            table *= np.asarray(weights)[:, None]
        combined = table.mean(axis=0) if method == "average" else table.sum(axis=0)
    distances = combined.astype(np.float32)
    best = top(distances, candidates, limit)
    return list(zip(candidates[best].tolist(), distances[best].tolist(), strict=True))


def _spread(values: Numbers) -> Numbers:
    """Values moved onto 0 to 1; all 1 if they are equal."""
    if not len(values):
        return values
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.ones(len(values))


@dataclass(frozen=True, slots=True)
class Leg:
    """One of the two searches of a hybrid search: its weight and its hits, best first, higher scores better.

    The vector leg comes first, has weight alpha and scores 1 - distance (as float32); the keyword leg has weight
    1 - alpha and its BM25 scores. The kernel leaves out a leg of weight 0.
    """

    weight: float
    hits: Sequence[Hit]


@dataclass(slots=True)
class Fused:
    """A result of hybrid search; `parts` has for each leg that found it, by position, its score and what it added."""

    document: int
    score: float = 0.0
    parts: dict[int, tuple[float, float]] = field(default_factory=dict)


def fuse(legs: Sequence[Leg], *, ranked: bool = False, tie: Tie) -> list[Fused]:
    """Merge the legs of a hybrid search, best first: by their scores spread over 0 to 1, or by their ranks."""
    results: dict[int, Fused] = {}
    for position, leg in enumerate(legs):
        if ranked:
            added = [leg.weight / (60 + rank) for rank in range(len(leg.hits))]
        else:
            added = (_spread(np.array([score for _, score in leg.hits], np.float64)) * leg.weight).tolist()
        for (document, score), part in zip(leg.hits, added, strict=True):
            result = results.setdefault(document, Fused(document))
            result.score += part
            result.parts[position] = (score, part)
    for result in results.values():
        result.score = float(np.float32(result.score))
    by_id = sorted(results.values(), key=lambda result: tie(result.document))
    return sorted(by_id, key=cmp_to_key(_compare_fused))


def _compare_fused(one: Fused, other: Fused) -> int:
    if abs(one.score - other.score) >= 1e-7:
        return 1 if one.score < other.score else -1
    # What the last leg that found them says.
    here, there = one.parts[max(one.parts)][0], other.parts[max(other.parts)][0]
    return (here < there) - (here > there)


def autocut(values: Sequence[float], jumps: int) -> int:
    """How many results to keep so that at most `jumps` groups of near values remain.

    A jump is where the values, spread over 0 to 1, rise further above an even rise than to both sides of it.
    """
    last = len(values) - 1
    if last < 1 or values[0] == values[-1]:
        return len(values)
    span = values[-1] - values[0]
    above = [(value - values[0]) / span - position / last for position, value in enumerate(values)]
    for position in range(1, len(above)):
        # The last has no right side and must exceed the two before it (of two values none does).
        neighbours = above[position - 1], above[position + 1 if position < last else position - 2]
        if above[position] > max(neighbours):
            jumps -= 1
            if jumps == 0:
                return position
    return len(values)


def diversify(
    distances: Sequence[float], vectors: Sequence[Vector | None], metric: str, limit: int, balance: float
) -> list[int]:
    """Choose results that are close to the query and far from each other (maximal marginal relevance).

    Args:
        distances: To the query, ascending; for hybrid search 1 minus the scores spread over 0 to 1.
        vectors: As they were written; results without one keep their place.
        metric: Of the vectors. Cosine does not normalise here, as the server does not.
        limit: How many to choose.
        balance: 1 looks at the query alone, 0 at the chosen ones alone.

    Returns:
        Positions of the chosen results, in the order to show them.
    """
    slots = [position for position, vector in enumerate(vectors) if vector is not None]
    order = list(range(len(vectors)))
    if slots:
        matrix = np.stack([vector for vector in vectors if vector is not None])
        away = np.array([distances[slot] for slot in slots], np.float64)
        nearest = np.full(len(slots), np.inf)
        pick = int(away.argmin())
        picked = [pick]
        while len(picked) < len(slots):
            nearest = np.minimum(nearest, METRICS[metric](matrix, matrix[pick]))
            gain = (1 - balance) * nearest - balance * away
            gain[picked] = -np.inf
            pick = int(gain.argmax())
            picked.append(pick)
        for slot, pick in zip(slots, picked, strict=True):
            order[slot] = slots[pick]
    return order[:limit]


def decay(
    away: Sequence[float | None], scale: float, *, offset: float = 0.0, value: float = 0.5, curve: str = "exponential"
) -> Numbers:
    """What a boost by nearness gives: 1 up to `offset`, `value` at `offset + scale`, 0 where there is no property.

    Args:
        away: How far each candidate is from the origin, None without the property.
        scale: In the unit of `away`; if not positive, nobody gains.
        offset: In the unit of `away`.
        value: Between 0 and 1; 0 means one half.
        curve: exponential, gauss or linear.
    """
    if scale <= 0:
        return np.zeros(len(away))
    value = value or 0.5
    steps = np.array([math.inf if x is None else max(abs(x) - max(offset, 0.0), 0.0) / scale for x in away])
    if curve == "linear":
        result = np.maximum(0.0, 1 - (1 - value) * steps) if value < 1 else np.ones(len(away))
    else:
        result = value ** (steps if curve == "exponential" else steps * steps)
    result[np.isinf(steps)] = 0.0
    return np.asarray(result, np.float64)


_MODIFIERS: Mapping[str, Callable[[Numbers], Numbers]] = {
    "none": lambda values: values,
    "log1p": lambda values: np.log1p(np.maximum(values, 0)),
    "sqrt": lambda values: np.sqrt(np.maximum(values, 0)),
}


def property_values(values: Sequence[float | None], modifier: str = "none") -> Numbers:
    """What a boost by a property gives: its values spread over 0 to 1, 0 where there is none."""
    present = np.array([value is not None for value in values], bool)
    result = np.zeros(len(values))
    result[present] = _spread(_MODIFIERS[modifier](np.array([value for value in values if value is not None], float)))
    return result


def boost(
    documents: Sequence[int],
    primary: Sequence[float],
    conditions: Sequence[tuple[float, Numbers]],
    weight: float = 0.5,
    *,
    tie: Tie,
) -> list[Hit]:
    """Rank candidates anew by a mix of their primary score and what conditions give them, best first.

    Args:
        documents: The candidates.
        primary: Their scores, higher is better: minus the distance for a vector search; all equal for a plain fetch.
        conditions: For each a weight (0 means 1, a negative one demotes) and its values for the candidates, 0 to 1.
        weight: Of the conditions taken together; with 0 the kernel leaves the search alone.
        tie: What orders equal scores.
    """
    weights = [own or 1.0 for own, _ in conditions]
    boosts = sum(own * values for own, (_, values) in zip(weights, conditions, strict=True)) / sum(map(abs, weights))
    scores = _spread((1 - weight) * _spread(np.array(primary, np.float64)) + weight * boosts).astype(np.float32)
    hits = zip(documents, scores.tolist(), strict=True)
    return sorted(hits, key=lambda hit: (-hit[1], tie(hit[0])))
