"""SIGTERM to ingest under load: what it has in hand is answered, and what it acknowledged is stored."""

import asyncio
import random
import signal
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
from tests.conftest import Addresses
from tests.faults.load import Load, outcomes
from tests.faults.real_data import RIVER_AS_RECORDED, Observation, read
from tests.faults.steering import wait_ready
from tests.faults.store_checks import assert_derived_equals_raw, assert_raw_is, wait_until_settled

from fansipan_local import Stack

PREFIX = "graceful"
WAITING = 8


async def test_sigterm_answers_what_is_in_hand(
    fault_stack: Stack, site: Addresses, owner: "asyncpg.Connection[Any]", show: Callable[[str], None]
) -> None:
    readings = read(RIVER_AS_RECORDED, PREFIX)
    held, others = readings[: WAITING * 100], readings[WAITING * 100 : 30_000]
    load = Load([[reading] for reading in others], url=site.ingest, key=site.key, rng=random.Random(2))

    # Requests that wait for the store are in hand for certain while the store stands still.
    await asyncio.to_thread(fault_stack.kill, "analytics", signal.SIGSTOP)
    try:
        async with asyncio.TaskGroup() as group:
            answers = [
                group.create_task(_push_and_wait(site, held[number::WAITING])) for number in range(WAITING)
            ]
            await asyncio.sleep(1.0)
            group.create_task(load.run())
            load.let(0.5)
            await _flowing(load)
            await asyncio.to_thread(fault_stack.kill, "ingest", signal.SIGTERM)
            await asyncio.sleep(0.5)
            assert not any(answer.done() for answer in answers), "they were to be in hand when SIGTERM came"
            await asyncio.to_thread(fault_stack.kill, "analytics", signal.SIGCONT)
            load.let(1.0)
    finally:
        await asyncio.to_thread(fault_stack.kill, "analytics", signal.SIGCONT)
    await wait_ready(fault_stack, "ingest", "analytics")

    for answer in answers:
        assert answer.result()["accepted"] == len(held) // WAITING
        assert answer.result()["stored"] is True
    await wait_until_settled(owner, site.kafka, "observations.v1", patience=60.0)
    await assert_raw_is(owner, outcomes([reading] for reading in held + others), f"demo/{PREFIX}-")
    await assert_derived_equals_raw(owner)
    figures = load.figures
    show(
        f"graceful ingest: {WAITING} waiting requests answered after SIGTERM; of the load, {figures.lost_connections}"
        f" connections were refused or lost and {figures.refused_503} answers were 503, all sent again"
    )


async def _push_and_wait(site: Addresses, readings: list[Observation]) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=30.0) as client:
        answer = await client.post(
            f"{site.ingest}/v1/observations",
            params={"wait": "stored"},
            json=[reading.item() for reading in readings],
            headers={"Authorization": f"Bearer {site.key}"},
        )
    assert answer.status_code == 202, f"{answer.status_code}: {answer.text}"
    return answer.json()


async def _flowing(load: Load) -> None:
    deadline = time.monotonic() + 10.0
    while not load.flowing:
        assert time.monotonic() < deadline, "no request is on its way"
        await asyncio.sleep(0.001)
