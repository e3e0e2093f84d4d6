"""`GET /v1/status`: open to everybody, from memory, not counted."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx

Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


async def test_who_is_not_signed_in_may_know_which_parts_answer(world: Any, serve: Serve) -> None:
    nobody = "http://127.0.0.1:9"
    async with serve(world.url, anonymous_read=False, ingest_url=nobody) as client:
        assert (await client.get("/v1/things")).status_code == 401
        document: dict[str, Any] = {}
        states: dict[str, str] = {}
        async with asyncio.timeout(20.0):
            while states.get("database") != "ok" or states.get("ingest") != "away":
                answer = await client.get("/v1/status")
                assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
                assert "ratelimit-limit" not in answer.headers
                document = answer.json()
                states = {part["part"]: part["state"] for part in document["parts"]}
                await asyncio.sleep(0.1)
        found = {part["part"]: part["okAt"] for part in document["parts"]}
        assert found["ingest"] is None
        assert found["database"] is not None
        assert "analytics" not in found  # where it is was not said
        assert document["unusuallyQuiet"] is False
