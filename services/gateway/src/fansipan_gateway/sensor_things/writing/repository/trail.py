"""What tells of a change: notifications to whoever listens, and the audit trail."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg
import orjson

from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.sensor_things.writing.changes import MAX_TOLD, Changed
from fansipan_gateway.sensor_things.writing.writer import Author

CHANNEL: Final = "entity_changed"
_NOTIFY: Final = f"SELECT pg_notify('{CHANNEL}', told) FROM unnest($1::text[]) told"


class Trail:
    """Tells of changes, in the transaction that makes them.

    Args:
        connection: inside a transaction.
        audit: the audit trail.
        author: who makes them.
    """

    def __init__(self, connection: "asyncpg.Connection[Any]", audit: AuditTrail, author: Author) -> None:
        self._connection = connection
        self._audit = audit
        self._author = author

    async def notify(self, changed: Sequence[Changed]) -> None:
        """Tell listeners which entities have changed, at most 1,000 of them."""
        told = [
            orjson.dumps({"set": one.entities, "id": one.id, "what": one.what}).decode()
            for one in changed[:MAX_TOLD]
        ]
        if told:
            await self._connection.execute(_NOTIFY, told)

    async def record(self, word: str, entity_id: int, action: str, details: Mapping[str, Any]) -> None:
        """Write down what was done to an entity, and what with it."""
        writer = self._author.writer
        await self._audit.record(
            self._connection,
            actor=f"api-key:{writer.key_id}",
            action=f"{word}.{action}",
            object=f"{word}/{entity_id}",
            details={"provider": writer.provider_key, **details},
            client=self._author.client,
        )
