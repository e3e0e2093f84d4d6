"""Names we answer to, and what is not for the public."""

from ipaddress import ip_network

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from fansipan_gateway.api.hosts import KnownHosts
from fansipan_gateway.api.proxies import TrustedProxies
from fansipan_gateway.settings import GatewaySettings


def _app(*hosts: str) -> ASGIApp:
    async def answer(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("here")

    app = Starlette(routes=[Route("/{path:path}", answer)])
    return TrustedProxies(KnownHosts(app, hosts), (ip_network("10.0.0.0/8"),))


async def _ask(app: ASGIApp, path: str, client: str, **headers: str) -> tuple[int, str]:
    transport = httpx.ASGITransport(app, client=(client, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://city.example") as http:
        answer = await http.get(path, headers={name.replace("_", "-"): it for name, it in headers.items()})
        return answer.status_code, "" if answer.status_code == 200 else answer.json()["code"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("city.example", (200, "")),
        ("CITY.example:8443", (200, "")),
        ("city.example.evil.example", (421, "unknown-host")),
        ("evil.example", (421, "unknown-host")),
        ("127.0.0.1", (421, "unknown-host")),
        ("[::1]:8000", (421, "unknown-host")),
        ("city.example/x", (400, "bad-host")),
        ('evil"><script>', (400, "bad-host")),
        ("user@city.example", (400, "bad-host")),
        ("", (400, "bad-host")),
    ],
)
async def test_only_our_names_are_answered(host: str, expected: tuple[int, str]) -> None:
    assert await _ask(_app("city.example"), "/v1/things", "192.0.2.1", Host=host) == expected


async def test_without_a_list_any_name_will_do_but_none_that_is_no_name() -> None:
    for host, status in (("evil.example", 200), ("[2001:db8::1]:8000", 200), ("a b", 400)):
        assert (await _ask(_app(), "/", "192.0.2.1", Host=host))[0] == status


async def test_a_proxy_that_is_trusted_says_the_name_and_others_do_not() -> None:
    app = _app("city.example")
    inside, outside = "10.0.0.1", "192.0.2.1"
    assert (await _ask(app, "/", inside, Host="gateway:8000", X_Forwarded_Host="city.example"))[0] == 200
    assert (await _ask(app, "/", inside, X_Forwarded_Host="evil.example"))[0] == 421
    assert (await _ask(app, "/", outside, X_Forwarded_Host="evil.example"))[0] == 200
    assert (await _ask(app, "/", outside, Host="evil.example", X_Forwarded_Host="city.example"))[0] == 421


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/healthz"])
async def test_health_and_metrics_are_for_who_asks_directly(path: str) -> None:
    app = _app("city.example")
    assert (await _ask(app, path, "10.0.0.1", Host="10.0.0.7:8000"))[0] == 200
    assert await _ask(app, path, "10.0.0.1", X_Forwarded_For="192.0.2.1") == (404, "not-found")


def test_the_public_name_is_among_those_that_are_allowed() -> None:
    def hosts(**settings: object) -> tuple[str, ...]:
        return GatewaySettings(database_url=SecretStr("x"), **settings).known_hosts  # type: ignore[arg-type]

    public = "https://City.example:8443/fansipan"
    assert hosts(allowed_hosts="gateway, 10.0.0.7", public_url=public) == (
        "gateway",
        "10.0.0.7",
        "city.example",
    )
    assert hosts(allowed_hosts="gateway") == ("gateway",)
    assert hosts(public_url=public) == ()
