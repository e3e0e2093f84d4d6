"""What the doors know of devices, ready to be applied."""

from collections.abc import Sequence
from typing import Protocol

from fansipan_common.contracts.device_mapping import DeviceMapping, MappedDoor
from fansipan_ingest.doors.devices import NO_SOURCES, Device, Sources


class Mappings(Protocol):
    """Where mappings are kept; `sources` gives the same object until one is changed."""

    async def device(
        self, provider_id: int, keys: Sequence[str], applications: Sequence[str]
    ) -> DeviceMapping | None: ...

    async def sources(self, provider_id: int, door: MappedDoor) -> tuple[DeviceMapping, ...]: ...


class KnownDevices:
    """Prepares mappings; those of measurements and metrics once, until one is changed."""

    def __init__(self, mappings: Mappings) -> None:
        self._mappings = mappings
        self._prepared: dict[tuple[int, MappedDoor], tuple[tuple[DeviceMapping, ...], Sources]] = {}

    async def device(
        self, provider_id: int, keys: Sequence[str], applications: Sequence[str]
    ) -> Device | None:
        """The LoRaWAN device under the first of some keys, of the first of some applications; None: not mapped.

        Raises:
            DatabaseAway: it is not remembered and the database does not answer.
        """
        mapping = await self._mappings.device(provider_id, keys, applications)
        return None if mapping is None else Device(mapping)

    async def sources(self, provider_id: int, door: MappedDoor) -> Sources:
        """The mappings of a provider for measurements or metrics.

        Raises:
            DatabaseAway: they are not remembered and the database does not answer.
        """
        mappings = await self._mappings.sources(provider_id, door)
        if not mappings:
            return NO_SOURCES
        before = self._prepared.get((provider_id, door))
        if before is not None and before[0] is mappings:
            return before[1]
        sources = Sources(mappings)
        self._prepared[provider_id, door] = (mappings, sources)
        return sources
