"""Formats of the sandbox, and the way to the doors of ingest that read them: signed, and never in earnest."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from fansipan_common.errors import ClientFault, ServerFault
from fansipan_common.internal_calls import sign_call


class SandboxNotSetUp(ServerFault):
    """The gateway does not know ingest, or not its secret."""

    code, title = "sandbox-not-set-up", "The sandbox is not set up"


class IngestAway(ServerFault):
    """Ingest does not answer."""

    code, title = "ingest-away", "Ingest does not answer"


class Refused(ClientFault):
    """What ingest says of the request as a whole."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where a format is read."""

    path: str
    media_type: str


FORMATS: Final[dict[str, Door]] = {
    "observations": Door("/v1/observations", "application/json"),
    "observations-ndjson": Door("/v1/observations", "application/x-ndjson"),
    "service-events": Door("/v1/service-events", "application/cloudevents-batch+json"),
    "cloud-events": Door("/v1/events", "application/cloudevents-batch+json"),
    "senml": Door("/v1/senml", "application/senml+json"),
    "influx": Door("/api/v2/write", "text/plain"),
    "chirpstack": Door("/v1/lorawan/chirpstack", "application/json"),
    "the-things-stack": Door("/v1/lorawan/the-things-stack", "application/json"),
    "ngsi-v2": Door("/v1/ngsi-v2/notify", "application/json"),
    "ngsi-ld": Door("/v1/ngsi-ld/notify", "application/json"),
}
_CLIENT_FAULTS: Final = (400, 403, 404, 413, 415, 422, 429)


class SandboxDoor:
    """Has ingest check a body.

    Args:
        http: with a bound on every wait.
        url: of ingest; None: not set up.
        secret: shared with ingest; None: not set up.
        now: the clock.
    """

    def __init__(
        self, http: httpx.AsyncClient, url: str | None, secret: str | None, now: Callable[[], datetime]
    ) -> None:
        self._http = http
        self._url = None if url is None else url.rstrip("/")
        self._secret = secret
        self._now = now

    async def check(self, provider: str, format_: str, body: bytes) -> bytes:
        """The report of ingest, JSON, on what would become of a body that the provider sent.

        Raises:
            Refused: it could not be read as that format at all.
            SandboxNotSetUp, IngestAway.
        """
        if self._url is None or self._secret is None:
            raise SandboxNotSetUp(
                "set FANSIPAN_INGEST_URL for the gateway, and the same FANSIPAN_INTERNAL_SECRET for gateway and ingest"
            )
        door = FORMATS[format_]
        target = f"{door.path}?dryRun=true"
        authorization = sign_call(
            self._secret,
            method="POST",
            target=target,
            provider=provider,
            body=body,
            at=int(self._now().timestamp()),
        )
        headers = {"Authorization": authorization, "Content-Type": door.media_type}
        try:
            answer = await self._http.post(self._url + target, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise IngestAway(f"ingest does not answer ({type(error).__name__}); try again") from error
        if answer.status_code == 200:
            return answer.content
        if answer.status_code == 204:
            raise Refused("understood, and nothing that would be stored: only uplinks hold readings")
        if answer.status_code in _CLIENT_FAULTS:
            raise _refused(answer)
        raise IngestAway(f"ingest answered {answer.status_code}; try again")


def _refused(answer: httpx.Response) -> Refused:
    try:
        told: Any = answer.json()
    except ValueError:
        told = {}
    detail = told.get("detail") or told.get("message") or answer.text[:300]
    refused = Refused(str(detail), extra={"ingestStatus": answer.status_code})
    refused.status = 422
    refused.code = str(told.get("code", "bad-request")).replace(" ", "-")
    refused.title = "It cannot be read at all"
    return refused
