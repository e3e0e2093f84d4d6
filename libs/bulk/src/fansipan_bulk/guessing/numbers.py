"""How numbers are written, by those there are."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fansipan_bulk.mapping import NumberFormat
from fansipan_bulk.remarks import Remark, remark

_POINT_GROUPS: Final = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_COMMA_GROUPS: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SPACE_GROUPS: Final = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class GuessedNumbers:
    """How numbers are written; `unsure` is what a person has to look at, if anything."""

    written: NumberFormat
    reason: Remark
    unsure: Remark | None = None


def guess_numbers(values: Iterable[str]) -> GuessedNumbers:
    """Decimal sign and thousands separator of distinct cells with numbers."""
    texts = list(values)
    comma = [text for text in texts if "," in text]
    point = [text for text in texts if "." in text]
    spaces = " " if any(_SPACE_GROUPS.fullmatch(text) for text in texts) else ""
    both = next((text for text in comma if "." in text), None)
    if both is not None:
        decimal, thousands = (",", ".") if both.rfind(",") > both.rfind(".") else (".", ",")
        return GuessedNumbers(
            _written(decimal, thousands), remark("decimal-both", sign=decimal, example=both)
        )
    if comma and not point:
        thousands_too = all(_COMMA_GROUPS.fullmatch(text) for text in comma)
        return GuessedNumbers(
            _written(",", spaces),
            remark("decimal-commas", example=comma[0]),
            remark("comma-thousands", example=comma[0]) if thousands_too else None,
        )
    if comma and point:
        for decimal, thousands, grouped, groups in (
            (",", ".", point, _POINT_GROUPS), (".", ",", comma, _COMMA_GROUPS),
        ):  # fmt: skip
            if all(groups.fullmatch(text) for text in grouped):
                return GuessedNumbers(
                    _written(decimal, thousands),
                    remark("decimal-beside", sign=decimal, comma=comma[0], point=point[0]),
                )
        return GuessedNumbers(
            _written(".", spaces),
            remark("decimal-usual"),
            remark("comma-and-point", comma=comma[0], point=point[0]),
        )
    thousands_too = point and all(_POINT_GROUPS.fullmatch(text) for text in point)
    return GuessedNumbers(
        _written(".", spaces),
        remark("decimal-no-comma"),
        remark("point-thousands", example=point[0]) if thousands_too else None,
    )


def _written(decimal: str, thousands: str) -> NumberFormat:
    return NumberFormat.model_validate({"decimal": decimal, "thousands": thousands})
