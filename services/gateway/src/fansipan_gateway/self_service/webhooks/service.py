"""Keeping webhooks; analytics delivers."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from fansipan_common.errors import ClientFault, NotFound, Unprocessable
from fansipan_common.webhooks import RootKeys, address_fault
from fansipan_gateway.domain.cursor import LARGEST_ID, decode_id_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of
from fansipan_gateway.self_service.webhooks.domain import (
    Owner,
    Wanted,
    WebhookDisabled,
    WebhooksNotSetUp,
    delivery_item,
    test_event,
    webhook_item,
)
from fansipan_gateway.self_service.webhooks.repository import WebhookRepository

_ID_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_KIND: Final = "webhook-deliveries"


class Webhooks:
    """Webhooks of one owner at a time.

    Args:
        repository: where they are.
        roots: keys that secrets are derived from.
        allow_http: whether targets without TLS are taken.
        now: the clock.
    """

    def __init__(
        self,
        repository: WebhookRepository,
        roots: RootKeys,
        *,
        allow_http: bool,
        now: Callable[[], datetime],
    ) -> None:
        self._repository = repository
        self._roots = roots
        self._allow_http = allow_http
        self._now = now

    async def all_of(self, owner: Owner) -> list[dict[str, Any]]:
        """All of an owner."""
        return [webhook_item(row) for row in await self._repository.fetch(owner)]

    async def get(self, owner: Owner, webhook: str) -> dict[str, Any]:
        """One of an owner.

        Raises:
            WebhookUnknown, DatabaseAway.
        """
        return webhook_item(await self._repository.find(owner, webhook))

    async def create(self, owner: Owner, wanted: Wanted) -> dict[str, Any]:
        """Make a webhook; `secret` in the answer is the only time it is shown.

        Raises:
            WebhooksNotSetUp, Unprocessable, DatabaseAway.
        """
        root = self._root()
        self._check(wanted)
        webhook = "".join(secrets.choice(_ID_ALPHABET) for _ in range(12))
        await self._repository.create(owner, webhook, wanted, root)
        return await self._with_secret(owner, webhook, root, 1)

    async def change(
        self, owner: Owner, webhook: str, change: dict[str, Any], enabled: bool | None
    ) -> dict[str, Any]:
        """Change the fields that are given; enable or disable.

        Raises:
            WebhookUnknown, Unprocessable, DatabaseAway.
        """
        row = await self._repository.find(owner, webhook)
        known = Wanted(
            row["name"],
            row["url"],
            *(
                tuple(row[name])
                for name in ("events", "indicators", "subjects", "areas", "bands", "severities")
            ),
        )
        wanted = replace(known, **change)
        self._check(wanted)
        await self._repository.change(owner, webhook, wanted, enabled)
        return await self.get(owner, webhook)

    async def change_secret(self, owner: Owner, webhook: str) -> dict[str, Any]:
        """Make another secret, with which all is signed from now on.

        Raises:
            WebhookUnknown, WebhooksNotSetUp, DatabaseAway.
        """
        root = self._root()
        version = await self._repository.new_secret(owner, webhook, root)
        return await self._with_secret(owner, webhook, root, version)

    async def delete(self, owner: Owner, webhook: str) -> None:
        """Forget a webhook with its deliveries.

        Raises:
            WebhookUnknown, DatabaseAway.
        """
        await self._repository.delete(owner, webhook)

    async def test(self, owner: Owner, webhook: str) -> int:
        """Queue a test delivery, also to one that is disabled; returns its number.

        Raises:
            WebhookUnknown, DatabaseAway.
        """
        await self._repository.find(owner, webhook)
        return await self._repository.add_test(
            webhook, test_event(webhook, secrets.token_hex(8), self._now())
        )

    async def deliveries(
        self, owner: Owner, webhook: str, *, state: str | None, limit: int, cursor: str | None
    ) -> Page:
        """One page of deliveries, newest first.

        Raises:
            WebhookUnknown, BadCursor, DatabaseAway.
        """
        await self._repository.find(owner, webhook)
        before = decode_id_cursor(_KIND, cursor, without=LARGEST_ID, largest=LARGEST_ID)
        rows = await self._repository.deliveries(webhook, state=state, before=before, limit=limit + 1)
        return page_of(rows, limit, delivery_item, behind=lambda row: encode_cursor(_KIND, row["id"]))

    async def delivery(self, owner: Owner, webhook: str, number: int) -> dict[str, Any]:
        """One delivery with what is delivered.

        Raises:
            WebhookUnknown, NotFound, DatabaseAway.
        """
        await self._repository.find(owner, webhook)
        row = await self._repository.delivery(webhook, number)
        if row is None:
            raise NotFound(f"the webhook {webhook} has no delivery {number}")
        return {**delivery_item(row), "event": row["event"]}

    async def resend(self, owner: Owner, webhook: str, number: int) -> None:
        """Send a delivery again, whatever became of it.

        Raises:
            WebhookUnknown, NotFound, WebhookDisabled, ClientFault: it waits already. DatabaseAway.
        """
        row = await self._repository.find(owner, webhook)
        if row["disabled_at"] is not None:
            raise WebhookDisabled("enable the webhook first: nothing is sent to it")
        if await self._repository.resend(webhook, number):
            return
        await self.delivery(owner, webhook, number)
        raise ClientFault("this delivery is waiting to be made already")

    def _root(self) -> str:
        root = self._roots.newest
        if root is None:
            raise WebhooksNotSetUp("set the same FANSIPAN_WEBHOOK_ROOT_KEY for gateway and analytics")
        return root

    def _check(self, wanted: Wanted) -> None:
        fault = address_fault(wanted.url, allow_http=self._allow_http)
        if fault is not None:
            raise Unprocessable(f"url: {fault}")

    async def _with_secret(self, owner: Owner, webhook: str, root: str, version: int) -> dict[str, Any]:
        return {
            **await self.get(owner, webhook),
            "secret": self._roots.secret(root, webhook, version),
        }
