"""Noting in the database what became of a replay, as the gateway does."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from psycopg.types.json import Jsonb

from fansipan_cli.audit import actor, record
from fansipan_cli.database import Connection
from fansipan_cli.dead_letters.identity import LetterId

_NOTE: Final = b"""
UPDATE dead_letter SET replayed_at = clock_timestamp(), replayed_by = %s, replay_outcome = %s
 WHERE topic = %s AND partition = %s AND record_offset = %s AND item = ANY(%s)
RETURNING id, provider, kind
"""


def note_replay(
    connection: Connection, topic: str, letter: LetterId, places: Sequence[int], outcome: Mapping[str, Any]
) -> int:
    """Note an outcome at some items of a letter (by their places in it); returns how many of them are in the table."""
    rows = connection.execute(
        _NOTE, (actor(), Jsonb(dict(outcome)), topic, letter.partition, letter.offset, list(places))
    ).fetchall()
    for row in rows:
        details = {"provider": row["provider"], "kind": row["kind"], **outcome}
        record(connection, "dead-letter.replayed", f"dead-letter/{row['id']}", details)
    return len(rows)
