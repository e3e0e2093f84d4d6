"""What is wrong with the rows of a block: each row or cell is told once, with its first reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fansipan_bulk.columns.times import AMBIGUOUS, INVALID, MISSING, NONEXISTENT, OK, Instants
from fansipan_bulk.datastream_keys import NoKey
from fansipan_bulk.faults import Fault
from fansipan_bulk.mapping import TimeColumns
from fansipan_bulk.results import Results
from fansipan_bulk.sources.block import Block

EARLIEST_MS: Final = 946_684_800_000
"""2000-01-01, before which ingest takes nothing."""
AHEAD_MS: Final = 600_000
"""How far ahead of now a time may be, as ingest has it."""

Told = tuple[NDArray[np.bool_], str, str]
"""bool[n] where it is so, the code, and the reason, which is put behind the text of the cell."""


@dataclass(slots=True)
class RowKeys:
    """The datastream of each row: codes into `found`, each a key or the reason why there is none."""

    found: list[str | NoKey]
    codes: NDArray[np.intp]

    def refused(self) -> NDArray[np.bool_]:
        """bool[n], where there is none."""
        return np.array([isinstance(key, NoKey) for key in self.found], bool)[self.codes]


class RowFaults:
    """Collects what is wrong; a cell or row is told once, with its first reason."""

    def __init__(
        self, block: Block, names: list[str], seen: NDArray[np.bool_], beside: dict[int, int]
    ) -> None:
        self._block = block
        self._names = names
        self._seen = seen
        self._beside = beside  # columns whose cells are read, and told, together with another
        self._rows: list[tuple[int, NDArray[np.bool_], str, str]] = []
        self._row_bad = np.zeros(len(block), bool)
        self._told = np.zeros(len(block), bool)
        self._found: list[Fault] = list(block.faults)

    def of_rows(self, place: int, faults: list[Told]) -> None:
        """Faults of whole rows, which `of_column` tells where a row has a result at all."""
        for where, code, reason in faults:
            new = where & self._seen & ~self._row_bad
            if new.any():
                self._rows.append((place, new, code, reason))
                self._row_bad |= new

    def of_column(
        self, place: int, wanted: NDArray[np.bool_], results: Results, keys: RowKeys, name: str
    ) -> NDArray[np.bool_]:
        """Tell what is wrong with the wanted results of a column; returns where nothing is."""
        for row_place, where, code, reason in self._rows:
            for row in np.flatnonzero(where & wanted & ~self._told).tolist():
                self._add(row, row_place, code, reason)
                self._told[row] = True
        good = wanted & ~self._row_bad
        refused = keys.refused()
        for row in np.flatnonzero(refused & good).tolist():
            why = keys.found[keys.codes[row]]
            if isinstance(why, NoKey):
                self._found.append(
                    Fault(int(self._block.lines[row]), name, why.code, why.detail, self._block.cells(row))
                )
        good &= ~refused
        for where, code, reason in results.faults:
            for row in np.flatnonzero(where & good).tolist():
                self._add(row, place, code, reason)
            good &= ~where
        return good

    def listed(self) -> list[Fault]:
        """All, by line."""
        return sorted(self._found, key=lambda fault: fault.line)

    def _add(self, row: int, place: int, code: str, reason: str) -> None:
        cells = self._block.cells(row)
        told = cells[place] if place not in self._beside else f"{cells[place]} {cells[self._beside[place]]}"
        detail = reason if code.endswith("-missing") else f"{told[:100]!r} {reason}"
        self._found.append(Fault(int(self._block.lines[row]), self._names[place], code, detail, cells))


def time_faults(time: TimeColumns, instants: Instants, now: datetime) -> list[Told]:
    """Where a row has no time that could be stored, and why."""
    ms, state = instants.ms, instants.state
    ok = state == OK
    latest = round(now.timestamp() * 1000) + AHEAD_MS
    how = {
        "iso": "a time such as 2025-12-31T23:00:00+07:00, the year first",
        "day-first": "a time such as 31/12/2025 23:00, the day first",
        "month-first": "a time such as 12/31/2025 23:00, the month first",
        "excel": "a date of a spreadsheet or its number of days",
        "unix-s": "Unix seconds",
        "unix-ms": "Unix milliseconds",
    }[time.format]
    return [
        (state == MISSING, "time-missing", "the row has no time"),
        (
            state == INVALID,
            "time-invalid",
            f"is not {how}" + ("" if time.hour is None else ", with its hour"),
        ),
        (
            state == AMBIGUOUS,
            "time-ambiguous",
            f"happens twice in {time.zone}, where clocks go back: write the offset, or set `ambiguous`",
        ),
        (
            state == NONEXISTENT,
            "time-nonexistent",
            f"does not exist in {time.zone}, where clocks go forward: write the offset, or set `nonexistent`",
        ),
        (ok & (ms < EARLIEST_MS), "time-too-early", "is before 2000-01-01"),
        (ok & (ms > latest), "time-in-future", f"is more than {AHEAD_MS // 1000} s ahead of now"),
    ]
