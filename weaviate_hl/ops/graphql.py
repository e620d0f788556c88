"""GraphQL as text. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from weaviate_gen.rest.api.graphql import post

from weaviate_hl.op import RestOp
from weaviate_hl.values.results import RawGQLReturn

if TYPE_CHECKING:
    from weaviate_gen.rest import bodies


def raw(query: str) -> RestOp[RawGQLReturn]:
    """A query in GraphQL."""
    return RestOp(post.request(body={"query": query}), post.parse, "A GraphQL query", idempotent=True).then(_read)


def _read(told: bodies.GraphQLResponse) -> RawGQLReturn:
    data: dict[str, Any] = dict(told.get("data") or {})
    aggregate, explore, get = (data.get(name) or {} for name in ("Aggregate", "Explore", "Get"))
    return RawGQLReturn(aggregate, explore, get, cast("list[dict[str, Any]] | None", told.get("errors")))
