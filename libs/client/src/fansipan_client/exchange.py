"""How requests are repeated and pages are joined, without I/O: generators that both faces drive.

A generator yields what is to be done (send a request, wait) and is given what came of it.
"""

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

import httpx
from pydantic import ValidationError

from fansipan_client.calls import Call
from fansipan_client.errors import ConnectionFailed, Problem, UnexpectedAnswer, problem_class
from fansipan_client.models import Ranking

T = TypeVar("T")
_AGAIN: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for some seconds."""

    seconds: float


Exchange = Generator[Call[Any] | Wait, httpx.Response | None, T]


@dataclass(frozen=True, slots=True)
class Retries:
    """What is done when the gateway cannot answer now (429, 502, 503, 504, or no connection).

    `Retry-After` is honoured; otherwise the wait doubles from `first` seconds, with up to a half of it added at random
    so that many clients do not come back at once. An answer that asks for more than `longest` seconds is an error.

    Attributes:
        attempts: how often a request is sent at most; 1: never again.
        first, longest: seconds.
    """

    attempts: int = 4
    first: float = 0.5
    longest: float = 30.0

    def backoff(self, attempt: int) -> float:
        """Seconds to wait after an attempt, counted from 1."""
        chance = random.random()  # noqa: S311 - so that many do not come back at once
        return min(self.first * 2 ** (attempt - 1), self.longest) * (1 + chance / 2)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def exchange(call: Call[T], retries: Retries, now: Callable[[], datetime] = _utc_now) -> Exchange[T]:
    """Ask until there is an answer.

    Raises:
        Problem: the gateway refused.
        ConnectionFailed, UnexpectedAnswer.
    """
    attempt = 1
    while True:
        try:
            response = yield call
        except httpx.TransportError as error:
            if attempt >= retries.attempts:
                raise ConnectionFailed(f"no answer in {attempt} attempts: {error!r}") from error
            wait = retries.backoff(attempt)
        else:
            assert response is not None  # noqa: S101 - a call is answered by a response
            if response.is_success:
                return _read(call, response)
            problem = problem_of(response, now())
            asked = problem.retry_after
            if response.status_code not in _AGAIN or attempt >= retries.attempts:
                raise problem
            if asked is not None and asked > retries.longest:
                raise problem
            wait = retries.backoff(attempt) if asked is None else asked
        yield Wait(wait)
        attempt += 1


def whole_ranking(call: Call[Ranking], retries: Retries) -> Exchange[Ranking]:
    """A ranking with the items of all its pages."""
    first = page = yield from exchange(call, retries)
    items = list(first.items)
    while (following := call.following(page.next)) is not None:
        page = yield from exchange(following, retries)
        items += page.items
    return first.model_copy(update={"items": items, "next": None})


def _read(call: Call[T], response: httpx.Response) -> T:
    try:
        return call.parse(response.content)
    except ValidationError as error:
        raise UnexpectedAnswer(f"{call.path} did not answer as expected: {error}") from error


def problem_of(response: httpx.Response, now: datetime | None = None) -> Problem:
    """What a refusal says, also when it is no problem of RFC 9457 (a proxy between, for example)."""
    try:
        body = response.json()
        code, detail = str(body["code"]), str(body["detail"])
    except (ValueError, KeyError, TypeError):
        body, code, detail = {}, "unknown", response.text[:200]
    return problem_class(response.status_code, code)(
        response.status_code,
        code,
        detail,
        body,
        retry_after=_seconds(response.headers.get("retry-after"), now or _utc_now()),
    )


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for: it gives them, or a date (RFC 9110 §10.2.3)."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - now).total_seconds())
    except (ValueError, TypeError):
        return None
