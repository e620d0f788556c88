"""What objects are written with."""

from weaviate_hl.values.inputs import DataObject, DataReference, GeoCoordinate, PhoneNumber, ReferenceToMulti

__all__ = ["DataObject", "DataReference", "GeoCoordinate", "PhoneNumber", "ReferenceToMulti"]
