"""NDJSON files: observations and CloudEvents, one a line, as an integrator would send them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from fansipan_cli.errors import UsageError
from fansipan_cli.scenario.readings import open_text, time_text
from fansipan_cli.sending import Outgoing, Tally

_DATA_TIMES: Final = ("dueAt", "periodStart", "periodEnd")


@dataclass(frozen=True, slots=True)
class Scan:
    """What a file holds: lines that are JSON objects, and the latest time among them (None without any)."""

    items: int
    last_ms: int | None


def scan(path: Path) -> Scan:
    """Count the items of a file and find its last time.

    Raises:
        UsageError: it cannot be read, or holds no JSON object.
    """
    items, last = 0, None
    for _, item in _lines(path):
        if item is not None:
            items += 1
            at_ms = _time_of(item)
            if at_ms is not None and (last is None or at_ms > last):
                last = at_ms
    if not items:
        raise UsageError(
            f"{path.name} holds no JSON object", "give NDJSON: one observation or CloudEvent a line"
        )
    return Scan(items, last)


def ndjson_items(path: Path, *, shift_ms: int, tally: Tally) -> Iterator[Outgoing]:
    """The items of a file, moved by `shift_ms`. Lines that are no JSON object are counted as `not-json`."""
    for number, item in _lines(path):
        if item is None:
            tally.sent += 1
            tally.reject("not-json", f"line {number} is no JSON object; it was not sent", None)
            continue
        at_ms = (_time_of(item) or 0) + shift_ms
        if "specversion" in item:
            subject = str(item.get("subject") or item.get("id"))
            yield Outgoing("service-events", subject, at_ms, _shifted_event(item, shift_ms))
        else:
            thing = str(item.get("datastream")).rpartition("/")[0]
            yield Outgoing("observations", thing, at_ms, _shifted_observation(item, shift_ms))


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    try:
        with open_text(path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, _parse(line)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read ({error})") from error


def _parse(line: str) -> dict[str, Any] | None:
    try:
        item = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return item if isinstance(item, dict) else None


def _time_of(item: dict[str, Any]) -> int | None:
    return _milliseconds(item.get("time") if "specversion" in item else item.get("phenomenonTime"))


def _milliseconds(value: Any) -> int | None:
    """Milliseconds of an RFC 3339 time with offset; None for anything else, which ingest will refuse."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return None if moment.tzinfo is None else round(moment.timestamp() * 1000)


def _shifted(fields: dict[str, Any], names: tuple[str, ...], shift_ms: int) -> dict[str, Any]:
    moved = {
        name: time_text(at_ms + shift_ms)
        for name in names
        if (at_ms := _milliseconds(fields.get(name))) is not None
    }
    return fields | moved


def _shifted_observation(item: dict[str, Any], shift_ms: int) -> dict[str, Any]:
    return _shifted(item, ("phenomenonTime", "resultTime"), shift_ms) if shift_ms else item


def _shifted_event(item: dict[str, Any], shift_ms: int) -> dict[str, Any]:
    if not shift_ms:
        return item
    moved = _shifted(item, ("time",), shift_ms)
    data = item.get("data")
    return moved | {"data": _shifted(data, _DATA_TIMES, shift_ms)} if isinstance(data, dict) else moved
