"""A small town: a test stores, rolls up and evaluates its events in process, step by step, at times of its choosing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np
from tests.support.oracle import Oracle, Version, read_catalogue, read_successors
from tests.support.oracle_cases import Told
from tests.support.oracle_figure import NOTHING, Figure, differences
from tests.support.oracle_readings import Readings, Station
from tests.support.oracle_time import Span, span_at

from fansipan_analytics.domain.batch import BAD, Extras, Rows
from fansipan_analytics.domain.service_event import EventFacts
from fansipan_analytics.indicators.engine import Engine
from fansipan_analytics.service.cascade import Cascade
from fansipan_analytics.service.observations import NewestTimes, store_observations
from fansipan_analytics.service.service_events import store_service_events
from fansipan_analytics.service.sweeping import Sweeping
from fansipan_common.db import Database
from fansipan_common.telemetry import metrics_of
from fansipan_indicators.calendars import load_calendar
from fansipan_indicators.catalogue import VersionedDefinition, load_catalogue

ROOT = Path(__file__).parents[3]
_ROUNDS = 2000

_FORGET = """
DELETE FROM observation; DELETE FROM observation_history; DELETE FROM latest_observation;
DELETE FROM rollup_1m; DELETE FROM rollup_1h; DELETE FROM rollup_1d; DELETE FROM dirty_bucket;
DELETE FROM service_event; DELETE FROM service_event_history; DELETE FROM dossier; DELETE FROM petition;
DELETE FROM changed_series; DELETE FROM changed_case; DELETE FROM stale_value; DELETE FROM stale_definition;
DELETE FROM changed_value; DELETE FROM outbox; DELETE FROM case_count; DELETE FROM case_contribution;
DELETE FROM indicator_value; DELETE FROM indicator_revision;
UPDATE evaluation_lane SET evaluated_at = '-infinity', ticked_at = '-infinity', looked_at = '-infinity',
    subject_cursor = NULL, owner = NULL;
"""
_THING = """
INSERT INTO thing (provider_id, key, name, area_code, properties)
SELECT p.id, $2, $2, $3, $4 FROM provider p WHERE p.key = $1 RETURNING id
"""
_PROPERTY = """
INSERT INTO observed_property (key, name) VALUES ($1, $1)
ON CONFLICT (key) DO UPDATE SET name = excluded.name RETURNING id
"""
_DATASTREAM = """
INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type)
SELECT $1, $2, (SELECT id FROM sensor WHERE key = 's'), $3, $1, 'measurement' RETURNING id
"""
_FIGURES = """
SELECT d.key, d.version, s.kind, s.key AS subject, v.period, v.period_start, v.value, v.band, v.numerator,
       v.denominator, v.sample_count, v.completeness, v.details, v.reason, v.revision
FROM indicator_value v JOIN indicator_definition d ON d.id = v.definition_id
JOIN indicator_subject s ON s.id = v.subject_id WHERE d.lane <> 'health'
"""
_ANEW = """
INSERT INTO stale_definition (definition_id, next_from, until, reason)
SELECT id, '2000-01-01', $1, 'definition-changed' FROM indicator_definition
WHERE retired_at IS NULL AND lane <> 'health' AND key = ANY($2)
ON CONFLICT (definition_id) DO UPDATE SET next_from = excluded.next_from, until = excluded.until
"""


@dataclass(frozen=True)
class Reading:
    """A reading of a datastream `<provider>/<thing>/<property>`."""

    datastream: str
    at: datetime
    value: float
    bad: bool = False


@dataclass(frozen=True)
class Kit:
    """What the shipped catalogue says, for the code under test and for the oracle."""

    definitions: Sequence[VersionedDefinition]
    versions: Sequence[Version]
    successors: dict[str, set[str]]

    @classmethod
    def shipped(cls) -> "Kit":
        """Read the catalogue of the repository."""
        folder = ROOT / "catalogue"
        return cls(
            load_catalogue(folder / "indicators"),
            read_catalogue(folder / "indicators"),
            read_successors(folder / "areas" / "laocai-old-to-new-communes.csv"),
        )


@dataclass(repr=False)
class Town:
    """Stores events as the consumers do, and knows what became of them.

    Attributes:
        connection: to its database as the owner; reads JSON as Python values.
        now: the present time of the engines.
        readings: the last arrival of each reading. Service events are in `told`, by CloudEvents id.
    """

    database: Database
    connection: "asyncpg.Connection[Any]"
    kit: Kit
    now: datetime
    stations: dict[str, Station] = field(default_factory=dict)
    datastreams: dict[str, int] = field(default_factory=dict)
    readings: dict[tuple[str, datetime], Reading] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._calendar = load_calendar(ROOT / "catalogue" / "calendars" / "lao-cai.yaml")
        self._newest = NewestTimes()
        self._cascade = Cascade(self.database, interval=1.0, metrics=metrics_of("test"))
        self._engines: list[Engine] = []

    async def open(self, engines: int = 1) -> None:
        """Begin with providers `city` and `kttv` (hydrology), and with so many engines that share the database."""
        await self.connection.execute(
            "INSERT INTO provider (key, name) VALUES ('city', 'City'), ('kttv', 'KTTV') ON CONFLICT DO NOTHING"
        )
        await self.connection.execute(
            "INSERT INTO sensor (key, name) VALUES ('s', 'S') ON CONFLICT DO NOTHING"
        )
        self._engines = [self._engine(self.kit.definitions) for _ in range(engines)]

    def _engine(self, definitions: Sequence[VersionedDefinition]) -> Engine:
        return Engine(
            self.database,
            self._calendar,
            definitions,
            watched=_nothing_watched,
            published=lambda: None,
            interval=1.0,
            clock=lambda: self.now,
            metrics=metrics_of("test"),
            pace=0.0,
        )

    async def release(self, definitions: Sequence[VersionedDefinition]) -> None:
        """Start again with other definitions, as a new release does."""
        self._engines = [self._engine(definitions)]
        await self._engines[0].sync()

    async def place(self, key: str, area: str | None, *names: str, **attributes: Any) -> None:
        """Register a thing `<provider>/<thing>` that measures some properties."""
        provider, thing = key.split("/")
        thing_id = await self.connection.fetchval(_THING, provider, thing, area, attributes)
        for name in names:
            property_id = await self.connection.fetchval(_PROPERTY, name)
            self.datastreams[f"{key}/{name}"] = await self.connection.fetchval(
                _DATASTREAM, f"{key}/{name}", thing_id, property_id
            )
        self.stations[key] = Station(key, area, attributes)

    async def forget(self, now: datetime) -> None:
        """Back to before the first event; things stay."""
        await self.connection.execute(_FORGET)
        await self.open(len(self._engines))
        self._newest.forget()
        self.readings.clear()
        self.told.clear()
        self.now = now

    async def observe(self, arrived: Sequence[Reading]) -> None:
        """Store readings in one micro-batch, in the order of arrival."""
        if not arrived:
            return
        rows = Rows(
            np.array([self.datastreams[one.datastream] for one in arrived], np.int32),
            np.array([int(one.at.timestamp() * 1000) for one in arrived], np.int64),
            np.array([one.value for one in arrived]),
            {place: Extras(quality=BAD) for place, one in enumerate(arrived) if one.bad},
        )
        async with self.database.connection() as connection, connection.transaction():
            change = await store_observations(connection, rows, self._newest)
        self._newest.follow(change)
        self.readings |= {(one.datastream, one.at): one for one in arrived}

    async def take_back(self, readings: Sequence[Reading]) -> None:
        """Take readings back in one micro-batch."""
        rows = Rows(
            np.array([self.datastreams[one.datastream] for one in readings], np.int32),
            np.array([int(one.at.timestamp() * 1000) for one in readings], np.int64),
            np.full(len(readings), np.nan),
            {place: Extras(deleted=True) for place in range(len(readings))},
        )
        async with self.database.connection() as connection, connection.transaction():
            change = await store_observations(connection, rows, self._newest)
        self._newest.follow(change)
        for one in readings:
            self.readings.pop((one.datastream, one.at), None)

    async def delete(self, datastream: str, *, thing: bool = False, sweep: bool = True) -> None:
        """Delete a datastream, and its thing when it is to go, too; and sweep what is left of it."""
        await self.connection.execute(
            "DELETE FROM datastream WHERE id = $1", self.datastreams.pop(datastream)
        )
        if thing:
            key = datastream.rpartition("/")[0]
            await self.connection.execute("DELETE FROM thing WHERE key = $1", key.partition("/")[2])
            del self.stations[key]
        self.readings = {place: one for place, one in self.readings.items() if place[0] != datastream}
        if sweep:
            await self.sweep()

    async def sweep(self) -> None:
        """Take away what deleted datastreams have left."""
        while await Sweeping(self.database, interval=1.0, metrics=metrics_of("test")).step():
            pass

    async def tell(self, arrived: Sequence[Told]) -> None:
        """Store service events in one micro-batch, in the order of arrival."""
        if not arrived:
            return
        async with self.database.connection() as connection, connection.transaction():
            events = [(("city", "//test", event.id), _facts(event)) for event in arrived]
            await store_service_events(connection, events, self._calendar)
        self.told |= {event.id: event for event in arrived}

    async def roll_up(self) -> int:
        """One round of the cascade; returns how many buckets it computed."""
        return await self._cascade.work_off()

    async def evaluate(self, engine: int = 0) -> int:
        """One round of an engine; returns how many lanes it worked on. Fails with the reason of a lane that fails."""
        worked = await self._engines[engine].work_off()
        await self._engines[engine].check()
        return worked

    async def evaluate_anew(self, *keys: str) -> None:
        """Have indicators evaluated over the past again, as after a change of their definitions."""
        await self.connection.execute(_ANEW, self.now + timedelta(days=1), list(keys))

    async def count_anew(self) -> None:
        """Have all cases counted again, as when what is counted has changed."""
        await self.connection.execute("UPDATE evaluation_lane SET layout = '' WHERE name = 'cases'")

    async def settle(self) -> None:
        """Work until nothing is left to do, while time passes: lanes rest a second, and look each half minute at what
        changes with time alone."""
        for passed in (0, 2, 2, 31):
            self.now += timedelta(seconds=passed)
            for _ in range(_ROUNDS):
                worked = await self.roll_up()
                for engine in range(len(self._engines)):
                    worked += await self.evaluate(engine)
                if not worked:
                    break
            else:
                raise AssertionError(f"there is still something to evaluate after {_ROUNDS} rounds")

    def oracle(self) -> Oracle:
        """The oracle of all that has been stored, as of now."""
        series: dict[str, dict[datetime, float]] = {}
        for (datastream, at), reading in self.readings.items():
            if not reading.bad:
                series.setdefault(datastream, {})[at] = reading.value
        stations = [
            Station(
                station.key,
                station.area,
                station.attributes,
                {
                    name.rsplit("/", 1)[1]: Readings(by_time)
                    for name, by_time in series.items()
                    if name.startswith(f"{station.key}/")
                },
            )
            for station in self.stations.values()
        ]
        return Oracle(self.kit.versions, self.kit.successors, stations, self.told.values(), self.now)

    async def differences(self, oracle: Oracle) -> tuple[int, list[str]]:
        """How many figures are stored, and each that is not as the oracle says, or that it says and is not there."""
        versions = {(version.key, version.number): version for version in self.kit.versions}
        stored: set[tuple[Version, tuple[str, str], Span]] = set()
        found: list[str] = []
        for row in await self.connection.fetch(_FIGURES):
            version = versions[row["key"], row["version"]]
            subject, span = (row["kind"], row["subject"]), span_at(row["period"], row["period_start"])
            stored.add((version, subject, span))
            if span.start > oracle.now or not version.holds(span):
                found.append(f"{_name(version, subject, span)} is stored and must not be")
            elif version.formula["kind"] == "due-soon" and span.end <= oracle.now:
                continue  # of a day that is over it says what was due soon when it was looked at last
            else:
                figure = oracle.figure(version, subject, span) or NOTHING
                if wrong := differences(row, figure, version.body.get("bands", ())):
                    found.append(f"{_name(version, subject, span)}: (stored, expected) {wrong}")
        found += [
            f"{_name(*place)} is missing: {_short(figure)}"
            for place, figure in oracle.expected()
            if place not in stored
        ]
        return len(stored), found


def _short(figure: Figure) -> str:
    return f"{figure.value} ({figure.numerator}/{figure.denominator}, {figure.samples} samples)"


def _name(version: Version, subject: tuple[str, str], span: Span) -> str:
    return f"{version.key} of {subject[0]} {subject[1]}, {span.kind} {span.start:%Y-%m-%dT%H}"


def _facts(event: Told) -> EventFacts:
    data = event.data
    subject = next(data[name] for name in ("dossierId", "petitionId", "service") if name in data)
    return EventFacts(f"vn.fansipan.{event.name}.v1", event.at, subject, data)


async def _nothing_watched(_connection: "asyncpg.Connection[Any]") -> frozenset[str]:
    return frozenset()


def at(text: str) -> datetime:
    """A moment as a clock in Việt Nam shows it: `2026-01-05T08:30`."""
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def plain(readings: Iterable[tuple[str, str, float]]) -> list[Reading]:
    """Readings from (datastream, time in Việt Nam, value)."""
    return [Reading(datastream, at(text), value) for datastream, text, value in readings]
