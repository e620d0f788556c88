"""A real nginx in front of an HTTP port: HTTP passes, native gRPC does not.

    with Nginx(server.address) as front: ...                                       # front.url: http
    with Nginx(server.address, certificate=certificates.server) as front: ...      # front.url: https
    with Nginx(server.address, certificate=certificates.server, http2=True) as front: ...

With `http2` a native gRPC channel gets as far as HTTP/2 and is answered with an HTTP error, as behind an ingress that
was not told about gRPC; without it such a channel fails while it connects. Entering it skips the test, and says so,
where nginx is missing.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import pytest

from .certificates import Pair
from .sockets import LOOPBACK, Address, free_ports

_CONFIGURATION = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
  log_format plain '$status $request';
  access_log {folder}/access.log plain;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 0;
  server {{
    listen {host}:{port}{how};
    {tls}
    location / {{
      proxy_pass http://{upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
    }}
  }}
}}
"""


class Nginx:
    """Passes HTTP on to `upstream` (always http, HTTP/1.1)."""

    def __init__(self, upstream: Address, *, certificate: Pair | None = None, http2: bool = False) -> None:
        self.upstream = upstream
        self.certificate = certificate
        self.http2 = http2
        self.host = LOOPBACK
        self.port = 0

    @property
    def address(self) -> Address:
        return self.host, self.port

    @property
    def url(self) -> str:
        return f"{'https' if self.certificate else 'http'}://{self.host}:{self.port}"

    def log(self) -> list[str]:
        """A line for each request: its status and its first line (`200 GET /v1/meta HTTP/1.1`)."""
        return (self._folder / "access.log").read_text().splitlines()

    def __enter__(self) -> Self:
        if (program := shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin:/bin")) is None:
            pytest.skip("nginx is not installed")
        self._folder = Path(tempfile.mkdtemp(prefix="nginx-"))
        (self.port,) = free_ports(1)
        pair = self.certificate
        text = _CONFIGURATION.format(
            folder=self._folder,
            host=self.host,
            port=self.port,
            how=(" ssl" if self.certificate else "") + (" http2" if self.http2 else ""),
            tls=f"ssl_certificate {pair.cert}; ssl_certificate_key {pair.key};" if pair else "",
            upstream=":".join(map(str, self.upstream)),
        )
        (self._folder / "nginx.conf").write_text(text)
        with (self._folder / "errors.log").open("wb") as errors:
            self._process = subprocess.Popen(
                [program, "-p", self._folder, "-c", self._folder / "nginx.conf", "-e", "stderr"], stderr=errors
            )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        shutil.rmtree(self._folder)

    def _wait(self) -> None:
        end = time.monotonic() + 10
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(self.address) == 0:
                    return
            time.sleep(0.01)
        raise RuntimeError(f"nginx does not listen: {(self._folder / 'errors.log').read_text()}")
