"""What happens to results after a search: reranking and generating by the dummy modules, and the query's profile."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal, refuse_if
from weaviate_hl.lite.modules import GENERATIVE, RERANKER
from weaviate_hl.lite.results import Found, Selection
from weaviate_hl.lite.status import NODE
from weaviate_hl.lite.values import show

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1 import search_get_pb2 as pb


def _has(engine: Engine, selection: Selection, module: str) -> bool:
    """Whether a module is enabled, and the collection uses it."""
    return module in engine.modules.enabled and module in (selection.collection.config.get("moduleConfig") or {})


# Reranking.


def check_rerank(engine: Engine, selection: Selection, request: pb.Rerank) -> None:
    """Refuse to rerank without a module for it; the property that is looked at is shown as well."""
    refuse_if(not _has(engine, selection, RERANKER), "explorer: list class: extend: unknown capability: rerank")
    selection.with_property(request.property)


def rerank(found: list[Found], request: pb.Rerank) -> None:
    """Score results as the dummy does, by the length of a property's text, and sort them by it."""
    for item in found:
        value = item.properties.get(request.property)
        item.rerank = float(len(value)) if isinstance(value, str) else 0.0
    found.sort(key=lambda item: -(item.rerank or 0.0))


# Generating.

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Generation:
    """What a request wants generated, by the dummy: for each result, for all together, or both."""

    def __init__(self, engine: Engine, selection: Selection, request: pb.SearchRequest) -> None:
        message = request.generative
        self._new = request.uses_127_api
        if self._new:
            self._single, self._task = message.single.prompt, message.grouped.task
            self._names = list(message.grouped.properties.values)
        else:
            self._single, self._task = message.single_response_prompt, message.grouped_response_task
            self._names = list(message.grouped_properties)
        queries = (*message.single.queries, *message.grouped.queries)
        kinds = {query.WhichOneof("kind") or "dummy" for query in queries}
        if others := sorted(kinds - {"dummy"}):
            named = ", ".join(f"generative-{kind}" for kind in others)
            raise Refusal(f"explorer: list class: extend: extend generate: client not found, provider: {named}")
        refuse_if(any(query.return_metadata for query in queries), "provider: , not supported")
        if not _has(engine, selection, GENERATIVE):
            raise Refusal("explorer: list class: extend: extend generate: client not found, empty provider")
        # What goes into a prompt is shown as well.
        for name in (*_PLACEHOLDER.findall(self._single), *self._names):
            selection.with_property(name)
        if self._task and not self._names:
            for name in selection.collection.properties:
                selection.with_property(name)

    def run(self, found: Sequence[Found], reply: pb.SearchReply) -> None:
        """Generate; what is for all results goes into the reply at once."""
        if self._single:
            for item in found:
                item.generated = _PLACEHOLDER.sub(lambda match, own=item: _value(own, match[1]), self._single)  # type: ignore[misc]
        if not self._task or not found:
            return
        objects = [self._texts(item) for item in found]
        prompt = f"{self._task}: {json.dumps(objects, ensure_ascii=False, separators=(',', ':'))}"
        if self._new:
            reply.generative_grouped_results.values.add(result=_dummy(prompt))
        else:
            reply.generative_grouped_result = _dummy(prompt)

    def _texts(self, item: Found) -> Mapping[str, str]:
        names = self._names or item.properties
        return {name: _shown(item.properties[name]) for name in sorted(names) if name in item.properties}

    def fill(self, message: pb.SearchResult, item: Found) -> None:
        """Write what was generated for one result."""
        if not self._new:
            if item.generated is not None:
                message.metadata.generative, message.metadata.generative_present = _dummy(item.generated), True
            return
        value = message.generative.values.add()  # empty if only all together were asked for, as the server does
        if item.generated is not None:
            value.result = _dummy(item.generated)


def _value(item: Found, name: str) -> str:
    value = item.properties.get(name)
    if value in (None, ""):
        how = "Make sure you spell the property name correctly, verify that the property exists and has a value"
        reason = f"Following property has empty value: '{name}'. {how}"
        raise Refusal(f"explorer: list class: extend: extend generate: {reason}")
    return _shown(value)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else show(value)


def _dummy(prompt: str) -> str:
    wish = f"You want me to generate something based on the following prompt: {prompt}. With settings: ."
    return f"{wish} I'm sorry, I'm just a dummy and can't generate anything."


# The profile.


def profile(engine: Engine, request: pb.SearchRequest, reply: pb.SearchReply, seconds: float) -> None:
    """How long the query took, under the names that the server uses; lite knows only the whole."""
    collection = engine.catalogue.need(request.collection)
    name = request.tenant or collection.only_shard().name
    shard = reply.query_profile.shards.add(name=f"{collection.name.lower()}_{name}", node=NODE)
    took = f"{seconds * 1e6:.3f}µs"
    details: dict[str, dict[str, str]] = {}
    if any(request.HasField(kind) for kind in ("near_vector", "near_object", "near_text", "hybrid_search")):
        details["vector"] = {"vector_search_took": took, "hnsw_flat_search": "true"}
    if request.HasField("bm25_search") or request.HasField("hybrid_search"):
        found = str(len(reply.results))
        details["keyword"] = {"kwd_time": took, "kwd_6_res_count": found, "kwd_method": "blockmaxwand"}
    for kind, values in (details or {"object": {}}).items():
        shard.searches[kind].details.update({"total_took": took, **values})
