"""What failures mean for a batch. Pure."""

from __future__ import annotations

import re

from weaviate_hl import errors
from weaviate_hl.batching.items import Verdict

MAY_PASS = re.compile(
    # a provider of vectors
    r"rate.?limit|too many requests|status(?: code)?:? ?(?:429|50[0234])\b|i/o timeout"
    # a node that is starting or ending, or cannot be reached
    r"|shutting down|already shut|not ready|resolve node name|leader not found|no leader|connect: post|enough replicas"
    r"|client connection is closing|connection re(?:fused|set)|broken pipe|context (?:deadline exceeded|canceled)"
    # another request has made the collection, by auto-schema, at the same time
    r"|create collection: class name \S+ already exists",
    re.IGNORECASE,
).search
"""What the server says of an object when it, another node or a provider of vectors has a trouble that may pass."""

TOO_LARGE = re.compile(r"larger than max|exceeds? (?:the )?(?:limit|maximum)|too large", re.IGNORECASE).search

BY_PROXY = re.compile(r"(?:HTTP status|http2 header with status:) (\d{3})").search
"""How gRPC tells, as UNKNOWN, of the HTTP status that something between here and the server has answered with."""


def may_pass(reason: str) -> bool:
    """Whether an item that was refused for this reason may be stored later."""
    return MAY_PASS(reason) is not None


def verdict_of(error: BaseException) -> Verdict:
    """What the failure of a request means for the items in it."""
    status = getattr(error, "status", None)
    if isinstance(error, errors.WeaviateConnectionError):
        return "away" if error.outcome == "not sent" else "unknown"
    if isinstance(error, errors.WeaviateClosedClientError):
        return "refused" if error.outcome == "not sent" else "unknown"
    if isinstance(error, (errors.WeaviateTimeoutError, TimeoutError)):
        return "unknown"
    if status == "UNKNOWN" and (proxy := BY_PROXY(str(error))):
        status = int(proxy[1])
    unsent = getattr(error, "server_text", None) is None  # the transport itself takes no message above the limit
    if status == 413 or (status == "RESOURCE_EXHAUSTED" and (unsent or TOO_LARGE(str(error)))):
        return "smaller"
    if status in ("RESOURCE_EXHAUSTED", 429):
        return "later"
    if status in ("INTERNAL", "ABORTED", "CANCELLED", "DATA_LOSS", 500, 502, 503, 504, *range(520, 530)):
        return "unknown"
    return "refused"
