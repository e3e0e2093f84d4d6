"""Dead letters as operators see them, and which can be replayed."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from fansipan_common.contracts.doors import WAYS, Door
from fansipan_common.errors import ClientFault, NotFound, ServerFault
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant

Target = Literal["observations", "service-events"]
_TARGETS: Final[dict[str, Target]] = {"observation": "observations", "service-event": "service-events"}
_MAX_REASONS: Final = 20


class DeadLetterUnknown(NotFound):
    """There is none, or no longer."""

    code, title = "dead-letter-unknown", "No such dead letter"


class NotReplayable(ClientFault):
    """Nobody can send this in the name of a provider; the detail says why."""

    status, code, title = 409, "not-replayable", "It cannot be replayed"


class BodyNeeded(ClientFault):
    """What was kept cannot be sent as it is."""

    status, code, title = 409, "body-needed", "It can be replayed with a corrected body only"


class IngestAway(ServerFault):
    """Ingest did not answer as it should; nothing is known to be accepted."""

    code, title = "ingest-away", "Ingest unavailable"


class ReplayNotSetUp(ServerFault):
    """The gateway was not told where ingest is, or the secret they share."""

    code, title = "replay-not-set-up", "Replay is not set up"


@dataclass(frozen=True, slots=True)
class Shipment:
    """What goes to ingest, in the name of whom: to the door whose form the payload has, else to that of its kind."""

    provider: str
    target: Target
    payload: Any
    received_at: datetime
    door: Door | None = None
    context: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What ingest answered.

    Attributes:
        accepted: whether it took the item.
        stored: whether it is readable already; None when nobody waited for it.
        reasons: why not, each with `code` and `detail`.
    """

    accepted: bool
    stored: bool | None
    reasons: tuple[dict[str, str], ...]

    def document(self, *, corrected: bool) -> dict[str, Any]:
        """As it is kept."""
        return {
            "outcome": "accepted" if self.accepted else "refused",
            "stored": self.stored,
            "corrected": corrected,
            "reasons": list(self.reasons[:_MAX_REASONS]),
        }


def shipment_of(row: Row, corrected: Any, *, has_body: bool) -> Shipment:
    """What to send for a letter.

    Args:
        row: of the letter.
        corrected: what to send instead of what was sent.
        has_body: whether `corrected` was given (it may be null).

    Raises:
        NotReplayable: its provider is not known.
        BodyNeeded: what was sent is no JSON, or was not kept whole.
    """
    target, provider = _TARGETS.get(row["kind"]), row["provider"]
    if target is None or provider is None:
        raise NotReplayable(
            "this is a record of Kafka that analytics could not use: it says of no provider that it is theirs."
            " Find out who published it, and let them send it to ingest"
        )
    door, context = _door(row["door"]), row["context"] or {}
    if has_body:
        return Shipment(provider, target, corrected, row["received_at"], door, context)
    if row["payload_format"] != "json" or not row["payload_complete"]:
        what = "is no JSON" if row["payload_format"] != "json" else "is too large to be kept whole"
        raise BodyNeeded(f"what was sent {what}: give a corrected payload")
    return Shipment(provider, target, json.loads(row["payload"]), row["received_at"], door, context)


def _door(name: str | None) -> Door | None:
    """The door of a letter.

    Raises:
        NotReplayable: this gateway does not know it.
    """
    try:
        return None if name is None else Door(name)
    except ValueError:
        raise NotReplayable(f"this gateway does not know the door {name}: is it older than ingest?") from None


def letter_item(row: Row) -> dict[str, Any]:
    """A letter as lists show it."""
    return {
        "id": row["id"],
        "receivedAt": _instant(row["received_at"]),
        "provider": row["provider"],
        "kind": row["kind"],
        "door": row["door"],
        "code": row["code"],
        "detail": row["detail"],
        "replayable": row["kind"] in _TARGETS and row["provider"] is not None,
        "replay": None
        if row["replayed_at"] is None
        else {"at": _instant(row["replayed_at"]), "by": row["replayed_by"], **row["replay_outcome"]},
    }


def letter_detail(row: Row) -> dict[str, Any]:
    """A letter with what was sent."""
    is_json = row["payload_format"] == "json" and row["payload_complete"]
    return {
        **letter_item(row),
        "storedAt": _instant(row["stored_at"]),
        "payload": json.loads(row["payload"]) if is_json else None,
        "payloadText": None if is_json else _text(row),
        "payloadComplete": row["payload_complete"],
        "payloadForm": "text" if _is_text(row["door"]) else "json",
        "context": row["context"] or {},
        "place": row["place"],
        "deadLetter": f"{row['partition']}-{row['record_offset']}",
        "traceparent": row["traceparent"],
    }


def _is_text(door: str | None) -> bool:
    """Whether what is sent to a door is text, not JSON."""
    return any(known == door and way.is_text for known, way in WAYS.items())


def _text(row: Row) -> str:
    """What was sent, as far as it was kept and can be read."""
    text: str = row["payload"]
    if row["payload_format"] == "json":
        return text
    whole = text[: len(text) // 4 * 4]
    return base64.b64decode(whole).decode("utf-8", "replace")


def _instant(moment: datetime) -> str:
    return format_instant(moment.astimezone(UTC))
