"""Imports into a real server that ends and comes back in the middle."""

from __future__ import annotations

import pytest

from tests.batching.kit import KINDS
from tests.batching.restart import HOWS, run
from tests.servers.real import RealServer


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_import_goes_on_when_its_server_comes_back(kind: str, how: str) -> None:
    with RealServer() as server:
        row = run(server, "async" if how == "killed" else "sync", kind, how)
    assert row.exact, row
    assert row.failed == row.unknown == row.doubled == 0
    assert row.back < 3
