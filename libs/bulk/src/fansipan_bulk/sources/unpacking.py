"""Bytes of a file as they are, or unpacked as they are read."""

import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO, Final, cast

import zstandard

from fansipan_bulk.remarks import remark
from fansipan_bulk.reports import Finding

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW: Final = 128 * 1024 * 1024
_BUFFER: Final = 256 * 1024

DAMAGED: Final = (OSError, EOFError, zlib.error, zstandard.ZstdError)
"""What reading a damaged or vanished file raises."""


class Unpacked:
    """A file that is read from its beginning, unpacked from gzip or zstd when its first bytes say so."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        head = self._file.read(4)
        self._file.seek(0)
        self.finding: Finding | None = None
        self._stream: BinaryIO = self._file
        if head.startswith(_GZIP):
            self._stream = cast("BinaryIO", gzip.GzipFile(fileobj=self._file))
            self.finding = Finding(what="compression", value="gzip", reason=remark("first-bytes"))
        elif head == _ZSTD:
            reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).stream_reader(
                self._file, read_across_frames=True, closefd=False
            )
            self._stream = cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", reader), _BUFFER))
            self.finding = Finding(what="compression", value="zstd", reason=remark("first-bytes"))

    def read(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end."""
        return self._stream.read(size)

    @property
    def consumed(self) -> int:
        """Bytes of the file itself that have been read."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
