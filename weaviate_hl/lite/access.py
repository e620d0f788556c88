"""Who asks, by API key, and what they may do: administrators everything, read-only users what changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from weaviate_gen.rest.operation import Operation

from weaviate_hl.lite.errors import Refusal
from weaviate_hl.lite.settings import Settings

ANONYMOUS = "anonymous"

_OPEN = "well_known"  # the tag of operations that answer anyone
_ANY_USER = {("meta", "get"), ("users", "get_own_info")}
_READING_POSTS = {"objects.validate", "tokenize", "schema.objects.properties.tokenize"}
_READING_RPCS = {"Search", "Aggregate", "TenantsGet"}

_NO_SCHEME = (
    "no authentication scheme is configured (API Key or OIDC), but an 'Authorization' header was provided. "
    "Please configure an auth scheme or remove the header for anonymous access"
)
_NO_KEY = "anonymous access not enabled. Please authenticate through one of the available methods: "


def user_of_request(settings: Settings, operation: Operation, headers: Mapping[str, str]) -> str | None:
    """The user who makes a REST request, None for anonymous.

    Raises:
        Refusal: 401 without a key that is known, 403 if the user may not do this.
    """
    if operation.tag == _OPEN:
        return None
    user, problem = _identify(settings, headers)
    if problem:
        ways = "[API-keys]" if settings.authentication_apikey_enabled else "[]"
        raise Refusal(problem if _key(headers) else _NO_KEY + ways, 401, code=401)
    if (operation.tag, operation.name) not in _ANY_USER:
        reads = operation.method in ("GET", "HEAD") or operation.id in _READING_POSTS
        _authorize(settings, user, reads)
    return user


def check_rpc(settings: Settings, name: str, metadata: Mapping[str, str]) -> None:
    """Refuse an rpc to those who may not make it; the status of the refusal tells the two reasons apart as in REST."""
    user, problem = _identify(settings, metadata)
    if problem:
        raise Refusal(f"extract auth: {problem}", 401)
    _authorize(settings, user, name in _READING_RPCS)


def _key(headers: Mapping[str, str]) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key if scheme.lower() == "bearer" else ""


def _identify(settings: Settings, headers: Mapping[str, str]) -> tuple[str | None, str]:
    """The user of the key, None for anonymous; and what is wrong, if something is."""
    if key := _key(headers):
        user = settings.user_of(key)
        unknown = "unauthorized: invalid api key" if settings.authentication_apikey_enabled else _NO_SCHEME
        return user, "" if user else unknown
    return None, "" if settings.authentication_anonymous_access_enabled else "unauthorized: invalid api key"


def _authorize(settings: Settings, user: str | None, reads: bool) -> None:
    name = user or ANONYMOUS
    if not settings.authorization_adminlist_enabled or name in settings.authorization_adminlist_users:
        return
    if not reads or name not in settings.authorization_adminlist_readonly_users:
        reason = f"forbidden action: user '{name}' has insufficient permissions"
        raise Refusal(f"adminlist: authorization, {reason}", 403)
