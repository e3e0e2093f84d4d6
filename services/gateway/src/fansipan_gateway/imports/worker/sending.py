"""Requests to ingest, signed in the name of a provider, repeated while it is away or behind."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

import httpx
import orjson

from fansipan_bulk.errors import BulkError
from fansipan_bulk.importing import Answer, Refused
from fansipan_common.internal_calls import sign_call

PATIENCE_SECONDS: Final = 20.0
"""A request that ingest does not take for so long is left to a later attempt: others wait for their turn."""

_FIRST_SECONDS: Final = 0.25
_MOST_SECONDS: Final = 10.0
_LATER_SECONDS: Final = 30.0
_LONGEST_SECONDS: Final = 300.0
_TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_MEDIA_TYPES: Final = {
    "observations": "application/json",
    "service-events": "application/cloudevents-batch+json",
}


class Later(BulkError):
    """Ingest takes nothing now; what it took is kept, and the checkpoint holds. Try again after so many seconds."""

    def __init__(self, code: str, detail: str, seconds: float) -> None:
        super().__init__(code, detail)
        self.seconds = seconds


class SignedSender:
    """Delivers bodies to ingest.

    Args:
        http: with a bound on every wait.
        url: of ingest.
        secret: shared with ingest.
        provider: in whose name it is sent.
        stop: when set, nothing is waited for any more.
        patience: seconds, see `PATIENCE_SECONDS`.
        now, monotonic: replaced in tests.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        secret: str,
        provider: str,
        stop: asyncio.Event,
        *,
        patience: float = PATIENCE_SECONDS,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._secret = secret
        self._provider = provider
        self._stop = stop
        self._patience = patience
        self._now = now
        self._monotonic = monotonic

    async def observations(self, body: bytes, items: int) -> Answer:
        """Deliver a JSON array of observations. Raises `Later`."""
        return await self._deliver("observations", body, items)

    async def service_events(self, body: bytes, items: int) -> Answer:
        """Deliver a batch of CloudEvents. Raises `Later`."""
        return await self._deliver("service-events", body, items)

    async def _deliver(self, target: str, body: bytes, items: int) -> Answer:
        began, attempt = self._monotonic(), 0
        while True:
            outcome = await self._attempt(target, body, items)
            if isinstance(outcome, Answer):
                return outcome
            chance = random.random()  # noqa: S311 - so that many do not come back at once
            step = min(_MOST_SECONDS, _FIRST_SECONDS * 2 ** min(attempt, 16)) * (0.5 + chance / 2)
            delay = max(outcome.seconds, step)
            if self._monotonic() - began + delay > self._patience or await self._stopped_within(delay):
                raise Later(outcome.code, outcome.detail, max(outcome.seconds, _LATER_SECONDS))
            attempt += 1

    async def _stopped_within(self, seconds: float) -> bool:
        """Wait so long, or until nothing is to be waited for."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        return self._stop.is_set()

    async def _attempt(self, target: str, body: bytes, items: int) -> Answer | Later:
        path = f"/v1/{target}"
        authorization = sign_call(
            self._secret,
            method="POST",
            target=path,
            provider=self._provider,
            body=body,
            at=int(self._now()),
        )
        headers = {"Authorization": authorization, "Content-Type": _MEDIA_TYPES[target]}
        try:
            response = await self._http.post(self._url + path, content=body, headers=headers)
        except httpx.HTTPError as error:
            return Later("ingest-away", f"ingest does not answer ({type(error).__name__})", 0.0)
        document = _document(response)
        detail = str(document.get("detail", "no reason given"))
        if response.status_code == 202:
            return _answer(document, items)
        if response.status_code in _TRY_AGAIN:
            code = str(document.get("code", "ingest-away"))
            return Later(code, f"ingest answered {response.status_code}: {detail}", _retry_after(response))
        # Not to be helped by waiting a moment, but by somebody: a secret, a bound, a provider that was disabled.
        raise Later(
            str(document.get("code", "ingest-refused")),
            f"ingest answered {response.status_code}: {detail}",
            _LATER_SECONDS,
        )


def _answer(document: dict[str, Any], items: int) -> Answer:
    try:
        rejected = cast("list[dict[str, Any]]", document["rejected"])
        refused = [Refused(int(r["index"]), str(r["code"]), str(r["detail"])) for r in rejected]
        accepted = int(document["accepted"])
        if accepted + len(refused) != items or not all(0 <= one.index < items for one in refused):
            raise ValueError("it does not add up")
    except (KeyError, TypeError, ValueError) as error:
        raise Later(
            "ingest-answer", f"ingest's answer cannot be understood ({error})", _LATER_SECONDS
        ) from None
    return Answer(accepted, refused)


def _retry_after(response: httpx.Response) -> float:
    """Seconds; our services say them as a number. Five minutes at most: somebody may raise the limit meanwhile."""
    text = response.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_SECONDS) if text.isdecimal() else 0.0


def _document(response: httpx.Response) -> dict[str, Any]:
    try:
        document: Any = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}
