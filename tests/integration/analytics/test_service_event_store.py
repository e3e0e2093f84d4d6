"""Service events on a real database: many at a time as one by one, and the queue of what changed."""

import asyncio
import random
from collections.abc import AsyncGenerator
from dataclasses import asdict
from typing import Any

import asyncpg
import pytest
from tests.support.service_events import Event, EventMember, event

from fansipan_analytics.domain.dossier import fold_dossier
from fansipan_analytics.domain.petition import fold_petition
from fansipan_analytics.domain.service_event import CaseEvent, EventFacts, EventKey
from fansipan_analytics.service.observations import Unusable
from fansipan_analytics.service.service_events import store_service_events
from fansipan_common.contracts import ServiceEventType as Type
from fansipan_common.db import Database
from fansipan_indicators.calendars import load_calendar
from fansipan_indicators.location import catalogue_folder

CALENDAR = load_calendar(catalogue_folder() / "calendars" / "lao-cai.yaml")
Rows = dict[tuple[str, str], dict[str, Any]]
"""(kind, case id) → columns."""


@pytest.fixture
async def database(database_url: str) -> AsyncGenerator[Database]:
    database = Database(database_url, application="test", max_size=6)
    yield database
    await database.close()


@pytest.fixture
async def member(database: Database, own: "asyncpg.Connection[Any]") -> EventMember:
    await own.execute(
        "TRUNCATE service_event, service_event_history, dossier, petition, changed_case, consumer_offset"
    )
    await own.execute("INSERT INTO provider (key, name) VALUES ('p', 'P'), ('q', 'Q') ON CONFLICT DO NOTHING")
    return EventMember(database, CALENDAR)


async def stored_cases(own: "asyncpg.Connection[Any]") -> Rows:
    rows: Rows = {}
    for kind in ("dossier", "petition"):
        for row in await own.fetch(f"SELECT * FROM {kind}"):
            columns = dict(row)
            del columns["provider_id"], columns["updated_at"]
            rows[kind, columns.pop(f"{kind}_id")] = columns
    return rows


async def take_changed(own: "asyncpg.Connection[Any]") -> dict[tuple[str, str], bool]:
    """What is queued, case → whether corrected; empties the queue. No case may stand in it twice."""
    changed: dict[tuple[str, str], bool] = {}
    for row in await own.fetch("DELETE FROM changed_case RETURNING *"):
        assert len(row["provider_ids"]) == len(row["case_ids"])
        for case_id in row["case_ids"]:
            assert (row["kind"], case_id) not in changed
            changed[row["kind"], case_id] = row["corrected"]
    return changed


def kind_of(facts: EventFacts) -> str:
    return "petition" if "petitionId" in facts.data else "dossier"


def expected_cases(events: dict[EventKey, EventFacts]) -> Rows:
    """Every case, derived at once from the events that count in the end."""
    told: dict[tuple[str, str], list[CaseEvent]] = {}
    for (_, source, event_id), facts in events.items():
        if facts.type == Type.USAGE_COUNTED:
            continue
        case = CaseEvent(source, event_id, facts.type, facts.time, facts.data)
        told.setdefault((kind_of(facts), facts.subject), []).append(case)
    rows: Rows = {}
    for (kind, subject), cases in told.items():
        if any(case.type != Type.RATING_SUBMITTED for case in cases):
            folded = fold_dossier(cases, CALENDAR) if kind == "dossier" else fold_petition(cases, CALENDAR)
            rows[kind, subject] = asdict(folded)
    return rows


NAMES = [str(kind).removeprefix("vn.fansipan.").removesuffix(".v1") for kind in Type]


def random_event(rng: random.Random) -> Event:
    """Few enough identities and subjects that many repeat, and that corrections move events between cases."""
    name = rng.choice(NAMES)
    data: dict[str, Any] = {}
    if name == "rating.submitted":
        data["score"] = rng.randint(1, 5)
        if rng.random() < 0.5:
            data["petitionId"] = "overwritten"
    if name == "dossier.received":
        data |= {"procedure": "x", "channel": "online", "hasFee": rng.random() < 0.5}
        data["dueAt"] = f"2026-07-{rng.randint(6, 20):02}T17:00:00+07:00"
    subject = f"s-{rng.randrange(6)}"
    if "petitionId" in data:
        data["petitionId"] = subject
    return event(name, f"e-{rng.randrange(60)}", subject, rng.randrange(0, 400, 25), **data)


@pytest.mark.parametrize("seed", range(4))
async def test_batches_store_what_one_by_one_would(
    member: EventMember, own: "asyncpg.Connection[Any]", seed: int
):
    rng = random.Random(seed)
    current: dict[EventKey, EventFacts] = {}
    history: dict[EventKey, list[EventFacts]] = {}
    for _ in range(15):
        batch = [random_event(rng) for _ in range(rng.choice([1, 3, 10, 40]))]
        batch += rng.sample(batch, len(batch) // 3)
        before, rows_before = dict(current), await stored_cases(own)
        for key, facts in batch:
            if key in current and current[key] != facts:
                history.setdefault(key, []).append(current[key])
            current[key] = facts
        await member.commit(*batch)

        rows = await stored_cases(own)
        assert rows == expected_cases(current)
        replaced = {key for key in before if before[key] != current[key]}
        corrected = {
            (kind_of(facts), facts.subject)
            for key in replaced
            for facts in (before[key], current[key])
            if facts.type != Type.USAGE_COUNTED
        }
        single = {
            (kind, f"{key[1]} {key[2]}"): key in replaced
            for key in current
            for facts in (current[key], before.get(key, current[key]))
            for kind in [{Type.RATING_SUBMITTED: "rating", Type.USAGE_COUNTED: "usage"}.get(Type(facts.type))]
            if kind is not None and (key in replaced or key not in before)
        }
        differing = {key for key in rows.keys() | rows_before.keys() if rows.get(key) != rows_before.get(key)}
        assert await take_changed(own) == {key: key in corrected for key in differing} | single

    stored = await own.fetch("SELECT * FROM service_event")
    assert {
        (row["source"], row["event_id"]): (row["type"], row["time"], row["subject"], row["data"])
        for row in stored
    } == {key[1:]: (facts.type, facts.time, facts.subject, facts.data) for key, facts in current.items()}
    assert all(row["agency"] == row["data"]["agency"] for row in stored)
    kept: dict[str, list[Any]] = {}
    for row in await own.fetch("SELECT * FROM service_event_history ORDER BY id"):
        kept.setdefault(row["event_id"], []).append((row["type"], row["time"], row["data"]))
    assert kept == {
        key[2]: [(facts.type, facts.time, facts.data) for facts in chain] for key, chain in history.items()
    }


async def test_the_same_again_changes_nothing_and_queues_nothing(
    member: EventMember, own: "asyncpg.Connection[Any]"
):
    events = [
        event("dossier.received", "1", "d", procedure="x", channel="online"),
        event("petition.received", "2", "p", channel="online"),
        event("rating.submitted", "3", "d", score=4),
        event("usage.counted", "4", "portal", count=3),
    ]
    await member.commit(*events)
    assert await take_changed(own) == {
        ("dossier", "d"): False,
        ("petition", "p"): False,
        ("rating", "/s 3"): False,
        ("usage", "/s 4"): False,
    }
    before = await own.fetch("SELECT * FROM dossier")
    await member.commit(*events)
    assert await own.fetch("SELECT * FROM dossier") == before
    assert await take_changed(own) == {}


async def test_a_correction_moves_an_event_to_another_dossier(
    member: EventMember, own: "asyncpg.Connection[Any]"
):
    await member.commit(event("dossier.received", "1", "wrong"), event("dossier.paid", "2", "right", 5))
    await take_changed(own)
    await member.commit(event("dossier.received", "1", "right"))
    rows = await stored_cases(own)
    assert rows.keys() == {("dossier", "right")}
    assert rows["dossier", "right"]["state"] == "in-progress"
    assert await take_changed(own) == {("dossier", "wrong"): True, ("dossier", "right"): True}
    await member.commit(event("dossier.processed", "3", "right", 9))
    assert await take_changed(own) == {("dossier", "right"): False}


async def test_a_petition_is_stored_with_the_clock_that_runs_out_first(
    member: EventMember, own: "asyncpg.Connection[Any]"
):
    await member.commit(
        event("rating.submitted", "3", "p", 60, petitionId="p", score=3),
        event("petition.answered", "2", "p", 48),
        event("petition.received", "1", "p", channel="online", kind="roads"),
    )
    row = (await stored_cases(own))["petition", "p"]
    assert (row["kind"], row["late_clock"], row["rating"], row["event_count"]) == ("roads", "publish", 3, 2)
    assert row["late_at"].isoformat() == "2026-07-10T10:00:00+00:00"


async def test_a_rating_of_what_nobody_told_of_waits_for_it(
    member: EventMember, own: "asyncpg.Connection[Any]"
):
    await member.commit(event("rating.submitted", "1", "d", score=2))
    assert await stored_cases(own) == {}
    assert await take_changed(own) == {("rating", "/s 1"): False}
    await member.commit(event("dossier.received", "2", "d"))
    assert (await stored_cases(own))["dossier", "d"]["rating"] == 2


async def test_providers_do_not_share_dossiers_and_must_exist(
    member: EventMember, own: "asyncpg.Connection[Any]"
):
    (_, source, event_id), facts = event("dossier.received", "1", "d")
    await member.commit((("p", source, event_id), facts), (("q", source, event_id), facts))
    assert await own.fetchval("SELECT count(DISTINCT provider_id) FROM dossier") == 2
    [row] = await own.fetch("SELECT * FROM changed_case")
    assert (len(set(row["provider_ids"])), row["case_ids"]) == (2, ["d", "d"])
    with pytest.raises(Unusable, match="no such provider: nobody"):
        await member.commit((("nobody", source, event_id), facts))


async def test_two_members_that_touch_one_dossier_do_not_lose_each_others_events(
    database: Database, member: EventMember, own: "asyncpg.Connection[Any]"
):
    """A correction moves an event to a dossier while another member stores one of that dossier."""
    await member.commit(
        *(event("dossier.received", f"r-{n}", f"d-{n}") for n in range(20)),
        *(event("dossier.paid", f"p-{n}", "elsewhere", 1) for n in range(20)),
    )

    async def commit(events: list[Event]) -> None:
        async with database.connection() as connection, connection.transaction():
            await store_service_events(connection, events, CALENDAR)

    rng = random.Random(3)
    moved = [event("dossier.paid", f"p-{n}", f"d-{n}", 1) for n in range(20)]
    ended = [event("dossier.processed", f"e-{n}", f"d-{n}", 2) for n in range(20)]
    rng.shuffle(moved)
    await asyncio.gather(
        *(commit(moved[start : start + 5]) for start in range(0, 20, 5)),
        *(commit(ended[start : start + 4]) for start in range(0, 20, 4)),
    )
    rows = await stored_cases(own)
    assert {key[1]: (row["event_count"], row["state"]) for key, row in rows.items()} == {
        f"d-{n}": (3, "processed") for n in range(20)
    }
