"""Changes that move a figure although what it is counted from seems to stay as it was."""

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.indicators.town import Reading, Town, at, plain
from tests.support.oracle_cases import Told

from fansipan_analytics.indicators.case_repository import became_late


@pytest.fixture(scope="module", autouse=True)
async def things(town: Town) -> None:
    """Two car parks of one commune."""
    for key in ("city/park-1", "city/park-2"):
        await town.place(key, "02647", "parking_occupied", capacity=10)


@pytest.fixture
async def fresh(town: Town) -> Town:
    """The town before the first event."""
    await town.forget(at("2026-01-05T20:15"))
    return town


def _dossier(case_id: str, step: str, moment: str, **data: Any) -> Told:
    known = {"dossierId": case_id, "agency": "a", "area": "02647"}
    return Told(f"{case_id}/{step}", f"dossier.{step}", at(moment), known | data)


async def _figure(town: Town, key: str, subject: str, period: str, start: str) -> tuple[Any, ...] | None:
    """Value and completeness of a figure about `<kind>:<key>`."""
    row = await town.connection.fetchrow(
        "SELECT v.value, v.completeness FROM indicator_value v JOIN indicator_definition d ON d.id = v.definition_id"
        " JOIN indicator_subject s ON s.id = v.subject_id"
        " WHERE d.key = $1 AND s.kind || ':' || s.key = $2 AND v.period = $3 AND v.period_start = $4",
        key,
        subject,
        period,
        at(start),
    )
    return None if row is None else tuple(row)


async def _holds(town: Town) -> None:
    _, wrong = await town.differences(town.oracle())
    assert not wrong


async def test_an_end_that_moves_within_its_day_moves_the_median(fresh: Town) -> None:
    await fresh.tell(
        [_dossier("1", "received", "2026-01-03T08:00"), _dossier("1", "processed", "2026-01-05T08:00")]
    )
    await fresh.settle()
    assert await _figure(fresh, "cases-median-days", "agency:a", "month", "2026-01-01T00:00") == (2.0, None)
    await fresh.tell([_dossier("1", "processed", "2026-01-05T14:00")])
    await fresh.settle()
    assert await _figure(fresh, "cases-median-days", "agency:a", "month", "2026-01-01T00:00") == (2.25, None)
    await _holds(fresh)


async def test_a_supplement_that_becomes_known_after_the_end_shortens_the_median(fresh: Town) -> None:
    await fresh.tell(
        [_dossier("1", "received", "2026-01-03T08:00"), _dossier("1", "processed", "2026-01-05T08:00")]
    )
    await fresh.settle()
    await fresh.tell(
        [
            _dossier("1", "supplement-requested", "2026-01-03T10:00"),
            _dossier("1", "supplement-received", "2026-01-04T10:00"),
        ]
    )
    await fresh.settle()
    assert await _figure(fresh, "cases-median-days", "agency:a", "month", "2026-01-01T00:00") == (1.0, None)
    await _holds(fresh)


async def test_a_procedure_that_becomes_known_later_is_counted(fresh: Town) -> None:
    await fresh.tell([_dossier("1", "received", "2026-01-03T08:00", onlineService="full")])
    await fresh.settle()
    await fresh.tell([_dossier("1", "paid", "2026-01-04T08:00", procedure="x")])
    await fresh.settle()
    for subject in ("agency:a", "area:02647", "area:15"):
        assert await _figure(fresh, "d766-3.1", subject, "month", "2026-01-01T00:00") == (100.0, None)
    await _holds(fresh)


async def test_days_that_passed_while_nobody_evaluated_have_their_figures(fresh: Town) -> None:
    await fresh.tell([_dossier("1", "received", "2026-01-03T08:00")])
    await fresh.settle()
    fresh.now += timedelta(days=4)
    await fresh.settle()
    for day in range(3, 10):
        found = await _figure(fresh, "cases-open", "agency:a", "day", f"2026-01-{day:02}T00:00")
        assert found == (1.0, None), f"{day} January"
    await _holds(fresh)


async def test_after_counting_anew_who_lost_all_cases_has_none(fresh: Town) -> None:
    await fresh.tell([_dossier("1", "received", "2026-01-03T08:00")])
    await fresh.settle()
    await fresh.tell([_dossier("1", "received", "2026-01-03T08:00", agency="b")])
    await fresh.count_anew()
    await fresh.settle()
    assert await _figure(fresh, "cases-open", "agency:a", "month", "2026-01-01T00:00") == (0.0, None)
    assert await _figure(fresh, "cases-open", "agency:b", "month", "2026-01-01T00:00") == (1.0, None)
    await _holds(fresh)


async def test_a_thing_that_lost_its_readings_counts_no_more_for_its_area(fresh: Town) -> None:
    hour = "2026-01-05T19:10"
    kept, lost = plain(
        [("city/park-1/parking_occupied", hour, 4.0), ("city/park-2/parking_occupied", hour, 7.0)]
    )
    await fresh.observe([kept, lost])
    await fresh.settle()
    assert await _figure(
        fresh, "parking-occupancy", "area:02647", "hour", "2026-01-05T19:00"
    ) == pytest.approx((55.0, 1.0))
    await fresh.observe([Reading(lost.datastream, lost.at, lost.value, bad=True)])
    await fresh.settle()
    assert await _figure(fresh, "parking-occupancy", "area:02647", "hour", "2026-01-05T19:00") == (40.0, 1.0)
    await _holds(fresh)


async def test_a_reading_whose_clock_is_ahead_counts_once_its_hour_has_begun(fresh: Town) -> None:
    fresh.now = at("2026-01-05T20:55")
    await fresh.observe(plain([("city/park-1/parking_occupied", "2026-01-05T21:03", 4.0)]))
    await fresh.settle()
    fresh.now = at("2026-01-05T21:05")
    await fresh.settle()
    assert await _figure(fresh, "parking-occupancy", "thing:city/park-1", "hour", "2026-01-05T21:00") == (
        40.0,
        None,
    )
    await _holds(fresh)


async def test_what_a_former_commune_received_counts_for_its_successor_in_every_figure(fresh: Town) -> None:
    former = {"area": "02635"}
    await fresh.tell(
        [
            _dossier("1", "received", "2025-06-20T08:00", **former),
            _dossier("1", "processed", "2025-06-24T08:00", **former),
        ]
    )
    await fresh.settle()
    for key, value in (("cases-finished", 1.0), ("cases-median-days", 4.0)):
        assert await _figure(fresh, key, "area:02635", "month", "2025-06-01T00:00") == (value, None)
        assert await _figure(fresh, key, "area:02647", "month", "2025-06-01T00:00") == (value, None)
    await _holds(fresh)


async def test_more_cases_due_at_one_moment_than_are_looked_at_at_once_become_late(fresh: Town) -> None:
    due = at("2026-01-06T17:00")
    moments = {"1": due, "2": due, "3": due, "4": due + timedelta(minutes=1)}
    await fresh.tell(
        [
            _dossier(case_id, "received", "2026-01-03T08:00", dueAt=moment.isoformat())
            for case_id, moment in moments.items()
        ]
    )
    since, until, found = due - timedelta(days=1), due + timedelta(days=1), list[str]()
    while since < until:
        keys, since = await became_late(fresh.connection, since, until, 2)
        found += [case_id for _, _, case_id in keys]
        assert len(found) <= len(moments)
    assert sorted(found) == sorted(moments)


async def test_a_receipt_that_moves_moves_the_median_of_the_day_it_ended_on(fresh: Town) -> None:
    await fresh.tell(
        [_dossier("1", "received", "2026-01-02T08:00"), _dossier("1", "processed", "2026-01-05T08:00")]
    )
    await fresh.settle()
    await fresh.tell([_dossier("1", "received", "2026-01-02T14:00")])
    await fresh.settle()
    assert await _figure(fresh, "cases-median-days", "agency:a", "month", "2026-01-01T00:00") == (2.75, None)
    await _holds(fresh)


async def test_processing_times_of_the_past_follow_a_changed_definition(fresh: Town) -> None:
    await fresh.tell(
        [_dossier("1", "received", "2026-01-03T08:00"), _dossier("1", "processed", "2026-01-05T08:00")]
    )
    await fresh.settle()
    await fresh.connection.execute(
        "UPDATE indicator_value SET value = 9 WHERE definition_id IN"
        " (SELECT id FROM indicator_definition WHERE key = 'cases-median-days')"
    )
    await fresh.connection.execute("UPDATE evaluation_lane SET owner = NULL")
    await fresh.evaluate_anew("cases-median-days")
    await fresh.settle()  # it ends: no lane takes the other's work for its own
    assert await _figure(fresh, "cases-median-days", "agency:a", "month", "2026-01-01T00:00") == (2.0, None)
    await _holds(fresh)
