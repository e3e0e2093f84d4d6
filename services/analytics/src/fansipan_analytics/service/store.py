"""One micro-batch, one transaction: rows, rollups, dossiers, petitions and the offsets behind them."""

import time
from collections.abc import Callable, Mapping

import asyncpg
import numpy as np

from fansipan_analytics.domain.batch import Rows, join_batches
from fansipan_analytics.domain.records import Prepared
from fansipan_analytics.repository.offsets import advance
from fansipan_analytics.service.observations import (
    Change,
    FallenBack,
    NewestTimes,
    Outcome,
    Unusable,
    store_observations,
)
from fansipan_analytics.service.service_events import store_service_events
from fansipan_common.db import Database
from fansipan_common.kafka import Partition
from fansipan_common.telemetry import Metrics
from fansipan_indicators.calendars import WorkingCalendar

UNUSABLE = (Unusable, asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""Errors that the same records will always give."""


class Store:
    """Commits micro-batches. Not for concurrent use: what it remembers belongs to one member of the group.

    The calendar says when dossiers and petitions are late; `cases_changed` is called after commits of service events,
    `observed` with the rows of a commit that are newest of their datastream, or correct the newest, `fell_back` with
    datastreams whose newest was taken back and what is newest now (None: nothing is left), `stored` with all rows that
    a commit has inserted or corrected.
    """

    def __init__(
        self,
        database: Database,
        calendar: WorkingCalendar,
        *,
        metrics: Metrics,
        cases_changed: Callable[[], None] = lambda: None,
        observed: Callable[[Rows], None] = lambda _rows: None,
        fell_back: Callable[[FallenBack], None] = lambda _newest: None,
        stored: Callable[[Rows], None] = lambda _rows: None,
    ) -> None:
        self._database = database
        self._calendar = calendar
        self._metrics = metrics
        self._cases_changed = cases_changed
        self._observed = observed
        self._fell_back = fell_back
        self._stored = stored
        self._newest = NewestTimes()

    def forget(self) -> None:
        """Ask the database again what is stored: partitions have changed hands, or a commit has failed."""
        self._newest.forget()

    async def commit(
        self, prepared: Prepared, expected: Mapping[Partition, int], following: Mapping[Partition, int]
    ) -> None:
        """Store everything and move the offsets from `expected` to `following`, or nothing at all.

        Raises:
            Fenced: the partitions have another owner.
            Unusable, asyncpg.DataError, asyncpg.IntegrityConstraintViolationError: a record can never be stored.
            DatabaseAway: try again.
        """
        began = time.monotonic()
        try:
            try:
                outcomes = await self._transaction(prepared, expected, following)
            except asyncpg.UniqueViolationError:
                self.forget()
                outcomes = await self._transaction(prepared, expected, following)
        except BaseException:
            self.forget()
            raise
        if prepared.events:
            self._cases_changed()
        self._metrics.commit_duration.record(time.monotonic() - began)
        self._metrics.commit_rows.record(prepared.rows)
        for target, outcome in outcomes.items():
            for name, count in (
                ("inserted", outcome.inserted),
                ("duplicate", outcome.duplicates),
                ("corrected", outcome.corrected),
                ("deleted", outcome.deleted),
                ("orphaned", outcome.orphaned),
            ):
                if count:
                    self._metrics.stored.add(count, {"fansipan.target": target, "fansipan.outcome": name})

    async def _transaction(
        self, prepared: Prepared, expected: Mapping[Partition, int], following: Mapping[Partition, int]
    ) -> dict[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        change: Change | None = None
        async with self._database.connection() as connection:
            async with connection.transaction():
                await advance(connection, expected, following)
                rows = join_batches(prepared.batches)
                if len(rows):
                    change = await store_observations(connection, rows, self._newest)
                    outcomes["observations"] = change.outcome
                if prepared.events:
                    outcomes["service-events"] = await store_service_events(
                        connection, prepared.events, self._calendar
                    )
            if change is not None:
                self._observe(change)
                for rows in change.stored:
                    self._stored(rows)
        return outcomes

    def _observe(self, change: Change) -> None:
        """After the commit: remember the newest times, and say what is read as latest from now on."""
        newest, corrected, before = change.newest, change.corrected, self._newest.of(change.newest.ids)
        self._newest.follow(change)
        if change.fallen_back:
            self._fell_back(change.fallen_back)
            before = np.minimum(before, self._newest.of(newest.ids))
        self._observed(newest.take(np.flatnonzero(newest.ms >= before)))
        if len(corrected):
            self._observed(corrected.take(np.flatnonzero(corrected.ms == self._newest.of(corrected.ids))))
