"""What is said about a file and why, in words that a page can say in its own language."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

TEXTS: Final[Mapping[str, str]] = {
    # how the file is read
    "told": "the mapping says so",
    "first-bytes": "by its first bytes",
    "no-archive": "it is neither a ZIP archive nor Parquet",
    "workbook": "it is a ZIP archive with a workbook in it",
    "byte-order-mark": "it begins with the byte order mark of {encoding}",
    "zero-bytes": "every second byte is zero in much of its beginning",
    "ascii": "its beginning is plain ASCII, which is UTF-8",
    "utf-8": "its beginning is valid UTF-8, which no other encoding is by chance",
    "windows-1258": "byte {byte} is not UTF-8, and {found} of {beyond} bytes beyond ASCII are Vietnamese letters and "
    "tones of Windows-1258",
    "windows-1252": "byte {byte} is not UTF-8, and nothing looks like Windows-1258: say the encoding if it is not "
    "Windows-1252",
    "one-column": "there is only one column",
    "same-width": "parted by it, {agreeing} of {lines} lines have {width} cells",
    "empty": "the file is empty",
    "header-numbers": "line {line} is the first whole row and has numbers in it: there are no names",
    "header-first": "line {line} is the first whole row and has no number in it",
    "header-below": "line {line} is the first whole row and has no number in it; what is above it is narrower",
    "header-unclear": "no line stands out",
    "only-sheet": "it is the only sheet",
    "first-sheet": "it is the first of {sheets}",
    # why a mapping is proposed
    "time": "'{column}' is the time: its cells look like '{example}'",
    "time-number": "'{column}' is the time: '{example}' is one of {format}",
    "hour": "'{column}' is the hour of the day",
    "long": "one observation a row: '{column}' says what '{result}' is",
    "wide": "one column for each property: {columns}",
    "scaled": "'{column}' is in '{unit}': multiplied by {scale}",
    "thing": "'{column}' names the thing, by its own name",
    "quality": "'{column}' says how good a result is",
    "decimal-both": "the decimal sign is '{sign}': '{example}' has both signs",
    "decimal-beside": "the decimal sign is '{sign}': '{comma}' and '{point}' stand side by side",
    "decimal-commas": "the decimal sign is ',': there are commas and no points, as in '{example}'",
    "decimal-usual": "the decimal sign is '.', which is usual",
    "decimal-no-comma": "the decimal sign is '.': there is no comma",
    # what a person has to look at
    "day-or-month": "day and month of '{example}' cannot be told apart: the day is taken to be first",
    "mixed-dates": "'{column}' has dates of a spreadsheet beside dates as text: the program that made it may have "
    "taken days for months; look at the rows before and after the 12th of a month",
    "no-time-of-day": "'{column}' has no time of day: midnight is taken",
    "no-offset": "times state no offset: they are taken to be of {zone}",
    "unit-factors": "'{column}' names units: say by what each is multiplied to be in that of the datastream",
    "scale-unknown": "'{column}' is in '{unit}': say its scale, so that it is in the usual unit",
    "property-guessed": "'{column}' is called {key} here: say its property, if it has another name",
    "no-thing": "no column names the thing (the station, the device): say which one it is",
    "quality-words": "say what in '{column}' means good, suspect or bad: {words}",
    "comma-thousands": "'{example}' could also be thousands: a decimal comma is taken",
    "point-thousands": "'{example}' could also be thousands: a decimal point is taken",
    "comma-and-point": "'{comma}' has a comma, '{point}' a point: which is it?",
    # why none is proposed
    "no-rows": "there are no rows below the header",
    "no-time": "no column looks like a time: say which one it is, and how it is written",
    "no-results": "no column looks like results: say which ones they are",
}
"""In English, by code; `{names}` are the values of a remark. The page has each in its languages."""


class Remark(BaseModel):
    """Something said about a file.

    Attributes:
        code: stable, a key of `TEXTS`.
        values: what is said of this file, by the names in the text.
        detail: the whole in English.
    """

    code: str
    values: dict[str, str] = {}
    detail: str


def remark(code: str, **values: object) -> Remark:
    """A remark of `TEXTS`, with its values as text."""
    texts = {name: str(value) for name, value in values.items()}
    return Remark(code=code, values=texts, detail=TEXTS[code].format(**texts))
