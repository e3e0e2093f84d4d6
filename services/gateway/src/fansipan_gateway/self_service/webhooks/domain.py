"""Webhooks as their owners see them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fansipan_common.errors import ClientFault, NotFound, ServerFault
from fansipan_common.webhooks import TEST_EVENT
from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant


class WebhooksNotSetUp(ServerFault):
    """There is no root key to derive secrets from."""

    code, title = "webhooks-not-set-up", "Webhooks are not set up"


class WebhookUnknown(NotFound):
    """No webhook here has that id."""

    code, title = "webhook-unknown", "No such webhook"


class WebhookDisabled(ClientFault):
    """Nothing is sent to it."""

    status, code, title = 409, "webhook-disabled", "The webhook is disabled"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose webhooks: a provider's, or (None) the administration's.

    Attributes:
        prefixes: what whoever asks is limited to; empty: no limit.
    """

    actor: Actor
    provider_id: int | None
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an owner says of a webhook."""

    name: str
    url: str
    events: tuple[str, ...]
    indicators: tuple[str, ...]
    subjects: tuple[str, ...]
    areas: tuple[str, ...]
    bands: tuple[str, ...]
    severities: tuple[str, ...]


def webhook_item(row: Row) -> dict[str, Any]:
    """A webhook as JSON, without its secret."""
    disabled = row["disabled_at"] is not None
    return {
        "id": row["id"],
        "name": row["name"],
        "url": row["url"],
        "events": row["events"],
        "indicators": row["indicators"],
        "subjects": row["subjects"],
        "areas": row["areas"],
        "bands": row["bands"],
        "severities": row["severities"],
        "state": "disabled" if disabled else "failing" if row["failing_since"] else "active",
        "failingSince": _instant(row["failing_since"]),
        "disabledAt": _instant(row["disabled_at"]),
        "disabledReason": row["disabled_reason"],
        "createdAt": _instant(row["created_at"]),
        "createdBy": row["created_by"],
        "waiting": row["waiting"],
        "failed": row["failed"],
        "lastDeliveredAt": _instant(row["last_delivered_at"]),
    }


def delivery_item(row: Row) -> dict[str, Any]:
    """A delivery as JSON, without what is delivered."""
    state = "delivered" if row["delivered_at"] else "failed" if row["next_attempt_at"] is None else "waiting"
    return {
        "id": row["id"],
        "eventId": row["event_id"],
        "type": row["type"],
        "subject": row["subject"],
        "test": row["type"] == TEST_EVENT,
        "state": state,
        "attempts": row["attempts"],
        "createdAt": _instant(row["created_at"]),
        "nextAttemptAt": _instant(row["next_attempt_at"]),
        "deliveredAt": _instant(row["delivered_at"]),
        "lastStatus": row["last_status"],
        "lastError": row["last_error"],
    }


def test_event(webhook: str, number: str, now: datetime) -> dict[str, Any]:
    """What a test delivers."""
    return {
        "specversion": "1.0",
        "id": f"test-{number}",
        "source": "/services/gateway",
        "type": TEST_EVENT,
        "subject": webhook,
        "time": format_instant(now.astimezone(UTC)),
        "datacontenttype": "application/json",
        "data": {"webhook": webhook, "message": "Xin chào từ Fansipan"},
    }


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else format_instant(moment.astimezone(UTC))
