"""An identity provider of ours, made for faults. A real server accepts its tokens (see `settings_for`).

    with OidcProvider(clients={"weaviate": "secret"}, users={"ann": "pw"}, expires_in=2) as provider:
        provider.issuer                              # http://127.0.0.1:<port>
        provider.fail(HttpFault(status=500), on="/token", at=1)
        provider.fail(HttpFault(status=200, body="{not json"), on="/token")
        provider.fail(HttpFault(delay=3), on=DISCOVERY)
        provider.refuse(); provider.drop()           # an outage; provider.accept() ends it
        provider.issue("ann")                        # a token without asking for one
        provider.grants                              # ["client_credentials", "refresh_token"]: what was asked for
        FakeWeaviate(authorize=provider.refusal, openid=openid_of(provider.issuer, "weaviate", ["openid"]))

What a real Weaviate (1.38.11) needs to trust a provider, this one or another:

AUTHENTICATION_OIDC_ENABLED=true, AUTHENTICATION_OIDC_ISSUER, AUTHENTICATION_OIDC_CLIENT_ID and
AUTHENTICATION_OIDC_USERNAME_CLAIM (sub) are all required; AUTHENTICATION_OIDC_SCOPES (separated by commas) is what it
tells clients, and no claim is checked for it. AUTHENTICATION_OIDC_GROUPS_CLAIM is optional.

- The issuer may be http. At startup the server reads `<issuer>/.well-known/openid-configuration` and gives up if that
  fails or names another issuer; with AUTHENTICATION_OIDC_JWKS_URL it reads nothing at startup. The keys it reads at the
  first token, and again at each token whose signature it cannot verify: it can do without the provider in between.
- A provider with a private authority: AUTHENTICATION_OIDC_CERTIFICATE has its PEM text, an http URL of it or s3://...;
  AUTHENTICATION_OIDC_INSECURE_SKIP_TLS_VERIFY=true instead.
- It checks the signature (RS256 unless discovery names others), `iss`, `exp` without leeway, `nbf` with five minutes
  of it, and that `aud`, a text or a list, has the client id (not with AUTHENTICATION_OIDC_SKIP_CLIENT_ID_CHECK=true).
  JWT access tokens (`typ: at+jwt` too) and ID tokens are the same to it; opaque tokens are refused as malformed.
- A user that may do everything: AUTHORIZATION_RBAC_ENABLED=true and AUTHORIZATION_RBAC_ROOT_USERS=<sub>; without any
  authorization every token may do everything. A token without the username claim is answered with 500.
- With API keys also on, what does not parse as a JWT is taken for an API key ("unauthorized: invalid api key").
- A refusal is 401 with JSON over REST. Over gRPC it is UNKNOWN "extract auth: unauthorized: oidc: ..."; only
  BatchStream says UNAUTHENTICATED, without "extract auth: ".
  The health check and live, ready and openid-configuration are open to all.
"""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal
from urllib.parse import unquote_plus

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .http_wire import Answer, HttpServer, Received, Reply

DISCOVERY = "/.well-known/openid-configuration"
TOKEN = "/token"
JWKS = "/jwks"
GRANTS = ("client_credentials", "password", "refresh_token")


@dataclass
class _Grant:
    """What a refresh token stands for."""

    subject: str
    client: str
    scope: str
    generation: list[str] = field(default_factory=list)
    """All refresh tokens of this sign-in; the last one is good."""


class OidcProvider(HttpServer):
    """Discovery, keys and tokens, over http or (with `tls`) https.

    clients: client id -> secret, None for a public client. users: name -> password, for grant type password.
    expires_in: seconds; None: answers do not say (tokens then live an hour).
    rotate: a refresh token works once; using an old one answers invalid_grant and ends all that came of the same
        sign-in, as OAuth's security advice has it.
    refresh: give refresh tokens at all, to users (and to clients with `refresh_for_clients`).
    tokens: "jwt" (RS256) or "opaque".
    audience: the `aud` of tokens; the client's id by default.
    token_endpoint: what discovery says it is, to lead clients astray.
    clock_offset: seconds by which this provider's clock is ahead.
    `grants` lists the grant types asked for at the token endpoint, refused ones included.
    """

    def __init__(
        self,
        *,
        clients: Mapping[str, str | None] | None = None,
        users: Mapping[str, str] | None = None,
        expires_in: float | None = 300,
        rotate: bool = False,
        refresh: bool = True,
        refresh_for_clients: bool = False,
        tokens: Literal["jwt", "opaque"] = "jwt",
        audience: str | None = None,
        token_endpoint: str | None = None,
        clock_offset: float = 0,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(tls=tls, port=port)
        self.clients = dict({"weaviate": "client-secret"} if clients is None else clients)
        self.users = dict({"ann": "password"} if users is None else users)
        self.expires_in = expires_in
        self.rotate = rotate
        self.refresh = refresh
        self.refresh_for_clients = refresh_for_clients
        self.tokens = tokens
        self.audience = audience
        self.token_endpoint = token_endpoint
        self.clock_offset = clock_offset
        self._access: dict[str, dict[str, Any]] = {}
        self._refresh: dict[str, _Grant] = {}

    @property
    def issuer(self) -> str:
        return self.url

    @property
    def grants(self) -> list[str]:
        return [request.form().get("grant_type", "") for request in self.requests(f"POST {TOKEN}")]

    def settings_for(self, client_id: str = "weaviate", scopes: Iterable[str] = ("openid",)) -> dict[str, str]:
        """The settings of a real server that is to accept tokens of this provider."""
        return weaviate_settings(self.issuer, client_id, scopes)

    def issue(self, subject: str, *, client: str = "weaviate", expires_in: float | None = None, **claims: Any) -> str:
        """An access token, without anybody asking for it. Claims given here win."""
        now = time.time() + self.clock_offset
        lifetime = next(seconds for seconds in (expires_in, self.expires_in, 3600) if seconds is not None)
        content = {
            "iss": self.issuer,
            "sub": subject,
            "aud": self.audience or client,
            "iat": int(now),
            "exp": int(now + lifetime),
            "jti": secrets.token_hex(8),
            **claims,
        }
        token = sign(content) if self.tokens == "jwt" else secrets.token_urlsafe(24)
        with self._lock:
            self._access[token] = content | {"until": now + lifetime}
        return token

    def refusal(self, token: str) -> str | None:
        """Why a resource server refuses a token, in Weaviate's words; None if it is good."""
        with self._lock:
            content = self._access.get(token)
        if content is None:
            return "unauthorized: oidc: malformed jwt: oidc: malformed jwt, expected 3 parts got 1"
        if content["until"] <= time.time() + self.clock_offset:
            expiry = datetime.fromtimestamp(content["exp"], UTC)
            return f"unauthorized: oidc: token is expired (Token Expiry: {expiry:%Y-%m-%d %H:%M:%S} +0000 UTC)"
        return None

    def revoke(self) -> None:
        """Forget all refresh tokens: using one answers invalid_grant."""
        with self._lock:
            self._refresh.clear()

    def discovery(self) -> dict[str, Any]:
        """What discovery says."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": self.token_endpoint or f"{self.issuer}{TOKEN}",
            "jwks_uri": f"{self.issuer}{JWKS}",
            "grant_types_supported": list(GRANTS),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "scopes_supported": ["openid", "offline_access"],
        }

    def answer(self, received: Received) -> Answer:
        if received.path == DISCOVERY:
            return self.discovery()
        if received.path == JWKS:
            return {"keys": [public_key()]}
        if received.path == TOKEN and received.method == "POST":
            return self._token(received)
        return 404

    def _token(self, received: Received) -> Reply:
        form = received.form()
        client, secret = _client(received, form)
        if client not in self.clients or (self.clients[client] or "") != secret:
            return _refused("invalid_client", "client authentication failed", 401)
        grant, scope = form.get("grant_type"), form.get("scope", "")
        if grant == "client_credentials":
            if not secret:
                return _refused("unauthorized_client", "a public client has no credentials")
            return self._granted(_Grant(client, client, scope), self.refresh_for_clients)
        if grant == "password":
            name = form.get("username", "")
            if name not in self.users or self.users[name] != form.get("password"):
                return _refused("invalid_grant", "wrong user or password")
            return self._granted(_Grant(name, client, scope), self.refresh)
        if grant == "refresh_token":
            return self._refreshed(form.get("refresh_token", ""), client)
        return _refused("unsupported_grant_type", f"no such grant type: {grant}")

    def _refreshed(self, token: str, client: str) -> Reply:
        with self._lock:
            found = self._refresh.get(token)
            if found is not None and found.generation[-1] != token:
                for old in found.generation:
                    self._refresh.pop(old, None)
                found = None
        if found is None or found.client != client:
            return _refused("invalid_grant", "the refresh token is unknown, revoked or has been used")
        return self._granted(found, self.rotate)

    def _granted(self, grant: _Grant, with_refresh: bool) -> Reply:
        token = self.issue(grant.subject, client=grant.client)
        answer: dict[str, Any] = {"access_token": token, "token_type": "Bearer"}
        if self.expires_in is not None:
            answer["expires_in"] = self.expires_in
        if grant.scope:
            answer["scope"] = grant.scope
        if "openid" in grant.scope.split() and grant.subject != grant.client:
            answer["id_token"] = self.issue(grant.subject, client=grant.client)
        if with_refresh:
            answer["refresh_token"] = secrets.token_urlsafe(24)
            with self._lock:
                grant.generation.append(answer["refresh_token"])
                self._refresh[answer["refresh_token"]] = grant
        return Reply(body=answer, headers={"Cache-Control": "no-store"})


def weaviate_settings(issuer: str, client_id: str, scopes: Iterable[str] = ()) -> dict[str, str]:
    """The settings of a real server that is to accept tokens of a provider (more of them: see above)."""
    settings = {
        "AUTHENTICATION_OIDC_ENABLED": "true",
        "AUTHENTICATION_OIDC_ISSUER": issuer,
        "AUTHENTICATION_OIDC_CLIENT_ID": client_id,
        "AUTHENTICATION_OIDC_USERNAME_CLAIM": "sub",
    }
    return settings | ({"AUTHENTICATION_OIDC_SCOPES": ",".join(scopes)} if scopes else {})


def sign(claims: Mapping[str, Any]) -> str:
    """A JWT, signed with RS256 by the key of this process."""
    header = {"alg": "RS256", "typ": "JWT", "kid": "test"}
    content = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    return f"{content}.{_base64(_key().sign(content.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def public_key() -> dict[str, str]:
    """The key as a JWK."""
    numbers = _key().public_key().public_numbers()
    parts = {name: _base64(n.to_bytes((n.bit_length() + 7) // 8)) for name, n in (("n", numbers.n), ("e", numbers.e))}
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "test", **parts}


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _client(received: Received, form: Mapping[str, str]) -> tuple[str, str]:
    """The client and its secret, from the header or the form."""
    scheme, _, credentials = received.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        name, _, secret = base64.b64decode(credentials).decode().partition(":")
        return unquote_plus(name), unquote_plus(secret)
    return form.get("client_id", ""), form.get("client_secret", "")


def _refused(error: str, description: str, status: int = 400) -> Reply:
    return Reply(status, {"error": error, "error_description": description})
