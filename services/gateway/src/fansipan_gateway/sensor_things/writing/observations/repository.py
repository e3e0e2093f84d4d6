"""What has to be known before observations are written."""

from collections.abc import Collection, Iterable
from itertools import groupby
from typing import Any, Final

from fansipan_common.db import Database
from fansipan_gateway.sensor_things.writing.observations.domain import (
    Content,
    Key,
    Target,
    content_of_row,
    moment_at,
    unix_ms,
)

_TARGETS: Final = """
SELECT d.id, d.key, t.provider_id, p.corrections_by_post, l.phenomenon_time
  FROM datastream d JOIN thing t ON t.id = d.thing_id JOIN provider p ON p.id = t.provider_id
  LEFT JOIN latest_observation l ON l.datastream_id = d.id
 WHERE d.id = ANY($1::integer[]) OR d.key = ANY($2::text[])
"""
_STORED: Final = """
SELECT o.datastream_id, o.phenomenon_time, o.result, o.result_json, o.result_quality, o.result_time, o.parameters,
       o.feature_id
  FROM unnest($1::integer[], $2::timestamptz[]) AS k (datastream_id, phenomenon_time)
  JOIN observation o ON o.datastream_id = k.datastream_id AND o.phenomenon_time = k.phenomenon_time
 WHERE o.phenomenon_time BETWEEN $3 AND $4
"""
_SIMILAR: Final = """
SELECT id FROM feature_of_interest
 WHERE provider_id = $1 AND location_id IS NULL AND name = $2 AND description = $3 AND encoding_type = $4
   AND feature = $5 AND properties IS NOT DISTINCT FROM $6
 ORDER BY id LIMIT 1
"""
_SPAN_MS: Final = 92 * 24 * 3_600_000
"""Asked quarter by quarter, so that each query touches few chunks."""


class ObservationTargets:
    """Reads datastreams and the observations that are stored already."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def targets(self, names: Iterable[int | str]) -> dict[int | str, Target]:
        """The datastreams of some ids and keys, by id and by key."""
        wanted = set(names)
        rows = await self._database.fetch(
            _TARGETS,
            [name for name in wanted if isinstance(name, int) and 0 < name < 1 << 31],
            [name.replace("\0", "\ufffd") for name in wanted if isinstance(name, str)],
        )
        found: dict[int | str, Target] = {}
        for row in rows:
            newest = row["phenomenon_time"]
            target = Target(
                row["id"],
                row["key"],
                row["provider_id"],
                row["corrections_by_post"],
                None if newest is None else unix_ms(newest),
            )
            found[target.id] = found[target.key] = target
        return found

    async def stored(self, keys: Collection[Key]) -> dict[Key, Content]:
        """What is stored of some identities."""
        found: dict[Key, Content] = {}
        ordered = sorted(keys, key=lambda key: key[1])
        for _, group in groupby(ordered, key=lambda key: key[1] // _SPAN_MS):
            part = list(group)
            rows = await self._database.fetch(
                _STORED,
                [datastream_id for datastream_id, _ in part],
                [moment_at(ms) for _, ms in part],
                moment_at(part[0][1]),
                moment_at(part[-1][1]),
            )
            found |= {
                (row["datastream_id"], unix_ms(row["phenomenon_time"])): content_of_row(dict(row))
                for row in rows
            }
        return found

    async def similar_feature(self, provider_id: int, columns: dict[str, Any]) -> int | None:
        """A feature that the provider described in the same words; None: there is none."""
        row = await self._database.fetchrow(
            _SIMILAR,
            provider_id,
            columns["name"],
            columns["description"],
            columns["encoding_type"],
            columns["feature"],
            columns["properties"],
        )
        return None if row is None else row["id"]
