"""Mappings of devices, cached: also that there is none. Forgotten when one is changed."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import asyncpg
import structlog
from pydantic import ValidationError

from fansipan_common.contracts.device_mapping import MAX_SOURCES, DeviceMapping, MappedDoor
from fansipan_common.db import Database

_log = structlog.get_logger(__name__)

_MAX_CACHED: Final = 200_000
_DEVICES: Final = """
SELECT door, application, key, mapping FROM device
 WHERE provider_id = $1 AND door = 'lorawan' AND key = ANY($2::text[]) AND application = ANY($3::text[])
"""
_SOURCES: Final = """
SELECT door, application, key, mapping FROM device WHERE provider_id = $1 AND door = $2 ORDER BY key LIMIT $3
"""

_Place = tuple[int, str, str]


class DeviceRepository:
    """Reads `device`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._devices: dict[_Place, DeviceMapping | None] = {}
        self._sources: dict[tuple[int, MappedDoor], tuple[DeviceMapping, ...]] = {}
        self._generation = 0

    def invalidate(self) -> None:
        """Forget everything cached."""
        self._devices.clear()
        self._sources.clear()
        self._generation += 1

    async def device(
        self, provider_id: int, keys: Sequence[str], applications: Sequence[str]
    ) -> DeviceMapping | None:
        """The LoRaWAN device under the first of some keys, of the first of some applications; None: not mapped.

        Raises:
            DatabaseAway: it is not cached and the database does not answer.
        """
        places = [(provider_id, application, key) for key in keys for application in applications]
        if any(place not in self._devices for place in places):
            generation = self._generation
            rows = await self._database.fetch(_DEVICES, provider_id, list(keys), list(applications))
            found = {(provider_id, row["application"], row["key"]): row for row in rows}
            devices = {place: _device(found.get(place)) for place in places}
            if generation == self._generation:
                if len(self._devices) > _MAX_CACHED:
                    self._devices.clear()
                self._devices |= devices
        else:
            devices = {place: self._devices[place] for place in places}
        return next((device for device in devices.values() if device is not None), None)

    async def sources(self, provider_id: int, door: MappedDoor) -> tuple[DeviceMapping, ...]:
        """The mappings of a provider for measurements or metrics; the same object until one is changed.

        Raises:
            DatabaseAway: they are not cached and the database does not answer.
        """
        cached = self._sources.get((provider_id, door))
        if cached is not None:
            return cached
        generation = self._generation
        rows = await self._database.fetch(_SOURCES, provider_id, door, MAX_SOURCES)
        sources = tuple(_mappings(rows))
        if generation == self._generation:
            self._sources[provider_id, door] = sources
        return sources


def _device(row: "asyncpg.Record | None") -> DeviceMapping | None:
    return next(iter(_mappings([] if row is None else [row])), None)


def _mappings(rows: "Iterable[asyncpg.Record | dict[str, Any]]") -> Iterable[DeviceMapping]:
    for row in rows:
        try:
            yield DeviceMapping(
                door=row["door"], application=row["application"], key=row["key"], **row["mapping"]
            )
        except (ValidationError, TypeError):
            # Written by something that does not know the contract: the device is taken as it names itself.
            _log.exception("the mapping of a device cannot be read", door=row["door"], key=row["key"])
