"""One at a time for each of many, in the order of coming."""

import asyncio

import pytest

from fansipan_gateway.sensor_things.batch.domain import GroupsBusy
from fansipan_gateway.sensor_things.turns import Turns


async def test_those_of_one_come_one_after_the_other_and_wait_for_no_others() -> None:
    turns, seen = Turns(5.0, GroupsBusy), list[str]()
    go_on = asyncio.Event()

    async def take(whom: str, name: str) -> None:
        async with turns.of(whom):
            seen.append(name)
            if name == "first":
                await go_on.wait()
                seen.append("first ends")

    tasks = [asyncio.create_task(take("a", name)) for name in ("first", "second", "third")]
    await asyncio.sleep(0)
    await take("b", "other")
    assert seen == ["first", "other"]
    go_on.set()
    await asyncio.gather(*tasks)
    assert seen == ["first", "other", "first ends", "second", "third"]


async def test_who_waits_too_long_or_gives_up_is_in_nobodys_way() -> None:
    turns = Turns(0.01, GroupsBusy)

    async def take() -> None:
        async with turns.of("a"):
            pass

    async with turns.of("a"):
        with pytest.raises(GroupsBusy):
            await take()
        given_up = asyncio.create_task(take())
        await asyncio.sleep(0)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
    await take()


async def test_an_error_of_who_has_the_turn_is_theirs() -> None:
    turns = Turns(0.01, GroupsBusy)

    async def fail() -> None:
        async with turns.of("a"):
            raise TimeoutError

    with pytest.raises(TimeoutError):
        await fail()
    async with turns.of("a"):
        pass
