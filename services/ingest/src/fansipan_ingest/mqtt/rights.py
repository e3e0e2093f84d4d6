"""What an API key may publish at the broker."""

import re
from typing import Final

from fansipan_common.api_keys import Principal
from fansipan_common.contracts.keys import PROPERTY_KEY, PROVIDER_KEY, THING_KEY
from fansipan_common.errors import Forbidden
from fansipan_common.security import Scope
from fansipan_ingest.mqtt.topics import ROOT

_THING: Final = re.compile(rf"{PROVIDER_KEY.pattern}/{THING_KEY.pattern}/({PROPERTY_KEY.pattern})?")
"""No part of it can hold a wildcard."""


def topics_of(principal: Principal) -> list[str]:
    """Topic filters a key may publish to; never more than it may write by HTTP.

    A key for all datastreams of its provider gets everything below the provider. The broker knows whole levels only:
    of a key's prefixes, `<provider>/<thing>/` becomes all properties of the thing and `<provider>/<thing>/<property>`
    that one datastream. Such a key cannot publish arrays: the broker does not see what is in them.

    Raises:
        Forbidden: the key may not write, or none of its prefixes ends with a level.
    """
    principal.require(Scope.WRITE)
    own = f"{principal.provider_key}/"
    if not principal.datastream_prefixes or own in principal.datastream_prefixes:
        return [f"{ROOT}/{own}#"]
    topics: list[str] = []
    for prefix in principal.datastream_prefixes:
        if (thing := _THING.fullmatch(prefix)) is not None and prefix.startswith(own):
            topics.append(f"{ROOT}/{prefix}" if thing[1] else f"{ROOT}/{prefix}+")
    if not topics:
        raise Forbidden(
            "what this key may write cannot be said to an MQTT broker: its prefixes must be"
            " <provider>/<thing>/ or <provider>/<thing>/<property>"
        )
    return topics
