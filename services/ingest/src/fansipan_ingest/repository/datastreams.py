"""Known datastreams, cached; unknown ones registered on first use when the provider may."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from fansipan_common.contracts import MAX_DATASTREAM_ID
from fansipan_common.db import Database
from fansipan_common.kafka import partition_of_key
from fansipan_ingest.domain.registration import NewDatastream

_MAX_CACHED: Final = 500_000
_HASH_SPACE: Final = 1 << 31  # partition = (murmur2 & 0x7fffffff) % n: keep the hash, the number may change

_SELECT: Final = """
SELECT d.id, d.key, d.observation_type, d.unit_definition, p.key AS provider, t.key AS thing
FROM datastream d JOIN thing t ON t.id = d.thing_id JOIN provider p ON p.id = t.provider_id
"""


@dataclass(frozen=True, slots=True, eq=False)
class DatastreamRef:
    """What ingest needs to know of a datastream. `thing_hash` gives its Kafka partition (modulo their number);
    `unit` is a UCUM code, None when nobody has said it."""

    id: int
    key: str
    provider: str
    observation_type: str
    thing_key: bytes
    thing_hash: int
    unit: str | None = None


class DatastreamRepository:
    """Datastreams by key or id. The cache holds what exists; it is cleared when a datastream is changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str | int, DatastreamRef] = {}
        self._generation = 0

    def invalidate(self) -> None:
        """Forget everything cached."""
        self._known.clear()
        self._generation += 1

    def cached(self, names: Iterable[str | int]) -> list[DatastreamRef | None]:
        """What is remembered of each name, in their order; None where nothing is."""
        return list(map(self._known.get, names))

    async def find(self, names: Iterable[str | int]) -> dict[str | int, DatastreamRef]:
        """Those of `names` that exist.

        Raises:
            DatabaseAway: one is not cached and the database does not answer.
        """
        wanted = list(names)
        found = {name: self._known[name] for name in wanted if name in self._known}
        missing = [name for name in wanted if name not in found]
        if missing:
            generation = self._generation
            rows = await self._database.fetch(
                _SELECT + "WHERE d.key = ANY($1::text[]) OR d.id = ANY($2::integer[])",
                [name for name in missing if isinstance(name, str)],
                [name for name in missing if isinstance(name, int) and name <= MAX_DATASTREAM_ID],
            )
            fetched = self._remember(rows, generation)
            found |= {name: fetched[name] for name in missing if name in fetched}
        return found

    async def may_lose_observations(self) -> None:
        """Return when the store can keep what is taken back.

        Raises:
            NewerSchemaNeeded: the database has a schema that knows no deletions: a record of one would stop the store.
            DatabaseAway.
        """
        await self._database.require("observation_history", "deleted_datastream")

    async def register(self, provider_id: int, new: list[NewDatastream]) -> dict[str | int, DatastreamRef]:
        """Register datastreams of one provider, with their things, sensors and observed properties.

        Several replicas may register the same at once: the first wins, all get what exists then.
        """
        keys = [str(item.key) for item in new]
        generation = self._generation
        async with self._database.connection() as connection, connection.transaction():
            await self._insert(connection, provider_id, new)
            rows = await connection.fetch(_SELECT + "WHERE d.key = ANY($1::text[])", keys)
        registered = self._remember(rows, generation)
        return {key: registered[key] for key in keys}

    async def _insert(
        self, connection: "asyncpg.Connection[Any]", provider_id: int, new: list[NewDatastream]
    ) -> None:
        things = sorted({item.key.thing for item in new})
        properties = sorted({item.key.property for item in new})
        provider = new[0].key.provider
        await connection.execute(
            "INSERT INTO thing (provider_id, key, name, description)"
            " SELECT $1, k, k, 'Registered on first use' FROM unnest($2::text[]) k ON CONFLICT DO NOTHING",
            provider_id,
            things,
        )
        await connection.execute(
            "INSERT INTO observed_property (key, name) SELECT k, k FROM unnest($1::text[]) k ON CONFLICT DO NOTHING",
            properties,
        )
        sensor = f"{provider}/unspecified"
        await connection.execute(
            "INSERT INTO sensor (key, name, description) VALUES ($1, $1, 'Sensor not described yet')"
            " ON CONFLICT DO NOTHING",
            sensor,
        )
        await connection.execute(
            """
            INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, description,
                                    observation_type, unit_name, unit_symbol, unit_definition)
            SELECT n.key, t.id, s.id, o.id, n.thing || ' ' || n.property, 'Registered on first use',
                   n.observation_type, n.unit_name, n.unit_symbol, n.unit_definition
            FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
                     AS n (key, thing, property, observation_type, unit_name, unit_symbol, unit_definition)
            JOIN thing t ON t.provider_id = $1 AND t.key = n.thing
            JOIN observed_property o ON o.key = n.property
            JOIN sensor s ON s.key = $9
            ORDER BY n.key
            ON CONFLICT DO NOTHING
            """,
            provider_id,
            [str(item.key) for item in new],
            [item.key.thing for item in new],
            [item.key.property for item in new],
            [item.observation_type for item in new],
            [item.unit and item.unit.name for item in new],
            [item.unit and item.unit.symbol for item in new],
            [item.unit and item.unit.ucum for item in new],
            sensor,
        )

    def _remember(self, rows: Iterable[asyncpg.Record], generation: int) -> dict[str | int, DatastreamRef]:
        """The datastreams of some rows by key and id; cached unless something has changed since the query began."""
        refs: dict[str | int, DatastreamRef] = {}
        for row in rows:
            thing_key = f"{row['provider']}/{row['thing']}".encode()
            ref = DatastreamRef(
                id=row["id"],
                key=row["key"],
                provider=row["provider"],
                observation_type=row["observation_type"],
                thing_key=thing_key,
                thing_hash=partition_of_key(thing_key, _HASH_SPACE),
                unit=row["unit_definition"],
            )
            refs[ref.key] = refs[ref.id] = ref
        if generation == self._generation:
            if len(self._known) > _MAX_CACHED:
                self._known.clear()
            self._known |= refs
        return refs
