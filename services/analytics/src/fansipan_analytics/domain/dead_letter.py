"""From a record of `dead-letter.v1` to rows of the table: one an item, bounded in size."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import pydantic_core
from pydantic import ValidationError

from fansipan_analytics.domain.records import Record
from fansipan_common.contracts import DeadLetter
from fansipan_common.contracts.dead_letter import DeadLetterItem

MAX_PAYLOAD_CHARACTERS: Final = 64 * 1024
_MAX_DETAIL: Final = 2_000
_MAX_CODE: Final = 100
_MAX_TRACEPARENT: Final = 100
_MAX_DOOR: Final = 100
_MAX_NAMES: Final = 20
_MAX_VALUE: Final = 2_000
UNREADABLE: Final = "unreadable-dead-letter"

Kind = Literal["observation", "service-event", "record"]
_KINDS: Final[dict[str, Kind]] = {"observations": "observation", "service-events": "service-event"}


@dataclass(frozen=True, slots=True)
class DeadLetterRow:
    """One refused item as it is stored; the attributes are the columns of `dead_letter`."""

    item: int
    received_at: datetime
    provider: str | None
    kind: Kind
    code: str
    detail: str
    payload: str
    payload_format: Literal["json", "base64"]
    payload_complete: bool
    place: str | None
    traceparent: str | None
    door: str | None = None
    context: dict[str, str] | None = None


def rows_of(record: Record) -> list[DeadLetterRow]:
    """The items of a record, in their order. A record that is no dead letter becomes a row that says so.

    Args:
        record: of the topic; its timestamp (ms) stands in for the time of what cannot be read.
    """
    traceparent = _traceparent(record)
    value = record.value or b""
    try:
        letter = DeadLetter.model_validate_json(value)
        return [_row(letter, item, place, traceparent) for place, item in enumerate(letter.items)]
    except ValueError as error:  # also of a value that cannot be written as JSON again
        reason = _reason(error)
        payload, complete = _bounded(base64.b64encode(value).decode())
        received_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        return [
            DeadLetterRow(
                *(0, received_at, None, "record", UNREADABLE),
                *(_clean(f"the record of the dead-letter topic is none: {reason}", _MAX_DETAIL), payload),
                *("base64", complete, f"{record.topic}/{record.partition}/{record.offset}", traceparent),
            )
        ]


def _reason(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first["loc"] else first["msg"]


def _row(letter: DeadLetter, item: DeadLetterItem, place: int, traceparent: str | None) -> DeadLetterRow:
    payload_format: Literal["json", "base64"] = "json" if item.payload_base64 is None else "base64"
    text = (
        pydantic_core.to_json(item.payload, inf_nan_mode="null").decode()
        if item.payload_base64 is None
        else _clean(item.payload_base64)
    )
    payload, complete = _bounded(text)
    return DeadLetterRow(
        item=place,
        received_at=letter.received_at,
        provider=None if letter.provider is None else _clean(letter.provider, 63),
        kind="record" if letter.origin == "kafka" else _KINDS[letter.target],
        code=_clean(item.code, _MAX_CODE),
        detail=_clean(item.detail, _MAX_DETAIL),
        payload=payload,
        payload_format=payload_format,
        payload_complete=complete,
        place=None
        if letter.topic is None
        else _clean(f"{letter.topic}/{letter.partition}/{letter.offset}", 300),
        traceparent=traceparent,
        door=None if item.door is None else _clean(item.door, _MAX_DOOR),
        context=None if item.context is None else _context(item.context),
    )


def _context(said: dict[str, str]) -> dict[str, str] | None:
    """What was said beside the payload; None when it is more than a door says."""
    if len(said) > _MAX_NAMES or any(len(value) > _MAX_VALUE for value in said.values()):
        return None
    return {_clean(name, 100): _clean(value) for name, value in said.items()}


def _bounded(text: str) -> tuple[str, bool]:
    """The text or its beginning, and whether it is whole."""
    return text[:MAX_PAYLOAD_CHARACTERS], len(text) <= MAX_PAYLOAD_CHARACTERS


def _clean(text: str, most: int | None = None) -> str:
    """PostgreSQL's text has no NUL."""
    return text.replace("\0", "\ufffd")[:most]


def _traceparent(record: Record) -> str | None:
    for name, value in record.headers:
        if name == "traceparent":
            return _clean(value.decode("utf-8", "replace"), _MAX_TRACEPARENT)
    return None
