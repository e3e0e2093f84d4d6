"""The objectives of `slos.yaml`, and the share of errors of each over a window."""

from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fansipan_observability.promql import instrument_of, rate, select, total

Matchers = dict[str, str]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Requests(_Strict):
    """Of the events that a histogram counts, those that match are bad."""

    metric: str
    where: Matchers
    bad: Matchers

    def error_ratio(self, window: str) -> str:
        """Share of bad events; nothing when there are no events."""
        instrument = instrument_of(self.metric)
        bad = total(rate(select(instrument, self.where | self.bad, part="count"), window))
        of = total(rate(select(instrument, self.where, part="count"), window))
        return f"({bad} or vector(0)) / ({of} > 0)"


class Within(_Strict):
    """Of the events that a histogram counts, those that took longer are bad."""

    metric: str
    where: Matchers
    unless: Annotated[Matchers, Field(alias="except")] = {}
    seconds: float

    def error_ratio(self, window: str) -> str:
        """Share of slow events; nothing when there are no events."""
        instrument = instrument_of(self.metric)
        good = total(
            rate(select(instrument, self.where, unless=self.unless, part="bucket", le=self.seconds), window)
        )
        of = total(rate(select(instrument, self.where, unless=self.unless, part="count"), window))
        return f"1 - {good} / ({of} > 0)"


class Always(_Strict):
    """Of the time, that is bad in which a gauge is too high."""

    metric: str
    where: Matchers
    at_most: float

    @property
    def is_good(self) -> str:
        """1 while it is low enough, else 0; to be recorded."""
        return f"max({select(instrument_of(self.metric), self.where)}) <= bool {self.at_most:g}"


class Objective(_Strict):
    """A promise.

    Attributes:
        name: for labels and alerts.
        title: what is promised.
        percent: of events, or of time, that are good.
        requests, within, always: how it is measured, one of them.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z-]+$")]
    title: str
    percent: Annotated[float, Field(gt=50, lt=100)]
    requests: Requests | None = None
    within: Within | None = None
    always: Always | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> "Objective":
        if sum(each is not None for each in (self.requests, self.within, self.always)) != 1:
            raise ValueError("an objective has one of requests, within, always")
        return self

    @property
    def budget(self) -> float:
        """Share that may be bad."""
        return round(1 - self.percent / 100, 6)

    def error_ratio(self, window: str) -> str:
        """Share that was bad over a window."""
        measure = self.requests or self.within
        if measure is not None:
            return measure.error_ratio(window)
        return f'1 - avg_over_time({GOOD_TIME}{{slo="{self.name}"}}[{window}])'


class Objectives(_Strict):
    """The whole file."""

    runbooks: Annotated[str, Field(pattern=r"^https://.+/$")]
    objectives: tuple[Objective, ...]


ERRORS: Final = "fansipan:slo_errors:ratio_rate"
"""Recorded share of errors; the window comes behind it."""
GOOD_TIME: Final = "fansipan:slo_good:bool"


def budget_left(objective: Objective) -> str:
    """Share of the budget of 30 days that is not used up; below 0 when the promise was broken."""
    used = f'avg_over_time({ERRORS}5m{{slo="{objective.name}"}}[30d])'
    return f"1 - {used} / {objective.budget:g}"


def load_objectives(path: Path) -> Objectives:
    """Read the file.

    Raises:
        pydantic.ValidationError: it is not well formed.
    """
    return Objectives.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
