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
    """
    moved = 0
    for place in sorted(places, key=lambda place: (place.topic, place.partition)):
        done = connection.execute(
            """
            INSERT INTO consumer_offset AS c (consumer, topic, partition, next_offset) VALUES (%s, %s, %s, %s)
            ON CONFLICT (consumer, topic, partition) DO UPDATE
                SET next_offset = excluded.next_offset, updated_at = now() WHERE c.next_offset <> excluded.next_offset
            """,
            (_CONSUMER, place.topic, place.partition, place.start),
        )
        moved += done.rowcount
    if moved:
        starts = {f"{place.topic}-{place.partition}": place.start for place in places}
        record(connection, "store.replayed", "store/offsets", starts)
    return moved
