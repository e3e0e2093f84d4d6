"""Formats of files, how many rows each can hold, and how files are named."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")
_MAX_NAME: Final = 150


class SeriesFormat(StrEnum):
    """Formats of time series."""

    CSV = "csv"
    PARQUET = "parquet"


class FigureFormat(StrEnum):
    """Formats of figures."""

    CSV = "csv"
    PARQUET = "parquet"
    GEOJSON = "geojson"
    XLSX = "xlsx"


MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PACKED: Final = (MEDIA_TYPES["parquet"], MEDIA_TYPES["xlsx"])
"""Media types of files that are compressed inside."""

_MAX_SHEET_ROWS: Final = 200_000
_MAX_FEATURES: Final = 20_000


def max_rows(file_format: SeriesFormat | FigureFormat, most: int) -> int:
    """How many rows a file may have where `most` are allowed for any: a sheet and a map hold fewer."""
    match file_format:
        case FigureFormat.XLSX:
            return min(most, _MAX_SHEET_ROWS)
        case FigureFormat.GEOJSON:
            return min(most, _MAX_FEATURES)
        case _:
            return most


def file_name(*parts: str, file_format: SeriesFormat | FigureFormat) -> str:
    """`on-time_month_2026-01_2026-12.csv`: ASCII that every file system takes."""
    stem = "_".join(_UNFIT.sub("-", part).strip("-.") for part in parts)
    return f"{stem[:_MAX_NAME]}.{file_format.value}"


@dataclass(frozen=True, slots=True)
class CsvStyle:
    """How a CSV file begins: with a byte order mark for Excel, with a comment that says what it is."""

    bom: bool = False
    comment: bool = False


PLAIN: Final = CsvStyle()
"""Without either."""
