"""What admins say of devices: kept once, listed in pages, noted in the audit trail, refused where it does not fit."""

from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest
from pwdlib import PasswordHash
from tests.conftest import Addresses
from tests.support.providers import Credentials

from fansipan_gateway.administration.devices.schemas import Device, DeviceList

EUI = "0101010101010101"
SAID: dict[str, Any] = {
    "thing": "tram-1",
    "readings": {"t": {"property": "temperature", "unit": "Cel", "scale": 0.1}, "gps": {"ignore": True}},
}


@dataclass(frozen=True, slots=True)
class Admin:
    """An admin with one provider."""

    http: httpx.AsyncClient
    url: str
    provider: str
    auth: tuple[str, str]

    async def call(self, method: str, path: str = "", **request: Any) -> httpx.Response:
        asked: dict[str, Any] = {"auth": self.auth} | request
        return await self.http.request(method, f"{self.url}/v1/admin/devices{path}", **asked)

    async def put(self, place: str, said: Any, **request: Any) -> httpx.Response:
        return await self.call("PUT", f"/{self.provider}/{place}", json=said, **request)

    async def listed(self, **params: Any) -> list[dict[str, Any]]:
        answer = await self.call("GET", params={"provider": self.provider} | params)
        assert answer.status_code == 200, answer.text
        DeviceList.model_validate(answer.json())
        return answer.json()["items"]


@pytest.fixture
def admin(http: httpx.AsyncClient, addresses: Addresses, credentials: Credentials) -> Admin:
    return Admin(http, addresses.gateway, credentials.provider, addresses.operator)


async def audited(owner: "asyncpg.Connection[Any]", provider: str) -> list[tuple[str, str]]:
    rows = await owner.fetch(
        "SELECT action, object FROM audit_event WHERE object LIKE 'device/' || $1 || '/%' ORDER BY id",
        provider,
    )
    return [(row["action"], row["object"].removeprefix(f"device/{provider}/")) for row in rows]


async def test_a_device_is_put_changed_and_forgotten(admin: Admin, owner: "asyncpg.Connection[Any]"):
    made = await admin.put(f"lorawan/{EUI.upper()}", SAID)
    assert made.status_code == 200, made.text
    Device.model_validate(made.json())
    assert (made.json()["key"], made.json()["others"], made.json()["thingBy"]) == (EUI, "keep", [])
    assert made.json()["readings"]["t"] == {
        "property": "temperature",
        "unit": "Cel",
        "scale": 0.1,
        "offset": 0.0,
        "ignore": False,
    }
    again = await admin.put(f"lorawan/{EUI}", SAID)
    assert again.json() == made.json()
    stale = await admin.put(f"lorawan/{EUI}", {}, headers={"if-match": '"another"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    changed = await admin.put(
        f"lorawan/{EUI}", {"thing": "tram-2"}, headers={"if-match": made.headers["etag"]}
    )
    assert (changed.status_code, changed.json()["readings"]) == (200, {})
    assert (await admin.call("DELETE", f"/{admin.provider}/lorawan/{EUI}")).status_code == 204
    gone = await admin.call("DELETE", f"/{admin.provider}/lorawan/{EUI}")
    assert (gone.status_code, gone.json()["code"]) == (404, "device-unknown")
    assert await audited(owner, admin.provider) == [
        ("device.mapped", f"lorawan/{EUI}"),
        ("device.changed", f"lorawan/{EUI}"),
        ("device.deleted", f"lorawan/{EUI}"),
    ]


async def test_they_are_listed_in_pages_and_found(admin: Admin):
    assert (
        await admin.put("lorawan/den-7", {"thing": "den-duong-7"}, params={"application": "den"})
    ).status_code == 200
    assert (await admin.put("influx/air/quality%20*", {"thingBy": ["station"]})).status_code == 200
    assert (await admin.put("prometheus/node_*", {"others": "ignore"})).status_code == 200
    items = await admin.listed()
    assert [(item["door"], item["application"], item["key"]) for item in items] == [
        ("lorawan", "den", "den-7"),
        ("influx", "", "air/quality *"),
        ("prometheus", "", "node_*"),
    ]
    assert [item["key"] for item in await admin.listed(door="influx")] == ["air/quality *"]
    assert [item["key"] for item in await admin.listed(q="DUONG")] == ["den-7"]
    assert await admin.listed(q="%") == []
    first = (await admin.call("GET", params={"provider": admin.provider, "limit": 2})).json()
    rest = (await admin.http.get(first["next"], auth=admin.auth)).json()
    assert [item["key"] for item in first["items"] + rest["items"]] == [item["key"] for item in items]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("place", "said", "status", "code"),
    [
        ("lorawan/dev-1", {"thing": "a"}, 422, "device-mapping"),
        (f"lorawan/{EUI}", {"thingBy": ["a"]}, 422, "device-mapping"),
        ("influx/a", {"thing": "a", "thingBy": ["b"]}, 422, "device-mapping"),
        ("influx/a*b", {}, 422, "device-mapping"),
        ("influx/a", {"thing": "trạm 1"}, 400, None),
        ("influx/a", {"colour": "red"}, 400, None),
        ("influx/a", {"readings": {"x": {"scale": 0}}}, 400, None),
        ("influx/a", {"readings": {"x": {"unit": "°C"}}}, 400, None),
        ("opc-ua/a", {}, 400, None),
        (f"influx/{'a' * 201}", {}, 400, None),
    ],
)
async def test_what_does_not_fit_is_refused(
    admin: Admin, place: str, said: Any, status: int, code: str | None
):
    answer = await admin.put(place, said)
    assert answer.status_code == status, answer.text
    assert code is None or answer.json()["code"] == code
    assert await admin.listed() == []


async def test_others_may_not(admin: Admin, owner: "asyncpg.Connection[Any]", credentials: Credentials):
    name, password = f"operator-{admin.provider}", "mật khẩu dài"
    await owner.execute(
        "INSERT INTO operator (username, password_hash, role) VALUES ($1, $2, 'operator')",
        name,
        PasswordHash.recommended().hash(password),
    )
    for method, path in (
        ("GET", ""),
        ("PUT", f"/{admin.provider}/influx/a"),
        ("DELETE", f"/{admin.provider}/influx/a"),
    ):
        body = {"json": {}} if method == "PUT" else {}
        assert (await admin.call(method, path, auth=(name, password), **body)).status_code == 403
        key = {"auth": None, "headers": {"authorization": f"Bearer {credentials.key}"}}
        assert (await admin.call(method, path, **key, **body)).status_code == 403
        assert (await admin.call(method, path, auth=None, **body)).status_code == 401
    nobody = await admin.call("PUT", "/nobody-at-all/influx/a", json={})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "provider-unknown")
