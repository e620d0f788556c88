"""The settings of vector indexes, as tables: what is filled in, what is refused, what may change later.

Most are checked, kept and shown, and have no effect; search/approximate.py reads those that it has a use for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from weaviate_hl.lite.errors import Refusal

Json = dict[str, Any]

_QUANTIZER = {"enabled": False, "rescoreLimit": -1, "cache": False}
_TRACKED = {"skipDefaultQuantization": False, "trackDefaultQuantization": False}
_CACHE = 1_000_000_000_000

HNSW: Json = {
    "skip": False,
    "cleanupIntervalSeconds": 300,
    "maxConnections": 32,
    "efConstruction": 128,
    "ef": -1,
    "dynamicEfMin": 100,
    "dynamicEfMax": 500,
    "dynamicEfFactor": 8,
    "vectorCacheMaxObjects": _CACHE,
    "flatSearchCutoff": 40000,
    "distance": "cosine",
    "pq": {
        "enabled": False,
        "bitCompression": False,
        "segments": 0,
        "centroids": 256,
        "trainingLimit": 100000,
        "encoder": {"type": "kmeans", "distribution": "log-normal"},
    },
    "bq": {"enabled": False},
    "sq": {"enabled": False, "trainingLimit": 100000, "rescoreLimit": 20},
    "rq": {"enabled": False, "bits": 8, "rescoreLimit": 20},
    "filterStrategy": "acorn",
    "multivector": {
        "enabled": False,
        "muvera": {"enabled": False, "ksim": 4, "dprojections": 16, "repetitions": 10},
        "aggregation": "maxSim",
    },
    **_TRACKED,
}
FLAT: Json = {
    "distance": "cosine",
    "vectorCacheMaxObjects": _CACHE,
    "pq": _QUANTIZER,
    "bq": _QUANTIZER,
    "sq": _QUANTIZER,
    "rq": {**_QUANTIZER, "bits": 8},
    **_TRACKED,
}
HFRESH: Json = {
    "maxPostingSizeKB": 48,
    "replicas": 4,
    "searchProbe": 256,
    "distance": "cosine",
    "rq": {"enabled": True, "bits": 1, "rescoreLimit": 350},
}
_DEFAULTS = {"hnsw": HNSW, "flat": FLAT, "hfresh": HFRESH}
DISTANCES = ("cosine", "dot", "l2-squared", "manhattan", "hamming")


def complete(index_type: str, given: object) -> Json:
    """The settings of an index with everything filled in.

    Raises:
        Refusal: A setting is out of its range, or lite has no such index.
    """
    if index_type == "dynamic":
        raise Refusal("the dynamic index can only be created when async indexing is enabled")
    if index_type not in _DEFAULTS:
        raise Refusal(f'unrecognized or unsupported vectorIndexType "{index_type}"')
    given = given if isinstance(given, dict) else {}
    config = _fill(_DEFAULTS[index_type], given)
    try:
        _CHECKS[index_type](config, given)
    except _Invalid as problem:
        raise Refusal(f"parse vector index config: {problem}") from None
    if config["distance"] not in DISTANCES:
        listed = '["cosine", "dot", "l2-squared", "manhattan","hamming"]'
        raise Refusal(f"unrecognized distance metric {json.dumps(config['distance'])},choose one of {listed}")
    return config


def _fill(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> Json:
    """The known settings: as given if the type is right, else as the server's parser leaves them (0, false)."""
    config: Json = {}
    for name, default in defaults.items():
        value = given.get(name)
        if isinstance(default, dict):
            config[name] = _fill(default, _part(given, name))
        elif value is None:
            config[name] = default
        elif isinstance(default, bool):
            config[name] = value is True
        elif isinstance(default, int):
            config[name] = int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
        else:
            config[name] = value
    return config


def _part(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A group of settings; nothing if what is given is none."""
    part = given.get(name)
    return part if isinstance(part, dict) else {}


class _Invalid(ValueError):
    pass


def _check_hnsw(config: Json, given: Json) -> None:
    rq, pq = config["rq"], config["pq"]
    if rq["enabled"] and rq["bits"] not in (1, 8):
        raise _Invalid("RQ bits must be 8 or 1")
    if rq["bits"] == 1 and "rescoreLimit" not in _part(given, "rq"):
        rq["rescoreLimit"] = 512
    for name, known in (("type", ("kmeans", "tile")), ("distribution", ("log-normal", "normal"))):
        if pq["encoder"][name] not in known:
            raise _Invalid(f"invalid encoder {name} {pq['encoder'][name]}")
    muvera = config["multivector"]["muvera"]
    problems = {
        "maxConnections must be a positive integer with a minimum of 4": config["maxConnections"] < 4,
        "maxConnections must be less than 2048": config["maxConnections"] > 2047,
        "efConstruction must be a positive integer with a minimum of 4": config["efConstruction"] < 4,
        "filterStrategy must be either 'sweeping' or 'acorn'": config["filterStrategy"] not in ("sweeping", "acorn"),
        "more than a single compression methods enabled": sum(config[name]["enabled"] for name in _COMPRESSIONS) > 1,
        "ksim must be at most 10": muvera["enabled"] and muvera["ksim"] > 10,
    }
    _raise_first("invalid hnsw config: ", problems)


_COMPRESSIONS = ("pq", "bq", "sq", "rq")


def _check_flat(config: Json, given: Json) -> None:
    for name in ("pq", "sq"):
        if config[name]["enabled"]:
            raise _Invalid(f"{name.upper()} is not currently supported for flat indices")
    if config["rq"]["enabled"] and config["rq"]["bits"] not in (1, 8):
        raise _Invalid("RQ bits must be either 1 or 8")
    if config["bq"]["enabled"] and config["rq"]["enabled"]:
        raise _Invalid("cannot enable multiple quantization methods at the same time")


def _check_hfresh(config: Json, given: Json) -> None:
    for name in ("pq", "bq", "sq"):
        if _part(given, name).get("enabled"):
            raise _Invalid(f"{name} is not supported for hfresh index (only rq-1 is supported)")
    if not config["rq"]["enabled"] or config["rq"]["bits"] != 1:
        raise _Invalid("hfresh only supports rq")
    distance, size, replicas = config["distance"], config["maxPostingSizeKB"], config["replicas"]
    only = "HFresh only supports 'cosine' or 'l2-squared' for the distance metric"
    problems = {
        f"unsupported distance type '{distance}', {only}": distance not in ("cosine", "l2-squared"),
        f"maxPostingSizeKB is '{size}' but must be at least 8": size < 8,
        f"maxPostingSizeKB is '{size}' but must be less than 1024": size > 1024,
        f"replicas is '{replicas}' but must be less than 10": replicas > 10,
    }
    _raise_first("invalid hfresh config: ", problems)


def _raise_first(prefix: str, problems: Mapping[str, bool]) -> None:
    for text, found in problems.items():
        if found:
            raise _Invalid(prefix + text)


_CHECKS = {"hnsw": _check_hnsw, "flat": _check_flat, "hfresh": _check_hfresh}

# What cannot change once the class exists: the path to it, and how the server calls it.
_IMMUTABLE: dict[str, tuple[tuple[str, str], ...]] = {
    "hnsw": (
        ("efConstruction", "efConstruction"),
        ("maxConnections", "maxConnections"),
        ("cleanupIntervalSeconds", "cleanupIntervalSeconds"),
        ("distance", "distance"),
        ("multivector.enabled", "multivector enabled"),
        ("multivector.muvera.enabled", "muvera enabled"),
    ),
    "flat": (
        ("distance", "distance"),
        *((f"{name}.cache", f"{name}.cache") for name in _COMPRESSIONS),
        *((f"{name}.enabled", name) for name in _COMPRESSIONS),
    ),
    "hfresh": (("distance", "distance"), ("replicas", "replicas")),
}


def check_update(index_type: str, old: Json, new: Json) -> None:
    """Refuse a change of what cannot change."""
    for path, label in _IMMUTABLE[index_type]:
        before, after = _at(old, path), _at(new, path)
        if before != after:
            raise Refusal(f'{label} is immutable: attempted change from "{_go(before)}" to "{_go(after)}"')


def _at(config: Any, path: str) -> Any:
    for key in path.split("."):
        config = config[key]
    return config


def _go(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
