"""Cells as numbers. Strict: a decimal comma taken for a thousands separator is a wrong number that looks right."""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fansipan_bulk.arrow import Array, pa, pc
from fansipan_bulk.columns.cells import texts
from fansipan_bulk.mapping import NumberFormat
from fansipan_common.contracts.observation import MAX_RESULT

_PLAIN: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_SPACES: Final = "[ \u00a0\u202f\u2009]"


@dataclass(frozen=True, slots=True)
class Numbers:
    """n cells as numbers.

    Attributes:
        values: float64[n]; NaN where there is none.
        missing: bool[n], the file says that there is none.
        invalid: bool[n], it is no number.
        too_large: bool[n], beyond what is stored.
    """

    values: NDArray[np.float64]
    missing: NDArray[np.bool_]
    invalid: NDArray[np.bool_]
    too_large: NDArray[np.bool_]


class NumberReader:
    """Reads columns of numbers that are written in one way."""

    def __init__(self, written: NumberFormat) -> None:
        self._written = written
        self._words = pa.array(sorted({word.strip().lower() for word in written.missing} | {""}), pa.string())
        self._is_usual = written.decimal == "." and not written.thousands
        self._grouped = _grouped(written)
        sentinels = [self._number(word.strip()) for word in written.missing]
        self._sentinels = np.array([value for value in sentinels if value is not None], np.float64)

    def read(self, column: Array) -> Numbers:
        """The numbers of a column of texts or of numbers."""
        kind = column.type
        if pa.types.is_boolean(kind) or pa.types.is_temporal(kind) or pa.types.is_nested(kind):
            missing = _mask(column.is_null())
            return self._judged(np.full(len(column), np.nan), missing, ~missing)
        if pa.types.is_null(kind):
            return self._judged(
                np.full(len(column), np.nan), np.ones(len(column), bool), np.zeros(len(column), bool)
            )
        if not pa.types.is_string(kind):
            values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).copy()
            missing = np.isnan(values) | _mask(column.is_null())
            return self._judged(values, missing, np.zeros(len(column), bool))
        return self._read_texts(texts(column))

    def _read_texts(self, cells: Array) -> Numbers:
        missing = _mask(pc.is_in(pc.utf8_lower(cells), value_set=self._words))
        if self._is_usual:
            usual = pc.if_else(pa.array(missing), "0", cells) if missing.any() else cells
            try:
                values = usual.cast(pa.float64()).to_numpy(zero_copy_only=False).copy()
            except pa.ArrowInvalid:
                pass
            else:
                invalid = ~np.isfinite(values) & ~missing  # texts such as `inf`
                return self._judged(values, missing, invalid)
        fits = _mask(pc.match_substring_regex(cells, self._grouped))
        plain = cells
        if self._written.thousands == " ":
            plain = pc.replace_substring_regex(plain, _SPACES, "")
        elif self._written.thousands:
            plain = pc.replace_substring(plain, self._written.thousands, "")
        if self._written.decimal == ",":
            plain = pc.replace_substring(plain, ",", ".")
        plain = pc.utf8_ltrim(plain, characters="+")
        good = fits & ~missing
        values = (
            pc.if_else(pa.array(good), plain, "0").cast(pa.float64()).to_numpy(zero_copy_only=False).copy()
        )
        return self._judged(values, missing, ~fits & ~missing)

    def _judged(
        self, values: NDArray[np.float64], missing: NDArray[np.bool_], invalid: NDArray[np.bool_]
    ) -> Numbers:
        if self._sentinels.size:
            missing = missing | np.isin(values, self._sentinels) & ~invalid
        too_large = (np.abs(np.where(invalid | missing, 0.0, values)) > MAX_RESULT) & ~invalid
        values[missing | invalid | too_large] = np.nan
        return Numbers(values, missing, invalid, too_large)

    def _number(self, word: str) -> float | None:
        return _usual_number(word) if re.fullmatch(_PLAIN, word) else None

    def describe(self) -> str:
        """How numbers are written, for messages."""
        if self._is_usual:
            return "a number with a decimal point"
        grouped = (
            f" and {self._written.thousands!r} between groups of three" if self._written.thousands else ""
        )
        return f"a number with {self._written.decimal!r} before the fraction{grouped}"


def _grouped(written: NumberFormat) -> str:
    if written.decimal == "." and not written.thousands:
        return _PLAIN
    decimal = re.escape(written.decimal)
    whole = "[0-9]+"
    if written.thousands:
        sign = _SPACES if written.thousands == " " else re.escape(written.thousands)
        whole = f"([0-9]+|[0-9]{{1,3}}({sign}[0-9]{{3}})+)"
    return f"^[+-]?({whole}({decimal}[0-9]*)?|{decimal}[0-9]+)([eE][+-]?[0-9]+)?$"


def _usual_number(word: str) -> float:
    return float(word)


def _mask(array: Array) -> NDArray[np.bool_]:
    return np.asarray(array.to_numpy(zero_copy_only=False), bool)
