"""The table `dead_letter`: filled with the offsets of its consumer, emptied of what is old."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from fansipan_analytics.domain.dead_letter import DeadLetterRow
from fansipan_analytics.repository.offsets import advance
from fansipan_common.db import Database
from fansipan_common.kafka import Partition

CONSUMER: Final = "dead-letters"
_DELETE_AT_ONCE: Final = 5_000
_INSERT: Final = """
INSERT INTO dead_letter (topic, partition, record_offset, item, received_at, provider, kind, code, detail, payload,
                         payload_format, payload_complete, place, traceparent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT DO NOTHING
"""
_INSERT_OF_DOORS: Final = _INSERT.replace("traceparent)", "traceparent, door, context)").replace(
    "$14)", "$14, $15, $16)"
)
"""The last release did not know doors: without one a dead letter is kept by its schema, too."""
_DELETE_OLD: Final = """
DELETE FROM dead_letter WHERE id IN (
    SELECT id FROM dead_letter WHERE stored_at < now() - $1::interval ORDER BY stored_at LIMIT $2)
"""
_DELETE_MANY: Final = """
DELETE FROM dead_letter WHERE id IN (
    SELECT id FROM dead_letter
     WHERE id <= (SELECT id FROM dead_letter ORDER BY id DESC OFFSET $1 LIMIT 1)
     ORDER BY id LIMIT $2)
"""


class DeadLetterRepository:
    """Writes `dead_letter`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(
        self,
        rows: Sequence[tuple[Partition, int, DeadLetterRow]],
        expected: Mapping[Partition, int],
        following: Mapping[Partition, int],
    ) -> None:
        """Store rows (with the partition and offset of their record) and move the offsets, in one transaction.

        Raises:
            Fenced: somebody else has moved an offset; nothing is stored.
            DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            await advance(connection, expected, following, CONSUMER)
            plain: list[tuple[object, ...]] = []
            of_doors: list[tuple[object, ...]] = []
            for partition, offset, row in rows:
                values = _values(partition, offset, row)
                if row.door is None and row.context is None:
                    plain.append(values)
                else:
                    of_doors.append((*values, row.door, row.context))
            if plain:
                await connection.executemany(_INSERT, plain)
            if of_doors:
                await connection.executemany(_INSERT_OF_DOORS, of_doors)

    async def forget(self, *, older_than: timedelta, beyond: int) -> int:
        """Delete some that are older than an age, and some beyond the newest so many; returns how many were deleted.

        Zero says that nothing is left to delete.
        """
        tags = [
            await self._database.execute(_DELETE_OLD, older_than, _DELETE_AT_ONCE),
            await self._database.execute(_DELETE_MANY, beyond, _DELETE_AT_ONCE),
        ]
        return sum(int(tag.rpartition(" ")[2]) for tag in tags)


def _values(partition: Partition, offset: int, row: DeadLetterRow) -> tuple[object, ...]:
    return (
        *(partition.topic, partition.partition, offset),
        *(row.item, row.received_at, row.provider, row.kind, row.code, row.detail),
        *(row.payload, row.payload_format, row.payload_complete, row.place, row.traceparent),
    )
