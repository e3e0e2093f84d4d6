"""Datastreams that Kafka's records name and the store does not know: registered again, each under its old id.

Records hold ids. Without this, readings of a datastream that was registered after the backup could not be stored; and
once ingest had given its id to another one, they would be stored as that one's.
"""

from collections.abc import Iterable
from typing import Final

from fansipan_cli.audit import record
from fansipan_cli.database import Connection
from fansipan_cli.errors import CommandError
from fansipan_cli.providers import ensure_provider
from fansipan_cli.store_replay.topic_reader import SeenDatastream
from fansipan_common.contracts import parse_datastream_key

_SHOWN: Final = 5
_DESCRIPTION: Final = "Registered again from Kafka"


def unknown_of(connection: Connection, seen: Iterable[SeenDatastream]) -> list[SeenDatastream]:
    """Those that the store does not know.

    Raises:
        CommandError: the store uses one of the ids, or one of the keys, for something else.
    """
    ones = sorted(seen, key=lambda one: one.id)
    rows = connection.execute(
        "SELECT id, key FROM datastream WHERE id = ANY(%s) OR key = ANY(%s)",
        ([one.id for one in ones], [one.key for one in ones]),
    ).fetchall()
    by_id = {row["id"]: row["key"] for row in rows}
    by_key = {row["key"]: row["id"] for row in rows}
    others = [
        f"{one.id} is {one.key} in Kafka"
        + (
            f" and {by_id[one.id]} in the store"
            if one.id in by_id
            else f", which is {by_key[one.key]} in the store"
        )
        for one in ones
        if by_id.get(one.id, one.key) != one.key or by_key.get(one.key, one.id) != one.id
    ]
    if others:
        raise CommandError(
            f"{len(others)} datastreams have other ids in Kafka than in the store: {'; '.join(others[:_SHOWN])}",
            "ingest registered some after the store was restored: restore once more, and replay before ingest starts",
        )
    return [one for one in ones if one.id not in by_id]


def register(connection: Connection, unknown: Iterable[SeenDatastream]) -> None:
    """Register datastreams under their ids, with things, properties and providers that are missing, too.

    Raises:
        CommandError: a key is none.
    """
    count = 0
    for one in unknown:
        try:
            key = parse_datastream_key(one.key)
        except ValueError as error:
            raise CommandError(f"datastream {one.id} of Kafka has no good key ({error})") from error
        provider = ensure_provider(connection, key.provider, name=None, auto_register=None)
        sensor = f"{key.provider}/unspecified"
        connection.execute(
            "INSERT INTO thing (provider_id, key, name, description) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (provider.id, key.thing, key.thing, _DESCRIPTION),
        )
        connection.execute(
            "INSERT INTO observed_property (key, name) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (key.property, key.property),
        )
        connection.execute(
            "INSERT INTO sensor (key, name, description) VALUES (%s, %s, 'Sensor not described yet')"
            " ON CONFLICT DO NOTHING",
            (sensor, sensor),
        )
        connection.execute(
            """
            INSERT INTO datastream (id, key, thing_id, sensor_id, observed_property_id, name, description,
                                    observation_type)
            OVERRIDING SYSTEM VALUE
            SELECT %s, %s, t.id, s.id, o.id, %s, %s, %s
            FROM thing t, sensor s, observed_property o
            WHERE t.provider_id = %s AND t.key = %s AND s.key = %s AND o.key = %s
            """,
            (
                *(one.id, one.key, f"{key.thing} {key.property}", _DESCRIPTION, one.observation_type),
                *(provider.id, key.thing, sensor, key.property),
            ),
        )
        count += 1
    if count:
        connection.execute(
            "SELECT setval(pg_get_serial_sequence('datastream', 'id'),"
            " greatest((SELECT max(id) FROM datastream), nextval(pg_get_serial_sequence('datastream', 'id'))))"
        )
        record(connection, "datastreams.registered-again", "store/datastreams", {"count": count})
