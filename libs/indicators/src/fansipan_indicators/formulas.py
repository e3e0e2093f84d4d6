"""The kinds of formula, a discriminated union: over readings, over cases, over other indicators."""

import itertools
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator
from pydantic.alias_generators import to_camel

from fansipan_indicators.periods import PeriodKind

PropertyKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~:-]{0,126}$")]
AttributeName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$")]
ServiceCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
IndicatorRef = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
Percent = Annotated[float, Field(gt=0, le=100)]

HOURS: Final = (PeriodKind.HOUR,)
DAYS_AND_LONGER: Final = (PeriodKind.DAY, PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)


class FormulaModel(BaseModel):
    """A formula: camelCase names, nothing unknown."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, allow_inf_nan=False
    )


# ---------------------------------------------------------------- over readings
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
    allowed_periods: ClassVar = HOURS

    @property
    def reach_hours(self) -> int:
        return self.hours - 1


class ChangeRate(_OneProperty):
    """Change per hour: the last reading of the hour minus the last reading `hours` hours before, divided by `hours`."""

    kind: Literal["change-rate"]
    hours: Annotated[int, Field(ge=1, le=72)] = 1
    allowed_periods: ClassVar = HOURS

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
    allowed_periods: ClassVar = HOURS

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
    allowed_periods: ClassVar = HOURS

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


# ---------------------------------------------------------------- over cases
CaseKind = Literal["dossier", "petition", "rating", "usage"]
CaseField = Literal[
    "agency",
    "answered",
    "channel",
    "componentsReused",
    "digitised",
    "fromNationalStore",
    "hasDueTime",
    "hasFee",
    "identityVerified",
    "kind",
    "late",
    "lateClock",
    "onlineService",
    "paid",
    "paidOnline",
    "paperResultRequired",
    "procedure",
    "published",
    "rating",
    "refused",
    "repeated",
    "resultCode",
    "resultFile",
    "score",
    "service",
    "state",
    "supplementCount",
]
Scalar = StrictBool | int | float | str


class Condition(FormulaModel):
    """One condition on a field of a case. Exactly one comparison; a field that is not given meets `given: false`
    only."""

    field: CaseField
    is_: Annotated[Scalar | None, Field(alias="is")] = None
    in_: Annotated[list[Scalar] | None, Field(alias="in", min_length=1, max_length=1000)] = None
    at_least: float | None = None
    at_most: float | None = None
    given: StrictBool | None = None

    @model_validator(mode="after")
    def _one_comparison(self) -> Self:
        comparisons = (self.is_, self.in_, self.at_least, self.at_most, self.given)
        if sum(value is not None for value in comparisons) != 1:
            raise ValueError("give exactly one of is, in, atLeast, atMost, given")
        return self


class AnyOf(FormulaModel):
    """At least one of several."""

    any: Annotated[list["Clause"], Field(min_length=1, max_length=50)]


class Not(FormulaModel):
    """Not this."""

    not_: Annotated["Clause", Field(alias="not")]


Clause = Condition | AnyOf | Not


class CaseSet(FormulaModel):
    """Which cases of a period are counted.

    `received` in the period; `finished` in it; `handled`: received in it or open from before; `late`: those of
    `handled` that were late by its end or their own; `onTime`: the others of `handled`; `open` at its end; `overdue`:
    late and open at its end.
    """

    set: Literal["received", "finished", "handled", "late", "onTime", "open", "overdue"]
    where: list[Clause] = Field(default_factory=list, max_length=20)


class CaseFormula(FormulaModel):
    """A formula over dossiers, petitions, ratings or counts of usage."""


class CaseRatio(CaseFormula):
    """Cases of `numerator` divided by cases of `denominator`, times `scale`.

    Attributes:
        count: `cases`, or `procedures`: distinct procedures that have such a case.
        zero: what a denominator of zero gives: no value, or 0 (Decision 766 leaves it to the report).
    """

    kind: Literal["case-ratio"]
    of: Literal["dossier", "petition", "rating"] = "dossier"
    numerator: CaseSet
    denominator: CaseSet
    count: Literal["cases", "procedures"] = "cases"
    zero: Literal["not-applicable", "zero"] = "not-applicable"
    scale: float = 100.0


class CaseCount(CaseFormula):
    """How many cases."""

    kind: Literal["case-count"]
    of: Literal["dossier", "petition", "rating"] = "dossier"
    cases: CaseSet
    count: Literal["cases", "procedures"] = "cases"


class DueSoon(CaseFormula):
    """Open dossiers that become late within so many working days from now; of the running period only."""

    kind: Literal["due-soon"]
    working_days: Annotated[int, Field(ge=0, le=60)]


class CaseDuration(CaseFormula):
    """A statistic of the time from receipt to end, without the time in which the citizen owed a supplement, in
    `unit`, over the dossiers that ended in the period."""

    kind: Literal["case-duration"]
    statistic: Literal["median", "p90", "mean"]
    unit: Literal["hours", "days"] = "days"
    where: list[Clause] = Field(default_factory=list, max_length=0)


class RatingMean(CaseFormula):
    """Mean score that citizens gave in the period, 1 to 5."""

    kind: Literal["rating-mean"]


class UsageRatio(CaseFormula):
    """Uses of some services, as counted by `usage.counted` events that begin in the period; divided by those of
    others, times `scale`, when `denominator` is given."""

    kind: Literal["usage"]
    services: Annotated[list[ServiceCode], Field(min_length=1, max_length=200)]
    denominator: list[ServiceCode] | None = None
    zero: Literal["not-applicable", "zero"] = "not-applicable"
    scale: float = 1.0


# ---------------------------------------------------------------- over other indicators
class CompositeFormula(FormulaModel):
    """A formula over figures of other indicators, of the same subject and period."""

    @property
    def indicators(self) -> frozenset[str]:
        """Keys of the indicators it reads."""
        raise NotImplementedError

    @property
    def spreads_missing(self) -> bool:
        """Whether the other components make up for one without a value."""
        return False


class ScoreComponent(FormulaModel):
    """A part of a weighted score.

    With `fullAt` the indicator is a ratio in percent, that gives all points from `fullAt` on and in proportion below;
    without it the indicator's value is taken as points already, at most `maximum`.
    """

    indicator: IndicatorRef
    maximum: Annotated[float, Field(gt=0, le=10_000)]
    full_at: Percent | None = None
    assumed: StrictBool = False
    """Whether `maximum` or `fullAt` is our assumption, because the source does not give it."""


class WeightedScore(CompositeFormula):
    """The sum of the components' points.

    `missing` says what a component without a value does: the score has no value, the component counts 0, or the
    points of the others are stretched to the whole.
    """

    kind: Literal["weighted-score"]
    components: Annotated[list[ScoreComponent], Field(min_length=1, max_length=200)]
    missing: Literal["not-applicable", "zero", "stretch"] = "not-applicable"

    @property
    def indicators(self) -> frozenset[str]:
        return frozenset(component.indicator for component in self.components)

    @property
    def spreads_missing(self) -> bool:
        return self.missing == "stretch"


class IndexComponent(FormulaModel):
    """A part of a normalised index; `minimum` and `maximum` fix the scale of min-max normalisation, else the
    subjects' own."""

    indicator: IndicatorRef
    weight: Annotated[float, Field(gt=0, le=10_000)]
    minimum: float | None = None
    maximum: float | None = None


class NormalisedIndex(CompositeFormula):
    """A weighted mean of normalised components in the manner of the ICT Index: compared across subjects of a kind."""

    kind: Literal["normalised-index"]
    normalisation: Literal["min-max", "z-score"]
    components: Annotated[list[IndexComponent], Field(min_length=1, max_length=200)]
    missing: Literal["not-applicable", "renormalise"] = "not-applicable"
    scale: float = 1.0

    @property
    def indicators(self) -> frozenset[str]:
        return frozenset(component.indicator for component in self.components)

    @property
    def spreads_missing(self) -> bool:
        return self.missing == "renormalise"


class Indicator(FormulaModel):
    """The value of another indicator."""

    indicator: IndicatorRef


class Add(FormulaModel):
    add: Annotated[list["Term"], Field(min_length=2, max_length=50)]


class Subtract(FormulaModel):
    subtract: Annotated[list["Term"], Field(min_length=2, max_length=2)]


class Multiply(FormulaModel):
    multiply: Annotated[list["Term"], Field(min_length=2, max_length=50)]


class Divide(FormulaModel):
    divide: Annotated[list["Term"], Field(min_length=2, max_length=2)]


class Minimum(FormulaModel):
    minimum: Annotated[list["Term"], Field(min_length=2, max_length=50)]


class Maximum(FormulaModel):
    maximum: Annotated[list["Term"], Field(min_length=2, max_length=50)]


Term = float | Indicator | Add | Subtract | Multiply | Divide | Minimum | Maximum


class Expression(CompositeFormula):
    """Arithmetic over other indicators. A missing operand or a division by zero gives no value."""

    kind: Literal["expression"]
    expression: Term

    @property
    def indicators(self) -> frozenset[str]:
        return frozenset(_named(self.expression))

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if not _named(self.expression):
            raise ValueError("an expression names at least one indicator")
        return self


def operands(term: Any) -> list[Any]:
    """The parts of an operation."""
    [parts] = [getattr(term, name) for name in type(term).model_fields]
    return parts


def _named(term: Any) -> set[str]:
    if isinstance(term, Indicator):
        return {term.indicator}
    if isinstance(term, FormulaModel):
        return {name for part in operands(term) for name in _named(part)}
    return set()


for _model in (AnyOf, Not, CaseSet, Add, Subtract, Multiply, Divide, Minimum, Maximum, Expression):
    _model.model_rebuild()

Formula = (
    Statistic
    | Rolling
    | ChangeRate
    | AttributeRatio
    | TimeShare
    | AirQuality
    | AlarmLevel
    | RainfallRisk
    | DataHealth
    | CaseRatio
    | CaseCount
    | DueSoon
    | CaseDuration
    | RatingMean
    | UsageRatio
    | WeightedScore
    | NormalisedIndex
    | Expression
)
