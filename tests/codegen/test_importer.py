"""Importing a server version: from a folder, from a loopback mirror, and everything that can go wrong on the way."""

from __future__ import annotations

import json
import shutil
import threading
import tomllib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from codegen import importer, swagger
from codegen.errors import CodegenError
from codegen.output import Output

CONTRACT = Path(__file__).parent / "contract"
NEWEST, OLDER = "v1.38.11", "v1.37.14"
PROTO = "grpc/proto/v1/base.proto"


class Mirror(SimpleHTTPRequestHandler):
    """Serves a folder; announces `lie` more bytes than it sends."""

    lie = 0

    def send_header(self, keyword: str, value: str) -> None:
        super().send_header(keyword, str(int(value) + self.lie) if keyword == "Content-Length" else value)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A folder of releases that a mirror serves, to be damaged by tests."""
    shutil.copytree(CONTRACT / NEWEST, tmp_path / "releases" / NEWEST)
    return tmp_path / "releases" / NEWEST


@pytest.fixture
def mirror(release: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Mirror, directory=str(release.parent)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def output(tmp_path: Path) -> Output:
    root = tmp_path / "root"
    root.mkdir()
    return Output(root, tmp_path / "new")


def written(output: Output) -> dict[str, bytes]:
    return {p.relative_to(output.new).as_posix(): p.read_bytes() for p in output.new.rglob("*") if p.is_file()}


def test_a_folder_is_normalised(output: Output, capsys: pytest.CaptureFixture[str]) -> None:
    importer.from_folder(output, CONTRACT / NEWEST)
    record = tomllib.loads((output.new / "specs/server.toml").read_text())
    assert record["version"] == "1.38.11"
    assert set(record["sources"]) == {
        p.relative_to(CONTRACT / NEWEST).as_posix()
        for p in (CONTRACT / NEWEST).rglob("*")
        if p.suffix in (".json", ".proto")
    }
    files = {p.removeprefix("specs/") for p in written(output)} - {"server.toml"}
    assert set(record["specs"]) == files
    assert json.loads((output.new / "specs/rest/openapi.json").read_text())["openapi"] == "3.0.3"
    assert "imported v1.38.11, sha256 " in capsys.readouterr().out


def test_a_descriptor_set_in_the_place_of_the_protos_gives_the_same(output: Output, tmp_path: Path) -> None:
    importer.from_folder(output, CONTRACT / NEWEST)
    plain = tmp_path / "plain"
    shutil.copytree(CONTRACT / NEWEST, plain)
    shutil.rmtree(plain / "grpc")
    other = Output(output.root, tmp_path / "other")
    importer.from_folder(other, plain)
    ours, theirs = written(output), written(other)
    assert ours.pop("specs/server.toml") != theirs.pop("specs/server.toml")  # its sources differ
    assert ours == theirs


def test_prose_makes_no_difference(output: Output, release: Path, tmp_path: Path) -> None:
    importer.from_folder(output, CONTRACT / NEWEST)
    schema = json.loads((release / importer.SCHEMA).read_text())
    schema["info"]["description"] = "words"
    for definition in schema["definitions"].values():
        definition["description"] = "words"
    (release / importer.SCHEMA).write_text(json.dumps(schema))
    (release / PROTO).write_text("// words\n" + (release / PROTO).read_text())
    other = Output(output.root, tmp_path / "other")
    importer.from_folder(other, release)
    ours, theirs = written(output), written(other)
    del ours["specs/server.toml"], theirs["specs/server.toml"]
    assert ours == theirs


def test_a_download_gives_what_the_folder_gives(
    output: Output, mirror: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    importer.from_folder(output, CONTRACT / NEWEST)
    other = Output(output.root, tmp_path / "other")
    importer.from_server(other, "1.38.11", mirror)
    assert written(other) == written(output)
    said = capsys.readouterr().err
    assert "downloading openapi-specs/schema.json ... " in said
    assert said.endswith("bytes\n")


def digest(folder: Path) -> str:
    files = [p for p in folder.rglob("*") if p.suffix in (".json", ".proto")]
    return importer.digest({p.relative_to(folder).as_posix(): p.read_bytes() for p in files})


def test_a_checksum_that_is_given_must_match(output: Output, mirror: str, release: Path) -> None:
    importer.from_server(output, NEWEST, mirror, digest(release).upper())
    with pytest.raises(CodegenError, match="checksum mismatch"):
        importer.from_server(output, NEWEST, mirror, "0" * 64)
    with pytest.raises(CodegenError, match="checksum mismatch"):
        importer.from_folder(output, release, "0" * 64)


def test_a_version_that_is_recorded_must_come_out_the_same(output: Output, mirror: str, release: Path) -> None:
    importer.from_folder(Output(output.root, output.root), CONTRACT / NEWEST)
    importer.from_server(output, NEWEST, mirror)
    schema = json.loads((release / importer.SCHEMA).read_text())
    schema["definitions"]["More"] = {"type": "object"}
    (release / importer.SCHEMA).write_text(json.dumps(schema))
    with pytest.raises(
        CodegenError, match=r"checksum mismatch, rest/openapi.json is not what specs/server.toml records"
    ):
        importer.from_server(output, NEWEST, mirror)


def test_an_unknown_version(output: Output, mirror: str) -> None:
    with pytest.raises(CodegenError, match=r"v9\.9\.9/openapi-specs/schema\.json: 404, no such server version"):
        importer.from_server(output, "v9.9.9", mirror)
    for text in ("latest", "1.38", "../v1.38.11", "v1.38.11/.."):
        with pytest.raises(CodegenError, match=r"is not a server version such as v1\.38\.11"):
            importer.from_server(output, text, mirror)


def test_a_release_that_says_it_is_another(output: Output, mirror: str, release: Path) -> None:
    shutil.copy(CONTRACT / OLDER / importer.SCHEMA, release / importer.SCHEMA)
    with pytest.raises(CodegenError, match=r"v1\.38\.11: the downloaded .* says it is version '1\.37\.14'"):
        importer.from_server(output, NEWEST, mirror)


def test_a_broken_download(output: Output, mirror: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mirror, "lie", 10)
    with pytest.raises(CodegenError, match=r"the download (is broken: |failed: IncompleteRead)"):
        importer.from_server(output, NEWEST, mirror)


def test_an_address_where_nobody_answers(output: Output) -> None:
    with pytest.raises(CodegenError, match=r"the download failed: .*refused"):
        importer.from_server(output, NEWEST, "http://127.0.0.1:1")


def test_plain_http_to_another_machine_is_refused(output: Output) -> None:
    with pytest.raises(CodegenError, match="over https only"):
        importer.from_server(output, NEWEST, "http://mirror.example")


def test_a_file_beyond_any_interface_is_refused(output: Output, mirror: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "LARGEST", 100)
    with pytest.raises(CodegenError, match=r"the download is broken: 101 bytes of"):
        importer.from_server(output, NEWEST, mirror)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        (importer.SCHEMA, "{", "schema.json is not JSON"),
        (importer.SCHEMA, "[]", "schema.json is not a JSON object"),
        (importer.SCHEMA, '{"swagger": "2.0"}', "no 'info'"),
        (PROTO, "message {", "base.proto"),
        (PROTO, 'syntax = "proto2"; package weaviate.v1;', "base"),
    ],
)
def test_bad_files_are_named(output: Output, release: Path, file: str, content: str, said: str) -> None:
    (release / file).write_text(content)
    with pytest.raises(CodegenError, match=said) as caught:
        importer.from_folder(output, release)
    assert "\n" not in str(caught.value)


def test_an_import_that_leads_elsewhere(output: Output, mirror: str, release: Path) -> None:
    root = release / "grpc/proto/v1/weaviate.proto"
    root.write_text(root.read_text().replace("v1/base", "../../v1/base").replace('import "v1', 'import "../v1', 1))
    with pytest.raises(CodegenError, match=r"import of '\.\./v1/.*' is not supported"):
        importer.from_server(output, NEWEST, mirror)


def test_a_folder_without_an_interface(output: Output, tmp_path: Path) -> None:
    with pytest.raises(CodegenError, match=r"no openapi-specs/schema\.json in it"):
        importer.from_folder(output, tmp_path)


def test_the_committed_specs_are_canonical() -> None:
    text = (Path(__file__).resolve().parents[2] / "specs/rest/openapi.json").read_text()
    assert swagger.canonical(json.loads(text)) == text


def test_both_ways_give_the_same_checksum(
    output: Output, mirror: str, release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (release / "grpc/proto/v0").mkdir()
    (release / "grpc/proto/v0/old.proto").write_text('syntax = "proto3";')
    importer.from_folder(output, release)
    importer.from_server(output, NEWEST, mirror)
    one, other = [line for line in capsys.readouterr().out.splitlines() if line.startswith("imported")]
    assert one == other


def test_a_service_that_nothing_imports_is_downloaded_too(output: Output, mirror: str, release: Path) -> None:
    extra = 'syntax = "proto3"; package weaviate.v1; message More {} service Extra { rpc Ask(More) returns (More); }'
    (release / "grpc/proto/v1/extra.proto").write_text(extra)
    importer.from_server(output, NEWEST, mirror)
    assert "service Extra" in (output.new / "specs/grpc/weaviate/v1/extra.proto").read_text()


def test_a_redirect_to_plain_http_is_refused(output: Output, mirror: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def redirect(self: Mirror) -> None:
        self.send_response(302)
        self.send_header("Location", "http://elsewhere.example/schema.json")
        self.end_headers()

    monkeypatch.setattr(Mirror, "do_GET", redirect)
    with pytest.raises(CodegenError, match="over https only"):
        importer.from_server(output, NEWEST, mirror)


@pytest.mark.parametrize("version", ['1.38.11"; import os; x="', "", "latest", '1.0.0"\n[x]'])
def test_a_version_that_is_none_is_refused(output: Output, release: Path, version: str) -> None:
    schema = json.loads((release / importer.SCHEMA).read_text())
    schema["info"]["version"] = version
    (release / importer.SCHEMA).write_text(json.dumps(schema))
    with pytest.raises(CodegenError, match="its version is .*, which is none"):
        importer.from_folder(output, release)
    assert not output.new.exists()


def damage(schema: dict[str, Any], what: str) -> None:
    """Something wrong in a document, by its name."""
    thing = schema["definitions"]["Object"]
    operation = next(iter(next(iter(schema["paths"].values())).values()))
    {
        "info": lambda: schema.update(info=["x"]),
        "type null": lambda: thing.update(type=None),
        "type weird": lambda: thing.update(type="thing"),
        "array without items": lambda: thing.update(type="array"),
        "reference a number": lambda: thing.update({"$ref": 5}),
        "reference to nothing": lambda: thing["properties"].update(x={"$ref": "#/definitions/Nothing"}),
        "properties a list": lambda: thing.update(properties=[1]),
        "required true": lambda: thing.update(required=True),
        "enum a text": lambda: thing["properties"].update(x={"type": "string", "enum": "abc"}),
        "shared parameter missing": lambda: operation.update(parameters=[{"$ref": "#/parameters/Nope"}]),
        "parameter without name": lambda: operation.update(parameters=[{"in": "query", "type": "string"}]),
        "two bodies": lambda: operation.update(parameters=[{"in": "body", "name": n, "schema": {}} for n in "ab"]),
        "body without schema": lambda: operation.update(parameters=[{"in": "body", "name": "body"}]),
        "no responses": lambda: operation.pop("responses"),
        "path a text": lambda: schema["paths"].update({"/x": "y"}),
        "tags a text": lambda: schema.update(tags="abc"),
    }[what]()


DAMAGES = ["info", "type null", "type weird", "array without items", "reference a number", "reference to nothing",
           "properties a list", "required true", "enum a text", "shared parameter missing", "parameter without name",
           "two bodies", "body without schema", "no responses", "path a text", "tags a text"]  # fmt: skip


@pytest.mark.parametrize("what", DAMAGES)
def test_a_malformed_document_is_one_line(output: Output, release: Path, what: str) -> None:
    schema = json.loads((release / importer.SCHEMA).read_text())
    damage(schema, what)
    (release / importer.SCHEMA).write_text(json.dumps(schema))
    with pytest.raises(CodegenError) as caught:
        importer.from_folder(output, release)
    assert "\n" not in str(caught.value)
