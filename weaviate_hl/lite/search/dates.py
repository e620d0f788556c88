"""Dates and durations as numbers: nanoseconds, which Python's own dates do not hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_SECOND = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")


def instant(text: str) -> int:
    """An RFC3339 text as nanoseconds since 1970; a ValueError if it is none."""
    if (match := _RFC3339.fullmatch(text)) is None:
        raise ValueError(f"not a date in RFC3339: {text}")
    seconds, fraction, zone = match.groups()
    since = datetime.fromisoformat(seconds + zone) - _EPOCH
    return (since.days * 86400 + since.seconds) * _SECOND + int((fraction or "").ljust(9, "0")[:9])


def rfc3339(instant: int) -> str:
    """Nanoseconds since 1970 as an RFC3339 text in UTC, its fraction without trailing zeros."""
    seconds, fraction = divmod(instant, _SECOND)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return text.zfill(19) + (f".{fraction:09}".rstrip("0") if fraction else "") + "Z"


def duration(text: str) -> float | None:
    """A duration in seconds: days alone (`7d`, `1.5d`) or parts from hours to nanoseconds (`1h30m`), else None."""
    if days := re.fullmatch(r"([+-]?\d*\.?\d+)d", text):
        return float(days[1]) * 86400
    sign, parts = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if parts == "0":
        return 0.0
    if not re.fullmatch(f"(?:{_PART.pattern})+", parts):
        return None
    return sign * sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(parts))
