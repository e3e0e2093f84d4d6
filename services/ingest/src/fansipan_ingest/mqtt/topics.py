"""The topics that are read, and what each says of its messages.

The broker lets a key publish below its own provider only, so the second level of `fansipan/<provider>/…` is known to be
true. The topics of SensorThings, `v1.1/…`, name no provider: there the broker lets a key publish to datastreams of its
own provider one by one, so the provider is the datastream's. Those that do not even name a datastream are for the keys
of one provider, if for any (`FANSIPAN_MQTT_SENSOR_THINGS_PROVIDER`).

Data goes out on `v1.1/…`, too. Of that, what is published to `v1.1/<…>/Observations` comes by here and is let go, while
any key may publish there.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from fansipan_common.contracts.keys import PROVIDER_KEY
from fansipan_ingest.domain.rules import Rejection

ROOT: Final = "fansipan"
STA_ROOT: Final = "v1.1"
FILTERS: Final = (f"{ROOT}/#",)
SENSOR_THINGS_FILTERS: Final = (f"{STA_ROOT}/+/Observations",)
WITHOUT_DATASTREAM: Final = f"{STA_ROOT}/Observations"
FORMER_FILTERS: Final = (f"{STA_ROOT}/#",)
"""Subscriptions that a lasting session may have from an earlier version."""

_STA_ENTITY: Final = re.compile(r"(Datastreams|FeaturesOfInterest)\(([1-9][0-9]{0,9})\)")
_FORMS: Final = (
    "fansipan/<provider>/<thing>/<property>, fansipan/<provider>/observations, fansipan/<provider>/v1.1/Observations,"
    " fansipan/<provider>/v1.1/Datastreams(<id>)/Observations, v1.1/Datastreams(<id>)/Observations or"
    " fansipan/<provider>/v1.1/FeaturesOfInterest(<id>)/Observations"
)


@dataclass(frozen=True, slots=True)
class Address:
    """What a topic says of its messages.

    Attributes:
        provider: key of the provider that sent them; None: that of the datastream, or where there is none either, the
            one that may publish there.
        form: `value` (one reading of a datastream), `batch` (an array of observations) or `sensorthings` (one
            Observation entity of SensorThings).
        datastream: key or id of the datastream; None where the messages say it themselves.
        feature: id of the feature of interest; None: messages may say it themselves.
    """

    provider: str | None
    form: Literal["value", "batch", "sensorthings"]
    datastream: str | int | None = None
    feature: int | None = None


def provider_of(topic: str) -> str | None:
    """The provider below whose level a topic lies, if it names one."""
    levels = topic.split("/", 2)
    if len(levels) < 2 or levels[0] != ROOT or not PROVIDER_KEY.fullmatch(levels[1]):
        return None
    return levels[1]


def address_of(topic: str) -> Address | Rejection:
    """Understand a topic. Whether its parts may name a datastream is checked with the observation."""
    provider = provider_of(topic)
    levels = topic.split("/")
    address = None
    if provider is not None:
        address = _below_provider(provider, levels[2:])
    elif levels[0] == STA_ROOT:
        address = _sensor_things(None, levels)
    return address or Rejection("topic-unknown", f"nothing is read from {topic}: publish to {_FORMS}")


def sensor_things_topic(datastream: int) -> str:
    """Where Observations of a datastream are created."""
    return f"{STA_ROOT}/Datastreams({datastream})/Observations"


def _below_provider(provider: str, levels: list[str]) -> Address | None:
    match levels:
        case ["observations"]:
            return Address(provider, "batch")
        case [version, "Observations"] if version == STA_ROOT:
            return Address(provider, "sensorthings")
        case [thing, prop]:
            return Address(provider, "value", f"{provider}/{thing}/{prop}")
        case _:
            return _sensor_things(provider, levels)


def _sensor_things(provider: str | None, levels: list[str]) -> Address | None:
    match levels:
        case [version, "Observations"] if version == STA_ROOT:
            return Address(provider, "sensorthings")
        case [version, entity, "Observations"] if version == STA_ROOT:
            found = _STA_ENTITY.fullmatch(entity)
            if found is None:
                return None
            if found[1] == "Datastreams":
                return Address(provider, "sensorthings", int(found[2]))
            return Address(provider, "sensorthings", feature=int(found[2]))
        case _:
            return None
