"""Storing the observations of a micro-batch, inside its transaction."""

from dataclasses import dataclass
from typing import Any

import asyncpg
import numpy as np
from numpy.typing import NDArray

from fansipan_analytics.domain.batch import Rows
from fansipan_analytics.domain.identity import (
    Corrections,
    Key,
    Stored,
    correct,
    fold,
    results_of,
    rows_of,
    split_fresh,
)
from fansipan_analytics.domain.rollup import MINUTE_MS, dirty_hours, minute_deltas
from fansipan_analytics.repository import latest, observations, rollups


class Unusable(Exception):
    """Something in the micro-batch can never be stored: a fault of whoever published it."""


@dataclass(slots=True)
class Outcome:
    """What became of the rows of a micro-batch."""

    inserted: int = 0
    duplicates: int = 0
    corrected: int = 0


class NewestTimes:
    """Newest stored time of each datastream, by id: what is newer cannot be stored yet.

    Valid as long as this process is the only writer of its partitions; the offsets in the database fence others off.
    """

    _UNKNOWN = latest.NEVER - 1

    def __init__(self) -> None:
        self._ms = np.full(1024, self._UNKNOWN, np.int64)

    def of(self, ids: NDArray[np.int32]) -> NDArray[np.int64]:
        """Unix ms for each id; all of them must be known (`missing`)."""
        return self._ms[ids]

    def missing(self, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        """Those distinct ids whose newest time is not known here."""
        distinct = np.unique(ids)
        if len(distinct) and distinct[-1] >= len(self._ms):
            grown = np.full(max(2 * len(self._ms), int(distinct[-1]) + 1), self._UNKNOWN, np.int64)
            grown[: len(self._ms)] = self._ms
            self._ms = grown
        return distinct[self._ms[distinct] == self._UNKNOWN]

    def learn(self, times: dict[int, int]) -> None:
        """Take over what the database says."""
        for datastream_id, ms in times.items():
            self._ms[datastream_id] = ms

    def raise_to(self, rows: Rows) -> None:
        """Take over what was committed; at most one row a datastream."""
        self._ms[rows.ids] = np.maximum(self._ms[rows.ids], rows.ms)

    def forget(self) -> None:
        """Ask the database again."""
        self._ms.fill(self._UNKNOWN)


async def store_observations(
    connection: "asyncpg.Connection[Any]", rows: Rows, newest: NewestTimes
) -> tuple[Outcome, Rows, Rows]:
    """Store rows, their minutes, what is to be recomputed, and the latest values.

    Returns the outcome, the newest row of each datastream, for `newest.raise_to` once the transaction is committed, and
    the rows that were corrected.

    Raises:
        Unusable: a datastream does not exist.
        asyncpg.UniqueViolationError: `newest` was out of date: forget it and try again.
    """
    await _learn_newest(connection, rows.ids, newest)
    before = newest.of
    split = split_fresh(rows, before)
    await observations.copy_new(connection, split.fresh)
    deltas = minute_deltas(split.fresh)
    is_new_minute = deltas.bucket_ms > before(deltas.ids)
    await rollups.copy_new_minutes(connection, deltas.take(is_new_minute))
    await rollups.merge_minutes(connection, deltas.take(~is_new_minute))
    dirty_ids, dirty_ms = [deltas.ids], [deltas.bucket_ms]
    outcome = Outcome(inserted=len(split.fresh))
    newest_rows = latest.newest_rows(split.fresh)
    updated = rows_of({})
    if len(split.uncertain):
        inserted, corrections = await _store_uncertain(connection, split.uncertain)
        outcome.inserted += len(inserted)
        outcome.duplicates += corrections.repeats
        outcome.corrected += len(corrections.history)
        updated = rows_of(corrections.updates)
        dirty_ids.append(inserted.ids)
        dirty_ms.append(inserted.ms)
        await rollups.mark_dirty(connection, "1h", dirty_hours(updated.ids, updated.ms), corrected=True)
        newest_rows = _newest_of(split.fresh, inserted)
        await latest.correct_latest(connection, corrections.updates)
    if len(newest_rows):
        await latest.upsert_latest(connection, newest_rows)
    hours = dirty_hours(np.concatenate(dirty_ids), np.concatenate(dirty_ms))
    await rollups.mark_dirty(connection, "1h", hours, corrected=False)
    return outcome, newest_rows, updated


async def _learn_newest(
    connection: "asyncpg.Connection[Any]", ids: NDArray[np.int32], newest: NewestTimes
) -> None:
    missing = newest.missing(ids)
    if not len(missing):
        return
    times = await latest.newest_times(connection, missing)
    unknown = [datastream_id for datastream_id in missing.tolist() if datastream_id not in times]
    if unknown:
        raise Unusable(f"no such datastream: {', '.join(map(str, unknown[:10]))}")
    newest.learn(times)


async def _store_uncertain(
    connection: "asyncpg.Connection[Any]", rows: Rows
) -> tuple[Rows, Corrections[Key, Stored]]:
    folded = fold(results_of(rows))
    inserted_keys = await observations.insert_missing(connection, rows_of(folded.current))
    others = [key for key in folded.current if key not in inserted_keys]
    existing = await observations.find_stored(connection, others) if others else {}
    corrections = correct(folded, existing)
    inserted = rows_of({key: folded.current[key] for key in inserted_keys})
    if corrections.history:
        await observations.apply_corrections(connection, corrections.updates, corrections.history)
    await rollups.merge_minutes(connection, minute_deltas(inserted))
    if corrections.updates:
        await rollups.recompute_minutes(
            connection,
            ((datastream_id, ms - ms % MINUTE_MS) for datastream_id, ms in corrections.updates),
        )
    return inserted, corrections


def _newest_of(first: Rows, second: Rows) -> Rows:
    """The newest row of each datastream among two sorted sets of distinct identities."""
    results = dict(results_of(first)) | dict(results_of(second))
    newest: dict[int, tuple[Key, Stored]] = {}
    for key, stored in results.items():
        if key[0] not in newest or key[1] > newest[key[0]][0][1]:
            newest[key[0]] = (key, stored)
    return rows_of(dict(newest.values()))
