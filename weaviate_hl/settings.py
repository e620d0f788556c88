"""What users set about a connection: addresses, timeouts, proxies, TLS, limits. Values, checked when they are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from re import fullmatch, search, sub
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from weaviate_hl.checks import Number, count, function, instance, seconds, text
from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.policy import RetryPolicy

if TYPE_CHECKING:
    import os
    import ssl

    import grpc

    from weaviate_hl.telemetry import Hook

PROTOCOLS_OWN = frozenset((
    "accept", "connection", "content-encoding", "content-length", "content-type", "expect", "keep-alive", "te",
    "trailer", "transfer-encoding", "upgrade",
))  # fmt: skip
"""Headers that cannot be given, beside those of gRPC: they would contradict what is sent."""

GrpcProtocol = Literal["auto", "native", "web"]


class Setting:
    """What the classes here share: equality and a representation by their attributes, with secrets left out."""

    _SECRETS: frozenset[str] = frozenset()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), repr(self)))

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name.rstrip('_')}={'***' if name in self._SECRETS and value else repr(value)}"
            for name, value in vars(self).items()
            if value is not None
        )
        return f"{type(self).__name__}({shown})"


class Timeout(Setting):
    """How long a call may take as a whole, in seconds: name resolution, connecting, retries and reading included.

    Args:
        query: Reads: queries, aggregations, configuration.
        insert: Writes of objects and references.
        init: Connecting as a whole: all its checks, and logging in.
        stream: A whole stream of a batch; None: as long as it takes.
    """

    def __init__(
        self, *, query: Number = 30, insert: Number = 90, init: Number = 2, stream: Number | None = None
    ) -> None:
        self.query = seconds("timeout query", query)
        self.insert = seconds("timeout insert", insert)
        self.init = seconds("timeout init", init)
        self.stream = None if stream is None else seconds("timeout stream", stream)


class Proxies(Setting):
    """Proxies by the protocol they are for; `grpc` is that of `https` (or `http`) unless given."""

    def __init__(self, *, http: str | None = None, https: str | None = None, grpc: str | None = None) -> None:
        self.http = None if http is None else proxy_url("proxies.http", http)
        self.https = None if https is None else proxy_url("proxies.https", https)
        self.grpc = None if grpc is None else proxy_url("proxies.grpc", grpc)

    def __repr__(self) -> str:  # a proxy's URL may hold a password
        shown = ", ".join(f"{name}={_without_password(url)!r}" for name, url in vars(self).items() if url)
        return f"Proxies({shown})"


class TLS(Setting):
    """What a server's certificate is checked with, and what the client shows for itself.

    Args:
        ca_file: A file of certificates to trust, instead of the system's.
        cert: A file with the client's certificate, for servers that ask for one.
        key: A file with its key; may be left out if `cert` holds both.
        ssl_context: A context made by you. It does not give up its keys, so that only HTTP can use it: gRPC then goes
            over HTTP too (`grpc="web"`).
    """

    _SECRETS = frozenset({"key"})

    def __init__(
        self,
        *,
        ca_file: str | os.PathLike[str] | None = None,
        cert: str | os.PathLike[str] | None = None,
        key: str | os.PathLike[str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        if ssl_context is not None:
            from ssl import SSLContext

            instance("TLS: ssl_context", ssl_context, SSLContext)
            if (ca_file, cert, key) != (None, None, None):
                raise WeaviateInvalidInputError("TLS: give either ssl_context, or ca_file, cert and key")
        if key is not None and cert is None:
            raise WeaviateInvalidInputError("TLS: key is given without cert")
        self.ca_file = _pem("ca_file", ca_file, b"CERTIFICATE")
        self.cert = _pem("cert", cert, b"CERTIFICATE", *([b"PRIVATE KEY"] if key is None else []))
        self.key = _pem("key", key, b"PRIVATE KEY")
        self.ssl_context = ssl_context


class ConnectionConfig(Setting):
    """How many HTTP connections are kept.

    Args:
        session_pool_connections: Connections that are kept open while idle.
        session_pool_maxsize: Connections at most.
        session_pool_max_retries: How often a request that may be repeated is sent again.
        session_pool_timeout: Seconds to wait for a free connection.
    """

    def __init__(
        self,
        session_pool_connections: int = 20,
        session_pool_maxsize: int = 100,
        session_pool_max_retries: int = 3,
        session_pool_timeout: int = 5,
    ) -> None:
        self.session_pool_connections = count("session_pool_connections", session_pool_connections)
        self.session_pool_maxsize = count("session_pool_maxsize", session_pool_maxsize, lowest=1)
        self.session_pool_max_retries = count("session_pool_max_retries", session_pool_max_retries)
        self.session_pool_timeout = count("session_pool_timeout", session_pool_timeout)


class GrpcConfig(Setting):
    """Settings of the native gRPC channel.

    Args:
        channel_options: Options for the channel, as grpc takes them; they win over ours.
        credentials: Credentials of the channel, instead of those made from `tls`.
    """

    def __init__(
        self,
        *,
        channel_options: Sequence[tuple[str, Any]] | None = None,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        self.channel_options = None if channel_options is None else _options(channel_options)
        if credentials is not None:
            from grpc import ChannelCredentials

            instance("credentials", credentials, ChannelCredentials)
        self.credentials = credentials

    def __repr__(self) -> str:  # a value may hold a password
        return f"GrpcConfig(channel_options={[name for name, _ in self.channel_options or ()]})"


class AdditionalConfig(Setting):
    """Everything about a connection beside its address and credentials.

    Args:
        connection: How many HTTP connections are kept.
        proxies: One proxy for everything, or one for each protocol.
        timeout: How long calls may take; a tuple is (query, insert).
        trust_env: Whether proxy variables, SSL_CERT_FILE and GRPC_DEFAULT_SSL_ROOTS_FILE_PATH of the environment count.
        grpc_config: Settings of the native gRPC channel.
        tls: What certificates are checked with.
        grpc: How gRPC travels: "native" on its own port, "web" over the HTTP port (servers from 1.38.3), or "auto":
            native where its port answers, else web.
        retry: How often a request that may be repeated is sent again.
        integration: The name and version of the program that uses this client, sent to the server with each request.
        telemetry: Watches every call: `weaviate_hl.telemetry.opentelemetry()`, or a hook of your own.
    """

    timeout_: Timeout

    def __init__(
        self,
        *,
        connection: ConnectionConfig | None = None,
        proxies: str | Proxies | None = None,
        timeout: tuple[Number, Number] | Timeout | None = None,
        trust_env: bool = False,
        grpc_config: GrpcConfig | None = None,
        tls: TLS | None = None,
        grpc: GrpcProtocol = "auto",
        retry: RetryPolicy | None = None,
        integration: str | None = None,
        telemetry: Hook | None = None,
    ) -> None:
        self.connection = instance(
            "connection", ConnectionConfig() if connection is None else connection, ConnectionConfig
        )
        self.proxies = Proxies(http=proxies, https=proxies, grpc=proxies) if isinstance(proxies, str) else proxies
        if self.proxies is not None:
            instance("proxies", self.proxies, Proxies)
        if isinstance(timeout, (tuple, list)):
            if len(timeout) != 2:
                raise WeaviateInvalidInputError(f"timeout: a tuple is (query, insert), got {timeout!r}")
            timeout = Timeout(query=timeout[0], insert=timeout[1])
        self.timeout_ = instance("timeout", Timeout() if timeout is None else timeout, Timeout)
        self.trust_env = instance("trust_env", trust_env, bool)
        self.grpc_config = None if grpc_config is None else instance("grpc_config", grpc_config, GrpcConfig)
        self.tls = instance("tls", TLS() if tls is None else tls, TLS)
        if grpc not in ("auto", "native", "web"):
            raise WeaviateInvalidInputError(f'grpc: must be "auto", "native" or "web", got {grpc!r}')
        if grpc == "native" and self.tls.ssl_context is not None:
            raise WeaviateInvalidInputError(
                'grpc="native" cannot use ssl_context, which does not give up its keys: give TLS(ca_file=, cert=, key=)'
            )
        self.grpc: GrpcProtocol = grpc
        usual = RetryPolicy(attempts=self.connection.session_pool_max_retries + 1)
        self.retry = usual if retry is None else instance("retry", retry, RetryPolicy)
        self.integration = (
            None if integration is None else header_value("integration", text("integration", integration))
        )
        self.telemetry = None if telemetry is None else function("telemetry", telemetry)

    @property
    def timeout(self) -> Timeout:
        """How long calls may take."""
        return self.timeout_

    def check_portable(self) -> None:
        """Raise if this cannot be given to another process, naming what cannot."""
        import pickle

        files = "Give files: AdditionalConfig(tls=TLS(ca_file=, cert=, key=))"
        options, credentials = (
            (self.grpc_config.channel_options, self.grpc_config.credentials) if self.grpc_config else (None, None)
        )
        for name, value, hint in (
            ("ssl_context", self.tls.ssl_context, files),
            ("credentials of grpc_config", credentials, files),
            ("channel_options of grpc_config", options, "Give numbers and text only"),
            (
                "telemetry hook",
                self.telemetry,
                "Give a function, or an object of a class, at the top level of a module",
            ),
        ):
            try:
                pickle.dumps(value)
            except Exception:  # pickle raises what it likes
                raise WeaviateInvalidInputError(
                    f"This client cannot be pickled: its {name} cannot", hint=hint
                ) from None


class ProtocolParams(Setting):
    """Where one protocol is spoken."""

    def __init__(self, *, host: str, port: int, secure: bool) -> None:
        self.host = host_name("host", host)
        self.port = count("port", port, 1, 65535)
        self.secure = instance("secure", secure, bool)

    @property
    def address(self) -> str:
        """`host:port`, with an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_gcp(self) -> bool:
        """Whether this is a cluster on Google's part of Weaviate Cloud."""
        return "gcp" in self.host and self.host.endswith((".weaviate.cloud", ".weaviate.network"))

    @property
    def is_loopback(self) -> bool:
        """Whether what is sent there stays on this machine."""
        return is_loopback(self.host)


class ConnectionParams(Setting):
    """Where a server's two protocols are spoken."""

    def __init__(self, *, http: ProtocolParams, grpc: ProtocolParams) -> None:
        self.http = instance("http", http, ProtocolParams)
        self.grpc = instance("grpc", grpc, ProtocolParams)

    @classmethod
    def from_params(
        cls, http_host: str, http_port: int, http_secure: bool, grpc_host: str, grpc_port: int, grpc_secure: bool
    ) -> ConnectionParams:
        """Make it of hosts and ports."""

        def params(protocol: str, host: str, port: int, secure: bool) -> ProtocolParams:
            try:
                return ProtocolParams(host=host, port=port, secure=secure)
            except WeaviateInvalidInputError as error:
                raise WeaviateInvalidInputError(f"{protocol}_{error}") from None

        http = params("http", http_host, http_port, http_secure)
        return cls(http=http, grpc=params("grpc", grpc_host, grpc_port, grpc_secure))

    @classmethod
    def from_url(cls, url: str, grpc_port: int, grpc_secure: bool = False) -> ConnectionParams:
        """Make it of the URL of the REST interface; gRPC is on the same host."""
        host, port, secure = split_url("url", url)
        grpc_secure = instance("grpc_secure", grpc_secure, bool) or secure
        return cls.from_params(host, port, secure, host, grpc_port, grpc_secure)

    @property
    def base_url(self) -> str:
        """Where REST paths begin."""
        return f"{'https' if self.http.secure else 'http'}://{self.http.address}"

    def is_gcp_on_wcd(self) -> bool:
        """Whether this is a cluster on Google's part of Weaviate Cloud."""
        return self.http.is_gcp


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's own."""
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def split_url(name: str, url: str) -> tuple[str, int, bool]:
    """Host, port and whether TLS is spoken, of an http(s) URL without a path."""
    instance(name, url, str)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise WeaviateInvalidInputError(f"{name}: {url!r} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise WeaviateInvalidInputError(f"{name}: must be like http://localhost:8080, got {url!r}")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise WeaviateInvalidInputError(f"{name}: must have a host and a port only, got {_without_password(url)!r}")
    secure = parts.scheme == "https"
    return host, port if port is not None else 443 if secure else 80, secure


def headers_of(name: str, headers: Mapping[str, str] | None) -> dict[str, str]:
    """Headers that a user gave, checked; None values are refused with the header's name, never the value."""
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise WeaviateInvalidInputError(f"{name}: must be a dict of strings, got {type(headers).__name__}")
    for key, value in headers.items():
        if not isinstance(key, str) or not fullmatch(r"[0-9A-Za-z_.-]+", key):
            raise WeaviateInvalidInputError(f"{name}: {key!r} cannot be the name of a header")
        if (low := key.lower()) in PROTOCOLS_OWN or low.startswith("grpc-") or low.endswith("-bin"):
            raise WeaviateInvalidInputError(f"{name}: {key!r} is a header that HTTP or gRPC sets itself")
        header_value(f"{name}[{key!r}]", value)
    return dict(headers)


def header_value(name: str, value: str) -> str:
    """A header's value, checked; it may be a secret and is never shown."""
    if not isinstance(value, str):
        raise WeaviateInvalidInputError(f"{name}: must be a string, got {type(value).__name__}")
    if value != value.strip() or not value.isascii() or not value.replace("\t", " ").isprintable():
        raise WeaviateInvalidInputError(f"{name}: has a character that a header cannot carry, or a blank at an end")
    return value


def _options(options: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Options of a channel, as what grpc can take: it crashes on some other things."""
    pairs: list[Any] = (
        list(options) if isinstance(options, Sequence) and not isinstance(options, (str, bytes)) else [None]
    )
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not isinstance(pair[0], str):
            raise WeaviateInvalidInputError("channel_options: must be a list of pairs of names and values")
        name, value = pair
        if isinstance(value, float) or not (isinstance(value, (str, bytes)) or hasattr(value, "__int__")):
            raise WeaviateInvalidInputError(
                f"channel_options: {name} must be a whole number or text, got {type(value).__name__}"
            )
    return [(name, value) for name, value in pairs]


def host_name(name: str, value: str) -> str:
    """A host's name or address, checked."""
    if not isinstance(value, str) or not value.strip():
        raise WeaviateInvalidInputError(f"{name}: must be a name or an address, got {value!r}")
    bare = value.strip()
    host = bare[1:-1] if bare[0] == "[" and bare[-1] == "]" else bare
    if not (_is_address(host) if ":" in host else _is_name(host)):
        raise WeaviateInvalidInputError(f"{name}: must be a name or an address without scheme and port, got {value!r}")
    return host


def _is_address(host: str) -> bool:
    from ipaddress import IPv6Address

    try:
        IPv6Address(host)
    except ValueError:
        return False
    return True


def _is_name(host: str) -> bool:
    try:
        labels = host.encode("ascii" if host.isascii() else "idna").decode().removesuffix(".").split(".")
    except UnicodeError:
        return False
    return all(fullmatch(r"[\w-]{1,63}", label) for label in labels) and len(host) < 254


def _pem(name: str, value: str | os.PathLike[str] | None, *kinds: bytes) -> str | None:
    """The path of a file that holds certificates, or a key, or both."""
    if value is None:
        return None
    from os import PathLike, fspath

    path = fspath(value) if isinstance(value, (str, PathLike)) else None
    if not isinstance(path, str):
        raise WeaviateInvalidInputError(f"TLS: {name} must be the path of a file, got {type(value).__name__}")
    try:
        with open(path, "rb") as file:
            found = file.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WeaviateInvalidInputError(f"TLS: {name}: {path!r} cannot be read: {reason}") from None
    if search(b"(?m)^(-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED)", found):  # OpenSSL would ask for it at the terminal
        raise WeaviateInvalidInputError(
            f"TLS: {name}: {path!r} has a key behind a pass phrase",
            hint="Give a file without one, or a context that has loaded it: TLS(ssl_context=...)",
        )
    if missing := [kind.decode().lower() for kind in kinds if not search(b"(?m)^-----BEGIN [A-Z0-9 ]*" + kind, found)]:
        raise WeaviateInvalidInputError(f"TLS: {name}: {path!r} has no {missing[0]} in PEM form")
    return path


def proxy_url(name: str, url: str) -> str:
    """A proxy's URL, checked."""
    instance(name, url, str)
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(host_name(name, parts.hostname or "")) and parts.port != 0
    except (ValueError, WeaviateInvalidInputError):
        known = False
    if not known:
        raise WeaviateInvalidInputError(f"{name}: must be like http://host:3128, got {_without_password(url)!r}")
    return url


def _without_password(url: str) -> str:
    return sub(r"(?<=://)[^/]*@", "***@", url)
