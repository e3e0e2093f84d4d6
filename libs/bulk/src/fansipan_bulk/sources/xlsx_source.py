"""Sheets of XLSX, row by row: dates are dates, and memory does not grow with the sheet."""

import itertools
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import numpy as np
import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from fansipan_bulk.arrow import Array, pa
from fansipan_bulk.errors import FileFault, MappingFault
from fansipan_bulk.mapping import FileOptions
from fansipan_bulk.remarks import remark
from fansipan_bulk.reports import Finding
from fansipan_bulk.sources.block import MAX_COLUMNS, Block, column_names, text_of
from fansipan_bulk.sources.delimiters import find_header

_ROWS: Final = 5000
_HEADER_ROWS: Final = 40
_LAST_ROW: Final = 1_048_576
_SHARED_STRINGS: Final = 64 * 1024 * 1024
"""Bytes of the table of all texts of a workbook, which has to be in memory as a whole."""
_UNPACKED: Final = 4 * 1024 * 1024 * 1024
_DAMAGED: Final = (
    OSError,
    zipfile.BadZipFile,
    ParseError,
    KeyError,
    ValueError,
    InvalidFileException,
    EOFError,
)


class XlsxSource:
    """One sheet of a workbook; implements `Source`. `size` is counted in rows.

    Attributes:
        sheets: the names of all sheets.

    Raises:
        FileFault: it cannot be read.
        MappingFault: it has no such sheet.
    """

    delimiter = ","

    def __init__(self, path: Path, options: FileOptions) -> None:
        self._path = path
        self.findings = [Finding(what="kind", value="xlsx", reason=remark("workbook"))]
        _bound(path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # extensions of Excel that do not matter here
                self._book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        except _DAMAGED as error:
            raise _damaged(path, error) from None
        self.sheets: list[str] = [sheet.title for sheet in self._book.worksheets]
        try:
            self._sheet: Any = self._choose(options.sheet)
            self._rows_above, self.columns = self._read_header(options.header)
            self.size = max(1, self._sheet.max_row or 1)
            self._sheet.reset_dimensions()  # some programs write wrong ones
        except BaseException:
            self.close()
            raise

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """As `Source.blocks`."""
        try:
            rows = enumerate(self._sheet.iter_rows(values_only=True), start=1)
            for _ in itertools.islice(rows, self._rows_above + start * _ROWS):
                pass
            for index in itertools.count(start):
                part = list(itertools.islice(rows, _ROWS))
                if not part:
                    return
                if part[-1][0] > _LAST_ROW:  # a row that says so would be filled up to with empty ones
                    raise FileFault("file-damaged", f"{self._path.name} has a row beyond {_LAST_ROW:,}")
                yield self._block(index, part)
        except _DAMAGED as error:
            raise _damaged(self._path, error) from None

    def close(self) -> None:
        """As `Source.close`."""
        self._book.close()

    def _block(self, index: int, part: list[tuple[int, tuple[Any, ...]]]) -> Block:
        width = len(self.columns)
        lines = np.array([number for number, _ in part], dtype=np.int64)
        rows = [row[:width] + (None,) * (width - len(row)) for _, row in part]
        columns = tuple(_column(cells) for cells in zip(*rows, strict=True))
        return Block(index, lines, columns, int(lines[-1]))

    def _choose(self, name: str | None) -> Any:
        if not self.sheets:
            raise FileFault("file-empty", f"{self._path.name} has no sheet with cells")
        if name is None:
            why = (
                remark("only-sheet")
                if len(self.sheets) == 1
                else remark("first-sheet", sheets=len(self.sheets))
            )
            self.findings.append(Finding(what="sheet", value=self.sheets[0], reason=why))
            return self._book.worksheets[0]
        if name not in self.sheets:
            raise MappingFault(
                "mapping-sheet", f"there is no sheet {name!r}; there are: {', '.join(self.sheets[:20])}"
            )
        self.findings.append(Finding(what="sheet", value=name, reason=remark("told")))
        return self._book[name]

    def _read_header(self, told: int | None) -> tuple[int, tuple[str, ...]]:
        try:
            wanted = max(_HEADER_ROWS, told or 0)
            found = list(itertools.islice(self._sheet.iter_rows(values_only=True), wanted))
        except _DAMAGED as error:
            raise _damaged(self._path, error) from None
        rows = [[text_of(cell).strip() for cell in row] for row in found]
        place, reason = find_header(rows) if told is None else (told, remark("told"))
        self.findings.append(Finding(what="header", value=str(place), reason=reason))
        if place > len(rows) or not rows:
            raise FileFault("file-header", f"the sheet {self._sheet.title!r} has no row {place}")
        cells = [""] * max(map(len, rows)) if place == 0 else rows[place - 1]
        while place and cells and not cells[-1]:
            cells.pop()
        if not cells or len(cells) > MAX_COLUMNS:
            raise FileFault(
                "file-header", f"the sheet {self._sheet.title!r} has {len(cells)} columns in row {place}"
            )
        return place, column_names(cells)


def _bound(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
    except _DAMAGED as error:
        raise _damaged(path, error) from None
    texts = sizes.get("xl/sharedStrings.xml", 0)
    if texts > _SHARED_STRINGS or sum(sizes.values()) > _UNPACKED:
        raise FileFault(
            "file-too-large", f"{path.name} has more text than can be read from XLSX: save the sheet as CSV"
        )


def _column(cells: Sequence[Any]) -> Array:
    """One column: all dates, or all numbers, or texts."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds and kinds <= {datetime}:
        return pa.array(cells, pa.timestamp("ms"))
    if kinds and kinds <= {int, float}:
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    return pa.array([_text(cell) for cell in cells], pa.string())


def _text(cell: Any) -> str:
    match cell:
        case datetime():
            return cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
        case timedelta():  # how a time of day past 24:00 is stored
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
        case _:
            return text_of(cell)


def _damaged(path: Path, error: Exception) -> FileFault:
    return FileFault("file-damaged", f"{path.name} is a damaged workbook: {error}")
