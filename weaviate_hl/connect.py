"""How a user gets a client: one function for each place where a server may be, synchronous and asynchronous."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from weaviate_gen import SERVER_VERSION

from weaviate_hl.auth import AuthCredentials, credentials_of
from weaviate_hl.checks import function, instance, text
from weaviate_hl.errors import WeaviateInvalidInputError, WeaviatePackageNotInstalledError
from weaviate_hl.settings import AdditionalConfig, ConnectionParams, ProtocolParams, headers_of

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from weaviate_hl.aio.client import WeaviateAsyncClient
    from weaviate_hl.embedded import EmbeddedOptions
    from weaviate_hl.lite import Engine, Vectorizer
    from weaviate_hl.sync.client import WeaviateClient

__all__ = ["ConnectionParams", "ProtocolParams"]


def connect_to_local(
    host: str = "localhost",
    port: int = 8080,
    grpc_port: int = 50051,
    headers: Mapping[str, str] | None = None,
    additional_config: AdditionalConfig | None = None,
    skip_init_checks: bool = False,
    auth_credentials: str | AuthCredentials | None = None,
) -> WeaviateClient:
    """Connect to a server on this machine, or on another one without TLS.

    Args:
        host: The server's name or address.
        port: The port of its REST interface.
        grpc_port: The port of its gRPC interface.
        headers: Sent with every request, such as keys of model providers.
        additional_config: Timeouts, proxies, TLS and more.
        skip_init_checks: Connect without asking whether the server is there, ready and new enough.
        auth_credentials: An API key, or one of `Auth`.

    Returns:
        A client that is connected. Close it at the end, or use it with `with`.

    Raises:
        WeaviateConnectionError: The server cannot be reached, is not ready, or is too old.

    Example:
        with weaviate_hl.connect_to_local() as client:
            print(client.is_ready())
    """
    params = _local(host, port, grpc_port)
    return _sync(_arguments(headers, additional_config, auth_credentials, skip_init_checks, connection_params=params))


def use_async_with_local(
    host: str = "localhost",
    port: int = 8080,
    grpc_port: int = 50051,
    headers: Mapping[str, str] | None = None,
    additional_config: AdditionalConfig | None = None,
    skip_init_checks: bool = False,
    auth_credentials: str | AuthCredentials | None = None,
) -> WeaviateAsyncClient:
    """An asynchronous client for a server as in `connect_to_local`; connect it with `async with`.

    Example:
        async with weaviate_hl.use_async_with_local() as client:
            print(await client.is_ready())
    """
    params = _local(host, port, grpc_port)
    return _async(_arguments(headers, additional_config, auth_credentials, skip_init_checks, connection_params=params))


def connect_to_weaviate_cloud(
    cluster_url: str,
    auth_credentials: str | AuthCredentials | None,
    headers: Mapping[str, str] | None = None,
    additional_config: AdditionalConfig | None = None,
    skip_init_checks: bool = False,
) -> WeaviateClient:
    """Connect to a cluster of Weaviate Cloud.

    Args:
        cluster_url: The cluster's URL or host name, as its console shows it.
        auth_credentials: An API key, or one of `Auth`.
        headers: Sent with every request, such as keys of model providers.
        additional_config: Timeouts, proxies and more.
        skip_init_checks: Connect without asking whether the server is there, ready and new enough.

    Returns:
        A client that is connected. Close it at the end, or use it with `with`.

    Raises:
        WeaviateConnectionError: The cluster cannot be reached, or is not ready.
        AuthenticationFailedError: The credentials were refused.
    """
    params, headers = _cloud(cluster_url, auth_credentials, headers)
    return _sync(_arguments(headers, additional_config, auth_credentials, skip_init_checks, connection_params=params))


def use_async_with_weaviate_cloud(
    cluster_url: str,
    auth_credentials: str | AuthCredentials | None,
    headers: Mapping[str, str] | None = None,
    additional_config: AdditionalConfig | None = None,
    skip_init_checks: bool = False,
) -> WeaviateAsyncClient:
    """An asynchronous client for a cluster as in `connect_to_weaviate_cloud`; connect it with `async with`."""
    params, headers = _cloud(cluster_url, auth_credentials, headers)
    return _async(_arguments(headers, additional_config, auth_credentials, skip_init_checks, connection_params=params))


connect_to_wcs = connect_to_weaviate_cloud
"""The old name of `connect_to_weaviate_cloud`."""


def connect_to_custom(
    http_host: str,
    http_port: int,
    http_secure: bool,
    grpc_host: str,
    grpc_port: int,
    grpc_secure: bool,
    headers: Mapping[str, str] | None = None,
    additional_config: AdditionalConfig | None = None,
    auth_credentials: str | AuthCredentials | None = None,
    skip_init_checks: bool = False,
) -> WeaviateClient:
    """Connect to a server wherever it is.

    Args:
        http_host: The name or address of its REST interface.
        http_port: The port of its REST interface.
        http_secure: Whether that speaks TLS.
        grpc_host: The name or address of its gRPC interface.
        grpc_port: The port of its gRPC interface.
        grpc_secure: Whether that speaks TLS.
        headers: Sent with every request, such as keys of model providers.
        additional_config: Timeouts, proxies, TLS and more.
        auth_credentials: An API key, or one of `Auth`.
        skip_init_checks: Connect without asking whether the server is there, ready and new enough.

    Returns:
        A client that is connected. Close it at the end, or use it with `with`.

    Raises:
        WeaviateConnectionError: The server cannot be reached, is not ready, or is too old.
    """
    params = ConnectionParams.from_params(http_host, http_port, http_secure, grpc_host, grpc_port, grpc_secure)
    return _sync(_arguments(headers, additional_config, auth_credentials, skip_init_checks, connection_params=params))


def use_async_with_custom(
    http_host: str,
    http_port: int,
    http_secure: bool,
    grpc_host: str,
    grpc_port: int,
    grpc_secure: bool,
    headers: Mapping[str, str] | None = None,
    additional_config: AdditionalConfig | None = None,
    auth_credentials: str | AuthCredentials | None = None,
    skip_init_checks: bool = False,
) -> WeaviateAsyncClient:
    """An asynchronous client for a server as in `connect_to_custom`; connect it with `async with`."""
    params = ConnectionParams.from_params(http_host, http_port, http_secure, grpc_host, grpc_port, grpc_secure)
    return _async(_arguments(headers, additional_config, auth_credentials, skip_init_checks, connection_params=params))


def connect_to_embedded(
    hostname: str = "127.0.0.1",
    port: int = 8079,
    grpc_port: int = 50050,
    headers: Mapping[str, str] | None = None,
    additional_config: AdditionalConfig | None = None,
    version: str = SERVER_VERSION,
    persistence_data_path: str | None = None,
    binary_path: str | None = None,
    environment_variables: Mapping[str, str] | None = None,
    *,
    binary: str | None = None,
    sha256: str | None = None,
) -> WeaviateClient:
    """Run a server as a child of this process, and connect to it. It ends with the client, or with this process.

    The server's released program is downloaded once, checked, and kept.

    Args:
        hostname: The address that the server listens on.
        port: The port of its REST interface; 0 picks a free one.
        grpc_port: The port of its gRPC interface; 0 picks a free one.
        headers: Sent with every request, such as keys of model providers.
        additional_config: Timeouts and more.
        version: The server's version, "latest", or the URL of an archive.
        persistence_data_path: The folder of its data; several servers need one each.
        binary_path: The folder where programs are kept.
        environment_variables: More settings of the server. Of this process's environment it sees very little.
        binary: A program that is there already, instead of a download.
        sha256: The checksum that the archive must have, instead of the published one.

    Returns:
        A client that is connected. Close it at the end, or use it with `with`.

    Raises:
        WeaviateStartUpError: The server did not start; the last lines of its log are in the message.
    """
    options = _embedded(
        hostname, port, grpc_port, version, persistence_data_path, binary_path, environment_variables, binary, sha256
    )
    return _sync(_arguments(headers, additional_config, embedded_options=options))


def use_async_with_embedded(
    hostname: str = "127.0.0.1",
    port: int = 8079,
    grpc_port: int = 50050,
    headers: Mapping[str, str] | None = None,
    additional_config: AdditionalConfig | None = None,
    version: str = SERVER_VERSION,
    persistence_data_path: str | None = None,
    binary_path: str | None = None,
    environment_variables: Mapping[str, str] | None = None,
    *,
    binary: str | None = None,
    sha256: str | None = None,
) -> WeaviateAsyncClient:
    """An asynchronous client with a server as in `connect_to_embedded`, which starts when the client connects."""
    options = _embedded(
        hostname, port, grpc_port, version, persistence_data_path, binary_path, environment_variables, binary, sha256
    )
    return _async(_arguments(headers, additional_config, embedded_options=options))


def connect_to_lite(
    path: str | os.PathLike[str] | None = None,
    *,
    settings: Mapping[str, object] | None = None,
    vectorizers: Mapping[str, Vectorizer] | None = None,
    approximate: bool = False,
    headers: Mapping[str, str] | None = None,
    additional_config: AdditionalConfig | None = None,
    auth_credentials: str | AuthCredentials | None = None,
) -> WeaviateClient:
    """Use the small engine that comes with this package: nothing to install or start, no sockets.

    It answers as a server does. What it does not do it refuses by name. Needs `pip install weaviate-hl[lite]`.

    Args:
        path: The data file, made if it is not there; without one, data lives in memory until the client is closed.
        settings: The server's own settings by their names, such as `{"AUTOSCHEMA_ENABLED": "false"}`.
        vectorizers: Functions from texts to vectors, by the names of the modules that they stand for.
        approximate: Search large `hnsw` indexes with a graph, instead of comparing all vectors. Needs
            `pip install weaviate-hl[lite,usearch]`.
        headers: Sent with every request.
        additional_config: Timeouts and more.
        auth_credentials: An API key, if the settings ask for one.

    Returns:
        A client that is connected. Close it at the end, or use it with `with`.

    Raises:
        WeaviateStartUpError: A setting is unknown; usearch is not installed; the file is in use, damaged, or newer than
            this version.

    Example:
        with weaviate_hl.connect_to_lite() as client:
            client.collections.create("Article")
    """
    engine = _lite(path, settings, vectorizers, approximate)
    return _sync(_arguments(headers, additional_config, auth_credentials, lite=engine))


def use_async_with_lite(
    path: str | os.PathLike[str] | None = None,
    *,
    settings: Mapping[str, object] | None = None,
    vectorizers: Mapping[str, Vectorizer] | None = None,
    approximate: bool = False,
    headers: Mapping[str, str] | None = None,
    additional_config: AdditionalConfig | None = None,
    auth_credentials: str | AuthCredentials | None = None,
) -> WeaviateAsyncClient:
    """An asynchronous client for the engine of `connect_to_lite`, which works in one thread of its own."""
    engine = _lite(path, settings, vectorizers, approximate)
    return _async(_arguments(headers, additional_config, auth_credentials, lite=engine))


def _local(host: str, port: int, grpc_port: int) -> ConnectionParams:
    return ConnectionParams.from_params(host, port, False, host, grpc_port, False)


def _embedded(
    hostname: str,
    port: int,
    grpc_port: int,
    version: str,
    data_path: str | None,
    binary_path: str | None,
    variables: Mapping[str, str] | None,
    binary: str | None,
    sha256: str | None,
) -> EmbeddedOptions:
    from weaviate_hl import embedded

    return embedded.EmbeddedOptions(
        persistence_data_path=embedded.DEFAULT_PERSISTENCE_DATA_PATH if data_path is None else data_path,
        binary_path=embedded.DEFAULT_BINARY_PATH if binary_path is None else binary_path,
        version=version,
        port=port,
        hostname=hostname,
        additional_env_vars=None if variables is None else embedded.variables("environment_variables", variables),
        grpc_port=grpc_port,
        binary=binary,
        sha256=sha256,
    )


def _lite(
    path: str | os.PathLike[str] | None,
    settings: Mapping[str, object] | None,
    vectorizers: Mapping[str, Vectorizer] | None,
    approximate: bool,
) -> Callable[[], Engine]:
    from importlib.util import find_spec

    if find_spec("numpy") is None:
        raise WeaviatePackageNotInstalledError("numpy, which lite searches with,", "weaviate-hl[lite]")
    from functools import partial
    from os import PathLike, fspath

    from weaviate_hl.lite import Engine

    if path is not None and not isinstance(path, (str, PathLike)):
        raise WeaviateInvalidInputError(f"path: must be a path, got {type(path).__name__}")
    file = None if path is None else text("path", fspath(path))
    if file is not None and "\0" in file:
        raise WeaviateInvalidInputError("path: cannot have a null character")
    for name, value in {"settings": settings, "vectorizers": vectorizers}.items():
        if value is not None:
            instance(name, value, Mapping)
    for name, vectorizer in (vectorizers or {}).items():
        function(f"vectorizers[{name!r}]", vectorizer)
    instance("approximate", approximate, bool)
    return partial(Engine, file, settings=settings, vectorizers=vectorizers, approximate=approximate)


def _cloud(
    cluster_url: str, credentials: str | AuthCredentials | None, headers: Mapping[str, str] | None
) -> tuple[ConnectionParams, dict[str, str]]:
    """Where a cluster is, and the headers with the one that it needs."""
    text("cluster_url", cluster_url)
    host = cluster_url.strip().removeprefix("https://").removeprefix("http://").rstrip("/")
    if ":" in host:
        raise WeaviateInvalidInputError("cluster_url: must have no port, as in my-cluster.weaviate.cloud")
    if not host or any(c in host for c in "/?#@ "):
        raise WeaviateInvalidInputError(f"cluster_url: must be like my-cluster.weaviate.cloud, got {cluster_url!r}")
    given = headers_of("headers", headers)
    if credentials is None and "authorization" not in map(str.lower, given):
        raise WeaviateInvalidInputError(
            "auth_credentials: a cluster of Weaviate Cloud asks for them: give an API key, as its console shows it"
        )
    if host.endswith(".weaviate.network"):  # clusters of the first kind have the gRPC interface beside theirs
        name, domain = host.split(".", 1)
        grpc_host = f"{name}.grpc.{domain}"
    else:
        grpc_host = f"grpc-{host}"
    try:
        params = ConnectionParams.from_params(host, 443, True, grpc_host, 443, True)
    except WeaviateInvalidInputError:
        raise WeaviateInvalidInputError(f"cluster_url: {host!r} cannot be a host") from None
    return params, {"X-Weaviate-Cluster-Url": f"https://{host}"} | given


def _arguments(
    headers: Mapping[str, str] | None,
    config: AdditionalConfig | None,
    credentials: str | AuthCredentials | None = None,
    skip_init_checks: bool = False,
    **server: object,
) -> dict[str, Any]:
    """What a client of either colour is made with; `server` is the argument that says where it leads."""
    return server | {
        "auth_client_secret": credentials_of(credentials),
        "additional_headers": headers_of("headers", headers),
        "additional_config": config,
        "skip_init_checks": skip_init_checks,
    }


def _sync(arguments: dict[str, Any]) -> WeaviateClient:
    from weaviate_hl import WeaviateClient

    client = WeaviateClient(**arguments)
    client.connect()
    return client


def _async(arguments: dict[str, Any]) -> WeaviateAsyncClient:
    from weaviate_hl import WeaviateAsyncClient

    return WeaviateAsyncClient(**arguments)
