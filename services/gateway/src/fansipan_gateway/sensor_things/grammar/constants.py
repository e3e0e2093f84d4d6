"""Constants of the language as Python values."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from fansipan_gateway.sensor_things.faults import BadSyntax, shorten
from fansipan_gateway.sensor_things.grammar.syntax import Geometry, Period, Value
from fansipan_gateway.sensor_things.grammar.tokens import Token, TokenKind

_DURATION: Final = re.compile(
    r"(?P<sign>-)?P(?=.)(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_WORDS: Final[dict[str, Value]] = {"true": True, "false": False, "null": None}
_FINER: Final = re.compile(r"(\.\d{6})\d+")


def is_constant(name: str) -> bool:
    """Whether a name is one of `true`, `false`, `null`."""
    return name in _WORDS


def word(name: str) -> Value:
    """What such a name stands for."""
    return _WORDS[name]


def constant_of(option: str, token: Token) -> Value:
    """The value of a token that is a constant.

    Raises:
        BadSyntax: it looks like one and is none, as the 31st of February.
    """
    try:
        match token.kind:
            case TokenKind.STRING:
                return token.text
            case TokenKind.NUMBER:
                return _number(token.text)
            case TokenKind.INSTANT:
                return instant(token.text)
            case TokenKind.INTERVAL:
                start, end = map(instant, token.text.split("/"))
                if end < start:
                    raise ValueError("the period ends before it begins")
                return Period(start, end)
            case TokenKind.DATE:
                return date.fromisoformat(token.text)
            case TokenKind.TIME:
                return time.fromisoformat(_FINER.sub(r"\1", token.text))
            case TokenKind.TYPED:
                name, _, rest = token.text.partition("'")
                return _typed(name.lower(), rest[:-1].replace("''", "'"))
            case _:
                raise ValueError("a constant is wanted here")
    except (ValueError, OverflowError) as error:
        raise BadSyntax(option, token.at, f"{shorten(token.text)}: {error}") from error


def instant(text: str) -> datetime:
    """An RFC 3339 time, in UTC.

    Raises:
        ValueError: there is no such time, or it has no offset.
        OverflowError: it is outside the years 1-9999.
    """
    moment = datetime.fromisoformat(_FINER.sub(r"\1", text.upper()))
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset: append Z or +07:00 (percent-encoded: %2B07:00)")
    return moment.astimezone(UTC)


def _number(text: str) -> int | float:
    if text.lstrip("-").isdigit():
        if len(text) > 40:
            raise ValueError("this number is too long")
        return int(text)
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("this number is too large")
    return number


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError("a duration looks like duration'P1DT12H30M' (days, hours, minutes, seconds)")
    given = {name: float(value) for name, value in match.groupdict().items() if value and name != "sign"}
    span = timedelta(**given)
    return -span if match["sign"] else span


_TYPES: Final[dict[str, Callable[[str], Value]]] = {
    "duration": _duration,
    "datetime": instant,
    "datetimeoffset": instant,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "geography": Geometry,
    "geometry": Geometry,
}


def _typed(name: str, text: str) -> Value:
    make = _TYPES.get(name)
    if make is None:
        raise ValueError(f"there are no constants {name}'…': there are {', '.join(_TYPES)}")
    return make(text)
