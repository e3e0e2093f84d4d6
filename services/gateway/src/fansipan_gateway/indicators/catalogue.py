"""The definitions, remembered so that a read costs no query for them."""

import asyncio
import time
from collections.abc import Callable
from itertools import groupby

import structlog
from pydantic import ValidationError

from fansipan_common.errors import NotFound
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.indicators.domain.versions import IndicatorEntry, IndicatorVersion
from fansipan_gateway.indicators.repository.definitions import DefinitionRepository
from fansipan_indicators.definitions import Definition

_log = structlog.get_logger(__name__)


class IndicatorCatalogue:
    """All indicators with all their versions, as analytics evaluates them.

    They are remembered for `ttl` seconds, or until `invalidate`.
    """

    def __init__(
        self,
        repository: DefinitionRepository,
        *,
        ttl: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._repository = repository
        self._ttl = ttl
        self._monotonic = monotonic
        self._entries: dict[str, IndicatorEntry] = {}
        self._until = float("-inf")
        self._generation = 0
        self._loading = asyncio.Lock()

    async def entries(self, visibility: Visibility) -> list[IndicatorEntry]:
        """The indicators that a reader sees, by key.

        Raises:
            DatabaseAway.
        """
        return [entry for entry in (await self._load()).values() if entry.seen_with(visibility)]

    async def find(self, key: str, visibility: Visibility) -> IndicatorEntry:
        """One indicator.

        Raises:
            NotFound: there is none, or this reader does not see it.
            DatabaseAway.
        """
        entry = (await self._load()).get(key)
        if entry is None or not entry.seen_with(visibility):
            raise NotFound(f"there is no indicator {key[:80]!r}; GET /v1/indicators lists them")
        return entry

    def invalidate(self) -> None:
        """Read the definitions again; called when `catalogue_changed` is notified."""
        self._generation += 1
        self._until = float("-inf")

    async def _load(self) -> dict[str, IndicatorEntry]:
        if self._monotonic() < self._until:
            return self._entries
        async with self._loading:
            if self._monotonic() < self._until:
                return self._entries
            generation = self._generation
            rows = await self._repository.fetch_all()
            versions = [version for row in rows if (version := _version(row)) is not None]
            self._entries = {
                key: IndicatorEntry(key, tuple(group))
                for key, group in groupby(versions, key=lambda version: version.definition.id)
            }
            if generation == self._generation:
                self._until = self._monotonic() + self._ttl
            return self._entries


def _version(row: Row) -> IndicatorVersion | None:
    """A version from its row; None when this release cannot read it: a newer analytics wrote it. The others go on."""
    try:
        definition = Definition.model_validate(row["document"])
        [version] = definition.versions
    except (ValidationError, ValueError) as error:
        _log.error(
            "definition cannot be read; is the gateway older than analytics?",
            indicator=row["key"],
            version=row["version"],
            error=str(error),
        )
        return None
    return IndicatorVersion(row["id"], definition, version, row["digest"], row["public"], row["retired_at"])
