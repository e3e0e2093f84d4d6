"""The whole of what `frost_sta_client` does, through the gateway, ingest, Kafka and the store."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio.to_thread
import frost_sta_client as fsc
import httpx
import pytest
from frost_sta_client.model.ext.data_array_document import DataArrayDocument
from frost_sta_client.model.ext.data_array_value import DataArrayValue
from frost_sta_client.model.ext.entity_list import EntityList
from tests.conftest import Addresses
from tests.support.providers import make_key

from fansipan_common.security import Scope

START = datetime(2026, 7, 1, tzinfo=UTC)
MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"


def _station(name: str) -> fsc.Thing:
    unit = fsc.UnitOfMeasurement(name="degree Celsius", symbol="°C", definition="Cel")
    stream = fsc.Datastream(
        name="Nhiệt độ", description="Mỗi giờ", observation_type=MEASUREMENT, unit_of_measurement=unit
    )
    stream.sensor = fsc.Sensor(
        name="DHT22", description="Rẻ", encoding_type="application/pdf", metadata="https://example.org/d.pdf"
    )
    stream.observed_property = fsc.ObservedProperty(
        name="Nhiệt độ", definition="https://example.org/t", description="Của không khí"
    )
    station = fsc.Thing(name=name, description="Trên đèo", properties={"height": 2000})
    place = fsc.Location(
        name=name,
        description="Ven đường",
        encoding_type="application/geo+json",
        location={"type": "Point", "coordinates": [103.84, 22.34]},
    )
    station.locations = EntityList(entity_class="frost_sta_client.model.location.Location", entities=[place])
    station.datastreams = EntityList(
        entity_class="frost_sta_client.model.datastream.Datastream", entities=[stream]
    )
    return station


@pytest.mark.filterwarnings("ignore:furl.pathstr is deprecated:DeprecationWarning")
async def test_the_full_scenario(addresses: Addresses, http: httpx.AsyncClient):
    provider = f"frost-{secrets.token_hex(3)}"
    key = make_key(addresses.database, provider, scopes=(Scope.READ, Scope.WRITE)).key
    root = f"{addresses.gateway}/sta/v1.1"

    def scenario() -> dict[str, Any]:
        service = fsc.SensorThingsService(root, auth_handler=fsc.AuthHandler(username="any", password=key))
        found: dict[str, Any] = {}

        # create, with all that belongs to it
        station = _station("Trạm Ô Quy Hồ")
        service.create(station)
        station = service.things().find(station.id)
        found["created"] = (station.name, station.properties)
        stream = station.get_datastreams().query().list().entities[0]
        found["places"] = [place.name for place in station.get_locations().query().list()]

        # link to what is there
        device = fsc.Sensor(name="SHT45", description="", encoding_type="text/plain", metadata="")
        service.create(device)
        query = service.datastreams().query().expand("ObservedProperty").filter(f"id eq {stream.id}")
        word = query.list().entities[0].observed_property
        humid = fsc.Datastream(
            name="Thứ hai",
            description="",
            observation_type=MEASUREMENT,
            unit_of_measurement=fsc.UnitOfMeasurement(name="percent", symbol="%", definition="%"),
        )
        humid.thing, humid.sensor, humid.observed_property = station, device, word
        service.create(humid)
        found["linked"] = (
            service.datastreams()
            .query()
            .expand("Sensor")
            .filter(f"id eq {humid.id}")
            .list()
            .entities[0]
            .sensor.name
        )

        # observations: one, and arrays of them
        one = fsc.Observation(result=1, phenomenon_time=START.isoformat(), datastream=stream)
        service.create(one)
        found["one"] = service.observations().find(one.id).result
        rows = DataArrayValue()
        rows.datastream = stream
        rows.components = {
            DataArrayValue.Property.PHENOMENON_TIME,
            DataArrayValue.Property.RESULT,
        }
        for number in range(2, 13):
            rows.add_observation(
                fsc.Observation(
                    result=number,
                    phenomenon_time=(START + timedelta(hours=number)).isoformat(),
                    datastream=stream,
                )
            )
        document = DataArrayDocument()
        document.add_data_array_value(rows)
        found["array"] = service.observations().create(document)

        # query with every option, and page
        query = (
            stream.get_observations().query().filter("result gt 1 and phenomenonTime ge 2026-07-01T02:00:00Z")
        )
        query = query.orderby("phenomenonTime", "DESC").select("result", "phenomenonTime", "@iot.id")
        pages = query.top(4).skip(1).count().expand("FeatureOfInterest").list()
        found["count"], found["results"] = pages.count, [observation.result for observation in pages]
        found["feature"] = pages.entities[0].feature_of_interest.name

        # patch, put, delete
        service.patch(station, [{"op": "replace", "path": "/name", "value": "Đổi bằng PATCH"}])
        found["patched"] = service.things().find(station.id).name
        station.name, station.properties = "Đổi bằng PUT", {"height": 2001}
        service.update(station)
        again = service.things().find(station.id)
        found["put"] = (again.name, again.properties)
        found["still"] = [place.name for place in again.get_locations().query().list()]
        one.result = 41
        service.update(one)
        found["corrected"] = service.observations().find(one.id).result
        service.delete(one)
        service.delete(station)
        found["gone"] = []
        for entities, entity in (
            (service.observations(), one),
            (service.datastreams(), stream),
            (service.things(), station),
        ):
            try:
                entities.find(entity.id)
            except Exception as error:  # noqa: BLE001 - what the client raises is what is asked
                found["gone"].append("404" in str(error))
        return found

    found = await anyio.to_thread.run_sync(scenario)
    assert found["created"] == ("Trạm Ô Quy Hồ", {"height": 2000})
    assert found["places"] == found["still"] == ["Trạm Ô Quy Hồ"]
    assert found["linked"] == "SHT45"
    assert found["one"] == 1
    assert len(found["array"]) == 11
    assert (found["count"], found["results"]) == (11, list(range(11, 1, -1)))
    assert found["feature"] == "Trạm Ô Quy Hồ"
    assert found["patched"] == "Đổi bằng PATCH"
    assert found["put"] == ("Đổi bằng PUT", {"height": 2001})
    assert found["corrected"] == 41
    assert found["gone"] == [True, True, True]


async def test_a_feature_of_interest_takes_its_observations_with_it(
    addresses: Addresses, http: httpx.AsyncClient
):
    provider = f"frost-{secrets.token_hex(3)}"
    key = make_key(addresses.database, provider, scopes=(Scope.READ, Scope.WRITE)).key

    async def send(method: str, path: str, body: Any = None) -> httpx.Response:
        return await http.request(
            method, f"{addresses.gateway}/sta/v1.1/{path}", json=body, auth=("any", key)
        )

    body: dict[str, Any] = {
        "name": "Trạm Cốc Lếu",
        "description": "",
        "Locations": [
            {
                "name": "Chỗ đứng",
                "description": "",
                "encodingType": "application/geo+json",
                "location": {"type": "Point", "coordinates": [103.84, 22.34]},
            }
        ],
        "Datastreams": [
            {
                "name": "Mực nước sông Hồng",
                "description": "",
                "observationType": MEASUREMENT,
                "unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": "m"},
                "Sensor": {"name": "s", "description": "", "encodingType": "text/plain", "metadata": ""},
                "ObservedProperty": {"name": "p", "description": "", "definition": ""},
                "Observations": [
                    {"result": number, "phenomenonTime": (START + timedelta(hours=number)).isoformat()}
                    for number in range(3)
                ],
            }
        ],
    }
    made = await send("POST", "Things?ignored=1", body)
    assert made.status_code == 201, made.text
    thing = f"Things({made.json()['@iot.id']})"
    whole = (
        await send("GET", f"{thing}?$expand=Datastreams($expand=Observations($expand=FeatureOfInterest))")
    ).json()
    (stream,) = whole["Datastreams"]
    assert [one["result"] for one in stream["Observations"]] == [0, 1, 2]
    (feature,) = {
        one["FeatureOfInterest"]["@iot.id"] for one in stream["Observations"]
    }  # made once, and reused
    assert (await send("DELETE", f"FeaturesOfInterest({feature})")).status_code == 200
    assert (await send("GET", f"FeaturesOfInterest({feature})")).status_code == 404
    for one in stream["Observations"]:
        assert (await send("GET", f"Observations({one['@iot.id']})")).status_code == 404
    assert (await send("GET", f"Datastreams({stream['@iot.id']})")).status_code == 200

    refused = {
        **body,
        "Datastreams": [{**body["Datastreams"][0], "Observations": [{"result": 1}, {"result": "cao"}]}],
    }
    counted = ("Things?$count=true&$top=0", "Observations?$filter=result eq 1&$count=true&$top=0")
    before = [(await send("GET", path)).json()["@iot.count"] for path in counted]
    answer = await send("POST", "Things", refused)
    assert (answer.status_code, answer.json()["code"]) == (400, "observation-refused")
    assert answer.json()["path"] == "$.Datastreams[0].Observations[1]"
    assert answer.json()["reason"] == "result-type"
    assert [(await send("GET", path)).json()["@iot.count"] for path in counted] == before
