"""Query options, of a request and of what it expands."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from fansipan_gateway.sensor_things.faults import BadSyntax, shorten
from fansipan_gateway.sensor_things.grammar.expressions import parse_filter, parse_orderby
from fansipan_gateway.sensor_things.grammar.pieces import pieces_of
from fansipan_gateway.sensor_things.grammar.syntax import Expand, Options, ResultFormat

MAX_TEXT: Final = 8_000
MAX_SKIP: Final = 1_000_000
_MAX_EXPAND_DEPTH: Final = 5
_MAX_EXPANDS: Final = 25
_WHOLE: Final = re.compile(r"\s*(\d{1,9})\s*")
_NAMES: Final = re.compile(r"\s*([A-Za-z@][\w@.]*(?:/[A-Za-z]\w*)*)\s*")
_FLAGS: Final = {"true": True, "false": False}
_FORMATS: Final = {form.value.lower(): form for form in ResultFormat}
_OF_REQUESTS: Final = frozenset({"$resultFormat", "$skiptoken"})


def parse_options(given: Iterable[tuple[str, str]]) -> Options:
    """The options of a request: names and values, percent-decoded. Names without `$` are no options and are left alone.

    Raises:
        BadSyntax: one is unknown, given twice, or cannot be read.
    """
    texts: dict[str, str] = {}
    for name, value in given:
        if not name.startswith("$"):
            continue
        if name in texts:
            raise BadSyntax(name, 0, "given twice: give it once")
        if len(value) > MAX_TEXT:
            raise BadSyntax(name, MAX_TEXT, f"longer than {MAX_TEXT} characters: shorten it")
        texts[name] = value
    values = {name: _parse(name, name, text, 0, len(text), 0) for name, text in texts.items()}
    options = _options(values, texts)
    if _size(options.expand) > _MAX_EXPANDS:
        raise BadSyntax("$expand", 0, f"expand at most {_MAX_EXPANDS} relations in one request")
    return options


def _options(values: Mapping[str, Any], texts: dict[str, str]) -> Options:
    return replace(Options(texts=texts), **{_FIELDS[name]: value for name, value in values.items()})


def _size(expands: tuple[Expand, ...]) -> int:
    return sum(1 + _size(expand.options.expand) for expand in expands)


def _parse(name: str, place: str, text: str, begin: int, end: int, depth: int) -> Any:
    """The value of an option in `text[begin:end]`; `place` names the whole text in errors."""
    if name == "$expand":
        return _expand(place, text, begin, end, depth + 1)
    parser = _PARSERS.get(name)
    if parser is None or (depth and name in _OF_REQUESTS):
        known = ", ".join(n for n in _FIELDS if not depth or n not in _OF_REQUESTS)
        raise BadSyntax(
            place, begin if depth else 0, f"there is no option {shorten(name)}: there are {known}"
        )
    return parser(place, text, begin, end)


def _filter(place: str, text: str, begin: int, end: int) -> Any:
    return parse_filter(text, option=place, begin=begin, end=end)


def _orderby(place: str, text: str, begin: int, end: int) -> Any:
    return parse_orderby(text, option=place, begin=begin, end=end)


def _select(place: str, text: str, begin: int, end: int) -> tuple[str, ...]:
    names: list[str] = []
    for start, stop in pieces_of(place, text, ",", begin, end):
        name = text[start:stop].strip()
        if name != "*" and not _NAMES.fullmatch(name):
            raise BadSyntax(place, start, "names of properties are wanted here, with commas between them")
        names.append(name)
    return tuple(dict.fromkeys(names))


def _whole(most: int) -> Callable[[str, str, int, int], int]:
    def parse(place: str, text: str, begin: int, end: int) -> int:
        match = _WHOLE.fullmatch(text, begin, end)
        if match is None or int(match[1]) > most:
            raise BadSyntax(place, begin, f"a whole number from 0 to {most} is wanted here")
        return int(match[1])

    return parse


def _count(place: str, text: str, begin: int, end: int) -> bool:
    flag = _FLAGS.get(text[begin:end].strip().lower())
    if flag is None:
        raise BadSyntax(place, begin, "true or false is wanted here")
    return flag


def _result_format(place: str, text: str, begin: int, end: int) -> ResultFormat:
    form = _FORMATS.get(text[begin:end].strip().lower())
    if form is None:
        raise BadSyntax(place, begin, f"one of {', '.join(ResultFormat)} is wanted here")
    return form


def _skiptoken(_place: str, text: str, begin: int, end: int) -> str:
    return text[begin:end]


def _expand(place: str, text: str, begin: int, end: int, depth: int) -> tuple[Expand, ...]:
    if depth > _MAX_EXPAND_DEPTH:
        raise BadSyntax(place, begin, f"expanded deeper than {_MAX_EXPAND_DEPTH} levels")
    found: tuple[Expand, ...] = ()
    for start, stop in pieces_of(place, text, ",", begin, end):
        found = _merge(place, (*found, _expanded(place, text, start, stop, depth)))
    return found


def _expanded(place: str, text: str, begin: int, end: int, depth: int) -> Expand:
    opening = text.find("(", begin, end)
    names = _NAMES.fullmatch(text, begin, end if opening < 0 else opening)
    if names is None:
        raise BadSyntax(
            place, begin, "the name of a relation is wanted here, as in Datastreams or Thing/Locations"
        )
    options = Options()
    if opening >= 0:
        closing = opening + len(text[opening:end].rstrip()) - 1
        if text[closing] != ")":
            raise BadSyntax(place, opening, "options stand in ( ) behind the name, with ; between them")
        options = _nested(place, text, opening + 1, closing, depth)
    segments = names[1].split("/")
    if depth + len(segments) - 1 > _MAX_EXPAND_DEPTH:
        raise BadSyntax(place, begin, f"expanded deeper than {_MAX_EXPAND_DEPTH} levels")
    at = names.start(1)
    expand = Expand(segments[-1], options, at)
    for segment in reversed(segments[:-1]):
        expand = Expand(segment, Options(expand=(expand,)), at)
    return expand


def _nested(place: str, text: str, begin: int, end: int, depth: int) -> Options:
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for start, stop in pieces_of(place, text, ";", begin, end):
        if not text[start:stop].strip():
            continue
        name, equals, _ = text[start:stop].partition("=")
        name = name.strip()
        if not equals or not name.startswith("$"):
            raise BadSyntax(place, start, "an option is wanted here, as in $top=5")
        if name in values:
            raise BadSyntax(place, start, f"{name} is given twice")
        value = text.index("=", start) + 1
        values[name] = _parse(name, place, text, value, stop, depth)
        texts[name] = text[value:stop]
    return _options(values, texts)


def _merge(place: str, expands: tuple[Expand, ...]) -> tuple[Expand, ...]:
    """`Thing/Locations,Thing/Datastreams` expands Thing once."""
    merged: dict[str, Expand] = {}
    for expand in expands:
        known = merged.get(expand.navigation)
        if known is None:
            merged[expand.navigation] = expand
            continue
        plain = [e.options for e in (known, expand) if replace(e.options, expand=()) == Options()]
        if not plain:
            raise BadSyntax(
                place, expand.at, f"{expand.navigation} is expanded twice with options: do it once"
            )
        rich = known.options if expand.options in plain else expand.options
        inner = _merge(place, known.options.expand + expand.options.expand)
        merged[expand.navigation] = replace(known, options=replace(rich, expand=inner))
    return tuple(merged.values())


_PARSERS: Final[dict[str, Callable[[str, str, int, int], Any]]] = {
    "$filter": _filter,
    "$orderby": _orderby,
    "$select": _select,
    "$top": _whole(999_999_999),
    "$skip": _whole(MAX_SKIP),
    "$count": _count,
    "$resultFormat": _result_format,
    "$skiptoken": _skiptoken,
}
_FIELDS: Final = {
    "$filter": "filter",
    "$expand": "expand",
    "$select": "select",
    "$orderby": "orderby",
    "$top": "top",
    "$skip": "skip",
    "$count": "count",
    "$resultFormat": "result_format",
    "$skiptoken": "skiptoken",
}
