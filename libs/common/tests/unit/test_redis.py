"""Redis only speeds: away, slow or not configured, callers go on without it."""

import asyncio
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError

from fansipan_common.redis import Speedup


def counting(error: Exception | None = None, seconds: float = 0.0):
    calls: list[int] = []

    async def command(_client: Any) -> str:
        calls.append(1)
        await asyncio.sleep(seconds)
        if error is not None:
            raise error
        return "value"

    return command, calls


async def test_a_command_that_works_gives_its_value():
    command, _ = counting()
    speedup = Speedup("redis://127.0.0.1:1")
    assert await speedup.attempt(command) == "value"
    assert speedup.available
    await speedup.close()


async def test_after_a_failure_redis_is_left_alone_for_a_while():
    speedup = Speedup("redis://127.0.0.1:1", pause=0.1)
    broken, calls = counting(RedisConnectionError("refused"))
    assert await speedup.attempt(broken) is None
    assert not speedup.available
    assert await speedup.attempt(broken) is None
    assert len(calls) == 1
    await asyncio.sleep(0.12)
    command, _ = counting()
    assert await speedup.attempt(command) == "value"
    await speedup.close()


async def test_a_slow_redis_costs_one_timeout():
    speedup = Speedup("redis://127.0.0.1:1", timeout=0.02)
    slow, calls = counting(seconds=5.0)
    assert await speedup.attempt(slow) is None
    assert await speedup.attempt(slow) is None
    assert len(calls) == 1
    await speedup.close()


async def test_without_an_address_nothing_is_tried():
    speedup = Speedup(None)
    command, calls = counting()
    assert await speedup.attempt(command) is None
    assert calls == []
    await speedup.close()
