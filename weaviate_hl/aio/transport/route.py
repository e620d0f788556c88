"""How gRPC travels: natively to its own port, or over the HTTP port. Which of them is found out unless it was said."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from weaviate_gen.grpc import WEB_SINCE, HealthMethods

from weaviate_hl.answers import FORKED, REMEDIES, TLS_PROXY, WANTS_TLS, Broken, RpcFailed
from weaviate_hl.colour.aio import ASYNC, Lock, in_thread, locked
from weaviate_hl.deadline import Deadline
from weaviate_hl.errors import WeaviateGRPCUnavailableError
from weaviate_hl.fork import POLLING
from weaviate_hl.log import logger
from weaviate_hl.policy import Failed, Failure

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.native import Native
    from weaviate_hl.aio.transport.web import Web
    from weaviate_hl.settings import AdditionalConfig, ConnectionParams

HUNG_UP = ("Socket closed", "Connection reset by peer", "Connection reset by peer (104)")


class Route:
    """The way to a server's gRPC interface.

    Args:
        config: Which protocol is wanted, TLS and proxies.

    Attributes:
        protocol: "native" or "web".
        undecided: Whether it is still to be found out which.
    """

    def __init__(self, config: AdditionalConfig) -> None:
        self._config = config
        self._wanted = config.grpc if config.tls.ssl_context is None else "web"
        self.protocol = "native" if self._wanted == "auto" else self._wanted
        self.undecided = self._wanted == "auto"

    def make_native(self, params: ConnectionParams) -> Native | None:
        """A native channel, if it can be had and may be needed."""
        if self._wanted == "web":
            return None
        if obstacle := self._obstacle(params):
            if self._wanted == "native":
                raise WeaviateGRPCUnavailableError(obstacle, hint=REMEDIES[obstacle])
            return None
        from weaviate_hl.aio.transport.native import Native  # not before: lite does without this library

        return Native(params.grpc, self._config)

    def open(self, params: ConnectionParams, native: Native | None, web: Web) -> None:
        """Have new channels."""
        self._params = params
        self.native = native
        self._web = web
        self._deciding = Lock()

    @property
    def channel(self) -> Native | Web:
        """What calls are made through."""
        return self._web if self.protocol == "web" or self.native is None else self.native

    async def probe_native(self, deadline: Deadline) -> RpcFailed | None:
        """What comes of asking natively; None if that works, or is not wanted."""
        if self._wanted == "web":
            return None
        if self.native is None:
            return RpcFailed("UNAVAILABLE", self._obstacle(self._params) or "")
        failed = await _ask(self.native, deadline)
        return failed and await self._hung_up(failed, deadline)

    async def probe_web(self, deadline: Deadline) -> RpcFailed | None:
        """What comes of asking over HTTP; None if that works, or is not wanted."""
        return None if self._wanted == "native" else await _ask(self._web, deadline)

    def choose(self, native: RpcFailed | None, web: RpcFailed | None, version: str = "") -> None:
        """Settle it, from what the probes found.

        Raises:
            WeaviateGRPCUnavailableError: What is wanted does not work.
        """
        if self._wanted == "web":
            if web is not None:
                raise WeaviateGRPCUnavailableError(
                    f"No gRPC over HTTP at {self._params.base_url}: {web.text}",
                    status=web.code,
                    hint=f'Servers before {WEB_SINCE} need grpc="native"',
                )
        elif native is None:
            self.protocol = "native"
        elif self._wanted == "auto" and web is None and native.has_no_grpc:
            self.protocol, address = "web", self._params.grpc.address
            logger.info("the gRPC port %s does not answer (%s): gRPC goes over the HTTP port", address, native.text)
        else:
            closed = f"Is the port open? Servers from {WEB_SINCE} need no gRPC port; this one is {version or 'unknown'}"
            raise WeaviateGRPCUnavailableError(
                f"No native gRPC connection to {self._params.grpc.address}: {native.told}",
                status=native.code,
                hint=native.advice(closed) if web is not None else native.advice(),
            )
        self.undecided = False

    async def decide(self, deadline: Deadline) -> None:
        """Find it out, before the first call of a client that was connected without checks."""

        def patience(share: float) -> Deadline:
            left, most = deadline.remaining(), self._config.timeout.init
            return Deadline(most if left is None else min(most, left * share))

        async with locked(self._deciding, deadline):
            if not self.undecided:
                return
            native, web = await self.probe_native(patience(0.5)), None
            if native is not None:
                web = await self.probe_web(patience(1))
                if deadline.remaining() == 0:
                    raise TimeoutError
            try:
                self.choose(native, web)
            except WeaviateGRPCUnavailableError as error:
                nobody = native is not None and native.has_no_grpc
                raise Failed(Failure("connect" if nobody else "answer"), error) from None

    def _obstacle(self, params: ConnectionParams) -> str | None:
        """Why native gRPC cannot be used, if so."""
        if ASYNC and POLLING.in_parent:
            return FORKED
        from weaviate_hl.trust import proxy_for

        return TLS_PROXY if (proxy_for(self._config, "grpc", params.grpc) or "").startswith("https:") else None

    async def _hung_up(self, failed: RpcFailed, deadline: Deadline) -> RpcFailed:
        """A port that hung up may want TLS: it is asked."""
        from weaviate_hl.trust import proxy_for, speaks_tls

        where = self._params.grpc
        plain = not where.secure and proxy_for(self._config, "grpc", where) is None
        if not plain or not failed.text.endswith(HUNG_UP):
            return failed
        tls = await in_thread(partial(speaks_tls, where.host, where.port, deadline))
        return RpcFailed("UNAVAILABLE", WANTS_TLS) if tls else failed

    def __getstate__(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in ("_config", "_wanted", "protocol", "undecided")}


async def _ask(channel: Native | Web, deadline: Deadline) -> RpcFailed | None:
    """Ask the health service, without credentials; None means that it answered."""
    try:
        await channel.call(HealthMethods.Check, b"", [], deadline)
    except RpcFailed as failed:
        return None if failed.wants_credentials else failed
    except (Broken, TimeoutError) as error:
        return RpcFailed("UNAVAILABLE", str(error) or "no answer in time")
    return None
