"""Lines of CSV as columns of text: two ways that agree, one fast and one for whatever is odd."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from fansipan_bulk.arrow import Array, pa, pa_csv
from fansipan_bulk.faults import Fault

_REPLACED: Final = "\ufffd".encode()
LONE_CR: Final = re.compile(r"\r(?!\n)")
"""It ends no line here."""
_SHAPE_CELLS: Final = 2100
"""Cells of a row of the wrong shape that are kept for the error file."""


class MoreLines(Protocol):
    """Where a record that goes on is read on, and where what was read too much goes back to."""

    def take(self) -> bytes | None:
        """The next whole lines; None at the end."""
        ...

    def give_back(self, text: bytes, lines: int) -> None:
        """The last lines of the text that was given last."""
        ...


@dataclass(slots=True)
class Parsed:
    """Attributes:
    lines: int64[n], where each row begins.
    columns: n texts for each column.
    damaged: whether some text has U+FFFD in it, which stands for bytes that could not be decoded.
    """

    lines: NDArray[np.int64]
    columns: tuple[Array, ...]
    faults: list[Fault] = field(default_factory=list[Fault])
    damaged: bool = False


def is_plain(text: bytes, delimiter: str) -> bool:
    """Whether lines can be parsed by `parse_plain`: every quotation mark begins or ends a whole cell, and none of those
    has a line end or another mark in it."""
    marks = text.count(b'"')
    if not marks:
        return True
    if marks % 2 or not delimiter.isascii():
        return False
    sign = re.escape(delimiter.encode())
    cell = rb"(?:^|(?<=[\n" + sign + rb']))"[^"\r\n]*"(?=[\r\n' + sign + rb"])"
    return 2 * len(re.findall(cell, text)) == marks


def parse_plain(text: bytes, first_line: int, delimiter: str, width: int) -> Parsed:
    """Whole lines for which `is_plain` holds; `first_line` is how many lines are before them."""
    text, damaged = _clean(text)
    quoted = b'"' in text
    count = text.count(b"\n")
    odd: list[tuple[int, str]] = []

    def collect(row: Any) -> str:
        odd.append((row.number, row.text))
        return "skip"

    names = [str(place) for place in range(width)]
    table = pa_csv.read_csv(
        pa.py_buffer(text),
        read_options=pa_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(text) + 1),
        parse_options=pa_csv.ParseOptions(
            delimiter=delimiter,
            quote_char='"' if quoted else False,
            double_quote=False,
            escape_char=False,
            ignore_empty_lines=False,
            invalid_row_handler=collect,
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
        ),
    )
    oddly = (quoted and odd) or any(_only_surplus(row, delimiter, width) for _, row in odd)
    if table.num_rows + len(odd) != count or oddly:
        return _parse_records(io.StringIO(text.decode(), newline="\n"), first_line, delimiter, width, damaged)
    lines = np.arange(first_line + 1, first_line + count + 1, dtype=np.int64)
    faults: list[Fault] = []
    if odd:
        places = np.array([number - 1 for number, _ in odd])
        faults = [
            _misshapen(int(lines[place]), row.split(delimiter), width)
            for place, (_, row) in zip(places, odd, strict=True)
        ]
        lines = np.delete(lines, places)
    columns = tuple(table.column(place).combine_chunks() for place in range(width))
    return Parsed(lines, columns, faults, damaged)


def parse_quoted(text: bytes, more: MoreLines, first_line: int, delimiter: str, width: int) -> Parsed:
    """Whole lines with quotation marks; reads on where the last record does, and gives the rest back.

    Raises:
        csv.Error: a cell is too long, as where a quotation mark is not closed.
    """
    text, damaged = _clean(text)
    return _parse_records(_Feed(text, more), first_line, delimiter, width, damaged)


class _Feed:
    """Lines for the csv module. It asks for a line at the beginning of a record only while `pending`."""

    def __init__(self, text: bytes, more: MoreLines) -> None:
        self._lines = io.StringIO(text.decode(), newline="\n")
        self._left = text.count(b"\n")
        self._more = more
        self._borrowed: bytes | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._lines.readline()
        if not line:
            self._borrowed = self._more.take()
            if self._borrowed is None:
                raise StopIteration
            text = _clean(self._borrowed)[0]
            self._lines = io.StringIO(text.decode(), newline="\n")
            self._left = text.count(b"\n")
            line = self._lines.readline()
        self._left -= 1
        return line

    @property
    def pending(self) -> bool:
        """Whether a record may begin; what was borrowed to end one goes back."""
        if self._borrowed is not None:
            self._more.give_back(self._borrowed, self._left)
            return False
        return self._left > 0


def _parse_records(
    feed: _Feed | io.StringIO, first_line: int, delimiter: str, width: int, damaged: bool
) -> Parsed:
    reader = csv.reader(feed, delimiter=delimiter)
    rows: list[list[str]] = []
    begins: list[int] = []
    faults: list[Fault] = []
    before = 0
    while feed.pending if isinstance(feed, _Feed) else True:
        row = next(reader, None)
        if row is None:
            break
        if not row:
            row = [""] * width
        if len(row) > width and not any(row[width:]):
            row = row[:width]
        if len(row) == width:
            rows.append(row)
            begins.append(first_line + before + 1)
        else:
            faults.append(_misshapen(first_line + before + 1, row, width))
        before = reader.line_num
    columns = zip(*rows, strict=True) if rows else [()] * width
    return Parsed(
        np.array(begins, dtype=np.int64),
        tuple(pa.array(column, pa.string()) for column in columns),
        faults,
        damaged,
    )


def _clean(text: bytes) -> tuple[bytes, bool]:
    """The text as valid UTF-8 without CR inside lines, and whether bytes had to be replaced."""
    if not text.isascii():
        try:
            text.decode()
        except UnicodeDecodeError:
            text = text.decode("utf-8", "replace").encode()
    if text.count(b"\r") != text.count(b"\r\n"):
        text = LONE_CR.sub(" ", text.decode()).encode()
    return text, _REPLACED in text


def _only_surplus(row: str, delimiter: str, width: int) -> bool:
    cells = row.split(delimiter)
    return len(cells) > width and not any(cells[width:])


def _misshapen(line: int, cells: list[str], width: int) -> Fault:
    detail = f"the row has {len(cells)} cells, the header {width}"
    return Fault(line, "", "row-shape", detail, tuple(cells[:_SHAPE_CELLS]))
