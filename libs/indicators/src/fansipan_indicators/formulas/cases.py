"""Formulas over dossiers, petitions, ratings and counts of usage."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, model_validator

from fansipan_indicators.formulas.base import FormulaModel

ServiceCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
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


for _model in (AnyOf, Not, CaseSet):
    _model.model_rebuild()
