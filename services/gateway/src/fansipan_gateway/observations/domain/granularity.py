"""Which granularity answers a question best: the finest that is not too many points."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DEFAULT_MAX_POINTS: Final = 1_000
MAX_POINTS: Final = 10_000
MAX_TOTAL_POINTS: Final = 100_000
"""Points of one answer that is not paged, all datastreams together."""

_DENSITY: Final = 4
_MAX_THINNED_ROWS: Final = 200_000


class Granularity(StrEnum):
    """What one item stands for. Hours and days are those of Asia/Ho_Chi_Minh."""

    AUTO = "auto"
    RAW = "raw"
    MINUTE = "1m"
    HOUR = "1h"
    DAY = "1d"


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read: a granularity other than auto, and for raw to how many points a datastream to thin, if at all."""

    granularity: Granularity
    thin_to: int | None = None


def thinning_limit(max_points: int, datastreams: int) -> int:
    """Raw rows a datastream up to which `auto` thins them instead of taking a rollup.

    Four times `max_points`, less when so many datastreams are asked for that thinning would read too much.
    """
    return max(max_points, min(_DENSITY * max_points, _MAX_THINNED_ROWS // datastreams))


def choose_from_raw(raw_rows: int, max_points: int, datastreams: int) -> Reading | None:
    """Whether raw rows will do; None when there are too many.

    Args:
        raw_rows: rows of the densest datastream in the range; need not be counted beyond `thinning_limit` + 1.
        max_points: points wanted a datastream at most.
        datastreams: how many are asked for.
    """
    if raw_rows <= max_points:
        return Reading(Granularity.RAW)
    if raw_rows <= thinning_limit(max_points, datastreams):
        return Reading(Granularity.RAW, thin_to=max_points)
    return None


def choose_rollup(minutes: int, hours: int, max_points: int) -> Reading:
    """Which rollup will do, when raw rows will not.

    Days are the coarsest, even when they are more than `max_points`. Without any rollup the results are not numbers:
    they cannot be thinned and are read raw, in pages.

    Args:
        minutes, hours: rollup rows of the densest datastream; need not be counted beyond `max_points` + 1.
        max_points: points wanted a datastream at most.
    """
    if minutes == 0 and hours == 0:
        return Reading(Granularity.RAW)
    if minutes <= max_points:
        return Reading(Granularity.MINUTE)
    return Reading(Granularity.HOUR if hours <= max_points else Granularity.DAY)
