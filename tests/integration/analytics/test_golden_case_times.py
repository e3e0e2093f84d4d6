"""Processing times and what is due soon, by the shipped definitions, from dossiers in the database."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from tests.conftest import ROOT

from fansipan_analytics.indicators import case_repository
from fansipan_indicators.calendars import load_calendar
from fansipan_indicators.catalogue import load_catalogue
from fansipan_indicators.formulas import CaseDuration, DueSoon
from fansipan_indicators.periods import Period, parse_period

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
OCTOBER = parse_period("2026-10")
DAYS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 20]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def formula_of(key: str, period: Period) -> object:
    pairs = load_catalogue(ROOT / "catalogue" / "indicators")
    [formula] = [pair.version.formula for pair in pairs if pair.key == key and pair.holds_for(period)]
    return formula


@pytest.fixture
async def connection(database_url: str) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    """A database of this module's own; what a test writes is taken back."""
    opened = await asyncpg.connect(database_url, timeout=10.0, command_timeout=60.0)
    transaction = opened.transaction()
    await transaction.start()
    yield opened
    await transaction.rollback()
    await opened.close(timeout=5.0)


async def add(
    connection: "asyncpg.Connection[Any]",
    number: int,
    received: datetime,
    *,
    finished: datetime | None = None,
    paused: timedelta = timedelta(),
    late_at: datetime | None = None,
) -> None:
    provider = await connection.fetchval(
        """
        INSERT INTO provider (key, name) VALUES ('golden', 'golden')
        ON CONFLICT (key) DO UPDATE SET name = excluded.name RETURNING id
        """
    )
    await connection.execute(
        """
        INSERT INTO dossier (provider_id, dossier_id, state, procedure, agency, received_at, finished_at, late_at,
            supplement_count, paused_seconds, attributes, last_event_at, event_count)
        VALUES ($1, $2, $3, '1.001', 'A', $4, $5, $6, 0, $7, '{}', $4, 1)
        """,
        provider,
        f"d{number}",
        "in-progress" if finished is None else "processed",
        received,
        finished,
        late_at,
        paused.total_seconds(),
    )


@pytest.mark.parametrize(
    ("key", "days"), [("cases-median-days", 5.5), ("cases-p90-days", 10.1), ("d766-2.2", 6.5)]
)
async def test_processing_times(connection: "asyncpg.Connection[Any]", key: str, days: float) -> None:
    formula = formula_of(key, OCTOBER)
    assert isinstance(formula, CaseDuration)
    assert formula.unit == "days"
    for number, length in enumerate(DAYS):
        waited = timedelta(days=2 if number % 3 == 0 else 0)  # the citizen owed a supplement: does not count
        received = at("2026-10-21 09:00") - timedelta(days=length) - waited
        await add(connection, number, received, finished=at("2026-10-21 09:00"), paused=waited)
    await add(connection, 98, at("2026-09-01 09:00"), finished=at("2026-11-01 00:00"))  # ended in November
    await add(connection, 99, at("2026-10-01 09:00"))  # still runs

    for column, subject in (("agency", "A"), ("procedure", "1.001"), ("province", "*")):
        always = (subject, subject, at("1970-01-01 07:00"), at("2200-01-01 00:00"))
        found = (await case_repository.durations(connection, OCTOBER, column, [always]))[subject]
        assert found.count == len(DAYS)
        assert found.seconds(formula.statistic) / 86_400 == pytest.approx(days)


async def test_due_within_three_working_days(connection: "asyncpg.Connection[Any]") -> None:
    formula = formula_of("cases-due-soon", parse_period("2026-11-20"))
    assert isinstance(formula, DueSoon)
    now = at("2026-11-20 10:00")  # a Friday; Tuesday the 24th is a public holiday
    until = load_calendar(ROOT / "catalogue" / "calendars" / "lao-cai.yaml").deadline(
        now, formula.working_days
    )
    assert until == at("2026-11-26 17:00")
    due = ("2026-11-20 09:59", "2026-11-20 17:00", "2026-11-26 17:00", "2026-11-27 17:00")
    for number, moment in enumerate(due):
        await add(connection, number, at("2026-11-02 09:00"), late_at=at(moment))
    await add(
        connection, 8, at("2026-11-02 09:00"), late_at=at("2026-11-20 17:00"), finished=at("2026-11-19 09:00")
    )
    await add(connection, 9, at("2026-11-02 09:00"))  # no time limit, or the citizen owes a supplement

    [(agency, _, _, _, count)] = await case_repository.due_soon(connection, now, until)

    # neither what is late already nor what has until the 27th
    assert (agency, count) == ("A", 2)
