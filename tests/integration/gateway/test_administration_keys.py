"""Providers and their keys, administered through the gateway, as ingest then sees them: on the real stack."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from pwdlib import PasswordHash
from tests.conftest import Addresses
from tests.integration.conftest import Sender

from fansipan_gateway.administration.keys.schemas import ApiKeyList, NewApiKey
from fansipan_gateway.administration.providers.schemas import Provider, ProviderList

START = "2026-07-01T08:00:00+07:00"
SOON = 1.0
"""Seconds within which a key that was taken away is refused everywhere."""


@dataclass(frozen=True, slots=True)
class Admin:
    """An admin at the gateway."""

    http: httpx.AsyncClient
    url: str
    auth: tuple[str, str]

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.http.request(
            method,
            f"{self.url}/v1/admin{path}",
            auth=self.auth,
            headers=headers,
            **({} if body is None else {"json": body}),
        )


@pytest.fixture
async def admin(
    http: httpx.AsyncClient, addresses: Addresses, owner: "asyncpg.Connection[Any]", new_provider: str
) -> Admin:
    name, password = f"admin-{new_provider}", "mật khẩu dài"
    await owner.execute(
        "INSERT INTO operator (username, password_hash, role) VALUES ($1, $2, 'admin')",
        name,
        PasswordHash.recommended().hash(password),
    )
    return Admin(http, addresses.gateway, (name, password))


async def _made(admin: Admin, provider: str, **key: Any) -> dict[str, Any]:
    answer = await admin.call(
        "POST", "/providers", {"key": provider, "name": "Trạm quan trắc", "autoRegister": True}
    )
    assert answer.status_code == 201, answer.text
    Provider.model_validate(answer.json())
    made = await admin.call(
        "POST", f"/providers/{provider}/api-keys", {"name": "test", "scopes": ["write"], **key}
    )
    assert made.status_code == 201, made.text
    NewApiKey.model_validate(made.json())
    return made.json()


def _reading(provider: str, thing: str = "a") -> dict[str, Any]:
    return {"datastream": f"{provider}/{thing}/x", "phenomenonTime": START, "result": 1.0}


async def _within(
    seconds: float, wanted: int, ask: Callable[[], Awaitable[httpx.Response]]
) -> httpx.Response:
    """Ask until the answer has a status, for so many seconds."""
    began = time.monotonic()
    while True:
        answer = await ask()
        if answer.status_code == wanted:
            return answer
        assert time.monotonic() - began < seconds, (
            f"still {answer.status_code} after {seconds} s: {answer.text}"
        )
        await asyncio.sleep(0.05)


async def test_a_key_writes_what_it_may_until_it_is_revoked(
    admin: Admin,
    new_provider: str,
    sender_with: Callable[[str | None], Sender],
    owner: "asyncpg.Connection[Any]",
):
    made = await _made(admin, new_provider, datastreamPrefixes=[f"{new_provider}/a/"])
    sender = sender_with(made["key"])
    answer = await sender.observations([_reading(new_provider), _reading(new_provider, "b")])
    assert (answer.json()["accepted"], answer.json()["rejected"][0]["code"]) == (1, "datastream-forbidden")

    listed = (await admin.call("GET", f"/providers/{new_provider}/api-keys")).json()
    ApiKeyList.model_validate(listed)
    [item] = listed["items"]
    assert "key" not in item
    assert (item["id"], item["state"], item["createdBy"]) == (made["id"], "active", admin.auth[0])
    stored = await owner.fetchval("SELECT secret_hash FROM api_key WHERE id = $1", made["id"])
    assert made["key"].encode() not in stored

    assert (await admin.call("DELETE", f"/api-keys/{made['id']}")).status_code == 204
    refused = await _within(SOON, 401, lambda: sender.observations([_reading(new_provider)]))
    assert "revoked" in refused.json()["detail"]
    assert (await admin.call("DELETE", f"/api-keys/{made['id']}")).status_code == 204
    [item] = (await admin.call("GET", f"/api-keys?provider={new_provider}")).json()["items"]
    assert (item["state"], item["revokedBy"]) == ("revoked", admin.auth[0])
    events = await owner.fetch(
        "SELECT action, details::text FROM audit_event WHERE actor = $1 ORDER BY id", admin.auth[0]
    )
    assert [event["action"] for event in events] == ["provider.created", "api-key.created", "api-key.revoked"]
    assert not any(made["key"][20:] in event["details"] for event in events)


async def test_no_key_of_a_disabled_provider_is_good_anywhere(
    admin: Admin, new_provider: str, sender_with: Callable[[str | None], Sender]
):
    made = await _made(admin, new_provider, scopes=["read", "write"])
    sender = sender_with(made["key"])

    async def read() -> httpx.Response:
        bearer = {"Authorization": f"Bearer {made['key']}"}
        return await admin.http.get(f"{admin.url}/v1/things", headers=bearer)

    assert (await sender.observations([_reading(new_provider)])).status_code == 202
    assert (await read()).status_code == 200
    disabled = await admin.call("PATCH", f"/providers/{new_provider}", {"disabled": True})
    assert (disabled.status_code, disabled.json()["disabled"]) == (200, True)
    refused = await _within(SOON, 401, lambda: sender.observations([_reading(new_provider)]))
    assert "disabled" in refused.json()["detail"]
    await _within(SOON, 401, read)
    another = await admin.call(
        "POST", f"/providers/{new_provider}/api-keys", {"name": "x", "scopes": ["read"]}
    )
    assert (another.status_code, another.json()["code"]) == (409, "provider-disabled")

    await admin.call("PATCH", f"/providers/{new_provider}", {"disabled": False})
    await _within(SOON, 202, lambda: sender.observations([_reading(new_provider)]))


async def test_changes_of_two_admins_do_not_undo_each_other(admin: Admin, new_provider: str):
    await _made(admin, new_provider)
    path = f"/providers/{new_provider}"
    seen = await admin.call("GET", path)
    tag = seen.headers["etag"]
    first = await admin.call("PATCH", path, {"contact": "Chị Mai 0214"}, **{"If-Match": tag})
    assert (first.status_code, first.headers["etag"] == tag) == (200, False)
    late = await admin.call("PATCH", path, {"contact": "Anh Nam"}, **{"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "precondition-failed")
    other = await admin.call("PATCH", path, {"name": "Tên khác"})
    assert (other.json()["contact"], other.json()["name"]) == ("Chị Mai 0214", "Tên khác")
    answers = await asyncio.gather(
        *(
            admin.call("PATCH", path, {"name": f"N{i}"}, **{"If-Match": other.headers["etag"]})
            for i in range(4)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


async def test_what_makes_no_sense_is_a_clear_problem(admin: Admin, new_provider: str):
    await _made(admin, new_provider)
    keys = f"/providers/{new_provider}/api-keys"
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    for method, path, body, expected in (
        ("POST", "/providers", {"key": new_provider, "name": "N"}, (409, "provider-exists")),
        ("POST", "/providers", {"key": "Có dấu", "name": "N"}, (400, "invalid-parameter")),
        ("POST", "/providers", {"key": f"{new_provider}-2", "name": ""}, (400, "invalid-parameter")),
        ("POST", "/providers", {"key": f"{new_provider}-2", "name": "N", "x": 1}, (400, "invalid-parameter")),
        ("POST", keys, {"name": "k", "scopes": []}, (400, "invalid-parameter")),
        ("POST", keys, {"name": "k", "scopes": ["admin"]}, (400, "invalid-parameter")),
        ("POST", keys, {"name": "k", "scopes": ["read"], "expiresAt": past}, (422, "unprocessable")),
        (
            "POST",
            keys,
            {"name": "k", "scopes": ["read"], "datastreamPrefixes": ["other/a/"]},
            (422, "unprocessable"),
        ),
        ("POST", "/providers/nobody/api-keys", {"name": "k", "scopes": ["read"]}, (404, "provider-unknown")),
        ("PATCH", "/providers/nobody", {"name": "N"}, (404, "provider-unknown")),
        ("DELETE", "/api-keys/aaaaaaaaaaaa", None, (404, "api-key-unknown")),
        ("GET", "/providers?cursor=x", None, (400, "invalid-cursor")),
    ):
        answer = await admin.call(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == expected, (path, body, answer.text)


async def test_lists_come_in_pages(admin: Admin, new_provider: str):
    await _made(admin, new_provider)
    for number in range(4):
        body = {"name": f"k{number}", "scopes": ["read"]}
        assert (await admin.call("POST", f"/providers/{new_provider}/api-keys", body)).status_code == 201
    names: list[str] = []
    answer = await admin.call("GET", f"/providers/{new_provider}/api-keys?limit=2")
    while True:
        names += [item["name"] for item in answer.json()["items"]]
        if answer.json()["next"] is None:
            break
        answer = await admin.http.get(answer.json()["next"], auth=admin.auth)
    assert names == ["k3", "k2", "k1", "k0", "test"]
    page = (await admin.call("GET", "/providers?limit=1")).json()
    ProviderList.model_validate(page)
    assert len(page["items"]) == 1
    following = (await admin.http.get(page["next"], auth=admin.auth)).json()
    assert following["items"][0]["key"] > page["items"][0]["key"]


async def test_what_a_repeated_post_means_is_a_matter_of_the_provider(
    admin: Admin, new_provider: str, owner: "asyncpg.Connection[Any]"
):
    await _made(admin, new_provider)
    wanted = "SELECT corrections_by_post FROM provider WHERE key = $1"
    assert await owner.fetchval(wanted, new_provider) is False
    changed = await admin.call("PATCH", f"/providers/{new_provider}", {"correctionsByPost": True})
    assert changed.status_code == 200, changed.text
    Provider.model_validate(changed.json())
    assert changed.json()["correctionsByPost"] is True
    assert await owner.fetchval(wanted, new_provider) is True
    named = await admin.call("PATCH", f"/providers/{new_provider}", {"name": "Another"})
    assert named.json()["correctionsByPost"] is True
