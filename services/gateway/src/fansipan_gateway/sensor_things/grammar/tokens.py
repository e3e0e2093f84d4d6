"""From text to tokens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fansipan_gateway.sensor_things.faults import BadSyntax, shorten


class TokenKind(StrEnum):
    """What a token is."""

    INTERVAL = "period"
    INSTANT = "time"
    DATE = "date"
    TIME = "time of day"
    NUMBER = "number"
    TYPED = "typed constant"
    STRING = "string"
    NAME = "name"
    OPEN = "("
    CLOSE = ")"
    COMMA = ","
    SLASH = "/"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `at` is where it begins. The text of a string is what stands between its quotes, '' being one quote."""

    kind: TokenKind
    text: str
    at: int


_INSTANT: Final = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?"
_DATE: Final = r"\d{4}-\d\d-\d\d(?![\w.-])"
_TIME: Final = r"\d\d:\d\d:\d\d(?:\.\d+)?"
_NUMBER: Final = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])"
_STRING: Final = r"'(?:[^']|'')*'"
_PARTS: Final = (
    ("INTERVAL", f"{_INSTANT}/{_INSTANT}"),
    ("INSTANT", _INSTANT),
    ("DATE", _DATE),
    ("TIME", _TIME),
    ("NUMBER", _NUMBER),
    ("TYPED", f"[A-Za-z]+{_STRING}"),
    ("STRING", _STRING),
    ("NAME", r"[^\W\d][\w.:-]*|@[\w.]+"),
    ("OPEN", r"\("),
    ("CLOSE", r"\)"),
    ("COMMA", ","),
    ("SLASH", "/"),
)
_TOKEN: Final = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PARTS))
_SEGMENT: Final = re.compile(r"[\w@.:-]+")
_SPACE: Final = re.compile(r"\s*")


def tokens_of(option: str, text: str, begin: int, end: int) -> Iterator[Token]:
    """The tokens of `text[begin:end]`, the last one being END.

    What follows a slash is a name whatever it looks like: keys of JSON may begin with a digit.

    Raises:
        BadSyntax: a character begins no token, or a string does not end.
    """
    at, after_slash = begin, False
    while True:
        at = _end_of(_SPACE.match(text, at, end), at)
        if at >= end:
            yield Token(TokenKind.END, "", end)
            return
        if after_slash and (segment := _SEGMENT.match(text, at, end)):
            yield Token(TokenKind.NAME, segment[0], at)
            at, after_slash = segment.end(), False
            continue
        match = _TOKEN.match(text, at, end)
        if match is None or match.lastgroup is None:
            if text[at] == "'":
                raise BadSyntax(
                    option, at, "this string does not end: close it with ' (write '' for a quote)"
                )
            raise BadSyntax(option, at, f"{shorten(text[at : min(end, at + 20)])} is not understood here")
        kind = TokenKind[match.lastgroup]
        found = match[0]
        yield Token(kind, found[1:-1].replace("''", "'") if kind is TokenKind.STRING else found, at)
        at, after_slash = match.end(), kind is TokenKind.SLASH


def _end_of(match: re.Match[str] | None, otherwise: int) -> int:
    return otherwise if match is None else match.end()
