"""Which rows of a micro-batch are surely new, and what a repeated identity means."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from fansipan_analytics.domain.batch import NO_EXTRAS, Extras, Rows

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Key = tuple[int, int]
"""Identity of an observation: (datastream id, Unix ms)."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A result as it is stored, or is to be: equal ones are the same observation sent twice."""

    value: float | None
    extras: Extras = NO_EXTRAS

    @property
    def is_deletion(self) -> bool:
        """Whether it takes back what was observed, rather than being observed."""
        return bool(self.extras.deleted)


@dataclass(slots=True)
class Split:
    """Rows that are newer than all that is stored of their datastream, and the rest.

    Both are sorted by (datastream, time); equal identities keep their order of arrival.
    """

    fresh: Rows
    uncertain: Rows


def split_fresh(rows: Rows, newest_ms: Callable[[NDArray[np.int32]], NDArray[np.int64]]) -> Split:
    """Split by whether a row can already be stored.

    A row is fresh when its time is after `newest_ms` of its datastream, its identity occurs once in the batch, and it
    takes nothing back.
    """
    order = np.lexsort((rows.ms, rows.ids))
    ordered = rows.take(order)
    same = (ordered.ids[1:] == ordered.ids[:-1]) & (ordered.ms[1:] == ordered.ms[:-1])
    repeated = np.zeros(len(rows), bool)
    repeated[1:] |= same
    repeated[:-1] |= same
    fresh = ~repeated & (ordered.ms > newest_ms(ordered.ids))
    for row, extra in ordered.extras.items():
        if extra.deleted:
            fresh[row] = False
    if fresh.all():
        return Split(ordered, ordered.take(np.empty(0, np.int64)))
    return Split(ordered.take(np.flatnonzero(fresh)), ordered.take(np.flatnonzero(~fresh)))


@dataclass(slots=True)
class Folded(Generic[K, V]):
    """What uncertain items amount to.

    Attributes:
        current: last value of each identity.
        replaced: identity → values that later ones replaced, in order, among those of this batch.
        repeats: items that said what was already said.
    """

    current: dict[K, V] = field(default_factory=dict)
    replaced: dict[K, list[V]] = field(default_factory=dict)
    repeats: int = 0


def fold(items: Iterable[tuple[K, V]]) -> Folded[K, V]:
    """Reduce (identity, value) pairs, in order of arrival, to the last value of each and the chain before it."""
    folded: Folded[K, V] = Folded()
    for key, value in items:
        before = folded.current.get(key)
        if before is None:
            folded.current[key] = value
        elif before == value:
            folded.repeats += 1
        else:
            folded.replaced.setdefault(key, []).append(before)
            folded.current[key] = value
    return folded


@dataclass(slots=True)
class Corrections(Generic[K, V]):
    """Identities whose stored value changes.

    Attributes:
        updates: identity → new value.
        history: (identity, replaced value), in the order they were replaced.
        repeats: items that said what is stored already.
    """

    updates: dict[K, V] = field(default_factory=dict)
    history: list[tuple[K, V]] = field(default_factory=list)
    repeats: int = 0


def correct(folded: Folded[K, V], existing: Mapping[K, V]) -> Corrections[K, V]:
    """Compare what was folded with what is stored.

    Identities that are not in `existing` are being inserted with their last value: of them only the chain within the
    batch goes to the history.
    """
    corrections: Corrections[K, V] = Corrections(repeats=folded.repeats)
    for key, current in folded.current.items():
        stored = existing.get(key)
        if stored is None:
            corrections.history += [(key, value) for value in folded.replaced.get(key, [])]
            continue
        before = stored
        for value in [*folded.replaced.get(key, []), current]:
            if value == before:
                corrections.repeats += 1
            else:
                corrections.history.append((key, before))
                before = value
        if before != stored:
            corrections.updates[key] = before
    return corrections


def results_of(rows: Rows) -> Iterable[tuple[Key, Stored]]:
    """Identity and result of each row, in the order of the rows."""
    values = zip(rows.ids.tolist(), rows.ms.tolist(), rows.values.tolist(), strict=True)
    for row, (datastream_id, ms, value) in enumerate(values):
        number = None if value != value else value  # noqa: PLR0124 - NaN marks a result that is no number
        yield (datastream_id, ms), Stored(number, rows.extras.get(row, NO_EXTRAS))


def rows_of(results: Mapping[Key, Stored]) -> Rows:
    """The rows of some results, sorted by (datastream, time)."""
    keys = sorted(results)
    return Rows(
        np.array([key[0] for key in keys], np.int32),
        np.array([key[1] for key in keys], np.int64),
        np.array([np.nan if results[key].value is None else results[key].value for key in keys], np.float64),
        {row: results[key].extras for row, key in enumerate(keys) if results[key].extras != NO_EXTRAS},
    )
