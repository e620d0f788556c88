"""What aggregations are asked for. Plain values that know nothing of the wire."""

from __future__ import annotations

from collections.abc import Sequence

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.values.base import Value


class GroupByAggregate(Value):
    """How to group objects before they are aggregated.

    Args:
        prop: The property whose values make the groups.
        limit: How many groups there are at most, the greatest first.
    """

    __slots__ = ("limit", "prop")

    def __init__(self, *, prop: str, limit: int | None = None) -> None:
        self.prop = prop
        self.limit = limit


class PropertyMetrics(Value):
    """What to find out about a property: made by `Metrics`.

    Attributes:
        property_name: The property.
        kind: What it holds, in the server's words.
        metrics: What to find out, in the server's words.
        limit: Of texts: how many of the most frequent values to return.
    """

    __slots__ = ("kind", "limit", "metrics", "property_name")

    def __init__(self, property_name: str, kind: str, metrics: Sequence[str], limit: int | None = None) -> None:
        self.property_name = property_name
        self.kind = kind
        self.metrics = list(metrics)
        self.limit = limit


class Metrics:
    """What to find out about a property. Where nothing is chosen, it is everything there is for its kind.

    Args:
        property_: The property.

    Example:
        return_metrics=[Metrics("words").integer(mean=True, maximum=True), Metrics("title").text()]
    """

    def __init__(self, property_: str) -> None:
        self._property = property_

    def text(
        self,
        count: bool = False,
        top_occurrences_count: bool = False,
        top_occurrences_value: bool = False,
        limit: int | None = None,
        min_occurrences: int | None = None,
    ) -> PropertyMetrics:
        """Of texts.

        Args:
            count: How many objects have one.
            top_occurrences_count: The most frequent values, and how often they occur.
            top_occurrences_value: The same.
            limit: How many of these values; the server's default is 5.
            min_occurrences: An old name of `limit`.

        Raises:
            WeaviateInvalidInputError: `limit` is given by both names.
        """
        if limit is not None and min_occurrences is not None:
            raise WeaviateInvalidInputError("Metrics.text: `limit` and `min_occurrences`, its old name: give one")
        top = top_occurrences_count or top_occurrences_value
        return self._of("text", min_occurrences if limit is None else limit, count=count, top_occurences=top)

    def integer(
        self,
        count: bool = False,
        maximum: bool = False,
        mean: bool = False,
        median: bool = False,
        minimum: bool = False,
        mode: bool = False,
        sum_: bool = False,
    ) -> PropertyMetrics:
        """Of integers."""
        return self._of(
            "int", count=count, maximum=maximum, mean=mean, median=median, minimum=minimum, mode=mode, sum=sum_
        )

    def number(
        self,
        count: bool = False,
        maximum: bool = False,
        mean: bool = False,
        median: bool = False,
        minimum: bool = False,
        mode: bool = False,
        sum_: bool = False,
    ) -> PropertyMetrics:
        """Of numbers."""
        return self._of(
            "number", count=count, maximum=maximum, mean=mean, median=median, minimum=minimum, mode=mode, sum=sum_
        )

    def boolean(
        self,
        count: bool = False,
        percentage_false: bool = False,
        percentage_true: bool = False,
        total_false: bool = False,
        total_true: bool = False,
    ) -> PropertyMetrics:
        """Of truth values."""
        return self._of(
            "boolean",
            count=count,
            percentage_false=percentage_false,
            percentage_true=percentage_true,
            total_false=total_false,
            total_true=total_true,
        )

    def date_(
        self,
        count: bool = False,
        maximum: bool = False,
        median: bool = False,
        minimum: bool = False,
        mode: bool = False,
    ) -> PropertyMetrics:
        """Of dates."""
        return self._of("date", count=count, maximum=maximum, median=median, minimum=minimum, mode=mode)

    def reference(self, pointing_to: bool = False) -> PropertyMetrics:
        """Of references: the collections that they lead to."""
        return self._of("reference", pointing_to=pointing_to)

    def _of(self, kind: str, limit: int | None = None, **asked: bool) -> PropertyMetrics:
        return PropertyMetrics(self._property, kind, [name for name in asked if asked[name]] or list(asked), limit)
