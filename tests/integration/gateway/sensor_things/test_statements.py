"""What a request costs: few statements, none a row, chunks outside a range of time left alone, an end to waiting."""

import re
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from tests.integration.conftest import connect

from fansipan_common.contracts import observation_id
from fansipan_common.db import Database
from fansipan_gateway.domain.visibility import PUBLIC
from fansipan_gateway.sensor_things.grammar.options import parse_options
from fansipan_gateway.sensor_things.grammar.paths import parse_path
from fansipan_gateway.sensor_things.planner.resources import resource_of
from fansipan_gateway.sensor_things.repository import SensorThingsRepository
from fansipan_gateway.sensor_things.service import SensorThings

_WEEKS = 60


@pytest.fixture(scope="module")
async def years(filled: str) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    """The world with a reading a day over many chunks."""
    connection = await connect(filled)
    await connection.execute(
        "INSERT INTO observation (datastream_id, phenomenon_time, result)"
        " SELECT 4, '2025-01-01T12:00:00Z'::timestamptz + i * interval '1 day', i FROM generate_series(0, $1) i",
        _WEEKS * 7,
    )
    await connection.execute(
        "INSERT INTO latest_observation (datastream_id, phenomenon_time, result)"
        " SELECT datastream_id, phenomenon_time, result FROM observation WHERE datastream_id = 4"
        " ORDER BY phenomenon_time DESC LIMIT 1"
    )
    await connection.execute("ANALYZE observation")
    yield connection
    await connection.close()


class _Watching(SensorThingsRepository):
    """Remembers what is run."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, 10.0)
        self.run: list[tuple[str, list[Any]]] = []

    async def fetch(self, statement: str, binding: Any) -> Any:
        self.run.append((statement, list(binding.values)))
        return await super().fetch(statement, binding)


@pytest.fixture
async def watching(filled: str) -> AsyncGenerator[_Watching]:
    database = Database(filled, application="test")
    yield _Watching(database)
    await database.close()


async def _read(watching: _Watching, path: str, **options: Any) -> None:
    things = SensorThings(watching, lambda: datetime(2026, 7, 15, tzinfo=UTC))
    given = parse_options([(f"${name}", str(value)) for name, value in options.items()])
    await things.read(resource_of(parse_path(path)), given, PUBLIC, "http://gateway/sta/v1.1")


@contextmanager
def _statements(watching: _Watching, number: int) -> Generator[None]:
    watching.run.clear()
    yield
    assert len(watching.run) == number, [statement for statement, _ in watching.run]


async def test_a_request_is_few_statements_however_much_it_shows(watching: _Watching, years: Any):
    del years
    deep = "Datastreams($expand=Observations($top=50;$expand=FeatureOfInterest);$count=true),Locations"
    with _statements(watching, 1):
        await _read(watching, "Things", expand=deep, orderby="name desc")
    with _statements(watching, 2):
        await _read(watching, "Things(1)/Datastreams(1)/Observations", top=5)
    with _statements(watching, 3):
        await _read(watching, "Things(1)/Datastreams(1)/Observations", top=5, count="true")
    with _statements(watching, 2):
        await _read(watching, "Locations", filter="geo.length(location) gt 0")


async def _chunks(connection: "asyncpg.Connection[Any]", statement: str, values: list[Any]) -> set[str]:
    """Chunks that a statement touches when it is run."""
    lines = await connection.fetch(
        f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {statement}", *values
    )
    return {
        chunk
        for (line,) in lines
        if "never executed" not in line and (chunk := "".join(re.findall(r" on (_hyper_\S+_chunk)", line)))
    }


_OF_ONE = "Datastreams(4)/Observations"
_WEEK = "2025-06-01T00:00:00Z", "2025-06-08T00:00:00Z"
_READING = observation_id(4, 1_749_124_800_000)  # 2025-06-05T12:00:00Z


@pytest.mark.parametrize(
    ("path", "options", "most"),
    [
        (_OF_ONE, {"filter": f"phenomenonTime ge {_WEEK[0]} and phenomenonTime lt {_WEEK[1]}"}, 2),
        (_OF_ONE, {"filter": f"during(phenomenonTime, {_WEEK[0]}/{_WEEK[1]})"}, 2),
        (
            "Observations",
            {"filter": f"phenomenonTime gt {_WEEK[0]} and phenomenonTime le {_WEEK[1]} and result gt 1"},
            2,
        ),
        ("Observations", {"filter": "Datastream/name ne 'x' and phenomenonTime eq 2025-06-05T12:00:00Z"}, 1),
        (
            "Observations",
            {
                "filter": "phenomenonTime gt now() sub duration'P20D' and phenomenonTime lt now() sub duration'P10D'"
            },
            3,
        ),
        ("Observations", {"filter": "date(phenomenonTime) eq 2025-06-05 and result gt 1"}, 2),
        (_OF_ONE, {"filter": "2026 le year(phenomenonTime) and year(phenomenonTime) lt 2027"}, 18),
        (_OF_ONE, {"orderby": "phenomenonTime desc", "top": 5}, 8),  # six newer ones hold nothing of it
        (_OF_ONE, {"top": 5}, 2),
        (_OF_ONE, {"top": 5, "orderby": "id"}, 2),
        ("Datastreams", {"filter": "id eq 4", "expand": "Observations($top=5)", "select": "id"}, 2),
        (f"Observations({_READING})", {}, 1),
        ("Observations", {"filter": f"id eq {_READING}"}, 1),
    ],
)
async def test_chunks_outside_a_range_are_left_alone(
    watching: _Watching, years: "asyncpg.Connection[Any]", path: str, options: dict[str, Any], most: int
):
    total = await years.fetchval("SELECT count(*) FROM show_chunks('observation')")
    assert total > _WEEKS
    await _read(watching, path, **options)
    statement, values = watching.run[-1]
    touched = await _chunks(years, statement, values)
    assert 1 <= len(touched) <= most, touched


@pytest.mark.parametrize(
    ("path", "options", "most"),
    [
        ("Observations", {"orderby": "phenomenonTime desc", "top": 5}, 14),
        ("Observations", {"orderby": "phenomenonTime desc", "top": 2, "filter": "result ge 0"}, 14),
        ("Observations", {"orderby": "phenomenonTime", "top": 5}, 4),
        (
            "Observations",
            {"orderby": "phenomenonTime", "top": 5, "filter": "Datastream/name eq 'Nothing yet'"},
            4,
        ),
        (
            "Observations",
            {
                "orderby": "phenomenonTime",
                "top": 3,
                "filter": "phenomenonTime ge 2025-06-01T00:00:00Z and result gt 2",
            },
            4,
        ),
        (
            "Observations",
            {"orderby": "phenomenonTime desc", "top": 3, "filter": "phenomenonTime le 2025-06-01T00:00:00Z"},
            4,
        ),
    ],
)
async def test_the_newest_and_the_oldest_of_all_are_found_without_sorting_all(
    watching: _Watching, years: "asyncpg.Connection[Any]", path: str, options: dict[str, Any], most: int
):
    watching.run.clear()
    await _read(watching, path, **options)
    touched = [await _chunks(years, statement, values) for statement, values in watching.run]
    assert 1 <= len(set[str]().union(*touched)) <= most, [len(each) for each in touched]
    assert len(watching.run) <= 10


@pytest.mark.parametrize("direction", ["desc", "asc"])
@pytest.mark.parametrize("condition", ["", "result gt 3", "phenomenonTime gt 2026-01-01T00:00:00Z"])
async def test_pages_by_time_are_all_there_is_in_order(
    sta: httpx.AsyncClient, years: "asyncpg.Connection[Any]", direction: str, condition: str
):
    wanted = await years.fetch(
        "SELECT datastream_id, phenomenon_time FROM observation WHERE ($1 <> 'result gt 3' OR result > 3)"
        " AND ($1 NOT LIKE 'phen%' OR phenomenon_time > '2026-01-01T00:00:00Z')"
        f" ORDER BY phenomenon_time {direction}, datastream_id",
        condition,
    )
    options = {"$orderby": f"phenomenonTime {direction}", "$top": "90", "$select": "id"}
    response = await sta.get("/Observations", params=options | ({"$filter": condition} if condition else {}))
    found: list[int] = []
    while True:
        page = response.json()
        found += [entity["@iot.id"] for entity in page["value"]]
        if "@iot.nextLink" not in page:
            break
        response = await sta.get(page["@iot.nextLink"])
    assert found == [observation_id(row[0], int(row[1].timestamp() * 1000)) for row in wanted]


async def test_pages_behind_a_next_link_touch_no_earlier_chunk(
    watching: _Watching, sta: httpx.AsyncClient, years: "asyncpg.Connection[Any]"
):
    for order in ("phenomenonTime desc", "phenomenonTime asc", "id"):
        link = (await sta.get(f"/Datastreams(4)/Observations?$top=200&$orderby={order}")).json()[
            "@iot.nextLink"
        ]
        token = httpx.URL(link).params["$skiptoken"]
        await _read(watching, "Datastreams(4)/Observations", top=7, orderby=order, skiptoken=token)
        statement, values = watching.run[-1]
        assert 1 <= len(await _chunks(years, statement, values)) <= 3


async def test_what_takes_too_long_ends_and_says_what_to_do(filled: str, serve: Any):
    async with serve(filled, anonymous_read=True, statement_timeout_seconds=0.002) as client:
        response = await client.get(
            "/sta/v1.1/Things?$top=9&$expand=Datastreams($expand=Observations($top=1000;$orderby=result))"
        )
    assert (response.status_code, response.json()["code"]) == (400, "query-too-expensive")


async def test_counting_ends(monkeypatch: pytest.MonkeyPatch, sta: httpx.AsyncClient):
    monkeypatch.setattr("fansipan_gateway.sensor_things.planner.levels.MAX_COUNT", 10)
    monkeypatch.setattr("fansipan_gateway.sensor_things.rendering.entities.MAX_COUNT", 10)
    page = (await sta.get("/Observations?$count=true&$top=1")).json()
    assert (page["@iot.count"], page["@fansipan.countIsAtLeast"]) == (10, True)
