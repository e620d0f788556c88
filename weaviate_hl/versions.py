"""Server versions: reading and comparing them, and what needs which. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from weaviate_hl.errors import WeaviateUnsupportedFeatureError

LOWEST = "1.27.0"
"""The oldest server that this client speaks to."""


class Version(NamedTuple):
    """A server version. Compares by its numbers; a pre-release counts as its release."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `1.38.11`, `v1.38`, `1.38.0-rc.1`; what is no version is 0.0.0, older than everything."""
        found = re.match(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?", text)
        return cls(*(int(part or 0) for part in found.groups())) if found else cls(0, 0, 0)

    def __str__(self) -> str:
        return ".".join(map(str, self))


def require(feature: str, minimum: str, server: str) -> None:
    """Raise if the server is older than a feature."""
    if Version.parse(server) < Version.parse(minimum):
        raise WeaviateUnsupportedFeatureError(feature, server, minimum)
