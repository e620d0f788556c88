"""What the tests of batches start from."""

from __future__ import annotations

from typing import Any

import pytest

from tests.batching.kit import Store
from tests.servers.fake import FakeWeaviate


@pytest.fixture
def store(fake: FakeWeaviate) -> Store:
    return Store(fake)


@pytest.fixture
def client(fake: FakeWeaviate, store: Store, colour: Any) -> Any:
    return colour.connect(fake)
