"""Pushing to ingest as a provider does."""

from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import orjson

BATCHED = "application/cloudevents-batch+json"


class Sender:
    """One provider's client of ingest. `key` None sends no credential."""

    def __init__(self, http: httpx.AsyncClient, url: str, key: str | None) -> None:
        self._http = http
        self._url = url
        self._headers = {} if key is None else {"authorization": f"Bearer {key}"}

    async def observations(
        self, items: Any, *, headers: Mapping[str, str] | None = None, **params: str
    ) -> httpx.Response:
        """POST items (or a body as it is) to `/v1/observations`."""
        return await self._post(
            "/v1/observations", items, {"content-type": "application/json"} | dict(headers or {}), params
        )

    async def events(
        self, events: Any, *, headers: Mapping[str, str] | None = None, **params: str
    ) -> httpx.Response:
        """POST CloudEvents (by default a batch) to `/v1/service-events`."""
        return await self._post(
            "/v1/service-events", events, {"content-type": BATCHED} | dict(headers or {}), params
        )

    async def store(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Push observations and wait until they are readable; all must be accepted."""
        wanted = list(items)
        for start in range(0, len(wanted), 5000):
            part = wanted[start : start + 5000]
            answer = await self.observations(part, wait="stored")
            assert answer.status_code == 202, answer.text
            assert answer.json() == {
                "accepted": len(part),
                "duplicatesPossible": False,
                "rejected": [],
                "stored": True,
            }

    async def store_events(self, *events: Mapping[str, Any]) -> None:
        """Push service events and wait until they are readable; all must be accepted."""
        answer = await self.events(list(events), wait="stored")
        assert answer.status_code == 202, answer.text
        assert answer.json()["accepted"] == len(events), answer.text
        assert answer.json()["stored"], answer.text

    async def _post(self, path: str, body: Any, headers: dict[str, str], params: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return await self._http.post(
            self._url + path, content=content, headers=self._headers | headers, params=params
        )
