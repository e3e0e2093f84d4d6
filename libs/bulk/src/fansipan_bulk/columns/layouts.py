"""The usual layouts of times, all cells of one length together: each digit is a column of bytes."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fansipan_bulk.arrow import Array, pa, pc
from fansipan_bulk.mapping import TimeFormat

_YEAR_FIRST: Final = (
    "yyyy-mm-dd",
    "yyyy-mm-dd?HH:MM",
    "yyyy-mm-dd?HH:MM:SS",
    "yyyy-mm-dd?HH:MM:SSZ",
    "yyyy-mm-dd?HH:MM:SS.fff",
    "yyyy-mm-dd?HH:MM:SS.fffZ",
    "yyyy-mm-dd?HH:MM:SSohh:nn",
    "yyyy-mm-dd?HH:MM:SS.fffohh:nn",
)
_DAY_FIRST: Final = ("dd/mm/yyyy", "dd/mm/yyyy HH:MM", "dd/mm/yyyy HH:MM:SS")
_MONTH_FIRST: Final = ("mm/dd/yyyy", "mm/dd/yyyy HH:MM", "mm/dd/yyyy HH:MM:SS")
_LAYOUTS: Final[dict[str, tuple[str, ...]]] = {
    "iso": _YEAR_FIRST,
    "day-first": _YEAR_FIRST + _DAY_FIRST,
    "month-first": _YEAR_FIRST + _MONTH_FIRST,
}
_DAYS_BEFORE: Final = np.array([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], np.int64)
_DAYS_OF: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)


def read_layout(
    values: Array, written: TimeFormat
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Read the texts that have a usual layout and are a time of the calendar.

    Returns:
        int64[n] milliseconds since 1970 (of UTC where the offset is known, else of the wall clock), bool[n] whether the
        offset is known, bool[n] whether it was read here; the others are for `read_written`, with the same result for
        all that is read here.
    """
    size = len(values)
    ms, known, done = np.zeros(size, np.int64), np.zeros(size, bool), np.zeros(size, bool)
    lengths = pc.binary_length(values).to_numpy(zero_copy_only=False)
    for layout in _LAYOUTS[written]:
        places = np.flatnonzero((lengths == len(layout)) & ~done)
        if len(places):
            cells = _bytes(values, places, len(layout))
            found, fits = _read(cells, layout)
            right = places[fits]
            ms[right], known[right], done[right] = found[fits], layout[-1] in "Zn", True
    return ms, known, done


def _bytes(values: Array, places: NDArray[np.intp], width: int) -> NDArray[np.uint8]:
    """uint8[len(places), width]: the texts, all of one length, one below the other."""
    taken = values.take(pa.array(places))
    data = taken.cast(pa.binary(width)) if pa.types.is_fixed_size_binary(taken.type) else taken
    buffer = data.buffers()[2]
    offsets = np.frombuffer(data.buffers()[1], np.int32)[data.offset : data.offset + len(data) + 1]
    return np.frombuffer(buffer, np.uint8)[offsets[0] : offsets[-1]].reshape(len(places), width)


def _read(cells: NDArray[np.uint8], layout: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    parts: dict[str, NDArray[np.int64]] = {}
    fits = np.ones(len(cells), bool)
    for place, sign in enumerate(layout):
        column = cells[:, place]
        if sign in "ymdHMSfhn":
            digit = column.astype(np.int64) - 48
            fits &= (digit >= 0) & (digit <= 9)
            parts[sign] = parts[sign] * 10 + digit if sign in parts else digit
        elif sign == "?":
            fits &= (column == ord("T")) | (column == ord(" "))
        elif sign == "o":
            fits &= (column == ord("+")) | (column == ord("-"))
            parts["o"] = np.where(column == ord("-"), -1, 1)
        else:
            fits &= column == ord(sign)
    return _milliseconds(parts, fits), fits


def _milliseconds(parts: dict[str, NDArray[np.int64]], fits: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Sums up; clears `fits` where it is no time of the calendar."""
    zero = np.zeros(len(fits), np.int64)
    year, month, day = parts["y"], parts["m"], parts["d"]
    hour, minute, second = (parts.get(sign, zero) for sign in "HMS")
    fits &= (year >= 1) & (month >= 1) & (month <= 12) & (hour <= 23) & (minute <= 59) & (second <= 59)
    month = np.where(fits, month, 1)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    fits &= (day >= 1) & (day <= _DAYS_OF[month] + (leap & (month == 2)))
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 - 719_162
    days += _DAYS_BEFORE[month] + (leap & (month > 2)) + day - 1
    ms = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + parts.get("f", zero)
    if "o" in parts:
        fits &= (parts["h"] <= 23) & (parts["n"] <= 59)
        ms -= parts["o"] * (parts["h"] * 60 + parts["n"]) * 60_000
    return ms
