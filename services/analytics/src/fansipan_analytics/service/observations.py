"""Storing the observations of a micro-batch, inside its transaction."""

from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg
import numpy as np
from numpy.typing import NDArray

from fansipan_analytics.domain.batch import Rows
from fansipan_analytics.domain.identity import Key, Stored, results_of, rows_of, split_fresh
from fansipan_analytics.domain.rollup import dirty_hours, minute_deltas
from fansipan_analytics.repository import features, latest, observations, rollups
from fansipan_analytics.service.uncertain import settle_uncertain


class Unusable(Exception):
    """Something in the micro-batch can never be stored: a fault of whoever published it."""


@dataclass(slots=True)
class Outcome:
    """What became of the rows of a micro-batch; `orphaned`: their datastream was deleted meanwhile."""

    inserted: int = 0
    duplicates: int = 0
    corrected: int = 0
    deleted: int = 0
    orphaned: int = 0


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

    def follow(self, change: "Change") -> None:
        """Take over what was committed."""
        for datastream_id, found in change.fallen_back.items():
            self._ms[datastream_id] = latest.NEVER if found is None else found[0]
        rows = change.newest
        self._ms[rows.ids] = np.maximum(self._ms[rows.ids], rows.ms)

    def forget(self) -> None:
        """Ask the database again."""
        self._ms.fill(self._UNKNOWN)


FallenBack = dict[int, tuple[int, Stored] | None]
"""Datastreams whose newest observation was taken back: what is newest now with its Unix ms; None when none is left."""


@dataclass(frozen=True, slots=True)
class Change:
    """What storing rows changed.

    Attributes:
        outcome: what became of them.
        newest: the newest row of each datastream among those that are new.
        corrected: rows that replaced stored ones.
        fallen_back: where the newest was taken back.
        inserted: rows that are new and were not known to be newer than all others.
        fresh: rows that are newer than all others.
    """

    outcome: Outcome
    newest: Rows
    corrected: Rows
    fallen_back: FallenBack = field(default_factory=dict[int, tuple[int, Stored] | None])
    fresh: Rows = field(default_factory=lambda: rows_of({}))
    inserted: Rows = field(default_factory=lambda: rows_of({}))

    @property
    def stored(self) -> tuple[Rows, ...]:
        """All rows that are stored anew, or in place of others."""
        return self.fresh, self.inserted, self.corrected


async def store_observations(
    connection: "asyncpg.Connection[Any]", rows: Rows, newest: NewestTimes
) -> Change:
    """Store rows, their minutes, what is to be recomputed, and the latest values.

    Rows of datastreams that were deleted are dropped. Once the transaction is committed, `newest.follow` the change.

    Raises:
        Unusable: a datastream does not exist, and never did.
        asyncpg.UniqueViolationError: `newest` was out of date: forget it and try again.
    """
    outcome = Outcome()
    gone = await _learn_newest(connection, rows.ids, newest)
    if gone:
        kept = np.flatnonzero(~np.isin(rows.ids, list(gone)))
        outcome.orphaned = len(rows) - len(kept)
        rows = rows.take(kept)
    rows = await _with_features(connection, rows)
    before = newest.of
    split = split_fresh(rows, before)
    await observations.copy_new(connection, split.fresh)
    deltas = minute_deltas(split.fresh)
    is_new_minute = deltas.bucket_ms > before(deltas.ids)
    await rollups.copy_new_minutes(connection, deltas.take(is_new_minute))
    await rollups.merge_minutes(connection, deltas.take(~is_new_minute))
    outcome.inserted += len(split.fresh)
    if not len(split.uncertain):
        newest_rows = latest.newest_rows(split.fresh)
        if len(newest_rows):
            await latest.upsert_latest(connection, newest_rows)
        hours = dirty_hours(deltas.ids, deltas.bucket_ms)
        await rollups.mark_dirty(connection, "1h", hours, corrected=False)
        return Change(outcome, newest_rows, rows_of({}), fresh=split.fresh)
    settled = await settle_uncertain(connection, split.uncertain)
    outcome.inserted += len(settled.inserts)
    outcome.duplicates += settled.repeats
    outcome.corrected += sum(not kept.deleted for kept in settled.history)
    outcome.deleted += settled.removed
    updated = rows_of(settled.updates)
    inserted = rows_of(settled.inserts)
    touched = rows_of(settled.updates | {key: Stored(None) for key in settled.removals})
    await rollups.mark_dirty(connection, "1h", dirty_hours(touched.ids, touched.ms), corrected=True)
    fallen_back = await latest.look_again(connection, settled.removals) if settled.removals else {}
    newest_rows = _newest_of(split.fresh, inserted)
    await latest.correct_latest(connection, settled.updates)
    if len(newest_rows):
        await latest.upsert_latest(connection, newest_rows)
    hours = dirty_hours(
        np.concatenate([deltas.ids, inserted.ids]), np.concatenate([deltas.bucket_ms, inserted.ms])
    )
    await rollups.mark_dirty(connection, "1h", hours, corrected=False)
    return Change(outcome, newest_rows, updated, fallen_back, split.fresh, inserted)


async def _learn_newest(
    connection: "asyncpg.Connection[Any]", ids: NDArray[np.int32], newest: NewestTimes
) -> set[int]:
    """Learn what is not known yet; returns those datastreams that were deleted."""
    missing = newest.missing(ids)
    if not len(missing):
        return set()
    times = await latest.newest_times(connection, missing)
    newest.learn(times)
    unknown = [datastream_id for datastream_id in missing.tolist() if datastream_id not in times]
    gone = await latest.deleted_among(connection, unknown) if unknown else set[int]()
    never = [datastream_id for datastream_id in unknown if datastream_id not in gone]
    if never:
        raise Unusable(f"no such datastream: {', '.join(map(str, never[:10]))}")
    return gone


async def _with_features(connection: "asyncpg.Connection[Any]", rows: Rows) -> Rows:
    """Note which datastreams name which features. A feature that was deleted is as none: it cannot be shown."""
    named = {row: extra.feature_id for row, extra in rows.extras.items() if extra.feature_id is not None}
    if not named:
        return rows
    ids = rows.ids.tolist()
    existing = await features.link(connection, ((feature, ids[row]) for row, feature in named.items()))
    lost = {row for row, feature in named.items() if feature not in existing}
    if not lost:
        return rows
    extras = {
        row: replace(extra, feature_id=None) if row in lost else extra for row, extra in rows.extras.items()
    }
    return Rows(rows.ids, rows.ms, rows.values, extras)


def _newest_of(first: Rows, second: Rows) -> Rows:
    """The newest row of each datastream among two sorted sets of distinct identities."""
    results = dict(results_of(first)) | dict(results_of(second))
    newest: dict[int, tuple[Key, Stored]] = {}
    for key, stored in results.items():
        if key[0] not in newest or key[1] > newest[key[0]][0][1]:
            newest[key[0]] = (key, stored)
    return rows_of(dict(newest.values()))
