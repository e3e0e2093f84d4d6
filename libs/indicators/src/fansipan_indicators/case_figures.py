"""Figures over cases, from sums."""

import numpy as np

from fansipan_indicators.figure import Figure, Missing, not_applicable
from fansipan_indicators.formulas import CaseCount, CaseKind, CaseRatio, CaseSet, RatingMean, UsageRatio
from fansipan_indicators.measures import RATINGS, SCORES, Layout, Sums, size_of_set, usage_measure

CountedFormula = CaseRatio | CaseCount | RatingMean | UsageRatio


def case_figure(
    formula: CountedFormula, layout: Layout, sums: Sums, by_procedure: Sums | None = None
) -> Figure:
    """The figure of one subject and period.

    Args:
        formula: what to compute.
        layout: the places in `sums`.
        sums: of the subject.
        by_procedure: of all the subject's procedures at once, for formulas that count procedures.
    """

    def size(kind: CaseKind, wanted: CaseSet, count: str) -> float:
        if count == "procedures":
            if by_procedure is None:
                return 0.0
            return float(np.count_nonzero(size_of_set(layout, kind, wanted, by_procedure) > 0))
        return float(size_of_set(layout, kind, wanted, sums))

    match formula:
        case CaseCount():
            value = size(formula.of, formula.cases, formula.count)
            return Figure(value, numerator=value, sample_count=round(value))
        case CaseRatio():
            return ratio(
                size(formula.of, formula.numerator, formula.count),
                size(formula.of, formula.denominator, formula.count),
                formula.scale,
                zero=formula.zero == "zero",
            )
        case RatingMean():
            count = sums.within[layout.place[RATINGS]]
            score = sums.within[layout.place[SCORES]]
            return ratio(float(score), float(count), 1.0, zero=False)
        case UsageRatio():
            used = float(sums.within[layout.place[usage_measure(formula.services)]])
            if formula.denominator is None:
                return Figure(used * formula.scale, numerator=used, sample_count=round(used))
            base = float(sums.within[layout.place[usage_measure(formula.denominator)]])
            return ratio(used, base, formula.scale, zero=formula.zero == "zero")


def ratio(numerator: float, denominator: float, scale: float, *, zero: bool) -> Figure:
    """numerator / denominator × scale; a denominator of 0 gives 0 when `zero`, else no value."""
    samples = round(denominator)
    if denominator != 0:
        return Figure(numerator / denominator * scale, numerator, denominator, samples)
    if zero:
        return Figure(0.0, numerator, denominator, samples, details={"zeroDenominator": True})
    return not_applicable(
        Missing.ZERO_DENOMINATOR, numerator=numerator, denominator=denominator, sample_count=samples
    )
