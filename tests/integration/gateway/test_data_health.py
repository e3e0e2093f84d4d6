"""Which sensors report, and finding things without marks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from fansipan_gateway.data_health.schemas import Health
from fansipan_gateway.datastreams.schemas import Datastream
from fansipan_gateway.things.schemas import Thing


@pytest.fixture(scope="module", autouse=True)
async def _moments(world: Any) -> None:
    """pm25 reports every minute, note fell silent, demo/s2/level is slow, other/x/level fell silent long ago."""
    connection = await asyncpg.connect(world.url)
    try:
        now = datetime.now(UTC)
        for stream, age, stated in (
            (1, timedelta(minutes=2), 60),
            (2, timedelta(minutes=10), 60),
            (3, timedelta(hours=20), 86_400),
            (4, timedelta(days=3), None),
        ):
            await connection.execute(
                "UPDATE latest_observation SET phenomenon_time = $2 WHERE datastream_id = $1",
                stream,
                now - age,
            )
            if stated is not None:
                await connection.execute(
                    "UPDATE datastream SET properties = jsonb_build_object('expectedIntervalSeconds', $2::int)"
                    " WHERE id = $1",
                    stream,
                    stated,
                )
    finally:
        await connection.close()


async def _health(gateway: httpx.AsyncClient, **options: Any) -> dict[str, Any]:
    answer = await gateway.get("/v1/data-health", **options)
    assert answer.status_code == 200, answer.text
    Health.model_validate(answer.json())
    return answer.json()


async def test_datastreams_are_counted_by_state_and_provider(gateway: httpx.AsyncClient):
    health = await _health(gateway)
    assert health["datastreams"] == {"total": 5, "reporting": 2, "silent": 2, "never": 1}
    assert {item["provider"]: item["datastreams"] for item in health["providers"]} == {
        "demo": {"total": 4, "reporting": 2, "silent": 1, "never": 1},
        "other": {"total": 1, "reporting": 0, "silent": 1, "never": 0},
    }
    assert [item["datastream"]["key"] for item in health["silent"]] == ["other/x/level", "demo/s1/note"]
    assert (health["silent"][1]["silentAfterSeconds"], health["silent"][0]["silentAfterSeconds"]) == (
        180,
        7200,
    )
    assert health["providers"][1]["longestSilenceSeconds"] == pytest.approx(3 * 86_400, abs=600)


async def test_it_can_be_asked_for_an_area_or_a_provider(gateway: httpx.AsyncClient, world: Any):
    assert (await _health(gateway, params={"area": "02671"}))["datastreams"]["total"] == 2
    assert (await _health(gateway, params={"area": "15"}))["datastreams"]["total"] == 3
    assert (await _health(gateway, params={"provider": "other"}))["datastreams"]["total"] == 1


async def test_properties_that_people_enter_are_left_out(gateway: httpx.AsyncClient, world: Any):
    connection = await asyncpg.connect(world.url)
    try:
        await connection.execute(
            "INSERT INTO indicator_definition (key, version, digest, lane, document, public, effective_from) VALUES"
            """ ('sensor-freshness', 1, '', 'health', '{"group": "data-health", "periods": ["hour"], "formula":"""
            """ {"staleAfterSeconds": 999999, "ignore": ["note"]}}', false, '2000-01-01')"""
        )
        await connection.execute("INSERT INTO indicator_subject (kind, key) VALUES ('area', '15')")
        await connection.execute(
            "INSERT INTO indicator_value (definition_id, subject_id, period, period_start, revision, value,"
            " sample_count, details, reason, known_from)"
            " SELECT d.id, s.id, 'hour', t, 1, 75, 4, '{}', 'new-data', now()"
            " FROM indicator_definition d, indicator_subject s,"
            " unnest('{2026-07-01T00:00:00Z,2026-07-01T01:00:00Z}'::timestamptz[]) t"
        )
        assert (await _health(gateway))["datastreams"] == {
            "total": 4,
            "reporting": 3,
            "silent": 0,
            "never": 1,
        }
        assert (await _health(gateway))["figures"] == []
        [figure] = (await _health(gateway, auth=world.operator))["figures"]
        assert (figure["indicator"], figure["subject"], figure["start"], figure["value"]) == (
            "sensor-freshness",
            "area:15",
            "2026-07-01T01:00:00.000Z",
            75,
        )
    finally:
        for table in ("indicator_value", "indicator_subject", "indicator_definition"):
            await connection.execute(f"DELETE FROM {table}")
        await connection.close()


async def test_who_is_limited_to_a_commune_sees_its_sensors(gateway: httpx.AsyncClient, world: Any):
    connection = await asyncpg.connect(world.url)
    try:
        await connection.execute(
            "INSERT INTO operator (username, password_hash, role, area_codes)"
            " SELECT 'xa', password_hash, 'viewer', '{02671}' FROM operator WHERE username = 'mai'"
        )
    finally:
        await connection.close()
    health = await _health(gateway, auth=("xa", world.operator[1]))
    assert [item["provider"] for item in health["providers"]] == ["demo"]
    assert (health["datastreams"]["total"], health["figures"]) == (2, [])


async def test_things_and_datastreams_say_when_they_were_seen_last(gateway: httpx.AsyncClient):
    stream = (await gateway.get("/v1/datastreams/demo/s1/pm25")).json()
    Datastream.model_validate(stream)
    assert stream["expectedIntervalSeconds"] == 60
    assert stream["lastObservedAt"] == stream["latest"]["phenomenonTime"]
    thing = (await gateway.get("/v1/things/demo/s1")).json()
    Thing.model_validate(thing)
    assert thing["lastObservedAt"] == stream["lastObservedAt"]
    empty = (await gateway.get("/v1/datastreams/demo/s2/empty")).json()
    assert (empty["lastObservedAt"], empty["expectedIntervalSeconds"]) == (None, None)


@pytest.mark.parametrize(
    ("q", "things"),
    [
        ("tram mot", ["demo/s1"]),
        ("Trạm", ["demo/s1", "demo/s2"]),
        ("TRẠM MỘT", ["demo/s1"]),
        ("tra\u0323m mo\u0323\u0302t", ["demo/s1"]),
        ("100%", ["demo/s2"]),
        ("_hai_", ["demo/s2"]),
        ("DEMO/s1", ["demo/s1"]),
        ("mot hai", []),
    ],
)
async def test_marks_make_no_difference_to_a_search(gateway: httpx.AsyncClient, q: str, things: list[str]):
    answer = (await gateway.get("/v1/things", params={"q": q})).json()
    assert [item["key"] for item in answer["items"]] == things


async def test_datastreams_are_found_by_what_they_stand_on(gateway: httpx.AsyncClient):
    answer = (await gateway.get("/v1/datastreams", params={"q": "tram mot"})).json()
    assert [item["key"] for item in answer["items"]] == ["demo/s1/pm25", "demo/s1/note"]
    answer = (await gateway.get("/v1/datastreams", params={"q": "pm2.5 mot"})).json()
    assert [item["key"] for item in answer["items"]] == ["demo/s1/pm25"]
