"""Cells as instants: Unix milliseconds, or why not.

Each distinct text is read once. Nearly all of a block have one layout (`2025-12-31T23:00:00`), which numpy reads digit
by digit for all of them together; what has another layout is read one by one.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fansipan_bulk.arrow import Array, pa, pc
from fansipan_bulk.columns.cells import texts
from fansipan_bulk.columns.layouts import read_layout
from fansipan_bulk.columns.wall_clock import WallClock
from fansipan_bulk.columns.written_times import Written, read_hour, read_written
from fansipan_bulk.mapping import TimeColumns, TimeFormat

OK: Final = 0
MISSING: Final = 1
INVALID: Final = 2
AMBIGUOUS: Final = 3
NONEXISTENT: Final = 4

_EXCEL_DAY_0: Final = -25_569 * 86_400_000
"""1899-12-30, from which Excel counts days."""


@dataclass(frozen=True, slots=True)
class Instants:
    """n instants.

    Attributes:
        ms: int64[n], Unix milliseconds; 0 where there is none.
        state: uint8[n]: OK, MISSING, INVALID, AMBIGUOUS, NONEXISTENT.
    """

    ms: NDArray[np.int64]
    state: NDArray[np.uint8]


class TimeReader:
    """Reads the time columns of a mapping."""

    def __init__(self, written: TimeColumns) -> None:
        self._written = written
        self._clock = WallClock(written)

    def read(self, column: Array, hours: Array | None = None) -> Instants:
        """The instants of a column, and where `hours` is given of a day and an hour.

        Args:
            column: n cells: texts, timestamps, dates or numbers.
            hours: n cells with the time of day.
        """
        ms, offset_known, state = self._parsed(column)
        if hours is not None:
            ms, state = self._with_hours(ms, state, hours)
        local = (state == OK) & ~offset_known
        if local.any():
            instants, states = self._clock.instants(ms[local])
            ms[local], state[local] = instants, states
        ms[state != OK] = 0
        return Instants(ms, state)

    def _parsed(self, column: Array) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.uint8]]:
        """Milliseconds (of the wall clock where no offset is known), where an offset is known, states."""
        kind = column.type
        if pa.types.is_timestamp(kind):
            return _typed(column.cast(pa.timestamp("ms", kind.tz), safe=False), kind.tz is not None)
        if pa.types.is_date(kind):
            return _typed(column.cast(pa.timestamp("ms")), False)
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return self._numbers(column)
        cells = texts(column)
        if self._written.format in ("excel", "unix-s", "unix-ms"):
            return self._numeric_texts(cells)
        return _each_distinct(cells, self._written.format)

    def _numbers(self, column: Array) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.uint8]]:
        values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        missing = np.isnan(values)
        bad = ~missing & ~(np.abs(np.where(missing, 0, values)) < 1e15)
        values = np.where(missing | bad, 0, values)
        size = len(column)
        state = np.where(missing, MISSING, np.where(bad, INVALID, OK)).astype(np.uint8)
        match self._written.format:
            case "unix-ms":
                return np.rint(values).astype(np.int64), np.ones(size, bool), state
            case "unix-s":
                state[np.abs(values) > 1e12] = INVALID
                return np.rint(values * 1000).astype(np.int64), np.ones(size, bool), state
            case "excel":
                state[(state == OK) & ((values < 1) | (values > 2_958_466))] = INVALID  # to the year 9999
                ms = np.rint(values * 86_400_000).astype(np.int64) + _EXCEL_DAY_0
                return ms, np.zeros(size, bool), state
            case _:
                state[state == OK] = INVALID
                return np.zeros(size, np.int64), np.zeros(size, bool), state

    def _numeric_texts(self, cells: Array) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.uint8]]:
        point = pc.replace_substring(cells, ",", ".")
        fits = pc.match_substring_regex(point, r"^-?[0-9]+(\.[0-9]+)?$")
        ms, known, state = self._numbers(pc.if_else(fits, point, "0").cast(pa.float64()))
        bad = ~np.asarray(fits.to_numpy(zero_copy_only=False), bool)
        empty = np.asarray(pc.equal(cells, "").to_numpy(zero_copy_only=False), bool)
        state[bad] = INVALID
        state[empty] = MISSING
        if self._written.format == "excel" and bad.any():  # a sheet in which some cells are dates
            others, others_known, others_state = _each_distinct(cells, "iso")
            ms[bad], known[bad], state[bad] = others[bad], others_known[bad], others_state[bad]
        return ms, known, state

    def _with_hours(
        self, ms: NDArray[np.int64], state: NDArray[np.uint8], hours: Array
    ) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        encoded: Any = texts(hours).dictionary_encode()
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        found = [read_hour(text) for text in encoded.dictionary.to_pylist()]
        of_day = np.array([-1 if at is None else at for at in found], np.int64)[codes]
        empty = np.array([text == "" for text in encoded.dictionary.to_pylist()], bool)[codes]
        state = state.copy()
        state[(state == OK) & empty] = MISSING
        state[(state == OK) & (of_day < 0)] = INVALID
        state[(state == OK) & (ms % 86_400_000 != 0)] = INVALID  # the day has a time of its own already
        return ms + np.maximum(of_day, 0), state


def _typed(column: Array, known: bool) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.uint8]]:
    missing = np.asarray(column.is_null().to_numpy(zero_copy_only=False), bool)
    ms = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False).copy()
    return ms, np.full(len(column), known), np.where(missing, MISSING, OK).astype(np.uint8)


def _each_distinct(
    cells: Array, written: TimeFormat
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.uint8]]:
    encoded: Any = cells.dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    values: Array = encoded.dictionary
    ms, known, done = read_layout(values, written)
    state = np.full(len(values), OK, np.uint8)
    for place in np.flatnonzero(~done).tolist():
        found = read_written(values[place].as_py(), written)
        if isinstance(found, Written):
            ms[place], known[place] = found.ms, found.offset_known
        else:
            state[place] = MISSING if found == "missing" else INVALID
    return ms[codes], known[codes], state[codes]
