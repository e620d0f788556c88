"""Settings of a connection, under the name that programs know."""

from weaviate_hl.settings import TLS, AdditionalConfig, ConnectionConfig, GrpcConfig, Proxies, Timeout

__all__ = ["TLS", "AdditionalConfig", "ConnectionConfig", "GrpcConfig", "Proxies", "Timeout"]
