"""What writing many objects or references returns."""

from weaviate_hl.values.batch import BatchObjectReturn, BatchReferenceReturn, BatchResult, ErrorObject, ErrorReference

__all__ = ["BatchObjectReturn", "BatchReferenceReturn", "BatchResult", "ErrorObject", "ErrorReference"]
