"""Formulas over the readings of one thing."""

import itertools
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from fansipan_indicators.formulas.base import FormulaModel, Percent
from fansipan_indicators.periods import PeriodKind

PropertyKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~:-]{0,126}$")]
AttributeName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$")]

_HOURS: Final = (PeriodKind.HOUR,)


class SeriesFormula(FormulaModel):
    """A formula over the readings of one thing.

    Attributes:
        allowed_periods: the periods it can be computed for.
        reach_hours: how many hours before the period's beginning it reads.
    """

    allowed_periods: ClassVar[tuple[PeriodKind, ...]] = tuple(PeriodKind)

    @property
    def properties(self) -> frozenset[str]:
        """Keys of the observed properties it reads; `*` for all."""
        raise NotImplementedError

    @property
    def reach_hours(self) -> int:
        return 0

    @property
    def ratio_scale(self) -> float:
        """What numerator / denominator is multiplied by to give the value."""
        return 100.0

    def check_periods(self, periods: list[PeriodKind]) -> None:
        """Raise ValueError for a period that it cannot be computed for."""
        wrong = [period.value for period in periods if period not in self.allowed_periods]
        if wrong:
            allowed = ", ".join(self.allowed_periods)
            raise ValueError(f"this formula is computed by {allowed}, not by {', '.join(wrong)}")


class _OneProperty(SeriesFormula):
    observed_property: Annotated[PropertyKey, Field(alias="property")]

    @property
    def properties(self) -> frozenset[str]:
        return frozenset({self.observed_property})


class Completeness(FormulaModel):
    """How much must have been measured for a value to be given.

    Attributes:
        expected_interval_seconds: time between two readings, unless the datastream's own properties say
            `expectedIntervalSeconds`.
        minimum: least share of the expected readings, in percent; below it the figure has no value.
    """

    expected_interval_seconds: Annotated[float, Field(gt=0, le=86_400)] = 3600
    minimum: Annotated[float, Field(ge=0, le=100)] = 0


class Statistic(_OneProperty):
    """A statistic of all readings of a period, times `scale`.

    `hourlyMean` is the mean of the hours' means: what a limit "24-hour mean" asks for when readings are irregular.
    """

    kind: Literal["statistic"]
    statistic: Literal["mean", "hourlyMean", "sum", "min", "max", "first", "last", "count", "range"]
    scale: float = 1.0
    completeness: Completeness | None = None

    @property
    def ratio_scale(self) -> float:
        return 1.0  # the numerator is scaled already


class Rolling(_OneProperty):
    """A statistic over the `hours` that end with the hour in question."""

    kind: Literal["rolling"]
    statistic: Literal["sum", "mean", "min", "max"]
    hours: Annotated[int, Field(ge=1, le=240)]
    scale: float = 1.0
    minimum_hours: Annotated[int, Field(ge=1, le=240)] = 1
    """Least number of hours with readings."""
    allowed_periods: ClassVar = _HOURS

    @property
    def reach_hours(self) -> int:
        return self.hours - 1


class ChangeRate(_OneProperty):
    """Change per hour: the last reading of the hour minus the last reading `hours` hours before, divided by `hours`."""

    kind: Literal["change-rate"]
    hours: Annotated[int, Field(ge=1, le=72)] = 1
    allowed_periods: ClassVar = _HOURS

    @property
    def reach_hours(self) -> int:
        return self.hours

    @property
    def ratio_scale(self) -> float:
        return 1.0


class AttributeRatio(_OneProperty):
    """A statistic of a property divided by a number that the thing states of itself, in percent unless `scale` says
    else."""

    kind: Literal["attribute-ratio"]
    statistic: Literal["mean", "min", "max", "last", "sum"]
    attribute: AttributeName
    scale: float = 100.0

    @property
    def ratio_scale(self) -> float:
        return self.scale


class TimeShare(_OneProperty):
    """Share of the measured minutes in which the minute's mean is below (or above) a threshold, in percent.

    The threshold is `value`, or `share` of a number that the thing states of itself (`attribute`).
    """

    kind: Literal["time-share"]
    comparison: Literal["below", "above"]
    value: float | None = None
    attribute: AttributeName | None = None
    share: Percent | None = None
    allowed_periods: ClassVar = _HOURS

    @model_validator(mode="after")
    def _one_threshold(self) -> Self:
        relative = self.attribute is not None and self.share is not None
        if (self.value is not None) == relative or (self.attribute is None) != (self.share is None):
            raise ValueError("give either value, or attribute and share")
        return self


class AirQuality(SeriesFormula):
    """VN_AQI of Decision 1459/QĐ-TCMT, hourly or daily; `pollutants` maps a pollutant to the property that measures
    it (µg/m³)."""

    kind: Literal["air-quality-index"]
    averaging: Literal["hourly", "daily"]
    pollutants: dict[Literal["pm2_5", "pm10", "so2", "no2", "co", "o3"], PropertyKey] = Field(min_length=1)
    minimum_hours: Annotated[int, Field(ge=1, le=24)] = 18
    """Least number of hours for a daily mean of dust."""

    @property
    def properties(self) -> frozenset[str]:
        return frozenset(self.pollutants.values())

    @property
    def reach_hours(self) -> int:
        return 11 if self.averaging == "hourly" else 7  # 8-hour means of ozone reach into the day before

    def check_periods(self, periods: list[PeriodKind]) -> None:
        wanted = PeriodKind.HOUR if self.averaging == "hourly" else PeriodKind.DAY
        if periods != [wanted]:
            raise ValueError(f"an index with averaging {self.averaging} is computed by {wanted} only")


class StationLevels(FormulaModel):
    """Alarm levels of one gauge in the unit of its readings; None: not known."""

    bd1: float | None = None
    bd2: float | None = None
    bd3: float | None = None
    disputed: str | None = None

    @model_validator(mode="after")
    def _rise(self) -> Self:
        known = [level for level in (self.bd1, self.bd2, self.bd3) if level is not None]
        if not known or any(a >= b for a, b in itertools.pairwise(known)):
            raise ValueError("at least one of bd1, bd2, bd3 is known, and they rise")
        return self


class AlarmLevel(_OneProperty):
    """Which flood alarm level (0 to 3) the highest reading of the period reaches.

    The levels are those of `stations` by thing key (`<provider>/<thing>`), else what the thing states of itself in
    `alarmLevels: {bd1, bd2, bd3}`.
    """

    kind: Literal["alarm-level"]
    statistic: Literal["max", "last"] = "last"
    stations: dict[str, StationLevels] = Field(default_factory=dict)
    allowed_periods: ClassVar = (PeriodKind.HOUR, PeriodKind.DAY)


class RainfallRisk(_OneProperty):
    """Risk level of flash flood and landslide by Decision 18/2021/QĐ-TTg Art. 46, from the rain of 24 hours, the
    rainy days before, and the `hazardZone` that the thing states of itself."""

    kind: Literal["rainfall-risk"]
    region: Literal[1, 2] = 1
    rainy_day_mm: Annotated[float, Field(gt=0)] = 1.0
    """From how much rain on a day counts as rainy: not in the decision's retrieved text."""
    allowed_periods: ClassVar = _HOURS

    @property
    def reach_hours(self) -> int:
        return 24 * 8


class ValueRange(FormulaModel):
    """The plausible values of a property, ends inside."""

    minimum: float
    maximum: float


class DataHealth(SeriesFormula):
    """How well things report; over all datastreams of a thing.

    Measures, in percent: `availability` hours with at least one reading; `completeness` readings against those
    expected by `expectedIntervalSeconds`; `freshness` datastreams whose newest reading is at most `staleAfterSeconds`
    old at the end of the period, or now; `stuck` hours with several readings that were all the same; `outOfRange`
    readings outside `ranges`.
    """

    kind: Literal["data-health"]
    measure: Literal["availability", "completeness", "freshness", "stuck", "outOfRange"]
    expected_interval_seconds: Annotated[float, Field(gt=0, le=86_400)] = 3600
    stale_after_seconds: Annotated[float, Field(gt=0, le=864_000)] = 7200
    ignore: list[PropertyKey] = Field(default_factory=list)
    ranges: dict[PropertyKey, ValueRange] = Field(default_factory=dict)

    @property
    def properties(self) -> frozenset[str]:
        return frozenset(self.ranges) if self.measure == "outOfRange" else frozenset({"*"})

    @property
    def reach_hours(self) -> int:
        return 24 if self.measure == "freshness" else 0

    def check_periods(self, periods: list[PeriodKind]) -> None:
        if self.measure == "freshness" and periods != [PeriodKind.HOUR]:
            raise ValueError("freshness is computed by hour only")
        if set(periods) - {PeriodKind.HOUR, PeriodKind.DAY, PeriodKind.MONTH}:
            raise ValueError("data health is computed by hour, day and month")
