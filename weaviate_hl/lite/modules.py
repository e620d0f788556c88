"""The modules that lite has: a filesystem for backups, the two dummies, and vectorizers registered as functions."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from weaviate_hl.lite.catalogue import Collection, Target
from weaviate_hl.lite.errors import LiteError, Refusal
from weaviate_hl.lite.search.hashing import embed
from weaviate_hl.lite.settings import Settings
from weaviate_hl.lite.vectors import from_numbers

Json = dict[str, Any]

Vectorizer = Callable[[list[str]], Sequence[Sequence[float]]]
"""From texts to one vector for each."""

BACKUP, GENERATIVE, RERANKER = "backup-filesystem", "generative-dummy", "reranker-dummy"
HASHING = "text2vec-lite"
"""The vectorizer that is always there, and that stands in for these two where settings name them."""
_STAND_IN = ("text2vec-contextionary", "text2vec-bigram")
BUILT_IN = (BACKUP, GENERATIVE, RERANKER, HASHING, *_STAND_IN)


class Modules:
    """Which modules are enabled, and what those that vectorize do."""

    def __init__(self, settings: Settings, vectorizers: Mapping[str, Vectorizer]) -> None:
        hashing = [HASHING, *(name for name in _STAND_IN if name in settings.enable_modules)]
        self.vectorizers = {**dict.fromkeys(hashing, embed), **vectorizers}
        self.enabled = {*settings.enable_modules, *self.vectorizers}
        for name in settings.enable_modules:
            if name not in BUILT_IN and name not in vectorizers:
                raise LiteError(
                    f"ENABLE_MODULES names {name}: lite has {', '.join(BUILT_IN)}, and vectorizers that are "
                    "registered as functions, Engine(vectorizers={name: function})"
                )
        self.default = settings.default_vectorizer_module
        if self.default not in ("none", *self.vectorizers):
            raise LiteError(f"DEFAULT_VECTORIZER_MODULE names {self.default}, but no such vectorizer is registered")
        if BACKUP in self.enabled and not settings.backup_filesystem_path:
            raise LiteError(f"{BACKUP} needs BACKUP_FILESYSTEM_PATH")
        self._settings = settings

    def meta(self) -> Json:
        """What REST says of the modules; lite says here what it is."""
        shown: Json = {name: {} for name in sorted(self.enabled)}
        if BACKUP in shown:
            shown[BACKUP] = {"backupsPath": self._settings.backup_filesystem_path}
        return {"lite": {"name": "weaviate_hl lite: a small engine in Python, not a Weaviate server"}, **shown}

    def embed(self, target: Target, texts: list[str]) -> list[bytes | Refusal]:
        """For each text its vector, or why there is none: the target's vectorizer may be a user's own, and fail.

        One that fails with several texts gets them again one by one, and then fails only with those it cannot do.
        """
        if not texts:
            return []
        name = target.vectorizer
        try:
            made = list(self.vectorizers[name](texts))
            if len(made) != len(texts):
                raise Refusal(f"it gave {len(made)} vectors for {len(texts)} texts")
        except Exception as error:
            if len(texts) > 1:
                return [vector for text in texts for vector in self.embed(target, [text])]
            reason = error.text if isinstance(error, Refusal) else f"{type(error).__name__}: {error}"
            return [Refusal(f"{name} failed: {reason}", 500)]
        return [_checked(name, vector) for vector in made]

    def vectorizes(self, target: Target) -> bool:
        """Whether the target's vectors are made here; a class may be older than the settings."""
        if target.vectorizer != "none" and target.vectorizer not in self.vectorizers:
            raise Refusal(f"vectorizer: no module with name {target.vectorizer!r} present", 500)
        return target.vectorizer != "none"


def _checked(name: str, made: Any) -> bytes | Refusal:
    """What a vectorizer made as a vector, or what is wrong with it."""
    try:
        numbers = array("f", () if isinstance(made, (str, bytes, bytearray)) else made)
    except (TypeError, ValueError, OverflowError):
        return Refusal(f"{name} failed: vectors must be lists of numbers", 500)
    if not numbers or not isfinite(sum(numbers)):  # which is none if one of them is none
        return Refusal(f"{name} failed: vectors must have numbers, all of them finite", 500)
    return from_numbers(numbers)


def corpus(collection: Collection, target: Target, properties: Mapping[str, Any]) -> str:
    """The text of an object that its vector is made from: the class's name, then texts in the order of their names."""
    module = target.module
    parts = [_spaced(collection.name)] if module.get("vectorizeClassName", True) else []
    sources = module.get("properties")
    for name in sorted(properties):
        prop, value = collection.properties.get(name), properties[name]
        if prop is None or prop.kind != "text" or (sources and name not in sources):
            continue
        settings = (prop.config.get("moduleConfig") or {}).get(target.vectorizer) or {}
        if settings.get("skip"):
            continue
        for text in value if prop.is_list else [value]:
            label = f"{_spaced(name)} " if settings.get("vectorizePropertyName") else ""
            parts.append(f"{label}{text.lower()}")
    return " ".join(parts or [_spaced(collection.name)])


def _spaced(name: str) -> str:
    """`ThingName` as `thing name`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
