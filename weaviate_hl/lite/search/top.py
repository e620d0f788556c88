"""What keyword and vector search share: choosing the best few of many numbers, and the documents a filter leaves."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Documents: TypeAlias = NDArray[np.int64]
Allow: TypeAlias = NDArray[np.bool_]
"""The documents a filter leaves: a mask over the ids of all."""


def top(values: NDArray[np.floating[Any]], ids: Documents, limit: int | None) -> Documents:
    """Positions of the `limit` smallest values, smallest first; among equal values the lowest ids first."""
    if limit is None or limit >= len(values):
        return np.lexsort((ids, values))
    if limit <= 0:
        return np.empty(0, np.int64)
    # All that equal the last one to be kept must stay until the ids have decided.
    near = np.flatnonzero(values <= np.partition(values, limit - 1)[limit - 1])
    return near[np.lexsort((ids[near], values[near]))][:limit]
