"""Files of figures and of time series hold what the JSON answers hold."""

import csv
import io
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime
from typing import Any
from zipfile import ZipFile

import httpx
import pyarrow.parquet as pq
import pytest
from tests.support.figures import FigureWriter, connect_as_owner

RANGE = {"from": "2026-07-01T00:00:00Z", "to": "2026-09-01T00:00:00Z"}
YEAR = {"period": "month", "from": "2026-01", "to": "2026-12"}
Follow = Callable[..., Awaitable[list[dict[str, Any]]]]
Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
_CORRECTED = datetime(2026, 4, 10, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
async def figures(world: Any) -> AsyncGenerator[FigureWriter]:
    """`on-time`, two versions: a year of two communes and the province, March corrected; agencies with odd names."""
    connection = await connect_as_owner(world.url)
    writer = FigureWriter(connection)
    bands = [{"key": "any", "name": {"vi": "Bất kỳ", "en": "Any"}, "colour": "#00ff00"}]
    old = await writer.define("on-time", until=date(2026, 3, 1), version_fields={"bands": bands})
    new = await writer.define("on-time", version=2, since=date(2026, 3, 1), version_fields={"bands": bands})
    secret = await writer.define("internal", public=False)
    for code in ("15", "02647", "02671"):
        subject = await writer.subject("area", code)
        for month in range(1, 13):
            await writer.put(
                old if month < 3 else new,
                subject,
                f"2026-{month:02}",
                None if month == 7 else -80.5 - month,
                details={"missing": "no-data"} if month == 7 else {},
            )
        await writer.put(secret, subject, "2026-01", 1.0)
    await writer.put(new, subject, "2026-03", 95.5, known_from=_CORRECTED, reason="correction")
    await writer.put(new, await writer.subject("agency", "UBND-1"), "2026-05", 0.1)
    await connection.execute(
        "UPDATE area SET full_name = '=HYPERLINK(\"http://x\"), xã' WHERE code = '02647'"
    )
    yield writer
    await connection.close()


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    restated = item["restated"] or dict.fromkeys(("value", "reason", "at", "revision"))
    kept = {k: v for k, v in item.items() if k not in ("subject", "band", "restated")}
    return kept | {
        "subjectKind": item["subject"]["kind"],
        "subjectKey": item["subject"]["key"],
        "subjectName": item["subject"]["name"],
        "subjectNameEn": item["subject"]["nameEn"],
        "band": item["band"] and item["band"]["key"],
        "restatedValue": restated["value"],
        "restatedReason": restated["reason"],
        "restatedAt": restated["at"],
        "restatedRevision": restated["revision"],
    }


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


async def _figures_as_json(follow: Follow, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for area in ("02647", "02671", "15"):
        items += await follow("/v1/indicators/on-time/values", area=area, **YEAR, **query)
    return sorted(map(_flat, items), key=lambda item: (item["start"], item["subjectKey"]))


async def test_csv_of_figures_equals_the_json(gateway: httpx.AsyncClient, follow: Follow) -> None:
    response = await gateway.get("/v1/indicators/on-time/export", params=YEAR)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert response.headers["content-disposition"] == (
        'attachment; filename="on-time_area_month_20260101_20270101.csv"'
    )
    rows = _rows(response.text)
    expected = await _figures_as_json(follow)
    assert len(rows) == 36
    for row, item in zip(rows, expected, strict=True):
        if item["subjectKey"] == "02647":
            assert row["subjectName"] == "'" + item["subjectName"]
            row["subjectName"] = item["subjectName"]
        assert row == {name: _cell(value) for name, value in item.items()}
    assert rows[0]["value"] == "-81.5"


async def test_what_was_known_then(gateway: httpx.AsyncClient, follow: Follow) -> None:
    march = {"period": "month", "from": "2026-03", "to": "2026-03", "area": "02671"}
    for as_of, value in (("2026-04-09T00:00:00Z", "-83.5"), ("2026-04-11T00:00:00Z", "95.5")):
        response = await gateway.get("/v1/indicators/on-time/export", params={**march, "asOf": as_of})
        assert [row["value"] for row in _rows(response.text)] == [value]


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ({"area": "15"}, {"15", "02647", "02671"}),
        ({"area": "02671"}, {"02671"}),
        ({"area": "02635"}, set()),
        ({"subjectKind": "agency"}, {"UBND-1"}),
        ({"subject": "15"}, {"15"}),
        ({"subject": "02671"}, {"02671"}),
        ({"subject": "agency:UBND-1"}, {"UBND-1"}),
        ({}, {"15", "02647", "02671"}),
    ],
)
async def test_whose_figures(gateway: httpx.AsyncClient, query: dict[str, str], subjects: set[str]) -> None:
    response = await gateway.get("/v1/indicators/on-time/export", params={**YEAR, **query})
    assert response.status_code == 200, response.text
    assert {row["subjectKey"] for row in _rows(response.text)} == subjects


async def test_a_closed_period_gives_what_was_closed(
    gateway: httpx.AsyncClient, world: Any, figures: FigureWriter
) -> None:
    connection = await connect_as_owner(world.url)
    definition = await figures.define("closing")
    subject = await figures.subject("area", "02671")
    await figures.put(definition, subject, "2024-02", 10.0)
    close = await connection.fetchval(
        "INSERT INTO period_close (label, period, period_start, closed_by, value_count, previous, digest)"
        " VALUES ('2024-02', 'month', '2024-01-31T17:00:00Z', 'mai', 1, '', '') RETURNING id"
    )
    await connection.execute(
        "INSERT INTO closed_value (close_id, ordinal, key, version, definition_id, subject_id, subject_kind,"
        " subject_key, revision, value, sample_count, definition_digest, digest)"
        " VALUES ($1, 1, 'closing', 1, $2, $3, 'area', '02671', 1, 10.0, 10, '', '')",
        close,
        definition,
        subject,
    )
    await figures.put(definition, subject, "2024-02", 11.0, known_from=_CORRECTED, reason="correction")
    await connection.close()
    response = await gateway.get(
        "/v1/indicators/closing/export", params={"period": "month", "from": "2024-02", "to": "2024-02"}
    )
    (row,) = _rows(response.text)
    assert (row["value"], row["closed"], row["restatedValue"], row["restatedReason"]) == (
        "10.0",
        "true",
        "11.0",
        "correction",
    )


async def test_parquet_of_figures_reads_back_equal(gateway: httpx.AsyncClient, follow: Follow) -> None:
    response = await gateway.get("/v1/indicators/on-time/export", params={**YEAR, "format": "parquet"})
    assert "content-encoding" not in response.headers
    table = pq.read_table(io.BytesIO(response.content))
    for row, item in zip(table.to_pylist(), await _figures_as_json(follow), strict=True):
        names = [name for name in ("start", "end", "knownFrom", "restatedAt") if item[name]]
        assert row == item | {name: datetime.fromisoformat(str(item[name])) for name in names}
    about = {name.decode(): value.decode() for name, value in (table.schema.metadata or {}).items()}
    assert about["licence"] == "https://creativecommons.org/licenses/by/4.0/"
    assert about["title"] == "Chỉ số on-time"
    assert about["unit"] == "%"
    assert about["source"].startswith("http://gateway/v1/indicators/on-time/export?")


async def test_geojson_carries_the_boundaries(gateway: httpx.AsyncClient) -> None:
    response = await gateway.get(
        "/v1/indicators/on-time/export",
        params={"period": "month", "from": "2026-01", "to": "2026-02", "format": "geojson"},
    )
    assert response.headers["content-type"] == "application/geo+json"
    collection = response.json()
    areas = (await gateway.get("/v1/areas?parent=15")).json()["features"]
    shapes = {feature["id"]: feature["geometry"] for feature in areas}
    assert [feature["id"] for feature in collection["features"]] == [
        "02647/2026-01",
        "02671/2026-01",
        "15/2026-01",
        "02647/2026-02",
        "02671/2026-02",
        "15/2026-02",
    ]
    for feature in collection["features"]:
        key = feature["properties"]["subjectKey"]
        assert feature["geometry"]["type"] in ("Polygon", "MultiPolygon")
        assert feature["geometry"] == shapes.get(key, feature["geometry"])
    assert collection["features"][1]["properties"]["value"] == -81.5
    assert collection["about"]["licence"].startswith("https://creativecommons.org")


async def test_a_sheet_holds_numbers_and_texts_but_no_formula(gateway: httpx.AsyncClient) -> None:
    response = await gateway.get("/v1/indicators/on-time/export", params={**YEAR, "format": "xlsx"})
    with ZipFile(io.BytesIO(response.content)) as book:
        assert book.testzip() is None
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        about = book.read("xl/worksheets/sheet2.xml").decode()
    assert "<f>" not in sheet
    assert "=HYPERLINK(" in sheet
    assert "<v>-81.5</v>" in sheet
    assert sheet.count("<row ") == 37
    assert "creativecommons.org" in about


async def test_csv_for_excel_and_for_people(gateway: httpx.AsyncClient) -> None:
    response = await gateway.get(
        "/v1/indicators/on-time/export", params={**YEAR, "bom": "true", "comment": "true"}
    )
    assert response.content.startswith(b"\xef\xbb\xbf# title: Ch")
    first, header, *_ = response.content.decode("utf-8-sig").split("\r\n")
    assert "licence: https://creativecommons.org/licenses/by/4.0/" in first
    assert header.startswith("indicator,version,subjectKind,")


@pytest.mark.parametrize("granularity", ["raw", "1m", "1h", "1d"])
@pytest.mark.parametrize("file_format", ["csv", "parquet"])
async def test_time_series_equal_the_json(
    gateway: httpx.AsyncClient, follow: Follow, granularity: str, file_format: str
) -> None:
    items = await follow(
        "/v1/observations", datastream="demo/s1/pm25", granularity=granularity, limit=5000, **RANGE
    )
    response = await gateway.get(
        "/v1/datastreams/demo/s1/pm25/observations/export",
        params={**RANGE, "granularity": granularity, "format": file_format},
    )
    assert response.status_code == 200, response.text
    assert response.headers["content-disposition"] == (
        f'attachment; filename="demo-s1-pm25_{granularity}_20260701T0000Z_20260901T0000Z.{file_format}"'
    )
    if granularity == "raw":
        items = [item | {"resultJson": None} for item in items]
    if file_format == "csv":
        assert _rows(response.text) == [
            {name: _cell(value) for name, value in item.items()} for item in items
        ]
        return
    time = "phenomenonTime" if granularity == "raw" else "bucket"
    rows = pq.read_table(io.BytesIO(response.content)).to_pylist()
    assert rows == [item | {time: datetime.fromisoformat(str(item[time]))} for item in items]


async def test_results_that_are_not_numbers_are_json(gateway: httpx.AsyncClient) -> None:
    response = await gateway.get("/v1/datastreams/2/observations/export", params=RANGE)
    rows = _rows(response.text)
    assert [json.loads(row["resultJson"]) for row in rows] == [f'note "{i}"' for i in range(6)]
    assert {row["result"] for row in rows} == {""}


async def test_an_empty_range_is_a_file_with_a_header(gateway: httpx.AsyncClient) -> None:
    empty = {"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}
    path = "/v1/datastreams/1/observations/export"
    text = (await gateway.get(path, params=empty)).text
    assert text == "datastream,phenomenonTime,result,resultJson,resultQuality\r\n"
    content = (await gateway.get(path, params={**empty, "format": "parquet"})).content
    assert pq.read_table(io.BytesIO(content)).num_rows == 0


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/datastreams/nope/observations/export", 404, "not-found"),
        ("/v1/datastreams/1/observations/export?format=xlsx", 400, "invalid-parameter"),
        ("/v1/datastreams/1/observations/export?granularity=auto", 400, "invalid-parameter"),
        ("/v1/datastreams/1/observations/export?from=2010-01-01T00:00:00Z", 400, "range-too-long"),
        ("/v1/indicators/nope/export", 404, "not-found"),
        ("/v1/indicators/internal/export", 404, "not-found"),
        ("/v1/indicators/on-time/export?format=pdf", 400, "invalid-parameter"),
        ("/v1/indicators/on-time/export?area=99999", 404, "not-found"),
        ("/v1/indicators/on-time/export?period=hour", 400, "invalid-period"),
        ("/v1/indicators/on-time/export?subjectKind=thing", 400, "not-computed"),
        ("/v1/indicators/on-time/export?subjectKind=agency&area=15", 400, "invalid-subject"),
        ("/v1/indicators/on-time/export?subject=15&area=15", 400, "invalid-subject"),
        ("/v1/indicators/on-time/export?subject=agency:nobody", 404, "not-found"),
        ("/v1/indicators/on-time/export?subject=thing:demo/s1", 400, "not-computed"),
        ("/v1/indicators/on-time/export?subjectKind=agency&format=geojson", 400, "format-not-available"),
    ],
)
async def test_each_fault_is_named(gateway: httpx.AsyncClient, path: str, status: int, code: str) -> None:
    response = await gateway.get(path)
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_too_many_rows_are_refused_with_a_way_to_go_on(
    world: Any, serve: Serve, gateway: httpx.AsyncClient
) -> None:
    async with serve(world.url, anonymous_read=True, export_max_rows=2500) as client:
        path = "/v1/datastreams/1/observations/export"
        refused = await client.get(path, params=RANGE)
        problem = refused.json()
        assert (refused.status_code, problem["code"], problem["maxRows"]) == (400, "too-many-rows", 2500)
        rows, start = [], RANGE["from"]
        for end in (problem["splitAt"], None):
            params = {"from": start, "to": end or "2026-07-03T00:00:00Z"}
            rows += _rows((await client.get(path, params=params)).text)
            start = problem["splitAt"]
        whole = await gateway.get(path, params={"from": RANGE["from"], "to": "2026-07-03T00:00:00Z"})
        assert len(rows) == 2880
        assert rows == _rows(whole.text)
    async with serve(world.url, anonymous_read=True, export_max_rows=10) as client:
        refused = await client.get("/v1/indicators/on-time/export", params=YEAR)
        # three figures a month, of which the tenth is the first of April
        assert refused.json()["splitAt"] == "2026-03-31T17:00:00.000Z"


async def test_public_figures_need_no_login_but_measurements_do(world: Any, serve: Serve) -> None:
    async with serve(world.url) as client:
        assert (await client.get("/v1/indicators/on-time/export", params=YEAR)).status_code == 200
        assert (await client.get("/v1/indicators/internal/export")).status_code == 404
        wrong = await client.get("/v1/indicators/on-time/export", auth=("mai", "sai"))
        assert wrong.status_code == 401
        inside = await client.get("/v1/indicators/internal/export", params=YEAR, auth=world.operator)
        assert len(_rows(inside.text)) == 3
        assert inside.headers["cache-control"].startswith("private")
        path = "/v1/datastreams/1/observations/export"
        assert (await client.get(path)).status_code == 401
        for key, status in ((world.reader, 200), (world.stranger, 404), (world.writer, 403)):
            answer = await client.get(path, params=RANGE, headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == status


async def test_a_database_that_is_away_is_an_answer_not_half_a_file(serve: Serve) -> None:
    async with serve("postgresql://nobody@127.0.0.1:1/none", anonymous_read=True) as client:
        for path in ("/v1/datastreams/1/observations/export", "/v1/indicators/on-time/export"):
            response = await client.get(path)
            assert (response.status_code, response.json()["code"]) == (503, "database-away")
