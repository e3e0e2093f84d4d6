"""The newest observation of each datastream, so that "now" needs no look into the chunks."""

from collections.abc import Iterable
from typing import Any, Final

import asyncpg
import numpy as np
from numpy.typing import NDArray

from fansipan_analytics.domain.batch import Extras, Rows
from fansipan_analytics.domain.identity import Key, Stored
from fansipan_analytics.repository.observations import to_datetime, to_ms

NEVER: Final = -(1 << 62)
"""Newest time of a datastream without observations, in Unix ms: before every time."""

_KNOWN: Final = """
SELECT d.id, l.phenomenon_time FROM datastream d LEFT JOIN latest_observation l ON l.datastream_id = d.id
WHERE d.id = ANY($1::integer[])
"""
_UPSERT: Final = """
INSERT INTO latest_observation AS l (datastream_id, phenomenon_time, result, result_json, result_quality)
SELECT * FROM unnest($1::integer[], $2::timestamptz[], $3::double precision[], $4::jsonb[], $5::smallint[])
ON CONFLICT (datastream_id) DO UPDATE SET
    phenomenon_time = excluded.phenomenon_time, result = excluded.result, result_json = excluded.result_json,
    result_quality = excluded.result_quality, stored_at = now()
WHERE excluded.phenomenon_time >= l.phenomenon_time
"""
_GONE: Final = "SELECT datastream_id FROM deleted_datastream WHERE datastream_id = ANY($1::integer[])"
_LOOK_AGAIN: Final = """
WITH removed AS (
    SELECT l.datastream_id FROM latest_observation l
    JOIN unnest($1::integer[], $2::timestamptz[]) AS k (datastream_id, phenomenon_time)
      ON l.datastream_id = k.datastream_id AND l.phenomenon_time = k.phenomenon_time
), newest AS (
    SELECT removed.datastream_id, x.* FROM removed LEFT JOIN LATERAL (
        SELECT o.phenomenon_time, o.result, o.result_json, o.result_quality FROM observation o
        WHERE o.datastream_id = removed.datastream_id ORDER BY o.phenomenon_time DESC LIMIT 1
    ) AS x ON true
), gone AS (
    DELETE FROM latest_observation l USING newest n
    WHERE l.datastream_id = n.datastream_id AND n.phenomenon_time IS NULL
), older AS (
    UPDATE latest_observation l SET phenomenon_time = n.phenomenon_time, result = n.result,
        result_json = n.result_json, result_quality = n.result_quality, stored_at = now()
    FROM newest n WHERE l.datastream_id = n.datastream_id AND n.phenomenon_time IS NOT NULL
)
SELECT * FROM newest
"""


async def deleted_among(connection: "asyncpg.Connection[Any]", ids: list[int]) -> set[int]:
    """Those of some datastreams that were deleted."""
    return {row[0] for row in await connection.fetch(_GONE, ids)}


async def look_again(
    connection: "asyncpg.Connection[Any]", removed: Iterable[Key]
) -> dict[int, tuple[int, Stored] | None]:
    """Put right the latest values that were taken back, once the observations are gone.

    Returns:
        For each datastream whose newest observation was among `removed` what is newest now, with its Unix ms; None when
        none is left.
    """
    keys = sorted(removed)
    rows = await connection.fetch(
        _LOOK_AGAIN, [key[0] for key in keys], [to_datetime(key[1]) for key in keys]
    )
    return {
        row["datastream_id"]: None
        if row["phenomenon_time"] is None
        else (
            to_ms(row["phenomenon_time"]),
            Stored(row["result"], Extras(row["result_json"], row["result_quality"])),
        )
        for row in rows
    }


async def newest_times(connection: "asyncpg.Connection[Any]", ids: NDArray[np.int32]) -> dict[int, int]:
    """Unix ms of the newest observation of each datastream that exists; `NEVER` when it has none."""
    rows = await connection.fetch(_KNOWN, ids.tolist())
    return {row[0]: NEVER if row[1] is None else to_ms(row[1]) for row in rows}


def newest_rows(rows: Rows) -> Rows:
    """The last row of each datastream; `rows` must be sorted by (datastream, time)."""
    if not len(rows):
        return rows
    ends = np.append(np.flatnonzero(rows.ids[1:] != rows.ids[:-1]), len(rows) - 1)
    return rows.take(ends)


async def upsert_latest(connection: "asyncpg.Connection[Any]", rows: Rows) -> None:
    """Take over rows that are not older than what is there; at most one row a datastream."""
    values = rows.values.tolist()
    extras = [rows.extras.get(row) for row in range(len(rows))]
    await connection.execute(
        _UPSERT,
        rows.ids.tolist(),
        [to_datetime(ms) for ms in rows.ms.tolist()],
        [None if value != value else value for value in values],  # noqa: PLR0124 - NaN is no number
        [None if extra is None else extra.result_json for extra in extras],
        [None if extra is None else extra.quality for extra in extras],
    )


async def correct_latest(connection: "asyncpg.Connection[Any]", updates: dict[Key, Stored]) -> None:
    """Carry corrections over to those newest observations that they correct."""
    await connection.execute(
        """
        UPDATE latest_observation l
        SET result = u.result, result_json = u.result_json, result_quality = u.result_quality, stored_at = now()
        FROM unnest($1::integer[], $2::timestamptz[], $3::double precision[], $4::jsonb[], $5::smallint[])
                 AS u (datastream_id, phenomenon_time, result, result_json, result_quality)
        WHERE l.datastream_id = u.datastream_id AND l.phenomenon_time = u.phenomenon_time
        """,
        [datastream_id for datastream_id, _ in updates],
        [to_datetime(ms) for _, ms in updates],
        [stored.value for stored in updates.values()],
        [stored.extras.result_json for stored in updates.values()],
        [stored.extras.quality for stored in updates.values()],
    )
