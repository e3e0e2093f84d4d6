"""Describing a scenario's things and datastreams in the database: safe to repeat, ids are kept."""

from typing import Any, Final

from psycopg.types.json import Jsonb

from fansipan_cli.database import Connection, one
from fansipan_cli.errors import CommandError
from fansipan_cli.names import AGENCIES, PROCEDURES, AgencyEntry, NameStore, ProcedureEntry
from fansipan_cli.providers import ensure_provider
from fansipan_cli.scenario.model import Observations, Scenario, Source, Thing

MEASUREMENT: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
SHIFT: Final = "sampleShiftMs"
"""Property of a sample thing: by how much its recorded times are moved; kept, so that a repeat gives the same times."""


class Registry:
    """Writes the entities of one scenario over one connection.

    Raises:
        CommandError: an area that the scenario names is not in the database.
    """

    def __init__(self, connection: Connection, scenario: Scenario) -> None:
        self._connection = connection
        self._scenario = scenario

    def stored_shift(self, source: Source) -> int | None:
        """The shift that an earlier run gave to the things of a source, ms; None when it is the first run."""
        if source.observations is None:
            return None
        row = one(
            self._connection,
            "SELECT (t.properties ->> %s)::bigint AS shift FROM thing t JOIN provider p ON p.id = t.provider_id"
            " WHERE p.key = %s AND t.key = ANY(%s) AND t.properties ? %s LIMIT 1",
            SHIFT,
            self._scenario.provider.key,
            [thing.key for thing in source.observations.things.values()],
            SHIFT,
        )
        return None if row is None else int(row["shift"])

    def register(self, source: Source, shift_ms: int) -> dict[str, int]:
        """Insert or update what a source is about; returns the id of each of its datastreams by key."""
        mapping = source.observations
        if mapping is None:
            return {}
        provider = ensure_provider(
            self._connection,
            self._scenario.provider.key,
            name=self._scenario.provider.name,
            auto_register=None,
        )
        sensor_id = self._sensor(mapping, source)
        property_ids = {
            key: self._observed_property(key) for key in {c.property for c in mapping.columns.values()}
        }
        ids: dict[str, int] = {}
        for thing in mapping.things.values():
            thing_id = self._thing(provider.id, thing, source, shift_ms)
            self._location(thing_id, thing)
            for key, property_id in property_ids.items():
                name = f"{provider.key}/{thing.key}/{key}"
                ids[name] = self._datastream(name, thing_id, sensor_id, property_id, thing, key)
        return ids

    def name_services(self) -> None:
        """Give the agencies and procedures of the scenario their names; what somebody has named stays."""
        names = self._scenario.names
        agencies = [AgencyEntry(key=key, name=one.vi, name_en=one.en) for key, one in names.agencies.items()]
        procedures = [
            ProcedureEntry(key=key, name=one.vi, name_en=one.en) for key, one in names.procedures.items()
        ]
        NameStore(self._connection, AGENCIES).add_missing(agencies)
        NameStore(self._connection, PROCEDURES).add_missing(procedures)

    def _sensor(self, mapping: Observations, source: Source) -> int:
        return self._id(
            """
            INSERT INTO sensor (key, name, description, metadata) VALUES (%s, %s, %s, %s)
            ON CONFLICT (key) DO UPDATE
                SET name = excluded.name, description = excluded.description, metadata = excluded.metadata
            RETURNING id
            """,
            mapping.sensor.key,
            mapping.sensor.name,
            mapping.sensor.description,
            f"{source.title}; {source.licence}",
        )

    def _observed_property(self, key: str) -> int:
        described = self._scenario.properties[key]
        return self._id(
            """
            INSERT INTO observed_property (key, name, definition, properties) VALUES (%s, %s, %s, %s)
            ON CONFLICT (key) DO UPDATE
                SET name = excluded.name, definition = excluded.definition,
                    properties = observed_property.properties || excluded.properties
            RETURNING id
            """,
            key,
            described.name.vi,
            described.definition,
            Jsonb({"nameEn": described.name.en}),
        )

    def _thing(self, provider_id: int, thing: Thing, source: Source, shift_ms: int) -> int:
        if one(self._connection, "SELECT 1 AS found FROM area WHERE code = %s", thing.area) is None:
            raise CommandError(
                f"the area {thing.area} of {thing.key} is not in the database", "run: fansipan migrate"
            )
        properties = {
            "sample": True,
            "nameEn": thing.name.en,
            "origin": thing.origin,
            **thing.attributes,
            "source": source.title,
            "licence": source.licence,
            SHIFT: shift_ms,
        }
        return self._id(
            """
            INSERT INTO thing (provider_id, key, name, description, properties, area_code)
            VALUES (%s, %s, %s, %s, %s, %s)
            ON CONFLICT (provider_id, key) DO UPDATE
                SET name = excluded.name, description = excluded.description, area_code = excluded.area_code,
                    properties = thing.properties || excluded.properties
            RETURNING id
            """,
            provider_id,
            thing.key,
            thing.name.vi,
            f"Dữ liệu mẫu / sample data: {thing.origin}",
            Jsonb(properties),
            thing.area,
        )

    def _location(self, thing_id: int, thing: Thing) -> None:
        point = Jsonb({"type": "Point", "coordinates": list(thing.point)})
        known = one(
            self._connection,
            "SELECT min(location_id) AS id FROM thing_location WHERE thing_id = %s",
            thing_id,
        )
        if known is not None and known["id"] is not None:
            self._connection.execute(
                "UPDATE location SET name = %s, location = %s WHERE id = %s",
                (thing.name.vi, point, known["id"]),
            )
            return
        location_id = self._id(
            "INSERT INTO location (name, description, location, properties) VALUES (%s, %s, %s, %s) RETURNING id",
            thing.name.vi,
            "Điểm minh hoạ / illustrative point",
            point,
            Jsonb({"sample": True}),
        )
        self._connection.execute(
            "INSERT INTO thing_location (thing_id, location_id) VALUES (%s, %s)", (thing_id, location_id)
        )

    def _datastream(
        self, name: str, thing_id: int, sensor_id: int, property_id: int, thing: Thing, key: str
    ) -> int:
        described = self._scenario.properties[key]
        properties: dict[str, Any] = {"sample": True, "nameEn": f"{described.name.en} - {thing.name.en}"}
        return self._id(
            """
            INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, description,
                                    observation_type, unit_name, unit_symbol, unit_definition, properties)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (key) DO UPDATE
                SET sensor_id = excluded.sensor_id, observed_property_id = excluded.observed_property_id,
                    name = excluded.name, description = excluded.description,
                    observation_type = excluded.observation_type, unit_name = excluded.unit_name,
                    unit_symbol = excluded.unit_symbol, unit_definition = excluded.unit_definition,
                    properties = datastream.properties || excluded.properties
            RETURNING id
            """,
            name,
            thing_id,
            sensor_id,
            property_id,
            f"{described.name.vi} - {thing.name.vi}",
            f"Dữ liệu mẫu / sample data: {thing.origin}",
            MEASUREMENT,
            described.unit.name,
            described.unit.symbol,
            described.unit.ucum,
            Jsonb(properties),
        )

    def _id(self, query: str, *args: object) -> int:
        row = one(self._connection, query, *args)
        if row is None:
            raise RuntimeError("an upsert returned no row")
        return int(row["id"])
