"""Communes by the day, what they were made of, and the commune of a point."""

from collections import Counter
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest
from shapely.geometry import Point, shape

from fansipan_common.db import Database
from fansipan_gateway.areas.repository import AreaRepository
from fansipan_gateway.areas.schemas import AreaCollection, AreaFeature
from fansipan_gateway.areas.service import Areas


async def _collection(gateway: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    response = await gateway.get("/v1/areas", params=query)
    assert response.status_code == 200, response.text
    AreaCollection.model_validate(response.json())
    return response.json()["features"]


@pytest.mark.parametrize("day", ["2025-06-30", "2020-01-01", "0001-01-01"])
async def test_before_the_change_there_were_319_units(gateway: httpx.AsyncClient, day: str) -> None:
    features = await _collection(gateway, at=day)
    assert len(features) == 319
    assert all(feature["geometry"] is None for feature in features)
    by_code = {feature["id"]: feature for feature in features}
    assert list(by_code) == sorted(by_code)
    assert by_code["02635"] == {
        "type": "Feature",
        "id": "02635",
        "properties": {
            "code": "02635",
            "name": "Duyên Hải",
            "fullName": "Phường Duyên Hải",
            "unitType": "phường",
            "district": "Thành phố Lào Cai",
            "province": "Tỉnh Lào Cai",
            "validUntil": "2025-07-01",
            "successors": [{"code": "02647", "name": "Phường Lào Cai", "relation": "whole"}],
        },
        "geometry": None,
    }
    assert by_code["02647"]["properties"]["fullName"] == "Phường Kim Tân"  # the code was used again
    kinds = Counter(feature["properties"]["unitType"] for feature in features)
    assert set(kinds) == {"phường", "xã", "thị trấn"}
    provinces = Counter(feature["properties"]["province"] for feature in features)
    assert provinces == {"Tỉnh Yên Bái": 168, "Tỉnh Lào Cai": 151}


@pytest.mark.parametrize("day", ["2025-07-01", "2026-01-01", "9999-12-31"])
async def test_since_the_change_they_are_those_of_today(gateway: httpx.AsyncClient, day: str) -> None:
    today = await gateway.get("/v1/areas?parent=15")
    then = await gateway.get(f"/v1/areas?parent=15&at={day}")
    assert then.content == today.content
    assert then.headers["etag"] == today.headers["etag"]


async def test_a_province_is_one_of_today(gateway: httpx.AsyncClient) -> None:
    assert len(await _collection(gateway, at="2025-06-30", parent="15")) == 319
    assert await _collection(gateway, at="2025-06-30", parent="10") == []


async def test_communes_and_the_units_before_them_point_at_each_other(gateway: httpx.AsyncClient) -> None:
    communes = await _collection(gateway, geometry="false")
    former = await _collection(gateway, at="2025-06-30")
    forward = {(one["id"], s["code"]) for one in former for s in one["properties"]["successors"]}
    backward = {(p["code"], one["id"]) for one in communes for p in one["properties"]["predecessors"]}
    assert forward == backward
    assert all(one["properties"]["predecessors"] for one in communes)
    lao_cai = next(one for one in communes if one["id"] == "02647")
    assert lao_cai["properties"]["predecessors"][0] == {
        "code": "02635",
        "name": "Phường Duyên Hải",
        "district": "Thành phố Lào Cai",
        "province": "Tỉnh Lào Cai",
        "relation": "whole",
        "validUntil": "2025-07-01",
    }


async def test_a_known_collection_is_not_sent_again(gateway: httpx.AsyncClient) -> None:
    for address in ("/v1/areas?at=2025-06-30", "/v1/areas/at?lon=104.01&lat=22.42"):
        response = await gateway.get(address)
        assert response.headers["content-type"] == "application/geo+json"
        assert response.headers["cache-control"] == "public, max-age=300"
        again = await gateway.get(address, headers={"If-None-Match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "at", ["20250630", "1751241600", "2025-06-30T00:00:00", "2025-02-30", "yesterday", ""]
)
async def test_what_is_no_day_is_refused(gateway: httpx.AsyncClient, at: str) -> None:
    response = await gateway.get("/v1/areas", params={"at": at})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter")


async def test_the_commune_of_a_point(gateway: httpx.AsyncClient) -> None:
    communes = await _collection(gateway)
    for commune in communes[::10]:
        lon, lat = commune["properties"]["label"]
        response = await gateway.get("/v1/areas/at", params={"lon": lon, "lat": lat, "geometry": "true"})
        AreaFeature.model_validate(response.json())
        assert response.json() == commune
        assert shape(response.json()["geometry"]).covers(Point(lon, lat))
    bare = (await gateway.get("/v1/areas/at?lon=104.01&lat=22.42")).json()
    assert (bare["id"], bare["geometry"]) == ("02671", None)


async def test_a_point_on_a_border_is_in_the_commune_of_the_lowest_code(gateway: httpx.AsyncClient) -> None:
    communes = await _collection(gateway)
    owners: dict[tuple[float, float], set[str]] = {}
    for commune in communes:
        for lon, lat in commune["geometry"]["coordinates"][0]:
            owners.setdefault((lon, lat), set()).add(commune["id"])
    for (lon, lat), codes in [item for item in owners.items() if len(item[1]) == 3][:20]:
        response = await gateway.get("/v1/areas/at", params={"lon": lon, "lat": lat})
        assert response.json()["id"] == min(codes)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("lon=100&lat=10", 404),
        ("lon=-180&lat=-90", 404),
        ("lon=1e-300&lat=1e-300", 404),
        ("lon=104", 400),
        ("lon=181&lat=22", 400),
        ("lon=nan&lat=22", 400),
        ("lon=104&lat=inf", 400),
        ("lon=104.01&lat=22.42&at=2025-06-30", 400),  # boundaries of that day are not known
    ],
)
async def test_where_there_is_no_commune(gateway: httpx.AsyncClient, query: str, status: int) -> None:
    response = await gateway.get(f"/v1/areas/at?{query}")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_thing_is_shown_in_the_commune_it_was_placed_in(
    world: Any, gateway: httpx.AsyncClient
) -> None:
    connection = await asyncpg.connect(world.url)
    try:
        thing = await connection.fetchval(
            "INSERT INTO thing (provider_id, key, name) VALUES (1, 'placed', 'Placed') RETURNING id"
        )
        location = await connection.fetchval(
            """INSERT INTO location (name, location)
               VALUES ('x', '{"type": "Point", "coordinates": [104.01, 22.42]}') RETURNING id"""
        )
        await connection.execute("INSERT INTO thing_location VALUES ($1, $2)", thing, location)
        assert (await gateway.get("/v1/things/demo/placed")).json()["areaCode"] == "02671"
    finally:
        await connection.execute("DELETE FROM thing WHERE key = 'placed'")
        await connection.close()


async def test_a_unit_that_ends_later_is_listed_until_then_and_after_it_as_former(world: Any) -> None:
    """A second change: the commune is in the table of areas still, closed on the day of the change."""
    connection = await asyncpg.connect(world.url)
    database = Database(world.url, application="test")
    areas = Areas(AreaRepository(database))
    try:
        await connection.execute(
            "UPDATE area SET valid_to = '2026-03-01' WHERE code = '02671';"
            "INSERT INTO area_succession VALUES ('02671', '02647', 'Phường Cam Đường', '', 'Tỉnh Lào Cai', 'part',"
            " '2026-03-01'), ('02671', '02680', 'Phường Cam Đường', '', 'Tỉnh Lào Cai', 'part', '2026-03-01')"
        )

        async def codes(day: str) -> list[str]:
            collection = AreaCollection.model_validate_json(
                await areas.document(None, date.fromisoformat(day), geometry=False)
            )
            return [feature.id for feature in collection.features]

        assert (len(await codes("2026-02-28")), "02671" in await codes("2026-02-28")) == (99, True)
        assert (len(await codes("2026-03-01")), "02671" in await codes("2026-03-01")) == (98, False)
        assert len(await codes("2025-06-30")) == 319
    finally:
        await connection.execute(
            "DELETE FROM area_succession WHERE valid_until = '2026-03-01';"
            "UPDATE area SET valid_to = NULL WHERE code = '02671'"
        )
        await connection.close()
        await database.close()


class CountingRepository(AreaRepository):
    """Notes the days that are read."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.days: list[int] = []

    async def fetch_former(self, parent: str | None, day: date) -> "list[asyncpg.Record]":
        self.days.append(day.day)
        return await super().fetch_former(parent, day)


async def test_days_that_nobody_needs_take_no_memory(world: Any) -> None:
    database = Database(world.url, application="test")
    repository = CountingRepository(database)
    areas = Areas(repository, capacity=3)
    try:
        for day in (1, 2, 3, 1, 4, 1, 2):
            await areas.document(None, date(2024, 1, day), geometry=False)
    finally:
        await database.close()
    assert repository.days == [
        1,
        2,
        3,
        4,
        2,
    ]  # the first is used again and stays; the fourth took the place of the second
