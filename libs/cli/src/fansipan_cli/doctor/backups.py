"""Checks of what a restore would rest on: the archive of the log, standbys, the newest backup."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from fansipan_cli.database import Connection
from fansipan_cli.doctor.finding import Finding, doubtful, skipped, well, wrong
from fansipan_cli.doctor.rows import all_rows, one_row, spoken

_RUNBOOK: Final = "docs/runbooks/restore.md"
_DAILY: Final = timedelta(hours=26)
_KEPT_BY_KAFKA: Final = timedelta(days=7)
_ARCHIVED_WITHIN: Final = timedelta(hours=1)
_RETAINED_BYTES: Final = 5 * 1024**3


def check_archive(connection: Connection) -> Finding:
    """`pg_stat_archiver`: whether the log goes to the archive, and how old what lies there is."""
    row = one_row(
        connection,
        """
        SELECT current_setting('archive_mode') AS mode, archived_count, last_archived_wal, failed_count,
               last_failed_wal, now() - last_archived_time AS age,
               last_failed_time > coalesce(last_archived_time, '-infinity') AS failing,
               now() - last_failed_time AS failed_ago
        FROM pg_stat_archiver
        """,
    )
    return archive_finding(row)


def archive_finding(row: dict[str, Any]) -> Finding:
    """What to say of a row of `pg_stat_archiver`, with `mode` (`archive_mode`), `age`, `failing` and `failed_ago`."""
    if row["mode"] == "off":
        return doubtful(
            "archive",
            "archive_mode is off: a restore goes back to the last backup, and Kafka fills the gap for seven days",
            f"for point-in-time recovery let PostgreSQL archive its log: {_RUNBOOK}",
        )
    if row["failing"]:
        return wrong(
            "archive",
            f"archiving {row['last_failed_wal']} fails, last {spoken(row['failed_ago'])} ago,"
            f" {row['failed_count']} times in all",
            "see the server's log for what archive_command says: pg_wal grows until the disk is full",
        )
    if row["last_archived_wal"] is None:
        return doubtful(
            "archive",
            "nothing was archived yet",
            "SELECT pg_switch_wal() archives what there is; set archive_timeout",
        )
    detail = f"{row['archived_count']:,} files, the last {spoken(row['age'])} ago"
    if row["age"] > _ARCHIVED_WITHIN:
        return doubtful("archive", detail, "set archive_timeout (5min): so much is lost with the server")
    return well("archive", detail)


def check_standbys(connection: Connection) -> list[Finding]:
    """Standbys that follow, and slots that keep the log for somebody who does not come."""
    standbys = all_rows(
        connection,
        """
        SELECT application_name AS name, state, sync_state,
               pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint AS behind
        FROM pg_stat_replication WHERE application_name <> 'pg_basebackup'
        """,
    )
    slots = all_rows(
        connection,
        """
        SELECT slot_name AS name, active, wal_status,
               pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint AS retained
        FROM pg_replication_slots
        """,
    )
    return [standby_finding(standbys), *(finding for slot in slots for finding in slot_findings(slot))]


def standby_finding(standbys: list[dict[str, Any]]) -> Finding:
    """What to say of rows with `name`, `state`, `sync_state` and `behind` (bytes; None: not to be seen)."""
    if not standbys:
        return well("standbys", "none follows this server")
    far = [
        row
        for row in standbys
        if (row["behind"] or 0) > _RETAINED_BYTES or row["state"] not in (None, "streaming")
    ]
    detail = ", ".join(
        f"{row['name']} {row['state'] or 'unseen'} ({row['sync_state'] or '?'}), {_mib(row['behind'])} behind"
        for row in standbys
    )
    if far:
        return doubtful("standbys", detail, "see the standby's log; it may have to be made again")
    return well("standbys", detail)


def slot_findings(slot: dict[str, Any]) -> list[Finding]:
    """What to say of a replication slot nobody uses."""
    retained = slot["retained"] or 0
    if slot["active"] or retained <= _RETAINED_BYTES:
        return []
    return [
        wrong(
            "slots",
            f"nobody reads slot {slot['name']}, which keeps {_mib(retained)} of the log ({slot['wal_status']})",
            f"start its reader, or SELECT pg_drop_replication_slot('{slot['name']}'): the disk fills up",
        )
    ]


def _mib(count: int | None) -> str:
    return f"{(count or 0) / 1024**2:,.0f} MiB"


@dataclass(frozen=True, slots=True)
class Backup:
    """The newest file or folder among the backups."""

    name: str
    made_at: datetime


def newest_backup(folder: Path) -> Backup | None:
    """By the time of its last change; None: there is none.

    Raises:
        OSError: the folder cannot be read.
    """
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    if not entries:
        return None
    newest = max(entries, key=lambda entry: entry.stat().st_mtime)
    return Backup(newest.name, datetime.fromtimestamp(newest.stat().st_mtime, UTC))


def check_newest_backup(folder: Path | None, now: datetime) -> Finding:
    """The age of the newest backup in a folder."""
    if folder is None:
        return skipped("backup", "set FANSIPAN_BACKUPS to the folder where backups are put")
    try:
        found = newest_backup(folder)
    except OSError as error:
        return wrong("backup", f"{folder} cannot be read ({error.strerror})", "correct FANSIPAN_BACKUPS")
    if found is None:
        return wrong("backup", f"{folder} has none", f"make one: {_RUNBOOK}")
    age = now - found.made_at
    detail = f"{found.name}, {spoken(age)} old"
    if age > _KEPT_BY_KAFKA:
        return wrong(
            "backup",
            f"{detail}: what came between is no longer in Kafka",
            f"make one now, and find out why none was made: {_RUNBOOK}",
        )
    if age > _DAILY:
        return doubtful("backup", detail, f"make one each day: {_RUNBOOK}")
    return well("backup", detail)
