"""The engine as a whole: routes, keys, settings, and a data file that survives."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from lite_kit import Lite, Start, uuid, where
from weaviate_gen.grpc.v1 import tenants_pb2
from weaviate_gen.rest.api import operations

from weaviate_hl.lite import Code, Engine, LiteError, RpcError, router
from weaviate_hl.lite import storage as storage_module

IN_PROCESS = pytest.mark.parametrize("start", ["in process"], indirect=True)
"""For tests of what requests over sockets cannot ask."""


def test_every_handler_belongs_to_an_operation() -> None:
    assert set(router.REST) <= {(operation.tag, operation.name) for operation in operations()}


def test_an_operation_without_handler_is_refused_by_name(lite: Lite) -> None:
    for operation in operations():
        if (operation.tag, operation.name) not in router.REST:
            path = operation.path.removeprefix("/v1")
            query = {parameter.name: "x" for parameter in operation.parameters if parameter.required}
            lists = (operation.body or "").endswith("s")
            status, text = lite.refused(operation.method, path, [] if lists else operation.body and {}, **query)
            assert status == router.OFF.get(operation.tag, (501, ""))[0]
            assert operation.id in text


@pytest.mark.parametrize(
    ("method", "path", "body", "answer"),
    [
        ("GET", "/foo", None, (404, "path /v1/foo was not found")),
        ("PUT", "/meta", None, (405, "method PUT is not allowed, but [GET] are")),
        ("POST", "/schema", None, (422, "body in body is required")),
        ("POST", "/objects", [], (400, "cannot unmarshal array into Go value of type models.Object")),
        (
            "POST",
            "/objects",
            {"class": 1},
            (400, "cannot unmarshal number into Go struct field Object.class of type string"),
        ),
        ("POST", "/objects", {"class": "A", "id": "nope"}, (422, 'id in body must be of type uuid: "nope"')),
        ("GET", "/objects/A/nope", None, (422, 'id in path must be of type uuid: "nope"')),
    ],
)
def test_what_the_interface_forbids(lite: Lite, method: str, path: str, body: object, answer: tuple[int, str]) -> None:
    status, text = lite.refused(method, path, body)
    assert status == answer[0]
    assert answer[1] in text


def test_numbers_in_the_query(lite: Lite) -> None:
    assert lite.refused("GET", "/objects", limit="a") == (422, 'limit in query must be of type int64: "a"')
    assert lite.refused("GET", "/objects", limit=-1)[0] == 422  # where the server panics


@IN_PROCESS
def test_unknown_rpc(lite: Lite) -> None:
    with pytest.raises(RpcError) as caught:
        lite.engine.rpc("Nope", None)
    assert caught.value.code is Code.UNIMPLEMENTED


def test_keys(start: Start) -> None:
    lite = start(
        AUTHENTICATION_APIKEY_ENABLED=True,
        AUTHENTICATION_APIKEY_ALLOWED_KEYS="one,two",
        AUTHENTICATION_APIKEY_USERS="ann,bob",
    )
    rest = lite.engine.rest
    assert rest("GET", "/v1/meta")[0] == 401
    assert rest("GET", "/v1/meta", headers={"Authorization": "Bearer three"})[0] == 401
    assert rest("GET", "/v1/.well-known/ready")[0] == 200
    own = rest("GET", "/v1/users/own-info", headers={"authorization": "Bearer two"})
    assert own[2]["username"] == "bob"
    request = tenants_pb2.TenantsGetRequest(collection="A")
    assert "invalid api key" in lite.failure("TenantsGet", request)
    with pytest.raises(RpcError, match="class not found"):
        lite.engine.rpc("TenantsGet", request, {"authorization": "Bearer one"})
    with pytest.raises(RpcError) as caught:
        list(lite.engine.stream("BatchStream", []))
    assert caught.value.code is Code.UNAUTHENTICATED


def test_a_key_where_none_is_wanted(lite: Lite) -> None:
    status, _, body = lite.engine.rest("GET", "/v1/meta", headers={"authorization": "Bearer x"})
    assert status == 401
    assert "no authentication scheme is configured" in body["message"]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"QUERY_DEFAULT_LIMIT": 5}, "does not know the setting QUERY_DEFAULT_LIMIT"),
        ({"QUERY_DEFAULTS_LIMIT": "many"}, "QUERY_DEFAULTS_LIMIT must be a whole number"),
        ({"QUERY_DEFAULTS_LIMIT": "\N{SUPERSCRIPT TWO}"}, "QUERY_DEFAULTS_LIMIT must be a whole number"),
        ({"AUTOSCHEMA_ENABLED": "perhaps"}, "AUTOSCHEMA_ENABLED must be true or false"),
        ({"ENABLE_MODULES": "text2vec-openai"}, "ENABLE_MODULES names text2vec-openai"),
        ({"DEFAULT_VECTORIZER_MODULE": "text2vec-openai"}, "DEFAULT_VECTORIZER_MODULE names text2vec-openai"),
        ({"ENABLE_MODULES": "backup-filesystem"}, "needs BACKUP_FILESYSTEM_PATH"),
        ({"AUTHENTICATION_APIKEY_ENABLED": "true"}, "AUTHENTICATION_APIKEY_ALLOWED_KEYS"),
        ({"AUTHENTICATION_APIKEY_ALLOWED_KEYS": "k"}, "protects nothing without AUTHENTICATION_APIKEY_ENABLED"),
        ({"AUTHORIZATION_ADMINLIST_READONLY_USERS": "bob"}, "protects nothing without AUTHORIZATION_ADMINLIST_ENABLED"),
        ({"OBJECTS_TTL_DELETE_SCHEDULE": "soon"}, "must be a schedule"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, object], text: str) -> None:
    with pytest.raises(LiteError, match=text):
        Engine(settings=settings, environ={})


def test_settings_of_the_environment() -> None:
    with Engine(environ={"QUERY_DEFAULTS_LIMIT": "3", "PATH": "/bin"}) as engine:
        assert engine.settings.query_defaults_limit == 3
    with pytest.raises(LiteError, match="AUTHENTICATION_OIDC_ENABLED"):
        Engine(environ={"AUTHENTICATION_OIDC_ENABLED": "true"})


def test_protection_may_be_switched_off() -> None:
    off = {"AUTHENTICATION_APIKEY_ENABLED": "false", "AUTHENTICATION_APIKEY_ALLOWED_KEYS": "k"}
    with Engine(environ=off) as engine:
        assert engine.rest("GET", "/v1/schema")[0] == 200


@IN_PROCESS
def test_a_closed_engine(start: Start) -> None:
    lite = start()
    lite.engine.close()
    with pytest.raises(LiteError, match="closed"):
        lite.rest("GET", "/meta")


# The data file.


def test_everything_is_there_again(start: Start, tmp_path: Path) -> None:
    first = start(tmp_path / "data.db")
    first.create("A", {"t": "text"}, multiTenancyConfig={"enabled": True})
    first.ok("POST", "/schema/A/tenants", [{"name": "x"}, {"name": "y", "activityStatus": "COLD"}])
    first.ok("POST", "/aliases", {"alias": "B", "class": "A"})
    before = first.insert("A", 1, {"t": "hello"}, tenant="x", vector=[1, 4.1])
    schema = first.ok("GET", "/schema")
    first.engine.close()
    again = start(tmp_path / "data.db")
    assert again.ok("GET", "/schema") == schema
    assert again.get("B", 1, tenant="x", include="vector") == before | {"vectorWeights": None}
    assert again.refused("GET", f"/objects/A/{uuid(1)}", tenant="y")[1].endswith("tenant not active: 'y'")
    status, text = again.refused("POST", "/objects", {"class": "A", "tenant": "x", "vector": [1, 2, 3]})
    assert status == 500
    assert "vector dimensions do not match" in text


def test_one_process_at_a_time(start: Start, tmp_path: Path) -> None:
    start(tmp_path / "data.db")
    with pytest.raises(LiteError, match="in use by another process"):
        Engine(tmp_path / "data.db", environ={})


def test_a_write_that_was_answered_survives_kill(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    code = (
        "import sys\n"
        "from weaviate_hl.lite import Engine\n"
        f"engine = Engine({str(path)!r}, environ={{}})\n"
        "print(engine.rest('POST', '/v1/objects', (), "
        f"{{'class': 'A', 'id': {uuid(1)!r}, 'properties': {{'t': 'x'}}}})[0])\n"
        "sys.stdout.flush()\n"
        "sys.stdin.read()\n"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "200"
        process.send_signal(signal.SIGKILL)
    assert start(path).get("A", 1)["properties"] == {"t": "x"}


def test_files_that_are_not_ours(tmp_path: Path) -> None:
    with pytest.raises(LiteError, match="is a folder"):
        Engine(tmp_path, environ={})
    (tmp_path / "text").write_text("hello " * 1000)
    with pytest.raises(LiteError, match="not a data file of lite"):
        Engine(tmp_path / "text", environ={})
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as theirs:
        theirs.execute("CREATE TABLE x (y)")
    before = other.read_bytes()
    with pytest.raises(LiteError, match="not one of lite") as refused:
        Engine(other, environ={})
    assert refused.value.__traceback__ is not None  # which keeps alive what opened the file
    with closing(sqlite3.connect(other)) as theirs:
        theirs.execute("SELECT * FROM x")
    assert other.read_bytes() == before


def test_formats(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.db"
    first = start(path)
    first.insert("A", 1, {"t": "x"})
    first.engine.close()
    steps = (*storage_module.MIGRATIONS, "CREATE TABLE later (x);")
    monkeypatch.setattr(storage_module, "MIGRATIONS", steps)
    migrated = start(path)
    assert migrated.engine.storage.load("later") == []
    assert migrated.get("A", 1)["properties"] == {"t": "x"}
    migrated.engine.close()
    monkeypatch.setattr(storage_module, "MIGRATIONS", steps[:-1])
    with pytest.raises(LiteError, match="has format 2, this version of lite knows formats up to 1"):
        Engine(path, environ={})


def test_numpy_is_loaded_by_searches_alone() -> None:
    code = (
        "import sys\n"
        "from weaviate_hl.lite import Engine\n"
        "from weaviate_gen.grpc.v1 import search_get_pb2, base_pb2\n"
        "with Engine(environ={}) as engine:\n"
        "    engine.rest('POST', '/v1/objects', (), {'class': 'A', 'properties': {'t': 'x', 'n': 1}})\n"
        "    node = base_pb2.Filters(operator=1, target=base_pb2.FilterTarget(property='t'), value_text='x')\n"
        "    assert len(engine.rpc('Search', search_get_pb2.SearchRequest(collection='A', "
        "filters=node)).results) == 1\n"
        "assert 'numpy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, check=True)


def test_a_first_script_loads_only_what_it_uses() -> None:
    code = (
        "import sys, weaviate_hl\n"
        "with weaviate_hl.connect_to_lite() as client:\n"
        "    things = client.collections.create('Thing')\n"
        "    things.data.insert({'text': 'a quick brown fox'})\n"
        "    assert len(things.query.fetch_objects().objects) == 1\n"
        "print({*'asyncio email grpc hashlib httpx httpx2 numpy ssl uvicorn urllib.request'.split(),\n"
        "    'weaviate_gen.rest.client'} & {*sys.modules})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@IN_PROCESS
def test_several_threads(start: Start, tmp_path: Path) -> None:
    lite = start(tmp_path / "data.db")
    lite.create("A", {"t": "text"})

    def work(first: int) -> int:
        for n in range(first, first + 25):
            lite.insert("A", n, {"t": f"word{n}"})
            assert lite.ids("A", filters=where("t", "Equal", f"word{n}")) == [n]
        return first

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, (0, 100, 200, 300))) == [0, 100, 200, 300]
    assert len(lite.ids("A")) == 100


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/schema", {"class": "A", "properties": [1]}),
        ("POST", "/schema", {"class": "A", "vectorConfig": []}),
        ("POST", "/objects", {"class": "A", "vector": {}}),
        ("POST", "/batch/objects", {"objects": [1]}),
        ("POST", "/batch/references", ["x"]),
        ("POST", "/schema/T/tenants", [1]),
    ],
)
def test_bodies_of_the_wrong_shape(lite: Lite, method: str, path: str, body: object) -> None:
    lite.create("T", multiTenancyConfig={"enabled": True})
    status, text = lite.refused(method, path, body)
    assert status == 400
    assert "cannot unmarshal" in text


def test_trouble_with_the_data_file(lite: Lite) -> None:
    lite.engine.storage.close()
    assert lite.refused("POST", "/schema", {"class": "A"})[0] == 500


@IN_PROCESS
def test_a_body_that_is_nested_too_deeply(lite: Lite) -> None:
    value: object = 1
    for _ in range(100_000):
        value = [value]
    status, text = lite.refused("POST", "/objects", {"class": "A", "properties": {"o": value}})
    assert (status, "nested too deeply" in text) == (400, True)
