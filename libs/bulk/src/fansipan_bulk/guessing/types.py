"""What kind of values a column has, by its first thousand cells."""

import re
from dataclasses import dataclass
from typing import Final

from fansipan_bulk.arrow import Array, pa
from fansipan_bulk.columns.cells import texts
from fansipan_bulk.mapping import MISSING_WORDS, TimeFormat
from fansipan_bulk.reports import GuessedType

_YEAR_FIRST: Final = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?P<time>[T ]\d{1,2}.*)?")
_PARTS: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}(?P<time>[ ,]+\d{1,2}.*)?")
_TIME_FIRST: Final = re.compile(r"\d{1,2}[:hg]\d{1,2}(?::\d\d)?[ ,]+(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}")
_OF_DAY: Final = re.compile(r"\d{1,2}(?:[:hg]\d{0,2}(?::\d\d)?)(?: ?(?:AM|PM|SA|CH))?", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[+-]?(?:\d[\d., '\u00a0\u202f]*|[.,]\d+)(?:[eE][+-]?\d+)?")
_BOOLEAN: Final = frozenset({"true", "false", "yes", "no", "on", "off", "có", "không", "đúng", "sai"})
_OFFSET: Final = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column looks like.

    Attributes:
        type: of nearly all of its cells.
        examples: distinct cells, 5 at most.
        values: its distinct cells that are no word for nothing, in the order of the file.
        time_format: of a time or date; None when day and month cannot be told apart by these cells.
        has_offset: whether its times state their offset.
        mixed: dates of the spreadsheet and dates as text stand in one column.
    """

    type: GuessedType
    examples: list[str]
    values: list[str]
    time_format: TimeFormat | None = None
    has_offset: bool = False
    mixed: bool = False


def guess(column: Array) -> Guess:
    """Look at the cells of a column."""
    cells = list(dict.fromkeys(texts(column).to_pylist()))
    values = [cell for cell in cells if cell.lower() not in MISSING_WORDS]
    examples = [cell for cell in cells if cell][:5]
    kind = column.type
    if not values:
        return Guess("empty", examples, values)
    if pa.types.is_timestamp(kind):
        midnight = all(value.endswith("00:00:00") for value in values)
        return Guess("date" if midnight else "time", examples, values, "iso", kind.tz is not None)
    if pa.types.is_date(kind):
        return Guess("date", examples, values, "iso")
    if pa.types.is_boolean(kind):
        return Guess("boolean", examples, values)
    found = _time(values)
    if found is not None:
        return Guess(found[0], examples, values, found[1], found[2], found[3])
    if _most(values, _OF_DAY):
        return Guess("time-of-day", examples, values)
    if _most(values, _NUMBER):
        whole = all(re.fullmatch(r"[+-]?\d+", value) for value in values)
        return Guess("integer" if whole else "number", examples, values)
    if all(value.lower() in _BOOLEAN for value in values):
        return Guess("boolean", examples, values)
    return Guess("text", examples, values)


def _time(values: list[str]) -> tuple[GuessedType, TimeFormat | None, bool, bool] | None:
    first = [match for value in values if (match := _YEAR_FIRST.fullmatch(value))]
    parts = [match for value in values if (match := _PARTS.fullmatch(value) or _TIME_FIRST.fullmatch(value))]
    if (len(first) + len(parts)) * 10 < len(values) * 9:
        return None
    timed = [match for match in (*first, *parts) if match.re is _TIME_FIRST or match["time"]]
    midnight = all(re.search(r"[ T]00?:00(:00)?$", match[0]) for match in timed)
    kind: GuessedType = "date" if not timed or midnight else "time"
    offsets = bool(timed) and all(_OFFSET.search(match[0]) for match in timed)
    if not parts:
        return kind, "iso", offsets, False
    days_first = any(int(match[1]) > 12 for match in parts)
    months_first = any(int(match[2]) > 12 for match in parts)
    form: TimeFormat | None = (
        None if days_first == months_first else ("day-first" if days_first else "month-first")
    )
    return kind, form, offsets, bool(first)


def _most(values: list[str], pattern: re.Pattern[str]) -> bool:
    fitting = sum(pattern.fullmatch(value) is not None for value in values)
    return fitting * 10 >= len(values) * 9
