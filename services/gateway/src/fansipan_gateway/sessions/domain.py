"""What a session is, and how long it lasts."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

SESSION_COOKIE: Final = "fansipan_session"
_ID: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class Method(StrEnum):
    """How an operator signed in."""

    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    OPEN_ID_CONNECT = "open-id-connect"


@dataclass(frozen=True, slots=True)
class Session:
    """An operator's session in one browser.

    Attributes:
        id: 256 random bits as base64url; only the browser knows it (we keep its hash).
        username: the operator.
        epoch: their `session_epoch` when it began; the session is over when that was raised.
        began_at, seen_at: when it began, and its latest request.
        method: how they signed in.
    """

    id: str
    username: str
    epoch: int
    began_at: datetime
    seen_at: datetime
    method: Method

    @property
    def id_hash(self) -> bytes:
        """SHA-256 of the id: whoever reads Redis or the database cannot take over a session."""
        return hashlib.sha256(self.id.encode()).digest()


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long sessions last: at most `absolute`, and `idle` after the latest request."""

    absolute: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(hours=2)

    def ends_at(self, session: Session) -> datetime:
        """When it is over whatever is done."""
        return session.began_at + self.absolute

    def is_over(self, session: Session, now: datetime) -> bool:
        """Whether it has lasted too long, or nobody used it for too long."""
        return now >= min(self.ends_at(session), session.seen_at + self.idle)

    @property
    def renewal(self) -> timedelta:
        """How old the copy in the cookie may become before it is written again."""
        return self.idle / 8


def new_session_id() -> str:
    """256 random bits as base64url."""
    return secrets.token_urlsafe(32)


def split_cookie(value: str) -> tuple[str, str] | None:
    """The id and the sealed copy in a session cookie; None when it is not one of ours."""
    session_id, dot, sealed = value.partition(".")
    return (session_id, sealed) if dot and _ID.fullmatch(session_id) else None
