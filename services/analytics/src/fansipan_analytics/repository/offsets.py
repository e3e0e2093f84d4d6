"""Consumer offsets: the only truth about progress, and the lock of a partition."""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_common.kafka import Partition

CONSUMER: Final = "store"


class Fenced(Exception):
    """Somebody else has moved an offset: this member no longer owns the partition."""


async def load_offsets(
    database: Database, partitions: set[Partition], consumer: str = CONSUMER
) -> dict[Partition, int]:
    """Next offset of each partition for a consumer; a partition seen for the first time begins at 0."""
    ordered = sorted(partitions)
    async with database.connection() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO consumer_offset (consumer, topic, partition, next_offset)"
            " SELECT $1, t, p, 0 FROM unnest($2::text[], $3::integer[]) AS x (t, p) ON CONFLICT DO NOTHING",
            consumer,
            [partition.topic for partition in ordered],
            [partition.partition for partition in ordered],
        )
        rows = await connection.fetch(
            "SELECT topic, partition, next_offset FROM consumer_offset WHERE consumer = $1", consumer
        )
    found = {Partition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    return {partition: found[partition] for partition in ordered}


async def advance(
    connection: "asyncpg.Connection[Any]",
    expected: Mapping[Partition, int],
    following: Mapping[Partition, int],
    consumer: str = CONSUMER,
) -> None:
    """Move a consumer's offsets from `expected` to `following`. First in the transaction: it locks the partitions.

    Raises:
        Fenced: an offset is not where it was expected.
    """
    ordered = sorted(following)
    moved = await connection.fetch(
        """
        UPDATE consumer_offset c SET next_offset = x.following, updated_at = now()
        FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[]) AS x (topic, partition, expected, following)
        WHERE c.consumer = $1 AND c.topic = x.topic AND c.partition = x.partition AND c.next_offset = x.expected
        RETURNING c.partition
        """,
        consumer,
        [partition.topic for partition in ordered],
        [partition.partition for partition in ordered],
        [expected[partition] for partition in ordered],
        [following[partition] for partition in ordered],
    )
    if len(moved) != len(ordered):
        raise Fenced(
            f"{len(ordered) - len(moved)} of {len(ordered)} partitions were advanced by somebody else"
        )
