"""Forwarded headers count only from proxies that are trusted."""

from ipaddress import ip_network
from typing import Any

from fastapi import Request

from fansipan_gateway.api.links import next_link
from fansipan_gateway.api.proxies import TrustedProxies


async def _seen(client: str, headers: dict[str, str]) -> Request:
    seen: list[dict[str, Any]] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope)

    async def nothing(*_: Any) -> Any:
        return None

    scope = {
        "type": "http",
        "scheme": "http",
        "path": "/v1/things",
        "query_string": b"q=a&q=b&cursor=old",
        "server": ("127.0.0.1", 8000),
        "client": (client, 1),
        "headers": [(b"host", b"inside:8000"), *((k.encode(), v.encode()) for k, v in headers.items())],
    }
    await TrustedProxies(app, [ip_network("10.0.0.0/8")])(scope, nothing, nothing)
    return Request(seen[0])


_FORWARDED = {
    "x-forwarded-proto": "https",
    "x-forwarded-host": "data.laocai.example",
    "x-forwarded-for": "6.6.6.6, 203.0.113.9, 10.1.1.1",
}


async def test_a_trusted_proxy_is_believed() -> None:
    request = await _seen("10.0.0.7", _FORWARDED)
    assert request.client is not None
    assert request.client.host == "203.0.113.9"
    assert next_link(request, "new") == "https://data.laocai.example/v1/things?q=a&q=b&cursor=new"


async def test_anybody_else_is_not() -> None:
    request = await _seen("203.0.113.9", _FORWARDED)
    assert request.client is not None
    assert request.client.host == "203.0.113.9"
    assert next_link(request, "new") == "http://inside:8000/v1/things?q=a&q=b&cursor=new"


async def test_no_next_page_no_link_and_pinned_parameters() -> None:
    request = await _seen("203.0.113.9", {})
    assert next_link(request, None) is None
    assert next_link(request, "new", {"q": None, "to": "x"}) == "http://inside:8000/v1/things?to=x&cursor=new"
