"""Whether the platform is read-only, and for how long already."""

from fansipan_cli.database import Connection
from fansipan_cli.doctor.finding import Finding, doubtful, well
from fansipan_cli.doctor.rows import all_rows, spoken


def check_read_only(connection: Connection) -> Finding:
    """It is meant to end: who forgets that keeps everybody from their work."""
    rows = all_rows(
        connection,
        "SELECT reason, started_by, ends_at, now() - since AS age FROM read_only_mode"
        " WHERE ends_at IS NULL OR ends_at > now()",
    )
    if not rows:
        return well("read-only", "off")
    (row,) = rows
    until = (
        "without an end"
        if row["ends_at"] is None
        else f"until {row['ends_at'].isoformat(timespec='seconds')}"
    )
    return doubtful(
        "read-only",
        f"on for {spoken(row['age'])}, {until}, by {row['started_by']}: {row['reason']}",
        "when the work is done: fansipan maintenance off",
    )
