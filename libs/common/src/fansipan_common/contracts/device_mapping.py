"""What is known of a device (or another source of a door): which thing it is, and what its values are called here.

One form for three doors:

| door | a device is | its values have the path |
|---|---|---|
| `lorawan` | a DevEUI, or application and device id | names of the decoder's output, joined by `:` |
| `influx` | a measurement, or `air*`, or `*` | the field, or what `propertyBy` names, joined by `:` |
| `prometheus` | a metric, or `node_*`, or `*` | the metric, or what `propertyBy` names, joined by `:` |
"""

import math
import re
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel

from fansipan_common.contracts.keys import PROPERTY_KEY, THING_KEY

MappedDoor = Literal["lorawan", "influx", "prometheus"]
MAX_SOURCES: Final = 10_000
"""Measurements or metrics, for each door, that one provider may have a mapping for; LoRaWAN devices are not bounded."""
MAX_RULES: Final = 300

_EUI: Final = re.compile(r"[0-9A-Fa-f]{16}")
_UCUM: Final = r"^[!-~]{1,64}$"
_LINE: Final = r"^[^\x00-\x1f\x7f]*$"

ThingKey = Annotated[str, Field(pattern=f"^{THING_KEY.pattern}$", examples=["tram-1"])]
PropertyKey = Annotated[str, Field(pattern=f"^{PROPERTY_KEY.pattern}$", examples=["water_level"])]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=_LINE)]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class ReadingRule(_Part):
    """What becomes of the values of one path: `result = value × scale + offset`.

    Attributes:
        property: what it is called here; None: as without a rule.
        unit: UCUM code of the result; None: as without a rule (after a scale or an offset: not known).
        scale, offset: exact in decimal; booleans and texts stay as they are.
        ignore: it is not stored, nor is what lies below its path.
    """

    property: PropertyKey | None = None
    unit: Annotated[str | None, Field(pattern=_UCUM, examples=["mm"])] = None
    scale: float = 1.0
    offset: float = 0.0
    ignore: bool = False

    @field_validator("scale", "offset")
    @classmethod
    def _finite(cls, value: float) -> float:
        if not math.isfinite(value):
            raise ValueError("must be a finite number")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.scale == 0:
            raise ValueError("scale: zero would make all values one")
        if self.ignore and (self.property or self.unit or self.changes_numbers()):
            raise ValueError("ignore: what is not stored has no property, unit, scale or offset")
        return self

    def changes_numbers(self) -> bool:
        """Whether a number is another one afterwards."""
        return self.scale != 1.0 or self.offset != 0.0


class DeviceMapping(_Part):
    """One device of a provider.

    Attributes:
        door: where its messages come in.
        application: `lorawan` only: id or name of the network server's application; empty: any.
        key: the device: see the module.
        thing: which thing it is; None: as `thing_by` says, or as without a mapping.
        thing_by: `influx`, `prometheus`: the tags (`_measurement` is the measurement) or labels whose values name the
            thing.
        property_by: likewise the property, or the paths of `readings`; Influx has `_field`, Prometheus `__name__`.
        readings: what becomes of values, by path.
        others: values without a rule: as without a mapping, or not stored.
    """

    door: MappedDoor
    application: Annotated[str, Field(max_length=200, pattern=_LINE)] = ""
    key: Name
    thing: ThingKey | None = None
    thing_by: Annotated[list[Name], Field(max_length=20)] = []
    property_by: Annotated[list[Name], Field(max_length=20)] = []
    readings: Annotated[dict[Name, ReadingRule], Field(max_length=MAX_RULES)] = {}
    others: Literal["keep", "ignore"] = "keep"

    @model_validator(mode="before")
    @classmethod
    def _lower_eui(cls, said: Any) -> Any:
        """A DevEUI is written in lower case, whoever writes it."""
        if isinstance(said, dict) and said.get("door") == "lorawan" and isinstance(said.get("key"), str):
            return said | {"key": lower_eui(said["key"])}
        return said

    @model_validator(mode="after")
    def _fits_its_door(self) -> Self:
        if self.door == "lorawan":
            if not _EUI.fullmatch(self.key) and not self.application:
                raise ValueError("key: a DevEUI has 16 hexadecimal digits; a device id needs its application")
            if self.thing_by or self.property_by:
                raise ValueError("thingBy, propertyBy: a LoRaWAN device is one thing; use thing and readings")
            return self
        if self.application:
            raise ValueError(f"application: {self.door} has none")
        if self.thing is not None and self.thing_by:
            raise ValueError("thing, thingBy: one of them says which thing it is")
        if "*" in self.key[:-1]:
            raise ValueError("key: * stands at the end only, for all that begin so")
        return self

    def said(self) -> dict[str, Any]:
        """All but what identifies it, as it is kept: JSON, without what is as it is by default."""
        return self.model_dump(
            mode="json", by_alias=True, exclude={"door", "application", "key"}, exclude_defaults=True
        )

    @property
    def name(self) -> str:
        """What identifies it within its provider, for people and the audit trail."""
        return "/".join([self.door, *([self.application] if self.application else []), self.key])


def lower_eui(key: str) -> str:
    """A DevEUI in lower case, also one written with separators; anything else as it is."""
    bare = key.replace("-", "").replace(":", "").replace(" ", "")
    return bare.lower() if _EUI.fullmatch(bare) else key


def faults_of(error: ValidationError) -> list[str]:
    """What is wrong with a mapping, for a person."""
    found: list[str] = []
    for each in error.errors(include_url=False):
        place = ".".join(str(part) for part in each["loc"])
        text = each["msg"].removeprefix("Value error, ")
        if each["type"] == "extra_forbidden":
            text = "no such member"
        found.append(f"{place}: {text}" if place else text)
    return found
