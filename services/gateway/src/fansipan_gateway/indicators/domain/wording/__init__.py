"""Formulas as sentences, in Vietnamese and English."""

from fansipan_gateway.indicators.domain.wording.cases import counted_of_cases, words_of_cases
from fansipan_gateway.indicators.domain.wording.composites import counted_of_composite, words_of_composite
from fansipan_gateway.indicators.domain.wording.series import counted_of_series, words_of_series
from fansipan_gateway.indicators.domain.wording.words import Counted, Words
from fansipan_indicators.formulas import CaseFormula, CompositeFormula, FormulaModel, SeriesFormula


def in_words(formula: FormulaModel) -> Words:
    """What a formula does, in one or two sentences.

    Raises:
        TypeError: it is no formula of an indicator.
    """
    match formula:
        case SeriesFormula():
            return words_of_series(formula)
        case CaseFormula():
            return words_of_cases(formula)
        case CompositeFormula():
            return words_of_composite(formula)
        case _:
            raise TypeError(f"{type(formula).__name__} is no formula of an indicator")


def counted(formula: FormulaModel) -> Counted:
    """What the numerator and the denominator of its figures count; None where they have none."""
    match formula:
        case SeriesFormula():
            return counted_of_series(formula)
        case CaseFormula():
            return counted_of_cases(formula)
        case CompositeFormula():
            return counted_of_composite(formula)
        case _:
            return Counted()


__all__ = ["Counted", "Words", "counted", "in_words"]
