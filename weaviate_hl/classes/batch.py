"""What batches are told."""

from weaviate_hl.values.inputs import Shard

__all__ = ["Shard"]
