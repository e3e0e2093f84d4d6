"""The parameters of an aggregation, as they stand in its address."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from fansipan_gateway.sensor_things.aggregates.domain import MAX_INTERVALS, Function, Wanted
from fansipan_gateway.sensor_things.aggregates.intervals import Interval, parse_interval
from fansipan_gateway.sensor_things.faults import BadQuery
from fansipan_gateway.sensor_things.grammar.constants import instant
from fansipan_gateway.sensor_things.grammar.options import parse_options
from fansipan_gateway.sensor_things.grammar.syntax import ResultFormat
from fansipan_indicators.periods import ZONE

_OPTIONS: Final = frozenset({"$filter", "$top", "$resultFormat"})
_DEFAULT: Final = (Function.AVG, Function.MIN, Function.MAX, Function.COUNT)
_FORMS: Final = (ResultFormat.JSON, ResultFormat.CSV)


def _interval(text: str) -> Interval:
    return parse_interval(text.strip().upper())


def _functions(text: str) -> tuple[Function, ...]:
    try:
        return tuple(dict.fromkeys(Function(name.strip().lower()) for name in text.split(",")))
    except ValueError as error:
        raise ValueError(f"they are {', '.join(Function)}") from error


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text.replace(" ", "+"))  # Etc/GMT+7
    except (LookupError, ValueError, OSError) as error:
        raise ValueError("it is a name like Asia/Ho_Chi_Minh, Europe/Paris or UTC") from error


def _moment(text: str) -> datetime:
    return instant(text)


_PARSERS: Final[dict[str, Callable[[str], Any]]] = {
    "interval": _interval,
    "functions": _functions,
    "timeZone": _zone,
    "from": _moment,
    "to": _moment,
}


def parse_wanted(given: Iterable[tuple[str, str]]) -> Wanted:
    """What the names and values of a query string ask for.

    Raises:
        BadQuery, BadSyntax: one is unknown, given twice, or cannot be read.
    """
    found: dict[str, Any] = {}
    options: list[tuple[str, str]] = []
    for name, value in given:
        if name in _OPTIONS:
            options.append((name, value))
            continue
        parse = _PARSERS.get(name)
        if parse is None:
            raise BadQuery(name, f"it is not one of {', '.join([*_PARSERS, *sorted(_OPTIONS)])}")
        if name in found:
            raise BadQuery(name, "given twice: give it once")
        try:
            found[name] = parse(value)
        except (ValueError, OverflowError) as error:
            raise BadQuery(name, str(error)) from error
    if "interval" not in found:
        raise BadQuery("interval", "say how time is cut: interval=PT1H, P1D, P1M …")
    read = parse_options(options)
    if read.result_format not in _FORMS:
        raise BadQuery("$resultFormat", "it is JSON or CSV here")
    if read.top is not None and not 0 < read.top <= MAX_INTERVALS:
        raise BadQuery("$top", f"it is from 1 to {MAX_INTERVALS:,} here")
    return Wanted(
        found["interval"],
        found.get("timeZone", ZONE),
        found.get("functions", _DEFAULT),
        found.get("from"),
        found.get("to"),
        read.filter,
        read.top,
        read.result_format is ResultFormat.CSV,
    )
