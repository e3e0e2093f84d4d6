"""Who may read what."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import asyncpg
import httpx
import pytest

Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
LATEST = "/v1/latest?area=15"


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_nobody_reads_without_a_credential(world: Any, serve: Serve) -> None:
    async with serve(world.url) as client:
        for path in ("/v1/things", "/v1/datastreams/1", LATEST, "/v1/areas", "/v1/observations?datastream=1"):
            response = await client.get(path)
            assert response.status_code == 401, path
            assert response.headers["www-authenticate"].startswith("Bearer")
            assert response.json()["code"] == "unauthorized"


async def test_a_bad_credential_is_refused_even_where_reading_is_open(
    gateway: httpx.AsyncClient, world: Any
) -> None:
    assert (await gateway.get("/v1/things")).status_code == 200
    for headers in (_bearer("fsp_nonsense"), _bearer(world.reader[:-1] + "!"), {"Authorization": "Digest x"}):
        assert (await gateway.get("/v1/things", headers=headers)).status_code == 401
    assert (await gateway.get("/v1/things", auth=("mai", "sai"))).status_code == 401


async def test_keys_and_operators_read(world: Any, serve: Serve) -> None:
    async with serve(world.url) as client:
        assert (await client.get("/v1/things", headers=_bearer(world.reader))).status_code == 200
        assert (await client.get("/v1/things", auth=("anything", world.reader))).status_code == 200
        response = await client.get("/v1/things", auth=world.operator)
        assert len(response.json()["items"]) == 3
        assert response.headers["cache-control"].startswith("private")


async def test_a_key_without_the_scope_is_forbidden(world: Any, serve: Serve) -> None:
    async with serve(world.url) as client:
        response = await client.get("/v1/things", headers=_bearer(world.writer))
        assert (response.status_code, response.json()["code"]) == (403, "forbidden")


async def test_a_key_sees_its_providers_data_only(world: Any, serve: Serve) -> None:
    async with serve(world.url) as client:
        headers = _bearer(world.stranger)

        async def names(path: str, member: str) -> set[str]:
            response = await client.get(path, headers=headers)
            return {item[member] for item in response.json()["items"]}

        assert await names("/v1/things", "key") == {"other/x"}
        assert await names("/v1/datastreams", "key") == {"other/x/level"}
        assert await names(LATEST, "datastream") == {"other/x/level"}
        for path in (
            "/v1/things/1",
            "/v1/datastreams/demo/s1/pm25",
            "/v1/observations?datastream=1",
            "/v1/latest?datastream=1",
        ):
            assert (await client.get(path, headers=headers)).status_code == 404, path


async def test_a_revoked_key_is_out_at_once(world: Any, serve: Serve) -> None:
    async with serve(world.url) as client:
        await asyncio.sleep(0.3)  # the listener connects
        headers = _bearer(world.stranger)
        assert (await client.get("/v1/things", headers=headers)).status_code == 200
        connection = await asyncpg.connect(world.url)
        try:
            await connection.execute("UPDATE api_key SET revoked_at = now() WHERE provider_id = 2")
            async with asyncio.timeout(8.0):  # well before the ten seconds a key is remembered
                while (await client.get("/v1/things", headers=headers)).status_code != 401:
                    await asyncio.sleep(0.05)
            await connection.execute("UPDATE api_key SET revoked_at = NULL WHERE provider_id = 2")
        finally:
            await connection.close()


async def test_a_database_that_is_away_is_503_and_says_when_to_come_back(serve: Serve) -> None:
    async with serve("postgresql://nobody@127.0.0.1:1/none", anonymous_read=True) as client:
        for path in ("/v1/things", "/v1/observations?datastream=1", LATEST, "/v1/areas"):
            response = await client.get(path)
            assert response.status_code == 503, path
            assert int(response.headers["retry-after"]) >= 1
            assert response.json()["code"] == "database-away"
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_nothing_is_written_here(gateway: httpx.AsyncClient, method: str) -> None:
    assert (await gateway.request(method, "/v1/observations")).status_code == 405
