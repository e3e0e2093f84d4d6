"""The topics that are read, and what each says of its messages.

The broker lets a key publish below its own provider only, so the second level of `fansipan/<provider>/…` is known to be
true. The topics of SensorThings, `v1.1/…`, name no provider: there the broker lets a key publish to datastreams of its
own provider one by one, so the provider is the datastream's.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from fansipan_common.contracts.keys import PROVIDER_KEY
from fansipan_ingest.domain.rules import Rejection

ROOT: Final = "fansipan"
STA_ROOT: Final = "v1.1"
FILTERS: Final = (f"{ROOT}/#", f"{STA_ROOT}/#")
_STA_DATASTREAM: Final = re.compile(r"Datastreams\(([1-9][0-9]{0,9})\)")
_FORMS: Final = (
    "fansipan/<provider>/<thing>/<property>, fansipan/<provider>/observations,"
    " fansipan/<provider>/v1.1/Datastreams(<id>)/Observations or v1.1/Datastreams(<id>)/Observations"
)


@dataclass(frozen=True, slots=True)
class Address:
    """What a topic says of its messages.

    Attributes:
        provider: key of the provider that sent them; None: that of the datastream.
        form: `value` (one reading of a datastream), `batch` (an array of observations) or `sensorthings` (one
            Observation entity of SensorThings).
        datastream: key or id of the datastream; None for a batch, whose items say it themselves.
    """

    provider: str | None
    form: Literal["value", "batch", "sensorthings"]
    datastream: str | int | None = None


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
        case [thing, prop]:
            return Address(provider, "value", f"{provider}/{thing}/{prop}")
        case _:
            return _sensor_things(provider, levels)


def _sensor_things(provider: str | None, levels: list[str]) -> Address | None:
    match levels:
        case [version, entity, "Observations"] if version == STA_ROOT:
            found = _STA_DATASTREAM.fullmatch(entity)
            return None if found is None else Address(provider, "sensorthings", int(found[1]))
        case _:
            return None
