"""Times of the wall clock as instants, where clocks are changed too."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fansipan_bulk.arrow import Array, pa, pc
from fansipan_bulk.errors import MappingFault
from fansipan_bulk.mapping import TimeColumns

_AMBIGUOUS: Final = 3
_NONEXISTENT: Final = 4


class WallClock:
    """The clock of one zone.

    Raises:
        MappingFault: `mapping-zone`: the zone is not among those of this machine.
    """

    def __init__(self, written: TimeColumns) -> None:
        self._written = written
        self._constant = _constant(written.zone)
        if self._constant is None:
            try:
                self.instants(np.zeros(1, np.int64))
            except pa.ArrowInvalid as error:
                raise MappingFault(
                    "mapping-zone", f"the zone {written.zone} is not known here: {error}"
                ) from None

    def instants(self, wall_ms: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Unix ms of n times of the wall clock, and for each 0, or 3 where it is ambiguous, or 4 where there is none,
        and the mapping does not say what it is then."""
        state = np.zeros(len(wall_ms), np.uint8)
        if self._constant is not None:
            return wall_ms - self._constant, state
        wall = pa.array(wall_ms, pa.timestamp("ms"))
        earlier, after = self._at(wall, "earliest", "latest"), self._at(wall, "earliest", "earliest")
        later = self._at(wall, "latest", "latest")
        if self._written.ambiguous == "error":
            state[earlier != later] = _AMBIGUOUS
        if self._written.nonexistent == "error":
            state[earlier != after] = _NONEXISTENT
        return (later if self._written.ambiguous == "later" else earlier), state

    def _at(self, wall: Array, ambiguous: Any, nonexistent: Any) -> NDArray[np.int64]:
        moments = pc.assume_timezone(
            wall, timezone=self._written.zone, ambiguous=ambiguous, nonexistent=nonexistent
        )
        return moments.cast(pa.int64()).to_numpy(zero_copy_only=False).copy()


def _constant(zone: str) -> int | None:
    """Milliseconds ahead of UTC of a zone that never changes; None for others."""
    if zone == "UTC":
        return 0
    if zone[0] not in "+-":
        return None
    minutes = int(zone[1:3]) * 60 + int(zone[4:])
    return (-1 if zone[0] == "-" else 1) * minutes * 60_000
