"""Texts of a column: trimmed, each distinct one looked at once."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fansipan_bulk.arrow import Array, pa, pc
from fansipan_bulk.sources.block import text_of

T = TypeVar("T")

_SPACES = " \t\r\n\u00a0\u202f\u2007\ufeff"


@dataclass(frozen=True, slots=True)
class Distinct:
    """n cells: `values[codes[i]]` is the text of cell i."""

    codes: NDArray[np.intp]
    values: list[str]

    def looked_up(self, find: Callable[[str], T]) -> list[T]:
        """What `find` says of each distinct text."""
        return [find(value) for value in self.values]


def texts(column: Array) -> Array:
    """The cells as texts without spaces at their ends; nothing is an empty text."""
    if pa.types.is_string(column.type):
        trimmed: Array = pc.utf8_trim(column, characters=_SPACES)
        return trimmed.fill_null("") if trimmed.null_count else trimmed
    return pa.array([text_of(value) for value in column.to_pylist()], pa.string())


def distinct(column: Array) -> Distinct:
    """The distinct texts of a column; letters with diacritics as one character each."""
    encoded: Any = texts(column).dictionary_encode()
    values = [unicodedata.normalize("NFC", value) for value in encoded.dictionary.to_pylist()]
    return Distinct(encoded.indices.to_numpy(zero_copy_only=False).astype(np.intp), values)


def is_empty(column: Array) -> NDArray[np.bool_]:
    """bool[n], where a cell has nothing but spaces."""
    if pa.types.is_string(column.type):
        return np.asarray(pc.equal(pc.binary_length(texts(column)), 0).to_numpy(zero_copy_only=False), bool)
    return np.asarray(column.is_null().to_numpy(zero_copy_only=False), bool)
