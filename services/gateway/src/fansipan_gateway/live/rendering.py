"""Live events as the lines of `text/event-stream`, for one subscription."""

from datetime import datetime
from typing import Any, Final

import orjson

from fansipan_common.contracts.live import LiveTopic
from fansipan_gateway.domain.results import moment_of
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.live.domain import EventId, LiveEvent, Public, Subscription
from fansipan_indicators.periods import Period, PeriodKind

_RENDERINGS: Final = 256
_RESET: Final = b"event: reset\ndata: {}\nid: %b\n\n"


def reset_at(place: EventId) -> bytes:
    """Something was missed: the client is to read again."""
    return _RESET % str(place).encode()


def place_at(place: EventId) -> bytes:
    """No event, but the client knows how far it has come; it also keeps the connection alive."""
    return b": \nid: %b\n\n" % str(place).encode()


def render(event: LiveEvent, subscription: Subscription, public: Public) -> bytes | None:
    """What a subscription gets of an event; None: nothing. Remembered with the event for some subscriptions."""
    if event.topic is LiveTopic.RESET:
        return reset_at(event.id)
    if event.topic not in subscription.topics:
        return None
    if subscription in event.rendered:
        return event.rendered[subscription]
    data = shown(event, subscription, public)
    name = "alert" if event.topic is LiveTopic.ALERTS else event.topic.value
    chunk = (
        None
        if data is None
        else b"event: %b\ndata: %b\nid: %b\n\n" % (name.encode(), orjson.dumps(data), str(event.id).encode())
    )
    if len(event.rendered) < _RENDERINGS:
        event.rendered[subscription] = chunk
    return chunk


def shown(event: LiveEvent, subscription: Subscription, public: Public) -> dict[str, Any] | None:
    """What a subscription gets of an event of one of its topics, as a JSON object; None: nothing."""
    match event.topic:
        case LiveTopic.VALUES:
            return _values(event, subscription, public)
        case LiveTopic.ALERTS:
            return _alert(event.document, subscription, public)
        case LiveTopic.OBSERVATIONS:
            return _observations(event.document, subscription)
        case _:
            return None


def _values(event: LiveEvent, subscription: Subscription, public: Public) -> dict[str, Any] | None:
    document = event.document
    indicator = document["indicator"]
    if subscription.indicators is not None and indicator not in subscription.indicators:
        return None
    if event.prepared is None:
        event.prepared = _figures(document)
    is_public = indicator in public.indicators
    figures = [
        figure
        for kind, key, figure in event.prepared
        if subscription.wants_subject(kind, key) and subscription.sight.figure(kind, key, public=is_public)
    ]
    if not figures:
        return None
    return {
        "indicator": indicator,
        "version": document["version"],
        "figures": figures,
        "computedAt": document["computedAt"],
    }


def _figures(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    columns = (
        "subjectKinds",
        "subjectKeys",
        "periods",
        "starts",
        "values",
        "bands",
        "revisions",
        "reasons",
    )
    return [
        (
            kind,
            key,
            {
                "subject": f"{kind}:{key}",
                "period": Period(PeriodKind(period), datetime.fromisoformat(start)).label,
                "value": value,
                "band": band,
                "revision": revision,
                "reason": reason,
            },
        )
        for kind, key, period, start, value, band, revision, reason in zip(
            *(document[column] for column in columns), strict=True
        )
    ]


def _alert(document: dict[str, Any], subscription: Subscription, public: Public) -> dict[str, Any] | None:
    sight = subscription.sight
    kind, subject = document["subjectKind"], document["subject"]
    is_public = document["rule"] in public.rules
    if not sight.alert(kind, subject, document["areaCode"], public=is_public):
        return None
    if not subscription.wants_subject(kind, subject):
        return None
    if sight.internal:
        return document
    change = document["change"]
    return document | {
        "acknowledgedBy": None,
        "assignee": None,
        "change": change | {"actor": change["actor"] if change["actor"] == "system" else None, "note": None},
    }


def _observations(document: dict[str, Any], subscription: Subscription) -> dict[str, Any] | None:
    places = {datastream_id: place for place, datastream_id in enumerate(document["ids"])}
    wanted = sorted(places.keys() & subscription.datastreams)
    if not wanted:
        return None
    return {
        "datastreams": [
            {
                "id": datastream_id,
                "key": subscription.keys[datastream_id],
                "phenomenonTime": _time_of(document["ms"][places[datastream_id]]),
                "result": document["results"][places[datastream_id]],
            }
            for datastream_id in wanted
        ]
    }


def _time_of(ms: int) -> str | None:
    """Null where no reading is left of a datastream."""
    return format_instant(moment_of(ms)) if ms else None
