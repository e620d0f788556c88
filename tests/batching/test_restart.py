"""Imports into a server, lite or a real one, that ends and comes back in the middle."""

from __future__ import annotations

import pytest

from tests.batching.kit import KINDS
from tests.batching.restart import HOWS, run
from tests.servers.real import LiteProcess, RealServer


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", [LiteProcess, RealServer])
def test_an_import_goes_on_when_its_server_comes_back(start: type[RealServer], kind: str, how: str) -> None:
    with start() as server:
        row = run(server, "async" if how == "killed" else "sync", kind, how)
    assert row.exact, row
    assert row.failed == row.unknown == row.doubled == 0
    assert row.back < 3
