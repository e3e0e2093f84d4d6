"""A gateway on a database of the module's own, providers with keys of every kind, and bodies to send."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import httpx
import pytest
from tests.conftest import Addresses
from tests.integration.conftest import connect
from tests.support.sensor_things_writer import StaWriter, sta_writer

from fansipan_common.security import generate_api_key

PREFIX: Final = "http://gateway/sta/v1.1"
MEASUREMENT: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
SETS: Final = (
    "Things",
    "Locations",
    "HistoricalLocations",
    "Datastreams",
    "Sensors",
    "ObservedProperties",
    "FeaturesOfInterest",
)
TABLES: Final = (
    "thing",
    "location",
    "thing_location",
    "historical_location",
    "historical_location_location",
    "sensor",
    "observed_property",
    "datastream",
    "feature_of_interest",
    "datastream_feature",
    "audit_event",
)
SA_PA: Final = [103.8438, 22.3364]
"""A point in some commune: in which, area_at() says."""


@dataclass
class Provider:
    """A client with one key."""

    client: httpx.AsyncClient
    key: str
    key_id: str

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request with the key as password; header names with `_` for `-`."""
        return await self.client.request(
            method,
            path,
            json=body,
            auth=("any", self.key),
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    async def post(self, path: str, body: Any) -> dict[str, Any]:
        """Make an entity; what the answer shows, which is what its address shows, too."""
        answer = await self.send("POST", path, body)
        assert answer.status_code == 201, answer.text
        shown = answer.json()
        assert answer.headers["location"] == shown["@iot.selfLink"]
        assert (await self.get(answer.headers["location"].removeprefix(PREFIX))) == shown
        return shown

    async def get(self, path: str, **options: Any) -> Any:
        """The JSON at an address."""
        answer = await self.client.get(
            path,
            params={f"${name}": str(value) for name, value in options.items()},
            auth=("any", self.key),
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def change(self, method: str, path: str, body: Any, **headers: str) -> dict[str, Any]:
        """Change an entity; what the answer shows, which is what a GET shows."""
        answer = await self.send(method, path, body, **headers)
        assert answer.status_code == 200, answer.text
        assert answer.json() == await self.get(path)
        return answer.json()

    async def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, str]:
        """Status, code and path of a refusal, which has a message."""
        answer = await self.send(method, path, body, **headers)
        problem = answer.json()
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert problem["message"] == problem["detail"]
        return answer.status_code, problem["code"], problem.get("path", "")

    async def status(self, path: str) -> int:
        """The status of a GET."""
        return (await self.client.get(path, auth=("any", self.key))).status_code


@dataclass
class World:
    """Who there is, and the database behind."""

    owner: "asyncpg.Connection[Any]"
    lab: Provider
    other: Provider
    part: Provider
    blind: Provider
    reader: Provider

    async def counts(self) -> dict[str, int]:
        """How many rows each table of the registry has."""
        return {table: await self.owner.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


async def add_key(owner: "asyncpg.Connection[Any]", provider: int, *scopes: str, prefixes: Any = ()) -> Any:
    """A key of a provider."""
    key = generate_api_key()
    await owner.execute(
        "INSERT INTO api_key (id, provider_id, name, secret_hash, scopes, datastream_prefixes)"
        " VALUES ($1, $2, 'test', $3, $4, $5)",
        key.id,
        provider,
        key.secret_hash,
        list(scopes),
        list(prefixes),
    )
    return key


@pytest.fixture(scope="module")
async def world(database_url: str, serve: Any) -> AsyncGenerator[World]:
    """Two providers. `lab` writes and reads, `part` is a key of it for lab/tram-1/ only, `blind` only writes."""
    owner = await connect(database_url)
    await owner.execute("INSERT INTO provider (key, name) VALUES ('lab', 'Lab'), ('other', 'Other')")
    kinds: dict[str, Any] = {
        "lab": await add_key(owner, 1, "read", "write"),
        "other": await add_key(owner, 2, "read", "write"),
        "part": await add_key(owner, 1, "read", "write", prefixes=["lab/tram-1/"]),
        "blind": await add_key(owner, 1, "write"),
        "reader": await add_key(owner, 1, "read"),
    }
    async with serve(database_url, base_url=PREFIX) as client:
        yield World(owner, **{name: Provider(client, key.text, key.id) for name, key in kinds.items()})
    await owner.close()


@pytest.fixture(scope="module")
def lab(world: World) -> Provider:
    """The provider that most tests are about."""
    return world.lab


def thing(name: Any = "Trạm Ô Quy Hồ", **more: Any) -> dict[str, Any]:
    """A Thing."""
    return {"name": name, "description": "Trên đèo", "properties": {"height": 2000}, **more}


def location(name: str = "Đèo", at: Any = SA_PA, **more: Any) -> dict[str, Any]:
    """A Location."""
    return {
        "name": name,
        "description": "Ven đường",
        "encodingType": "application/geo+json",
        "location": {"type": "Point", "coordinates": at},
        **more,
    }


def sensor(name: str = "DHT22", **more: Any) -> dict[str, Any]:
    """A Sensor."""
    return {
        "name": name,
        "description": "Rẻ",
        "encodingType": "application/pdf",
        "metadata": "https://example.org/dht22.pdf",
        **more,
    }


def observed_property(name: str = "Nhiệt độ", **more: Any) -> dict[str, Any]:
    """An ObservedProperty."""
    return {"name": name, "definition": "https://example.org/t", "description": "Của không khí", **more}


def datastream(name: str = "Nhiệt độ trên đèo", **more: Any) -> dict[str, Any]:
    """A Datastream, with a new Sensor and ObservedProperty unless others are given."""
    return {
        "name": name,
        "description": "Mỗi phút",
        "observationType": MEASUREMENT,
        "unitOfMeasurement": {"name": "degree Celsius", "symbol": "°C", "definition": "Cel"},
        "Sensor": sensor(),
        "ObservedProperty": observed_property(),
        **more,
    }


def feature(name: str = "Không khí trên đèo", **more: Any) -> dict[str, Any]:
    """A FeatureOfInterest."""
    return {
        "name": name,
        "description": "Chỗ đo",
        "encodingType": "application/geo+json",
        "feature": {"type": "Point", "coordinates": SA_PA},
        **more,
    }


def link(entity: dict[str, Any]) -> dict[str, Any]:
    """A link to an entity that is there."""
    return {"@iot.id": entity["@iot.id"]}


@pytest.fixture(scope="module")
async def base(addresses: Addresses) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    """To the database of the stack."""
    connection = await connect(addresses.database)
    yield connection
    await connection.close(timeout=5.0)


@pytest.fixture
async def writer(http: httpx.AsyncClient, addresses: Addresses, base: "asyncpg.Connection[Any]") -> StaWriter:
    """On the stack, where what is written is stored, too."""
    return await sta_writer(http, addresses.gateway, addresses.database, base)


@pytest.fixture(scope="module")
async def other(http: httpx.AsyncClient, addresses: Addresses, base: "asyncpg.Connection[Any]") -> StaWriter:
    """Of another provider."""
    return await sta_writer(http, addresses.gateway, addresses.database, base)
