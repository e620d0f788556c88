"""Credentials as a header: one source for HTTP and gRPC alike.

An API key is a header at once. With OIDC a token is fetched from the identity provider that the server names, kept
until shortly before it expires, and renewed by the next call that needs it: under a lock, so that many concurrent calls
cause one renewal, and without a thread. When the provider fails, that call raises and the next one tries again.
"""

from __future__ import annotations

from base64 import b64encode
from copy import copy
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from weaviate_hl.answers import Broken
from weaviate_hl.auth import (
    AuthApiKey,
    AuthBearerToken,
    AuthClientCredentials,
    AuthClientPassword,
    AuthCredentials,
    OidcAuth,
)
from weaviate_hl.checks import seconds
from weaviate_hl.colour.aio import Lock, locked, monotonic
from weaviate_hl.deadline import Deadline
from weaviate_hl.errors import AuthenticationFailedError, MissingScopeError, WeaviateInvalidInputError
from weaviate_hl.settings import ProtocolParams, is_loopback

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.http import Http

EARLY = 30.0
"""Seconds before its end that a token is renewed, for calls that take a while and for clocks that differ."""

AZURE = "login.microsoftonline.com"
SECRETS = ("client_secret", "password", "refresh_token")


class Tokens:
    """The source of the `authorization` header.

    Args:
        credentials: What the user gave.
        http: The HTTP client.
        copied: Whether another process has the same credentials, as after a fork or a pickle. A refresh token may work
            only once, so that it stays with the process that had it first.
    """

    def __init__(self, credentials: AuthCredentials | None, http: Http, *, copied: bool = False) -> None:
        self._credentials = credentials
        self._copied = copied
        self._http = http
        self._lock = Lock()
        self._header: str | None = None
        self._expires = float("inf")
        self._refresh_token: str | None = None
        self._endpoint = ""
        self._client_id = ""
        self._scopes: list[str] = []
        self._basic = False  # whether the provider wants a client's secret in a header rather than in the form
        if isinstance(credentials, AuthApiKey):
            self._header = f"Bearer {credentials.api_key}"

    @property
    def needs_provider(self) -> bool:
        """Whether an identity provider must be asked."""
        return isinstance(self._credentials, OidcAuth)

    async def discover(self, configuration: dict[str, Any] | None, deadline: Deadline) -> None:
        """Learn where tokens come from.

        Args:
            configuration: What the server says at `.well-known/openid-configuration`; None if it has no OIDC.
            deadline: When to give up.
        """
        if configuration is None:
            raise AuthenticationFailedError(
                "The server has no OIDC set up, but OIDC credentials were given",
                hint="Use an API key, Auth.api_key(...), or set AUTHENTICATION_OIDC_* at the server",
            )
        self._client_id = _text("The server", configuration, "clientId", needed=False)
        self._scopes = _texts("The server", configuration, "scopes")
        href = _url("The server", configuration, "href")
        document = await self._provider("GET", href, None, deadline)
        self._endpoint = _url("The identity provider", document, "token_endpoint")
        methods = _texts("The identity provider", document, "token_endpoint_auth_methods_supported")
        self._basic = "client_secret_post" not in methods and "client_secret_basic" in methods
        parts = urlsplit(self._endpoint)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise AuthenticationFailedError(
                f"The identity provider's token endpoint {self._endpoint!r} is not https: no secret is sent there"
            )
        if isinstance(self._credentials, AuthBearerToken):
            self._take(
                {
                    "access_token": self._credentials.access_token,
                    "expires_in": self._credentials.expires_in,
                    "refresh_token": self._credentials.refresh_token,
                }
            )

    def current(self) -> str | None:
        """The header as it is, for calls that cannot wait for another."""
        return self._header

    async def header(self, deadline: Deadline) -> str | None:
        """The value of `authorization`, renewed if need be; None without credentials."""
        if monotonic() < self._expires and self._header is not None:
            return self._header
        if not self.needs_provider:
            return self._header
        async with locked(self._lock, deadline):
            if monotonic() >= self._expires or self._header is None:
                await self._renew(deadline)
        return self._header

    def inherited(self, http: Http) -> Tokens:
        """The same source for a child of this process."""
        child = copy(self)
        child._http, child._lock, child._copied = http, Lock(), True
        if not isinstance(self._credentials, AuthBearerToken):
            child._refresh_token = None  # it logs in anew, since a refresh token may work only once
        return child

    def expire(self, header: str | None) -> bool:
        """The server has refused this header: have it renewed, if it can be. False if trying again is of no use."""
        if not self.needs_provider or header is None:
            return False
        if isinstance(self._credentials, AuthBearerToken) and self._refresh_token is None:
            return False
        if header == self._header:  # else another call has renewed it already
            self._expires = 0.0
        return True

    async def _renew(self, deadline: Deadline) -> None:
        credentials = self._credentials
        if self._refresh_token is not None:
            if self._copied and isinstance(credentials, AuthBearerToken):
                raise AuthenticationFailedError(
                    "The token has expired, and its refresh token belongs to the process that made the client",
                    hint="A provider may accept a refresh token only once: log in anew in this process",
                )
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token, "client_id": self._client_id}
            try:
                self._take(await self._provider("POST", self._endpoint, form, deadline))
                return
            except AuthenticationFailedError:
                if not isinstance(credentials, AuthClientPassword):
                    raise
                self._refresh_token = None  # expired itself: log in anew
        if isinstance(credentials, AuthClientCredentials):
            scopes = credentials.scope_list or self._scopes
            if not scopes and AZURE in self._endpoint:
                scopes = [f"{self._client_id}/.default"]
            form = {
                "grant_type": "client_credentials",
                "client_id": self._client_id,
                "client_secret": credentials.client_secret,
            }
        elif isinstance(credentials, AuthClientPassword):
            scopes = [*credentials.scope_list, *self._scopes, "offline_access"]
            form = {
                "grant_type": "password",
                "client_id": self._client_id,
                "username": credentials.username,
                "password": credentials.password,
            }
        else:
            raise AuthenticationFailedError(
                "The bearer token has expired and cannot be renewed",
                hint="Give a refresh token too: Auth.bearer_token(token, expires_in=..., refresh_token=...)",
            )
        if scopes:
            form["scope"] = " ".join(dict.fromkeys(scopes))
        self._take(await self._provider("POST", self._endpoint, form, deadline))

    def _take(self, answer: dict[str, Any]) -> None:
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise AuthenticationFailedError("The identity provider's answer has no access_token")
        lifetime, refresh_token = _lifetime(answer.get("expires_in")), answer.get("refresh_token")
        if not isinstance(refresh_token, str | None):
            raise AuthenticationFailedError("The identity provider's refresh_token is not text")
        if token != token.strip() or not token.isascii() or not token.isprintable():
            raise AuthenticationFailedError(
                "The identity provider's access_token has a character that no header can carry"
            )
        self._refresh_token = refresh_token or self._refresh_token
        renewable = self._refresh_token is not None or not isinstance(self._credentials, AuthBearerToken)
        self._header = f"Bearer {token}"
        self._expires = monotonic() + lifetime - (min(EARLY, lifetime / 4) if renewable else 0)

    async def _provider(self, method: str, url: str, form: dict[str, str] | None, deadline: Deadline) -> dict[str, Any]:
        """Ask the identity provider; its errors are told in its own words, without what was sent."""
        headers = [("accept", "application/json")]
        secrets = [value for name, value in (form or {}).items() if name in SECRETS]
        if form is not None and self._basic and "client_secret" in form:
            login = f"{quote(form['client_id'], safe='')}:{quote(form.pop('client_secret'), safe='')}"
            headers.append(("authorization", f"Basic {b64encode(login.encode()).decode()}"))
        content = urlencode(form).encode() if form is not None else None
        if content is not None:
            headers.append(("content-type", "application/x-www-form-urlencoded"))
        try:
            answer = await self._http.send(method, url, headers, content, deadline)
        except Broken as error:
            raise AuthenticationFailedError(
                f"The identity provider at {_place(url)} cannot be reached: {error}"
            ) from error
        except TimeoutError as error:
            raise AuthenticationFailedError(f"The identity provider at {_place(url)} did not answer in time") from error
        told = answer.object
        if answer.status != 200 or told is None:
            code = str((told or {}).get("error", ""))
            text = str((told or {}).get("error_description", "")) or code or "no reason given"
            for secret in secrets:  # should the provider repeat them
                text = text.replace(secret, "***").replace(quote_plus(secret), "***")
            kind = MissingScopeError if code == "invalid_scope" else AuthenticationFailedError
            raise kind(f"The identity provider refused: {text}", status=answer.status, server_text=text)
        return told


def _text(whose: str, document: dict[str, Any], name: str, *, needed: bool = True) -> str:
    value = document.get(name) or ""
    if not isinstance(value, str) or (needed and not value):
        raise AuthenticationFailedError(f"{whose} names no {name} in its OIDC settings, or one that is not text")
    return value


def _texts(whose: str, document: dict[str, Any], name: str) -> list[str]:
    values = document.get(name)
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise AuthenticationFailedError(f"{whose} has {name} in its OIDC settings that are no list of texts")
    return values


def _url(whose: str, document: dict[str, Any], name: str) -> str:
    url = _text(whose, document, name)
    try:
        parts = urlsplit(url)
        ProtocolParams(host=parts.hostname or "", port=parts.port or 443, secure=True)
        known = parts.scheme in ("http", "https") and url.isprintable()
    except (ValueError, WeaviateInvalidInputError):
        known = False
    if not known:
        raise AuthenticationFailedError(f"{whose} has a {name} in its OIDC settings that is no URL: {url!r}")
    return url


def _lifetime(value: Any) -> float:
    """The seconds that a token lasts: a number, which some providers send as text; a minute if it is not said."""
    if value is None:
        return 60.0
    try:
        return float(seconds("expires_in", float(value) if isinstance(value, str) else value))
    except (ValueError, WeaviateInvalidInputError):
        raise AuthenticationFailedError(
            f"The identity provider's expires_in is {value!r}, not a number of seconds"
        ) from None


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else repr(url)
