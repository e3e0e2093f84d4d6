"""What `/v1/admin/devices` takes and gives."""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import Field

from fansipan_common.contracts.device_mapping import MAX_RULES, MappedDoor, Name, ReadingRule, ThingKey
from fansipan_gateway.administration.schemas import Body, ListParameters, ProviderKey
from fansipan_gateway.api.parameters import ResponseModel, Search

_LINE = r"^[^\x00-\x1f\x7f]*$"
_Names = Annotated[list[Name], Field(max_length=20)]
_Readings = Annotated[
    dict[Name, ReadingRule],
    Field(
        max_length=MAX_RULES,
        description="By path: what the decoder calls it, names joined by `:`; the field; the metric.",
        examples=[{"water:level_mm": {"property": "water_level", "unit": "m", "scale": 0.001}}],
    ),
]

DoorPath = Annotated[MappedDoor, Path(description="Where its messages come in.")]
DeviceKeyPath = Annotated[
    str,
    Path(
        min_length=1,
        max_length=200,
        pattern=_LINE,
        description="DevEUI or device id; measurement; metric. The last two may end with `*`.",
    ),
]
ApplicationQuery = Annotated[
    str, Query(max_length=200, pattern=_LINE, description="LoRaWAN: id or name; empty: any.")
]


class DeviceParameters(ListParameters):
    """Query parameters."""

    provider: ProviderKey | None = None
    door: MappedDoor | None = None
    q: Annotated[Search | None, Field(description="Text in key, application or thing.")] = None


class DeviceBody(Body):
    """All that is said of it; what is left out is as without a mapping."""

    thing: ThingKey | None = None
    thing_by: _Names = Field(default_factory=list[Name])
    property_by: _Names = Field(default_factory=list[Name])
    readings: _Readings = Field(default_factory=dict[Name, ReadingRule])
    others: Annotated[
        Literal["keep", "ignore"],
        Field(description="Values without a rule: as without a mapping, or not stored."),
    ] = "keep"


class Device(ResponseModel):
    """What the doors know of a device, a measurement or a metric."""

    provider: str
    door: MappedDoor
    application: str
    key: Annotated[str, Field(examples=["0004a30b001c0530"])]
    thing: Annotated[str | None, Field(examples=["tram-1"])]
    thing_by: list[str]
    property_by: list[str]
    readings: dict[str, ReadingRule]
    others: Literal["keep", "ignore"]
    updated_at: str
    version: Annotated[str, Field(description="For If-Match, in quotes.")]


class DeviceList(ResponseModel):
    """One page, in the order in which they were made."""

    items: list[Device]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
