"""npm's oidc-provider in node: an identity provider that is not ours.

    with NodeOidcProvider(expires_in=2, rotate=True) as provider:
        provider.issuer                                # http://127.0.0.1:<port>
        provider.grants()                              # [("password", "ok"), ("refresh_token", "invalid_grant")]
        RealServer(provider.settings_for())

It gives client_credentials, password (ours, in server.mjs: the library has none) and refresh_token. With the scope
`offline_access` a user gets a refresh token, with `openid` an ID token. With `rotate` a refresh token works once; using
an old one ends all that came of the same sign-in. A client is known by exactly one way of showing its secret.

The package is pinned in package-lock.json, which names no registry: npm installs it once, from wherever it is told to,
into .tools/. Entering it skips the test, and says so, where node or npm is missing or the package cannot be installed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Literal, Self

import pytest

from ..oidc import weaviate_settings  # noqa: TID252

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".tools"


@dataclass(frozen=True)
class NodeClient:
    """A client; without a secret it is a public one, which gets no client_credentials."""

    id: str
    secret: str | None = None
    auth: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"


CLIENTS = (
    NodeClient("weaviate", "client-secret"),
    NodeClient("weaviate-post", "client-secret", "client_secret_post"),
    NodeClient("weaviate-public"),
)


class NodeOidcProvider:
    """The provider. All its tokens are for `audience`, which is what a real server is told as its client id."""

    def __init__(
        self,
        *,
        clients: Iterable[NodeClient] = CLIENTS,
        users: Mapping[str, str] | None = None,
        expires_in: int = 300,
        rotate: bool = True,
        audience: str = "weaviate",
    ) -> None:
        self.audience = audience
        self.port = 0
        self._options = {
            "clients": [asdict(client) for client in clients],
            "users": dict({"ann": "password"} if users is None else users),
            "expires_in": expires_in,
            "rotate": rotate,
            "audience": audience,
        }

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings_for(self, scopes: Iterable[str] = ("openid", "offline_access")) -> dict[str, str]:
        """The settings of a real server that is to accept its tokens."""
        return weaviate_settings(self.issuer, self.audience, scopes)

    def grants(self) -> list[tuple[str | None, str]]:
        """The grant types asked for, each with "ok" or the error that was answered."""
        with urllib.request.urlopen(f"{self.issuer}/-/grants", timeout=10) as answer:  # noqa: S310
            return [(grant, outcome) for grant, outcome in json.load(answer)]

    def __enter__(self) -> Self:
        folder, missing = installed()
        if folder is None:
            pytest.skip(missing)
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            ["node", HERE / "server.mjs", folder, json.dumps(self._options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait(10)
            self._errors.seek(0)
            words = self._errors.read().decode(errors="replace")
            self.__exit__()
            raise RuntimeError(f"node did not start:\n{words}")
        self.port = json.loads(line)["port"]
        return self

    def __exit__(self, *error: object) -> None:
        with self._process, self._errors:
            self._process.terminate()  # not only by the end of its stdin, which forked children may hold open


@cache
def installed() -> tuple[Path | None, str]:
    """The folder with the packages, installed if need be; or None and why not."""
    if shutil.which("node") is None:
        return None, "node is not installed"
    files = [HERE / "package.json", HERE / "package-lock.json"]
    name = f"node-oidc-{hashlib.sha256(b''.join(file.read_bytes() for file in files)).hexdigest()[:12]}"
    folder = CACHE / name
    if folder.exists():
        return folder, ""
    if shutil.which("npm") is None:
        return None, "npm is not installed"
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}.", dir=CACHE) as made:
        for file in files:
            shutil.copy(file, made)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            subprocess.run(command, cwd=made, check=True, capture_output=True, timeout=100)
        except (subprocess.SubprocessError, OSError) as error:
            words = getattr(error, "stderr", None) or b""
            return None, f"npm cannot install oidc-provider: {words.decode(errors='replace')[-300:] or error}"
        try:
            Path(made).rename(folder)
        except OSError:  # another process was faster
            assert folder.exists()
        Path(made).mkdir(exist_ok=True)  # for its owner to remove
    return folder, ""
