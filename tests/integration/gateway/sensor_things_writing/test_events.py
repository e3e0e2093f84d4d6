"""What is told of changes, and what is taken back when observations are refused."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from tests.integration.conftest import connect
from tests.integration.gateway.sensor_things_writing.conftest import (
    PREFIX,
    TABLES,
    Provider,
    World,
    datastream,
    feature,
    link,
    location,
    thing,
)

from fansipan_common.db import Database
from fansipan_common.errors import ServerFault
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.sensor_things.grammar.paths import parse_path
from fansipan_gateway.sensor_things.model.sets import SETS
from fansipan_gateway.sensor_things.planner.resources import resource_of
from fansipan_gateway.sensor_things.repository import Connections, SensorThingsRepository
from fansipan_gateway.sensor_things.service import SensorThings
from fansipan_gateway.sensor_things.writing.bodies import draft_of
from fansipan_gateway.sensor_things.writing.inline_observations import InlineObservations, ObservationRefused
from fansipan_gateway.sensor_things.writing.observations.written import NewObservation, Written
from fansipan_gateway.sensor_things.writing.repository import WritingRepository
from fansipan_gateway.sensor_things.writing.service import EntityWriter
from fansipan_gateway.sensor_things.writing.writer import Author, Writer

OBSERVED = [{"result": 1}, {"result": 2.5, "phenomenonTime": "2026-07-01T00:00:00Z", "resultQuality": "good"}]


@pytest.fixture
async def told(database_url: str) -> AsyncGenerator[list[tuple[str, str, int]]]:
    """(what, set, id) of each change that is told, in order; fills while the test runs."""
    heard: list[tuple[str, str, int]] = []
    listener = await connect(database_url)

    def hear(_connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        document = orjson.loads(payload)
        heard.append((document["what"], document["set"], document["id"]))

    await listener.add_listener("entity_changed", hear)
    yield heard
    await listener.close()


async def _settled(heard: list[Any], least: int) -> None:
    async with asyncio.timeout(20):
        while len(heard) < least:
            await asyncio.sleep(0.02)


async def test_each_changed_entity_is_told_of_once(lab: Provider, told: list[tuple[str, str, int]]):
    made = await lab.post(
        "/Things", thing("Báo tin", Locations=[location("Báo tin")], Datastreams=[datastream()])
    )
    await _settled(told, 7)
    assert sorted(name for what, name, _id in told if what == "created") == [
        "Datastreams",
        "FeaturesOfInterest",
        "HistoricalLocations",
        "Locations",
        "ObservedProperties",
        "Sensors",
        "Things",
    ]
    assert ("created", "Things", made["@iot.id"]) in told
    told.clear()

    elsewhere = await lab.post("/Locations", location("Chỗ khác"))
    address = f"/Things({made['@iot.id']})"
    await lab.change("PATCH", address, {"name": "Báo tin", "Locations": [link(elsewhere)]})
    await _settled(told, 4)
    assert [(what, name) for what, name, _id in told[2:]] == [
        ("updated", "Things"),
        ("created", "HistoricalLocations"),
    ]
    told.clear()

    await lab.change("PATCH", address, {"name": "Báo tin"})  # as it is: nobody needs to know
    await lab.send("DELETE", address)
    await _settled(told, 4)
    assert sorted((what, name) for what, name, _id in told) == [
        ("deleted", "Datastreams"),
        ("deleted", "HistoricalLocations"),
        ("deleted", "HistoricalLocations"),
        ("deleted", "Things"),
    ]


async def test_what_is_refused_is_not_told(lab: Provider, told: list[tuple[str, str, int]]):
    await lab.refused("POST", "/Things", thing(Locations=[location(), {"@iot.id": 2_000_000_000}]))
    await lab.post("/Things", thing("Sau đó"))
    await _settled(told, 1)
    assert [(what, name) for what, name, _id in told] == [("created", "Things")]


# ---------------------------------------------------------------- observations that come with their datastream
@dataclass
class Ingest:
    """Answers as ingest would be made to: the number of the observation that it refuses, or an error."""

    refuses: int | None = None
    away: bool = False
    asked: list[NewObservation] = field(default_factory=list[NewObservation])
    taken_back: list[int] = field(default_factory=list[int])

    async def write(self, writer: Writer, observations: Sequence[NewObservation]) -> list[Written]:
        """Take them."""
        assert writer.provider_key == "lab"
        self.asked += observations
        if self.away:
            raise ServerFault("ingest does not answer")
        return [
            Written(None, "refused", "result-type", "a number is wanted")
            if number == self.refuses
            else Written(number + 1, "created")
            for number in range(len(observations))
        ]

    async def take_back(self, writer: Writer, ids: Sequence[int]) -> None:
        """Delete them again."""
        self.taken_back += ids


def _writer(database: Database, ingest: Ingest) -> EntityWriter:
    def read_in(connections: Connections) -> SensorThings:
        return SensorThings(SensorThingsRepository(connections, 10.0), lambda: datetime.now(UTC))

    return EntityWriter(WritingRepository(database, AuditTrail()), InlineObservations(ingest), read_in)


async def _create(database_url: str, ingest: Ingest, entity_set: str, body: dict[str, Any]) -> int:
    author = Author(Writer(1, "lab", "k", ()), Visibility(provider_id=1), reads=True, client="")
    database = Database(database_url, application="test")
    try:
        written = await _writer(database, ingest).create(
            resource_of(parse_path(entity_set)), draft_of(SETS[entity_set], body), author, PREFIX
        )
    finally:
        await database.close()
    return written.id


async def test_observations_go_to_ingest_when_their_datastream_is_there(world: World, database_url: str):
    ingest = Ingest()
    thing_id = await _create(
        database_url, ingest, "Things", thing("Kèm số đo", Datastreams=[datastream(Observations=OBSERVED)])
    )
    stream = await world.owner.fetchval("SELECT id FROM datastream WHERE thing_id = $1", thing_id)
    assert [(one.datastream_id, one.result, one.result_quality) for one in ingest.asked] == [
        (stream, 1, None),
        (stream, 2.5, "good"),
    ]
    assert ingest.asked[0].phenomenon_time is None
    assert ingest.asked[1].phenomenon_time == datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize("ingest", [Ingest(refuses=1), Ingest(away=True)], ids=["refused", "away"])
async def test_a_refused_observation_takes_back_all_that_was_made_and_moved(
    world: World, database_url: str, ingest: Ingest
):
    station = await world.lab.post("/Things", thing("Trở lại", Locations=[location("Nhà")]))
    stream = await world.lab.post("/Datastreams", datastream(Thing=link(station)))
    device = await world.lab.get(f"/Datastreams({stream['@iot.id']})/Sensor")
    await asyncio.sleep(0.005)  # another millisecond of the history
    tables = [table for table in TABLES if table != "audit_event"]
    before = {table: await world.owner.fetch(f"SELECT * FROM {table} t ORDER BY t") for table in tables}
    body = location(
        "Nơi khác",
        Things=[link(station), thing("Mới", Datastreams=[datastream(Observations=OBSERVED)])],
    )
    with pytest.raises((ObservationRefused, ServerFault)) as refusal:
        await _create(database_url, ingest, "Locations", body)
    if not ingest.away:
        assert refusal.value.extra["path"] == "$.Things[1].Datastreams[0].Observations[1]"
        assert refusal.value.extra["reason"] == "result-type"
    assert {t: await world.owner.fetch(f"SELECT * FROM {t} t ORDER BY t") for t in tables} == before

    adopted = {
        **thing(
            "Nhận nuôi", Datastreams=[link(stream), datastream(Observations=OBSERVED, Sensor=link(device))]
        ),
    }
    with pytest.raises((ObservationRefused, ServerFault)):
        await _create(database_url, ingest, "Things", adopted)
    assert {t: await world.owner.fetch(f"SELECT * FROM {t} t ORDER BY t") for t in tables} == before


async def test_observations_of_datastreams_that_stay_are_taken_back_one_by_one(
    world: World, database_url: str
):
    stream = await world.lab.post("/Datastreams", datastream(Thing=thing("Ở lại")))
    ingest = Ingest(refuses=2)
    observed = [{"result": number, "Datastream": link(stream)} for number in range(4)]
    made = feature(
        "Vẫn còn", Observations=[*observed, {"result": 1, "Datastream": datastream(Thing=thing())}]
    )
    with pytest.raises(ObservationRefused):
        await _create(database_url, ingest, "FeaturesOfInterest", made)
    assert ingest.taken_back == [1, 2, 4]  # the fifth goes with its Datastream
    assert (await world.lab.get("/FeaturesOfInterest", filter="name eq 'Vẫn còn'"))["value"] == []
