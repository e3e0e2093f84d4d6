"""Disaster risk level of flash floods and landslides by rain: Decision 18/2021/QĐ-TTg, article 46.

The catalogue holds clause 1 (level 1) in full. Of clause 2 it holds only the beginning (100-200 mm in zones of high
hazard, without the list of areas), and nothing of clause 3. A case outside clause 1 therefore has no level here, and
the answer says so: an official risk level is never guessed.
"""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from fansipan_indicators.scoring import decimal_of

Zone = Literal["low", "medium", "high", "very-high"]
"""Hazard of a zone on the national flash-flood and landslide map."""

Area = Literal[1, 2, 3, 4]
"""Groups of provinces of annex XII. Area 1: Lai Châu, Sơn La, Điện Biên, Hòa Bình, Lào Cai, Yên Bái, Hà Giang, by the
boundaries before 1 July 2025; both parts of today's Lào Cai are in it."""


class RiskBand(NamedTuple):
    """A risk level of article 4.3, which names the colours in words; the codes are ours."""

    level: int
    key: str
    name_vi: str
    name_en: str
    colour_vi: str
    colour: str


RISK_BANDS: Final = (
    RiskBand(1, "low", "rủi ro thấp", "low risk", "xanh dương nhạt", "#9fd3f5"),
    RiskBand(2, "medium", "rủi ro trung bình", "medium risk", "vàng nhạt", "#fff3a0"),
    RiskBand(3, "high", "rủi ro lớn", "high risk", "da cam", "#ff9933"),
    RiskBand(4, "very-high", "rủi ro rất lớn", "very high risk", "đỏ", "#e03131"),
    RiskBand(5, "disaster", "rủi ro ở mức thảm họa", "risk of disaster", "tím", "#862e9c"),
)


@dataclass(frozen=True, slots=True)
class RainfallRisk:
    """A level, or why there is none.

    Attributes:
        level: 0 (the rain reaches no case of the article), 1, or None when the catalogue does not hold the case.
        reason: the clause that gives the level, or why there is none.
    """

    level: int | None
    reason: str


_Rain = Literal["from 100 to 200 mm", "above 200 to 400 mm", "above 400 mm"]
_Before = Literal["1 to 2 days", "more than 2 days"]

# Clause 1: rain of 24 hours, rain before it, and the hazard zones of each area that are then at level 1.
_LEVEL_1: Final[dict[tuple[_Rain, _Before], dict[Area, frozenset[Zone]]]] = {
    ("from 100 to 200 mm", "1 to 2 days"): {
        1: frozenset({"low", "medium"}),
        2: frozenset({"medium"}),
        3: frozenset({"high"}),
        4: frozenset({"high", "very-high"}),
    },
    ("above 200 to 400 mm", "more than 2 days"): {
        1: frozenset({"low"}),
        2: frozenset({"low"}),
        3: frozenset({"medium"}),
        4: frozenset({"high"}),
    },
    ("above 400 mm", "more than 2 days"): {
        3: frozenset({"low"}),
        4: frozenset({"medium"}),
    },
}


def rainfall_risk(
    rain_24h_mm: float, preceding_rainy_days: int, hazard_zone: Zone, area: Area
) -> RainfallRisk:
    """The risk level of flash floods and landslides.

    Args:
        rain_24h_mm: rain of 24 hours, measured or forecast, in mm.
        preceding_rainy_days: full days on which it rained before those 24 hours.
        hazard_zone: hazard of the zone.
        area: group of provinces.

    Raises:
        ValueError: rain or days are negative or not finite.
    """
    if decimal_of(rain_24h_mm) < 0 or preceding_rainy_days < 0:
        raise ValueError(f"{rain_24h_mm} mm after {preceding_rainy_days} days: give numbers from 0")
    if rain_24h_mm < 100:
        return RainfallRisk(0, "article 46 begins at 100 mm in 24 h")
    rain, before = _rain(rain_24h_mm), _before(preceding_rainy_days)
    if before is not None and hazard_zone in _LEVEL_1.get((rain, before), {}).get(area, ()):
        return RainfallRisk(1, f"article 46.1: {rain} in 24 h after {before} of rain")
    return RainfallRisk(
        None,
        f"the decision's text for this case is not in the catalogue: {rain} in 24 h after {preceding_rainy_days} days "
        f"of rain, {hazard_zone} hazard, area {area}; ask the forecasting centre for the level",
    )


def _rain(millimetres: float) -> _Rain:
    if millimetres <= 200:
        return "from 100 to 200 mm"
    return "above 200 to 400 mm" if millimetres <= 400 else "above 400 mm"


def _before(days: int) -> _Before | None:
    if days > 2:
        return "more than 2 days"
    return "1 to 2 days" if days > 0 else None
