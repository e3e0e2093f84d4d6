"""Operators, the audit trail and the catalogue: for admins; nobody can lock everybody out."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from pwdlib import PasswordHash
from tests.support.figures import FigureWriter, connect_as_owner

from fansipan_gateway.administration.audit.schemas import AuditList
from fansipan_gateway.administration.catalogue.schemas import Catalogue
from fansipan_gateway.administration.operators.schemas import OperatorList, OperatorWithPassword

_ADMIN = ("lan", "mật khẩu dài")
_PASSWORD = "một mật khẩu khác"


@pytest.fixture(scope="module")
async def owner(world: Any) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    connection = await connect_as_owner(world.url)
    yield connection
    await connection.close()


@pytest.fixture(scope="module", autouse=True)
async def _an_admin(owner: "asyncpg.Connection[Any]") -> None:
    await owner.execute(
        "INSERT INTO operator (username, password_hash, role) VALUES ($1, $2, 'admin')",
        _ADMIN[0],
        PasswordHash.recommended().hash(_ADMIN[1]),
    )


async def _call(
    gateway: httpx.AsyncClient,
    method: str,
    path: str,
    body: Any = None,
    *,
    who: tuple[str, str] = _ADMIN,
    if_match: str | None = None,
) -> httpx.Response:
    headers = {} if if_match is None else {"If-Match": if_match}
    return await gateway.request(
        method, f"/v1/admin{path}", auth=who, headers=headers, **({} if body is None else {"json": body})
    )


async def _make(gateway: httpx.AsyncClient, name: str, role: str = "viewer", **more: Any) -> dict[str, Any]:
    body = {"username": name, "role": role, "password": _PASSWORD, **more}
    made = await _call(gateway, "POST", "/operators", body)
    assert made.status_code == 201, made.text
    OperatorWithPassword.model_validate(made.json())
    return made.json()


async def _epoch(owner: "asyncpg.Connection[Any]", name: str) -> int:
    return await owner.fetchval("SELECT session_epoch FROM operator WHERE username = $1", name)


async def test_a_new_operator_can_do_what_their_role_allows(gateway: httpx.AsyncClient):
    made = await _make(gateway, "nam", "operator", displayName="Nguyễn Văn Nam", areaCodes=["02671", "02647"])
    assert (made["displayName"], made["areaCodes"], made["generatedPassword"], made["totp"]) == (
        "Nguyễn Văn Nam",
        ["02647", "02671"],
        None,
        False,
    )
    nam = ("nam", _PASSWORD)
    assert (await _call(gateway, "GET", "/operators", who=nam)).status_code == 403
    assert (await gateway.get("/v1/maintenance-windows", auth=nam)).status_code == 200
    listed = (await _call(gateway, "GET", "/operators")).json()
    OperatorList.model_validate(listed)
    assert [item["username"] for item in listed["items"]] == ["lan", "mai", "nam"]
    assert not any(
        "hash" in key.lower() or "secret" in key.lower() for item in listed["items"] for key in item
    )


async def test_a_password_that_is_made_up_is_shown_once_and_works(gateway: httpx.AsyncClient):
    answer = await _call(
        gateway, "POST", "/operators", {"username": "hoa", "role": "viewer", "generatePassword": True}
    )
    password = answer.json()["generatedPassword"]
    assert len(password) >= 20
    assert (await gateway.get("/v1/maintenance-windows", auth=("hoa", password))).status_code == 200
    assert "generatedPassword" not in (await _call(gateway, "GET", "/operators/hoa")).json()
    again = await _call(gateway, "PATCH", "/operators/hoa", {"generatePassword": True})
    assert again.json()["generatedPassword"] not in (None, password)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"password": "short"}, (422, "weak-password")),
        ({"username": "a-long-username", "password": "A-Long-Username"}, (422, "weak-password")),
        ({"password": "abababababab"}, (422, "weak-password")),
        ({"password": None}, (400, "invalid-parameter")),
        ({"generatePassword": True}, (400, "invalid-parameter")),
        ({"role": "owner"}, (400, "invalid-parameter")),
        ({"username": "Ai đó"}, (400, "invalid-parameter")),
        ({"areaCodes": ["99999"]}, (422, "unprocessable")),
        ({"areaCodes": ["x"]}, (400, "invalid-parameter")),
        ({"role": "admin", "areaCodes": ["02671"]}, (422, "unprocessable")),
        ({"username": "mai"}, (409, "operator-exists")),
    ],
)
async def test_what_makes_no_operator(gateway: httpx.AsyncClient, body: dict[str, Any], expected: Any):
    whole = {"username": "somebody", "role": "viewer", "password": _PASSWORD, **body}
    answer = await _call(gateway, "POST", "/operators", whole)
    assert (answer.status_code, answer.json()["code"]) == expected, answer.text
    assert _PASSWORD not in answer.text


async def test_unlocking_forgets_the_wrong_guesses_of_every_place(
    gateway: httpx.AsyncClient, owner: "asyncpg.Connection[Any]"
):
    await _make(gateway, "khoa")
    mine = ("khoa", _PASSWORD)
    await owner.execute(
        "INSERT INTO sign_in_guess (username, source, failures, failed_at, locked_until)"
        " VALUES ('khoa', 'address:127.0.0.1', 9, now(), now() + interval '10 minutes')"
    )
    assert (await gateway.get("/v1/maintenance-windows", auth=mine)).status_code == 429
    assert (await _call(gateway, "PATCH", "/operators/khoa", {"unlock": True})).status_code == 200
    assert (await gateway.get("/v1/maintenance-windows", auth=mine)).status_code == 200
    done = await owner.fetchval(
        "SELECT count(*) FROM audit_event WHERE object = 'operator/khoa' AND action = 'operator.unlocked'"
    )
    assert done == 1


async def test_sessions_end_when_rights_or_secrets_change(
    gateway: httpx.AsyncClient, owner: "asyncpg.Connection[Any]"
):
    await _make(gateway, "binh")
    await owner.execute(
        "UPDATE operator SET totp_secret = 'x', totp_confirmed_at = now(), failed_sign_ins = 9,"
        " locked_until = now() + interval '1 hour' WHERE username = 'binh'"
    )
    path, epoch = "/operators/binh", await _epoch(owner, "binh")
    for body, ends in (
        ({"displayName": "Bình"}, False),
        ({"unlock": True}, False),
        ({"role": "operator"}, True),
        ({"role": "operator"}, False),
        ({"areaCodes": ["02671"]}, True),
        ({"agencies": ["so-tu-phap"]}, True),
        ({"newPassword": _PASSWORD + "!"}, True),
        ({"resetTotp": True}, True),
        ({"disabled": True}, True),
        ({"disabled": False}, True),
    ):
        answer = await _call(gateway, "PATCH", path, body)
        assert answer.status_code == 200, answer.text
        assert (await _epoch(owner, "binh") > epoch) is ends, body
        epoch = await _epoch(owner, "binh")
    item = (await _call(gateway, "GET", path)).json()
    assert (item["totp"], item["failedSignIns"], item["lockedUntil"]) == (False, 0, None)
    assert (item["role"], item["areaCodes"], item["agencies"]) == ("operator", ["02671"], ["so-tu-phap"])
    actions = await owner.fetch(
        "SELECT action, details FROM audit_event WHERE object = 'operator/binh' ORDER BY id"
    )
    assert [event["action"] for event in actions] == [
        *(
            "operator.created",
            "operator.changed",
            "operator.unlocked",
            "operator.changed",
            "operator.changed",
        ),
        *("operator.changed", "operator.password-set", "operator.totp-reset"),
        *("operator.disabled", "operator.enabled"),
    ]
    assert actions[3]["details"] == {"role": {"from": "viewer", "to": "operator"}}
    assert _PASSWORD not in str([event["details"] for event in actions])


async def test_a_disabled_operator_is_out(gateway: httpx.AsyncClient):
    await _make(gateway, "out")
    out = ("out", _PASSWORD)
    assert (await gateway.get("/v1/maintenance-windows", auth=out)).status_code == 200
    await _call(gateway, "PATCH", "/operators/out", {"disabled": True})
    for _ in range(50):
        if (await gateway.get("/v1/maintenance-windows", auth=out)).status_code == 401:
            break
        await asyncio.sleep(0.02)
    else:
        pytest.fail("still in after a second")


async def test_nobody_changes_their_own_rights(gateway: httpx.AsyncClient):
    for body in (
        {"role": "viewer"},
        {"disabled": True},
        {"areaCodes": ["02671"]},
        {"newPassword": _PASSWORD},
        {"generatePassword": True},
        {"resetTotp": True},
    ):
        answer = await _call(gateway, "PATCH", "/operators/lan", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "own-account"), body
    assert (await _call(gateway, "PATCH", "/operators/lan", {"displayName": "Lan"})).status_code == 200


async def test_two_admins_who_remove_each_other_leave_one(
    gateway: httpx.AsyncClient, owner: "asyncpg.Connection[Any]"
):
    """Both have been let in before either change is made: the row locks decide, not the check at the door."""
    await _make(gateway, "tuan", "admin")
    tuan = ("tuan", _PASSWORD)
    assert (await _call(gateway, "GET", "/audit", who=tuan)).status_code == 200
    await owner.execute("BEGIN")
    await owner.execute("SELECT FROM operator WHERE role = 'admin' FOR UPDATE")
    racing = [
        asyncio.create_task(_call(gateway, "PATCH", "/operators/tuan", {"disabled": True})),
        asyncio.create_task(_call(gateway, "PATCH", "/operators/lan", {"role": "viewer"}, who=tuan)),
    ]
    await asyncio.sleep(0.5)
    await owner.execute("ROLLBACK")
    answers = await asyncio.gather(*racing)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    [refused] = [answer for answer in answers if answer.status_code == 409]
    assert refused.json()["code"] == "last-admin"
    await owner.execute("UPDATE operator SET role = 'admin', disabled_at = NULL WHERE username = 'lan'")


@pytest.mark.parametrize("path", ["/audit", "/operators", "/dead-letters"])
async def test_an_operator_who_is_limited_administers_nothing(
    gateway: httpx.AsyncClient, owner: "asyncpg.Connection[Any]", path: str
):
    """Made at the command line or before there were limits: the API makes no such admin."""
    await owner.execute(
        "INSERT INTO operator (username, password_hash, role, area_codes)"
        " SELECT 'limited', password_hash, 'admin', '{02671}' FROM operator WHERE username = 'lan'"
        " ON CONFLICT (username) DO UPDATE SET role = 'admin'"
    )
    assert (await _call(gateway, "GET", path, who=("limited", _ADMIN[1]))).status_code == 403
    await owner.execute("UPDATE operator SET role = 'viewer' WHERE username = 'limited'")


async def test_a_change_of_what_was_not_seen_is_refused(gateway: httpx.AsyncClient):
    await _make(gateway, "thu")
    tag = (await _call(gateway, "GET", "/operators/thu")).headers["etag"]
    first = await _call(gateway, "PATCH", "/operators/thu", {"role": "operator"}, if_match=tag)
    assert first.status_code == 200
    late = await _call(gateway, "PATCH", "/operators/thu", {"role": "viewer"}, if_match=tag)
    assert (late.status_code, late.json()["version"]) == (412, first.json()["version"])
    gone = await _call(gateway, "PATCH", "/operators/nobody", {"unlock": True})
    assert (gone.status_code, gone.json()["code"]) == (404, "operator-unknown")


async def test_the_audit_trail_is_found_by_who_what_and_when(
    gateway: httpx.AsyncClient, owner: "asyncpg.Connection[Any]"
):
    before = datetime.now(UTC) - timedelta(days=400)
    await owner.execute(
        "INSERT INTO audit_event (at, actor, action, object, details, client)"
        " SELECT $1::timestamptz + i * interval '1 day',"
        " 'old-timer', 'period.closed', 'period/2025-' || i, '{}', '10.0.0.1' FROM generate_series(1, 5) i",
        before,
    )

    async def found(**params: Any) -> list[dict[str, Any]]:
        answer = await gateway.get("/v1/admin/audit", params=params, auth=_ADMIN)
        assert answer.status_code == 200, answer.text
        AuditList.model_validate(answer.json())
        return answer.json()["items"]

    mine = await found(actor="old-timer")
    assert [item["object"] for item in mine] == [f"period/2025-{i}" for i in (5, 4, 3, 2, 1)]
    assert mine[0]["client"] == "10.0.0.1"
    assert len(await found(action="period")) == 5
    assert len(await found(action="period.closed", object="period/2025-3")) == 1
    assert len(await found(object="period")) == 5
    assert await found(action="per") == []
    window = {
        "from": (before + timedelta(days=2)).isoformat(),
        "to": (before + timedelta(days=4)).isoformat(),
    }
    assert [item["object"] for item in await found(**window)] == ["period/2025-3", "period/2025-2"]
    page = (await gateway.get("/v1/admin/audit?actor=old-timer&limit=2", auth=_ADMIN)).json()
    rest = (await gateway.get(page["next"], auth=_ADMIN)).json()
    assert [item["object"] for item in rest["items"]] == ["period/2025-3", "period/2025-2"]
    ours = await found(actor="lan", action="operator.created")
    assert "operator/nam" in {item["object"] for item in ours}
    assert {item["client"] for item in ours} == {"127.0.0.1"}


async def test_objects_have_one_form_also_those_of_older_events(
    gateway: httpx.AsyncClient, owner: "asyncpg.Connection[Any]"
):
    await owner.execute(
        "INSERT INTO audit_event (actor, action, object) VALUES ('huy', 'session.began', 'huy'),"
        " ('huy', 'operator.password-changed', 'huy'), ('lan', 'period.closed', '2024-01'),"
        " ('huy', 'alert.acknowledged', 'alert/1'), ('lan', 'operator.changed', 'operator/huy')"
    )

    async def found(wanted: str) -> list[tuple[str, str]]:
        answer = await gateway.get("/v1/admin/audit", params={"object": wanted}, auth=_ADMIN)
        assert answer.status_code == 200, answer.text
        return [(item["action"], item["object"]) for item in answer.json()["items"]]

    assert await found("operator/huy") == [
        ("operator.changed", "operator/huy"),
        ("operator.password-changed", "operator/huy"),
        ("session.began", "operator/huy"),
    ]
    assert {("period.closed", "period/2024-01")} < {*await found("period")}
    assert await found("period/2024-01") == [("period.closed", "period/2024-01")]
    assert {("session.began", "operator/huy"), ("operator.changed", "operator/huy")} < {
        *await found("operator")
    }
    assert await found("session") == []
    assert await found("alert/1") == [("alert.acknowledged", "alert/1")]

    wrong = await gateway.post("/v1/session", json={"username": "' OR 1=1", "password": "x"})
    assert wrong.status_code == 401
    assert await found("operator/' OR 1=1") == [("session.failed", "operator/' OR 1=1")]


async def test_the_catalogue_says_what_is_evaluated_and_what_waits(
    gateway: httpx.AsyncClient, owner: "asyncpg.Connection[Any]"
):
    definition = await FigureWriter(owner).define("on-time")
    await owner.execute("INSERT INTO evaluation_lane (name, properties) VALUES ('lane', '{pm25}')")
    await owner.execute(
        "INSERT INTO changed_series (lane, level, datastream_ids, buckets, corrected, enqueued_at)"
        " SELECT 'lane', '1h', '{1}', '{2026-09-15T00:00:00Z}', false, now() - interval '90 seconds'"
        " FROM generate_series(1, 10050)"
    )
    await owner.execute(
        "INSERT INTO stale_definition VALUES ($1, '2026-01-01T00:00Z', '2026-02-01T00:00Z', 'definition-changed')",
        definition,
    )
    answer = await _call(gateway, "GET", "/catalogue")
    assert answer.status_code == 200, answer.text
    Catalogue.model_validate(answer.json())
    status = answer.json()
    queues = {queue["name"]: queue for queue in status["queues"]}
    assert (queues["changedSeries"]["waiting"], queues["changedSeries"]["more"]) == (10_000, True)
    assert 90 <= queues["changedSeries"]["oldestSeconds"] < 600
    assert (queues["staleDefinitions"]["waiting"], queues["changedCases"]["waiting"]) == (1, 0)
    [lane] = status["lanes"]
    assert (lane["evaluatedAt"], lane["properties"]) == (None, ["pm25"])
    assert lane["oldestSeconds"] >= 90
    [item] = [item for item in status["definitions"] if item["id"] == "on-time"]
    assert (item["version"], item["evaluating"]["reason"]) == (1, "definition-changed")


@pytest.mark.parametrize(
    "path", ["/providers", "/api-keys", "/operators", "/operators/lan", "/audit", "/catalogue"]
)
async def test_administration_is_for_admins(gateway: httpx.AsyncClient, world: Any, path: str):
    assert (await gateway.get(f"/v1/admin{path}")).status_code == 401
    assert (await _call(gateway, "GET", path, who=world.operator)).status_code == 403
    key = await gateway.get(f"/v1/admin{path}", headers={"Authorization": f"Bearer {world.reader}"})
    assert key.status_code == 403
    answer = await _call(gateway, "GET", path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
