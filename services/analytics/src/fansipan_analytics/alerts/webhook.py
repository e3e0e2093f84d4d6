"""Notifications as signed HTTP POSTs.

`Fansipan-Signature: t=<Unix seconds>,v1=<hex>`, where hex is HMAC-SHA256 with the receiver's secret over `<t>.<body>`.
The receiver computes it again over the raw body, compares in constant time, and refuses a `t` that is minutes old.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Final

import httpx
import orjson

from fansipan_analytics.alerts.delivery import Notification, Refused, Undelivered
from fansipan_analytics.delivering import post
from fansipan_common.contracts import ALERT_CHANGED_TYPE
from fansipan_common.settings import SettingsError
from fansipan_indicators.alert_rules import Receiver

SIGNATURE_HEADER: Final = "Fansipan-Signature"
_RETRIED: Final = frozenset({408, 425, 429})
_TIMEOUT_SECONDS: Final = 10.0


def sign(body: bytes, secret: str, at: int) -> str:
    """The signature header of a body, signed at a Unix time in seconds."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def body_of(notification: Notification) -> bytes:
    """What is posted: the event as on `alerts.v1`, and an id by which a receiver knows what it has seen already."""
    return orjson.dumps(
        {
            "id": str(notification.id),
            "type": ALERT_CHANGED_TYPE,
            "data": notification.alert.model_dump(mode="json", by_alias=True),
        }
    )


class WebhookChannel:
    """Posts to receivers. Redirects are not followed: the address is the one the catalogue names.

    Args:
        client: without a base address; its owner closes it.
        secret: the value of an environment variable, None when it is not set; may raise SettingsError.
        now: the clock, Unix seconds.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        secret: Callable[[str], str | None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._secret = secret
        self._now = now

    async def deliver(self, receiver: Receiver, notification: Notification) -> None:
        """Post once; 2xx is delivered, 4xx is final but for 408, 425 and 429, anything else may be tried again."""
        webhook = receiver.webhook
        if webhook is None:
            raise Undelivered(f"receiver {receiver.key} has no webhook")
        try:
            secret = self._secret(webhook.secret_env)
        except SettingsError as error:
            raise Undelivered(str(error)) from error
        if not secret:
            raise Undelivered(
                f"set {webhook.secret_env} for analytics: the secret of receiver {receiver.key}"
            )
        body = body_of(notification)
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: sign(body, secret, int(self._now())),
        }
        outcome = await post(self._client, webhook.url, body, headers, seconds=_TIMEOUT_SECONDS)
        if outcome.error is None:
            return
        is_final = outcome.status in range(400, 500) and outcome.status not in _RETRIED
        raise (Refused if is_final else Undelivered)(outcome.error)
