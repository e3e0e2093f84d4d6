"""Another calendar reaches what is stored; a database of before has its petitions and due times filled in."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import pytest
import yaml
from tests.support.service_events import EventMember, event

from fansipan_analytics.repository.refold import my_turn
from fansipan_analytics.service.refold import refold
from fansipan_analytics.service.service_events import store_service_events
from fansipan_common.db import Database
from fansipan_indicators.calendar_document import CalendarDocument
from fansipan_indicators.calendars import WorkingCalendar
from fansipan_indicators.location import catalogue_folder


def calendar(**change: Any) -> WorkingCalendar:
    """The calendar of Lào Cai, changed."""
    content = yaml.safe_load((catalogue_folder() / "calendars" / "lao-cai.yaml").read_text(encoding="utf-8"))
    return WorkingCalendar(CalendarDocument.model_validate(content | change))


def with_day_off(day: str, **change: Any) -> WorkingCalendar:
    """The calendar of Lào Cai with one more day off."""
    content = yaml.safe_load((catalogue_folder() / "calendars" / "lao-cai.yaml").read_text(encoding="utf-8"))
    return calendar(daysOff=[*content["daysOff"], {"date": day, "reason": "flood"}], **change)


@pytest.fixture
async def database(database_url: str) -> AsyncGenerator[Database]:
    database = Database(database_url, application="test", max_size=6)
    yield database
    await database.close()


@pytest.fixture
async def member(database: Database, own: "asyncpg.Connection[Any]") -> EventMember:
    await own.execute(
        "TRUNCATE service_event, dossier, petition, changed_case, consumer_offset, catalogue_state"
    )
    await own.execute("INSERT INTO provider (key, name) VALUES ('p', 'P') ON CONFLICT DO NOTHING")
    return EventMember(database, calendar())


async def late_times(own: "asyncpg.Connection[Any]") -> dict[str, str | None]:
    rows = await own.fetch(
        "SELECT dossier_id AS id, late_at FROM dossier UNION ALL SELECT petition_id, late_at FROM petition"
    )
    return {row["id"]: None if row["late_at"] is None else row["late_at"].isoformat() for row in rows}


async def take_changed(own: "asyncpg.Connection[Any]") -> dict[tuple[str, str], bool]:
    rows = await own.fetch("DELETE FROM changed_case RETURNING *")
    return {(row["kind"], case_id): row["corrected"] for row in rows for case_id in row["case_ids"]}


async def test_a_database_of_before_is_filled_in(
    database: Database, member: EventMember, own: "asyncpg.Connection[Any]"
):
    await member.commit(
        *(event("dossier.received", f"d{n}", f"d{n}", dueAt="2026-07-20T17:00:00+07:00") for n in range(7)),
        event("rating.submitted", "r", "d3", 9, score=2),
        event("rating.submitted", "alone", "nobody", score=2),
        *(event("petition.received", f"p{n}", f"p{n}", channel="online") for n in range(7)),
    )
    expected = await late_times(own)
    assert len(expected) == 14
    assert None not in expected.values()
    await own.execute("UPDATE dossier SET late_at = NULL, rating = NULL; DELETE FROM petition")
    await take_changed(own)

    assert await refold(database, calendar(), batch=3) == 14
    assert await late_times(own) == expected
    assert await own.fetchval("SELECT rating FROM dossier WHERE dossier_id = 'd3'") == 2
    changed = await take_changed(own)
    assert changed == {(kind, f"{kind[0]}{n}"): False for kind in ("dossier", "petition") for n in range(7)}

    await own.execute("UPDATE dossier SET late_at = NULL")
    assert await refold(database, calendar(), batch=3) == 0, "it is remembered that this was done"


async def test_a_day_off_moves_what_rests_on_it_and_nothing_else(
    database: Database, member: EventMember, own: "asyncpg.Connection[Any]"
):
    pause = {"pause": "working"}
    await refold(database, calendar(**pause))
    member = EventMember(database, calendar(**pause))
    due = "2026-07-10T17:00:00+07:00"
    await member.commit(
        event("dossier.received", "1", "no-pause", dueAt=due),
        event("dossier.received", "2", "paused", dueAt=due),
        event("dossier.supplement-requested", "3", "paused", 24),
        event("dossier.supplement-received", "4", "paused", 48),
        event("petition.received", "5", "open", channel="online"),
        event("petition.received", "6", "refused-in-time", channel="online"),
        event("petition.refused", "7", "refused-in-time", 24),
        event("petition.received", "8", "refused-late", channel="online"),
        event("petition.refused", "9", "refused-late", 72),
    )
    before = await late_times(own)
    await take_changed(own)

    moved = with_day_off("2026-07-08", **pause)
    assert await refold(database, moved) == 3
    assert await late_times(own) == before | {
        "paused": "2026-07-13T08:30:00+00:00",  # 21 hours were left on Tuesday at 9, not 28 and a half
        "open": "2026-07-28T10:00:00+00:00",
        "refused-late": None,  # the day on which the term ended was a day off: it was in time
    }
    assert await take_changed(own) == {
        ("dossier", "paused"): True,
        ("petition", "open"): True,
        ("petition", "refused-late"): True,
    }
    assert await refold(database, moved) == 0


async def test_an_event_that_is_being_stored_meanwhile_is_not_lost(
    database: Database, member: EventMember, own: "asyncpg.Connection[Any]"
):
    await member.commit(event("petition.received", "1", "p", channel="online"))
    await own.execute("DELETE FROM petition")
    async with database.connection() as connection:
        async with connection.transaction():
            await store_service_events(connection, [event("petition.answered", "2", "p", 5)], calendar())
            refolding = asyncio.create_task(refold(database, calendar()))
            await _until_somebody_waits(own)
        await refolding
    rows = await own.fetch("SELECT event_count, late_clock FROM petition")
    assert [tuple(row) for row in rows] == [(2, "publish")]


async def _until_somebody_waits(own: "asyncpg.Connection[Any]") -> None:
    for _ in range(200):
        if await own.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nobody waits for the transaction that stores events")


async def test_one_member_at_a_time(database: Database, member: EventMember):
    async with my_turn(database) as mine:
        assert mine
        assert await refold(database, calendar()) is None
    assert await refold(database, calendar()) == 0
