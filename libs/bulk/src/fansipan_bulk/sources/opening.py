"""Opening a file by what it is, whatever it is called."""

import zipfile
from pathlib import Path
from typing import Final

from fansipan_bulk.errors import FileFault
from fansipan_bulk.mapping import FileOptions
from fansipan_bulk.sources.block import Source
from fansipan_bulk.sources.csv_source import CsvSource
from fansipan_bulk.sources.parquet_source import ParquetSource
from fansipan_bulk.sources.xlsx_source import XlsxSource

_ZIP: Final = b"PK\x03\x04"
_PARQUET: Final = b"PAR1"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"


def open_source(path: Path, options: FileOptions | None = None) -> Source:
    """Open a file for reading.

    Raises:
        FileFault: `file-unreadable`, `file-kind`, `file-empty` …
        MappingFault: the options do not fit it.
    """
    options = options or FileOptions()
    try:
        with path.open("rb") as file:
            head = file.read(4)
        size = path.stat().st_size
    except OSError as error:
        raise FileFault("file-unreadable", f"{path} cannot be read: {error.strerror}") from None
    if not head:
        raise FileFault("file-empty", f"{path.name} is empty")
    if head == _PARQUET:
        return ParquetSource(path)
    if head == _ZIP:
        if not _is_workbook(path):
            raise FileFault("file-kind", f"{path.name} is a ZIP archive, but no XLSX: unpack it first")
        return XlsxSource(path, options)
    if head == _OLD_EXCEL:
        raise FileFault("file-kind", f"{path.name} is an old Excel file (.xls): save it as .xlsx or CSV")
    return CsvSource(path, size, options)


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.namelist() and any(
                name.startswith("xl/") for name in archive.namelist()
            )
    except (OSError, zipfile.BadZipFile):
        raise FileFault("file-damaged", f"{path.name} is a damaged ZIP archive") from None
