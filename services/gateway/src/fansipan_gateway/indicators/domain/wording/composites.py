"""Formulas over other indicators, as sentences."""

from typing import Any

from fansipan_gateway.indicators.domain.wording.words import Counted, Words, number
from fansipan_indicators.formulas import (
    Add,
    CompositeFormula,
    Divide,
    Expression,
    Indicator,
    Maximum,
    Minimum,
    Multiply,
    NormalisedIndex,
    Subtract,
    WeightedScore,
    operands,
)


def words_of_composite(formula: CompositeFormula) -> Words:
    """A formula over other indicators in words."""
    match formula:
        case WeightedScore():
            return _score(formula)
        case NormalisedIndex():
            return _index(formula)
        case Expression():
            text = _term(formula.expression)
            return Words(
                f"{text}. Thiếu một thành phần hoặc chia cho 0 thì không có giá trị.",
                f"{text}. A missing operand or a division by zero gives no value.",
            )
        case _:
            raise TypeError(f"{type(formula).__name__} is no formula over other indicators")


def counted_of_composite(formula: CompositeFormula) -> Counted:
    """What its numerator and denominator count."""
    if isinstance(formula, WeightedScore):
        return Counted(Words("Số điểm đạt được", "Points reached"), Words("Điểm tối đa", "Points at most"))
    return Counted()


def _score(formula: WeightedScore) -> Words:
    vi, en = [], []
    for component in formula.components:
        name, most = component.indicator, number(component.maximum)
        if component.full_at is None:
            vi.append(f"{name} (tối đa {most})")
            en.append(f"{name} (at most {most})")
        else:
            full = number(component.full_at)
            vi.append(f"{name} ({most} điểm khi đạt {full} %, thấp hơn thì theo tỷ lệ)")
            en.append(f"{name} ({most} points from {full} % on, in proportion below)")
    missing = {
        "not-applicable": Words(
            "Thiếu một thành phần thì không có giá trị.", "A missing component gives no value."
        ),
        "zero": Words("Thành phần thiếu được tính 0 điểm.", "A missing component counts 0."),
        "stretch": Words(
            "Thành phần thiếu thì điểm của các thành phần khác được quy về thang đầy đủ.",
            "For a missing component the points of the others are stretched to the whole.",
        ),
    }[formula.missing]
    return Words(f"Tổng điểm: {'; '.join(vi)}. {missing.vi}", f"Sum of points: {'; '.join(en)}. {missing.en}")


def _index(formula: NormalisedIndex) -> Words:
    names = "; ".join(f"{c.indicator} × {number(c.weight)}" for c in formula.components)
    how = {
        "min-max": Words("chuẩn hóa min-max", "normalised by min-max"),
        "z-score": Words("chuẩn hóa Z-score", "normalised by z-score"),
    }[formula.normalisation]
    return Words(
        f"Trung bình có trọng số của các thành phần {how.vi} giữa các đối tượng cùng loại: {names}.",
        f"Weighted mean of the components, {how.en} across subjects of one kind: {names}.",
    )


def _term(term: Any) -> str:
    match term:
        case Indicator():
            return term.indicator
        case Add():
            return _joined(term, " + ")
        case Subtract():
            return _joined(term, " − ")
        case Multiply():
            return _joined(term, " × ")
        case Divide():
            return _joined(term, " / ")
        case Minimum():
            return f"min({', '.join(_term(part) for part in operands(term))})"
        case Maximum():
            return f"max({', '.join(_term(part) for part in operands(term))})"
        case _:
            return number(term)


def _joined(term: Any, sign: str) -> str:
    nested = Add | Subtract | Multiply | Divide
    parts = [f"({_term(part)})" if isinstance(part, nested) else _term(part) for part in operands(term)]
    return sign.join(parts)
