"""The promise of the store: kill anything at any time, and every accepted observation is there exactly once."""

import asyncio
import os
import random
import time
from collections.abc import Callable

import asyncpg
import pytest
from tests.conftest import Addresses
from tests.faults.load import Load, outcomes, plan
from tests.faults.real_data import AIR, HANOI, RIVER, TRAFFIC, read
from tests.faults.steering import kill_and_keep_away, kill_while_writing, wait_ready
from tests.faults.store_checks import assert_derived_equals_raw, assert_raw_is, wait_until_settled

from fansipan_local import Stack

SEED = int(os.environ.get("FANSIPAN_FAULT_SEED", "20261121"))
PREFIX = "exactly-once"


class Harm:
    """The faults of this test, in their order, each while data flow."""

    def __init__(self, stack: Stack, site: Addresses, load: Load) -> None:
        self._stack = stack
        self._site = site
        self._load = load
        self._began = time.monotonic()
        self.done: list[str] = []

    async def do(self) -> None:
        """Five kills of analytics, one of Kafka, of PostgreSQL and of ingest; then let the rest flow."""
        await self._kill_analytics(0.10)
        await self._kafka_away(0.25)
        await self._kill_analytics(0.35)
        await self._kill_postgres(0.50)
        await self._kill_analytics(0.60)
        await self._kill_ingest(0.75)
        await self._kill_analytics(0.85)
        await self._kill_analytics(0.95)
        self._load.let(1.0)

    async def _kill_analytics(self, share: float) -> None:
        self._load.let(share)
        seen = await kill_while_writing(self._stack, self._site.database, "analytics")
        self._note(f"analytics {'while writing' if seen else 'idle'}")
        await wait_ready(self._stack, "analytics")

    async def _kafka_away(self, share: float) -> None:
        before = self._load.figures.refused_503
        await kill_and_keep_away(self._stack, "kafka")
        self._load.let(share)
        deadline = time.monotonic() + 30.0
        while self._load.figures.refused_503 == before:
            assert time.monotonic() < deadline, "Kafka is away for 30 s, and ingest never said so"
            await asyncio.sleep(0.05)
        await asyncio.to_thread(self._stack.start, "kafka")
        self._note("kafka")
        await wait_ready(self._stack, "ingest", "analytics")

    async def _kill_postgres(self, share: float) -> None:
        self._load.let(share)
        await kill_while_writing(self._stack, self._site.database, "postgres")
        self._note("postgres")
        await wait_ready(self._stack, "postgres", "ingest", "analytics")

    async def _kill_ingest(self, share: float) -> None:
        self._load.let(share)
        deadline = time.monotonic() + 10.0
        while not self._load.flowing:
            assert time.monotonic() < deadline, "no request is on its way"
            await asyncio.sleep(0.001)
        await asyncio.to_thread(self._stack.kill, "ingest")
        self._note("ingest")
        await wait_ready(self._stack, "ingest")

    def _note(self, what: str) -> None:
        self.done.append(f"{what} at {time.monotonic() - self._began:.0f} s")


@pytest.mark.timeout(900)
async def test_nothing_lost_nothing_twice(
    fault_stack: Stack, site: Addresses, show: Callable[[str], None]
) -> None:
    rng = random.Random(SEED)
    readings = [reading for series in (RIVER, TRAFFIC, AIR, HANOI) for reading in read(series, PREFIX)]
    chains = plan(readings, rng)
    assert len(readings) >= 200_000
    load = Load(chains, url=site.ingest, key=site.key, rng=rng)
    harm = Harm(fault_stack, site, load)

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        group.create_task(load.run())
        group.create_task(harm.do())
    sent_after = time.monotonic() - began

    owner = await asyncpg.connect(site.database, timeout=10.0, command_timeout=120.0)
    try:
        # In random order nearly every reading dirties an hour of its own.
        patience = 60.0 + len(readings) / 4_000
        settled_after = await wait_until_settled(owner, site.kafka, "observations.v1", patience)
        expected = outcomes(chains)
        await assert_raw_is(owner, expected, f"demo/{PREFIX}-")
        rows = await assert_derived_equals_raw(owner)
    finally:
        owner.terminate()

    figures = load.figures
    assert figures.accepted == load.total
    assert figures.refused_503 > 0, "the outage of Kafka was not felt"
    assert figures.lost_connections > 0, "the death of ingest was not felt"
    replaced = sum(len(outcome.replaced) for outcome in expected.values())
    show(
        f"nothing lost, nothing twice (seed {SEED}): {load.total:,} observations sent in {figures.requests:,} requests,"
        f" {len(expected):,} distinct, {replaced:,} corrections, {figures.refused_503} answers 503 {figures.codes},"
        f" {figures.lost_connections} lost connections; accepted after {sent_after:.0f} s, settled"
        f" {settled_after:.1f} s later; killed: {', '.join(harm.done)}; {rows}"
    )
