"""Bodies are bounded in size and time before anybody is asked who sends them."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from fansipan_gateway.api.bodies import BODY_LIMITS, BodyLimit, BoundedBodies

_LIMITS = (BodyLimit(100, "/v1/admin/"), BodyLimit(10))


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async def echo(request: Request) -> JSONResponse:
        return JSONResponse({"size": len(await request.body())})

    app = Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST", "DELETE"])])
    bounded = BoundedBodies(app, _LIMITS, seconds=0.2)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bounded), base_url="http://test") as client:
        yield client


async def _pieces(count: int, *, pause: float = 0.0) -> AsyncIterator[bytes]:
    for _ in range(count):
        await asyncio.sleep(pause)
        yield b"x"


async def test_what_fits_comes_through_whole(client: httpx.AsyncClient) -> None:
    for content, size in ((b"", 0), (b"x" * 10, 10), (_pieces(10), 10)):
        assert (await client.post("/v1/alerts", content=content)).json() == {"size": size}
    assert (await client.post("/v1/admin/operators", content=b"x" * 100)).json() == {"size": 100}
    assert (await client.get("/v1/alerts")).json() == {"size": 0}


@pytest.mark.parametrize("method", ["POST", "DELETE", "GET"])
async def test_what_is_too_large_is_refused_with_and_without_a_length(
    client: httpx.AsyncClient, method: str
) -> None:
    for content in (b"x" * 11, b"x" * 3_000_000, _pieces(11)):
        refused = await client.request(method, "/v1/alerts", content=content)
        assert (refused.status_code, refused.json()["code"]) == (413, "payload-too-large")
        assert refused.json()["maxBytes"] == 10
        assert refused.headers["connection"] == "close"
        assert refused.headers["content-type"] == "application/problem+json"
    assert (await client.post("/v1/admin/operators", content=_pieces(101))).status_code == 413


async def test_what_does_not_come_in_time_is_refused(client: httpx.AsyncClient) -> None:
    refused = await client.post("/v1/alerts", content=_pieces(5, pause=0.1))
    assert (refused.status_code, refused.json()["code"]) == (408, "request-timeout")


async def test_who_asks_before_sending_is_answered_at_once() -> None:
    async def app(*_: object) -> None:
        raise AssertionError("the request was passed on")

    async def receive() -> dict[str, object]:
        raise AssertionError("the body was asked for")

    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    headers = [(b"content-length", b"11"), (b"expect", b"100-continue")]
    scope = {"type": "http", "method": "POST", "path": "/x", "query_string": b"", "headers": headers}
    await BoundedBodies(app, _LIMITS)(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 413


async def test_a_client_that_goes_away_is_not_answered() -> None:
    async def app(*_: object) -> None:
        raise AssertionError("the request was passed on")

    messages = iter([{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> dict[str, object]:
        return dict(next(messages))

    async def send(message: dict[str, object]) -> None:
        raise AssertionError(f"answered {message}")

    scope = {"type": "http", "method": "POST", "path": "/x", "headers": [(b"content-length", b"9")]}
    await BoundedBodies(app, _LIMITS)(scope, receive, send)  # type: ignore[arg-type]


def test_each_address_has_a_limit() -> None:
    def limit(path: str) -> int:
        return next(each for each in BODY_LIMITS if each.holds_for(path)).bytes

    assert limit("/v1/session") == 64 << 10
    assert limit("/v1/admin/operators") == 512 << 10
    assert limit("/v1/indicators/d766-2.1/what-if") == 1 << 20
    assert limit("/v1/indicators/d766-2.1") == 64 << 10
