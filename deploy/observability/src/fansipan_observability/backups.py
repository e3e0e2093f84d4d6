"""The age of PostgreSQL's newest backup, as CloudNativePG's Barman Cloud plugin gives it.

That runs in Kubernetes only, so no test scrapes it: the name is that of its source (0.14). Were it another one, the
alert would be raised by its second half, not stay silent.
"""

from typing import Final

from fansipan_observability.alerts import Alert

DATABASE_JOB: Final = "fansipan-postgres"
"""The `job` of CloudNativePG's instances."""
LAST_BACKUP: Final = "barman_cloud_cloudnative_pg_io_last_available_backup_timestamp"
"""When the newest backup was complete, seconds since 1970; 0: there is none."""

_NEWEST: Final = f'max({LAST_BACKUP}{{job="{DATABASE_JOB}"}})'

BACKUP_ALERTS: Final = (
    Alert(
        "BackupOld",
        # As `fansipan doctor` has it: one each day, and two hours to make it.
        f'time() - {_NEWEST} > 93600 or (max(up{{job="{DATABASE_JOB}"}}) unless on() {_NEWEST})',
        "1h",
        "ticket",
        "The newest backup of PostgreSQL is older than a day, or nothing says how old it is",
    ),
)
