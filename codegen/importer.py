"""The `import` stage: a server version's interface files → specs/, in our normalised form.

The files come from a folder laid out as a checkout of the server, or are downloaded from the release's tag. What is
written is structure only (no prose of the server's authors), and specs/server.toml records what it was made from.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from codegen import protos, swagger
from codegen.errors import CodegenError
from codegen.output import Output

BASE_URL = "https://raw.githubusercontent.com/weaviate/weaviate"
SCHEMA = "openapi-specs/schema.json"
PROTOS = "grpc/proto/"
LISTING = "https://api.github.com/repos/weaviate/weaviate/contents/grpc/proto/v1?ref={tag}"
ROOT_PROTOS = (
    "v1/weaviate.proto",
    "v1/health_weaviate.proto",
)  # where there is no listing, the others are found by their imports
VERSION = re.compile(r"v\d+\.\d+\.\d+(-[\w.]+)?")
LARGEST = 20_000_000
TIMEOUT = 30


def from_folder(output: Output, folder: Path, sha256: str | None = None) -> None:
    """Normalise the interface in a folder laid out as a checkout of the server."""
    if not (folder / SCHEMA).is_file():
        raise CodegenError(f"{folder}: no {SCHEMA} in it; give a folder laid out as a checkout of the server")
    sources = {path.relative_to(folder).as_posix(): path.read_bytes() for path in _source_files(folder)}
    _check_digest(sources, sha256)
    _normalise(output, folder, sources)


def from_server(output: Output, version: str, base_url: str = BASE_URL, sha256: str | None = None) -> None:
    """Download and normalise the interface of a released server version.

    A version that specs/server.toml describes already must come out the same.
    """
    with tempfile.TemporaryDirectory() as folder:
        sources = download(Path(folder), version, base_url)
        _check_digest(sources, sha256)
        specs = _normalise(output, Path(folder), sources)
    record = output.root / "specs/server.toml"
    recorded = tomllib.loads(record.read_text("utf-8")) if record.exists() else {}
    if recorded.get("version") == version.removeprefix("v") and recorded["specs"] != specs:
        changed = sorted(path for path, _ in specs.items() ^ recorded["specs"].items())
        raise CodegenError(
            f"{version}: checksum mismatch, {changed[0]} is not what specs/server.toml records for this version"
        )


def download(folder: Path, version: str, base_url: str = BASE_URL) -> dict[str, bytes]:
    """Download a released version's interface files into a folder, laid out as in a checkout of the server."""
    tag = f"v{version.removeprefix('v')}"
    if not VERSION.fullmatch(tag):
        raise CodegenError(f"{version!r} is not a server version such as v1.38.11")
    sources = dict(_files(f"{base_url.rstrip('/')}/{tag}"))
    for path, content in sources.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    info = _read_json(folder / SCHEMA).get("info")
    told = info.get("version") if isinstance(info, dict) else None
    if f"v{told}" != tag:
        raise CodegenError(f"{tag}: the downloaded {SCHEMA} says it is version {told!r}")
    return sources


def digest(sources: dict[str, bytes]) -> str:
    """One checksum for all source files: that of their sorted lines `<sha256>  <path>`, as sha256sum prints them."""
    return _digest({path: _sha256(content) for path, content in sources.items()})


def server_toml(version: str, sources: dict[str, str], specs: dict[str, str]) -> str:
    """The record of an import; tables are sorted by path, `sha256` is `digest` of the sources."""
    parts = ["# What specs/ was made from, and what it holds: written by scripts/regen.sh.\n"]
    parts += [f'version = "{version}"\n', f'sha256 = "{_digest(sources)}"\n']
    for title, table in (("sources", sources), ("specs", specs)):
        parts += [f"\n[{title}]\n", *(f'"{path}" = "{value}"\n' for path, value in sorted(table.items()))]
    return "".join(parts)


def _normalise(output: Output, folder: Path, sources: dict[str, bytes]) -> dict[str, str]:
    try:
        document = swagger.to_openapi3(_read_json(folder / SCHEMA))
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError) as error:
        raise CodegenError(f"{SCHEMA} is malformed: {type(error).__name__}: {error}") from None
    version = document["info"]["version"]
    if not VERSION.fullmatch(f"v{version}"):
        raise CodegenError(f"{SCHEMA} says that its version is {version!r}, which is none")
    files = {"rest/openapi.json": swagger.canonical(document)}
    files |= {f"grpc/{path}": text for path, text in protos.write_protos(protos.read_source(folder)).items()}
    specs = {path: _sha256(text.encode()) for path, text in files.items()}
    for path, text in files.items():
        output.write(f"specs/{path}", text)
    output.write("specs/server.toml", server_toml(version, {k: _sha256(v) for k, v in sources.items()}, specs))
    print(f"imported v{version}, sha256 {digest(sources)}")
    return specs


def _source_files(folder: Path) -> Iterator[Path]:
    yield folder / SCHEMA
    written = sorted((folder / PROTOS / "v1").glob("*.proto"))
    yield from written or sorted(folder.glob("*.binpb"))[:1]


def _files(base: str) -> Iterator[tuple[str, bytes]]:
    """The OpenAPI document, then the .proto files: those of the listing, and what they import."""
    yield SCHEMA, _get(f"{base}/{SCHEMA}", SCHEMA)
    listed = _listed(base)
    waiting, seen = [*listed], set(listed)
    while waiting:
        name = waiting.pop(0)
        content = _get(f"{base}/{PROTOS}{name}", name)
        yield PROTOS + name, content
        for imported in re.findall(r'^\s*import\s+(?:public\s+)?"([^"]+)"', content.decode("utf-8", "replace"), re.M):
            if not re.fullmatch(r"v1/\w+\.proto|google/protobuf/\w+\.proto", imported):
                raise CodegenError(f"{name}: import of {imported!r} is not supported")
            if imported.startswith("v1/") and imported not in seen:
                seen.add(imported)
                waiting.append(imported)


def _listed(base: str) -> list[str]:
    """The names of all .proto files: GitHub lists them where the files come from there, a mirror does itself."""
    tag = base.rsplit("/", 1)[-1]
    url = LISTING.format(tag=tag) if base.startswith(BASE_URL) else f"{base}/{PROTOS}v1/"
    try:
        listing = _get(url, "the list of .proto files").decode("utf-8", "replace")
    except CodegenError as error:
        print(f"no list of .proto files ({error}): taking those that {ROOT_PROTOS[0]} imports", file=sys.stderr)
        return list(ROOT_PROTOS)
    return sorted({f"v1/{name}" for name in re.findall(r"\b(\w+\.proto)\b", listing)}) or list(ROOT_PROTOS)


def _get(url: str, what: str) -> bytes:
    _require_https(url)
    print(f"downloading {what} ...", end="", file=sys.stderr, flush=True)
    try:
        with urllib.request.build_opener(_Redirects).open(url, timeout=TIMEOUT) as response:
            content: bytes = response.read(LARGEST + 1)
            length = response.headers.get("Content-Length")
    except urllib.error.HTTPError as error:
        print(file=sys.stderr)
        hint = "no such server version, or it has no such file" if error.code == 404 else error.reason
        raise CodegenError(f"{url}: {error.code}, {hint}") from None
    except (OSError, HTTPException, ValueError) as error:
        print(file=sys.stderr)
        reason = " ".join(str(getattr(error, "reason", None) or f"{type(error).__name__}: {error}").split())
        raise CodegenError(f"{url}: the download failed: {reason}") from None
    if len(content) > LARGEST or length not in (None, str(len(content))):
        print(file=sys.stderr)
        raise CodegenError(f"{url}: the download is broken: {len(content)} bytes of {length}")
    print(f" {len(content):,} bytes", file=sys.stderr)
    return content


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        _require_https(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _require_https(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost", "::1")):
        raise CodegenError(f"{url}: interface files are downloaded over https only")


def _check_digest(sources: dict[str, bytes], sha256: str | None) -> None:
    if sha256 is not None and sha256.lower() != digest(sources):
        raise CodegenError(f"checksum mismatch: the files' sha256 is {digest(sources)}, not {sha256.lower()}")


def _read_json(path: Path) -> swagger.Json:
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise CodegenError(f"{path.name} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise CodegenError(f"{path.name} is not a JSON object")
    return document


def _digest(sums: dict[str, str]) -> str:
    return _sha256("".join(f"{value}  {path}\n" for path, value in sorted(sums.items())).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
