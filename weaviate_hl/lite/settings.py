"""The settings of lite: the server's own names, from a mapping or the environment; unknown ones are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from weaviate_hl.lite.errors import LiteError
from weaviate_hl.lite.search.dates import duration


def _flag(text: str) -> bool:
    if text.lower() in ("true", "1", "on", "enabled"):
        return True
    if text.lower() in ("false", "0", "off", "disabled", ""):
        return False
    raise ValueError("must be true or false")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("must be a whole number")
    return int(text)


_EVERY = {"@hourly": 3600.0, "@daily": 86400.0, "@midnight": 86400.0, "@weekly": 604800.0}


def _schedule(text: str) -> float:
    """The seconds between two runs, 0 for none."""
    if not text:
        return 0.0
    seconds = _EVERY.get(text) or (duration(text.removeprefix("@every ")) if text.startswith("@every ") else None)
    if not seconds or seconds <= 0:
        raise ValueError("must be a schedule such as '@every 1h' (lite reads no cron fields)")
    return seconds


# name, how it is read, what it is when not set
KNOWN: dict[str, tuple[Callable[[str], Any], Any]] = {
    "QUERY_DEFAULTS_LIMIT": (_count, 10),
    "QUERY_MAXIMUM_RESULTS": (_count, 10_000),
    "AUTOSCHEMA_ENABLED": (_flag, True),
    "DEFAULT_VECTORIZER_MODULE": (str, "none"),
    "ENABLE_MODULES": (_names, ()),
    "BACKUP_FILESYSTEM_PATH": (str, ""),
    "OBJECTS_TTL_DELETE_SCHEDULE": (_schedule, 0.0),
    "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": (_flag, None),
    "AUTHENTICATION_APIKEY_ENABLED": (_flag, None),
    "AUTHENTICATION_APIKEY_ALLOWED_KEYS": (_names, ()),
    "AUTHENTICATION_APIKEY_USERS": (_names, ()),
    "AUTHORIZATION_ADMINLIST_ENABLED": (_flag, None),
    "AUTHORIZATION_ADMINLIST_USERS": (_names, ()),
    "AUTHORIZATION_ADMINLIST_READONLY_USERS": (_names, ()),
}
# The environment holds other programs' names as well: there, only names of these families are refused when unknown.
_FAMILIES = ("AUTHENTICATION_", "AUTHORIZATION_", "AUTOSCHEMA_", "OBJECTS_TTL_", "QUERY_MAXIMUM_", "QUERY_DEFAULTS_")


class Settings:
    """Settings that were checked, one attribute each."""

    query_defaults_limit: int
    query_maximum_results: int
    autoschema_enabled: bool
    default_vectorizer_module: str
    enable_modules: tuple[str, ...]
    backup_filesystem_path: str
    objects_ttl_delete_schedule: float
    authentication_anonymous_access_enabled: bool
    authentication_apikey_enabled: bool | None
    authentication_apikey_allowed_keys: tuple[str, ...]
    authentication_apikey_users: tuple[str, ...]
    authorization_adminlist_enabled: bool
    authorization_adminlist_users: tuple[str, ...]
    authorization_adminlist_readonly_users: tuple[str, ...]

    def __init__(self, given: Mapping[str, object] | None = None, environ: Mapping[str, str] | None = None) -> None:
        """Read what is given; the environment fills in what is not.

        Raises:
            LiteError: A name that lite does not know, or a value it cannot use.
        """
        values: dict[str, object] = {
            name: value for name, value in (environ or {}).items() if name in KNOWN or name.startswith(_FAMILIES)
        } | dict(given or {})
        for name in values:
            if name not in KNOWN:
                raise LiteError(f"lite does not know the setting {name}; it knows {', '.join(sorted(KNOWN))}")
        for name, (read, default) in KNOWN.items():
            value = values.get(name)
            try:
                setattr(self, name.lower(), default if value is None else read(_text(value)))
            except ValueError as error:
                raise LiteError(f"{name} {error}, got {value!r}") from None
        if self.authentication_anonymous_access_enabled is None:
            self.authentication_anonymous_access_enabled = not self.authentication_apikey_enabled
        self._check_keys()

    def _check_keys(self) -> None:
        for family in ("AUTHENTICATION_APIKEY_", "AUTHORIZATION_ADMINLIST_"):
            enabled = family + "ENABLED"
            named = [name for name in KNOWN if name.startswith(family) and getattr(self, name.lower())]
            if getattr(self, enabled.lower()) is None and named:  # a door would be open that is thought to be locked
                raise LiteError(f"{named[0]} protects nothing without {enabled}: set that to true, or to false")
        both = set(self.authorization_adminlist_users) & set(self.authorization_adminlist_readonly_users)
        if both:
            raise LiteError(f"AUTHORIZATION_ADMINLIST_*: {min(both)} is an administrator and read-only")
        keys, users = self.authentication_apikey_allowed_keys, self.authentication_apikey_users
        if not self.authentication_apikey_enabled:
            return
        if not keys:
            raise LiteError("AUTHENTICATION_APIKEY_ENABLED needs keys in AUTHENTICATION_APIKEY_ALLOWED_KEYS")
        if len(users) not in (1, len(keys)):
            raise LiteError("AUTHENTICATION_APIKEY_USERS must name one user, or one for each key")

    def user_of(self, key: str) -> str | None:
        """Whose API key this is."""
        from hmac import compare_digest  # slow to load

        keys, users = self.authentication_apikey_allowed_keys, self.authentication_apikey_users
        found = [i for i, known in enumerate(keys) if compare_digest(known.encode(), key.encode())]
        if not self.authentication_apikey_enabled or not found:
            return None
        return users[found[0] if len(users) > 1 else 0]


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return str(value)
