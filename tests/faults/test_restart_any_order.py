"""Parts may stop and start in any order: everything is ready again with no hand laid on it."""

import asyncio
import random
import time
from collections.abc import Callable

import pytest
from tests.conftest import Addresses
from tests.faults.journey import reading_passes
from tests.faults.steering import SERVICES, run, wait_ready

from fansipan_local import Stack

PARTS = ("kafka", "postgres", "redis", *SERVICES)
DATASTREAM = "demo/any-order/water_level"


@pytest.mark.timeout(300)
async def test_any_single_part_may_restart(
    fault_stack: Stack, site: Addresses, show: Callable[[str], None]
) -> None:
    times: list[str] = []
    for part in PARTS:
        await asyncio.to_thread(fault_stack.restart, part)
        began = time.monotonic()
        await reading_passes(site, DATASTREAM)
        await wait_ready(fault_stack, *PARTS)
        times.append(f"{part} {time.monotonic() - began:.1f} s")
    show(f"a reading passed and all was ready after the restart of: {', '.join(times)}")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [None, 1, 2], ids=["services first", "shuffled 1", "shuffled 2"])
async def test_all_parts_may_start_in_any_order(
    fault_stack: Stack, site: Addresses, show: Callable[[str], None], seed: int | None
) -> None:
    stopped, started = list(PARTS), list(reversed(PARTS))
    if seed is not None:
        rng = random.Random(seed)
        rng.shuffle(stopped)
        rng.shuffle(started)
    for part in stopped:
        await asyncio.to_thread(fault_stack.stop, part)
    began = time.monotonic()
    await run(fault_stack, started)
    ready_after = time.monotonic() - began
    took = await reading_passes(site, DATASTREAM)
    show(
        f"stopped {' '.join(stopped)}; started {' '.join(started)}:"
        f" ready after {ready_after:.1f} s, a reading passed in {took:.1f} s"
    )


async def test_everything_works_without_redis(fault_stack: Stack, site: Addresses) -> None:
    await asyncio.to_thread(fault_stack.stop, "redis")
    try:
        await reading_passes(site, DATASTREAM)
        for service in SERVICES:
            await asyncio.to_thread(fault_stack.restart, service)
        await reading_passes(site, DATASTREAM)
        await wait_ready(fault_stack, *SERVICES)
    finally:
        await asyncio.to_thread(fault_stack.start, "redis")
