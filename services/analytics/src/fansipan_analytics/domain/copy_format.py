"""PostgreSQL's binary COPY format, written a whole column at a time.

Encoding row by row costs Python more than PostgreSQL needs to store the row; a structured array has the same bytes.
Format: https://www.postgresql.org/docs/17/sql-copy.html, "Binary Format".
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_EPOCH_2000_MS: Final = 946_684_800_000

_TYPES: Final = {"int4": (">i4", 4), "float8": (">f8", 8), "timestamptz": (">i8", 8)}

Column = tuple[str, NDArray[np.int32] | NDArray[np.int64] | NDArray[np.float64]]
"""(type, values): `int4`, `float8`, or `timestamptz` given as Unix ms."""


def encode_copy(columns: Sequence[Column]) -> bytes:
    """Rows of NOT NULL columns of fixed width, in binary COPY format.

    Raises:
        KeyError: a type that is not int4, float8 or timestamptz.
    """
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for place, (kind, _) in enumerate(columns):
        layout += [(f"length{place}", ">i4"), (f"value{place}", _TYPES[kind][0])]
    rows = np.empty(len(columns[0][1]), dtype=np.dtype(layout))
    rows["fields"] = len(columns)
    for place, (kind, values) in enumerate(columns):
        rows[f"length{place}"] = _TYPES[kind][1]
        rows[f"value{place}"] = (values - _EPOCH_2000_MS) * 1000 if kind == "timestamptz" else values
    return _SIGNATURE + rows.tobytes() + _TRAILER
