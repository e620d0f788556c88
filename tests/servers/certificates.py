"""A private authority and what it certifies, as PEM files.

certificates = Certificates(tmp_path)
FakeWeaviate(certificate=certificates.server)                                     # TLS
FakeWeaviate(certificate=certificates.server, client_ca=certificates.ca)          # mTLS
httpx2.Client(verify=ssl.create_default_context(cafile=certificates.ca))
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import trustme


@dataclass(frozen=True)
class Pair:
    """The paths of a certificate and of its key."""

    cert: str
    key: str

    def server_context(self, client_ca: str | None = None) -> ssl.SSLContext:
        """A server's TLS; with an authority it demands a client certificate of it."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=client_ca)
        context.load_cert_chain(self.cert, self.key)
        context.set_alpn_protocols(["http/1.1"])
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client_context(self, ca: str) -> ssl.SSLContext:
        """A client's TLS: trusts only this authority, shows this certificate."""
        context = ssl.create_default_context(cafile=ca)
        context.load_cert_chain(self.cert, self.key)
        return context

    def grpc_server_credentials(self, client_ca: str | None = None) -> Any:
        """The same as `server_context` for a native gRPC server."""
        pair = Path(self.key).read_bytes(), Path(self.cert).read_bytes()
        roots = Path(client_ca).read_bytes() if client_ca else None
        return grpc.ssl_server_credentials([pair], roots, require_client_auth=roots is not None)

    def grpc_channel_credentials(self, ca: str) -> Any:
        """The same as `client_context` for a native gRPC channel."""
        return grpc.ssl_channel_credentials(
            Path(ca).read_bytes(), Path(self.key).read_bytes(), Path(self.cert).read_bytes()
        )


class Certificates:
    """Makes them all in a folder, in some milliseconds. All are for 127.0.0.1 and localhost but where it says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._authority = trustme.CA()
        stranger = trustme.CA()
        now = datetime.now(UTC)
        old, over = now - timedelta(days=30), now - timedelta(days=1)
        self.ca = self._write("ca.pem", self._authority.cert_pem)
        """The authority that has signed what follows."""
        self.other_ca = self._write("other-ca.pem", stranger.cert_pem)
        """An authority that has signed only `stranger`."""
        self.server = self.issue("server")
        self.client = self.issue("client", "client.test")
        """A client's certificate, with the common name `client`."""
        self.expired = self.issue("expired", not_before=old, not_after=over)
        """A server's certificate that was good until yesterday."""
        self.expired_client = self.issue("expired-client", "client.test", not_before=old, not_after=over)
        self.other_name = self.issue("other-name", "elsewhere.test")
        """A server's certificate, for elsewhere.test only."""
        self.stranger = self.issue("stranger", authority=stranger)
        """Good for a server or a client whose peer trusts `other_ca`."""

    def issue(
        self,
        name: str,
        *identities: str,
        authority: trustme.CA | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Pair:
        """One more certificate, for these host names and addresses, with `name` as common name."""
        leaf = (authority or self._authority).issue_cert(
            *(identities or ("127.0.0.1", "localhost")), common_name=name, not_before=not_before, not_after=not_after
        )
        return Pair(self._write(f"{name}.pem", *leaf.cert_chain_pems), self._write(f"{name}.key", leaf.private_key_pem))

    def _write(self, name: str, *blobs: trustme.Blob) -> str:
        path = self._folder / name
        path.write_bytes(b"".join(blob.bytes() for blob in blobs))
        return str(path)
