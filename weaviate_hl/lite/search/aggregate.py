"""The arithmetic of aggregation: figures over the values of one property, and the groups of a grouped aggregation.

Rule: the kernel hands in the values of all objects that take part, a list's elements one by one, None left out. The
result has the names of the reply's fields; without any value it has nothing but the count.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from weaviate_hl.lite.search.dates import instant, rfc3339

Value = TypeVar("Value", bound=Hashable)


def numbers(values: Iterable[int | float]) -> dict[str, Any]:
    """Figures for int and number: sum, mean, median (of an even count midway between two), mode, extremes."""
    ordered = sorted(values)
    if not (count := len(ordered)):
        return {"count": 0}
    total = sum(ordered)
    return {
        "count": count,
        "sum": total,
        "mean": total / count,
        "median": (ordered[(count - 1) // 2] + ordered[count // 2]) / 2,
        "mode": _mode(ordered),
        "minimum": ordered[0],
        "maximum": ordered[-1],
    }


def dates(values: Iterable[str], as_written: bool = False) -> dict[str, Any]:
    """Figures for date: median (of an even count the instant midway between two values), mode, extremes.

    They are in UTC, unless the aggregation has a filter, a search or groups: then they are spelt as they were written,
    and equal instants in different spellings are different values.
    """
    spelt = [(when := instant(text), text if as_written else rfc3339(when)) for text in values]
    ordered = sorted(spelt)
    if not (count := len(ordered)):
        return {"count": 0}
    below, above = ordered[(count - 1) // 2], ordered[count // 2]
    return {
        "count": count,
        "median": above[1] if count % 2 or below == above else rfc3339((below[0] + above[0]) // 2),
        "mode": _mode(ordered)[1],
        "minimum": min(spelt, key=_instant)[1],  # of those who say the same the first
        "maximum": max(spelt, key=_instant)[1],
    }


_instant = itemgetter(0)


def _mode(ordered: Sequence[Value]) -> Value:
    # The first of the commonest, which is the smallest.
    return Counter(ordered).most_common(1)[0][0]


def texts(values: Iterable[str], limit: int = 5) -> dict[str, Any]:
    """Count, and the commonest whole values as (value, occurrences), the smaller first among equals."""
    counted = Counter(values)
    if not counted:
        return {"count": 0}
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return {"count": counted.total(), "top_occurrences": ordered[:limit]}


def booleans(values: Iterable[bool]) -> dict[str, Any]:
    """Count, totals and shares; the shares of nothing are NaN."""
    counted = Counter(values)
    count, true = counted.total(), counted[True]
    return {
        "count": count,
        "total_true": true,
        "total_false": count - true,
        "percentage_true": true / count if count else math.nan,
        "percentage_false": (count - true) / count if count else math.nan,
    }


def grouped(values: Iterable[tuple[int, Iterable[Value]]], limit: int = 100) -> list[tuple[Value, list[int]]]:
    """Documents by value, the largest groups first.

    Args:
        values: Each document with its values: none if the property is missing, one, or the elements of a list.
        limit: How many groups to return.
    """
    groups: dict[Value, list[int]] = {}
    for document, own in values:
        for value in dict.fromkeys(own):
            groups.setdefault(value, []).append(document)
    return sorted(groups.items(), key=lambda group: -len(group[1]))[:limit]
