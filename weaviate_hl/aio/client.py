"""The client: what a user connects, and where everything else hangs from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from weaviate_gen.rest.api.meta import get as meta
from weaviate_gen.rest.api.well_known import live, openid_configuration, ready

from weaviate_hl.aio.alias import AliasAsync
from weaviate_hl.aio.batch import ClientBatchingAsync
from weaviate_hl.aio.collections import CollectionsAsync
from weaviate_hl.aio.grpc_channel import RpcChannelAsync
from weaviate_hl.aio.integrations import IntegrationsAsync
from weaviate_hl.aio.transport.core import Transport
from weaviate_hl.auth import AuthCredentials, credentials_of
from weaviate_hl.checks import function, instance
from weaviate_hl.colour.aio import in_thread
from weaviate_hl.errors import WeaviateBaseError, WeaviateClosedClientError, WeaviateInvalidInputError
from weaviate_hl.op import RestOp
from weaviate_hl.ops import graphql
from weaviate_hl.settings import AdditionalConfig, ConnectionParams, headers_of
from weaviate_hl.version import __version__

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from weaviate_gen.grpc import WeaviateAsyncStub
    from weaviate_gen.rest.client import AsyncRest
    from weaviate_gen.rest.operation import Request

    from weaviate_hl.embedded import Embedded, EmbeddedOptions
    from weaviate_hl.lite import Engine
    from weaviate_hl.values.results import RawGQLReturn

T = TypeVar("T")
TO_BE_STARTED = ConnectionParams.from_params("localhost", 8079, False, "localhost", 50050, False)
"""Where an embedded server is, until it has started and says so."""


class WeaviateAsyncClient:
    """An asynchronous client for one Weaviate server or cluster.

    Made most easily with `weaviate_hl.use_async_with_local()` and its like. Connect it with `async with`, or with
    `await client.connect()` and `await client.close()` at the end. One client serves any number of concurrent calls.

    Args:
        connection_params: Where the server is.
        embedded_options: To run a server as a child of this process, instead of `connection_params`.
        auth_client_secret: How to log in: `Auth.api_key(...)`, or one of the others of `Auth`.
        additional_headers: Sent with every request, such as the keys of model providers: `{"X-OpenAI-Api-Key": "..."}`.
        additional_config: Timeouts, proxies, TLS and more.
        skip_init_checks: Connect without asking whether the server is there, ready and new enough.
        lite: To use the engine that comes with this package, instead of a server; see `connect_to_lite`.

    Raises:
        WeaviateInvalidInputError: An argument is wrong; it is named.
    """

    def __init__(
        self,
        connection_params: ConnectionParams | None = None,
        embedded_options: EmbeddedOptions | None = None,
        auth_client_secret: AuthCredentials | None = None,
        additional_headers: Mapping[str, str] | None = None,
        additional_config: AdditionalConfig | None = None,
        skip_init_checks: bool = False,
        *,
        lite: Callable[[], Engine] | None = None,
    ) -> None:
        config = AdditionalConfig() if additional_config is None else additional_config
        instance("additional_config", config, AdditionalConfig)
        credentials = credentials_of(auth_client_secret, "auth_client_secret")
        headers = {"X-Weaviate-Client": f"weaviate-hl-python/{__version__}"}
        if config.integration:
            headers["X-Weaviate-Client-Integration"] = config.integration
        headers |= headers_of("additional_headers", additional_headers)
        self._checks = not instance("skip_init_checks", skip_init_checks, bool)
        self._embedded: Embedded | None = None
        self._transport: Transport
        if lite is not None:
            from weaviate_hl.aio.transport.in_process import LiteTransport

            self._transport = LiteTransport(function("lite", lite), config, credentials, headers)
        elif embedded_options is not None:
            from weaviate_hl.embedded import Embedded, EmbeddedOptions

            self._embedded = Embedded(instance("embedded_options", embedded_options, EmbeddedOptions))
            self._transport = Transport(TO_BE_STARTED, config, credentials, headers)
        else:
            params = instance("connection_params", connection_params, ConnectionParams)
            if config.grpc_config is not None and config.grpc_config.credentials is not None and not params.grpc.secure:
                raise WeaviateInvalidInputError("grpc_config: credentials are for TLS: connect with grpc_secure=True")
            self._transport = Transport(params, config, credentials, headers)
        if sum(given is not None for given in (connection_params, embedded_options, lite)) > 1:
            raise WeaviateInvalidInputError("Give one of connection_params, embedded_options and lite, not several")
        self.collections = CollectionsAsync(self._transport)
        self.alias = AliasAsync(self._transport)
        self.batch = ClientBatchingAsync(self._transport)
        self.integrations = IntegrationsAsync(self._transport)

    async def connect(self) -> None:
        """Connect to the server. A client that is connected stays as it is.

        Raises:
            WeaviateConnectionError: The server cannot be reached, is not ready, or is too old.
            AuthenticationFailedError: The credentials were refused.
        """
        async with self._transport.turn():
            if self.is_connected():
                await self._transport.connect()  # which sees that it may be used here
                return
            try:
                if self._embedded is not None and not self._embedded.is_running:
                    host, port, grpc_port = await in_thread(self._embedded.start)
                    self._transport.params = ConnectionParams.from_params(host, port, False, host, grpc_port, False)
                await self._transport.connect(checks=self._checks)
            except BaseException:
                await self.close()
                raise

    async def close(self) -> None:
        """Close all connections, and stop an embedded server. Closing again does nothing."""
        await self._transport.close()
        if self._embedded is not None:
            await in_thread(self._embedded.stop)

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def is_connected(self) -> bool:
        """Whether the client is connected; this asks the server nothing."""
        return self._transport.connected

    async def is_live(self) -> bool:
        """Whether the server runs."""
        return await self._answers(live.request())

    async def is_ready(self) -> bool:
        """Whether the server can answer queries."""
        return await self._answers(ready.request())

    async def get_meta(self) -> dict[str, Any]:
        """What the server tells of itself: its version, its modules, its limits."""
        op = RestOp(meta.request(), meta.parse, "Reading the server's meta information")
        return dict(cast(dict[str, Any], await self._transport.execute(op)))

    async def get_open_id_configuration(self) -> dict[str, Any] | None:
        """The server's OIDC settings, or None if it has none."""
        op = RestOp(
            openid_configuration.request(),
            openid_configuration.parse,
            "Reading the server's OIDC settings",
            absent=frozenset({404}),
        )
        found = await self._transport.execute(op)
        return None if found is None else dict(cast(dict[str, Any], found))

    async def graphql_raw_query(self, gql_query: str) -> RawGQLReturn:
        """Run a query that is written in GraphQL.

        Args:
            gql_query: The query.

        Raises:
            WeaviateInvalidInputError: It is no text.
            UnexpectedStatusCodeError: The server refuses it. What is wrong within it is told by the result's `errors`.

        Example:
            told = await client.graphql_raw_query("{ Get { Article(limit: 2) { title } } }")
        """
        return await self._transport.execute(graphql.raw(instance("gql_query", gql_query, str)))

    @property
    def rest(self) -> AsyncRest:
        """Every operation of the server's REST interface, generated: `await client.rest.schema.dump()`.

        They go over this client's connection, with its credentials, timeouts and retries, and give attrs models.
        """
        from weaviate_gen.rest.client import AsyncRest

        return AsyncRest(self._send)

    @property
    def grpc(self) -> WeaviateAsyncStub:
        """The generated gRPC stub over this client's connection: `await client.grpc.Search(SearchRequest(...))`.

        It works over native gRPC and over HTTP alike; what streams needs native gRPC.
        """
        from weaviate_gen.grpc import WeaviateAsyncStub

        return WeaviateAsyncStub(RpcChannelAsync(self._transport))

    async def _send(self, make: Callable[[], Request], parse: Callable[[int, Mapping[str, str], bytes], T], /) -> T:
        try:
            request = make()
        except ValueError as error:
            raise WeaviateInvalidInputError(str(error)) from None
        return await self._transport.execute(
            RestOp(request, parse, f"{request.operation.tag}.{request.operation.name}")
        )

    async def _answers(self, request: Request) -> bool:
        op = RestOp(request, lambda status, headers, body: True, "Asking whether the server answers", timeout="init")
        try:
            return await self._transport.execute(op)
        except (WeaviateClosedClientError, WeaviateInvalidInputError):
            raise
        except WeaviateBaseError:
            return False

    def __getstate__(self) -> dict[str, Any]:
        """What a pickle holds: the configuration, credentials included. The copy connects when it is first used."""
        if self._embedded is not None and self._embedded.is_running:
            params = self._transport.params
            raise WeaviateInvalidInputError(
                "This client cannot be pickled: its embedded server belongs to this process",
                hint=f"There, use connect_to_local(port={params.http.port}, grpc_port={params.grpc.port})",
            )
        return self.__dict__

    def __repr__(self) -> str:
        state = "connected" if self.is_connected() else "not connected"
        return f"<{type(self).__name__} of {self._transport.place}, {state}>"
