"""Things, datastreams, latest values and areas."""

from datetime import datetime
from typing import Any

import httpx
import pytest
from tests.support.gateway_client import client_of

from fansipan_client import AsyncClient, InvalidRequest, NotFound
from fansipan_gateway.areas.schemas import AreaCollection
from fansipan_gateway.datastreams.schemas import Datastream, DatastreamList
from fansipan_gateway.latest.schemas import LatestList
from fansipan_gateway.things.schemas import Thing, ThingList


@pytest.fixture(scope="module")
def fansipan(gateway: httpx.AsyncClient) -> AsyncClient:
    """Our own client of the gateway that everybody may read."""
    return client_of(gateway)


async def test_things_with_their_place(gateway: httpx.AsyncClient) -> None:
    page = (await gateway.get("/v1/things")).json()
    ThingList.model_validate(page)
    first = page["items"][0]
    assert (first["key"], first["areaCode"], first["datastreamCount"]) == ("demo/s1", "02671", 2)
    assert (first["longitude"], first["latitude"]) == (104.01, 22.42)
    for reference in ("1", "demo/s1"):
        thing = (await gateway.get(f"/v1/things/{reference}")).json()
        Thing.model_validate(thing)
        assert thing == first
    assert (await gateway.get("/v1/things/demo/nope")).status_code == 404


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({"area": "02671"}, ["demo/s1/pm25", "demo/s1/note"]),
        ({"area": "15"}, ["demo/s1/pm25", "demo/s1/note", "other/x/level"]),
        ({"thing": "demo/s2"}, ["demo/s2/level", "demo/s2/empty"]),
        ({"thing": "3"}, ["other/x/level"]),
        ({"observed_property": "note"}, ["demo/s1/note"]),
        ({"q": "MỘT"}, ["demo/s1/pm25", "demo/s1/note"]),
        ({"q": "100% _"}, ["demo/s2/level", "demo/s2/empty"]),
        ({"q": "1%1"}, []),
        ({"thing": "demo/s2", "q": "nothing"}, ["demo/s2/empty"]),
    ],
)
async def test_filters_must_all_fit(fansipan: AsyncClient, query: dict[str, str], keys: list[str]) -> None:
    assert [item.key async for item in fansipan.datastreams(limit=1, **query)] == keys


async def test_datastreams_with_their_latest_value(gateway: httpx.AsyncClient) -> None:
    page = (await gateway.get("/v1/datastreams")).json()
    DatastreamList.model_validate(page)
    by_key = {item["key"]: item for item in page["items"]}
    assert by_key["demo/s1/note"]["latest"]["result"] == 'note "5"'
    assert by_key["demo/s2/empty"]["latest"] is None
    for reference in ("2", "demo/s1/note"):
        item = (await gateway.get(f"/v1/datastreams/{reference}")).json()
        Datastream.model_validate(item)
        assert item == by_key["demo/s1/note"]
    assert (await gateway.get("/v1/datastreams/demo/s1/nope")).status_code == 404


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({"datastream": ["demo/s1/note", "1", "2", "demo/s2/empty"]}, ["demo/s1/pm25", "demo/s1/note"]),
        ({"area": "15"}, ["demo/s1/pm25", "demo/s1/note", "other/x/level"]),
        ({"thing": "demo/s2"}, ["demo/s2/level"]),
        ({"thing": "demo/s1", "area": "02647"}, []),
    ],
)
async def test_latest_values(fansipan: AsyncClient, query: dict[str, Any], keys: list[str]) -> None:
    assert [item.datastream async for item in fansipan.latest(limit=2, **query)] == keys


async def test_client_and_answers_agree(gateway: httpx.AsyncClient, fansipan: AsyncClient) -> None:
    thing = await fansipan.thing("demo/s1")
    told = (await gateway.get("/v1/things/demo/s1")).json()
    assert thing.last_observed_at == datetime.fromisoformat(told.pop("lastObservedAt"))
    assert thing.model_dump(by_alias=True, exclude={"last_observed_at"}) == told
    datastream = await fansipan.datastream(2)
    told = (await gateway.get("/v1/datastreams/2")).json()
    seen = told.pop("lastObservedAt")
    assert datastream.last_observed_at == (None if seen is None else datetime.fromisoformat(seen))
    del told["latest"]
    assert datastream.model_dump(by_alias=True, exclude={"latest", "last_observed_at"}) == told
    LatestList.model_validate((await gateway.get("/v1/latest?area=15")).json())
    with pytest.raises(NotFound):
        await fansipan.thing("demo/nope")
    with pytest.raises(InvalidRequest):
        await anext(fansipan.latest())


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?datastream=1&area=15", 400),
        ("?datastream=nope", 404),
        ("?area=x", 400),
        ("?area=15&cursor=x", 400),
    ],
)
async def test_latest_says_what_is_wrong(gateway: httpx.AsyncClient, query: str, status: int) -> None:
    assert (await gateway.get(f"/v1/latest{query}")).status_code == status


async def test_the_99_communes_as_geojson(gateway: httpx.AsyncClient) -> None:
    response = await gateway.get("/v1/areas?parent=15")
    assert response.headers["content-type"] == "application/geo+json"
    assert response.headers["content-encoding"] == "gzip"
    collection = response.json()
    AreaCollection.model_validate(collection)
    assert len(collection["features"]) == 99
    assert all(feature["geometry"] for feature in collection["features"])
    again = await gateway.get("/v1/areas?parent=15", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    bare = (await gateway.get("/v1/areas?geometry=false")).json()
    assert len(bare["features"]) == 99
    assert not any(feature["geometry"] for feature in bare["features"])
    assert (await gateway.get("/v1/areas?parent=99")).json()["features"] == []
