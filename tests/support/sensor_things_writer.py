"""A provider that writes through SensorThings on the real stack, and what it has registered before."""

import secrets
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
from tests.support.providers import make_key

from fansipan_common.security import Scope

ROOT = "/sta/v1.1"
_ENTITIES = """
WITH sensor_made AS (
    INSERT INTO sensor (key, name) VALUES ($1 || '/s', 'S') RETURNING id
), property_made AS (
    INSERT INTO observed_property (key, name) VALUES ($1 || '/level', 'Level') RETURNING id
), thing_made AS (
    INSERT INTO thing (provider_id, key, name) SELECT id, 'station', 'Station' FROM provider WHERE key = $1 RETURNING id
)
INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type)
SELECT $1 || '/station/' || wanted.name, thing_made.id, sensor_made.id, property_made.id, wanted.name, wanted.type
  FROM sensor_made, property_made, thing_made, unnest($2::text[], $3::text[]) AS wanted (name, type)
RETURNING id
"""
_PLACE = """
WITH place AS (
    INSERT INTO location (name, description, location, provider_id)
    SELECT 'Here', '', '{"type": "Point", "coordinates": [104.01, 22.42]}', id FROM provider WHERE key = $1 RETURNING id
)
INSERT INTO thing_location SELECT thing.id, place.id FROM place, thing JOIN provider p ON p.id = thing.provider_id
 WHERE p.key = $1 RETURNING location_id
"""
_OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"


@dataclass(frozen=True, slots=True)
class StaWriter:
    """A provider with two datastreams: one of numbers, one of anything.

    Attributes:
        provider: its key.
        key: its API key.
        numbers, anything: ids of datastreams.
        feature: id of the feature of where its thing stands.
    """

    http: httpx.AsyncClient
    gateway: str
    provider: str
    key: str
    numbers: int
    anything: int
    feature: int

    @property
    def root(self) -> str:
        """Address of the service."""
        return self.gateway + ROOT

    async def send(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """A request, with the key as password of HTTP Basic; a path, or an address."""
        address = path if path.startswith("http") else f"{self.root}/{path}"
        content = {} if body is None else {"json": body}
        return await self.http.request(method, address, auth=("any", self.key), **content, **more)

    async def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        """POST."""
        return await self.send("POST", path, body, **more)

    async def get(self, path: str) -> Any:
        """The JSON at a path."""
        answer = await self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def link(self, datastream: int | None = None) -> dict[str, Any]:
        """The link to a datastream, of numbers unless another is named."""
        return {"Datastream": {"@iot.id": self.numbers if datastream is None else datastream}}


async def sta_writer(
    http: httpx.AsyncClient,
    gateway: str,
    database: str,
    owner: "asyncpg.Connection[Any]",
    *,
    scopes: tuple[Scope, ...] = (Scope.READ, Scope.WRITE),
) -> StaWriter:
    """Make such a provider."""
    provider = f"sta-{secrets.token_hex(4)}"
    made = make_key(database, provider, auto_register=False, scopes=scopes)
    types = [f"{_OM}OM_Measurement", f"{_OM}OM_Observation"]
    rows = await owner.fetch(_ENTITIES, provider, ["level", "anything"], types)
    place = await owner.fetchval(_PLACE, provider)
    feature = await owner.fetchval("SELECT id FROM feature_of_interest WHERE location_id = $1", place)
    return StaWriter(http, gateway, provider, made.key, rows[0]["id"], rows[1]["id"], feature)
