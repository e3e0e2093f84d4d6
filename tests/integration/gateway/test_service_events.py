"""Figures of public services follow their written definitions."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import orjson
import pytest

from fansipan_gateway.service_events.schemas import SummaryList

JULY = {"from": "2026-07-01T00:00:00Z", "to": "2026-08-01T00:00:00Z"}


def _day(day: int, month: int = 7) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


# id, agency, area, channel, received, due, finished, paused days, awaiting a supplement since
_DOSSIERS = [
    ("on-time", "A", "02671", "online", _day(1), _day(10), _day(9), 0, None),
    ("on-time-after-pause", "A", "02671", "online", _day(1), _day(10), _day(12), 3, None),
    ("late", "A", "02671", "in-person", _day(2), _day(10), _day(11), 0, None),
    ("no-due", "A", "02647", "online", _day(3), None, _day(4), 0, None),
    ("open", "A", "02671", "online", _day(20), _day(10, 8), None, 0, None),
    ("overdue", "A", "02671", "online", _day(5), _day(15), None, 0, None),
    ("paused-in-time", "A", "02671", "online", _day(5), _day(15), None, 0, _day(12)),
    ("finished-later", "B", None, None, _day(28, 6), _day(3), _day(3, 8), 0, None),
    ("finished-earlier", "B", None, None, _day(1, 6), _day(9, 6), _day(8, 6), 0, None),
]
_EVENTS = [
    ("1", "dossier.received", _day(1), "A", "02671", "online", {"dossierId": "on-time"}),
    ("2", "dossier.processed", _day(9), "A", None, None, {"dossierId": "on-time"}),
    ("3", "rating.submitted", _day(10), "A", None, None, {"dossierId": "on-time", "score": 5}),
    ("4", "rating.submitted", _day(10), "A", None, None, {"dossierId": "late", "score": 2}),
    ("5", "usage.counted", _day(31), "B", "02647", "online", {"service": "s", "count": 40}),
    ("6", "dossier.processed", _day(1, 8), "A", None, None, {"dossierId": "late"}),
]


@pytest.fixture(scope="module", autouse=True)
async def _services(world: Any) -> None:
    connection = await asyncpg.connect(world.url)
    await connection.executemany(
        "INSERT INTO dossier (provider_id, dossier_id, state, agency, area_code, channel, received_at, due_at,"
        " finished_at, paused_seconds, awaiting_since, supplement_count, attributes, last_event_at, event_count)"
        " VALUES (1, $1, 'in-progress', $2, $3, $4, $5, $6, $7, $8 * 86400.0, $9, 0, '{}', $5, 1)",
        _DOSSIERS,
    )
    await connection.executemany(
        "INSERT INTO service_event (source, event_id, type, time, provider_id, subject, agency, area_code, channel,"
        " data) VALUES ('/test', $1, 'vn.fansipan.' || $2 || '.v1', $3, 1, 'x', $4, $5, $6, $7::jsonb)",
        [(*event[:6], orjson.dumps(event[6]).decode()) for event in _EVENTS],
    )
    await connection.close()


@pytest.fixture(scope="module")
async def gateway(world: Any, serve: Any) -> AsyncGenerator[httpx.AsyncClient]:
    """A gateway as an operator asks it: the public sees no cases."""
    async with serve(world.url) as client:
        client.auth = world.operator
        yield client


async def _summary(gateway: httpx.AsyncClient, **query: Any) -> dict[str | None, dict[str, Any]]:
    response = await gateway.get("/v1/service-events/summary", params={**JULY, **query})
    assert response.status_code == 200, response.text
    SummaryList.model_validate(response.json())
    return {item["key"]: item for item in response.json()["items"]}


async def test_by_agency(gateway: httpx.AsyncClient) -> None:
    summary = await _summary(gateway, groupBy="agency")
    figures = (
        "received",
        "finished",
        "onTime",
        "late",
        "open",
        "overdue",
        "processed",
        "ratings",
        "ratingMean",
        "uses",
    )
    assert [summary["A"][name] for name in figures] == [7, 4, 2, 1, 3, 1, 1, 2, 3.5, 0]
    assert [summary["B"][name] for name in figures] == [0, 0, 0, 0, 1, 1, 0, 0, None, 40]


async def test_an_event_takes_the_area_and_channel_of_its_dossier(gateway: httpx.AsyncClient) -> None:
    by_area = await _summary(gateway, groupBy="area")
    assert by_area["02671"]["processed"] == 1
    assert by_area["02671"]["name"] == "Phường Cam Đường"
    assert by_area[None]["open"] == 1
    by_channel = await _summary(gateway, groupBy="channel")
    assert (by_channel["online"]["ratings"], by_channel["in-person"]["ratings"]) == (1, 1)


async def test_types_and_pages(gateway: httpx.AsyncClient) -> None:
    summary = await _summary(gateway, groupBy="agency", type="vn.fansipan.dossier.received.v1")
    assert summary["A"]["events"] == {"vn.fansipan.dossier.received.v1": 1}
    first = (
        await gateway.get("/v1/service-events/summary", params={**JULY, "groupBy": "agency", "limit": 1})
    ).json()
    second = (await gateway.get(first["next"])).json()
    assert [item["key"] for item in (*first["items"], *second["items"])] == ["A", "B"]
    assert second["next"] is None


async def test_the_grouping_is_needed_and_known(gateway: httpx.AsyncClient) -> None:
    for query in ("", "?groupBy=colour", "?groupBy=agency&type=x"):
        assert (await gateway.get(f"/v1/service-events/summary{query}")).status_code == 400
