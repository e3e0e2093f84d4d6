"""A small world for the SensorThings API: stations that stand, one that moved, results of every kind."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg

START: Final = datetime(2026, 7, 1, tzinfo=UTC)
MOVED: Final = START + timedelta(days=2)
HERE: Final = [104.01, 22.42]
THERE: Final = [103.5, 22.0]
COUNTS, MIXED, RICH, EMPTY, FOREIGN = 1, 2, 3, 4, 5
"""Ids of the datastreams."""

_ENTITIES: Final = """
INSERT INTO provider (key, name) VALUES ('lab', 'Lab'), ('other', 'Other');
INSERT INTO sensor (key, name, metadata, encoding_type) VALUES
    ('s', 'Sensor', 'https://example.org/s.pdf', 'application/pdf'), ('t', 'Spare', '', 'text/plain');
INSERT INTO observed_property (key, name, definition) VALUES
    ('count', 'Count', 'https://example.org/count'), ('note', 'Note', ''), ('level', 'Level', ''), ('idle', 'Idle', '');
INSERT INTO thing (provider_id, key, name, description, properties, area_code) VALUES
    (1, 'one', 'Trạm một', 'Đứng yên', '{"commune": "02671", "height": 12.5, "on": true, "tags": ["a", "b"]}', '02671'),
    (1, 'two', 'Trạm hai', '', '{"commune": "02947", "height": 3, "since": "2020-01-02T03:04:05Z"}', '02647'),
    (2, 'three', 'Elsewhere (3)', 'It''s = "there"', '{"height": "tall", "deep": {"er": [1, {"x": null}]}}', '02647');
INSERT INTO location (name, description, location, properties) VALUES
    ('here', 'Point', '{"type": "Point", "coordinates": [104.01, 22.42]}', '{"a": 1}'),
    ('there', 'Point', '{"type": "Point", "coordinates": [103.5, 22.0]}', '{}'),
    ('road', 'Line', '{"type": "LineString", "coordinates": [[103.0, 22.0], [104.0, 22.0]]}', '{}'),
    ('field', 'Polygon',
     '{"type": "Polygon", "coordinates": [[[103, 21], [104, 21], [104, 22], [103, 22], [103, 21]]]}', '{}');
INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, description, observation_type,
                        unit_name, unit_symbol, unit_definition, properties) VALUES
    ('lab/one/count', 1, 1, 1, 'Counts', 'One to twelve',
     'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement', 'Piece', '1', 'ucum:1', '{"rank": 1}'),
    ('lab/one/note', 1, 1, 2, 'Mixed', '',
     'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Observation', NULL, NULL, NULL, '{"rank": 2}'),
    ('lab/two/level', 2, 1, 3, 'Rich', '',
     'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement', 'Metre', 'm', 'ucum:m', '{}'),
    ('lab/two/empty', 2, 1, 3, 'Nothing yet', '',
     'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement', 'Metre', 'm', 'ucum:m', '{}'),
    ('other/three/level', 3, 1, 3, 'Level elsewhere', '',
     'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement', 'Metre', 'm', 'ucum:m', '{"rank": "x"}');
INSERT INTO feature_of_interest (name, description, encoding_type, feature, provider_id) VALUES
    ('river', 'Named by the sender', 'application/geo+json', '{"type": "Point", "coordinates": [103.9, 22.4]}', 1);
"""
_MIXED: Final[list[Any]] = [
    "Nắng",
    "",
    "it's (ok)",
    True,
    False,
    {"a": 1, "b": ["x"]},
    [1, 2],
    7.5,
    -3.0,
    "7.5",
    "10",
]
_LATEST: Final = """
INSERT INTO latest_observation (datastream_id, phenomenon_time, result, result_json, result_quality)
SELECT DISTINCT ON (datastream_id) datastream_id, phenomenon_time, result, result_json, result_quality
  FROM observation ORDER BY datastream_id, phenomenon_time DESC
"""

_ROLLUP: Final = """
INSERT INTO {table}
SELECT datastream_id, {bucket}, count(*), sum(result), min(result), max(result), first(result, phenomenon_time),
       last(result, phenomenon_time), min(phenomenon_time), max(phenomenon_time)
  FROM observation WHERE result IS NOT NULL AND result_quality IS DISTINCT FROM 2 GROUP BY 1, 2
"""
_BUCKETS: Final = {
    "rollup_1m": "date_trunc('minute', phenomenon_time)",
    "rollup_1h": "local_hour(phenomenon_time)",
    "rollup_1d": "local_day(phenomenon_time)",
}


async def roll_up(connection: "asyncpg.Connection[Any]") -> None:
    """Rollups of all observations, as the store keeps them."""
    for table, bucket in _BUCKETS.items():
        await connection.execute(f"DELETE FROM {table}")
        await connection.execute(_ROLLUP.format(table=table, bucket=bucket))


async def build(connection: "asyncpg.Connection[Any]") -> None:
    """Fill a freshly migrated database. The connection reads and writes JSON as Python values."""
    await connection.execute(_ENTITIES)
    await connection.execute("INSERT INTO thing_location VALUES (1, 1), (2, 2), (3, 3)")
    await connection.execute("UPDATE historical_location SET time = $1", START - timedelta(days=10))
    async with connection.transaction():
        await connection.execute("DELETE FROM thing_location WHERE thing_id = 2")
        await connection.execute("INSERT INTO thing_location VALUES (2, 1)")
        await connection.execute(
            "UPDATE historical_location SET time = $1 WHERE id = (SELECT max(id) FROM historical_location)",
            MOVED,
        )
    rows = [
        (COUNTS, START + timedelta(hours=i), float(i + 1), None, None, None, None, None) for i in range(12)
    ]
    rows += [
        (MIXED, START + timedelta(minutes=i), result, None, None, None, None, None)
        if isinstance(result, float)
        else (MIXED, START + timedelta(minutes=i), None, result, None, None, None, None)
        for i, result in enumerate(_MIXED)
    ]
    rows += [
        (
            RICH,
            START + timedelta(days=i, milliseconds=137 * i),
            i * 1.25 - 4,
            None,
            i % 3,
            START + timedelta(days=i, hours=1) if i % 2 else None,
            {"battery": 100 - i, "mode": "auto" if i % 2 else None},
            5 if i == 9 else None,
        )
        for i in range(10)
    ]
    rows += [
        (FOREIGN, START + timedelta(days=20 * i), 0.1 * i, None, None, None, None, None) for i in range(4)
    ]
    await connection.executemany(
        "INSERT INTO observation (datastream_id, phenomenon_time, result, result_json, result_quality, result_time,"
        " parameters, feature_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        rows,
    )
    await connection.execute(
        "INSERT INTO datastream_feature (feature_id, datastream_id) VALUES (5, $1)", RICH
    )
    await connection.execute(_LATEST)
    await roll_up(connection)
