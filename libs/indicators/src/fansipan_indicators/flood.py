"""Flood alarm levels BĐ1 to BĐ3 of a river station (Decision 05/2020/QĐ-TTg of 31/1/2020), and where a stage stands.

The text of a bulletin is computed, never copied: published ones contain slips ("87.50 m, 3.50 m above BĐ3" where BĐ3 is
83.50 m). Stages and differences are metres, rounded to the centimetre in which stages are read.
"""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final, Literal

from fansipan_indicators.scoring import decimal_of, round_decimal

Reference = Literal[1, 2, 3]
Language = Literal["vi", "en"]

_REFERENCES: Final[tuple[Reference, ...]] = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class AlarmLevels:
    """Stages in metres at which a station's alarm levels begin; None where a level is not known.

    Raises:
        ValueError: the known ones do not rise, or one is not finite.
    """

    bd1: float | None = None
    bd2: float | None = None
    bd3: float | None = None

    def __post_init__(self) -> None:
        known = [stage for _, stage in self.known()]
        if any(lower >= upper for lower, upper in pairwise(known)):
            raise ValueError(f"alarm levels rise from BĐ1 to BĐ3, these do not: {self}")

    def known(self) -> list[tuple[Reference, Decimal]]:
        """The levels that are known, the lowest first, with their stages to the centimetre."""
        stages = zip(_REFERENCES, (self.bd1, self.bd2, self.bd3), strict=True)
        return [(level, _centimetres(stage)) for level, stage in stages if stage is not None]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Where a stage stands.

    Attributes:
        level: 0 (below BĐ1) to 3; None when an unknown level lies between what is certain and what is not.
        at_least: the level that is reached for certain. Equal to `level` when that is known. Alerts go by this.
        reference: the level that `difference` is measured from; None when no level is known.
        difference: metres above (or, negative, below) the reference, to the centimetre.
    """

    level: int | None
    at_least: int
    reference: Reference | None
    difference: float | None


def alarm_level(stage: float, levels: AlarmLevels, *, reference: Reference | None = None) -> Alarm:
    """Which alarm level a stage has reached, and the height above it.

    Args:
        stage: water level in metres, in the datum of the levels.
        levels: the station's.
        reference: measure the difference from this level, as bulletins do that say "0.24 m below BĐ2"; by default from
            the highest known level that is reached, or from the lowest known one when none is.

    Raises:
        ValueError: the stage is not finite, or the reference is not known at this station.
    """
    height = _centimetres(stage)
    known = dict(levels.known())
    if reference is not None and reference not in known:
        raise ValueError(f"BĐ{reference} of this station is not known: {levels}")
    reached: list[Reference] = [level for level, begins in known.items() if height >= begins]
    missed: list[Reference] = [level for level, begins in known.items() if height < begins]
    at_least = reached[-1] if reached else 0
    at_most = missed[0] - 1 if missed else 3
    level = at_least if at_least == at_most else None
    nearest: list[Reference] = reached[::-1] + missed
    measured_from = reference or next(iter(nearest), None)
    if measured_from is None:
        return Alarm(level, at_least, None, None)
    return Alarm(level, at_least, measured_from, float(height - known[measured_from]))


def describe(alarm: Alarm, language: Language = "vi") -> str:
    """An alarm in words: "trên BĐ3 3,41 m", "dưới BĐ1 0,34 m", "ở mức BĐ2"; in English "3.41 m above BĐ3".

    Where a level is unknown, it says so instead of naming a level that may be wrong.
    """
    if alarm.reference is None or alarm.difference is None:
        return {"vi": "chưa có mức báo động", "en": "alarm levels not known"}[language]
    metres = f"{abs(alarm.difference):.2f} m"
    name = f"BĐ{alarm.reference}"
    if language == "vi":
        metres = metres.replace(".", ",")
        above, below, equal = f"trên {name} {metres}", f"dưới {name} {metres}", f"ở mức {name}"
        gap = "; chưa biết đủ các mức báo động"
    else:
        above, below, equal = f"{metres} above {name}", f"{metres} below {name}", f"at {name}"
        gap = "; not all alarm levels are known"
    text = above if alarm.difference > 0 else below if alarm.difference < 0 else equal
    return text if alarm.level is not None else text + gap


def rate_of_rise(now: float, earlier: float, hours: float) -> float:
    """How fast the water rises, in m/h; negative when it falls. Unrounded, but decimal-exact.

    Args:
        now: stage in metres.
        earlier: stage in metres, `hours` before.
        hours: more than 0.

    Raises:
        ValueError: `hours` is not above 0, or an argument is not finite.
    """
    if hours <= 0:
        raise ValueError(f"a rate needs time between two stages; {hours} h were given")
    return float((decimal_of(now) - decimal_of(earlier)) / decimal_of(hours))


def _centimetres(metres: float) -> Decimal:
    return round_decimal(decimal_of(metres), 2)
