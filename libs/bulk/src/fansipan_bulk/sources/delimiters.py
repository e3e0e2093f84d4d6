"""Which sign parts the cells of a CSV file, and which line has the names of the columns."""

import csv
from collections import Counter
from dataclasses import dataclass
from typing import Final

from fansipan_bulk.remarks import Remark, remark

_CANDIDATES: Final = (",", ";", "\t", "|")
_LINES: Final = 100


@dataclass(frozen=True, slots=True)
class Delimiter:
    """The sign, and why it is believed."""

    sign: str
    reason: Remark


def find_delimiter(text: str) -> Delimiter:
    """The delimiter of the beginning of a CSV file: the sign that most lines have equally often."""
    lines = [line for line in text.splitlines()[:_LINES] if line.strip()]
    best = Delimiter(",", remark("one-column"))
    most = (0, 0)
    for sign in _CANDIDATES:
        counts = Counter(len(row) for row in csv.reader(lines, delimiter=sign))
        width, agreeing = max(
            counts.items(), key=lambda entry: (entry[0] > 1, entry[1], entry[0]), default=(1, 0)
        )
        if width > 1 and (agreeing, width) > most:
            most = (agreeing, width)
            best = Delimiter(sign, remark("same-width", agreeing=agreeing, lines=len(lines), width=width))
    return best


def find_header(rows: list[list[str]]) -> tuple[int, Remark]:
    """The line of the header (from 1; 0 when there is none) of the first rows of a file, and why.

    It is the first row that is as wide as most rows and has a name in each cell that is used below; titles above it
    are narrower. Where that row has a number in it, there is no header.
    """
    used = [sum(1 for cell in row if cell.strip()) for row in rows]
    widths = Counter(width for width in used if width)
    if not widths:
        return 1, remark("empty")
    usual = max(widths.items(), key=lambda entry: (entry[1], entry[0]))[0]
    for place, (row, width) in enumerate(zip(rows, used, strict=True), start=1):
        if width * 10 >= usual * 8 and width > (1 if usual > 1 else 0):
            if any(_is_number(cell) for cell in row):
                return 0, remark("header-numbers", line=place)
            return place, remark("header-first" if place == 1 else "header-below", line=place)
    return 1, remark("header-unclear")


def _is_number(cell: str) -> bool:
    text = cell.strip().replace(",", ".")
    try:
        float(text)
    except ValueError:
        return False
    return text.lower() not in ("nan", "inf", "-inf", "infinity")
