"""The evaluation of alert rules: what changed and what is due, until nothing is left."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from fansipan_analytics.alerts import watches
from fansipan_analytics.alerts.composites import composites_touched, look_at_composite
from fansipan_analytics.alerts.escalation import escalate
from fansipan_analytics.alerts.figures import Series, find_subjects
from fansipan_analytics.alerts.figures_looks import FiguresLook, look_at_figures
from fansipan_analytics.alerts.ledger import Ledger
from fansipan_analytics.alerts.looks import Flip, Seen, settle
from fansipan_analytics.alerts.queues import ChangedFigure, ChangedSeries, take_figures, take_series
from fansipan_analytics.alerts.readings import Datastream, find_datastreams
from fansipan_analytics.alerts.readings_looks import ReadingsLook, look_at_readings
from fansipan_analytics.alerts.rules import RuleBook, current_rules, sync_rules
from fansipan_analytics.alerts.silences import look_at_silence
from fansipan_analytics.alerts.watches import Watch, WatchKey
from fansipan_analytics.rounds import Rounds
from fansipan_common.db import Database
from fansipan_common.telemetry import Metrics
from fansipan_indicators.alert_catalogue import AlertCatalogue
from fansipan_indicators.alert_conditions import Composite, Silence, Threshold
from fansipan_indicators.alert_rules import AlertRule, Receiver

_ROWS: Final = 50
_DUE: Final = 200
_TRANSACTIONS: Final = 64
_NOW: Final = "SELECT clock_timestamp()"
_Step = Callable[["asyncpg.Connection[Any]", RuleBook], Awaitable[int]]


class Alerts(Rounds):
    """Steps alert rules; any number of replicas share the work.

    A transaction takes queued changes, locks the watches they concern, and writes what follows: alerts, their history,
    events for the outbox, notifications. The watches of composites are locked after all others, always in one order.

    Args:
        database: where everything is.
        receivers: whom rules can tell, by key.
        interval: seconds between rounds.
        metrics: counts faults of the loop.
        catalogue: the rules as this release's files give them, written to the database before the first round; None:
            the database has them.
    """

    def __init__(
        self,
        database: Database,
        *,
        receivers: Mapping[str, Receiver],
        interval: float,
        metrics: Metrics,
        catalogue: AlertCatalogue | None = None,
    ) -> None:
        super().__init__("alerts", interval=interval, metrics=metrics)
        self._database = database
        self._ledger = Ledger(receivers)
        self._catalogue = catalogue
        self._book = RuleBook()

    async def _round(self) -> None:
        await self._sync()
        await self.work_off()

    async def _sync(self) -> None:
        if self._catalogue is not None:
            async with self._database.connection() as connection:
                await sync_rules(connection, self._catalogue)
            self._catalogue = None

    async def work_off(self) -> int:
        """Do what is queued and due until nothing free is left, at most 64 transactions; returns how many looks."""
        total = 0
        for _ in range(_TRANSACTIONS):
            done = [await self._transaction(step) for step in (self._due, self._series, self._figures)]
            self._works()
            total += sum(done)
            if not any(done):
                break
        async with self._database.connection() as connection, connection.transaction():
            await escalate(connection, self._ledger)
        return total

    async def _transaction(self, step: _Step) -> int:
        async with self._database.connection() as connection, connection.transaction():
            self._book = await current_rules(connection, self._book)
            return await step(connection, self._book)

    async def _due(self, connection: "asyncpg.Connection[Any]", book: RuleBook) -> int:
        """Watches whose time has come: a duration is held, a silence long enough, a rule new or changed."""
        simple = [key for key, rule in book.rules.items() if not isinstance(rule.condition, Composite)]
        found = await watches.lock_due(connection, simple, _DUE)
        now = await connection.fetchval(_NOW)
        seen = await self._look_again(connection, book, list(found.values()), now)
        gone = found.keys() - {(one.rule.key, one.watch.subject) for one in seen}
        for key in gone:  # the datastream does not exist any more
            found[key].due_at = None
        done = await self._settle(connection, book, seen, found.values())
        composites = [key for key in book.rules if key not in simple]
        return done + await self._due_composites(connection, book, composites)

    async def _due_composites(
        self, connection: "asyncpg.Connection[Any]", book: RuleBook, rules: list[str]
    ) -> int:
        found = await watches.lock_due(connection, rules, _DUE)
        return await self._settle_composites(connection, book, found, {})

    async def _look_again(
        self, connection: "asyncpg.Connection[Any]", book: RuleBook, found: list[Watch], now: datetime
    ) -> list[Seen]:
        of_datastreams = [watch for watch in found if book.rules[watch.rule].observed_property is not None]
        of_figures = [watch for watch in found if book.rules[watch.rule].observed_property is None]
        datastreams = {
            datastream.key: datastream
            for datastream in await find_datastreams(connection, keys={w.subject for w in of_datastreams})
        }
        seen: list[Seen] = []
        looks: list[ReadingsLook] = []
        for watch in of_datastreams:
            rule, datastream = book.rules[watch.rule], datastreams.get(watch.subject)
            if datastream is None:
                continue
            if isinstance(rule.condition, Silence):
                seen.append(look_at_silence(rule, rule.condition, watch, datastream, now))
            else:
                looks.append(ReadingsLook(rule, watch, datastream))
        seen += await look_at_readings(connection, looks, now)
        return seen + await self._look_at_figures(
            connection, [(book.rules[watch.rule], watch, None) for watch in of_figures], now
        )

    async def _series(self, connection: "asyncpg.Connection[Any]", book: RuleBook) -> int:
        """Datastreams that got readings."""
        changed = await take_series(connection, _ROWS)
        if changed is None:
            return 0
        changes = {change.datastream_id: change for change in changed}
        datastreams = await find_datastreams(connection, ids=changes.keys())
        wanted = _rules_on(book.by_property(), datastreams)
        silences = _rules_on(book.silences(), datastreams)
        silent = await watches.watch_silence(connection, sorted(silences))
        found = await watches.lock(connection, sorted(wanted.keys() | silent))
        now = await connection.fetchval(_NOW)
        looks = [_readings_look(*wanted[key], found[key], changes) for key in wanted]
        seen = await look_at_readings(connection, looks, now)
        for key in silent:
            rule, datastream = silences[key]
            if isinstance(rule.condition, Silence):
                seen.append(look_at_silence(rule, rule.condition, found[key], datastream, now))
        return max(1, await self._settle(connection, book, seen, found.values()))

    async def _figures(self, connection: "asyncpg.Connection[Any]", book: RuleBook) -> int:
        """Subjects whose figures changed."""
        changed = await take_figures(connection, _ROWS)
        rules = book.by_indicator()
        wanted: dict[WatchKey, tuple[AlertRule, ChangedFigure]] = {}
        for change in changed:
            for rule in rules.get((change.indicator, change.period), []):
                if rule.subjects == change.kind:
                    wanted[rule.key, change.subject] = rule, change
        found = await watches.lock(connection, sorted(wanted))
        now = await connection.fetchval(_NOW)
        looks = [(rule, found[key], change.changed_from) for key, (rule, change) in wanted.items()]
        seen = await self._look_at_figures(connection, looks, now)
        return max(len(changed), await self._settle(connection, book, seen, found.values()))

    async def _look_at_figures(
        self,
        connection: "asyncpg.Connection[Any]",
        wanted: Sequence[tuple[AlertRule, Watch, datetime | None]],
        now: datetime,
    ) -> list[Seen]:
        subjects = await find_subjects(
            connection, {(rule.subjects.value, watch.subject) for rule, watch, _ in wanted}
        )
        looks: list[FiguresLook] = []
        for rule, watch, changed_from in wanted:
            condition = rule.condition
            if isinstance(condition, Threshold) and condition.indicator and condition.period:
                series = Series(condition.indicator, condition.period, rule.subjects.value, watch.subject)
                subject = subjects[rule.subjects.value, watch.subject]
                looks.append(FiguresLook(rule, watch, subject, series, changed_from))
        return await look_at_figures(connection, looks, now)

    async def _settle(
        self,
        connection: "asyncpg.Connection[Any]",
        book: RuleBook,
        seen: list[Seen],
        locked: Iterable[Watch],
    ) -> int:
        """Carry out what was seen, in the order of the watches, and write all of these that are locked."""
        flips: list[Flip] = []
        for one in sorted(seen, key=lambda one: (one.rule.key, one.watch.subject)):
            flip = await settle(connection, self._ledger, one)
            if flip is not None:
                flips.append(flip)
        await watches.save(connection, list(locked))
        touched = composites_touched(book, flips)
        found = await watches.lock(connection, sorted(touched))
        return len(seen) + await self._settle_composites(connection, book, found, touched)

    async def _settle_composites(
        self,
        connection: "asyncpg.Connection[Any]",
        book: RuleBook,
        found: Mapping[WatchKey, Watch],
        retracted: Mapping[WatchKey, bool],
    ) -> int:
        for key, watch in sorted(found.items()):
            rule = book.rules[watch.rule]
            if isinstance(rule.condition, Composite):
                seen = await look_at_composite(
                    connection, rule, rule.condition, watch, is_retracted=retracted.get(key, False)
                )
                await settle(connection, self._ledger, seen)
        await watches.save(connection, list(found.values()))
        return len(found)


def _rules_on(
    rules: Mapping[str, list[AlertRule]], datastreams: Iterable[Datastream]
) -> dict[WatchKey, tuple[AlertRule, Datastream]]:
    return {
        (rule.key, datastream.key): (rule, datastream)
        for datastream in datastreams
        for rule in rules.get(datastream.property, [])
    }


def _readings_look(
    rule: AlertRule, datastream: Datastream, watch: Watch, changes: Mapping[int, ChangedSeries]
) -> ReadingsLook:
    change = changes[datastream.id]
    return ReadingsLook(rule, watch, datastream, change.changed_from, change.corrected)
