"""What the client asks, how it follows pages, repeats requests and names errors: both faces alike."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from fansipan_client import (
    AsyncClient,
    Client,
    ConnectionFailed,
    InvalidRequest,
    NotAllowed,
    NotFound,
    NotLoggedIn,
    Problem,
    Retries,
    TooFast,
    TooMuch,
    Unavailable,
    UnexpectedAnswer,
)

Handler = Callable[[httpx.Request], httpx.Response]
Ask = Callable[..., Any]
BASE = "http://gateway.example/fansipan"


def _thing(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "key": f"demo/s{number}",
        "name": f"Trạm {number}",
        "description": "",
        "properties": {},
        "areaCode": None,
        "longitude": 104.0,
        "latitude": 22.4,
        "datastreamCount": 2,
        "addedByANewerGateway": True,
    }


def _problem(status: int, code: str, **headers: str) -> httpx.Response:
    body = {"status": status, "code": code, "detail": "do something else", "splitAt": "then"}
    return httpx.Response(status, json=body, headers=headers)


@pytest.fixture(params=["async", "sync"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Run a method of a client against a handler; a list's items are collected."""

    def sync(handler: Handler, method: str, *args: Any, **options: Any) -> Any:
        made = {name: options.pop(name) for name in ("api_key", "operator", "retries") if name in options}
        with Client(BASE, transport=httpx.MockTransport(handler), **made) as client:
            found = getattr(client, method)(*args, **options)
            return list(found) if hasattr(found, "__next__") else found

    def asynchronous(handler: Handler, method: str, *args: Any, **options: Any) -> Any:
        made = {name: options.pop(name) for name in ("api_key", "operator", "retries") if name in options}

        async def run() -> Any:
            async with AsyncClient(BASE, transport=httpx.MockTransport(handler), **made) as client:
                found = getattr(client, method)(*args, **options)
                if hasattr(found, "__anext__"):
                    return [item async for item in found]
                return await found

        with asyncio.Runner() as runner:
            return runner.run(run())

    return asynchronous if request.param == "async" else sync


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that clients would have waited."""
    seconds: list[float] = []

    async def sleep(delay: float) -> None:
        seconds.append(delay)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def test_pages_are_followed_and_the_key_goes_nowhere_else(ask: Ask) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        page = int(request.url.params.get("cursor", "0"))
        following = f"http://evil.example/v1/things?limit=2&area=15&cursor={page + 1}" if page < 2 else None
        return httpx.Response(200, json={"items": [_thing(page)], "next": following})

    things = ask(handler, "things", area="15", limit=2, api_key="fsp_x")
    assert [thing.key for thing in things] == ["demo/s0", "demo/s1", "demo/s2"]
    assert things[0].datastream_count == 2
    assert {request.url.host for request in seen} == {"gateway.example"}
    assert {request.url.path for request in seen} == {"/fansipan/v1/things"}
    assert {request.headers["authorization"] for request in seen} == {"Bearer fsp_x"}
    assert seen[0].headers["user-agent"].startswith("fansipan-client/")


def test_nothing_is_fetched_before_it_is_read() -> None:
    calls: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(str(request.url))
        return httpx.Response(200, json={"items": [_thing(1)], "next": f"{BASE}/v1/things?cursor=x"})

    with Client(BASE, transport=httpx.MockTransport(handler)) as client:
        things = client.things()
        assert calls == []
        next(things)
        assert len(calls) == 1


def test_how_parameters_are_written(ask: Ask) -> None:
    seen: list[httpx.URL] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(200, json={"items": [], "next": None})

    start = datetime(2026, 7, 1, 7, tzinfo=timezone(timedelta(hours=7)))
    ask(handler, "observations", ["a/b/c", "7"], start=start, max_points=100)
    assert seen[-1].params.get_list("datastream") == ["a/b/c", "7"]
    assert seen[-1].params["from"] == "2026-07-01T07:00:00+07:00"
    assert (seen[-1].params["maxPoints"], seen[-1].params["granularity"]) == ("100", "raw")
    assert "to" not in seen[-1].params
    ask(handler, "values", "d766-total", "agency-procedure:A|B", end="2026-11")
    assert seen[-1].path == "/fansipan/v1/indicators/d766-total/values"
    assert seen[-1].params["subject"] == "agency-procedure:A|B"
    ask(handler, "indicators", public=False)
    assert seen[-1].params["public"] == "false"
    with pytest.raises(ValueError, match="no time zone"):
        ask(handler, "observations", "1", start=datetime(2026, 7, 1))  # noqa: DTZ001


def test_a_key_in_a_path_is_quoted(ask: Ask) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert request.url.raw_path == b"/fansipan/v1/things/demo/a%3Fb%23c"
        return httpx.Response(200, json=_thing(1))

    assert ask(handler, "thing", "demo/a?b#c").id == 1


def test_an_operator_logs_in_with_basic(ask: Ask) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"].startswith("Basic ")
        return httpx.Response(200, json=_thing(1))

    assert ask(handler, "thing", 1, operator=("mai", "bí mật")).id == 1
    with pytest.raises(ValueError, match="not both"):
        Client(BASE, api_key="fsp_x", operator=("mai", "x"))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid-range", InvalidRequest),
        (400, "too-many-rows", TooMuch),
        (400, "range-too-long", TooMuch),
        (401, "unauthorized", NotLoggedIn),
        (403, "forbidden", NotAllowed),
        (404, "area-not-in-force", NotFound),
        (418, "teapot", InvalidRequest),
        (500, "internal", Unavailable),
    ],
)
def test_each_family_of_problems_has_a_class(
    ask: Ask, waited: list[float], status: int, code: str, kind: type[Problem]
) -> None:
    with pytest.raises(kind) as caught:
        ask(lambda _: _problem(status, code), "thing", 1)
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.body["splitAt"] == "then"
    assert waited == []


def test_it_comes_back_when_it_was_told_to(ask: Ask, waited: list[float]) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    answers = iter(
        [
            _problem(503, "database-away", **{"Retry-After": "2"}),
            _problem(429, "too-many-requests", **{"Retry-After": date}),
            httpx.Response(200, json=_thing(1)),
        ]
    )
    assert ask(lambda _: next(answers), "thing", 1).id == 1
    assert waited[0] == 2.0
    assert 15.0 < waited[1] <= 20.0


def test_it_gives_up_after_some_attempts(ask: Ask, waited: list[float]) -> None:
    with pytest.raises(Unavailable):
        ask(lambda _: _problem(503, "unavailable"), "thing", 1, retries=Retries(attempts=3, first=1.0))
    assert len(waited) == 2
    assert 1.0 <= waited[0] <= 1.5
    assert 2.0 <= waited[1] <= 3.0


def test_it_does_not_wait_longer_than_it_may(ask: Ask, waited: list[float]) -> None:
    with pytest.raises(TooFast) as caught:
        ask(lambda _: _problem(429, "too-many-guesses", **{"Retry-After": "3600"}), "thing", 1)
    assert caught.value.retry_after == 3600.0
    assert waited == []


def test_a_broken_connection_is_tried_again(ask: Ask, waited: list[float]) -> None:
    attempts = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200, json=_thing(1))

    assert ask(handler, "thing", 1).id == 1
    assert len(waited) == 2

    def never(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("nothing", request=request)

    with pytest.raises(ConnectionFailed, match="4 attempts"):
        ask(never, "thing", 1)


@pytest.mark.parametrize("body", ["<html>", '{"id": 1}'])
def test_an_answer_of_something_else_is_named(ask: Ask, body: str) -> None:
    with pytest.raises(UnexpectedAnswer, match="/v1/things/1"):
        ask(lambda _: httpx.Response(200, text=body), "thing", 1)


def test_a_redirect_is_not_followed(ask: Ask) -> None:
    with pytest.raises(Problem):
        ask(
            lambda _: httpx.Response(302, headers={"Location": "http://evil.example/"}),
            "thing",
            1,
            api_key="k",
        )


def test_both_faces_have_the_same_methods() -> None:
    names = [
        {name for name in vars(face) if not name.startswith("_")} - {"close", "aclose"}
        for face in (AsyncClient, Client)
    ]
    assert names[0] == names[1]
    assert {"things", "datastreams", "observations", "latest", "areas", "indicators", "values"} <= names[0]
    assert {"ranking", "explain", "alerts", "open_data"} <= names[0]
