"""The same as `classes.generics`."""

from weaviate_hl.classes.generics import CrossReference, CrossReferenceAnnotation, Nested

__all__ = ["CrossReference", "CrossReferenceAnnotation", "Nested"]
