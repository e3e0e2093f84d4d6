"""Mappings of devices in the database, as the gateway keeps them: each change is in the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg.types.json import Jsonb

from fansipan_cli.audit import record
from fansipan_cli.database import Connection, one
from fansipan_cli.devices.entries import Entry
from fansipan_cli.errors import CommandError
from fansipan_common.contracts.device_mapping import MAX_SOURCES, DeviceMapping

_PRESENT: Final = b"""
SELECT door, application, key, mapping FROM device
 WHERE provider_id = %s AND key = ANY(%s) FOR UPDATE
"""
_LIST: Final = b"""
SELECT p.key AS provider, d.door, d.application, d.key, d.mapping
  FROM device d JOIN provider p ON p.id = d.provider_id
 WHERE (%s::text IS NULL OR p.key = %s) AND (%s::text IS NULL OR d.door = %s)
 ORDER BY p.key, d.door, d.application, d.key
"""
_PUT: Final = b"""
INSERT INTO device (provider_id, door, application, key, mapping) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (provider_id, door, key, application) DO UPDATE SET mapping = excluded.mapping, updated_at = now()
"""
_COUNT: Final = b"SELECT door, count(*) AS mappings FROM device WHERE provider_id = %s GROUP BY door"

_Identity = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A device that is written: what was known of it before, None when nothing was."""

    mapping: DeviceMapping
    before: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import does."""

    created: Sequence[Change]
    changed: Sequence[Change]
    unchanged: int


class DeviceStore:
    """Reads and writes `device` over a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, provider: str, entries: Sequence[Entry]) -> Plan:
        """What would change if all entries were written.

        Raises:
            CommandError: there is no such provider.
        """
        keys = [entry.mapping.key for entry in entries]
        rows = self._connection.execute(_PRESENT, (self._provider(provider), keys)).fetchall()
        present: dict[_Identity, dict[str, Any]] = {
            (row["door"], row["application"], row["key"]): row["mapping"] for row in rows
        }
        created: list[Change] = []
        changed: list[Change] = []
        for entry in entries:
            before = present.get(_identity(entry.mapping))
            mapping = _kept(entry, before)
            if before is None:
                created.append(Change(mapping, None))
            elif mapping.said() != before:
                changed.append(Change(mapping, before))
        return Plan(created, changed, len(entries) - len(created) - len(changed))

    def apply(self, provider: str, plan: Plan) -> None:
        """Write what is new or changed, with its audit events; in the caller's transaction.

        Raises:
            CommandError: the provider would have more measurements or metrics than ingest reads.
        """
        provider_id = self._provider(provider)
        with self._connection.cursor() as cursor:
            changes = [*plan.created, *plan.changed]
            cursor.executemany(
                _PUT,
                [(provider_id, *_identity(each.mapping), Jsonb(each.mapping.said())) for each in changes],
            )
        for each in changes:
            said = each.mapping.said()
            action = "device.mapped" if each.before is None else "device.changed"
            details = said if each.before is None else {"from": each.before, "to": said}
            record(self._connection, action, f"device/{provider}/{each.mapping.name}", details)
        for row in self._connection.execute(_COUNT, (provider_id,)).fetchall():
            if row["door"] != "lorawan" and row["mappings"] > MAX_SOURCES:
                raise CommandError(
                    f"{provider} would have {row['mappings']:,} mappings of {row['door']}; {MAX_SOURCES:,} are read"
                )

    def list(self, provider: str | None, door: str | None) -> list[tuple[str, DeviceMapping]]:
        """Providers and mappings."""
        rows = self._connection.execute(_LIST, (provider, provider, door, door)).fetchall()
        return [
            (
                row["provider"],
                DeviceMapping(
                    door=row["door"], application=row["application"], key=row["key"], **row["mapping"]
                ),
            )
            for row in rows
        ]

    def _provider(self, key: str) -> int:
        row = one(self._connection, "SELECT id FROM provider WHERE key = %s", key)
        if row is None:
            raise CommandError(f"there is no provider {key}", "see: fansipan keys list")
        return int(row["id"])


def _kept(entry: Entry, before: dict[str, Any] | None) -> DeviceMapping:
    """The mapping of an entry; of a network server's list the rest of what is known stays."""
    mapping = entry.mapping
    if not entry.names_only or before is None:
        return mapping
    place = {"door": mapping.door, "application": mapping.application, "key": mapping.key}
    return DeviceMapping.model_validate(place | before | mapping.said())


def _identity(mapping: DeviceMapping) -> _Identity:
    return mapping.door, mapping.application, mapping.key
