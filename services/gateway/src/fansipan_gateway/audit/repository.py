"""The audit trail in the database: only ever added to."""

import re
from collections.abc import Mapping
from typing import Any, Final

import asyncpg

_RECORD: Final = """
INSERT INTO audit_event (actor, action, object, details, client) VALUES ($1, $2, $3, $4, $5)
"""
_ACTION: Final = re.compile(r"[a-z][a-z-]*\.[a-z][a-z-]*")
_LONGEST: Final = 400


class AuditTrail:
    """Writes down what was done, in the transaction that does it: either both are kept or neither."""

    async def record(
        self,
        connection: "asyncpg.Connection[Any]",
        *,
        actor: str,
        action: str,
        object: str,  # noqa: A002 - the word of the table and of the API
        details: Mapping[str, Any],
        client: str,
    ) -> None:
        """Add one event.

        Args:
            connection: inside the caller's transaction.
            actor: name of the operator; for what a stranger tried, the name they gave.
            action: `noun.verb-in-past`: session.began, api-key.created, period.closed …
            object: what it was done to: a user name, `alert/17`, a period; empty when there is nothing else to name.
            details: what else is needed to understand it, as JSON; never a secret.
            client: address the request came from.

        Raises:
            ValueError: the action has not that form.
        """
        if not _ACTION.fullmatch(action):
            raise ValueError(f"{action!r} is no action: it must read noun.verb-in-past")
        await connection.execute(_RECORD, _text(actor), action, _text(object), dict(details), _text(client))


def _text(value: str) -> str:
    """PostgreSQL stores no NUL; what strangers send may be long."""
    return value.replace("\0", "�")[:_LONGEST]
