"""What classes that say what objects hold are written with."""

from weaviate_hl.values.generics import CrossReferenceAnnotation, Nested
from weaviate_hl.values.results import CrossReference

__all__ = ["CrossReference", "CrossReferenceAnnotation", "Nested"]
