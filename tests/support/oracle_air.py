"""VN_AQI by hand: Decision 1459/QĐ-TCMT, in exact fractions of the readings as they are written."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor

POLLUTANTS = ("pm2_5", "pm10", "so2", "no2", "co", "o3")
DUST = ("pm2_5", "pm10")

_LEVELS = (0, 50, 100, 150, 200, 300, 400, 500)
_TABLE_2 = {
    "pm2_5": (0, 25, 50, 80, 150, 250, 350, 500),
    "pm10": (0, 50, 150, 250, 350, 420, 500, 600),
    "so2": (0, 125, 350, 550, 800, 1600, 2100, 2630),
    "no2": (0, 100, 200, 700, 1200, 2350, 3100, 3850),
    "co": (0, 10000, 30000, 45000, 60000, 90000, 120000, 150000),
    "o3_1h": (0, 160, 200, 300, 400, 800, 1000, 1200),
    "o3_8h": (0, 100, 120, 170, 210, 400),
}

Means = Mapping[str, Sequence[Fraction | None]]
"""Hourly means by pollutant, the oldest first; None where an hour is missing."""


def hourly(hours: Means) -> dict[str, int] | None:
    """Sub-indices of the last of 12 hours; None without dust."""
    read: dict[str, Fraction] = {}
    for pollutant, means in hours.items():
        mean = _nowcast(means) if pollutant in DUST else means[-1]
        if mean is not None:
            read["o3_1h" if pollutant == "o3" else pollutant] = max(mean, Fraction(0))
    return _indices(read)


def daily(hours: Means, evening: Sequence[Fraction | None]) -> dict[str, int] | None:
    """Sub-indices of 24 hours; None without 18 hours of a kind of dust.

    `evening`: ozone of the 7 hours before, to which the 8-hour means of the morning reach back.
    """
    read: dict[str, Fraction] = {}
    for pollutant, means in hours.items():
        there = [max(mean, Fraction(0)) for mean in means if mean is not None]
        if pollutant in DUST:
            if len(there) >= 18:
                read[pollutant] = sum(there, Fraction(0)) / len(there)
        elif there:
            read["o3_1h" if pollutant == "o3" else pollutant] = max(there)
        if pollutant == "o3":
            eights = _eights([*evening, *means])
            if eights and max(eights) <= 400:
                read["o3_8h"] = max(eights)
    return _indices(read)


def _nowcast(means: Sequence[Fraction | None]) -> Fraction | None:
    newest_first = [None if mean is None else max(mean, Fraction(0)) for mean in reversed(means)]
    there = [mean for mean in newest_first if mean is not None]
    if sum(mean is not None for mean in newest_first[:3]) < 2:
        return None
    if max(there) == 0:
        return Fraction(0)
    weight = max(min(there) / max(there), Fraction(1, 2))
    above = below = Fraction(0)
    for age, mean in enumerate(newest_first):
        if mean is not None:
            above += weight**age * mean
            below += weight**age
    return above / below


def _eights(line: Sequence[Fraction | None]) -> list[Fraction]:
    found: list[Fraction] = []
    for end in range(8, len(line) + 1):
        there = [max(mean, Fraction(0)) for mean in line[end - 8 : end] if mean is not None]
        if len(there) >= 6:
            found.append(sum(there, Fraction(0)) / len(there))
    return found


def _indices(read: Mapping[str, Fraction]) -> dict[str, int] | None:
    if not any(dust in read for dust in DUST):
        return None
    return {column: _index(column, concentration) for column, concentration in read.items()}


def _index(column: str, concentration: Fraction) -> int:
    points = _TABLE_2[column]
    for step in range(len(points) - 1):
        if concentration <= points[step + 1]:
            share = (concentration - points[step]) / (points[step + 1] - points[step])
            exact = _LEVELS[step] + share * (_LEVELS[step + 1] - _LEVELS[step])
            return floor(exact + Fraction(1, 2))
    return 500
