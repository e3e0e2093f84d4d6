"""Every service is replaced, replica by replica, while people write, read and watch: nobody notices."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import orjson
import pytest
from redis.asyncio import Redis
from tests.conftest import Addresses
from tests.faults.load import outcomes
from tests.faults.real_data import Observation
from tests.faults.steering import wait_ready
from tests.faults.store_checks import assert_derived_equals_raw, assert_raw_is, wait_until_settled
from tests.support.live import EventSource
from tests.support.processes import Processes, ServiceProcess, processes, settings_of
from tests.support.replicas import Balancer, Replica, balancer, replace_all

from fansipan_common.contracts.live import RING
from fansipan_local import Stack

_PREFIX: Final = "rolling"
_WRITERS: Final = 4
_READERS: Final = 4
_BATCH: Final = 20
_PAUSE_SECONDS: Final = 0.05
_WATCHED: Final = f"demo/{_PREFIX}-0/level"
_READ: Final = (
    "/v1/things?limit=5",
    "/v1/indicators",
    f"/v1/latest?datastream={_WATCHED}",
    "/v1/areas",
    "/",
)


@dataclass(slots=True)
class Load:
    """People at work until `stop` is set: each request is made once, and what is not answered well is a failure."""

    ingest: str
    gateway: str
    key: str
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    failures: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter[str])
    accepted: list[Observation] = field(default_factory=list)

    async def run(self, datastream_id: int) -> None:
        """Work until `stop`."""
        async with asyncio.TaskGroup() as group:
            for number in range(_WRITERS):
                group.create_task(self._write(number))
            for number in range(_READERS):
                group.create_task(self._read(number))
            group.create_task(self._write_through_gateway(datastream_id))

    async def _ask(
        self, client: httpx.AsyncClient, what: str, wanted: int, method: str, path: str, **options: Any
    ) -> httpx.Response | None:
        began = time.monotonic()
        try:
            answer = await client.request(method, path, **options)
        except httpx.HTTPError as error:
            self.failures.append(f"{what}: {error!r} after {time.monotonic() - began:.2f} s")
            return None
        if answer.status_code != wanted:
            self.failures.append(f"{what}: {answer.status_code} {answer.text[:300]}")
            return None
        self.answers[what] += 1
        return answer

    def _client(self, base: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=base, headers={"Authorization": f"Bearer {self.key}"}, timeout=30.0, trust_env=False
        )

    async def _write(self, number: int) -> None:
        async with self._client(self.ingest) as client:
            for place in itertools.count():
                if self.stop.is_set():
                    return
                batch = _readings(f"demo/{_PREFIX}-{number}/level", place)
                params = {"wait": "stored"} if place % 4 == number else {}
                what = "waited for the store" if params else "written"
                items = [reading.item() for reading in batch]
                answer = await self._ask(
                    client, what, 202, "POST", "/v1/observations", params=params, json=items
                )
                if answer is not None:
                    document = answer.json()
                    if document["accepted"] != _BATCH or (params and not document["stored"]):
                        self.failures.append(f"{what}: {answer.text}")
                    self.accepted += batch
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _write_through_gateway(self, datastream_id: int) -> None:
        async with self._client(self.gateway) as client:
            for place in itertools.count():
                if self.stop.is_set():
                    return
                (reading, *_) = _readings(f"demo/{_PREFIX}-sta/level", place)
                item = reading.item()
                answer = await self._ask(
                    client,
                    "written by SensorThings",
                    201,
                    "POST",
                    f"/sta/v1.1/Datastreams({datastream_id})/Observations",
                    json={"phenomenonTime": item["phenomenonTime"], "result": item["result"]},
                )
                if answer is not None:
                    self.accepted.append(reading)
                await asyncio.sleep(4 * _PAUSE_SECONDS)

    async def _read(self, number: int) -> None:
        async with self._client(self.gateway) as client:
            for place in itertools.count(number):
                if self.stop.is_set():
                    return
                await self._ask(client, "read", 200, "GET", _READ[place % len(_READ)])
                await asyncio.sleep(_PAUSE_SECONDS)


def _readings(datastream: str, place: int) -> list[Observation]:
    """Batch number `place` of a datastream: a reading a second, without end, beginning an hour before now."""
    first = _BEGINNING_MS + place * _BATCH * 1000
    return [Observation(datastream, first + n * 1000, float(place * _BATCH + n)) for n in range(_BATCH)]


_BEGINNING_MS: Final = int(datetime.now(UTC).timestamp()) * 1000 - 24 * 3_600_000


@dataclass(slots=True)
class Watcher:
    """A page that follows live events through the balancer, and comes back as a browser does."""

    source: EventSource
    base: str
    comebacks: int = -1

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            if self.source.ended:
                with suppress(ConnectionError, asyncio.IncompleteReadError):
                    await self.source.open(self.base)
                    self.comebacks += 1
            await asyncio.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Site:
    """The services of the stack with more replicas beside them."""

    ingest: Balancer
    gateway: Balancer
    replicas: Mapping[str, list[Replica]]
    fresh: Callable[[str, int], Awaitable[Replica]]


@asynccontextmanager
async def _two_of_each(stack: Stack, site: Addresses, started: Processes) -> AsyncGenerator[Site]:
    """Two replicas of each service; of ingest and analytics the stack's own is one."""
    environments = {
        name: settings_of(stack.pid(name), without=("MQTT_URL",))  # a session of the broker is of one process
        for name in ("ingest", "analytics", "gateway")
    }

    def ours(name: str) -> Replica:
        async def stop() -> None:
            await asyncio.to_thread(stack.stop, name)

        return Replica(getattr(site, name), stop)

    async def another(name: str) -> Replica:
        process = started.start(name, **environments[name])
        await process.ready()
        return Replica(process.url, lambda: _stopped(process))

    async def fresh(name: str, number: int) -> Replica:
        if name == "gateway" or number == 0:
            return await another(name)
        await asyncio.to_thread(stack.start, name)
        return ours(name)

    async with balancer() as ingest, balancer() as gateway:
        environments["gateway"] |= {
            "FANSIPAN_INGEST_URL": ingest.url,
            "FANSIPAN_KEY_REQUESTS_PER_MINUTE": "60000",
        }
        names = ("ingest", "analytics", "gateway", "gateway")
        second = await asyncio.gather(*(another(name) for name in names))
        replicas = {
            "ingest": [ours("ingest"), second[0]],
            "analytics": [ours("analytics"), second[1]],
            "gateway": [second[2], second[3]],
        }
        for name, behind in (("ingest", ingest), ("gateway", gateway)):
            for replica in replicas[name]:
                behind.add(replica.url)
        yield Site(ingest, gateway, replicas, fresh)


async def _stopped(process: ServiceProcess) -> None:
    assert await process.terminate() == 0, process.log[-3000:]


async def _registered(site: Site, key: str, owner: "asyncpg.Connection[Any]") -> int:
    """The id of the datastream that is written through the gateway; all that are written exist afterwards."""
    keys = [f"demo/{_PREFIX}-{number}/level" for number in (*range(_WRITERS), "sta")]
    first = [_readings(name, -1)[0] for name in keys]
    async with httpx.AsyncClient(timeout=30.0) as client:
        answer = await client.post(
            f"{site.ingest.url}/v1/observations?wait=stored",
            json=[reading.item() for reading in first],
            headers={"Authorization": f"Bearer {key}"},
        )
    assert answer.status_code == 202, answer.text
    assert answer.json()["stored"] is True, answer.text
    return await owner.fetchval("SELECT id FROM datastream WHERE key = $1", keys[-1])


async def _ring(url: str, datastream_id: int, after: str, until: str) -> list[str]:
    """Ids of the entries about a datastream, and of those that say that something may be missing."""
    redis = Redis.from_url(url)
    try:
        entries: Any = await redis.xrange(f"fansipan:{RING}", f"({after}", until)
    finally:
        await redis.aclose()
    return [
        name.decode()
        for name, fields in entries
        if fields[b"topic"] == b"reset"
        or (fields[b"topic"] == b"observations" and datastream_id in orjson.loads(fields[b"data"])["ids"])
    ]


@pytest.mark.timeout(180)
async def test_a_rolling_restart_of_every_service_is_not_noticed(
    fault_stack: Stack,
    site: Addresses,
    owner: "asyncpg.Connection[Any]",
    http: httpx.AsyncClient,
    tmp_path: Path,
    show: Callable[[str], None],
) -> None:
    await wait_ready(fault_stack, "ingest", "analytics", "gateway")
    async with (
        processes({}, tmp_path, http) as started,
        _two_of_each(fault_stack, site, started) as replicated,
    ):
        datastream_id = await _registered(replicated, site.key, owner)
        watched_id: int = await owner.fetchval("SELECT id FROM datastream WHERE key = $1", _WATCHED)
        load = Load(replicated.ingest.url, replicated.gateway.url, site.key)
        watchers = [
            Watcher(
                EventSource(f"/v1/live?topics=observations&datastream={_WATCHED}"), replicated.gateway.url
            )
            for _ in range(3)
        ]
        async with asyncio.TaskGroup() as group:
            watching = [group.create_task(watcher.run()) for watcher in watchers]
            working = group.create_task(load.run(datastream_id))
            await asyncio.sleep(1.0)
            began = time.monotonic()
            try:
                stops = await asyncio.gather(
                    *(
                        replace_all(
                            replicas,
                            lambda number, name=name: replicated.fresh(name, number),
                            {"ingest": replicated.ingest, "gateway": replicated.gateway}.get(name),
                        )
                        for name, replicas in replicated.replicas.items()
                    )
                )
                rolled = time.monotonic() - began
                await asyncio.sleep(1.0)
            finally:
                load.stop.set()
            await working
            await wait_until_settled(owner, site.kafka, "observations.v1", patience=60.0)
            await asyncio.sleep(1.0)  # what was stored last is told
            for task in watching:
                task.cancel()

        assert not load.failures, f"{len(load.failures)} of {load.answers.total()}: {load.failures[:10]}"
        sent = [
            *load.accepted,
            *(_readings(f"demo/{_PREFIX}-{n}/level", -1)[0] for n in (*range(_WRITERS), "sta")),
        ]
        await assert_raw_is(owner, outcomes([reading] for reading in sent), f"demo/{_PREFIX}-")
        await assert_derived_equals_raw(owner)
        for watcher in watchers:
            assert watcher.comebacks > 0, "it was to be let go when its replica stopped"
            ids = [event.id for event in watcher.source.events]
            assert len(ids) > 5, ids
            assert ids == [ids[0], *await _ring(site.redis, watched_id, ids[0], ids[-1])]
            await watcher.source.close()
    show(
        f"rolling restart of ingest, analytics and gateway, two replicas each, in {rolled:.1f} s: {dict(load.answers)},"
        f" no failure, {len(sent)} readings stored once; SIGTERM to end, in s:"
        f" {', '.join(f'{seconds:.1f}' for each in stops for seconds in each)};"
        f" streams came back {sum(watcher.comebacks for watcher in watchers)} times without a gap"
    )
