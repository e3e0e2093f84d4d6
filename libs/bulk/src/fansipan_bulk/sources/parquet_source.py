"""Parquet files, some thousand rows at a time, whatever their row groups are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from fansipan_bulk.arrow import Array, pa, pq
from fansipan_bulk.errors import FileFault
from fansipan_bulk.remarks import remark
from fansipan_bulk.reports import Finding
from fansipan_bulk.sources.block import MAX_COLUMNS, Block

_ROWS: Final = 10_000
_BUFFER: Final = 1024 * 1024
_DAMAGED: Final = (OSError, pa.ArrowException, EOFError)


class ParquetSource:
    """A Parquet file; implements `Source`. `size` is counted in rows.

    Raises:
        FileFault: it cannot be read.
    """

    delimiter = ","

    def __init__(self, path: Path) -> None:
        self._path = path
        self.findings = [Finding(what="kind", value="parquet", reason=remark("first-bytes"))]
        try:
            self._file = pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
        except _DAMAGED as error:
            raise self._damaged(error) from None
        self.columns = tuple(str(name) for name in self._file.schema_arrow.names)
        if len(self.columns) > MAX_COLUMNS or len(set(self.columns)) < len(self.columns):
            self.close()
            raise FileFault("file-header", f"{path.name} has too many columns, or two of one name")
        self.size = max(1, self._file.metadata.num_rows)

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """As `Source.blocks`."""
        row = 1
        try:
            batches: Iterator[Any] = self._file.iter_batches(batch_size=_ROWS, use_threads=False)
            for index, batch in enumerate(batches):
                end = row + batch.num_rows
                if index >= start:
                    columns = tuple(_plain(batch.column(place)) for place in range(len(self.columns)))
                    yield Block(index, np.arange(row, end, dtype=np.int64), columns, end - 1)
                row = end
        except _DAMAGED as error:
            raise self._damaged(error) from None

    def close(self) -> None:
        """As `Source.close`."""
        self._file.close()

    def _damaged(self, error: Exception) -> FileFault:
        return FileFault("file-damaged", f"{self._path.name} is a damaged Parquet file: {error}")


def _plain(column: Array) -> Array:
    """Dictionaries as what they stand for, and every kind of text as text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    return column
