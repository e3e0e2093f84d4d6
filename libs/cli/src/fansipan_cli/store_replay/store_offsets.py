"""How far the store is, in the database, and moving it back."""

from collections.abc import Iterable, Sequence
from typing import Final

from fansipan_cli.audit import record
from fansipan_cli.database import Connection
from fansipan_cli.store_replay.plan import Place

_CONSUMER: Final = "store"
"""As analytics calls it."""


def read_offsets(connection: Connection, topics: Sequence[str]) -> dict[tuple[str, int], int]:
    """Next offset of each (topic, partition) that the store has begun."""
    rows = connection.execute(
        "SELECT topic, partition, next_offset FROM consumer_offset WHERE consumer = %s AND topic = ANY(%s)",
        (_CONSUMER, list(topics)),
    ).fetchall()
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


def move_back(connection: Connection, places: Iterable[Place]) -> int:
    """Let the store go on at the start of each place; returns how many partitions were moved.

    Whoever stores at this moment has locked its rows and ends first; it then finds itself fenced off and begins anew.
    A store that went on since the places were looked at is not disturbed where nothing was asked of it: it is moved
    back only to what was asked for, and on only past what Kafka no longer has.
    """
    to_move = [place for place in places if place.start != place.stored]
    starts: dict[str, int] = {}
    for place in sorted(to_move, key=lambda place: (place.topic, place.partition)):
        done = connection.execute(
            """
            INSERT INTO consumer_offset AS c (consumer, topic, partition, next_offset) VALUES (%s, %s, %s, %s)
            ON CONFLICT (consumer, topic, partition) DO UPDATE
                SET next_offset = excluded.next_offset, updated_at = now()
                WHERE CASE WHEN %s THEN c.next_offset > excluded.next_offset
                           ELSE c.next_offset < excluded.next_offset END
            """,
            (_CONSUMER, place.topic, place.partition, place.start, place.start < place.stored),
        )
        if done.rowcount:
            starts[f"{place.topic}-{place.partition}"] = place.start
    if starts:
        record(connection, "store.replayed", "store/offsets", starts)
    return len(starts)
