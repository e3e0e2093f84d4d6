"""A provider's own door: who comes in; keys never have more rights than who makes them; members; what is audited."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from pwdlib import PasswordHash
from tests.integration.conftest import connect
from tests.integration.gateway.conftest import Serve, World

from fansipan_common.security import generate_api_key

PASSWORD = "mật khẩu dài"
AUTH = {name: (name, PASSWORD) for name in ("an", "binh", "chi", "quan-tri")}
DAY = timedelta(days=1)

Keyed = Callable[..., Awaitable[tuple[str, dict[str, str]]]]


@pytest.fixture(scope="module")
async def served(world: World, serve: Serve) -> AsyncGenerator[httpx.AsyncClient]:
    """A gateway that only those may read who are known. an: integrator of demo; binh: viewer; chi: integrator."""
    connection = await connect(world.url)
    digest = PasswordHash.recommended().hash(PASSWORD)
    for name, role in (
        ("an", "integrator"),
        ("binh", "viewer"),
        ("chi", "integrator"),
        ("quan-tri", "admin"),
    ):
        await connection.execute(
            "INSERT INTO operator (username, password_hash, role) VALUES ($1, $2, $3)", name, digest, role
        )
    await connection.close()
    async with serve(world.url) as client:
        for member in ("an", "binh"):
            answer = await client.put(f"/v1/admin/providers/demo/members/{member}", auth=AUTH["quan-tri"])
            assert answer.status_code == 204, answer.text
        yield client


@pytest.fixture
async def rows(world: World) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    connection = await connect(world.url)
    yield connection
    await connection.close()


@pytest.fixture
def keyed(rows: "asyncpg.Connection[Any]") -> Keyed:
    """Make a key in the database; gives its id, and headers that show it."""

    async def make(
        *scopes: str, prefixes: tuple[str, ...] = (), expires_at: datetime | None = None
    ) -> tuple[str, dict[str, str]]:
        key = generate_api_key()
        await rows.execute(
            "INSERT INTO api_key (id, provider_id, name, secret_hash, scopes, datastream_prefixes, expires_at)"
            " VALUES ($1, 1, 'test', $2, $3, $4, $5)",
            *(key.id, key.secret_hash, list(scopes), list(prefixes), expires_at),
        )
        return key.id, {"authorization": f"Bearer {key.text}"}

    return make


def body(*scopes: str, prefixes: tuple[str, ...] = (), expires_at: datetime | None = None) -> dict[str, Any]:
    return {
        "name": "trạm",
        "scopes": list(scopes),
        "datastreamPrefixes": list(prefixes),
        "expiresAt": None if expires_at is None else expires_at.isoformat(),
    }


KEYS = "/v1/provider/demo/api-keys"


async def test_members_admins_and_managing_keys_come_in_and_nobody_else(
    served: httpx.AsyncClient, world: World, keyed: Keyed
):
    _, managing = await keyed("manage")
    assert (await served.get(KEYS)).status_code == 401
    assert (await served.get(KEYS, auth=world.operator)).status_code == 403
    assert (await served.get(KEYS, auth=AUTH["chi"])).status_code == 403
    assert (await served.get(KEYS, headers={"authorization": f"Bearer {world.reader}"})).status_code == 403
    who: dict[str, Any]
    for who in (
        {"auth": AUTH["an"]},
        {"auth": AUTH["binh"]},
        {"auth": AUTH["quan-tri"]},
        {"headers": managing},
    ):
        assert (await served.get(KEYS, **who)).status_code == 200, who
    for who in ({"auth": AUTH["an"]}, {"headers": managing}):
        assert (await served.get("/v1/provider/other/api-keys", **who)).status_code == 403
        assert (await served.get("/v1/provider/nobody/api-keys", **who)).status_code == 403
        listed = (await served.get("/v1/provider", **who)).json()["items"]
        assert [provider["key"] for provider in listed] == ["demo"]
    assert (await served.get("/v1/provider/nobody/api-keys", auth=AUTH["quan-tri"])).status_code == 404
    everything = (await served.get("/v1/provider?limit=1", auth=AUTH["quan-tri"])).json()
    assert everything["items"][0]["key"] == "demo"
    assert everything["next"] is not None
    assert everything["items"][0]["datastreams"] == 4


async def test_an_integrator_sees_what_is_their_providers_and_nothing_of_the_city(served: httpx.AsyncClient):
    things = (await served.get("/v1/things", auth=AUTH["an"])).json()["items"]
    assert {thing["key"] for thing in things} == {"demo/s1", "demo/s2"}
    assert (await served.get("/v1/things", auth=AUTH["chi"])).json()["items"] == []
    assert (await served.get("/v1/alerts", auth=AUTH["an"])).status_code == 403
    assert (await served.get("/v1/admin/providers", auth=AUTH["an"])).status_code == 403
    assert (await served.get("/v1/maintenance-windows", auth=AUTH["an"])).status_code == 403
    answer = await served.get("/v1/provider/demo/datastreams?limit=3", auth=AUTH["an"])
    first = answer.json()
    rest = (await served.get(first["next"], auth=AUTH["an"])).json()
    assert len(first["items"]) + len(rest["items"]) == 4
    assert first["items"][0]["latestAt"] is not None


async def test_a_key_that_only_manages_reads_no_data(served: httpx.AsyncClient, world: World, keyed: Keyed):
    _, managing = await keyed("manage")
    reader = {"authorization": f"Bearer {world.reader}"}
    for _ in range(2):  # also when a reader of the same provider has just been answered
        assert (await served.get("/v1/things", headers=reader)).status_code == 200
        assert (await served.get("/v1/things", headers=managing)).status_code == 403


async def test_a_key_is_made_shown_once_used_and_revoked(served: httpx.AsyncClient, rows: Any):
    made = await served.post(KEYS, json=body("read", prefixes=("demo/s1/",)), auth=AUTH["an"])
    assert made.status_code == 201, made.text
    key = made.json()
    assert (key["createdBy"], key["scopes"], key["state"]) == ("an", ["read"], "active")
    listed = (await served.get(KEYS, auth=AUTH["an"])).json()["items"]
    assert key["id"] in [each["id"] for each in listed]
    assert not any("key" in each for each in listed)
    things = await served.get("/v1/things", headers={"authorization": f"Bearer {key['key']}"})
    assert things.status_code == 200
    for _ in range(2):
        assert (await served.delete(f"{KEYS}/{key['id']}", auth=AUTH["an"])).status_code == 204
    told = await rows.fetch(
        "SELECT actor, action FROM audit_event WHERE object = $1 ORDER BY id", f"api-key/{key['id']}"
    )
    assert [tuple(row) for row in told] == [("an", "api-key.created"), ("an", "api-key.revoked")]
    assert (await served.delete(f"{KEYS}/zzzzzzzzzzzz", auth=AUTH["an"])).status_code == 404


async def test_no_key_makes_one_with_more_rights(served: httpx.AsyncClient, keyed: Keyed):
    soon = datetime.now(UTC) + DAY
    _, managing = await keyed("manage", "write", prefixes=("demo/s1/",), expires_at=soon)
    for wrong in (
        body("read", prefixes=("demo/s1/",), expires_at=soon - DAY / 2),  # a scope it has not
        body("write", expires_at=soon - DAY / 2),  # all datastreams
        body("write", prefixes=("demo/s",), expires_at=soon - DAY / 2),
        body("write", prefixes=("demo/s1/", "demo/s2/"), expires_at=soon - DAY / 2),
        body("write", prefixes=("demo/s1/",)),  # without end
        body("write", prefixes=("demo/s1/",), expires_at=soon + DAY),
    ):
        answer = await served.post(KEYS, json=wrong, headers=managing)
        assert answer.status_code == 403, (wrong, answer.text)
    right = body("write", "manage", prefixes=("demo/s1/pm",), expires_at=soon - DAY / 2)
    assert (await served.post(KEYS, json=right, headers=managing)).status_code == 201


async def test_a_key_sees_and_ends_only_keys_that_it_could_have_made(served: httpx.AsyncClient, keyed: Keyed):
    wide, _ = await keyed("read", "write")
    narrow, _ = await keyed("write", prefixes=("demo/s1/pm25",))
    own, managing = await keyed("manage", "write", prefixes=("demo/s1/",))
    listed = {each["id"] for each in (await served.get(KEYS, headers=managing)).json()["items"]}
    assert {own, narrow} <= listed
    assert wide not in listed
    assert (await served.delete(f"{KEYS}/{wide}", headers=managing)).status_code == 404
    assert (await served.post(f"{KEYS}/{wide}/rotate", json={}, headers=managing)).status_code == 404
    assert (await served.delete(f"{KEYS}/{narrow}", headers=managing)).status_code == 204


async def test_rotation_leaves_the_old_key_good_for_a_while(served: httpx.AsyncClient, keyed: Keyed):
    old, shown = await keyed("read", "manage", prefixes=("demo/s1/",))
    answer = await served.post(f"{KEYS}/{old}/rotate", json={"overlapHours": 2}, headers=shown)
    assert answer.status_code == 201, answer.text
    new = answer.json()
    assert (new["replaces"], new["scopes"], new["datastreamPrefixes"]) == (
        old,
        ["read", "manage"],
        ["demo/s1/"],
    )
    for headers in (shown, {"authorization": f"Bearer {new['key']}"}):
        assert (await served.get("/v1/things", headers=headers)).status_code == 200
    listed = {each["id"]: each for each in (await served.get(KEYS, auth=AUTH["an"])).json()["items"]}
    ends = datetime.fromisoformat(listed[old]["expiresAt"])
    assert timedelta(hours=1.9) < ends - datetime.now(UTC) < timedelta(hours=2.1)
    assert listed[new["id"]]["expiresAt"] is None
    at_once = await served.post(f"{KEYS}/{old}/rotate", json={"overlapHours": 0}, auth=AUTH["an"])
    assert at_once.status_code == 201
    again = await served.post(
        f"{KEYS}/{at_once.json()['id']}/rotate", json={"overlapHours": 721}, auth=AUTH["an"]
    )
    assert again.status_code == 400


async def test_an_integrator_belongs_to_one_provider_and_a_membership_ends_within_a_second(
    served: httpx.AsyncClient, rows: Any
):
    admin = AUTH["quan-tri"]
    elsewhere = await served.put("/v1/admin/providers/other/members/an", auth=admin)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "member-elsewhere")
    assert (await served.put("/v1/admin/providers/other/members/binh", auth=admin)).status_code == 204
    assert (await served.put("/v1/admin/providers/other/members/nobody", auth=admin)).status_code == 404
    assert (await served.put("/v1/admin/providers/other/members/binh", auth=AUTH["binh"])).status_code == 403
    session = await served.post("/v1/session", json={"username": "binh", "password": PASSWORD})
    assert session.json()["operator"]["providers"] == ["demo", "other"]
    served.cookies.clear()
    members = (await served.get("/v1/admin/providers/other/members", auth=admin)).json()["items"]
    assert [(member["username"], member["addedBy"]) for member in members] == [("binh", "quan-tri")]
    assert (await served.delete("/v1/admin/providers/other/members/binh", auth=admin)).status_code == 204
    told = await rows.fetch("SELECT action FROM audit_event WHERE object = 'provider/other' ORDER BY id")
    assert [row["action"] for row in told] == ["provider-member.added", "provider-member.removed"]
    limited = await served.patch("/v1/admin/operators/an", json={"areaCodes": ["02671"]}, auth=admin)
    assert limited.status_code == 422


async def test_admins_say_how_much_a_provider_may_send(served: httpx.AsyncClient, rows: Any):
    admin = AUTH["quan-tri"]
    path = "/v1/admin/providers/other"
    answer = await served.patch(path, json={"limits": {"observationsPerDay": 1000}}, auth=admin)
    assert answer.json()["limits"] == {
        "observationsPerDay": 1000,
        "bytesPerDay": None,
        "requestsPerMinute": None,
    }
    answer = await served.patch(
        path, json={"limits": {"requestsPerMinute": 5, "observationsPerDay": None}}, auth=admin
    )
    assert answer.json()["limits"] == {
        "observationsPerDay": None,
        "bytesPerDay": None,
        "requestsPerMinute": 5,
    }
    assert (await served.patch(path, json={"limits": {"bytesPerDay": -1}}, auth=admin)).status_code == 400


async def test_the_sandbox_says_when_it_is_not_set_up(served: httpx.AsyncClient):
    answer = await served.post("/v1/provider/demo/sandbox", content=b"[]", auth=AUTH["an"])
    assert (answer.status_code, answer.json()["code"]) == (503, "sandbox-not-set-up")
    assert (
        await served.post("/v1/provider/demo/sandbox?format=xml", content=b"[]", auth=AUTH["an"])
    ).status_code == 400
