"""Closing a period: once, by an admin, for good; what changes later is a restatement; tampering is found."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from pwdlib import PasswordHash
from tests.support.figures import FigureWriter, connect_as_owner, hours_ago

from fansipan_gateway.periods.schemas import Close, CloseDetail, CloseList, RestatementList, Verification
from fansipan_indicators.chain import CLOSE_LOCK
from fansipan_indicators.periods import PeriodKind, period_at

_ADMIN = ("lan", "mật khẩu dài")


@dataclass
class _Ids:
    public: int
    secret: int
    commune: int
    agency: int


@pytest.fixture(scope="module")
async def owner(world: Any) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    connection = await connect_as_owner(world.url)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
def writer(owner: "asyncpg.Connection[Any]") -> FigureWriter:
    return FigureWriter(owner)


@pytest.fixture(scope="module", autouse=True)
async def ids(owner: "asyncpg.Connection[Any]", writer: FigureWriter) -> _Ids:
    """Three months with figures, and an admin."""
    await owner.execute(
        "INSERT INTO operator (username, password_hash, role) VALUES ($1, $2, 'admin')",
        _ADMIN[0],
        PasswordHash.recommended().hash(_ADMIN[1]),
    )
    found = _Ids(
        await writer.define("on-time"),
        await writer.define("internal", public=False),
        await writer.subject("area", "02671"),
        await writer.subject("agency", "A"),
    )
    for month in ("2026-05", "2026-06", "2026-07", "2026-08", "2026-09"):
        await writer.put(found.public, found.commune, month, 0.1 + 0.2, numerator=3.0, denominator=10.0)
        await writer.put(found.public, found.agency, month, None, details={"missing": "zero-denominator"})
        await writer.put(found.secret, found.commune, month, 5.0)
    await writer.put(found.public, found.commune, "2026-06-01", 50.0)
    return found


async def _close(gateway: httpx.AsyncClient, period: str, **options: Any) -> httpx.Response:
    who: dict[str, Any] = {"auth": _ADMIN, **options}
    return await gateway.post(f"/v1/periods/{period}/close", json={"note": "Báo cáo"}, **who)


async def _verify(gateway: httpx.AsyncClient, period: str) -> dict[str, Any]:
    response = await gateway.get(f"/v1/periods/{period}/verify", auth=_ADMIN)
    assert response.status_code == 200, response.text
    Verification.model_validate(response.json())
    return response.json()


async def test_a_close_freezes_the_figures_of_exactly_that_period(gateway: httpx.AsyncClient) -> None:
    response = await _close(gateway, "2026-06")
    assert response.status_code == 201, response.text
    Close.model_validate(response.json())
    assert response.headers["location"] == "/v1/periods/2026-06"
    closed = response.json()
    assert (closed["values"], closed["closedBy"], closed["note"], closed["previous"]) == (
        3,
        "lan",
        "Báo cáo",
        "0" * 64,
    )
    detail = (await gateway.get("/v1/periods/2026-06")).json()
    CloseDetail.model_validate(detail)
    assert detail["indicators"] == [{"indicator": "on-time", "version": 1, "values": 2, "withoutValue": 1}]
    assert len((await gateway.get("/v1/periods/2026-06", auth=_ADMIN)).json()["indicators"]) == 2
    assert (await _verify(gateway, "2026-06"))["ok"] is True


async def test_a_period_is_closed_once(gateway: httpx.AsyncClient, own: "asyncpg.Connection[Any]") -> None:
    again = await _close(gateway, "2026-06")
    audited = await own.fetch("SELECT actor, client FROM audit_event WHERE action = 'period.closed'")
    assert [tuple(row) for row in audited] == [("lan", "127.0.0.1")], "in the transaction that closes"
    assert (again.status_code, again.json()["code"], again.json()["close"]["closedBy"]) == (
        409,
        "already-closed",
        "lan",
    )


async def test_closes_form_one_chain_newest_first(gateway: httpx.AsyncClient) -> None:
    assert (await _close(gateway, "2026-07")).status_code == 201
    listed = (await gateway.get("/v1/periods", params={"limit": 1})).json()
    CloseList.model_validate(listed)
    (july,) = listed["items"]
    (june,) = (await gateway.get(listed["next"])).json()["items"]
    assert (june["period"], july["period"]) == ("2026-06", "2026-07")
    assert july["previous"] == june["digest"]


async def test_what_changes_later_is_a_restatement(
    gateway: httpx.AsyncClient, writer: FigureWriter, ids: _Ids
) -> None:
    before = datetime.now(UTC)
    await writer.restate("2026-07", ids.public, ids.commune, 40.0)
    await writer.restate("2026-07", ids.secret, ids.commune, 6.0)
    late = await writer.subject("agency", "new")
    await writer.restate("2026-07", ids.public, late, 1.0, reason="late-data")

    july = {"period": "month", "from": "2026-07", "to": "2026-07"}
    (item,) = (await gateway.get("/v1/indicators/on-time/values", params={"area": "02671", **july})).json()[
        "items"
    ]
    assert (item["value"], item["revision"], item["closed"]) == (0.1 + 0.2, 1, True)
    assert (item["restated"]["value"], item["restated"]["reason"], item["restated"]["revision"]) == (
        40.0,
        "correction",
        2,
    )
    (was,) = (
        await gateway.get(
            "/v1/indicators/on-time/values", params={"area": "02671", "asOf": before.isoformat(), **july}
        )
    ).json()["items"]
    assert (was["closed"], was["restated"]) == (True, None)
    (absent,) = (
        await gateway.get("/v1/indicators/on-time/values", params={"subject": "agency:new", **july})
    ).json()["items"]
    assert (absent["value"], absent["missing"], absent["restated"]["value"]) == (None, "absent-at-close", 1.0)

    ledger = (await gateway.get("/v1/periods/2026-07/restatements")).json()
    RestatementList.model_validate(ledger)
    assert [(e["subject"]["key"], e["closedValue"], e["value"], e["reason"]) for e in ledger["items"]] == [
        ("02671", 0.1 + 0.2, 40.0, "correction"),
        ("new", None, 1.0, "late-data"),
    ]
    assert [e["subject"]["name"] for e in ledger["items"]] == ["Phường Cam Đường", None]
    everything = await gateway.get("/v1/periods/2026-07/restatements", params={"limit": 2}, auth=_ADMIN)
    rest = await gateway.get(everything.json()["next"], auth=_ADMIN)
    assert len(everything.json()["items"]) + len(rest.json()["items"]) == 3
    assert (await gateway.get("/v1/periods/2026-07")).json()["restatements"] == 3
    assert (await _verify(gateway, "2026-07"))["ok"] is True


async def test_only_an_admin_closes_and_only_operators_verify(world: Any, gateway: httpx.AsyncClient) -> None:
    bearer = {"Authorization": f"Bearer {world.reader}"}
    assert (await _close(gateway, "2026-08", auth=None)).status_code == 401
    assert (await _close(gateway, "2026-08", auth=world.operator)).status_code == 403
    assert (await _close(gateway, "2026-08", auth=None, headers=bearer)).status_code == 403
    assert (await gateway.get("/v1/periods/2026-06/verify")).status_code == 401
    assert (await gateway.get("/v1/periods/2026-06/verify", auth=world.operator)).status_code == 200


async def test_what_cannot_be_closed_is_a_clear_problem(gateway: httpx.AsyncClient) -> None:
    running = period_at(PeriodKind.MONTH, datetime.now(UTC)).label
    for period, expected in (
        (running, (409, "period-not-ended")),
        ("2024-06", (409, "nothing-to-close")),
        ("2026-06-01T08", (400, "invalid-period")),
        ("2026-13", (400, "invalid-period")),
    ):
        response = await _close(gateway, period)
        assert (response.status_code, response.json()["code"]) == expected
    for path in ("", "/restatements"):
        response = await gateway.get(f"/v1/periods/2024-06{path}")
        assert (response.status_code, response.json()["code"]) == (404, "not-closed")


async def test_two_admins_at_once_make_one_close(gateway: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(_close(gateway, "2026-08") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


@pytest.mark.parametrize(
    "insert",
    [
        "INSERT INTO changed_series (lane, level, datastream_ids, buckets, corrected, enqueued_at)"
        " VALUES ('x', '1h', '{1}', '{2026-09-15T00:00:00Z}', false, $1)",
        "INSERT INTO changed_case (kind, provider_ids, case_ids, enqueued_at) VALUES ('dossier', '{1}', '{a}', $1)",
        "INSERT INTO dirty_bucket (level, shard, datastream_ids, buckets, enqueued_at)"
        " VALUES ('1d', 0, '{1}', '{2026-09-15T00:00:00Z}', $1)",
        "INSERT INTO stale_value (lane, definition_id, subject_ids, periods, starts, reasons, enqueued_at)"
        " VALUES ('composites', 1, '{1}', '{month}', '{2026-08-31T17:00:00Z}', '{correction}', $1)",
    ],
    ids=["readings", "cases", "rollups", "composites"],
)
async def test_a_period_waits_for_what_may_still_change_it(
    gateway: httpx.AsyncClient, owner: "asyncpg.Connection[Any]", insert: str
) -> None:
    table = insert.split()[2]
    await owner.execute(insert, hours_ago(1))
    try:
        refused = await _close(gateway, "2026-09")
        assert (refused.status_code, refused.json()["code"]) == (503, "still-evaluating")
        assert int(refused.headers["retry-after"]) > 0
    finally:
        await owner.execute(f"DELETE FROM {table}")


async def test_a_close_waits_for_who_writes_figures(
    gateway: httpx.AsyncClient, owner: "asyncpg.Connection[Any]", writer: FigureWriter, ids: _Ids
) -> None:
    """The figure that an evaluation under way is about to commit is in the close."""
    async with owner.transaction():
        await owner.execute("SELECT pg_advisory_xact_lock_shared($1)", CLOSE_LOCK)
        closing = asyncio.create_task(_close(gateway, "2026-09"))
        await asyncio.sleep(0.3)
        assert not closing.done()
        await writer.put(ids.public, ids.commune, "2026-09", 77.0, known_from=datetime.now(UTC))
    assert (await closing).status_code == 201
    (item,) = (
        await gateway.get(
            "/v1/indicators/on-time/values",
            params={"area": "02671", "period": "month", "from": "2026-09", "to": "2026-09"},
        )
    ).json()["items"]
    assert (item["value"], item["closed"], item["restated"]) == (77.0, True, None)


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        ("UPDATE closed_value SET value = 99 WHERE close_id = $1 AND ordinal = 2", "changed-row"),
        ("UPDATE closed_value SET denominator = 11 WHERE close_id = $1 AND ordinal = 3", "changed-row"),
        ("DELETE FROM closed_value WHERE close_id = $1 AND ordinal = 2", "missing-row"),
        ("DELETE FROM closed_value WHERE close_id = $1 AND ordinal = 3", "missing-row"),
        (
            "INSERT INTO closed_value SELECT close_id, 4, key, version, definition_id, -1, subject_kind, 'X', revision,"
            " value, band, numerator, denominator, sample_count, completeness, definition_digest, digest"
            " FROM closed_value WHERE close_id = $1 AND ordinal = 3",
            "changed-row",
        ),
        ("UPDATE period_close SET value_count = 2 WHERE id = $1", "added-row"),
        ("UPDATE period_close SET digest = sha256('x') WHERE id = $1", "changed-end"),
        ("UPDATE period_close SET previous = sha256('x') WHERE id = $1", "previous-close"),
        ("UPDATE period_close SET label = '2027-01' WHERE id = $1", "changed-row"),
    ],
)
async def test_tampering_is_found(
    gateway: httpx.AsyncClient, owner: "asyncpg.Connection[Any]", world: Any, tamper: str, what: str
) -> None:
    close = await owner.fetchrow("SELECT * FROM period_close WHERE label = '2026-08'")
    assert close is not None
    rows = await owner.fetch("SELECT * FROM closed_value WHERE close_id = $1", close["id"])
    await owner.execute(tamper, close["id"])
    try:
        found = await _verify(gateway, "2026-08")
        assert (found["ok"], found["broken"]["what"]) == (False, what)
        told = _cli(world.url, "verify")
        assert told.returncode == 1
        assert what in told.stdout
    finally:
        await owner.execute("DELETE FROM closed_value WHERE close_id = $1", close["id"])
        await owner.execute(
            "UPDATE period_close SET value_count = $2, digest = $3, previous = $4, label = $5 WHERE id = $1",
            close["id"],
            close["value_count"],
            close["digest"],
            close["previous"],
            close["label"],
        )
        await owner.copy_records_to_table("closed_value", records=[tuple(row) for row in rows])
    assert (await _verify(gateway, "2026-08"))["ok"] is True


async def test_the_command_line_verifies_and_lists(world: Any) -> None:
    verified = _cli(world.url, "verify", "2026-08")
    assert (verified.returncode, "2026-08" in verified.stdout) == (0, True)
    listed = json.loads(_cli(world.url, "list", "--output", "json").stdout)
    assert [close["period"] for close in listed] == ["2026-09", "2026-08", "2026-07", "2026-06"]
    everything = json.loads(_cli(world.url, "verify", "--output", "json").stdout)
    assert [(close["period"], close["ok"]) for close in everything] == [
        ("2026-06", True),
        ("2026-07", True),
        ("2026-08", True),
        ("2026-09", True),
    ]
    assert _cli(world.url, "verify", "2020-01").returncode == 1
    assert _cli(world.url, "verify", "nonsense").returncode == 2


def _cli(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fansipan_cli", "periods", *arguments],
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
