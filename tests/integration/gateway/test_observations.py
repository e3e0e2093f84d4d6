"""Time series through the gateway equal what the database holds."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from fansipan_gateway.observations.schemas import ObservationPage

START = datetime(2026, 7, 1, tzinfo=UTC)
RANGE = {"from": "2026-07-01T00:00:00Z", "to": "2026-09-01T00:00:00Z"}
LOCAL_DAYS = {"from": "2026-07-01T00:00:00+07:00", "to": "2026-09-01T00:00:00+07:00"}
Follow = Callable[..., Awaitable[list[dict[str, Any]]]]
_QUALITY = {None: None, 0: "good", 1: "suspect", 2: "bad"}


async def _stored(url: str, *ids: int) -> list[tuple[str, str, Any, str | None]]:
    """(id, phenomenonTime, result, resultQuality) of all rows of some datastreams, in order."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT d.key, o.phenomenon_time, o.result, o.result_json #>> '{}' AS text, o.result_quality "
            "FROM observation o JOIN datastream d ON d.id = o.datastream_id "
            "WHERE o.datastream_id = ANY($1) ORDER BY o.datastream_id, 2",
            ids,
        )
    finally:
        await connection.close()
    return [
        (
            row[0],
            f"{row[1]:%Y-%m-%dT%H:%M:%S}.{row[1].microsecond // 1000:03d}Z",
            row[3] if row[2] is None else row[2],
            _QUALITY[row[4]],
        )
        for row in rows
    ]


def _values(items: list[dict[str, Any]]) -> list[tuple[str, str, Any, str | None]]:
    return [(i["datastream"], i["phenomenonTime"], i["result"], i["resultQuality"]) for i in items]


async def test_raw_pages_give_every_row_once(follow: Follow, database_url: str) -> None:
    items = await follow("/v1/observations", datastream="demo/s1/pm25", granularity="raw", limit=701, **RANGE)
    assert _values(items) == await _stored(database_url, 1)
    assert {item["datastream"] for item in items} == {"demo/s1/pm25"}


@pytest.mark.parametrize("limit", [1, 7, 13, 36])
async def test_several_datastreams_in_pages_of_any_size(
    follow: Follow, database_url: str, limit: int
) -> None:
    items = await follow(
        "/v1/observations",
        datastream=["4", "demo/s2/level", "demo/s1/note", "3"],
        granularity="raw",
        limit=limit,
        **RANGE,
    )
    assert _values(items) == await _stored(database_url, 2, 3, 4)


async def test_from_is_inside_and_to_is_outside(gateway: httpx.AsyncClient) -> None:
    response = await gateway.get(
        "/v1/observations",
        params={
            "datastream": "demo/s1/pm25",
            "from": "2026-07-01T07:05:00+07:00",
            "to": "2026-07-01T00:07:00Z",
            "granularity": "raw",
        },
    )
    times = [item["phenomenonTime"] for item in response.json()["items"]]
    assert times == ["2026-07-01T00:05:00.000Z", "2026-07-01T00:06:00.000Z"]


async def test_an_offset_that_was_not_percent_encoded_is_understood(gateway: httpx.AsyncClient) -> None:
    response = await gateway.get(
        "/v1/observations?datastream=1&granularity=raw&from=2026-07-01T07:05:00+07:00&to=2026-07-01T00:07:00Z"
    )
    assert len(response.json()["items"]) == 2


@pytest.mark.parametrize(
    ("granularity", "table"), [("1m", "rollup_1m"), ("1h", "rollup_1h"), ("1d", "rollup_1d")]
)
async def test_rollups_equal_the_tables(
    follow: Follow, database_url: str, granularity: str, table: str
) -> None:
    items = await follow(
        "/v1/observations", datastream=["1", "3"], granularity=granularity, limit=997, **LOCAL_DAYS
    )
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(f"SELECT * FROM {table} WHERE datastream_id = ANY('{{1,3}}') ORDER BY 1, 2")
    await connection.close()
    names = {1: "demo/s1/pm25", 3: "demo/s2/level"}
    assert items == [
        {
            "datastream": names[row["datastream_id"]],
            "bucket": f"{row['bucket']:%Y-%m-%dT%H:%M:%S}.000Z",
            **{name: row[name] for name in ("count", "sum", "min", "max", "first", "last")},
            "mean": row["sum"] / row["count"],
        }
        for row in rows
    ]


@pytest.mark.parametrize(
    ("hours", "max_points", "granularity"),
    [(10, 1000, "raw"), (50, 1000, "raw"), (100, 1000, "1h"), (100, 5999, "raw"), (100, 4, "1d")],
)
async def test_auto_takes_the_finest_that_fits(
    gateway: httpx.AsyncClient, hours: int, max_points: int, granularity: str
) -> None:
    end = (START + timedelta(hours=hours)).isoformat()
    response = await gateway.get(
        "/v1/observations",
        params={"datastream": 1, "from": RANGE["from"], "to": end, "maxPoints": max_points},
    )
    page = response.json()
    assert page["granularity"] == granularity
    assert page["next"] is None
    if max_points > 4:
        assert 0 < len(page["items"]) <= max_points


async def test_text_is_never_rolled_up_or_thinned(follow: Follow, database_url: str) -> None:
    items = await follow("/v1/observations", datastream="demo/s1/note", maxPoints=2, limit=4, **RANGE)
    assert _values(items) == await _stored(database_url, 2)
    assert items[0]["result"] == 'note "0"'


async def test_thinning_keeps_both_ends_and_pages_are_cut_from_the_same_points(
    gateway: httpx.AsyncClient, follow: Follow, database_url: str
) -> None:
    query = {"datastream": ["1", "3"], "granularity": "raw", "maxPoints": 100, **RANGE}
    whole = (await gateway.get("/v1/observations", params=query)).json()
    assert whole["next"] is None
    dense = [item for item in whole["items"] if item["datastream"] == "demo/s1/pm25"]
    stored = await _stored(database_url, 1)
    assert len(dense) == 100
    assert (_values(dense)[0], _values(dense)[-1]) == (stored[0], stored[-1])
    assert set(_values(dense)) <= set(stored)
    assert len(whole["items"]) == 120
    assert await follow("/v1/observations", limit=33, **query) == whole["items"]


@pytest.mark.parametrize("granularity", ["raw", "1m", "1h", "1d"])
async def test_answers_are_what_openapi_says(gateway: httpx.AsyncClient, granularity: str) -> None:
    response = await gateway.get(
        "/v1/observations", params={"datastream": 1, "granularity": granularity, **RANGE}
    )
    ObservationPage.model_validate(response.json())


async def test_an_unchanged_answer_is_304(gateway: httpx.AsyncClient) -> None:
    query = {"datastream": 1, **RANGE}
    first = await gateway.get("/v1/observations", params=query)
    again = await gateway.get(
        "/v1/observations", params=query, headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("datastream=demo/s1/nope&datastream=1", 404, "not-found"),
        ("datastream=999999999999", 404, "not-found"),
        ("datastream=a%00b", 400, "invalid-parameter"),
        ("", 400, "invalid-parameter"),
        ("&".join("datastream=1" for _ in range(51)), 400, "invalid-parameter"),
        ("datastream=1&granularity=2h", 400, "invalid-parameter"),
        ("datastream=1&from=2026-07-01T00:00:00", 400, "invalid-parameter"),
        ("datastream=1&from=2026-07-02T00:00:00Z&to=2026-07-01T00:00:00Z", 400, "invalid-range"),
        ("datastream=1&from=0001-01-01T00:00:00%2B07:00", 400, "invalid-range"),
        ("datastream=1&from=1900-01-01T00:00:00Z", 400, "range-too-long"),
        ("datastream=1&datastream=3&granularity=1d&from=1970-01-01T00:00:00Z", 400, "range-too-long"),
        ("datastream=1&granularity=1d&from=1970-01-01T00:00:00Z", 200, None),
        ("datastream=1&cursor=xyz", 400, "invalid-cursor"),
        ("datastream=1&limit=10001", 400, "invalid-parameter"),
        ("datastream=1&maxPoints=1", 400, "invalid-parameter"),
        ("datastream=1&max_points=10", 400, "invalid-parameter"),
        (
            "&".join(f"datastream={i}" for i in (1, 2, 3, 4, 5)) + "&maxPoints=10000&granularity=raw",
            200,
            None,
        ),
    ],
)
async def test_each_fault_is_named(
    gateway: httpx.AsyncClient, query: str, status: int, code: str | None
) -> None:
    response = await gateway.get(f"/v1/observations?{query}")
    assert response.status_code == status, response.text
    if code is not None:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["code"] == code


async def test_a_datastream_registered_a_moment_ago_is_found(
    gateway: httpx.AsyncClient, database_url: str
) -> None:
    assert (await gateway.get("/v1/observations?datastream=demo/s2/new")).status_code == 404
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type) "
        "VALUES ('demo/s2/new', 2, 1, 3, 'New', 'measurement')"
    )
    await connection.close()
    response = await gateway.get("/v1/observations?datastream=demo/s2/new")
    assert response.json() == {"items": [], "next": None, "granularity": "raw"}
