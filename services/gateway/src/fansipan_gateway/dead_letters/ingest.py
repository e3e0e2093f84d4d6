"""The way to ingest: over HTTP, in the name of a provider, signed with the secret that both know."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import urlencode

import httpx

from fansipan_common.contracts.doors import Door, PayloadUnfit, Return, way_back
from fansipan_common.internal_calls import sign_call
from fansipan_gateway.dead_letters.domain import BodyNeeded, IngestAway, Outcome, ReplayNotSetUp, Shipment

_QUERY: Final = {"strict": "true", "wait": "stored"}
"""Strict: what is refused again leaves no second dead letter. Stored: an accepted reading can be read at once."""
_MEDIA_TYPES: Final = {
    "observations": "application/json",
    "service-events": "application/cloudevents-batch+json",
}
_REFUSED: Final = (400, 403, 413, 415, 422)
_NOTHING_TAKEN: Final = {
    "code": "nothing-taken",
    "detail": "the door understood it, and found nothing to store",
}


class IngestDoor:
    """Sends single items to ingest, each to the door it came through.

    Args:
        http: with a bound on every wait.
        url: of ingest; None: replay is not set up.
        secret: shared with ingest; None: replay is not set up.
        now: the clock.
    """

    def __init__(
        self, http: httpx.AsyncClient, url: str | None, secret: str | None, now: Callable[[], datetime]
    ) -> None:
        self._http = http
        self._url = None if url is None else url.rstrip("/")
        self._secret = secret
        self._now = now

    async def send(self, shipment: Shipment) -> Outcome:
        """Send one item and wait for the answer.

        Raises:
            ReplayNotSetUp: address or secret is missing, or is not the one that ingest has.
            BodyNeeded: the payload is not in the form of its door.
            IngestAway: no answer, or none that says what became of it; the same again is harmless.
        """
        if self._url is None or self._secret is None:
            raise ReplayNotSetUp(
                "set FANSIPAN_INGEST_URL for the gateway, and the same FANSIPAN_INTERNAL_SECRET for gateway and ingest"
            )
        request = _request(shipment)
        authorization = sign_call(
            self._secret,
            method="POST",
            target=request.target,
            provider=shipment.provider,
            body=request.body,
            at=int(self._now().timestamp()),
        )
        try:
            answer = await self._http.post(
                self._url + request.target,
                content=request.body,
                headers=_as_bytes({**request.headers, "Authorization": authorization}),
            )
        except httpx.HTTPError as error:
            raise IngestAway(f"ingest does not answer ({type(error).__name__}); try again") from error
        return _outcome(answer, shipment.door)


def _request(shipment: Shipment) -> Return:
    """What is posted. Raises `BodyNeeded` when the payload is not in the form of its door."""
    if shipment.door is None:
        body = json.dumps([shipment.payload]).encode()  # numbers of any size, as they were sent
        target = f"/v1/{shipment.target}?{urlencode(_QUERY)}"
        return Return(target, body, {"Content-Type": _MEDIA_TYPES[shipment.target]})
    try:
        return way_back(
            shipment.door, shipment.payload, shipment.context, arrived=shipment.received_at, query=_QUERY
        )
    except PayloadUnfit as error:
        raise BodyNeeded(str(error)) from None


def _as_bytes(headers: dict[str, str]) -> dict[bytes, bytes]:
    """Headers as they came: ingest reads each byte as one character."""
    return {name.encode(): value.encode("latin-1", "replace") for name, value in headers.items()}


def _outcome(answer: httpx.Response, door: Door | None) -> Outcome:
    document = _document(answer)
    if answer.status_code == 202 and document.get("accepted"):
        return Outcome(True, document.get("stored"), ())
    if answer.status_code == 204 and door is Door.INFLUX:  # InfluxDB's answer says no more
        return Outcome(True, None, ())
    if answer.status_code in (202, 204):
        return Outcome(False, None, (_NOTHING_TAKEN,))
    if answer.status_code == 401:
        raise ReplayNotSetUp(f"ingest does not know the gateway: {document.get('detail', 'no reason given')}")
    if answer.status_code in _REFUSED:
        rejected = document.get("rejected")
        items = (
            cast("list[dict[str, Any]]", rejected) if isinstance(rejected, list) and rejected else [document]
        )
        return Outcome(False, None, tuple(_reason(item) for item in items))
    raise IngestAway(f"ingest answered {answer.status_code}: {document.get('detail', 'no reason given')}")


def _reason(item: dict[str, Any]) -> dict[str, str]:
    return {"code": str(item.get("code", "refused")), "detail": str(item.get("detail", ""))}


def _document(answer: httpx.Response) -> dict[str, Any]:
    try:
        document: Any = answer.json()
    except ValueError:
        return {}
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}
