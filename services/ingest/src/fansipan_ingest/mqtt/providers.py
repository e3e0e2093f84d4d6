"""Providers in whose name messages come, remembered for seconds, and for minutes while the database is away."""

import time
from collections.abc import Callable
from typing import Final

from fansipan_common.api_keys import Principal
from fansipan_common.db import DatabaseAway
from fansipan_common.errors import Forbidden
from fansipan_ingest.repository.providers import ProviderRepository

_FRESH_SECONDS: Final = 10.0
_STALE_SECONDS: Final = 600.0


class KnownProviders:
    """Asks for each provider once in ten seconds, or when the registry has changed.

    Args:
        repository: where providers are.
        monotonic: a clock in seconds.
    """

    def __init__(
        self, repository: ProviderRepository, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._repository = repository
        self._monotonic = monotonic
        self._known: dict[str, tuple[Principal, float, int]] = {}
        self._generation = 0

    def invalidate(self) -> None:
        """Ask again at the next use; called when `registry_changed` is notified."""
        self._generation += 1

    async def principal(self, key: str) -> Principal:
        """The provider `key` as somebody who may write all of its datastreams.

        Raises:
            Forbidden: there is no such provider, or it is disabled.
            DatabaseAway: and the provider was not seen lately.
        """
        known = self._known.get(key)
        age = self._monotonic() - known[1] if known is not None else 0.0
        if known is not None and known[2] == self._generation and age < _FRESH_SECONDS:
            return known[0]
        generation = self._generation
        try:
            principal = await self._repository.principal(key)
        except DatabaseAway:
            if known is None or age > _STALE_SECONDS:
                raise
            return known[0]
        except Forbidden:
            self._known.pop(key, None)
            raise
        self._known[key] = (principal, self._monotonic(), generation)
        return principal
