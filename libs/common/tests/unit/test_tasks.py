"""Cancellations within libraries do not become those of the task that uses them."""

import asyncio

import pytest

from fansipan_common.tasks import ended, is_cancelled


async def for_ever() -> None:
    await asyncio.Event().wait()


async def cancelled_within() -> None:
    task = asyncio.create_task(for_ever())
    await asyncio.sleep(0)
    task.cancel()
    await task


async def failing() -> None:
    raise ValueError("no")


async def test_what_ends_well_has_no_fault():
    assert await ended(asyncio.sleep(0), 5.0) is None


async def test_a_fault_is_given():
    fault = await ended(failing(), 5.0)
    assert isinstance(fault, ValueError)


async def test_a_cancellation_within_is_a_fault():
    fault = await ended(cancelled_within(), 5.0)
    assert isinstance(fault, asyncio.CancelledError)
    assert not is_cancelled()


async def test_what_does_not_end_is_given_up():
    fault = await ended(for_ever(), 0.01)
    assert isinstance(fault, TimeoutError)


async def test_a_cancellation_from_outside_goes_through():
    inside = asyncio.Event()
    seen: list[bool] = []

    async def work() -> None:
        inside.set()
        try:
            await asyncio.Event().wait()
        finally:
            seen.append(is_cancelled())

    async def waits() -> None:
        try:
            await ended(work(), 5.0)
        except asyncio.CancelledError:
            seen.append(is_cancelled())
            raise

    task = asyncio.create_task(waits())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.01)
    assert seen == [True, True]  # who waited, and what it waited for


async def test_a_timeout_is_no_cancellation():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await for_ever()
    assert not is_cancelled()
