"""Members of providers in the database; each change with its audit event in one transaction."""

from datetime import UTC
from typing import Any, Final

from fansipan_common.db import Database
from fansipan_common.errors import ClientFault
from fansipan_gateway.access.domain import INTEGRATOR
from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.administration.operators.domain import OperatorUnknown
from fansipan_gateway.administration.providers.domain import ProviderUnknown
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.domain.time_range import format_instant

_PROVIDER: Final = "SELECT id FROM provider WHERE key = $1 FOR SHARE"
_LIST: Final = """
SELECT m.username, o.display_name, o.role, o.disabled_at IS NOT NULL AS disabled, m.added_at, m.added_by
  FROM provider_member m JOIN operator o ON o.username = m.username JOIN provider p ON p.id = m.provider_id
 WHERE p.key = $1 ORDER BY m.username LIMIT $2
"""
_OPERATOR: Final = "SELECT role FROM operator WHERE username = $1 FOR UPDATE"
_ELSEWHERE: Final = "SELECT count(*) FROM provider_member WHERE username = $1 AND provider_id <> $2"
_ADD: Final = """
INSERT INTO provider_member (username, provider_id, added_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""
_REMOVE: Final = "DELETE FROM provider_member WHERE username = $1 AND provider_id = $2"
_MOST: Final = 1_000


class MemberElsewhere(ClientFault):
    """An integrator sees the data of one provider."""

    status, code, title = 409, "member-elsewhere", "Member of another provider"


class Members:
    """Who manages a provider.

    Args:
        database: where `provider_member` is.
        audit: what was done.
    """

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    async def list(self, provider: str) -> list[dict[str, Any]]:
        """Members of a provider by name, a thousand at most.

        Raises:
            ProviderUnknown, DatabaseAway.
        """
        if await self._database.fetchrow("SELECT FROM provider WHERE key = $1", provider) is None:
            raise ProviderUnknown(provider)
        return [
            {
                "username": row["username"],
                "displayName": row["display_name"],
                "role": row["role"],
                "disabled": row["disabled"],
                "addedAt": format_instant(row["added_at"].astimezone(UTC)),
                "addedBy": row["added_by"],
            }
            for row in await self._database.fetch(_LIST, provider, _MOST)
        ]

    async def add(self, provider: str, username: str, actor: Actor) -> None:
        """Make an operator a member; again is the same.

        Raises:
            ProviderUnknown, OperatorUnknown, MemberElsewhere, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            provider_id = await connection.fetchval(_PROVIDER, provider)
            if provider_id is None:
                raise ProviderUnknown(provider)
            role = await connection.fetchval(_OPERATOR, username)
            if role is None:
                raise OperatorUnknown(username)
            if role == INTEGRATOR and await connection.fetchval(_ELSEWHERE, username, provider_id) > 0:
                raise MemberElsewhere(
                    f"{username} is an integrator of another provider: end that first, or give a second account"
                )
            if await connection.execute(_ADD, username, provider_id, actor.name) != "INSERT 0 0":
                await self._record(connection, "provider-member.added", provider, username, actor)

    async def remove(self, provider: str, username: str, actor: Actor) -> None:
        """End a membership; again is the same.

        Raises:
            ProviderUnknown, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            provider_id = await connection.fetchval(_PROVIDER, provider)
            if provider_id is None:
                raise ProviderUnknown(provider)
            if await connection.execute(_REMOVE, username, provider_id) != "DELETE 0":
                await self._record(connection, "provider-member.removed", provider, username, actor)

    async def _record(self, connection: Any, action: str, provider: str, username: str, actor: Actor) -> None:
        await self._audit.record(
            connection,
            actor=actor.name,
            action=action,
            object=f"provider/{provider}",
            details={"username": username},
            client=actor.client,
        )
