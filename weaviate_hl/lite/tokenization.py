"""Tokenisation over REST: how a text is cut, for any settings or for those of a property."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weaviate_hl.lite.catalogue import analyzer
from weaviate_hl.lite.errors import Refusal, not_found
from weaviate_hl.lite.router import Call, check_fields, one_of, rest
from weaviate_hl.lite.schema_rules import TOKENIZATIONS
from weaviate_hl.lite.search.text import PRESETS, Analyzer, refusal

if TYPE_CHECKING:
    from weaviate_hl.lite.engine import Engine

Json = dict[str, Any]

_MOST = 10_000


def _tokens(cut: Analyzer, text: str) -> Json:
    if len(text) > _MOST:
        raise Refusal(f"text exceeds maximum allowed length of {_MOST:,} characters")
    return {"indexed": cut.index(text), "query": cut.query(text)}


@rest("tokenize", "tokenize")
def tokenize(engine: Engine, call: Call) -> Json:
    body = call.body
    check_fields(body, "TokenizeRequest", (("text", "string"), ("tokenization", "string")))
    for key in ("text", "tokenization"):
        if body.get(key) is None:
            raise Refusal(f"{key} in body is required", code=602)
    tokenization = body["tokenization"]
    one_of(tokenization, "tokenization", "body", TOKENIZATIONS)
    if refusal(tokenization):
        raise Refusal(f"unsupported tokenization strategy: {tokenization}")
    stop, presets = body.get("stopwords"), body.get("stopwordPresets") or {}
    if stop and presets:
        raise Refusal("stopwords and stopwordPresets are mutually exclusive; pass only one")
    options = body.get("analyzerConfig") or {}
    wanted = [options.get("stopwordPreset"), (stop or {}).get("preset")]
    for preset in filter(None, wanted):
        if preset not in PRESETS and preset not in presets:
            raise Refusal(f'unknown stopword preset "{preset}"')
    if options.get("asciiFoldIgnore") and not options.get("asciiFold"):
        raise Refusal("asciiFoldIgnore requires asciiFold to be enabled")
    collection = {"invertedIndexConfig": {"stopwords": stop, "stopwordPresets": presets}}
    cut = analyzer({"tokenization": tokenization, "textAnalyzer": options}, collection)
    tokens = _tokens(cut, body["text"])
    if options.get("stopwordPreset"):  # then they are left out whatever the tokenisation
        tokens["query"] = [token for token in tokens["query"] if token not in cut.stopwords]
    return tokens


@rest("schema", "objects_properties_tokenize")
def tokenize_property(engine: Engine, call: Call) -> Json:
    collection = engine.catalogue.find(call.text("className"))
    name = call.text("propertyName").lower()
    known = collection.properties.values() if collection else ()
    prop = next((prop for prop in known if prop.name.lower() == name), None)
    if prop is None:
        raise not_found()
    if prop.kind != "text":
        raise Refusal("tokenization is not enabled for this property")
    return _tokens(prop.analyzer, call.body.get("text") or "")
