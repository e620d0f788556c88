"""Where the server's executable comes from: named by the user, in the cache, or downloaded, verified and unpacked.

A download lives in a nameless file until its checksum is right, and only the executable is taken from it, under a
name of ours; it appears in the cache by a rename. So nothing unverified or half-written is ever run, and processes that
download at the same time do not meet.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPException, HTTPResponse
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from weaviate_hl.embedded import BINARY_VARIABLE, GITHUB_RELEASE_DOWNLOAD_URL, is_loopback_url, is_safe
from weaviate_hl.errors import WeaviateEmbeddedInvalidVersionError, WeaviateInvalidInputError, WeaviateStartUpError
from weaviate_hl.log import logger

if TYPE_CHECKING:
    from weaviate_hl.embedded import EmbeddedOptions, Progress

LATEST_URL = "https://api.github.com/repos/weaviate/weaviate/releases/latest"
ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
OFFLINE = f"Or name an executable that is here already, with binary= or the environment variable {BINARY_VARIABLE}"
PIECE = 1 << 20


def binary(options: EmbeddedOptions, progress: Progress | None) -> str:
    """The path of the executable to run."""
    for name, given in (("binary", options.binary), (BINARY_VARIABLE, os.environ.get(BINARY_VARIABLE))):
        if given:
            path = Path(given).expanduser().absolute()
            if not path.is_file() or not os.access(path, os.X_OK):
                raise WeaviateInvalidInputError(f"{name}: {str(path)!r} is not a file that can be run")
            return str(path)
    folder = Path(options.binary_path).expanduser().absolute()
    try:
        url = _archive_url(options)
        name = PurePosixPath(_shown(url)).name
        # What was downloaded elsewhere, or not verified against the sha256= that is given now, does not count.
        key = hashlib.sha256(f"{url} {options.sha256}".encode()).hexdigest()[:12]
        executable = folder / f"{re.sub(r'[.](tar[.]gz|tgz|zip)$', '', name)}-{key}"
        if not executable.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _install(url, executable, options.sha256, progress or _line(name))
        return str(executable)
    except (OSError, HTTPException, tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise WeaviateStartUpError(
            f"The server {options.version} cannot be downloaded to {str(folder)!r}: {error}", hint=OFFLINE
        ) from error


def _archive_url(options: EmbeddedOptions) -> str:
    if "://" in options.version:
        return options.version
    version = (_latest(options.base_url) if options.version == "latest" else options.version).removeprefix("v")
    machine = os.uname().machine
    if machine not in ARCHITECTURES:
        raise WeaviateStartUpError(f"There is no release of the server for {machine}", hint=OFFLINE)
    system = "darwin-all.zip" if sys.platform == "darwin" else f"linux-{ARCHITECTURES[machine]}.tar.gz"
    base = (options.base_url or GITHUB_RELEASE_DOWNLOAD_URL).rstrip("/")
    return f"{base}/v{version}/weaviate-v{version}-{system}"


def _latest(base_url: str | None) -> str:
    url = f"{base_url.rstrip('/')}/latest" if base_url else LATEST_URL
    answer = _get(url)
    text = b""
    if answer is not None:
        with answer:
            text = answer.read(PIECE)
    try:
        tag = json.loads(text)["tag_name"]
        if re.fullmatch(r"v?\d+\.\d+\.\d+", tag):
            return str(tag)
    except (ValueError, KeyError, TypeError):
        pass
    raise WeaviateStartUpError(f"{url} does not say which release is the latest", hint="Give a version=")


def _install(url: str, executable: Path, sha256: str | None, progress: Progress) -> None:
    answer = _get(url)
    if answer is None:
        raise WeaviateEmbeddedInvalidVersionError(
            f"There is no release of the server at {_shown(url)}",
            hint="Give the version= of one that is listed at https://github.com/weaviate/weaviate/releases",
        )
    with answer, TemporaryFile(dir=executable.parent) as archive:
        algorithm, expected = ("sha256", sha256) if sha256 else _published_checksum(url)
        found = _receive(answer, archive, algorithm, progress)
        if found != expected:
            raise WeaviateStartUpError(
                f"{_shown(url)} has the {algorithm} checksum {found}, and should have {expected}",
                hint="The download was thrown away. If it is the same next time, it is not what was released",
            )
        _unpack(archive, executable, url)


def _published_checksum(url: str) -> tuple[str, str]:
    """The algorithm and the checksum that were published beside an archive."""
    for algorithm, digits in (("sha256", 64), ("md5", 32)):
        answer = _get(f"{url}.{algorithm}")
        if answer is not None:
            with answer:
                checksum = re.search(rf"\b[0-9a-f]{{{digits}}}\b", answer.read(PIECE).decode(errors="replace").lower())
            if checksum is None:
                raise WeaviateStartUpError(f"{_shown(url)}.{algorithm} holds no checksum", hint="Give sha256=")
            if algorithm == "md5":
                logger.warning("Only an MD5 checksum of %s is published, which is weak: give sha256=", _shown(url))
            return algorithm, checksum[0]
    raise WeaviateStartUpError(f"No checksum of {_shown(url)} is published", hint="Give that of the archive: sha256=")


def _receive(answer: HTTPResponse, file: IO[bytes], algorithm: str, progress: Progress) -> str:
    """Write the body to a file and return its checksum."""
    digest = hashlib.new(algorithm, usedforsecurity=False)  # which some systems refuse for MD5 otherwise
    length = answer.headers.get("Content-Length")
    done, total = 0, int(length) if length else None
    progress(done, total)
    while piece := answer.read(PIECE):
        digest.update(piece)
        file.write(piece)
        done += len(piece)
        progress(done, total)
    if total is not None and done < total:
        raise OSError(f"the download broke off after {done} of {total} bytes")
    return digest.hexdigest()


def _get(url: str) -> HTTPResponse | None:
    """The answer to a GET; None if there is nothing at the URL."""
    # A proxy of the environment is not for what runs on this machine.
    opener = build_opener(_Redirects, *([ProxyHandler({})] if is_loopback_url(url) else []))
    try:
        return cast(HTTPResponse, opener.open(url, timeout=30))
    except HTTPError as error:
        error.close()
        if error.code == 404:
            return None
        raise


class _Redirects(HTTPRedirectHandler):
    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        if not is_safe(newurl):
            raise OSError("it redirects to an address that is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _shown(url: str) -> str:
    return url.partition("?")[0]  # what follows may be a signature


def _unpack(file: IO[bytes], executable: Path, url: str) -> None:
    """Take the file `weaviate` out of an archive, if nothing is in it that no release has."""
    server: Callable[[], IO[bytes] | None] | None = None
    for name, kind, read in list(_members(file)):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or kind not in (stat.S_IFREG, stat.S_IFDIR):
            raise WeaviateStartUpError(f"{_shown(url)} holds {name!r}, which no release does: it is not unpacked")
        if path.name == "weaviate" and kind == stat.S_IFREG:
            server = read
    content = server and server()
    if content is None:
        raise WeaviateStartUpError(f"{_shown(url)} holds no file named weaviate")
    with content, NamedTemporaryFile(dir=executable.parent, prefix=".new-", delete=False) as new:
        try:
            shutil.copyfileobj(content, new, PIECE)
            os.fchmod(new.fileno(), 0o755)
            new.flush()
            os.fsync(new.fileno())
            Path(new.name).replace(executable)
        except BaseException:
            Path(new.name).unlink()
            raise


def _members(file: IO[bytes]) -> Iterator[tuple[str, int, Callable[[], IO[bytes] | None]]]:
    """Name, kind (as in `stat`; 0 for links, devices and what else there is) and a way to read, of each member."""
    file.seek(0)
    is_zip = file.read(2) == b"PK"
    file.seek(0)
    if is_zip:
        zipped = zipfile.ZipFile(file)
        for entry in zipped.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16) or (stat.S_IFDIR if entry.is_dir() else stat.S_IFREG)
            yield entry.filename, kind, partial(zipped.open, entry)
    else:
        tar = tarfile.open(fileobj=file, mode="r:gz")  # noqa: SIM115 - the file is closed by whoever gave it
        for member in tar:
            kind = stat.S_IFREG if member.isreg() else stat.S_IFDIR if member.isdir() else 0
            yield member.name, kind, partial(tar.extractfile, member)


def _line(name: str) -> Progress:
    """A line on a terminal that shows how far a download is; nothing where nobody would see it change."""
    terminal = sys.stderr
    if terminal is None or not terminal.isatty():
        return lambda done, total: None

    def show(done: int, total: int | None) -> None:
        size = f"{done >> 20} of {total >> 20} MB" if total else f"{done >> 20} MB"
        terminal.write(f"\rDownloading {name}: {size}" + "\n" * (done == total))
        terminal.flush()

    return show
