"""What was known when, and why it changed: corrections, late data, definitions, closed periods and their chain."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pwdlib import PasswordHash
from pydantic import SecretStr
from tests.integration.indicators.town import Town, at, plain
from tests.support.oracle_cases import Told

from fansipan_gateway.app import build
from fansipan_gateway.settings import GatewaySettings
from fansipan_indicators.catalogue import VersionedDefinition
from fansipan_indicators.formulas import Statistic

_ADMIN = ("lan", "mật khẩu dài")
_GAUGE = "city/gauge/water_level"
_EVENING = "2026-01-05T20:10"


@pytest.fixture(scope="module")
async def gateway(town: Town, database_url: str) -> AsyncGenerator[httpx.AsyncClient]:
    """A gateway on the town's database that everybody may read, and an admin."""
    await town.connection.execute(
        "INSERT INTO operator (username, password_hash, role) VALUES ($1, $2, 'admin')",
        _ADMIN[0],
        PasswordHash.recommended().hash(_ADMIN[1]),
    )
    app = build(
        GatewaySettings(
            database_url=SecretStr(database_url), anonymous_read=True, web_dist=Path("/nonexistent")
        )
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=("127.0.0.1", 1)), base_url="http://gateway"
        ) as client,
    ):
        yield client


@pytest.fixture(scope="module", autouse=True)
async def gauge(town: Town, gateway: httpx.AsyncClient) -> None:
    """A river gauge; the gateway reads definitions from a database that has some."""
    del gateway
    await town.place(
        "city/gauge", "02647", "water_level", alarmLevels={"bd1": 10.0, "bd2": 11.0, "bd3": 12.0}
    )


@pytest.fixture
async def fresh(town: Town) -> Town:
    """The town before the first event."""
    await town.forget(at("2026-01-05T20:15"))
    await town.connection.execute("DELETE FROM restatement")
    return town


async def _items(gateway: httpx.AsyncClient, indicator: str, **parameters: str) -> list[dict[str, Any]]:
    response = await gateway.get(f"/v1/indicators/{indicator}/values", params=parameters)
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def _stage(gateway: httpx.AsyncClient, **parameters: str) -> list[tuple[Any, ...]]:
    """Value and reason of the stage in the evening of 5 January."""
    items = await _items(
        gateway,
        "river-stage",
        subject="thing:city/gauge",
        period="hour",
        **{"from": "2026-01-05T20", "to": "2026-01-05T20"},
        **parameters,
    )
    return [(item["value"], item["revision"], item["reason"]) for item in items]


def _as_of(moment: datetime) -> dict[str, str]:
    return {"asOf": moment.isoformat()}


async def test_as_of_before_a_correction_is_the_old_figure_and_after_it_the_new(
    fresh: Town, gateway: httpx.AsyncClient
) -> None:
    await fresh.observe(plain([(_GAUGE, _EVENING, 9.5)]))
    await fresh.settle()
    first = fresh.now
    assert await _stage(gateway) == [(9.5, 1, "new-data")]
    fresh.now = first + timedelta(hours=4)
    corrected_at = fresh.now
    await fresh.observe(plain([(_GAUGE, _EVENING, 10.5)]))
    await fresh.settle()
    assert await _stage(gateway) == [(10.5, 2, "correction")]
    assert await _stage(gateway, **_as_of(corrected_at - timedelta(seconds=1))) == [(9.5, 1, "new-data")]
    assert await _stage(gateway, **_as_of(corrected_at)) == [(10.5, 2, "correction")]
    assert await _stage(gateway, **_as_of(at("2026-01-05T20:00"))) == []
    (alarm,) = await _items(
        gateway,
        "river-alarm-level",
        area="02647",
        period="hour",
        **{"from": "2026-01-05T20", "to": "2026-01-05T20"},
    )
    assert (alarm["value"], alarm["reason"]) == (1, "correction")


async def test_data_after_the_end_of_its_period_is_late(fresh: Town, gateway: httpx.AsyncClient) -> None:
    await fresh.observe(plain([(_GAUGE, _EVENING, 9.5)]))
    await fresh.settle()
    fresh.now = at("2026-01-05T21:10")
    await fresh.observe(plain([(_GAUGE, "2026-01-05T20:20", 9.6)]))
    await fresh.settle()
    assert await _stage(gateway) == [(9.6, 2, "new-data")]
    fresh.now = at("2026-01-06T02:00")
    await fresh.observe(plain([(_GAUGE, "2026-01-05T20:30", 9.7)]))
    await fresh.settle()
    assert await _stage(gateway) == [(9.7, 3, "late-data")]


async def test_a_correction_that_removes_the_last_reading_leaves_no_value(
    fresh: Town, gateway: httpx.AsyncClient
) -> None:
    (reading,) = plain([(_GAUGE, _EVENING, 9.5)])
    await fresh.observe([reading])
    await fresh.settle()
    await fresh.observe([type(reading)(reading.datastream, reading.at, reading.value, bad=True)])
    await fresh.settle()
    assert [(value, reason) for value, _, reason in await _stage(gateway)] == [(None, "correction")]


async def test_a_changed_definition_revises_the_past_and_says_so(
    fresh: Town, gateway: httpx.AsyncClient
) -> None:
    await fresh.observe(plain([(_GAUGE, "2026-01-05T20:05", 11.5), (_GAUGE, _EVENING, 9.5)]))
    await fresh.settle()
    fresh.now += timedelta(days=1)
    try:
        await fresh.release([_highest(pair) for pair in fresh.kit.definitions])
        await fresh.settle()
        assert await _stage(gateway) == [(11.5, 2, "definition-changed")]
    finally:
        await fresh.release(fresh.kit.definitions)
        await fresh.settle()
    assert await _stage(gateway) == [(9.5, 3, "definition-changed")]


def _highest(pair: VersionedDefinition) -> VersionedDefinition:
    """The stage as the highest reading rather than the last."""
    formula = pair.version.formula
    if pair.key != "river-stage" or not isinstance(formula, Statistic):
        return pair
    version = pair.version.model_copy(update={"formula": formula.model_copy(update={"statistic": "max"})})
    return VersionedDefinition(pair.definition, version)


def _dossier(case_id: str, step: str, moment: str, **data: Any) -> Told:
    known = {"dossierId": case_id, "agency": "a", "area": "02647"}
    return Told(f"{case_id}/{step}", f"dossier.{step}", at(moment), known | data)


@pytest.fixture(scope="module")
async def closed_at(town: Town, gateway: httpx.AsyncClient) -> datetime:
    """December is closed with two dossiers that ended in time; returns when that was."""
    await town.forget(at("2026-01-05T20:15"))
    due = at("2025-12-10T17:00").isoformat()
    await town.tell(
        [
            _dossier("1", "received", "2025-12-01T08:00", dueAt=due),
            _dossier("1", "processed", "2025-12-09T08:00"),
            _dossier("2", "received", "2025-12-02T08:00", dueAt=due),
            _dossier("2", "processed", "2025-12-09T09:00"),
        ]
    )
    await town.settle()
    closed = await gateway.post("/v1/periods/2025-12/close", json={"note": "Báo cáo"}, auth=_ADMIN)
    assert closed.status_code == 201, closed.text
    return town.now


async def test_a_correction_after_the_close_is_a_restatement_and_the_chain_holds(
    town: Town, gateway: httpx.AsyncClient, closed_at: datetime
) -> None:
    town.now = closed_at + timedelta(days=2)
    await town.tell([_dossier("2", "processed", "2025-12-11T09:00")])
    await town.settle()

    december = {"subject": "agency:a", "period": "month", "from": "2025-12", "to": "2025-12"}
    (item,) = await _items(gateway, "d766-2.1", **december)
    assert (item["value"], item["closed"]) == (100, True)
    assert (item["restated"]["value"], item["restated"]["reason"]) == (50, "correction")
    (then,) = await _items(gateway, "d766-2.1", **december, **_as_of(closed_at))
    assert then["value"] == 100
    ledger = (await gateway.get("/v1/periods/2025-12/restatements", params={"limit": 500})).json()["items"]
    said = {
        (entry["indicator"], entry["subject"]["kind"], entry["subject"]["key"]): (
            entry["closedValue"],
            entry["value"],
            entry["reason"],
        )
        for entry in ledger
    }
    assert said["d766-2.1", "agency", "a"] == said["d766-2.1", "area", "02647"] == (100, 50, "correction")
    assert ("cases-received", "agency", "a") not in said
    assert (await _verify(gateway))["ok"] is True


async def test_a_row_of_a_closed_period_that_was_changed_is_found(
    town: Town, gateway: httpx.AsyncClient, closed_at: datetime
) -> None:
    del closed_at
    assert (await _verify(gateway))["ok"] is True
    change = (
        "UPDATE closed_value SET value = $1 WHERE key = 'd766-2.1' AND subject_kind = 'agency' AND value = $2"
    )
    # a superuser who switches off what forbids changes of closed figures
    await town.connection.execute("SET session_replication_role = replica")
    await town.connection.execute(change, 99.0, 100.0)
    tampered = await _verify(gateway)
    await town.connection.execute(change, 100.0, 99.0)
    await town.connection.execute("SET session_replication_role = DEFAULT")
    assert tampered["ok"] is False
    assert (tampered["broken"]["what"], tampered["broken"]["indicator"]) == ("changed-row", "d766-2.1")
    assert (await _verify(gateway))["ok"] is True


async def _verify(gateway: httpx.AsyncClient) -> dict[str, Any]:
    response = await gateway.get("/v1/periods/2025-12/verify", auth=_ADMIN)
    assert response.status_code == 200, response.text
    return response.json()
