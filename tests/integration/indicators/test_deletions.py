"""Figures follow what is taken back, and the deletion of datastreams and things."""

import itertools
from typing import Any

import pytest
from tests.integration.indicators.town import Town, at, plain

AREA = "02647"
HOUR = "2026-01-05T08:00"
_numbers = itertools.count(1)


@pytest.fixture
async def fresh(town: Town) -> Town:
    """The town before the first event, with two car parks of one commune that it has not had yet."""
    await town.forget(at("2026-01-05T20:15"))
    number = next(_numbers)
    town.stations.clear()
    for key in (f"city/park-{number}-a", f"city/park-{number}-b"):
        await town.place(key, AREA, "parking_occupied", capacity=10)
    await town.observe(
        plain(
            [
                (f"{key}/parking_occupied", f"2026-01-05T08:{minute:02}", value)
                for key, value in zip(town.stations, (3.0, 5.0), strict=True)
                for minute in range(0, 60, 5)
            ]
        )
    )
    await town.settle()
    await _holds(town)
    return town


async def _value(town: Town, subject: str) -> Any:
    return await town.connection.fetchrow(
        "SELECT v.value, v.reason FROM indicator_value v JOIN indicator_definition d ON d.id = v.definition_id"
        " JOIN indicator_subject s ON s.id = v.subject_id"
        " WHERE d.key = 'parking-occupancy' AND s.kind || ':' || s.key = $1 AND v.period = 'hour'"
        " AND v.period_start = $2",
        subject,
        at(HOUR),
    )


async def _holds(town: Town) -> None:
    _, wrong = await town.differences(town.oracle())
    assert not wrong


async def test_a_reading_that_is_taken_back_changes_its_figures(fresh: Town):
    first, _ = fresh.stations
    assert (await _value(fresh, f"thing:{first}"))["value"] == 30.0
    await fresh.observe(plain([(f"{first}/parking_occupied", "2026-01-05T08:30", 10.0)]))
    await fresh.settle()
    before = await _value(fresh, f"area:{AREA}")
    readings = plain([(f"{first}/parking_occupied", "2026-01-05T08:30", 10.0)])
    await fresh.take_back(readings)
    await fresh.settle()
    await _holds(fresh)
    after = await _value(fresh, f"area:{AREA}")
    assert after["value"] != before["value"]
    assert after["reason"] == "correction"
    every = plain(
        [(f"{first}/parking_occupied", f"2026-01-05T08:{minute:02}", 3.0) for minute in range(0, 60, 5)]
    )
    await fresh.take_back(every)
    await fresh.settle()
    await _holds(fresh)
    assert (await _value(fresh, f"thing:{first}"))["value"] is None


@pytest.mark.parametrize("whole", [False, True])
async def test_figures_lose_a_datastream_that_is_deleted(fresh: Town, whole: bool):
    first, second = fresh.stations
    assert (await _value(fresh, f"area:{AREA}"))["value"] == 40.0
    await fresh.delete(f"{first}/parking_occupied", thing=whole)
    await fresh.settle()
    await _holds(fresh)
    assert (await _value(fresh, f"area:{AREA}"))["value"] == 50.0
    assert (await _value(fresh, f"thing:{first}"))["value"] is None
    assert (await _value(fresh, f"thing:{second}"))["value"] == 50.0


async def test_a_thing_with_the_key_of_a_deleted_one_keeps_its_own_figures(fresh: Town):
    first, _ = fresh.stations
    await fresh.delete(f"{first}/parking_occupied", thing=True, sweep=False)
    await fresh.place(first, AREA, "parking_occupied", capacity=10)
    await fresh.observe(
        plain([(f"{first}/parking_occupied", f"2026-01-05T08:{m:02}", 7.0) for m in range(0, 60, 5)])
    )
    await fresh.sweep()
    await fresh.settle()
    await _holds(fresh)
    assert (await _value(fresh, f"thing:{first}"))["value"] == 70.0
