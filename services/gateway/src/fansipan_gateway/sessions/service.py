"""Beginning, finding and ending sessions.

The cookie is `<id>.<sealed copy>`. Redis knows sessions by the id; when it does not know one (it is away, not
configured, or lost its memory) the copy in the cookie is asked instead, and the database whether that session was
signed out. So Redis may be lost at any time: sessions go on, and none that ended comes back (docs/adr/0011).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from fansipan_gateway.sessions.domain import Lifetimes, Method, Session, new_session_id, split_cookie
from fansipan_gateway.sessions.endings import Ending, Endings
from fansipan_gateway.sessions.keys import Keys
from fansipan_gateway.sessions.repository import SessionStore


@dataclass(frozen=True, slots=True)
class FoundSession:
    """A session that lasts, and the cookie that should take the place of the browser's; None: it may stay."""

    session: Session
    renewed_cookie: str | None = None


class Sessions:
    """Sessions of operators.

    Args:
        store: Redis.
        endings: of sessions that were signed out.
        keys: what cookies are sealed with.
        lifetimes: how long sessions last.
        now: the clock.
    """

    def __init__(
        self,
        store: SessionStore,
        endings: Endings,
        keys: Keys,
        lifetimes: Lifetimes,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._endings = endings
        self._keys = keys
        self._sealer = keys.sealer("session", now)
        self.lifetimes = lifetimes
        self._now = now

    def csrf_token(self, session: Session) -> str:
        """What state changes in this session must carry."""
        return self._keys.csrf_token(session.id)

    def is_csrf_token(self, session: Session, given: str) -> bool:
        """Whether a state change carries what it must."""
        return self._keys.is_csrf_token(session.id, given)

    async def begin(self, username: str, epoch: int, method: Method) -> tuple[Session, str]:
        """A new session with a new id, and its cookie."""
        now = self._now()
        session = Session(new_session_id(), username, epoch, now, now, method)
        self._endings.lasts(session.id_hash)
        await self._put(session, now)
        return session, self._cookie(session)

    async def find(self, cookie: str, *, or_stale: bool = False) -> FoundSession | None:
        """The session of a cookie; None when there is none, it was signed out, or it is over.

        Whether the operator may still sign in is the caller's to ask.

        Args:
            cookie: its value.
            or_stale: whether, with the database away, it will do that the session had not ended some minutes ago.

        Raises:
            DatabaseAway: Redis does not know the session, and the database does not say whether it ended.
        """
        parts = split_cookie(cookie)
        if parts is None:
            return None
        session_id, sealed = parts
        probe = Session(session_id, "", 0, self._now(), self._now(), Method.PASSWORD)
        kept = await self._store.get(probe.id_hash, idle_seconds=self._idle_seconds)
        if kept is not None:
            return await self._from_redis(session_id, kept)
        return await self._from_copy(session_id, sealed, or_stale=or_stale)

    async def end(self, session: Session) -> bool:
        """Sign a session out.

        Returns:
            False when Redis is away: it may still know the session when it is back, so the caller must end the
            operator's sessions by raising their epoch.

        Raises:
            DatabaseAway: nothing was ended.
        """
        await self._endings.add(session.id_hash, self.lifetimes.ends_at(session))
        return await self._store.forget(session.id_hash)

    async def _from_redis(self, session_id: str, kept: dict[str, Any]) -> FoundSession | None:
        session = replace(_read(session_id, kept), seen_at=self._now())
        if self.lifetimes.is_over(session, self._now()):
            return None
        if self._now() - datetime.fromtimestamp(kept["sealed"], UTC) < self.lifetimes.renewal:
            return FoundSession(session)
        await self._put(
            session, session.seen_at, only_known=True
        )  # else a sign-out at this moment would be undone
        return FoundSession(session, self._cookie(session))

    async def _from_copy(self, session_id: str, sealed: str, *, or_stale: bool) -> FoundSession | None:
        copy = self._sealer.open(sealed)
        if copy is None or copy["id"] != session_id:
            return None
        session = _read(session_id, copy)
        if self.lifetimes.is_over(session, self._now()):
            return None
        ending = await self._endings.of(session.id_hash, or_stale=or_stale)
        if ending is Ending.ENDED:
            return None
        if (
            ending is Ending.LASTED
        ):  # not put back into Redis, which would be believed when the database is back
            return FoundSession(session)
        seen = replace(session, seen_at=self._now())
        is_stale = self._now() - session.seen_at >= self.lifetimes.renewal
        sealed_at = seen.seen_at if is_stale else session.seen_at
        if await self._put(seen, sealed_at) and not await self._still_lasts(session):
            await self._store.forget(session.id_hash)  # it was signed out between the two questions
            return None
        return FoundSession(seen, self._cookie(seen) if is_stale else None)

    async def _still_lasts(self, session: Session) -> bool:
        return await self._endings.of(session.id_hash, or_stale=False) is Ending.LASTS

    def _cookie(self, session: Session) -> str:
        copy = {"id": session.id, **_write(session)}
        return f"{session.id}.{self._sealer.seal(copy, until=self.lifetimes.ends_at(session))}"

    async def _put(self, session: Session, sealed_at: datetime, *, only_known: bool = False) -> bool:
        values = {**_write(session), "sealed": sealed_at.timestamp()}
        return await self._store.put(
            session.id_hash, values, idle_seconds=self._idle_seconds, only_known=only_known
        )

    @property
    def _idle_seconds(self) -> int:
        return max(1, int(self.lifetimes.idle.total_seconds()))


def _write(session: Session) -> dict[str, Any]:
    return {
        "username": session.username,
        "epoch": session.epoch,
        "began": session.began_at.timestamp(),
        "seen": session.seen_at.timestamp(),
        "method": session.method.value,
    }


def _read(session_id: str, values: dict[str, Any]) -> Session:
    return Session(
        session_id,
        values["username"],
        values["epoch"],
        datetime.fromtimestamp(values["began"], UTC),
        datetime.fromtimestamp(values["seen"], UTC),
        Method(values["method"]),
    )
