"""What an API key may publish and subscribe to at the broker, and what our own services may."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from fansipan_common.api_keys import Principal
from fansipan_common.contracts.keys import PROPERTY_KEY, PROVIDER_KEY, THING_KEY
from fansipan_common.errors import Forbidden
from fansipan_common.security import Scope
from fansipan_ingest.mqtt.topics import ROOT, STA_ROOT

_THING: Final = re.compile(rf"{PROVIDER_KEY.pattern}/{THING_KEY.pattern}/({PROPERTY_KEY.pattern})?")
"""No part of it can hold a wildcard."""


LIVE_ROOT: Final = "live"
OPEN_READING: Final = (f"{STA_ROOT}/#", f"{LIVE_ROOT}/indicators/#", f"{LIVE_ROOT}/alerts/#")
"""What a key may subscribe to where everybody may read."""

KEEPER_ROLE: Final = "fansipan-keeper"
OWN_ROLES: Final[Mapping[str, tuple[Sequence[str], Sequence[str]]]] = {
    KEEPER_ROLE: (["fansipan-control/#"], []),
    "fansipan-publisher": ([f"{STA_ROOT}/#", f"{LIVE_ROOT}/#"], ["fansipan-control/#"]),
}
"""Roles of ingest and of the gateway: what they publish and what they subscribe to."""


def subscriptions_of(
    principal: Principal, datastreams: Sequence[tuple[int, int]] | None, *, reading_is_open: bool
) -> list[str]:
    """Topic filters a key may subscribe to; never more than it may read by HTTP (docs/api/visibility.md).

    Args:
        principal: whom the key belongs to.
        datastreams: ids of datastreams that the key is for and of their things, to be named one by one; None: it did
            not ask for that.
        reading_is_open: whether everybody may read.

    Raises:
        Forbidden: the key may not read, or it is limited to some datastreams and has not asked for them by name.
    """
    principal.require(Scope.READ)
    if reading_is_open:
        return [*OPEN_READING]
    provider = principal.provider_key
    whole = not principal.datastream_prefixes or f"{provider}/" in principal.datastream_prefixes
    if not whole and datastreams is None:
        raise Forbidden(
            "this key is for some datastreams: ask with ?sensorThings=true, and the broker is told each of them"
        )
    topics = [f"{LIVE_ROOT}/indicators/#"]
    if whole:
        topics.append(f"{LIVE_ROOT}/providers/{provider}/#")
    things = sorted({thing for _, thing in datastreams or ()})
    topics += [f"{STA_ROOT}/Datastreams({datastream})/#" for datastream, _ in datastreams or ()]
    topics += [f"{STA_ROOT}/Things({thing})/#" for thing in things]
    return topics


def topics_without_datastream(principal: Principal, features: Sequence[int]) -> list[str]:
    """Topics of SensorThings that name no datastream; for keys of the one provider that may use them.

    A key that is limited to some datastreams gets none: the broker does not see which one a message names. Features are
    named one by one, for a filter that matches all of them (`v1.1/+/Observations`) matches datastreams of others, too.
    """
    if principal.datastream_prefixes and f"{principal.provider_key}/" not in principal.datastream_prefixes:
        return []
    of_features = [f"{STA_ROOT}/FeaturesOfInterest({feature})/Observations" for feature in features]
    return [f"{STA_ROOT}/Observations", *of_features]


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
        if (
            (thing := _THING.fullmatch(prefix)) is not None
            and prefix.startswith(own)
            and not prefix.startswith(
                f"{own}{STA_ROOT}/"
            )  # there, messages say themselves what they are about
        ):
            topics.append(f"{ROOT}/{prefix}" if thing[1] else f"{ROOT}/{prefix}+")
    if not topics:
        raise Forbidden(
            "what this key may write cannot be said to an MQTT broker: its prefixes must be"
            " <provider>/<thing>/ or <provider>/<thing>/<property>"
        )
    return topics
