"""What commands do is in the audit trail, as what the gateway does is."""

import os
import pwd
import socket
from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from fansipan_cli.database import Connection


def record(
    connection: Connection, action: str, target: str, details: Mapping[str, Any] | None = None
) -> None:
    """Add one event, in the transaction that does it: either both are kept or neither.

    Args:
        connection: inside the caller's transaction.
        action: `noun.verb-in-past`, as the gateway writes them.
        target: what it was done to: `<kind>/<key>`.
        details: what else is needed to understand it; never a secret.
    """
    connection.execute(
        "INSERT INTO audit_event (actor, action, object, details, client) VALUES (%s, %s, %s, %s, %s)",
        [actor(), action, target, Jsonb(dict(details or {})), socket.gethostname()],
    )


def actor() -> str:
    """Who runs the command: `cli:<user of the system>`. No operator can have such a name.

    By the user id of the process, not by what the environment says; of a user without a name (in containers) the id.
    """
    user_id = os.getuid()
    try:
        return f"cli:{pwd.getpwuid(user_id).pw_name}"
    except KeyError:
        return f"cli:{user_id}"
