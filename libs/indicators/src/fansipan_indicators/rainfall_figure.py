"""The risk level of Decision 18/2021/QĐ-TTg Art. 46 from hourly rain."""

from datetime import timedelta
from typing import Final

from fansipan_indicators.figure import Figure, Missing, not_applicable
from fansipan_indicators.formulas import RainfallRisk
from fansipan_indicators.periods import Period
from fansipan_indicators.rainfall_risk import rainfall_risk
from fansipan_indicators.rollups import Thing

_HOUR: Final = timedelta(hours=1)
_ZONES: Final = ("low", "medium", "high", "very-high")


def rainfall_figure(formula: RainfallRisk, thing: Thing, period: Period) -> Figure | None:
    """Level 0 (below the least of the decision) to 5; None without rain data in the hour.

    Rain of 24 hours: the 24 hours that end with the period's. Rainy days before: how many of the 24-hour spells before
    those, one after the other, had at least `rainyDayMm`.
    """
    series = thing.series.get(formula.observed_property)
    if series is None or period.start not in series.hours:
        return None
    spells: list[float | None] = []
    samples = 0
    for spell in range(8):
        starts = [period.start - _HOUR * (24 * spell + back) for back in range(24)]
        rows = [series.hours[start] for start in starts if start in series.hours]
        spells.append(max(0.0, sum(row.sum for row in rows)) if rows else None)
        samples += sum(row.count for row in rows) if spell == 0 else 0
    rain = spells[0] or 0.0
    rainy = 0
    for amount in spells[1:]:
        if amount is None or amount < formula.rainy_day_mm:
            break
        rainy += 1
    zone = thing.attributes.get("hazardZone")
    details = {"rain24h": rain, "rainyDaysBefore": rainy, "hazardZone": zone}
    if zone not in _ZONES:
        return not_applicable(
            Missing.MISSING_ATTRIBUTE, sample_count=samples, attribute="hazardZone", **details
        )
    risk = rainfall_risk(rain, rainy, zone, formula.region)
    if risk.level is None:
        return not_applicable(Missing.NOT_IN_SOURCE, sample_count=samples, explanation=risk.reason, **details)
    return Figure(float(risk.level), sample_count=samples, details=details)
