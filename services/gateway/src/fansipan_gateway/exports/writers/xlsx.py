"""XLSX: rows go to a temporary file, which is sent when it is whole; the format has its directory at the end."""

from collections.abc import Iterable, Iterator
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import xlsxwriter

from fansipan_gateway.domain.results import moment_of
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.exports.domain.about import About
from fansipan_gateway.exports.domain.tables import Batch, ColumnKind, Columns

_PIECE: Final = 1 << 18
_WIDTH: Final = 14
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class XlsxWriter:
    """Writes a sheet `data` and a sheet `about`. Texts are cells of text, never formulas.

    Times are text in RFC 3339: a cell of Excel knows no time zone.
    """

    def __init__(self, columns: Columns, about: About) -> None:
        self._columns = columns
        self._about = about
        self._folder = TemporaryDirectory(prefix="fansipan-export-")
        self._path = Path(self._folder.name) / "export.xlsx"
        self._book = xlsxwriter.Workbook(str(self._path), {**_OPTIONS, "tmpdir": self._folder.name})
        self._sheet = self._book.add_worksheet("data")
        self._bold = self._book.add_format({"bold": True})
        self._row = 1

    def begin(self) -> bytes:
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(self._columns) - 1, _WIDTH)
        for place, column in enumerate(self._columns):
            self._sheet.write_string(0, place, column.name, self._bold)
        return b""

    def add(self, batch: Batch) -> bytes:
        for row in zip(*batch, strict=True):
            for place, (column, value) in enumerate(zip(self._columns, row, strict=True)):
                if value is not None:
                    self._write(place, column.kind, value)
            self._row += 1
        return b""

    def end(self) -> Iterable[bytes]:
        about = self._book.add_worksheet("about")
        about.set_column(0, 0, _WIDTH)
        about.set_column(1, 1, 80)
        for row, (name, value) in enumerate(self._about.entries().items()):
            about.write_string(row, 0, name, self._bold)
            about.write_string(row, 1, value)
        self._book.close()
        return self._pieces()

    def close(self) -> None:
        self._book.fileclosed = True  # an unfinished book would be written when it is forgotten
        self._folder.cleanup()

    def _write(self, place: int, kind: ColumnKind, value: Any) -> None:
        match kind:
            case ColumnKind.TEXT:
                self._sheet.write_string(self._row, place, value)
            case ColumnKind.NUMBER | ColumnKind.COUNT:
                if isfinite(value):  # Excel knows no other numbers
                    self._sheet.write_number(self._row, place, value)
            case ColumnKind.TIME:
                self._sheet.write_string(self._row, place, format_instant(moment_of(value)))
            case ColumnKind.FLAG:
                self._sheet.write_boolean(self._row, place, value)

    def _pieces(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
