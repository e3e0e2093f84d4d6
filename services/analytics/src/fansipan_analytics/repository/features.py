"""Which datastreams have observations that name which feature of interest."""

from collections.abc import Iterable
from typing import Any, Final

import asyncpg

_LINK: Final = """
WITH named AS (
    SELECT k.feature_id, k.datastream_id
    FROM unnest($1::integer[], $2::integer[]) AS k (feature_id, datastream_id)
    JOIN feature_of_interest f ON f.id = k.feature_id
), linked AS (
    INSERT INTO datastream_feature (feature_id, datastream_id) SELECT feature_id, datastream_id FROM named
    ORDER BY 1, 2 ON CONFLICT DO NOTHING
)
SELECT DISTINCT feature_id FROM named
"""


async def link(connection: "asyncpg.Connection[Any]", named: Iterable[tuple[int, int]]) -> set[int]:
    """Note which (feature, datastream) belong together; returns the features that still exist.

    Raises:
        asyncpg.ForeignKeyViolationError: one was deleted meanwhile; again, and it is found missing.
    """
    pairs = sorted(set(named))
    rows = await connection.fetch(_LINK, [feature for feature, _ in pairs], [stream for _, stream in pairs])
    return {row[0] for row in rows}
