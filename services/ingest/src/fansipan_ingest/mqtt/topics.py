"""The topics that are read, and what each says of its messages.

`fansipan/<provider>/…` is the whole name space: the broker lets a key publish below its own provider only, so the
second level of a topic is known to be true.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from fansipan_common.contracts.keys import PROVIDER_KEY
from fansipan_ingest.domain.rules import Rejection

ROOT: Final = "fansipan"
FILTER: Final = f"{ROOT}/#"
_STA_VERSION: Final = "v1.1"
_STA_DATASTREAM: Final = re.compile(r"Datastreams\(([1-9][0-9]{0,9})\)")
_FORMS: Final = (
    "fansipan/<provider>/<thing>/<property>, fansipan/<provider>/observations"
    " or fansipan/<provider>/v1.1/Datastreams(<id>)/Observations"
)


@dataclass(frozen=True, slots=True)
class Address:
    """What a topic says of its messages.

    Attributes:
        provider: key of the provider that sent them.
        form: `value` (one reading of a datastream), `batch` (an array of observations) or `sensorthings` (one
            Observation entity of SensorThings).
        datastream: key or id of the datastream; None for a batch, whose items say it themselves.
    """

    provider: str
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
    if provider is None:
        return Rejection("topic-unknown", f"nothing is read from {topic}: publish to {_FORMS}")
    match topic.split("/")[2:]:
        case ["observations"]:
            return Address(provider, "batch")
        case [thing, prop]:
            return Address(provider, "value", f"{provider}/{thing}/{prop}")
        case [version, entity, "Observations"] if version == _STA_VERSION:
            if (match := _STA_DATASTREAM.fullmatch(entity)) is not None:
                return Address(provider, "sensorthings", int(match[1]))
        case _:
            pass
    return Rejection("topic-unknown", f"nothing is read from {topic}: publish to {_FORMS}")
