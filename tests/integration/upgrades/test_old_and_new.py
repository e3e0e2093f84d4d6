"""Expand and contract: old code with the new schema and new code with the old one both work, while it is migrated."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import psycopg
import pytest
from psycopg import sql
from tests.conftest import Addresses
from tests.integration.conftest import connect
from tests.support.last_release import LastRelease, last_release
from tests.support.processes import Processes, ServiceProcess, processes, settings_of
from tests.support.providers import make_key
from tests.support.signing_in import PASSWORD, make_operator

from fansipan_common.contracts import topic_specs
from fansipan_common.kafka import create_topics
from fansipan_common.schema_additions import ADDITIONS, LAST_RELEASE
from fansipan_common.security import Scope
from fansipan_db import current_revision, head_revision, migrate
from fansipan_local import Stack

_SERVICES: Final = ("ingest", "analytics", "gateway")
_DATABASE: Final = "t_old_and_new"
_ADMIN: Final = ("quan-tri", PASSWORD)


@dataclass(frozen=True)
class Generation:
    """The three services of one version of the code."""

    ingest: ServiceProcess
    analytics: ServiceProcess
    gateway: ServiceProcess

    async def ready(self) -> dict[str, dict[str, Any]]:
        """Wait until all are; the parts of each."""
        found = await asyncio.gather(*(getattr(self, name).ready() for name in _SERVICES))
        return dict(zip(_SERVICES, found, strict=True))


@dataclass(frozen=True)
class World:
    """A database at the schema of the last release, and ways to start services of either version on it."""

    database: str
    release: LastRelease
    start: Callable[[dict[str, str]], Generation]
    http: httpx.AsyncClient
    owner: "asyncpg.Connection[Any]"
    key: str
    reader: str

    async def push(self, services: Generation, series: str, *results: float) -> None:
        """Readings of a new datastream, a minute apart, then a correction of the first, until they are readable."""
        began = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
        items = [
            {
                "datastream": f"p/{series}/level",
                "phenomenonTime": (began + timedelta(minutes=place)).isoformat(),
                "result": result,
            }
            for place, result in enumerate(results)
        ]
        for batch in (items, [items[0] | {"result": results[0] + 1.0}]):
            answer = await self.http.post(
                f"{services.ingest.url}/v1/observations?wait=stored", json=batch, headers=_bearer(self.key)
            )
            assert answer.status_code == 202, answer.text
            assert answer.json()["stored"], answer.text
            assert answer.json()["accepted"] == len(batch), answer.text
        stored = await self.owner.fetch(
            "SELECT o.result FROM observation o JOIN datastream d ON d.id = o.datastream_id"
            " WHERE d.key = $1 ORDER BY o.phenomenon_time",
            f"p/{series}/level",
        )
        assert [row["result"] for row in stored] == [results[0] + 1.0, *results[1:]]
        replaced = await self.owner.fetchval(
            "SELECT h.result FROM observation_history h JOIN datastream d ON d.id = h.datastream_id"
            " WHERE d.key = $1",
            f"p/{series}/level",
        )
        assert replaced == results[0]

    async def old_features(self, services: Generation, series: str) -> None:
        """What the last release could do."""
        await self.push(services, series, 1.0, 2.0, 3.0)
        ingest, gateway, datastream = services.ingest.url, services.gateway.url, f"p/{series}/level"
        event = {
            "specversion": "1.0",
            "type": "vn.fansipan.dossier.received.v1",
            "source": f"/{series}",
            "id": "1",
            "time": datetime.now(UTC).isoformat(),
            "subject": f"dossiers/{series}",
            "data": {
                "dossierId": series,
                "agency": "so-y-te",
                "procedure": "1.001",
                "channel": "online",
                "dueAt": (datetime.now(UTC) + timedelta(days=3)).isoformat(),
            },
        }
        answer = await self.http.post(
            f"{ingest}/v1/service-events?wait=stored",
            json=event,
            headers=_bearer(self.key) | {"Content-Type": "application/cloudevents+json"},
        )
        assert answer.status_code == 202, answer.text
        assert answer.json()["stored"], answer.text
        line = f"weather,station={series} temperature=21.5"
        answer = await self.http.post(
            f"{ingest}/api/v2/write?precision=s", content=line, headers=_bearer(self.key)
        )
        assert answer.status_code == 204, answer.text
        refused = [{"datastream": datastream, "phenomenonTime": "never", "result": 1}]
        answer = await self.http.post(f"{ingest}/v1/observations", json=refused, headers=_bearer(self.key))
        assert answer.json()["rejected"][0]["index"] == 0, answer.text
        failed: dict[str, str] = {}
        for path, admin in (
            ("/v1/things", False),
            (f"/v1/latest?datastream={datastream}", False),
            (f"/v1/observations?datastream={datastream}", False),
            ("/v1/indicators", False),
            ("/v1/areas", False),
            ("/v1/service-events/summary?groupBy=agency", True),
            ("/v1/alerts", True),
            ("/v1/admin/dead-letters", True),
            ("/v1/data-health", True),
            ("/v1/admin/providers", True),
            ("/v1/admin/providers/p", True),
            ("/v1/admin/api-keys", True),
            ("/v1/admin/operators", True),
            ("/v1/admin/audit", True),
            ("/sta/v1.1/Observations?$expand=FeatureOfInterest,Datastream&$top=5", True),
            ("/sta/v1.1/Things?$expand=Locations,HistoricalLocations,Datastreams", True),
        ):
            options: dict[str, Any] = {"auth": _ADMIN} if admin else {"headers": _bearer(self.reader)}
            answer = await self.http.get(gateway + path, **options)
            if answer.status_code != 200:
                failed[path] = answer.text
        assert failed == {}
        rollup = await self._eventually(
            "SELECT r.sum FROM rollup_1h r JOIN datastream d ON d.id = r.datastream_id WHERE d.key = $1",
            datastream,
        )
        assert rollup is not None
        assert await self._eventually("SELECT kind FROM dead_letter WHERE payload LIKE $1", f"%{series}%")

    async def _eventually(self, query: str, argument: str) -> Any:
        async with asyncio.timeout(20.0):
            while (found := await self.owner.fetchval(query, argument)) is None:
                await asyncio.sleep(0.1)
        return found

    def new_features(self, services: Generation) -> list[tuple[str, str, str, dict[str, Any]]]:
        """What it could not do: name, method, address, the rest."""
        gateway, admin, key = services.gateway.url, {"auth": _ADMIN}, {"headers": _bearer(self.key)}
        name = secrets.token_hex(3)
        hook = {"name": name, "url": "https://receiver.invalid/", "events": ["alerts"]}
        device = {"thing": name}
        thing = {"name": name, "description": name, "properties": {}}
        operator = {"username": f"op-{name}", "password": PASSWORD, "role": "integrator"}
        gone = [{"datastream": "p/new-on-old/level", "phenomenonTime": "2020-01-01T00:00:00Z"}]
        return [
            ("a webhook", "POST", f"{gateway}/v1/provider/p/webhooks", admin | {"json": hook}),
            (
                "a device",
                "PUT",
                f"{gateway}/v1/admin/devices/p/lorawan/0101010101010101",
                admin | {"json": device},
            ),
            ("SensorThings writes", "POST", f"{gateway}/sta/v1.1/Things", key | {"json": thing}),
            ("an integrator", "POST", f"{gateway}/v1/admin/operators", admin | {"json": operator}),
            (
                "a deletion",
                "POST",
                f"{services.ingest.url}/v1/observation-deletions",
                key | {"json": gone},
            ),
        ]

    async def try_new(self, services: Generation) -> dict[str, tuple[int, str]]:
        """Status of each, and the code of its problem."""
        found: dict[str, tuple[int, str]] = {}
        for name, method, url, options in self.new_features(services):
            answer = await self.http.request(method, url, **options)
            body = answer.json() if answer.content else {}
            found[name] = (answer.status_code, str(body.get("code", "")))
        return found


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
async def world(
    stack: Stack, addresses: Addresses, tmp_path: Path, http: httpx.AsyncClient
) -> AsyncGenerator[World]:
    """Ends all that was started."""
    folder = tmp_path / "release"
    folder.mkdir()
    release = last_release(folder)
    name = sql.Identifier(_DATABASE)
    with psycopg.connect(addresses.database, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
    url = addresses.database.rsplit("/", 1)[0] + "/" + _DATABASE
    assert release.migrate(url) == LAST_RELEASE
    prefix = f"old-and-new-{secrets.token_hex(3)}."
    await create_topics(addresses.kafka, topic_specs(prefix))
    owner = await connect(url)
    await make_operator(owner, _ADMIN[0], "admin")
    key = make_key(url, "p", scopes=(Scope.WRITE, Scope.READ)).key
    given = {name: settings_of(stack.pid(name), without=("MQTT_URL",)) for name in _SERVICES}
    for settings in given.values():
        settings["KAFKA_TOPIC_PREFIX"] = prefix
        settings["FANSIPAN_REDIS_PREFIX"] = prefix + ":"
        settings["DATABASE_URL"] = settings["DATABASE_URL"].rsplit("/", 1)[0] + "/" + _DATABASE

    async with processes({}, tmp_path, http) as started:

        def start(extra: dict[str, str]) -> Generation:
            return _generation(started, given, extra)

        yield World(url, release, start, http, owner, key, key)
    await owner.close(timeout=5.0)
    with psycopg.connect(addresses.database, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def _generation(started: Processes, given: dict[str, dict[str, str]], extra: dict[str, str]) -> Generation:
    ingest = started.start("ingest", **given["ingest"] | extra)
    analytics = started.start("analytics", **given["analytics"] | extra)
    where = {"FANSIPAN_INGEST_URL": ingest.url, "FANSIPAN_ANALYTICS_URL": analytics.url}
    return Generation(ingest, analytics, started.start("gateway", **given["gateway"] | where | extra))


@pytest.mark.timeout(180)
async def test_old_and_new_code_work_with_either_schema(world: World) -> None:
    new = world.start({})
    parts = await new.ready()
    for name in _SERVICES:
        assert "webhook" in parts[name]["schema"], parts[name]
    await world.old_features(new, "new-on-old")
    assert set((await world.try_new(new)).values()) == {(503, "schema-behind")}

    old = world.start(world.release.environment)
    await old.ready()
    failures: list[str] = []
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for services in (old, new):
            group.create_task(_at_work(world, services, failures, stop))
        await asyncio.sleep(1.0)
        await asyncio.to_thread(migrate, world.database)
        await asyncio.sleep(1.0)
        stop.set()
    assert failures == []
    assert current_revision(world.database) == head_revision()

    async with asyncio.timeout(30.0):
        while any(part["schema"] != "ok" for part in (await new.ready()).values()):
            await asyncio.sleep(0.5)
    found = await world.try_new(new)
    assert {status for status, _ in found.values()} <= {200, 201, 202}, found

    await new.analytics.terminate()  # so that it is the old one that stores
    await world.old_features(old, "old-on-new")
    await old.ready()
    assert {row["part"] for row in (await _parts(world, old))} == {"ok"}


async def _parts(world: World, services: Generation) -> list[dict[str, str]]:
    answers = [await world.http.get(f"{getattr(services, name).url}/readyz") for name in _SERVICES]
    return [{"part": state} for answer in answers for state in answer.json()["parts"].values()]


async def _at_work(world: World, services: Generation, failures: list[str], stop: asyncio.Event) -> None:
    """Write and read without a pause; note what is not answered well."""
    place, now = 0, datetime.now(UTC) - timedelta(days=1)
    while not stop.is_set():
        place += 1
        item = {
            "datastream": f"p/during-{services.ingest.port}/level",
            "phenomenonTime": (now + timedelta(seconds=place)).isoformat(),
            "result": place,
        }
        requests: tuple[tuple[str, str, dict[str, Any]], ...] = (
            (
                "POST",
                f"{services.ingest.url}/v1/observations?wait=stored",
                {"json": [item], "headers": _bearer(world.key)},
            ),
            (
                "GET",
                f"{services.gateway.url}/v1/latest?datastream={item['datastream']}",
                {"headers": _bearer(world.reader)},
            ),
            ("GET", f"{services.gateway.url}/v1/admin/providers", {"auth": _ADMIN}),
            ("GET", f"{services.gateway.url}/sta/v1.1/Observations?$top=3", {"auth": _ADMIN}),
        )
        for method, url, options in requests:
            answer = await world.http.request(method, url, **options)
            if answer.status_code not in (200, 202):
                failures.append(f"{method} {url}: {answer.status_code} {answer.text[:300]}")


@pytest.fixture
async def released(addresses: Addresses) -> AsyncGenerator[str]:
    """A database with the tables of the last release, without rights or functions."""
    name = sql.Identifier("t_released")
    url = addresses.database.rsplit("/", 1)[0] + "/t_released"
    with psycopg.connect(addresses.database, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
    await asyncio.to_thread(migrate, url, LAST_RELEASE)
    yield url
    with psycopg.connect(addresses.database, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


async def test_the_list_of_additions_is_what_migrations_added_and_they_hold_nobody_up(released: str) -> None:
    """Also that a stand-in has the names and types of what it stands for, and reads what the last release has."""
    owner, long = await connect(released), await connect(released)
    before = await _columns(owner)
    for addition in ADDITIONS:
        await owner.fetch(f"SELECT * FROM {addition.stand_in()} AS x")

    reading = (
        long.transaction()
    )  # such as an export, which does not end before the migration has given up its place
    await reading.start()
    await long.fetch("SELECT FROM provider")
    migration = asyncio.create_task(asyncio.to_thread(migrate, released))
    async with asyncio.timeout(30.0):
        while not await owner.fetchval(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND database IS NOT NULL"
        ):
            await asyncio.sleep(0.05)
        await owner.fetch("SELECT FROM provider")
    assert not migration.done()
    await reading.rollback()
    assert await migration == head_revision()

    after = await _columns(owner)
    added = {
        table: list(columns) if table not in before else sorted(columns.keys() - before[table].keys())
        for table, columns in after.items()
        if columns.keys() != before.get(table, {}).keys()
    }
    listed = {
        each.table: list(each.columns) if not each.before else sorted(each.columns) for each in ADDITIONS
    }
    assert listed == added, "fansipan_common.schema_additions is to name what migrations add"
    for addition in ADDITIONS:
        assert tuple(before.get(addition.table, {})) == addition.before, addition.table
        shown = await owner.prepare(f"SELECT * FROM {addition.stand_in()} AS x")
        real = await owner.prepare(f"SELECT * FROM {addition.table}")
        assert {a.name: a.type.name for a in shown.get_attributes()} == {
            a.name: a.type.name for a in real.get_attributes()
        }, addition.table
    without_rights = await owner.fetch(
        "SELECT relname FROM pg_class WHERE relname = ANY($1::text[]) AND relacl IS NULL",
        [each.table for each in ADDITIONS if not each.before],
    )
    assert without_rights == [], "by its rights a service sees that a migration has come to its end"
    await owner.close(timeout=5.0)
    await long.close(timeout=5.0)


async def _columns(owner: "asyncpg.Connection[Any]") -> dict[str, dict[str, str]]:
    rows = await owner.fetch(
        "SELECT c.relname AS name, a.attname AS part, format_type(a.atttypid, a.atttypmod) AS type"
        "  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1, a.attnum"
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["name"], {})[row["part"]] = row["type"]
    return found
