"""The audit trail in the database: only ever added to."""

import re
from collections.abc import Mapping
from typing import Any, Final

import asyncpg

_RECORD: Final = """
INSERT INTO audit_event (actor, action, object, details, client) VALUES ($1, $2, $3, $4, $5)
"""
_ACTION: Final = re.compile(r"[a-z][a-z-]*\.[a-z][a-z-]*")
_OBJECT: Final = re.compile(r"[a-z][a-z-]*/.*", re.DOTALL)
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
            object: what it was done to: `<kind>/<key>`, as `operator/lan`, `alert/17`, `period/2026-10`.
            details: what else is needed to understand it, as JSON; never a secret.
            client: address the request came from.

        Raises:
            ValueError: the action or the object has not that form.
        """
        if not _ACTION.fullmatch(action):
            raise ValueError(f"{action!r} is no action: it must read noun.verb-in-past")
        if not _OBJECT.fullmatch(object):
            raise ValueError(f"{object!r} is no object: it must read kind/key")
        await connection.execute(_RECORD, _text(actor), action, _text(object), dict(details), _text(client))


def _text(value: str) -> str:
    """PostgreSQL stores no NUL; what strangers send may be long."""
    return value.replace("\0", "�")[:_LONGEST]
