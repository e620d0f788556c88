"""What scenarios are made of: how to write one, who answers it, and when two answers are the same.

    @scenario("objects")
    def an_id_is_taken_once(it: It) -> None:
        it.create(t="text")
        it.post("/objects", {"class": C, "id": uuid(1)})
        it.post("/objects", {"class": C, "id": uuid(1)})

`create` and `insert` prepare, and must succeed; everything else is a question, whose answer counts. A scenario runs
anew for lite and for a server; its answers are compared with those that `pytest tests/congruence --record` wrote down.
"""

from __future__ import annotations

import http.client
import json
import math
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from google.protobuf.json_format import MessageToDict
from weaviate_gen.grpc.v1 import aggregate_pb2, batch_delete_pb2, batch_pb2, search_get_pb2, tenants_pb2

from weaviate_hl import grpc_web
from weaviate_hl.lite import Code, Engine, RpcError

Json = Any
RECORDED = Path(__file__).parent / "recorded"
C, D, TENANTED = "CgThing", "CgOther", "CgTenanted"

_SHARED = {"QUERY_DEFAULTS_LIMIT": "25", "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "true"}
_DUMMIES = "generative-dummy,reranker-dummy,backup-filesystem"
WORLDS: Mapping[str, Mapping[str, str]] = {
    "main": {
        **_SHARED,
        "AUTOSCHEMA_ENABLED": "false",
        "ENABLE_MODULES": _DUMMIES,
        "OBJECTS_TTL_DELETE_SCHEDULE": "@every 12h",
    },
    "auto": {**_SHARED, "AUTOSCHEMA_ENABLED": "true"},
    "keys": {
        "AUTHENTICATION_APIKEY_ENABLED": "true",
        "AUTHENTICATION_APIKEY_ALLOWED_KEYS": "write-key,read-key,no-key",
        "AUTHENTICATION_APIKEY_USERS": "writer,reader,nobody",
        "AUTHORIZATION_ADMINLIST_ENABLED": "true",
        "AUTHORIZATION_ADMINLIST_USERS": "writer",
        "AUTHORIZATION_ADMINLIST_READONLY_USERS": "reader",
    },
}
"""The settings under which scenarios run, the same for lite and for a server."""


PANIC = "A request that makes the server panic"
"""Why lite differs in many places."""


# Who answers.


class Answering(Protocol):
    """Lite or a server."""

    def rest(self, method: str, path: str, query: Mapping[str, str], body: Json, key: str) -> tuple[int, Json]: ...

    def rpc(self, name: str, request: Any, reply: type[Any], key: str) -> Any:
        """The reply; raises `RpcError`."""


class Lite:
    """An engine in this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rest(self, method: str, path: str, query: Mapping[str, str], body: Json, key: str) -> tuple[int, Json]:
        status, _, answer = self._engine.rest(method, path, query, body, _headers(key))
        return status, json.loads(json.dumps(answer))

    def rpc(self, name: str, request: Any, reply: type[Any], key: str) -> Any:
        return self._engine.rpc(name, request, _headers(key))


class Server:
    """A real server, asked over HTTP (rpcs as gRPC-web)."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._connection = http.client.HTTPConnection(*address, timeout=60)

    def rest(self, method: str, path: str, query: Mapping[str, str], body: Json, key: str) -> tuple[int, Json]:
        url = f"{path}?{urlencode(query)}" if query else path
        content = None if body is None else json.dumps(body)
        headers = {"content-type": "application/json", **_headers(key)}
        status, _, answer = self._ask(method, url, content, headers)
        return status, json.loads(answer) if answer.strip() else None

    def rpc(self, name: str, request: Any, reply: type[Any], key: str) -> Any:
        url, headers = f"/v1/grpc-web/weaviate.v1.Weaviate/{name}", {**dict(grpc_web.HEADERS), **_headers(key)}
        _, answered, body = self._ask("POST", url, grpc_web.frame(request.SerializeToString()), headers)
        message, code, text, _ = grpc_web.read(answered, body)
        if code != "OK":
            raise RpcError(Code[code], text)
        return reply.FromString(message)

    def _ask(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        self._connection.request(method, url, body, headers)
        response = self._connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()

    def close(self) -> None:
        self._connection.close()


def _headers(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


# Writing scenarios.


@dataclass(frozen=True)
class Scenario:
    area: str
    name: str
    world: str
    ask: Callable[[It], None]

    @property
    def id(self) -> str:
        return f"{self.area}: {self.name}"


SCENARIOS: dict[str, Scenario] = {}


def scenario(area: str, world: str = "main") -> Callable[[Callable[[It], None]], None]:
    """Register a scenario; its name is that of its function."""

    def register(ask: Callable[[It], None]) -> None:
        _add(Scenario(area, ask.__name__.strip("_").replace("_", " "), world, ask))

    return register


def each(area: str, cases: Mapping[str, Any], world: str = "main") -> Callable[[Callable[[It, Any], None]], None]:
    """Register a scenario for each of several cases; the function gets the case."""

    def register(ask: Callable[[It, Any], None]) -> None:
        for name, case in cases.items():
            _add(Scenario(area, name, world, partial(_ask_with, ask, case)))

    return register


def _ask_with(ask: Callable[[It, Any], None], case: Any, it: It) -> None:
    ask(it, case)


def _add(new: Scenario) -> None:
    assert new.id not in SCENARIOS, f"two scenarios are called {new.id}"
    SCENARIOS[new.id] = new


class It:
    """Whoever is asked; keeps the answers."""

    def __init__(self, world: Answering, recorded: list[Json] | None = None) -> None:
        self._world = world
        self._recorded = recorded
        self.answers: list[Json] = []
        self.key = ""
        """The API key to ask with."""
        self.on_purpose: dict[int, str] = {}
        """Why lite's answer to a question is another one than the server's, by the position of the question."""

    # Questions.

    def rest(
        self, method: str, path: str, body: Json = None, *, show: Any = None, words: bool = True, **query: Any
    ) -> Json:
        """Ask over REST; `path` without `/v1`.

        `show` picks what counts of the body of a success; without `words` the text of a refusal does not.
        """
        texts = {name.rstrip("_"): str(value) for name, value in query.items()}
        status, answer = self._world.rest(method, f"/v1{quote(path, safe='/%')}", texts, body, self.key)
        shown = (words and _refusal(answer)) if status >= 400 else show(answer) if show else answer
        self.answers.append([status, plain(shown)])
        return answer

    def get(self, path: str, **more: Any) -> Json:
        return self.rest("GET", path, **more)

    def post(self, path: str, body: Json = None, **more: Any) -> Json:
        return self.rest("POST", path, {} if body is None else body, **more)

    def put(self, path: str, body: Json, **more: Any) -> Json:
        return self.rest("PUT", path, body, **more)

    def patch(self, path: str, body: Json, **more: Any) -> Json:
        return self.rest("PATCH", path, body, **more)

    def delete(self, path: str, body: Json = None, **more: Any) -> Json:
        return self.rest("DELETE", path, body, **more)

    def rpc(self, name: str, *, show: Any = None, **fields: Any) -> None:
        """Ask by an rpc; messages inside are dicts."""
        request, reply = _TYPES[name]
        try:
            answer = self._world.rpc(name, request(**fields), reply, self.key)
        except RpcError as error:
            self.answers.append({"error": _masked(error.text), "code": error.code.name})
            return
        shown = plain(MessageToDict(answer, preserving_proto_field_name=True))
        shown.get("errors", []).sort(key=lambda error: error.get("index", 0))
        self.answers.append(show(shown) if show else shown)

    def search(self, collection: str = C, *, show: Any = None, **fields: Any) -> None:
        """Ask for objects; without properties and with all metadata unless `fields` say otherwise."""
        fields.setdefault("metadata", {"uuid": True, "score": True, "distance": True, "certainty": True})
        fields.setdefault("properties", {})
        self.rpc("Search", collection=collection, uses_127_api=True, show=show, **fields)

    def ids(self, collection: str = C, *, ordered: bool = True, **fields: Any) -> None:
        """Ask which objects are found."""
        self.search(collection, show=_ids if ordered else lambda reply: sorted(_ids(reply)), **fields)

    def differs(self, why: str) -> None:
        """Say that lite answers the next question in another way on purpose; `docs/lite.md` tells so too."""
        self.on_purpose[len(self.answers)] = why

    def cases(self, make: Callable[[], list[Json]]) -> list[Json]:
        """Questions made by chance: new ones for a recording, else those that were recorded."""
        cases: list[Json] = self._recorded[0] if self._recorded else json.loads(json.dumps(make()))
        self.answers.append(cases)
        return cases

    # Preparations.

    def create(self, name: str = C, **more: Any) -> None:
        """A class without a vectorizer: properties by their data types (or definitions), settings in camel case."""
        properties = [
            {"name": key, **(given if isinstance(given, dict) else {"dataType": [given]})}
            for key, given in more.items()
            if key not in _SETTINGS
        ]
        settings = {key: given for key, given in more.items() if key in _SETTINGS}
        if "vectorConfig" not in settings:
            settings.setdefault("vectorizer", "none")
        self._must("POST", "/schema", {"class": name, "properties": properties, **settings})

    def insert(self, name: str, objects: Mapping[int, Json], tenant: str = "") -> None:
        """Objects by their numbers, one after the other: properties, and under `vector` or `vectors` these."""
        for n, given in objects.items():
            body = {"class": name, "id": uuid(n), **({"tenant": tenant} if tenant else {})}
            vectors = {key: given[key] for key in ("vector", "vectors") if key in given}
            properties = {key: value for key, value in given.items() if key not in vectors}
            self._must("POST", "/objects", {**body, **vectors, "properties": properties})

    def tenants(self, *names: str, **more: Any) -> None:
        """A class with tenants."""
        more.setdefault("multiTenancyConfig", {"enabled": True})
        self.create(TENANTED, **more)
        self._must("POST", f"/schema/{TENANTED}/tenants", [{"name": name} for name in names])

    def _must(self, method: str, path: str, body: Json) -> None:
        status, answer = self._world.rest(method, f"/v1{path}", {}, body, self.key)
        assert status == 200, (status, answer)


_SETTINGS = {
    "description",
    "invertedIndexConfig",
    "moduleConfig",
    "multiTenancyConfig",
    "objectTtlConfig",
    "replicationConfig",
    "shardingConfig",
    "vectorConfig",
    "vectorIndexConfig",
    "vectorIndexType",
    "vectorizer",
}
_TYPES = {
    "Search": (search_get_pb2.SearchRequest, search_get_pb2.SearchReply),
    "Aggregate": (aggregate_pb2.AggregateRequest, aggregate_pb2.AggregateReply),
    "BatchObjects": (batch_pb2.BatchObjectsRequest, batch_pb2.BatchObjectsReply),
    "BatchReferences": (batch_pb2.BatchReferencesRequest, batch_pb2.BatchReferencesReply),
    "BatchDelete": (batch_delete_pb2.BatchDeleteRequest, batch_delete_pb2.BatchDeleteReply),
    "TenantsGet": (tenants_pb2.TenantsGetRequest, tenants_pb2.TenantsGetReply),
}


# Messages in few words.

_OPERATORS = {
    name: number
    for number, name in enumerate(
        "= != > >= < <= And Or WithinGeoRange Like IsNull ContainsAny ContainsAll ContainsNone Not".split(), 1
    )
}


def where(target: Any, operator: str, value: Any) -> Json:
    """A filter; the target is the name of a property, or a dict for something else."""
    return {
        "operator": _OPERATORS[operator],
        "target": {"property": target} if isinstance(target, str) else target,
        **_value(value),
    }


def join(operator: str, *operands: Json) -> Json:
    return {"operator": _OPERATORS[operator], "filters": list(operands)}


def _value(value: Any) -> Json:
    kinds: dict[type, str] = {str: "text", bool: "boolean", int: "int", float: "number"}
    if isinstance(value, list):
        return {f"value_{kinds[type(value[0])] if value else 'text'}_array": {"values": value}}
    if isinstance(value, dict):
        return {"value_geo": value}
    return {f"value_{kinds[type(value)]}": value}


def floats(*numbers: float) -> bytes:
    return struct.pack(f"<{len(numbers)}f", *numbers)


def vector(*numbers: float, name: str = "") -> Json:
    return {"name": name, "vector_bytes": floats(*numbers), "type": 1}


def matrix(*rows: tuple[float, ...], name: str = "") -> Json:
    """A multi-vector."""
    data = struct.pack("<H", len(rows[0])) + b"".join(floats(*row) for row in rows)
    return {"name": name, "vector_bytes": data, "type": 2}


def near(*numbers: float, **more: Any) -> Json:
    return {"vectors": [vector(*numbers)], **more}


def uuid(n: int) -> str:
    return f"{_ZEROS}{n:02d}"


_ZEROS = "00000000-0000-0000-0000-0000000000"


def _ids(reply: Json) -> list[str]:
    return [result["metadata"]["id"] for result in reply.get("results", ())]


# What of an answer counts.

_TIMES = ("creationTimeUnix", "lastUpdateTimeUnix", "creation_time_unix", "last_update_time_unix")
_MASKS = (
    (re.compile(r'\bshard[= ]("[^"]*"|[A-Za-z0-9]{12}\b)'), "shard *"),
    (re.compile(r"\b(cg[a-z]+)_[A-Za-z0-9]+"), r"\1_*"),
    (re.compile(r"(auto-schema feature on).*"), r"\1 *"),
    (re.compile(_ZEROS), "#"),
    (re.compile(r"(named vectors |not allowed, but )\[.*?\]"), r"\1[*]"),  # in any order
    (re.compile(r", path: .*"), ""),
    (re.compile(r"\xa0"), " "),  # which protobuf puts here and there
    (re.compile(r"for input $"), "for input"),
)


def plain(value: Json, key: str = "") -> Json:
    """An answer without what differs from run to run, and short."""
    if isinstance(value, dict):
        return {name: plain(item, name) for name, item in sorted(value.items()) if not _drop(name, item)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if key == "explain_score":
        return sorted(value.split(", "))
    if key in _TIMES:
        return "*"
    return _masked(value) if isinstance(value, str) else value


def _drop(name: str, value: Json) -> bool:
    return name in ("took", "id_as_bytes") or (name == "generative_grouped_result" and value == "")


def _masked(text: str) -> str:
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text


def _refusal(answer: Json) -> Json:
    """The words of a refusal, in either form that the server has for them."""
    if isinstance(answer, dict) and answer.get("error"):
        return answer["error"][0]["message"]
    return answer


def difference(expected: Json, found: Json, where: str = "") -> str:
    """The first place where two answers differ, `""` if they are the same: floats to 1e-5, texts by their gist."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in sorted(expected.keys() | found.keys()):
            if name not in expected or name not in found:
                whose, value = ("server", expected) if name in expected else ("other", found)
                return f"{where}.{name}: only the {whose} has it: {value[name]!r}"
            if text := difference(expected[name], found[name], f"{where}.{name}"):
                return text
        return ""
    if isinstance(expected, list) and isinstance(found, list):
        for i, (one, other) in enumerate(zip(expected, found, strict=False)):
            if text := difference(one, other, f"{where}[{i}]"):
                return text
        if len(expected) == len(found):
            return ""
    elif isinstance(expected, bool) or isinstance(found, bool):
        if expected is found:
            return ""
    elif isinstance(expected, float | int) and isinstance(found, float | int):
        if math.isclose(expected, found, rel_tol=1e-5, abs_tol=1e-6):
            return ""
    elif expected == found or (isinstance(expected, str) and isinstance(found, str) and _same_gist(expected, found)):
        return ""
    return f"{where}: expected {expected!r}, found {found!r}"


def _same_gist(expected: str, found: str) -> bool:
    """Whether two refusals have the same cause: what comes last, behind the layers that passed it on.

    Lite may leave out layers, say less of a cause, and add its own words after the server's.
    """
    return any(one.startswith(other) or other.startswith(one) for one in _causes(expected) for other in _causes(found))


def _causes(text: str) -> list[str]:
    """A refusal without the first of its layers, without the first two, ...; what is left must say something."""
    layers = re.split(": | err:", text)
    tails = [": ".join(layers[i:]) for i in range(len(layers))]
    return [tail for tail in tails if len(tail) >= 15]
