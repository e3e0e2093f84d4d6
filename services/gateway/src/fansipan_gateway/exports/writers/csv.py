"""CSV as RFC 4180 has it: UTF-8, CRLF, a header; numbers as in JSON, times as RFC 3339.

A text that a spreadsheet would take for a formula (it begins with = + - @, or a tab or return) gets an apostrophe in
front, as OWASP advises ("CSV Injection"). Numbers are never changed.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import orjson

from fansipan_gateway.exports.domain.about import About
from fansipan_gateway.exports.domain.formats import CsvStyle
from fansipan_gateway.exports.domain.tables import Batch, ColumnKind, Columns
from fansipan_gateway.observations.rendering import instants

_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NEEDS_QUOTES: Final = re.compile(r'[",\r\n]')
_FLAGS: Final = {True: "true", False: "false", None: ""}
_BOM: Final = b"\xef\xbb\xbf"


class CsvWriter:
    """Writes CSV."""

    def __init__(self, columns: Columns, about: About, style: CsvStyle) -> None:
        self._columns = columns
        self._about = about
        self._style = style

    def begin(self) -> bytes:
        header = ",".join(column.name for column in self._columns) + "\r\n"
        comment = ""
        if self._style.comment:
            facts = "; ".join(f"{name}: {value}" for name, value in self._about.entries().items())
            comment = "# " + re.sub(r"[\r\n]+", " ", facts) + "\r\n"
        return (_BOM if self._style.bom else b"") + (comment + header).encode()

    def add(self, batch: Batch) -> bytes:
        cells = [_cells(column.kind, values) for column, values in zip(self._columns, batch, strict=True)]
        lines = map(",".join, zip(*cells, strict=True))
        return "".join([f"{line}\r\n" for line in lines]).encode()

    def end(self) -> Iterable[bytes]:
        return ()

    def close(self) -> None:
        """It holds nothing."""


@lru_cache(maxsize=4096)
def text_cell(text: str | None) -> str:
    """A text as a cell."""
    if not text:
        return ""
    safe = f"'{text}" if text.startswith(_DANGEROUS) else text
    if _NEEDS_QUOTES.search(safe):
        doubled = safe.replace('"', '""')
        return f'"{doubled}"'
    return safe


def _cells(kind: ColumnKind, values: Sequence[Any]) -> Iterable[str]:
    match kind:
        case ColumnKind.TEXT:
            return map(text_cell, values)
        case ColumnKind.NUMBER | ColumnKind.COUNT:
            numbers = orjson.dumps(values).decode()[1:-1].split(",") if values else []
            return ["" if number == "null" else number for number in numbers]
        case ColumnKind.TIME:
            known = [ms for ms in values if ms is not None]
            times = iter(instants(known))
            return ["" if ms is None else f"{next(times)}Z" for ms in values]
        case ColumnKind.FLAG:
            return [_FLAGS[flag] for flag in values]
