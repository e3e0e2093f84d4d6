"""What finishing open dossiers would do to a ratio, and to the score above it."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from pwdlib import PasswordHash
from tests.support.figures import FigureWriter, connect_as_owner

from fansipan_gateway.indicators.schemas.what_if import WhatIfAnswer
from fansipan_indicators.periods import Period, PeriodKind, period_at

_OPERATOR = ("hoa", "mật khẩu dài")
_NOW = datetime.now(UTC)
_MONTH: Period = period_at(PeriodKind.MONTH, _NOW)
_BEFORE = _MONTH.start - timedelta(days=20)
_DOSSIER = (
    "INSERT INTO dossier (provider_id, dossier_id, state, agency, area_code, procedure, received_at, finished_at,"
    " late_at, supplement_count, paused_seconds, attributes, last_event_at, event_count)"
    " VALUES (1, $1, 'in-progress', 'A', '02671', 'P1', $2, $3, $4, 0, 0, '{}', $2, 1)"
)
# id, received, finished, late from: all open before the month, so that they are handled in it
_DOSSIERS = [
    ("overdue-1", _BEFORE, None, _BEFORE + timedelta(days=1)),
    ("overdue-2", _BEFORE, None, _BEFORE + timedelta(days=2)),
    ("open-in-time", _BEFORE, None, _NOW + timedelta(days=5)),
    ("done", _BEFORE, _NOW - timedelta(minutes=1), _NOW + timedelta(days=5)),
]


@pytest.fixture(scope="module")
async def owner(world: Any) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    connection = await connect_as_owner(world.url)
    yield connection
    await connection.close()


@pytest.fixture(scope="module", autouse=True)
async def _figures(owner: "asyncpg.Connection[Any]") -> None:
    """On time 2 of 4 = 50 % → 10 of 20 points; 2 overdue; a score and a total above it."""
    await owner.execute(
        "INSERT INTO operator (username, password_hash, role) VALUES ($1, $2, 'operator')",
        _OPERATOR[0],
        PasswordHash.recommended().hash(_OPERATOR[1]),
    )
    await owner.executemany(_DOSSIER, _DOSSIERS)
    writer = FigureWriter(owner)
    agency = await writer.subject("agency", "A")
    on_time = await writer.define("on-time")
    overdue = await writer.define("overdue", formula={"kind": "case-count", "cases": {"set": "overdue"}})
    finished = await writer.define(
        "finished",
        formula={
            "kind": "case-ratio",
            "numerator": {"set": "finished"},
            "denominator": {"set": "handled"},
        },
    )
    rating = await writer.define("rating", formula={"kind": "rating-mean"})
    total = await writer.define(
        "total",
        formula={
            "kind": "weighted-score",
            "components": [
                {"indicator": "progress", "maximum": 20},
                {"indicator": "rating", "maximum": 5},
            ],
        },
    )
    progress = await writer.define(
        "progress",
        formula={
            "kind": "weighted-score",
            "components": [{"indicator": "finished", "maximum": 20, "fullAt": 50}],
        },
    )
    await writer.put(on_time, agency, _MONTH, 50.0, numerator=2.0, denominator=4.0)
    await writer.put(finished, agency, _MONTH, 25.0, numerator=1.0, denominator=4.0)
    await writer.put(overdue, agency, _MONTH, 2.0, numerator=2.0)
    await writer.put(rating, agency, _MONTH, 4.5)
    await writer.put(progress, agency, _MONTH, 10.0)
    await writer.put(total, agency, _MONTH, 14.5)


async def _ask(gateway: httpx.AsyncClient, indicator: str, finish: Any, **more: Any) -> httpx.Response:
    body = {"subject": "agency:A", "period": _MONTH.label, "finish": finish, **more}
    return await gateway.post(f"/v1/indicators/{indicator}/what-if", json=body, auth=_OPERATOR)


async def _effect(gateway: httpx.AsyncClient, indicator: str, finish: Any, **more: Any) -> dict[str, Any]:
    response = await _ask(gateway, indicator, finish, **more)
    assert response.status_code == 200, response.text
    WhatIfAnswer.model_validate(response.json())
    return response.json()


async def test_finishing_what_is_overdue_empties_the_backlog(gateway: httpx.AsyncClient) -> None:
    effect = await _effect(gateway, "overdue", {"overdue": True})
    assert (effect["finished"], effect["before"]["value"], effect["after"]["value"]) == (2, 2.0, 0.0)
    assert {one["dossierId"] for one in effect["dossiers"]} == {"overdue-1", "overdue-2"}


async def test_what_is_late_stays_late(gateway: httpx.AsyncClient) -> None:
    effect = await _effect(gateway, "on-time", {"overdue": True})
    assert (effect["before"]["value"], effect["after"]["value"], effect["change"]) == (50.0, 50.0, 0.0)


async def test_one_dossier_raises_the_ratio_and_every_score_above_it(gateway: httpx.AsyncClient) -> None:
    effect = await _effect(gateway, "total", [{"provider": "demo", "dossierId": "open-in-time"}])
    parts = {part["indicator"]: part for part in effect["components"]}
    assert (parts["finished"]["before"]["value"], parts["finished"]["after"]["value"]) == (25.0, 50.0)
    assert (parts["progress"]["before"]["value"], parts["progress"]["after"]["value"]) == (10.0, 20.0)
    assert (effect["before"]["value"], effect["after"]["value"], effect["change"]) == (14.5, 24.5, 10.0)
    assert (parts["rating"]["estimated"], parts["finished"]["estimated"]) == (False, True)


async def test_finishing_after_the_due_time_is_late(gateway: httpx.AsyncClient) -> None:
    one = [{"provider": "demo", "dossierId": "open-in-time"}]
    early = await _effect(gateway, "on-time", one)
    late = await _effect(gateway, "on-time", one, at=(_NOW + timedelta(days=6)).isoformat())
    assert early["change"] == 0.0
    # late within the month, unless the month has ended by then
    expected = 25.0 if _NOW + timedelta(days=5) < _MONTH.end else 50.0
    assert late["after"]["value"] == expected


async def test_nothing_is_changed(gateway: httpx.AsyncClient, owner: "asyncpg.Connection[Any]") -> None:
    count = "SELECT (SELECT count(*) FROM dossier WHERE finished_at IS NULL), (SELECT sum(value) FROM indicator_value)"
    before = tuple(await owner.fetchrow(count) or ())
    assert (await _effect(gateway, "finished", {"open": True}))["finished"] == 3
    assert tuple(await owner.fetchrow(count) or ()) == before


@pytest.mark.parametrize("name", ["done", "nobody-knows"])
async def test_only_open_dossiers_of_the_subject_can_be_finished(
    gateway: httpx.AsyncClient, name: str
) -> None:
    response = await _ask(gateway, "total", [{"provider": "demo", "dossierId": name}])
    assert (response.status_code, response.json()["wrong"]) == (422, [f"demo/{name}"])


async def test_only_operators_may_ask(world: Any, gateway: httpx.AsyncClient) -> None:
    body = {"subject": "agency:A", "period": _MONTH.label, "finish": {"open": True}}
    address = "/v1/indicators/total/what-if"
    assert (await gateway.post(address, json=body)).status_code == 401
    assert (await gateway.post(address, json=body, auth=world.operator)).status_code == 403
    unknown = await gateway.post("/v1/indicators/nothing/what-if", json=body, auth=_OPERATOR)
    assert unknown.status_code == 404
    for wrong in ({"open": False}, {"all": True}, [], {"open": True, "overdue": True}):
        response = await gateway.post(address, json={**body, "finish": wrong}, auth=_OPERATOR)
        assert response.status_code == 400, wrong
