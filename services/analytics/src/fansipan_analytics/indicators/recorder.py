"""Recording figures: what differs from what is known becomes a revision, with all that follows from it."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from fansipan_analytics.indicators import value_repository as repository
from fansipan_analytics.indicators.active import Active, Definitions, holds
from fansipan_analytics.indicators.heads import Heads
from fansipan_analytics.indicators.registry import Subjects
from fansipan_analytics.indicators.value_repository import Head, Key
from fansipan_analytics.indicators.values import Changed, Computed, compare


class Recorder:
    """Takes what a lane computes in one transaction, and writes what differs at its end: few statements, whatever the
    number of indicators.

    Attributes:
        connection: in the transaction.
        definitions: that are evaluated.
        now: the present time.
    """

    def __init__(
        self,
        connection: "asyncpg.Connection[Any]",
        definitions: Definitions,
        heads: Heads,
        subjects: Subjects,
        now: datetime,
    ) -> None:
        self.connection = connection
        self.definitions = definitions
        self.now = now
        self._heads = heads
        self._subjects = subjects
        self._changed: dict[Key, Changed] = {}
        self._superseded: list[tuple[Key, Head]] = []
        self._written = 0

    async def take(self, computed: Sequence[Computed]) -> list[Changed]:
        """Compare figures with their present revisions; returns those that become a revision."""
        if not computed:
            return []
        known = await self._heads.fetch(self.connection, [one.key for one in computed])
        changed, superseded = await asyncio.to_thread(compare, computed, known, self.now)
        written = {change.computed.key: change for change in changed}
        self._heads.wrote({key: change.head for key, change in written.items()})
        self._changed |= written
        self._superseded += superseded
        return changed

    async def write(self) -> int:
        """Store what was taken since the last call; returns how many figures became revisions in this transaction.

        Former revisions go to `indicator_revision`, figures of closed periods to the ledger of restatements, the change
        to the outbox, to the alert rules that watch it, and to the composites of other lanes that read it.
        """
        if self._changed:
            heads = [(key, change.head) for key, change in self._changed.items()]
            await repository.save(self.connection, heads, self._superseded, self.now)
            await repository.restate(self.connection, heads)
            await self._tell(self._changed.values())
            self._written += len(heads)
            self._changed, self._superseded = {}, []
        return self._written

    async def _tell(self, changed: Iterable[Changed]) -> None:
        by_definition: dict[Active, list[Changed]] = {}
        for change in changed:
            by_definition.setdefault(change.computed.active, []).append(change)
        subject_ids = {change.computed.subject_id for changes in by_definition.values() for change in changes}
        await repository.publish(
            self.connection,
            [
                (active.key, active.pair.version.version, [(c.computed.key, c.head) for c in changes])
                for active, changes in by_definition.items()
            ],
            await self._subjects.names(subject_ids),
            self.now,
        )
        for active, changes in by_definition.items():
            if active.key in self.definitions.watched:
                keys = [change.computed.key for change in changes]
                await repository.mark_watched(self.connection, active.id, keys)
            for dependent in self.definitions.dependents.get(active.key, ()):
                if dependent.lane == active.lane:
                    continue
                wanted = [
                    (change.computed.key, change.head.reason)
                    for change in changes
                    if holds(dependent, change.computed.period)
                ]
                if wanted:
                    await repository.mark_stale(self.connection, dependent.lane, dependent.id, wanted)
