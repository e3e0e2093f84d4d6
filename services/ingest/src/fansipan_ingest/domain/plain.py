"""The plain request: a JSON array in which every item has a datastream key, a time and a number, and nothing else.

Nearly all requests are of this kind. msgspec decodes them in a quarter of the time that the full model takes; whatever
it does not take (another field, a text result, a time without offset, one bad item …) goes through the full model,
which also finds the reasons. Accepted here must mean accepted there: a property test holds the two together.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from fansipan_common.contracts.observation import MAX_RESULT


class _Plain(msgspec.Struct, forbid_unknown_fields=True, gc=False, rename="camel"):
    datastream: str
    phenomenon_time: Annotated[datetime, msgspec.Meta(tz=True)]
    result: Annotated[float, msgspec.Meta(ge=-MAX_RESULT, le=MAX_RESULT)]


_DECODER: Final = msgspec.json.Decoder(list[_Plain])

_ROUNDED_UP: Final = re.compile(rb"999[5-9](?<=\.\d{3}999\d)")
"""Of a seventh digit of a second msgspec makes the next microsecond, which here would be another millisecond."""

_OFFSETS_WITHOUT_COLON: Final = (re.compile(rb'\+[0-9]{4}"'), re.compile(rb'-[0-9]{4}"'))
"""`+0700` is ISO 8601, which msgspec takes, but not RFC 3339. Two patterns: each begins with a literal, which is found
ten times as fast as either of two."""


@dataclass(slots=True)
class PlainItems:
    """n items as columns.

    Attributes:
        datastreams: n datastream keys.
        phenomenon_ms: int64[n], Unix ms, cut (not rounded).
        results: n numbers, none of them beyond MAX_RESULT.
    """

    datastreams: list[str | int]
    phenomenon_ms: NDArray[np.int64]
    results: list[float]

    def __len__(self) -> int:
        return len(self.results)


def parse_plain(body: bytes, *, max_items: int) -> PlainItems | None:
    """The items of a plain request; None for any other, which is no fault."""
    if b"999" in body and _ROUNDED_UP.search(body):
        return None
    if any(offset.search(body) for offset in _OFFSETS_WITHOUT_COLON):
        return None
    try:
        items = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, OverflowError):
        return None
    return _columns(items) if 0 < len(items) <= max_items else None


def _columns(items: list[_Plain]) -> PlainItems:
    seconds = np.array([item.phenomenon_time.timestamp() for item in items], np.float64)
    # Whole microseconds first: a double holds them exactly until the year 2255, its product with 1000 it does not.
    milliseconds: NDArray[np.int64] = np.rint(seconds * 1e6).astype(np.int64) // 1000
    return PlainItems([item.datastream for item in items], milliseconds, [item.result for item in items])
