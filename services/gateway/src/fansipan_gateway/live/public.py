"""What everybody may see, as the catalogue says it: remembered for a while, and when the database is away."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from fansipan_common.db import DatabaseAway
from fansipan_gateway.alerts.repository import AlertRepository
from fansipan_gateway.domain.visibility import PUBLIC
from fansipan_gateway.indicators.catalogue import IndicatorCatalogue
from fansipan_gateway.live.domain import Public

_TTL_SECONDS: Final = 30.0
_RETRY_SECONDS: Final = 2.0
_PATIENCE_SECONDS: Final = 1.0


class PublicKnowledge:
    """Says which indicators and rules are public. What it does not know is not public."""

    def __init__(
        self,
        catalogue: IndicatorCatalogue,
        alerts: AlertRepository,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalogue = catalogue
        self._alerts = alerts
        self._monotonic = monotonic
        self._known = Public()
        self._until = float("-inf")

    def invalidate(self) -> None:
        """Ask again; called when the catalogue changed."""
        self._until = float("-inf")

    async def known(self) -> Public:
        """What is public. While the database is away: what was."""
        if self._monotonic() >= self._until:
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    entries = await self._catalogue.entries(PUBLIC)
                    rules = await self._alerts.public_rules()
                self._known = Public(frozenset(entry.key for entry in entries), rules)
                self._until = self._monotonic() + _TTL_SECONDS
            except (DatabaseAway, TimeoutError):
                self._until = self._monotonic() + _RETRY_SECONDS
        return self._known
