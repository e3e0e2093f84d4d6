"""Knowing, in every replica and without asking for each request, whether changes may be made."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import structlog

from fansipan_common.errors import ServerFault, Unprocessable
from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.read_only.domain import ReadOnly
from fansipan_gateway.read_only.repository import ReadOnlyRepository

_log = structlog.get_logger(__name__)

_LOOK_SECONDS: Final = 2.0


class ReadOnlyMode:
    """Read-only mode as this replica knows it: two seconds old at most; while the database is away, as it was last.

    Args:
        repository: where it is kept, so that it survives restarts and reaches every replica.
        now: the clock.
    """

    def __init__(self, repository: ReadOnlyRepository, now: Callable[[], datetime]) -> None:
        self._repository = repository
        self._now = now
        self._known: ReadOnly | None = None

    @property
    def current(self) -> ReadOnly | None:
        """What holds now; None: changes may be made."""
        known = self._known
        return known if known is not None and known.holds(self._now()) else None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self._look()
            except ServerFault as fault:
                _log.info("read-only mode is not known anew", reason=fault.detail)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _look(self) -> None:
        before, self._known = self._known, await self._repository.find()
        if (before is None) != (self._known is None):
            _log.warning("read-only mode has changed", read_only=self._known is not None)

    async def begin(self, reason: str, ends_at: datetime | None, actor: Actor) -> ReadOnly:
        """Begin, or say another reason or end.

        Raises:
            Unprocessable: the end is over already.
            DatabaseAway.
        """
        if ends_at is not None and ends_at <= self._now():
            raise Unprocessable("until must lie after now")
        self._known = await self._repository.begin(reason, ends_at, actor)
        return self._known

    async def end(self, actor: Actor) -> None:
        """Let changes be made again.

        Raises:
            DatabaseAway.
        """
        await self._repository.end(actor)
        self._known = None

    def document(self) -> dict[str, Any] | None:
        """What everybody may know of it, as `schemas.ReadOnlyState` describes it."""
        mode = self.current
        if mode is None:
            return None
        return {
            "since": format_instant(mode.since),
            "until": None if mode.ends_at is None else format_instant(mode.ends_at),
            "reason": mode.reason,
        }
