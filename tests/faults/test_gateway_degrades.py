"""Redis and the database go away under the gateway: it goes on as well as it can, says so, and recovers by itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx
from tests.conftest import Addresses
from tests.faults.steering import kill_and_keep_away, run, wait_ready
from tests.support.live import EventSource, Refused
from tests.support.signing_in import sign_in, who

from fansipan_local import Stack

LIVE = "/v1/live?topics=values"
PATIENCE = 30.0


async def eventually(check: Callable[[], Awaitable[bool]], what: str) -> float:
    """Wait until a check holds; returns the seconds it took."""
    began = time.monotonic()
    while not await check():
        assert time.monotonic() - began < PATIENCE, f"{what}: not after {PATIENCE} s"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def test_without_redis_reads_go_on_and_live_events_say_that_they_do_not(
    fault_stack: Stack, site: Addresses, http: httpx.AsyncClient, show: Callable[[str], None]
) -> None:
    await wait_ready(fault_stack, "gateway")
    source = EventSource(LIVE)
    await source.open(site.gateway)
    await kill_and_keep_away(fault_stack, "redis")
    try:

        async def has_ended() -> bool:
            return source.ended

        ended = await eventually(has_ended, "the stream ends, so that the page polls")
        slowest = 0.0
        for _ in range(50):
            began = time.monotonic()
            answer = await http.get(f"{site.gateway}/v1/indicators")
            slowest = max(slowest, time.monotonic() - began)
            assert answer.status_code == 200
            assert "ratelimit-remaining" in answer.headers
        refused = await http.get(site.gateway + LIVE)
        assert (refused.status_code, refused.json()["code"]) == (503, "live-away")
        assert int(refused.headers["retry-after"]) > 0
    finally:
        await run(fault_stack, ["redis"])

    async def is_live() -> bool:
        try:
            await source.open(site.gateway)
        except Refused:
            return False
        return True

    back = await eventually(is_live, "live events are back")
    # the ring of before is gone with Redis: what happened meanwhile is not known
    assert [event.name for event in await source.wait_for(1)] == ["reset"]
    await source.close()
    show(
        f"redis away: streams ended after {ended:.2f} s, slowest of 50 reads {slowest * 1000:.0f} ms,"
        f" live again {back:.1f} s after it was back"
    )


async def test_without_the_database_what_was_never_read_is_refused(
    fault_stack: Stack, site: Addresses, http: httpx.AsyncClient, show: Callable[[str], None]
) -> None:
    await wait_ready(fault_stack, "gateway")
    unknown = f"{site.gateway}/v1/things?q=never-asked-before"
    await kill_and_keep_away(fault_stack, "postgres")
    try:
        began = time.monotonic()
        things = await http.get(unknown)
        refused_after = time.monotonic() - began
        assert (things.status_code, things.json()["code"]) == (503, "database-away")
        assert things.headers["content-type"] == "application/problem+json"
        assert int(things.headers["retry-after"]) > 0
        assert (await http.get(f"{site.gateway}/healthz")).status_code == 200
    finally:
        await run(fault_stack, ["postgres"])
        await wait_ready(fault_stack, "gateway", "analytics", "ingest")
    again = await http.get(unknown)
    assert again.status_code == 200
    show(f"database away: 503 after {refused_after:.2f} s")


async def test_what_was_read_lately_is_given_stale(
    fault_stack: Stack, site: Addresses, http: httpx.AsyncClient, show: Callable[[str], None]
) -> None:
    await wait_ready(fault_stack, "gateway")
    address = f"{site.gateway}/v1/things?limit=10"
    before = await http.get(address)
    assert before.status_code == 200
    await kill_and_keep_away(fault_stack, "postgres")
    try:
        await asyncio.sleep(1.5)  # what is remembered is too old by now
        began = time.monotonic()
        stale = [await http.get(address) for _ in range(20)]
        seconds = time.monotonic() - began
        for answer in stale:
            assert (answer.status_code, answer.content) == (200, before.content)
            assert answer.headers["warning"].startswith("110 ")
            assert int(answer.headers["age"]) >= 1
            assert answer.headers["cache-control"] == "no-store"
    finally:
        await run(fault_stack, ["postgres"])

    async def is_fresh() -> bool:
        answer = await http.get(address)
        assert answer.status_code == 200
        return "warning" not in answer.headers

    back = await eventually(is_fresh, "answers are fresh again")
    await wait_ready(fault_stack, "gateway", "analytics", "ingest")
    show(f"database away: 20 stale answers in {seconds:.2f} s; fresh {back:.1f} s after it was back")


async def test_who_is_signed_in_goes_on_reading_and_changes_nothing(
    fault_stack: Stack, site: Addresses, show: Callable[[str], None]
) -> None:
    await wait_ready(fault_stack, "gateway")
    address = "/v1/maintenance-windows?limit=9"
    remembered = "/v1/things?limit=9"
    window = {"endsAt": "2999-01-01T00:00:00Z", "reason": "test"}
    async with httpx.AsyncClient(base_url=site.gateway, timeout=30.0) as browser:
        session = await sign_in(browser, *site.operator)
        assert session.status_code == 200, session.text
        csrf = {"X-CSRF-Token": session.json()["csrfToken"]}
        before = await browser.get(remembered)
        assert before.status_code == 200
        await kill_and_keep_away(fault_stack, "postgres")
        try:
            await asyncio.sleep(11.0)  # who they are was asked longer ago than it is taken for granted
            began = time.monotonic()
            assert await who(browser) == site.operator[0]
            stale = await browser.get(remembered)
            assert (stale.status_code, stale.content) == (200, before.content)
            assert stale.headers["warning"].startswith("110 ")
            reading = time.monotonic() - began
            began = time.monotonic()
            for request in (
                browser.get(address),  # not remembered
                browser.post("/v1/maintenance-windows", json=window, headers=csrf),
                browser.get(remembered, auth=(site.operator[0], "another password")),
            ):
                refused = await request
                assert (refused.status_code, refused.json()["code"]) == (503, "database-away")
                assert int(refused.headers["retry-after"]) > 0
            refusing = time.monotonic() - began
        finally:
            await run(fault_stack, ["postgres"])
            await wait_ready(fault_stack, "gateway", "analytics", "ingest")

        async def may_act() -> bool:
            made = await browser.post("/v1/maintenance-windows", json=window, headers=csrf)
            return made.status_code == 201

        back = await eventually(may_act, "the session acts again")
    show(
        f"database away: session and stale answer in {reading:.2f} s, three refusals in {refusing:.2f} s;"
        f" acting again {back:.1f} s after it was back"
    )
