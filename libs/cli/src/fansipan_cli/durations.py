"""Lengths of time as people type them: 45s, 30m, 12h, 90d, 2w."""

import re
from datetime import timedelta
from typing import Final

from fansipan_cli.errors import UsageError

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_duration(text: str) -> timedelta:
    """Read a whole number and a unit. Raises `UsageError` for anything else, zero, or over 100 years."""
    match = re.fullmatch(r"(\d{1,9})([smhdw])", text.strip())
    if match is None or int(match[1]) == 0:
        raise UsageError(
            f"{text!r} is no length of time", "write a number and s, m, h, d or w, for example 90d"
        )
    length = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if length > timedelta(days=36525):
        raise UsageError(f"{text!r} is more than a hundred years", "leave it out for no end")
    return length
