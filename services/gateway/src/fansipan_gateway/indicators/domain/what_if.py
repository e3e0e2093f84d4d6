"""The marginal effect of finishing open dossiers: figures of the same formulas, with some cases ended at a moment.

Only what follows from single cases is computed: ratios and counts of cases, and scores and expressions over them. What
needs all cases (counts of procedures, medians) or all subjects (normalised indices) stays as it is and is marked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fansipan_indicators.case_figures import ratio
from fansipan_indicators.cases import Case, membership
from fansipan_indicators.composites import expression, weighted_score
from fansipan_indicators.formulas import (
    CaseCount,
    CaseKind,
    CaseRatio,
    CaseSet,
    Expression,
    FormulaModel,
    WeightedScore,
)
from fansipan_indicators.periods import Period

Formulas = Mapping[str, FormulaModel]
"""Indicator → the formula that judges the period."""


@dataclass(frozen=True, slots=True)
class Known:
    """A stored figure; None where it has none."""

    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """A figure before and after; `estimated` is False when it was left as it is."""

    before: Known
    after: Known
    estimated: bool

    @property
    def change(self) -> float | None:
        """After less before."""
        if self.before.value is None or self.after.value is None:
            return None
        return self.after.value - self.before.value


@dataclass(frozen=True, slots=True)
class Finishing:
    """Which cases end when.

    Attributes:
        cases: open dossiers, as known now.
        at: when they end.
        now: how they are judged before.
        period: of the figures.
    """

    cases: Sequence[Case]
    at: datetime
    now: datetime
    period: Period

    def added_to(self, kind: CaseKind, wanted: CaseSet) -> float:
        """By how much a set grows."""
        if kind != "dossier":
            return 0.0
        then = max(self.at, self.now)
        return float(
            sum(
                membership(ended(case, self.at), wanted, self.period, then).inside
                - membership(case, wanted, self.period, self.now).inside
                for case in self.cases
            )
        )


def ended(case: Case, at: datetime) -> Case:
    """A dossier as it would be, processed at a moment."""
    end = at if case.received_at is None else max(at, case.received_at)
    return replace(case, ended_at=end, fields={**case.fields, "state": "processed"})


def effect_of(
    indicator: str, formulas: Formulas, known: Callable[[str], Known], finishing: Finishing
) -> dict[str, Effect]:
    """The effect on an indicator and on all it is made of, components first.

    Args:
        indicator: whose effect is wanted.
        formulas: its formula and those of all components, theirs too.
        known: the stored figure of an indicator.
        finishing: what is done.
    """
    effects: dict[str, Effect] = {}

    def visit(key: str) -> None:
        if key in effects:
            return
        formula = formulas.get(key)
        if isinstance(formula, WeightedScore | Expression):
            for component in sorted(formula.indicators):
                visit(component)
            effects[key] = _composed(formula, effects, known(key))
        else:
            effects[key] = _counted(formula, known(key), finishing)

    visit(indicator)
    return effects


def _composed(formula: WeightedScore | Expression, effects: Mapping[str, Effect], stored: Known) -> Effect:
    def of(values: Mapping[str, float | None]) -> Known:
        figure = (
            weighted_score(formula, values)
            if isinstance(formula, WeightedScore)
            else expression(formula, values)
        )
        return Known(figure.value, figure.numerator, figure.denominator)

    parts = [effects[key] for key in formula.indicators]
    if not any(part.estimated for part in parts):
        return Effect(stored, stored, estimated=False)
    return Effect(
        of({key: effects[key].before.value for key in formula.indicators}),
        of({key: effects[key].after.value for key in formula.indicators}),
        estimated=True,
    )


def _counted(formula: FormulaModel | None, stored: Known, finishing: Finishing) -> Effect:
    match formula:
        case CaseRatio(count="cases") if stored.denominator is not None:
            numerator = (stored.numerator or 0.0) + finishing.added_to(formula.of, formula.numerator)
            denominator = stored.denominator + finishing.added_to(formula.of, formula.denominator)
            figure = ratio(numerator, denominator, formula.scale, zero=formula.zero == "zero")
            return Effect(stored, Known(figure.value, numerator, denominator), estimated=True)
        case CaseCount(count="cases") if stored.value is not None:
            value = stored.value + finishing.added_to(formula.of, formula.cases)
            return Effect(stored, Known(value, value), estimated=True)
        case _:
            return Effect(stored, stored, estimated=False)
