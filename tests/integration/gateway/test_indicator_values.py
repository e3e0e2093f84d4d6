"""Definitions and figures: the right version, as known then, whose, and seen by whom."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.support.figures import FigureWriter, connect_as_owner

from fansipan_gateway.indicators.schemas.definitions import IndicatorDetail, IndicatorList
from fansipan_gateway.indicators.schemas.figures import FigureList
from fansipan_indicators.periods import PeriodKind, period_at

_BANDS = [
    {"key": "poor", "name": {"vi": "Kém", "en": "Poor"}, "colour": "#ff0000"},
    {"key": "good", "name": {"vi": "Tốt", "en": "Good"}, "colour": "#00ff00", "from": 90},
]
_CORRECTED = datetime(2026, 4, 10, tzinfo=UTC)


@dataclass
class _Ids:
    old: int
    new: int
    running: int
    commune: int


@pytest.fixture(scope="module")
async def writer(world: Any) -> AsyncGenerator[FigureWriter]:
    connection = await connect_as_owner(world.url)
    yield FigureWriter(connection)
    await connection.close()


@pytest.fixture(scope="module", autouse=True)
async def ids(world: Any, writer: FigureWriter) -> _Ids:
    """`on-time` with two versions; twelve months of a commune; March was corrected on 10 April."""
    old = await writer.define("on-time", until=date(2026, 3, 1), version_fields={"bands": _BANDS})
    new = await writer.define("on-time", version=2, since=date(2026, 3, 1), version_fields={"bands": _BANDS})
    commune = await writer.subject("area", "02671")
    for month in range(1, 13):
        definition = old if month < 3 else new
        await writer.put(
            definition, commune, f"2026-{month:02}", 80.0 + month, numerator=8.0, denominator=10.0
        )
    await writer.put(new, commune, "2026-03", 95.5, known_from=_CORRECTED, reason="correction")
    await writer.put(old, commune, "2026-05", 1.0)  # the old version is still computed beside the new one
    secret = await writer.define("internal", public=False)
    await writer.put(secret, commune, "2026-03", 1.0)
    running = await writer.define("running")
    merged = await writer.subject("area", "02635")
    for month in ("2025-05", "2025-06", "2025-07"):
        await writer.put(old, merged, month, 70.0)
    connection = await connect_as_owner(world.url)
    await connection.execute(
        "TRUNCATE area_succession;"
        "INSERT INTO area_succession VALUES ('02635', '02647', 'Phường Duyên Hải', 'Thành phố Lào Cai',"
        " 'Tỉnh Lào Cai', 'whole', '2025-07-01'), ('02647', '02647', 'Phường Kim Tân', 'Thành phố Lào Cai',"
        " 'Tỉnh Lào Cai', 'whole', '2025-07-01'), ('02658', '02671', 'Phường Nam Cường', 'Thành phố Lào Cai',"
        " 'Tỉnh Lào Cai', 'part', '2025-07-01')"
    )
    await connection.close()
    return _Ids(old, new, running, commune)


async def _values(gateway: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    response = await gateway.get(
        "/v1/indicators/on-time/values", params={"area": "02671", "period": "month", **query}
    )
    assert response.status_code == 200, response.text
    FigureList.model_validate(response.json())
    return response.json()["items"]


async def _problem(gateway: httpx.AsyncClient, path: str, **query: Any) -> tuple[int, str]:
    response = await gateway.get(path, params=query)
    assert response.headers["content-type"].startswith("application/problem+json"), response.text
    return response.status_code, response.json()["code"]


async def test_a_figure_says_what_it_is(gateway: httpx.AsyncClient) -> None:
    (item,) = await _values(gateway, **{"from": "2026-02", "to": "2026-02"})
    assert item == {
        "indicator": "on-time",
        "version": 1,
        "subject": {
            "kind": "area",
            "key": "02671",
            "name": "Phường Cam Đường",
            "nameEn": "Cam Duong Ward",
        },
        "period": "2026-02",
        "start": "2026-01-31T17:00:00.000Z",
        "end": "2026-02-28T17:00:00.000Z",
        "value": 82.0,
        "band": {"key": "poor", "name": {"vi": "Kém", "en": "Poor"}, "colour": "#ff0000"},
        "numerator": 8.0,
        "denominator": 10.0,
        "sampleCount": 10,
        "completeness": None,
        "revision": 1,
        "reason": "new-data",
        "knownFrom": "2020-01-01T00:00:00.000Z",
        "missing": None,
        "provisional": False,
        "closed": False,
        "restated": None,
    }


async def test_each_period_follows_the_version_in_force_at_its_start(gateway: httpx.AsyncClient) -> None:
    items = await _values(gateway, **{"from": "2026-01", "to": "2026-05"})
    assert [(item["period"], item["version"]) for item in items] == [
        ("2026-01", 1),
        ("2026-02", 1),
        ("2026-03", 2),
        ("2026-04", 2),
        ("2026-05", 2),
    ]
    assert items[-1]["value"] == 85.0
    (side,) = await _values(gateway, version=1, **{"from": "2026-05", "to": "2026-05"})
    assert (side["version"], side["value"]) == (1, 1.0)


async def test_what_was_known_before_a_correction_and_after(gateway: httpx.AsyncClient) -> None:
    march = {"from": "2026-03", "to": "2026-03"}
    (now,) = await _values(gateway, **march)
    (before,) = await _values(gateway, asOf=(_CORRECTED - timedelta(seconds=1)).isoformat(), **march)
    (since,) = await _values(gateway, asOf=_CORRECTED.isoformat(), **march)
    assert (now["value"], now["revision"], now["reason"], now["band"]["key"]) == (
        95.5,
        2,
        "correction",
        "good",
    )
    assert (before["value"], before["revision"], before["reason"]) == (83.0, 1, "new-data")
    assert since == now
    assert await _values(gateway, asOf="2019-01-01T00:00:00Z", **march) == []


async def test_pages_join_to_the_whole(gateway: httpx.AsyncClient, follow: Any) -> None:
    whole = await _values(gateway, **{"from": "2026-01", "to": "2026-12"})
    paged = await follow(
        "/v1/indicators/on-time/values",
        **{"area": "02671", "period": "month", "from": "2026-01", "to": "2026-12", "limit": 5},
    )
    assert [item["period"] for item in paged] == [f"2026-{month:02}" for month in range(1, 13)]
    assert paged == whole


async def test_a_range_of_times_is_half_open_and_one_of_periods_is_not(gateway: httpx.AsyncClient) -> None:
    times = await _values(gateway, **{"from": "2026-02-01T00:00:00+07:00", "to": "2026-04-01T00:00:00+07:00"})
    periods = await _values(gateway, **{"from": "2026-02", "to": "2026-Q1"})
    assert [item["period"] for item in times] == ["2026-02", "2026-03"]
    assert periods == times


async def test_the_running_period_is_provisional(
    gateway: httpx.AsyncClient, writer: FigureWriter, ids: _Ids
) -> None:
    running = period_at(PeriodKind.DAY, datetime.now(UTC))
    await writer.put(ids.running, ids.commune, running, None, details={"missing": "zero-denominator"})
    response = await gateway.get("/v1/indicators/running/values", params={"area": "02671", "period": "day"})
    (item,) = response.json()["items"]
    assert (item["period"], item["provisional"]) == (running.label, True)
    assert (item["value"], item["missing"], item["band"]) == (None, "zero-denominator", None)


async def test_a_merged_unit_is_answered_until_it_was_merged(gateway: httpx.AsyncClient) -> None:
    whole_year = {"from": "2025-01", "to": "2025-12"}
    for boundaries in ({}, {"boundaries": "2025-01-01"}):
        items = await _values(gateway, area="02635", **whole_year, **boundaries)
        assert [(item["period"], item["subject"]["name"]) for item in items] == [
            ("2025-05", "Phường Duyên Hải"),
            ("2025-06", "Phường Duyên Hải"),
        ]


async def test_a_code_that_was_used_again_is_not_taken_for_the_former_unit(
    gateway: httpx.AsyncClient, writer: FigureWriter, ids: _Ids
) -> None:
    reused = await writer.subject("area", "02647")
    await writer.put(ids.old, reused, "2025-06", 60.0)
    june = {"from": "2025-06", "to": "2025-06"}
    (today,) = await _values(gateway, area="02647", **june)
    assert today["subject"]["name"] == "Phường Lào Cai"
    former = await writer.subject("area", "02647@2025-07-01")
    await writer.put(ids.old, former, "2025-06", 40.0)
    (then,) = await _values(gateway, area="02647", boundaries="2025-06-30", **june)
    assert (then["subject"]["name"], then["value"]) == ("Phường Kim Tân", 40.0)
    (today,) = await _values(gateway, area="02647", **june)
    assert (today["subject"]["name"], today["value"]) == ("Phường Lào Cai", 60.0)


async def test_a_unit_of_another_time_names_those_with_its_ground(gateway: httpx.AsyncClient) -> None:
    path = "/v1/indicators/on-time/values"
    new = await gateway.get(path, params={"area": "02671", "boundaries": "2025-06-30"})
    old = await gateway.get(path, params={"area": "02635", "boundaries": "2025-07-01"})
    assert (new.status_code, new.json()["code"]) == (404, "area-not-in-force")
    assert new.json()["units"] == [
        {"code": "02658", "name": "Phường Nam Cường", "relation": "part", "until": "2025-07-01"}
    ]
    assert (old.status_code, old.json()["units"][0]["name"]) == (404, "Phường Lào Cai")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"area": "99999"}, (404, "not-found")),
        ({"subject": "agency:nobody"}, (404, "not-found")),
        ({"subject": "thing:demo/s1"}, (400, "not-computed")),
        ({"subject": "river:thao"}, (400, "invalid-subject")),
        ({}, (400, "invalid-subject")),
        ({"area": "02671", "subject": "15"}, (400, "invalid-subject")),
        ({"area": "02671", "period": "hour"}, (400, "invalid-period")),
        ({"area": "02671", "from": "2026-13"}, (400, "invalid-period")),
        ({"area": "02671", "from": "2026-05", "to": "2026-03"}, (400, "invalid-range")),
        (
            {"area": "02671", "period": "day", "from": "1970-01-01T00:00:00Z", "to": "2026-01-01"},
            (400, "range-too-long"),
        ),
        ({"area": "02671", "version": "9"}, (404, "not-found")),
        ({"area": "02671", "cursor": "nonsense"}, (400, "invalid-cursor")),
        ({"area": "02671", "asof": "2026-01-01T00:00:00Z"}, (400, "invalid-parameter")),
    ],
)
async def test_what_cannot_be_answered_is_a_clear_problem(
    gateway: httpx.AsyncClient, query: dict[str, str], expected: tuple[int, str]
) -> None:
    assert await _problem(gateway, "/v1/indicators/on-time/values", **query) == expected


async def test_only_operators_see_what_is_not_public(world: Any, gateway: httpx.AsyncClient) -> None:
    key: dict[str, Any] = {"headers": {"Authorization": f"Bearer {world.reader}"}}
    operator: dict[str, Any] = {"auth": world.operator}
    anybody: dict[str, Any] = {}
    for who, sees in ((anybody, False), (key, False), (operator, True)):
        listed = await gateway.get("/v1/indicators", **who)
        IndicatorList.model_validate(listed.json())
        assert ("internal" in [item["id"] for item in listed.json()["items"]]) is sees
        for path in ("", "/values?area=02671", "/latest", "/values/02671/2026-03/explain"):
            response = await gateway.get(f"/v1/indicators/internal{path}", **who)
            assert response.status_code == (200 if sees else 404), (path, response.text)
        assert listed.headers["cache-control"].startswith("public" if who is anybody else "private")


async def test_a_definition_with_its_neighbours_and_its_formula_in_words(gateway: httpx.AsyncClient) -> None:
    response = await gateway.get("/v1/indicators/on-time")
    IndicatorDetail.model_validate(response.json())
    shown = response.json()
    assert (shown["version"], shown["previousVersion"], shown["nextVersion"]) == (2, 1, None)
    assert "dossiers" in shown["inWords"]["en"]
    assert "hồ sơ" in shown["inWords"]["vi"]
    assert shown["formula"]["kind"] == "case-ratio"
    first = (await gateway.get("/v1/indicators/on-time", params={"version": 1})).json()
    assert (first["previousVersion"], first["nextVersion"]) == (None, 2)
    assert first["versions"] == [
        {
            "version": 1,
            "effectiveFrom": "2020-01-01",
            "effectiveTo": "2026-03-01",
            "inForce": False,
            "judgesNow": False,
            "retired": False,
        },
        {
            "version": 2,
            "effectiveFrom": "2026-03-01",
            "effectiveTo": None,
            "inForce": True,
            "judgesNow": True,
            "retired": False,
        },
    ]


async def test_an_unchanged_answer_is_304(gateway: httpx.AsyncClient) -> None:
    address = "/v1/indicators/on-time/values?area=02671&period=month&from=2026-01&to=2026-02"
    tag = (await gateway.get(address)).headers["etag"]
    assert (await gateway.get(address, headers={"If-None-Match": tag})).status_code == 304


async def test_a_new_definition_is_seen_at_once(
    gateway: httpx.AsyncClient, writer: FigureWriter, eventually: Callable[..., Any]
) -> None:
    assert await _problem(gateway, "/v1/indicators/brand-new") == (404, "not-found")
    await writer.define("brand-new", group="traffic")

    async def listed() -> bool:
        response = await gateway.get("/v1/indicators", params={"group": "traffic"})
        return [item["id"] for item in response.json()["items"]] == ["brand-new"]

    await eventually(listed)


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Waits, at most thirty seconds, until something holds."""

    async def wait(holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(30):
            while not await holds():
                await asyncio.sleep(0.02)

    return wait
