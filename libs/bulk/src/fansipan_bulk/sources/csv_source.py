"""CSV files, block by block.

A block in which no cell has a line end or a quotation mark, as nearly all are, is cut at a line end and parsed by
Arrow. Any other goes through Python's csv module, which also finds where its last record ends.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from fansipan_bulk.arrow import pa
from fansipan_bulk.errors import FileFault
from fansipan_bulk.faults import Fault
from fansipan_bulk.mapping import FileOptions
from fansipan_bulk.remarks import Remark, remark
from fansipan_bulk.reports import Finding
from fansipan_bulk.sources.block import MAX_COLUMNS, Block, column_names
from fansipan_bulk.sources.csv_parsing import LONE_CR, Parsed, is_plain, parse_plain, parse_quoted
from fansipan_bulk.sources.delimiters import find_delimiter, find_header
from fansipan_bulk.sources.encodings import find_encoding
from fansipan_bulk.sources.lines import Lines
from fansipan_bulk.sources.unpacking import DAMAGED, Unpacked

_SAMPLE_BYTES: Final = 256 * 1024
_HEADER_LINES: Final = 40


class CsvSource:
    """A CSV file; implements `Source`.

    Raises:
        FileFault: it cannot be read, or is no text.
        MappingFault: the options do not fit.
    """

    def __init__(self, path: Path, size: int, options: FileOptions) -> None:
        self._path = path
        self.size = max(1, size)
        self.findings = [Finding(what="kind", value="csv", reason=remark("no-archive"))]
        sample = self._sample()
        self._encoding = find_encoding(sample, options.encoding)
        self._say("encoding", self._encoding.codec, self._encoding.reason)
        text = sample[self._encoding.mark :].decode(self._encoding.codec, "replace")
        if "\0" in text:
            raise FileFault("file-kind", f"{path.name} is no text: CSV, XLSX and Parquet can be imported")
        if "\n" not in text and "\r" in text:
            raise FileFault(
                "file-line-ends", f"{path.name} ends its lines with CR alone: save it with LF or CR LF"
            )
        found = find_delimiter(text)
        self.delimiter = options.delimiter or found.sign
        self._say("delimiter", self.delimiter, remark("told") if options.delimiter else found.reason)
        self._header_lines, self.columns = self._read_header(text, options.header)
        self._open: Unpacked | None = None

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """As `Source.blocks`."""
        self.close()
        try:
            opened = self._open = Unpacked(self._path)
            yield from self._blocks(opened, start)
        except DAMAGED as error:
            raise FileFault("file-damaged", f"{self._path.name} cannot be read on: {error}") from None
        except csv.Error as error:
            raise FileFault(
                "file-quotes", f"{self._path.name}: {error}; is a quotation mark not closed?"
            ) from None

    def close(self) -> None:
        """As `Source.close`."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _blocks(self, opened: Unpacked, start: int) -> Iterator[Block]:
        lines = Lines(opened, self._encoding, self._path.name)
        lines.skip(self._header_lines)
        index = 0
        while (text := lines.take()) is not None:
            first_line = lines.line - text.count(b"\n")
            skipped = index < start
            if not is_plain(text, self.delimiter):
                parsed = parse_quoted(text, lines, first_line, self.delimiter, len(self.columns))
            elif skipped:
                parsed = None
            else:
                parsed = parse_plain(text, first_line, self.delimiter, len(self.columns))
            if not skipped and parsed is not None:
                yield self._block(index, parsed, opened.consumed)
            index += 1

    def _block(self, index: int, parsed: Parsed, consumed: int) -> Block:
        columns, faults, lines = parsed.columns, parsed.faults, parsed.lines
        if parsed.damaged:  # bytes that are not of the encoding have become U+FFFD
            bad = np.zeros(len(lines), dtype=bool)
            for name, column in zip(self.columns, columns, strict=True):
                for row, cell in enumerate(column.to_pylist()):
                    if "\ufffd" in cell and not bad[row]:
                        bad[row] = True
                        cells = tuple(each[row].as_py() for each in columns)
                        detail = (
                            f"{cell!r} has bytes that are not {self._encoding.codec}: say the file's encoding"
                        )
                        faults.append(Fault(int(lines[row]), name, "encoding-invalid", detail, cells))
            keep = pa.array(~bad)
            columns, lines = tuple(column.filter(keep) for column in columns), lines[~bad]
        return Block(index, lines, columns, consumed, faults)

    def _sample(self) -> bytes:
        try:
            opened = Unpacked(self._path)
            try:
                sample = opened.read(_SAMPLE_BYTES)
                if opened.finding is not None:
                    self.findings.append(opened.finding)
            finally:
                opened.close()
        except DAMAGED as error:
            raise FileFault("file-damaged", f"{self._path.name} cannot be read: {error}") from None
        if not sample:
            raise FileFault("file-empty", f"{self._path.name} is empty")
        return sample

    def _read_header(self, text: str, told: int | None) -> tuple[int, tuple[str, ...]]:
        """How many lines are before the first row, and the names of the columns."""
        reader = csv.reader(io.StringIO(LONE_CR.sub(" ", text), newline="\n"), delimiter=self.delimiter)
        rows: list[list[str]] = []
        ends: list[int] = []
        try:
            for row in reader:
                rows.append([unicodedata.normalize("NFC", cell).strip() for cell in row])
                ends.append(reader.line_num)
                if len(rows) >= max(_HEADER_LINES, told or 0):
                    break
        except csv.Error as error:
            raise FileFault("file-quotes", f"{self._path.name}: {error}") from None
        if told is None:
            place, reason = find_header(rows)
        else:
            place, reason = told, remark("told")
        self._say("header", str(place), reason)
        if place > len(rows):
            raise FileFault("file-header", f"{self._path.name} has no line {place}")
        cells = [""] * max(map(len, rows)) if place == 0 else rows[place - 1]
        while place and cells and not cells[-1]:
            cells.pop()  # signs at the end of each line make nameless columns
        if not cells or len(cells) > MAX_COLUMNS:
            raise FileFault("file-header", f"{self._path.name} has {len(cells)} columns in line {place}")
        return (ends[place - 1] if place else 0), column_names(cells)

    def _say(self, what: str, value: str, reason: Remark) -> None:
        self.findings.append(Finding(what=what, value=value, reason=reason))
