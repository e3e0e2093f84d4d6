"""Read-only mode in the database, as the gateway keeps it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fansipan_cli.audit import actor, record
from fansipan_cli.database import Connection

_OBJECT: Final = "platform/read-only"


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """Why nothing may be changed through the gateway; without `ends_at` until somebody ends it."""

    since: datetime
    ends_at: datetime | None
    reason: str
    started_by: str


def read_mode(connection: Connection) -> ReadOnly | None:
    """What holds now; None: changes may be made."""
    row = connection.execute(
        "SELECT since, ends_at, reason, started_by FROM read_only_mode WHERE ends_at IS NULL OR ends_at > now()"
    ).fetchone()
    return None if row is None else ReadOnly(**row)


def begin_mode(connection: Connection, reason: str, ends_at: datetime | None) -> None:
    """Begin, or say another reason or end."""
    connection.execute(
        """
        INSERT INTO read_only_mode AS m (ends_at, reason, started_by) VALUES (%s, %s, %s)
        ON CONFLICT (one) DO UPDATE SET ends_at = excluded.ends_at, reason = excluded.reason,
            started_by = excluded.started_by, since = CASE WHEN m.ends_at <= now() THEN now() ELSE m.since END
        """,
        (ends_at, reason, actor()),
    )
    details = {"reason": reason, "until": None if ends_at is None else ends_at.isoformat()}
    record(connection, "platform.made-read-only", _OBJECT, details)


def end_mode(connection: Connection) -> bool:
    """End it; returns whether it held."""
    row = connection.execute(
        "DELETE FROM read_only_mode RETURNING ends_at IS NULL OR ends_at > now() AS held"
    ).fetchone()
    held = row is not None and bool(row["held"])
    if held:
        record(connection, "platform.made-writable", _OBJECT)
    return held
