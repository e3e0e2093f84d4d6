"""Results of one column as JSON texts, with the reason where a cell is none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

from fansipan_bulk.arrow import Array, pa
from fansipan_bulk.columns.cells import distinct
from fansipan_bulk.columns.numbers import NumberReader
from fansipan_bulk.mapping import ResultKind
from fansipan_common.contracts.observation import MAX_RESULT, MAX_TEXT_RESULT

TRUE_WORDS: Final = frozenset({"true", "yes", "on", "1", "có", "đúng"})
FALSE_WORDS: Final = frozenset({"false", "no", "off", "0", "không", "sai"})


@dataclass(frozen=True, slots=True)
class Results:
    """n results.

    Attributes:
        json: n texts; what stands where there is no result has no meaning.
        missing: bool[n], the file says that there is none.
        faults: (where, code, reason): bool[n] and what is told of those cells; the text of the cell is put before the
            reason.
    """

    json: Array
    missing: NDArray[np.bool_]
    faults: list[tuple[NDArray[np.bool_], str, str]]


def read_results(
    column: Array,
    kind: ResultKind,
    numbers: NumberReader,
    is_missing: Callable[[str], bool],
    factor: float | NDArray[np.float64],
) -> Results:
    """The results of a column.

    Args:
        column: n cells.
        kind: what they are.
        numbers: how numbers are written.
        is_missing: whether a text says that there is no value.
        factor: what numbers are multiplied with.
    """
    if kind == "number":
        return _numbers(column, numbers, factor)
    cells = distinct(column)
    missing = np.array([is_missing(text) for text in cells.values], bool)
    if kind == "text":
        json = [orjson.dumps(text).decode() for text in cells.values]
        bad = np.array([len(text) > MAX_TEXT_RESULT for text in cells.values], bool)
        fault = (bad, "text-too-long", f"is over {MAX_TEXT_RESULT} characters")
    else:
        words = [text.lower() for text in cells.values]
        json = ["true" if word in TRUE_WORDS else "false" for word in words]
        bad = (
            np.array([word not in TRUE_WORDS and word not in FALSE_WORDS for word in words], bool) & ~missing
        )
        fault = (bad, "boolean-invalid", "is neither true, yes, on, 1, có nor false, no, off, 0, không")
    codes = cells.codes
    return Results(
        pa.array(json, pa.string()).take(pa.array(codes)),
        missing[codes],
        [(fault[0][codes], fault[1], fault[2])],
    )


def _numbers(column: Array, numbers: NumberReader, factor: float | NDArray[np.float64]) -> Results:
    read = numbers.read(column)
    values, too_large = read.values, read.too_large
    if isinstance(factor, np.ndarray) or factor != 1.0:
        # 15 digits are what a double holds for certain: 0.1 times 3 is to be 0.3.
        scaled = [float(f"{value:.15g}") for value in (values * factor).tolist()]
        values = np.array(scaled, np.float64)
        too_large = too_large | (np.abs(np.where(np.isnan(values), 0.0, values)) > MAX_RESULT)
    json = pa.array(np.where(np.isfinite(values), values, 0.0)).cast(pa.string())
    return Results(
        json,
        read.missing,
        [
            (read.invalid, "number-invalid", f"is not {numbers.describe()}"),
            (too_large, "number-too-large", f"is beyond {MAX_RESULT:g}"),
        ],
    )
