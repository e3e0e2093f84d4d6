"""Too many requests at once: the least important are refused first, at once, and room is given back."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from fansipan_common.admission import Admission, Priority

MOST = 8


class Busy:
    """An app whose answers wait until they may go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

        async def slow(request: Request) -> PlainTextResponse:
            await self.go.wait()
            if request.url.path == "/v1/fails":
                raise RuntimeError
            return PlainTextResponse("done")

        async def health(_request: Request) -> PlainTextResponse:
            return PlainTextResponse("ok")

        app = Starlette(routes=[Route("/healthz", health), Route("/{path:path}", slow)])
        admitted = Admission(app, MOST, _priority_of, "test")
        transport = httpx.ASGITransport(admitted, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://test")

    def ask(self, path: str, count: int) -> list[asyncio.Task[httpx.Response]]:
        return [asyncio.create_task(self.client.get(path)) for _ in range(count)]


def _priority_of(_method: str, path: str) -> Priority:
    return {"/healthz": Priority.HIGH, "/sta/x": Priority.LOW}.get(path, Priority.NORMAL)


async def _refused(tasks: list[asyncio.Task[httpx.Response]]) -> list[httpx.Response]:
    """Those that are answered although nothing may go yet."""
    done, _ = await asyncio.wait(tasks, timeout=0.2)
    return [task.result() for task in done]


@pytest.fixture
async def busy() -> Busy:
    return Busy()


async def test_low_priority_has_a_quarter_and_the_rest_stays_for_others(busy: Busy) -> None:
    low = busy.ask("/sta/x", 20)
    refused = await _refused(low)
    assert len(refused) == 20 - MOST // 4
    assert {(one.status_code, one.json()["code"], one.headers["retry-after"]) for one in refused} == {
        (503, "overloaded", "5")
    }

    normal = busy.ask("/v1/x", 20)
    refused = await _refused(normal)
    assert len(refused) == 20 - (MOST - MOST // 4)
    assert {one.headers["retry-after"] for one in refused} == {"2"}
    assert [(await busy.client.get("/healthz")).text for _ in range(30)] == ["ok"] * 30

    busy.go.set()
    answers = await asyncio.gather(*low, *normal)
    assert sum(one.status_code == 200 for one in answers) == MOST


async def test_what_fails_or_goes_away_gives_its_place_back(busy: Busy) -> None:
    gone = busy.ask("/v1/x", MOST)
    assert await _refused(gone) == []
    for task in gone:
        task.cancel()
    await asyncio.wait(gone)
    failing = busy.ask("/v1/fails", MOST)
    assert await _refused(failing) == []
    busy.go.set()
    assert {one.status_code for one in await asyncio.gather(*failing)} == {500}
    assert {one.status_code for one in await asyncio.gather(*busy.ask("/v1/x", MOST))} == {200}


async def test_normal_priority_takes_all_the_room_when_nobody_else_does(busy: Busy) -> None:
    normal = busy.ask("/v1/x", MOST)
    assert await _refused(normal) == []
    assert len(await _refused(busy.ask("/sta/x", 3))) == 3
    busy.go.set()
    assert {one.status_code for one in await asyncio.gather(*normal)} == {200}
