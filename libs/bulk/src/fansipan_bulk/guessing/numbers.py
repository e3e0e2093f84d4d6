"""How numbers are written, by those there are."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fansipan_bulk.mapping import NumberFormat

_POINT_GROUPS: Final = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_COMMA_GROUPS: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SPACE_GROUPS: Final = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class GuessedNumbers:
    """How numbers are written; `unsure` is what a person has to look at, "" when nothing."""

    written: NumberFormat
    reason: str
    unsure: str


def guess_numbers(values: Iterable[str]) -> GuessedNumbers:
    """Decimal sign and thousands separator of distinct cells with numbers."""
    texts = list(values)
    comma = [text for text in texts if "," in text]
    point = [text for text in texts if "." in text]
    spaces = " " if any(_SPACE_GROUPS.fullmatch(text) for text in texts) else ""
    both = next((text for text in comma if "." in text), None)
    if both is not None:
        decimal, thousands = (",", ".") if both.rfind(",") > both.rfind(".") else (".", ",")
        return _told(decimal, thousands, f"{both!r} has both signs", "")
    if comma and not point:
        if all(_COMMA_GROUPS.fullmatch(text) for text in comma):
            return _told(
                ",", spaces, "there are commas and no points",
                f"{comma[0]!r} could also be thousands: a decimal comma is taken",
            )  # fmt: skip
        return _told(",", spaces, f"there are commas and no points, as in {comma[0]!r}", "")
    if comma and point:
        if all(_POINT_GROUPS.fullmatch(text) for text in point):
            return _told(",", ".", f"{comma[0]!r} and {point[0]!r} stand side by side", "")
        if all(_COMMA_GROUPS.fullmatch(text) for text in comma):
            return _told(".", ",", f"{comma[0]!r} and {point[0]!r} stand side by side", "")
        return _told(
            ".", spaces, "points are usual", f"{comma[0]!r} has a comma, {point[0]!r} a point: which is it?"
        )
    unsure = ""
    if point and len(point) == sum(_POINT_GROUPS.fullmatch(text) is not None for text in point):
        unsure = f"{point[0]!r} could also be thousands: a decimal point is taken"
    return _told(".", spaces, "there is no comma", unsure)


def _told(decimal: str, thousands: str, reason: str, unsure: str) -> GuessedNumbers:
    written = NumberFormat.model_validate({"decimal": decimal, "thousands": thousands})
    sign = "comma" if decimal == "," else "point"
    return GuessedNumbers(written, f"numbers have a decimal {sign}: {reason}", unsure)
