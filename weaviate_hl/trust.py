"""TLS and proxies, settled in one place for every protocol."""

from __future__ import annotations

import os
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]  # not in typeshed

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.settings import proxy_url

if TYPE_CHECKING:
    from weaviate_hl.deadline import Deadline
    from weaviate_hl.settings import AdditionalConfig, ProtocolParams

_SYSTEM: list[ssl.SSLContext] = []


def ca_file(config: AdditionalConfig) -> str | None:
    """The file of certificates to trust, if not the system's."""
    if config.tls.ca_file:
        return config.tls.ca_file
    if config.trust_env:
        return os.environ.get("SSL_CERT_FILE") or os.environ.get("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")
    return None


def ssl_context(config: AdditionalConfig) -> ssl.SSLContext:
    """The context for HTTPS. The system's trust is loaded once for all clients: it takes 20 ms."""
    tls = config.tls
    if tls.ssl_context is not None:
        return tls.ssl_context
    roots = ca_file(config)
    if roots is None and tls.cert is None:
        if not _SYSTEM:
            _SYSTEM.append(_context())
        return _SYSTEM[0]
    file = roots
    try:
        context = _context(roots)
        if tls.cert is not None:
            file = f"{tls.cert} with {tls.key}" if tls.key else tls.cert
            context.load_cert_chain(tls.cert, tls.key)
    except (ssl.SSLError, OSError) as error:
        raise WeaviateInvalidInputError(f"TLS: {file} cannot be used: {error}") from None
    return context


def _context(roots: str | None = None) -> ssl.SSLContext:
    """A context that verifies, made without a look at the environment, as ssl's own default is not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if roots is not None:
        context.load_verify_locations(roots)
        return context
    paths = ssl.get_default_verify_paths()
    file = paths.openssl_cafile if os.path.isfile(paths.openssl_cafile) else None
    folder = paths.openssl_capath if os.path.isdir(paths.openssl_capath) else None
    if file or folder:
        context.load_verify_locations(file, folder)
    else:
        context.load_default_certs()
    return context


def speaks_tls(host: str, port: int, deadline: Deadline) -> bool:
    """Whether a port answers TLS's greeting in kind. Nothing else is sent, and nothing is trusted."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    greeting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(incoming, outgoing, server_hostname=host)
    with suppress(ssl.SSLWantReadError):
        greeting.do_handshake()
    try:
        with socket.create_connection((host, port), deadline.remaining()) as connection:
            connection.sendall(outgoing.read())
            connection.settimeout(deadline.remaining())
            return connection.recv(1) in (b"\x15", b"\x16")  # an alert or a handshake
    except OSError:
        return False


def roots_pem(config: AdditionalConfig) -> bytes | None:
    """The certificates that native gRPC must trust, as PEM.

    gRPC has a list of its own and takes another from the environment; given explicitly, both protocols trust the same.
    """
    roots = ca_file(config)
    if roots is None:
        context = ssl_context(config)
        loaded = context.get_ca_certs(binary_form=True)
        if not loaded:  # a folder of certificates is read when one is needed
            return None
        return "".join(ssl.DER_cert_to_PEM_cert(der) for der in loaded).encode()
    return read(roots)


def read(path: str) -> bytes:
    """A file of certificates or keys, which was there when it was given."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise WeaviateInvalidInputError(f"TLS: {path} cannot be used: {error.strerror}") from None


def proxy_for(config: AdditionalConfig, protocol: str, params: ProtocolParams) -> str | None:
    """The proxy for a connection: what was set, else the environment's if that counts."""
    if (chosen := config.proxies) is not None:
        usual = chosen.https if params.secure else chosen.http
        return (chosen.grpc or usual) if protocol == "grpc" else usual
    if not config.trust_env:
        return None
    proxies = getproxies_environment()
    if proxy_bypass_environment(params.host, proxies):
        return None
    for scheme in ("https" if params.secure else "http", "all"):
        if url := proxies.get(scheme):
            return proxy_url(f"{scheme}_proxy of the environment", url)
    return None
