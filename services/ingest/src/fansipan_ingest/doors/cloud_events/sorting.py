"""Events sorted by what they carry: observations, or what a public service did. Pure."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import pydantic_core
from pydantic import TypeAdapter

from fansipan_common.contracts import OBSERVATION_LIST, ObservationItem, ServiceEvent, ServiceEventType
from fansipan_common.contracts.dead_letter import DeadLetterItem
from fansipan_common.contracts.doors import Door
from fansipan_ingest.domain.parsing import ParsedItems, parse_json_items

OBSERVATION_TYPE: Final = "vn.fansipan.observation.v1"
"""Its data are an observation as `POST /v1/observations` takes it, or an array of them. `subject` stands for a
datastream that is left out, the event's `time` for a phenomenonTime that is."""

_SERVICE_TYPES: Final = frozenset(ServiceEventType)
_SERVICE_EVENTS: Final[TypeAdapter[list[ServiceEvent]]] = TypeAdapter(list[ServiceEvent])
_SPEC: Final = "1.0"
T = TypeVar("T")


@dataclass(slots=True)
class SortedEvents:
    """The events of a request; indexes are those of the events, also where one holds several observations."""

    observations: ParsedItems[ObservationItem]
    service_events: ParsedItems[ServiceEvent]


@dataclass(slots=True)
class _Pile:
    values: list[Any] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    rejected: list[DeadLetterItem] = field(default_factory=list)

    def put(self, place: int, value: Any) -> None:
        self.values.append(value)
        self.places.append(place)

    def refuse(self, place: int, code: str, detail: str, event: Any) -> None:
        item = DeadLetterItem(index=place, code=code, detail=detail, payload=event, door=Door.CLOUD_EVENTS)
        self.rejected.append(item)

    def parsed(self, adapter: TypeAdapter[list[T]]) -> ParsedItems[T]:
        count = max(1, len(self.values))
        parsed = parse_json_items(adapter, pydantic_core.to_json(self.values), max_items=count)
        refused = [item.model_copy(update={"index": self.places[item.index]}) for item in parsed.rejected]
        indexes: Sequence[int] = [self.places[index] for index in parsed.indexes]
        return ParsedItems(parsed.items, indexes, self.rejected + refused, reread=parsed.reread)


def sort_events(events: list[Any]) -> SortedEvents:
    """Sort events (as JSON has them) by their type, and check each against the contract of its kind."""
    observations, service_events = _Pile(), _Pile()
    for place, event in enumerate(events):
        if not isinstance(event, dict):
            observations.refuse(place, "invalid-item", "an event is an object", event)
            continue
        event_type = event.get("type")
        if isinstance(event_type, str) and event_type in _SERVICE_TYPES:
            service_events.put(place, event)
        elif event_type == OBSERVATION_TYPE:
            _take_observations(observations, place, event)
        else:
            detail = f"events of the type {str(event_type)[:100]!r} are not taken here"
            observations.refuse(place, "event-type-unknown", detail, event)
    return SortedEvents(observations.parsed(OBSERVATION_LIST), service_events.parsed(_SERVICE_EVENTS))


def _take_observations(pile: _Pile, place: int, event: dict[str, Any]) -> None:
    fault = _attribute_fault(event)
    if fault is not None:
        pile.refuse(place, "invalid-item", fault, event)
        return
    try:
        data = _data_of(event)
    except ValueError as error:
        pile.refuse(place, "invalid-item", f"data_base64: {error}", event)
        return
    for item in data if isinstance(data, list) else [data]:
        pile.put(place, _completed(item, event) if isinstance(item, dict) else item)


def _completed(item: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    implied = {"datastream": event.get("subject"), "phenomenonTime": event.get("time")}
    return {name: value for name, value in implied.items() if value is not None} | item


def _attribute_fault(event: dict[str, Any]) -> str | None:
    if event.get("specversion") != _SPEC:
        return f"specversion: must be {_SPEC!r}"
    for name in ("id", "source"):
        if not isinstance(event.get(name), str) or not event[name]:
            return f"{name}: text is needed"
    media_type = event.get("datacontenttype", "application/json")
    if not isinstance(media_type, str) or media_type.partition(";")[0].strip().lower() != "application/json":
        return "datacontenttype: must be application/json"
    if ("data" in event) == ("data_base64" in event):
        return "data: is needed, once"
    return None


def _data_of(event: dict[str, Any]) -> Any:
    if "data" in event:
        return event["data"]
    try:
        packed = base64.b64decode(event["data_base64"], validate=True)
    except (TypeError, binascii.Error):
        raise ValueError("is no base64") from None
    return pydantic_core.from_json(packed, allow_inf_nan=False)
