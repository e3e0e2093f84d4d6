"""Figures over cases, from sums."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
    alone = Sums(list(np.asarray(sums.within)[:, np.newaxis]), list(np.asarray(sums.before)[:, np.newaxis]))
    return case_figures(formula, layout, alone, [0], [by_procedure])[0]


def case_figures(
    formula: CountedFormula,
    layout: Layout,
    sums: Sums,
    columns: Sequence[int],
    by_procedure: Sequence[Sums | None],
) -> list[Figure]:
    """The figures of n subjects for one period.

    Args:
        formula: what to compute.
        layout: the places in `sums`.
        sums: of at least these subjects: float64[m] at each place.
        columns: n columns of `sums`, one a subject.
        by_procedure: of each subject the sums of all its procedures, for formulas that count procedures; else ignored.
    """

    def numbers(column: NDArray[np.float64]) -> list[float]:
        return column[columns].tolist()

    def sizes(kind: CaseKind, wanted: CaseSet, count: str) -> list[float]:
        if count == "procedures":
            return [
                0.0 if one is None else float(np.count_nonzero(size_of_set(layout, kind, wanted, one) > 0))
                for one in by_procedure
            ]
        return numbers(size_of_set(layout, kind, wanted, sums))

    match formula:
        case CaseRatio():
            zero = formula.zero == "zero"
            numerators = sizes(formula.of, formula.numerator, formula.count)
            denominators = sizes(formula.of, formula.denominator, formula.count)
            return _ratios(numerators, denominators, formula.scale, zero=zero)
        case CaseCount():
            counts = sizes(formula.of, formula.cases, formula.count)
            return [Figure(value, numerator=value, sample_count=round(value)) for value in counts]
        case RatingMean():
            scores = numbers(sums.within[layout.place[SCORES]])
            return _ratios(scores, numbers(sums.within[layout.place[RATINGS]]), 1.0, zero=False)
        case UsageRatio():
            used = numbers(sums.within[layout.place[usage_measure(formula.services)]])
            if formula.denominator is None:
                return [Figure(one * formula.scale, numerator=one, sample_count=round(one)) for one in used]
            base = numbers(sums.within[layout.place[usage_measure(formula.denominator)]])
            return _ratios(used, base, formula.scale, zero=formula.zero == "zero")


def _ratios(
    numerators: Sequence[float], denominators: Sequence[float], scale: float, *, zero: bool
) -> list[Figure]:
    return [
        ratio(numerator, denominator, scale, zero=zero)
        for numerator, denominator in zip(numerators, denominators, strict=True)
    ]


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
