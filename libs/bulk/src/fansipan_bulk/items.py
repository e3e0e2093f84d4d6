"""Observations as the JSON that ingest takes, made for a whole block at once."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import orjson
from numpy.typing import NDArray

from fansipan_bulk.arrow import Array, pa, pc

_QUALITY_ENDS: Final = pa.array(
    ["},", ',"resultQuality":"good"},', ',"resultQuality":"suspect"},', ',"resultQuality":"bad"},'],
    pa.string(),
)


class Sendable(Protocol):
    """What a block has become: observations, or service events."""

    @property
    def keys(self) -> list[str]:
        """The distinct datastreams."""
        ...

    @property
    def ms(self) -> NDArray[np.int64]:
        """int64[n], Unix milliseconds."""
        ...

    @property
    def rows(self) -> NDArray[np.intp]:
        """intp[n], row of the block."""
        ...

    @property
    def places(self) -> NDArray[np.intp]:
        """intp[n], column of the file that is told when an item is refused."""
        ...

    def __len__(self) -> int: ...

    def spans(self) -> dict[str, tuple[int, int]]:
        """First and last time of each thing whose items have to stay in order."""
        ...

    def bodies(self, max_items: int, max_bytes: int) -> Iterator["Body"]:
        """JSON arrays for ingest, in order and bounded in items and bytes; one item alone may be over `max_bytes`."""
        ...


@dataclass(frozen=True, slots=True)
class Items:
    """n observations of one block, row by row.

    Attributes:
        keys: the distinct datastreams.
        codes: intp[n], which of `keys`.
        ms: int64[n], Unix milliseconds.
        results: n results, as JSON.
        quality: uint8[n]: 0 not stated, 1 good, 2 suspect, 3 bad; None when no row states it.
        rows: intp[n], row of the block.
        places: intp[n], column of the file that the result came from.
    """

    keys: list[str]
    codes: NDArray[np.intp]
    ms: NDArray[np.int64]
    results: Array
    quality: NDArray[np.uint8] | None
    rows: NDArray[np.intp]
    places: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.codes)

    def spans(self) -> dict[str, tuple[int, int]]:
        """First and last time of each datastream."""
        if not len(self):
            return {}
        order = np.argsort(self.codes, kind="stable")
        codes, ms = self.codes[order], self.ms[order]
        starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
        first, last = np.minimum.reduceat(ms, starts), np.maximum.reduceat(ms, starts)
        return {
            self.keys[code]: (low, high)
            for code, low, high in zip(codes[starts].tolist(), first.tolist(), last.tolist(), strict=True)
        }

    def bodies(self, max_items: int, max_bytes: int) -> Iterator["Body"]:
        """JSON arrays of observations, in order and of about one size.

        Args:
            max_items, max_bytes: bounds of one body; one item alone may be over `max_bytes`.
        """
        size = len(self)
        if not size:
            return
        written = self._written()
        offsets = np.frombuffer(written.buffers()[1], np.int32)[written.offset : written.offset + size + 1]
        data = memoryview(written.buffers()[2])
        total = int(offsets[-1] - offsets[0])
        parts = min(size, max(math.ceil(size / max_items), math.ceil(total * 1.1 / max_bytes)))
        for start, end in self._cuts(offsets, parts, max_bytes):
            text = data[offsets[start] : offsets[end] - 1]  # without the last comma
            yield Body(b"".join((b"[", text, b"]")), start, end - start)

    def _cuts(self, offsets: NDArray[np.int32], parts: int, max_bytes: int) -> Iterator[tuple[int, int]]:
        edges = np.linspace(0, len(self), parts + 1).astype(int).tolist()
        waiting = [(start, end) for start, end in itertools.pairwise(edges)][::-1]
        while waiting:
            start, end = waiting.pop()
            if end - start > 1 and offsets[end] - offsets[start] + 1 > max_bytes:
                middle = (start + end) // 2
                waiting += [(middle, end), (start, middle)]
            else:
                yield start, end

    def _written(self) -> Array:
        heads = pa.array(
            [f'{{"datastream":{orjson.dumps(key).decode()},"phenomenonTime":"' for key in self.keys],
            pa.string(),
        )
        stamps: Any = pc.replace_substring(
            pa.array(self.ms, pa.timestamp("ms")).cast(pa.string()), " ", "T", max_replacements=1
        )
        ends: Any = _QUALITY_ENDS[0] if self.quality is None else _QUALITY_ENDS.take(pa.array(self.quality))
        return pc.binary_join_element_wise(
            heads.take(pa.array(self.codes)), stamps, 'Z","result":', self.results, ends, ""
        )


@dataclass(frozen=True, slots=True)
class Body:
    """The body of one request: `count` items from number `first` of the block on."""

    data: bytes
    first: int
    count: int
