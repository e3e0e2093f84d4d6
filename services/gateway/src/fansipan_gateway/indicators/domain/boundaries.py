"""Areas by the boundaries of a date: a merged unit is answered with what was stored of it, a later one with its parts.

Codes were used again (02647 was Phường Kim Tân until 1/7/2025 and is Phường Lào Cai since), so a code names a unit only
together with a date. Without a date it is the unit of today, or the merged one when there is none today. Figures under
a code that was used again are those of the ground of today's unit, also for the time before; those of the former unit
alone are kept under a subject of its own (`former_unit_key`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from fansipan_common.errors import NotFound
from fansipan_gateway.indicators.domain.faults import NotInForce
from fansipan_indicators.periods import ZONE
from fansipan_indicators.subjects import former_unit_key


@dataclass(frozen=True, slots=True)
class PresentArea:
    """A unit of the table `area`."""

    code: str
    name: str
    name_en: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Succession:
    """The ground of `old_code`, a unit until the day `valid_until` (exclusive), lies in `new_code` since."""

    old_code: str
    old_name: str
    new_code: str
    new_name: str
    relation: str
    valid_until: date


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit that a code names, and until when it had figures (None: it still has).

    Attributes:
        key: of the subject under which its figures are kept.
    """

    name: str
    name_en: str
    key: str
    until: datetime | None = None


def unit_of(
    code: str, boundaries: date | None, present: PresentArea | None, successions: Sequence[Succession]
) -> Unit:
    """The unit that a code names by the boundaries of a date.

    Args:
        code: of the area.
        boundaries: the date; None: today's unit first.
        present: the unit of today with this code.
        successions: those in which the code is the old or the new one.

    Raises:
        NotInForce: the code named no unit on that date; `units` lists those that had, or have, its ground.
        NotFound: the code never named one.
    """
    merged = [s for s in successions if s.old_code == code]
    parts = [s for s in successions if s.new_code == code]
    if boundaries is None:
        if present is not None:
            return Unit(present.name, present.name_en, code)
        if merged:
            return _merged(max(merged, key=lambda s: s.valid_until))
        raise _unknown(code)
    then = [s for s in merged if boundaries < s.valid_until]
    if then and present is not None:
        first = min(then, key=lambda s: s.valid_until)
        return _merged(first, former_unit_key(code, first.valid_until))
    if then:
        return _merged(min(then, key=lambda s: s.valid_until))
    if present is not None and present.valid_from <= boundaries:
        if present.valid_to is None or boundaries < present.valid_to:
            return Unit(present.name, present.name_en, code)
        raise NotInForce(f"{code} ({present.name}) exists until {present.valid_to}, not on {boundaries}")
    if present is not None:
        units = [
            {
                "code": s.old_code,
                "name": s.old_name,
                "relation": s.relation,
                "until": s.valid_until.isoformat(),
            }
            for s in sorted(parts, key=lambda s: s.old_code)
            if boundaries < s.valid_until
        ]
        raise _not_in_force(
            f"{code} ({present.name}) exists since {present.valid_from}, not on {boundaries}", units
        )
    if merged:
        units = [
            {"code": s.new_code, "name": s.new_name, "relation": s.relation, "until": None}
            for s in sorted(merged, key=lambda s: s.new_code)
        ]
        first = merged[0]
        raise _not_in_force(
            f"{code} ({first.old_name}) existed until {first.valid_until}, not on {boundaries}", units
        )
    raise _unknown(code)


def _merged(succession: Succession, key: str | None = None) -> Unit:
    until = datetime.combine(succession.valid_until, time(), ZONE).astimezone(UTC)
    return Unit(succession.old_name, succession.old_name, key or succession.old_code, until)


def _not_in_force(what: str, units: list[dict[str, Any]]) -> NotInForce:
    todo = (
        "its ground lay in the units listed: ask for each with the same boundaries"
        if units
        else "which units its ground lay in is not known"
    )
    return NotInForce(f"{what}; {todo}", extra={"units": units})


def _unknown(code: str) -> NotFound:
    return NotFound(f"there is no area {code}; GET /v1/areas lists the communes")
