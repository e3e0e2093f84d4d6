"""Conditions of alert rules as the catalogue writes them: bounds, and what is compared with them.

What they mean over time is in `alerting`.
"""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)
from pydantic.alias_generators import to_camel

RULE_KEY: Final = r"^[a-z0-9][a-z0-9.-]{0,62}$"
_DURATION: Final = re.compile(r"(\d{1,9})(s|m|h|d)")
_UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Severity(StrEnum):
    """How bad it is, from mild to grave."""

    INFO = "info"
    WARNING = "warning"
    SERIOUS = "serious"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 to 3."""
        return list(Severity).index(self)


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        raise ValueError("a duration is a number with its unit: 30s, 10m, 3h, 2d")
    return timedelta(seconds=int(found[1]) * _UNIT_SECONDS[found[2]])


def format_duration(value: timedelta) -> str:
    """As the catalogue writes it, in the largest unit that fits: `3h`."""
    seconds = int(value.total_seconds())
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % _UNIT_SECONDS[unit] == 0)
    return f"{seconds // _UNIT_SECONDS[unit]}{unit}"


def _bounded(value: timedelta) -> timedelta:
    if value > timedelta(days=30):
        raise ValueError("at most 30d")
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    AfterValidator(_bounded),
    PlainSerializer(format_duration, return_type=str),
]
Key = Annotated[str, Field(pattern=RULE_KEY)]
PropertyKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~:-]{0,126}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]


class CatalogueModel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class FromThing(CatalogueModel):
    """A number that differs from thing to thing.

    Attributes:
        thing_property: name of a property of the thing that holds the number, `a.b` for one inside another.
        default: for things without it. None: the bound does not hold for them.
    """

    thing_property: Annotated[str, Field(min_length=1, max_length=200)]
    default: Number | None = None


class Bound(CatalogueModel):
    """A number that must be reached, and where the problem is over again.

    Attributes:
        above, below: reached when the value is at least, or at most, this.
        clear_at: over when the value is less than this (`above`), or more (`below`). Default: the bound itself.
        clear_margin: the same as a distance from the bound; for bounds that differ from thing to thing.
    """

    above: Number | FromThing | None = None
    below: Number | FromThing | None = None
    clear_at: Number | None = None
    clear_margin: Annotated[Number, Field(ge=0)] | None = None

    @property
    def at(self) -> float | FromThing | None:
        """The bound, on whichever side; None when none is given."""
        return self.below if self.above is None else self.above

    @property
    def is_rising(self) -> bool:
        """Whether high values are the problem."""
        return self.above is not None

    @model_validator(mode="after")
    def _is_one_sided(self) -> Self:
        if self.above is not None and self.below is not None:
            raise ValueError("give either above or below")
        if self.clear_at is None:
            return self
        if self.clear_margin is not None:
            raise ValueError("give either clearAt or clearMargin")
        if not isinstance(self.at, float):
            raise ValueError(
                "clearAt needs a number as bound; else give clearMargin, a distance from each bound"
            )
        if self.is_rising and self.clear_at > self.at:
            raise ValueError(f"clearAt {self.clear_at:g} must not be above the bound {self.at:g}")
        if not self.is_rising and self.clear_at < self.at:
            raise ValueError(f"clearAt {self.clear_at:g} must not be below the bound {self.at:g}")
        return self


class BoundLevel(Bound):
    """A bound with a severity of its own."""

    severity: Severity


class Levelled(Bound):
    levels: tuple[BoundLevel, ...] = ()

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """Its levels from mild to grave, or its only bound."""
        return self.levels or (self,)

    @model_validator(mode="after")
    def _has_bounds(self) -> Self:
        if (self.at is None) != bool(self.levels):
            raise ValueError("give a bound (above, below) or levels, one of them")
        if any(level.at is None for level in self.levels):
            raise ValueError("each level has a bound: above or below")
        if len({level.is_rising for level in self.levels}) > 1:
            raise ValueError("levels must all be above, or all below")
        for milder, graver in zip(self.levels, self.levels[1:], strict=False):
            if graver.severity.rank <= milder.severity.rank:
                raise ValueError("levels are listed from mild to grave, each with another severity")
            near, far = (milder.at, graver.at) if graver.is_rising else (graver.at, milder.at)
            if isinstance(near, float) and isinstance(far, float) and near >= far:
                raise ValueError("a graver level must lie further out than the one before it")
        return self


class _IndicatorOrProperty(Levelled):
    indicator: Key | None = None
    period: Literal["hour", "day", "month", "quarter", "year"] | None = None
    property: PropertyKey | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.indicator is None) == (self.property is None):
            raise ValueError("watch an indicator or the datastreams of a property, one of them")
        if (self.indicator is None) != (self.period is None):
            raise ValueError("period goes with indicator: hour, day, month, quarter or year")
        return self


class Threshold(_IndicatorOrProperty):
    """A value reaches a bound, and stays there for a while."""

    kind: Literal["threshold"]
    hold: Annotated[Duration | None, Field(alias="for")] = None


class RateOfRise(Levelled):
    """A value changes fast. Bounds are in units an hour; `below` is a fast fall.

    Attributes:
        property: of the datastreams watched.
        over: each reading is compared with the oldest one that is at most this much older, if at least half as old.
    """

    kind: Literal["rate-of-rise"]
    property: PropertyKey
    over: Duration


class Silence(CatalogueModel):
    """A datastream that has sent before gives no reading for a while."""

    kind: Literal["silence"]
    property: PropertyKey
    after: Duration


class Composite(CatalogueModel):
    """Other rules hold at the same time.

    Attributes:
        all, any: keys of these rules; no composites.
        match: whether they must hold for the same subject, or anywhere in the same area.
    """

    kind: Literal["composite"]
    all: Annotated[tuple[Key, ...], Field(min_length=2)] | None = None
    any: Annotated[tuple[Key, ...], Field(min_length=2)] | None = None
    match: Literal["subject", "area"]

    @model_validator(mode="after")
    def _is_one_of(self) -> Self:
        if (self.all is None) == (self.any is None):
            raise ValueError("give either all or any")
        if len(set(self.members)) < len(self.members):
            raise ValueError("a rule is listed twice")
        return self

    @property
    def members(self) -> tuple[str, ...]:
        """Keys of the rules it looks at."""
        return self.all or self.any or ()


Condition = Annotated[Threshold | RateOfRise | Silence | Composite, Field(discriminator="kind")]
