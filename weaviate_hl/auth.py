"""Credentials as values: what a user gives the client to log in with. They never show themselves."""

from __future__ import annotations

from collections.abc import Sequence

from weaviate_hl.checks import seconds, text
from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.settings import Setting, header_value

SCOPES = str | Sequence[str] | None


class AuthApiKey(Setting):
    """An API key that the server knows."""

    _SECRETS = frozenset({"api_key"})

    def __init__(self, api_key: str) -> None:
        self.api_key = _secret("api_key", api_key)


class AuthBearerToken(Setting):
    """A token that was obtained elsewhere, with a refresh token if the client is to renew it.

    Args:
        access_token: The token.
        expires_in: Seconds for which it is still valid.
        refresh_token: What it is renewed with; without one, calls fail when it has expired.
    """

    _SECRETS = frozenset({"access_token", "refresh_token"})

    def __init__(self, access_token: str, expires_in: int = 60, refresh_token: str | None = None) -> None:
        self.access_token = _secret("access_token", access_token)
        self.expires_in = seconds("expires_in", expires_in)
        self.refresh_token = None if refresh_token is None else _secret("refresh_token", refresh_token)


class AuthClientCredentials(Setting):
    """The secret of an OIDC client: for programs that act for themselves.

    Args:
        client_secret: The secret; the client's id comes from the server.
        scope: Scopes to ask for, a string with blanks between or a list; needed unless the provider is Azure.
    """

    _SECRETS = frozenset({"client_secret"})

    def __init__(self, client_secret: str, scope: SCOPES = None) -> None:
        self.client_secret = _secret("client_secret", client_secret)
        self.scope = scope
        self.scope_list = _scopes(scope)


class AuthClientPassword(Setting):
    """A user's name and password at the identity provider.

    Args:
        username: The user's name.
        password: The user's password.
        scope: Scopes to ask for, a string with blanks between or a list. `offline_access` is asked for in any case.
    """

    _SECRETS = frozenset({"password"})

    def __init__(self, username: str, password: str, scope: SCOPES = None) -> None:
        self.username = text("username", username)
        self.password = text("password", password)
        self.scope = scope
        self.scope_list = _scopes(scope)


AuthCredentials = AuthApiKey | AuthBearerToken | AuthClientCredentials | AuthClientPassword
OidcAuth = AuthBearerToken | AuthClientCredentials | AuthClientPassword


class Auth:
    """All ways to log in.

    Example:
        client = weaviate_hl.connect_to_local(auth_credentials=Auth.api_key("my key"))
    """

    api_key = AuthApiKey
    client_credentials = AuthClientCredentials
    client_password = AuthClientPassword
    bearer_token = AuthBearerToken


def credentials_of(given: str | AuthCredentials | None, name: str = "auth_credentials") -> AuthCredentials | None:
    """What a user gave as credentials; a string is an API key."""
    if isinstance(given, str):
        return AuthApiKey(_secret(name, given))
    if given is not None and not isinstance(given, AuthCredentials):
        raise WeaviateInvalidInputError(f"{name}: must be an API key or one of Auth.*, got {type(given).__name__}")
    return given


def _secret(name: str, value: str) -> str:
    return header_value(name, text(name, value))


def _scopes(scope: SCOPES) -> list[str]:
    if scope is None:
        return []
    if not isinstance(scope, (str, list, tuple, set, frozenset)):
        raise WeaviateInvalidInputError(f"scope: must be a string or a list of strings, got {type(scope).__name__}")
    scopes = scope.split() if isinstance(scope, str) else list(scope)
    return [text("scope", part) for part in scopes]
