"""One reading all the way: pushed into ingest, read from the gateway."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx
from tests.conftest import Addresses

Item = dict[str, object]


async def reading_passes(site: Addresses, datastream: str, patience: float = 60.0) -> float:
    """Push a reading and wait until the gateway shows it as the latest; returns the seconds that took.

    As any sender would, it sends again when the answer is 503 or none at all; it fails when patience runs out or
    the answer is another.
    """
    began = time.monotonic()
    now = datetime.now(UTC)
    time_text = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    item: Item = {"datastream": datastream, "phenomenonTime": time_text, "result": now.timestamp()}
    async with httpx.AsyncClient(timeout=30.0) as client:
        await _until(
            lambda: _pushed(client, site, item), began + patience, "ingest did not accept the reading"
        )
        await _until(
            lambda: _shown(client, site, item), began + patience, "the gateway did not show the reading"
        )
    return time.monotonic() - began


async def _until(step: Callable[[], Awaitable[bool]], deadline: float, failure: str) -> None:
    while not await step():
        assert time.monotonic() < deadline, failure
        await asyncio.sleep(0.1)


async def _pushed(client: httpx.AsyncClient, site: Addresses, item: Item) -> bool:
    try:
        answer = await client.post(
            f"{site.ingest}/v1/observations", json=[item], headers={"Authorization": f"Bearer {site.key}"}
        )
    except httpx.TransportError:
        return False
    assert answer.status_code in (202, 503), f"{answer.status_code}: {answer.text}"
    return answer.status_code == 202


async def _shown(client: httpx.AsyncClient, site: Addresses, item: Item) -> bool:
    try:
        answer = await client.get(f"{site.gateway}/v1/latest", params={"datastream": str(item["datastream"])})
    except httpx.TransportError:
        return False
    if answer.status_code in (404, 503):  # registered a moment ago, or the database is not back yet
        return False
    assert answer.status_code == 200, f"{answer.status_code}: {answer.text}"
    latest = answer.json()["items"]
    return bool(latest) and all(latest[0][name] == item[name] for name in ("phenomenonTime", "result"))
