"""One batch to ingest and its answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

import httpx
import orjson
import zstandard

from fansipan_cli.errors import CommandError
from fansipan_cli.sending.backoff import Backoff, parse_retry_after
from fansipan_cli.sending.tally import Tally
from fansipan_common.contracts.doors import Door, Return

Target = Literal["observations", "service-events"]

_CONTENT_TYPES: Final[dict[Target, str]] = {
    "observations": "application/json",
    "service-events": "application/cloudevents-batch+json",
}
_ACCEPTED: Final = 202
_NO_CONTENT: Final = 204
_NOTHING_TAKEN: Final = {
    "code": "nothing-taken",
    "detail": "the door understood it, and found nothing to store",
}
_TOO_LARGE: Final = 413
_LEVEL: Final = 3
_TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Refusal:
    """An item that was not accepted: its place in the request, and why."""

    index: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str
    detail: str
    retry_after: float | None = None


class IngestClient:
    """Sends batches until they are answered; what is answered with 503 or 429 is sent again, never dropped.

    Args:
        http: a client whose base URL is ingest and which carries the API key.
        tally: where the outcome is counted.
        backoff: how long to wait between attempts, and when to give up.
        compress: send bodies as zstd, a tenth of their size; for slow lines.
        sleep, monotonic: replaced in tests.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        tally: Tally,
        *,
        backoff: Backoff | None = None,
        compress: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._tally = tally
        self._backoff = backoff or Backoff()
        self._compress = compress
        self._sleep = sleep
        self._monotonic = monotonic

    async def send(self, target: Target, items: list[dict[str, Any]]) -> None:
        """Deliver a batch and count its outcome. A batch that is too large is halved.

        Raises:
            CommandError: ingest refuses the request as such, or has not answered for the whole patience.
        """
        self._tally.sent += len(items)
        await self._deliver(target, items)

    async def send_written(self, target: Target, body: bytes, count: int) -> list[Refusal]:
        """Deliver `count` items that are a JSON array already, count their outcome, and return what was refused.

        Raises:
            CommandError: as `send`.
        """
        self._tally.sent += count
        refusals = await self._deliver_written(target, body, count)
        for refusal in refusals:
            self._tally.reject(refusal.code, refusal.detail, None)
        return refusals

    async def _deliver(self, target: Target, items: list[dict[str, Any]]) -> None:
        for refusal in await self._deliver_written(target, orjson.dumps(items), len(items)):
            self._tally.reject(refusal.code, refusal.detail, items[refusal.index])

    async def _deliver_written(self, target: Target, body: bytes, count: int) -> list[Refusal]:
        response = await self._post(f"/v1/{target}", body, {"Content-Type": _CONTENT_TYPES[target]})
        if response.status_code == _TOO_LARGE and count > 1:
            items = orjson.loads(body)
            half = count // 2
            first = await self._deliver_written(target, orjson.dumps(items[:half]), half)
            second = await self._deliver_written(target, orjson.dumps(items[half:]), count - half)
            return first + [replace(refusal, index=refusal.index + half) for refusal in second]
        if response.status_code != _ACCEPTED:
            raise CommandError(
                f"ingest answered {response.status_code} to a batch of {count} {target}: {_detail(response)}",
                _what_to_do(response.status_code),
            )
        return self._count(response, count)

    async def send_back(self, door: Door, request: Return, payload: Any) -> None:
        """Bring one payload back to its door, and count the outcome as that of one item.

        Raises:
            CommandError: the key may not, or ingest has not answered for the whole patience.
        """
        self._tally.sent += 1
        response = await self._post(request.target, request.body, request.headers)
        if response.status_code in (401, 403, 404):
            raise CommandError(
                f"ingest answered {response.status_code}: {_detail(response)}",
                _what_to_do(response.status_code),
            )
        answer = _document(response)
        if answer.get("accepted") or (response.status_code == _NO_CONTENT and door is Door.INFLUX):
            self._tally.accepted += 1
            return
        rejected = answer.get("rejected") or [answer or _NOTHING_TAKEN]
        self._tally.reject(
            str(rejected[0].get("code", "refused")), str(rejected[0].get("detail", "")), payload
        )

    async def _post(self, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        if self._compress:
            body = await asyncio.to_thread(zstandard.compress, body, _LEVEL)
            headers = headers | {"Content-Encoding": "zstd"}
        began: float | None = None
        attempt = 0
        while True:
            self._tally.requests += 1
            outcome = await self._attempt(path, body, headers)
            if isinstance(outcome, httpx.Response):
                return outcome
            began = self._monotonic() if began is None else began
            delay = self._backoff.delay(attempt, outcome.retry_after)
            if self._monotonic() - began + delay > self._backoff.patience:
                raise CommandError(
                    f"ingest did not take a batch for {self._backoff.patience:.0f} s ({outcome.detail}); "
                    f"{self._tally.accepted:,} items were accepted before",
                    "see why with `fansipan doctor`, then run the same again: what was accepted is not stored twice",
                )
            self._tally.retries[outcome.reason] += 1
            await self._sleep(delay)
            attempt += 1

    async def _attempt(self, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response | _Failure:
        try:
            response = await self._http.post(path, content=body, headers=headers)
        except httpx.TransportError as error:
            return _Failure("connection", f"{type(error).__name__}: {error}".rstrip(": "))
        if response.status_code in _TRY_AGAIN:
            wait = parse_retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
            return _Failure(str(response.status_code), f"{response.status_code} {_detail(response)}", wait)
        return response

    def _count(self, response: httpx.Response, count: int) -> list[Refusal]:
        try:
            answer = orjson.loads(response.content)
            accepted = int(answer["accepted"])
            refusals = [
                Refusal(int(r["index"]), str(r["code"]), str(r["detail"])) for r in answer["rejected"]
            ]
            if not all(0 <= refusal.index < count for refusal in refusals):
                raise ValueError("an index is beyond the batch")
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise CommandError(
                f"ingest's answer cannot be understood ({error!r})", "is it of this version?"
            ) from error
        if accepted + len(refusals) != count:
            raise CommandError(
                f"ingest's answer does not add up: {accepted} + {len(refusals)} of {count} items",
                "report this as a bug of ingest",
            )
        self._tally.accepted += accepted
        return refusals


def make_http(url: str, key: str, *, connections: int) -> httpx.AsyncClient:
    """A client for ingest at `url` with the API key, for at most `connections` requests at once."""
    return httpx.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {key}", "User-Agent": "fansipan-cli"},
        timeout=httpx.Timeout(60.0, connect=5.0),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        trust_env=False,
    )


def _document(response: httpx.Response) -> dict[str, Any]:
    try:
        document: Any = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _detail(response: httpx.Response) -> str:
    """The detail of an RFC 9457 problem, else the beginning of the text."""
    try:
        problem = orjson.loads(response.content)
        return str(problem["detail"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return response.text[:200].strip() or response.reason_phrase


def _what_to_do(status: int) -> str:
    match status:
        case 401 | 403:
            return "check FANSIPAN_INGEST_KEY; `fansipan keys create` makes one with the scope write"
        case 404:
            return "check FANSIPAN_INGEST_URL: this is not ingest"
        case _:
            return "nothing of this batch was accepted"
