"""Parquet: row groups are written to memory and sent as they are; only the footer has to wait for the end."""

import io
from collections.abc import Iterable
from typing import Any, Final

from fansipan_gateway.exports.domain.about import About
from fansipan_gateway.exports.domain.tables import Batch, ColumnKind, Columns

_ROW_GROUP: Final = 50_000


class _Outlet(io.RawIOBase):
    """A file that only grows at its end, and gives away what was written."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._place = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def write(self, data: Any, /) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._place += len(piece)
        return len(piece)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


class ParquetWriter:
    """Writes Parquet, compressed with zstd. What the file says of itself is in its key-value metadata."""

    def __init__(self, columns: Columns, about: About) -> None:
        import pyarrow as pa  # noqa: PLC0415 - 50 MiB, taken when the first such file is asked for
        import pyarrow.parquet as pq  # noqa: PLC0415 - the same

        self._arrow = pa
        self._schema = pa.schema(
            [pa.field(column.name, _type_of(pa, column.kind)) for column in columns],
            metadata=about.entries(),
        )
        self._outlet = _Outlet()
        self._writer = pq.ParquetWriter(self._outlet, self._schema, compression="zstd")
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0
        self._open = True

    def begin(self) -> bytes:
        return self._outlet.take()

    def add(self, batch: Batch) -> bytes:
        arrays = [
            self._arrow.array(values, type=field.type)
            for values, field in zip(batch, self._schema, strict=True)
        ]
        self._waiting.append(self._arrow.record_batch(arrays, schema=self._schema))
        self._rows += len(batch[0])
        if self._rows < _ROW_GROUP:
            return b""
        self._write_group()
        return self._outlet.take()

    def end(self) -> Iterable[bytes]:
        if self._waiting:
            self._write_group()
        self._writer.close()
        self._open = False
        return (self._outlet.take(),)

    def close(self) -> None:
        if self._open:
            self._writer.close()
            self._open = False
        self._waiting.clear()
        self._outlet.take()

    def _write_group(self) -> None:
        table = self._arrow.Table.from_batches(self._waiting, schema=self._schema)
        self._writer.write_table(table, row_group_size=self._rows)
        self._waiting.clear()
        self._rows = 0


def _type_of(arrow: Any, kind: ColumnKind) -> Any:
    match kind:
        case ColumnKind.TEXT:
            return arrow.string()
        case ColumnKind.NUMBER:
            return arrow.float64()
        case ColumnKind.COUNT:
            return arrow.int64()
        case ColumnKind.TIME:
            return arrow.timestamp("ms", tz="UTC")
        case ColumnKind.FLAG:
            return arrow.bool_()
