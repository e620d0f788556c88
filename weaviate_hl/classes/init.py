"""What a client is made with: credentials and settings."""

from weaviate_hl.auth import Auth
from weaviate_hl.settings import TLS, AdditionalConfig, GrpcConfig, Proxies, Timeout

__all__ = ["TLS", "AdditionalConfig", "Auth", "GrpcConfig", "Proxies", "Timeout"]
