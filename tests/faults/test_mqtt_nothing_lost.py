"""The promise of the MQTT door: what the broker has acknowledged is stored once, whoever is killed or restarted."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from tests.conftest import Addresses
from tests.faults.steering import wait_ready
from tests.faults.store_checks import assert_derived_equals_raw, wait_until_settled
from tests.support.providers import Credentials, make_key

from fansipan_local import Stack

PROVIDER = "mqtt-faults"
MESSAGES = 100_000
DEVICES = 4
DATASTREAMS = 100
AHEAD = 15_000
"""Messages that may be published and not stored yet, so that data flow from the first fault to the last."""

BEGIN = datetime(2026, 7, 1, tzinfo=UTC)


def message_of(number: int) -> tuple[str, datetime, float]:
    """Datastream, time and result of message `number`; no two have the same datastream and time."""
    name = f"{PROVIDER}/box-{number % DATASTREAMS}/pm2_5"
    return name, BEGIN + timedelta(seconds=number // DATASTREAMS), number / 8


class Devices:
    """Clients that publish with QoS 1 in threads, reconnect by themselves and send again what was not acknowledged."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._address = urlsplit(url)
        self._credentials = credentials
        self._change = threading.Condition()
        self._allowed = 0
        self._threads = [
            threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(DEVICES)
        ]
        self.published = 0
        self.acknowledged: dict[str, int] = {}
        self.reconnects = 0
        self.failure: BaseException | None = None

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def allow(self, most: int) -> None:
        """Let them publish up to `most` messages."""
        with self._change:
            self._allowed = max(self._allowed, most)
            self._change.notify_all()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(300.0)
            assert not thread.is_alive(), "a device does not finish"
        if self.failure is not None:
            raise self.failure

    def _run(self, place: int) -> None:
        try:
            self._publish_share(place)
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self.failure = error

    def _publish_share(self, place: int) -> None:
        connects = sent = heard = 0

        def waiting() -> int:
            return sent - heard

        def connected(*_: Any) -> None:
            nonlocal connects
            connects += 1

        def acknowledged(_c: Client, _u: Any, _packet_id: int, reason: Any, _p: Any) -> None:
            nonlocal heard
            with self._change:
                heard += 1
                self.acknowledged[str(reason)] = self.acknowledged.get(str(reason), 0) + 1
                self._change.notify_all()

        client = Client(CallbackAPIVersion.VERSION2, client_id=f"{PROVIDER}-{place}", protocol=MQTTv5)
        client.username_pw_set(self._credentials.key_id, self._credentials.key)
        client.reconnect_delay_set(1, 1)
        client.on_connect = connected
        client.on_publish = acknowledged
        client.connect(str(self._address.hostname), int(self._address.port or 0))
        client.loop_start()
        for number in range(place, MESSAGES, DEVICES):
            with self._change:
                free = self._change.wait_for(
                    lambda: self.published < self._allowed and waiting() < 1_000, 120.0
                )
                assert free, f"nothing moves: {self.published} published, {waiting()} wait for the broker"
                self.published += 1
            name, moment, result = message_of(number)
            body = {"result": result, "phenomenonTime": moment.isoformat()}
            client.publish(
                f"fansipan/{name}", json.dumps(body), qos=1
            )  # not under our lock: paho has its own
            sent += 1
        with self._change:
            assert self._change.wait_for(lambda: not waiting(), 120.0), f"{waiting()} were never acknowledged"
        client.disconnect()
        client.loop_stop()
        with self._change:
            self.reconnects += connects - 1


class Harm:
    """Two kills of ingest and a restart of Mosquitto, each while messages flow."""

    def __init__(self, stack: Stack, owner: "asyncpg.Connection[Any]", devices: Devices) -> None:
        self._stack = stack
        self._owner = owner
        self._devices = devices
        self._began = time.monotonic()
        self.done: list[str] = []

    async def do(self) -> None:
        await self._stored(0.15)
        await self._kill_ingest()
        await self._stored(0.40)
        await asyncio.to_thread(self._stack.restart, "mosquitto")
        self._note("mosquitto restarted")
        await self._stored(0.65)
        await self._kill_ingest()
        await self._stored(1.0)

    async def _kill_ingest(self) -> None:
        await asyncio.to_thread(self._stack.kill, "ingest")
        self._note("ingest killed")
        await wait_ready(self._stack, "ingest")

    async def _stored(self, share: float) -> None:
        """Wait until so much is stored, letting the devices go on as it grows."""
        wanted, seen, moved = int(share * MESSAGES), -1, time.monotonic()
        while seen < wanted:
            count = await self._owner.fetchval(
                "SELECT coalesce(sum(r.count), 0)::int FROM rollup_1m r JOIN datastream d ON d.id = r.datastream_id"
                " WHERE starts_with(d.key, $1)",
                f"{PROVIDER}/",
            )
            if count > seen:
                seen, moved = count, time.monotonic()
            assert time.monotonic() < moved + 90.0, f"{seen} of {MESSAGES} stored, and no more for 90 s"
            self._devices.allow(seen + AHEAD)
            await asyncio.sleep(0.1)

    def _note(self, what: str) -> None:
        self.done.append(f"{what} at {time.monotonic() - self._began:.0f} s")


@pytest.mark.timeout(900)
async def test_mqtt_nothing_lost_nothing_twice(
    fault_stack: Stack,
    site: Addresses,
    owner: "asyncpg.Connection[Any]",
    show: Callable[[str], None],
) -> None:
    credentials = make_key(site.database, PROVIDER)
    async with httpx.AsyncClient(timeout=30.0) as http:
        answer = await http.put(
            f"{site.ingest}/v1/mqtt/access", headers={"Authorization": f"Bearer {credentials.key}"}
        )
        assert answer.status_code == 200, answer.text

    devices = Devices(site.mqtt, credentials)
    harm = Harm(fault_stack, owner, devices)
    began = time.monotonic()
    devices.start()
    await harm.do()
    await asyncio.to_thread(devices.join)
    took = time.monotonic() - began
    settled = await wait_until_settled(owner, site.kafka, "observations.v1", 120.0)

    rows = await owner.fetch(
        "SELECT d.key, o.phenomenon_time, o.result FROM observation o JOIN datastream d ON d.id = o.datastream_id"
        " WHERE starts_with(d.key, $1)",
        f"{PROVIDER}/",
    )
    stored = {(row["key"], row["phenomenon_time"]): row["result"] for row in rows}
    sent = {(name, moment): result for name, moment, result in map(message_of, range(MESSAGES))}
    assert len(rows) == len(stored) == MESSAGES
    assert stored == sent
    corrections = await owner.fetchval(
        "SELECT count(*) FROM observation_history h JOIN datastream d ON d.id = h.datastream_id"
        " WHERE starts_with(d.key, $1)",
        f"{PROVIDER}/",
    )
    refused = await owner.fetchval("SELECT count(*) FROM dead_letter WHERE provider = $1", PROVIDER)
    assert (corrections, refused) == (0, 0)
    await assert_derived_equals_raw(owner)
    # Each was taken by a subscriber: one that had none would have been acknowledged for nothing.
    assert devices.acknowledged == {"Success": MESSAGES}
    assert devices.reconnects >= DEVICES, "the restart of Mosquitto was not felt"
    show(
        f"mqtt, nothing lost, nothing twice: {MESSAGES:,} messages of QoS 1 by {DEVICES} devices stored after"
        f" {took:.0f} s ({MESSAGES / took:,.0f}/s with the outages), settled {settled:.1f} s later;"
        f" {devices.reconnects} reconnects; {', '.join(harm.done)}"
    )
