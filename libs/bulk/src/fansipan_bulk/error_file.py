"""The rows that did not become observations, as a CSV file to correct and import again."""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from fansipan_bulk.errors import FileFault
from fansipan_bulk.faults import Fault

MOST_ROWS: Final = 1_000_000
"""What is wrong beyond is counted, not written."""
_HEAD: Final = ("error_line", "error_column", "error_code", "error_detail")


class ErrorFile:
    """A CSV file of faults: `error_line, error_column, error_code, error_detail`, then the columns of the file itself.

    UTF-8 with a byte order mark, as spreadsheets want it, parted as the file itself is, so that the same mapping reads
    it. It is made with the first fault; a file of an earlier import is removed by `begin`.

    Args:
        path: where it is.
        most_bytes: once it is so large nothing more is written (about: what is written at once is written whole).
    """

    def __init__(self, path: Path, most_bytes: int | None = None) -> None:
        self.path = path
        self._most_bytes = most_bytes
        self._rows = 0
        self._file: io.TextIOWrapper | None = None
        self._columns: Sequence[str] = ()
        self._delimiter = ","

    def begin(self, columns: Sequence[str], delimiter: str, *, size: int = 0, rows: int = 0) -> None:
        """Begin, or go on where a checkpoint was made: what is behind `size` bytes was written after it.

        Raises:
            FileFault: `file-errors`: it cannot be written, or is shorter than it was.
        """
        self._columns, self._delimiter, self._rows = columns, delimiter, rows
        try:
            if not size:
                self.path.unlink(missing_ok=True)
                return
            if self.path.stat().st_size < size:
                raise FileFault(
                    "file-errors", f"{self.path} is shorter than it was: begin anew with --restart"
                )
            os.truncate(self.path, size)
        except FileNotFoundError:
            raise FileFault("file-errors", f"{self.path} is gone: begin anew with --restart") from None
        except OSError as error:
            raise FileFault("file-errors", f"{self.path} cannot be written: {error.strerror}") from None

    def write(self, faults: Iterable[Fault]) -> None:
        """Add faults. Raises `FileFault` when it cannot be written."""
        try:
            full = self._is_full()
            for fault in faults:
                self._rows += 1
                if self._rows <= MOST_ROWS and not full:
                    self._writer().writerow(
                        (fault.line, fault.column, fault.code, fault.detail, *fault.cells)
                    )
        except OSError as error:
            raise FileFault("file-errors", f"{self.path} cannot be written: {error.strerror}") from None

    def flush(self) -> tuple[int, int]:
        """Bring all to the disk; returns bytes and faults so far."""
        if self._file is None:
            size = self.path.stat().st_size if self._rows else 0
            return size, self._rows
        self._file.flush()
        os.fsync(self._file.fileno())
        return self.path.stat().st_size, self._rows

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _is_full(self) -> bool:
        return (
            self._most_bytes is not None
            and self.path.exists()
            and self.path.stat().st_size >= self._most_bytes
        )

    def _writer(self) -> Any:
        if self._file is None:
            self._file = self.path.open("a", encoding="utf-8", newline="")
            self._made = csv.writer(self._file, delimiter=self._delimiter, lineterminator="\r\n")
            if self._file.tell() == 0:
                self._file.write("\ufeff")
                self._made.writerow((*_HEAD, *self._columns))
        return self._made
