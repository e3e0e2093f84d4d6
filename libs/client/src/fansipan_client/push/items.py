"""What is pushed: observations and service events, each encoded once, when it is handed over."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from zlib import crc32

from fansipan_client.models import Quality

Target = Literal["observations", "service-events"]


@dataclass(frozen=True, slots=True)
class NewObservation:
    """What a datastream measured (`result`) and when (`phenomenon_time`).

    Identity is (datastream, phenomenon time in ms): the same again changes nothing, another result is a correction.

    Attributes:
        datastream: its key `<provider>/<thing>/<property>`, or its id. Name a datastream always the same way: order is
            kept for each thing, as far as its name says which thing it is.
        phenomenon_time: with a time zone.
        result: a number, text, boolean, or an object of such.
        result_time: when the result was known, if that is another time.
        result_quality: `bad` results are stored but enter no mean, no sum, no count.
        parameters: whatever else belongs to it.
    """

    datastream: str | int
    phenomenon_time: datetime
    result: float | str | bool | Mapping[str, Any]
    result_time: datetime | None = None
    result_quality: Quality | None = None
    parameters: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NewServiceEvent:
    """Something a public service did: a CloudEvent, whose identity is (source, id).

    Attributes:
        type: such as `vn.fansipan.dossier.received.v1`.
        data: the fields of its type, with the names of the API (`dossierId`, `dueAt` …).
        subject: the id that the data names, or nothing.
    """

    id: str
    source: str
    type: str
    time: datetime
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    subject: str | None = None


Item = NewObservation | NewServiceEvent


class Record(NamedTuple):
    """An item as it waits: records of one `order` are sent one after the other.

    Attributes:
        order: 32 bits, of the thing or the case it is about.
        body: one line of JSON in UTF-8.
    """

    target: Target
    order: int
    body: bytes


_MINUTE: Final = timedelta(minutes=1)
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def record_of(item: Item) -> Record:
    """Encode an item.

    Raises:
        ValueError: it cannot be written as JSON (a time without zone, NaN, half a character …).
        TypeError: a value has no JSON form.
    """
    if isinstance(item, NewObservation):
        return Record("observations", _order_of(str(item.datastream)), _observation(item).encode())
    about = item.subject or item.data.get("dossierId") or item.data.get("petitionId") or item.id
    return Record("service-events", crc32(str(about).encode()), _service_event(item).encode())


def _order_of(datastream: str) -> int:
    thing = datastream.rpartition("/")[0] or datastream
    return crc32(thing.encode())


def _observation(item: NewObservation) -> str:
    fields: dict[str, Any] = {
        "datastream": item.datastream,
        "phenomenonTime": _time(item.phenomenon_time),
        "result": item.result,
    }
    if item.result_time is not None:
        fields["resultTime"] = _time(item.result_time)
    if item.result_quality is not None:
        fields["resultQuality"] = item.result_quality
    if item.parameters is not None:
        fields["parameters"] = item.parameters
    return _ENCODE(fields)


def _service_event(item: NewServiceEvent) -> str:
    fields: dict[str, Any] = {
        "specversion": "1.0",
        "id": item.id,
        "source": item.source,
        "type": item.type,
        "time": _time(item.time),
        "datacontenttype": "application/json",
        "data": item.data,
    }
    if item.subject is not None:
        fields["subject"] = item.subject
    return _ENCODE(fields)


def _time(moment: datetime) -> str:
    if moment.tzinfo is UTC:
        return moment.isoformat()
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(f"{moment.isoformat()} has no time zone: give one, such as timezone.utc")
    if offset % _MINUTE:
        moment = moment.astimezone(UTC)  # RFC 3339 knows offsets of whole minutes only
    return moment.isoformat()
