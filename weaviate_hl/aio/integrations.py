"""`client.integrations`: keys and limits of model providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from weaviate_hl.ops.checks import check
from weaviate_hl.settings import headers_of
from weaviate_hl.values.configuration import IntegrationConfig

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.core import Transport


class IntegrationsAsync:
    """Keys and limits of model providers, sent with every request: `client.integrations`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def configure(self, integrations_config: IntegrationConfig | Sequence[IntegrationConfig]) -> None:
        """Add the keys and limits of one provider or several; what was said before of the same is replaced.

        Args:
            integrations_config: Made by `Integrations`, such as `Integrations.cohere(api_key="...")`.

        Raises:
            WeaviateInvalidInputError: It is none.

        Example:
            client.integrations.configure(Integrations.cohere(api_key="...", requests_per_minute_embeddings=50))
        """
        given = check("integrations.configure", True).several(
            "integrations_config", integrations_config, IntegrationConfig
        )
        new = {name: value for config in given for name, value in config.headers().items()}
        replaced = {name.lower() for name in new}
        kept = {name: value for name, value in self._transport.headers.items() if name.lower() not in replaced}
        self._transport.headers = kept | headers_of("integrations_config", new)
