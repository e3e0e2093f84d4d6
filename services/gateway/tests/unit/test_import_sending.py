"""What the process that reads a file does while ingest is away, behind, or refuses."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from fansipan_common.internal_calls import verify_call
from fansipan_gateway.imports.worker.sending import Later, SignedSender

pytestmark = pytest.mark.unit
_SECRET = "s" * 40
_BODY = b'[{"a":1},{"b":2}]'
_TAKEN = {"accepted": 1, "rejected": [{"index": 1, "code": "result-type", "detail": "no number"}]}


def _sender(
    answer: Callable[[httpx.Request], httpx.Response], stop: asyncio.Event, patience: float = 1.0
) -> SignedSender:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return SignedSender(http, "http://ingest/", _SECRET, "demo", stop, patience=patience, now=lambda: 1000.0)


async def test_it_is_signed_in_the_name_of_the_provider_and_repeated_until_it_is_taken():
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) == 1:
            raise httpx.ConnectError("away")
        if len(seen) == 2:
            return httpx.Response(
                503, json={"code": "behind", "detail": "wait"}, headers={"Retry-After": "0"}
            )
        return httpx.Response(202, json=_TAKEN)

    outcome = await _sender(answer, asyncio.Event(), patience=10.0).observations(_BODY, 2)
    assert (outcome.accepted, [one.index for one in outcome.rejected]) == (1, [1])
    assert len(seen) == 3
    credential = seen[-1].headers["authorization"].partition(" ")[2]
    call = verify_call(_SECRET, credential, method="POST", target="/v1/observations", now=1000)
    call.require_body(_BODY)
    assert call.provider == "demo"


_SPENT = "quota-exhausted"


@pytest.mark.parametrize(
    ("answer", "code", "seconds"),
    [
        (httpx.Response(429, json={"code": _SPENT}, headers={"Retry-After": "90"}), _SPENT, 90.0),
        (httpx.Response(429, json={"code": _SPENT}, headers={"Retry-After": "80000"}), _SPENT, 300.0),
        (httpx.Response(401, json={"code": "unauthorized"}), "unauthorized", 30.0),
        (httpx.Response(202, json={"accepted": 1, "rejected": []}), "ingest-answer", 30.0),
        (httpx.Response(502, text="<html>"), "ingest-away", 30.0),
    ],
)
async def test_what_takes_longer_is_left_to_a_later_attempt(
    answer: httpx.Response, code: str, seconds: float
):
    with pytest.raises(Later) as later:
        await _sender(lambda _request: answer, asyncio.Event(), patience=0.3).service_events(_BODY, 2)
    assert (later.value.code, later.value.seconds) == (code, seconds)


async def test_told_to_stop_it_waits_no_longer():
    stop = asyncio.Event()
    waiting = asyncio.create_task(
        _sender(lambda _request: httpx.Response(503), stop, patience=600.0).observations(_BODY, 2)
    )
    await asyncio.sleep(0.05)
    stop.set()
    with pytest.raises(Later):
        await asyncio.wait_for(waiting, 2.0)
