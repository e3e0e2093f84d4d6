"""Writers: from batches of rows to the bytes of a file, piece by piece."""

from collections.abc import Iterable
from typing import Protocol

from fansipan_gateway.exports.domain.tables import Batch


class Writer(Protocol):
    """Writes one file. It computes and may write temporary files: call it in a thread."""

    def begin(self) -> bytes:
        """What comes before the first row."""
        ...

    def add(self, batch: Batch) -> bytes:
        """Take rows; returns what is ready to be sent, which may be nothing yet."""
        ...

    def end(self) -> Iterable[bytes]:
        """The rest of the file."""
        ...

    def close(self) -> None:
        """Give back what it holds, also when the file was not finished."""
        ...
