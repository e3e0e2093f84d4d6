"""VN_AQI, the Vietnamese air quality index: Decision 1459/QĐ-TCMT of 12/11/2019, sections 2.2.1 (hour) and 2.2.2 (day).

Concentrations are hourly means in µg/m³, carbon monoxide too. A missing hour is None, never NaN.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar

from fansipan_indicators.scoring import decimal_of, round_decimal

NOWCAST_HOURS: Final = 12
DAY_HOURS: Final = 24
OZONE_HOURS: Final = 8

KindT = TypeVar("KindT", bound=StrEnum)


class Pollutant(StrEnum):
    """What is measured."""

    PM2_5 = "pm2_5"
    PM10 = "pm10"
    SO2 = "so2"
    NO2 = "no2"
    CO = "co"
    O3 = "o3"


class Scale(StrEnum):
    """Columns of table 2: ozone has one for an hour and one for eight hours.

    Of two equal sub-indices the one that stands first here is called dominant.
    """

    PM2_5 = "pm2_5"
    PM10 = "pm10"
    SO2 = "so2"
    NO2 = "no2"
    CO = "co"
    O3_1H = "o3_1h"
    O3_8H = "o3_8h"


HourlyMeans = Mapping[str, Sequence[float | None]] | Mapping[Pollutant, Sequence[float | None]]
"""Hourly means of each pollutant in µg/m³; None where an hour is missing."""

_INDEX: Final = (0, 50, 100, 150, 200, 300, 400, 500)
_BREAKPOINTS: Final[dict[Scale, tuple[int, ...]]] = {
    Scale.PM2_5: (0, 25, 50, 80, 150, 250, 350, 500),
    Scale.PM10: (0, 50, 150, 250, 350, 420, 500, 600),
    Scale.SO2: (0, 125, 350, 550, 800, 1600, 2100, 2630),
    Scale.NO2: (0, 100, 200, 700, 1200, 2350, 3100, 3850),
    Scale.CO: (0, 10_000, 30_000, 45_000, 60_000, 90_000, 120_000, 150_000),
    Scale.O3_1H: (0, 160, 200, 300, 400, 800, 1000, 1200),
    Scale.O3_8H: (0, 100, 120, 170, 210, 400),  # the decision gives no index above 400 µg/m³
}
_HOURLY_SCALE: Final = {
    Pollutant.PM2_5: Scale.PM2_5,
    Pollutant.PM10: Scale.PM10,
    Pollutant.SO2: Scale.SO2,
    Pollutant.NO2: Scale.NO2,
    Pollutant.CO: Scale.CO,
    Pollutant.O3: Scale.O3_1H,
}
_PARTICLES: Final = (Pollutant.PM2_5, Pollutant.PM10)


class Band(NamedTuple):
    """A row of table 1: the highest index of a band, its name, and its colour as the decision gives it in RGB."""

    upper: int
    key: str
    name_vi: str
    name_en: str
    colour: str


BANDS: Final = (
    Band(50, "good", "Tốt", "Good", "#00e400"),
    Band(100, "moderate", "Trung bình", "Moderate", "#ffff00"),
    Band(150, "poor", "Kém", "Poor", "#ff7e00"),
    Band(200, "bad", "Xấu", "Bad", "#ff0000"),
    Band(300, "very-bad", "Rất xấu", "Very bad", "#8f3f97"),
    Band(500, "hazardous", "Nguy hại", "Hazardous", "#7e0023"),
)


@dataclass(frozen=True, slots=True)
class AirQualityIndex:
    """An index and what it was made of.

    Attributes:
        value: 0 to 500, the largest sub-index.
        dominant: the `Scale` that gave it.
        sub_indices: by `Scale`.
        concentrations: µg/m³ that each sub-index was read from (NowCast, maximum or mean), by `Scale`.
    """

    value: int
    dominant: str
    sub_indices: dict[str, int]
    concentrations: dict[str, float]


def band_of(value: int) -> Band:
    """The band of an index.

    Raises:
        ValueError: it is not in 0..500.
    """
    if not 0 <= value <= 500:
        raise ValueError(f"{value} is no index: it lies between 0 and 500")
    return next(band for band in BANDS if value <= band.upper)


def sub_index(scale: str, concentration: float) -> int:
    """The index of one pollutant (formula 1), rounded half up.

    Below zero is the noise of an instrument in clean air and counts as 0. From the last breakpoint on it is 500.

    Args:
        scale: a `Scale`; decides the column of table 2.
        concentration: µg/m³ of the averaging time that the scale is for.

    Raises:
        ValueError: no such scale, not a finite number, or an 8-hour mean of ozone above 400 µg/m³: the decision has no
            index for it and uses the 1-hour column alone.
    """
    points = _BREAKPOINTS[_member(Scale, scale)]
    exact = max(decimal_of(concentration), decimal_of(0))
    if exact > points[-1] and scale == Scale.O3_8H:
        raise ValueError("an 8-hour mean of ozone above 400 µg/m³ has no index: use the 1-hour column")
    for place in range(1, len(points)):
        if exact <= points[place]:
            low, high = points[place - 1], points[place]
            index_low, index_high = _INDEX[place - 1], _INDEX[place]
            return int(round_decimal((index_high - index_low) * (exact - low) / (high - low) + index_low))
    return _INDEX[-1]


def nowcast(values: Sequence[float | None]) -> float | None:
    """NowCast of a particle concentration: a mean of 12 hours that trusts the newest most, the more the air changes.

    w = Cmin / Cmax, at least 1/2; hour i (1 is the newest) weighs w^(i-1); the sum is divided by the weights of the
    hours that are there. For w = 1/2 the decision prints Σ (1/2)^i · c_i, undivided. With all 12 hours that is the same
    to 0.02 % (its weights add up to 1 - 2^-12), but with hours missing it is too low: three hours of 40 µg/m³ would
    give 35. The decision's own note, that a missing hour has weight 0, only makes sense with the division, so it is
    made for every w.

    Args:
        values: up to 12 hourly means in µg/m³, the newest first; fewer means that the older ones are missing.

    Returns:
        µg/m³, or None when fewer than two of the newest three hours are there.

    Raises:
        ValueError: more than 12 hours, or a value is not finite.
    """
    if len(values) > NOWCAST_HOURS:
        raise ValueError(f"NowCast takes {NOWCAST_HOURS} hours, the newest first; {len(values)} were given")
    hours = [None if value is None else _not_negative(value) for value in values]
    known = [value for value in hours if value is not None]
    if sum(value is not None for value in hours[:3]) < 2:
        return None
    largest = max(known)
    if largest == 0:
        return 0.0
    weight = max(min(known) / largest, 0.5)
    weighted = [(weight**age, value) for age, value in enumerate(hours) if value is not None]
    return math.fsum(w * value for w, value in weighted) / math.fsum(w for w, _ in weighted)


def hourly_index(hours: HourlyMeans) -> AirQualityIndex | None:
    """The index of an hour at one station.

    Args:
        hours: by `Pollutant`, up to 12 hourly means, the newest first. Gases use only the newest.

    Returns:
        None when neither PM2.5 nor PM10 has a NowCast: the decision demands one of them.

    Raises:
        ValueError: an unknown pollutant, more than 12 hours, or a value is not finite.
    """
    concentrations: dict[Scale, float] = {}
    for pollutant, values in _by_pollutant(hours):
        value = nowcast(values) if pollutant in _PARTICLES else next(iter(values), None)
        if value is not None:
            concentrations[_HOURLY_SCALE[pollutant]] = _not_negative(value)
    return _combine(concentrations)


def daily_index(
    hours: HourlyMeans,
    *,
    ozone_before: Sequence[float | None] = (),
    min_hours: int = 18,
    min_hours_of_8: int = 6,
) -> AirQualityIndex | None:
    """The index of a day at one station.

    Particles: mean of the day. SO2, NO2, CO: largest hour. Ozone: largest hour and largest 8-hour mean, each by its own
    column; above 400 µg/m³ the 8-hour mean is left out.

    Args:
        hours: by `Pollutant`, the 24 hourly means of the day, the oldest first.
        ozone_before: the last hours of the day before, the oldest first: the 8-hour means of the morning reach back
            to them (the decision's example starts at 18:00). Up to 7 are used; without them those hours are missing.
        min_hours: hours that the mean of a day needs.
        min_hours_of_8: hours that an 8-hour mean needs.
            The decision sets neither number. The defaults are the three quarters that monitoring rules commonly ask.

    Returns:
        None when neither PM2.5 nor PM10 has enough hours.

    Raises:
        ValueError: an unknown pollutant, not 24 hours, a value is not finite, or a minimum out of range.
    """
    if not 1 <= min_hours <= DAY_HOURS or not 1 <= min_hours_of_8 <= OZONE_HOURS:
        raise ValueError("min_hours lies between 1 and 24, min_hours_of_8 between 1 and 8")
    concentrations: dict[Scale, float] = {}
    for pollutant, values in _by_pollutant(hours):
        if len(values) != DAY_HOURS:
            raise ValueError(f"{pollutant}: a day has 24 hours, {len(values)} were given; fill up with None")
        known = [_not_negative(value) for value in values if value is not None]
        if pollutant in _PARTICLES:
            if len(known) >= min_hours:
                concentrations[_HOURLY_SCALE[pollutant]] = math.fsum(known) / len(known)
        elif known:
            concentrations[_HOURLY_SCALE[pollutant]] = max(known)
        if pollutant is Pollutant.O3:
            means = eight_hour_means(values, before=ozone_before, min_hours=min_hours_of_8)
            largest = max((mean for mean in means if mean is not None), default=None)
            if largest is not None and largest <= _BREAKPOINTS[Scale.O3_8H][-1]:
                concentrations[Scale.O3_8H] = largest
    return _combine(concentrations)


def eight_hour_means(
    hours: Sequence[float | None], *, before: Sequence[float | None] = (), min_hours: int = 6
) -> list[float | None]:
    """The mean of the eight hours that end with each hour; None where fewer than `min_hours` of them are there.

    Args:
        hours: hourly means, the oldest first.
        before: the hours before them, the oldest first; the last 7 are used.

    Raises:
        ValueError: a value is not finite.
    """
    reach = OZONE_HOURS - 1
    earlier = list(before)[-reach:]
    line = [None] * (reach - len(earlier)) + earlier + list(hours)
    means: list[float | None] = []
    for end in range(OZONE_HOURS, len(line) + 1):
        known = [_not_negative(value) for value in line[end - OZONE_HOURS : end] if value is not None]
        means.append(math.fsum(known) / len(known) if len(known) >= min_hours else None)
    return means


def _combine(concentrations: dict[Scale, float]) -> AirQualityIndex | None:
    if Scale.PM2_5 not in concentrations and Scale.PM10 not in concentrations:
        return None
    known = [scale for scale in Scale if scale in concentrations]
    sub_indices = {scale: sub_index(scale, concentrations[scale]) for scale in known}
    dominant = max(known, key=sub_indices.__getitem__)
    return AirQualityIndex(
        sub_indices[dominant],
        dominant.value,
        {scale.value: index for scale, index in sub_indices.items()},
        {scale.value: concentrations[scale] for scale in known},
    )


def _by_pollutant(
    hours: HourlyMeans,
) -> Iterator[tuple[Pollutant, Sequence[float | None]]]:
    for key, values in hours.items():
        yield _member(Pollutant, key), values


def _member(kind: type[KindT], key: str) -> KindT:
    try:
        return kind(key)
    except ValueError:
        raise ValueError(f"{key!r} is not known here; there are {', '.join(kind)}") from None


def _not_negative(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no concentration; a missing hour is None")
    return max(value, 0.0)
