"""What aggregations are made with."""

from weaviate_hl.values.metrics import GroupByAggregate, Metrics

__all__ = ["GroupByAggregate", "Metrics"]
