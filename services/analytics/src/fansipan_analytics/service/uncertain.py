"""Rows that may be stored already, that come twice, or that take something back."""

from typing import Any

import asyncpg

from fansipan_analytics.domain.batch import Rows
from fansipan_analytics.domain.deletion import Kept, Settled, settle
from fansipan_analytics.domain.identity import Key, Stored, correct, fold, results_of, rows_of
from fansipan_analytics.domain.rollup import MINUTE_MS, minute_deltas
from fansipan_analytics.repository import observations, rollups


async def settle_uncertain(connection: "asyncpg.Connection[Any]", rows: Rows) -> Settled:
    """Store such rows, the history and the minutes; returns what was done.

    Identities of which nothing is taken back are inserted first; only where that fails they are looked at.
    """
    items = list(results_of(rows))
    taken_back = {key for key, value in items if value.is_deletion} if rows.extras else set[Key]()
    settled = await _insert_and_correct(connection, [item for item in items if item[0] not in taken_back])
    if taken_back:
        _add(settled, await _take_back(connection, [item for item in items if item[0] in taken_back]))
    inserts = rows_of(settled.inserts)
    await rollups.merge_minutes(connection, minute_deltas(inserts))
    changed = [*settled.updates, *settled.removals]
    if changed:
        await rollups.recompute_minutes(
            connection, ((datastream_id, ms - ms % MINUTE_MS) for datastream_id, ms in changed)
        )
    return settled


async def _insert_and_correct(
    connection: "asyncpg.Connection[Any]", items: list[tuple[Key, Stored]]
) -> Settled:
    if not items:
        return Settled()
    folded = fold(items)
    inserted = await observations.insert_missing(connection, rows_of(folded.current))
    others = [key for key in folded.current if key not in inserted]
    existing = await observations.find_stored(connection, others) if others else {}
    corrections = correct(folded, existing)
    if corrections.history:
        await observations.apply_corrections(connection, corrections.updates, corrections.history)
    return Settled(
        inserts={key: folded.current[key] for key in inserted},
        updates=corrections.updates,
        history=[Kept(key, value, deleted=False) for key, value in corrections.history],
        repeats=corrections.repeats,
    )


async def _take_back(connection: "asyncpg.Connection[Any]", items: list[tuple[Key, Stored]]) -> Settled:
    existing = await observations.find_stored(connection, {key for key, _ in items})
    settled = settle(items, existing)
    if settled.removals:
        await observations.remove(connection, settled.removals)
    if settled.updates:
        await observations.update(connection, settled.updates)
    if settled.inserts:
        await observations.insert_missing(connection, rows_of(settled.inserts))
    if settled.history:
        await observations.keep(connection, settled.history)
    return settled


def _add(settled: Settled, more: Settled) -> None:
    settled.inserts |= more.inserts
    settled.updates |= more.updates
    settled.removals += more.removals
    settled.history += more.history
    settled.repeats += more.repeats
    settled.removed += more.removed
