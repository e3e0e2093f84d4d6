"""A micro-batch: the records of one transaction, decoded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fansipan_common.contracts import ObservationBatch

BAD: Final = 2
"""Code of result quality `bad`: stored, but in no rollup."""


def same_json(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; in Python alone `True` would equal 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return one == other


@dataclass(frozen=True, slots=True, eq=False)
class Extras:
    """What a row has beyond a numeric result; `deleted`: it takes back what was observed then."""

    result_json: Any = None
    quality: int | None = None
    result_ms: int | None = None
    parameters: dict[str, Any] | None = None
    feature_id: int | None = None
    deleted: bool | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Extras) and (
            self.quality == other.quality
            and self.result_ms == other.result_ms
            and self.feature_id == other.feature_id
            and bool(self.deleted) == bool(other.deleted)
            and same_json(self.result_json, other.result_json)
            and same_json(self.parameters, other.parameters)
        )

    def __hash__(self) -> int:
        return hash((self.quality, self.result_ms))  # the rest may hold objects, which have no hash


NO_EXTRAS: Final = Extras()


@dataclass(slots=True)
class Rows:
    """n observations as columns, in order of arrival.

    Attributes:
        ids: int32[n] datastream ids.
        ms: int64[n] Unix times in ms.
        values: float64[n], NaN where the result is no number.
        extras: row → what it has beyond a numeric result; only rows that have something.
    """

    ids: NDArray[np.int32]
    ms: NDArray[np.int64]
    values: NDArray[np.float64]
    extras: dict[int, Extras] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[np.int64]) -> "Rows":
        """The rows at the given places, in that order."""
        extras = (
            {new: self.extras[old] for new, old in enumerate(rows.tolist()) if old in self.extras}
            if self.extras
            else {}
        )
        return Rows(self.ids[rows], self.ms[rows], self.values[rows], extras)

    def countable(self) -> NDArray[np.bool_]:
        """Which rows enter rollups: a number, not marked bad."""
        mask = ~np.isnan(self.values)
        for row, extra in self.extras.items():
            if extra.quality == BAD:
                mask[row] = False
        return mask


def join_batches(batches: Sequence[ObservationBatch]) -> Rows:
    """Concatenate the rows of several records."""
    extras: dict[int, Extras] = {}
    start = 0
    for batch in batches:
        if not batch.is_plain:
            extras |= _extras(batch, start)
        start += len(batch)
    if not batches:
        return Rows(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.float64))
    return Rows(
        np.concatenate([batch.datastream_ids for batch in batches]),
        np.concatenate([batch.phenomenon_ms for batch in batches]),
        np.concatenate([batch.result for batch in batches]),
        extras,
    )


def _extras(batch: ObservationBatch, start: int) -> dict[int, Extras]:
    nothing = [None] * len(batch)
    columns = zip(
        batch.result_json or nothing,
        batch.result_quality or nothing,
        batch.result_ms or nothing,
        batch.parameters or nothing,
        batch.feature_ids or nothing,
        batch.deleted or nothing,
        strict=True,
    )
    return {
        start + row: Extras(*values)
        for row, values in enumerate(columns)
        if any(value is not None for value in values)
    }
