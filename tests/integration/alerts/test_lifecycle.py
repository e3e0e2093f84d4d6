"""What operators see of alerts through the gateway, and what they do about them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pwdlib import PasswordHash
from pydantic import SecretStr
from tests.integration.alerts.conftest import HOUR, NOW, City, rule

from fansipan_common.contracts import AlertChanged
from fansipan_common.security import generate_api_key
from fansipan_gateway.app import build
from fansipan_gateway.settings import GatewaySettings

HIGH = {"kind": "threshold", "property": "level", "above": 10, "clearAt": 8}
MAI = ("mai", "bí mật của Mai")
VIEWER = ("vinh", "bí mật của Vinh")


@dataclass
class Door:
    """The gateway, and the alert that is open."""

    client: httpx.AsyncClient
    id: int

    async def act(self, action: str, body: dict[str, Any], **options: Any) -> httpx.Response:
        """POST as the operator Mai unless said otherwise."""
        options = {"auth": MAI} | options
        return await self.client.post(f"/v1/alerts/{self.id}/{action}", json=body, **options)

    async def get(self) -> dict[str, Any]:
        """The alert as Mai sees it."""
        answer = await self.client.get(f"/v1/alerts/{self.id}", auth=MAI)
        assert answer.status_code == 200, answer.text
        return answer.json()


@asynccontextmanager
async def gateway(city: City, *, anonymous_read: bool = False) -> AsyncGenerator[httpx.AsyncClient]:
    """A gateway on the test's database."""
    app = build(
        GatewaySettings(
            database_url=SecretStr(city.url_as("fansipan_gateway")),
            anonymous_read=anonymous_read,
            web_dist=Path("/nonexistent"),
        )
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=("127.0.0.1", 1)), base_url="http://gateway"
        ) as client,
    ):
        yield client


@pytest.fixture
async def door(city: City) -> AsyncGenerator[Door]:
    """A gateway that needs a log-in, and one alert in a commune."""
    hasher = PasswordHash.recommended()
    await city.connection.execute("TRUNCATE operator CASCADE")
    for (name, password), role in ((MAI, "operator"), (VIEWER, "viewer")):
        await city.connection.execute(
            "INSERT INTO operator (username, password_hash, role) VALUES ($1, $2, $3)",
            name,
            hasher.hash(password),
            role,
        )
    escalation = [{"after": "1h", "receivers": ["nobody"]}]
    await city.rules(rule("high", HIGH, escalate=escalation), rule("other", HIGH | {"above": 11}))
    gauge = await city.datastream("gauge")
    await city.observe((gauge, NOW - HOUR, 12.5))
    await city.alerts().work_off()
    [alert] = await city.alerts_of("high")
    async with gateway(city) as client:
        yield Door(client, alert["id"])


async def test_an_alert_from_its_opening_to_its_end(city: City, door: Door):
    answer = await door.client.get("/v1/alerts", params={"state": "open", "rule": "high"}, auth=MAI)
    [listed] = answer.json()["items"]
    assert listed["subject"] == "demo/gauge/level"
    assert listed["summary"]["en"].startswith("level at gauge since ")
    assert listed["escalateAt"] is not None
    answer = await door.act("acknowledge", {"note": "đang đến hiện trường"})
    assert answer.status_code == 200, answer.text
    acknowledged = answer.json()
    assert (acknowledged["state"], acknowledged["acknowledgedBy"]) == ("acknowledged", "mai")
    assert acknowledged["escalateAt"] is None
    assert (await door.act("assign", {"assignee": "vinh"})).json()["assignee"] == "vinh"
    for name, found in (("vinh", [door.id]), ("mai", [])):
        answer = await door.client.get("/v1/alerts", params={"assignee": name}, auth=MAI)
        assert [item["id"] for item in answer.json()["items"]] == found
    assert (await door.act("comment", {"note": "nước đang rút"})).status_code == 200
    ended = (await door.act("resolve", {"note": "xong"})).json()
    assert (ended["state"], ended["version"]) == ("resolved", 5)
    kinds = [(event["kind"], event["actor"], event["note"]) for event in ended["history"]]
    assert kinds == [
        ("opened", "system", ""),
        ("acknowledged", "mai", "đang đến hiện trường"),
        ("assigned", "mai", ""),
        ("commented", "mai", "nước đang rút"),
        ("resolved", "mai", "xong"),
    ]
    events = [
        AlertChanged.model_validate(row["data"])
        for row in await city.all("SELECT data FROM outbox WHERE key = 'high|demo/gauge/level' ORDER BY id")
    ]
    assert [event.change.kind for event in events] == [kind for kind, _, _ in kinds]
    assert [event.version for event in events] == [1, 2, 3, 4, 5]
    assert events[1].acknowledged_by == "mai"
    audit = await city.all(
        "SELECT actor, action, details ->> 'rule' AS rule FROM audit_event WHERE object = $1 ORDER BY id",
        f"alert/{door.id}",
    )
    assert [(row["actor"], row["action"], row["rule"]) for row in audit] == [
        ("mai", f"alert.{kind}", "high") for kind, _, _ in kinds[1:]
    ]


async def test_who_has_an_alert_is_for_operators(door: Door):
    answer = await door.client.get("/v1/alerts", params={"assignee": "vinh"})
    assert answer.status_code == 401


@pytest.mark.parametrize("action", ["acknowledge", "comment", "assign", "resolve"])
async def test_only_operators_act(door: Door, city: City, action: str):
    body = {"assignee": "mai"} if action == "assign" else {"note": "x"}
    assert (await door.act(action, body, auth=None)).status_code == 401
    assert (await door.act(action, body, auth=(MAI[0], "sai"))).status_code == 401
    refused = await door.act(action, body, auth=VIEWER)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    key = generate_api_key()
    await city.connection.execute(
        "INSERT INTO api_key (id, provider_id, name, secret_hash, scopes) VALUES ($1, 1, 'k', $2, '{read,write}')",
        key.id,
        key.secret_hash,
    )
    bearer = {"Authorization": f"Bearer {key.text}"}
    assert (await door.act(action, body, auth=None, headers=bearer)).status_code == 403
    assert (await door.client.get("/v1/alerts", headers=bearer)).status_code == 403
    assert [event["kind"] for event in (await door.get())["history"]] == ["opened"]


@pytest.mark.parametrize("action", ["acknowledge", "comment", "assign", "resolve"])
async def test_what_has_ended_stays_as_it_is(door: Door, action: str):
    assert (await door.act("resolve", {})).status_code == 200
    body = {"assignee": "mai"} if action == "assign" else {"note": "x"}
    answer = await door.act(action, body)
    assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (
        409,
        "alert-state",
        "resolved",
    )


async def test_of_two_who_have_seen_the_same_one_wins(door: Door):
    etag = (await door.client.get(f"/v1/alerts/{door.id}", auth=MAI)).headers["etag"]
    answers = await asyncio.gather(
        *(door.act("comment", {"note": str(n)}, headers={"If-Match": etag}) for n in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    lost = next(answer for answer in answers if answer.status_code == 412)
    assert (lost.json()["code"], lost.json()["version"]) == ("precondition-failed", 2)
    assert (await door.act("comment", {"note": "x"}, headers={"If-Match": '"2"'})).status_code == 200
    late = await door.act("acknowledge", {"version": 2})
    assert (late.status_code, late.json()["code"]) == (409, "version-conflict")
    assert (await door.act("acknowledge", {"version": 3})).status_code == 200
    again = await door.act("acknowledge", {})
    assert (again.status_code, again.json()["code"]) == (409, "alert-state")
    assert (await door.act("comment", {"note": "x"}, headers={"If-Match": "nonsense"})).status_code == 400
    assert (await door.get())["version"] == 4


async def test_bodies_are_checked(door: Door):
    for action, body in (
        ("comment", {}),
        ("comment", {"note": "  "}),
        ("acknowledge", {"nota": "misspelt"}),
        ("assign", {"assignee": "Mai!"}),
        ("resolve", {"note": "x" * 4001}),
        ("resolve", {"note": "a\0b"}),
    ):
        assert (await door.act(action, body)).status_code == 400, (action, body)
    missing = await door.client.post("/v1/alerts/999999/resolve", json={}, auth=MAI)
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert (await door.client.get("/v1/alerts?stat=open", auth=MAI)).status_code == 400


async def test_alerts_are_found_by_what_they_are_about(door: Door):
    async def ids(**parameters: Any) -> list[int]:
        answer = await door.client.get("/v1/alerts", params=parameters, auth=VIEWER)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    everything = await ids()
    assert len(everything) == 2
    assert await ids(rule="high") == [door.id]
    assert await ids(area="15") == everything
    assert await ids(area="02647") == []
    assert await ids(severity="critical") == []
    assert await ids(subject="demo/gauge/level", state="open") == everything
    tomorrow = (NOW + timedelta(days=1)).isoformat()
    assert await ids(**{"from": tomorrow}) == []
    assert await ids(to=tomorrow) == everything
    first = await door.client.get("/v1/alerts", params={"limit": 1}, auth=MAI)
    second = await door.client.get(first.json()["next"], auth=MAI)
    assert [first.json()["items"][0]["id"], second.json()["items"][0]["id"]] == everything
    assert second.json()["next"] is None


async def test_an_operator_s_end_is_respected_by_the_evaluation(city: City, door: Door):
    replica = city.alerts()
    await door.act("resolve", {"note": "known"})
    gauge = await city.connection.fetchval("SELECT id FROM datastream")
    await city.observe((gauge, NOW, 13.0))
    await replica.work_off()
    assert len(await city.alerts_of("high")) == 1
    await city.observe((gauge, NOW + timedelta(seconds=1), 1.0), (gauge, NOW + timedelta(seconds=2), 12.0))
    await replica.work_off()
    assert [alert["state"] for alert in await city.alerts_of("high")] == ["resolved", "open"]


async def test_maintenance_windows_are_made_and_ended_by_operators(city: City, door: Door):
    body = {"rule": "high", "endsAt": (NOW + HOUR).isoformat(), "reason": "hiệu chuẩn"}
    assert (await door.client.post("/v1/maintenance-windows", json=body, auth=VIEWER)).status_code == 403
    made = await door.client.post("/v1/maintenance-windows", json=body, auth=MAI)
    assert made.status_code == 201, made.text
    assert (made.json()["createdBy"], made.json()["subject"]) == ("mai", None)
    later = body | {"startsAt": (NOW + HOUR).isoformat(), "endsAt": (NOW + 2 * HOUR).isoformat()}
    planned = (await door.client.post("/v1/maintenance-windows", json=later, auth=MAI)).json()
    for wrong in (body | {"rule": "nothing"}, body | {"endsAt": (NOW - HOUR).isoformat()}):
        refused = await door.client.post("/v1/maintenance-windows", json=wrong, auth=MAI)
        assert (refused.status_code, refused.json()["code"]) == (422, "unprocessable")
    for window in (made.json(), planned):
        ended = await door.client.post(f"/v1/maintenance-windows/{window['id']}/end", auth=MAI)
        assert (ended.status_code, ended.json()["endedBy"]) == (200, "mai")
        again = await door.client.post(f"/v1/maintenance-windows/{window['id']}/end", auth=MAI)
        assert (again.status_code, again.json()["code"]) == (409, "window-over")
    assert (await door.client.post("/v1/maintenance-windows/999/end", auth=MAI)).status_code == 404
    listed = await door.client.get("/v1/maintenance-windows", auth=VIEWER)
    assert len(listed.json()["items"]) == 2
    current = await door.client.get("/v1/maintenance-windows?current=true", auth=VIEWER)
    assert current.json()["items"] == []


async def test_what_rests_on_an_indicator_that_is_not_public_is_for_operators(city: City, door: Door):
    backlog = {"kind": "threshold", "indicator": "overdue", "period": "day", "above": 1}
    both = {"kind": "composite", "any": ["backlog", "unrelated"], "match": "subject"}
    await city.rules(
        rule("high", HIGH),
        rule("backlog", backlog, subjects="agency"),
        rule("unrelated", backlog, subjects="agency"),
        rule("both", both, subjects="agency"),
    )
    ids = await city.indicator("overdue", "agency", "UBND-1")
    await city.connection.execute("UPDATE indicator_definition SET public = false")
    await city.figure(ids, "day", NOW.replace(hour=0, minute=0, second=0), 3)
    await city.alerts().work_off()
    [secret] = await city.alerts_of("backlog")
    async with gateway(city, anonymous_read=True) as anybody:
        seen = {item["rule"] for item in (await anybody.get("/v1/alerts?state=open")).json()["items"]}
        assert seen == {"high"}
        assert (await anybody.get(f"/v1/alerts/{secret['id']}")).status_code == 404
        named = await anybody.get("/v1/alerts?state=open", auth=MAI)
        assert {item["rule"] for item in named.json()["items"]} == {"high", "backlog", "unrelated", "both"}


async def test_where_reading_is_open_people_stay_unnamed(city: City, door: Door):
    await door.act("acknowledge", {"note": "Mai is on her way"})
    async with gateway(city, anonymous_read=True) as anybody:
        answer = await anybody.get(f"/v1/alerts/{door.id}")
        assert answer.status_code == 200
        assert answer.json()["state"] == "acknowledged"
        assert "mai" not in answer.text.lower()
        named = await anybody.get(f"/v1/alerts/{door.id}", auth=MAI)
        assert named.json()["acknowledgedBy"] == "mai"
        assert named.headers["cache-control"].startswith("private")
