"""Administering what is known of devices."""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from fansipan_common.contracts.device_mapping import DeviceMapping, faults_of
from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.administration.devices.domain import DeviceFilter, MappingInvalid, device_item
from fansipan_gateway.administration.devices.repository import DeviceMappings
from fansipan_gateway.domain.cursor import LARGEST_ID, decode_id_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of
from fansipan_gateway.things.domain import like_pattern

_KIND: Final = "admin-devices"


@dataclass(frozen=True, slots=True)
class DevicePlace:
    """Which device."""

    provider: str
    door: str
    application: str
    key: str

    def mapping(self, said: dict[str, Any]) -> DeviceMapping:
        """The device with what is said of it. Raises `MappingInvalid`."""
        place = {"door": self.door, "application": self.application, "key": self.key}
        try:
            return DeviceMapping.model_validate(place | said)
        except ValidationError as error:
            raise MappingInvalid("; ".join(faults_of(error)[:10])) from None


class Devices:
    """Mappings of devices. Ingest follows a change within a second."""

    def __init__(self, mappings: DeviceMappings) -> None:
        self._mappings = mappings

    async def list(self, wanted: DeviceFilter, *, limit: int, cursor: str | None) -> Page:
        """One page.

        Raises:
            BadCursor, DatabaseAway.
        """
        after = decode_id_cursor(_KIND, cursor, largest=LARGEST_ID)
        like = None if wanted.q is None else like_pattern(wanted.q)
        rows = await self._mappings.fetch(wanted, like=like, after=after, limit=limit + 1)
        return page_of(rows, limit, device_item, behind=lambda row: encode_cursor(_KIND, row["id"]))

    async def put(
        self, place: DevicePlace, said: dict[str, Any], if_match: str | None, actor: Actor
    ) -> dict[str, Any]:
        """Say what is known of a device.

        Raises:
            MappingInvalid, ProviderUnknown, PreconditionFailed, TooManySources, DatabaseAway.
        """
        return device_item(await self._mappings.put(place.provider, place.mapping(said), if_match, actor))

    async def delete(self, place: DevicePlace, if_match: str | None, actor: Actor) -> None:
        """Forget what is known of a device.

        Raises:
            MappingInvalid, DeviceUnknown, PreconditionFailed, DatabaseAway.
        """
        await self._mappings.delete(place.provider, place.mapping({}), if_match, actor)
