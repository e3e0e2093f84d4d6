"""Figures per interval and time zone: exact, from rollups or observations alike, bounded, in both forms."""

import csv
import io
import math
import random
from collections.abc import AsyncGenerator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.integration.conftest import connect
from tests.integration.gateway.sensor_things.conftest import EXAMPLES
from tests.support.sensor_things_world import roll_up

from fansipan_common.security import generate_api_key
from fansipan_gateway.sensor_things.grammar.constants import instant

_BEGIN: Final = datetime(2026, 10, 20, tzinfo=UTC)
_DAYS: Final = 14  # clocks go back in Europe on the 25th, in America on the 1st
_BAD: Final = 2
Readings = list[tuple[datetime, float | None, int | None]]
_INSERT: Final = (
    "INSERT INTO observation (datastream_id, phenomenon_time, result, result_json, result_quality)"
    " VALUES ($1, $2, $3, $4, $5)"
)


def _made_up(seed: int) -> Readings:
    """Readings at uneven times, some on the very edges of minutes and hours, some bad, some no numbers."""
    chance = random.Random(seed)
    times = {_BEGIN + timedelta(milliseconds=chance.randrange(_DAYS * 86_400_000)) for _ in range(1_500)}
    times |= {_BEGIN + timedelta(minutes=30 * chance.randrange(_DAYS * 48)) for _ in range(150)}
    return [
        (
            time,
            None if chance.random() < 0.05 else float(chance.randrange(-500, 500)),
            chance.choice([None, 0, 1, _BAD]),
        )
        for time in sorted(times)
    ]


@pytest.fixture(scope="module")
async def measured(filled: str) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    """The world with such readings of datastreams 4 and 5, rolled up as the store does."""
    connection = await connect(filled)
    for datastream in (4, 5):
        await connection.executemany(
            _INSERT,
            [(datastream, time, result, None if result is not None else "gone", quality)
             for time, result, quality in _made_up(datastream)],
        )  # fmt: skip
    await roll_up(connection)
    yield connection
    await connection.close()


def _figures(
    readings: Readings, items: list[dict[str, Any]], start: datetime, end: datetime
) -> Iterable[tuple[dict[str, Any], dict[str, Any]]]:
    """Each item with what the readings between its ends say; fails when a reading is in none."""
    numbers = [(time, result) for time, result, quality in readings
               if result is not None and quality != _BAD and start <= time < end]  # fmt: skip
    counted, before = 0, start
    for item in items:
        begin, finish = (instant(text) for text in item["phenomenonTime"].split("/"))
        assert before <= begin < finish <= end
        before = finish
        inside = [result for time, result in numbers if begin <= time < finish]
        counted += len(inside)
        assert inside
        yield item, {
            "count": len(inside), "sum": math.fsum(inside), "avg": math.fsum(inside) / len(inside), "min": min(inside),
            "max": max(inside), "first": inside[0], "last": inside[-1],
        }  # fmt: skip
    assert counted == len(numbers)


_ALL: Final = "avg,min,max,sum,count,first,last"
_MOMENTS: Final = st.one_of(
    st.integers(-5, _DAYS * 24 + 5).map(lambda hours: _BEGIN + timedelta(hours=hours)),
    st.integers(0, _DAYS * 86_400_000).map(lambda ms: _BEGIN + timedelta(milliseconds=ms)),
)


@settings(EXAMPLES, max_examples=80)
@given(
    interval=st.sampled_from(
        ["PT10M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D", "P2D", "P1W", "P1M", "P1Y"]
    ),
    zone=st.sampled_from(["Asia/Ho_Chi_Minh", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "UTC"]),
    ends=st.tuples(_MOMENTS, _MOMENTS).filter(lambda both: both[0] != both[1]).map(sorted),
    extra=st.sampled_from(["", " and result ge -1000", " and Datastream/name ne 'x'"]),
    pending=st.booleans(),
)
async def test_figures_are_those_of_the_readings_in_each_interval(
    sta: httpx.AsyncClient,
    measured: "asyncpg.Connection[Any]",
    interval: str,
    zone: str,
    ends: list[datetime],
    extra: str,
    pending: bool,
):
    start, end = ends
    condition = f"phenomenonTime ge {start.isoformat()} and phenomenonTime lt {end.isoformat()}{extra}"
    if pending:  # hours and days are behind: they are left alone
        await measured.execute(
            "INSERT INTO dirty_bucket (level, shard, datastream_ids, buckets) VALUES ('1h', 0, '{4}', '{now}')"
        )
    try:
        response = await sta.get(
            "/Datastreams(4)/aggregate",
            params={"interval": interval, "timeZone": zone, "functions": _ALL, "$filter": condition},
        )
    finally:
        await measured.execute("DELETE FROM dirty_bucket")
    assert response.status_code == 200, response.text
    readings = _made_up(4)
    for item, expected in _figures(readings, response.json()["value"], start, end):
        for name, value in expected.items():
            assert item[name] == pytest.approx(value, rel=1e-12), (name, item)
        assert item["result"] == item["avg"]
        offset = datetime.fromisoformat(item["phenomenonTime"].split("/")[0])
        assert offset.utcoffset() == offset.astimezone(ZoneInfo(zone)).utcoffset()


async def test_rollups_are_read_where_they_fit(sta: httpx.AsyncClient, measured: "asyncpg.Connection[Any]"):
    """Told apart by rollups that say something else than the observations do."""
    spoilt = {"rollup_1m": 1_000_000.0, "rollup_1h": 2_000_000.0, "rollup_1d": 3_000_000.0}
    for table, value in spoilt.items():
        await measured.execute(f"UPDATE {table} SET max = max + $1 WHERE datastream_id = 5", value)
    whole = {"from": "2026-10-21T00:00:00+07:00", "to": "2026-10-23T00:00:00+07:00", "functions": "max"}
    expected = {
        ("P1D", "Asia/Ho_Chi_Minh", ""): 3,
        ("P1D", "UTC", ""): 2,
        ("PT1H", "UTC", ""): 2,
        ("PT1H", "Asia/Kathmandu", ""): 1,
        ("PT15M", "UTC", ""): 1,
        ("PT30S", "UTC", ""): 0,
        ("P1D", "Asia/Ho_Chi_Minh", "result ge -1000"): 0,
    }
    try:
        for (interval, zone, condition), millions in expected.items():
            given_ = (
                whole
                | {"interval": interval, "timeZone": zone}
                | ({"$filter": condition} if condition else {})
            )
            response = await sta.get("/Datastreams(5)/aggregate", params=given_)
            found = {round(item["result"] / 1e6) for item in response.json()["value"]}
            assert found == {millions}, (interval, zone, condition)
    finally:
        for table, value in spoilt.items():
            await measured.execute(f"UPDATE {table} SET max = max - $1 WHERE datastream_id = 5", value)


async def test_several_datastreams_are_answered_at_once(sta: httpx.AsyncClient, measured: Any):
    del measured
    one = {
        "interval": "P1D",
        "from": "2026-10-20T00:00:00Z",
        "to": "2026-11-03T00:00:00Z",
        "functions": "sum,count",
    }
    page = (await sta.get("/Datastreams/aggregate", params=one | {"$filter": "id in (4,5)"})).json()
    assert [group["@iot.id"] for group in page["value"]] == [4, 5]
    for group in page["value"]:
        alone = (await sta.get(f"/Datastreams({group['@iot.id']})/aggregate", params=one)).json()["value"]
        assert group["aggregates"] == alone
        assert group["Datastream@iot.navigationLink"].endswith(f"/Datastreams({group['@iot.id']})")
    same = (await sta.get("/Things(2)/Datastreams/aggregate", params=one)).json()
    assert [group["@iot.id"] for group in same["value"]] == [4]


async def test_the_forms_of_an_answer(sta: httpx.AsyncClient, measured: Any):
    del measured
    given_ = {"interval": "PT6H", "timeZone": "Europe/Paris", "functions": "count,last",
              "from": "2026-10-24T22:00:00Z", "to": "2026-10-25T23:00:00Z"}  # fmt: skip
    page = (await sta.get("/Datastreams(4)/aggregate", params=given_)).json()
    assert page["value"][0]["phenomenonTime"] == "2026-10-25T00:00:00.000+02:00/2026-10-25T06:00:00.000+01:00"
    assert page["value"][0].keys() == {"phenomenonTime", "result", "count", "last"}
    response = await sta.get(
        "/Datastreams(4)/Observations/aggregate", params=given_ | {"$resultFormat": "CSV"}
    )
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(response.text)))
    assert rows[0] == ["datastream", "begin", "end", "count", "last"]
    assert [row[:4] for row in rows[1:]] == [
        ["4", *item["phenomenonTime"].split("/"), str(item["count"])] for item in page["value"]
    ]
    again = await sta.get(
        "/Datastreams('lab/two/empty')/aggregate", params=given_, headers={"If-None-Match": "*"}
    )
    assert again.status_code == 304


async def test_pages_follow_each_other(sta: httpx.AsyncClient, measured: Any):
    del measured
    given_ = {
        "interval": "PT1H",
        "$filter": "phenomenonTime ge 2026-10-20T00:30:00Z",
        "to": "2026-10-23T00:00:00Z",
    }
    whole = (await sta.get("/Datastreams(4)/aggregate", params=given_)).json()["value"]
    page = (await sta.get("/Datastreams(4)/aggregate", params=given_ | {"$top": "30"})).json()
    found = page["value"]
    while "@iot.nextLink" in page:
        page = (await sta.get(page["@iot.nextLink"])).json()
        found += page["value"]
    assert found == whole


async def test_grafana_additions_are_understood(sta: httpx.AsyncClient, measured: Any):
    del measured
    response = await sta.get(
        "/Datastreams(4)/aggregate?interval=PT1H&functions=avg&$filter=phenomenonTime ge 2026-10-21T00:00:00.000Z"
        " and phenomenonTime le 2026-10-22T00:00:00.000Z&$top=1000"
    )
    assert 20 < len(response.json()["value"]) <= 25


_FROM = "from=2026-10-20T00:00:00Z&to=2026-10-21T00:00:00Z"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/Datastreams(4)/aggregate?interval=PT1H", 400),  # no range
        ("/Datastreams(4)/aggregate?interval=PT1H&$filter=result gt 1", 400),
        (f"/Datastreams(4)/aggregate?{_FROM}", 400),
        (f"/Datastreams(4)/aggregate?interval=PT1S&{_FROM}", 400),  # too many intervals
        ("/Datastreams(4)/aggregate?interval=PT1H&from=2026-10-21T00:00:00Z&to=2026-10-20T00:00:00Z", 400),
        ("/Datastreams(4)/aggregate?interval=P1Y&from=0001-01-01T00:00:00Z", 400),
        (f"/Datastreams(99)/aggregate?interval=PT1H&{_FROM}", 404),
        (f"/Things(1)/aggregate?interval=PT1H&{_FROM}", 400),
        (f"/Observations/aggregate?interval=PT1H&{_FROM}", 400),
        (f"/Datastreams(4)/name/aggregate?interval=PT1H&{_FROM}", 400),
        (f"/Datastreams/aggregate?interval=PT1H&{_FROM}&$top=3", 400),
        (f"/Datastreams/aggregate?interval=PT1H&{_FROM}&$filter=nothing eq 1", 400),
        (f"/Datastreams(4)/aggregate?interval=PT1H&{_FROM}&$filter=nothing eq 1", 400),
        (f"/Datastreams/aggregate?interval=PT1H&{_FROM}&$filter=name eq 'x'", 200),
        (
            f"/Datastreams(4)/aggregate?interval=PT1H&{_FROM}&$filter=phenomenonTime ge 2027-01-01T00:00:00Z",
            200,
        ),
    ],
)
async def test_what_makes_no_sense_is_said_and_nothing_is_empty(
    sta: httpx.AsyncClient, measured: Any, path: str, status: int
):
    del measured
    response = await sta.get(path)
    assert response.status_code == status, response.text
    if status == 200:
        assert response.json() == {"value": []}
    else:
        assert response.json()["message"]


async def test_more_than_a_hundred_datastreams_are_refused(sta: httpx.AsyncClient, measured: Any):
    await measured.execute(
        "INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type)"
        " SELECT 'lab/one/more' || i, 1, 1, 1, 'More', 'x' FROM generate_series(1, 101) i"
    )
    response = await sta.get(f"/Datastreams/aggregate?interval=PT1H&{_FROM}&$filter=name eq 'More'")
    assert (response.status_code, "more than 100" in response.text) == (400, True)
    limited = await sta.get(
        f"/Datastreams/aggregate?interval=PT1H&{_FROM}&$filter=name eq 'More' and id mod 2 eq 0"
    )
    assert limited.status_code == 200
    await measured.execute("DELETE FROM datastream WHERE name = 'More'")


async def test_figures_of_others_are_not_seen(filled: str, serve: Any, measured: "asyncpg.Connection[Any]"):
    key = generate_api_key()
    await measured.execute(
        "INSERT INTO api_key (id, provider_id, name, secret_hash, scopes) VALUES ($1, 2, 'test', $2, '{read}')",
        key.id,
        key.secret_hash,
    )
    async with serve(filled, base_url="http://gateway/sta/v1.1") as client:
        assert (await client.get(f"/Datastreams(5)/aggregate?interval=PT1H&{_FROM}")).status_code == 401
        client.headers["Authorization"] = f"Bearer {key.text}"
        assert (await client.get(f"/Datastreams(4)/aggregate?interval=PT1H&{_FROM}")).status_code == 404
        page = (await client.get(f"/Datastreams/aggregate?interval=P1D&{_FROM}")).json()
        assert [group["@iot.id"] for group in page["value"]] == [5]
