"""A folder for one import: the file, its errors, and the position of the process that reads it."""

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, Final

import orjson
import zstandard

_PIECE: Final = 4 << 20
_LARGEST_PIECE: Final = 8 << 20
_UNFIT: Final = re.compile(r"[^\w. ()-]")
_LONGEST_NAME: Final = 60


class DamagedUpload(Exception):
    """The pieces do not make the file that was uploaded."""


class Workspace:
    """Files of one import.

    Args:
        folder: for these files alone.
        name: of the file as it was uploaded; messages about it show it.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / (_UNFIT.sub("_", name).lstrip(".")[-_LONGEST_NAME:] or "file")
        self.errors = folder / ".errors.csv"
        self.checkpoint = folder / ".checkpoint"

    async def fill(self, pieces: AsyncGenerator[bytes], size: int) -> None:
        """Put the file together from packed pieces.

        Raises:
            DamagedUpload, OSError, DatabaseAway.
        """
        written = 0
        with await asyncio.to_thread(self.path.open, "wb") as file:
            async for packed in pieces:
                data = await asyncio.to_thread(_unpacked, packed)
                await asyncio.to_thread(file.write, data)
                written += len(data)
        if written != size:
            raise DamagedUpload(f"{written} of {size} bytes are there")

    async def restore(self, checkpoint: dict[str, Any], errors: AsyncGenerator[bytes]) -> None:
        """Put back what an earlier attempt had written. Raises OSError, DatabaseAway."""
        with await asyncio.to_thread(self.errors.open, "wb") as file:
            async for data in errors:
                await asyncio.to_thread(file.write, data)
        await asyncio.to_thread(self.checkpoint.write_bytes, orjson.dumps(checkpoint))

    async def position(self) -> dict[str, Any] | None:
        """The newest checkpoint; it is replaced in one step, so it is whole. None before the first one."""
        try:
            return orjson.loads(await asyncio.to_thread(self.checkpoint.read_bytes))
        except FileNotFoundError:
            return None

    async def error_pieces(self, start: int, end: int | None = None) -> AsyncGenerator[tuple[int, bytes]]:
        """The errors from one byte to another (None: all that are there), each piece with its place."""
        try:
            file = await asyncio.to_thread(self.errors.open, "rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(start)
            while end is None or start < end:
                size = _PIECE if end is None else min(_PIECE, end - start)
                data = await asyncio.to_thread(file.read, size)
                if not data:
                    return
                yield start, data
                start += len(data)


def _unpacked(packed: bytes) -> bytes:
    try:
        return zstandard.decompress(packed, max_output_size=_LARGEST_PIECE)
    except zstandard.ZstdError as error:
        raise DamagedUpload(f"a piece cannot be unpacked: {error}") from None
