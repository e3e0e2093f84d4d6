"""Accounts of people whom an identity provider vouches for."""

from dataclasses import dataclass
from typing import Final

from fansipan_common.db import Database
from fansipan_gateway.access.repository import OPERATOR_COLUMNS, OperatorRow, operator_of
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.sign_in.open_id_connect.domain import Person, Rights

_FIND: Final = f"""
SELECT {OPERATOR_COLUMNS}, disabled_at IS NOT NULL AS disabled FROM operator
WHERE oidc_issuer = $1 AND oidc_subject = $2
"""
_CREATE: Final = f"""
INSERT INTO operator (username, display_name, email, role, area_codes, agencies, oidc_issuer, oidc_subject)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING {OPERATOR_COLUMNS}
"""
_DESCRIBE: Final = "UPDATE operator SET display_name = $2, email = $3 WHERE username = $1"
# Other rights end the sessions that began with the old ones.
_CHANGE_RIGHTS: Final = """
UPDATE operator SET role = $2, area_codes = $3, agencies = $4, session_epoch = session_epoch + 1 WHERE username = $1
"""
_LOCK: Final = f"{_FIND} FOR UPDATE"


@dataclass(frozen=True, slots=True)
class Account:
    """The account of a person."""

    operator: OperatorRow
    disabled: bool


class PersonRepository:
    """Reads and writes `operator` for people of an identity provider."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    async def find(self, person: Person) -> Account | None:
        """Their account, or None."""
        row = await self._database.fetchrow(_FIND, person.issuer, person.subject)
        return None if row is None else Account(operator_of(row), row["disabled"])

    async def create(self, person: Person, rights: Rights, *, client: str) -> OperatorRow | None:
        """Make an account; None when somebody else has the user name."""
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(
                _CREATE,
                person.username,
                person.display_name,
                person.email,
                rights.role,
                list(rights.areas),
                list(rights.agencies),
                person.issuer,
                person.subject,
            )
            if row is None:
                return None
            await self._audit.record(
                connection,
                actor=person.username,
                action="operator.created",
                object=f"operator/{person.username}",
                details={"issuer": person.issuer, "subject": person.subject, **_rights(rights)},
                client=client,
            )
            return operator_of(row)

    async def update(self, person: Person, rights: Rights | None, *, client: str) -> OperatorRow | None:
        """Bring an account up to date with what the provider says (rights: None leaves them); None: it is gone."""
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(_LOCK, person.issuer, person.subject)
            if row is None:
                return None
            username = row["username"]
            if row["display_name"] != person.display_name:
                await connection.execute(_DESCRIBE, username, person.display_name, person.email)
            before = Rights(row["role"], tuple(row["area_codes"]), tuple(row["agencies"]))
            if rights is not None and rights != before:
                await connection.execute(
                    _CHANGE_RIGHTS, username, rights.role, list(rights.areas), list(rights.agencies)
                )
                await self._audit.record(
                    connection,
                    actor=username,
                    action="operator.changed",
                    object=f"operator/{username}",
                    details={"before": _rights(before), "after": _rights(rights), "by": person.issuer},
                    client=client,
                )
            row = await connection.fetchrow(_FIND, person.issuer, person.subject)
            return None if row is None else operator_of(row)


def _rights(rights: Rights) -> dict[str, object]:
    return {"role": rights.role, "areaCodes": list(rights.areas), "agencies": list(rights.agencies)}
