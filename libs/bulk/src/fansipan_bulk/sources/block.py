"""What every kind of file is read as."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from fansipan_bulk.arrow import Array
from fansipan_bulk.faults import Fault
from fansipan_bulk.reports import Finding

MAX_COLUMNS: Final = 2000
"""A file with more columns is refused."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some thousand rows of a file.

    Attributes:
        index: 0, 1, 2 …; the same file and options give the same blocks.
        lines: int64[n], where each row begins: line of CSV, row of a sheet, row of Parquet; from 1.
        columns: one array of n for each column: texts from CSV, typed values from XLSX and Parquet.
        faults: rows that have not the shape of a row; they are not in `columns`.
        consumed: how far the file has been read when the block has, in the unit of `Source.size`.
    """

    index: int
    lines: NDArray[np.int64]
    columns: tuple[Array, ...]
    consumed: int
    faults: list[Fault] = field(default_factory=list[Fault])

    def __len__(self) -> int:
        return len(self.lines)

    def cells(self, row: int) -> tuple[str, ...]:
        """A row as texts."""
        return tuple(text_of(column[row].as_py()) for column in self.columns)


class Source(Protocol):
    """An open file. Not for use from several threads at once.

    Attributes:
        columns: names, each once.
        findings: what was found out about the file.
        delimiter: of CSV, as found out or told; a comma for the other kinds.
        size: of the file, in bytes or rows: compare with `Block.consumed`. At least 1.
    """

    columns: tuple[str, ...]
    findings: list[Finding]
    delimiter: str
    size: int

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """The blocks from number `start` on. Can be called again; the earlier iterator is then at its end.

        Raises:
            FileFault: it is damaged.
        """
        ...

    def close(self) -> None:
        """Close the file."""
        ...


def text_of(value: Any) -> str:
    """A cell as text: times in ISO 8601, whole numbers without a fraction, nothing as nothing."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", "replace")
        case _:
            return str(value)


def column_names(cells: list[str]) -> tuple[str, ...]:
    """Names from the cells of a header, each once: nameless columns and repeated names get a number."""
    names: list[str] = []
    taken: set[str] = set()
    for place, cell in enumerate(cells, start=1):
        name = base = cell or f"column {place}"
        again = 2
        while name in taken:
            name = f"{base} ({again})"
            again += 1
        taken.add(name)
        names.append(name)
    return tuple(names)
