"""Doors of ingest with a form of their own, and the way back to them for what was refused there.

A dead letter says the door whose form its payload has, and what else was said beside the payload. One without a door
is an observation or a service event in our own form.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Door(StrEnum):
    """The doors."""

    INFLUX = "influx"
    SENML = "senml"
    CLOUD_EVENTS = "cloud-events"
    CHIRPSTACK = "chirpstack"
    THINGS_STACK = "the-things-stack"
    NGSI_V2 = "ngsi-v2"
    NGSI_LD = "ngsi-ld"
    MQTT = "mqtt"


class PayloadUnfit(ValueError):
    """The payload is not in the form of its door."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a door is addressed.

    Attributes:
        path: of ingest.
        media_type: of the body.
        is_text: the payload is text, not JSON.
        in_array: the door takes an array; a payload that is none is put into one.
        query, headers: names in a letter's context that are said there.
    """

    path: str
    media_type: str = "application/json"
    is_text: bool = False
    in_array: bool = False
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


WAYS: Final[Mapping[Door, Way]] = {
    Door.INFLUX: Way("/api/v2/write", "text/plain; charset=utf-8", is_text=True, query=("precision",)),
    Door.SENML: Way("/v1/senml", "application/senml+json", in_array=True),
    Door.CLOUD_EVENTS: Way("/v1/events", "application/cloudevents+json"),
    Door.CHIRPSTACK: Way("/v1/lorawan/chirpstack"),
    Door.THINGS_STACK: Way("/v1/lorawan/the-things-stack"),
    Door.NGSI_V2: Way("/v1/ngsi-v2/notify", headers=("fiware-service", "fiware-servicepath")),
    Door.NGSI_LD: Way("/v1/ngsi-ld/notify", headers=("ngsild-tenant",)),
    Door.MQTT: Way("/v1/mqtt/messages", query=("topic",)),
}


@dataclass(frozen=True, slots=True)
class Return:
    """A request that brings a payload back to its door.

    Attributes:
        target: path and query.
        body: as the door takes it.
        headers: with the content type.
    """

    target: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def way_back(
    door: Door, payload: Any, context: Mapping[str, str], *, arrived: datetime, query: Mapping[str, str]
) -> Return:
    """The request for a payload.

    Args:
        door: whose form it has.
        payload: text for doors of text, else any JSON.
        context: of the dead letter.
        arrived: when it came first: the time of what says none.
        query: what else to ask for.

    Raises:
        PayloadUnfit: no text where text is needed, or text of comments only.
    """
    way = WAYS[door]
    if way.is_text:
        body = _text(payload).encode("utf-8", "surrogatepass")
    else:
        value = [payload] if way.in_array and not isinstance(payload, list) else payload
        body = json.dumps(value).encode()  # numbers of any size, as they were sent
    said = {name: context[name] for name in way.query if name in context}
    headers = {name: context[name] for name in way.headers if name in context}
    asked = urlencode(said | {"arrived": str((arrived - _EPOCH) // timedelta(milliseconds=1))} | dict(query))
    return Return(f"{way.path}?{asked}", body, {"Content-Type": way.media_type, **headers})


def _text(payload: Any) -> str:
    if not isinstance(payload, str):
        raise PayloadUnfit("this door takes text: write the payload as one JSON string")
    if all(not line.strip() or line.lstrip().startswith("#") for line in payload.splitlines()):
        raise PayloadUnfit("the text holds no point")
    return payload
