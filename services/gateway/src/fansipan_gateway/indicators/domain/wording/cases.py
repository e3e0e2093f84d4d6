"""Formulas over cases, as sentences."""

from typing import Any, Final

from fansipan_gateway.indicators.domain.wording.words import NOTHING, Counted, Words, number, scaled
from fansipan_indicators.formulas import (
    AnyOf,
    CaseCount,
    CaseDuration,
    CaseFormula,
    CaseRatio,
    CaseSet,
    Clause,
    Condition,
    DueSoon,
    Not,
    RatingMean,
    UsageRatio,
)

_NOUNS: Final = {
    "dossier": Words("hồ sơ", "dossiers"),
    "petition": Words("phản ánh, kiến nghị", "petitions"),
    "rating": Words("lượt đánh giá", "ratings"),
}
_SETS: Final = {
    "received": Words("tiếp nhận trong kỳ", "received in the period"),
    "finished": Words("kết thúc trong kỳ", "that ended in the period"),
    "handled": Words(
        "tiếp nhận trong kỳ hoặc chuyển từ kỳ trước", "received in the period or open from before"
    ),
    "late": Words(
        "tiếp nhận trong kỳ hoặc chuyển từ kỳ trước, bị quá hạn",
        "received in the period or open from before, that were late",
    ),
    "onTime": Words(
        "tiếp nhận trong kỳ hoặc chuyển từ kỳ trước, đúng hạn",
        "received in the period or open from before, that were in time",
    ),
    "open": Words("chưa kết thúc vào cuối kỳ", "open at the end of the period"),
    "overdue": Words("quá hạn và chưa kết thúc vào cuối kỳ", "late and open at the end of the period"),
}
_ZERO: Final = {
    "not-applicable": Words(" Mẫu số bằng 0 thì không có giá trị.", " A denominator of zero gives no value."),
    "zero": Words(" Mẫu số bằng 0 thì giá trị là 0.", " A denominator of zero gives 0."),
}


def words_of_cases(formula: CaseFormula) -> Words:
    """A formula over cases in words."""
    match formula:
        case CaseRatio():
            above = _set(formula.of, formula.numerator, formula.count)
            below = _set(formula.of, formula.denominator, formula.count)
            return (
                Words(f"Số {above.vi} / số {below.vi}", f"{_capital(above.en)} / {below.en}")
                + scaled(formula.scale)
                + Words(".", ".")
                + _ZERO[formula.zero]
            )
        case CaseCount():
            one = _set(formula.of, formula.cases, formula.count)
            return Words(f"Số {one.vi}.", f"The number of {one.en}.")
        case DueSoon():
            days = formula.working_days
            return Words(
                f"Số hồ sơ chưa kết thúc sẽ quá hạn trong {days} ngày làm việc tới.",
                f"Open dossiers that become late within {days} working days from now.",
            )
        case CaseDuration():
            return _duration(formula)
        case RatingMean():
            return Words(
                "Điểm trung bình (1 đến 5) mà người dân chấm trong kỳ.",
                "The mean score (1 to 5) that citizens gave in the period.",
            )
        case UsageRatio():
            return _usage(formula)
        case _:
            raise TypeError(f"{type(formula).__name__} is no formula over cases")


def counted_of_cases(formula: CaseFormula) -> Counted:
    """What its numerator and denominator count."""
    match formula:
        case CaseRatio():
            return Counted(
                _sentence(_set(formula.of, formula.numerator, formula.count)),
                _sentence(_set(formula.of, formula.denominator, formula.count)),
            )
        case CaseCount():
            return Counted(_sentence(_set(formula.of, formula.cases, formula.count)))
        case RatingMean():
            return Counted(Words("Tổng điểm", "The sum of the scores"), Words("Số lượt đánh giá", "Ratings"))
        case UsageRatio():
            return Counted(
                _uses(formula.services), None if formula.denominator is None else _uses(formula.denominator)
            )
        case _:
            return Counted()


def _set(of: str, wanted: CaseSet, count: str) -> Words:
    noun, which, conditions = _NOUNS[of], _SETS[wanted.set], _conditions(wanted.where)
    words = Words(f"{noun.vi} {which.vi}", f"{noun.en} {which.en}") + conditions
    if count == "procedures":
        return Words(f"thủ tục có {words.vi}", f"procedures with {words.en}")
    return words


def _conditions(clauses: list[Clause]) -> Words:
    if not clauses:
        return NOTHING
    parts = [_clause(clause) for clause in clauses]
    return Words(
        f" ({' và '.join(part.vi for part in parts)})", f" ({' and '.join(part.en for part in parts)})"
    )


def _clause(clause: Clause) -> Words:
    match clause:
        case AnyOf():
            parts = [_clause(one) for one in clause.any]
            return Words(
                f"({' hoặc '.join(part.vi for part in parts)})", f"({' or '.join(part.en for part in parts)})"
            )
        case Not():
            inner = _clause(clause.not_)
            return Words(f"không phải: {inner.vi}", f"not: {inner.en}")
        case Condition():
            return _condition(clause)


def _condition(condition: Condition) -> Words:
    name = condition.field
    if condition.given is not None:
        return (
            Words(f"có {name}", f"{name} is given")
            if condition.given
            else Words(f"không có {name}", f"{name} is not given")
        )
    if condition.is_ is not None:
        return _same(f"{name} = {_literal(condition.is_)}")
    if condition.in_ is not None:
        values = ", ".join(_literal(value) for value in condition.in_)
        return Words(f"{name} thuộc {values}", f"{name} is one of {values}")
    if condition.at_least is not None:
        return _same(f"{name} ≥ {number(condition.at_least)}")
    return _same(f"{name} ≤ {number(condition.at_most or 0)}")


def _duration(formula: CaseDuration) -> Words:
    which = {
        "median": Words("Trung vị", "The median"),
        "p90": Words("Phân vị 90", "The 90th percentile"),
        "mean": Words("Trung bình", "The mean"),
    }[formula.statistic]
    unit = {"hours": Words("giờ", "hours"), "days": Words("ngày", "days")}[formula.unit]
    return Words(
        f"{which.vi} thời gian ({unit.vi}) từ khi tiếp nhận đến khi kết thúc của hồ sơ kết thúc trong kỳ, không tính "
        "thời gian công dân bổ sung hồ sơ.",
        f"{which.en} of the time ({unit.en}) from receipt to end of the dossiers that ended in the period, without the "
        "time in which the citizen owed a supplement.",
    )


def _usage(formula: UsageRatio) -> Words:
    words = _uses(formula.services)
    if formula.denominator is not None:
        below = _uses(formula.denominator)
        words += Words(f" / {below.vi}", f" / {below.en}")
    words += scaled(formula.scale) + Words(".", ".")
    return words if formula.denominator is None else words + _ZERO[formula.zero]


def _uses(services: list[str]) -> Words:
    names = ", ".join(services[:10]) + (", …" if len(services) > 10 else "")
    return Words(f"Số lượt dùng {names} trong kỳ", f"Uses of {names} in the period")


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _same(text: str) -> Words:
    return Words(text, text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(words: Words) -> Words:
    return Words(f"Số {words.vi}", _capital(words.en))
