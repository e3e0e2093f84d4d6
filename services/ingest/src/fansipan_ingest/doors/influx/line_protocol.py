"""Influx line protocol: `measurement,tag=value field=1.5,other="text" 1700000000000000000`, one point a line.

https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/

A point's measurement and tags name a thing, each of its fields is a property of it (`docs/integrators/influx.md`),
unless the provider has a mapping for the measurement.
Nearly all lines have neither quotes nor backslashes and are split; any other line is scanned token by token.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from fansipan_common.contracts.doors import Door
from fansipan_common.contracts.naming import key_part
from fansipan_common.errors import PayloadTooLarge
from fansipan_ingest.doors.devices import NO_SOURCES, Device, NameMissing, Sources, Target
from fansipan_ingest.doors.readings import Readings

# Possessive (`++`): what a token has taken it keeps, so no line takes more than linear time.
_SPACES: Final = re.compile(r" *+")
_MEASUREMENT: Final = re.compile(r"(?:\\[, ]|[^, \n])++")
_KEY: Final = re.compile(r"(?:\\[,= ]|[^,= \n])++")
_TEXT: Final = re.compile(r'"((?:\\.|[^"\\])*+)"', re.DOTALL)
_BARE: Final = re.compile(r"[^, \n]++")
_TIME: Final = re.compile(r"-?[0-9]{1,19}(?= *\r?(?:\n|$))", re.ASCII)
_LINE_END: Final = re.compile(r" *\r?(?:\n|$)")
_ESCAPED_MEASUREMENT: Final = re.compile(r"\\([, ])")
_ESCAPED_KEY: Final = re.compile(r"\\([,= ])")
_ESCAPED_TEXT: Final = re.compile(r'\\(["\\])')

_NUMBER: Final = "0123456789.+-eE"
_TRUE: Final = frozenset({"t", "T", "true", "True", "TRUE"})
_FALSE: Final = frozenset({"f", "F", "false", "False", "FALSE"})
_INTEGERS: Final = {"i": range(-(1 << 63), 1 << 63), "u": range(1 << 64)}
_TIMES: Final = range(-(1 << 63), 1 << 63)
_SHOWN: Final = 40

NANOSECONDS: Final = {
    "ns": 1,
    "n": 1,
    "us": 1_000,
    "u": 1_000,
    "µ": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
"""Length of each precision of a timestamp."""


class TooManyPoints(PayloadTooLarge):
    """More points or readings than one request may hold."""


class _Fault(ValueError):
    """Why a line is no point."""

    def __init__(self, detail: str, code: str = "invalid-line") -> None:
        super().__init__(detail)
        self.code = code


@dataclass(slots=True)
class _Series:
    """What measurement and tags are; `device` and what belongs to it only where there is a mapping."""

    thing: str
    device: Device | None = None
    pieces: dict[str, str] = field(default_factory=dict)
    targets: dict[str, Target | None] = field(default_factory=dict)


def parse_lines(
    body: bytes,
    *,
    provider: str,
    precision: str,
    arrival_ms: int,
    max_points: int,
    max_readings: int,
    sources: Sources = NO_SOURCES,
) -> Readings:
    """The readings in a body, one for each field of each point; wrong lines are refused alone.

    Args:
        body: line protocol in UTF-8.
        provider: key of the provider that sends it.
        precision: what timestamps count, a key of NANOSECONDS.
        arrival_ms: Unix time of points without a timestamp.
        max_points: how many points the body may hold.
        max_readings: how many fields, all in all.
        sources: what the provider says of its measurements.

    Raises:
        TooManyPoints: it holds more.
    """
    parser = _Parser(provider, precision, arrival_ms, max_points, max_readings, sources)
    return parser.parse(body)


class _Parser:
    def __init__(
        self,
        provider: str,
        precision: str,
        arrival_ms: int,
        max_points: int,
        max_readings: int,
        sources: Sources,
    ) -> None:
        self._provider = provider
        self._unit = NANOSECONDS[precision]
        self._arrival_ms = arrival_ms
        self._max_points = max_points
        self._max_readings = max_readings
        self._sources = sources
        self._series: dict[str, _Series] = {}
        self._properties: dict[str, str] = {}
        self._readings = Readings(door=Door.INFLUX, context={"precision": precision})

    def parse(self, body: bytes) -> Readings:
        try:
            text, is_utf8 = body.decode(), True
        except UnicodeDecodeError:
            text, is_utf8 = body.decode("utf-8", "surrogateescape"), False
        place, line_number, points = 0, 0, 0
        while place < len(text):
            end = text.find("\n", place)
            end = len(text) if end < 0 else end
            line = text[place:end].strip(" \r")
            start, index = place, line_number
            place, line_number = end + 1, line_number + 1
            if not line or line[0] == "#":
                continue
            points += 1
            if points > self._max_points:
                raise TooManyPoints(f"more than {self._max_points} points: send several requests")
            try:
                if not is_utf8:
                    _check_text(line)
                if '"' in line or "\\" in line:
                    place = self._scan(text, start, index)
                    line_number += text.count("\n", end + 1, place)
                else:
                    self._split(line, index)
            except _Fault as fault:
                self._readings.refuse(index, fault.code, str(fault), _payload(line))
            if len(self._readings) > self._max_readings:
                raise TooManyPoints(f"more than {self._max_readings} fields: send several requests")
        return self._readings

    def _split(self, line: str, index: int) -> None:
        """A line without quotes and backslashes."""
        parts = line.split(" ")
        if not 2 <= len(parts) <= 3 or "" in parts:
            parts = [part for part in parts if part]
            if len(parts) == 1:
                raise _Fault("a point has at least one field: measurement field=1")
            if len(parts) > 3:
                raise _Fault("too many spaces: those in names are written '\\ ', texts stand in quotes")
        series, section = parts[0], parts[1]
        millisecond = self._millisecond(parts[2]) if len(parts) == 3 else self._arrival_ms
        values: dict[str, Any] = {}
        for pair in section.split(","):
            key, equals, value = pair.partition("=")
            if not key or not equals:
                raise _Fault(f"a field is written key=value, not {_shown(pair)}")
            if key in values:
                raise _Fault(f"the field {_shown(key)} comes twice")
            if value.lstrip(_NUMBER):
                values[key] = _value(value)
                continue
            try:
                values[key] = float(value)
            except ValueError:
                raise _no_value(value) from None
        self._add(self._plain_series(series), values, index, millisecond)

    def _add(self, series: _Series, values: dict[str, Any], index: int, millisecond: int) -> None:
        if series.device is not None:
            self._add_mapped(series, series.device, values, index, millisecond)
            return
        readings, properties, thing = self._readings, self._properties, series.thing
        for name, value in values.items():
            prop = properties.get(name)
            if prop is None:
                prop = properties[name] = key_part((name,))
            readings.datastreams.append(f"{thing}/{prop}")
            readings.results.append(value)
        count = len(values)
        readings.times_ms += [millisecond] * count
        readings.indexes += [index] * count

    def _add_mapped(
        self, series: _Series, device: Device, values: dict[str, Any], index: int, millisecond: int
    ) -> None:
        for name, value in values.items():
            if name not in series.targets:
                try:
                    path = device.path_of(series.pieces | {"_field": name}, "_field")
                except NameMissing as missing:
                    raise _Fault(str(missing), "name-missing") from None
                series.targets[name] = device.target(path)
            target = series.targets[name]
            if target is None:
                continue
            unit = target.unit if isinstance(value, float) else None
            key = f"{series.thing}/{target.property}"
            self._readings.add(index, key, millisecond, target.result(value), unit=unit)

    def _plain_series(self, text: str) -> _Series:
        """A series written without escapes."""
        series = self._series.get(text)
        if series is None:
            measurement, *tags = text.split(",")
            series = self._series[text] = self._series_of(measurement, [_pair(tag) for tag in tags])
        return series

    def _series_of(self, measurement: str, tags: list[tuple[str, str]]) -> _Series:
        if not measurement:
            raise _Fault("the measurement is missing")
        names = [measurement]
        before = None
        for key, value in sorted(tags):
            if key == before:
                raise _Fault(f"the tag {_shown(key)} comes twice")
            before = key
            names += (key, value)
        device = self._sources.find(measurement) if self._sources else None
        if device is None:
            return _Series(f"{self._provider}/{key_part(names)}")
        pieces = {"_measurement": measurement, **dict(tags)}
        try:
            thing = device.thing_of(pieces) or key_part(names)
        except NameMissing as missing:
            raise _Fault(str(missing), "name-missing") from None
        return _Series(f"{self._provider}/{thing}", device, pieces)

    def _millisecond(self, text: str) -> int:
        digits = text[1:] if text[:1] == "-" else text
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 19) or int(text) not in _TIMES:
            raise _Fault(f"the timestamp {_shown(text)} is no integer of 64 bits")
        return int(text) * self._unit // 1_000_000

    def _scan(self, text: str, start: int, index: int) -> int:
        """Read one point with quotes or escapes; returns where the next line begins (texts may hold line ends)."""
        at = _end_of_spaces(text, start)
        measurement, at = _token(_MEASUREMENT, text, at, "the measurement is missing")
        tags: list[tuple[str, str]] = []
        while text[at : at + 1] == ",":
            key, at = _token(_KEY, text, at + 1, "the key of a tag is missing")
            if text[at : at + 1] != "=":
                raise _Fault(f"the tag {_shown(key)} has no value")
            value, at = _token(_KEY, text, at + 1, f"the tag {_shown(key)} has no value")
            tags.append((_ESCAPED_KEY.sub(r"\1", key), _ESCAPED_KEY.sub(r"\1", value)))
        values: dict[str, Any] = {}
        at = self._spaces(text, at, "a point has at least one field: measurement field=1")
        while True:
            key, at = _token(_KEY, text, at, "the key of a field is missing")
            if text[at : at + 1] != "=":
                raise _Fault(f"the field {_shown(key)} has no value")
            key = _ESCAPED_KEY.sub(r"\1", key)
            if key in values:
                raise _Fault(f"the field {_shown(key)} comes twice")
            values[key], at = _scan_value(text, at + 1)
            if text[at : at + 1] != ",":
                break
            at += 1
        millisecond = self._arrival_ms
        end = _LINE_END.match(text, at)
        if end is None:
            at = self._spaces(text, at, "something follows a value that is no part of it")
            found = _TIME.match(text, at)
            if found is None:
                raise _Fault("the timestamp is no integer of 64 bits")
            millisecond = self._millisecond(found[0])
            end = _LINE_END.match(text, found.end())
        assert end is not None  # noqa: S101 - a timestamp is followed by the end of the line
        measurement = _ESCAPED_MEASUREMENT.sub(r"\1", measurement)
        self._add(self._series_of(measurement, tags), values, index, millisecond)
        return end.end()

    def _spaces(self, text: str, at: int, fault: str) -> int:
        end = _end_of_spaces(text, at)
        if end == at:
            raise _Fault(fault)
        return end


def _end_of_spaces(text: str, at: int) -> int:
    spaces = _SPACES.match(text, at)
    assert spaces is not None  # noqa: S101 - it matches the empty text, too
    return spaces.end()


def _token(pattern: re.Pattern[str], text: str, at: int, fault: str) -> tuple[str, int]:
    found = pattern.match(text, at)
    if found is None:
        raise _Fault(fault)
    return found[0], found.end()


def _scan_value(text: str, at: int) -> tuple[Any, int]:
    if text[at : at + 1] == '"':
        quoted = _TEXT.match(text, at)
        if quoted is None:
            raise _Fault("a text is not closed with a quote")
        return _ESCAPED_TEXT.sub(r"\1", quoted[1]), quoted.end()
    bare, end = _token(_BARE, text, at, "a field has no value")
    return _value(bare.rstrip("\r")), end


def _value(text: str) -> Any:
    """A float, an integer with `i` or `u`, or a boolean."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    kind, number = text[-1:], text[:-1]
    try:
        if kind in _INTEGERS and not number.lstrip("0123456789-"):
            value = int(number)
            if value not in _INTEGERS[kind]:
                raise _Fault(f"{_shown(text)} is no integer of 64 bits")
            return float(value)
        if not text.lstrip(_NUMBER):
            return float(text)
    except ValueError as error:
        if isinstance(error, _Fault):
            raise
    raise _no_value(text)


def _pair(tag: str) -> tuple[str, str]:
    key, _, value = tag.partition("=")
    if not key:
        raise _Fault("the key of a tag is missing")
    if not value or "=" in value:
        raise _Fault(f"the tag {_shown(key)} has no value, or an '=' that is not written '\\='")
    return key, value


def _check_text(line: str) -> None:
    try:
        line.encode()
    except UnicodeEncodeError:
        raise _Fault("the line is not UTF-8") from None


def _payload(line: str) -> str | bytes:
    try:
        line.encode()
    except UnicodeEncodeError:
        return line.encode("utf-8", "surrogateescape")
    return line


def _no_value(text: str) -> _Fault:
    return _Fault(f'{_shown(text)} is no value: write 1.5, 1i, 1u, true or a "text"')


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
