"""What deleting many objects returns, and how failures are told."""

from weaviate_hl.values.batch import DeleteManyObject, DeleteManyReturn, Error, RefError

__all__ = ["DeleteManyObject", "DeleteManyReturn", "Error", "RefError"]
