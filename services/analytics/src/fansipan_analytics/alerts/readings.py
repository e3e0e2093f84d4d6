"""Datastreams and their readings, as rules look at them: numbers that are not marked bad, in the order of time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from fansipan_analytics.alerts.naming import english_name
from fansipan_indicators.alert_texts import SubjectNames
from fansipan_indicators.alerting import HORIZON, Bounds, Checkpoint, Point

_DATASTREAMS: Final = f"""
SELECT d.id, d.key, d.name, coalesce({english_name("d")}, d.name) AS name_en, p.key AS property, t.area_code,
    t.properties, l.phenomenon_time AS latest
FROM datastream d
JOIN observed_property p ON p.id = d.observed_property_id
JOIN thing t ON t.id = d.thing_id
LEFT JOIN latest_observation l ON l.datastream_id = d.id
WHERE d.id = ANY($1::integer[]) OR d.key = ANY($2::text[])
"""
_COUNT: Final = """
SELECT coalesce((
    SELECT sum(r.count) FROM rollup_1m r
    WHERE r.datastream_id = x.id AND r.bucket >= x.hour AND r.bucket < x.until AND r.bucket >= $4
), 0)::bigint AS count
FROM unnest($1::integer[], $2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS x (id, hour, until, place)
ORDER BY x.place
"""
_CALM: Final = """
SELECT (
    SELECT o.phenomenon_time FROM observation o
    WHERE o.datastream_id = x.id AND o.phenomenon_time < x.before AND o.phenomenon_time >= x.before - $5::interval
        AND o.result_quality IS DISTINCT FROM 2
        AND CASE WHEN x.rising THEN o.result < x.calm ELSE o.result > x.calm END
    ORDER BY o.phenomenon_time DESC LIMIT 1
) AS at
FROM unnest($1::integer[], $2::timestamptz[], $3::float8[], $4::boolean[])
    WITH ORDINALITY AS x (id, before, calm, rising, place)
ORDER BY x.place
"""
_POINTS: Final = """
SELECT x.place, o.phenomenon_time AS at, o.result
FROM unnest($1::integer[], $2::timestamptz[]) WITH ORDINALITY AS x (id, start, place)
CROSS JOIN LATERAL (
    SELECT o.phenomenon_time, o.result FROM observation o
    WHERE o.datastream_id = x.id AND o.phenomenon_time >= x.start AND o.phenomenon_time >= $3
        AND o.result IS NOT NULL AND o.result_quality IS DISTINCT FROM 2
) AS o
ORDER BY x.place, o.phenomenon_time
"""
# One reading a minute is enough for a trend over minutes and hours, and spares a fast sensor's thousands.
_MINUTE_POINTS: Final = """
SELECT x.place, r.first_time AS at, r.first AS result
FROM unnest($1::integer[], $2::timestamptz[]) WITH ORDINALITY AS x (id, start, place)
CROSS JOIN LATERAL (
    SELECT r.first_time, r.first FROM rollup_1m r
    WHERE r.datastream_id = x.id AND r.bucket >= date_trunc('minute', x.start)
        AND r.bucket >= date_trunc('minute', $3::timestamptz)
) AS r
WHERE r.first_time >= x.start
ORDER BY x.place, r.first_time
"""


@dataclass(frozen=True, slots=True)
class Datastream:
    """A datastream as a subject. `latest` is the time of its newest reading, of whatever kind."""

    id: int
    key: str
    names: SubjectNames
    property: str
    area_code: str | None
    properties: dict[str, Any]
    latest: datetime | None


async def find_datastreams(
    connection: "asyncpg.Connection[Any]", *, ids: Collection[int] = (), keys: Collection[str] = ()
) -> list[Datastream]:
    """Datastreams by id or key; those that do not exist are left out."""
    return [_datastream(row) for row in await connection.fetch(_DATASTREAMS, list(ids), list(keys))]


def _datastream(row: "asyncpg.Record") -> Datastream:
    fields = dict(row)
    return Datastream(names=SubjectNames(fields.pop("name"), fields.pop("name_en")), **fields)


async def counts_before(
    connection: "asyncpg.Connection[Any]", wanted: Sequence[tuple[int, Checkpoint]]
) -> list[int]:
    """How many readings of a datastream lie before a checkpoint in its hour; asked before the readings are.

    What comes between the two questions is folded, and then found to be more than was counted: never the reverse.
    """
    if not wanted:
        return []
    hours = [checkpoint.hour for _, checkpoint in wanted]
    until = [checkpoint.at for _, checkpoint in wanted]
    rows = await connection.fetch(_COUNT, [key for key, _ in wanted], hours, until, min(hours))
    return [row["count"] for row in rows]


async def calm_before(
    connection: "asyncpg.Connection[Any]", wanted: Sequence[tuple[int, datetime, Bounds]]
) -> list[datetime | None]:
    """When a datastream was calm last before a moment; None: not within the horizon."""
    if not wanted:
        return []
    rows = await connection.fetch(
        _CALM,
        [key for key, _, _ in wanted],
        [before for _, before, _ in wanted],
        [bounds.calm for _, _, bounds in wanted],
        [bounds.is_rising for _, _, bounds in wanted],
        HORIZON,
    )
    return [row["at"] for row in rows]


async def points_since(
    connection: "asyncpg.Connection[Any]", wanted: Sequence[tuple[int, datetime]]
) -> list[list[Point]]:
    """The readings of datastreams from a moment on, that moment included."""
    return await _fetch_points(connection, _POINTS, wanted)


async def minutes_since(
    connection: "asyncpg.Connection[Any]", wanted: Sequence[tuple[int, datetime]]
) -> list[list[Point]]:
    """The first reading of each minute of datastreams, from a moment on."""
    return await _fetch_points(connection, _MINUTE_POINTS, wanted)


async def _fetch_points(
    connection: "asyncpg.Connection[Any]", query: str, wanted: Sequence[tuple[int, datetime]]
) -> list[list[Point]]:
    found: list[list[Point]] = [[] for _ in wanted]
    if wanted:
        starts = [start for _, start in wanted]
        rows = await connection.fetch(query, [key for key, _ in wanted], starts, min(starts))
        for row in rows:
            found[row["place"] - 1].append(Point(row["at"], row["result"]))
    return found
