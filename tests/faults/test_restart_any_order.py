"""Parts may stop and start in any order: everything is ready again with no hand laid on it.

`make up` starts what is used before those who use it, and `make down` stops it after them. So one more order covers all
pairs: the other way round. `FANSIPAN_RESTART_ORDERS=5` adds so many that are shuffled. That services restart one by one
under load is seen in `test_rolling_restart.py`.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable

import pytest
from tests.conftest import Addresses
from tests.faults.journey import reading_passes
from tests.faults.steering import SERVICES, run, wait_ready

from fansipan_local import Stack

USED = ("kafka", "postgres", "redis")
PARTS = (*USED, *SERVICES)
SHUFFLED = range(int(os.environ.get("FANSIPAN_RESTART_ORDERS", "0")))
DATASTREAM = "demo/any-order/water_level"


@pytest.mark.timeout(300)
async def test_whatever_is_used_may_restart(
    fault_stack: Stack, site: Addresses, show: Callable[[str], None]
) -> None:
    times: list[str] = []
    for part in USED:
        await asyncio.to_thread(fault_stack.restart, part)
        began = time.monotonic()
        await reading_passes(site, DATASTREAM)
        await wait_ready(fault_stack, *PARTS)
        times.append(f"{part} {time.monotonic() - began:.1f} s")
    show(f"a reading passed and all was ready after the restart of: {', '.join(times)}")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "seed", [None, *SHUFFLED], ids=["services first", *map("shuffled {}".format, SHUFFLED)]
)
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
