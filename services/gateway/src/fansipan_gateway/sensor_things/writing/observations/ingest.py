"""The way of observations to ingest: over HTTP, in the name of a provider, signed with the secret that both know."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

import httpx
import orjson

from fansipan_common.internal_calls import sign_call
from fansipan_gateway.sensor_things.writing.observations.faults import (
    IngestAway,
    NotStoredYet,
    ObservationsNotSetUp,
    QuotaExhausted,
    RefusedObservation,
)

MOST: Final = 10_000
"""Observations in one request to ingest."""

_ITEMS: Final = "/v1/observations?wait=stored"
_RETRY_AFTER: Final = "60"
_NAMES: Final = "/v1/observation-deletions?strict=true&wait=stored"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why ingest did not take one of several observations."""

    code: str
    detail: str


class ObservationIngest:
    """Sends observations to ingest, and waits until they are stored.

    Args:
        http: with a bound on every wait that is longer than ingest waits for the store.
        url: of ingest; None: it is not set up.
        secret: shared with ingest; None: it is not set up.
        now: the clock.
    """

    def __init__(
        self, http: httpx.AsyncClient, url: str | None, secret: str | None, now: Callable[[], datetime]
    ) -> None:
        self._http = http
        self._url = None if url is None else url.rstrip("/")
        self._secret = secret
        self._now = now

    async def send(self, provider: str, items: Sequence[Mapping[str, Any]]) -> dict[int, Refusal]:
        """Send items of `POST /v1/observations`; which of them were refused, by their place.

        Raises:
            ObservationsNotSetUp, IngestAway: what became of them is not known; the same again is harmless.
            QuotaExhausted: the provider has sent as much as it may.
            NotStoredYet: they are accepted, and not readable yet.
        """
        refused: dict[int, Refusal] = {}
        for start in range(0, len(items), MOST):
            answer = await self._post(provider, _ITEMS, items[start : start + MOST])
            rejected = cast("list[dict[str, Any]]", answer.get("rejected", []))
            refused |= {
                start + item["index"]: Refusal(str(item["code"]), str(item["detail"])) for item in rejected
            }
        return refused

    async def take_back(self, provider: str, names: Sequence[Mapping[str, Any]]) -> None:
        """Take observations back, by datastream and phenomenonTime.

        Raises:
            RefusedObservation: one cannot be; nothing was taken back.
            ObservationsNotSetUp, IngestAway, NotStoredYet: as `send`.
        """
        await self._post(provider, _NAMES, names)

    async def _post(self, provider: str, target: str, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        if self._url is None or self._secret is None:
            raise ObservationsNotSetUp(
                "set FANSIPAN_INGEST_URL for the gateway, and the same FANSIPAN_INTERNAL_SECRET for gateway and ingest"
            )
        body = orjson.dumps(items)
        authorization = sign_call(
            self._secret,
            method="POST",
            target=target,
            provider=provider,
            body=body,
            at=int(self._now().timestamp()),
        )
        try:
            answer = await self._http.post(
                self._url + target,
                content=body,
                headers={"Authorization": authorization, "Content-Type": "application/json"},
            )
        except httpx.HTTPError as error:
            raise IngestAway(f"ingest does not answer ({type(error).__name__}); try again") from error
        return _understood(answer)


def _understood(answer: httpx.Response) -> dict[str, Any]:
    document = _document(answer)
    detail = document.get("detail", "no reason given")
    match answer.status_code:
        case 202 if document.get("stored") is True:
            return document
        case 202:
            raise NotStoredYet
        case 401:
            raise ObservationsNotSetUp(f"ingest does not know the gateway: {detail}")
        case 400 | 403 | 413 | 415 | 422:
            reasons = document.get("rejected") or [document]
            first = cast("dict[str, Any]", reasons[0])
            raise RefusedObservation(str(first.get("code", "refused")), str(first.get("detail", detail)))
        case 429:
            raise QuotaExhausted(detail, answer.headers.get("Retry-After", _RETRY_AFTER))
        case status:
            raise IngestAway(f"ingest answered {status}: {detail}")


def _document(answer: httpx.Response) -> dict[str, Any]:
    try:
        document: Any = answer.json()
    except ValueError:
        return {}
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}
