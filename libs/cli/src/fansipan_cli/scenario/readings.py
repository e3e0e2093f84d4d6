"""CSV rows as readings: a time, a thing, and the results of its columns."""

import csv
import gzip
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from fansipan_cli.errors import UsageError
from fansipan_cli.scenario.model import Observations


@dataclass(frozen=True, slots=True)
class Reading:
    """One row: recorded time in ms, datastream keys and results (only those with a value), quality when stated."""

    at_ms: int
    thing: str
    results: tuple[tuple[str, float], ...]
    quality: str | None

    def items(self, at_ms: int) -> Iterator[dict[str, Any]]:
        """Its observations, placed at `at_ms`."""
        time = time_text(at_ms)
        for datastream, result in self.results:
            item = {"datastream": datastream, "phenomenonTime": time, "result": result}
            if self.quality is not None:
                item["resultQuality"] = self.quality
            yield item


def time_text(ms: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return datetime.fromtimestamp(ms // 1000, UTC).isoformat()[:19] + f".{ms % 1000:03d}Z"


def parse_time(text: str, zone: ZoneInfo | None) -> int:
    """Milliseconds of a time with offset, or of a wall-clock time in `zone`.

    Raises:
        ValueError: it is no time, or has no offset and there is no zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        if zone is None:
            raise ValueError(f"{text!r} has no offset: give the zone of the column")
        moment = moment.replace(tzinfo=zone)
    return round(moment.timestamp() * 1000)


def read_readings(path: Path, mapping: Observations, provider: str) -> list[Reading]:
    """All readings of a file that are about a thing of the mapping, in the order of the file.

    Raises:
        UsageError: the file cannot be read, lacks a column, or has a cell that is no time or number.
    """
    keys = {
        name: {column: f"{provider}/{thing.key}/{spec.property}" for column, spec in mapping.columns.items()}
        for name, thing in mapping.things.items()
    }
    readings: list[Reading] = []
    for line, row in read_rows(path, _columns(mapping)):
        name = "*" if mapping.thing_column is None else row[mapping.thing_column]
        if name not in keys:
            continue
        try:
            readings.append(_reading(row, mapping, mapping.things[name].key, keys[name]))
        except ValueError as error:
            raise UsageError(
                f"{path.name}, line {line}: {error}", "correct the file or the mapping"
            ) from error
    if not readings:
        raise UsageError(
            f"{path.name} has no row about a thing of the mapping", "check thing_column and things"
        )
    return readings


def read_rows(path: Path, columns: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and row of a CSV file with a header, plain or gzip.

    Raises:
        UsageError: it cannot be read or lacks one of `columns`.
    """
    try:
        with open_text(path) as file:
            reader = csv.DictReader(file, restval="")
            missing = [column for column in columns if column not in (reader.fieldnames or [])]
            if missing:
                raise UsageError(
                    f"{path.name} lacks the column {missing[0]!r}", "check the mapping of the scenario"
                )
            for row in reader:
                yield reader.line_num, row
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read ({error})") from error


def open_text(path: Path) -> TextIO:
    """Open a UTF-8 text, unpacking `.gz`."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _columns(mapping: Observations) -> list[str]:
    columns = [mapping.time.column, *mapping.columns]
    if mapping.thing_column is not None:
        columns.append(mapping.thing_column)
    if mapping.quality is not None:
        columns.append(mapping.quality.column)
    return columns


def _reading(row: Mapping[str, str], mapping: Observations, thing: str, keys: Mapping[str, str]) -> Reading:
    results: list[tuple[str, float]] = []
    for column, spec in mapping.columns.items():
        text = row[column]
        if text:
            value = float(text)
            if not math.isfinite(value):
                raise ValueError(f"{column} is {text!r}, not a finite number")
            results.append((keys[column], value if spec.scale == 1.0 else round(value * spec.scale, 9)))
    quality = None if mapping.quality is None else mapping.quality.map.get(row[mapping.quality.column])
    return Reading(
        at_ms=parse_time(row[mapping.time.column], mapping.time.zone),
        thing=thing,
        results=tuple(results),
        quality=None if quality is None else str(quality),
    )
